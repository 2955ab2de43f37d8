/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Streams over real sockets on loopback, against a peer of the test's own (rtp_peer.h), on the virtual clock: a packet sent is
 * there at once, so each tick sees just what was sent before it. Counters of all tests are added up; the last one wants each to
 * have moved.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <sys/resource.h>

#include "core/address.h"
#include "core/clock.h"
#include "core/loop.h"
#include "core/random.h"
#include "dsp/dtmf_rx.h"
#include "dsp/level.h"
#include "media/media.h"
#include "rtp/rtp.h"
#include "tests/unit/rtp_peer.h"

#define PEERS 3

struct leg {
	struct rtp_stream *stream;
	struct rtp_format  format;
	char     begun[64], ended[64]; /* digits */
	unsigned begin_count, end_count, lost, back;
	int64_t  lost_us, back_us;
};

struct rig {
	struct loop            *loop;
	struct media           *media;
	struct counter_registry counters;
	struct rtp_group       *group;
	struct media_room      *room;
	struct rtp_group_config config;
	struct peer             peer[PEERS];
	struct leg              leg[PEERS];
};

static struct {
	char     name[40];
	uint64_t n;
} totals[64];

static void on_media(struct media_port *p, const struct media_event *ev, void *arg)
{
	struct leg *l = arg;

	(void)p;
	if (ev->type == MEDIA_DIGIT_BEGIN && l->begin_count < sizeof(l->begun) - 1)
		l->begun[l->begin_count++] = ev->digit;
	else if (ev->type == MEDIA_DIGIT && l->end_count < sizeof(l->ended) - 1)
		l->ended[l->end_count++] = ev->digit;
}

static void on_stream(struct rtp_stream *s, const struct rtp_event *ev, void *arg)
{
	struct leg *l = arg;

	assert_ptr_equal(l->stream, s);
	if (ev->type == RTP_EV_LOST) {
		l->lost++;
		l->lost_us = ev->at_us;
	} else {
		l->back++;
		l->back_us = ev->at_us;
	}
}

static void run(struct rig *r, unsigned ms)
{
	for (; ms >= 10; ms -= 10) {
		for (unsigned i = 0; i < PEERS; i++)
			peer_speak(&r->peer[i]);
		loop_run_until(r->loop, clock_mono_us() + 10000, NULL);
		for (unsigned i = 0; i < PEERS; i++)
			peer_listen(&r->peer[i]);
	}
}

static struct rtp_format format(const struct peer *p, enum rtp_encoding e, unsigned type)
{
	struct rtp_format f = { .direction = RTP_SEND | RTP_RECV, .send_count = 2, .recv_count = 4, .ptime_ms = 20 };

	memcpy(&f.remote, &p->own, sizeof(p->own));
	f.send[0] = f.recv[0] = (struct rtp_payload){ (uint8_t)type, e };
	f.send[1] = f.recv[1] = (struct rtp_payload){ PEER_EVENT, RTP_TELEPHONE_EVENT };
	f.recv[2] = (struct rtp_payload){ PEER_NOISE, RTP_COMFORT_NOISE };
	f.recv[3] = (struct rtp_payload){ 0, RTP_PCMU };
	return f;
}

static void leg_open(struct rig *r, unsigned i)
{
	struct leg *l = &r->leg[i];
	struct sockaddr_storage local;

	memset(l, 0, sizeof(*l));
	assert_int_equal(rtp_stream_alloc(&l->stream, r->group, on_stream, l), 0);
	rtp_stream_local(l->stream, &local);
	peer_to(&r->peer[i], &local);
	media_port_open(rtp_stream_port(l->stream), on_media, l);
	media_room_join(r->room, rtp_stream_port(l->stream), MEDIA_SPEAK | MEDIA_HEAR);
	l->format = format(&r->peer[i], RTP_PCMA, 8);
}

static void leg_set(struct leg *l)
{
	assert_int_equal(rtp_stream_set(l->stream, &l->format), 0);
}

static void rig_group(struct rig *r)
{
	uint16_t port = r->config.port_min;

	rtp_group_config_default(&r->config);
	memcpy(&r->config.local, &(struct sockaddr_in){ .sin_family = AF_INET }, sizeof(struct sockaddr_in));
	assert_int_equal(inet_pton(AF_INET, peer_host(1), &((struct sockaddr_in *)&r->config.local)->sin_addr), 1);
	r->config.port_min = port;
	r->config.port_max = (uint16_t)(port + 19);
}

/* Three peers and their streams in a room; quiet, and nothing was agreed on yet. */
static struct rig *rig_new(bool latch)
{
	static unsigned base = 30000; /* a test that failed has left its sockets */
	struct rig *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	base += 200;
	r->config.port_min = (uint16_t)(base - 10000);
	if (!clock_is_virtual())
		clock_virtual_start(1767225600000000);
	assert_int_equal(loop_alloc(&r->loop), 0);
	assert_int_equal(media_alloc(&r->media, r->loop, &r->counters, "media"), 0);
	assert_int_equal(media_start(r->media), 0);
	assert_int_equal(media_room_alloc(&r->room, r->media), 0);
	rig_group(r);
	r->config.latch = latch;
	assert_int_equal(rtp_group_alloc(&r->group, r->loop, r->media, &r->counters, &r->config), 0);
	for (unsigned i = 0; i < PEERS; i++) {
		peer_open(&r->peer[i], peer_host(2), base + 2 * i);
		r->peer[i].quiet = true;
		leg_open(r, i);
	}
	return r;
}

static struct counter_group *rig_counters(struct rig *r)
{
	struct counter_group *g = r->counters.first;

	while (g && strcmp(g->name, "rtp.sip") != 0)
		g = g->next;
	assert_non_null(g);
	return g;
}

