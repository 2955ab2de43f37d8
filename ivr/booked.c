/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ivr/booked.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "ivr/booked_internal.h"

#define LOG_MODULE "booking"

#define BOOKED_MAGIC   0x424f4f4bu
#define RENEWALS_MAX   512 /* in one go; the others the next time */
#define RENEW_PART     4   /* a lease is renewed when a quarter of it is over */
#define MARGIN_PART    6   /* and counts as lost a sixth before its end: clocks differ */
#define WRITE_AGAIN_US CLOCK_SEC(2)

struct renewal {
	char id[ID_SIZE];
	int  err;
};

struct booked {
	unsigned               magic;
	struct ivr_env        *env;
	struct store          *store;
	struct booking_node    node;
	struct booked_settings settings;
	struct list            runs;
	unsigned               run_count;
	struct loop_timer      tick;
	bool                   stopping, claiming, renewing;
	struct worker_job      claim_job, renew_job;
	struct booking_claim   claim;
	unsigned               whole;
	int                    claim_err;
	int64_t                claimed_us, renewed_us; /* mono: when the job was given away */
	struct renewal         renewal[RENEWALS_MAX];
	unsigned               renewals;
	struct counter_registry *counters;
	struct counter_group   group;
	counter_t              counter[BOOKED_COUNTERS];
};

static const struct counter_desc booked_counters[BOOKED_COUNTERS] = {
	[BOOKED_BEGUN] = { "begun", "bookings whose host was to be called, each attempt at it" },
	[BOOKED_HELD] = { "held", "booked conferences that took place" },
	[BOOKED_NOT_REACHED] = { "not_reached", "attempts at a booked conference that ended without one" },
	[BOOKED_ATTEMPTS] = { "attempts", "hosts and parties called for bookings" },
	[BOOKED_MISSED] = { "missed", "bookings that could not be begun in time" },
	[BOOKED_TAKEN_OVER] = { "taken_over", "bookings of nodes that did not renew their leases" },
	[BOOKED_LEASES_LOST] = { "leases_lost", "bookings under way that this node could not keep" },
};

void booked_settings_default(struct booked_settings *s)
{
	*s = (struct booked_settings){
		.claim_us = CLOCK_SEC(1),
		.lease_us = CLOCK_SEC(60),
		.late_max_us = CLOCK_SEC(86400),
		.reserve = 2,
	};
}

/* ---- leases ---- */

bool booked_run_lost(const struct booked_run *r)
{
	return r->k->stopping || clock_mono_us() >= r->lease_us - r->k->settings.lease_us / MARGIN_PART;
}

static void renew_run(struct worker_job *j)
{
	struct booked *k = container_of(j, struct booked, renew_job);

	for (unsigned i = 0; i < k->renewals; i++)
		k->renewal[i].err = booking_renew(k->store, &k->node, k->renewal[i].id, clock_utc_us());
}

static void renew_done(struct worker_job *j)
{
	struct booked *k = container_of(j, struct booked, renew_job);
	struct list *n, *next;

	k->renewing = false;
	for (unsigned i = 0; i < k->renewals; i++)
		list_for_each(n, next, &k->runs) {
			struct booked_run *r = list_entry(n, struct booked_run, link);

			if (!k->renewal[i].err && strcmp(r->what->id, k->renewal[i].id) == 0)
				r->lease_us = k->renewed_us + k->settings.lease_us;
		}
}

static void renew(struct booked *k)
{
	int64_t now = clock_mono_us();
	struct list *n, *next;

	k->renewals = 0;
	list_for_each(n, next, &k->runs) {
		struct booked_run *r = list_entry(n, struct booked_run, link);

		if (now < r->lease_us - k->settings.lease_us + k->settings.lease_us / RENEW_PART)
			continue;
		if (booked_run_lost(r)) {
			booked_run_stop(r);
			continue;
		}
		if (!k->renewing && k->renewals < RENEWALS_MAX)
			memcpy(k->renewal[k->renewals++].id, r->what->id, ID_SIZE);
	}
	if (k->renewals == 0 || k->renewing)
		return;
	k->renewing = true;
	k->renewed_us = now;
	worker_submit(k->env->workers, &k->renew_job);
}

