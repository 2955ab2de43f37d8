/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node/node.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/coro.h"
#include "core/worker.h"
#include "media/tones.h"
#include "node/incoming.h"

#define LOG_MODULE "node"
#define NODE_MAGIC 0x4e4f4445u

#define STOP_POLL_US 20000
#define MUSIC_DBM0   -20.0 /* tracks differ by 11 dB as they come; a little under the prompts */
#define CLOSE_TURNS  4

struct node {
	unsigned                 magic;
	struct node_options      options;
	struct loop             *loop;
	struct counter_registry  counters;
	struct worker_pool      *workers;
	struct media            *media;
	struct store            *store, *booking_store; /* bookings have connections of their own */
	struct billing          *billing;
	struct prompt_set       *prompts, *service_prompts[NODE_SERVICES_MAX];
	struct conference_sounds sounds;
	struct route_table      *routes;
	struct e1_trunk         *trunk[NODE_SPANS_MAX];
	struct sip              *sip; /* NULL: no SIP trunk */
	struct mparty_env        mparty;
	struct ivr_env           ivr;
	struct incoming_table    incoming;
	struct counter_group     service_group;  /* of ivr.counter */
	int64_t                  started_utc_us;
	struct loop_timer        stop_poll;
	struct loop_task         close_task;
	bool                     closed;        /* its spans are gone */
	unsigned                 close_turns;   /* of the loop, until spans and engine have let go of everything */
	void (*stopped)(void *arg);
	void                    *stopped_arg;
};

void node_options_default(struct node_options *o)
{
	memset(o, 0, sizeof(*o));
	(void)snprintf(o->name, sizeof(o->name), "node1");
	(void)snprintf(o->country, sizeof(o->country), "cn");
	(void)snprintf(o->sounds_dir, sizeof(o->sounds_dir), "build/sounds");
	number_rules_default(&o->numbers);
	ivr_settings_default(&o->ivr);
	booked_settings_default(&o->booked);
	o->timers = (struct mparty_timers){
		.setup_to_alerting_us = CLOCK_SEC(60),
		.alerting_to_answer_us = CLOCK_SEC(45),
	};
	o->limits = (struct call_limits){
		.limit_us = { [CALL_TOO_LONG] = CLOCK_SEC(4 * 3600), [CALL_SILENT] = CLOCK_SEC(600) },
		.warn_us = CLOCK_SEC(60),
	};
	card_config_default(&o->cards);
	password_limits_default(&o->passwords);
	o->music_under_talk = true;
	o->music_under_db10 = -200;
	o->members_max = 32;
	o->workers = 4;
	o->t302_us = CLOCK_SEC(15);
}

static void node_incoming(struct leg *l, struct trunk *t, void *arg)
{
	struct node *n = arg;

	incoming_leg(&n->incoming, t, l);
}

/* A call of ours was redirected: bars are tested again, and it is charged as the number that was dialled (rule 13). */
struct node_redirect {
	struct worker_job job;
	struct node      *n;
	char              leg_id[ID_SIZE], number[NUMBER_MAX + 1];
	int               err;
};

static void node_redirect_run(struct worker_job *j)
{
	struct node_redirect *r = container_of(j, struct node_redirect, job);

	r->err = billing_barred(r->n->billing, r->number);
}

static void node_redirect_done(struct worker_job *j)
{
	struct node_redirect *r = container_of(j, struct node_redirect, job);

	if (r->err)
		log_info("a redirection to %s is not followed: %s", r->number, r->err == -EACCES ? "barred" : strerror(-r->err));
	if (r->n->sip)
		sip_redirected(r->n->sip, r->leg_id, r->err == 0);
	free(r);
}

static void node_redirect(const char *leg_id, const char *canonical, void *arg)
{
	struct node_redirect *r = calloc(1, sizeof(*r));
	struct node *n = arg;

	if (r == NULL)
		return; /* the leg's own timer ends it */
	r->n = n;
	(void)snprintf(r->leg_id, sizeof(r->leg_id), "%s", leg_id);
	(void)snprintf(r->number, sizeof(r->number), "%s", canonical);
	r->job.run = node_redirect_run;
	r->job.done = node_redirect_done;
	worker_submit(n->workers, &r->job);
}

/* ---- building: in the order in which one needs the other ---- */

/* What several services share is loaded for each: they are few, and it is only what differs. */
static int node_load_service_sounds(struct node *n)
{
	int err = 0;

	for (unsigned i = 0; !err && i < n->options.service_count; i++) {
		struct ivr_service *s = &n->options.service[i];

		if (s->sounds[0] == '\0')
			continue;
		err = prompt_set_load_over(&n->service_prompts[i], n->prompts, s->sounds);
		if (err)
			log_error("service %s: no prompts in %s: %s", s->number, s->sounds, strerror(-err));
		s->prompts = n->service_prompts[i];
	}
	return err;
}

