/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Booked conferences. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "office/booking_json.h"
#include "office/json.h"
#include "office/resources.h"

/* ---- looking ---- */

struct shown {
	struct request   *r;
	json_t           *items;
	enum booking_when when;
	size_t            limit;
	char              next[PAGE_CURSOR_MAX];
	int64_t           last;    /* booking_order() of the last one shown */
	char              last_id[ID_SIZE];
};

static int list_one(void *arg, const struct booking *b)
{
	struct shown *l = arg;

	if (json_array_size(l->items) == l->limit) { /* there is one more */
		(void)snprintf(l->next, sizeof(l->next), "%lld~%s", (long long)l->last, l->last_id);
		return 1;
	}
	l->last = booking_order(b, l->when);
	(void)snprintf(l->last_id, sizeof(l->last_id), "%s", b->id);
	return list_add(l->items, booking_json(b));
}

void bookings_list(struct request *r)
{
	const char *when = request_query(r, "when"), *host = request_query(r, "host");
	struct shown l = { .r = r, .limit = (size_t)page_limit(r) };
	struct booking_filter f = { .limit = (unsigned)page_limit(r) + 1 };
	struct page_cursor c;
	char number[33];
	int err;

	if (!page_cursor(r, &c) || (host && !request_number(r, host, "host", number)))
		return;
	l.when = f.when = when == NULL || strcmp(when, "upcoming") == 0 ? BOOKING_UPCOMING
	                  : strcmp(when, "past") == 0                   ? BOOKING_PAST
	                                                                : BOOKING_ALL;
	f.account_id = r->session.account_id;
	f.provider_id = r->session.account_id ? 0 : r->session.provider_id;
	f.host = host ? number : NULL;
	f.after = strtoll(c.first, NULL, 10);
	f.after_id = c.second;
	l.items = json_array();
	err = booking_list(r->office->store, &f, list_one, &l);
	if (err) {
		json_decref(l.items);
		answer_errno(r, err, "booking");
		return;
	}
	answer_json(r, 200, json_pack("{s:o, s:o}", "items", l.items, "next", text_or_null(l.next)));
}

/* False after an answer: another's does not exist. */
static bool find(struct request *r, struct booking *b)
{
	int err = booking_find(r->office->store, r->param[0], b);

	if (!err && (r->session.account_id ? b->account_id != r->session.account_id : b->provider_id != r->session.provider_id))
		err = -ENOENT;
	if (err)
		answer_errno(r, err, "booking");
	return !err;
}

static void answer_booking(struct request *r, unsigned status, const struct booking *b)
{
	json_t *o = booking_json(b), *runs;
	int err = booking_runs(r, b->id, &runs);

	if (err) {
		json_decref(o);
		answer_errno(r, err, "booking");
		return;
	}
	(void)json_object_set_new(o, "runs", runs);
	answer_etag(r, "%u", b->version);
	answer_json(r, status, o);
}

void booking_get(struct request *r)
{
	struct booking b;

	if (find(r, &b))
		answer_booking(r, 200, &b);
}

/* ---- writing ---- */

static void answer_refused(struct request *r, int err, const struct booking *b)
{
	switch (err) {
	case -EBUSY:
		answer_problem(r, PROBLEM_BEGUN, "booking %s has begun: it goes on, and cannot be changed or cancelled", b->id);
		break;
	case -ESRCH:
		answer_problem(r, PROBLEM_OVER, "booking %s is over, or cancelled already", b->id);
		break;
	case -ESTALE:
		answer_problem(r, PROBLEM_PRECONDITION_FAILED, "look at it again");
		break;
	case -ETIME:
		answer_wrong(r, "#/start", "is over, or more than ten years ahead");
		break;
	case -EINVAL:
		answer_wrong(r, "#/parties", "a party twice, or the host among them");
		break;
	case -EEXIST:
		answer_problem(r, PROBLEM_EXISTS, "booking %s is another one", b->id);
		break;
	default:
		answer_errno(r, err, "booking");
		break;
	}
}

/* As the store has it now. */
static void answer_written(struct request *r, unsigned status, const char *id)
{
	struct booking b;
	int err = booking_find(r->office->store, id, &b);

	if (err)
		answer_errno(r, err, "booking");
	else
		answer_booking(r, status, &b);
}

void booking_add_post(struct request *r)
{
	struct booking b = { .interval_s = 60, .when.until_wall = INT64_MAX };
	int err;

	(void)snprintf(b.id, sizeof(b.id), "%s", r->id);
	if (!booking_read(r, &b))
		return;
	err = booking_add(r->office->store, &b, r->who, r->now_utc_us);
	if (err) {
		answer_refused(r, err, &b);
		return;
	}
	answer_written(r, 201, b.id);
	answer_location(r, "/api/v1/bookings/%s", b.id);
}

/* All of it is told anew; what is not told is as in a new one. */
void booking_put(struct request *r)
{
	struct booking now, b = { .interval_s = 60, .when.until_wall = INT64_MAX };
	char etag[REQUEST_ETAG_SIZE];
	int err;

	if (!find(r, &now))
		return;
	(void)snprintf(etag, sizeof(etag), "%u", now.version);
	if (!request_matches(r, etag))
		return;
	(void)snprintf(b.id, sizeof(b.id), "%s", now.id);
	b.version = now.version;
	b.account_id = now.account_id;
	b.provider_id = now.provider_id;
	if (!booking_read(r, &b))
		return;
	err = booking_change(r->office->store, &b, r->who, r->now_utc_us);
	if (err)
		answer_refused(r, err, &b);
	else
		answer_written(r, 200, b.id);
}

void booking_delete(struct request *r)
{
	struct booking b;
	int err;

	if (!find(r, &b))
		return;
	err = booking_cancel(r->office->store, b.id, r->who, r->now_utc_us);
	if (err)
		answer_refused(r, err, &b);
	else
		answer_written(r, 200, b.id);
}