/* ---- what is due ---- */

/* Free, less what stays free for others, less what is promised to those under way. */
static unsigned booked_channels(struct booked *k)
{
	unsigned all = route_free_channels(k->env->routes), taken = k->settings.reserve;
	struct list *n, *next;

	list_for_each(n, next, &k->runs)
		taken += list_entry(n, struct booked_run, link)->wants;
	return all > taken ? all - taken : 0;
}

static void claim_run(struct worker_job *j)
{
	struct booked *k = container_of(j, struct booked, claim_job);

	k->claim.now_utc_us = clock_utc_us();
	k->claim_err = booking_claim(k->store, &k->node, &k->claim, k->whole);
}

static void claim(struct booked *k)
{
	k->claiming = true;
	k->claim.channels = booked_channels(k);
	/* one that wants more than there are waits until it is alone, and then begins all the same */
	k->whole = k->run_count == 0 && k->claim.channels > 0 ? k->claim.channels : UINT32_MAX;
	k->claimed_us = clock_mono_us();
	worker_submit(k->env->workers, &k->claim_job);
}

static void claim_done(struct worker_job *j)
{
	struct booked *k = container_of(j, struct booked, claim_job);

	k->claiming = false;
	for (unsigned i = 0; i < k->claim.taken_over; i++)
		booked_count_up(k, BOOKED_TAKEN_OVER);
	for (unsigned i = 0; i < k->claim.missed; i++)
		booked_count_up(k, BOOKED_MISSED);
	for (unsigned i = 0; i < k->claim.count; i++)
		booked_run_start(k, k->claim.run[i], k->claimed_us + k->settings.lease_us);
	if (k->claim.more && !k->claim_err && !k->stopping)
		claim(k);
}

static void booked_tick(struct loop_timer *t)
{
	struct booked *k = container_of(t, struct booked, tick);

	renew(k);
	if (!k->claiming)
		claim(k);
	loop_timer_start(t, k->settings.claim_us);
}

/* ---- runs ---- */

void booked_run_forget(struct booked_run *r)
{
	list_remove(&r->link);
	r->k->run_count--;
	free(r->what);
	free(r);
}

void booked_run_stop(struct booked_run *r)
{
	struct list *n, *next;

	if (!r->lost) {
		r->lost = true;
		booked_count_up(r->k, BOOKED_LEASES_LOST);
		log_warn("booking %s: its lease could not be renewed in time, nobody else is called for it here",
		         r->what->booking.id);
	}
	if (r->callback && r->callback->leg && !r->live)
		leg_hangup(r->callback->leg, CAUSE_NORMAL_CLEARING);
	list_for_each(n, next, &r->parties) {
		struct booked_party *p = list_entry(n, struct booked_party, link);

		if (p->order > 0 && !mparty_party(p->m, p->order)->admitted)
			(void)mparty_drop(p->m, NULL, p->order);
		coro_wake(p->coro);
	}
}

struct write {
	struct booked_run            *r;
	const struct booking_attempt *attempt;
	const struct booking_end     *end;
};

static int begin_run(void *arg)
{
	const struct write *w = arg;

	return booking_attempt_begin(w->r->k->store, &w->r->k->node, w->attempt, clock_utc_us());
}

static int end_run(void *arg)
{
	const struct write *w = arg;
	const struct booked *k = w->r->k;

	return w->attempt ? booking_attempt_end(k->store, &k->node, w->attempt, w->end, clock_utc_us())
	                  : booking_run_end(k->store, &k->node, w->r->what->id, w->end, clock_utc_us());
}

