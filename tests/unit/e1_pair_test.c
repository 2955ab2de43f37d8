/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Calls between a node's span and an exchange's: set up, refused, crossing, cleared from either side, and what the owner is
 * told. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "e1/internal.h"
#include "tests/unit/e1_world.h"

static void all_is_quiet(struct e1_world *w)
{
	for (int i = 0; i < SIDES; i++) {
		struct e1_channel_info info[E1_TIMESLOTS];

		assert_true(e1_span_up(w->span[i]));
		assert_int_equal(e1_span_free_channels(w->span[i]), 30);
		assert_int_equal(e1_span_channels(w->span[i], info), 30);
		for (int k = 0; k < 30; k++) {
			assert_null(info[k].call);
			assert_string_equal(info[k].state, "idle");
		}
		assert_true(list_empty(&w->span[i]->calls));
	}
}

static void answer(struct e1_world *w, int side, struct e1_call *c, const struct e1_setup *setup)
{
	(void)w;
	(void)side;
	(void)setup;
	assert_int_equal(e1_call_proceeding(c), 0);
	assert_int_equal(e1_call_alerting(c, true), 0);
	assert_int_equal(e1_call_answer(c), 0);
}

static void leave_alone(struct e1_world *w, int side, struct e1_call *c, const struct e1_setup *setup)
{
	(void)w;
	(void)side;
	(void)setup;
	assert_int_equal(e1_call_proceeding(c), 0);
}

static struct e1_call *talk(struct e1_world *w, int side)
{
	struct e1_call *c;

	w->on_ring = answer;
	c = dial(w, side, "12599");
	run_ms(w, 500);
	assert_non_null(seen(w, side, E1_ANSWER, 0));
	return c;
}

static void calls_both_ways(void **state)
{
	struct e1_world *w = *state;

	for (int side = 0; side < SIDES; side++) {
		struct e1_call *c = talk(w, side);
		struct seen *e = seen(w, !side, E1_RING, 0);

		assert_non_null(e);
		assert_string_equal(e->setup.called.digits, "12599");
		assert_string_equal(e->setup.calling.digits, "13800000001");
		assert_int_equal(e->setup.calling.ton, E1_TON_NATIONAL);
		assert_int_equal(e->setup.calling.npi, 1);
		assert_int_equal(e->setup.calling.screening, E1_SCREEN_NETWORK);
		assert_false(e->setup.redirecting.present);
		assert_int_equal(e->setup.bearer, E1_BEARER_3K1);
		assert_true(e->setup.sending_complete);
		assert_false(e->setup.exclusive);
		assert_int_equal(e->timeslot, side == CPE ? 31 : 1); /* from opposite ends */
		assert_int_equal(e1_call_timeslot(c), e->timeslot);
		assert_ptr_equal(e1_call_port(c), w->span[side]->channel[e->timeslot].port);
		assert_true(e1_call_outgoing(c));
		assert_non_null(seen(w, side, E1_PROCEEDING, 0));
		e = seen(w, side, E1_ALERTING, 0);
		assert_true(e && e->ev.inband);
		assert_int_equal(e1_call_hangup(c, 16), 0);
		assert_int_equal(e1_call_hangup(c, 16), -ENOTCONN);
		run_ms(w, 1000);
		e = seen(w, !side, E1_HANGUP, 0);
		assert_non_null(e);
		assert_int_equal(e->ev.cause, 16);
		assert_int_equal(e->ev.location, 1); /* libpri's: private network serving the local user */
		assert_true(e->ev.by_peer);
		assert_null(seen(w, side, E1_HANGUP, 0));
		assert_int_equal(seen_count(w, CPE, E1_GONE), 1);
		assert_int_equal(seen_count(w, NET, E1_GONE), 1);
		all_is_quiet(w);
		w->count = 0;
	}
}

