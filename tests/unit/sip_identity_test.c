/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who calls whom, as phones, gateways and IMS write it (telephony rules 4, 11, 12): headers to parties, and a call's numbers to
 * headers. */
#include "sip/identity.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/magic.h"
#include "core/random.h"
#include "route/number.h"

static struct number_rules rules;

/* One header a line, as in a message. */
static void headers_of(const char *text, struct sip_identity_headers *h, char lines[16][400])
{
	unsigned n = 0;

	memset(h, 0, sizeof(*h));
	while (*text) {
		size_t len = strcspn(text, "\n");
		char *colon;

		assert_true(n < 16 && len < 400);
		(void)snprintf(lines[n], 400, "%.*s", (int)len, text);
		colon = strchr(lines[n], ':');
		assert_non_null(colon);
		*colon = '\0';
		sip_identity_add(h, lines[n], colon + 1 + strspn(colon + 1, " "));
		n++;
		text += len + (text[len] == '\n');
	}
}

struct caller {
	const char          *headers;
	enum sip_identity    identity;
	const char          *canonical, *raw;
	bool                 present, restricted;
	enum leg_screening   screening;
};

#define ASSERTED SIP_IDENTITY_ASSERTED
#define FROM     SIP_IDENTITY_FROM
#define NETWORK  LEG_SCREEN_NETWORK
#define PASSED   LEG_SCREEN_PASSED
#define NOT      LEG_SCREEN_NONE
#define MOBILE   "8613800000001"

