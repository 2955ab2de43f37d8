/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rtp/emodel.h"

#include <math.h>

/* What the default values of G.107 7.7 come to: Ro and No of 7.2, Is of 7.3. */
#define RO   94.7688
#define IS   1.4136
#define NO   (-61.1792)
#define RLR  2.0
#define TELR 65.0
#define WEPL 110.0
/* G.113 Appendix I: G.711 with the concealment of its Appendix I; without it Bpl is 4.3. */
#define G711_IE  0.0
#define G711_BPL 25.1

void emodel_init(struct emodel *m)
{
	*m = (struct emodel){ .ie = G711_IE, .bpl = G711_BPL, .burst_ratio = 1 };
}

/* 7.4, Idte: talker's echo, with TELR as it is when nobody knows of any. */
static double talker_echo(double delay_ms)
{
	double terv = TELR - 40 * log10((1 + delay_ms / 10) / (1 + delay_ms / 150)) + 6 * exp(-0.3 * delay_ms * delay_ms);
	double half = (-1.5 * (NO - RLR) - (80 + 2.5 * (terv - 14))) / 2;

	return (half + sqrt(half * half + 100) - 1) * (1 - exp(-delay_ms));
}

/* 7.4, Idle: listener's echo. The round trip is twice the delay. */
static double listener_echo(double delay_ms)
{
	double half = (RO - 10.5 * (WEPL + 7) * pow(2 * delay_ms + 1, -0.25)) / 2;

	return half + sqrt(half * half + 169);
}

/* 7.4, Idd: delay alone, with the default sensitivity. */
static double too_long(double delay_ms)
{
	double x;

	if (delay_ms <= 100)
		return 0;
	x = log2(delay_ms / 100);
	return 25 * (pow(1 + pow(x, 6), 1.0 / 6) - 3 * pow(1 + pow(x / 3, 6), 1.0 / 6) + 2);
}

double emodel_r(const struct emodel *m)
{
	double burst = fmax(m->burst_ratio, 1), loss = fmin(fmax(m->loss_percent, 0), 100), delay = fmax(m->delay_ms, 0);
	/* 7.5: Ie,eff. */
	double equipment = m->ie + (loss > 0 ? (95 - m->ie) * loss / (loss / burst + m->bpl) : 0);
	double r = RO - IS - talker_echo(delay) - listener_echo(delay) - too_long(delay) - equipment;

	return fmin(fmax(r, 0), 100);
}

/* Annex B. */
unsigned emodel_mos_x100(double r)
{
	double mos;

	if (r <= 0)
		return 100;
	if (r >= 100)
		return 450;
	mos = 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6;
	return (unsigned)lrint(100 * fmax(mos, 1)); /* below 6.5 the formula dips under 1 */
}

/* Of random loss of share p the mean run is 1 / (1 - p). */
double emodel_burst_ratio(unsigned long lost, unsigned long runs, unsigned long expected)
{
	if (runs == 0 || lost >= expected)
		return 1;
	return fmax(1, (double)lost / (double)runs * (1 - (double)lost / (double)expected));
}