static void called_side_hangs_up(void **state)
{
	struct e1_world *w = *state;

	for (int side = 0; side < SIDES; side++) {
		struct seen *e;

		(void)talk(w, side);
		assert_int_equal(e1_call_hangup(seen(w, !side, E1_RING, 0)->ev.call, 31), 0);
		run_ms(w, 1000);
		e = seen(w, side, E1_HANGUP, 0);
		assert_true(e && e->ev.cause == 31 && e->ev.by_peer);
		all_is_quiet(w);
		w->count = 0;
	}
}

/* Both at the same moment: DISCONNECT and DISCONNECT cross. */
static void both_hang_up(void **state)
{
	struct e1_world *w = *state;
	struct e1_call *c = talk(w, CPE);

	assert_int_equal(e1_call_hangup(seen(w, NET, E1_RING, 0)->ev.call, 16), 0);
	assert_int_equal(e1_call_hangup(c, 16), 0);
	run_ms(w, 2000);
	assert_int_equal(seen_count(w, CPE, E1_GONE), 1);
	assert_int_equal(seen_count(w, NET, E1_GONE), 1);
	all_is_quiet(w);
}

static int refuse_cause;

static void refuse(struct e1_world *w, int side, struct e1_call *c, const struct e1_setup *setup)
{
	(void)w;
	(void)side;
	(void)setup;
	assert_int_equal(e1_call_hangup(c, refuse_cause), 0);
}

static void refusals(void **state)
{
	struct e1_world *w = *state;
	static const int causes[] = { 1,  3,  6,  7,  16, 17, 18, 19, 21, 22, 26, 27,  28,
		                      31, 34, 38, 41, 42, 44, 47, 65, 81, 82, 88, 102, 127 };

	w->on_ring = refuse;
	for (int side = 0; side < SIDES; side++) {
		for (unsigned i = 0; i < ARRAY_LEN(causes); i++) {
			struct seen *e;

			refuse_cause = causes[i];
			(void)dial(w, side, "12599");
			run_ms(w, 1000);
			e = seen(w, side, E1_HANGUP, 0);
			if (!e || e->ev.cause != causes[i] || !e->ev.by_peer)
				fail_msg("cause %d: %d", causes[i], e ? e->ev.cause : -1);
			/* once elsewhere on 44, never otherwise (rule 7) */
			assert_int_equal(seen_count(w, !side, E1_RING), causes[i] == 44 ? 2 : 1);
			assert_int_equal(seen_count(w, side, E1_GONE), 1);
			assert_int_equal(seen_count(w, !side, E1_GONE), causes[i] == 44 ? 2 : 1);
			all_is_quiet(w);
			w->count = 0;
		}
	}
}

static void caller_gives_up(void **state)
{
	struct e1_world *w = *state;

	/* Before anything was said to the SETUP; after CALL PROCEEDING; after ALERTING. */
	for (int step = 0; step < 3; step++) {
		struct e1_call *c;
		struct seen *e;

		w->on_ring = step ? leave_alone : NULL;
		c = dial(w, NET, "12599");
		run_ms(w, 200);
		if (step == 2) {
			assert_int_equal(e1_call_alerting(seen(w, CPE, E1_RING, 0)->ev.call, false), 0);
			run_ms(w, 200);
			e = seen(w, NET, E1_ALERTING, 0);
			assert_true(e && !e->ev.inband);
		}
		assert_int_equal(e1_call_hangup(c, 16), 0);
		run_ms(w, 1000);
		e = seen(w, CPE, E1_HANGUP, 0);
		assert_true(e && e->ev.by_peer && e->ev.cause == 16);
		assert_int_equal(seen_count(w, CPE, E1_GONE), 1);
		assert_int_equal(seen_count(w, NET, E1_GONE), 1);
		all_is_quiet(w);
		w->count = 0;
	}
}

