/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tests/worlds/booked_retry.c - booked conferences: who is not reached, and is called again. */
#include <string.h>

#include "tests/worlds/booked.h"

#define PARTY2   "13800000002"
#define PARTY2_E "8613800000002"
#define PARTY3   "13900000003"
#define PARTY3_E "8613900000003"

static double seconds_of(const json_t *e)
{
	return (double)event_int(e, "t") / 1e3;
}

/* This number is called; when, in seconds UTC. */
static double called_at(struct world *w, const char *number, double seconds, const char **call)
{
	json_t *e = expect_event(w, NULL, "ring", seconds);

	CHECK_STR(event_str(e, "called"), number);
	*call = event_str(e, "call");
	return seconds_of(e);
}

/* This number is called so long after the end of the attempt before. */
static const char *called_again(struct world *w, const char *number, double end, double interval)
{
	const char *call;
	double due = end + interval, at = called_at(w, number, due + 10 - (double)clock_utc_us() / 1e6, &call);

	if (at < due - 0.1 || at > due + 1.2) /* it is looked for what is due each second */
		world_fail(__FILE__, __LINE__, "%.2f s from the end of the attempt to the next, not %.0f", at - end, interval);
	return call;
}

static double gone_at(struct world *w, const char *call, double seconds)
{
	return seconds_of(expect_event(w, call, "gone", seconds));
}

SCENARIO(booked_host_is_called_again,
         "the host does not answer, is busy, answers the third call: the interval counts from the end of each")
{
	struct world *w = booked_world(NULL);
	struct booking b = booking_of(PARTY2_E, NULL);
	const char *call;
	double end;

	b.redials = 2;
	b.interval_s = 30;
	book_in(w, &b, 5);
	(void)called_at(w, BOOKED_HOST, 7, &call);
	end = gone_at(w, call, 60); /* 45 s of ringing */
	expect_run(w, &b, "waiting", "no-answer");
	exchange_does(w, "number " BOOKED_HOST " busy after 2000");
	call = called_again(w, BOOKED_HOST, end, 30);
	end = gone_at(w, call, 5);
	exchange_does(w, "number " BOOKED_HOST " ring");
	call = called_again(w, BOOKED_HOST, end, 30);
	phone_answers(w, call);
	(void)expect_call_to(w, PARTY2, 2);
	expect_run(w, &b, "live", "");
	CHECK_INT(sql_int(w, "SELECT made FROM booking_run"), 3);
	phone_hangs_up(w, call);
	world_run(w, 5);
	expect_run(w, &b, "done", "held");
	expect_party(w, &b, 1, "called-off", 1);
	world_close(w);
}

SCENARIO(booked_host_is_never_reached, "one redial: two calls, no more; what the last one met is kept, with its cause")
{
	struct world *w = booked_world(NULL);
	struct booking b = booking_of(PARTY2_E, NULL);
	const char *call;

	b.redials = 1;
	b.interval_s = 20;
	exchange_does(w, "number " BOOKED_HOST " busy");
	book_in(w, &b, 5);
	(void)called_at(w, BOOKED_HOST, 7, &call);
	(void)called_at(w, BOOKED_HOST, 25, &call);
	expect_no_event(w, NULL, "ring", 60);
	expect_run(w, &b, "done", "busy");
	CHECK_INT(sql_int(w, "SELECT cause FROM booking_run"), 17);
	CHECK_INT(sql_int(w, "SELECT COUNT(*) FROM booking_attempt WHERE outcome = 'busy' AND cause = 17"), 2);
	expect_party(w, &b, 1, "not-called", 0);
	CHECK_INT(sql_int(w, "SELECT COUNT(*) FROM v_leg WHERE role = 'host' AND cause = 17 AND charge_e4 = 0"), 2);
	CHECK_INT(balance(w, BOOKED_HOST_E), 1000000);
	world_close(w);
}

