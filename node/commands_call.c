/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands about multi-party calls. */
#include "node/commands_internal.h"

#include <errno.h>

#include "core/clock.h"

/* ---- who talks now ---- */

#define TALKING_US CLOCK_MS(700) /* longer than the pauses within a sentence */

static bool talking(const struct media_port *p)
{
	int64_t heard = p ? media_port_heard_us(p) : 0;

	return heard > 0 && clock_mono_us() - heard < TALKING_US;
}

static bool host_talking(const struct mparty *m)
{
	return mparty_host(m) && talking(mparty_host(m)->port);
}

uint64_t commands_call_talking(const struct mparty *m)
{
	uint64_t who = host_talking(m);

	for (unsigned i = 1; i <= mparty_party_count(m); i++)
		if (talking(mparty_party_port(m, i)))
			who = (who ^ i) * UINT64_C(0x100000001b3);
	return who;
}

/* ---- as the answers have it ---- */

static json_t *since_json(int64_t mono_us)
{
	return mono_us > 0 ? commands_stamp(clock_utc_us() - (clock_mono_us() - mono_us)) : json_null();
}

static json_t *call_json(struct mparty *m)
{
	const struct mparty_setup *s = mparty_setup(m);
	int64_t left = mparty_seconds_left(m);

	return json_pack(
		"{s:s, s:s, s:s, s:s, s:o, s:I, s:I, s:I, s:b, s:o, s:I, s:b, s:I, s:I, s:s?, s:b, s:b, s:b, s:b, s:I, s:I}",
		"call", s->call_id, "host", s->host, "service", s->service, "language", s->language, "began_at",
		commands_stamp(s->began_utc_us), "talk_s", commands_seconds_since(mparty_began_us(m)), "parties_in",
		(json_int_t)mparty_parties_in(m), "parties", (json_int_t)mparty_party_count(m), "host_away",
		mparty_host_is_away(m), "seconds_left", left == INT64_MAX ? json_null() : json_integer(left), "version",
		(json_int_t)mparty_version(m), "over", mparty_over(m), "account_id", (json_int_t)s->account.account_id,
		"provider_id", (json_int_t)s->account.provider_id, "booking", s->booking_id[0] ? s->booking_id : NULL, "locked",
		mparty_locked(m), "host_muted", mparty_host_muted(m), "others_muted", mparty_others_muted(m), "host_talking",
		host_talking(m), "music", (json_int_t)mparty_music(m), "music_tracks", (json_int_t)mparty_music_tracks(m));
}

static const char *failure_name(enum party_failure f)
{
	switch (f) {
	case PARTY_OK:
		return "";
	case PARTY_BARRED:
		return "barred";
	case PARTY_NO_RATE:
		return "no rate";
	case PARTY_NO_MONEY:
		return "no money";
	case PARTY_NO_CHANNEL:
		return "no channel";
	case PARTY_LIMIT:
		return "limit";
	case PARTY_DATABASE:
		return "database";
	case PARTY_REFUSED:
		return "refused";
	}
	return "?";
}

/* How a leg sounds that is carried in packets: into o, each name with its beginning. */
static void put_sound(json_t *o, const char *prefix, const struct leg *l)
{
	struct leg_quality q;
	char name[48];

	if (l == NULL)
		return;
	leg_quality(l, &q);
	if (!q.known)
		return;
	(void)snprintf(name, sizeof(name), "%scodec", prefix);
	(void)json_object_set_new(o, name, json_string(q.codec));
	for (unsigned i = 0; i < 7; i++) {
		static const char *const names[] = { "received",      "lost",                 "jitter_us", "delay_ms",
			                             "round_trip_us", "remote_lost_permille", "mos_x100" };
		const json_int_t value[] = { (json_int_t)q.received, (json_int_t)q.lost, q.jitter_us, q.delay_ms,
			                     q.round_trip_us,        q.remote_lost_permille, q.mos_x100 };

		(void)snprintf(name, sizeof(name), "%s%s", prefix, names[i]);
		(void)json_object_set_new(o, name, json_integer(value[i]));
	}
}

static json_t *party_json(const struct mparty *m, const struct party *p)
{
	json_t *o = json_pack("{s:I, s:s, s:s, s:s, s:s, s:b, s:I, s:I, s:o, s:b, s:b}", "order", (json_int_t)p->order, "number",
	                      p->number, "state", party_state_name(p->state), "leg", p->leg_id, "failure",
	                      failure_name(p->failure), "answered", p->answered, "cause", (json_int_t)p->cause, "since_s",
	                      commands_seconds_since(p->since_us), "since_at", since_json(p->since_us), "muted", p->muted,
	                      "talking", talking(mparty_party_port(m, p->order)));

	put_sound(o, "", mparty_party_leg(m, p->order));
	return o;
}

json_t *commands_call_detail(struct mparty *m)
{
	json_t *result = call_json(m), *list = json_array();

	for (unsigned i = 1; i <= mparty_party_count(m); i++) {
		const struct party *p = mparty_party(m, i);

		if (p)
			(void)json_array_append_new(list, party_json(m, p));
	}
	(void)json_object_set_new(result, "party", list);
	put_sound(result, "host_", mparty_host(m));
	return result;
}

