/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * e1/cesopsn.h - the pseudowire's packet: RFC 5086 (CESoPSN), basic N x DS0 service, no RTP header.
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   |0 0 0 0|L|R| M |FRG|    LEN    |        sequence number        |   then K frames of 31 timeslots
 *
 * Pure.
 */
#ifndef E1_CESOPSN_H
#define E1_CESOPSN_H

#include <stdbool.h>
#include <stdint.h>

#define CESOPSN_TIMESLOTS 31
#define CESOPSN_HEADER    4
#define CESOPSN_K_MAX     40
#define CESOPSN_M_RDI     2
#define CESOPSN_MAX       (CESOPSN_HEADER + CESOPSN_K_MAX * CESOPSN_TIMESLOTS)

struct cesopsn {
	bool     l;   /* the sender's end of the TDM line has no signal: the payload means nothing */
	bool     r;   /* the sender does not receive our packets */
	uint8_t  m;   /* with l clear: 0 no defect, CESOPSN_M_RDI the sender's line reports a remote defect */
	uint16_t seq;
};

/* The control word before a payload of payload octets. */
void cesopsn_encode(uint8_t word[CESOPSN_HEADER], const struct cesopsn *h, unsigned payload);
/* 0; 1: as 0, but without a payload (allowed with L: RFC 5086 4.3); -EBADMSG. k: frames a packet has to have. */
int  cesopsn_decode(struct cesopsn *h, const uint8_t *packet, unsigned len, unsigned k);

#endif
