/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The filter before libpri: frames that must not reach it, elements that must not, and what is noted on the way. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "core/random.h"
#include "e1/q931_ie.h"

static uint8_t frame[300];
static unsigned frame_len;
static struct e1_ie_peek peek;

/* An I frame with a message on call reference 0x1234, SETUP from the side that allocated it, others from the other; then FCS.
 * Returns what is left of the elements. */
static unsigned message(uint8_t msg, const uint8_t *ies, unsigned n)
{
	static const uint8_t head[] = { 0x02, 0x01, 0x00, 0x00, 0x08, 0x02, 0x92, 0x34 };

	memcpy(frame, head, sizeof(head));
	if (msg == E1_MSG_SETUP)
		frame[6] &= 0x7f;
	frame[8] = msg;
	if (n)
		memcpy(frame + 9, ies, n);
	frame_len = e1_ie_clean(frame, 9 + n + 2, &peek);
	return frame_len - 9 - 2;
}

#define MESSAGE(msg, ...) message(msg, (const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }))

static unsigned link_frame(unsigned len, uint8_t a, uint8_t b, uint8_t control)
{
	memset(frame, 0, sizeof(frame));
	frame[0] = a;
	frame[1] = b;
	frame[2] = control;
	return e1_ie_clean(frame, len, &peek);
}

static void link_frames(void **state)
{
	(void)state;
	assert_int_equal(link_frame(5, 0x00, 0x01, 0x7f), 5); /* SABME */
	assert_int_equal(link_frame(5, 0x02, 0x01, 0x73), 5); /* UA */
	assert_int_equal(link_frame(6, 0x02, 0x01, 0x01), 6); /* RR */
	assert_int_equal(link_frame(5, 0x02, 0x01, 0x01), 0); /* cut short */
	assert_int_equal(link_frame(4, 0x02, 0x01, 0x7f), 0);
	assert_int_equal(link_frame(5, 0xfc, 0xff, 0x03), 0); /* TEI management: basic access only */
	assert_int_equal(link_frame(5, 0x02, 0xff, 0x7f), 0); /* broadcast TEI */
	assert_int_equal(link_frame(5, 0x02, 0x03, 0x7f), 0);
	assert_int_equal(link_frame(5, 0x03, 0x01, 0x7f), 0); /* extension bits */
	assert_int_equal(link_frame(9, 0x02, 0x01, 0x03), 0); /* UI */
	assert_int_equal(link_frame(9, 0x02, 0x01, 0xaf), 0); /* XID */
	assert_false(peek.valid);
}

static void a_setup_passes(void **state)
{
	const uint8_t ies[] = { 0x04, 3, 0x90, 0x90, 0xa3, 0x18, 3, 0xa1, 0x83, 0x9f, 0x6c, 4, 0x21, 0x83, '1', '3',
		                0x70, 3, 0x81, '1', '2', 0x74, 4, 0x21, 0x01, 0x80, '9', 0xa1 };

	(void)state;
	assert_int_equal(message(E1_MSG_SETUP, ies, sizeof(ies)), sizeof(ies));
	assert_memory_equal(frame + 9, ies, sizeof(ies));
	assert_true(peek.valid && peek.called && !peek.flag);
	assert_int_equal(peek.cref, 0x1234);
	assert_int_equal(peek.cut, 0);
}

static void elements_of_no_use(void **state)
{
	(void)state;
	/* facility, display, user-user, subaddress, date; they may be any rubbish */
	assert_int_equal(MESSAGE(E1_MSG_CONNECT, 0x1c, 2, 0x91, 0xff, 0x28, 1, 'x', 0x7e, 1, 4, 0x6d, 0, 0x29, 3, 1, 2, 3), 0);
	assert_int_equal(peek.cut, 0);
	/* what is to be understood (0x0x) is left, for the other side's cause 96 */
	assert_int_equal(MESSAGE(E1_MSG_CONNECT, 0x05, 1, 0x80), 3);
	/* a shift for one element takes it along; a locking one the rest */
	assert_int_equal(MESSAGE(E1_MSG_CONNECT, 0x9e, 0x6c, 1, 0x80, 0x1e, 2, 0x82, 0x88), 4);
	assert_int_equal(MESSAGE(E1_MSG_CONNECT, 0x96, 0x6c, 1, 0x80, 0x1e, 2, 0x82, 0x88), 0);
	assert_int_equal(MESSAGE(E1_MSG_CONNECT, 0x9e), 0);
	assert_int_equal(MESSAGE(E1_MSG_CONNECT, 0x9e, 0x6c), 0);
	assert_int_equal(MESSAGE(E1_MSG_CONNECT, 0x9e, 0x6c, 200), 0);
}

