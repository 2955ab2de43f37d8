/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sound, and what goes wrong with the line: loss, alarms and return to service (rule 9), bad packets, bad frames, the trace. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <unistd.h>

#include "dsp/g711.h"
#include "e1/internal.h"
#include "media/trunk.h"
#include "tests/unit/e1_world.h"

static void answer(struct e1_world *w, int side, struct e1_call *c, const struct e1_setup *setup)
{
	(void)w;
	(void)side;
	(void)setup;
	(void)e1_call_proceeding(c);
	(void)e1_call_answer(c);
}

static struct e1_call *talk(struct e1_world *w, int side)
{
	struct e1_call *c;

	w->on_ring = answer;
	c = dial(w, side, "12599");
	run_ms(w, 500);
	assert_non_null(seen(w, side, E1_ANSWER, 0));
	return c;
}

static void both_up(struct e1_world *w)
{
	for (int i = 0; i < SIDES; i++) {
		assert_true(e1_span_up(w->span[i]));
		assert_int_equal(e1_span_free_channels(w->span[i]), 30);
		assert_true(list_empty(&w->span[i]->calls));
	}
}

static void impair(struct e1_world *w, int side, struct e1_impairment i)
{
	e1_span_impair(w->span[side], &i);
}

/* ---- sound ---- */

struct spy {
	struct media_trunk trunk;
	struct media_slot *from, *to;
	int16_t            sent[3000 * MEDIA_FRAME], heard[3000 * MEDIA_FRAME];
	unsigned           ticks;
	bool               removed;
};

static void spy_read(struct media_trunk *t, int64_t tick_us)
{
	(void)t;
	(void)tick_us;
}

static void spy_write(struct media_trunk *t, int64_t tick_us)
{
	struct spy *s = container_of(t, struct spy, trunk);

	(void)tick_us;
	memcpy(s->sent + s->ticks * MEDIA_FRAME, s->from->tx.s, sizeof(int16_t) * MEDIA_FRAME);
	memcpy(s->heard + s->ticks * MEDIA_FRAME, s->to->rx.s, sizeof(int16_t) * MEDIA_FRAME);
	s->ticks++;
}

static void spy_removed(struct loop_task *t)
{
	container_of(t, struct spy, trunk.removed)->removed = true;
}

static const struct media_trunk_ops spy_ops = { .read = spy_read, .write = spy_write };

static void nothing(struct media_port *p, const struct media_event *ev, void *arg)
{
	(void)p;
	(void)ev;
	(void)arg;
}

static void plus_frames_5(struct e1_span_config *c, int side)
{
	(void)side;
	c->frames_per_packet = 5;
}

static void plus_frames_24(struct e1_span_config *c, int side)
{
	(void)side;
	c->frames_per_packet = 24;
}

static void plus_frames_40(struct e1_span_config *c, int side)
{
	(void)side;
	c->frames_per_packet = 40;
}

