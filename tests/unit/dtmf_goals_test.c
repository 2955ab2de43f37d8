/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The receiver's goals (ITU-T Q.24, docs/sound.md) with a few hundred keys each; tests/bench/dtmf.c measures them with 10000. The
 * plain receiver and the bank hear every one of them alike. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/bench/dtmf_heard.h"

#define TRIALS 320

struct goal {
	struct make make;
	unsigned    digits;   /* how many must be heard */
};

static void key(struct make *k, const struct goal *g)
{
	*k = g->make;
	k->digit = MAKE_KEYS[random_below(16)];
	for (int i = 0; i < 2; i++)
		if (random_below(2))
			k->deviation[i] = -k->deviation[i];
}

static void one_trial(const struct goal *g, const struct made *m, const struct heard *plain, const struct heard *bank)
{
	assert_string_equal(plain->begun, bank->begun);
	assert_int_equal(plain->ends, bank->ends);
	assert_int_equal(bank->begins, g->digits);
	if (g->digits == 0)
		return;
	for (unsigned i = 0; i < bank->begins; i++) {
		assert_int_equal(bank->begun[i], m->digit);
		assert_int_equal(plain->begin_at[i], bank->begin_at[i]);
	}
	assert_in_range(bank->begin_at[0], m->begin, m->begin + DTMF_RX_BEGIN_SAMPLES);
	assert_int_equal(bank->ends, g->digits);
	if (g->make.snr_db != 0)
		return;
	if (g->make.dial_db == 0)
		assert_in_range(bank->early_at, m->begin, m->begin + DTMF_RX_EARLY_SAMPLES);
	if (g->digits == 1)
		assert_in_range(bank->duration[0], m->end - m->begin - 20, m->end - m->begin + 20);
	for (int t = 0; t < 2; t++)
		if (g->make.dbm0[t] < 0) /* two of 0 dBm0 overload the line */
			assert_true(fabs((double)bank->dbm0[0][t] - g->make.dbm0[t]) < 1);
}

static void goal(void **state, const struct goal *g)
{
	static struct made m[DTMF_BANK_LANES];
	struct heard plain[DTMF_BANK_LANES], bank[DTMF_BANK_LANES];
	struct make k;

	random_seed(7);
	for (unsigned at = 0; at < TRIALS; at += DTMF_BANK_LANES) {
		for (unsigned i = 0; i < DTMF_BANK_LANES; i++) {
			key(&k, g);
			m[i].digit = k.digit;
			make_key(&m[i], &k);
		}
		heard_run(*state, RX_PLAIN, m, DTMF_BANK_LANES, plain);
		heard_run(*state, RX_BANK, m, DTMF_BANK_LANES, bank);
		for (unsigned i = 0; i < DTMF_BANK_LANES; i++)
			one_trial(g, &m[i], &plain[i], &bank[i]);
	}
}

#define MS(ms)         ((ms) * 8)
#define GOAL(name, n, ...) \
	static void name(void **state) { goal(state, &(struct goal){ .digits = (n), .make = { __VA_ARGS__ } }); }
#define TEN .dbm0 = { -10, -10 }

GOAL(both_tones_off_by_1_8_percent, 1, .deviation = { 0.018, 0.018 }, TEN, .on = MS(40))
GOAL(low_tone_off_by_3_percent, 0, .deviation = { 0.03, 0 }, TEN, .on = MS(100))
GOAL(high_tone_off_by_3_percent, 0, .deviation = { 0, 0.03 }, TEN, .on = MS(100))
GOAL(both_tones_off_by_3_percent, 0, .deviation = { 0.03, 0.03 }, TEN, .on = MS(100))
GOAL(forty_milliseconds, 1, TEN, .on = MS(40))
GOAL(twenty_four_milliseconds, 0, TEN, .on = MS(24))
GOAL(interrupted_for_10_ms, 1, TEN, .on = MS(40), .off = MS(10), .again = MS(40))
GOAL(paused_for_30_ms, 2, TEN, .on = MS(40), .off = MS(30), .again = MS(40))
GOAL(high_tone_8_db_up, 1, .dbm0 = { -14, -6 }, .on = MS(40))
GOAL(high_tone_6_db_down, 1, .dbm0 = { -6, -12 }, .on = MS(40))
GOAL(zero_dbm0, 1, .dbm0 = { 0, 0 }, .on = MS(40))
GOAL(minus_36_dbm0, 1, .dbm0 = { -36, -36 }, .on = MS(40))
GOAL(minus_55_dbm0, 0, .dbm0 = { -55, -55 }, .on = MS(100))
GOAL(noise_8_db_down, 1, TEN, .on = MS(40), .snr_db = 8)
GOAL(dial_tone_12_db_down, 1, TEN, .on = MS(40), .dial_db = -12)

