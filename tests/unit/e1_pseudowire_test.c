/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pseudowire over real UDP on the loopback, in real time, each end with a media thread of its own. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/loop.h"
#include "core/magic.h"
#include "core/random.h"
#include "dsp/g711.h"
#include "e1/internal.h"
#include "media/recorder.h"

enum { CPE, NET, SIDES };

struct system {
	struct loop            *loop;
	struct loop_timer       end;
	struct media           *media[SIDES];
	struct counter_registry counters;
	struct e1_span_config   config[SIDES];
	struct e1_span         *span[SIDES];
	unsigned                up[SIDES], answers, hangups, gone;
	int                     cause;
	struct e1_call         *ring;
};

static void on_end(struct loop_timer *t)
{
	loop_stop(t->loop);
}

static void run_ms(struct system *y, int64_t ms)
{
	loop_timer_start(&y->end, CLOCK_MS(ms));
	loop_run(y->loop);
}

static void on_event(struct e1_span *s, const struct e1_event *ev, void *arg)
{
	struct system *y = arg;

	switch (ev->type) {
	case E1_SPAN_UP:
		y->up[s == y->span[NET]]++;
		break;
	case E1_RING:
		y->ring = ev->call;
		assert_int_equal(e1_call_proceeding(ev->call), 0);
		assert_int_equal(e1_call_answer(ev->call), 0);
		break;
	case E1_ANSWER:
		y->answers++;
		break;
	case E1_HANGUP:
		y->hangups++;
		y->cause = ev->cause;
		break;
	case E1_GONE:
		y->gone++;
		break;
	default:
		break;
	}
}

/* Two ports of 127.0.0.1 that were free a moment ago. */
static void addresses(struct system *y)
{
	for (int i = 0; i < SIDES; i++) {
		struct sockaddr_in *a = (void *)&y->config[i].local;
		socklen_t len = sizeof(*a);
		int fd = socket(AF_INET, SOCK_DGRAM, 0);

		a->sin_family = AF_INET;
		a->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		assert_int_equal(bind(fd, (struct sockaddr *)a, sizeof(*a)), 0);
		assert_int_equal(getsockname(fd, (struct sockaddr *)a, &len), 0);
		y->config[!i].peer = y->config[i].local;
		(void)close(fd);
	}
}

static void start(struct system *y, int side)
{
	assert_int_equal(e1_span_alloc(&y->span[side], y->loop, y->media[side], &y->counters, &y->config[side], on_event, y), 0);
}

static int setup(void **state)
{
	struct system *y = calloc(1, sizeof(*y));

	assert_non_null(y);
	assert_false(clock_is_virtual());
	assert_int_equal(loop_alloc(&y->loop), 0);
	loop_timer_init(y->loop, &y->end, on_end);
	for (int i = 0; i < SIDES; i++) {
		struct e1_span_config *c = &y->config[i];

		e1_span_config_default(c);
		strcpy(c->name, i == CPE ? "cpe" : "net");
		c->role = i == CPE ? E1_CPE : E1_NETWORK;
		c->transport = E1_PSEUDOWIRE;
		c->restore_ms = 500;
		c->hunt_from_high = i == CPE;
		assert_int_equal(media_alloc(&y->media[i], y->loop, &y->counters, i == CPE ? "cpe" : "net"), 0);
		assert_int_equal(media_start(y->media[i]), 0);
	}
	addresses(y);
	for (int i = 0; i < SIDES; i++)
		start(y, i);
	for (int n = 0; n < 80 && (y->up[CPE] == 0 || y->up[NET] == 0); n++)
		run_ms(y, 100);
	assert_true(y->up[CPE] && y->up[NET]);
	for (int n = 0; n < 80 && e1_span_free_channels(y->span[CPE]) < 30; n++) /* RESTART of each */
		run_ms(y, 100);
	*state = y;
	return 0;
}

