/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "billing/provider.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "billing/audit.h"

struct provider_change {
	const char *name, *to, *who; /* of a service number: name is the number */
	char        id[ID_SIZE];
	int64_t     at_utc_us;
};

static bool name_ok(const char *name)
{
	size_t n = 0;

	for (const char *p = name; *p; p++) {
		if ((unsigned char)*p < ' ' || *p == 127)
			return false;
		n++;
	}
	return n > 0 && n < PROVIDER_NAME_SIZE;
}

static int trail(struct store_conn *c, const struct provider_change *g, const char *what, const char *before, const char *after)
{
	return billing_audit(c, &(struct audit_entry){ .id = g->id,
	                                               .who = g->who,
	                                               .what = what,
	                                               .subject = g->name,
	                                               .before = before,
	                                               .after = after,
	                                               .at_utc_us = g->at_utc_us });
}

static int change(struct store *s, int (*fn)(struct store_conn *c, void *arg), struct provider_change *g)
{
	random_id(g->id);
	return store_tx(s, fn, g);
}

/* ---- providers ---- */

static int add_tx(struct store_conn *c, void *arg)
{
	const struct provider_change *g = arg;
	int err = billing_audited(c, g->id);

	if (err)
		return err > 0 ? 0 : err;
	err = store_exec(c, NULL, "INSERT INTO provider (name) VALUES (?)", "s", g->name);
	return err ? err : trail(c, g, "provider.add", NULL, g->name);
}

int provider_add(struct store *s, const char *name, const char *who, int64_t at_utc_us)
{
	struct provider_change g = { .name = name, .who = who, .at_utc_us = at_utc_us };

	return name_ok(name) ? change(s, add_tx, &g) : -EINVAL;
}

static int rename_tx(struct store_conn *c, void *arg)
{
	const struct provider_change *g = arg;
	uint64_t found;
	int err = billing_audited(c, g->id);

	if (err)
		return err > 0 ? 0 : err;
	err = store_exec(c, &found, "UPDATE provider SET name = ? WHERE name = ?", "ss", g->to, g->name);
	if (!err && found == 0)
		err = -ENOENT;
	return err ? err : trail(c, g, "provider.rename", g->name, g->to);
}

int provider_rename(struct store *s, const char *name, const char *to, const char *who, int64_t at_utc_us)
{
	struct provider_change g = { .name = name, .to = to, .who = who, .at_utc_us = at_utc_us };

	return name_ok(to) ? change(s, rename_tx, &g) : -EINVAL;
}

struct provider_query {
	const char *name;
	int (*each)(void *arg, const struct provider *p);
	void *arg;
};

static int provider_row(void *arg, const char *const *col, unsigned cols)
{
	struct provider_query *q = arg;
	struct provider p = { 0 };

	(void)cols;
	p.id = strtoll(col[0], NULL, 10);
	(void)snprintf(p.name, sizeof(p.name), "%s", col[1]);
	p.accounts = strtoll(col[2], NULL, 10);
	p.tariffs = strtoll(col[3], NULL, 10);
	p.services = strtoll(col[4], NULL, 10);
	p.batches = strtoll(col[5], NULL, 10);
	return q->each(q->arg, &p);
}

#define COUNT_OF(table) "(SELECT COUNT(*) FROM " table " x WHERE x.provider_id = p.id)"

static int each_tx(struct store_conn *c, void *arg)
{
	struct provider_query *q = arg;
	int err = store_query(
		c, provider_row, q,
		"SELECT p.id, p.name, " COUNT_OF("account") ", " COUNT_OF("tariff") ", " COUNT_OF("service_number") ", " COUNT_OF(
			"card_batch") " FROM provider p WHERE p.name = COALESCE(?, p.name) "
				      "ORDER BY p.id",
		"s", q->name);

	return err == -ENOENT ? 0 : err;
}

int provider_each(struct store *s, const char *name, int (*each)(void *arg, const struct provider *p), void *arg)
{
	struct provider_query q = { .name = name, .each = each, .arg = arg };

	return store_tx(s, each_tx, &q);
}

/* ---- service numbers ---- */

static int name_row(void *arg, const char *const *col, unsigned cols)
{
	(void)cols;
	(void)snprintf(arg, PROVIDER_NAME_SIZE * 4, "%s", col[0]);
	return 1;
}

static int service_tx(struct store_conn *c, void *arg)
{
	const struct provider_change *g = arg;
	char before[PROVIDER_NAME_SIZE * 4] = "";
	int64_t provider = 0;
	int err =
		store_query(c, name_row, before,
	                    "SELECT p.name FROM service_number s JOIN provider p ON p.id = s.provider_id WHERE s.number = ? FOR "
	                    "UPDATE",
	                    "s", g->name);

	if (!err || err == -ENOENT)
		err = billing_audited(c, g->id);
	if (err)
		return err > 0 ? 0 : err;
	if (g->to)
		err = store_query_int(c, &provider, "SELECT id FROM provider WHERE name = ?", "s", g->to);
	if (!err && g->to)
		err = store_exec(
			c, NULL,
			"INSERT INTO service_number (number, provider_id) VALUES (?, ?) ON DUPLICATE KEY UPDATE tariff_id = "
			"IF(provider_id = VALUES(provider_id), tariff_id, NULL), provider_id = VALUES(provider_id)",
			"si", g->name, provider);
	else if (!err)
		err = store_exec(c, NULL, "DELETE FROM service_number WHERE number = ?", "s", g->name);
	return err ? err : trail(c, g, "service.provider", before[0] ? before : NULL, g->to);
}

int provider_of_service(struct store *s, const char *number, const char *provider, const char *who, int64_t at_utc_us)
{
	struct provider_change g = { .name = number, .to = provider, .who = who, .at_utc_us = at_utc_us };

	return change(s, service_tx, &g);
}
