/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configuration: defaults and ranges by tables, every mistake with its line, and what is written about the settings agrees
 * with them. */
#include "node/config.h"
#include "office/config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/random.h"
#include "prompts/catalogue.h"

struct fixture {
	char dir[64];
	char head[256]; /* where the journal and the prompts are: a test's machine has none in the usual places */
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	const char *tmp = getenv("TMPDIR");

	(void)snprintf(f->dir, sizeof(f->dir), "%.40s/config-XXXXXX", tmp ? tmp : "/tmp"); /* TMPDIR, for mkdtemp */
	if (mkdtemp(f->dir) == NULL)
		return -1;
	(void)snprintf(f->head, sizeof(f->head), "journal: {dir: %s}\nsounds: {dir: %s}\ncontrol: {socket: ''}\n", f->dir,
	               f->dir);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	(void)rmdir(f->dir);
	free(f);
	return 0;
}

#define SPAN "spans: [{local: '127.0.0.1:40001', peer: '127.0.0.1:40002'}]\n"

/* The three lines of the head, then text. What was complained of, in a buffer of the caller's (freed by him). */
static int load(const struct fixture *f, const char *text, struct node_config **cp, char **errors)
{
	char *whole, *complaint = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&complaint, &len);
	int err;

	assert_true(asprintf(&whole, "%s%s", f->head, text) > 0);
	err = node_config_parse("test.yaml", whole, strlen(whole), cp, out);
	fclose(out);
	free(whole);
	if (errors)
		*errors = complaint;
	else
		free(complaint);
	return err;
}

static void config_a_span_is_enough(void **state)
{
	struct node_config *c;
	struct sockaddr_in *local;

	assert_int_equal(load(*state, SPAN, &c, NULL), 0);
	assert_int_equal(c->options.span_count, 1);
	assert_string_equal(c->options.span[0].e1.name, "pstn");
	assert_int_equal(c->options.span[0].e1.role, E1_CPE);
	assert_int_equal(c->options.span[0].e1.transport, E1_PSEUDOWIRE);
	assert_int_equal(c->options.span[0].e1.frames_per_packet, 8);
	assert_int_equal(c->options.span[0].unanswered, UNANSWERED_ALERTING);
	assert_true(c->options.span[0].e1.hunt_from_high);
	assert_false(c->options.span[0].show_host);
	local = (struct sockaddr_in *)(void *)&c->options.span[0].e1.local;
	assert_int_equal(local->sin_family, AF_INET);
	assert_int_equal(ntohs(local->sin_port), 40001);
	assert_int_equal(c->options.service_count, 1);
	assert_string_equal(c->options.service[0].number, "s:12599");
	assert_int_equal(c->options.service[0].language, PROMPT_ZH_CN);
	assert_int_equal(c->options.service[0].callback_delay_us, CLOCK_SEC(3));
	assert_int_equal(c->options.service[0].retries, 2);
	assert_int_equal(c->options.service[0].retry_interval_us, CLOCK_SEC(30));
	assert_false(c->options.service[0].use_restricted);
	assert_int_equal(c->log_level, LOG_INFO);
	assert_string_equal(c->options.name, "node1");
	node_config_free(c);
}

/* The defaults of the code and those of the table are the same numbers. */
static void config_defaults_are_the_codes(void **state)
{
	struct node_options *o = calloc(1, sizeof(*o));
	struct e1_span_config span;
	struct node_config *c;

	node_options_default(o);
	e1_span_config_default(&span);
	assert_int_equal(load(*state, SPAN, &c, NULL), 0);
	assert_memory_equal(&c->options.ivr, &o->ivr, sizeof(o->ivr));
	assert_memory_equal(&c->options.timers, &o->timers, sizeof(o->timers));
	assert_memory_equal(&c->options.numbers, &o->numbers, sizeof(o->numbers));
	assert_string_equal(c->options.country, o->country);
	assert_int_equal(c->options.members_max, o->members_max);
	assert_int_equal(c->options.workers, o->workers);
	assert_int_equal(c->options.t302_us, o->t302_us);
	assert_int_equal(c->options.music_under_talk, o->music_under_talk);
	assert_int_equal(c->options.music_under_db10, o->music_under_db10);
	assert_int_equal(c->options.span[0].e1.los_alarm_ms, span.los_alarm_ms);
	assert_int_equal(c->options.span[0].e1.los_clear_ms, span.los_clear_ms);
	assert_int_equal(c->options.span[0].e1.restore_ms, span.restore_ms);
	assert_int_equal(c->options.span[0].e1.frames_per_packet, span.frames_per_packet);
	node_config_free(c);
	free(o);
}