static struct mparty *wanted_call(struct commands *c, struct control_request *r, const json_t *args)
{
	const char *id = json_string_value(json_object_get(args, "call"));
	struct mparty *m = id ? mparty_find(node_calls(c->node), id) : NULL;

	if (id == NULL)
		control_fail(r, CONTROL_ARGS, "which call? (args.call)");
	else if (m == NULL)
		control_fail(r, CONTROL_NOT_FOUND, "there is no call %s", id);
	return m;
}

/* args.order as a party's number; -1: not there, -2: answered already. */
static int wanted_order(struct control_request *r, const json_t *args)
{
	const json_t *order = json_object_get(args, "order");

	if (order == NULL || json_is_null(order))
		return -1;
	if (json_is_integer(order) && json_integer_value(order) >= 0 && json_integer_value(order) <= MPARTY_PARTIES_MAX)
		return (int)json_integer_value(order);
	control_fail(r, CONTROL_ARGS, "order is a party's number, 0 the host");
	return -2;
}

void command_calls(struct control_request *r, const json_t *args, void *arg)
{
	struct commands *c = arg;
	struct mparty_env *env = node_calls(c->node);
	json_t *list = json_array();

	(void)args;
	for (struct mparty *m = mparty_first(env); m; m = mparty_next(env, m))
		(void)json_array_append_new(list, call_json(m));
	control_reply(r, list);
}

void command_call(struct control_request *r, const json_t *args, void *arg)
{
	struct mparty *m = wanted_call(arg, r, args);

	if (m)
		control_reply(r, commands_call_detail(m));
}

void command_invite(struct control_request *r, const json_t *args, void *arg)
{
	struct commands *c = arg;
	struct mparty *m = wanted_call(c, r, args);
	const char *number = json_string_value(json_object_get(args, "number"));
	char canonical[NUMBER_MAX + 1];
	unsigned order;
	int err;

	if (m == NULL)
		return;
	if (number == NULL || number_dialled(&node_options(c->node)->numbers, number, mparty_setup(m)->host, canonical) != 0) {
		control_fail(r, CONTROL_ARGS, "\"%s\" is no number", number ? number : "");
		return;
	}
	err = mparty_invite(m, json_string_value(json_object_get(args, "id")), canonical, false, &order);
	if (err)
		control_fail_errno(r, err, canonical);
	else
		control_reply(r, json_pack("{s:I, s:s}", "order", (json_int_t)order, "number", canonical));
}

void command_drop(struct control_request *r, const json_t *args, void *arg)
{
	struct mparty *m = wanted_call(arg, r, args);
	const char *id = json_string_value(json_object_get(args, "id"));
	int order = m ? wanted_order(r, args) : -2, err = 0;

	if (order == -2)
		return;
	if (order > 0)
		err = mparty_drop(m, id, (unsigned)order);
	else
		mparty_end(m, id, CAUSE_NORMAL_CLEARING); /* the host, or nobody in particular: everybody */
	if (err)
		control_fail(r, CONTROL_NOT_FOUND, "there is no party %d in this call any more", order);
	else
		control_reply(r, NULL);
}

static void mute(struct control_request *r, const json_t *args, void *arg, bool muted)
{
	struct mparty *m = wanted_call(arg, r, args);
	int order = m ? wanted_order(r, args) : -2, err;

	if (order == -2)
		return;
	err = order < 0 ? -EINVAL : mparty_mute(m, json_string_value(json_object_get(args, "id")), (unsigned)order, muted);
	if (err)
		control_fail_errno(r, err, "mute");
	else
		control_reply(r, NULL);
}

void command_mute(struct control_request *r, const json_t *args, void *arg)
{
	mute(r, args, arg, true);
}

void command_unmute(struct control_request *r, const json_t *args, void *arg)
{
	mute(r, args, arg, false);
}

static void lock(struct control_request *r, const json_t *args, void *arg, bool locked)
{
	struct mparty *m = wanted_call(arg, r, args);

	if (m == NULL)
		return;
	mparty_lock(m, locked);
	control_reply(r, NULL);
}

void command_lock(struct control_request *r, const json_t *args, void *arg)
{
	lock(r, args, arg, true);
}

void command_unlock(struct control_request *r, const json_t *args, void *arg)
{
	lock(r, args, arg, false);
}

/* A track by its number, 0: off; without one the next. */
void command_music(struct control_request *r, const json_t *args, void *arg)
{
	struct mparty *m = wanted_call(arg, r, args);
	const json_t *track = json_object_get(args, "track");
	int err = 0;

	if (m == NULL)
		return;
	if (track == NULL || json_is_null(track))
		(void)mparty_next_music(m);
	else if (!json_is_integer(track) || json_integer_value(track) < 0 || json_integer_value(track) > 1000)
		err = -EINVAL;
	else
		err = mparty_set_music(m, (unsigned)json_integer_value(track));
	if (err)
		control_fail(r, CONTROL_ARGS, "track is 1 to %u, 0: off", mparty_music_tracks(m));
	else
		control_reply(r, json_pack("{s:I}", "track", (json_int_t)mparty_music(m)));
}

void command_end(struct control_request *r, const json_t *args, void *arg)
{
	struct mparty *m = wanted_call(arg, r, args);

	if (m == NULL)
		return;
	mparty_end(m, json_string_value(json_object_get(args, "id")), CAUSE_NORMAL_CLEARING);
	control_reply(r, NULL);
}
