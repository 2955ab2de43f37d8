/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dsp/mix.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/random.h"

#define N 80

static int16_t noise(void)
{
	return (int16_t)random_below(65536);
}

/* Three speakers, each hears the other two: against the sum written out in 64 bits. Overload included: full-scale noise. */
static void subtract_yourself(void **state)
{
	(void)state;
	random_seed(1);
	for (int round = 0; round < 1000; round++) {
		int16_t s[3][N], out[N];
		int32_t sum[N], mine[N];

		mix_clear(sum, N);
		for (int k = 0; k < 3; k++) {
			for (int i = 0; i < N; i++)
				s[k][i] = noise();
			mix_add(sum, s[k], N);
		}
		for (int k = 0; k < 3; k++) {
			int32_t self[N];

			mix_clear(self, N);
			mix_add(self, s[k], N);
			mix_clear(mine, N);
			mix_add_sum(mine, sum, N);
			mix_sub_sum(mine, self, N);
			mix_out(out, mine, N);
			for (int i = 0; i < N; i++) {
				int64_t want = (int64_t)s[(k + 1) % 3][i] + s[(k + 2) % 3][i];

				want = want > 32767 ? 32767 : want < -32768 ? -32768 : want;
				assert_int_equal(out[i], want);
			}
		}
	}
}

static void unity_changes_nothing(void **state)
{
	int32_t sum[N];
	int16_t s[N], out[N];

	(void)state;
	assert_int_equal(mix_gain(0), MIX_UNITY);
	for (int v = INT16_MIN; v <= INT16_MAX; v += N) {
		for (int i = 0; i < N; i++)
			s[i] = (int16_t)(v + i > INT16_MAX ? INT16_MAX : v + i);
		mix_clear(sum, N);
		mix_add_gain(sum, s, N, mix_gain(0));
		mix_out_gain(out, sum, N, mix_gain(0));
		assert_memory_equal(s, out, sizeof(s));
	}
}

static void gains_are_right(void **state)
{
	(void)state;
	for (int db10 = -300; db10 <= 200; db10++)
		assert_true(fabs(20.0 * log10(mix_gain(db10) / 4096.0) - db10 / 10.0) < 0.05);
	for (int db10 = -600; db10 < -300; db10++)
		assert_true(fabs(20.0 * log10(mix_gain(db10) / 4096.0) - db10 / 10.0) < 1.05);
	assert_int_equal(mix_gain(-10000), mix_gain(MIX_GAIN_MIN_DB10));
	assert_int_equal(mix_gain(10000), mix_gain(MIX_GAIN_MAX_DB10));
}

static void gain_saturates(void **state)
{
	/* MEDIA_ROOM_PORTS_MAX speakers with a player each */
	int32_t sum[2] = { 0, 0 }, large[2] = { 512 * 2 * 32767, -512 * 2 * 32768 };
	const int16_t s[2] = { 32767, -32768 };
	int16_t out[2];

	(void)state;
	mix_add_gain(sum, s, 2, mix_gain(200));
	assert_int_equal(sum[0], 327670);
	assert_int_equal(sum[1], -327680);
	mix_out(out, sum, 2);
	assert_int_equal(out[0], 32767);
	assert_int_equal(out[1], -32768);
	mix_out_gain(out, large, 2, mix_gain(200));
	assert_int_equal(out[0], 32767);
	assert_int_equal(out[1], -32768);
	sum[0] = 1001;
	sum[1] = -1001;
	mix_out_gain(out, sum, 2, MIX_UNITY / 2); /* halves are rounded up */
	assert_int_equal(out[0], 501);
	assert_int_equal(out[1], -500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(subtract_yourself), cmocka_unit_test(unity_changes_nothing), cmocka_unit_test(gains_are_right),
		cmocka_unit_test(gain_saturates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
