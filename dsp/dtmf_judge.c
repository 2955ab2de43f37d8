/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The decisions, hop by hop. A 40 ms digit and its z, which is 5 ms late:
 *
 *   line      ______################################_____________________
 *   |z|       __________/##############################\_________________
 *   windows   ----------------DDDDDDDDDDDDDDDDDDDDDDDDDDDDDDD------------   frequencies, twist, share of the line's power
 *   early                       ^ the RUN_EARLYth window
 *   begin                                      ^ |z| over half its height for STRETCH hops
 *   end                                                     GAP_MAX hops ^
 */
#include "dsp/dtmf_judge.h"

#include <math.h>
#include <string.h>

#define RATE_4K      (DTMF_RX_RATE / 2.0)
#define KAISER_BETA  3.4

/* A window. It is lenient: a stretch is looked at again. */
#define LEVEL_MIN    (-40.0f) /* dBm0 of either tone; -36 must be heard */
#define TWIST_MAX    6.9f     /* 8.4 dB; 8 must be heard */
#define SHARE_MIN    0.65f    /* of the line's power in the two tones; 0.86 at 8 dB signal to noise */
#define PURE_MIN     0.72f    /* |sum of turns| / power: one frequency, not several */
#define COARSE_MAX   0.035f   /* deviation */
/* A window on which the clamp acts, and how many in a row: keys 2 % off at 15 dB signal to noise, and hardly any speech. */
#define EARLY_SHARE  0.85f
#define EARLY_PURE   0.90f
#define EARLY_DEV    0.030f
#define RUN_EARLY    4
/* A stretch. */
#define STRETCH      26       /* hops, 32.5 ms: 40 ms must be heard, 24 ms must not */
#define RUN_CONFIRM  10       /* windows in a row before one is looked at */
#define DIP_MAX      3        /* hops in it that noise may take */
#define PLATEAU_PART 0.25f    /* half the amplitude: there an edge is, for a filter of linear phase */
#define FINE_MAX     0.024f   /* deviation: 1.8 % must be heard, 3.0 % must not */
#define FINE_LAG     5        /* hops, 6.25 ms: unambiguous within 80 Hz */
#define REST_MAX     0.25f    /* of a group's power not in its tone; 0.20 is the worst of many at 8 dB */
#define LACK_MAX     0.19f    /* of the line's power not in both; 0.15 is */
#define UNSTEADY_MAX 0.5f     /* variance of a tone's power beside its mean squared; 0.4 is */
/* A digit. */
#define GAP_MAX      17       /* hops, 21 ms: 10 ms must be bridged, 30 ms must not */

static const float center_hz[DTMF_GROUPS] = { 815, 1426 };
static const float cut_hz[DTMF_GROUPS] = { 257, 350 };
static const float nominal_hz[DTMF_GROUPS][4] = { { 697, 770, 852, 941 }, { 1209, 1336, 1477, 1633 } };
static const char keys[] = "123A456B789C*0#D";

/* ---- filters ---- */

static double bessel_i0(double x)
{
	double sum = 1, term = 1;

	for (int k = 1; k < 30; k++) {
		term *= x / 2 / k;
		sum += term * term;
	}
	return sum;
}

static double prototype(unsigned g, double t) /* t: taps from the middle */
{
	double edge = DTMF_TAPS / 2.0, w = 2 * M_PI * (double)cut_hz[g] / RATE_4K;

	return sin(w * t) / (M_PI * t) * bessel_i0(KAISER_BETA * sqrt(1 - t * t / edge / edge)) / bessel_i0(KAISER_BETA);
}

static double filter_response(const struct dtmf_filter *f, unsigned g, double hz)
{
	double w = 2 * M_PI * hz / DTMF_RX_RATE, sum = 0;
	double half = (double)DTMF_HALF_0 + 2 * (double)DTMF_HALF_1 * cos(w) + 2 * (double)DTMF_HALF_3 * cos(3 * w);

	for (unsigned i = 0; i < DTMF_TAPS / 2; i++)
		sum += 2 * ((double)f->re[g][i] * cos(2 * w * (i + 0.5)) + (double)f->im[g][i] * sin(2 * w * (i + 0.5)));
	return half * sum;
}

