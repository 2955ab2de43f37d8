/* SPDX-License-Identifier: GPL-2.0-or-later */
/* store/migrate.c - the schema: numbered files, applied in order, never changed once they are out (a test keeps their sums). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/magic.h"
#include "store/internal.h"

#define LOG_MODULE "store"

#define LOCK_WAIT_S       600
#define MIGRATE_TIMEOUT_S 3600 /* a new index on a year of records takes its time */

/* The text of a file beside this one, as a C string. The build runs in the root of the tree. */
#define MIGRATION(n, file)                                               \
	__asm__(".pushsection .rodata\n"                                 \
	        "migration_" #n ":\n"                                    \
	        ".incbin \"store/migrations/" file "\"\n"                \
	        ".byte 0\n"                                              \
	        ".popsection\n");                                        \
	extern const char migration_##n[] __attribute__((visibility("hidden")))

MIGRATION(1, "0001-accounts-money-records.sql");
MIGRATION(2, "0002-leg-amounts.sql");
MIGRATION(3, "0003-charges-are-bigint.sql");
MIGRATION(5, "0005-tariffs.sql");
MIGRATION(6, "0006-fair-holds.sql");
MIGRATION(7, "0007-bookings.sql");
MIGRATION(8, "0008-cards.sql");
MIGRATION(9, "0009-audit-trail.sql");
MIGRATION(10, "0010-passwords.sql");
MIGRATION(11, "0011-office.sql");
MIGRATION(12, "0012-fewer-indexes.sql");
MIGRATION(13, "0013-leg-quality.sql");
MIGRATION(14, "0014-callback-check.sql");
MIGRATION(15, "0015-office-lists.sql");
MIGRATION(16, "0016-cards-and-legs.sql");

/* By number less one. A hole is a number that is somebody's, and not there yet: what comes later does not wait for it. */
static const char *const migration[] = { migration_1, migration_2, migration_3, [4] = migration_5,
	                                 migration_6, migration_7, migration_8, migration_9, migration_10,
	                                 migration_11, migration_12, migration_13, migration_14, migration_15, migration_16 };

const int store_schema_version = ARRAY_LEN(migration);

/* The next statement, into out (as long as the whole text): up to a ; at the end of a line; comment lines are left out. */
static bool next_statement(const char **text, char *out)
{
	size_t n = 0;

	while (**text) {
		size_t len = strcspn(*text, "\n"), used = len;
		const char *line = *text;

		*text += len + (line[len] == '\n');
		while (used > 0 && strchr(" \t\r", line[used - 1]))
			used--;
		if (strncmp(line, "--", 2) == 0 || used == 0)
			continue;
		memcpy(out + n, line, used);
		n += used;
		out[n++] = '\n';
		if (line[used - 1] == ';') {
			out[n - 2] = '\0';
			return true;
		}
	}
	out[n] = '\0';
	return n > 0;
}

static int version_now(struct store_conn *c, int64_t *version)
{
	int err = store_exec(c, NULL,
	                     "CREATE TABLE IF NOT EXISTS schema_version (version INT NOT NULL PRIMARY KEY, applied_at "
	                     "DATETIME(3) NOT NULL) ENGINE=InnoDB",
	                     "");

	return err ? err : store_query_int(c, version, "SELECT COALESCE(MAX(version), 0) FROM schema_version", "");
}

/* A server that writes a binary log lets only SUPER make triggers, unless log_bin_trust_function_creators is set. They are a
 * second fence, no more: without them everything works. */
static bool may_be_refused(const char *sql, int err)
{
	return err == -EPERM && strncmp(sql, "CREATE TRIGGER", 14) == 0;
}

static int migrate_one(struct store_conn *c, int64_t version, FILE *report)
{
	const char *text = migration[version - 1];
	char *sql = malloc(strlen(text) + 2);
	int err = sql ? 0 : -ENOMEM;

	while (!err && next_statement(&text, sql)) {
		err = store_exec(c, NULL, sql, "");
		if (may_be_refused(sql, err)) {
			(void)fprintf(report, "not allowed to this user (and not needed): %.60s...\n", sql);
			err = 0;
		}
		if (err)
			(void)fprintf(report, "migration %lld failed at: %.200s\n", (long long)version, sql);
	}
	free(sql);
	if (!err)
		err = store_exec(c, NULL, "INSERT IGNORE INTO schema_version (version, applied_at) VALUES (?, ?)", "it", version,
		                 clock_utc_us());
	if (!err)
		(void)fprintf(report, "schema %lld applied\n", (long long)version);
	return err;
}

