/* SPDX-License-Identifier: GPL-2.0-or-later */
/* store/internal.h - what store's files share; nobody else includes it. */
#ifndef STORE_INTERNAL_H
#define STORE_INTERNAL_H

#include "store/store.h"

/* How long the answer to one statement may take; 0: as usual. Only while nobody else uses the store. */
void store_set_timeout(struct store *s, unsigned seconds);

#endif