/* Nobody answers the SETUP: T303 twice, then the call is over with 18, on both sides. */
static void nobody_answers(void **state)
{
	struct e1_world *w = *state;
	struct seen *e;

	(void)dial(w, NET, "12599");
	run_ms(w, 12000);
	e = seen(w, NET, E1_HANGUP, 0);
	assert_true(e && e->ev.cause == 18 && !e->ev.by_peer);
	assert_int_equal(seen_count(w, NET, E1_GONE), 1);
	/* The exchange has forgotten the call without a word: whatever the node says on it now is answered by RELEASE
	 * COMPLETE. */
	assert_int_equal(e1_call_hangup(seen(w, CPE, E1_RING, 0)->ev.call, 17), 0);
	run_ms(w, 2000);
	assert_int_equal(seen_count(w, CPE, E1_GONE), 1);
	w->count = 0;
	/* And an owner who says nothing at all is told that it is over. */
	(void)dial(w, NET, "12599");
	run_ms(w, 25000);
	e = seen(w, CPE, E1_HANGUP, 0);
	assert_true(e && e->ev.cause == 102 && !e->ev.by_peer);
	assert_int_equal(seen_count(w, CPE, E1_GONE), 1);
	assert_int_equal(seen_count(w, NET, E1_GONE), 1);
	all_is_quiet(w);
}

static void wrong_states(void **state)
{
	struct e1_world *w = *state;
	struct e1_call *c, *in;
	struct e1_setup bad = setup_to("12a99");

	w->on_ring = leave_alone;
	c = dial(w, CPE, "110");
	assert_int_equal(e1_call_answer(c), -EPROTO);
	assert_int_equal(e1_call_digits(c, "1"), -EPROTO);
	run_ms(w, 300);
	in = seen(w, NET, E1_RING, 0)->ev.call;
	assert_int_equal(e1_call_proceeding(in), -EPROTO);
	assert_int_equal(e1_call_setup_ack(in), -EPROTO);
	assert_int_equal(e1_call_notify(in, true), -EPROTO);
	assert_int_equal(e1_call_progress(in, true, 0), 0);
	assert_int_equal(e1_call_answer(in), 0);
	assert_int_equal(e1_call_alerting(in, true), -EPROTO);
	run_ms(w, 300);
	assert_true(seen(w, CPE, E1_PROGRESS, 0)->ev.inband);
	assert_int_equal(e1_call_hangup(in, 16), 0);
	assert_int_equal(e1_call_notify(in, true), -ENOTCONN);
	assert_int_equal(e1_call_dial(w->span[CPE], &bad, false, NULL, &c), -EINVAL);
	memset(bad.called.digits, '1', sizeof(bad.called.digits)); /* not even ended */
	assert_int_equal(e1_call_dial(w->span[CPE], &bad, false, NULL, &c), -EINVAL);
	run_ms(w, 500);
	all_is_quiet(w);
}

static void numbers_on_the_wire(void **state)
{
	struct e1_world *w = *state;
	struct e1_setup s = setup_to("1234567890123456789012345678901"), *got;
	struct e1_call *c;

	w->on_ring = refuse;
	refuse_cause = 21;
	s.bearer = E1_BEARER_UNRESTRICTED;
	s.called.ton = E1_TON_SUBSCRIBER;
	s.calling.presentation = E1_PRES_RESTRICTED;
	s.calling.screening = E1_SCREEN_USER_PASSED;
	s.calling.ton = E1_TON_INTERNATIONAL;
	s.redirecting = s.calling;
	s.redirecting.presentation = E1_PRES_ALLOWED;
	strcpy(s.redirecting.digits, "13900000009");
	assert_int_equal(e1_call_dial(w->span[NET], &s, false, NULL, &c), 0);
	run_ms(w, 500);
	got = &seen(w, CPE, E1_RING, 0)->setup;
	assert_string_equal(got->called.digits, "1234567890123456789012345678901");
	assert_int_equal(got->called.ton, E1_TON_SUBSCRIBER);
	assert_int_equal(got->calling.presentation, E1_PRES_RESTRICTED);
	assert_int_equal(got->calling.screening, E1_SCREEN_USER_PASSED);
	assert_int_equal(got->calling.ton, E1_TON_INTERNATIONAL);
	assert_true(got->redirecting.present);
	assert_string_equal(got->redirecting.digits, "13900000009");
	assert_int_equal(got->bearer, E1_BEARER_UNRESTRICTED);
	w->count = 0;

	s = setup_to("1");
	s.calling.present = false;
	s.bearer = E1_BEARER_SPEECH;
	assert_int_equal(e1_call_dial(w->span[NET], &s, false, NULL, &c), 0);
	run_ms(w, 500);
	got = &seen(w, CPE, E1_RING, 0)->setup;
	assert_false(got->calling.present);
	assert_false(got->redirecting.present);
	assert_int_equal(got->bearer, E1_BEARER_SPEECH);
	w->count = 0;

	s = setup_to("12599"); /* withheld: the element is there, without digits */
	s.calling.digits[0] = '\0';
	s.calling.presentation = E1_PRES_UNAVAILABLE;
	assert_int_equal(e1_call_dial(w->span[NET], &s, false, NULL, &c), 0);
	run_ms(w, 500);
	got = &seen(w, CPE, E1_RING, 0)->setup;
	assert_true(got->calling.present);
	assert_string_equal(got->calling.digits, "");
	assert_int_equal(got->calling.presentation, E1_PRES_UNAVAILABLE);
	all_is_quiet(w);
}