void dtmf_filter_init(struct dtmf_filter *f)
{
	memset(f, 0, sizeof(*f));
	for (unsigned g = 0; g < DTMF_GROUPS; g++) {
		for (unsigned i = 0; i < DTMF_TAPS / 2; i++) {
			double t = i + 0.5, w = 2 * M_PI * (double)center_hz[g] / RATE_4K;

			f->re[g][i] = (float)(prototype(g, t) * cos(w * t));
			f->im[g][i] = (float)(prototype(g, t) * sin(w * t));
		}
		/* A sine of amplitude a: |z| is a / 2 times the response, and a hop's energy is a^2 / 2 times its samples. */
		for (unsigned i = 0; i < 4; i++) {
			double hz = (double)nominal_hz[g][i], a = filter_response(f, g, hz);
			float turn = (float)(2 * M_PI * hz) * DTMF_HOP_SECONDS;

			f->cos_hop[g][i] = (float)cos(2 * M_PI * hz * (double)DTMF_HOP_SECONDS);
			f->sin_hop[g][i] = (float)sin(2 * M_PI * hz * (double)DTMF_HOP_SECONDS);
			f->gain[g][i] = (float)(2.0 * DTMF_RX_HOP / (a * a));
			f->slope[g][i] =
				(float)((filter_response(f, g, 0.98 * hz) - filter_response(f, g, 1.02 * hz)) / a / 0.02);
			f->tan_coarse[g][i] = tanf(turn * COARSE_MAX);
			f->tan_early[g][i] = tanf(turn * EARLY_DEV);
			f->part[g][i] = 1 / turn;
			f->gain_most[g] = fmaxf(f->gain_most[g], f->gain[g][i] * (1 + 2 * COARSE_MAX * fabsf(f->slope[g][i])));
		}
	}
	f->energy_min = DTMF_WINDOW * DTMF_RX_HOP / 2.0f * powf(10, (LEVEL_MIN - 3.14f) / 10) * 32768 * 32768;
	f->share_min = SHARE_MIN;
	f->share_early = EARLY_SHARE;
	f->pure2_min = PURE_MIN * PURE_MIN;
	f->pure2_early = EARLY_PURE * EARLY_PURE;
	f->twist_max = TWIST_MAX;
}

static float gain_at(const struct dtmf_filter *f, unsigned g, int tone, float deviation)
{
	return f->gain[g][tone] * (1 + f->slope[g][tone] * deviation);
}

/* From a turn over some hops to Hz, of all that turn so the one nearest to near_hz. */
static float turn_hz(float re, float im, unsigned hops, float near_hz)
{
	float span = DTMF_HOP_SECONDS * (float)hops, cycles = atan2f(im, re) / (float)(2 * M_PI);

	return near_hz + (cycles - near_hz * span - roundf(cycles - near_hz * span)) / span;
}

static bool too_twisted(const float energy[DTMF_GROUPS])
{
	return energy[DTMF_LOW] > TWIST_MAX * energy[DTMF_HIGH] || energy[DTMF_HIGH] > TWIST_MAX * energy[DTMF_LOW];
}

static float energy_dbm0(float energy) /* of a window; a sine of amplitude 32768 has +3.14 dBm0 */
{
	return 10 * log10f(energy / (DTMF_WINDOW * DTMF_RX_HOP) * 2 / (32768.0f * 32768.0f) + 1e-12f) + 3.14f;
}

/* ---- a stretch ---- */

static const float *z_of(const struct dtmf_hop *h, uint32_t k, unsigned g)
{
	return h->z + (k % DTMF_HISTORY) * h->z_hop + 2 * g * h->z_part;
}

static float power_of(const struct dtmf_hop *h, uint32_t k, unsigned g)
{
	const float *z = z_of(h, k, g);

	return z[0] * z[0] + z[h->z_part] * z[h->z_part];
}