static uint64_t counted(struct rig *r, const char *name)
{
	struct counter_group *g = rig_counters(r);

	for (unsigned i = 0; i < g->count; i++)
		if (strcmp(g->desc[i].name, name) == 0)
			return counter_get(&g->values[i]);
	fail_msg("no counter %s", name);
	return 0;
}

static void rig_free(struct rig *r)
{
	struct counter_group *g = rig_counters(r);

	for (unsigned i = 0; i < g->count; i++) {
		(void)snprintf(totals[i].name, sizeof(totals[i].name), "%s", g->desc[i].name);
		totals[i].n += counter_get(&g->values[i]);
	}
	for (unsigned i = 0; i < PEERS; i++) {
		rtp_stream_free(r->leg[i].stream);
		peer_close(&r->peer[i]);
	}
	media_room_free(r->room);
	rtp_group_free(r->group);
	loop_run_until(r->loop, clock_mono_us() + 20000, NULL);
	media_stop(r->media);
	media_free(r->media);
	loop_free(r->loop);
	assert_null(r->counters.first);
	free(r);
}

/* All speak, each another tone. */
static void rig_talk(struct rig *r)
{
	static const double hz[PEERS] = { 500, 1100, 1900 };

	for (unsigned i = 0; i < PEERS; i++) {
		peer_tone(&r->peer[i], hz[i], -12);
		r->peer[i].quiet = false;
		leg_set(&r->leg[i]);
	}
}

static double hears(const struct peer *p, double hz)
{
	assert_true(p->samples >= 8000);
	return level_tone_dbm0(p->heard + p->samples - 8000, 8000, hz, 8000);
}

/* Each hears the two others, as loud as they speak, and nothing of itself. */
static void each_hears_the_others(const struct rig *r)
{
	static const double hz[PEERS] = { 500, 1100, 1900 };

	for (unsigned i = 0; i < PEERS; i++)
		for (unsigned k = 0; k < PEERS; k++) {
			double level = hears(&r->peer[i], hz[k]);

			if (i == k ? level > -45 : fabs(level + 12) > 1)
				fail_msg("%u hears %u at %.1f dBm0", i, k, level);
		}
}

/* G.711 of both laws and ptimes of all sizes, other ones in each direction. */
static void room_of_three(void **state)
{
	(void)state;
	for (unsigned ptime = 10; ptime <= 60; ptime += 10) {
		struct rig *r = rig_new(false);

		for (unsigned i = 0; i < PEERS; i++) {
			r->peer[i].ptime_ms = 70 - ptime;
			r->leg[i].format.ptime_ms = ptime;
		}
		r->peer[1].type = 0;
		r->leg[1].format.send[0] = (struct rtp_payload){ 0, RTP_PCMU };
		rig_talk(r);
		run(r, 2400);
		each_hears_the_others(r);
		for (unsigned i = 0; i < PEERS; i++) {
			const struct peer *p = &r->peer[i];
			struct rtp_stats st;

			assert_int_equal(p->bad_steps, 0);
			assert_int_equal(p->steps_lost, 0);
			assert_int_equal(p->markers, 1);
			assert_int_equal(p->last_len, ptime * 8);
			assert_int_equal(p->last_type, i == 1 ? 0 : 8);
			assert_in_range(p->packets, 2400 / ptime - 3, 2400 / ptime);
			rtp_stream_stats(r->leg[i].stream, &st);
			assert_int_equal(st.sent, p->packets);
			assert_int_equal(st.octets_sent, p->packets * ptime * 8);
			assert_int_equal(st.received, 2400 / (70 - ptime));
			assert_true(st.lost == 0 && st.late == 0 && st.concealed_ms == 0 && st.duplicates == 0 &&
			            st.foreign == 0);
			assert_true(st.mos_x100 >= 430 && st.mos_x100 <= 441);
			assert_in_range(st.delay_ms, 1, 150);
		}
		rig_free(r);
	}
}

/* Two of our streams with G.722, back to back between two rooms: what is said in one is heard in the other. */
static void g722(void **state)
{
	struct rig *r = rig_new(false);
	struct leg x = { 0 }, y = { 0 };
	struct media_room *far;

	(void)state;
	assert_int_equal(media_room_alloc(&far, r->media), 0);
	rig_talk(r);
	media_room_join(far, rtp_stream_port(r->leg[1].stream), MEDIA_SPEAK | MEDIA_HEAR);
	media_room_leave(rtp_stream_port(r->leg[2].stream));
	assert_int_equal(rtp_stream_alloc(&x.stream, r->group, on_stream, &x), 0);
	assert_int_equal(rtp_stream_alloc(&y.stream, r->group, on_stream, &y), 0);
	x.format = y.format = format(&r->peer[0], RTP_G722, 9);
	rtp_stream_local(x.stream, &y.format.remote);
	rtp_stream_local(y.stream, &x.format.remote);
	y.format.ptime_ms = 30;
	leg_set(&x);
	leg_set(&y);
	media_port_open(rtp_stream_port(x.stream), on_media, &x);
	media_port_open(rtp_stream_port(y.stream), on_media, &y);
	media_room_join(r->room, rtp_stream_port(x.stream), MEDIA_SPEAK | MEDIA_HEAR);
	media_room_join(far, rtp_stream_port(y.stream), MEDIA_SPEAK | MEDIA_HEAR);
	run(r, 2500);
	assert_true(fabs(hears(&r->peer[0], 1100) + 12) < 1);
	assert_true(fabs(hears(&r->peer[1], 500) + 12) < 1);
	assert_true(hears(&r->peer[0], 500) < -40 && hears(&r->peer[1], 1100) < -40);
	rtp_stream_free(x.stream);
	rtp_stream_free(y.stream);
	media_room_free(far);
	rig_free(r);
}