/* 20 s of noise through a call, both sides' every octet: what is heard is what was said, A-law apart, at a constant delay. */
static void sound_is_exact(void **state)
{
	void (*const tune[])(struct e1_span_config *, int) = { NULL, plus_frames_5, plus_frames_24, plus_frames_40 };

	(void)state;
	for (unsigned k = 0; k < ARRAY_LEN(tune); k++) {
		struct e1_world *w = e1_world_new(tune[k]);
		static struct spy s;
		struct media_play play = { .count = 1, .direction = MEDIA_TO_LINE };
		struct e1_call *c;
		void *state_w = w;
		unsigned delay = 0;

		run_ms(w, 4000);
		c = talk(w, CPE);
		memset(&s, 0, sizeof(s));
		s.trunk.ops = &spy_ops;
		s.trunk.removed.run = spy_removed;
		s.from = media_port_slot(e1_call_port(c));
		s.to = media_port_slot(e1_call_port(seen(w, NET, E1_RING, 0)->ev.call));
		media_port_open(e1_call_port(c), nothing, NULL);
		media_port_open(e1_call_port(seen(w, NET, E1_RING, 0)->ev.call), nothing, NULL);
		run_ms(w, 100);
		media_trunk_add(w->media, &s.trunk);
		assert_int_equal(clip_alloc(&play.item[0].clip, MEDIA_RATE, 20 * MEDIA_RATE), 0);
		random_bytes(play.item[0].clip->s, 20 * MEDIA_RATE * sizeof(int16_t));
		(void)media_play(e1_call_port(c), &play);
		clip_unref(play.item[0].clip);
		run_ms(w, 21000);
		while (s.sent[delay] == 0)
			delay++;
		for (unsigned first = delay;; delay++)
			if (s.heard[delay] == g711_alaw_decode(g711_alaw_encode(s.sent[first])) &&
			    s.heard[delay + 1] == g711_alaw_decode(g711_alaw_encode(s.sent[first + 1])) &&
			    s.heard[delay + 2] == g711_alaw_decode(g711_alaw_encode(s.sent[first + 2]))) {
				delay -= first;
				break;
			}
		assert_in_range(delay, 160, 240); /* 20 ms of buffer; the tick between is the spy's own view */
		for (unsigned i = 0; i + delay < s.ticks * MEDIA_FRAME; i++)
			if (s.heard[i + delay] != g711_alaw_decode(g711_alaw_encode(s.sent[i])))
				fail_msg("sample %u: %d is not %d", i, s.heard[i + delay], s.sent[i]);
		for (int i = 0; i < SIDES; i++) {
			assert_int_equal(e1_world_counter(w, i, "slips_dropped") + e1_world_counter(w, i, "slips_repeated"), 0);
			assert_int_equal(e1_world_counter(w, i, "lost_frames") + e1_world_counter(w, i, "underruns"), 0);
		}
		media_trunk_remove(w->media, &s.trunk);
		run_ms(w, 50);
		assert_true(s.removed);
		assert_int_equal(e1_call_hangup(c, 16), 0);
		run_ms(w, 500);
		assert_false(media_port_is_open(w->span[CPE]->channel[31].port)); /* closed by e1 */
		(void)e1_world_teardown(&state_w);
	}
}

/* ---- loss of signal ---- */

static void cut_both_ways(void **state)
{
	struct e1_world *w = *state;
	struct e1_span_info info;
	struct e1_setup s = setup_to("12599");
	struct e1_call *c;
	int64_t cut_us;

	(void)talk(w, CPE);
	run_ms(w, 300);
	cut_us = clock_mono_us();
	impair(w, CPE, (struct e1_impairment){ .cut_tx = true, .cut_rx = true });
	run_ms(w, 200);
	for (int i = 0; i < SIDES; i++) {
		struct seen *e = seen(w, i, E1_SPAN_DOWN, 0);

		assert_non_null(e);
		assert_string_equal(e->text, "loss of signal");
		assert_in_range(e->now_us - cut_us, 100000, 130000);
		e1_span_info(w->span[i], &info);
		assert_true(info.los && !info.up && info.calls == 1);
		assert_int_equal(e1_call_dial(w->span[i], &s, false, NULL, &c), -ENETDOWN);
		assert_int_equal(e1_world_counter(w, i, "los"), 1);
	}
	run_ms(w, 2200);
	assert_int_equal(seen_count(w, CPE, E1_GONE) + seen_count(w, NET, E1_GONE), 0);
	run_ms(w, 200);
	for (int i = 0; i < SIDES; i++) {
		struct seen *e = seen(w, i, E1_HANGUP, 0);

		assert_non_null(e);
		assert_int_equal(e->ev.cause, 27);
		assert_false(e->ev.by_peer);
		assert_in_range(e->ev.at_us, cut_us - 20000, cut_us + 20000); /* charged to the start of the loss */
		assert_in_range(e->now_us - cut_us, 2400000, 2600000);
		assert_int_equal(seen_count(w, i, E1_GONE), 1);
	}
	run_ms(w, 60000);
	w->count = 0;
	impair(w, CPE, (struct e1_impairment){ 0 });
	run_ms(w, 9000);
	assert_false(e1_span_up(w->span[CPE]) || e1_span_up(w->span[NET])); /* 10 s clean first */
	run_ms(w, 6000);
	both_up(w);
	assert_int_equal(seen_count(w, CPE, E1_SPAN_UP), 1);
	c = talk(w, NET);
	assert_int_equal(e1_call_hangup(c, 16), 0);
	run_ms(w, 500);
	both_up(w);
}

