/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "office/schema.h"

#include <errno.h>
#include <regex.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "core/magic.h"

#define LOG_MODULE "schema"
#define SCHEMAS_MAGIC 0x53434d41u
#define PATTERNS_MAX  64
#define POINTER_SIZE  200

struct pattern {
	const char *text;
	regex_t     regex;
};

struct schemas {
	unsigned       magic;
	const json_t  *document;
	struct pattern pattern[PATTERNS_MAX];
	unsigned       pattern_count;
};

/* ---- patterns, compiled once ---- */

static int pattern_add(struct schemas *s, const char *text)
{
	struct pattern *p = &s->pattern[s->pattern_count];

	for (unsigned i = 0; i < s->pattern_count; i++)
		if (strcmp(s->pattern[i].text, text) == 0)
			return 0;
	if (s->pattern_count == PATTERNS_MAX || regcomp(&p->regex, text, REG_EXTENDED | REG_NOSUB) != 0) {
		log_error("pattern %s: no pattern, or one too many", text);
		return -EBADMSG;
	}
	p->text = text;
	s->pattern_count++;
	return 0;
}

static bool pattern_fits(const struct schemas *s, const char *pattern, const char *text)
{
	for (unsigned i = 0; i < s->pattern_count; i++)
		if (strcmp(s->pattern[i].text, pattern) == 0)
			return regexec(&s->pattern[i].regex, text, 0, NULL, 0) == 0;
	return false;
}

/* Everywhere in the document: "pattern" with a text is one. */
static int patterns_find(struct schemas *s, const json_t *v)
{
	const char *key;
	json_t *member;
	size_t i;
	int err = 0;

	if (json_is_object(v)) {
		json_object_foreach((json_t *)v, key, member) {
			if (!err && strcmp(key, "pattern") == 0 && json_is_string(member))
				err = pattern_add(s, json_string_value(member));
			if (!err)
				err = patterns_find(s, member);
		}
	} else if (json_is_array(v)) {
		json_array_foreach(v, i, member) {
			if (!err)
				err = patterns_find(s, member);
		}
	}
	return err;
}

int schemas_alloc(struct schemas **sp, const json_t *document)
{
	struct schemas *s = calloc(1, sizeof(*s));
	int err;

	if (s == NULL)
		return -ENOMEM;
	s->magic = SCHEMAS_MAGIC;
	s->document = document;
	err = patterns_find(s, document);
	if (err) {
		schemas_free(s);
		return err;
	}
	*sp = s;
	return 0;
}

void schemas_free(struct schemas *s)
{
	if (s == NULL)
		return;
	MAGIC_CHECK(s, SCHEMAS_MAGIC);
	for (unsigned i = 0; i < s->pattern_count; i++)
		regfree(&s->pattern[i].regex);
	s->magic = MAGIC_DEAD;
	free(s);
}

/* "#/components/schemas/Money" */
const json_t *schema_resolve(const struct schemas *s, const json_t *schema)
{
	for (const char *ref; (ref = json_string_value(json_object_get(schema, "$ref"))) != NULL;) {
		const json_t *at = s->document;

		for (const char *p = strchr(ref, '/'); p && at; p = strchr(p + 1, '/')) {
			char name[64];

			(void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(p + 1, "/"), p + 1);
			at = json_object_get(at, name);
		}
		schema = at;
	}
	return schema;
}

/* ---- checking ---- */

static bool wrong(json_t *errors, const char *pointer, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

static bool wrong(json_t *errors, const char *pointer, const char *fmt, ...)
{
	char detail[300];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(detail, sizeof(detail), fmt, ap);
	va_end(ap);
	if (json_array_size(errors) < SCHEMA_ERRORS_MAX)
		(void)json_array_append_new(errors, json_pack("{s:s, s:s}", "pointer", pointer, "detail", detail));
	return false;
}

/* RFC 6901: ~ and / are written ~0 and ~1. */
static void pointer_to(char out[POINTER_SIZE], const char *pointer, const char *key)
{
	size_t n = (size_t)snprintf(out, POINTER_SIZE, "%.100s/", pointer);

	for (; *key && n + 8 < POINTER_SIZE; key++) {
		if (*key == '~' || *key == '/') {
			out[n++] = '~';
			out[n++] = *key == '~' ? '0' : '1';
		} else {
			out[n++] = *key;
		}
	}
	while (n > 0 && ((unsigned char)out[n - 1] & 0xc0) == 0x80 && *key) /* cut within a character: all of it goes */
		n--;
	if (*key && n > 0 && ((unsigned char)out[n - 1] & 0x80))
		n--;
	out[n] = '\0';
}

static const char *type_name(const json_t *v)
{
	switch (json_typeof(v)) {
	case JSON_OBJECT:
		return "object";
	case JSON_ARRAY:
		return "array";
	case JSON_STRING:
		return "string";
	case JSON_INTEGER:
		return "integer";
	case JSON_REAL:
		return "number";
	case JSON_TRUE:
	case JSON_FALSE:
		return "boolean";
	default:
		return "null";
	}
}

static bool type_fits(const json_t *type, const char *name)
{
	const json_t *one;
	size_t i;

	if (json_is_string(type))
		return strcmp(json_string_value(type), name) == 0;
	json_array_foreach(type, i, one) {
		if (strcmp(json_string_value(one), name) == 0)
			return true;
	}
	return type == NULL;
}

static bool among(const json_t *list, const json_t *value)
{
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one) {
		if (json_equal(one, value))
			return true;
	}
	return false;
}

