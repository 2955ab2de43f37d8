/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tests/worlds/load_thirty_legs.c - a full span: ten conversations of three on 30 timeslots. Every sample that every phone hears
 * for a minute is the one that arithmetic says: A-law of the saturated sum of the two others. The 31st call finds no channel.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "billing/account.h"
#include "dsp/g711.h"
#include "dsp/mix.h"
#include "media/wav.h"
#include "tests/worlds/world.h"

#define THREES    10
#define LEGS      (3 * THREES)
#define TALK_S    60
#define RATE      8000
#define SEARCH    4000 /* the sound is on its way for less than half a second */
/* Signals repeat, each with a length of its own and prime to the others': no two stretches of a minute are alike. */
#define LENGTH(leg) (16001 + 2 * (size_t)(leg))

struct load {
	struct world *w;
	struct talk   talk[THREES];
	const char   *call[LEGS];
	int16_t      *signal[LEGS]; /* as the line carries it: A-law and back */
};

static void load_number(char out[12], const char *prefix, unsigned n)
{
	(void)snprintf(out, 12, "%s%04u", prefix, n);
}

/* Noise, loud enough that two together overload now and then: saturation is part of what is compared. */
static void load_signal(struct load *l, unsigned leg)
{
	char path[128];
	uint32_t x = 0x9e3779b9u * (leg + 1);
	int16_t *s = malloc(LENGTH(leg) * sizeof(*s));

	CHECK(s != NULL);
	for (size_t i = 0; i < LENGTH(leg); i++) {
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
		s[i] = (int16_t)((int32_t)((x >> 16) * 40000u >> 16) - 20000);
	}
	(void)snprintf(path, sizeof(path), "%s/signal%u.wav", l->w->dir, leg);
	CHECK_INT(wav_write(path, RATE, s, LENGTH(leg)), 0);
	for (size_t i = 0; i < LENGTH(leg); i++)
		s[i] = g711_alaw_decode(g711_alaw_encode(s[i]));
	l->signal[leg] = s;
}

static void load_accounts(struct world *w)
{
	struct store *s;
	char host[12], number[16];

	CHECK_INT(store_open(&s, &w->options.store), 0);
	for (unsigned i = 0; i < THREES; i++) {
		struct account_new n = { .number = number,
			                 .language = "en",
			                 .tariff = "standard",
			                 .who = "world",
			                 .opening_e4 = 1000000,
			                 .at_utc_us = clock_utc_us() };

		load_number(host, "1380001", i);
		(void)snprintf(number, sizeof(number), "86%s", host);
		CHECK_INT(account_add(s, &n), 0);
	}
	store_close(s);
}

/* Ten hosts, each called back, with two members. */
static void load_talks(struct load *l)
{
	struct world *w = l->w;
	char number[12], member[12];

	for (unsigned i = 0; i < THREES; i++) {
		load_number(number, "1380001", i);
		exchange_does(w, "number %s ring", number);
		for (unsigned k = 0; k < 2; k++) {
			load_number(number, "1380002", 2 * i + k);
			exchange_does(w, "number %s ring", number);
		}
	}
	for (unsigned i = 0; i < THREES; i++) {
		load_number(number, "1380001", i);
		load_number(member, "1380002", 2 * i);
		talk_begin(w, &l->talk[i], number, member);
		load_number(member, "1380002", 2 * i + 1);
		talk_add(w, &l->talk[i], member);
		l->call[3 * i] = l->talk[i].host;
		l->call[3 * i + 1] = l->talk[i].party[0];
		l->call[3 * i + 2] = l->talk[i].party[1];
	}
}

/* What the leg hears at sample t of the talk: the other two of its three. */
static int16_t load_expected(const struct load *l, unsigned leg, size_t t)
{
	unsigned first = leg - leg % 3;
	int32_t sum = 0;

	for (unsigned k = first; k < first + 3; k++)
		if (k != leg)
			sum += l->signal[k][t % LENGTH(k)];
	return g711_alaw_decode(g711_alaw_encode(mix_saturate(sum)));
}

/* Where in heard the talk's first sample is: found once, by its first 400. */
static size_t load_align(const struct load *l, unsigned leg, const int16_t *heard)
{
	for (size_t at = 0; at < SEARCH; at++) {
		size_t i = 0;

		while (i < 400 && heard[at + i] == load_expected(l, leg, i))
			i++;
		if (i == 400)
			return at;
	}
	world_fail(__FILE__, __LINE__, "leg %u (%s) does not hear the two others' signals at all", leg, l->call[leg]);
}