/* Only what the exchange sends is lost: the node says R, so both ends know, and both clear. */
static void cut_one_way(void **state)
{
	struct e1_world *w = *state;
	struct e1_span_info info;
	int64_t cut_us;

	for (int side = 0; side < SIDES; side++) {
		w->count = 0;
		(void)talk(w, CPE);
		run_ms(w, 300);
		cut_us = clock_mono_us();
		impair(w, side, (struct e1_impairment){ .cut_tx = true });
		run_ms(w, 300);
		e1_span_info(w->span[side], &info);
		assert_true(info.rai && !info.los && !info.up);
		e1_span_info(w->span[!side], &info);
		assert_true(info.los && !info.rai && !info.up);
		run_ms(w, 2500);
		for (int i = 0; i < SIDES; i++) {
			struct seen *e = seen(w, i, E1_HANGUP, 0);

			assert_true(e && e->ev.cause == 27);
			assert_in_range(e->ev.at_us, cut_us - 50000, cut_us + 50000);
			assert_int_equal(seen_count(w, i, E1_GONE), 1);
		}
		impair(w, side, (struct e1_impairment){ 0 });
		run_ms(w, 20000);
		both_up(w);
	}
}

/* ---- the control word of a gateway that stands before a line of its own (RFC 5086 4.3) ---- */

static uint8_t word_set, word_seen;

static void set_word(uint8_t *buf, unsigned *len, unsigned max, void *arg)
{
	(void)max;
	(void)arg;
	buf[0] |= word_set;
	if (word_set & 0x08)
		*len = 4; /* the payload may be left out */
}

static void see_word(uint8_t *buf, unsigned *len, unsigned max, void *arg)
{
	(void)len;
	(void)max;
	(void)arg;
	word_seen = buf[0];
}

/* L: the line behind the gateway is dead. Its packets come, so R stays clear; M says RDI, as a terminal does that sees AIS. */
static void dead_line_behind(void **state)
{
	struct e1_world *w = *state;
	struct e1_span_info info;
	struct e1_call *c = talk(w, CPE);

	word_set = 0x08;
	e1_span_mutate(w->span[NET], NULL, set_word, NULL);
	e1_span_mutate(w->span[CPE], NULL, see_word, NULL);
	run_ms(w, 300);
	e1_span_info(w->span[CPE], &info);
	assert_true(info.los && !info.rai && !info.up);
	e1_span_info(w->span[NET], &info);
	assert_true(info.rai && !info.los && !info.up);
	assert_int_equal(word_seen, 0x02);
	e1_span_mutate(w->span[NET], NULL, NULL, NULL);
	run_ms(w, 300);
	assert_int_equal(word_seen, 0);
	impair(w, NET, (struct e1_impairment){ .cut_tx = true });
	run_ms(w, 300);
	assert_int_equal(word_seen, 0x04);
	impair(w, NET, (struct e1_impairment){ 0 });
	e1_span_mutate(w->span[CPE], NULL, NULL, NULL);
	run_ms(w, 12000);
	assert_int_equal(seen_count(w, CPE, E1_HANGUP) + seen_count(w, NET, E1_HANGUP), 0); /* the call has lived through it */
	assert_int_equal(e1_call_hangup(c, 16), 0);
	run_ms(w, 500);
	both_up(w);
}

/* M = 10: the line behind the gateway says that its far end receives nothing. */
static void remote_defect_behind(void **state)
{
	struct e1_world *w = *state;
	struct e1_span_info info;
	struct e1_call *c = talk(w, CPE);

	word_set = 0x02;
	e1_span_mutate(w->span[NET], NULL, set_word, NULL);
	run_ms(w, 300);
	e1_span_info(w->span[CPE], &info);
	assert_true(info.rai && !info.los && !info.up);
	e1_span_mutate(w->span[NET], NULL, NULL, NULL);
	run_ms(w, 12000);
	assert_int_equal(seen_count(w, CPE, E1_HANGUP), 0);
	assert_int_equal(e1_call_hangup(c, 16), 0);
	run_ms(w, 500);
	both_up(w);
}

