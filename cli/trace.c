/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli/trace.c - what went over the wire.
 *
 *                10.0.0.5:5060                           10.0.0.1:5060
 *   10:11:12.131 |-- INVITE sip:12599@10.0.0.1 (SDP) --->|
 *   10:11:12.132 |<-- 100 Trying ------------------------|
 */
#include "cli/trace.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#define LADDER_WIDTH 60 /* between the two ends */

/* The node writes the file, in a working directory of its own: it gets the whole path. */
static int whole_path(struct cli *c, const char *name, char *path, size_t size)
{
	char dir[PATH_MAX];
	int n;

	if (name[0] != '/' && getcwd(dir, sizeof(dir)) == NULL)
		return cli_complain(c, CLI_FAILED, "the working directory: %s", strerror(errno));
	n = snprintf(path, size, "%s%s%s", name[0] == '/' ? "" : dir, name[0] == '/' ? "" : "/", name);
	return n < 0 || (size_t)n >= size ? cli_usage(c, "the file's name is too long") : CLI_OK;
}

static int trace_ask(struct cli *c, const char *what, const char *file, const char *done, json_t **result)
{
	char path[PATH_MAX + 512];
	int status = file ? whole_path(c, file, path, sizeof(path)) : CLI_OK;

	if (status == CLI_OK)
		status = cli_ask(c, "trace", json_pack("{s:s, s:s*}", what, c->arg[0], "file", file ? path : NULL), result);
	if (status != CLI_OK)
		return status;
	if (c->json)
		output_json(c->out, *result);
	else if (done)
		fprintf(c->out, "%s\n", done);
	return CLI_OK;
}

static const char *text_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

/* "-- INVITE sip:12599@10.0.0.1 (SDP) ---...->" */
static void rung(struct cli *c, const json_t *m)
{
	bool sent = json_is_true(json_object_get(m, "sent"));
	const char *line = text_of(m, "line"), *version = strstr(line, " SIP/2.0");
	char text[LADDER_WIDTH];
	int len, rest;

	if (strncmp(line, "SIP/2.0 ", 8) == 0) /* a response: its code and phrase */
		(void)snprintf(text, sizeof(text), "%.45s", line + 8);
	else
		(void)snprintf(text, sizeof(text), "%.*s", version && version - line < 45 ? (int)(version - line) : 45, line);
	len = (int)strlen(text);
	len += snprintf(text + len, sizeof(text) - (size_t)len, "%s", json_is_true(json_object_get(m, "sdp")) ? " (SDP)" : "");
	rest = LADDER_WIDTH - 6 - len;
	fprintf(c->out, "%.12s |%s-- %s ", text_of(m, "at") + 11, sent ? "<" : "", text);
	for (int i = 0; i < rest; i++)
		fputc('-', c->out);
	fprintf(c->out, "%s|\n", sent ? "" : ">");
}

static void ladder(struct cli *c, const json_t *result)
{
	const json_t *list = json_object_get(result, "message"), *m;
	const char *call_id = "", *peer = "";
	json_int_t all = json_integer_value(json_object_get(result, "messages"));
	size_t i;

	json_array_foreach(list, i, m) {
		if (strcmp(call_id, text_of(m, "call_id")) != 0 || strcmp(peer, text_of(m, "peer")) != 0) {
			call_id = text_of(m, "call_id");
			peer = text_of(m, "peer");
			fprintf(c->out, "%sCall-ID %s, %s\n%12s %-*s%s\n", i ? "\n" : "", call_id, text_of(m, "transport"), "",
			        LADDER_WIDTH - 12, peer, text_of(m, "local"));
		}
		rung(c, m);
	}
	if (all > (json_int_t)json_array_size(list))
		fprintf(c->out, "and %lld more: --pcap FILE has them all\n",
		        (long long)(all - (json_int_t)json_array_size(list)));
	if (all == 0)
		fprintf(c->out, "its messages are no longer kept\n");
}

int cli_trace(struct cli *c)
{
	json_t *result;
	int status;

	if (c->args == 2 && c->pcap)
		return cli_usage(c, "--pcap is for the SIP messages of a call");
	if (c->args == 2 && strcmp(c->arg[1], "off") == 0)
		status = trace_ask(c, "span", NULL, "the trace is off", &result);
	else if (c->args == 2)
		status = trace_ask(c, "span", c->arg[1], "the trace is on", &result);
	else
		status = trace_ask(c, "call", c->pcap, c->pcap ? "written" : NULL, &result);
	if (status != CLI_OK)
		return status;
	if (c->args == 1 && !c->json && !c->pcap)
		ladder(c, result);
	json_decref(result);
	return CLI_OK;
}
