/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rooms: what a member hears is, to the bit, clip(own player + the other speakers + the room's sources). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dsp/g711.h"
#include "tests/unit/media_world.h"

#define FROM 5 /* first tick looked at: commands are done by then */
#define TO   100

static void room_of_noise(void **state)
{
	static const unsigned flags[WORLD_PORTS] = {
		MEDIA_SPEAK | MEDIA_HEAR, MEDIA_SPEAK | MEDIA_HEAR, MEDIA_SPEAK | MEDIA_HEAR, MEDIA_HEAR, MEDIA_SPEAK, 0,
	}; /* 6 and 7 are not in the room */
	struct world *w = *state;
	struct clip *music = world_noise_clip(731), *effect = world_noise_clip(100000), *prompt = world_noise_clip(100000);
	struct media_play play = { .count = 1, .times = 0 };
	struct media_room *r;
	uint64_t began;

	assert_int_equal(media_room_alloc(&r, w->media), 0);
	for (int i = 0; i < WORLD_PORTS; i++)
		world_say_noise(w, i);
	for (int i = 0; i < 6; i++)
		media_room_join(r, w->port[i], flags[i]);
	began = w->reads;
	play.item[0].clip = music;
	media_room_play(r, MEDIA_ROOM_MUSIC, &play);
	play.item[0].clip = effect;
	media_room_play(r, MEDIA_ROOM_EFFECT, &play);
	play.item[0].clip = prompt;
	media_play(w->port[0], &play);
	play.direction = MEDIA_TO_INSIDE;
	media_play(w->port[1], &play);
	world_run_ms(w, TO * 10);
	assert_true(w->reads >= TO);

	for (size_t n = began * MEDIA_FRAME; n < TO * MEDIA_FRAME; n++) {
		size_t since = n - began * MEDIA_FRAME;
		int16_t inside = prompt->s[since];

		for (int i = 0; i < WORLD_PORTS; i++) {
			int64_t sum = i == 0 ? prompt->s[since] : 0;

			for (int k = 0; k < 6 && i < 6 && (flags[i] & MEDIA_HEAR); k++)
				if (k != i && (flags[k] & MEDIA_SPEAK))
					sum += w->says[k][n] + (k == 1 ? inside : 0);
			if (flags[i] & MEDIA_HEAR)
				sum += music->s[since % music->samples] + effect->s[since];
			assert_int_equal(w->hears[i][n], world_clip(sum));
		}
	}
	media_room_free(r);
	clip_unref(music);
	clip_unref(effect);
	clip_unref(prompt);
	world_run_ms(w, 20);
}

/* Alone without a source: digital silence, 0xD5 on an A-law line. */
static void alone_is_silence(void **state)
{
	struct world *w = *state;
	struct media_room *r;

	assert_int_equal(media_room_alloc(&r, w->media), 0);
	world_say_noise(w, 0);
	media_room_join(r, w->port[0], MEDIA_SPEAK | MEDIA_HEAR);
	world_run_ms(w, 500);
	for (unsigned n = 0; n < w->reads * MEDIA_FRAME; n++)
		assert_int_equal(g711_alaw_encode(w->hears[0][n]), G711_ALAW_IDLE);
	media_room_free(r);
}

/* Full scale against full scale: in a 16-bit sum the third would hear distortion of what cancels out; here silence is silence. */
static void overload_cancels(void **state)
{
	struct world *w = *state;
	struct media_room *r;

	assert_int_equal(media_room_alloc(&r, w->media), 0);
	for (int n = 0; n < WORLD_SAMPLES; n++) {
		w->says[0][n] = w->says[1][n] = 32767;
		w->says[2][n] = w->says[3][n] = -32767;
	}
	for (int i = 0; i < 5; i++)
		media_room_join(r, w->port[i], MEDIA_SPEAK | MEDIA_HEAR);
	world_run_ms(w, 100);
	assert_int_equal(w->hears[4][FROM * MEDIA_FRAME], 0);
	assert_int_equal(w->hears[0][FROM * MEDIA_FRAME], -32767);
	assert_int_equal(w->hears[2][FROM * MEDIA_FRAME], 32767);
	media_room_free(r);
}

static void say_constant(struct world *w, int port, int16_t v)
{
	for (int n = 0; n < WORLD_SAMPLES; n++)
		w->says[port][n] = v;
}

static int16_t heard_now(struct world *w, int port)
{
	const int16_t *last = w->hears[port] + (size_t)(w->writes - 1) * MEDIA_FRAME;

	for (int i = 1; i < MEDIA_FRAME; i++)
		assert_int_equal(last[i], last[0]);
	return last[0];
}

/* Moving between rooms takes effect in one tick: never in both, never in none. */
static void moving(void **state)
{
	struct world *w = *state;
	struct media_room *a, *b;

	assert_int_equal(media_room_alloc(&a, w->media), 0);
	assert_int_equal(media_room_alloc(&b, w->media), 0);
	for (int i = 0; i < 4; i++)
		say_constant(w, i, (int16_t)(1 << i));
	media_room_join(a, w->port[0], MEDIA_SPEAK | MEDIA_HEAR);
	media_room_join(a, w->port[1], MEDIA_SPEAK | MEDIA_HEAR);
	media_room_join(b, w->port[2], MEDIA_SPEAK | MEDIA_HEAR);
	media_room_join(b, w->port[3], MEDIA_SPEAK | MEDIA_HEAR);
	world_run_ms(w, 30);
	for (int turn = 0; turn < 20; turn++) {
		assert_int_equal(heard_now(w, 0), turn % 2 ? 2 | 8 : 2);
		assert_int_equal(heard_now(w, 1), turn % 2 ? 1 | 8 : 1);
		assert_int_equal(heard_now(w, 2), turn % 2 ? 0 : 8);
		assert_int_equal(heard_now(w, 3), turn % 2 ? 3 : 4);
		media_room_join(turn % 2 ? b : a, w->port[3], MEDIA_SPEAK | MEDIA_HEAR);
		world_run_ms(w, 10);
	}
	media_room_join(a, w->port[1], MEDIA_HEAR); /* muted */
	world_run_ms(w, 10);
	assert_int_equal(heard_now(w, 0), 0);
	assert_int_equal(heard_now(w, 1), 1);
	media_room_join(a, w->port[1], MEDIA_SPEAK); /* deaf */
	world_run_ms(w, 10);
	assert_int_equal(heard_now(w, 0), 2);
	assert_int_equal(heard_now(w, 1), 0);
	media_room_leave(w->port[1]);
	media_room_leave(w->port[1]);
	world_run_ms(w, 10);
	assert_int_equal(heard_now(w, 0), 0);
	media_room_free(b);
	world_run_ms(w, 10);
	assert_int_equal(heard_now(w, 2), 0);
	media_room_free(a);
	world_run_ms(w, 10);
	media_room_leave(w->port[0]);
	world_run_ms(w, 10);
	assert_int_equal(heard_now(w, 0), 0);
}

/* Gates close either way; gain is the listener's; both are fresh at the next opening. */
static void gates_and_gain(void **state)
{
	struct world *w = *state;
	struct media_room *r;

	assert_int_equal(media_room_alloc(&r, w->media), 0);
	say_constant(w, 0, 1000);
	say_constant(w, 1, 3000);
	for (int i = 0; i < 3; i++)
		media_room_join(r, w->port[i], MEDIA_SPEAK | MEDIA_HEAR);
	world_run_ms(w, 20);
	assert_int_equal(heard_now(w, 0), 3000);
	assert_int_equal(heard_now(w, 2), 4000);
	media_port_gate(w->port[0], false, true);
	world_run_ms(w, 10);
	assert_int_equal(heard_now(w, 0), 3000);
	assert_int_equal(heard_now(w, 1), 0);
	assert_int_equal(heard_now(w, 2), 3000);
	media_port_gate(w->port[0], true, false);
	world_run_ms(w, 10);
	assert_int_equal(heard_now(w, 0), 0);
	assert_int_equal(heard_now(w, 2), 4000);
	media_port_set_gain(w->port[2], -60);
	world_run_ms(w, 10);
	assert_in_range(heard_now(w, 2), 2002, 2007);
	media_port_set_gain(w->port[2], 200);
	world_run_ms(w, 10);
	assert_int_equal(heard_now(w, 2), 32767);
	media_port_close(w->port[2]);
	world_run_ms(w, 10);
	assert_int_equal(heard_now(w, 2), 0);
	media_port_open(w->port[2], world_event, w);
	media_port_close(w->port[0]);
	media_port_open(w->port[0], world_event, w);
	media_room_join(r, w->port[2], MEDIA_HEAR);
	media_room_join(r, w->port[0], MEDIA_HEAR | MEDIA_SPEAK);
	world_run_ms(w, 10);
	assert_int_equal(heard_now(w, 2), 4000);
	assert_int_equal(heard_now(w, 0), 3000);
	media_room_free(r);
}

/* A port that closes is out of its room in the same tick; its line hears silence. */
static void closing_leaves(void **state)
{
	struct world *w = *state;
	struct media_room *r;

	assert_int_equal(media_room_alloc(&r, w->media), 0);
	say_constant(w, 0, 7);
	say_constant(w, 1, 70);
	media_room_join(r, w->port[0], MEDIA_SPEAK | MEDIA_HEAR);
	media_room_join(r, w->port[1], MEDIA_SPEAK | MEDIA_HEAR);
	world_run_ms(w, 20);
	assert_int_equal(heard_now(w, 1), 7);
	media_port_close(w->port[0]);
	assert_false(media_port_is_open(w->port[0]));
	media_room_join(r, w->port[0], MEDIA_SPEAK); /* of a closed port: nothing */
	world_run_ms(w, 10);
	assert_int_equal(heard_now(w, 1), 0);
	assert_int_equal(heard_now(w, 0), 0);
	media_port_open(w->port[0], world_event, w);
	world_run_ms(w, 10);
	assert_int_equal(heard_now(w, 1), 0);
	media_room_free(r);
}

/* Two sources of a room at once, replaced and stopped; the clips come back to one reference each. */
static void sources(void **state)
{
	struct world *w = *state;
	struct clip *c[2] = { world_noise_clip(1), world_noise_clip(1) };
	struct media_play play = { .count = 1, .times = 0 };
	struct media_room *r;

	c[0]->s[0] = 1000;
	c[1]->s[0] = 50;
	assert_int_equal(media_room_alloc(&r, w->media), 0);
	media_room_join(r, w->port[0], MEDIA_HEAR);
	play.item[0].clip = c[0];
	play.gain_db10 = -200;
	media_room_play(r, MEDIA_ROOM_MUSIC, &play);
	play.item[0].clip = c[1];
	play.gain_db10 = 0;
	media_room_play(r, MEDIA_ROOM_EFFECT, &play);
	world_run_ms(w, 20);
	assert_int_equal(heard_now(w, 0), 150);
	media_room_play(r, MEDIA_ROOM_MUSIC, &play);
	world_run_ms(w, 10);
	assert_int_equal(heard_now(w, 0), 100);
	assert_int_equal(c[0]->refs, 1);
	media_room_stop(r, MEDIA_ROOM_EFFECT);
	world_run_ms(w, 10);
	assert_int_equal(heard_now(w, 0), 50);
	media_room_free(r);
	world_run_ms(w, 10);
	assert_int_equal(c[1]->refs, 1);
	clip_unref(c[0]);
	clip_unref(c[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(room_of_noise, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(alone_is_silence, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(overload_cancels, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(moving, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(gates_and_gain, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(closing_leaves, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(sources, world_setup, world_teardown),
	};

	random_seed(4);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
