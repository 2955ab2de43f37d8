/* SPDX-License-Identifier: GPL-2.0-or-later */
/* core/magic.h - object tags: every long-lived struct starts with one, every entry point checks it. */
#ifndef CORE_MAGIC_H
#define CORE_MAGIC_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

/* A destroyed object has MAGIC_DEAD, so that a stale pointer is told from a wrong one. */
#define MAGIC_DEAD 0xdeadc0deu

#define MAGIC_CHECK(o, m) assert((o) != NULL && (o)->magic == (m))

#define container_of(ptr, type, member) ((type *)(void *)((char *)(ptr) - offsetof(type, member)))
#define ARRAY_LEN(a)                    (sizeof(a) / sizeof((a)[0]))

#endif
