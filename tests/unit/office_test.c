/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tests/unit/office_test.c - the office's parts that need no network: schemas, the document and the table of routes, limits of
 * requests, stamps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/magic.h"
#include "core/stamp.h"
#include "office/digest.h"
#include "office/limiter.h"
#include "office/problem.h"
#include "office/routes.h"
#include "office/schema.h"

/* ---- schemas ---- */

/* pointer NULL: it fits. */
static const struct {
	const char *schema, *value, *pointer;
} cases[] = {
	{ "{'type':'string','minLength':2,'maxLength':3}", "'ab'", NULL },
	{ "{'type':'string','minLength':2,'maxLength':3}", "'a'", "#" },
	{ "{'type':'string','maxLength':3}", "'王小明'", NULL }, /* characters, not octets */
	{ "{'type':'string','x-maxOctets':8}", "'王小明'", "#" },
	{ "{'type':'string','pattern':'^[0-9]{1,3}$'}", "'123'", NULL },
	{ "{'type':'string','pattern':'^[0-9]{1,3}$'}", "'12a'", "#" },
	{ "{'type':'string','pattern':'^[0-9]{1,3}$'}", "'123\\n'", "#" },
	{ "{'type':'string'}", "7", "#" },
	{ "{'type':['string','null']}", "null", NULL },
	{ "{'type':'integer','minimum':1,'maximum':9}", "9", NULL },
	{ "{'type':'integer','minimum':1,'maximum':9}", "10", "#" },
	{ "{'type':'integer'}", "1.0", "#" },
	{ "{'type':'integer'}", "true", "#" },
	{ "{'enum':['a',null],'type':['string','null']}", "null", NULL },
	{ "{'enum':['a']}", "'b'", "#" },
	{ "{'type':'array','items':{'type':'integer'},'minItems':1,'maxItems':2}", "[1,2]", NULL },
	{ "{'type':'array','items':{'type':'integer'},'minItems':1,'maxItems':2}", "[]", "#" },
	{ "{'type':'array','items':{'type':'integer'},'maxItems':2}", "[1,2,3]", "#" },
	{ "{'type':'array','items':{'type':'integer'}}", "[1,'x']", "#/1" },
	{ "{'type':'array','items':{'type':'integer'},'uniqueItems':true}", "[1,2,1]", "#/2" },
	{ "{'type':'object','required':['a'],'properties':{'a':{'type':'string'}}}", "{'b':1}", "#/a" },
	{ "{'type':'object','properties':{'a':{'type':'string'}},'additionalProperties':false}", "{'b/c~':1}", "#/b~1c~0" },
	{ "{'type':'object','properties':{},'minProperties':1}", "{}", "#" },
	{ "{'$ref':'#/components/schemas/Word'}", "'x'", NULL },
	{ "{'$ref':'#/components/schemas/Word'}", "'xy'", "#" },
	{ "{'oneOf':[{'type':'integer'},{'type':'null'}]}", "null", NULL },
	{ "{'oneOf':[{'type':'integer'},{'type':'null'}]}", "'x'", "#" },
	{ "{'oneOf':[{'type':'object','properties':{'kind':{'enum':['a']},'n':{'type':'integer'}},'required':['n']},"
	  "{'type':'object','properties':{'kind':{'enum':['b']}}}]}",
	  "{'kind':'a'}", "#/n" }, /* the one that was meant says what is wrong */
};

/* ' for ", so that they can be read. */
static json_t *json_of(const char *text)
{
	char *copy = strdup(text);
	json_error_t why;
	json_t *v;

	for (char *p = copy; *p; p++)
		if (*p == '\'')
			*p = '"';
	v = json_loads(copy, JSON_DECODE_ANY, &why);
	if (v == NULL)
		fail_msg("%s: %s", copy, why.text);
	free(copy);
	return v;
}