static bool stands(const struct dtmf_hop *h, unsigned hops_ago)
{
	for (unsigned g = 0; g < DTMF_GROUPS; g++)
		if (power_of(h, h->k - hops_ago, g) <= PLATEAU_PART * h->power[g] / DTMF_WINDOW)
			return false;
	return true;
}

/* Whether both tones have stood that long, dips apart. The oldest hop decides most cases. */
static bool stretch_stands(const struct dtmf_hop *h)
{
	unsigned dip = 0;

	if (!stands(h, STRETCH - 1))
		return false;
	for (unsigned i = 0; i < STRETCH && dip <= DIP_MAX; i++)
		dip = stands(h, i) ? 0 : dip + 1;
	return dip <= DIP_MAX;
}

/* The tone's deviation from want_hz (a part of it), and how much of the group's power does not turn with it: both 0 for a key. */
static void stretch_tone(const struct dtmf_hop *h, unsigned g, float want_hz, float *deviation, float *rest)
{
	float re = 0, im = 0, power = 0, earlier = 0;

	for (unsigned i = 0; i + FINE_LAG < STRETCH; i++) {
		const float *a = z_of(h, h->k - i, g), *b = z_of(h, h->k - i - FINE_LAG, g);

		re += a[0] * b[0] + a[h->z_part] * b[h->z_part];
		im += a[h->z_part] * b[0] - a[0] * b[h->z_part];
		power += power_of(h, h->k - i, g);
		earlier += power_of(h, h->k - i - FINE_LAG, g);
	}
	*deviation = turn_hz(re, im, FINE_LAG, want_hz) / want_hz - 1;
	*rest = 1 - sqrtf((re * re + im * im) / (power * earlier));
}

/* What both tones lack of the line's power; -1: they are no key's, too unlike each other or too unsteady. */
static float stretch_lack(const struct dtmf_filter *f, const struct dtmf_hop *h, const int tone[DTMF_GROUPS],
                          const float deviation[DTMF_GROUPS])
{
	float sum[DTMF_GROUPS] = { 0 }, square, line = 0;

	for (unsigned i = 0; i < STRETCH; i++)
		line += h->line[((h->k - DTMF_DELAY - i) % DTMF_HISTORY) * h->line_hop];
	for (unsigned g = 0; g < DTMF_GROUPS; g++) {
		square = 0;
		for (unsigned i = 0; i < STRETCH; i++) {
			float e = gain_at(f, g, tone[g], deviation[g]) * power_of(h, h->k - i, g);

			sum[g] += e;
			square += e * e;
		}
		if (square * STRETCH > (1 + UNSTEADY_MAX) * sum[g] * sum[g])
			return -1;
	}
	if (too_twisted(sum))
		return -1;
	return fmaxf(0, 1 - (sum[DTMF_LOW] + sum[DTMF_HIGH]) / line);
}

/* A key may be off in frequency, or noisy, but not both: what is wrong is added up. */
static bool confirmed(const struct dtmf_filter *f, const struct dtmf_hop *h)
{
	const int tone[DTMF_GROUPS] = { h->seen / 4, h->seen % 4 };
	float deviation[DTMF_GROUPS], rest[DTMF_GROUPS], lack;

	if (!stretch_stands(h))
		return false;
	for (unsigned g = 0; g < DTMF_GROUPS; g++)
		stretch_tone(h, g, nominal_hz[g][tone[g]], &deviation[g], &rest[g]);
	lack = stretch_lack(f, h, tone, deviation);
	return lack >= 0 && fmaxf(fabsf(deviation[DTMF_LOW]), fabsf(deviation[DTMF_HIGH])) / FINE_MAX +
		fmaxf(fmaxf(rest[DTMF_LOW], rest[DTMF_HIGH]) / REST_MAX, lack / LACK_MAX) < 1;
}

/* ---- the digit in progress ---- */

