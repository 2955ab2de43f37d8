/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "e1/cesopsn.h"

#include <errno.h>

void cesopsn_encode(uint8_t word[CESOPSN_HEADER], const struct cesopsn *h, unsigned payload)
{
	unsigned len = CESOPSN_HEADER + payload;

	word[0] = (uint8_t)((h->l ? 0x08 : 0) | (h->r ? 0x04 : 0) | (h->m & 3));
	word[1] = (uint8_t)(len < 64 ? len : 0); /* RFC 5086 4.3: zero when 64 or more; FRG is 00, nothing is fragmented */
	word[2] = (uint8_t)(h->seq >> 8);
	word[3] = (uint8_t)h->seq;
}

int cesopsn_decode(struct cesopsn *h, const uint8_t *packet, unsigned len, unsigned k)
{
	unsigned said;
	bool empty;

	if (len < CESOPSN_HEADER || packet[0] >> 4 != 0 || packet[1] >> 6 != 0)
		return -EBADMSG;
	h->l = packet[0] & 0x08;
	h->r = packet[0] & 0x04;
	h->m = packet[0] & 3;
	h->seq = (uint16_t)(packet[2] << 8 | packet[3]);
	said = packet[1] & 0x3f;
	empty = h->l && len == CESOPSN_HEADER;
	if (!empty && len != CESOPSN_HEADER + k * CESOPSN_TIMESLOTS)
		return -EBADMSG;
	if (said != 0 && said != len)
		return -EBADMSG;
	return empty ? 1 : 0;
}