/* Telephone-events: each once, whatever of them is lost; nobody hears them; from the first on what sounds like a key is none. */
static void keys_in(void **state)
{
	struct rig *r = rig_new(false);
	struct leg *l = &r->leg[0];
	uint32_t start;
	unsigned from;

	(void)state;
	rig_talk(r);
	run(r, 500);
	for (unsigned e = 0; e < 16; e++) {
		peer_press(&r->peer[0], e);
		run(r, 100);
	}
	assert_string_equal(l->begun, "0123456789*#ABCD");
	assert_string_equal(l->ended, "0123456789*#ABCD");
	r->peer[0].drop = 2; /* every other packet is lost */
	peer_press(&r->peer[0], 7);
	run(r, 300);
	peer_press(&r->peer[0], 7);
	run(r, 300);
	assert_string_equal(l->begun, "0123456789*#ABCD77");
	assert_string_equal(l->ended, "0123456789*#ABCD77");
	r->peer[0].drop = 0;
	peer_press(&r->peer[0], 16); /* flash */
	for (unsigned i = 0; i < 30; i++) /* more at once than are kept */
		peer_press(&r->peer[0], i % 10);
	run(r, 600);
	assert_in_range(counted(r, "rx_events_dropped"), 5, 14);
	assert_int_equal(l->begin_count + counted(r, "rx_events_dropped"), 18 + 30);
	assert_int_equal(l->end_count, l->begin_count);
	assert_true(counted(r, "rx_events_ignored") >= 5);

	/* one that is under way, and lasts: while it does the others hear nothing of this peer */
	run(r, 500);
	from = r->peer[1].samples;
	start = r->peer[0].timestamp;
	for (unsigned i = 0; i < 40; i++) {
		const uint8_t payload[4] = { 5, 10, (uint8_t)((i + 1) * 160 >> 8), (uint8_t)((i + 1) * 160) };

		peer_packet(&r->peer[0], PEER_EVENT, i == 0, start, payload, 4); /* and its tone goes on */
		run(r, 20);
	}
	assert_true(level_tone_dbm0(r->peer[1].heard + from + 1600, 4000, 500, 8000) < -55);
	assert_true(level_tone_dbm0(r->peer[1].heard + from + 1600, 4000, 1900, 8000) > -13);
	run(r, 1500);
	each_hears_the_others(r);
	rig_free(r);
}

/* Digits to the far end: as events; in-band where none were agreed on; before them what was asked for before. */
static void keys_out(void **state)
{
	struct rig *r = rig_new(false);
	struct dtmf_receiver *rx;
	struct dtmf_result found;
	char heard[16] = "";
	unsigned count = 0;

	(void)state;
	r->leg[1].format.send_count = 1;
	rig_talk(r);
	run(r, 300);
	for (const char *d = "19*#"; *d; d++) {
		assert_int_equal(rtp_stream_send_digit(r->leg[0].stream, *d, 0), 0);
		assert_int_equal(rtp_stream_send_digit(r->leg[1].stream, *d, 0), 0);
	}
	assert_int_equal(rtp_stream_send_digit(r->leg[0].stream, 'x', 0), -EINVAL);
	run(r, 1500);
	assert_string_equal(r->peer[0].keys, "19*#");
	assert_int_equal(r->peer[0].key_ends, 12);
	assert_int_equal(r->peer[0].bad_steps, 0);
	assert_int_equal(r->peer[0].markers, 1 + 2 * 4); /* each event, and the sound behind it */
	/* sound was left out for 100 ms and two more ends, no more */
	assert_int_equal(r->peer[0].steps_lost, 4 * (100 + 40) * 8);
	assert_int_equal(r->peer[1].events, 0);
	assert_int_equal(dtmf_receiver_alloc(&rx), 0);
	for (unsigned i = 0; i + 80 <= r->peer[1].samples; i += 80) {
		dtmf_receiver_process(rx, r->peer[1].heard + i, 80, &found);
		for (unsigned k = 0; k < found.count; k++)
			if (found.event[k].type == DTMF_RX_BEGIN && count < 15)
				heard[count++] = found.event[k].digit;
	}
	dtmf_receiver_free(rx);
	assert_string_equal(heard, "19*#");
	assert_int_equal(r->peer[1].steps_lost, 0);
	for (unsigned i = 0; i < 32; i++)
		assert_int_equal(rtp_stream_send_digit(r->leg[2].stream, '5', 40), 0);
	assert_int_equal(rtp_stream_send_digit(r->leg[2].stream, '5', 40), -ENOSPC);
	run(r, 32 * 140);
	assert_int_equal(strlen(r->peer[2].keys), 32);
	rig_free(r);
}