/* Two at once: the second waits, and finds nothing left to do. The lock goes with the connection, which store_migrate ends.
 * Galera has no such lock (storage facts): there the statements' IF NOT EXISTS has to do. */
static int migrate_lock(struct store_conn *c, FILE *report)
{
	int64_t got;
	int err = store_query_int(c, &got, "SELECT GET_LOCK(CONCAT('partyline.', DATABASE()), ?)", "i", (int64_t)LOCK_WAIT_S);

	if (!err && got != 1) {
		(void)fprintf(report, "another migration of this database has been under way for %d s\n", LOCK_WAIT_S);
		return -EBUSY;
	}
	return err == -ENOTSUP ? 0 : err;
}

static int migrate_missing(struct store_conn *c, FILE *report)
{
	int err = 0;

	for (int64_t v = 1; !err && v <= store_schema_version; v++) {
		int64_t applied = 1;

		if (migration[v - 1] != NULL)
			err = store_query_int(c, &applied, "SELECT COUNT(*) FROM schema_version WHERE version = ?", "i", v);
		if (!err && !applied)
			err = migrate_one(c, v, report);
	}
	return err;
}

static int migrate_tx(struct store_conn *c, void *arg)
{
	FILE *report = arg;
	int64_t version;
	int err = migrate_lock(c, report);

	if (!err)
		err = version_now(c, &version);
	if (!err && version > store_schema_version) {
		(void)fprintf(report, "the database has schema %lld, this program knows %d: it is older than the database\n",
		              (long long)version, store_schema_version);
		err = -EOVERFLOW;
	}
	if (!err)
		err = migrate_missing(c, report);
	return err;
}

int store_migrate(struct store *s, FILE *report)
{
	int err;

	store_set_timeout(s, MIGRATE_TIMEOUT_S);
	err = store_tx(s, migrate_tx, report);
	store_set_timeout(s, 0);
	return err;
}

struct schema_now {
	int64_t version, missing; /* the highest; how many of ours are not in it */
};

static int check_tx(struct store_conn *c, void *arg)
{
	struct schema_now *now = arg;
	int64_t tables;
	int err = store_query_int(c, &tables,
	                          "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name "
	                          "= 'schema_version'",
	                          "");

	*now = (struct schema_now){ 0 };
	if (!err && tables)
		err = store_query_int(c, &now->version, "SELECT COALESCE(MAX(version), 0) FROM schema_version", "");
	for (int64_t v = 1; !err && tables && v <= store_schema_version; v++) {
		int64_t applied = 1;

		if (migration[v - 1] != NULL)
			err = store_query_int(c, &applied, "SELECT COUNT(*) FROM schema_version WHERE version = ?", "i", v);
		now->missing += !applied;
	}
	return err;
}

int store_check_schema(struct store *s)
{
	struct schema_now now;
	int err = store_tx(s, check_tx, &now);

	if (err)
		return err;
	if (now.version > store_schema_version) {
		log_error("the database has schema %lld, this program knows up to %d: install the newer program",
		          (long long)now.version, store_schema_version);
		return -EOVERFLOW;
	}
	if (now.version < store_schema_version || now.missing > 0) {
		log_error("the database has schema %lld, this program needs %d: run `partyline migrate`", (long long)now.version,
		          store_schema_version);
		return -ENOENT;
	}
	return 0;
}

/* ---- what the server promises ---- */

/* Of these the server must be asked each for itself: not all are in every version, nor with every engine. */
static const struct {
	const char *name, *bad, *text;
} promise[] = {
	{ "innodb_flush_log_at_trx_commit", "value <> '1'",
	  "is not 1: when the machine stops, up to a second of charges and recharges is lost that was confirmed" },
	{ "innodb_doublewrite", "value = 'OFF'", "is OFF: a page half written when the machine stops takes accounts with it" },
	{ "innodb_flush_method", "value IN ('nosync', 'littlesync')", "does not wait for the disk" },
};

static int durability_tx(struct store_conn *c, void *arg)
{
	char sql[300];
	int err = 0;

	(void)arg;
	for (unsigned i = 0; !err && i < sizeof(promise) / sizeof(promise[0]); i++) {
		int64_t bad;

		(void)snprintf(
			sql, sizeof(sql),
			"SELECT COUNT(*) FROM (SELECT variable_value AS value FROM information_schema.global_variables WHERE "
			"variable_name = ?) v WHERE %s",
			promise[i].bad);
		err = store_query_int(c, &bad, sql, "s", promise[i].name);
		if (!err && bad)
			log_warn("the database's %s %s", promise[i].name, promise[i].text);
	}
	return err;
}

int store_check_durability(struct store *s)
{
	return store_tx(s, durability_tx, NULL);
}