static void config_what_is_written_counts(void **state)
{
	struct node_config *c;

	assert_int_equal(load(*state,
	                      "node: {name: north, workers: 8}\n"
	                      "log: {level: debug, file: /var/log/partyline.log}\n"
	                      "database: {socket: '', host: db.example, port: 3307, user: u, name: n}\n"
	                      "numbers: {area: '25', form: coded, local_with_area: yes, short_codes: ['125XX']}\n"
	                      "spans:\n"
	                      "  - {name: a, local: '[::1]:5000', peer: '[::1]:5001', unanswered: alerting+progress, hunt: low, "
	                      "shown_number: host, overlap: on}\n"
	                      "  - {name: b, transport: dahdi, dahdi_span: 2, numbers: {form: full, area: '21'}}\n"
	                      "services:\n"
	                      "  - {number: 12599, language: en, callback_delay_s: 0, restricted_numbers: use}\n"
	                      "  - {number: 84110001}\n"
	                      "prompts: {hash_guard_ms: 0}\n"
	                      "timers: ~\n",
	                      &c, NULL),
	                 0);
	assert_string_equal(c->options.name, "north");
	assert_int_equal(c->options.workers, 8);
	assert_int_equal(c->log_level, LOG_DEBUG);
	assert_string_equal(c->settings.control.socket, "");
	assert_int_equal(c->settings.database.port, 3307);
	assert_int_equal(c->options.numbers.form, NUMBER_CODED);
	assert_true(c->options.numbers.local_with_area);
	assert_string_equal(c->options.numbers.shorts.pattern[0], "125XX");
	assert_string_equal(c->options.numbers.shorts.pattern[1], "");
	assert_int_equal(c->options.span_count, 2);
	assert_int_equal(c->options.span[0].e1.peer.ss_family, AF_INET6);
	assert_int_equal(c->options.span[0].unanswered, UNANSWERED_ALERTING_PROGRESS);
	assert_false(c->options.span[0].e1.hunt_from_high);
	assert_true(c->options.span[0].show_host);
	assert_true(c->options.span[0].e1.overlap);
	assert_int_equal(c->options.span[1].e1.transport, E1_DAHDI);
	assert_int_equal(c->options.span[1].e1.dahdi_span, 2);
	assert_false(c->options.span[0].own_numbers);
	assert_true(c->options.span[1].own_numbers);
	assert_int_equal(c->options.span[1].numbers.form, NUMBER_FULL);
	assert_string_equal(c->options.span[1].numbers.area, "21");
	assert_string_equal(c->options.span[1].numbers.shorts.pattern[0], "125XX"); /* the node's */
	assert_true(c->options.span[1].numbers.local_with_area);
	assert_int_equal(c->options.service_count, 2);
	assert_true(c->options.service[0].use_restricted);
	assert_int_equal(c->options.service[0].callback_delay_us, 0);
	assert_string_equal(c->options.service[1].number, "862584110001");
	assert_int_equal(c->options.ivr.hash_guard_us, 0);
	node_config_free(c);
}

static const char two_spans[] = "spans:\n"
				"  - {name: a, local: '127.0.0.1:1', peer: '127.0.0.1:2'}\n"
				"  - {name: b, local: '127.0.0.1:3', peer: '127.0.0.1:4'}\n";

static void config_routes_are_read(void **state)
{
	const struct route_config *r;
	struct route_config usual;
	struct node_config *c;
	char *text;

	route_config_default(&usual);
	assert_true(asprintf(&text,
	                     "%s%s", two_spans,
	                     "groups: [{name: lines, trunks: [{name: a}, {name: e1/b, order: 2}]}]\n"
	                     "routes:\n"
	                     "  - {name: far, prefixes: [021, '00852', 8625, '+44', 's:100'], trunks: [{name: a, percent: 60}, "
	                     "{name: b, percent: 40}], capacity: 5, reserve: 2, failover: [3, 127], shown_number: host}\n"
	                     "  - {name: all, prefixes: [''], trunks: [{name: lines}]}\n") > 0);
	assert_int_equal(load(*state, text, &c, NULL), 0);
	assert_int_equal(c->options.group_count, 1);
	assert_int_equal(c->options.group[0].way[1].order, 2);
	assert_int_equal(c->options.route_count, 2);
	r = &c->options.route[0].route;
	assert_int_equal(r->prefix_count, 5);
	assert_string_equal(r->prefix[0], "8621");
	assert_string_equal(r->prefix[1], "852");
	assert_string_equal(r->prefix[2], "8625");
	assert_string_equal(r->prefix[3], "44");
	assert_string_equal(r->prefix[4], "s:100");
	assert_int_equal(r->way[0].percent, 60);
	assert_int_equal(r->capacity, 5);
	assert_int_equal(r->reserve, 2);
	assert_int_equal(r->failover[0], 3);
	assert_int_equal(r->failover[1], 127);
	assert_int_equal(r->failover[2], 0);
	assert_int_equal(r->shown, ROUTE_SHOWN_HOST);
	r = &c->options.route[1].route;
	assert_string_equal(r->prefix[0], "");
	assert_int_equal(r->way[0].order, 1);
	assert_memory_equal(r->failover, usual.failover, sizeof(usual.failover)); /* the table's default is the code's */
	node_config_free(c);
	free(text);
}

