/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "exchange/measure.h"

#include <math.h>

#define FULL_SCALE_DBM0 3.14

static double to_dbm0(double amplitude)
{
	double db;

	if (amplitude <= 0)
		return XMEASURE_FLOOR_DBM0;
	db = 20 * log10(amplitude / 32768) + FULL_SCALE_DBM0;
	return db < XMEASURE_FLOOR_DBM0 ? XMEASURE_FLOOR_DBM0 : db;
}

double xmeasure_power_dbm0(const int16_t *s, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += (double)s[i] * s[i];
	return n ? to_dbm0(sqrt(2 * sum / (double)n)) : XMEASURE_FLOOR_DBM0;
}

double xmeasure_tone_dbm0(const int16_t *s, size_t n, double hz)
{
	double re = 0, im = 0, window = 0;

	for (size_t i = 0; i < n; i++) {
		double w = 0.5 - 0.5 * cos(2 * M_PI * ((double)i + 0.5) / (double)n);
		double phase = 2 * M_PI * hz * (double)i / 8000;

		re += w * s[i] * cos(phase);
		im += w * s[i] * sin(phase);
		window += w;
	}
	return window > 0 ? to_dbm0(2 * hypot(re, im) / window) : XMEASURE_FLOOR_DBM0;
}
