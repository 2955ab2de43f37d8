/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tests/bench/clamp_leak.h - how much of a key passes the clamp, and whether anybody could still decode it.
 */
#ifndef TESTS_BENCH_CLAMP_LEAK_H
#define TESTS_BENCH_CLAMP_LEAK_H

#include "dsp/clamp.h"
#include "tests/bench/dtmf_heard.h"

#define LEAK_LOUD 1000 /* only samples beyond this are looked at: the comfort noise is far below a fourth of it */

struct leak {
	unsigned samples; /* of the key, that others hear: a fourth of the amplitude or more */
	bool     digit;   /* spandsp's receiver or ours still finds one in what they hear */
};

static inline uint32_t leak_spandsp(struct heard_by *b, const int16_t *frame)
{
	unsigned begins = b->now->begins;

	(void)dtmf_rx(b->spandsp, frame, 80);
	if (dtmf_rx_status(b->spandsp) == 0 && begins == b->now->begins)
		return 0;
	return 0x80; /* the frame's last hop */
}

/* The key in m as others hear it, frame by frame as in the tick; which: whose report the clamp acts on. */
static inline void leak_measure(struct heard_by *b, int which, const struct made *m, struct leak *l)
{
	static struct made out;
	struct clamp c;
	struct dtmf_result r;
	static struct heard h;

	memset(l, 0, sizeof(*l));
	memset(&h, 0, sizeof(h));
	clamp_init(&c);
	dtmf_receiver_init(b->plain);
	(void)dtmf_rx_init(b->spandsp, NULL, NULL);
	dtmf_rx_set_realtime_callback(b->spandsp, heard_spandsp, b);
	b->now = &h;
	for (unsigned at = 0; at + 80 <= m->n; at += 80) {
		dtmf_receiver_process(b->plain, m->s + at, 80, &r);
		clamp_process(&c, m->s + at, 80, which == RX_SPANDSP ? leak_spandsp(b, m->s + at) : r.early, out.s + at);
		out.n = at + 80;
	}
	for (unsigned i = m->begin + CLAMP_DELAY; i < m->end + CLAMP_DELAY && i < out.n; i++) {
		int in = abs(m->s[i - CLAMP_DELAY]);

		l->samples += in > LEAK_LOUD && 4 * abs(out.s[i]) >= in;
	}
	heard_run(b, RX_PLAIN, &out, 1, &h);
	l->digit = h.begins > 0;
	heard_run(b, RX_SPANDSP, &out, 1, &h);
	l->digit = l->digit || h.begins > 0;
}

#endif
