/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "billing/tariff_assign.h"

#include <errno.h>
#include <string.h>

#include "billing/account_internal.h"
#include "billing/audit.h"
#include "billing/rating.h"

#define WORD 72

struct assign {
	const char *number, *tariff, *who; /* number: what is changed */
	int64_t     discount_bp, at_utc_us;
	char        id[ID_SIZE];
};

static int word_row(void *arg, const char *const *col, unsigned cols)
{
	(void)cols;
	(void)snprintf(arg, WORD, "%s", col[0] ? col[0] : "");
	return 1;
}

static int trail(struct store_conn *c, const struct assign *a, const char *what, const char *before, const char *after)
{
	return billing_audit(c, &(struct audit_entry){ .id = a->id,
	                                               .who = a->who,
	                                               .what = what,
	                                               .subject = a->number,
	                                               .before = before,
	                                               .after = after,
	                                               .at_utc_us = a->at_utc_us });
}

static int account_of(struct store_conn *c, const char *number, int64_t *account)
{
	return store_query_int(c, account, "SELECT account_id FROM account_number WHERE number = ? AND valid_to IS NULL", "s",
	                       number);
}

static int of_account_tx(struct store_conn *c, void *arg)
{
	const struct assign *a = arg;
	int64_t account, tariff;
	char before[WORD];
	int err = account_of(c, a->number, &account);

	if (!err)
		err = store_query(c, word_row, before,
		                  "SELECT t.name FROM account a JOIN tariff t ON t.id = a.tariff_id WHERE a.id = ? FOR UPDATE",
		                  "i", account);
	if (!err)
		err = store_query_int(
			c, &tariff,
			"SELECT t.id FROM tariff t JOIN account a ON a.provider_id = t.provider_id WHERE t.name = ? AND "
			"a.id = ?",
			"si", a->tariff, account);
	if (!err)
		err = store_exec(c, NULL, "UPDATE account SET tariff_id = ? WHERE id = ?", "ii", tariff, account);
	return err ? err : trail(c, a, "account.tariff", before, a->tariff);
}

int account_write_tariff(struct store_conn *c, const struct account_act *a, const char *tariff)
{
	struct assign g = { .number = a->number, .tariff = tariff, .who = a->who, .at_utc_us = a->at_utc_us };

	memcpy(g.id, a->id, ID_SIZE);
	return of_account_tx(c, &g);
}

int tariff_of_account(struct store *s, const char *number, const char *tariff, const char *who, int64_t at_utc_us)
{
	struct assign a = { .number = number, .tariff = tariff, .who = who, .at_utc_us = at_utc_us };

	random_id(a.id);
	return store_tx(s, of_account_tx, &a);
}

static int discount_tx(struct store_conn *c, void *arg)
{
	const struct assign *a = arg;
	char before[WORD], after[WORD];
	int64_t account;
	int err = account_of(c, a->number, &account);

	if (!err)
		err = store_query(c, word_row, before, "SELECT discount_bp FROM account WHERE id = ? FOR UPDATE", "i", account);
	if (!err)
		err = store_exec(c, NULL, "UPDATE account SET discount_bp = ? WHERE id = ?", "ii", a->discount_bp, account);
	(void)snprintf(after, sizeof(after), "%lld", (long long)a->discount_bp);
	return err ? err : trail(c, a, "account.discount", before, after);
}

int account_write_discount(struct store_conn *c, const struct account_act *a, unsigned discount_bp)
{
	struct assign g = { .number = a->number, .discount_bp = discount_bp, .who = a->who, .at_utc_us = a->at_utc_us };

	memcpy(g.id, a->id, ID_SIZE);
	return discount_tx(c, &g);
}

int tariff_discount(struct store *s, const char *number, unsigned discount_bp, const char *who, int64_t at_utc_us)
{
	struct assign a = { .number = number, .discount_bp = discount_bp, .who = who, .at_utc_us = at_utc_us };

	if (discount_bp > RATE_DISCOUNT_MAX)
		return -EINVAL;
	random_id(a.id);
	return store_tx(s, discount_tx, &a);
}

static int of_service_tx(struct store_conn *c, void *arg)
{
	const struct assign *a = arg;
	char before[WORD] = "";
	int64_t tariff = 0;
	int err = 0;

	if (a->tariff)
		err = store_query_int(c, &tariff, "SELECT id FROM tariff WHERE name = ?", "s", a->tariff);
	if (err)
		return err;
	err = store_query(c, word_row, before,
	                  "SELECT t.name FROM service_number s JOIN tariff t ON t.id = s.tariff_id WHERE s.number = ? FOR UPDATE",
	                  "s", a->number);
	if (err && err != -ENOENT)
		return err;
	if (a->tariff)
		err = store_exec(
			c, NULL,
			"INSERT INTO service_number (number, provider_id, tariff_id) SELECT ?, provider_id, id FROM tariff "
			"WHERE id = ? ON DUPLICATE KEY UPDATE provider_id = VALUES(provider_id), tariff_id = "
			"VALUES(tariff_id)",
			"si", a->number, tariff);
	else
		err = store_exec(c, NULL, "UPDATE service_number SET tariff_id = NULL WHERE number = ?", "s", a->number);
	return err ? err : trail(c, a, "service.tariff", before, a->tariff ? a->tariff : "");
}

int tariff_of_service(struct store *s, const char *number, const char *tariff, const char *who, int64_t at_utc_us)
{
	struct assign a = { .number = number, .tariff = tariff, .who = who, .at_utc_us = at_utc_us };

	random_id(a.id);
	return store_tx(s, of_service_tx, &a);
}

static int origin_tx(struct store_conn *c, void *arg)
{
	const struct assign *a = arg;
	char before[WORD];
	int err = store_query(c, word_row, before, "SELECT origin FROM tariff WHERE name = ? FOR UPDATE", "s", a->number);

	if (!err)
		err = store_exec(c, NULL, "UPDATE tariff SET origin = ? WHERE name = ?", "ss", a->tariff, a->number);
	return err ? err : trail(c, a, "tariff.origin", before, a->tariff);
}

int tariff_set_origin(struct store *s, const char *tariff, bool service, const char *who, int64_t at_utc_us)
{
	struct assign a = { .number = tariff, .tariff = service ? "service" : "host", .who = who, .at_utc_us = at_utc_us };

	random_id(a.id);
	return store_tx(s, origin_tx, &a);
}