static void ask_for_more(struct e1_world *w, int side, struct e1_call *c, const struct e1_setup *setup)
{
	(void)w;
	(void)side;
	assert_false(setup->sending_complete);
	assert_int_equal(e1_call_setup_ack(c), 0);
}

static void overlap(void **state)
{
	struct e1_world *w = *state;
	struct e1_setup s = setup_to("12");
	struct e1_call *c;
	char all[16] = "";

	w->on_ring = ask_for_more;
	s.sending_complete = false;
	assert_int_equal(e1_call_dial(w->span[NET], &s, false, NULL, &c), 0);
	run_ms(w, 300);
	assert_non_null(seen(w, NET, E1_SETUP_ACK, 0));
	assert_int_equal(e1_call_digits(c, "5x"), -EINVAL);
	assert_int_equal(e1_call_digits(c, "59"), 0);
	run_ms(w, 300);
	assert_int_equal(e1_call_digits(c, "9"), 0);
	run_ms(w, 300);
	for (unsigned i = 0; i < seen_count(w, CPE, E1_DIGITS); i++)
		strcat(all, seen(w, CPE, E1_DIGITS, i)->digits);
	assert_string_equal(all, "599");
	assert_int_equal(e1_call_alerting(seen(w, CPE, E1_RING, 0)->ev.call, true), 0);
	run_ms(w, 300);
	assert_non_null(seen(w, NET, E1_ALERTING, 0));
	assert_int_equal(e1_call_hangup(seen(w, CPE, E1_RING, 0)->ev.call, 28), 0);
	run_ms(w, 500);
	assert_int_equal(seen(w, NET, E1_HANGUP, 0)->ev.cause, 28);
	all_is_quiet(w);
}

static void every_channel(void **state)
{
	struct e1_world *w = *state;
	struct e1_setup s = setup_to("12599");
	struct e1_call *c;
	unsigned used = 0;

	w->on_ring = answer;
	for (int i = 0; i < 30; i++)
		used |= 1u << e1_call_timeslot(dial(w, i % 2, "12599"));
	assert_int_equal(used, 0xfffefffe);
	run_ms(w, 2000);
	assert_int_equal(seen_count(w, CPE, E1_ANSWER) + seen_count(w, NET, E1_ANSWER), 30);
	for (int i = 0; i < SIDES; i++) {
		assert_int_equal(e1_span_free_channels(w->span[i]), 0);
		assert_int_equal(e1_call_dial(w->span[i], &s, false, NULL, &c), -EBUSY);
		assert_int_equal(e1_span_reserve(w->span[i]), -EBUSY);
	}
	for (unsigned i = 0; i < 30; i++) {
		struct seen *e = i < 15 ? seen(w, CPE, E1_RING, i) : seen(w, NET, E1_RING, i - 15);

		assert_int_equal(e1_call_hangup(e->ev.call, 16), 0);
	}
	run_ms(w, 2000);
	assert_int_equal(seen_count(w, CPE, E1_GONE), 30);
	assert_int_equal(seen_count(w, NET, E1_GONE), 30);
	all_is_quiet(w);
}