static void config_mistakes_in_routes(void **state)
{
	static const struct {
		const char *text, *complaint;
	} mistakes[] = {
		{ "routes: [{name: x, prefixes: [''], trunks: [{name: c}]}]\n",
		  "test.yaml:7: routes[0].trunks[0].name: there is no span, trunk or group \"c\"\n" },
		{ "groups: [{name: g, trunks: [{name: g}]}]\n",
		  "test.yaml:7: groups[0].trunks[0].name: there is no span or trunk \"g\"\n" },
		{ "groups: [{name: a, trunks: [{name: b}]}]\n", "test.yaml:7: groups[0].name: \"a\" is a trunk's name\n" },
		{ "groups:\n- {name: g, trunks: [{name: b}]}\n- {name: g, trunks: [{name: a}]}\n",
		  "test.yaml:9: groups[1].name: there are two groups \"g\"\n" },
		{ "groups: [{name: g, trunks: []}]\n", "test.yaml:7: groups[0].trunks: at least one is needed\n" },
		{ "routes: [{name: x, prefixes: [''], trunks: [{name: a, percent: 60}, {name: b, percent: 30}]}]\n",
		  "test.yaml:7: routes[0].trunks[0].percent: those of order 1 are 90 together, not 100\n" },
		{ "routes: [{name: x, prefixes: [''], trunks: [{name: a, percent: 100}, {name: b}]}]\n",
		  "all of order 1 have a percent, or none\n" },
		{ "routes: [{name: x, prefixes: [''], trunks: [{name: a}, {name: e1/a, order: 2}]}]\n",
		  "routes[0].trunks[1].name: e1/a is in this list twice\n" },
		{ "groups: [{name: g, trunks: [{name: b}, {name: a}]}]\n"
		  "routes: [{name: x, prefixes: [''], trunks: [{name: a}, {name: g}]}]\n",
		  "test.yaml:8: routes[0].trunks[1].name: a is in this list twice\n" },
		{ "routes:\n- {name: x, prefixes: [''], trunks: [{name: a}]}\n- {name: x, prefixes: [86], trunks: [{name: a}]}\n",
		  "test.yaml:9: routes[1].name: there are two routes \"x\"\n" },
		{ "routes:\n- {name: x, prefixes: [8621], trunks: [{name: a}]}\n- {name: y, prefixes: [86, 021], trunks: [{name: "
		  "a}]}\n",
		  "test.yaml:9: routes[1].prefixes[1]: \"8621\" is in route x already\n" },
		{ "routes: [{name: x, prefixes: [], trunks: [{name: a}]}]\n",
		  "routes[0].prefixes: at least one is needed, \"\" for all numbers\n" },
		{ "routes: [{name: x, prefixes: [12a], trunks: [{name: a}]}]\n", "\"12a\" is no beginning of a number" },
		{ "routes: [{name: x, prefixes: [''], trunks: [{name: a}], failover: [34, 128]}]\n",
		  "test.yaml:7: routes[0].failover[1]: \"128\" is no cause of Q.850, 1 to 127\n" },
		{ "routes: [{name: 'x y', prefixes: [''], trunks: [{name: a}]}]\n", "\"x y\" is not made of letters" },
		{ "routes: [{name: x, trunks: [{name: a}]}]\n",
		  "test.yaml:7: routes[0].prefixes: is missing: Numbers that begin so" },
	};

	for (unsigned i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		struct node_config *c;
		char *text, *errors;

		assert_true(asprintf(&text, "%s%s", two_spans, mistakes[i].text) > 0);
		assert_int_equal(load(*state, text, &c, &errors), -EINVAL);
		if (strstr(errors, mistakes[i].complaint) == NULL)
			fail_msg("%s: %s", mistakes[i].text, errors);
		free(errors);
		free(text);
	}
}

