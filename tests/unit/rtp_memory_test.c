/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The n-th allocation fails, for each n until none does: group and stream say so and leave nothing behind. And what the media
 * thread does with a stream, its whole life long, takes no memory at all (tests/unit/memory.h).
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>

#include "core/clock.h"
#include "core/loop.h"
#include "core/random.h"
#include "media/media.h"
#include "rtp/rtp.h"
#include "tests/unit/memory.h"
#include "tests/unit/rtp_peer.h"

struct rig {
	struct loop       *loop;
	struct media      *media;
	struct rtp_group  *group;
	struct rtp_stream *stream;
	struct counter_registry counters;
};

static void on_stream(struct rtp_stream *s, const struct rtp_event *ev, void *arg)
{
	(void)s;
	(void)ev;
	(void)arg;
}

static int make(struct rig *r)
{
	struct sockaddr_in local = peer_address(peer_host(1), 0);
	struct rtp_group_config c;
	int err;

	rtp_group_config_default(&c);
	memcpy(&c.local, &local, sizeof(local));
	err = rtp_group_alloc(&r->group, r->loop, r->media, &r->counters, &c);
	if (!err)
		err = rtp_stream_alloc(&r->stream, r->group, on_stream, NULL);
	return err;
}

static void unmake(struct rig *r)
{
	rtp_stream_free(r->stream);
	rtp_group_free(r->group);
	r->stream = NULL;
	r->group = NULL;
	loop_run_until(r->loop, clock_mono_us() + 20000, NULL);
	assert_null(r->counters.first);
}

static void rig_open(struct rig *r)
{
	memset(r, 0, sizeof(*r));
	if (!clock_is_virtual())
		clock_virtual_start(1767225600000000);
	assert_int_equal(loop_alloc(&r->loop), 0);
	assert_int_equal(media_alloc(&r->media, r->loop, NULL, "media"), 0);
	assert_int_equal(media_start(r->media), 0);
}

static void rig_close(struct rig *r)
{
	media_stop(r->media);
	media_free(r->media);
	loop_free(r->loop);
}

static void constructors(void **state)
{
	unsigned failures = 0;
	struct rig r;

	(void)state;
	rig_open(&r);
	for (int n = 1;; n++) {
		int err;

		countdown = n;
		err = make(&r);
		if (countdown > 0) {
			countdown = 0;
			assert_int_equal(err, 0);
			break;
		}
		assert_int_equal(err, -ENOMEM);
		failures++;
		unmake(&r);
	}
	unmake(&r);
	rig_close(&r);
#ifdef SANITIZED
	assert_int_equal(failures, 0);
#else
	assert_in_range(failures, 12, 40);
#endif
}

/* House rule 15: sound, keys both ways, reports, another source, hold, another codec, loss and return, the end: no allocation. */
static void none_in_a_tick(void **state)
{
	struct rtp_format f = { .direction = RTP_SEND | RTP_RECV, .send_count = 2, .recv_count = 3, .ptime_ms = 20 };
	struct sockaddr_storage local;
	unsigned before;
	struct peer p;
	struct rig r;

	(void)state;
	rig_open(&r);
	assert_int_equal(make(&r), 0);
	peer_open(&p, peer_host(2), 30000);
	rtp_stream_local(r.stream, &local);
	peer_to(&p, &local);
	memcpy(&f.remote, &p.own, sizeof(p.own));
	f.send[0] = f.recv[0] = (struct rtp_payload){ 8, RTP_PCMA };
	f.send[1] = f.recv[1] = (struct rtp_payload){ PEER_EVENT, RTP_TELEPHONE_EVENT };
	f.recv[2] = (struct rtp_payload){ 9, RTP_G722 };
	media_port_open(rtp_stream_port(r.stream), NULL, NULL);
	assert_int_equal(rtp_stream_set(r.stream, &f), 0);
	loop_run_until(r.loop, clock_mono_us() + 100000, NULL);
	before = allocations;
	for (unsigned t = 0; t < 6000; t++) {
		if (t < 1500 || t > 5500)
			peer_speak(&p);
		if (t % 300 == 100)
			peer_press(&p, 5);
		if (t % 300 == 200)
			assert_int_equal(rtp_stream_send_digit(r.stream, '#', 0), 0);
		if (t == 700)
			p.ssrc++;
		if (t == 900)
			p.type = 9;
		if (t % 500 == 450) {
			f.send[0] = t & 512 ? (struct rtp_payload){ 9, RTP_G722 } : (struct rtp_payload){ 8, RTP_PCMA };
			f.direction ^= t & 256 ? RTP_SEND : 0;
			assert_int_equal(rtp_stream_set(r.stream, &f), 0);
		}
		loop_run_until(r.loop, clock_mono_us() + 10000, NULL);
		peer_listen(&p);
	}
	assert_true(p.packets > 1000 && p.events > 20 && p.rtcp > 5);
	assert_int_equal(allocations - before, 0);
	peer_close(&p);
	unmake(&r);
	rig_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(constructors),
		cmocka_unit_test(none_in_a_tick),
	};

	random_seed(5);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