static int node_load_sounds(struct node *n)
{
	struct conference_sounds *s = &n->sounds;
	const struct node_options *o = &n->options;
	int err = prompt_set_load(&n->prompts, o->sounds_dir);

	if (!err)
		err = tone_clip(&n->ivr.ringback, o->country, TONE_RINGBACK);
	if (err)
		log_error("no ring-back tone for country \"%s\", or no prompts in %s", o->country, o->sounds_dir);
	if (!err)
		err = tone_clip_beep(&s->join_tone, 880, 0, -20, 120, 1);
	if (!err)
		err = tone_clip_beep(&s->leave_tone, 440, 0, -20, 120, 1);
	for (unsigned i = 0; !err && i < o->music_count; i++) {
		err = clip_load_wav(&s->music[i], o->music[i], MEDIA_RATE);
		if (err)
			log_error("music %s: %s", o->music[i], strerror(-err));
		else
			clip_level(s->music[s->music_count++], MUSIC_DBM0);
	}
	if (!err)
		err = node_load_service_sounds(n);
	s->music_under_talk = o->music_under_talk;
	s->music_under_db10 = o->music_under_db10;
	return err;
}

/* The journal's disk is filling up: it comes before traces. */
static void node_disk(void *arg, bool low)
{
	struct node *n = arg;

	for (unsigned i = 0; low && i < n->options.span_count; i++) {
		struct e1_span *s = node_span(n, n->options.span[i].e1.name);

		if (s)
			(void)e1_span_trace(s, NULL);
	}
}

static int node_open_store(struct node *n)
{
	struct billing_config config = { 0 };
	int err = store_open(&n->store, &n->options.store);

	if (!err)
		err = store_check_schema(n->store);
	if (!err)
		err = store_check_durability(n->store);
	if (err)
		return err;
	(void)snprintf(config.node, sizeof(config.node), "%s", n->options.name);
	(void)snprintf(config.journal_dir, sizeof(config.journal_dir), "%s", n->options.journal_dir);
	config.hold_life_us = CLOCK_SEC(n->options.hold_life_s);
	config.checkpoint_us = CLOCK_MS(n->options.checkpoint_ms);
	config.disk = node_disk;
	config.disk_arg = n;
	config.disk_percent = n->options.disk_percent;
	config.cards = n->options.cards;
	config.passwords = n->options.passwords;
	config.calls_per_day = n->options.calls_per_day;
	(void)snprintf(config.home_area, sizeof(config.home_area), "%s", n->options.numbers.area);
	return billing_open(&n->billing, n->loop, n->store, n->workers, &n->counters, &config);
}

static int node_add_trunk(struct node *n, struct trunk *t, const char *provider)
{
	(void)snprintf(t->provider, sizeof(t->provider), "%s", provider);
	return route_trunk_add(n->routes, t);
}

static int node_open_sip(struct node *n)
{
	const struct node_options *o = &n->options;
	struct sip_trunk *t;
	int err = o->trunk_count ? sip_alloc(&n->sip, n->loop, n->media, &n->counters) : 0;

	for (unsigned i = 0; !err && i < o->trunk_count; i++) {
		struct sip_trunk_config c = o->trunk[i].sip;

		c.numbers = number_for_trunk(o->trunk[i].own_numbers ? &o->trunk[i].numbers : &o->numbers);
		c.incoming = node_incoming;
		c.redirect = node_redirect;
		c.arg = n;
		err = sip_trunk_alloc(&t, n->sip, &c);
		if (err)
			log_error("trunk %s: %s", c.name, strerror(-err));
		else
			err = node_add_trunk(n, sip_trunk_trunk(t), o->trunk[i].provider);
	}
	return err;
}

static int node_open_trunks(struct node *n)
{
	const struct node_options *o = &n->options;
	int err = route_table_alloc(&n->routes, &n->counters);

	for (unsigned i = 0; !err && i < o->span_count; i++) {
		struct e1_trunk_config c = {
			.span = o->span[i].e1,
			.unanswered = o->span[i].unanswered,
			.show_host = o->span[i].show_host,
			.numbers = number_for_trunk(o->span[i].own_numbers ? &o->span[i].numbers : &o->numbers),
			.incoming = node_incoming,
			.arg = n,
		};

		err = e1_trunk_alloc(&n->trunk[i], n->loop, n->media, &n->counters, &c);
		if (err)
			log_error("span %s: %s", c.span.name, strerror(-err));
		else
			err = node_add_trunk(n, e1_trunk_trunk(n->trunk[i]), o->span[i].provider);
	}
	if (!err)
		err = node_open_sip(n);
	return err;
}