/* A second without signal: calls live, can end, and new ones wait until the line has been clean for long enough. */
static void short_outage(void **state)
{
	struct e1_world *w = *state;
	struct e1_setup s = setup_to("12599");
	struct e1_call *c = talk(w, CPE), *other;

	impair(w, NET, (struct e1_impairment){ .cut_tx = true, .cut_rx = true });
	run_ms(w, 1000);
	impair(w, NET, (struct e1_impairment){ 0 });
	run_ms(w, 1000);
	assert_int_equal(seen_count(w, CPE, E1_HANGUP) + seen_count(w, NET, E1_HANGUP), 0);
	assert_int_equal(e1_call_dial(w->span[CPE], &s, false, NULL, &other), -ENETDOWN);
	assert_int_equal(e1_call_hangup(c, 16), 0);
	run_ms(w, 3000);
	assert_int_equal(seen_count(w, CPE, E1_GONE), 1);
	assert_int_equal(seen_count(w, NET, E1_GONE), 1);
	assert_int_equal(seen(w, NET, E1_HANGUP, 0)->ev.cause, 16);
	run_ms(w, 12000);
	both_up(w);
}

static void soon_back(struct e1_span_config *c, int side)
{
	c->restore_ms = side == NET ? 100 : 10000;
}

/* One end is back before the other: its SETUP finds no circuit. */
static void refused_while_restoring(void **state)
{
	struct e1_world *w = e1_world_new(soon_back);
	struct seen *e;
	void *state_w = w;

	(void)state;
	run_ms(w, 4000);
	(void)talk(w, CPE);
	impair(w, NET, (struct e1_impairment){ .cut_tx = true, .cut_rx = true });
	run_ms(w, 500);
	impair(w, NET, (struct e1_impairment){ 0 });
	run_ms(w, 3000);
	assert_true(e1_span_up(w->span[NET]) && !e1_span_up(w->span[CPE]));
	w->count = 0;
	(void)dial(w, NET, "12599");
	run_ms(w, 500);
	e = seen(w, NET, E1_HANGUP, 0);
	assert_true(e && e->ev.cause == 34 && e->ev.by_peer);
	assert_null(seen(w, CPE, E1_RING, 0));
	assert_int_equal(e1_world_counter(w, CPE, "calls_refused"), 1);
	(void)e1_world_teardown(&state_w);
}

static void drop_frame(uint8_t *buf, unsigned *len, unsigned max, void *arg)
{
	(void)buf;
	(void)max;
	(void)arg;
	*len = 0;
}

/* Speech still passes, the D channel does not: T309, charged to the last that was heard on it. */
static void d_channel_lost(void **state)
{
	struct e1_world *w = *state;
	int64_t cut_us;

	(void)talk(w, CPE);
	w->on_ring = NULL;
	(void)dial(w, NET, "110"); /* not yet answered */
	run_ms(w, 200);
	cut_us = clock_mono_us();
	for (int i = 0; i < SIDES; i++)
		e1_span_mutate(w->span[i], drop_frame, NULL, NULL);
	run_ms(w, 30000);
	for (int i = 0; i < SIDES; i++) {
		assert_int_equal(seen_count(w, i, E1_GONE), 2);
		for (unsigned n = 0; n < 2; n++) {
			struct seen *e = seen(w, i, E1_HANGUP, n);

			assert_true(e && (e->ev.cause == 27 || e->ev.cause == 18) && !e->ev.by_peer);
			if (e->ev.cause == 27)
				assert_in_range(e->ev.at_us, cut_us - 500000, cut_us + 100000);
		}
		assert_non_null(seen(w, i, E1_SPAN_DOWN, 0));
		assert_string_equal(seen(w, i, E1_SPAN_DOWN, 0)->text, "layer 2 down");
	}
	for (int i = 0; i < SIDES; i++)
		e1_span_mutate(w->span[i], NULL, NULL, NULL);
	run_ms(w, 10000);
	both_up(w);
}

