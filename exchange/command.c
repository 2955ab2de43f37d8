/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "exchange/command.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct xcommand *const tables[] = { xcommands_call, xcommands_sound, xcommands_exchange, xcommands_session, NULL };

int xcommand_fail(json_t *reply, int err, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	/* A word of the line may be no UTF-8: then its text is not repeated. */
	if (json_object_set_new(reply, "error", json_string(text)))
		json_object_set_new(reply, "error", json_string("the line is not UTF-8"));
	return err;
}

int xcommand_end(struct xargs *a, json_t *reply)
{
	const char *w = xargs_unused(a);

	return w ? xcommand_fail(reply, -EINVAL, "%s: not understood here", w) : 0;
}

int xcommand_int(struct xargs *a, json_t *reply, const char *key, long min, long max, long *value)
{
	return xargs_int(a, key, min, max, value)
	               ? xcommand_fail(reply, -EINVAL, "%s=: a number from %ld to %ld is wanted", key, min, max)
	               : 0;
}

int xcommand_call(struct exchange *x, struct xargs *a, json_t *reply, struct xcall **cp)
{
	const char *id = xargs_next(a);

	if (!id)
		return xcommand_fail(reply, -EINVAL, "which call? (c1, the name of as=, or last)");
	*cp = xcall_find(x, id);
	return *cp ? 0 : xcommand_fail(reply, -ENOENT, "%s: no such call", id);
}

int xcommand_done(json_t *reply, int err)
{
	switch (err) {
	case 0:
		return 0;
	case -EPROTO:
		return xcommand_fail(reply, err, "the call is in another state");
	case -ENOTCONN:
		return xcommand_fail(reply, err, "the call is over, or being cleared");
	case -EPIPE:
		return xcommand_fail(reply, err, "the call has no timeslot");
	default:
		return xcommand_fail(reply, err, "%s", strerror(-err));
	}
}

static const struct xcommand *find(const char *name)
{
	for (unsigned t = 0; tables[t]; t++)
		for (const struct xcommand *c = tables[t]; c->name; c++)
			if (!strcmp(c->name, name))
				return c;
	return NULL;
}

static void help_one(json_t *list, const struct xcommand *c)
{
	char text[2048];

	snprintf(text, sizeof(text), "%s %s", c->name, c->syntax);
	json_array_append_new(list, json_pack("{s:s, s:s}", "command", text, "text", c->help));
}

static int cmd_help(json_t *reply, const char *name)
{
	json_t *list = json_array();

	json_object_set_new(reply, "help", list);
	if (name) {
		const struct xcommand *c = find(name);

		if (!c)
			return xcommand_fail(reply, -ENOENT, "%s: no such command", name);
		help_one(list, c);
		return 0;
	}
	for (unsigned t = 0; tables[t]; t++)
		for (const struct xcommand *c = tables[t]; c->name; c++)
			help_one(list, c);
	return 0;
}

static int run(struct exchange *x, struct xargs *a, const char *name, json_t *reply)
{
	const struct xcommand *c;

	if (!strcmp(name, "help"))
		return cmd_help(reply, xargs_next(a));
	c = find(name);
	if (!c)
		return xcommand_fail(reply, -ENOENT, "%s: no such command; `help` lists them", name);
	if (!c->run)
		return xcommand_fail(reply, -EOPNOTSUPP, "%s: only in a script, on the console or on the socket", name);
	return c->run(x, a, reply);
}

json_t *xcommand_run(struct exchange *x, const char *line, int *errp)
{
	struct xargs a;
	json_t *reply;
	const char *name;
	int err = xargs_split(&a, line);

	*errp = err;
	if (!err && !a.count)
		return NULL;
	counter_inc(&x->count[XCOUNT_COMMANDS]);
	name = err ? "?" : xargs_next(&a);
	reply = json_pack("{s:i, s:s*, s:b}", "v", 1, "reply", find(name) || !strcmp(name, "help") ? name : "?", "ok", 0);
	if (!reply) {
		*errp = -ENOMEM;
		return NULL;
	}
	if (err == -E2BIG)
		(void)xcommand_fail(reply, err, "the line is too long");
	else if (err)
		(void)xcommand_fail(reply, err, "a quote is not closed, or there is a control character");
	else
		err = run(x, &a, name, reply);
	if (err) {
		counter_inc(&x->count[XCOUNT_COMMANDS_BAD]);
		if (!json_object_get(reply, "error"))
			(void)xcommand_fail(reply, err, "%s", strerror(-err));
	} else {
		json_object_set_new(reply, "ok", json_true());
	}
	*errp = err;
	return reply;
}

int exchange_command(struct exchange *x, const char *line, exchange_line_h *reply, void *arg)
{
	int err;
	json_t *r = xcommand_run(x, line, &err);
	char *text;

	if (!r)
		return err;
	text = reply ? json_dumps(r, JSON_COMPACT | JSON_REAL_PRECISION(6)) : NULL;
	if (text)
		reply(text, arg);
	free(text);
	json_decref(r);
	return err;
}

struct json_t *exchange_ask(struct exchange *x, const char *fmt, ...)
{
	char line[EXCHANGE_LINE_MAX + 2];
	va_list ap;
	int err;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	return xcommand_run(x, line, &err);
}