static const struct caller callers[] = {
	/* IMS: both forms of the number, the network's word */
	{ "From: \"A\" <sip:+8613800000001@ims.example.com>;tag=1\nP-Asserted-Identity: "
	  "<sip:+8613800000001@ims.example.com;user=phone>\n"
	  "P-Asserted-Identity: <tel:+8613800000001>\nPrivacy: none",
	  ASSERTED, MOBILE, "+8613800000001", true, false, NETWORK },
	/* as a list; the first is no number */
	{ "From: <sip:alice@example.com>\nP-Asserted-Identity: \"Alice, A. <x>\" <sip:alice@example.com>, tel:+86-138-0000-0001",
	  ASSERTED, MOBILE, "+8613800000001", true, false, NETWORK },
	/* the first is a number, but none that the rules know; the second is */
	{ "P-Asserted-Identity: <sip:7@example.com>, <tel:+8613800000001>", ASSERTED, MOBILE, "+8613800000001", true, false,
	  NETWORK },
	{ "P-Asserted-Identity: <sip:7@example.com>", ASSERTED, "", "7", true, false, NETWORK },
	/* From says something else: the asserted one counts */
	{ "From: <sip:110@example.com>\nP-Asserted-Identity: <sip:013800000001@example.com>", ASSERTED, MOBILE, "013800000001",
	  true, false, NETWORK },
	/* without an asserted identity a From is anybody's word */
	{ "From: <sip:13800000001@example.com;user=phone>;tag=a", ASSERTED, MOBILE, "13800000001", true, false, NOT },
	{ "f: sip:13800000001@example.com;tag=a", ASSERTED, MOBILE, "13800000001", true, false, NOT },
	/* a trunk whose From counts; what somebody asserts there does not */
	{ "From: <sip:13800000001@example.com>\nP-Asserted-Identity: <tel:+8613900000002>", FROM, MOBILE, "13800000001", true,
	  false, PASSED },
	{ "From: tel:+8613800000001;tag=1", FROM, MOBILE, "+8613800000001", true, false, PASSED },
	{ "From: <sips:+8613800000001:password@example.com:5061;user=phone?x=y>", FROM, MOBILE, "+8613800000001", true, false,
	  PASSED },
	{ "From: <SIP:%2B8613800000001@example.com>", FROM, MOBILE, "+8613800000001", true, false, PASSED },
	{ "From: <sip:+86(138)0000.0001;npdi;rn=+8613@example.com;user=phone>", FROM, MOBILE, "+8613800000001", true, false,
	  PASSED },
	/* local numbers and their context */
	{ "From: <tel:84110001;phone-context=+8610>", FROM, "861084110001", "84110001", true, false, PASSED },
	{ "From: <sip:84110001;phone-context=+8625@example.com;user=phone>", FROM, "862584110001", "84110001", true, false,
	  PASSED },
	{ "From: <tel:13800000001;phone-context=example.com>", FROM, MOBILE, "13800000001", true, false, PASSED },
	{ "From: <tel:13800000001;phone-context=+1>", FROM, "113800000001", "13800000001", true, false, PASSED },
	{ "From: <tel:13800000001;phone-context=+8613800000001>", FROM, MOBILE, "13800000001", true, false, PASSED },
	{ "From: <tel:12599;phone-context=+86>", FROM, "s:12599", "12599", true, false, PASSED },
	/* no number at all */
	{ "From: <sip:alice@example.com>", FROM, "", "alice", false, false, NOT },
	{ "From: <sip:example.com>", FROM, "", "", false, false, NOT },
	{ "From: <http://13800000001@example.com>", FROM, "", "", false, false, NOT },
	{ "From: <tel:>", FROM, "", "", false, false, NOT },
	{ "From: <sip:+@example.com>", FROM, "", "+", false, false, NOT },
	{ "From: <sip:13800000001%00%0a@example.com>", FROM, "", "13800000001??", false, false, NOT },
	{ "From: <sip:1234567890123456789012345678901234567890@example.com>", FROM, "", "12345678901234567890123456789012", false,
	  false, NOT },
	{ "To: <sip:13800000001@example.com>", FROM, "", "", false, false, NOT },
	{ "", ASSERTED, "", "", false, false, NOT },
	/* hidden: the network tells us, nobody else may know */
	{ "From: \"Anonymous\" <sip:anonymous@anonymous.invalid>;tag=1\nP-Asserted-Identity: <tel:+8613800000001>\nPrivacy: id",
	  ASSERTED, MOBILE, "+8613800000001", true, true, NETWORK },
	{ "From: <sip:anonymous@anonymous.invalid>\nP-Asserted-Identity: <tel:+8613800000001>\nPrivacy: user;critical;id",
	  ASSERTED, MOBILE, "+8613800000001", true, true, NETWORK },
	{ "From: <sip:1@example.com>\nP-Asserted-Identity: <tel:+8613800000001>\nPrivacy: header, critical", ASSERTED, MOBILE,
	  "+8613800000001", true, true, NETWORK },
	{ "From: <sip:1@example.com>\nP-Asserted-Identity: <tel:+8613800000001>\nPrivacy: HEADER", ASSERTED, MOBILE,
	  "+8613800000001", true, true, NETWORK },
	/* only the sessions are to be anonymous, or identity: not the number */
	{ "From: <sip:1@example.com>\nP-Asserted-Identity: <tel:+8613800000001>\nPrivacy: session;idle", ASSERTED, MOBILE,
	  "+8613800000001", true, false, NETWORK },
	/* an anonymous From without Privacy: he wanted it */
	{ "From: <sip:anonymous@example.com>\nP-Asserted-Identity: <tel:+8613800000001>", ASSERTED, MOBILE, "+8613800000001",
	  true, true, NETWORK },
	{ "From: <sip:c8oqz84zk7z@my.anonymous.invalid>\nP-Asserted-Identity: <tel:+8613800000001>", ASSERTED, MOBILE,
	  "+8613800000001", true, true, NETWORK },
	{ "From: <sip:anonymous@anonymous.invalid>\nP-Asserted-Identity: <tel:+8613800000001>\nPrivacy: none", ASSERTED, MOBILE,
	  "+8613800000001", true, false, NETWORK },
	{ "From: <sip:anonymous@anonymous.invalid>", ASSERTED, "", "", false, true, NOT },
	{ "From: <sip:anonymous@anonymous.invalid>", FROM, "", "", false, true, NOT },
	{ "From: <sip:unavailable@unknown.invalid>", FROM, "", "", false, false, NOT },
	/* what gateways of old write */
	{ "From: <sip:1@x>\nRemote-Party-ID: \"A\" <sip:13800000001@x>;party=calling;screen=yes;privacy=off", ASSERTED, MOBILE,
	  "13800000001", true, false, PASSED },
	{ "From: <sip:1@x>\nRemote-Party-ID: <sip:13800000001@x>;screen=yes;privacy=full", ASSERTED, MOBILE, "13800000001", true,
	  true, PASSED },
	{ "From: <sip:1@x>\nRemote-Party-ID: <sip:13800000001@x>;party=calling;screen=no", ASSERTED, MOBILE, "13800000001", true,
	  false, NOT },
	{ "From: <sip:2@x>\nRemote-Party-ID: <sip:13800000001@x>;party=called;screen=yes", ASSERTED, "", "2", true, false, NOT },
	{ "From: <sip:2@x>\nRemote-Party-ID: <sip:13800000001@x>;screen=yes", FROM, "", "2", true, false, PASSED },
};