static int booked_write(struct booked_run *r, int (*fn)(void *arg), struct write *arg)
{
	int err;

	while ((err = worker_call(r->k->env->workers, fn, arg)) == -EIO && !booked_run_lost(r))
		coro_sleep(WRITE_AGAIN_US);
	if (err && err != -EEXIST)
		log_warn("booking %s: %s", r->what->booking.id, strerror(-err));
	return err;
}

int booked_begin(struct booked_run *r, const struct booking_attempt *a)
{
	struct write w = { .r = r, .attempt = a };

	return booked_write(r, begin_run, &w);
}

int booked_end(struct booked_run *r, const struct booking_attempt *a, const struct booking_end *e)
{
	struct write w = { .r = r, .attempt = a, .end = e };

	return booked_write(r, end_run, &w);
}

/* ---- the whole ---- */

int booked_alloc(struct booked **kp, struct ivr_env *env, struct store *s, struct counter_registry *counters, const char *node,
                 const struct booked_settings *settings)
{
	struct booked *k = calloc(1, sizeof(*k));

	if (k == NULL)
		return -ENOMEM;
	k->magic = BOOKED_MAGIC;
	k->env = env;
	k->store = s;
	k->settings = *settings;
	list_init(&k->runs);
	k->node.lease_us = settings->lease_us;
	k->node.late_max_us = settings->late_max_us;
	k->node.congestion_us = env->settings.congestion_retry_us;
	k->node.congestion_retries = env->settings.congestion_retries;
	(void)snprintf(k->node.name, sizeof(k->node.name), "%s", node);
	random_id(k->node.owner);
	k->claim_job.run = claim_run;
	k->claim_job.done = claim_done;
	k->renew_job.run = renew_run;
	k->renew_job.done = renew_done;
	loop_timer_init(env->loop, &k->tick, booked_tick);
	k->counters = counters;
	k->group = (struct counter_group){
		.name = "bookings", .desc = booked_counters, .values = k->counter, .count = BOOKED_COUNTERS
	};
	counter_register(counters, &k->group);
	*kp = k;
	return 0;
}

void booked_start(struct booked *k)
{
	MAGIC_CHECK(k, BOOKED_MAGIC);
	if (k->settings.claim_us > 0)
		loop_timer_start(&k->tick, k->settings.claim_us);
}

void booked_stop(struct booked *k)
{
	MAGIC_CHECK(k, BOOKED_MAGIC);
	k->stopping = true;
	loop_timer_stop(&k->tick);
}

bool booked_idle(const struct booked *k)
{
	return k->run_count == 0 && !k->claiming && !k->renewing;
}

unsigned booked_count(const struct booked *k)
{
	return k->run_count;
}

void booked_free(struct booked *k)
{
	if (k == NULL)
		return;
	MAGIC_CHECK(k, BOOKED_MAGIC);
	loop_timer_stop(&k->tick);
	counter_unregister(k->counters, &k->group);
	k->magic = MAGIC_DEAD;
	free(k);
}

void booked_count_up(struct booked *k, enum booked_counter what)
{
	counter_inc(&k->counter[what]);
}

struct ivr_env *booked_env(struct booked *k)
{
	return k->env;
}

struct store *booked_store(struct booked *k)
{
	return k->store;
}

const struct booking_node *booked_node(const struct booked *k)
{
	return &k->node;
}

void booked_run_start(struct booked *k, struct booking_run *what, int64_t lease_until_us)
{
	struct booked_run *r = calloc(1, sizeof(*r));

	if (r) {
		r->k = k;
		r->what = what;
		r->lease_us = lease_until_us;
		r->wants = 1 + what->booking.party_count;
		list_init(&r->parties);
	}
	if (r == NULL || coro_spawn(k->env->loop, "booked", booked_run_main, r) != 0) {
		log_error("no memory for booking %s: it begins when its lease is over", what->booking.id);
		free(what);
		free(r);
		return;
	}
	list_append(&k->runs, &r->link);
	k->run_count++;
	booked_count_up(k, BOOKED_BEGUN);
}
