/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ivr/selfcare_list.c - his last calls, and his bookings. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "booking/booking.h"
#include "core/clock.h"
#include "ivr/booked_internal.h"
#include "ivr/selfcare_internal.h"

#define LOG_MODULE "ivr"

#define BOOKINGS_MAX 20

/* ---- calls ---- */

int selfcare_recent(struct selfcare *c)
{
	struct care_call call[CARE_CALLS_MAX];
	unsigned count;
	int err = billing_care_calls(c->env->billing, c->own, call, &count);

	if (err)
		return selfcare_unavailable(c, err);
	if (count == 0)
		return selfcare_tell_id(c, "recent-none");
	for (unsigned i = 0; i < count && !err; i++) {
		char spoken[LEG_NUMBER_MAX + 1];
		struct say_list list;

		if (c->env->spoken(c->env->dialled_arg, call[i].called, spoken) != 0)
			(void)snprintf(spoken, sizeof(spoken), "%.32s", call[i].called);
		say_begin(&list);
		say_prompt(&list, "recent-to");
		say_digits(&list, c->d.lang, spoken);
		say_prompt(&list, "recent-for");
		say_duration_s(&list, c->d.lang, (call[i].talk_ms + 999) / 1000);
		say_prompt(&list, "recent-cost");
		say_money_e4(&list, c->d.lang, call[i].amount_e4);
		err = dialogue_say(&c->d, &list); /* a key goes to the menu, and counts there */
	}
	return err == -EINTR ? 0 : err;
}

/* ---- bookings ---- */

struct bookings {
	struct store   *store;
	const char     *host, *who;
	unsigned        count, at;
	struct {
		char     id[ID_SIZE];
		int64_t  wall_s;
		unsigned parties;
	} one[BOOKINGS_MAX];
};

/* By the wall of the booking's own zone, as it was ordered. */
static int64_t booking_wall(const struct booking *b)
{
	struct booking_zone *zone;
	int64_t wall_s;

	if (booking_zone_load(&zone, b->zone) != 0)
		return b->when.wall_s;
	wall_s = b->next_utc_us / 1000000 + booking_zone_offset(zone, b->next_utc_us / 1000000);
	booking_zone_free(zone);
	return wall_s;
}

static int booking_row(void *arg, const struct booking *b)
{
	struct bookings *q = arg;

	if (b->state != BOOKING_ACTIVE || b->next_utc_us == 0)
		return 0;
	memcpy(q->one[q->count].id, b->id, ID_SIZE);
	q->one[q->count].wall_s = booking_wall(b);
	q->one[q->count].parties = b->party_count;
	return ++q->count == BOOKINGS_MAX;
}

static int bookings_run(void *arg)
{
	struct bookings *q = arg;
	int err;

	q->count = 0;
	err = booking_each(q->store, q->host, false, booking_row, q);
	return err == -ENOENT ? 0 : err;
}

static int cancel_run(void *arg)
{
	const struct bookings *q = arg;

	return booking_cancel(q->store, q->one[q->at].id, q->who, clock_utc_us());
}

static int booking_cancelled(struct selfcare *c, struct bookings *q)
{
	int err = worker_call(c->env->workers, cancel_run, q);

	if (err == -EBUSY)
		return selfcare_tell_id(c, "booking-begun");
	if (err && err != -ESRCH && err != -ENOENT)
		return selfcare_unavailable(c, err);
	return selfcare_tell_id(c, "booking-cancelled");
}

static void say_booking(struct selfcare *c, const struct bookings *q, struct say_list *list)
{
	time_t wall = (time_t)q->one[q->at].wall_s;
	struct tm tm;

	(void)gmtime_r(&wall, &tm);
	say_begin(list);
	say_prompt(list, "booking-at");
	say_time(list, c->d.lang, tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min);
	say_prompt(list, "booking-parties");
	say_number(list, c->d.lang, q->one[q->at].parties);
	say_prompt(list, "booking-keys");
}

static int bookings_told(struct selfcare *c, struct bookings *q)
{
	struct say_list list;
	char key;
	int err = worker_call(c->env->workers, bookings_run, q);

	if (err)
		return selfcare_unavailable(c, err);
	if (q->count == 0)
		return selfcare_tell_id(c, "bookings-none");
	for (q->at = 0; q->at < q->count && !err; q->at++) {
		say_booking(c, q, &list);
		err = selfcare_choose(c, &list, "12", &key);
		if (!err && key == '1')
			err = booking_cancelled(c, q);
	}
	return err;
}

int selfcare_bookings(struct selfcare *c)
{
	struct bookings *q;
	int err;

	if (c->env->booked == NULL)
		return selfcare_tell_id(c, "bookings-none");
	q = calloc(1, sizeof(*q));
	if (q == NULL)
		return -ENOMEM;
	q->store = booked_store(c->env->booked);
	q->host = c->own;
	q->who = c->who;
	err = bookings_told(c, q);
	free(q);
	return err;
}