static void callers_are_known(void **state)
{
	struct trunk_numbers n = number_for_trunk(&rules);

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(callers); i++) {
		const struct caller *c = &callers[i];
		struct sip_identity_headers h;
		struct leg_party calling, redirecting;
		char lines[16][400];

		headers_of(c->headers, &h, lines);
		memset(&calling, 0xff, sizeof(calling));
		memset(&redirecting, 0xff, sizeof(redirecting));
		sip_identity_read(&h, c->identity, &n, &calling, &redirecting);
		if (strcmp(calling.canonical, c->canonical) != 0 || strcmp(calling.raw, c->raw) != 0 ||
		    calling.present != c->present || calling.restricted != c->restricted || calling.screening != c->screening)
			fail_msg("%s\n%s %s present %d restricted %d screening %d", c->headers, calling.canonical, calling.raw,
			         calling.present, calling.restricted, (int)calling.screening);
		assert_false(redirecting.present);
		assert_string_equal(redirecting.raw, "");
	}
}

struct diversion {
	const char *headers;
	bool        present;
	const char *canonical;
	bool        restricted;
};

static const struct diversion diversions[] = {
	{ "Diversion: <sip:+8613900000002@x>;reason=unconditional;counter=1;privacy=off", true, "8613900000002", false },
	{ "Diversion: \"B\" <tel:+8613900000002>;reason=no-answer;privacy=\"full\", <tel:+8613900000003>;reason=user-busy", true,
	  "8613900000002", true },
	{ "Diversion: <tel:+8613900000002>;privacy=name\nDiversion: <tel:+8613900000003>", true, "8613900000002", false },
	/* by whom is not known: it was diverted all the same */
	{ "Diversion: <sip:anonymous@anonymous.invalid>;reason=unknown", true, "", false },
	{ "Diversion: rubbish", true, "", false },
	/* only where it was sent to: no diversion. RFC 7044 3.2 */
	{ "History-Info: <sip:12599@x>;index=1", false, "", false },
	{ "History-Info: <sip:12599@x>;index=1, <sip:12599@y>;index=1.1;rc=1", false, "", false },
	/* a service number turned into a plain one (RFC 8119) */
	{ "History-Info: <sip:4008001234@x>;index=1,<sip:+8613900000002@x;cause=380>;index=1.1;mp=1", false, "", false },
	{ "History-Info: <sip:4008001234@x>;index=1,<sip:+8613900000002@x;cause=380>;index=1.1", false, "", false },
	/* RFC 7044: the target has the cause, its parent diverted */
	{ "History-Info: <sip:+8613900000002@x>;index=1\nHistory-Info: <sip:12599@x;cause=302>;index=1.1;mp=1", true,
	  "8613900000002", false },
	{ "History-Info: <sip:+8613900000002@x?Privacy=history>;index=1, <sip:12599@x;cause=486>;index=1.1", true,
	  "8613900000002", true },
	/* mapped to another user, whatever for */
	{ "History-Info: <tel:+8613900000002>;index=1,<sip:12599@x>;index=1.1;mp=1", true, "8613900000002", false },
	/* twice: the last who did */
	{ "History-Info: "
	  "<tel:+8613900000002>;index=1,<tel:+8613900000003;cause=302>;index=1.1,<sip:12599@x;cause=408>;index=1.1.1",
	  true, "8613900000003", false },
	{ "History-Info: <tel:+8613900000002>;index=1,<tel:+8613900000003>;index=1.1,<sip:12599@x;cause=408>;index=1.2;mp=1",
	  true, "8613900000002", false },
	/* RFC 4244: the reason stands in the one given up */
	{ "History-Info: <sip:+8613900000002@x?Reason=SIP%3Bcause%3D302%3Btext%3D%22Moved%22>;index=1, <sip:12599@x>;index=2",
	  true, "8613900000002", false },
	{ "History-Info: <sip:+8613900000002@x?Reason=SIP%3Bcause%3D200>;index=1, <sip:12599@x>;index=2", false, "", false },
	/* nobody is there to have diverted */
	{ "History-Info: <sip:12599@x;cause=302>;index=1", true, "", false },
	{ "History-Info: <<<>;;;index=1.1;mp=,,,<sip:;cause=302>;mp", true, "", false },
};