/* Over all of the node's trunks, whatever kind they are. */
static int node_open_routes(struct node *n)
{
	const struct node_options *o = &n->options;
	int err = 0;

	for (unsigned i = 0; !err && i < o->group_count; i++) {
		err = route_group_add(n->routes, &o->group[i]);
		if (err)
			log_error("group %s: %s", o->group[i].name, strerror(-err));
	}
	for (unsigned i = 0; !err && i < o->route_count; i++) {
		err = route_add(n->routes, &o->route[i].route);
		if (err)
			log_error("route %s: %s", o->route[i].route.name, strerror(-err));
	}
	return err || o->route_count > 0 ? err : route_add_default(n->routes);
}

static int node_spoken(const void *rules, const char *canonical, char out[LEG_NUMBER_MAX + 1])
{
	return number_outgoing(rules, canonical, out, NULL, NULL);
}

static void node_wire(struct node *n)
{
	n->mparty.loop = n->loop;
	n->mparty.media = n->media;
	n->mparty.workers = n->workers;
	n->mparty.billing = n->billing;
	n->mparty.routes = n->routes;
	n->mparty.sounds = &n->sounds;
	n->mparty.timers = n->options.timers;
	n->mparty.limits = n->options.limits;
	n->mparty.members_max = n->options.members_max;

	n->ivr.loop = n->loop;
	n->ivr.workers = n->workers;
	n->ivr.billing = n->billing;
	n->ivr.routes = n->routes;
	n->ivr.mparty = &n->mparty;
	n->ivr.prompts = n->prompts;
	n->ivr.settings = n->options.ivr;
	n->ivr.dialled = number_dialled_arg;
	n->ivr.spoken = node_spoken;
	n->ivr.dialled_arg = &n->options.numbers;
	n->ivr.service = n->options.service;
	n->ivr.service_count = n->options.service_count;

	n->incoming.ivr = &n->ivr;
	n->incoming.service = n->options.service;
	n->incoming.service_count = n->options.service_count;
	n->incoming.t302_us = n->options.t302_us;
}

static int node_open_bookings(struct node *n)
{
	struct store_config c = n->options.store;
	int err;

	c.connections = 0;
	err = store_open(&n->booking_store, &c);
	if (!err)
		err = booked_alloc(&n->ivr.booked, &n->ivr, n->booking_store, &n->counters, n->options.name, &n->options.booked);
	return err;
}

static void node_stop_check(struct loop_timer *t);
static void node_close_turn(struct loop_task *t);

int node_alloc(struct node **np, struct loop *l, const struct node_options *o)
{
	struct node *n = calloc(1, sizeof(*n));
	int err;

	if (n == NULL)
		return -ENOMEM;
	n->magic = NODE_MAGIC;
	n->options = *o;
	n->loop = l;
	n->started_utc_us = clock_utc_us();
	list_init(&n->mparty.calls);
	ivr_env_init(&n->ivr);
	n->service_group = (struct counter_group){
		.name = "service", .desc = ivr_counters, .values = n->ivr.counter, .count = IVR_COUNTERS
	};
	counter_register(&n->counters, &n->service_group);
	loop_timer_init(l, &n->stop_poll, node_stop_check);
	n->close_task.run = node_close_turn;
	err = worker_pool_alloc(&n->workers, l, "work", o->workers);
	if (!err)
		err = node_open_store(n);
	if (!err)
		err = node_load_sounds(n);
	if (!err)
		err = media_alloc(&n->media, l, &n->counters, "media");
	if (!err)
		err = node_open_trunks(n);
	if (!err)
		err = node_open_routes(n);
	if (err) {
		node_free(n);
		return err;
	}
	node_wire(n);
	err = node_open_bookings(n);
	if (err) {
		node_free(n);
		return err;
	}
	*np = n;
	return 0;
}

int node_start(struct node *n)
{
	int err;

	MAGIC_CHECK(n, NODE_MAGIC);
	booked_start(n->ivr.booked);
	err = media_start(n->media);
	if (!err && n->sip)
		err = sip_start(n->sip);
	return err;
}

/* ---- the end ---- */

unsigned node_legs(const struct node *n)
{
	struct list *i, *next;
	unsigned count = n->incoming.waiting;

	list_for_each(i, next, &n->ivr.triggers)
		count++;
	list_for_each(i, next, &n->ivr.callbacks)
		count++;
	list_for_each(i, next, &n->ivr.selfcares)
		count++;
	return count;
}

