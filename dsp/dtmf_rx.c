/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dsp/dtmf_rx.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include <spandsp.h>
#include <spandsp/expose.h> /* its state, to be part of ours: no allocation when a call begins */

#define SPANDSP_BLOCK 102
#define CONFIRM       (2 * SPANDSP_BLOCK) /* begin and end are reported two blocks after they happened */

struct dtmf_receiver {
	dtmf_rx_state_t    spandsp;
	uint64_t           now;        /* samples since init */
	uint64_t           began;      /* of the digit in progress */
	size_t             lost;       /* in a row */
	char               digit;      /* in progress; 0: none */
	bool               ended_long; /* it was reported after DTMF_RX_LONG_SAMPLES */
	struct dtmf_event *out;        /* where reports of this call go */
	unsigned           count;
};

int dtmf_receiver_alloc(struct dtmf_receiver **rp)
{
	struct dtmf_receiver *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	dtmf_receiver_init(r);
	*rp = r;
	return 0;
}

void dtmf_receiver_free(struct dtmf_receiver *r)
{
	free(r);
}

static void report(struct dtmf_receiver *r, enum dtmf_event_type type, uint64_t duration)
{
	assert(r->count < DTMF_RX_EVENTS_MAX);
	r->out[r->count++] = (struct dtmf_event){ .type = type, .digit = r->digit, .duration_samples = (uint32_t)duration };
}

static void end(struct dtmf_receiver *r, uint64_t at)
{
	if (!r->digit)
		return;
	if (!r->ended_long)
		report(r, DTMF_RX_END, at - r->began);
	r->digit = 0;
}

/* spandsp's report: code is the digit that began, 0: the one in progress ended. One digit may follow another without a gap. */
static void changed(void *arg, int code, int level, int delay)
{
	struct dtmf_receiver *r = arg;
	uint64_t at = r->now > CONFIRM ? r->now - CONFIRM : 0;

	(void)level;
	(void)delay;
	end(r, at > r->began ? at : r->began);
	if (!code)
		return;
	r->digit = (char)code;
	r->began = at;
	r->ended_long = false;
	report(r, DTMF_RX_BEGIN, 0);
}

void dtmf_receiver_init(struct dtmf_receiver *r)
{
	(void)dtmf_rx_init(&r->spandsp, NULL, NULL); /* of given memory: cannot fail */
	dtmf_rx_set_realtime_callback(&r->spandsp, changed, r);
	dtmf_rx_parms(&r->spandsp, false, -1, -1, -99); /* no dial tone filter; the rest as it is */
	r->now = r->began = 0;
	r->lost = 0;
	r->digit = 0;
	r->ended_long = false;
}

static unsigned advance(struct dtmf_receiver *r, const int16_t *s, size_t n, struct dtmf_event *ev)
{
	assert(n <= DTMF_RX_FRAME_MAX);
	r->out = ev;
	r->count = 0;
	r->now += n; /* the frame's end: at most a frame later than the block's */
	if (s)
		(void)dtmf_rx(&r->spandsp, s, (int)n);
	else
		(void)dtmf_rx_fillin(&r->spandsp, (int)n);
	if (r->digit && !r->ended_long && r->now - r->began >= DTMF_RX_LONG_SAMPLES) {
		report(r, DTMF_RX_END, r->now - r->began);
		r->ended_long = true;
	}
	return r->count;
}

unsigned dtmf_receiver_process(struct dtmf_receiver *r, const int16_t *s, size_t n, struct dtmf_event ev[DTMF_RX_EVENTS_MAX])
{
	r->lost = 0;
	return advance(r, s, n, ev);
}

/* spandsp drops the block it was in and believes what it believed; after DTMF_RX_BRIDGE it hears silence, so that no digit lasts
 * over a dead line. */
unsigned dtmf_receiver_lost(struct dtmf_receiver *r, size_t n, struct dtmf_event ev[DTMF_RX_EVENTS_MAX])
{
	static const int16_t silence[DTMF_RX_FRAME_MAX];

	r->lost += n;
	return advance(r, r->lost > DTMF_RX_BRIDGE ? silence : NULL, n, ev);
}
