/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dsp/level.h"

#include <math.h>
#include <stdlib.h>

#define FULL_SCALE 32768.0

double level_to_amplitude(double dbm0)
{
	return FULL_SCALE * pow(10.0, (dbm0 - LEVEL_FULL_SINE_DBM0) / 20.0);
}

double level_from_amplitude(double amplitude)
{
	double dbm0 = amplitude > 0.0 ? 20.0 * log10(amplitude / FULL_SCALE) + LEVEL_FULL_SINE_DBM0 : LEVEL_SILENCE_DBM0;

	return dbm0 > LEVEL_SILENCE_DBM0 ? dbm0 : LEVEL_SILENCE_DBM0;
}

double level_dbm0(const int16_t *s, size_t n)
{
	double power = 0.0;

	if (n == 0)
		return LEVEL_SILENCE_DBM0;
	for (size_t i = 0; i < n; i++)
		power += (double)s[i] * s[i];
	return level_from_amplitude(sqrt(2.0 * power / (double)n));
}

int level_peak(const int16_t *s, size_t n)
{
	int peak = 0;

	for (size_t i = 0; i < n; i++)
		if (abs(s[i]) > peak)
			peak = abs(s[i]);
	return peak;
}

/* v[i] = x[i] * hann[i] + 2 cos(w) v[i-1] - v[i-2]; |X|^2 = v1^2 + v2^2 - 2 cos(w) v1 v2. */
double level_tone_dbm0(const int16_t *s, size_t n, double freq_hz, int rate)
{
	double coefficient = 2.0 * cos(2.0 * M_PI * freq_hz / rate);
	double turn = 2.0 * M_PI / (double)n;
	double v1 = 0.0, v2 = 0.0, weight = 0.0, power;

	if (n < 2)
		return LEVEL_SILENCE_DBM0;
	for (size_t i = 0; i < n; i++) {
		double w = 0.5 - 0.5 * cos(turn * ((double)i + 0.5));
		double v0 = s[i] * w + coefficient * v1 - v2;

		v2 = v1;
		v1 = v0;
		weight += w;
	}
	power = v1 * v1 + v2 * v2 - coefficient * v1 * v2;
	return level_from_amplitude(power > 0.0 ? 2.0 * sqrt(power) / weight : 0.0);
}
