/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Causes between Q.850 and SIP: RFC 3398's two tables row by row, the Reason header, telephony rule 2. */
#include "sip/cause.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/magic.h"

/* RFC 3398 8.2.6.1, each row; what follows its last are ours. */
static const struct {
	int status, cause;
} responses[] = {
	{ 400, 41 }, { 401, 21 }, { 402, 21 }, { 403, 21 }, { 404, 1 },   { 405, 63 },  { 406, 79 },  { 407, 21 },  { 408, 102 },
	{ 410, 22 }, { 413, 127 }, { 414, 127 }, { 415, 79 }, { 416, 127 }, { 420, 127 }, { 421, 127 }, { 423, 127 }, { 480, 18 },
	{ 481, 41 }, { 482, 25 }, { 483, 25 }, { 484, 28 }, { 485, 1 },   { 486, 17 },  { 500, 41 },  { 501, 79 },  { 502, 38 },
	{ 503, 41 }, { 504, 102 }, { 505, 127 }, { 513, 127 }, { 600, 17 }, { 603, 21 }, { 604, 1 },
	{ 100, 0 },  { 183, 0 },  { 199, 0 },  { 200, 16 }, { 302, 127 }, { 380, 127 }, { 433, 24 },  { 487, 127 }, { 488, 65 },
	{ 606, 65 }, { 607, 21 }, { 608, 21 }, { 580, 47 },
	/* unknown ones: as 400, 500, 600 (RFC 3261 8.1.3.2) */
	{ 499, 41 }, { 599, 41 }, { 699, 17 }, { 409, 41 },
};

static void each_response_has_its_cause(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(responses); i++) {
		int location = 5, cause = sip_cause_of_response(responses[i].status, NULL, &location);

		if (cause != responses[i].cause || location != -1)
			fail_msg("%d: %d, should be %d", responses[i].status, cause, responses[i].cause);
	}
	for (int status = 200; status < 700; status++) {
		int cause = sip_cause_of_response(status, NULL, NULL);

		assert_true(cause >= 1 && cause <= 127);
		/* with a Reason it is that, whatever the status */
		assert_int_equal(sip_cause_of_response(status, "Q.850;cause=19", NULL), 19);
	}
}

/* RFC 3398 7.2.4.1, each row, but for 16, 21 and 88: rule 2 has 503 for overload alone. */
static const struct {
	int         cause, status;
	const char *phrase;
} causes[] = {
	{ 1, 404, "Not Found" },            { 2, 404, "Not Found" },
	{ 3, 404, "Not Found" },            { 16, 480, "Temporarily Unavailable" },
	{ 17, 486, "Busy Here" },           { 18, 408, "Request Timeout" },
	{ 19, 480, "Temporarily Unavailable" }, { 20, 480, "Temporarily Unavailable" },
	{ 21, 603, "Decline" },             { 22, 410, "Gone" },
	{ 23, 410, "Gone" },                { 26, 404, "Not Found" },
	{ 27, 502, "Bad Gateway" },         { 28, 484, "Address Incomplete" },
	{ 29, 501, "Not Implemented" },     { 31, 480, "Temporarily Unavailable" },
	{ 34, 503, "Service Unavailable" }, { 38, 503, "Service Unavailable" },
	{ 41, 503, "Service Unavailable" }, { 42, 503, "Service Unavailable" },
	{ 47, 503, "Service Unavailable" }, { 55, 403, "Forbidden" },
	{ 57, 403, "Forbidden" },           { 58, 503, "Service Unavailable" },
	{ 65, 488, "Not Acceptable Here" }, { 70, 488, "Not Acceptable Here" },
	{ 79, 501, "Not Implemented" },     { 87, 403, "Forbidden" },
	{ 88, 488, "Not Acceptable Here" }, { 102, 504, "Server Time-out" },
	{ 111, 500, "Server Internal Error" }, { 127, 500, "Server Internal Error" },
	/* ours, and classes */
	{ 24, 433, "Anonymity Disallowed" }, { 44, 503, "Service Unavailable" },
	{ 25, 480, "Temporarily Unavailable" }, { 43, 503, "Service Unavailable" },
	{ 63, 500, "Server Internal Error" }, { 100, 500, "Server Internal Error" },
	{ 0, 480, "Temporarily Unavailable" }, { -1, 480, "Temporarily Unavailable" },
	{ 128, 500, "Server Internal Error" },
};

static void each_cause_has_its_response(void **state)
{
	const char *phrase;

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(causes); i++) {
		int status = sip_cause_status(causes[i].cause, false, &phrase);

		if (status != causes[i].status || strcmp(phrase, causes[i].phrase) != 0)
			fail_msg("%d: %d %s, should be %d %s", causes[i].cause, status, phrase, causes[i].status,
			         causes[i].phrase);
	}
	for (int cause = 0; cause < 128; cause++) {
		int status = sip_cause_status(cause, false, &phrase), announced = sip_cause_status(cause, true, NULL);

		assert_true(status >= 400 && status < 700);
		assert_true(strcmp(phrase, "Server Internal Error") != 0 || status == 500);
		/* rule 2: nothing after an announcement at which a network announces or tries elsewhere */
		assert_true(announced != 408 && announced / 100 != 5);
		assert_true(announced == status || announced == 480);
	}
	assert_int_equal(sip_cause_status(CAUSE_NORMAL_CLEARING, true, NULL), 480);
	assert_int_equal(sip_cause_status(CAUSE_CALL_REJECTED, true, NULL), 603);
}