static bool node_quiet(const struct node *n)
{
	struct e1_span_info info;

	for (unsigned i = 0; i < n->options.span_count && !n->closed; i++) {
		e1_span_info(e1_trunk_span(n->trunk[i]), &info);
		if (info.calls > 0)
			return false;
	}
	return (n->sip == NULL || sip_legs(n->sip) == 0) && node_legs(n) == 0 && booked_idle(n->ivr.booked) &&
	       n->mparty.call_count == 0 && worker_pool_busy(n->workers) == 0 && billing_idle(n->billing);
}

static void node_close_turn(struct loop_task *t)
{
	struct node *n = container_of(t, struct node, close_task);

	if (--n->close_turns > 0) {
		loop_queue(n->loop, t);
		return;
	}
	/* Closing the trunks takes a while (the SIP thread ends): a timer of billing's may have been due meanwhile. */
	if (!node_quiet(n)) {
		loop_timer_start(&n->stop_poll, STOP_POLL_US);
		return;
	}
	log_info("stopped: no leg, no hold, no record is left behind");
	if (n->stopped)
		n->stopped(n->stopped_arg);
}

static void node_close_trunks(struct node *n)
{
	for (unsigned i = 0; i < n->options.span_count; i++) {
		e1_trunk_free(n->trunk[i]);
		n->trunk[i] = NULL;
	}
	sip_free(n->sip);
	n->sip = NULL;
}

static void node_stop_check(struct loop_timer *t)
{
	struct node *n = container_of(t, struct node, stop_poll);

	if (!node_quiet(n)) {
		loop_timer_start(t, STOP_POLL_US);
		return;
	}
	if (!n->closed) {
		node_close_trunks(n);
		n->closed = true; /* who looks at the spans in the turns that follow finds none */
		media_stop(n->media);
	}
	n->close_turns = CLOSE_TURNS;
	loop_queue(n->loop, &n->close_task);
}

void node_stop(struct node *n, void (*done)(void *arg), void *arg)
{
	MAGIC_CHECK(n, NODE_MAGIC);
	n->stopped = done;
	n->stopped_arg = arg;
	ivr_stop(&n->ivr);
	for (struct mparty *m = mparty_first(&n->mparty), *next; m; m = next) {
		next = mparty_next(&n->mparty, m);
		mparty_end(m, NULL, CAUSE_NORMAL_CLEARING);
	}
	loop_timer_start(&n->stop_poll, 0);
}

void node_free(struct node *n)
{
	if (n == NULL)
		return;
	MAGIC_CHECK(n, NODE_MAGIC);
	loop_timer_stop(&n->stop_poll);
	node_close_trunks(n);
	if (n->media)
		media_stop(n->media);
	route_table_free(n->routes);
	clip_unref(n->ivr.ringback);
	clip_unref(n->sounds.join_tone);
	clip_unref(n->sounds.leave_tone);
	for (unsigned i = 0; i < n->sounds.music_count; i++)
		clip_unref(n->sounds.music[i]);
	for (unsigned i = 0; i < NODE_SERVICES_MAX; i++)
		prompt_set_free(n->service_prompts[i]);
	prompt_set_free(n->prompts);
	media_free(n->media);
	booked_free(n->ivr.booked);
	billing_close(n->billing);
	worker_pool_free(n->workers);
	store_close(n->booking_store);
	store_close(n->store);
	n->magic = MAGIC_DEAD;
	free(n);
}

/* ---- looking ---- */

struct e1_span *node_span(struct node *n, const char *name)
{
	for (unsigned i = 0; i < n->options.span_count; i++)
		if (n->trunk[i] && strcmp(e1_span_name(e1_trunk_span(n->trunk[i])), name) == 0)
			return e1_trunk_span(n->trunk[i]);
	return NULL;
}

unsigned node_span_count(const struct node *n)
{
	return n->closed ? 0 : n->options.span_count;
}

struct e1_trunk *node_trunk_at(struct node *n, unsigned i)
{
	return n->trunk[i];
}

struct route_table *node_routes(struct node *n)
{
	return n->routes;
}

struct sip *node_sip(struct node *n)
{
	return n->sip;
}

struct mparty_env *node_calls(struct node *n)
{
	return &n->mparty;
}

struct ivr_env *node_ivr(struct node *n)
{
	return &n->ivr;
}

struct counter_registry *node_counters(struct node *n)
{
	return &n->counters;
}

struct billing *node_billing(struct node *n)
{
	return n->billing;
}

struct store *node_store(struct node *n)
{
	return n->store;
}

struct store *node_booking_store(struct node *n)
{
	return n->booking_store;
}

struct worker_pool *node_workers(struct node *n)
{
	return n->workers;
}

struct loop *node_loop(struct node *n)
{
	return n->loop;
}

const struct node_options *node_options(const struct node *n)
{
	return &n->options;
}

int64_t node_started_utc_us(const struct node *n)
{
	return n->started_utc_us;
}
