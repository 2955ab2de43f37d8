/* SPDX-License-Identifier: GPL-2.0-or-later */
/* exchange/render.h - events and replies as a person reads them. */
#ifndef EXCHANGE_RENDER_H
#define EXCHANGE_RENDER_H

#include <stdio.h>

struct json_t;

void xrender_event(FILE *f, const struct json_t *ev);
void xrender_reply(FILE *f, const struct json_t *reply);

#endif
