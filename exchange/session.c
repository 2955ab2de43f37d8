/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "exchange/session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/magic.h"
#include "exchange/command.h"

#define XSESSION_MAGIC  0x78736573u
#define WAIT_DEFAULT_MS 30000
#define WAIT_KEYS_MAX   16

struct line {
	struct list link;
	unsigned    number;
	char        text[];
};

struct past_event {
	struct list link;
	json_t     *ev;
};

struct xsession {
	unsigned                 magic;
	struct exchange         *x;
	struct xsession_sink     sink;
	struct exchange_listener listener;
	struct loop_task         task;
	struct loop_timer        timer; /* of wait and sleep */
	struct list              lines, past;
	unsigned                 line_count, past_count, line_number;
	bool                     strict, eof, waiting, sleeping, may_fail, mute;
	char                     before[EXCHANGE_LINE_MAX + 1]; /* the last command that was no wait, echo or sleep */
	struct xargs             wait;  /* words of the wait under way */
	long                     again, timeout_ms;
	const char              *wait_event, *wait_as, *key[WAIT_KEYS_MAX], *value[WAIT_KEYS_MAX];
	unsigned                 keys;
	bool                     ended;
	int                      status;
};

const struct xcommand xcommands_session[] = {
	{ "wait", "EVENT|any [key=value...] [timeout=MS] [again=N] [as=NAME]",
	  "until such an event comes, or has come and no wait took it (30000 ms); again: when it does not come, the command "
	  "before this "
	  "wait is done once more, and it is waited for anew, N times at most; as: its call gets this name. For example: wait "
	  "ring called=13900000002 as=bob",
	  NULL },
	{ "sleep", "MS", "do nothing for a while", NULL },
	{ "echo", "TEXT...", "say it back", NULL },
	{ "events", "on|off", "tell what happens, or not", NULL },
	{ "exit", "[STATUS]", "end this session; of the script or the console: end the exchange", NULL },
	{ NULL, NULL, NULL, NULL },
};

/* ---- replies ---- */

static void end(struct xsession *s, int status)
{
	s->ended = true;
	s->status = status;
	loop_queue(s->x->loop, &s->task);
}

/* Takes o. */
static void reply(struct xsession *s, json_t *o, bool ok)
{
	char *line;

	if (!o)
		return;
	if (s->strict)
		json_object_set_new(o, "line", json_integer(s->line_number));
	line = json_dumps(o, JSON_COMPACT | JSON_REAL_PRECISION(6));
	if (line)
		s->sink.reply(line, o, s->sink.arg);
	free(line);
	json_decref(o);
	if (!ok && s->strict && !s->may_fail)
		end(s, 1);
}

static void reply_error(struct xsession *s, const char *verb, const char *text)
{
	json_t *o = json_pack("{s:i, s:s, s:b}", "v", 1, "reply", verb, "ok", 0);

	if (o && json_object_set_new(o, "error", json_string(text)))
		json_object_set_new(o, "error", json_string("the line is not UTF-8"));
	reply(s, o, false);
}

static void reply_ok(struct xsession *s, const char *verb, const char *key, json_t *value)
{
	json_t *o = json_pack("{s:i, s:s, s:b}", "v", 1, "reply", verb, "ok", 1);

	if (o && key)
		json_object_set(o, key, value);
	reply(s, o, true);
}

/* ---- waiting for an event ---- */

/* A JSON value as it is written on a command line. */
static bool value_is(const json_t *v, const char *text)
{
	char buf[40];

	switch (json_typeof(v)) {
	case JSON_STRING:
		return !strcmp(json_string_value(v), text);
	case JSON_INTEGER:
		snprintf(buf, sizeof(buf), "%lld", (long long)json_integer_value(v));
		return !strcmp(buf, text);
	case JSON_TRUE:
		return !strcmp(text, "true") || !strcmp(text, "yes");
	case JSON_FALSE:
		return !strcmp(text, "false") || !strcmp(text, "no");
	case JSON_NULL:
		return !strcmp(text, "none") || !strcmp(text, "null");
	default:
		return false;
	}
}

static bool call_is(struct xsession *s, const json_t *ev, const char *text)
{
	const char *id = json_string_value(json_object_get(ev, "call"));
	struct xcall *c = xcall_find(s->x, text);

	return id && (!strcmp(id, text) || (c && !strcmp(id, c->id)));
}

static bool wait_matches(struct xsession *s, const json_t *ev)
{
	if (strcmp(s->wait_event, "any") != 0 && strcmp(s->wait_event, json_string_value(json_object_get(ev, "ev"))) != 0)
		return false;
	for (unsigned i = 0; i < s->keys; i++) {
		const json_t *v = json_object_get(ev, s->key[i]);

		if (!v || !(strcmp(s->key[i], "call") ? value_is(v, s->value[i]) : call_is(s, ev, s->value[i])))
			return false;
	}
	return true;
}

