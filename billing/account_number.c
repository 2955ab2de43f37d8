/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "billing/account_number.h"

#include <errno.h>
#include <stdio.h>

#include "billing/audit.h"

struct number_change {
	const char *number, *added, *who;
	char        id[ID_SIZE];
	int64_t     at_utc_us;
};

static int number_audit(struct store_conn *c, const struct number_change *g, const char *what, const char *subject,
                        const char *before, const char *after)
{
	return billing_audit(c, &(struct audit_entry){ .id = g->id,
	                                               .who = g->who,
	                                               .what = what,
	                                               .subject = subject,
	                                               .before = before,
	                                               .after = after,
	                                               .at_utc_us = g->at_utc_us });
}

static int number_add_tx(struct store_conn *c, void *arg)
{
	const struct number_change *g = arg;
	int64_t account = 0;
	char after[40];
	int err = billing_audited(c, g->id);

	if (err)
		return err > 0 ? 0 : err;
	err = store_query_int(c, &account, "SELECT account_id FROM account_number WHERE number = ? AND valid_to IS NULL", "s",
	                      g->number);
	if (!err)
		err = store_exec(c, NULL, "INSERT INTO account_number (number, account_id, valid_from) VALUES (?, ?, ?)", "sit",
		                 g->added, account, g->at_utc_us);
	(void)snprintf(after, sizeof(after), "account %lld", (long long)account);
	return err ? err : number_audit(c, g, "account.number.add", g->added, NULL, after);
}

int account_number_add(struct store *s, const char *number, const char *added, const char *who, int64_t at_utc_us)
{
	struct number_change g = { .number = number, .added = added, .who = who, .at_utc_us = at_utc_us };

	if (added[0] == '\0')
		return -EINVAL;
	random_id(g.id);
	return store_tx(s, number_add_tx, &g);
}

static int number_end_tx(struct store_conn *c, void *arg)
{
	const struct number_change *g = arg;
	int64_t account = 0, others;
	char before[40];
	int err = billing_audited(c, g->id);

	if (err)
		return err > 0 ? 0 : err;
	/* The account's row is locked, so that two ends of its two numbers come one after the other. */
	err = store_query_int(c, &account,
	                      "SELECT a.id FROM account a JOIN account_number n ON n.account_id = a.id WHERE n.number = ? AND "
	                      "n.valid_to IS NULL FOR UPDATE",
	                      "s", g->number);
	if (!err)
		err = store_query_int(
			c, &others,
			"SELECT COUNT(*) + (SELECT state = 'closed' FROM account WHERE id = ?) FROM account_number WHERE "
			"account_id = ? AND valid_to IS NULL AND number <> ?",
			"iis", account, account, g->number);
	if (!err && others == 0)
		err = -EBUSY;
	if (!err)
		err = store_exec(c, NULL, "UPDATE account_number SET valid_to = ? WHERE number = ? AND valid_to IS NULL", "ts",
		                 g->at_utc_us, g->number);
	(void)snprintf(before, sizeof(before), "account %lld", (long long)account);
	return err ? err : number_audit(c, g, "account.number.end", g->number, before, NULL);
}

int account_number_end(struct store *s, const char *number, const char *who, int64_t at_utc_us)
{
	struct number_change g = { .number = number, .who = who, .at_utc_us = at_utc_us };

	random_id(g.id);
	return store_tx(s, number_end_tx, &g);
}