static void diversions_are_known(void **state)
{
	struct trunk_numbers n = number_for_trunk(&rules);

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(diversions); i++) {
		const struct diversion *d = &diversions[i];
		struct sip_identity_headers h;
		struct leg_party calling, p;
		char lines[16][400];

		headers_of(d->headers, &h, lines);
		sip_identity_read(&h, ASSERTED, &n, &calling, &p);
		if (p.present != d->present || strcmp(p.canonical, d->canonical) != 0 || p.restricted != d->restricted)
			fail_msg("%s\npresent %d %s restricted %d", d->headers, p.present, p.canonical, p.restricted);
	}
}

static void called_numbers(void **state)
{
	static const struct {
		const char *uri, *canonical;
		int         err;
	} called[] = {
		{ "sip:12599@127.0.0.1:5060", "s:12599", 0 },
		{ "sip:+8613800000001@x;user=phone", MOBILE, 0 },
		{ "sip:013800000001;phone-context=example.com@x;user=phone", MOBILE, 0 },
		{ "tel:12599;phone-context=+86", "s:12599", 0 },
		{ "<sip:+8613800000001@192.0.2.1>;q=0.7", MOBILE, 0 },
		{ "\"x\" <tel:+8613800000001>", MOBILE, 0 },
		{ "sip:12*99@x", "", 0 },
		{ "sip:9@x", "", 0 },
		{ "sip:service@x", "", -EINVAL },
		{ "sip:x", "", -EINVAL },
		{ "mailto:12599@x", "", -EINVAL },
		{ "", "", -EINVAL },
	};
	struct trunk_numbers n = number_for_trunk(&rules);
	char big[SIP_HEADER_LEN_MAX + 100];
	struct leg_party p;

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(called); i++) {
		int err = sip_identity_called(called[i].uri, &n, &p);

		if (err != called[i].err || strcmp(p.canonical, called[i].canonical) != 0)
			fail_msg("%s: %d %s", called[i].uri, err, p.canonical);
	}
	memset(big, '1', sizeof(big));
	memcpy(big, "sip:", 4);
	big[sizeof(big) - 1] = '\0';
	assert_int_equal(sip_identity_called(big, &n, &p), -EINVAL);
}

/* ---- going out ---- */

