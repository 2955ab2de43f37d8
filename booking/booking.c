/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "booking/booking.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "billing/audit.h"
#include "booking/internal.h"
#include "core/clock.h"
#include "core/magic.h"

static const char *const state_name[] = { "active", "begun", "done", "cancelled" };
static const char *const repeat_name[] = { "once", "daily", "weekly" };

const char *booking_state_name(enum booking_state s)
{
	return state_name[s];
}

const char *booking_repeat_name(enum booking_repeat r)
{
	return repeat_name[r];
}

static unsigned name_index(const char *const *names, unsigned count, const char *name)
{
	for (unsigned i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return 0;
}

/* ---- reading ---- */

#define BOOKING_COLUMNS \
	"id, host, service, language, zone, " BOOKING_US( \
		"wall_at") ", repeats, weekdays, " BOOKING_US("until_wall") ", length_s, redials, interval_s, music, " \
	                                                                    "account_id, provider_id, state, " \
	                                                                    "version, " BOOKING_US("next_at")

static int64_t number(const char *text)
{
	return text ? strtoll(text, NULL, 10) : 0;
}

static void booking_from_row(struct booking *b, const char *const *col)
{
	memset(b, 0, sizeof(*b));
	(void)snprintf(b->id, sizeof(b->id), "%s", col[0]);
	(void)snprintf(b->host, sizeof(b->host), "%s", col[1]);
	(void)snprintf(b->service, sizeof(b->service), "%s", col[2]);
	(void)snprintf(b->language, sizeof(b->language), "%s", col[3]);
	(void)snprintf(b->zone, sizeof(b->zone), "%s", col[4]);
	b->when.wall_s = number(col[5]) / 1000000;
	b->when.repeat = (enum booking_repeat)name_index(repeat_name, ARRAY_LEN(repeat_name), col[6]);
	b->when.weekdays = (uint8_t)number(col[7]);
	b->when.until_wall = col[8] ? number(col[8]) / 1000000 : INT64_MAX;
	b->length_s = (unsigned)number(col[9]);
	b->redials = (unsigned)number(col[10]);
	b->interval_s = (unsigned)number(col[11]);
	b->music = (unsigned)number(col[12]);
	b->account_id = number(col[13]);
	b->provider_id = number(col[14]);
	b->state = (enum booking_state)name_index(state_name, ARRAY_LEN(state_name), col[15]);
	b->version = (unsigned)number(col[16]);
	b->next_utc_us = number(col[17]);
}

static int booking_row(void *arg, const char *const *col, unsigned cols)
{
	(void)cols;
	booking_from_row(arg, col);
	return 1;
}

static int party_row(void *arg, const char *const *col, unsigned cols)
{
	struct booking *b = arg;
	struct booking_party *p = &b->party[b->party_count];

	(void)cols;
	if (b->party_count == BOOKING_PARTIES_MAX)
		return 1;
	(void)snprintf(p->number, sizeof(p->number), "%s", col[0]);
	(void)snprintf(p->name, sizeof(p->name), "%s", col[1]);
	b->party_count++;
	return 0;
}

static int load_parties(struct store_conn *c, struct booking *b)
{
	int err;

	b->party_count = 0;
	err = store_query(c, party_row, b, "SELECT number, name FROM booking_party WHERE booking_id = ? ORDER BY party_order",
	                  "s", b->id);
	return err == -ENOENT ? 0 : err;
}

int booking_load(struct store_conn *c, const char *id, struct booking *b)
{
	int err = store_query(c, booking_row, b, "SELECT " BOOKING_COLUMNS " FROM booking WHERE id = ? FOR UPDATE", "s", id);

	return err ? err : load_parties(c, b);
}

struct booking_query {
	const char     *id, *host;
	bool            all;
	struct booking *out;          /* found */
	struct booking *list;         /* all that were read, before anybody is told */
	unsigned        count, room;
	int             err;
};

static int find_tx(struct store_conn *c, void *arg)
{
	struct booking_query *q = arg;

	return booking_load(c, q->id, q->out);
}

int booking_find(struct store *s, const char *id, struct booking *b)
{
	struct booking_query q = { .id = id, .out = b };

	return store_tx(s, find_tx, &q);
}

static int list_row(void *arg, const char *const *col, unsigned cols)
{
	struct booking_query *q = arg;

	(void)cols;
	if (q->count == q->room) {
		unsigned room = q->room ? 2 * q->room : 16;
		struct booking *list = realloc(q->list, room * sizeof(*list));

		if (list == NULL)
			return -ENOMEM;
		q->list = list;
		q->room = room;
	}
	booking_from_row(&q->list[q->count++], col);
	return 0;
}

static int each_tx(struct store_conn *c, void *arg)
{
	struct booking_query *q = arg;
	int err;

	q->count = 0; /* a repeated try begins anew */
	err = store_query(c, list_row, q,
	                  "SELECT " BOOKING_COLUMNS
	                  " FROM booking WHERE (? IS NULL OR host = ?) AND (? = 1 OR state IN ('active', 'begun')) "
	                  "ORDER BY next_at IS NULL, next_at, id",
	                  "ssi", q->host, q->host, (int64_t)q->all);
	for (unsigned i = 0; !err && i < q->count; i++)
		err = load_parties(c, &q->list[i]);
	return err == -ENOENT ? 0 : err;
}

int booking_each(struct store *s, const char *host, bool all, int (*each)(void *arg, const struct booking *b), void *arg)
{
	struct booking_query q = { .host = host, .all = all };
	int err = store_tx(s, each_tx, &q);

	for (unsigned i = 0; !err && i < q.count; i++)
		err = each(arg, &q.list[i]);
	free(q.list);
	return err > 0 ? 0 : err;
}

#define FIRST_US "COALESCE(" BOOKING_US("wall_at") ", 0)"
#define NEXT_US  "COALESCE(" BOOKING_US("next_at") ", 0)"
#define LISTED   " FROM booking WHERE (? = 0 OR account_id = ?) AND (? = 0 OR provider_id = ?) AND (? IS NULL OR host = ?) AND "

int64_t booking_order(const struct booking *b, enum booking_when when)
{
	return when == BOOKING_UPCOMING ? b->next_utc_us : CLOCK_SEC(b->when.wall_s);
}

struct booking_page {
	const struct booking_filter *f;
	struct booking_query         q;
};

static int page_tx(struct store_conn *c, void *arg)
{
	static const char *const sql[] = {
		[BOOKING_UPCOMING] = "SELECT " BOOKING_COLUMNS LISTED "state IN ('active', 'begun') AND (? = '' OR (" NEXT_US
				     ", id) > (?, ?)) ORDER BY " NEXT_US ", id LIMIT ?",
		[BOOKING_PAST] = "SELECT " BOOKING_COLUMNS LISTED "state NOT IN ('active', 'begun') AND (? = '' OR (" FIRST_US
				 ", id) < (?, ?)) ORDER BY " FIRST_US " DESC, id DESC LIMIT ?",
		[BOOKING_ALL] = "SELECT " BOOKING_COLUMNS LISTED "(? = '' OR (" FIRST_US ", id) < (?, ?)) ORDER BY " FIRST_US
				" DESC, id DESC LIMIT ?",
	};
	struct booking_page *p = arg;
	const struct booking_filter *f = p->f;
	int err;

	p->q.count = 0; /* a repeated try begins anew */
	err = store_query(c, list_row, &p->q, sql[f->when], "iiiisssisi", f->account_id, f->account_id, f->provider_id,
	                  f->provider_id, f->host, f->host, f->after_id, f->after, f->after_id, (int64_t)f->limit);
	for (unsigned i = 0; !err && i < p->q.count; i++)
		err = load_parties(c, &p->q.list[i]);
	return err == -ENOENT ? 0 : err;
}

int booking_list(struct store *s, const struct booking_filter *f, int (*each)(void *arg, const struct booking *b), void *arg)
{
	struct booking_page p = { .f = f };
	int err = store_tx(s, page_tx, &p);

	for (unsigned i = 0; !err && i < p.q.count; i++)
		err = each(arg, &p.q.list[i]);
	free(p.q.list);
	return err > 0 ? 0 : err;
}

/* ---- what is allowed ---- */

int booking_next(const struct booking *b, int64_t after_utc_us, int64_t *next_utc_us)
{
	struct booking_zone *z;
	int err = booking_zone_load(&z, b->zone);
	int64_t next;

	if (err)
		return err;
	next = booking_next_start(&b->when, z, after_utc_us / 1000000, NULL);
	*next_utc_us = next == BOOKING_NEVER ? 0 : next * 1000000;
	booking_zone_free(z);
	return 0;
}

static bool parties_ok(const struct booking *b)
{
	if (b->party_count == 0 || b->party_count > BOOKING_PARTIES_MAX)
		return false;
	for (unsigned i = 0; i < b->party_count; i++) {
		if (b->party[i].number[0] == '\0' || strcmp(b->party[i].number, b->host) == 0)
			return false;
		for (unsigned j = 0; j < i; j++)
			if (strcmp(b->party[i].number, b->party[j].number) == 0)
				return false;
	}
	return true;
}

/* Sets its next start. A start in this very second has not gone by. */
static int booking_check(struct booking *b, int64_t at_utc_us)
{
	int err;

	if (b->host[0] == '\0' || !parties_ok(b) || b->redials > BOOKING_REDIALS_MAX || b->interval_s < BOOKING_INTERVAL_MIN ||
	    b->interval_s > BOOKING_INTERVAL_MAX || b->length_s > BOOKING_LENGTH_MAX ||
	    (b->when.repeat == BOOKING_WEEKLY && (b->when.weekdays & 0x7f) == 0))
		return -EINVAL;
	if (b->language[0] && strcmp(b->language, "zh-CN") != 0 && strcmp(b->language, "en") != 0)
		return -EINVAL;
	err = booking_next(b, at_utc_us - CLOCK_SEC(1), &b->next_utc_us);
	if (err)
		return err;
	return b->next_utc_us == 0 || b->next_utc_us > at_utc_us + CLOCK_SEC(BOOKING_AHEAD_MAX_S) ? -ETIME : 0;
}

/* ---- writing, each with its row in the audit trail ---- */

struct booking_write {
	struct booking *b;
	const char     *id, *who, *what;
	char            audit_id[ID_SIZE];
	int64_t         at;
};

#define TRAIL_TEXT 600

/* As the audit trail has it: what somebody would ask for, afterwards. */
static void trail_text(char out[TRAIL_TEXT], const struct booking *b)
{
	char wall[CLOCK_STAMP_SIZE];
	size_t n;

	clock_format_utc(b->when.wall_s * 1000000, wall, sizeof(wall));
	n = (size_t)snprintf(out, TRAIL_TEXT, "host %s, %.16s %s, %s, %u s, %u redials, interval %u s, parties", b->host, wall,
	                     b->zone, booking_repeat_name(b->when.repeat), b->length_s, b->redials, b->interval_s);
	for (unsigned i = 0; i < b->party_count && n < TRAIL_TEXT; i++)
		n += (size_t)snprintf(out + n, TRAIL_TEXT - n, " %s", b->party[i].number);
}

static int audit(struct store_conn *c, const struct booking_write *w, const char *id, const char *before, const struct booking *b)
{
	char after[TRAIL_TEXT] = "cancelled";

	if (b)
		trail_text(after, b);
	return billing_audit(c, &(struct audit_entry){ .id = w->audit_id,
	                                               .who = w->who,
	                                               .what = w->what,
	                                               .subject = id,
	                                               .before = before,
	                                               .after = after,
	                                               .at_utc_us = w->at });
}

static int write_parties(struct store_conn *c, const struct booking *b)
{
	int err = store_exec(c, NULL, "DELETE FROM booking_party WHERE booking_id = ?", "s", b->id);

	for (unsigned i = 0; !err && i < b->party_count; i++)
		err = store_exec(c, NULL, "INSERT INTO booking_party (booking_id, party_order, number, name) VALUES (?, ?, ?, ?)",
		                 "siss", b->id, (int64_t)i + 1, b->party[i].number, b->party[i].name);
	return err;
}

static int account_row(void *arg, const char *const *col, unsigned cols)
{
	struct booking *b = arg;

	(void)cols;
	b->account_id = number(col[0]);
	b->provider_id = number(col[1]);
	return 1;
}

static int find_account(struct store_conn *c, struct booking *b)
{
	return store_query(c, account_row, b,
	                   "SELECT a.id, a.provider_id FROM account_number n JOIN account a ON a.id = n.account_id WHERE "
	                   "n.number = ? AND n.valid_to IS NULL",
	                   "s", b->host);
}

/* Of no repeat, no end by the wall: there is nothing to end. */
static int64_t until_us(const struct booking *b)
{
	return b->when.repeat == BOOKING_ONCE || b->when.until_wall == INT64_MAX ? 0 : b->when.until_wall * 1000000;
}

static int add_tx(struct store_conn *c, void *arg)
{
	struct booking_write *w = arg;
	struct booking *b = w->b;
	int64_t there;
	int err = store_query_int(c, &there, "SELECT account_id FROM booking WHERE id = ?", "s", b->id);

	if (!err) { /* in a try whose commit we did not hear of; or the caller's second one */
		int64_t ours;

		err = store_query_int(c, &ours, "SELECT COUNT(*) FROM booking WHERE id = ? AND host = ? AND wall_at = ?", "sst",
		                      b->id, b->host, b->when.wall_s * 1000000);
		return err ? err : ours ? booking_load(c, b->id, b) : -EEXIST;
	}
	if (err != -ENOENT)
		return err;
	err = find_account(c, b);
	if (!err)
		err = store_exec(c, NULL,
		                 "INSERT INTO booking (id, provider_id, account_id, host, service, language, zone, wall_at, "
		                 "repeats, weekdays, until_wall, length_s, redials, interval_s, music, parties, next_at, "
		                 "created_at, changed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		                 "siisssstsitiiiiittt",
		                 b->id, b->provider_id, b->account_id, b->host, b->service, b->language, b->zone,
		                 b->when.wall_s * 1000000, booking_repeat_name(b->when.repeat), (int64_t)b->when.weekdays,
		                 until_us(b), (int64_t)b->length_s, (int64_t)b->redials, (int64_t)b->interval_s,
		                 (int64_t)b->music, (int64_t)b->party_count, b->next_utc_us, w->at, w->at);
	if (!err)
		err = write_parties(c, b);
	b->state = BOOKING_ACTIVE;
	b->version = 1;
	return err ? err : audit(c, w, b->id, NULL, b);
}

int booking_add(struct store *s, struct booking *b, const char *who, int64_t at_utc_us)
{
	struct booking_write w = { .b = b, .who = who, .what = "booking.add", .at = at_utc_us };
	int err = booking_check(b, at_utc_us);

	random_id(w.audit_id);
	return err ? err : store_tx(s, add_tx, &w);
}

/* May it still be touched? Its row is locked by this transaction; the claim (booking/run.c) skips it meanwhile. */
static int not_begun(struct store_conn *c, const char *id, unsigned version, char before[TRAIL_TEXT])
{
	struct booking now;
	int64_t runs;
	int err = booking_load(c, id, &now);

	if (err)
		return err;
	if (now.state == BOOKING_DONE || now.state == BOOKING_CANCELLED)
		return -ESRCH;
	if (now.state == BOOKING_BEGUN)
		return -EBUSY;
	err = store_query_int(c, &runs, "SELECT COUNT(*) FROM booking_run WHERE booking_id = ? AND state <> 'done'", "s", id);
	if (err)
		return err;
	trail_text(before, &now);
	return runs ? -EBUSY : version && version != now.version ? -ESTALE : 0;
}

static int change_tx(struct store_conn *c, void *arg)
{
	struct booking_write *w = arg;
	struct booking *b = w->b;
	char before[TRAIL_TEXT];
	int err = billing_audited(c, w->audit_id);

	if (err)
		return err < 0 ? err : 0; /* 1: in a try whose commit we did not hear of */
	err = not_begun(c, b->id, b->version, before);
	if (!err)
		err = find_account(c, b);
	if (!err)
		err = store_exec(c, NULL,
		                 "UPDATE booking SET provider_id = ?, account_id = ?, host = ?, service = ?, language = ?, "
		                 "zone = ?, wall_at = ?, repeats = ?, weekdays = ?, until_wall = ?, length_s = ?, redials = ?, "
		                 "interval_s = ?, music = ?, parties = ?, next_at = ?, changed_at = ?, version = version + 1 "
		                 "WHERE id = ?",
		                 "iisssstsitiiiiitts",
		                 b->provider_id, b->account_id, b->host, b->service, b->language, b->zone,
		                 b->when.wall_s * 1000000, booking_repeat_name(b->when.repeat), (int64_t)b->when.weekdays,
		                 until_us(b), (int64_t)b->length_s, (int64_t)b->redials, (int64_t)b->interval_s,
		                 (int64_t)b->music, (int64_t)b->party_count, b->next_utc_us, w->at, b->id);
	if (!err)
		err = write_parties(c, b);
	return err ? err : audit(c, w, b->id, before, b);
}

int booking_change(struct store *s, struct booking *b, const char *who, int64_t at_utc_us)
{
	struct booking_write w = { .b = b, .who = who, .what = "booking.change", .at = at_utc_us };
	int err = booking_check(b, at_utc_us);

	random_id(w.audit_id);
	if (!err)
		err = store_tx(s, change_tx, &w);
	if (!err)
		b->version++;
	return err;
}

static int cancel_tx(struct store_conn *c, void *arg)
{
	struct booking_write *w = arg;
	char before[TRAIL_TEXT];
	int err = billing_audited(c, w->audit_id);

	if (err)
		return err < 0 ? err : 0;
	err = not_begun(c, w->id, 0, before);
	if (!err)
		err = store_exec(c, NULL,
		                 "UPDATE booking SET state = 'cancelled', next_at = NULL, changed_at = ?, version = version + 1 "
		                 "WHERE id = ?",
		                 "ts", w->at, w->id);
	return err ? err : audit(c, w, w->id, before, NULL);
}

int booking_cancel(struct store *s, const char *id, const char *who, int64_t at_utc_us)
{
	struct booking_write w = { .id = id, .who = who, .what = "booking.cancel", .at = at_utc_us };

	random_id(w.audit_id);
	return store_tx(s, cancel_tx, &w);
}
