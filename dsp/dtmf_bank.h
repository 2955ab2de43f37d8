/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dsp/dtmf_bank.h - DTMF receivers of eight streams at once: what dsp/dtmf_rx.h does one by one, with the streams beside each
 * other in memory (a lane each), so that the compiler turns each step into a few vector instructions for all of them.
 *
 * One thread; alloc and free on control. Lanes are independent; a lane that nobody feeds hears silence.
 */
#ifndef DSP_DTMF_BANK_H
#define DSP_DTMF_BANK_H

#include "dsp/dtmf_rx.h"

#define DTMF_BANK_LANES 8
#define DTMF_BANK_FRAME 80  /* samples a call at most; a multiple of DTMF_RX_HOP */

struct dtmf_bank;

int  dtmf_bank_alloc(struct dtmf_bank **bp);  /* -ENOMEM */
void dtmf_bank_free(struct dtmf_bank *b);     /* NULL is allowed */
void dtmf_bank_init(struct dtmf_bank *b, unsigned lane);  /* the lane forgets everything */

/* Before process(), each lane at most once: its next n samples; NULL: they are lost. */
void dtmf_bank_hear(struct dtmf_bank *b, unsigned lane, const int16_t *s, unsigned n);
/* All lanes go on by n samples. */
void dtmf_bank_process(struct dtmf_bank *b, unsigned n, struct dtmf_result out[DTMF_BANK_LANES]);

#endif
