/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * billing/card_make.h - a batch of cards is made: numbers from getrandom(2), uniform over all of their length; their HMACs into
 * the database, themselves into a file that only the printer can open (billing/card_key.h), and nowhere else. Blocking: the
 * command line and workers.
 *
 * The batch is `making` until every card is in the database and the file is on disk with its name; then, in one statement,
 * `created`. What was interrupted is no batch: nothing of it can be printed, activated or redeemed, and making it again under its
 * name clears it away first.
 */
#ifndef BILLING_CARD_MAKE_H
#define BILLING_CARD_MAKE_H

#include "billing/card_state.h"

#define CARD_COUNT_MAX 1000000 /* a batch; its file and its numbers are held in memory while it is made */

struct card_make {
	const char *name, *provider;          /* provider NULL: the default one */
	int64_t     count, value_e4, expires_utc_us, at_utc_us;
	unsigned    digits;                   /* 0: CARD_DIGITS_MIN */
	const char *key_file, *printer_file;  /* card keys; the printer's public key */
	const char *out;                      /* the sealed file, new */
	const char *who;
	void      (*progress)(void *arg, int64_t made); /* now and then; NULL: nobody's concern */
	void       *arg;
};
/*
 * 0; -EINVAL name, count, value, digits, or an end that is not later than now; -EEXIST there is a batch of that name; -ENOENT no
 * such provider; -ENFILE there is a file `out`; -ENOKEY, -EACCES, -EBADMSG: the key file; -EBADF: the printer's; -ENOSPC with so
 * many live cards a guess would find one: more digits; -EKEYREJECTED: the database knows this key id with another key; -ESTALE
 * somebody else makes a batch of this name now; -EIO: the database does not answer; others: the file `out`.
 */
int card_make(struct store *s, const struct card_make *m);

#endif