/* Their reports: SR about them in our RR, the way there and back, on a port of its own or the same; BYE at the end. */
static void reports(void **state)
{
	struct rig *r = rig_new(false);
	struct peer *p = &r->peer[0];
	struct rtp_stats st;
	uint8_t rr[56] = { 0x81, 201, 0, 7 }, cname[2][16];

	(void)state;
	r->peer[1].mux = r->leg[1].format.rtcp_mux = true;
	memcpy(&r->leg[2].format.remote_rtcp, &r->peer[1].own, sizeof(r->peer[1].own)); /* another address, another port */
	((struct sockaddr_in *)&r->leg[2].format.remote_rtcp)->sin_port = htons(ntohs(r->peer[1].own.sin_port) + 1);
	p->drop = 10;
	rig_talk(r);
	run(r, 8000);
	rtp_stream_stats(r->leg[0].stream, &st);
	assert_int_equal(st.round_trip_us, -1);
	assert_in_range(p->rtcp, 1, 4);
	assert_in_range(r->peer[1].rtcp, 2, 8); /* its own, and those of leg 2 */
	assert_int_equal(r->peer[2].rtcp, 0);

	assert_int_equal(p->report[1], 200); /* SR: what we sent */
	assert_int_equal(peer_get32(p->report + 4), p->heard_ssrc);
	assert_in_range(peer_get32(p->report + 20), p->packets - 400, p->packets);
	assert_int_equal(peer_get32(p->report + 24), peer_get32(p->report + 20) * 160);
	assert_true((int32_t)(p->heard_timestamp - peer_get32(p->report + 16)) < 8000 * 8);
	assert_int_equal(peer_get32(p->report + 28), p->ssrc); /* about us: a tenth is lost */
	assert_in_range(p->report[32], 20, 32);
	assert_in_range(peer_get32(p->report + 32) & 0xffffff, 10, 41);
	assert_int_equal(peer_get32(p->report + 40), 0); /* no jitter: the clock is virtual */
	assert_int_equal(p->report[53], 202);
	assert_int_equal(p->report[61], 16);
	memcpy(cname[0], p->report + 62, 16);
	memcpy(cname[1], r->peer[1].report + 62, 16);
	assert_memory_not_equal(cname[0], cname[1], 16); /* RFC 7022: one for each session */

	peer_put32(rr + 4, p->ssrc); /* ours: 64/256 lost, jitter 80; their SR 1.5 s ago, of which we held it 1.4 s */
	peer_put32(rr + 8, p->heard_ssrc);
	rr[12] = 64;
	peer_put32(rr + 20, 80);
	peer_put32(rr + 24, peer_get32(p->report + 10));
	r->peer[0].quiet = true;
	run(r, 100);
	peer_put32(rr + 28, 0);
	memcpy(rr + 32, (uint8_t[]){ 0x81, 202, 0, 3, 0, 0, 0, 0, 1, 5, 'p', 'e', 'e', 'r', 's', 0 }, 16);
	peer_octets(p, true, rr, 48);
	peer_octets(p, true, rr, 47);
	run(r, 200);
	rtp_stream_stats(r->leg[0].stream, &st);
	assert_true(st.round_trip_us >= 100000 && st.round_trip_us < 8000000);
	assert_int_equal(st.remote_lost_permille, 250);
	assert_int_equal(st.remote_jitter_us, 10000);
	assert_int_equal(counted(r, "rx_rtcp_malformed"), 1);
	assert_int_equal(counted(r, "rx_rtcp"), 1);

	assert_int_equal(p->byes, 0);
	rtp_stream_free(r->leg[0].stream);
	run(r, 20);
	assert_int_equal(p->byes, 1);
	leg_open(r, 0); /* and one that has never sent anything says none */
	rtp_stream_free(r->leg[0].stream);
	run(r, 20);
	assert_int_equal(p->byes, 1);
	leg_open(r, 0);
	rig_free(r);
}

/* From elsewhere, before anything was agreed on, in the wrong direction, of the wrong type, no RTP at all: counted, and nothing
 * else. */
static void strangers(void **state)
{
	struct rig *r = rig_new(false);
	struct peer *p = &r->peer[0], stranger;
	uint8_t long_one[2100] = { 0x80, 8 };
	struct rtp_stats st;

	(void)state;
	peer_open(&stranger, peer_host(3), 30000);
	stranger.to = p->to;
	peer_tone(&stranger, 2500, -5);
	peer_sound(p); /* early */
	run(r, 10);
	assert_int_equal(counted(r, "rx_early"), 1);
	rig_talk(r);
	for (unsigned i = 0; i < 100; i++) {
		peer_sound(&stranger);
		run(r, 20);
	}
	each_hears_the_others(r);
	assert_true(hears(&r->peer[1], 2500) < -50);
	assert_int_equal(stranger.packets, 0);
	peer_octets(p, false, "\x80\x08\0", 3);
	peer_octets(p, false, long_one, sizeof(long_one));
	peer_packet(p, 77, false, p->timestamp, (const uint8_t *)"0123", 4);
	run(r, 200);
	rtp_stream_stats(r->leg[0].stream, &st);
	assert_int_equal(st.foreign, 100);
	assert_int_equal(st.malformed, 2);
	assert_int_equal(st.lost, 0);
	assert_int_equal(counted(r, "rx_foreign"), 100);
	assert_int_equal(counted(r, "rx_malformed"), 2);
	assert_int_equal(counted(r, "rx_unknown_type"), 1);

	/* the same address with another port is the peer (RFC 4961 is not universal); what we send goes where we were told */
	peer_close(&stranger);
	peer_open(&stranger, peer_host(2), ntohs(p->own.sin_port) + 100u);
	stranger.to = p->to;
	stranger.ssrc = p->ssrc;
	p->quiet = true;
	stranger.seq = p->seq;
	stranger.timestamp = p->timestamp;
	peer_tone(&stranger, 500, -12);
	for (unsigned i = 0; i < 60; i++) {
		peer_sound(&stranger);
		run(r, 20);
	}
	each_hears_the_others(r);
	peer_listen(&stranger);
	assert_int_equal(stranger.packets, 0);
	peer_close(&stranger);
	rig_free(r);
}

/* Setting latch: who is behind NAT is answered where he comes from, the first one that speaks; a signalled address that is heard
 * keeps its place. */
