/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * billing/journal.h - an append-only text file that survives the death of the node: what must not be forgotten between a CONNECT
 * and the database.
 *
 * One line an entry, "CRC text\n"; what a torn write left at the end is ignored, and said. Lines are on the disk (fdatasync) when
 * journal_append returns. Any thread, one at a time (locked); blocking, so workers.
 */
#ifndef BILLING_JOURNAL_H
#define BILLING_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct journal;

#define JOURNAL_LINE_MAX 4096

/* dir is made when missing, mode 0700; the file is DIR/NODE.journal, locked against a second node of that name (-EBUSY). */
int  journal_open(struct journal **jp, const char *dir, const char *node);
void journal_close(struct journal *j);
/* Each whole entry of the file, oldest first. *bad (may be NULL): entries that were damaged. */
int  journal_read(struct journal *j, int (*entry)(void *arg, char *text), void *arg, unsigned *bad);
int  journal_append(struct journal *j, const char *text);     /* -EMSGSIZE, -EIO, -ENOSPC: what fdatasync says */
int  journal_empty(struct journal *j);                         /* everything in it is in the database: begins anew */
uint64_t journal_size(struct journal *j);

#endif
