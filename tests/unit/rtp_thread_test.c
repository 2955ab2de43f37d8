/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Streams on a real media thread, in real time: 24 of them in twelve pairs that speak with each other over loopback, while
 * control does everything at once that it may; the thread sanitizer looks on. A slow machine makes late ticks, so nothing here is
 * about how many packets there were, but that each digit that was sent was heard once, in order, and that everything comes back.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/loop.h"
#include "core/magic.h"
#include "core/random.h"
#include "media/media.h"
#include "rtp/rtp.h"
#include "tests/unit/rtp_peer.h"

#define STREAMS 24
#define RUN_MS  1500

struct leg {
	struct rtp_stream *stream;
	struct rtp_format  format;
	char     sent[64], heard[64];
	unsigned sent_count, heard_count;
};

struct rig {
	struct loop            *loop;
	struct media           *media;
	struct counter_registry counters;
	struct rtp_group       *group;
	struct media_room      *room;
	struct leg              leg[STREAMS];
	struct loop_timer       end, turn;
	unsigned                turns;
};

static void on_media(struct media_port *p, const struct media_event *ev, void *arg)
{
	struct leg *l = arg;

	(void)p;
	if (ev->type == MEDIA_DIGIT_BEGIN && l->heard_count < sizeof(l->heard) - 1)
		l->heard[l->heard_count++] = ev->digit;
}

static void on_stream(struct rtp_stream *s, const struct rtp_event *ev, void *arg)
{
	(void)s;
	(void)ev;
	(void)arg;
}

static void on_end(struct loop_timer *t)
{
	loop_stop(container_of(t, struct rig, end)->loop);
}

static void run_ms(struct rig *r, unsigned ms)
{
	loop_timer_start(&r->end, CLOCK_MS(ms));
	loop_run(r->loop);
}

static void leg_open(struct rig *r, unsigned i)
{
	struct leg *l = &r->leg[i];

	memset(l, 0, sizeof(*l));
	assert_int_equal(rtp_stream_alloc(&l->stream, r->group, on_stream, l), 0);
	media_port_open(rtp_stream_port(l->stream), on_media, l);
	media_room_join(r->room, rtp_stream_port(l->stream), MEDIA_SPEAK | MEDIA_HEAR);
	l->format = (struct rtp_format){ .direction = RTP_SEND | RTP_RECV, .send_count = 2, .recv_count = 3, .ptime_ms = 20 };
	l->format.send[0] = l->format.recv[0] = (struct rtp_payload){ 8, RTP_PCMA };
	l->format.send[1] = l->format.recv[1] = (struct rtp_payload){ 101, RTP_TELEPHONE_EVENT };
	l->format.recv[2] = (struct rtp_payload){ 9, RTP_G722 };
}

static void legs_meet(struct rig *r, unsigned i)
{
	struct leg *a = &r->leg[i], *b = &r->leg[i ^ 1];

	rtp_stream_local(a->stream, &b->format.remote);
	rtp_stream_local(b->stream, &a->format.remote);
	assert_int_equal(rtp_stream_set(a->stream, &a->format), 0);
	assert_int_equal(rtp_stream_set(b->stream, &b->format), 0);
}

static struct rig *rig_new(void)
{
	struct rig *r = calloc(1, sizeof(*r));
	struct rtp_group_config c;
	struct sockaddr_in local = peer_address(peer_host(1), 0);

	assert_non_null(r);
	assert_int_equal(loop_alloc(&r->loop), 0);
	loop_timer_init(r->loop, &r->end, on_end);
	assert_int_equal(media_alloc(&r->media, r->loop, &r->counters, "media"), 0);
	assert_int_equal(media_room_alloc(&r->room, r->media), 0);
	rtp_group_config_default(&c);
	memcpy(&c.local, &local, sizeof(local));
	assert_int_equal(rtp_group_alloc(&r->group, r->loop, r->media, &r->counters, &c), 0);
	for (unsigned i = 0; i < STREAMS; i++)
		leg_open(r, i);
	for (unsigned i = 0; i < STREAMS; i += 2)
		legs_meet(r, i);
	assert_int_equal(media_start(r->media), 0);
	return r;
}

static void rig_free(struct rig *r)
{
	loop_timer_stop(&r->turn);
	for (unsigned i = 0; i < STREAMS; i++)
		rtp_stream_free(r->leg[i].stream);
	media_room_free(r->room);
	run_ms(r, 50);
	rtp_group_free(r->group);
	run_ms(r, 50);
	media_stop(r->media);
	media_free(r->media);
	loop_free(r->loop);
	assert_null(r->counters.first);
	free(r);
}

static bool all_heard(const struct rig *r)
{
	for (unsigned i = 0; i < STREAMS; i++)
		if (r->leg[i].heard_count < r->leg[i ^ 1].sent_count)
			return false;
	return true;
}