static void latch(void **state)
{
	struct rig *r = rig_new(true);
	struct peer *p = &r->peer[0], late;

	(void)state;
	memcpy(&r->leg[0].format.remote, &(struct sockaddr_in){ .sin_family = AF_INET }, sizeof(struct sockaddr_in));
	((struct sockaddr_in *)&r->leg[0].format.remote)->sin_addr.s_addr = htonl(0x7f7f7f01); /* what the phone thinks it has */
	((struct sockaddr_in *)&r->leg[0].format.remote)->sin_port = htons(4000);
	peer_octets(p, false, "\x80\x7f", 2); /* no RTP: nobody yet */
	rig_talk(r);
	run(r, 1500);
	each_hears_the_others(r);
	assert_int_equal(counted(r, "latched"), 1);
	peer_open(&late, peer_host(3), 30000);
	late.to = p->to;
	peer_sound(&late);
	late.to = r->peer[1].to; /* heard from where it should be: no latching any more */
	peer_sound(&late);
	run(r, 20);
	assert_int_equal(counted(r, "latched"), 1);
	assert_int_equal(counted(r, "rx_foreign"), 3);
	run(r, 8000);
	assert_true(p->rtcp >= 1); /* to the port above the one he comes from */
	peer_close(&late);
	rig_free(r);
}

/* Another source: two packets in a row of it are believed, one is not; its sequence and time are its own. */
static void sources(void **state)
{
	struct rig *r = rig_new(false);
	struct peer *p = &r->peer[0];
	struct rtp_stats st;

	(void)state;
	rig_talk(r);
	run(r, 500);
	p->ssrc++;
	peer_packet(p, 8, false, p->timestamp, (const uint8_t *)"0123", 4);
	p->ssrc--;
	p->seq--;
	run(r, 300);
	rtp_stream_stats(r->leg[0].stream, &st);
	assert_true(st.ssrc_changes == 0 && st.foreign == 1 && st.lost == 0);
	for (unsigned i = 1; i <= 3; i++) {
		p->ssrc += 7;
		p->seq = (uint16_t)(p->seq + 20000);
		p->timestamp -= 1000000;
		run(r, 1500);
		rtp_stream_stats(r->leg[0].stream, &st);
		assert_int_equal(st.ssrc_changes, i);
		assert_int_equal(st.foreign, 1 + i);
		each_hears_the_others(r);
	}
	p->seq = (uint16_t)(p->seq + 20000); /* begun anew under the same name */
	p->timestamp += 50000000;
	run(r, 1500);
	each_hears_the_others(r);
	rtp_stream_stats(r->leg[0].stream, &st);
	assert_int_equal(st.ssrc_changes, 3);
	assert_int_equal(counted(r, "ssrc_changes"), 3);
	p->timestamp += 12000; /* a source that puts another's sound under its own name: only the time jumps */
	run(r, 2500);
	each_hears_the_others(r);
	p->timestamp -= 60000;
	run(r, 2500);
	each_hears_the_others(r);
	rig_free(r);
}

/* Rule 9: nothing for 30 s, told with the moment of the last packet; RTCP counts; on hold there is nothing to wait for. */
static void silence_is_loss(void **state)
{
	struct rig *r = rig_new(false);
	struct leg *l = &r->leg[0];
	int64_t last_us, back_us;
	uint8_t rr[8] = { 0x80, 201, 0, 1 };

	(void)state;
	rig_talk(r);
	r->leg[1].format.direction = RTP_SEND;
	leg_set(&r->leg[1]);
	run(r, 1000);
	last_us = clock_mono_us();
	r->peer[0].quiet = r->peer[1].quiet = r->peer[2].quiet = true;
	for (unsigned i = 0; i < 29; i++) {
		peer_put32(rr + 4, r->peer[2].ssrc);
		peer_octets(&r->peer[2], true, rr, sizeof(rr));
		run(r, 1000);
	}
	assert_int_equal(l->lost, 0);
	run(r, 1100);
	assert_int_equal(l->lost, 1);
	assert_in_range(l->lost_us, last_us - 20000, last_us);
	assert_int_equal(r->leg[1].lost, 0);
	assert_int_equal(r->leg[2].lost, 0);
	run(r, 10000);
	assert_int_equal(l->lost, 1);
	assert_int_equal(l->back, 0);
	r->peer[0].quiet = false;
	back_us = clock_mono_us();
	run(r, 100);
	assert_int_equal(l->back, 1);
	assert_in_range(l->back_us, back_us, back_us + 30000);
	r->leg[1].format.direction = RTP_SEND | RTP_RECV; /* resumed: waiting begins now */
	leg_set(&r->leg[1]);
	run(r, 29900);
	assert_int_equal(r->leg[1].lost, 0);
	run(r, 200);
	assert_int_equal(r->leg[1].lost, 1);
	assert_int_equal(r->leg[2].lost, 1);
	assert_int_equal(counted(r, "streams_lost"), 3);
	rig_free(r);
}

/* RFC 3264 8: SSRC, sequence and time go on over hold, another ptime, another codec. */
static void hold_and_change(void **state)
{
	struct rig *r = rig_new(false);
	struct peer *p = &r->peer[0];
	unsigned packets, rtcp;
	uint64_t unwanted;

	(void)state;
	rig_talk(r);
	run(r, 1000);
	r->leg[0].format.direction = 0;
	leg_set(&r->leg[0]);
	run(r, 20);
	packets = p->packets;
	rtcp = p->rtcp;
	unwanted = counted(r, "rx_unwanted");
	run(r, 10000);
	assert_int_equal(p->packets, packets);
	assert_true(p->rtcp > rtcp); /* reports go on */
	assert_int_equal(counted(r, "rx_unwanted") - unwanted, 500);
	r->leg[0].format.direction = RTP_SEND | RTP_RECV;
	r->leg[0].format.ptime_ms = 40;
	r->leg[0].format.send[0] = (struct rtp_payload){ 0, RTP_PCMU };
	leg_set(&r->leg[0]);
	run(r, 1500);
	each_hears_the_others(r);
	assert_int_equal(p->last_len, 320);
	assert_int_equal(p->last_type, 0);
	assert_int_equal(p->markers, 2);
	assert_int_equal(p->bad_steps, 0);
	assert_in_range(p->steps_lost, 9900 * 8, 10100 * 8); /* the time of the hold */
	p->steps_lost = 0;
	for (unsigned i = 0; i < 30; i++) { /* to and fro: no sample is lost */
		r->leg[0].format.ptime_ms = 10 + 10 * (i % 6);
		r->leg[0].format.send[0] = (struct rtp_payload){ i % 2 ? 0 : 8, i % 2 ? RTP_PCMU : RTP_PCMA };
		leg_set(&r->leg[0]);
		leg_set(&r->leg[0]);
		run(r, 70);
	}
	run(r, 1100);
	each_hears_the_others(r);
	assert_int_equal(p->bad_steps, 0);
	assert_int_equal(p->steps_lost, 0);
	rig_free(r);
}