static void reservations(void **state)
{
	struct e1_world *w = *state;
	struct e1_setup s = setup_to("12599");
	struct e1_call *c;

	w->on_ring = answer;
	for (int i = 0; i < 30; i++)
		assert_int_equal(e1_span_reserve(w->span[CPE]), 0);
	assert_int_equal(e1_span_reserve(w->span[CPE]), -EBUSY);
	assert_int_equal(e1_span_free_channels(w->span[CPE]), 0);
	assert_int_equal(e1_call_dial(w->span[CPE], &s, false, NULL, &c), -EBUSY);
	assert_int_equal(e1_call_dial(w->span[CPE], &s, true, NULL, &c), 0);
	s.called.digits[0] = 'x';
	assert_int_equal(e1_call_dial(w->span[CPE], &s, true, NULL, &c), -EINVAL); /* keeps its reservation */
	for (int i = 0; i < 29; i++)
		e1_span_release(w->span[CPE]);
	assert_int_equal(e1_span_free_channels(w->span[CPE]), 29);
	run_ms(w, 500);
	c = list_entry(w->span[CPE]->calls.next, struct e1_call, link);
	assert_int_equal(e1_call_hangup(c, 16), 0);
	run_ms(w, 500);
	all_is_quiet(w);
}

/* Both want timeslot 7 at the same moment (Q.931 5.7). The network's call has it; the node's is given another, or asks again. */
static void glare(void **state)
{
	struct e1_world *w = *state;

	for (int exclusive = 0; exclusive < 2; exclusive++) {
		struct e1_setup s = setup_to("12599");
		struct e1_call *cpe, *net;

		w->on_ring = answer;
		s.timeslot = 7;
		s.exclusive = exclusive;
		assert_int_equal(e1_call_dial(w->span[CPE], &s, false, NULL, &cpe), 0);
		assert_int_equal(e1_call_dial(w->span[NET], &s, false, NULL, &net), 0);
		run_ms(w, 1000);
		assert_non_null(seen(w, CPE, E1_ANSWER, 0));
		assert_non_null(seen(w, NET, E1_ANSWER, 0));
		assert_int_equal(e1_call_timeslot(net), 7);
		assert_int_equal(seen(w, CPE, E1_RING, 0)->timeslot, 7);
		assert_int_not_equal(e1_call_timeslot(cpe), 7);
		assert_int_equal(seen(w, NET, E1_RING, 0)->timeslot, e1_call_timeslot(cpe));
		assert_int_equal(e1_world_counter(w, CPE, "glare"), 1 + exclusive);
		assert_int_equal(e1_world_counter(w, CPE, "retries"), exclusive);
		assert_int_equal(e1_call_hangup(cpe, 16), 0);
		assert_int_equal(e1_call_hangup(net, 16), 0);
		run_ms(w, 1000);
		assert_int_equal(seen_count(w, CPE, E1_GONE), 2);
		assert_int_equal(seen_count(w, NET, E1_GONE), 2);
		all_is_quiet(w);
		w->count = 0;
	}
}

static void holds(void **state)
{
	struct e1_world *w = *state;
	struct e1_call *c = talk(w, CPE);

	assert_int_equal(e1_call_notify(c, true), 0);
	assert_int_equal(e1_call_notify(c, false), 0);
	run_ms(w, 300);
	assert_true(seen(w, NET, E1_NOTIFY, 0)->ev.held);
	assert_false(seen(w, NET, E1_NOTIFY, 1)->ev.held);
	assert_int_equal(e1_call_hangup(c, 16), 0);
	run_ms(w, 500);
	all_is_quiet(w);
}

