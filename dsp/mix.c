/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dsp/mix.h"

#include <math.h>

int32_t mix_gain(int db10)
{
	if (db10 < MIX_GAIN_MIN_DB10)
		db10 = MIX_GAIN_MIN_DB10;
	if (db10 > MIX_GAIN_MAX_DB10)
		db10 = MIX_GAIN_MAX_DB10;
	return (int32_t)lrint(MIX_UNITY * pow(10.0, db10 / 200.0));
}

void mix_add(int32_t *sum, const int16_t *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sum[i] += s[i];
}

void mix_add_gain(int32_t *sum, const int16_t *s, size_t n, int32_t gain)
{
	if (gain == MIX_UNITY) {
		mix_add(sum, s, n);
		return;
	}
	/* At +20 dB a product needs 32 bits. Shifts of negative numbers are arithmetic on every compiler we use (and in C23). */
	for (size_t i = 0; i < n; i++)
		sum[i] += (int32_t)(((int64_t)s[i] * gain + MIX_UNITY / 2) >> 12);
}

void mix_add_sum(int32_t *sum, const int32_t *other, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sum[i] += other[i];
}

void mix_sub_sum(int32_t *sum, const int32_t *other, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sum[i] -= other[i];
}

void mix_out(int16_t *out, const int32_t *sum, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = mix_saturate(sum[i]);
}

void mix_out_gain(int16_t *out, const int32_t *sum, size_t n, int32_t gain)
{
	if (gain == MIX_UNITY) {
		mix_out(out, sum, n);
		return;
	}
	for (size_t i = 0; i < n; i++)
		out[i] = mix_saturate(((int64_t)sum[i] * gain + MIX_UNITY / 2) >> 12);
}