/* Line numbers count the three lines of the head. */
#define TRUNK "trunks: [{local: '"

static void config_mistakes_have_their_lines(void **state)
{
	static const struct {
		const char *text, *complaint;
	} t[] = {
		{ "", "test.yaml: spans: at least one span, or one of trunks, is needed" },
		{ "spans: []\n", "test.yaml:4: spans: at least one span, or one of trunks, is needed" },
		{ SPAN "log: {level: loud}\n",
		  "test.yaml:5: log.level: \"loud\" is none of the choices (error, warn, info, debug)" },
		{ SPAN "limits:\n  members: 1\n", "test.yaml:6: limits.members: \"1\" is out of range (2 to 512)" },
		{ SPAN "limits:\n  members: many\n", "test.yaml:6: limits.members: \"many\" is no whole number (2 to 512)" },
		{ SPAN "limits:\n  members: 99999999999999999999\n", "is no whole number" },
		{ SPAN "limits:\n  members: [2]\n", "test.yaml:6: limits.members: one value is wanted here: 2 to 512" },
		{ SPAN "limits: 7\n", "test.yaml:5: limits: settings are wanted here" },
		{ SPAN "limits:\n  member: 7\n", "test.yaml:6: limits.member: there is no such setting here (there are: members, "
		                                 "rooms, calls_per_day, call_min, "
		                                 "silence_min, warning_s, password_tries, "
		                                 "password_lock_min)" },
		{ SPAN "limits:\n  members: 7\n  members: 8\n", "test.yaml:7: limits.members: is set twice, first in line 6" },
		{ SPAN "sounds: {}\n", "test.yaml:5: sounds: is set twice, first in line 2" },
		{ SPAN "frobnicate: 1\n", "test.yaml:5: frobnicate: there is no such setting here" },
		{ SPAN "node: {name: ''}\n", "test.yaml:5: node.name: \"\" must not be empty" },
		{ SPAN "node: {name: a b}\n", "test.yaml:5: node.name: \"a b\" is not made of" },
		{ SPAN "node: {name: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}\n",
		  "is too long (not empty, at most 31 characters)" },
		{ SPAN "numbers: {area: '999999'}\n", "test.yaml:5: numbers: the home area is none of the area codes" },
		{ SPAN "numbers:\n  local:\n  - X\n  - '[9-'\n", "numbers: a pattern is made of digits" },
		{ SPAN "numbers: {local: XXXX}\n", "test.yaml:5: numbers.local: a list is wanted here" },
		{ "spans:\n  - {transport: dahdi, dahdi_span: 1, numbers: {area: '1'}}\n",
		  "test.yaml:5: spans[0].numbers: the home area is none" },
		{ SPAN "sounds:\n", "test.yaml:5: sounds: is set twice" },
		{ SPAN "services: []\n", "test.yaml:5: services: at least one service is needed" },
		{ SPAN "services:\n  - number: 12599\n  - number: '01012599'\n",
		  "test.yaml:7: services[1].number: there are two services with this number" },
		{ SPAN "services:\n  - number: 0\n",
		  "test.yaml:6: services[0].number: \"0\" is no number in this dialling plan" },
		{ "spans:\n  - local: 127.0.0.1:40001\n",
		  "test.yaml:5: spans[0].peer: a pseudowire needs the other end's address" },
		{ "spans:\n  - local: 127.0.0.1\n    peer: 127.0.0.1:1\n",
		  "test.yaml:5: spans[0].local: \"127.0.0.1\" is no address and port" },
		{ "spans:\n  - {local: '127.0.0.1:5', peer: '[::1]:5'}\n",
		  "test.yaml:5: spans[0].local: is not of the same family as peer" },
		{ "spans:\n  - {local: '127.0.0.1:5', peer: '127.0.0.1:5'}\n",
		  "test.yaml:5: spans[0].local: is the same as peer" },
		{ "spans:\n  - {local: '127.0.0.1:0', peer: '127.0.0.1:5'}\n", "is no address and port" },
		{ "spans:\n  - {local: '127.0.0.1:70000', peer: '127.0.0.1:5'}\n", "is no address and port" },
		{ "spans:\n  - {name: a, local: '127.0.0.1:5', peer: '127.0.0.1:6'}\n  - {name: a, local: '127.0.0.1:7', peer: "
		  "'127.0.0.1:8'}\n",
		  "test.yaml:6: spans[1].name: there are two spans \"a\"" },
		{ "spans:\n  - {name: a, local: '127.0.0.1:5', peer: '127.0.0.1:6'}\n  - {name: b, local: '127.0.0.1:5', peer: "
		  "'127.0.0.1:8'}\n",
		  "test.yaml:6: spans[1].local: is that of span a too" },
		{ "spans:\n  - {transport: dahdi}\n", "test.yaml:5: spans[0].dahdi_span: the span's number is needed" },
		{ "spans:\n  - {name: a, transport: dahdi, dahdi_span: 1}\n  - {name: b, transport: dahdi, dahdi_span: 1}\n",
		  "test.yaml:6: spans[1].dahdi_span: is that of span a too" },
		{ "spans:\n  - {transport: dahdi, dahdi_span: 1, los_alarm_ms: 5000}\n",
		  "spans[0].los_clear_ms: is less than los_alarm_ms" },
		{ "spans:\n  - {transport: pair}\n",
		  "test.yaml:5: spans[0].transport: \"pair\" is none of the choices (pseudowire, dahdi)" },
		{ "spans:\n  - hello\n", "test.yaml:5: spans[0]: settings are wanted here" },
		{ "spans: hello\n", "test.yaml:4: spans: a list is wanted here" },
		{ "trunks: [{peers: ['10.0.0.5:5060']}]\n", "test.yaml:4: trunks[0].local: our address and port are needed" },
		{ TRUNK "0.0.0.0:5060', peers: ['10.0.0.5:5060']}]\n",
		  "trunks[0].local: must be an address that the peers can reach" },
		{ TRUNK "10.0.0.1:5060'}]\n", "test.yaml:4: trunks[0].peers: at least one is needed" },
		{ TRUNK "10.0.0.1:5060', peers: [sbc]}]\n", "trunks[0].peers[0]: \"sbc\" is no address with a port" },
		{ TRUNK "10.0.0.1:5060', peers: ['[::1]:5060']}]\n", "trunks[0].peers[0]: is not of the same family as local" },
		{ TRUNK "10.0.0.1:5060', peers: ['10.0.0.1:5060']}]\n", "trunks[0].peers[0]: is the same as local" },
		{ TRUNK "10.0.0.1:5060', peers: ['10.0.0.5:5060'], sources: [10.0.0.0/33]}]\n",
		  "trunks[0].sources[0]: \"10.0.0.0/33\" is no address and no network" },
		{ TRUNK "10.0.0.1:5060', peers: ['10.0.0.5:5060'], codecs: [opus]}]\n",
		  "trunks[0].codecs[0]: \"opus\" is none of pcma" },
		{ TRUNK "10.0.0.1:5060', peers: ['10.0.0.5:5060'], codecs: [telephone-event]}]\n",
		  "trunks[0].codecs: there is no speech" },
		{ TRUNK "10.0.0.1:5060', peers: ['10.0.0.5:5060'], rtp_port_min: 20001}]\n", "trunks[0].rtp_port_min: is odd" },
		{ TRUNK "10.0.0.1:5060', peers: ['10.0.0.5:5060'], ptime_ms: 25}]\n",
		  "trunks[0].ptime_ms: is no multiple of 10" },
		{ TRUNK "10.0.0.1:5060', peers: ['10.0.0.5:5060']}, {local: '10.0.0.1:5060', peers: ['10.0.0.6:5060']}]\n",
		  "trunks[1].name: there are two trunks \"ims\"" },
		{ TRUNK "10.0.0.1:5060', peers: ['10.0.0.5:5060']}, {name: b, local: '10.0.0.1:5062', peers: ['10.0.0.6:5060'], "
		        "rtp_port_min: "
		        "20000}]\n",
		  "trunks[1].rtp_port_min: its ports are partly those of trunk ims" },
		{ TRUNK "10.0.0.1:5060', peers: ['10.0.0.5:5060']}, {name: b, local: '10.0.0.1:5060', peers: ['10.0.0.6:5060'], "
		        "rtp_timeout_s: 60}]\n",
		  "trunks[1].rtp_port_min: its ports are those of trunk ims: rtp_timeout_s" },
		{ SPAN "database: {password_file: /nonexistent/secret}\n", "test.yaml:5: database.password_file: " },
		{ SPAN "database: {socket: '', host: ''}\n", "test.yaml:5: database.host: either socket or host is needed" },
		{ SPAN "log: {level: \"a\\0b\"}\n", "test.yaml:5: log.level: one value is wanted here" },
		{ "spans: [\n", "test.yaml:5: " },
		{ "\tspans: 1\n", "test.yaml:4: found character that cannot start any token" },
		{ SPAN "log: *nothing\n", "test.yaml:5: found undefined alias" },
		{ "spans: &a [*a]\n", "test.yaml:4: " },
	};

	for (unsigned i = 0; i < ARRAY_LEN(t); i++) {
		struct node_config *c = NULL;
		char *errors;
		int err = load(*state, t[i].text, &c, &errors);

		if (err != -EINVAL && err != -EBADMSG)
			fail_msg("%s\nexpected a complaint, got %d", t[i].text, err);
		if (strstr(errors, t[i].complaint) == NULL)
			fail_msg("%s\nexpected: %s\ngot: %s", t[i].text, t[i].complaint, errors);
		assert_null(c);
		free(errors);
	}
}