/* ---- a bad line ---- */

static void loss_and_jitter(void **state)
{
	struct e1_world *w = *state;

	w->on_ring = answer;
	for (int i = 0; i < SIDES; i++)
		impair(w, i, (struct e1_impairment){ .loss_permille = 5, .jitter_ms = 8, .reorder = i == NET });
	for (unsigned n = 0; n < 60; n++) {
		struct e1_call *c;

		assert_true(e1_span_up(w->span[n % 2]));
		c = dial(w, n % 2, "12599");
		run_ms(w, 4000);
		assert_non_null(seen(w, n % 2, E1_ANSWER, 0)); /* Q.921 has repeated what was lost */
		assert_int_equal(e1_call_hangup(c, 16), 0);
		run_ms(w, 4000);
		assert_int_equal(seen_count(w, CPE, E1_GONE), 1);
		assert_int_equal(seen_count(w, NET, E1_GONE), 1);
		w->count = 0;
	}
	both_up(w);
	for (int i = 0; i < SIDES; i++) {
		assert_true(e1_world_counter(w, i, "lost_frames") > 1000);
		assert_int_equal(e1_world_counter(w, i, "los"), 0);
	}
}

static void scramble(uint8_t *buf, unsigned *len, unsigned max, void *arg)
{
	unsigned *permille = arg;

	if (random_below(1000) >= *permille)
		return;
	switch (random_below(5)) {
	case 0:
		*len = random_below(*len + 1);
		break;
	case 1:
		random_bytes(buf, *len);
		break;
	case 2: { /* longer */
		unsigned more = random_below(max - *len + 1);

		random_bytes(buf + *len, more);
		*len += more;
		break;
	}
	default:
		for (unsigned n = 1 + random_below(4); n--;)
			buf[random_below(*len)] = (uint8_t)random_u64();
		break;
	}
}

/* Only what Q.931 says is changed, so that Q.921 delivers it. */
static void scramble_q931(uint8_t *buf, unsigned *len, unsigned max, void *arg)
{
	unsigned n;

	if (*len <= 8 || (buf[2] & 1))
		return;
	n = *len - 4;
	scramble(buf + 4, &n, max - 4, arg);
	*len = n + 4;
}

static void clean_call(struct e1_world *w)
{
	struct e1_call *c;

	w->count = 0;
	for (int side = 0; side < SIDES; side++) {
		w->on_ring = answer;
		c = dial(w, side, "12599");
		run_ms(w, 1000);
		assert_non_null(seen(w, side, E1_ANSWER, 0));
		assert_int_equal(e1_call_hangup(c, 16), 0);
		run_ms(w, 1000);
		w->count = 0;
	}
	both_up(w);
}

static void refuse(struct e1_world *w, int side, struct e1_call *c, const struct e1_setup *setup)
{
	(void)w;
	(void)side;
	(void)setup;
	(void)e1_call_hangup(c, 17);
}

static void at_random(struct e1_world *w, int side, struct e1_call *c, const struct e1_setup *setup)
{
	(void)w;
	(void)side;
	(void)setup;
	switch (random_below(6)) {
	case 0: (void)e1_call_hangup(c, 1 + (int)random_below(127)); break;
	case 1: (void)e1_call_setup_ack(c); break;
	case 2: (void)e1_call_proceeding(c); break;
	case 3: break;
	default: answer(w, side, c, setup); break;
	}
}

/* Calls are placed at random while frames or packets are spoilt; then all is well again, every call had its E1_GONE, no channel
 * is stuck. */
