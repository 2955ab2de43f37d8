/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tests/worlds/fuzz_wire.c - calls on a line that is out of its mind, both ways. After each 1,000 changed frames or packets the
 * line is good again, is cut and comes back, and a clean call must succeed with no busy channel left at either end.
 *
 * PARTYLINE_FUZZ=N: so many changes a scenario (1,000; `make fuzz`: 10,000). Seeded by `worlds -s`.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/worlds/fuzz_mutate.h"
#include "tests/worlds/harness.h"
#include "tests/worlds/world.h"

#define ROUND       (1000 / WORLD_STRIDE)
#define STEP_S      0.25
#define ROUND_MAX_S 1200 /* virtual; changes come more rarely when all calls hang */

struct fuzz_kind {
	e1_mutate_h *frame, *packet;
	unsigned     permille;
	const char  *counters[8]; /* of a span: their sum must rise in each round */
};

struct fuzz_world {
	struct world           *w;
	const struct fuzz_kind *kind;
	struct fuzz             node, exchange; /* what each sends */
	unsigned                dialled;
	double                  cleared;
};

static void fuzz_options(struct node_options *o, void *arg)
{
	(void)arg;
	o->span[0].e1.restore_ms = 500;
	o->service[0].callback_delay_us = CLOCK_MS(500);
	o->service[0].retries = 0;
	o->ivr.congestion_retries = 1;
	o->ivr.announcement_max_us = CLOCK_SEC(6);
}

static uint64_t fuzz_counted(const struct counter_registry *r, const char *const *name)
{
	uint64_t sum = 0;

	for (struct counter_group *g = r->first; g; g = g->next)
		for (unsigned i = 0; strcmp(g->name, "span.pstn") == 0 && i < g->count; i++)
			for (unsigned k = 0; name[k]; k++)
				if (strcmp(g->desc[i].name, name[k]) == 0)
					sum += counter_get(&g->values[i]);
	return sum;
}

/* What has happened so far is of no interest any more. No id or event from before may be used. */
static void fuzz_forget(struct world *w)
{
	json_array_clear(w->events);
	w->used_size = 0;
}

/* A command that may be refused: the line may be down, the call gone. */
static void fuzz_try(struct world *w, const char *command)
{
	json_decref(exchange_ask(w->exchange, "%s", command));
}

/* One of the calls under way is hung up, answered, keyed into... which may make no sense to it. */
static void fuzz_any_call(struct fuzz_world *f)
{
	static const char *const verb[] = { "hangup %s",       "hangup %s 17",         "hangup %s",
		                            "answer %s",       "dtmf %s 13900000003#", "dtmf %s *",
		                            "alert %s inband", "progress %s inband",   "digits %s 99",
		                            "busy %s" };
	json_t *reply = exchange_ask(f->w->exchange, "calls"), *calls = json_object_get(reply, "calls");
	size_t n = json_array_size(calls);
	char command[200];

	if (n > 0) {
		const char *id =
			json_string_value(json_object_get(json_array_get(calls, fuzz_below(&f->exchange, (uint32_t)n)), "call"));
		const char *what = verb[fuzz_below(&f->exchange, sizeof(verb) / sizeof(verb[0]))];
		int before = (int)(strstr(what, "%s") - what);

		(void)snprintf(command, sizeof(command), "%.*s%s%s", before, what, id, what + before + 2);
		fuzz_try(f->w, command);
	}
	json_decref(reply);
}

/* Somebody dials, somehow. Phones that are called do by themselves what they do. */
static void fuzz_step(struct fuzz_world *f)
{
	static const char *const from[] = { "13800000001", "13800000002", "13800000003", "13900000001",
		                            "13800000009", "13800007777", "02584110001" };
	static const char *const more[] = { "stay=0",
		                            "stay=0",
		                            "stay=0 overlap",
		                            "stay=0 redirecting=13900000003",
		                            "stay=0 pres=restricted",
		                            "stay=0 calling=none",
		                            "stay=0 bearer=64k",
		                            "stay=300" };
	char command[200];

	(void)snprintf(command, sizeof(command), "dial %s 12599 %s", from[++f->dialled % 7], more[fuzz_below(&f->exchange, 8)]);
	fuzz_try(f->w, command);
	world_run(f->w, STEP_S / 2);
	fuzz_any_call(f);
	fuzz_any_call(f);
	world_run(f->w, STEP_S / 2);
	fuzz_forget(f->w);
	/* Calls that hang because their messages were lost are taken away now and then: new ones are to meet the fuzz. */
	if (e1_span_free_channels(exchange_span(f->w->exchange, "pstn")) < 5 && (double)clock_mono_us() / 1e6 > f->cleared + 10) {
		f->cleared = (double)clock_mono_us() / 1e6;
		fuzz_try(f->w, "clear");
	}
}

static bool fuzz_over(struct world *w, const void *arg)
{
	struct e1_span_info n, x;

	(void)arg;
	e1_span_info(node_span(w->node, "pstn"), &n);
	e1_span_info(exchange_span(w->exchange, "pstn"), &x);
	return n.up && x.up && n.calls + x.calls == 0 && n.free_channels == 30 && x.free_channels == 30 &&
	       node_legs(w->node) == 0 && node_calls(w->node)->call_count == 0 && exchange_calls(w->exchange) == 0;
}

