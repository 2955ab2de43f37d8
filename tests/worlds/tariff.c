/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tests/worlds/tariff.c - which tariff, version, band and discount a call is charged by: telephony rules 20, 21, 24. */
#include <inttypes.h>
#include <string.h>

#include "billing/internal.h"
#include "billing/tariff.h"
#include "billing/tariff_assign.h"
#include "tests/worlds/world.h"

#define HOST   "13800000001"
#define HOST_E "8613800000001"

/* Valid so many seconds from now on. */
static void tariff(struct world *w, const char *name, double in_s, const char *csv)
{
	FILE *f = fmemopen((void *)(uintptr_t)csv, strlen(csv), "r");
	struct tariff_import i = { .kind = CSV_TARIFF, .csv = f, .file = name, .name = name, .who = "world", .errors = stderr };
	struct store *s = world_store(w);
	unsigned rows;

	i.at_utc_us = clock_utc_us() + (int64_t)(in_s * 1e6);
	CHECK_INT(tariff_import(s, &i, &rows), 0);
	(void)fclose(f);
	store_close(s);
}

static void discount(struct world *w, unsigned bp)
{
	struct store *s = world_store(w);

	CHECK_INT(tariff_discount(s, HOST_E, bp, "world", clock_utc_us()), 0);
	store_close(s);
}

static void talk_ends(struct world *w, struct talk *t)
{
	for (unsigned i = 0; i < t->parties; i++)
		if (find_event(w, t->party[i], "hangup") == NULL)
			phone_hangs_up(w, t->party[i]);
	world_run(w, 1);
	phone_hangs_up(w, t->host);
	world_run(w, 5);
}

/* Every charged leg: record, ledger and view say one amount, and it is what the rate in its record gives for its talk. Their
 * number. */
static unsigned legs_agree(struct world *w)
{
	char rate[600], leg[ID_SIZE];
	unsigned n = (unsigned)sql_int(w, "SELECT COUNT(*) FROM leg_record WHERE rate IS NOT NULL");

	CHECK_INT(sql_int(w,
	                  "SELECT COUNT(*) FROM leg_record r LEFT JOIN ledger l ON l.id = r.transfer_id LEFT JOIN v_leg v ON "
	                  "v.leg_id "
	                  "= r.leg_id WHERE r.rate IS NOT NULL AND (-COALESCE(l.amount_e4, 0) <> r.amount_e4 OR v.charge_e4 <> "
	                  "r.amount_e4)"),
	          0);
	CHECK_INT(sql_int(w, "SELECT COUNT(*) FROM ledger WHERE kind = 'charge'"),
	          sql_int(w, "SELECT COUNT(*) FROM leg_record WHERE amount_e4 > 0"));
	for (unsigned i = 0; i < n; i++) {
		int64_t ms, answered_us;
		struct rate r;

		sql_text(w, leg, sizeof(leg), "SELECT leg_id FROM leg_record WHERE rate IS NOT NULL ORDER BY leg_id LIMIT %u, 1",
		         i);
		sql_text(w, rate, sizeof(rate), "SELECT rate FROM leg_record WHERE leg_id = '%s'", leg);
		ms = sql_int(w, "SELECT charged_ms FROM leg_record WHERE leg_id = '%s'", leg);
		answered_us = sql_int(
			w, "SELECT CAST(UNIX_TIMESTAMP(answered_at) * 1000000 AS SIGNED) FROM leg_record WHERE leg_id = '%s'",
			leg);
		CHECK_INT(rate_from_text(&r, rate), 0);
		CHECK_INT(sql_int(w, "SELECT amount_e4 FROM leg_record WHERE leg_id = '%s'", leg),
		          rating_amount_e4(&r, ms, answered_us));
		CHECK_INT(sql_int(w, "SELECT billable_s FROM leg_record WHERE leg_id = '%s'", leg), rating_billable_s(&r, ms));
	}
	return n;
}

SCENARIO(rule_21_a_leg_is_its_ledger_row,
         "set-up fee, free seconds, six-second steps, a band and a discount: record, ledger and view say one amount, to the unit")
{
	struct world *w = world_open(NULL);
	struct talk t;

	tariff(w, "standard", 0,
	       "local,,0.2345,0.0321,7,6,10,mon-fri 09:00-11:00:0.4567\ndomestic,,0.6789,0.05,0,1,0\nprefix,1,3.60,0,60,60,0\n");
	discount(w, 1234);
	talk_begin(w, &t, HOST, "13800000002");
	talk_add(w, &t, "13900000001");
	world_run(w, 33.3);
	phone_hangs_up(w, t.party[1]);
	world_run(w, 21.7);
	talk_ends(w, &t);
	CHECK_INT(legs_agree(w), 3);
	CHECK_INT(sql_int(w, "SELECT COUNT(*) FROM leg_record WHERE amount_e4 > 0"), 3);
	CHECK_INT(1000000 - balance(w, HOST_E), sql_int(w, "SELECT SUM(amount_e4) FROM leg_record"));
	CHECK_INT(held(w, HOST_E), 0);
	world_close(w);
}