static void report(struct dtmf_judge *j, enum dtmf_event_type type, unsigned samples, struct dtmf_result *out)
{
	if (out->count < DTMF_RX_EVENTS_MAX)
		out->event[out->count++] = (struct dtmf_event){ .type = type,
			                                        .digit = j->digit,
			                                        .duration_samples = samples,
			                                        .low_dbm0 = j->dbm0[DTMF_LOW],
			                                        .high_dbm0 = j->dbm0[DTMF_HIGH] };
}

/* Heard is what three hops make of it (over_half), so an end is seen up to three hops late, one and a half in the mean. */
#define LATE_SAMPLES (3 * DTMF_RX_HOP / 2)

static void report_end(struct dtmf_judge *j, struct dtmf_result *out)
{
	report(j, DTMF_RX_END, j->length * DTMF_RX_HOP - LATE_SAMPLES, out);
}

static void digit_end(struct dtmf_judge *j, struct dtmf_result *out)
{
	if (j->digit && !j->ended_long)
		report_end(j, out);
	j->digit = 0;
}

static void digit_begin(struct dtmf_judge *j, const struct dtmf_hop *h, struct dtmf_result *out)
{
	digit_end(j, out);
	j->digit = keys[h->seen];
	j->ended_long = false;
	j->length = STRETCH;
	j->gap = j->since = 0;
	for (unsigned g = 0; g < DTMF_GROUPS; g++) {
		j->plateau[g] = h->power[g] / DTMF_WINDOW;
		j->dbm0[g] = energy_dbm0(h->energy[g]);
	}
	report(j, DTMF_RX_BEGIN, 0, out);
}

/* Another hop of it, heard or not. */
static void digit_goes_on(struct dtmf_judge *j, bool heard, struct dtmf_result *out)
{
	j->since++;
	if (heard) {
		j->length += j->since;
		j->gap = j->since = 0;
	} else if (j->excused == 0 && ++j->gap > GAP_MAX) {
		digit_end(j, out);
		return;
	}
	if (!j->ended_long && j->length * DTMF_RX_HOP >= DTMF_RX_LONG_SAMPLES + LATE_SAMPLES) {
		report_end(j, out);
		j->ended_long = true;
	}
}

static bool over_half(const struct dtmf_judge *j, const struct dtmf_hop *h)
{
	return h->recent[DTMF_LOW] >= 3 * PLATEAU_PART * j->plateau[DTMF_LOW] &&
	       h->recent[DTMF_HIGH] >= 3 * PLATEAU_PART * j->plateau[DTMF_HIGH];
}

void dtmf_judge_hop(struct dtmf_judge *j, const struct dtmf_filter *f, const struct dtmf_hop *h, unsigned i,
                    struct dtmf_result *out)
{
	char digit = h->seen < 0 ? 0 : keys[h->seen];
	bool again = h->seen == j->seen;

	j->run = !digit ? 0 : again ? j->run + 1 : 1;
	j->strict = !h->strict ? 0 : again ? j->strict + 1 : 1;
	j->seen = h->seen;
	if (j->digit)
		digit_goes_on(j, digit == j->digit && over_half(j, h), out);
	if (digit && digit != j->digit && j->run >= RUN_CONFIRM && confirmed(f, h))
		digit_begin(j, h, out);
	if (j->strict >= RUN_EARLY || (digit && digit == j->digit)) /* a noisy key at the latest when it is certain */
		out->early |= 1u << i;
	if (j->excused > 0)
		j->excused--;
}

/* ---- loss ---- */

void dtmf_judge_lost(struct dtmf_judge *j, unsigned n)
{
	j->lost += n;
	if (j->lost <= DTMF_RX_BRIDGE)
		j->excused = n / DTMF_RX_HOP + DTMF_DELAY + DTMF_WINDOW;
	else
		j->excused = 0;
}

void dtmf_judge_heard(struct dtmf_judge *j)
{
	j->lost = 0;
}

void dtmf_judge_init(struct dtmf_judge *j)
{
	memset(j, 0, sizeof(*j));
}
