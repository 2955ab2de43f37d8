/* SPDX-License-Identifier: GPL-2.0-or-later */
/* exchange/measure.h - levels of what was heard, in dBm0: a full-scale sine (amplitude 32768) is +3.14 (G.711 table 1a). Plain
 * sums in double: a judge, not a part of the path. */
#ifndef EXCHANGE_MEASURE_H
#define EXCHANGE_MEASURE_H

#include <stddef.h>
#include <stdint.h>

#define XMEASURE_FLOOR_DBM0 (-99.0) /* and below: silence */

double xmeasure_power_dbm0(const int16_t *s, size_t n);
/* The sine at hz (0..4000): Hann window, so that a neighbour 4 / (n / 8000) Hz away does not count. */
double xmeasure_tone_dbm0(const int16_t *s, size_t n, double hz);

#endif