/* Digits to and fro at their own pace. */
static void digits(void **state)
{
	struct rig *r = rig_new();

	(void)state;
	run_ms(r, 100);
	for (unsigned i = 0; i < STREAMS; i++)
		for (unsigned k = 0; k < 8; k++) {
			char digit = "0123456789*#ABCD"[(i + 3 * k) % 16];

			assert_int_equal(rtp_stream_send_digit(r->leg[i].stream, digit, 40), 0);
			r->leg[i].sent[r->leg[i].sent_count++] = digit;
		}
	for (unsigned i = 0; i < 100 && !all_heard(r); i++)
		run_ms(r, 100);
	run_ms(r, 200); /* and nothing more */
	for (unsigned i = 0; i < STREAMS; i++) {
		struct rtp_stats st;

		assert_string_equal(r->leg[i].heard, r->leg[i ^ 1].sent);
		rtp_stream_stats(r->leg[i].stream, &st);
		assert_true(st.received > 20 && st.sent > 20 && st.malformed == 0 && st.foreign == 0);
	}
	rig_free(r);
}

static void everything(struct loop_timer *t)
{
	struct rig *r = container_of(t, struct rig, turn);

	for (unsigned k = 0; k < 8; k++) {
		unsigned i = random_below(STREAMS);
		struct leg *l = &r->leg[i];
		struct rtp_stats st;

		switch (random_below(8)) {
		case 0:
			rtp_stream_free(l->stream);
			leg_open(r, i);
			break;
		case 1:
			l->format.direction = random_below(4);
			break;
		case 2:
			l->format.ptime_ms = 10 + 10 * random_below(6);
			break;
		case 3:
			l->format.send[0] =
				random_below(2) ? (struct rtp_payload){ 9, RTP_G722 } : (struct rtp_payload){ 8, RTP_PCMA };
			break;
		case 4:
			(void)rtp_stream_send_digit(l->stream, '5', 40);
			break;
		case 5:
			media_port_close(rtp_stream_port(l->stream));
			media_port_open(rtp_stream_port(l->stream), on_media, l);
			break;
		default:
			rtp_stream_stats(l->stream, &st);
		}
		legs_meet(r, i);
	}
	r->turns++;
	loop_timer_start(t, 1000);
}

static void everything_at_once(void **state)
{
	struct rig *r = rig_new();

	(void)state;
	loop_timer_init(r->loop, &r->turn, everything);
	loop_timer_start(&r->turn, 1000);
	run_ms(r, RUN_MS);
	assert_true(r->turns > 50);
	rig_free(r);
}

/* RFC 3550 A.8 as the sender knows it from his own clock, however late the tick sees the packets. */
static void jitter(void **state)
{
	struct rig *r = rig_new();
	struct leg *l = &r->leg[0];
	struct sockaddr_storage local;
	struct rtp_stats st;
	double want_us = 0, unsure_us = 0; /* he may be stopped between looking at his clock and sending */
	int64_t last_us = 0, last_unsure_us = 0;
	uint8_t payload[64] = { 0 };
	struct peer p;

	(void)state;
	peer_open(&p, peer_host(2), 30000);
	memcpy(&l->format.remote, &p.own, sizeof(p.own));
	assert_int_equal(rtp_stream_set(l->stream, &l->format), 0);
	rtp_stream_local(l->stream, &local);
	peer_to(&p, &local);
	run_ms(r, 50);
	for (unsigned i = 0; i < 80; i++) {
		int64_t now_us = clock_mono_us(), took_us;

		peer_packet(&p, 8, false, p.timestamp, payload, 64);
		took_us = clock_mono_us() - now_us;
		if (i > 0) {
			int64_t d_us = now_us - last_us - 8000; /* 64 samples later by his timestamp */

			want_us += ((double)(d_us < 0 ? -d_us : d_us) - want_us) / 16;
			unsure_us += ((double)(took_us + last_unsure_us) - unsure_us) / 16;
		}
		last_us = now_us;
		last_unsure_us = took_us;
		p.timestamp += 64;
		clock_sleep_until(now_us + 2000 + random_below(12000));
	}
	run_ms(r, 150);
	rtp_stream_stats(l->stream, &st);
	print_message("jitter %u us, by the sender's clock %.0f, he is unsure of %.0f\n", st.jitter_us, want_us, unsure_us);
	assert_int_equal(st.received, 80);
	assert_true(want_us > 1000);
	assert_true(fabs(st.jitter_us - want_us) < 300 + unsure_us);
	peer_close(&p);
	rig_free(r);
}

/* Freed with the engine stopped in the middle of a call, and with nothing run in between. */
static void stopped(void **state)
{
	struct rig *r = rig_new();

	(void)state;
	run_ms(r, 50);
	media_stop(r->media);
	rig_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digits),
		cmocka_unit_test(everything_at_once),
		cmocka_unit_test(jitter),
		cmocka_unit_test(stopped),
	};

	random_seed(9);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
