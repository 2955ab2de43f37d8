/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keys: each open port has a lane of a bank of DTMF receivers, so that eight ports are heard at the price of two
 * (dsp/dtmf_bank.h). Banks are made on control, one more whenever there might be more open ports than lanes, and stay until the
 * end: a lane is there when a port opens.
 */
#include "media/engine.h"

#include <errno.h>
#include <stdlib.h>

/* ---- control ---- */

int keys_provide(struct media *m, unsigned ports)
{
	while (m->lanes < ports) {
		struct media_keys *k = calloc(1, sizeof(*k));
		int err = k ? dtmf_bank_alloc(&k->bank) : -ENOMEM;

		if (err) {
			free(k);
			return err;
		}
		k->next = m->first_keys;
		m->first_keys = k;
		m->lanes += DTMF_BANK_LANES;
		media_command(m, &(struct media_cmd){ .type = CMD_KEYS_ADD, .keys = k });
	}
	return 0;
}

void keys_free(struct media *m)
{
	for (struct media_keys *k = m->first_keys, *next; k; k = next) {
		next = k->next;
		dtmf_bank_free(k->bank);
		free(k);
	}
	m->first_keys = NULL;
}

/* ---- media thread ---- */

void keys_add(struct media *m, struct media_keys *k)
{
	list_append(&m->all_keys, &k->link);
}

void keys_take(struct media *m, struct media_port *p)
{
	struct list *pos, *next;

	list_for_each(pos, next, &m->all_keys) {
		struct media_keys *k = list_entry(pos, struct media_keys, link);
		unsigned lane = 0;

		while (lane < DTMF_BANK_LANES && (k->taken & 1u << lane))
			lane++;
		if (lane == DTMF_BANK_LANES)
			continue;
		k->taken |= 1u << lane;
		p->keys = k;
		p->lane = lane;
		dtmf_bank_init(k->bank, lane);
		return;
	}
	assert(!"a lane for each port");
}

void keys_leave(struct media_port *p)
{
	p->keys->taken &= ~(1u << p->lane);
	p->keys = NULL;
}

void keys_find(struct media *m)
{
	struct list *pos, *next;

	list_for_each(pos, next, &m->all_keys) {
		struct media_keys *k = list_entry(pos, struct media_keys, link);

		if (k->taken)
			dtmf_bank_process(k->bank, MEDIA_FRAME, k->found);
	}
}
