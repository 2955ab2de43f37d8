/* SPDX-License-Identifier: GPL-2.0-or-later */
/* store/internal.h - what store's files share; nobody else includes it. */
#ifndef STORE_INTERNAL_H
#define STORE_INTERNAL_H

#include "store/store.h"

#endif
