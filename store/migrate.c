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

static const char *const migration[] = { migration_1, migration_2, migration_3 };

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

static int migrate_one(struct store_conn *c, int64_t version, FILE *report)
{
	const char *text = migration[version - 1];
	char *sql = malloc(strlen(text) + 2);
	int err = sql ? 0 : -ENOMEM;

	while (!err && next_statement(&text, sql)) {
		err = store_exec(c, NULL, sql, "");
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

static int migrate_tx(struct store_conn *c, void *arg)
{
	FILE *report = arg;
	int64_t version;
	int err = version_now(c, &version);

	if (!err && version > store_schema_version) {
		(void)fprintf(report, "the database has schema %lld, this program knows %d: it is older than the database\n",
		              (long long)version, store_schema_version);
		return -EOVERFLOW;
	}
	while (!err && version < store_schema_version)
		err = migrate_one(c, ++version, report);
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

static int check_tx(struct store_conn *c, void *arg)
{
	int64_t tables;
	int err = store_query_int(c, &tables,
	                          "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name "
	                          "= 'schema_version'",
	                          "");

	*(int64_t *)arg = 0;
	if (!err && tables)
		err = store_query_int(c, arg, "SELECT COALESCE(MAX(version), 0) FROM schema_version", "");
	return err;
}

int store_check_schema(struct store *s)
{
	int64_t version = 0;
	int err = store_tx(s, check_tx, &version);

	if (err)
		return err;
	if (version > store_schema_version) {
		log_error("the database has schema %lld, this program knows up to %d: install the newer program",
		          (long long)version, store_schema_version);
		return -EOVERFLOW;
	}
	if (version < store_schema_version) {
		log_error("the database has schema %lld, this program needs %d: run `partyline migrate`", (long long)version,
		          store_schema_version);
		return -ENOENT;
	}
	return 0;
}