static void config_all_mistakes_are_told(void **state)
{
	struct node_config *c = NULL;
	char *errors;

	assert_int_equal(
		load(*state, "spans:\n  - {hunt: left, role: boss}\nlimits: {members: 0, call_min: 0}\nfoo: 1\n", &c, &errors),
		-EINVAL);
	assert_non_null(strstr(errors, "spans[0].hunt"));
	assert_non_null(strstr(errors, "spans[0].role"));
	assert_non_null(strstr(errors, "limits.members"));
	assert_non_null(strstr(errors, "limits.call_min"));
	assert_non_null(strstr(errors, "foo"));
	free(errors);
}

static void config_paths_are_looked_at(void **state)
{
	static const char text[] =
		"journal: {dir: /nonexistent/journal}\nsounds:\n  dir: /nonexistent/sounds\n  music: [/nonexistent/a.wav]\n" SPAN;
	struct node_config *c = NULL;
	char *errors = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&errors, &len);

	(void)state;
	assert_int_equal(node_config_parse("t", text, sizeof(text) - 1, &c, out), -EINVAL);
	fclose(out);
	assert_non_null(strstr(errors, "t:1: journal.dir: /nonexistent/journal"));
	assert_non_null(strstr(errors, "t:3: sounds.dir: /nonexistent/sounds"));
	assert_non_null(strstr(errors, "t:4: sounds.music[0]: /nonexistent/a.wav"));
	free(errors);
	assert_int_equal(node_config_load("/nonexistent/file.yaml", &c, NULL), -ENOENT);
}

