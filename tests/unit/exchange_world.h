/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tests/unit/exchange_world.h - an exchange with its phones and, at the other end of a pair of spans, the node's end, which is
 * bare e1: the test answers what comes there by hand. Virtual time. Included after cmocka.
 */
#ifndef TESTS_UNIT_EXCHANGE_WORLD_H
#define TESTS_UNIT_EXCHANGE_WORLD_H

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/magic.h"
#include "core/random.h"
#include "exchange/exchange.h"
#include "media/tones.h"

#define BEGIN_UTC_US 1772416800000000 /* 2026-03-02 02:00 */

struct node_call { /* as the node's end sees it */
	struct e1_call *call;   /* NULL: gone */
	struct e1_setup setup;
	bool rang, proceeding, setup_ack, alerting, answered, hung_up, inband, gone, held, retrieved;
	int  cause;
	char dtmf[64], digits[64];
};

struct fixture {
	struct loop             *loop;
	struct counter_registry  counters, node_counters;
	struct exchange         *x;
	struct media            *media;
	struct e1_span          *node;
	struct exchange_listener listener;
	json_t                  *events;
	struct node_call         in[4], out[4];
	unsigned                 ins;
};

/* ---- the node's end ---- */

static inline void node_media(struct media_port *p, const struct media_event *ev, void *arg)
{
	struct node_call *n = arg;

	(void)p;
	if (ev->type == MEDIA_DIGIT_BEGIN)
		n->dtmf[strlen(n->dtmf)] = ev->digit;
}

static inline void node_event(struct e1_span *s, const struct e1_event *ev, void *arg)
{
	struct fixture *f = arg;
	struct node_call *n;

	(void)s;
	if (!ev->call)
		return;
	if (ev->type == E1_RING) {
		n = &f->in[f->ins++ % ARRAY_LEN(f->in)];
		memset(n, 0, sizeof(*n));
		n->call = ev->call;
		n->setup = *ev->setup;
		n->rang = true;
		e1_call_set_user(ev->call, n);
		return;
	}
	n = e1_call_user(ev->call);
	if (ev->type < E1_HANGUP && e1_call_port(ev->call) && !media_port_is_open(e1_call_port(ev->call)))
		media_port_open(e1_call_port(ev->call), node_media, n);
	n->inband |= ev->inband;
	switch (ev->type) {
	case E1_PROCEEDING: n->proceeding = true; break;
	case E1_SETUP_ACK: n->setup_ack = true; break;
	case E1_ALERTING: n->alerting = true; break;
	case E1_ANSWER: n->answered = true; break;
	case E1_DIGITS: snprintf(n->digits + strlen(n->digits), sizeof(n->digits) - strlen(n->digits), "%s", ev->digits); break;
	case E1_NOTIFY: *(ev->held ? &n->held : &n->retrieved) = true; break;
	case E1_HANGUP: n->hung_up = true; n->cause = ev->cause; break;
	case E1_GONE:
		n->gone = true;
		if (!n->cause)
			n->cause = ev->cause;
		n->call = NULL;
		break;
	default: break;
	}
}

static inline void node_open(struct node_call *n)
{
	if (!media_port_is_open(e1_call_port(n->call)))
		media_port_open(e1_call_port(n->call), node_media, n);
}

/* Without end, at -10 dBm0. */
static inline void node_says(struct node_call *n, int hz)
{
	struct media_play play = { .count = 1, .times = 0, .direction = MEDIA_TO_LINE };

	node_open(n);
	assert_int_equal(tone_clip_beep(&play.item[0].clip, hz, 0, -10, 1000, 0), 0);
	(void)media_play(e1_call_port(n->call), &play);
	clip_unref(play.item[0].clip);
}

static inline struct node_call *node_dials(struct fixture *f, unsigned i, const char *called, bool complete)
{
	struct e1_setup s = { .bearer = E1_BEARER_3K1, .sending_complete = complete };
	struct node_call *n = &f->out[i];

	memset(n, 0, sizeof(*n));
	snprintf(s.called.digits, sizeof(s.called.digits), "%s", called);
	snprintf(s.calling.digits, sizeof(s.calling.digits), "12599");
	s.called.present = s.calling.present = true;
	s.called.npi = s.calling.npi = 1;
	assert_int_equal(e1_call_dial(f->node, &s, false, n, &n->call), 0);
	return n;
}

/* ---- the exchange's end ---- */

static inline void on_event(struct exchange_listener *l, const char *line, const struct json_t *ev)
{
	struct fixture *f = container_of(l, struct fixture, listener);

	(void)ev;
	if (getenv("SHOW"))
		fprintf(stderr, "%s\n", line);
	assert_int_equal(json_array_append_new(f->events, json_loads(line, 0, NULL)), 0);
}

static inline void run_ms(struct fixture *f, int ms)
{
	loop_run_until(f->loop, clock_mono_us() + CLOCK_MS(ms), NULL);
}

/* The nth (from 0) event of this name; call NULL: any. */
static inline json_t *event(struct fixture *f, const char *call, const char *name, unsigned nth)
{
	for (size_t i = 0; i < json_array_size(f->events); i++) {
		json_t *e = json_array_get(f->events, i);
		const char *id = json_string_value(json_object_get(e, "call"));

		if (!strcmp(json_string_value(json_object_get(e, "ev")), name) && (!call || (id && !strcmp(id, call))) && !nth--)
			return e;
	}
	return NULL;
}