/* Loss, duplicates and disorder are counted, filled in, and heard in the estimate. */
static void losses(void **state)
{
	struct rig *r = rig_new(false);
	struct peer *p = &r->peer[0];
	struct rtp_stats st, good;
	uint8_t payload[160] = { 0 };

	(void)state;
	rig_talk(r);
	p->drop = 20;
	run(r, 10000);
	rtp_stream_stats(r->leg[0].stream, &st);
	rtp_stream_stats(r->leg[1].stream, &good);
	assert_in_range(st.lost, 22, 26);
	assert_in_range(st.concealed_ms, 22 * 18, 26 * 22);
	assert_true(st.mos_x100 < good.mos_x100 - 15 && st.mos_x100 > 250);
	assert_int_equal(st.late, 0);
	p->drop = 0;
	for (unsigned i = 0; i < 10; i++) { /* twice; then overtaken by its successor */
		p->seq--;
		peer_packet(p, 8, false, p->timestamp - 160, payload, 160);
		p->seq++;
		peer_packet(p, 8, false, p->timestamp + 160, payload, 160);
		p->seq = (uint16_t)(p->seq - 2);
		peer_packet(p, 8, false, p->timestamp, payload, 160);
		p->seq++;
		p->timestamp += 320;
		run(r, 40);
	}
	run(r, 1000);
	for (unsigned i = 0; i < 3; i++) { /* far too late */
		uint16_t seq = p->seq++;
		uint32_t timestamp = p->timestamp;

		p->timestamp += 160;
		run(r, 300);
		p->seq = seq;
		peer_packet(p, 8, false, timestamp, payload, 160);
		p->seq = (uint16_t)(seq + 16);
		run(r, 100);
	}
	rtp_stream_stats(r->leg[0].stream, &st);
	assert_true(st.duplicates >= 9 && st.reordered >= 9);
	assert_int_equal(st.late, 3);
	assert_true(counted(r, "lost_packets") >= 22 && counted(r, "concealed_ms") >= 400);
	rig_free(r);
}

/* Nobody listens at the other end: ICMP says so, and nothing ends by it; an address that cannot be sent to is counted. */
static void refused(void **state)
{
	struct rig *r = rig_new(false);
	uint64_t sent;

	(void)state;
	rig_talk(r);
	run(r, 100);
	peer_close(&r->peer[0]);
	run(r, 1000);
	assert_in_range(counted(r, "icmp_errors"), 20, 60);
	assert_int_equal(counted(r, "tx_errors"), 0);
	peer_open(&r->peer[0], peer_host(2), ntohs(r->peer[0].own.sin_port));
	r->peer[0].quiet = true;
	run(r, 1000);
	assert_in_range(r->peer[0].packets, 48, 51);
	sent = counted(r, "tx_packets");
	((struct sockaddr_in *)&r->leg[0].format.remote)->sin_addr.s_addr = htonl(INADDR_BROADCAST);
	leg_set(&r->leg[0]);
	run(r, 1000);
	assert_in_range(counted(r, "tx_errors"), 48, 53);
	assert_in_range(counted(r, "tx_packets") - sent, 98, 103);
	rig_free(r);
}

/* More than anybody may send: it is read in parts, and the others do not notice. */
static void flood(void **state)
{
	struct rig *r = rig_new(false);
	struct peer *p = &r->peer[0];

	(void)state;
	rig_talk(r);
	run(r, 500);
	for (unsigned i = 0; i < 100; i++) {
		for (unsigned k = 0; k < 200; k++)
			peer_octets(p, k & 1, "\x80\x08nonsense", 10);
		run(r, 20);
	}
	assert_true(counted(r, "rx_flooded") > 50);
	assert_true(fabs(hears(&r->peer[1], 1900) + 12) < 1);
	assert_true(fabs(hears(&r->peer[2], 1100) + 12) < 1);
	run(r, 2500);
	each_hears_the_others(r); /* and when it is over all is well */
	rig_free(r);
}

/* 20,000 packets of the peer's that something has been changed in, among good ones: calls beside it do not notice, and when they
 * stop all is well. */