/* libpri cannot say it, so the exchange's DISCONNECT gets a progress indicator on its way: in-band tones are there. */
static void add_tones(uint8_t *buf, unsigned *len, unsigned max, void *arg)
{
	static const uint8_t pi8[] = { 0x1e, 2, 0x82, 0x88 };

	(void)arg;
	if (*len > 8 && !(buf[2] & 1) && buf[8] == 0x45 && *len + sizeof(pi8) <= max) {
		memcpy(buf + *len, pi8, sizeof(pi8));
		*len += sizeof(pi8);
	}
}

static void tones_after_disconnect(void **state)
{
	struct e1_world *w = *state;

	for (int owner = 0; owner < 2; owner++) {
		struct e1_call *c;
		struct seen *e;

		w->on_ring = leave_alone;
		e1_span_mutate(w->span[NET], add_tones, NULL, NULL);
		c = dial(w, CPE, "12599");
		run_ms(w, 300);
		assert_int_equal(e1_call_hangup(seen(w, NET, E1_RING, 0)->ev.call, 17), 0);
		run_ms(w, 5000);
		e = seen(w, CPE, E1_HANGUP, 0);
		assert_true(e && e->ev.inband && e->ev.cause == 17);
		assert_null(seen(w, CPE, E1_GONE, 0)); /* the tones can be heard */
		assert_int_equal(e1_call_answer(c), -ENOTCONN);
		if (owner)
			assert_int_equal(e1_call_hangup(c, 16), 0);
		run_ms(w, 35000); /* else the exchange's T305 ends it */
		assert_int_equal(seen_count(w, CPE, E1_GONE), 1);
		assert_int_equal(seen(w, CPE, E1_GONE, 0)->ev.cause, 17);
		assert_int_equal(seen_count(w, NET, E1_GONE), 1);
		e1_span_mutate(w->span[NET], NULL, NULL, NULL);
		all_is_quiet(w);
		w->count = 0;
	}
}

static void restarts(void **state)
{
	struct e1_world *w = *state;
	struct e1_call *c = talk(w, CPE);
	struct seen *e;

	/* Idle channels, one after the other; the call stays. */
	e1_span_restart_channels(w->span[NET]);
	assert_int_equal(e1_span_free_channels(w->span[NET]), 0);
	run_ms(w, 10000);
	assert_int_equal(e1_span_free_channels(w->span[NET]), 29);
	assert_null(seen(w, CPE, E1_HANGUP, 0));
	/* Its own channel: it is over at once. */
	assert_int_equal(e1_q931_restart(w->span[NET]->q931, e1_call_timeslot(c)), 0);
	run_ms(w, 500);
	e = seen(w, CPE, E1_HANGUP, 0);
	assert_true(e && e->ev.cause == 41 && e->ev.by_peer);
	assert_int_equal(seen_count(w, CPE, E1_GONE), 1);
	assert_int_equal(e1_call_hangup(seen(w, NET, E1_RING, 0)->ev.call, 16), 0);
	run_ms(w, 1000);
	assert_int_equal(seen_count(w, NET, E1_GONE), 1);
	all_is_quiet(w);
}

/* Rules 6 and 8: a preferred channel that is out of service is answered with another, an exclusive one with 44, and with none
 * left 34. */