static inline const char *text(json_t *e, const char *key)
{
	const char *s = json_string_value(json_object_get(e, key));

	return s ? s : "";
}

static inline int number(json_t *e, const char *key)
{
	assert_non_null(e);
	assert_non_null(json_object_get(e, key));
	return (int)json_integer_value(json_object_get(e, key));
}

static inline void show_reply(const char *json, void *arg)
{
	(void)arg;
	print_message("%s\n", json);
}

#define DOES(f, line) does((f), (line), __LINE__)
static inline void does(struct fixture *f, const char *line, int at)
{
	if (exchange_command(f->x, line, NULL, NULL)) {
		(void)exchange_command(f->x, line, show_reply, NULL);
		fail_msg("line %d: %s", at, line);
	}
}

static inline double level(struct fixture *f, const char *call, int hz, int last_ms)
{
	json_t *r = exchange_ask(f->x, "measure %s last=%d freq=%d", call, last_ms, hz);
	char key[16];
	double v;

	snprintf(key, sizeof(key), "%d", hz);
	assert_true(json_is_true(json_object_get(r, "ok")));
	v = json_real_value(json_object_get(json_object_get(r, "tones"), key));
	json_decref(r);
	return v;
}

static inline const char *state(struct fixture *f, const char *call)
{
	static struct exchange_call_info i;

	assert_int_equal(exchange_call_info(f->x, call, &i), 0);
	return i.state;
}

static inline bool near(double a, double b)
{
	return fabs(a - b) < 0.5;
}

static inline int open_with(void **fp, enum exchange_cut cut, bool overlap)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct e1_span_config c;

	clock_virtual_start(BEGIN_UTC_US);
	random_seed(1);
	assert_int_equal(loop_alloc(&f->loop), 0);
	assert_int_equal(exchange_alloc(&f->x, f->loop, &f->counters), 0);
	e1_span_config_default(&c);
	snprintf(c.name, sizeof(c.name), "pstn");
	c.transport = E1_PAIR;
	c.overlap = overlap;
	assert_int_equal(exchange_add_span(f->x, &c, cut), 0);
	assert_int_equal(exchange_add_span(f->x, &c, cut), -EEXIST);
	assert_int_equal(media_alloc(&f->media, f->loop, &f->node_counters, "node"), 0);
	c.role = E1_CPE;
	c.hunt_from_high = true;
	assert_int_equal(e1_span_alloc(&f->node, f->loop, f->media, &f->node_counters, &c, node_event, f), 0);
	e1_pair_join(f->node, exchange_span(f->x, "pstn"));
	assert_int_equal(exchange_start(f->x), 0);
	assert_int_equal(media_start(f->media), 0);
	f->events = json_array();
	f->listener.event = on_event;
	exchange_listen(f->x, &f->listener);
	for (int i = 0; i < 300 && !(e1_span_up(f->node) && e1_span_up(exchange_span(f->x, "pstn"))); i++)
		run_ms(f, 100);
	assert_true(e1_span_up(f->node));
	run_ms(f, 3000); /* a call within T200 of the start may meet a SABME */
	*fp = f;
	return 0;
}

static inline int open_any(void **fp) { return open_with(fp, EXCHANGE_CUT_ANY, false); }
static inline int open_alerting(void **fp) { return open_with(fp, EXCHANGE_CUT_ALERTING, false); }
static inline int open_connect(void **fp) { return open_with(fp, EXCHANGE_CUT_CONNECT, false); }
static inline int open_overlap(void **fp) { return open_with(fp, EXCHANGE_CUT_ANY, true); }

static inline int close_all(void **fp)
{
	struct fixture *f = *fp;

	exchange_release_all(f->x, 16);
	run_ms(f, 6000);
	assert_int_equal(exchange_calls(f->x), 0);
	assert_int_equal(e1_span_free_channels(exchange_span(f->x, "pstn")), 30);
	assert_int_equal(e1_span_free_channels(f->node), 30);
	exchange_unlisten(&f->listener);
	exchange_free(f->x);
	e1_span_free(f->node);
	run_ms(f, 100);
	media_stop(f->media);
	run_ms(f, 100);
	media_free(f->media);
	run_ms(f, 100);
	json_decref(f->events);
	loop_free(f->loop);
	free(f);
	return 0;
}

/* ---- how most calls begin ---- */

/* A phone dials the node, which says CALL PROCEEDING. */
static inline struct node_call *phone_dials(struct fixture *f)
{
	struct node_call *n = &f->in[0];

	DOES(f, "dial 13800000001 12599");
	run_ms(f, 50);
	assert_int_equal(e1_call_proceeding(n->call), 0);
	return n;
}

/* The node dials a phone that behaves so: the words of "number" after the number. */
static inline struct node_call *node_meets(struct fixture *f, unsigned i, const char *number, const char *behaviour)
{
	char line[200];

	snprintf(line, sizeof(line), "number %s %s", number, behaviour);
	DOES(f, line);
	return node_dials(f, i, number, true);
}

#define T(name, open) cmocka_unit_test_setup_teardown(name, open, close_all)

#endif