static void test_schemas(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
		json_t *document = json_of("{'components':{'schemas':{'Word':{'type':'string','maxLength':1}}}}"),
		       *errors = json_array();
		json_t *schema = json_of(cases[i].schema), *value = json_of(cases[i].value);
		struct schemas *s;
		bool good;

		(void)json_object_set_new(document, "here", schema);
		assert_int_equal(schemas_alloc(&s, document), 0);
		good = schema_check(s, schema, value, "#", errors);
		if (good != (cases[i].pointer == NULL) || good != (json_array_size(errors) == 0))
			fail_msg("%s against %s: %d, %s", cases[i].value, cases[i].schema, good, json_dumps(errors, 0));
		if (!good)
			assert_string_equal(json_string_value(json_object_get(json_array_get(errors, 0), "pointer")),
			                    cases[i].pointer);
		schemas_free(s);
		json_decref(errors);
		json_decref(value);
		json_decref(document);
	}
}

static void test_errors_are_not_endless(void **state)
{
	json_t *document = json_object(), *schema = json_of("{'type':'object','properties':{},'additionalProperties':false}");
	json_t *value = json_object(), *errors = json_array();
	struct schemas *s;
	char name[400];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		(void)snprintf(name, sizeof(name), "%0300d王", i);
		(void)json_object_set_new(value, name, json_null());
	}
	assert_int_equal(schemas_alloc(&s, document), 0);
	assert_false(schema_check(s, schema, value, "#", errors));
	assert_int_equal(json_array_size(errors), SCHEMA_ERRORS_MAX);
	schemas_free(s);
	json_decref(document);
	json_decref(schema);
	json_decref(value);
	json_decref(errors);
}

static void test_a_pattern_that_is_none(void **state)
{
	json_t *document = json_of("{'a':{'pattern':'^[0-9'}}");
	struct schemas *s;

	(void)state;
	assert_int_equal(schemas_alloc(&s, document), -EBADMSG);
	json_decref(document);
}

/* ---- the document and the table ---- */

static void test_routes_are_as_the_document_says(void **state)
{
	struct document *d;

	(void)state;
	assert_int_equal(document_alloc(&d), 0);
	assert_int_equal(routes_check(d, stderr), 0);
	assert_true(document_operations(d) > 70);
	document_free(d);
}

/* Every schema that is named is there, every one that is there is used, and each problem of the table is in the document. */
static void test_the_document_is_whole(void **state)
{
	const char *text = document_text(), *name;
	json_t *document = json_loads(text, JSON_REJECT_DUPLICATES, NULL), *one;
	const json_t *schemas = json_object_get(json_object_get(document, "components"), "schemas"), *codes;
	char ref[100];

	(void)state;
	for (const char *p = text; (p = strstr(p, "#/components/schemas/")) != NULL; p += 10) {
		(void)snprintf(ref, sizeof(ref), "%.*s", (int)strcspn(p + 21, "\""), p + 21);
		if (json_object_get(schemas, ref) == NULL)
			fail_msg("there is no schema %s", ref);
	}
	json_object_foreach((json_t *)schemas, name, one) {
		(void)snprintf(ref, sizeof(ref), "#/components/schemas/%s\"", name);
		if (strstr(text, ref) == NULL)
			fail_msg("schema %s is used by nobody", name);
	}
	codes = json_object_get(json_object_get(json_object_get(json_object_get(schemas, "Problem"), "properties"), "code"),
	                        "enum");
	for (enum problem p = 0; p < PROBLEMS; p++) {
		json_t *made = problem_json(p, NULL);
		bool found = false;
		size_t i;

		json_array_foreach(codes, i, one)
			found |= json_equal(one, json_object_get(made, "code"));
		if (!found)
			fail_msg("problem %s is not in the document", json_string_value(json_object_get(made, "code")));
		json_decref(made);
	}
	json_decref(document);
}