static void wait_done(struct xsession *s, json_t *ev)
{
	const char *id = json_string_value(json_object_get(ev, "call"));
	struct xcall *c = id ? xcall_find(s->x, id) : NULL;

	s->waiting = false;
	loop_timer_stop(&s->timer);
	if (c && s->wait_as)
		snprintf(c->alias, sizeof(c->alias), "%s", s->wait_as);
	reply_ok(s, "wait", "event", ev);
	loop_queue(s->x->loop, &s->task);
}

static void forget(struct xsession *s, struct past_event *p)
{
	list_remove(&p->link);
	s->past_count--;
	json_decref(p->ev);
	free(p);
}

static void on_event(struct exchange_listener *l, const char *line, const struct json_t *ev)
{
	struct xsession *s = container_of(l, struct xsession, listener);
	json_t *mine = json_incref((json_t *)(uintptr_t)ev);
	struct past_event *p;

	if (!s->mute)
		s->sink.event(line, ev, s->sink.arg);
	if (s->waiting && wait_matches(s, ev)) {
		wait_done(s, mine);
		json_decref(mine);
		return;
	}
	p = calloc(1, sizeof(*p));
	if (!p) {
		json_decref(mine);
		return;
	}
	p->ev = mine;
	list_append(&s->past, &p->link);
	if (++s->past_count > XSESSION_EVENTS_MAX)
		forget(s, list_entry(s->past.next, struct past_event, link));
}

static void do_wait(struct xsession *s, const struct xargs *line)
{
	struct list *pos, *nxt;
	const char *w;

	s->wait = *line;
	for (unsigned i = 0; i < s->wait.count; i++) /* the words are in the copy */
		s->wait.word[i] = s->wait.line + (line->word[i] - line->line);
	s->wait_event = xargs_next(&s->wait);
	s->wait_as = xargs_option(&s->wait, "as");
	s->keys = 0;
	s->again = 0;
	s->timeout_ms = WAIT_DEFAULT_MS;
	if (!s->wait_event || xargs_int(&s->wait, "timeout", 0, 86400000, &s->timeout_ms) ||
	    xargs_int(&s->wait, "again", 0, 100, &s->again)) {
		reply_error(s, "wait", "wait EVENT [key=value...] [timeout=MS] [again=N] [as=NAME]");
		return;
	}
	while ((w = xargs_next(&s->wait))) {
		char *eq = strchr(w, '=');

		if (!eq || s->keys == WAIT_KEYS_MAX) {
			reply_error(s, "wait", "each word after the event is key=value");
			return;
		}
		*eq = '\0';
		s->key[s->keys] = w;
		s->value[s->keys++] = eq + 1;
	}
	list_for_each(pos, nxt, &s->past) {
		struct past_event *p = list_entry(pos, struct past_event, link);

		if (wait_matches(s, p->ev)) {
			wait_done(s, p->ev);
			forget(s, p);
			return;
		}
	}
	s->waiting = true;
	loop_timer_start(&s->timer, CLOCK_MS(s->timeout_ms));
}

/* A person tries again: who keyed a number into a stalled line keys it once more. */
static void wait_again(struct xsession *s)
{
	json_t *o;
	int err;

	s->again--;
	loop_timer_start(&s->timer, CLOCK_MS(s->timeout_ms));
	o = xcommand_run(s->x, s->before, &err);
	if (err) {
		s->waiting = false;
		loop_timer_stop(&s->timer);
	}
	reply(s, o, !err);
}

static void on_timer(struct loop_timer *t)
{
	struct xsession *s = container_of(t, struct xsession, timer);

	if (s->waiting && s->again > 0 && *s->before) {
		wait_again(s);
	} else if (s->waiting) {
		char text[EXCHANGE_LINE_MAX + 40];

		s->waiting = false;
		snprintf(text, sizeof(text), "no such event came: %s", s->wait_event);
		reply_error(s, "wait", text);
	}
	if (s->sleeping) {
		s->sleeping = false;
		reply_ok(s, "sleep", NULL, NULL);
	}
	loop_queue(s->x->loop, &s->task);
}

/* ---- lines ---- */

static void do_echo(struct xsession *s, const struct xargs *a)
{
	char text[XARGS_LINE + 2] = "";
	json_t *v;

	for (unsigned i = 1; i < a->count; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i > 1 ? " " : "", a->word[i]);
	v = json_string(text);
	reply_ok(s, "echo", v ? "text" : NULL, v);
	json_decref(v);
}

