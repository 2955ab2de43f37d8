/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dsp/stretch.h"

#include <math.h>
#include <string.h>

/* The correlation of two stretches; 1 when one of them is as good as silent: nobody hears a seam there. */
static float correlation(const int16_t *a, const int16_t *b)
{
	float ab = 0, aa = 0, bb = 0;

	for (unsigned i = 0; i < STRETCH_OVERLAP; i++) {
		ab += (float)a[i] * (float)b[i];
		aa += (float)a[i] * (float)a[i];
		bb += (float)b[i] * (float)b[i];
	}
	if (aa < 64.0f * STRETCH_OVERLAP && bb < 64.0f * STRETCH_OVERLAP) /* rms 8: -64 dBm0 */
		return 1;
	return ab / sqrtf(aa * bb + 1);
}

/* The lag in direction way (1 later, -1 earlier) where a is most like itself; of equals the longest. 0: none is so alike. */
static size_t find(const int16_t *a, int way, size_t most, float alike)
{
	size_t best = 0;

	for (size_t lag = STRETCH_LAG_MIN; lag <= most; lag++) {
		float v = correlation(a, a + way * (ptrdiff_t)lag);

		if (v >= alike) {
			alike = v;
			best = lag;
		}
	}
	return best;
}

static void blend(int16_t *out, const int16_t *from, const int16_t *to)
{
	for (int i = 0; i < STRETCH_OVERLAP; i++)
		out[i] = (int16_t)((from[i] * (2 * STRETCH_OVERLAP - 1 - 2 * i) + to[i] * (2 * i + 1)) / (2 * STRETCH_OVERLAP));
}

size_t stretch_leave_out(int16_t *s, size_t n, size_t most, float alike)
{
	size_t lag;

	if (n < STRETCH_OVERLAP + STRETCH_LAG_MIN)
		return 0;
	most = most < n - STRETCH_OVERLAP ? most : n - STRETCH_OVERLAP;
	lag = find(s, 1, most < STRETCH_LAG_MAX ? most : STRETCH_LAG_MAX, alike);
	if (lag == 0)
		return 0;
	blend(s, s, s + lag);
	memmove(s + STRETCH_OVERLAP, s + STRETCH_OVERLAP + lag, (n - STRETCH_OVERLAP - lag) * sizeof(*s));
	return lag;
}

size_t stretch_put_in(int16_t *s, size_t n, const int16_t *past, size_t most, float alike)
{
	int16_t both[STRETCH_LAG_MAX + STRETCH_OVERLAP], seam[STRETCH_OVERLAP];
	const int16_t *here = both + STRETCH_LAG_MAX;
	size_t lag;

	if (n < STRETCH_OVERLAP)
		return 0;
	memcpy(both, past, STRETCH_LAG_MAX * sizeof(*s));
	memcpy(both + STRETCH_LAG_MAX, s, STRETCH_OVERLAP * sizeof(*s));
	lag = find(here, -1, most < STRETCH_LAG_MAX ? most : STRETCH_LAG_MAX, alike);
	if (lag == 0)
		return 0;
	/* s begins, fades into what was lag earlier, and that goes on into s again. */
	blend(seam, here, here - lag);
	memmove(s + lag, s, n * sizeof(*s));
	for (size_t i = 0; i < lag + STRETCH_OVERLAP && i < lag + n; i++)
		s[i] = i < STRETCH_OVERLAP ? seam[i] : here[(ptrdiff_t)i - (ptrdiff_t)lag];
	return lag;
}