static void load_compare(const struct load *l, unsigned leg, int64_t began_us, int16_t *heard)
{
	size_t n = (size_t)TALK_S * RATE, at, loud = 0;

	CHECK_INT(exchange_call_heard(l->w->exchange, l->call[leg], began_us, heard, n + SEARCH), 0);
	at = load_align(l, leg, heard);
	for (size_t i = 0; i < n; i++) {
		int16_t want = load_expected(l, leg, i);

		if (heard[at + i] != want)
			world_fail(__FILE__, __LINE__, "leg %u (%s), sample %zu of %zu (%.3f s): heard %d, should be %d", leg,
			           l->call[leg], i, n, (double)i / RATE, heard[at + i], want);
		loud += want == 32256 || want == -32256;
	}
	CHECK(loud > 1000); /* it did saturate */
}

/* The exchange refuses a call for which no timeslot is left; and so does the node, when the one the exchange still sees is out of
 * its service. */
static void load_one_more(struct load *l)
{
	struct world *w = l->w;
	const char *call = phone_dials(w, "13800000001", "12599");
	json_t *e = expect_event(w, call, "hangup", 1);
	struct e1_channel_info ch[E1_TIMESLOTS];
	unsigned n, idle = 0;

	CHECK_INT(json_integer_value(json_object_get(e, "cause")), 34);
	phone_hangs_up(w, l->call[LEGS - 1]);
	expect_hangup(w, l->call[LEGS - 1], 16, 1);
	world_run(w, 2);
	n = e1_span_channels(node_span(w->node, "pstn"), ch);
	for (unsigned i = 0; i < n; i++)
		if (ch[i].call == NULL) {
			idle++;
			CHECK_INT(e1_span_set_service(node_span(w->node, "pstn"), ch[i].timeslot, false), 0);
		}
	CHECK_INT(idle, 1);
	call = phone_dials(w, "13800000001", "12599");
	e = expect_event(w, call, "hangup", 1);
	CHECK_INT(json_integer_value(json_object_get(e, "cause")), 34);
	CHECK_STR(json_string_value(json_object_get(e, "by")), "node");
	CHECK(find_event(w, call, "alerting") == NULL); /* before any announcement (rule 2) */
	for (unsigned i = 0; i < n; i++)
		CHECK_INT(e1_span_set_service(node_span(w->node, "pstn"), ch[i].timeslot, true), 0);
}

SCENARIO(load_thirty_legs, "ten talks of three on one span for 60 s: every sample as it must be; the 31st call gets 34")
{
	struct load l = { .w = world_open(NULL) };
	int16_t *heard = malloc(((size_t)TALK_S * RATE + SEARCH) * sizeof(*heard));
	struct e1_span_info info;
	int64_t began_us;

	CHECK(heard != NULL);
	load_accounts(l.w);
	load_talks(&l);
	for (unsigned i = 0; i < LEGS; i++)
		load_signal(&l, i);
	world_run(l.w, 2); /* the last joining tone is over */
	e1_span_info(node_span(l.w->node, "pstn"), &info);
	CHECK_INT(info.calls, LEGS);
	CHECK_INT(info.free_channels, 0);

	began_us = world_now_us();
	for (unsigned i = 0; i < LEGS; i++)
		exchange_does(l.w, "play %s %s/signal%u.wav loop", l.call[i], l.w->dir, i);
	world_run(l.w, TALK_S + 1);
	for (unsigned i = 0; i < LEGS; i++)
		load_compare(&l, i, began_us, heard);
	for (unsigned i = 0; i < LEGS; i++)
		exchange_does(l.w, "stop %s", l.call[i]);
	load_one_more(&l);

	for (unsigned i = 0; i < THREES; i++)
		phone_hangs_up(l.w, l.talk[i].host);
	world_run(l.w, 5);
	CHECK_INT(sql_int(l.w, "SELECT COUNT(*) FROM v_leg WHERE role = 'member' AND charge_e4 > 0"), 2 * THREES);
	for (unsigned i = 0; i < LEGS; i++)
		free(l.signal[i]);
	free(heard);
	world_close(l.w);
}
