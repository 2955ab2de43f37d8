/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rtp/emodel.h - how good a call is heard to be: the E-model of ITU-T G.107 (06/2015) with its default values, but for codec,
 * loss and delay; Ie and Bpl of ITU-T G.113 Appendix I.
 *
 *   R = Ro - Is - Id(one-way delay) - Ie,eff(codec, loss)      94.77 - 1.41 - ...; 93.2 is the best: MOS 4.41
 *
 * An estimate from what the network did, not a measurement of what was said. Pure; any thread.
 */
#ifndef RTP_EMODEL_H
#define RTP_EMODEL_H

struct emodel {
	double ie, bpl;       /* of the codec: equipment impairment; robustness to loss */
	double delay_ms;      /* one way, mouth to ear */
	double loss_percent;  /* of packets: lost or too late, at the point where they are played */
	double burst_ratio;   /* mean run of losses beside that of random loss (G.107 7.5); 1: random. Below 1 counts as 1 */
};

void     emodel_init(struct emodel *m);                /* no loss, no delay, G.711 with concealment */
double   emodel_r(const struct emodel *m);             /* 0..93.2 */
unsigned emodel_mos_x100(double r);                    /* 100..450 (G.107 Annex B) */
/* Mean run of `lost` packets in `runs` runs of `expected` ones, beside random loss. 1 when nothing was lost. */
double   emodel_burst_ratio(unsigned long lost, unsigned long runs, unsigned long expected);

#endif
