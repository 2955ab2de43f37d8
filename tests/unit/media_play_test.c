/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Players: lists sample by sample, their ends as events, digits that cut them, and what never reaches who closed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "media/tones.h"
#include "tests/unit/media_world.h"

static struct clip *a, *b; /* 1001 and 333 samples of noise */

static int group_setup(void **state)
{
	(void)state;
	a = world_noise_clip(1001);
	b = world_noise_clip(333);
	return 0;
}

static int group_teardown(void **state)
{
	(void)state;
	assert_int_equal(a->refs, 1); /* every list came back */
	assert_int_equal(b->refs, 1);
	clip_unref(a);
	clip_unref(b);
	return 0;
}

static size_t expect_clip(const int16_t *got, const struct clip *c)
{
	assert_memory_equal(got, c->s, c->samples * sizeof(int16_t));
	return c->samples;
}

static size_t expect_silence(const int16_t *got, size_t n)
{
	for (size_t i = 0; i < n; i++)
		assert_int_equal(got[i], 0);
	return n;
}

static void expect_played(const struct world *w, unsigned i, uint32_t id, bool cut, uint64_t tick)
{
	assert_true(i < w->event_count);
	assert_int_equal(w->events[i].ev.type, MEDIA_PLAYED);
	assert_int_equal(w->events[i].ev.play, id);
	assert_int_equal(w->events[i].ev.cut, cut);
	if (tick) {
		assert_int_equal(w->events[i].tick, tick);
		assert_int_equal(w->events[i].ev.at_us, w->tick_us[tick - 1]); /* in the same virtual instant */
	}
}

/* Clips and silences, twice, then a list appended: no sample between them. */
static void lists(void **state)
{
	struct world *w = *state;
	struct media_play p = { .item = { { a, 20 }, { b, 0 }, { NULL, 5 }, { a, 0 } }, .count = 4, .times = 2 };
	struct media_play q = { .item = { { b, 0 } }, .count = 1, .times = 1, .append = true };
	const int16_t *at = w->hears[3];
	uint32_t id1, id2;
	size_t one = 1001 + 160 + 333 + 40 + 1001;

	id1 = media_play(w->port[3], &p);
	id2 = media_play(w->port[3], &q);
	assert_int_not_equal(id1, 0);
	assert_int_not_equal(id1, id2);
	assert_int_equal(a->refs, 3);
	world_run_ms(w, 1000);
	for (int round = 0; round < 2; round++) {
		at += expect_clip(at, a);
		at += expect_silence(at, 160);
		at += expect_clip(at, b);
		at += expect_silence(at, 40);
		at += expect_clip(at, a);
	}
	at += expect_clip(at, b);
	expect_silence(at, (size_t)(w->hears[3] + 8000 - at));
	assert_int_equal(w->event_count, 2);
	expect_played(w, 0, id1, false, (2 * one + 79) / 80);
	expect_played(w, 1, id2, false, (2 * one + 333 + 79) / 80);
	assert_int_equal(a->refs, 1);
}

/* Two frames exactly: over in the second tick, not the third. */
static void whole_frames(void **state)
{
	struct world *w = *state;
	struct clip *c = world_noise_clip(160);
	struct media_play p = { .item = { { c, 0 } }, .count = 1, .times = 1 };
	uint32_t id = media_play(w->port[0], &p);

	world_run_ms(w, 100);
	expect_played(w, 0, id, false, 2);
	clip_unref(c);
}

static void for_ever_until_stopped(void **state)
{
	struct world *w = *state;
	struct media_play p = { .item = { { b, 0 } }, .count = 1, .times = 0, .start_sample = 333 * 3 + 100 };
	uint32_t id = media_play(w->port[0], &p);

	world_run_ms(w, 2000);
	for (size_t n = 0; n < 16000; n++)
		assert_int_equal(w->hears[0][n], b->s[(n + 100) % 333]);
	assert_int_equal(w->event_count, 0);
	media_play_stop(w->port[0], MEDIA_TO_INSIDE); /* the other direction */
	world_run_ms(w, 100);
	assert_int_equal(w->event_count, 0);
	media_play_stop(w->port[0], MEDIA_TO_LINE);
	world_run_ms(w, 100);
	expect_played(w, 0, id, true, 211);
	expect_silence(w->hears[0] + 16800, 800);
}