static int teardown(void **state)
{
	struct system *y = *state;

	for (int i = 0; i < SIDES; i++)
		e1_span_free(y->span[i]);
	run_ms(y, 100);
	for (int i = 0; i < SIDES; i++)
		media_stop(y->media[i]);
	run_ms(y, 20);
	for (int i = 0; i < SIDES; i++)
		media_free(y->media[i]);
	loop_free(y->loop);
	assert_null(y->counters.first);
	free(y);
	return 0;
}

static uint64_t counter(struct system *y, const char *group, const char *name)
{
	for (struct counter_group *g = y->counters.first; g; g = g->next)
		for (unsigned i = 0; strcmp(g->name, group) == 0 && i < g->count; i++)
			if (strcmp(g->desc[i].name, name) == 0)
				return counter_get(&g->values[i]);
	fail_msg("no counter %s of %s", name, group);
	return 0;
}

static uint64_t of_span(struct system *y, int side, const char *name)
{
	return counter(y, side == CPE ? "span.cpe" : "span.net", name);
}

static struct e1_call *talk(struct system *y)
{
	struct e1_setup s = { .bearer = E1_BEARER_3K1,
		              .sending_complete = true,
		              .called = { .digits = "12599", .npi = 1, .present = true } };
	struct e1_call *c;
	unsigned answers = y->answers;

	assert_int_equal(e1_call_dial(y->span[CPE], &s, false, NULL, &c), 0);
	for (int n = 0; n < 50 && y->answers == answers; n++)
		run_ms(y, 100);
	assert_int_equal(y->answers, answers + 1);
	return c;
}

static void nothing(struct media_port *p, const struct media_event *ev, void *arg)
{
	(void)p;
	(void)ev;
	(void)arg;
}

static void a_call(void **state)
{
	struct system *y = *state;
	struct e1_span_info info;
	struct e1_call *c = talk(y);

	e1_span_info(y->span[CPE], &info);
	assert_true(strncmp(info.transport, "pseudowire 127.0.0.1:", 21) == 0);
	assert_int_equal(e1_call_hangup(c, 16), 0);
	run_ms(y, 500);
	assert_int_equal(y->hangups, 1);
	assert_int_equal(y->cause, 16);
	assert_int_equal(y->gone, 2);
	/* A thousand packets a second, each way. */
	assert_true(of_span(y, CPE, "rx_packets") > 1000 && of_span(y, NET, "rx_packets") > 1000);
	assert_int_equal(of_span(y, CPE, "rx_malformed") + of_span(y, NET, "rx_malformed"), 0);
	assert_int_equal(of_span(y, CPE, "d_bad_fcs") + of_span(y, NET, "d_bad_fcs"), 0);
}

/* 5 s of noise: not a sample is lost or moved, unless a media thread was late, which is counted. */
static void sound(void **state)
{
	struct system *y = *state;
	struct media_play play = { .count = 1, .direction = MEDIA_TO_LINE };
	struct e1_call *c = talk(y);
	struct recorder *r;
	const int16_t *heard;
	size_t samples, at = 0, wrong = 0, n = 5 * MEDIA_RATE;
	struct clip *noise;
	int64_t start_us;
	uint64_t late;

	assert_int_equal(clip_alloc(&noise, MEDIA_RATE, n), 0);
	for (size_t i = 0; i < n; i++)
		noise->s[i] = g711_alaw_decode((uint8_t)random_u64());
	play.item[0].clip = noise;
	media_port_open(e1_call_port(c), nothing, NULL);
	media_port_open(e1_call_port(y->ring), nothing, NULL);
	assert_int_equal(recorder_alloc(&r, y->loop), 0);
	media_record(e1_call_port(y->ring), MEDIA_TAP_INSIDE, r);
	run_ms(y, 200);
	(void)media_play(e1_call_port(c), &play);
	run_ms(y, 5500);
	media_record(e1_call_port(y->ring), MEDIA_TAP_INSIDE, NULL);
	run_ms(y, 200);
	heard = recorder_samples(r, &samples, &start_us);
	while (at + n <= samples && memcmp(heard + at, noise->s, 100 * sizeof(int16_t)) != 0)
		at++;
	late = counter(y, "cpe", "late_ticks") + counter(y, "net", "late_ticks");
	if (at + n > samples)
		wrong = n;
	else
		for (size_t i = 0; i < n; i++)
			wrong += heard[at + i] != noise->s[i];
	print_message("%zu of %zu samples differ, %u ticks late, slips %u\n", wrong, n, (unsigned)late,
	              (unsigned)(of_span(y, NET, "slips_dropped") + of_span(y, NET, "slips_repeated")));
	assert_true(wrong == 0 || late > 0);
	recorder_free(r);
	clip_unref(noise);
	assert_int_equal(e1_call_hangup(c, 16), 0);
	run_ms(y, 300);
}