static void config_password_file_must_be_secret(void **state)
{
	const struct fixture *f = *state;
	char path[128], text[512], *errors;
	struct node_config *c = NULL;
	FILE *out;

	(void)snprintf(path, sizeof(path), "%s/password", f->dir);
	out = fopen(path, "w");
	fputs("correct horse\n", out);
	fclose(out);
	(void)snprintf(text, sizeof(text), SPAN "database: {password_file: %s}\n", path);
	assert_int_equal(chmod(path, 0640), 0);
	assert_int_equal(load(f, text, &c, &errors), -EINVAL);
	assert_non_null(strstr(errors, "test.yaml:5: database.password_file: "));
	assert_null(strstr(errors, "horse"));
	free(errors);
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(load(f, text, &c, &errors), 0);
	assert_string_equal(errors, "");
	node_config_free(c);
	free(errors);
	assert_int_equal(unlink(path), 0);
}

/* The command line finds its two sections in a node's file, and minds only their mistakes. */
static void config_is_shared_with_the_command_line(void **state)
{
	const struct fixture *f = *state;
	struct settings s;
	char path[128];
	FILE *out;

	(void)snprintf(path, sizeof(path), "%s/node.yaml", f->dir);
	out = fopen(path, "w");
	fputs("control: {socket: /x}\nspans: [{nonsense: 1}]\ndatabase: {name: other}\nunknown: [1, 2]\n", out);
	fclose(out);
	assert_int_equal(settings_load(&s, path, NULL), 0);
	assert_string_equal(s.control.socket, "/x");
	assert_string_equal(s.database.database, "other");
	assert_string_equal(s.database.user, "partyline");
	out = fopen(path, "w");
	fputs("control: {socked: /x}\n", out);
	fclose(out);
	assert_int_equal(settings_load(&s, path, NULL), -EINVAL);
	assert_int_equal(settings_load(&s, NULL, NULL), 0);
	assert_string_equal(s.control.socket, "/run/partyline.sock");
	assert_int_equal(unlink(path), 0);
}

/* ---- what is written about the settings ---- */

static char *slurp(const char *path)
{
	FILE *in = fopen(path, "r");
	char *text = calloc(1, 256 * 1024);

	if (in == NULL)
		fail_msg("%s is missing (run from the root of the source)", path);
	assert_true(fread(text, 1, 256 * 1024 - 1, in) < 256 * 1024 - 1);
	fclose(in);
	return text;
}