static void start_sample_of_finite_lists(void **state)
{
	struct world *w = *state;
	struct media_play p = { .item = { { a, 10 }, { b, 0 } }, .count = 2, .times = 2 }; /* 1001 + 80 + 333 = 1414 */
	static const uint64_t start[] = { 0, 1000, 1001, 1080, 1081, 1413, 1414, 2000, 2827, 2828, UINT64_MAX };

	for (unsigned i = 0; i < ARRAY_LEN(start); i++) {
		size_t from = w->writes * MEDIA_FRAME, left = start[i] < 2828 ? 2828 - start[i] : 0;

		p.start_sample = start[i];
		media_play(w->port[0], &p);
		world_run_ms(w, 500);
		for (size_t n = 0; n < 4000; n++) {
			size_t x = (size_t)(start[i] + n) % 1414;

			assert_int_equal(w->hears[0][from + n], n >= left  ? 0
			                                        : x < 1001 ? a->s[x]
			                                        : x < 1081 ? 0
			                                                   : b->s[x - 1081]);
		}
		assert_int_equal(w->event_count, i + 1);
		assert_int_equal(w->events[i].tick, from / 80 + (left ? (left + 79) / 80 : 1));
	}
}

/* In place of what is playing; both are told. */
static void replaced(void **state)
{
	struct world *w = *state;
	struct media_play p = { .item = { { a, 0 } }, .count = 1, .times = 0 };
	struct media_play q = { .item = { { b, 0 } }, .count = 1, .times = 1, .gain_db10 = 0 };
	uint32_t id1 = media_play(w->port[0], &p), id2, id3;

	world_run_ms(w, 15); /* one tick */
	p.append = true;
	id2 = media_play(w->port[0], &p);
	id3 = media_play(w->port[0], &q);
	world_run_ms(w, 100);
	expect_clip(w->hears[0] + 80, b);
	expect_silence(w->hears[0] + 80 + 333, 300);
	assert_int_equal(w->event_count, 3);
	expect_played(w, 0, id1, true, 2);
	expect_played(w, 1, id2, true, 2);
	expect_played(w, 2, id3, false, 6);
}

/* Nothing to play: over at once, also when it is to be repeated for ever. */
static void empty_lists(void **state)
{
	struct world *w = *state;
	struct clip *none;
	uint32_t id;

	assert_int_equal(clip_alloc(&none, MEDIA_RATE, 0), 0);
	for (unsigned times = 0; times < 3; times++) {
		struct media_play p = {
			.item = { { none, 0 }, { NULL, 0 } }, .count = times ? 2 : 0, .times = times, .start_sample = 5
		};

		id = media_play(w->port[0], &p);
		world_run_ms(w, 10);
		assert_int_equal(w->event_count, times + 1);
		expect_played(w, times, id, false, times + 1);
	}
	assert_int_equal(none->refs, 1);
	clip_unref(none);
}

static void gain(void **state)
{
	struct world *w = *state;
	struct media_play p = { .item = { { a, 0 } }, .count = 1, .times = 1, .gain_db10 = -200 };

	media_play(w->port[0], &p);
	world_run_ms(w, 200);
	for (size_t n = 0; n < a->samples; n++)
		assert_true(abs(w->hears[0][n] * 10 - a->s[n]) <= 5 + abs(a->s[n]) / 500);
}

