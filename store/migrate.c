/* SPDX-License-Identifier: GPL-2.0-or-later */
/* store/migrate.c - the schema: numbered files, applied in order, never changed once they are out (a test keeps their sums). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/magic.h"
#include "store/store.h"

#define LOG_MODULE "store"

/* The text of a file beside this one, as a C string. The build runs in the root of the tree. */
#define MIGRATION(n, file)                                               \
	__asm__(".pushsection .rodata\n"                                 \
	        "migration_" #n ":\n"                                    \
	        ".incbin \"store/migrations/" file "\"\n"                \
	        ".byte 0\n"                                              \
	        ".popsection\n");                                        \
	extern const char migration_##n[] __attribute__((visibility("hidden")))

MIGRATION(1, "0001-accounts-money-records.sql");

static const char *const migration[] = { migration_1 };

const int store_schema_version = ARRAY_LEN(migration);

/* The next statement: up to a ; at the end of a line; comment lines are left out. NULL: none. The caller frees. */
static char *next_statement(const char **text)
{
	size_t size = strlen(*text) + 1, n = 0;
	char *out = malloc(size);
	bool any = false;

	while (out && **text) {
		size_t len = strcspn(*text, "\n");
		const char *line = *text;

		*text += len + (line[len] == '\n');
		if (strncmp(line, "--", 2) == 0 || strspn(line, " \t") >= len)
			continue;
		memcpy(out + n, line, len);
		n += len;
		out[n++] = '\n';
		any = true;
		if (line[len - 1] == ';') {
			out[n - 2] = '\0';
			return out;
		}
	}
	if (out && any) {
		out[n] = '\0';
		return out;
	}
	free(out);
	return NULL;
}

static int version_now(struct store_conn *c, int64_t *version)
{
	int err = store_exec(c, NULL,
	                     "CREATE TABLE IF NOT EXISTS schema_version (version INT NOT NULL PRIMARY KEY, applied_at "
	                     "DATETIME(3) NOT NULL) ENGINE=InnoDB",
	                     "");

	return err ? err : store_query_int(c, version, "SELECT COALESCE(MAX(version), 0) FROM schema_version", "");
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
	for (; !err && version < store_schema_version; version++) {
		const char *text = migration[version];
		char *sql;

		while (!err && (sql = next_statement(&text)) != NULL) {
			err = store_exec(c, NULL, sql, "");
			if (err)
				(void)fprintf(report, "migration %lld failed at: %.200s\n", (long long)version + 1, sql);
			free(sql);
		}
		if (!err)
			err = store_exec(c, NULL, "INSERT IGNORE INTO schema_version (version, applied_at) VALUES (?, ?)", "it",
			                 version + 1, clock_utc_us());
		if (!err)
			(void)fprintf(report, "schema %lld applied\n", (long long)version + 1);
	}
	return err;
}

int store_migrate(struct store *s, FILE *report)
{
	return store_tx(s, migrate_tx, report);
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
