/* SPDX-License-Identifier: GPL-2.0-or-later */
/* exchange/room.h - phones to begin with: six of them, or those of a file. */
#ifndef EXCHANGE_ROOM_H
#define EXCHANGE_ROOM_H

#include "exchange/exchange.h"

int xroom_ready(struct exchange *x);
/* Lines of `NUMBER BEHAVIOUR...`, empty ones, # comments. The first error goes into text with its line; -errno. */
int xroom_file(struct exchange *x, const char *path, char *text, unsigned size);

#endif