SCENARIO(booked_parties_are_called_again,
         "one party is busy twice and then comes, another never answers: the host waits with ring-back")
{
	struct world *w = booked_world(NULL);
	struct booking b = booking_of(PARTY2_E, PARTY3_E);
	const char *host, *p2, *p3;
	double end2, end3;

	b.redials = 2;
	b.interval_s = 20;
	exchange_does(w, "number " PARTY2 " busy after 1000");
	book_in(w, &b, 5);
	host = expect_call_to(w, BOOKED_HOST, 7);
	phone_answers(w, host);
	(void)called_at(w, PARTY2, 1, &p2);
	(void)called_at(w, PARTY3, 1, &p3);
	end2 = gone_at(w, p2, 3);
	world_run(w, 13);
	CHECK(heard_tone(w, host, 450, 5) > -35); /* ring-back of China, one second in five */
	p2 = called_again(w, PARTY2, end2, 20);
	end2 = gone_at(w, p2, 3);
	exchange_does(w, "number " PARTY2 " ring");
	p2 = called_again(w, PARTY2, end2, 20);
	phone_answers(w, p2);
	end3 = gone_at(w, p3, 50);
	p3 = called_again(w, PARTY3, end3, 20);
	exchange_does(w, "reject %s 21", p3);
	end3 = gone_at(w, p3, 3);
	p3 = called_again(w, PARTY3, end3, 20);
	(void)gone_at(w, p3, 60);
	expect_no_event(w, NULL, "ring", 40);
	expect_party(w, &b, 1, "answered", 3);
	expect_party(w, &b, 2, "no-answer", 3);
	expect_run(w, &b, "live", "");
	phone_hangs_up(w, host);
	expect_hangup(w, p2, 16, 1);
	world_run(w, 5);
	expect_run(w, &b, "done", "held");
	world_close(w);
}

SCENARIO(booked_nobody_comes, "no party is reached: the host is told which, that nobody came, and asked for a number")
{
	struct world *w = booked_world(NULL);
	struct booking b = booking_of(PARTY2_E, "8613912345678");
	const char *host, *p2;

	b.redials = 3; /* not for a number that does not exist */
	b.interval_s = 5;
	exchange_does(w, "number " PARTY2 " reject 21");
	book_in(w, &b, 5);
	host = expect_call_to(w, BOOKED_HOST, 7);
	phone_answers(w, host);
	expect_hears_in_room(w, host, PROMPT_ZH_CN, "party-unallocated", 20);
	expect_hears(w, host, PROMPT_ZH_CN, "nobody-reached", 40);
	expect_hears(w, host, PROMPT_ZH_CN, "enter-number", 10);
	expect_party(w, &b, 1, "rejected", 4);
	expect_party(w, &b, 2, "unallocated", 1);
	exchange_does(w, "number " PARTY2 " ring");
	events_forget(w);
	p2 = host_calls(w, host, PARTY2);
	phone_answers(w, p2);
	world_run(w, 2);
	phone_hangs_up(w, host);
	expect_hangup(w, p2, 16, 1);
	world_close(w);
}

SCENARIO(booked_congestion_uses_no_attempt_up,
         "no redial at all, but the network is congested: tried again every 5 s until the host is called")
{
	struct world *w = booked_world(NULL);
	struct booking b = booking_of(PARTY2_E, NULL);
	const char *call;
	double end;

	exchange_does(w, "number " BOOKED_HOST " congestion");
	exchange_does(w, "number " PARTY2 " congestion");
	book_in(w, &b, 5);
	(void)called_at(w, BOOKED_HOST, 7, &call);
	end = gone_at(w, call, 3);
	exchange_does(w, "number " BOOKED_HOST " ring");
	call = called_again(w, BOOKED_HOST, end, 5);
	phone_answers(w, call);
	(void)called_at(w, PARTY2, 3, &call);
	end = gone_at(w, call, 3);
	exchange_does(w, "number " PARTY2 " ring");
	call = called_again(w, PARTY2, end, 5);
	phone_answers(w, call);
	world_run(w, 1);
	expect_party(w, &b, 1, "answered", 1);
	CHECK_INT(sql_int(w, "SELECT made FROM booking_run"), 1);
	CHECK_INT(sql_int(w, "SELECT COUNT(*) FROM booking_attempt WHERE counts = 0 AND outcome = 'congestion'"), 2);
	world_close(w);
}

