/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * billing/journal.h - a text file that survives the death of the node: what must not be forgotten between a CONNECT and the
 * database.
 *
 * One line an entry, "CRC text\n"; what a torn write left is skipped, and said. Lines are on the disk (fdatasync) when
 * journal_write returns. Any thread, one at a time (locked); blocking, so workers.
 */
#ifndef BILLING_JOURNAL_H
#define BILLING_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct journal;

#define JOURNAL_TEXT_MAX 4096                    /* of one entry */
#define JOURNAL_LINE_MAX (JOURNAL_TEXT_MAX + 10) /* with its CRC and line end */

/* dir is made when missing, mode 0700; the file is DIR/NODE.journal, locked against a second node of that name (-EBUSY). */
int  journal_open(struct journal **jp, const char *dir, const char *node);
void journal_close(struct journal *j);

/* Each whole entry of the file, oldest first. *bad (may be NULL): lines that were damaged. */
int  journal_read(struct journal *j, int (*entry)(void *arg, char *text), void *arg, unsigned *bad);

/* "CRC text\n" into line, JOURNAL_LINE_MAX + 1 octets. Its length, or -EMSGSIZE: empty, too long, or with a line end in it. */
int  journal_line(char *line, const char *text);
/* Lines made by journal_line, several at once for one fdatasync. All or none: -EIO, -ENOSPC... */
int  journal_write(struct journal *j, const char *lines, size_t len);
int  journal_append(struct journal *j, const char *text);
/* These lines and nothing else from now on: a new file takes the old one's name, so that a crash finds the one or the other. */
int  journal_replace(struct journal *j, const char *lines, size_t len);
/* The file as it is gets a second name, DIR/NODE.journal.damaged: it is replaced next, and somebody may want to look. */
int  journal_keep_damaged(struct journal *j);
uint64_t journal_size(struct journal *j);
/* How much of the journal's disk is used, of what this user may have, in percent; negative errno. */
int  journal_disk_percent(struct journal *j);

/* What the database refuses for ever, with the reason, into DIR/NODE.rejected: for a person to look at. On the disk at return. */
int  journal_reject(struct journal *j, const char *what, const char *why);

#endif