SCENARIO(rule_21_an_increment_has_the_band_it_begins_in,
         "Monday 17:58 in Beijing: the minutes that begin before 18:00 are dear, those after it cheap, each wholly")
{
	struct world_setup setup = { .begin_utc_us = INT64_C(1772445480000000) /* 2026-03-02 17:58 UTC+8 */ };
	struct world *w = world_open(&setup);
	int64_t answered_s, dear;
	struct talk t;

	tariff(w, "standard", 0, "local,,0.20,0,60,60,0,mon-fri 08:00-18:00:0.60,Asia/Shanghai\n");
	talk_begin(w, &t, HOST, "13800000002");
	world_run(w, 150);
	talk_ends(w, &t);
	CHECK_INT(legs_agree(w), 2);
	answered_s = sql_int(w, "SELECT CAST(UNIX_TIMESTAMP(answered_at) AS SIGNED) FROM leg_record WHERE role = 'member'");
	dear = (1772445600 - answered_s + 59) / 60; /* minutes that begin before 18:00 */
	CHECK(dear >= 1 && dear <= 2);
	CHECK_INT(sql_int(w, "SELECT billable_s FROM leg_record WHERE role = 'member'"), 180);
	CHECK_INT(sql_int(w, "SELECT amount_e4 FROM leg_record WHERE role = 'member'"), dear * 6000 + (3 - dear) * 2000);
	world_close(w);
}

SCENARIO(rule_25_the_version_of_the_answer, "a new version begins while the party rings: the host's leg is charged by the old "
                                            "one, the party's by the new, and the records say so")
{
	struct world *w = world_open(NULL);
	struct talk t = { .parties = 0 };

	t.host = called_back(w, HOST);
	tariff(w, "standard", 12, "local,,0.50,0,60,60,0\ndomestic,,0.90,0,60,60,0\n");
	world_run(w, 0.5);
	t.party[0] = host_calls(w, t.host, "13800000002");
	world_run(w, 15);
	phone_answers(w, t.party[t.parties++]);
	world_run(w, 30);
	talk_ends(w, &t);
	CHECK_INT(legs_agree(w), 2);
	CHECK_INT(sql_int(w, "SELECT tariff_version FROM leg_record WHERE role = 'host'"), 1);
	CHECK_INT(sql_int(w, "SELECT price_e4 FROM leg_record WHERE role = 'host'"), 2000);
	CHECK_INT(sql_int(w, "SELECT tariff_version FROM leg_record WHERE role = 'member'"), 2);
	CHECK_INT(sql_int(w, "SELECT price_e4 FROM leg_record WHERE role = 'member'"), 5000);
	CHECK_INT(sql_int(w, "SELECT amount_e4 FROM leg_record WHERE role = 'member'"), 5000);
	world_close(w);
}

SCENARIO(rule_20_the_dearer_version_is_held,
         "money for the old version of the tariff but not for the one that begins while the party would ring: he is not called")
{
	struct world *w = world_open(NULL);
	const char *host;

	give(w, HOST_E, 6000); /* 0.20 for the host, 0.40 left: enough for 0.20, not for 0.50 */
	host = called_back(w, HOST);
	tariff(w, "standard", 30, "local,,0.50,0,60,60,0\n");
	world_run(w, 0.5);
	phone_keys(w, host, "13800000002#");
	expect_hears(w, host, PROMPT_ZH_CN, "party-not-enough-money", 12);
	phone_hangs_up(w, host);
	world_run(w, 5);
	CHECK_INT(balance(w, HOST_E), 4000);
	world_close(w);
}

SCENARIO(rule_24_a_service_has_its_own_tariff,
         "the service number has a tariff of its own: it goes before the host's, for the callback and for the parties")
{
	struct world *w = world_open(NULL);
	struct store *s = world_store(w);
	struct talk t;

	tariff(w, "hotline", 0, "local,,0.01,0,60,60,0\ndomestic,,0.02,0,60,60,0\n");
	CHECK_INT(tariff_of_service(s, "s:12599", "hotline", "world", clock_utc_us()), 0);
	talk_begin(w, &t, HOST, "13800000002");
	talk_add(w, &t, "13900000001");
	world_run(w, 10);
	talk_ends(w, &t);
	CHECK_INT(legs_agree(w), 3);
	CHECK_INT(sql_int(w, "SELECT COUNT(*) FROM leg_record r JOIN tariff t ON t.id = r.tariff_id WHERE t.name = 'hotline'"),
	          3);
	CHECK_INT(balance(w, HOST_E), 1000000 - 100 - 100 - 200);
	CHECK_INT(tariff_of_service(s, "s:12599", NULL, "world", clock_utc_us()), 0);
	store_close(s);
	talk_begin(w, &t, HOST, "13800000002");
	talk_ends(w, &t);
	CHECK_INT(balance(w, HOST_E), 1000000 - 400 - 4000);
	world_close(w);
}

SCENARIO(rule_22_a_discount_makes_the_money_last,
         "0.80 and half off 0.20 a minute, two legs: ended after four minutes instead of two, with nothing left")
{
	struct world *w = world_open(NULL);
	struct talk t;

	give(w, HOST_E, 8000);
	discount(w, 5000);
	talk_begin(w, &t, HOST, "13800000002");
	expect_hangup(w, t.host, 16, 245);
	expect_hangup(w, t.party[0], 16, 1);
	world_run(w, 5);
	CHECK_INT(legs_agree(w), 2);
	CHECK_INT(balance(w, HOST_E), 0);
	CHECK_INT(sql_int(w, "SELECT billable_s FROM leg_record WHERE role = 'host'"), 240);
	CHECK_INT(sql_int(w, "SELECT COUNT(*) FROM loss"), 0);
	world_close(w);
}
