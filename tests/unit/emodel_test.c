/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The E-model against what G.107 and G.113 print. */
#include "rtp/emodel.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void near(double got, double want, double tolerance)
{
	if (fabs(got - want) > tolerance)
		fail_msg("%.3f, expected %.3f +- %.3f", got, want, tolerance);
}

static double r_of(double delay_ms, double loss_percent, double ie, double bpl, double burst_ratio)
{
	const struct emodel m = {
		.delay_ms = delay_ms, .loss_percent = loss_percent, .ie = ie, .bpl = bpl, .burst_ratio = burst_ratio
	};

	return emodel_r(&m);
}

/* G.107 7.7: with all default values the rating is 93.2, and MOS 4.41. */
static void defaults(void **state)
{
	struct emodel m;

	(void)state;
	emodel_init(&m);
	near(emodel_r(&m), 93.2, 0.05);
	assert_int_equal(emodel_mos_x100(93.2), 441);
}

/* G.107 table B.1. */
static void mos_of_r(void **state)
{
	static const struct {
		double   r;
		unsigned mos;
	} row[] = { { 90, 434 }, { 80, 403 }, { 70, 360 }, { 60, 310 }, { 50, 258 } };
	unsigned last = 0;

	(void)state;
	for (unsigned i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		assert_in_range(emodel_mos_x100(row[i].r), row[i].mos - 1, row[i].mos); /* it rounds 4.024 up */
	assert_int_equal(emodel_mos_x100(0), 100);
	assert_int_equal(emodel_mos_x100(-5), 100);
	assert_int_equal(emodel_mos_x100(100), 450);
	assert_int_equal(emodel_mos_x100(105), 450);
	for (double r = 0; r <= 100; r += 0.25) {
		unsigned mos = emodel_mos_x100(r);

		assert_true(mos >= last);
		last = mos;
	}
}

/* Delay alone. Cole and Rosenbluth's well-known fit to G.107's curve with its default values ("Voice over IP performance
 * monitoring", 2001): Id = 0.024 d + 0.11 (d - 177.3 above there), to 400 ms; the curve itself is also G.114's figure 1. */
static void delay(void **state)
{
	double last = 100;

	(void)state;
	for (double ms = 0; ms <= 1000; ms += 10) {
		double r = r_of(ms, 0, 0, 25.1, 1);

		assert_true(r <= last + 1e-9);
		last = r;
		if (ms <= 400)
			near(r, 93.2 - 0.024 * ms - 0.11 * fmax(ms - 177.3, 0), 3.5);
	}
	assert_true(r_of(100, 0, 0, 25.1, 1) > 90); /* very satisfied: 90 and more */
}

/* G.107 7.5 with G.113's Ie and Bpl: G.711 without concealment 0 and 4.3, with it 0 and 25.1.
 * Ie,eff = Ie + (95 - Ie) P / (P + Bpl). */
static void loss(void **state)
{
	double best = r_of(0, 0, 0, 25.1, 1);

	(void)state;
	near(best - r_of(0, 1, 0, 4.3, 1), 95 * 1 / (1 + 4.3), 1e-6);
	near(best - r_of(0, 1, 0, 25.1, 1), 95 * 1 / (1 + 25.1), 1e-6);
	near(best - r_of(0, 5, 0, 25.1, 1), 95 * 5 / (5 + 25.1), 1e-6);
	near(best - r_of(0, 5, 0, 25.1, 2), 95 * 5 / (2.5 + 25.1), 1e-6);
	near(best - r_of(0, 5, 11, 19, 1), 11 + 84 * 5 / (5 + 19.0), 1e-6); /* G.729A + VAD, G.113: 11 and 19.0 */
	near(r_of(0, 5, 0, 25.1, 0), r_of(0, 5, 0, 25.1, 1), 1e-9);
	near(r_of(0, 200, 0, 4.3, 1), r_of(0, 100, 0, 4.3, 1), 1e-9);
	near(r_of(-5, -1, 0, 4.3, 1), best, 1e-9);
	assert_true(r_of(500, 100, 50, 1, 1) == 0);
}

/* G.107 7.5: mean length of the bursts beside that of random loss, 1 / (1 - Ppl). */
static void bursts(void **state)
{
	(void)state;
	near(emodel_burst_ratio(0, 0, 1000), 1, 0);
	near(emodel_burst_ratio(50, 50, 1000), 1, 0); /* evenly spread: not better than random */
	near(emodel_burst_ratio(60, 20, 1000), 3 * 0.94, 1e-9);
	near(emodel_burst_ratio(10, 1, 10), 1, 0);
	near(emodel_burst_ratio(10, 1, 0), 1, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults), cmocka_unit_test(mos_of_r), cmocka_unit_test(delay),
		cmocka_unit_test(loss),     cmocka_unit_test(bursts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
