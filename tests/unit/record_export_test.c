/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tests/unit/record_export_test.c - record files: columns, order, complete and without duplicates over pages, limits, the audit
 * trail (rules 24, 25). Against a real MariaDB. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "billing/record_export.h"
#include "tests/unit/database.h"

#define NOW    INT64_C(1772452800000000) /* 2026-03-02T12:00:00Z */
#define DAY_US INT64_C(86400000000)
#define DAY    (NOW - DAY_US / 2) /* 2026-03-02 */
#define LEGS   12003              /* more than two pages */

#define LEG_HEADER \
	"# " \
	"leg,call,account,provider,node,role,party_order,direction,trunk,channel,timeslot,call_reference,bearer,calling," \
	"calling_raw," \
	"calling_ton,calling_npi,presentation,screening,called,called_raw,called_ton,called_npi,redirecting,redirecting_raw," \
	"began_at,alerting_at,answered_at,ended_at,talk_ms,cause,location,cleared_by,tariff,tariff_version,price_e4,rate," \
	"charged_ms,billable_s,amount_e4,transfer,cut,codec,received_packets,lost_packets,jitter_us,round_trip_us," \
	"remote_lost_permille,mos_x100\n"
#define CALL_HEADER "# call,booking,account,provider,host,service,node,began_at,ended_at,cause,amount_e4\n"

static struct store *with_provider(void)
{
	struct store *s = database_fresh();

	database_do(s, "INSERT INTO provider (id, name) VALUES (2, 'other, \"quoted\"')");
	database_do(s, "INSERT INTO tariff (id, provider_id, name) VALUES (1, 2, '=HYPERLINK(1)')");
	return s;
}

static void leg(struct store *s, const char *id, const char *provider, const char *began, const char *calling_raw)
{
	char sql[900];

	(void)snprintf(
		sql, sizeof(sql),
		"INSERT INTO leg_record (leg_id, call_id, provider_id, node, role, direction, trunk, channel, calling, "
		"calling_raw, called, called_raw, began_at, answered_at, ended_at, talk_ms, cause, cleared_by, tariff_id, rate, "
		"amount_e4) VALUES ('%s', 'c1', %s, 'n1', 'member', 'out', 'pstn', '17', '8613800000001', '%s', "
		"'8613900000002', '*12#', '%s', '2026-03-02 10:00:05.250', '2026-03-02 10:01:05.250', 60000, 16, 'peer', 1, "
		"'0,2000,0,1', 2000)",
		id, provider, calling_raw, began);
	database_do(s, sql);
}

static char *export(struct store *s, struct record_export *x, int wanted)
{
	char *text = NULL;
	size_t size;

	x->who = "op@here";
	x->at_utc_us = NOW;
	x->out = open_memstream(&text, &size);
	assert_non_null(x->out);
	assert_int_equal(record_export(s, x), wanted);
	(void)fclose(x->out);
	return text;
}

static struct record_export day(void)
{
	return (struct record_export){ .provider = "other, \"quoted\"", .from_utc_us = DAY, .to_utc_us = DAY + DAY_US };
}

static void test_the_columns(void **state)
{
	struct store *s = with_provider();
	struct record_export x = day();
	char *text;

	(void)state;
	leg(s, "b", "2", "2026-03-02 10:00:00.125", "+8613800000001");
	leg(s, "a", "2", "2026-03-02 10:00:00.125", "@1-1");
	leg(s, "not yet", "2", "2026-03-03 00:00:00.000", "1");
	leg(s, "before", "2", "2026-03-01 23:59:59.999", "1");
	leg(s, "anothers", "1", "2026-03-02 10:00:00.000", "1");
	leg(s, "nobody", "NULL", "2026-03-02 10:00:00.000", "1");
	text = export(s, &x, 0);
	assert_int_equal(x.rows, 2);
#define ROW(id, raw) \
	id ",c1,,\"other, \"\"quoted\"\"\",n1,member,0,out,pstn,17,0,0,0,8613800000001," raw \
	   ",0,0,,,8613900000002,*12#,0,0,,,2026-03-02T10:00:00.125Z,,2026-03-02T10:00:05.250Z,2026-03-02T10:01:05.250Z,60000," \
	   "16,," \
	   "peer,'=HYPERLINK(1),,,\"0,2000,0,1\",,,2000,,0,,,,,,,\n"
	assert_string_equal(text, LEG_HEADER ROW("a", "'@1-1") ROW("b", "+8613800000001"));
	free(text);
	database_do(
		s,
		"INSERT INTO call_record (call_id, provider_id, host, service, node, began_at, ended_at, cause) VALUES ('c1', 2, "
		"'8613800000001', 's:12599', 'n1', '2026-03-02 10:00:00', '2026-03-02 10:02:00', 16)");
	x.kind = RECORD_CALLS;
	text = export(s, &x, 0);
	assert_string_equal(text, CALL_HEADER "c1,,,\"other, \"\"quoted\"\"\",8613800000001,s:12599,n1,2026-03-02T10:00:00.000Z,"
	                                      "2026-03-02T10:02:00.000Z,16,0\n");
	free(text);
	x.kind = RECORD_LEGS;
	x.provider = NULL; /* nobody's, the first's, the second's */
	text = export(s, &x, 0);
	assert_int_equal(x.rows, 4);
	assert_non_null(strstr(text, LEG_HEADER "nobody,c1,,,n1"));
	assert_non_null(strstr(strstr(text, "\nanothers,"), "\na,c1,"));
	free(text);
	store_close(s);
}