static void test_finding_routes(void **state)
{
	char param[REQUEST_PARAMS_MAX][REQUEST_PARAM_SIZE];
	const struct route *r;
	char path[600];
	unsigned allow;

	(void)state;
	r = routes_find(METHOD_GET, "/nodes/a/spans/b", param, &allow);
	assert_non_null(r);
	assert_string_equal(r->path, "/nodes/{node}/spans/{span}");
	assert_string_equal(param[0], "a");
	assert_string_equal(param[1], "b");
	assert_null(routes_find(METHOD_GET, "/nodes//spans/b", param, &allow));
	assert_int_equal(allow, 0);
	assert_null(routes_find(METHOD_GET, "/nodes/a/spans/b/", param, &allow));
	assert_null(routes_find(METHOD_GET, "/nodes/a/spans", param, &allow));
	assert_null(routes_find(METHOD_PUT, "/me", param, &allow));
	assert_int_equal(allow, METHOD_GET | METHOD_PATCH);
	memset(path, 'x', sizeof(path) - 1);
	memcpy(path, "/calls/", 7);
	path[sizeof(path) - 1] = '\0';
	assert_null(routes_find(METHOD_GET, path, param, &allow));
}

/* ---- limits ---- */

static void test_limits_of_requests(void **state)
{
	struct limiter *l;
	int wait_s = 0;
	unsigned taken = 0;

	(void)state;
	clock_virtual_start(INT64_C(1772452800000000));
	assert_int_equal(limiter_alloc(&l), 0);
	for (int i = 0; i < 20; i++)
		taken += limiter_take(l, "address", "192.0.2.1", 2, 10, &wait_s);
	assert_int_equal(taken, 10);
	assert_int_equal(wait_s, 1);
	assert_true(limiter_take(l, "address", "192.0.2.2", 2, 10, NULL));
	assert_true(limiter_take(l, "login", "192.0.2.1", 2, 10, NULL)); /* another limit */
	clock_virtual_set(clock_mono_us() + CLOCK_SEC(3));
	for (taken = 0; limiter_take(l, "address", "192.0.2.1", 2, 10, NULL);)
		taken++;
	assert_int_equal(taken, 6);
	clock_virtual_set(clock_mono_us() + CLOCK_SEC(3600)); /* never more than the burst */
	for (taken = 0; limiter_take(l, "address", "192.0.2.1", 2, 10, NULL);)
		taken++;
	assert_int_equal(taken, 10);
	for (int i = 0; i < 100000; i++) { /* many others do not make it forget soon, and never break it */
		char whom[24];

		(void)snprintf(whom, sizeof(whom), "%d", i);
		assert_true(limiter_take(l, "address", whom, 2, 10, NULL));
	}
	limiter_free(l);
}

/* ---- small things ---- */

static void test_stamps(void **state)
{
	char text[STAMP_SIZE];
	int64_t us;

	(void)state;
	assert_int_equal(stamp_parse("2026-03-02T12:00:00Z", &us), 0);
	assert_true(us == INT64_C(1772452800000000));
	assert_int_equal(stamp_parse("2026-03-02T20:00+08:00", &us), 0);
	assert_true(us == INT64_C(1772452800000000));
	assert_int_equal(stamp_parse("2026-02-29", &us), -EINVAL);
	assert_int_equal(stamp_parse("2026-03-02T24:00", &us), -EINVAL);
	assert_int_equal(stamp_parse("2026-03-02T12:00:00.5Z", &us), -EINVAL);
	stamp_utc(INT64_C(1772452800123000), text);
	assert_string_equal(text, "2026-03-02T12:00:00.123Z");
	stamp_wall(INT64_C(1772452800), text);
	assert_string_equal(text, "2026-03-02T12:00:00");
}

static void test_digests(void **state)
{
	char out[DIGEST_SIZE];

	(void)state;
	digest_text("abc", 3, out); /* FIPS 180-4's own */
	assert_string_equal(out, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_true(digest_same("abc", "abc"));
	assert_false(digest_same("abc", "abd"));
	assert_false(digest_same("abc", "abcd"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_schemas),
		cmocka_unit_test(test_errors_are_not_endless),
		cmocka_unit_test(test_a_pattern_that_is_none),
		cmocka_unit_test(test_routes_are_as_the_document_says),
		cmocka_unit_test(test_the_document_is_whole),
		cmocka_unit_test(test_finding_routes),
		cmocka_unit_test(test_stamps),
		cmocka_unit_test(test_digests),
		cmocka_unit_test(test_limits_of_requests), /* the last: time is virtual from then on */
	};

	return cmocka_run_group_tests_name("office", tests, NULL, NULL);
}