/* What the person who asked for the call is told stays the same when a cause crosses a SIP network that loses the Reason. */
static void outcomes_survive_a_network(void **state)
{
	static const int common[] = { 1, 3, 17, 18, 21, 22, 28, 34, 38, 41, 42, 44, 47, 102 };

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(common); i++) {
		int back = sip_cause_of_response(sip_cause_status(common[i], false, NULL), NULL, NULL);

		if (cause_outcome(back) != cause_outcome(common[i]))
			fail_msg("%d came back as %d", common[i], back);
	}
}

static const struct {
	const char *reason;
	int         response, request, location; /* of a 503; of a BYE */
} reasons[] = {
	{ "", 41, 16, -1 },
	{ "Q.850;cause=17", 17, 17, -1 },
	{ "Q.850 ;cause=16 ;text=\"Terminated\"", 16, 16, -1 },
	{ "q.850;CAUSE=34", 34, 34, -1 },
	{ "Q.850;text=\"cause=1, or 2;\";cause=3", 3, 3, -1 },
	{ "Q.850;text=\"a \\\" quote\";cause=3;location=LN", 3, 3, 2 },
	{ "Q.850;cause=17;location=U", 17, 17, 0 },
	{ "Q.850;cause=17;location=BI", 17, 17, 10 },
	{ "Q.850;cause=17;location=LOC-6", 17, 17, 6 },
	{ "Q.850;cause=17;location=XX", 17, 17, -1 },
	/* several: the first that is ours */
	{ "SIP;cause=580;text=\"Precondition Failure\", Q.850;cause=47", 47, 47, -1 },
	{ "Q.850;cause=1;location=TN,Q.850;cause=2;location=U", 1, 1, 3 },
	{ "FAILURE_CAUSE;cause=1, Q.850;cause=31", 31, 31, -1 },
	/* of a CANCEL: answered elsewhere; busy */
	{ "SIP;cause=200;text=\"Call completed elsewhere\"", 41, 16, -1 },
	{ "SIP;cause=486", 41, 17, -1 },
	/* nonsense */
	{ "Q.850;cause=0", 41, 16, -1 },
	{ "Q.850;cause=128", 41, 16, -1 },
	{ "Q.850;cause=1x", 41, 16, -1 },
	{ "Q.850;cause=-1", 41, 16, -1 },
	{ "Q.850;cause=99999999999", 41, 16, -1 },
	{ "Q.850;cause", 41, 16, -1 },
	{ "Q.850;cause=", 41, 16, -1 },
	{ "Q.850", 41, 16, -1 },
	{ "SIP;cause=99", 41, 16, -1 },
	{ ";;;,,,===\"", 41, 16, -1 },
	{ "Q.850;cause=\"", 41, 16, -1 },
	{ "Q.850;text=\"open;cause=17", 41, 16, -1 },
};

static void the_reason_header_wins(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(reasons); i++) {
		int l1 = 9, l2 = 9;
		int response = sip_cause_of_response(503, reasons[i].reason, &l1),
		    request = sip_cause_of_request(reasons[i].reason, &l2);

		if (response != reasons[i].response || request != reasons[i].request || l1 != reasons[i].location || l2 != l1)
			fail_msg("%s: %d %d at %d", reasons[i].reason, response, request, l1);
	}
	assert_int_equal(sip_cause_of_request(NULL, NULL), 16);
	/* in a 183 it is no end */
	assert_int_equal(sip_cause_of_response(183, "Q.850;cause=17", NULL), CAUSE_NONE);
}

static void what_we_write_we_read(void **state)
{
	char text[SIP_REASON_MAX];

	(void)state;
	assert_int_equal(sip_cause_reason(16, text, sizeof(text)), 0);
	assert_string_equal(text, "Q.850;cause=16;text=\"normal call clearing\"");
	for (int cause = 1; cause < 128; cause++) {
		assert_int_equal(sip_cause_reason(cause, text, sizeof(text)), 0);
		assert_int_equal(sip_cause_of_response(sip_cause_status(cause, true, NULL), text, NULL), cause);
		assert_int_equal(sip_cause_of_request(text, NULL), cause);
	}
	assert_int_equal(sip_cause_reason(0, text, sizeof(text)), -EINVAL);
	assert_int_equal(sip_cause_reason(128, text, sizeof(text)), -EINVAL);
	assert_int_equal(sip_cause_reason(16, text, 10), -ENOSPC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_response_has_its_cause), cmocka_unit_test(each_cause_has_its_response),
		cmocka_unit_test(outcomes_survive_a_network),  cmocka_unit_test(the_reason_header_wins),
		cmocka_unit_test(what_we_write_we_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