/* Everything at random, next to an oracle that is one long array. */
static void random_lists(void **state)
{
	struct world *w = *state;
	static int16_t want[WORLD_SAMPLES];
	size_t end = 0;

	memset(want, 0, sizeof(want));
	while (end < WORLD_SAMPLES - 40000) {
		struct media_play p = { .count = random_below(5), .times = 1 + random_below(3), .append = true };

		for (unsigned i = 0; i < p.count; i++)
			p.item[i] = (struct media_play_item){ random_below(3) ? random_below(2) ? a : b : NULL,
				                              random_below(2) * random_below(30) };
		for (unsigned round = 0; round < p.times; round++) {
			for (unsigned i = 0; i < p.count; i++) {
				const struct clip *c = p.item[i].clip;

				if (c)
					memcpy(want + end, c->s, c->samples * sizeof(int16_t));
				end += (c ? c->samples : 0) + p.item[i].silence_ms * 8;
			}
		}
		media_play(w->port[1], &p);
	}
	world_run_ms(w, (WORLD_TICKS - 10) * 10);
	assert_memory_equal(want, w->hears[1], w->writes * MEDIA_FRAME * sizeof(int16_t));
}

/* ---- digits ---- */

static void say_digits(struct world *w, int port, const char *digits, size_t at)
{
	struct clip *c;

	assert_int_equal(tone_clip_dtmf(&c, digits, 80, 80, -10), 0);
	memcpy(w->says[port] + at, c->s, c->samples * sizeof(int16_t));
	clip_unref(c);
}

static void digits_are_heard_at_once(void **state)
{
	struct world *w = *state;

	say_digits(w, 2, "13900000002#*ABCD", 0);
	world_run_ms(w, 4000);
	assert_int_equal(w->event_count, 34);
	for (unsigned i = 0; i < 34; i++) {
		const struct world_event *e = &w->events[i];

		assert_int_equal(e->port, 2);
		assert_int_equal(e->ev.type, i % 2 ? MEDIA_DIGIT : MEDIA_DIGIT_BEGIN);
		assert_int_equal(e->ev.digit, "13900000002#*ABCD"[i / 2]);
		assert_int_equal(e->ev.at_us, w->tick_us[e->tick - 1]);
		if (i % 2)
			assert_in_range(e->ev.duration_ms, 54, 106);
		else
			assert_in_range(e->tick, i / 2 * 16 + 2, i / 2 * 16 + 5);
	}
}

/* The prompt ends in the tick of the digit's begin, with all that follows it and wants to; what does not want to goes on at
 * once. */
static void digit_stops_prompts(void **state)
{
	struct world *w = *state;
	struct media_play p = { .item = { { a, 0 } }, .count = 1, .times = 0, .stop_on_digit = true };
	struct media_play q = { .item = { { b, 0 } }, .count = 1, .times = 1, .stop_on_digit = true, .append = true };
	struct media_play r = { .item = { { a, 0 } }, .count = 1, .times = 1, .append = true };
	uint32_t id1, id2, id3;
	uint64_t tick;

	say_digits(w, 0, "5", 8000);
	id1 = media_play(w->port[0], &p);
	id2 = media_play(w->port[0], &q);
	id3 = media_play(w->port[0], &r);
	media_play(w->port[1], &p); /* nobody pressed anything there */
	world_run_ms(w, 2000);
	assert_int_equal(w->events[0].ev.type, MEDIA_DIGIT_BEGIN);
	tick = w->events[0].tick;
	expect_played(w, 1, id1, true, tick);
	expect_played(w, 2, id2, true, tick);
	expect_clip(w->hears[0] + (tick - 1) * MEDIA_FRAME, a);
	expect_silence(w->hears[0] + (tick - 1) * MEDIA_FRAME + a->samples, 1000);
	assert_int_equal(w->events[3].ev.type, MEDIA_DIGIT);
	expect_played(w, 4, id3, false, 0);
	assert_int_equal(w->event_count, 5);
}