static void spoil_control_word(uint8_t *buf, unsigned *len, unsigned max, void *arg)
{
	(void)max;
	(void)arg;
	buf[0] |= 0x10;
	*len = *len / 2;
}

/* Others may send what they like. */
static void strangers(void **state)
{
	struct system *y = *state;
	struct e1_call *c = talk(y);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	uint8_t junk[2000];

	for (int i = 0; i < 2000; i++) {
		random_bytes(junk, sizeof(junk));
		if (i % 2)
			memset(junk, 0, 4);
		(void)sendto(fd, junk, i % 2 ? 252 : random_below(sizeof(junk)), 0, (struct sockaddr *)&y->config[CPE].local,
		             sizeof(struct sockaddr_in));
		if (i % 50 == 0)
			run_ms(y, 2);
	}
	(void)close(fd);
	run_ms(y, 100);
	assert_in_range(of_span(y, CPE, "rx_strangers"), 1500, 2000);
	assert_int_equal(of_span(y, CPE, "rx_malformed"), 0);
	/* Junk from the right address and port. */
	e1_span_mutate(y->span[NET], NULL, spoil_control_word, NULL);
	run_ms(y, 50);
	e1_span_mutate(y->span[NET], NULL, NULL, NULL);
	run_ms(y, 100);
	assert_in_range(of_span(y, CPE, "rx_malformed"), 20, 90);
	assert_int_equal(e1_call_hangup(c, 16), 0);
	run_ms(y, 300);
	assert_int_equal(y->gone, 2);
}

/* The exchange dies and comes back with another sequence: the call is lost, service returns by itself. */
static void the_peer_dies(void **state)
{
	struct system *y = *state;
	struct e1_call *c;

	(void)talk(y);
	e1_span_free(y->span[NET]);
	y->span[NET] = NULL;
	run_ms(y, 3000);
	assert_int_equal(y->cause, 27);
	assert_int_equal(y->gone, 1);
	start(y, NET);
	for (int n = 0; n < 80 && (y->up[CPE] < 2 || y->up[NET] < 2); n++)
		run_ms(y, 100);
	c = talk(y);
	assert_int_equal(e1_call_hangup(c, 16), 0);
	run_ms(y, 300);
}

static void address_in_use(void **state)
{
	struct system *y = *state;
	struct e1_span *s;
	struct e1_span_config c = y->config[CPE];

	assert_int_equal(e1_span_alloc(&s, y->loop, y->media[CPE], &y->counters, &c, on_event, y), -EADDRINUSE);
	c.peer.ss_family = AF_INET6;
	assert_int_equal(e1_span_alloc(&s, y->loop, y->media[CPE], &y->counters, &c, on_event, y), -EINVAL);
	c = y->config[CPE];
	c.frames_per_packet = 41;
	assert_int_equal(e1_span_alloc(&s, y->loop, y->media[CPE], &y->counters, &c, on_event, y), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_call, setup, teardown),
		cmocka_unit_test_setup_teardown(sound, setup, teardown),
		cmocka_unit_test_setup_teardown(strangers, setup, teardown),
		cmocka_unit_test_setup_teardown(the_peer_dies, setup, teardown),
		cmocka_unit_test_setup_teardown(address_in_use, setup, teardown),
	};

	log_set_level(LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