/* Many legs of the same moment: over pages, and over two halves of the day, each is there once, in order; whatever fails. */
static void test_each_once_and_in_order(void **state)
{
	struct store *s = with_provider();
	struct record_export x = day();
	char last[80] = "", *whole, *first, *second;
	unsigned lines = 0;

	(void)state;
	database_do(
		s,
		"INSERT INTO leg_record (leg_id, call_id, provider_id, node, role, direction, trunk, channel, calling, "
		"calling_raw, called, called_raw, began_at, ended_at, cause, cleared_by) SELECT MD5(seq), 'c', 2, 'n', 'member', "
		"'out', 'pstn', '1', '', '', '', '', '2026-03-02 00:00:00' + INTERVAL (seq DIV 2500) * 5 HOUR, "
		"'2026-03-02 23:00:00', 16, 'us' FROM seq_1_to_12003");
	for (unsigned n = 1; n <= 12; n++) { /* a statement of its own each time, before it is sent or after it was done */
		store_fault(s, n, n % 2 ? 2013 : 1213, n % 4 > 1);
		whole = export(s, &x, 0);
		store_fault(s, 0, 0, false);
		assert_int_equal(x.rows, LEGS);
		lines = 0;
		last[0] = '\0';
		for (char *line = strchr(whole, '\n') + 1; *line; line = strchr(line, '\n') + 1) {
			char at[30], key[80];

			(void)snprintf(at, sizeof(at), "%.23s", strstr(line, "2026-03-02T"));
			(void)snprintf(key, sizeof(key), "%s %.32s", at, line);
			assert_true(strcmp(last, key) < 0);
			memcpy(last, key, sizeof(last));
			lines++;
		}
		assert_int_equal(lines, LEGS);
		if (n < 12)
			free(whole);
	}
	x.to_utc_us = NOW;
	first = export(s, &x, 0);
	x.from_utc_us = NOW;
	x.to_utc_us = DAY + DAY_US;
	second = export(s, &x, 0);
	assert_int_equal(strncmp(whole, first, strlen(first)), 0);
	assert_string_equal(whole + strlen(first), strchr(second, '\n') + 1);
	free(whole);
	free(first);
	free(second);
	store_close(s);
}

static void test_limits_and_the_trail(void **state)
{
	struct store *s = with_provider();
	struct record_export x = day();
	char *text;

	(void)state;
	leg(s, "a", "2", "2026-03-02 10:00:00", "1");
	leg(s, "b", "2", "2026-03-02 11:00:00", "1");
	x.rows_most = 1;
	text = export(s, &x, -E2BIG);
	assert_int_equal(x.rows, 2);
	assert_string_equal(text, "");
	free(text);
	x.provider = "nobody";
	text = export(s, &x, -ENOENT);
	assert_string_equal(text, "");
	free(text);
	x = day();
	x.to_utc_us = x.from_utc_us;
	free(export(s, &x, -EINVAL));
	assert_int_equal(database_int(s, "SELECT COUNT(*) FROM audit"), 0);
	x = day();
	x.rows_most = 2;
	free(export(s, &x, 0));
	assert_int_equal(
		database_int(
			s,
			"SELECT COUNT(*) FROM audit WHERE who = 'op' AND origin = 'here' AND what = 'records.export' AND subject "
			"= 'other, \"quoted\"' AND after_text = 'legs from 2026-03-02T00:00:00.000Z to "
			"2026-03-03T00:00:00.000Z: 2'"),
		1);
	x.out = fopen("/dev/full", "w");
	assert_non_null(x.out);
	assert_int_equal(record_export(s, &x), -ENOSPC);
	(void)fclose(x.out);
	store_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_columns),
		cmocka_unit_test(test_each_once_and_in_order),
		cmocka_unit_test(test_limits_and_the_trail),
	};

	return cmocka_run_group_tests_name("record_export", tests, database_start, database_stop);
}