static void calls_are_written(void **state)
{
	struct sip_identity_call c = { .called = "8613900000002",
		                       .calling = MOBILE,
		                       .identity = ASSERTED,
		                       .our_host = "as.example.com",
		                       .peer_host = "192.0.2.5:5070" };
	struct number_rules full = rules;
	struct sip_identity_out out;
	struct trunk_numbers n;

	(void)state;
	full.form = NUMBER_FULL;
	n = number_for_trunk(&full);
	assert_int_equal(sip_identity_write(&c, &n, &out), 0);
	assert_string_equal(out.uri, "sip:+8613900000002@192.0.2.5:5070;user=phone");
	assert_string_equal(out.to, "<sip:+8613900000002@192.0.2.5:5070;user=phone>");
	assert_string_equal(out.from, "<sip:+8613800000001@as.example.com;user=phone>");
	assert_string_equal(out.asserted, "<sip:+8613800000001@as.example.com;user=phone>");
	assert_string_equal(out.privacy, "");
	assert_string_equal(out.diversion, "");
	assert_string_equal(out.called.raw, "+8613900000002");
	assert_string_equal(out.called.canonical, "8613900000002");
	assert_string_equal(out.calling.canonical, MOBILE);
	assert_int_equal(out.called.ton, NUMBER_INTERNATIONAL);
	assert_false(out.calling.restricted);
	/* rule 12: hidden from the called party, told to the network */
	c.restricted = true;
	c.diverting = "s:12599";
	assert_int_equal(sip_identity_write(&c, &n, &out), 0);
	assert_string_equal(out.from, "\"Anonymous\" <sip:anonymous@anonymous.invalid>");
	assert_string_equal(out.asserted, "<sip:+8613800000001@as.example.com;user=phone>");
	assert_string_equal(out.privacy, "id");
	assert_string_equal(out.diversion, "<sip:12599@as.example.com>;reason=unknown;counter=1;privacy=full");
	assert_true(out.calling.restricted);
	/* and not told at all to a peer that is not to know */
	c.identity = FROM;
	assert_int_equal(sip_identity_write(&c, &n, &out), 0);
	assert_string_equal(out.from, "\"Anonymous\" <sip:anonymous@anonymous.invalid>");
	assert_string_equal(out.asserted, "");
	assert_string_equal(out.privacy, "");
	assert_string_equal(out.diversion, "");
	c.restricted = false;
	assert_int_equal(sip_identity_write(&c, &n, &out), 0);
	assert_string_equal(out.from, "<sip:+8613800000001@as.example.com;user=phone>");
	assert_string_equal(out.asserted, "");
	assert_string_equal(out.diversion, "<sip:12599@as.example.com>;reason=unknown;counter=1;privacy=off");
	/* nobody's number; numbers as they are dialled */
	c.calling = c.diverting = NULL;
	n = number_for_trunk(&rules);
	assert_int_equal(sip_identity_write(&c, &n, &out), 0);
	assert_string_equal(out.uri, "sip:13900000002@192.0.2.5:5070");
	assert_string_equal(out.from, "<sip:unavailable@as.example.com>");
	assert_false(out.calling.present);
	/* what cannot be written */
	c.called = "not canonical";
	assert_int_equal(sip_identity_write(&c, &n, &out), -EINVAL);
	c.called = "8613900000002";
	c.our_host = "as.example.com>\r\nX: y";
	assert_int_equal(sip_identity_write(&c, &n, &out), -EINVAL);
	c.our_host = "as.example.com";
	c.peer_host = "";
	assert_int_equal(sip_identity_write(&c, &n, &out), -EINVAL);
	c.peer_host = "[2001:db8::1]:5060";
	assert_int_equal(sip_identity_write(&c, &n, &out), 0);
	c.calling = "x";
	assert_int_equal(sip_identity_write(&c, &n, &out), -EINVAL);
	c.calling = MOBILE;
	c.diverting = "x";
	assert_int_equal(sip_identity_write(&c, &n, &out), -EINVAL);
}