/* True: it was one of the session's own. */
static bool do_own(struct xsession *s, struct xargs *a)
{
	const char *verb = a->word[0], *w = a->count > 1 ? a->word[1] : NULL;
	long n = 0;

	if (!strcmp(verb, "wait")) {
		a->used[0] = true;
		do_wait(s, a);
	} else if (!strcmp(verb, "sleep")) {
		if (!w || a->count > 2 || xargs_parse_int(w, 0, 86400000, &n)) {
			reply_error(s, verb, "sleep MS");
		} else {
			s->sleeping = true;
			loop_timer_start(&s->timer, CLOCK_MS(n));
		}
	} else if (!strcmp(verb, "echo")) {
		do_echo(s, a);
	} else if (!strcmp(verb, "events")) {
		if (!w || (strcmp(w, "on") != 0 && strcmp(w, "off") != 0)) {
			reply_error(s, verb, "events on, or events off");
		} else {
			s->mute = !strcmp(w, "off");
			reply_ok(s, verb, NULL, NULL);
		}
	} else if (!strcmp(verb, "exit") || !strcmp(verb, "quit")) {
		if (w && xargs_parse_int(w, 0, 255, &n))
			reply_error(s, "exit", "exit STATUS: 0 to 255");
		else
			end(s, (int)n);
	} else {
		return false;
	}
	return true;
}

static void do_line(struct xsession *s, const char *text)
{
	struct xargs a;
	json_t *o;
	int err;

	text += strspn(text, " \t");
	s->may_fail = *text == '-';
	if (s->may_fail)
		text++;
	if (!xargs_split(&a, text) && a.count && do_own(s, &a))
		return;
	if (a.count)
		(void)snprintf(s->before, sizeof(s->before), "%s", text);
	o = xcommand_run(s->x, text, &err);
	reply(s, o, !err);
}

static void run(struct loop_task *t)
{
	struct xsession *s = container_of(t, struct xsession, task);

	while (!list_empty(&s->lines) && !s->waiting && !s->sleeping && !s->ended) {
		struct line *l = list_entry(s->lines.next, struct line, link);

		list_remove(&l->link);
		s->line_count--;
		s->line_number = l->number;
		do_line(s, l->text);
		free(l);
	}
	if (s->eof && list_empty(&s->lines) && !s->waiting && !s->sleeping)
		s->ended = true;
	if (s->ended)
		s->sink.end(s->status, s->sink.arg); /* last: it may free s */
}

static int add_line(struct xsession *s, const char *text, unsigned number)
{
	size_t len = strlen(text);
	struct line *l;

	if (s->line_count == XSESSION_LINES_MAX)
		return -ENOBUFS;
	l = calloc(1, sizeof(*l) + len + 1);
	if (!l)
		return -ENOMEM;
	memcpy(l->text, text, len);
	l->number = number;
	list_append(&s->lines, &l->link);
	s->line_count++;
	loop_queue(s->x->loop, &s->task);
	return 0;
}

int xsession_line(struct xsession *s, const char *line)
{
	MAGIC_CHECK(s, XSESSION_MAGIC);
	return s->ended ? 0 : add_line(s, line, 0);
}

int xsession_file(struct xsession *s, const char *path)
{
	char text[EXCHANGE_LINE_MAX + 3];
	FILE *f = fopen(path, "re");
	unsigned number = 0;
	int err = 0;

	if (!f)
		return -errno;
	while (!err && fgets(text, sizeof(text), f))
		err = add_line(s, text, ++number);
	if (!err && ferror(f))
		err = -EIO;
	fclose(f);
	return err;
}

void xsession_eof(struct xsession *s)
{
	s->eof = true;
	loop_queue(s->x->loop, &s->task);
}

int xsession_alloc(struct xsession **sp, struct exchange *x, const struct xsession_sink *sink, bool strict)
{
	struct xsession *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->magic = XSESSION_MAGIC;
	s->x = x;
	s->sink = *sink;
	s->strict = strict;
	s->task.run = run;
	s->listener.event = on_event;
	list_init(&s->lines);
	list_init(&s->past);
	loop_timer_init(x->loop, &s->timer, on_timer);
	exchange_listen(x, &s->listener);
	*sp = s;
	return 0;
}

void xsession_free(struct xsession *s)
{
	struct list *pos, *nxt;

	if (!s)
		return;
	MAGIC_CHECK(s, XSESSION_MAGIC);
	exchange_unlisten(&s->listener);
	loop_unqueue(s->x->loop, &s->task);
	loop_timer_stop(&s->timer);
	list_for_each(pos, nxt, &s->lines)
		free(list_entry(pos, struct line, link));
	list_for_each(pos, nxt, &s->past)
		forget(s, list_entry(pos, struct past_event, link));
	s->magic = MAGIC_DEAD;
	free(s);
}