static void mutated(void **state)
{
	struct rig *r = rig_new(false);
	struct peer *p = &r->peer[0];

	(void)state;
	rig_talk(r);
	run(r, 500);
	for (unsigned t = 0; t < 1000; t++) {
		for (unsigned i = 0; i < 20; i++) {
			uint8_t b[80] = { 0x80, 8, (uint8_t)(p->seq >> 8), (uint8_t)p->seq };
			bool rtcp = random_below(4) == 0;
			unsigned len = 12 + random_below(64);

			peer_put32(b + 4, p->timestamp);
			peer_put32(b + 8, p->ssrc);
			if (random_below(3) == 0)
				b[1] = (uint8_t)(0x80 * random_below(2) + PEER_EVENT -
				                 random_below(2) * (PEER_EVENT - PEER_NOISE));
			if (rtcp) {
				b[1] = (uint8_t)(200 + random_below(4));
				b[2] = 0;
				b[3] = (uint8_t)(len / 4 - 1);
				len &= ~3u;
			}
			for (unsigned k = 1 + random_below(6); k > 0; k--)
				b[random_below(len)] = (uint8_t)random_u64();
			peer_octets(p, rtcp, b, random_below(8) ? len : random_below(len + 1));
		}
		run(r, 10);
	}
	assert_int_equal(counted(r, "rx_flooded"), 0);
	assert_true(counted(r, "rx_malformed") > 100 && counted(r, "rx_rtcp_malformed") > 100);
	assert_true(fabs(hears(&r->peer[1], 1900) + 12) < 1);
	assert_true(fabs(hears(&r->peer[2], 1100) + 12) < 1);
	assert_int_equal(r->peer[1].bad_steps + r->peer[2].bad_steps + p->bad_steps, 0);
	run(r, 4000);
	each_hears_the_others(r);
	rig_free(r);
}

/* RFC 3389: who stops sending says how his silence sounds, and that is what the others hear. */
static void comfort_noise(void **state)
{
	struct rig *r = rig_new(false);
	struct peer *p = &r->peer[0];
	struct rtp_stats st;
	double level;

	(void)state;
	rig_talk(r);
	r->peer[1].quiet = r->peer[2].quiet = true;
	run(r, 1000);
	p->quiet = true;
	peer_packet(p, PEER_NOISE, false, p->timestamp, (const uint8_t *)"\x2e", 1); /* -46 dBov */
	run(r, 3000);
	level = level_dbm0(r->peer[1].heard + r->peer[1].samples - 8000, 8000);
	assert_true(fabs(level - (-46 + 6.15)) < 1.5);
	p->quiet = false;
	r->peer[1].quiet = r->peer[2].quiet = false;
	run(r, 1500);
	each_hears_the_others(r);
	rtp_stream_stats(r->leg[0].stream, &st);
	assert_int_equal(st.lost, 0);
	assert_int_equal(st.concealed_ms, 0);
	rig_free(r);
}

/* RFC 2474: RTP and RTCP bear the class that was set. */
static void dscp(void **state)
{
	struct rig *r = rig_new(false);
	const int one = 1;

	(void)state;
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(setsockopt(r->peer[0].fd[i], IPPROTO_IP, IP_RECVTOS, &one, sizeof(one)), 0);
	leg_set(&r->leg[0]);
	loop_run_until(r->loop, clock_mono_us() + 6000000, NULL);
	for (unsigned i = 0; i < 2; i++) {
		uint8_t data[256], control[256];
		struct iovec iov = { .iov_base = data, .iov_len = sizeof(data) };
		struct msghdr msg = {
			.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)
		};

		assert_true(recvmsg(r->peer[0].fd[i], &msg, 0) > 0);
		assert_non_null(CMSG_FIRSTHDR(&msg));
		assert_int_equal(CMSG_FIRSTHDR(&msg)->cmsg_type, IP_TOS);
		assert_int_equal(*CMSG_DATA(CMSG_FIRSTHDR(&msg)), 46 << 2);
	}
	rig_free(r);
}

/* The other family: two streams that speak with each other, packets and reports. */
static void ipv6(void **state)
{
	struct rig *r = rig_new(false);
	struct rtp_group_config c = r->config;
	struct sockaddr_in6 local = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct leg x = { 0 }, y = { 0 };
	struct rtp_group *g;
	struct rtp_stats st;
	int err;

	(void)state;
	memcpy(&c.local, &local, sizeof(local));
	c.port_min = (uint16_t)(1024 + ((unsigned)getpid() * 20) % 18000);
	c.port_max = (uint16_t)(c.port_min + 19);
	assert_int_equal(rtp_group_alloc(&g, r->loop, r->media, NULL, &c), 0);
	err = rtp_stream_alloc(&x.stream, g, on_stream, &x);
	if (!err) {
		assert_int_equal(rtp_stream_alloc(&y.stream, g, on_stream, &y), 0);
		x.format = y.format = format(&r->peer[0], RTP_PCMU, 0);
		rtp_stream_local(x.stream, &y.format.remote);
		rtp_stream_local(y.stream, &x.format.remote);
		leg_set(&x);
		leg_set(&y);
		run(r, 20000);
		rtp_stream_stats(x.stream, &st);
		assert_in_range(st.received, 995, 1000);
		assert_true(st.lost == 0 && st.foreign == 0);
		assert_in_range(st.round_trip_us, 0, 30000); /* each reads and writes once a tick */
		rtp_stream_free(x.stream);
		rtp_stream_free(y.stream);
	}
	rtp_group_free(g);
	rig_free(r);
	if (err == -EADDRNOTAVAIL || err == -EAFNOSUPPORT) /* a machine without ::1 */
		skip();
	assert_int_equal(err, 0);
}

