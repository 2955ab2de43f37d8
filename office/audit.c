/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The audit trail and the books. */
#include <errno.h>
#include <string.h>

#include "billing/reconcile.h"
#include "office/json.h"
#include "office/resources.h"

/* Whose something is: of a number, the account's that had it then. NULL: nobody's (areas, bars, spans, providers). */
#define OWNER_OF_NUMBER \
	"(SELECT a.provider_id FROM account_number n JOIN account a ON a.id = n.account_id WHERE n.number = t.subject AND " \
	"(n.valid_to IS NULL OR n.valid_to >= t.at) ORDER BY n.valid_from LIMIT 1)"
#define OWNER \
	"CASE WHEN t.what LIKE 'account.%' OR t.what LIKE 'conference.%' OR t.what = 'card.unlock' THEN " OWNER_OF_NUMBER \
	" WHEN t.what LIKE 'card.batch.%' THEN (SELECT b.provider_id FROM card_batch b WHERE b.name = t.subject)" \
	" WHEN t.what LIKE 'card.%' THEN (SELECT b.provider_id FROM card_batch b WHERE b.name = REGEXP_REPLACE(t.subject, " \
	"'-[0-9]+$', ''))" \
	" WHEN t.what LIKE 'tariff.%' THEN (SELECT f.provider_id FROM tariff f WHERE f.name = t.subject)" \
	" WHEN t.what LIKE 'booking.%' THEN (SELECT k.provider_id FROM booking k WHERE k.id = t.subject)" \
	" WHEN t.what LIKE 'records.%' THEN (SELECT p.id FROM provider p WHERE p.name = t.subject)" \
	" WHEN t.what LIKE 'operator.%' THEN (SELECT o.provider_id FROM office_operator o WHERE o.name = t.subject)" \
	" WHEN t.what LIKE 'service.%' THEN (SELECT s.provider_id FROM service_number s WHERE s.number = t.subject) END"

/* What was done to the provider's, or by its operators; to the house also what is nobody's. */
void audit_trail(struct request *r)
{
	static const char *const names[] = { "id", "at:t", "who", "origin", "what", "subject", "before", "after", NULL };
	const char *subject = request_query(r, "subject");
	int64_t provider = r->session.provider_id;
	struct page_cursor c;
	char number[33];

	if (!page_cursor_time(r, &c))
		return;
	/* a number as people write it; anything else is a tariff's or a batch's name */
	if (subject && subject[0] && strspn(subject, "+0123456789") == strlen(subject) &&
	    request_number(r, subject, "subject", number))
		subject = number;
	answer_free(&r->answer); /* digits that are no number: a name after all */
	page_answer_rows(
		r, names, "at", "id",
		"SELECT t.id, t.at, t.who, t.origin, t.what, t.subject, t.before_text, t.after_text FROM audit t WHERE (? IS "
		"NULL OR t.subject = ?) AND (t.at < ? OR (t.at = ? AND t.id < ?)) AND (COALESCE(" OWNER ", IF(?, ?, 0)) = ? "
		"OR EXISTS (SELECT 1 FROM office_operator o WHERE CONCAT('office:', o.name) = t.who AND o.provider_id = ?)) "
		"ORDER BY t.at DESC, t.id DESC LIMIT ?",
		"sssssiiiii",
		(const union store_value[]){ { .s = subject },
	                                     { .s = subject },
	                                     { .s = c.first },
	                                     { .s = c.first },
	                                     { .s = c.second },
	                                     { .i = r->session.house },
	                                     { .i = provider },
	                                     { .i = provider },
	                                     { .i = provider } });
}

/* ---- the books ---- */

struct books {
	struct request *r;
	json_t         *discrepancies, *explained;
};

static int finding(void *arg, const struct reconcile_finding *f)
{
	struct books *b = arg;

	if (f == NULL) {
		(void)json_array_clear(b->discrepancies);
		(void)json_array_clear(b->explained);
		return 0;
	}
	return list_add(f->discrepancy ? b->discrepancies : b->explained,
	                json_pack("{s:s, s:s, s:o, s:o, s:o, s:s}", "check", f->check, "object", f->object, "at",
	                          stamp_json(f->at), "expected", money_json(b->r->office, f->expected_e4), "found",
	                          money_json(b->r->office, f->found_e4), "text", f->text));
}

void books_check(struct request *r)
{
	struct books b = { .r = r };
	struct reconcile k = { .now_utc_us = r->now_utc_us, .each = finding, .arg = &b };
	int err;

	b.discrepancies = json_array();
	b.explained = json_array();
	err = reconcile(r->office->store, &k);
	if (err) {
		json_decref(b.discrepancies);
		json_decref(b.explained);
		answer_errno(r, err, "books");
		return;
	}
	answer_json(r, 200,
	            json_pack("{s:I, s:I, s:I, s:o, s:o, s:o}", "accounts", (json_int_t)k.accounts, "movements",
	                      (json_int_t)k.movements, "legs", (json_int_t)k.legs, "checked_at", time_json(r->now_utc_us),
	                      "discrepancies", b.discrepancies, "explained", b.explained));
}
