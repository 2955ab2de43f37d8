/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "exchange/render.h"

#include <jansson.h>
#include <stdbool.h>
#include <string.h>

#include "core/clock.h"
#include "core/magic.h"

/* Causes met most, in Q.850's words. */
static const char *cause_words(int cause)
{
	static const struct {
		int         cause;
		const char *text;
	} words[] = {
		{ 1, "unallocated number" },
		{ 16, "normal clearing" },
		{ 17, "user busy" },
		{ 18, "no user responding" },
		{ 19, "no answer" },
		{ 21, "call rejected" },
		{ 28, "invalid number format" },
		{ 34, "no circuit" },
		{ 38, "network out of order" },
		{ 41, "temporary failure" },
		{ 42, "congestion" },
		{ 44, "channel not available" },
		{ 65, "bearer not implemented" },
		{ 88, "incompatible destination" },
		{ 102, "timer expired" },
	};

	for (unsigned i = 0; i < ARRAY_LEN(words); i++)
		if (words[i].cause == cause)
			return words[i].text;
	return NULL;
}

static void put_rest(FILE *f, const json_t *o, const char *const *skip);

static void put_value(FILE *f, const char *key, const json_t *v)
{
	static const char *const none[] = { NULL };
	const char *words;

	switch (json_typeof(v)) {
	case JSON_STRING:
		fprintf(f, " %s=%s", key, json_string_value(v));
		break;
	case JSON_INTEGER:
		words = strcmp(key, "cause") ? NULL : cause_words((int)json_integer_value(v));
		fprintf(f, " %s=%lld%s%s%s", key, (long long)json_integer_value(v), words ? " (" : "", words ? words : "",
		        words ? ")" : "");
		break;
	case JSON_REAL:
		fprintf(f, " %s=%.2f", key, json_real_value(v));
		break;
	case JSON_TRUE:
		fprintf(f, " %s", key);
		break;
	case JSON_FALSE:
		break; /* what is not is not said */
	case JSON_NULL:
		fprintf(f, " %s=none", key);
		break;
	case JSON_OBJECT:
		put_rest(f, v, none);
		break;
	case JSON_ARRAY:
		break;
	}
}

static bool skipped(const char *key, const char *const *skip)
{
	for (; *skip; skip++)
		if (!strcmp(key, *skip))
			return true;
	return false;
}

static void put_rest(FILE *f, const json_t *o, const char *const *skip)
{
	json_t *obj = (json_t *)(uintptr_t)o; /* its iterator wants it so */

	for (void *i = json_object_iter(obj); i; i = json_object_iter_next(obj, i))
		if (!skipped(json_object_iter_key(i), skip))
			put_value(f, json_object_iter_key(i), json_object_iter_value(i));
}

static const char *text_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

void xrender_event(FILE *f, const struct json_t *ev)
{
	static const char *const skip[] = { "v",           "t",          "mono_us",     "ev",        "call",
		                            "as",          "span",       "timeslot",    "ms",        "progress_mask",
		                            "talk_us",     "setup_ms",   "alerting_ms", "answer_ms", "end_ms",
		                            "calling_ton", "called_ton", NULL };
	char stamp[CLOCK_STAMP_SIZE], where[40] = "", name[40] = "";
	long long slot = json_integer_value(json_object_get(ev, "timeslot"));

	clock_format_utc(json_integer_value(json_object_get(ev, "t")) * 1000, stamp, sizeof(stamp));
	if (slot)
		snprintf(where, sizeof(where), "%s:%lld", text_of(ev, "span"), slot);
	else
		snprintf(where, sizeof(where), "%s", text_of(ev, "span"));
	snprintf(name, sizeof(name), "%s%s%s", text_of(ev, "call"), *text_of(ev, "as") ? "/" : "", text_of(ev, "as"));
	fprintf(f, "%s  %-10s %-8s %-10s", strlen(stamp) > 11 ? stamp + 11 : stamp, name, where, text_of(ev, "ev"));
	put_rest(f, ev, skip);
	fputc('\n', f);
}

#define COLUMNS 100

/* Words on lines of at most COLUMNS. */
static void put_wrapped(FILE *f, const char *text, int indent)
{
	int column = 0;

	while (*text) {
		int len = (int)strcspn(text, " ");

		if (!column || column + 1 + len > COLUMNS) {
			fprintf(f, "%s%*s%.*s", column ? "\n" : "", indent, "", len, text);
			column = indent + len;
			indent = 8;
		} else {
			fprintf(f, " %.*s", len, text);
			column += 1 + len;
		}
		text += len;
		text += strspn(text, " ");
	}
	fputc('\n', f);
}

static void put_list(FILE *f, const json_t *list)
{
	static const char *const none[] = { NULL };

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *o = json_array_get(list, i);
		const char *command = json_string_value(json_object_get(o, "command"));

		if (command) {
			put_wrapped(f, command, 2);
			put_wrapped(f, text_of(o, "text"), 8);
			continue;
		}
		fputc(' ', f);
		put_rest(f, o, none);
		fputc('\n', f);
	}
}

void xrender_reply(FILE *f, const struct json_t *reply)
{
	static const char *const skip[] = { "v", "reply", "ok", "line", "error", NULL };
	json_t *obj = (json_t *)(uintptr_t)reply;

	if (!json_is_true(json_object_get(reply, "ok"))) {
		if (json_object_get(reply, "line"))
			fprintf(f, "line %lld: ", (long long)json_integer_value(json_object_get(reply, "line")));
		fprintf(f, "error: %s\n", text_of(reply, "error"));
		return;
	}
	if (!strcmp(text_of(reply, "reply"), "echo")) {
		fprintf(f, "%s\n", text_of(reply, "text"));
		return;
	}
	if (!strcmp(text_of(reply, "reply"), "wait"))
		return; /* the event has been shown */
	fputs("ok", f);
	put_rest(f, reply, skip);
	fputc('\n', f);
	for (void *i = json_object_iter(obj); i; i = json_object_iter_next(obj, i))
		if (json_is_array(json_object_iter_value(i)))
			put_list(f, json_object_iter_value(i));
}
