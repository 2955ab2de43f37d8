/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "call/record.h"

#include <stdio.h>
#include <string.h>

#include "billing/record.h"
#include "core/clock.h"

static const char *presentation(const struct leg_party *p)
{
	return !p->present ? "" : p->restricted ? "restricted" : "allowed";
}

static const char *screening(const struct leg_party *p)
{
	static const char *const name[] = {
		[LEG_SCREEN_NONE] = "unscreened",
		[LEG_SCREEN_PASSED] = "passed",
		[LEG_SCREEN_FAILED] = "failed",
		[LEG_SCREEN_NETWORK] = "network",
	};

	return p->present ? name[p->screening] : "";
}

/* What reports read: E.164 digits; a short code without its tag. */
static const char *digits(const char *canonical)
{
	return strncmp(canonical, "s:", 2) == 0 ? canonical + 2 : canonical;
}

static void put(struct billing *b, const struct mparty_setup *s, const struct leg *l, const char *role, unsigned order,
                const struct rate_quote *rate, void (*as)(struct billing *b, const struct leg_record *r))
{
	struct leg_quality q;
	struct leg_record r = {
		.account_id = s->account.account_id,
		.provider_id = s->account.provider_id,
		.role = role,
		.order = order,
		.outgoing = l->outgoing,
		.trunk = l->trunk,
		.channel = l->channel,
		.timeslot = l->timeslot,
		.reference = l->reference,
		.bearer = l->bearer,
		.calling = digits(l->calling.canonical),
		.calling_raw = l->calling.raw,
		.calling_ton = l->calling.ton,
		.calling_npi = l->calling.npi,
		.called = digits(l->called.canonical),
		.called_raw = l->called.raw,
		.called_ton = l->called.ton,
		.called_npi = l->called.npi,
		.redirecting = digits(l->redirecting.canonical),
		.redirecting_raw = l->redirecting.raw,
		.presentation = presentation(&l->calling),
		.screening = screening(&l->calling),
		.began_us = l->setup_utc_us,
		.alerting_us = l->alerting_utc_us,
		.answered_us = l->answer_utc_us,
		.ended_us = l->end_utc_us,
		.talk_ms = leg_talk_ms(l),
		.cause = l->cause,
		.location = l->location,
		.by_peer = l->by_peer,
	};

	leg_quality(l, &q);
	if (q.known) {
		r.codec = q.codec;
		r.received = q.received;
		r.lost = q.lost;
		r.jitter_us = q.jitter_us;
		r.round_trip_us = q.round_trip_us;
		r.remote_lost_permille = q.remote_lost_permille;
		r.mos_x100 = q.mos_x100;
	}
	memcpy(r.leg_id, l->id, ID_SIZE);
	memcpy(r.call_id, s->call_id, ID_SIZE);
	if (rate) {
		r.tariff_id = rate->now.tariff_id;
		r.tariff_version = rate->now.version;
		r.price_e4 = rate->now.price_e4;
	}
	as(b, &r);
}

void record_trigger(struct billing *b, const struct mparty_setup *s, const struct leg *l)
{
	put(b, s, l, "trigger", 0, NULL, record_put_leg);
}

void record_selfcare(struct billing *b, const struct mparty_setup *s, const struct leg *l)
{
	put(b, s, l, "selfcare", 0, NULL, record_put_leg);
}

void record_leg(struct billing *b, const struct mparty_setup *s, const struct leg *l, unsigned order,
                const struct rate_quote *rate)
{
	put(b, s, l, order ? "member" : "host", order, rate, record_put_leg);
}

void record_leg_begun(struct billing *b, const struct mparty_setup *s, const struct leg *l, unsigned order,
                      const struct rate_quote *rate)
{
	put(b, s, l, order ? "member" : "host", order, rate, record_begin_leg);
}

void record_attempt(struct billing *b, const struct mparty_setup *s, const char *leg_id, const char *called, unsigned order,
                    int cause)
{
	struct leg_record r = {
		.account_id = s->account.account_id,
		.provider_id = s->account.provider_id,
		.role = order ? "member" : "host",
		.order = order,
		.outgoing = true,
		.trunk = "",
		.channel = "",
		.calling = digits(s->service),
		.calling_raw = "",
		.called = digits(called),
		.called_raw = "",
		.redirecting_raw = "",
		.presentation = "",
		.screening = "",
		.began_us = clock_utc_us(),
		.ended_us = clock_utc_us(),
		.cause = cause,
	};

	(void)snprintf(r.leg_id, ID_SIZE, "%s", leg_id);
	memcpy(r.call_id, s->call_id, ID_SIZE);
	record_put_leg(b, &r);
}

static struct call_record call_record(const struct mparty_setup *s, int cause)
{
	struct call_record r = {
		.account_id = s->account.account_id,
		.provider_id = s->account.provider_id,
		.host = digits(s->host),
		.service = digits(s->service),
		.booking_id = s->booking_id,
		.began_us = s->began_utc_us,
		.ended_us = clock_utc_us(),
		.cause = cause,
	};

	memcpy(r.call_id, s->call_id, ID_SIZE);
	return r;
}

void record_call(struct billing *b, const struct mparty_setup *s, int cause)
{
	struct call_record r = call_record(s, cause);

	record_put_call(b, &r);
}

void record_call_begun(struct billing *b, const struct mparty_setup *s)
{
	struct call_record r = call_record(s, 0);

	record_begin_call(b, &r);
}