/* The line is good again; it is cut, and comes back. */
static void fuzz_restart(struct world *w)
{
	e1_span_mutate(node_span(w->node, "pstn"), NULL, NULL, NULL);
	e1_span_mutate(exchange_span(w->exchange, "pstn"), NULL, NULL, NULL);
	exchange_does(w, "span pstn down");
	world_run(w, 5);
	exchange_does(w, "span pstn up");
	if (!world_until(w, fuzz_over, NULL, 180)) {
		struct e1_span_info n, x;

		e1_span_info(node_span(w->node, "pstn"), &n);
		e1_span_info(exchange_span(w->exchange, "pstn"), &x);
		world_fail(__FILE__, __LINE__,
		           "180 s after the fuzz: node %s, %u calls, %u channels free, %u legs, %u multi-party calls; exchange "
		           "%s, %u calls, %u free",
		           n.up ? "up" : "down", n.calls, n.free_channels, node_legs(w->node), node_calls(w->node)->call_count,
		           x.up ? "up" : "down", x.calls, x.free_channels);
	}
}

static void fuzz_clean_call(struct world *w)
{
	struct talk t;

	exchange_does(w, "number 13800000002 ring");
	exchange_does(w, "number 13900000003 ring");
	world_run(w, 3);
	fuzz_forget(w);
	talk_begin(w, &t, "13800000002", "13900000003");
	phone_hums(w, t.party[0], 700);
	CHECK(heard_tone(w, t.host, 700, 1) > -17);
	phone_hangs_up(w, t.host);
	expect_hangup(w, t.party[0], 16, 2);
	world_run(w, 3);
	CHECK(fuzz_over(w, NULL));
}

static void fuzz_phones(struct world *w)
{
	exchange_does(w, "number 13800000001 answer-after 200 hangup-after 2500");
	exchange_does(w, "number 13800000002 answer-after 500 hangup-after 6000");
	exchange_does(w, "number 13800000003 ring-inband answer-after 700 hangup-after 4000");
	exchange_does(w, "number 13900000001 busy");
	exchange_does(w, "number 13800000009 reject 21 direct");
	exchange_does(w, "number 13900000003 answer hangup-after 1500");
}

static void fuzz_round(struct fuzz_world *f)
{
	struct world *w = f->w;
	uint64_t before =
		fuzz_counted(node_counters(w->node), f->kind->counters) + fuzz_counted(&w->exchange_counters, f->kind->counters);
	uint64_t goal = f->node.changed + f->exchange.changed + ROUND, after;
	int64_t end = clock_mono_us() + CLOCK_SEC(ROUND_MAX_S);

	fuzz_phones(w);
	f->node.permille = f->exchange.permille = f->kind->permille;
	e1_span_mutate(node_span(w->node, "pstn"), f->kind->frame, f->kind->packet, &f->node);
	e1_span_mutate(exchange_span(w->exchange, "pstn"), f->kind->frame, f->kind->packet, &f->exchange);
	while (f->node.changed + f->exchange.changed < goal) {
		if (clock_mono_us() > end)
			world_fail(__FILE__, __LINE__, "only %llu changes in %d s",
			           (unsigned long long)(f->node.changed + f->exchange.changed + ROUND - goal), ROUND_MAX_S);
		fuzz_step(f);
	}
	fuzz_restart(w);
	after = fuzz_counted(node_counters(w->node), f->kind->counters) + fuzz_counted(&w->exchange_counters, f->kind->counters);
	if (after <= before)
		world_fail(__FILE__, __LINE__, "nothing was counted");
	(void)fprintf(stderr, "round over: %llu changes by the node, %llu by the exchange, %llu counted\n",
	              (unsigned long long)f->node.changed, (unsigned long long)f->exchange.changed, (unsigned long long)after);
	fuzz_clean_call(w);
}

static void fuzz_run(const struct fuzz_kind *kind)
{
	static const struct world_setup setup = { .options = fuzz_options, .cut = EXCHANGE_CUT_ANY };
	const char *env = getenv("PARTYLINE_FUZZ");
	unsigned rounds = env ? ((unsigned)atoi(env) + ROUND - 1) / ROUND : 1;
	struct fuzz_world f = { .kind = kind };

	(void)alarm(60 * (rounds + 3)); /* real seconds, under any sanitizer */
	f.w = world_open(&setup);
	f.node.seed = harness_seed;
	f.exchange.seed = ~harness_seed;
	while (rounds--)
		fuzz_round(&f);
	world_close(f.w);
}

SCENARIO(fuzz_q931, "messages and information elements changed before the FCS")
{
	static const struct fuzz_kind kind = { .frame = fuzz_q931,
		                               .permille = 300,
		                               .counters = { "d_cut_elements", "d_refused" } };

	fuzz_run(&kind);
}

SCENARIO(fuzz_q921, "whole frames changed before the FCS, addresses and lengths too")
{
	static const struct fuzz_kind kind = { .frame = fuzz_frame,
		                               .permille = 150,
		                               .counters = { "d_refused", "d_cut_elements", "d_short" } };

	fuzz_run(&kind);
}

SCENARIO(fuzz_hdlc, "bits of timeslot 16 changed: behind the FCS")
{
	static const struct fuzz_kind kind = { .packet = fuzz_timeslot16,
		                               .permille = 20,
		                               .counters = { "d_bad_fcs", "d_aborts", "d_misaligned", "d_short", "d_long" } };

	fuzz_run(&kind);
}

SCENARIO(fuzz_cesopsn, "packets with wrong control words, lengths, sequence numbers, payloads")
{
	static const struct fuzz_kind kind = { .packet = fuzz_packet,
		                               .permille = 20,
		                               .counters = { "rx_malformed", "strange", "rx_l", "duplicates", "late" } };

	fuzz_run(&kind);
}