static void malformed_elements(void **state)
{
	static const uint8_t bad[][8] = {
		{ 3, 0x6c, 1, 0x21 },             /* octet 3 promises 3a */
		{ 5, 0x6c, 3, 0x21, 0x01, 0x01 }, /* and 3b, and on */
		{ 3, 0x74, 1, 0x00 }, { 2, 0x6c, 0 }, /* nothing (not counted: no harm) */
		{ 4, 0x70, 2, 0x01, '1' },        /* the called number has no octet 3a */
		{ 3, 0x08, 1, 0x80 },             /* a cause without its value */
		{ 4, 0x08, 2, 0x00, 0x80 },       /* and with 3a only */
		{ 3, 0x1e, 1, 0x82 }, { 3, 0x04, 1, 0x90 }, { 4, 0x04, 5, 0x90, 0x90 }, /* longer than the message */
		{ 1, 0x6c },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_int_equal(message(E1_MSG_SETUP, bad[i] + 1, bad[i][0]), 0);
		assert_int_equal(peek.cut, i == 3 ? 0 : 1);
		assert_true(peek.valid);
	}
}

static void causes(void **state)
{
	(void)state;
	assert_int_equal(MESSAGE(E1_MSG_DISCONNECT, 0x08, 2, 0x82, 0x91), 4);
	assert_int_equal(peek.cause, 17);
	assert_int_equal(peek.location, 2);
	assert_false(peek.inband);
	/* octet 3a goes, which libpri would take for the cause; of two the first counts */
	assert_int_equal(MESSAGE(E1_MSG_DISCONNECT, 0x08, 3, 0x02, 0x80, 0x90, 0x08, 2, 0x84, 0x9f, 0x1e, 2, 0x82, 0x88), 12);
	assert_memory_equal(frame + 9, ((uint8_t[]){ 0x08, 2, 0x82, 0x90 }), 4);
	assert_int_equal(peek.cause, 16);
	assert_true(peek.inband);
	(void)MESSAGE(E1_MSG_RELEASE, 0x1e, 2, 0x82, 0x82);
	assert_int_equal(peek.cause, -1);
	assert_false(peek.inband);
}

static bool reaches_libpri_flag(uint8_t pd, uint8_t cref_len, uint8_t flag, uint8_t cref, uint8_t msg)
{
	static const uint8_t head[] = { 0x02, 0x01, 0x00, 0x00 };

	memset(frame, 0, sizeof(frame));
	memcpy(frame, head, sizeof(head));
	frame[4] = pd;
	frame[5] = cref_len;
	frame[6] = flag;
	frame[7] = cref;
	frame[8] = msg;
	assert_int_equal(e1_ie_clean(frame, 11, &peek), 11); /* it is always acknowledged */
	return frame[4] == pd;
}

static bool reaches_libpri(uint8_t pd, uint8_t cref_len, uint8_t cref, uint8_t msg)
{
	return reaches_libpri_flag(pd, cref_len, 0, cref, msg);
}

static void messages(void **state)
{
	(void)state;
	assert_true(reaches_libpri(8, 2, 1, E1_MSG_SETUP));
	assert_false(reaches_libpri(8, 1, 1, E1_MSG_SETUP));
	assert_false(reaches_libpri(8, 0, 1, E1_MSG_SETUP)); /* dummy call reference */
	assert_false(reaches_libpri(8, 2, 0, E1_MSG_SETUP)); /* global */
	assert_false(reaches_libpri_flag(8, 2, 0x80, 1, E1_MSG_SETUP)); /* 5.8.3.2 d: a call that we would have begun */
	assert_true(reaches_libpri_flag(8, 2, 0x80, 1, E1_MSG_CONNECT));
	assert_true(reaches_libpri(8, 2, 0, E1_MSG_RESTART));
	assert_false(reaches_libpri(8, 2, 1, E1_MSG_RESTART));
	assert_false(reaches_libpri(3, 2, 1, 0x0f)); /* SERVICE */
	assert_false(reaches_libpri(0x43, 2, 1, 0x07));
	assert_false(reaches_libpri(8, 2, 1, 0x31)); /* RETRIEVE */
}

static void anything(void **state)
{
	(void)state;
	random_seed(4);
	for (unsigned i = 0; i < 300000; i++) {
		unsigned len = random_below(267), left;
		uint8_t *exact = frame + sizeof(frame) - len; /* ends where the array does: the sanitizer watches */

		random_bytes(exact, len);
		if (len > 8 && i % 4) {
			static const uint8_t head[] = { 0x02, 0x01, 0x00, 0x00, 0x08, 0x02 };

			memcpy(exact, head, sizeof(head));
			exact[8] &= 0x7f;
		}
		left = e1_ie_clean(exact, len, &peek);
		assert_true(left <= len);
		if (left > 0 && peek.valid) { /* what was cleaned once is clean */
			struct e1_ie_peek again;

			assert_int_equal(e1_ie_clean(exact, left, &again), left);
			assert_int_equal(again.cut, 0);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(link_frames),
		cmocka_unit_test(a_setup_passes),
		cmocka_unit_test(elements_of_no_use),
		cmocka_unit_test(malformed_elements),
		cmocka_unit_test(causes),
		cmocka_unit_test(messages),
		cmocka_unit_test(anything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