/* Digits come through the gate: none through a closed one, and one held while it closes ends. */
static void digits_and_the_gate(void **state)
{
	struct world *w = *state;

	media_port_gate(w->port[0], false, true);
	say_digits(w, 0, "12", 800);
	say_digits(w, 0, "3", 4800);
	world_run_ms(w, 550);
	assert_int_equal(w->event_count, 0);
	media_port_gate(w->port[0], true, true);
	world_run_ms(w, 100);
	assert_int_equal(w->event_count, 1);
	media_port_gate(w->port[0], false, true);
	world_run_ms(w, 50);
	assert_int_equal(w->event_count, 2);
	assert_int_equal(w->events[1].ev.type, MEDIA_DIGIT);
	assert_int_equal(w->events[1].ev.digit, '3');
}

static void lost_frames(void **state)
{
	struct world *w = *state;

	say_digits(w, 0, "7", 800);
	w->lost[14] = w->lost[15] = true;
	memset(w->says[0] + 14 * MEDIA_FRAME, 0, 2 * MEDIA_FRAME * sizeof(int16_t)); /* filled in with silence, and marked */
	world_run_ms(w, 500);
	assert_int_equal(w->event_count, 2);
	assert_int_equal(world_counter(w, "lost_frames"), 2 * WORLD_PORTS);
}

/* ---- closing ---- */

/* Whatever was under way when the port closed is never told: neither to who closed, nor to who opens next. */
static void closed_hears_nothing(void **state)
{
	struct world *w = *state;
	struct media_play p = { .item = { { b, 0 } }, .count = 1, .times = 1 };
	uint32_t id;

	for (int shift = 0; shift < 12; shift++) {
		size_t from = w->reads * MEDIA_FRAME;

		media_play(w->port[0], &p);
		say_digits(w, 0, "9", from);
		world_run_ms(w, shift * 10);
		w->event_count = 0;
		media_port_close(w->port[0]);
		memset(w->says[0] + w->reads * MEDIA_FRAME, 0, 2000 * sizeof(int16_t));
		if (shift % 2) {
			world_run_ms(w, 10);
			assert_int_equal(media_play(w->port[0], &p) != 0, true); /* on a closed port: nothing, and no event */
			media_play_stop(w->port[0], MEDIA_TO_LINE);
		}
		media_port_open(w->port[0], world_event, w);
		world_run_ms(w, 300);
		assert_int_equal(w->event_count, 0);
		assert_int_equal(b->refs, 1);
	}
	id = media_play(w->port[0], &p);
	world_run_ms(w, 100);
	expect_played(w, 0, id, false, 0);
}

struct closer {
	struct world *w;
	unsigned events;
};

static void close_in_handler(struct media_port *p, const struct media_event *ev, void *arg)
{
	struct closer *c = arg;
	struct media_play play = { .item = { { b, 0 } }, .count = 1, .times = 1 };

	assert_int_equal(ev->type, MEDIA_PLAYED);
	if (++c->events == 3)
		media_port_close(p);
	else
		media_play(p, &play);
}

/* A handler may play, close, open: it is never called from inside what it does. */
static void handlers_act(void **state)
{
	struct world *w = *state;
	struct closer c = { .w = w };
	struct media_play p = { .item = { { b, 0 } }, .count = 1, .times = 1 };

	media_port_open(w->port[0], close_in_handler, &c);
	media_play(w->port[0], &p);
	p.append = true;
	media_play(w->port[0], &p);
	world_run_ms(w, 1000);
	assert_int_equal(c.events, 3);
	assert_false(media_port_is_open(w->port[0]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(lists, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(whole_frames, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(for_ever_until_stopped, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(start_sample_of_finite_lists, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(replaced, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(empty_lists, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(gain, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(random_lists, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(digits_are_heard_at_once, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(digit_stops_prompts, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(digits_and_the_gate, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(lost_frames, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(closed_hears_nothing, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(handlers_act, world_setup, world_teardown),
	};

	random_seed(5);
	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