/* What one node writes another reads: the same numbers, the same wish to be hidden. */
static void what_we_write_we_read(void **state)
{
	static const char *const numbers[] = { MOBILE, "861084110001", "s:12599", "12125550100", "864008001234" };

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		struct number_rules r = rules;
		const char *called = numbers[random_below(ARRAY_LEN(numbers))],
			   *calling = numbers[random_below(ARRAY_LEN(numbers))];
		struct sip_identity_call c = { .called = called,
			                       .calling = calling,
			                       .identity = ASSERTED,
			                       .our_host = "a.example",
			                       .peer_host = "[2001:db8::1]:5060" };
		struct sip_identity_headers h = { .count = { 0 } };
		struct leg_party from, diverted, to;
		struct sip_identity_out out;
		struct trunk_numbers n;

		r.form = (enum number_form)random_below(3);
		n = number_for_trunk(&r);
		c.restricted = random_below(2);
		c.diverting = random_below(2) ? numbers[random_below(ARRAY_LEN(numbers))] : NULL;
		assert_int_equal(sip_identity_write(&c, &n, &out), 0);
		sip_identity_add(&h, "From", out.from);
		sip_identity_add(&h, "P-Asserted-Identity", out.asserted);
		if (out.privacy[0])
			sip_identity_add(&h, "Privacy", out.privacy);
		if (out.diversion[0])
			sip_identity_add(&h, "Diversion", out.diversion);
		sip_identity_read(&h, ASSERTED, &n, &from, &diverted);
		assert_int_equal(sip_identity_called(out.uri, &n, &to), 0);
		/* digits that need their type of number are no digits to dial (NUMBER_CODED has none of it on SIP) */
		if (r.form != NUMBER_CODED) {
			assert_string_equal(from.canonical, calling);
			assert_string_equal(to.canonical, called);
			assert_string_equal(diverted.canonical, c.diverting ? c.diverting : "");
		}
		assert_int_equal(from.restricted, c.restricted);
		assert_int_equal(diverted.present, c.diverting != NULL);
		assert_int_equal(from.screening, NETWORK);
	}
}

static void more_headers_than_there_is_room_for(void **state)
{
	struct trunk_numbers n = number_for_trunk(&rules);
	struct sip_identity_headers h = { .count = { 0 } };
	struct leg_party calling, redirecting;
	static char big[SIP_HEADER_LEN_MAX + 2], list[SIP_HEADER_LEN_MAX];
	size_t len = 0;

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	sip_identity_add(&h, "P-Asserted-Identity", big); /* too long: not looked at */
	assert_int_equal(h.count[SIP_HEADER_ASSERTED], 0);
	for (unsigned i = 0; i < SIP_HEADER_LIST_MAX; i++)
		len += (size_t)snprintf(list + len, sizeof(list) - len, "<sip:a@x>,");
	(void)snprintf(list + len, sizeof(list) - len, "<tel:+8613800000001>");
	sip_identity_add(&h, "P-Asserted-Identity", list); /* what stands behind the 32nd is not looked at */
	sip_identity_read(&h, ASSERTED, &n, &calling, &redirecting);
	assert_false(calling.present);
	for (unsigned i = 0; i < SIP_HEADER_VALUES_MAX + 3; i++)
		sip_identity_add(&h, "P-Asserted-Identity", "<tel:+8613800000001>");
	assert_int_equal(h.count[SIP_HEADER_ASSERTED], SIP_HEADER_VALUES_MAX);
	len = 0;
	for (unsigned i = 0; i < 90; i++)
		len += (size_t)snprintf(list + len, sizeof(list) - len, "<tel:+8613900000002;cause=302>;index=1.%u,", i);
	sip_identity_add(&h, "History-Info", list);
	sip_identity_add(&h, "History-Info", list);
	sip_identity_read(&h, ASSERTED, &n, &calling, &redirecting);
	assert_true(redirecting.present);
	assert_string_equal(redirecting.canonical, "8613900000002");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(callers_are_known),  cmocka_unit_test(diversions_are_known),
		cmocka_unit_test(called_numbers),     cmocka_unit_test(calls_are_written),
		cmocka_unit_test(what_we_write_we_read), cmocka_unit_test(more_headers_than_there_is_room_for),
	};

	random_seed(3325);
	number_rules_default(&rules);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
