/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tests/unit/click.h - what a click is made of: a bend in the sound that is sharper than those around it. */
#ifndef TESTS_CLICK_H
#define TESTS_CLICK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* The sharpest bend: the greatest second difference. */
static inline int bend(const int16_t *s, size_t n)
{
	int most = 0;

	for (size_t i = 2; i < n; i++) {
		int b = abs(s[i] - 2 * s[i - 1] + s[i - 2]);

		most = b > most ? b : most;
	}
	return most;
}

/* At `at`, sharper than all in the 20 ms before and after it, which are there. */
static inline bool seam_clicks(const int16_t *s, size_t at)
{
	int around = bend(s + at - 160, 157), after = bend(s + at + 3, 157);

	return bend(s + at - 3, 6) > 1.5 * (around > after ? around : after) + 200;
}

#endif