/* Ports: none twice, each rests, another program's are passed over; what is left is told. */
static void ports(void **state)
{
	struct rig *r = rig_new(false);
	struct rtp_stream *s[10], *more;
	struct sockaddr_storage a, b;
	struct peer other;

	(void)state;
	assert_int_equal(rtp_group_free_ports(r->group), 7);
	rtp_stream_local(r->leg[2].stream, &a);
	/* the next in turn */
	peer_open(&other, peer_host(1), r->config.port_min + (address_port(&a) - r->config.port_min + 2u) % 20);
	for (unsigned i = 0; i < 6; i++) {
		assert_int_equal(rtp_stream_alloc(&s[i], r->group, on_stream, NULL), 0);
		rtp_stream_local(s[i], &b);
		assert_int_not_equal(address_port(&b), address_port(&a));
		assert_int_equal(address_port(&b) % 2, 0);
	}
	assert_int_equal(counted(r, "bind_failed"), 1);
	assert_int_equal(rtp_stream_alloc(&more, r->group, on_stream, NULL), -EADDRNOTAVAIL);
	assert_int_equal(counted(r, "no_port"), 1);
	assert_int_equal(rtp_group_free_ports(r->group), 0);
	rtp_stream_local(s[0], &a);
	rtp_stream_free(s[0]);
	run(r, 1900);
	assert_int_equal(rtp_stream_alloc(&more, r->group, on_stream, NULL), -EADDRNOTAVAIL);
	peer_close(&other);
	run(r, 200);
	assert_int_equal(rtp_group_free_ports(r->group), 2);
	assert_int_equal(rtp_stream_alloc(&s[0], r->group, on_stream, NULL), 0);
	assert_int_equal(rtp_stream_alloc(&s[6], r->group, on_stream, NULL), 0);
	for (unsigned i = 0; i < 7; i++)
		rtp_stream_free(s[i]);
	rig_free(r);
}

/* Two descriptors a stream are more than a program has at first: the group sees to it, up to the hard limit. */
static void descriptors(void **state)
{
	struct rlimit before, l;
	struct rig *r;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	l = before;
	l.rlim_cur = 100;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &l), 0);
	r = rig_new(false);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &l), 0);
	assert_int_equal(l.rlim_cur, before.rlim_max < 2 * 10 + 1024 ? before.rlim_max : 2 * 10 + 1024);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	rig_free(r);
}

static void wrong_formats(void **state)
{
	struct rig *r = rig_new(false);
	const struct rtp_format good = r->leg[0].format;
	struct rtp_group_config c = r->config;
	struct rtp_group *g;
	struct rtp_format f;

#define WRONG(change) \
	do { \
		f = good; \
		change; \
		assert_int_equal(rtp_stream_set(r->leg[0].stream, &f), -EINVAL); \
	} while (0)
#define WRONG_GROUP(change) \
	do { \
		c = r->config; \
		change; \
		assert_int_equal(rtp_group_alloc(&g, r->loop, r->media, NULL, &c), -EINVAL); \
	} while (0)

	(void)state;
	WRONG(f.send_count = 0);
	WRONG(f.send_count = RTP_PAYLOADS_MAX + 1);
	WRONG(f.recv_count = RTP_PAYLOADS_MAX + 1);
	WRONG(f.send[0].encoding = RTP_TELEPHONE_EVENT);
	WRONG(f.recv[0].type = 128);
	WRONG(f.recv[0].encoding = RTP_ENCODINGS);
	WRONG(f.ptime_ms = 0);
	WRONG(f.ptime_ms = 15);
	WRONG(f.ptime_ms = 70);
	WRONG(f.direction = 4);
	WRONG(f.remote.ss_family = AF_INET6);
	WRONG(((struct sockaddr_in *)&f.remote)->sin_port = 0);
	WRONG_GROUP(c.local.ss_family = AF_UNSPEC);
	WRONG_GROUP(c.port_min = 20001);
	WRONG_GROUP(c.port_max = c.port_min);
	WRONG_GROUP(c.dscp = 64);
	WRONG_GROUP(c.jitter_min_ms = 10);
	WRONG_GROUP(c.jitter_max_ms = 300);
	WRONG_GROUP(c.timeout_ms = 10);
	f = good;
	f.remote.ss_family = AF_UNSPEC; /* not known yet: nothing is sent */
	assert_int_equal(rtp_stream_set(r->leg[0].stream, &f), 0);
	run(r, 10000);
	assert_int_equal(r->peer[0].packets + r->peer[0].rtcp, 0);
	assert_int_equal(r->leg[0].lost, 0);
	rig_free(r);
}

/* All is freed in the middle of things, in every order that is allowed. */
static void freed_in_the_middle(void **state)
{
	(void)state;
	for (unsigned way = 0; way < 8; way++) {
		struct rig *r = rig_new(false);

		rig_talk(r);
		run(r, way * 10);
		for (unsigned i = 0; i < PEERS; i++) {
			rtp_stream_free(r->leg[i].stream);
			if (way & 1)
				run(r, 20);
			leg_open(r, i);
			if (way & 2)
				leg_set(&r->leg[i]);
		}
		if (way & 4)
			media_stop(r->media);
		rig_free(r);
	}
}

/* The last: everything that can be counted has been, but for errors that no test can bring about. */
static void every_counter_moves(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 64 && totals[i].name[0]; i++)
		if (totals[i].n == 0 && strcmp(totals[i].name, "rx_errors") != 0)
			fail_msg("%s has not moved", totals[i].name);
	assert_true(totals[0].n > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(room_of_three),
		cmocka_unit_test(g722),
		cmocka_unit_test(keys_in),
		cmocka_unit_test(keys_out),
		cmocka_unit_test(reports),
		cmocka_unit_test(strangers),
		cmocka_unit_test(latch),
		cmocka_unit_test(sources),
		cmocka_unit_test(silence_is_loss),
		cmocka_unit_test(hold_and_change),
		cmocka_unit_test(losses),
		cmocka_unit_test(refused),
		cmocka_unit_test(flood),
		cmocka_unit_test(mutated),
		cmocka_unit_test(comfort_noise),
		cmocka_unit_test(dscp),
		cmocka_unit_test(ipv6),
		cmocka_unit_test(ports),
		cmocka_unit_test(descriptors),
		cmocka_unit_test(wrong_formats),
		cmocka_unit_test(freed_in_the_middle),
		cmocka_unit_test(every_counter_moves),
	};

	random_seed(5);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