static void spoilt(struct e1_world *w, e1_mutate_h *frame, e1_mutate_h *packet, unsigned permille, unsigned rounds)
{
	struct e1_setup s = setup_to("12599");

	for (unsigned r = 0; r < rounds; r++) {
		unsigned calls[SIDES] = { 0 };

		random_seed(r);
		w->count = 0;
		for (int i = 0; i < SIDES; i++)
			e1_span_mutate(w->span[i], frame, packet, &permille);
		w->on_ring = at_random;
		for (unsigned n = 0; n < 60; n++) {
			struct e1_call *c;
			int side = (int)random_below(2);

			if (e1_call_dial(w->span[side], &s, false, NULL, &c) == 0)
				calls[side]++;
			run_ms(w, random_below(400));
			for (int i = 0; i < SIDES; i++)
				if (!list_empty(&w->span[i]->calls) && random_below(2))
					(void)e1_call_hangup(list_entry(w->span[i]->calls.next, struct e1_call, link), 16);
		}
		for (int i = 0; i < SIDES; i++)
			e1_span_mutate(w->span[i], NULL, NULL, NULL);
		w->on_ring = refuse; /* a SETUP that was repeated until now */
		for (int i = 0; i < SIDES; i++) {
			struct list *pos, *next;

			list_for_each(pos, next, &w->span[i]->calls)
				(void)e1_call_hangup(list_entry(pos, struct e1_call, link), 16);
		}
		run_ms(w, 60000);
		for (int i = 0; i < SIDES; i++)
			assert_int_equal(seen_count(w, i, E1_GONE), seen_count(w, i, E1_RING) + calls[i]);
		clean_call(w);
	}
}

static void spoilt_frames(void **state)
{
	spoilt(*state, scramble, NULL, 100, 40);
}

static void spoilt_messages(void **state)
{
	spoilt(*state, scramble_q931, NULL, 400, 40);
}

static void spoilt_packets(void **state)
{
	struct e1_world *w = *state;

	spoilt(w, NULL, scramble, 20, 8);
	assert_true(e1_world_counter(w, CPE, "rx_malformed") > 1000);
	assert_true(e1_world_counter(w, CPE, "d_bad_fcs") + e1_world_counter(w, CPE, "d_aborts") > 10);
}

/* ---- trace ---- */

static void traced(void **state)
{
	struct e1_world *w = *state;
	struct e1_setup s = setup_to("12599");
	char path[] = "/tmp/e1_trace_XXXXXX", command[256], line[512];
	bool redirecting = false, malformed = false;
	unsigned lines = 0, setups = 0, connects = 0;
	struct e1_call *c;
	FILE *f;
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	(void)close(fd);
	assert_int_equal(e1_span_trace(w->span[CPE], "/no/such/place"), -ENOENT);
	assert_int_equal(e1_span_trace(w->span[NET], path), 0);
	w->on_ring = answer;
	s.redirecting = s.calling;
	strcpy(s.redirecting.digits, "13900000009");
	assert_int_equal(e1_call_dial(w->span[NET], &s, false, NULL, &c), 0);
	run_ms(w, 500);
	assert_int_equal(e1_call_hangup(c, 16), 0);
	run_ms(w, 500);
	assert_int_equal(e1_span_trace(w->span[NET], NULL), 0);
	(void)snprintf(command, sizeof(command), "tshark -r %s -V 2>/dev/null", path);
	f = system("command -v tshark >/dev/null 2>&1") == 0 ? popen(command, "r") : NULL;
	if (f == NULL) {
		(void)unlink(path);
		print_message("no tshark: the trace was not looked at\n");
		skip();
	}
	while (fgets(line, sizeof(line), f)) {
		lines++;
		setups += strstr(line, "Message type: SETUP (") != NULL;
		connects += strstr(line, "Message type: CONNECT (") != NULL;
		redirecting |= strstr(line, "13900000009") != NULL;
		malformed |= strstr(line, "alformed") != NULL;
	}
	assert_int_equal(pclose(f), 0);
	(void)unlink(path);
	assert_true(lines > 50);
	assert_int_equal(setups, 1);
	assert_int_equal(connects, 1);
	assert_true(redirecting);
	assert_false(malformed);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, e1_world_setup, e1_world_teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sound_is_exact),
		TEST(cut_both_ways),
		TEST(cut_one_way),
		TEST(dead_line_behind),
		TEST(remote_defect_behind),
		TEST(short_outage),
		cmocka_unit_test(refused_while_restoring),
		TEST(d_channel_lost),
		TEST(loss_and_jitter),
		TEST(spoilt_frames),
		TEST(spoilt_messages),
		TEST(spoilt_packets),
		TEST(traced),
	};

	log_set_level(LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