static void in_man_page(const char *where, const struct config_field *d, void *arg)
{
	const char *man = arg;
	char *one = NULL;
	size_t len = 0;
	const struct config_field alone[2] = { *d, { .name = NULL } };
	FILE *out = open_memstream(&one, &len);
	const char *begin;

	(void)where;
	config_help(alone, CONFIG_HELP_ROFF, out);
	fclose(out);
	/* the entry's text, after its .TP and .B lines, which have the full name */
	begin = strchr(strchr(one, '\n') + 1, '\n') + 1;
	if (d->table == NULL && strstr(man, begin) == NULL)
		fail_msg("the man page does not say of %s:\n%s", where, begin);
	free(one);
}

static void man_page_lists(const char *file, const struct config_field *table)
{
	char *man = slurp(file), *whole = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&whole, &len);

	config_each(table, in_man_page, man); /* names what is missing ... */
	config_help(table, CONFIG_HELP_ROFF, out);
	fclose(out);
	assert_true(len > 1000);
	if (strstr(man, whole) == NULL) /* ... and nothing is there too much, or in another order */
		fail_msg("%s is not as the table says; its list is:\n%s", file, whole);
	free(whole);
	free(man);
}

static void config_man_page_lists_the_settings(void **state)
{
	(void)state;
	man_page_lists("man/partylined.conf.5", node_config_table);
	man_page_lists("man/partyline-office.conf.5", office_config_table);
}

static const struct {
	const char *text, *says;
} office_mistakes[] = {
	{ "nodes: [{name: a b, socket: /x}]\n", "nodes[0].name: \"a b\" is not made of letters" },
	{ "nodes: [{name: a, socket: /x}, {name: a, socket: /y}]\n", "nodes[1].name: \"a\" is the name of another node too" },
	{ "http: {certificate: /x}\n", "a certificate and its key are given together" },
	{ "office: {zone: Mars/Olympus}\n", "office.zone: \"Mars/Olympus\" is no time zone" },
	{ "office: {currency: yuan}\n", "office.currency" },
	{ "http: {threads: 0}\n", "http.threads" },
	{ "spans: []\n", "spans" },
};

static void config_mistakes_of_the_office(void **state)
{
	const struct fixture *f = *state;
	char path[160];

	for (size_t i = 0; i < sizeof(office_mistakes) / sizeof(office_mistakes[0]); i++) {
		char *errors = NULL;
		size_t len = 0;
		FILE *out = open_memstream(&errors, &len), *yaml;
		struct office_config *c = NULL;

		(void)snprintf(path, sizeof(path), "%s/office.yaml", f->dir);
		yaml = fopen(path, "w");
		assert_non_null(yaml);
		(void)fputs(office_mistakes[i].text, yaml);
		(void)fclose(yaml);
		assert_int_equal(office_config_load(path, &c, out), -EINVAL);
		(void)fclose(out);
		if (strstr(errors, office_mistakes[i].says) == NULL)
			fail_msg("%s: %s, should say %s", office_mistakes[i].text, errors, office_mistakes[i].says);
		free(errors);
		(void)unlink(path);
	}
}

static void in_example(const char *where, const struct config_field *d, void *arg)
{
	char path[CONFIG_PATH_MAX];
	size_t n = 0;

	if (d->type == CONFIG_LIST)
		return;
	for (; *where && n + 1 < sizeof(path); where++) { /* of every list, its first */
		path[n++] = *where;
		if (*where == '[')
			path[n++] = '0';
	}
	path[n] = '\0';
	if (!config_given(arg, path))
		fail_msg("examples/partyline.yaml lacks %s", path);
}