static json_int_t limit(const json_t *schema, const char *name, json_int_t absent)
{
	const json_t *v = json_object_get(schema, name);

	return json_is_integer(v) ? json_integer_value(v) : absent;
}

static json_int_t characters(const char *text)
{
	json_int_t n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

static bool check_string(const struct schemas *s, const json_t *schema, const char *text, const char *pointer, json_t *errors)
{
	const char *pattern = json_string_value(json_object_get(schema, "pattern"));
	json_int_t n = characters(text), least = limit(schema, "minLength", 0), most = limit(schema, "maxLength", INT32_MAX);

	if (n < least || n > most)
		return wrong(errors, pointer, "has %lld characters; %lld to %lld are allowed", (long long)n, (long long)least,
		             (long long)most);
	if ((json_int_t)strlen(text) > limit(schema, "x-maxOctets", INT32_MAX))
		return wrong(errors, pointer, "is longer than %lld octets", (long long)limit(schema, "x-maxOctets", 0));
	if (pattern && !pattern_fits(s, pattern, text))
		return wrong(errors, pointer, "does not fit %s", pattern);
	return true;
}

static bool check_array(const struct schemas *s, const json_t *schema, const json_t *value, const char *pointer, json_t *errors)
{
	const json_t *items = json_object_get(schema, "items"), *one, *other;
	size_t n = json_array_size(value), i, k;
	bool good = true;

	if ((json_int_t)n < limit(schema, "minItems", 0) || (json_int_t)n > limit(schema, "maxItems", INT32_MAX))
		return wrong(errors, pointer, "has %zu entries; %lld to %lld are allowed", n,
		             (long long)limit(schema, "minItems", 0), (long long)limit(schema, "maxItems", INT32_MAX));
	json_array_foreach(value, i, one) {
		char at[POINTER_SIZE], index[24];

		(void)snprintf(index, sizeof(index), "%zu", i);
		pointer_to(at, pointer, index);
		good &= schema_check(s, items, one, at, errors);
		for (k = 0; json_is_true(json_object_get(schema, "uniqueItems")) && k < i; k++) {
			other = json_array_get(value, k);
			if (json_equal(one, other))
				good = wrong(errors, at, "is there twice");
		}
	}
	return good;
}

static bool check_object(const struct schemas *s, const json_t *schema, json_t *value, const char *pointer, json_t *errors)
{
	const json_t *properties = json_object_get(schema, "properties"), *name;
	char at[POINTER_SIZE];
	const char *key;
	bool good = true;
	json_t *member;
	size_t i;

	json_array_foreach(json_object_get(schema, "required"), i, name) {
		pointer_to(at, pointer, json_string_value(name));
		if (json_object_get(value, json_string_value(name)) == NULL)
			good = wrong(errors, at, "is missing");
	}
	if ((json_int_t)json_object_size(value) < limit(schema, "minProperties", 0))
		good = wrong(errors, pointer, "something is wanted");
	json_object_foreach(value, key, member) {
		const json_t *property = json_object_get(properties, key);

		pointer_to(at, pointer, key);
		if (property)
			good &= schema_check(s, property, member, at, errors);
		else if (json_is_false(json_object_get(schema, "additionalProperties")))
			good = wrong(errors, at, "is not known here");
	}
	return good;
}

/* The errors told are those of the one whose first property of one value fits ({"kind": "operator"}), else none fits at all. */
static bool check_one_of(const struct schemas *s, const json_t *choices, const json_t *value, const char *pointer, json_t *errors)
{
	json_t *choice;
	size_t i;

	json_array_foreach(choices, i, choice) {
		const json_t *one = schema_resolve(s, choice), *property;
		json_t *mine = json_array();
		const char *key;
		bool good = schema_check(s, one, value, pointer, mine), meant = false;

		json_object_foreach(json_object_get(one, "properties"), key, property) {
			meant |= json_array_size(json_object_get(property, "enum")) == 1 &&
			         among(json_object_get(property, "enum"), json_object_get(value, key));
		}
		if (!good && meant)
			(void)json_array_extend(errors, mine);
		json_decref(mine);
		if (good || meant)
			return good;
	}
	return wrong(errors, pointer, "is none of the forms that are allowed");
}

bool schema_check(const struct schemas *s, const json_t *schema, const json_t *value, const char *pointer, json_t *errors)
{
	const json_t *choices;

	schema = schema_resolve(s, schema);
	choices = json_object_get(schema, "oneOf");
	if (choices)
		return check_one_of(s, choices, value, pointer, errors);
	if (!type_fits(json_object_get(schema, "type"), type_name(value)))
		return wrong(errors, pointer, "is of the wrong type: %s", type_name(value));
	if (json_object_get(schema, "enum") && !among(json_object_get(schema, "enum"), value))
		return wrong(errors, pointer, "is none of the values that are allowed");
	if (json_is_string(value))
		return check_string(s, schema, json_string_value(value), pointer, errors);
	if (json_is_integer(value) && (json_integer_value(value) < limit(schema, "minimum", INT64_MIN) ||
	                               json_integer_value(value) > limit(schema, "maximum", INT64_MAX)))
		return wrong(errors, pointer, "is not from %lld to %lld", (long long)limit(schema, "minimum", INT64_MIN),
		             (long long)limit(schema, "maximum", INT64_MAX));
	if (json_is_array(value))
		return check_array(s, schema, value, pointer, errors);
	return json_is_object(value) ? check_object(s, schema, (json_t *)value, pointer, errors) : true;
}