/* Lanes do not hear each other, and one that starts anew has forgotten: the same key in lane 3 alone, in a full bank, and after
 * another. */
static void lanes_are_apart(void **state)
{
	static struct made m[DTMF_BANK_LANES], one;
	const struct make k = { .digit = '7', TEN, .on = MS(60) };
	struct heard alone, all[DTMF_BANK_LANES];
	struct heard_by *b = *state;

	random_seed(9);
	one.digit = '7';
	make_key(&one, &k);
	heard_run(b, RX_BANK, &one, 1, &alone);
	for (unsigned i = 0; i < DTMF_BANK_LANES; i++) {
		struct make other = k;

		other.digit = MAKE_KEYS[i];
		make_key(&m[i], &other);
	}
	m[3] = one;
	heard_run(b, RX_BANK, m, DTMF_BANK_LANES, all);
	assert_memory_equal(&all[3], &alone, sizeof(alone));
	assert_int_equal(all[4].begun[0], MAKE_KEYS[4]);
}

/* 20 ms lost in a key split it no more in the bank than in the plain receiver; half a second ends it. */
static void loss_in_a_bank(void **state)
{
	struct heard_by *b = *state;
	static struct made m;
	struct dtmf_result r[DTMF_BANK_LANES];
	struct heard h = { .begins = 0 };

	random_seed(3);
	make_key(&m, &(struct make){ .digit = '2', TEN, .on = MS(300) });
	dtmf_bank_init(b->bank, 5);
	for (unsigned at = 0; at < m.end - 800; at += 80) {
		bool lost = at == m.begin / 80 * 80 + 800 || at == m.begin / 80 * 80 + 880;

		dtmf_bank_hear(b->bank, 5, lost ? NULL : m.s + at, 80);
		dtmf_bank_process(b->bank, 80, r);
		heard_result(&h, &r[5], at + 80);
	}
	assert_string_equal(h.begun, "2");
	assert_int_equal(h.ends, 0);
	for (unsigned i = 0; i < 50; i++) {
		dtmf_bank_hear(b->bank, 5, NULL, 80);
		dtmf_bank_process(b->bank, 80, r);
		heard_result(&h, &r[5], 1);
	}
	assert_int_equal(h.ends, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_tones_off_by_1_8_percent),
		cmocka_unit_test(low_tone_off_by_3_percent),
		cmocka_unit_test(high_tone_off_by_3_percent),
		cmocka_unit_test(both_tones_off_by_3_percent),
		cmocka_unit_test(forty_milliseconds),
		cmocka_unit_test(twenty_four_milliseconds),
		cmocka_unit_test(interrupted_for_10_ms),
		cmocka_unit_test(paused_for_30_ms),
		cmocka_unit_test(high_tone_8_db_up),
		cmocka_unit_test(high_tone_6_db_down),
		cmocka_unit_test(zero_dbm0),
		cmocka_unit_test(minus_36_dbm0),
		cmocka_unit_test(minus_55_dbm0),
		cmocka_unit_test(noise_8_db_down),
		cmocka_unit_test(dial_tone_12_db_down),
		cmocka_unit_test(lanes_are_apart),
		cmocka_unit_test(loss_in_a_bank),
	};

	return cmocka_run_group_tests(tests, heard_by_setup, heard_by_teardown);
}
