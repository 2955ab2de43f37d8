/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands about SIP trunks. */
#include "node/commands_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/address.h"

#define TRACE_CALL_IDS  64
#define TRACE_MESSAGES  2000 /* into a file */
#define TRACE_SHOWN     200  /* in an answer, which is one line of CONTROL_LINE_MAX */
#define TRACE_LINE      160

static json_t *peer_json(const struct sip_peer_info *p)
{
	return json_pack("{s:s, s:b, s:I, s:I, s:I}", "address", p->address, "up", p->up, "since_s",
	                 commands_seconds_since(p->since_us), "failures", (json_int_t)p->failures, "paused_s",
	                 (json_int_t)p->paused_s);
}

json_t *commands_trunk_json(const struct sip_trunk *t)
{
	struct sip_trunk_info i;
	json_t *peers = json_array();

	sip_trunk_info(t, &i);
	for (unsigned p = 0; p < i.peer_count; p++)
		(void)json_array_append_new(peers, peer_json(&i.peer[p]));
	return json_pack("{s:s, s:s, s:b, s:I, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "name", i.name, "state",
	                 i.up ? "up" : "no answer", "up", i.up, "since_s", commands_seconds_since(i.since_us), "transport",
	                 i.transport, "calls", (json_int_t)i.calls, "calls_in", (json_int_t)i.calls_in, "reserved",
	                 (json_int_t)i.reserved, "channels", (json_int_t)i.channels, "free_channels",
	                 (json_int_t)i.free_channels, "calls_per_s", (json_int_t)i.calls_per_s, "peers", peers);
}

void command_trunks(struct control_request *r, const json_t *args, void *arg)
{
	struct sip *s = node_sip(((struct commands *)arg)->node);
	json_t *list = json_array();

	(void)args;
	for (unsigned i = 0; s && sip_trunk_at(s, i); i++)
		(void)json_array_append_new(list, commands_trunk_json(sip_trunk_at(s, i)));
	control_reply(r, list);
}

void command_trunk(struct control_request *r, const json_t *args, void *arg)
{
	struct sip *s = node_sip(((struct commands *)arg)->node);
	const char *name = json_string_value(json_object_get(args, "trunk"));
	struct sip_trunk_info info;

	if (name == NULL) {
		control_fail(r, CONTROL_ARGS, "which trunk? (args.trunk)");
		return;
	}
	for (unsigned i = 0; s && sip_trunk_at(s, i); i++) {
		sip_trunk_info(sip_trunk_at(s, i), &info);
		if (strcmp(info.name, name) == 0) {
			control_reply(r, commands_trunk_json(sip_trunk_at(s, i)));
			return;
		}
	}
	control_fail(r, CONTROL_NOT_FOUND, "there is no SIP trunk \"%s\"", name);
}

/* ---- the messages of a call ---- */

static json_t *address_json(const struct sockaddr_storage *a)
{
	char text[ADDRESS_SIZE];

	address_format(a, text, sizeof(text));
	return json_string(text);
}

/* Its first line, and whether a session description is in it. */
static json_t *message_json(const struct sip_captured *m)
{
	size_t len = strcspn(m->text, "\r\n");
	json_t *line = json_stringn(m->text, len < TRACE_LINE ? len : TRACE_LINE);

	return json_pack("{s:o, s:b, s:s, s:o, s:o, s:s, s:o, s:b}", "at", commands_stamp(m->utc_us), "sent", m->sent,
	                 "transport", m->tcp ? "tcp" : "udp", "local", address_json(&m->local), "peer", address_json(&m->peer),
	                 "call_id", m->call_id, "line", line ? line : json_string("(no text)"), "sdp",
	                 strstr(m->text, "\nv=0") != NULL);
}

static void trace_into_file(struct control_request *r, const char *call, const char *file, const struct sip_captured *m,
                            unsigned count)
{
	FILE *out = fopen(file, "wbe");
	int err = out ? sip_captured_pcap(m, count, out) : -errno;

	if (out && fclose(out) != 0 && !err)
		err = -errno;
	if (err)
		control_fail_errno(r, err, file);
	else
		control_reply(r, json_pack("{s:s, s:s, s:I}", "call", call, "file", file, "messages", (json_int_t)count));
}

void command_trace_call(struct control_request *r, const char *call, const char *file, struct commands *c)
{
	struct sip *s = node_sip(c->node);
	const char *id[TRACE_CALL_IDS];
	unsigned ids = s ? sip_call_ids(s, call, id, TRACE_CALL_IDS) : 0, count;
	struct sip_captured *m;
	json_t *list;

	if (file && commands_disk_low(c, r))
		return;
	if (ids == 0) {
		control_fail(r, CONTROL_NOT_FOUND, "no SIP leg of a call %s is remembered", call);
		return;
	}
	m = calloc(TRACE_MESSAGES, sizeof(*m));
	if (m == NULL) {
		control_fail_errno(r, -ENOMEM, "trace");
		return;
	}
	count = sip_capture_find(sip_capture(s), id, ids, m, TRACE_MESSAGES);
	if (file) {
		trace_into_file(r, call, file, m, count);
	} else {
		list = json_array();
		for (unsigned i = 0; i < count && i < TRACE_SHOWN; i++)
			(void)json_array_append_new(list, message_json(&m[i]));
		control_reply(r, json_pack("{s:s, s:I, s:o}", "call", call, "messages", (json_int_t)count, "message", list));
	}
	sip_captured_free(m, count);
	free(m);
}