SCENARIO(booked_retries_over_three_days,
         "a host who answers on the third day: called daily, at the minute, whatever the node did meanwhile")
{
	struct world *w = booked_world(NULL);
	struct booking b = booking_of(PARTY2_E, NULL);
	const char *call;
	double end;

	b.redials = 3;
	b.interval_s = 86400;
	exchange_does(w, "number " BOOKED_HOST " busy");
	book_in(w, &b, 5);
	(void)called_at(w, BOOKED_HOST, 7, &call);
	end = gone_at(w, call, 3);
	for (unsigned day = 1; day <= 3; day++) {
		world_sleeps(w, 86400 - 30);
		exchange_does(w, "number " BOOKED_HOST " %s", day < 3 ? "busy" : "ring");
		call = called_again(w, BOOKED_HOST, end, 86400);
		if (day < 3)
			end = gone_at(w, call, 3);
	}
	phone_answers(w, call);
	(void)expect_call_to(w, PARTY2, 2);
	CHECK_INT(sql_int(w, "SELECT made FROM booking_run"), 4);
	world_close(w);
}

/* Seconds UTC. */
static void sleeps_until(struct world *w, int64_t utc_s)
{
	world_sleeps(w, (double)utc_s - (double)clock_utc_us() / 1e6);
}

/* The host is called then, and within two seconds; he is busy. */
static void is_called_and_busy(struct world *w, int64_t utc_s)
{
	exchange_does(w, "number " BOOKED_HOST " busy");
	CHECK(event_int(expect_event(w, NULL, "ring", 70), "t") / 1000 <= utc_s + 2);
	CHECK(clock_utc_us() / 1000000 >= utc_s);
	world_run(w, 3);
}

SCENARIO(booked_across_the_change_of_clocks,
         "daily at 09:00 in Berlin, the weekend of 2026-03-29: 08:00 UTC on Saturday, 07:00 on Sunday and Monday")
{
	struct world_setup s = { .options = booked_options, .begin_utc_us = INT64_C(1774684740000000) }; /* Saturday 07:59 UTC */
	struct world *w = world_open(&s);
	struct booking b = booking_of(PARTY2_E, NULL);
	int64_t at[] = { INT64_C(1774684800), INT64_C(1774767600), INT64_C(1774854000) };

	(void)snprintf(b.zone, sizeof(b.zone), "Europe/Berlin");
	b.when = (struct booking_schedule){ .wall_s = at[0] + 3600, .repeat = BOOKING_DAILY, .until_wall = INT64_MAX };
	exchange_does(w, "number " BOOKED_HOST " busy");
	CHECK_INT(book_try(w, &b), 0);
	for (unsigned day = 0; day < 3; day++) {
		if (day > 0)
			sleeps_until(w, at[day] - 20);
		is_called_and_busy(w, at[day]);
	}
	world_close(w);
}

SCENARIO(booked_weekly_over_a_year, "Mondays at 09:00 in Berlin for a year, the node off in between: always at 09:00 there, "
                                    "08:00 UTC in winter and 07:00 in summer")
{
	struct world_setup s = { .options = booked_options, .begin_utc_us = INT64_C(1772438340000000) }; /* Monday 07:59 UTC */
	struct world *w = world_open(&s);
	struct booking b = booking_of(PARTY2_E, NULL);
	int64_t first = INT64_C(1772438400), step = 4 * 7 * 86400;
	unsigned summer = 0;

	(void)snprintf(b.zone, sizeof(b.zone), "Europe/Berlin");
	b.when = (struct booking_schedule){
		.wall_s = first + 3600, .repeat = BOOKING_WEEKLY, .weekdays = 1u << 0, .until_wall = INT64_MAX
	};
	CHECK_INT(book_try(w, &b), 0);
	for (unsigned i = 0; i <= 13; i++) {
		int64_t winter_at = first + i * step;
		/* summer time: the last Sundays of March and October, 2026-03-29 and 2026-10-25, at 01:00 UTC */
		bool dst = winter_at >= INT64_C(1774746000) && winter_at < INT64_C(1792890000);
		int64_t at = winter_at - (dst ? 3600 : 0);

		summer += dst;
		if (i > 0)
			sleeps_until(w, at - 20);
		is_called_and_busy(w, at);
	}
	CHECK_INT(summer, 8);
	world_close(w);
}
