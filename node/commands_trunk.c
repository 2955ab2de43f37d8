/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands about SIP trunks. */
#include "node/commands_internal.h"

static json_t *peer_json(const struct sip_peer_info *p)
{
	return json_pack("{s:s, s:b, s:I, s:I, s:I}", "address", p->address, "up", p->up, "since_s",
	                 commands_seconds_since(p->since_us), "failures", (json_int_t)p->failures, "paused_s",
	                 (json_int_t)p->paused_s);
}

static json_t *trunk_json(const struct sip_trunk *t)
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
		(void)json_array_append_new(list, trunk_json(sip_trunk_at(s, i)));
	control_reply(r, list);
}