/* The example has every setting, at its default where it has one. */
static void config_example_is_complete(void **state)
{
	static const char trunk[] = "spans: []\ntrunks: [{local: '127.0.0.1:5060', peers: ['127.0.0.1:5070']}]\n";
	struct node_config *a = calloc(1, sizeof(*a)), *b = calloc(1, sizeof(*b));
	struct config_file *f;

	(void)state;
	assert_int_equal(config_open(&f, "examples/partyline.yaml", stderr), 0);
	assert_int_equal(config_read(f, node_config_table, false, a), 0);
	config_each(node_config_table, in_example, f);
	config_close(f);
	assert_int_equal(config_parse(&f, "trunk.yaml", trunk, strlen(trunk), stderr), 0);
	assert_int_equal(config_read(f, node_config_table, false, b), 0);
	config_close(f);
	assert_memory_equal(a->options.trunk, b->options.trunk, sizeof(a->options.trunk));
	memset(a->options.trunk, 0, sizeof(a->options.trunk));
	a->options.trunk_count = 0;
	memset(b, 0, sizeof(*b));
	assert_int_equal(config_open(&f, "examples/minimal.yaml", stderr), 0);
	assert_int_equal(config_read(f, node_config_table, false, b), 0);
	config_close(f);
	/* what it shows of groups and routes is what a node without any has: every number over its span */
	assert_int_equal(a->options.route[0].route.shown, ROUTE_SHOWN_TRUNK);
	memset(a->options.group, 0, sizeof(a->options.group));
	memset(a->options.route, 0, sizeof(a->options.route));
	a->options.group_count = a->options.route_count = 0;
	assert_memory_equal(a, b, sizeof(*a));
	free(a);
	free(b);
}

static void in_office_example(const char *where, const struct config_field *d, void *arg)
{
	if (strncmp(where, "nodes[", 6) != 0) /* there are none by default */
		in_example(where, d, arg);
}

/* examples/partyline-office.yaml has every setting of the office, at its default. */
static void config_example_of_the_office(void **state)
{
	struct office_config *c = NULL, plain;
	struct config_file *f;

	(void)state;
	assert_int_equal(office_config_load("examples/partyline-office.yaml", &c, stderr), 0);
	memset(&plain, 0, sizeof(plain));
	number_rules_default(&plain.numbers);
	config_defaults(office_config_table, &plain);
	assert_int_equal(c->address_per_s, plain.address_per_s);
	assert_int_equal(c->session_idle_us, plain.session_idle_us);
	assert_int_equal(c->csv_max, plain.csv_max);
	assert_memory_equal(&c->numbers, &plain.numbers, sizeof(plain.numbers));
	assert_memory_equal(&c->settings, &plain.settings, sizeof(plain.settings));
	assert_int_equal(config_open(&f, "examples/partyline-office.yaml", stderr), 0);
	assert_int_equal(config_read(f, office_config_table, false, &plain), 0);
	config_each(office_config_table, in_office_example, f);
	config_close(f);
	office_config_free(c);
}

static void config_help_reads_well(void **state)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	config_help(node_config_table, CONFIG_HELP_TEXT, out);
	fclose(out);
	assert_non_null(strstr(text, "spans[].frames_per_packet\n    pseudowire: E1 frames"));
	assert_non_null(strstr(text, "    default: 8; 1 to 40\n"));
	free(text);
}

/* A good file with octets changed, cut out or doubled: a complaint or a configuration, and nothing else. */
static void config_survives_any_bytes(void **state)
{
	char *good = slurp("examples/partyline.yaml");
	size_t good_len = strlen(good);
	FILE *null = fopen("/dev/null", "w");
	unsigned bad = 0;

	(void)state;
	random_seed(5);
	for (unsigned i = 0; i < 1500; i++) {
		char *text = malloc(good_len);
		size_t len = good_len;
		struct node_config *c = NULL;

		memcpy(text, good, len);
		for (unsigned k = random_below(8); k > 0; k--) {
			size_t at = random_below((uint32_t)len), n = 1 + random_below((uint32_t)(len - at));

			if (random_below(8) == 0)
				memmove(text + at, text + random_below((uint32_t)(len - n + 1)), n);
			else
				text[at] = (char)(random_below(2) ? random_below(256)
				                                  : (unsigned char)"[]{}:-&*\n '\"#!|>%@,"[random_below(19)]);
		}
		if (node_config_parse("fuzz", text, len, &c, null) != 0)
			bad++;
		node_config_free(c);
		free(text);
	}
	fclose(null);
	free(good);
	assert_true(bad > 100);
}

#define WITH(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(config_a_span_is_enough),
		WITH(config_defaults_are_the_codes),
		WITH(config_what_is_written_counts),
		WITH(config_routes_are_read),
		WITH(config_mistakes_in_routes),
		WITH(config_mistakes_have_their_lines),
		WITH(config_all_mistakes_are_told),
		WITH(config_paths_are_looked_at),
		WITH(config_password_file_must_be_secret),
		WITH(config_is_shared_with_the_command_line),
		cmocka_unit_test(config_man_page_lists_the_settings),
		cmocka_unit_test(config_example_of_the_office),
		WITH(config_mistakes_of_the_office),
		cmocka_unit_test(config_example_is_complete),
		cmocka_unit_test(config_help_reads_well),
		cmocka_unit_test(config_survives_any_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