static void out_of_service(void **state)
{
	struct e1_world *w = *state;
	struct e1_setup s = setup_to("12599");
	struct e1_call *c;

	w->on_ring = answer;
	assert_int_equal(e1_span_set_service(w->span[CPE], 0, false), -EINVAL);
	assert_int_equal(e1_span_set_service(w->span[CPE], 16, false), -EINVAL);
	assert_int_equal(e1_span_set_service(w->span[CPE], 32, false), -EINVAL);
	assert_int_equal(e1_span_set_service(w->span[CPE], 1, false), 0);
	assert_int_equal(e1_span_free_channels(w->span[CPE]), 29);
	c = dial(w, NET, "12599"); /* prefers 1 */
	run_ms(w, 500);
	assert_non_null(seen(w, NET, E1_ANSWER, 0));
	assert_int_equal(e1_call_timeslot(c), 31);
	assert_int_equal(seen(w, CPE, E1_RING, 0)->timeslot, 31);
	assert_int_equal(e1_call_hangup(c, 16), 0);
	run_ms(w, 500);
	w->count = 0;

	s.timeslot = 1;
	s.exclusive = true;
	assert_int_equal(e1_call_dial(w->span[NET], &s, false, NULL, &c), 0);
	run_ms(w, 500);
	assert_non_null(seen(w, NET, E1_ANSWER, 0)); /* 44, and once elsewhere */
	assert_int_equal(e1_world_counter(w, NET, "retries"), 1);
	assert_int_equal(e1_call_timeslot(c), 2);
	assert_int_equal(e1_call_hangup(c, 16), 0);
	run_ms(w, 500);
	w->count = 0;

	for (unsigned ts = 1; ts <= E1_TIMESLOTS; ts++)
		(void)e1_span_set_service(w->span[CPE], ts, false);
	assert_int_equal(e1_span_free_channels(w->span[CPE]), 0);
	(void)dial(w, NET, "12599");
	run_ms(w, 500);
	assert_int_equal(seen(w, NET, E1_HANGUP, 0)->ev.cause, 34);
	assert_int_equal(seen_count(w, CPE, E1_RING), 0);
	for (unsigned ts = 1; ts <= E1_TIMESLOTS; ts++)
		(void)e1_span_set_service(w->span[CPE], ts, true);
	run_ms(w, 10000); /* restarted one after the other */
	all_is_quiet(w);
}

/* Calls are dropped with the span, at any stage, and nothing leaks (the leak checker sees to that in the sanitizer build). */
/* The program dies in a call and is back before the exchange takes the line for dead: what the exchange still has up is ended by
 * RESTART, the channel that is picked next before the others. */
static void starts_anew(void **state)
{
	struct e1_world *w = *state;
	struct seen *e;

	(void)talk(w, CPE);
	w->on_ring = NULL;
	e1_span_free(w->span[CPE]);
	run_ms(w, 500);
	e1_world_span(w, CPE, NULL);
	e1_pair_join(w->span[CPE], w->span[NET]);
	w->count = 0;
	for (int ms = 0; ms < 12000 && !e1_span_up(w->span[CPE]); ms += 10)
		run_ms(w, 10);
	assert_true(e1_span_up(w->span[CPE]));
	run_ms(w, 200);
	assert_in_range(e1_span_free_channels(w->span[CPE]), 1, 10);
	e = seen(w, NET, E1_HANGUP, 0);
	assert_true(e && e->ev.cause == 41 && e->ev.by_peer);
	assert_int_equal(seen_count(w, NET, E1_GONE), 1);
	run_ms(w, 12000); /* the exchange takes calls again */
	(void)dial(w, CPE, "12599");
	run_ms(w, 1000);
	assert_int_equal(seen_count(w, NET, E1_RING), 1);
	assert_int_equal(seen_count(w, CPE, E1_HANGUP), 0);
	assert_int_equal(e1_span_free_channels(w->span[CPE]), 29);
	assert_int_equal(e1_call_hangup(seen(w, NET, E1_RING, 0)->ev.call, 17), 0);
	run_ms(w, 500);
	all_is_quiet(w);
}

static void freed_with_calls(void **state)
{
	struct e1_world *w = *state;

	(void)talk(w, CPE);
	w->on_ring = NULL;
	(void)dial(w, NET, "1");
	(void)dial(w, CPE, "2");
	run_ms(w, 35);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, e1_world_setup, e1_world_teardown)
	const struct CMUnitTest tests[] = {
		TEST(calls_both_ways),
		TEST(called_side_hangs_up),
		TEST(both_hang_up),
		TEST(refusals),
		TEST(caller_gives_up),
		TEST(nobody_answers),
		TEST(wrong_states),
		TEST(numbers_on_the_wire),
		TEST(overlap),
		TEST(every_channel),
		TEST(reservations),
		TEST(glare),
		TEST(holds),
		TEST(tones_after_disconnect),
		TEST(restarts),
		TEST(out_of_service),
		TEST(starts_anew),
		TEST(freed_with_calls),
	};

	log_set_level(LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
