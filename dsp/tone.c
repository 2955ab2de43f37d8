/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dsp/tone.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#include "dsp/level.h"

#define PEAK_MAX 32767.0

void dual_tone_init(struct dual_tone *g, int rate, double freq1, double level1_dbm0, double freq2, double level2_dbm0)
{
	double peak;

	*g = (struct dual_tone){
		.step = { 2.0 * M_PI * freq1 / rate, 2.0 * M_PI * freq2 / rate },
		.amplitude = { level_to_amplitude(level1_dbm0), freq2 > 0.0 ? level_to_amplitude(level2_dbm0) : 0.0 },
	};
	peak = g->amplitude[0] + g->amplitude[1];
	if (peak > PEAK_MAX) {
		g->amplitude[0] *= PEAK_MAX / peak;
		g->amplitude[1] *= PEAK_MAX / peak;
	}
}

void dual_tone_init_modulated(struct dual_tone *g, int rate, double freq1, double freq2, double level_dbm0)
{
	/* The sidebands add m^2/2 to the power of the carrier. */
	double carrier_dbm0 = level_dbm0 - 10.0 * log10(1.0 + TONE_MODULATION * TONE_MODULATION / 2.0);

	dual_tone_init(g, rate, freq1, carrier_dbm0, freq2, LEVEL_SILENCE_DBM0);
	g->modulated = 1;
	if (g->amplitude[0] * (1.0 + TONE_MODULATION) > PEAK_MAX)
		g->amplitude[0] = PEAK_MAX / (1.0 + TONE_MODULATION);
}

void dual_tone_process(struct dual_tone *g, int16_t *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		double v = g->amplitude[0] * sin(g->phase[0]);

		if (g->modulated)
			v *= 1.0 + TONE_MODULATION * sin(g->phase[1]);
		else if (g->amplitude[1] > 0.0)
			v += g->amplitude[1] * sin(g->phase[1]);
		s[i] = (int16_t)lrint(v);
		for (int k = 0; k < 2; k++) {
			g->phase[k] += g->step[k];
			if (g->phase[k] >= 2.0 * M_PI)
				g->phase[k] -= 2.0 * M_PI;
		}
	}
}

void tone_ramp(int16_t *s, size_t n, size_t ramp)
{
	if (ramp > n / 2)
		ramp = n / 2;
	for (size_t i = 0; i < ramp; i++) {
		double w = 0.5 - 0.5 * cos(M_PI * ((double)i + 0.5) / (double)ramp);

		s[i] = (int16_t)lrint(s[i] * w);
		s[n - 1 - i] = (int16_t)lrint(s[n - 1 - i] * w);
	}
}

/*
 *         1209 1336 1477 1633
 *    697    1    2    3    A
 *    770    4    5    6    B
 *    852    7    8    9    C
 *    941    *    0    #    D
 */
int tone_dtmf_frequencies(char digit, int *low_hz, int *high_hz)
{
	static const int low[4] = { 697, 770, 852, 941 }, high[4] = { 1209, 1336, 1477, 1633 };
	static const char keys[] = "123A456B789C*0#D";
	const char *k = digit ? strchr(keys, toupper((unsigned char)digit)) : NULL;

	if (!k)
		return -1;
	*low_hz = low[(k - keys) / 4];
	*high_hz = high[(k - keys) % 4];
	return 0;
}
