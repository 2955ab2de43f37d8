/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rtp_legs [LEGS...]: RTP legs in rooms of three on one media thread, on one core; a load generator, a process of its own on the
 * other, says another tone on each leg of a room and looks at what each hears.
 *
 *   clean leg: in the last second both others' tones within 1 dB, all else together 25 dB below them; no packet of ours was
 *   missing (those of skipped ticks are) and no sound had to be made up, in all of the time measured.
 *
 * For each number of legs: processor time of this process a leg and second (that of the kernel for it included), how much of it
 * the media thread took, late ticks, the longest, clean legs, memory. BENCH_SECONDS: for how long each is measured (5).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/address.h"
#include "core/clock.h"
#include "core/loop.h"
#include "core/magic.h"
#include "dsp/g711.h"
#include "dsp/level.h"
#include "dsp/tone.h"
#include "media/media.h"
#include "rtp/rtp.h"

#define LEGS_MAX     6000
#define LEGS_SOCKET  128  /* of the generator's: one for so many legs; whose packet it is, the port it came from says */
#define BATCH        64
#define PACKET       172
#define WARM_S       3
#define LEVEL_DBM0   (-15)

static const double hz[3] = { 500, 1100, 1900 };

/* ---- what both processes see ---- */

struct shared {
	_Atomic int go;              /* legs to speak on; -1: end */
	_Atomic int measured;        /* from here on nothing may be missing */
	_Atomic int done;            /* the generator has written its verdict */
	struct sockaddr_in to[LEGS_MAX];
	uint64_t missing, clean, silent, faint, noisy, late_rounds;
};

/* ---- the generator ---- */

struct heard {
	bool     any;
	uint16_t seq;
	uint64_t missing, count;     /* gaps, and packets, while it is measured */
	unsigned at;
	uint8_t  s[8000];
};

struct generator {
	struct shared *sh;
	int            fd[LEGS_MAX / LEGS_SOCKET + 1];
	struct heard  *heard;
	int16_t        leg_of[65536];
	uint8_t        tone[3][8000];
	unsigned       legs, sockets;
	uint64_t       sent;         /* packets of each leg */
	int64_t        begun_us, ended_us; /* of measuring */
};

static void pin(int core)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(core, &set);
	(void)sched_setaffinity(0, sizeof(set), &set);
}

static int64_t now_us(void)
{
	return clock_mono_us();
}

static void generator_send(struct generator *g, unsigned socket, unsigned odd)
{
	static uint8_t packet[BATCH][PACKET];
	static struct mmsghdr msg[BATCH];
	static struct iovec iov[BATCH];
	unsigned n = 0, last = (socket + 1) * LEGS_SOCKET < g->legs ? (socket + 1) * LEGS_SOCKET : g->legs;
	uint32_t timestamp = (uint32_t)(g->sent * 160);

	for (unsigned i = socket * LEGS_SOCKET; i < last; i++) {
		if (i % 2 != odd)
			continue;
		packet[n][0] = 0x80;
		packet[n][1] = 8;
		packet[n][2] = (uint8_t)(g->sent >> 8);
		packet[n][3] = (uint8_t)g->sent;
		for (unsigned k = 0; k < 4; k++) {
			packet[n][4 + k] = (uint8_t)(timestamp >> (24 - 8 * k));
			packet[n][8 + k] = (uint8_t)((i + 1) >> (24 - 8 * k));
		}
		memcpy(packet[n] + 12, g->tone[i % 3] + g->sent % 50 * 160, 160);
		iov[n] = (struct iovec){ .iov_base = packet[n], .iov_len = PACKET };
		msg[n].msg_hdr = (struct msghdr){
			.msg_name = &g->sh->to[i], .msg_namelen = sizeof(g->sh->to[i]), .msg_iov = &iov[n], .msg_iovlen = 1
		};
		n++;
	}
	for (unsigned at = 0; at < n;) {
		int r = sendmmsg(g->fd[socket], msg + at, n - at, 0);

		if (r <= 0)
			break;
		at += (unsigned)r;
	}
}

static void generator_packet(struct generator *g, const uint8_t *b, unsigned len, const struct sockaddr_in *from)
{
	int leg = g->leg_of[ntohs(from->sin_port)];
	struct heard *h = leg >= 0 ? &g->heard[leg] : NULL;
	uint16_t seq = (uint16_t)(b[2] << 8 | b[3]);

	if (!h || len != PACKET || (b[1] & 0x7f) != 8)
		return;
	if (h->any && atomic_load(&g->sh->measured)) {
		h->missing += (uint16_t)(seq - h->seq - 1);
		h->count++;
	}
	h->any = true;
	h->seq = seq;
	memcpy(h->s + h->at, b + 12, 160);
	h->at = (h->at + 160) % 8000;
}

static void generator_receive(struct generator *g, unsigned socket)
{
	static uint8_t packet[BATCH][256];
	static struct sockaddr_in from[BATCH];
	static struct mmsghdr msg[BATCH];
	static struct iovec iov[BATCH];
	int n;

	do {
		for (unsigned i = 0; i < BATCH; i++) {
			iov[i] = (struct iovec){ .iov_base = packet[i], .iov_len = sizeof(packet[i]) };
			msg[i].msg_hdr = (struct msghdr){
				.msg_name = &from[i], .msg_namelen = sizeof(from[i]), .msg_iov = &iov[i], .msg_iovlen = 1
			};
		}
		n = recvmmsg(g->fd[socket], msg, BATCH, MSG_DONTWAIT, NULL);
		for (int i = 0; i < n; i++)
			generator_packet(g, packet[i], msg[i].msg_len, &from[i]);
	} while (n == BATCH);
}

static void generator_judge(struct generator *g)
{
	/* Who skips ticks leaves no gap in the sequence, but sends too few. A packet at each end, and ten ticks of lateness. */
	uint64_t due = (uint64_t)(g->ended_us - g->begun_us) / 20000;
	static int16_t s[8000];
	struct shared *sh = g->sh;

	sh->missing = sh->clean = sh->silent = sh->faint = sh->noisy = 0;
	for (unsigned i = 0; i < g->legs; i++) {
		struct heard *h = &g->heard[i];
		double power = 0, tones = 0;
		bool faint = false, noisy;

		if (h->count + 7 < due)
			h->missing += due - h->count;
		for (unsigned k = 0; k < 8000; k++) { /* from the oldest on */
			s[k] = g711_alaw_decode(h->s[(h->at + k) % 8000]);
			power += (double)s[k] * s[k] / 8000;
		}
		for (unsigned k = 1; k <= 2; k++) {
			double level = level_tone_dbm0(s, 8000, hz[(i + k) % 3], 8000), a = level_to_amplitude(level);

			faint |= fabs(level - LEVEL_DBM0) > 1;
			tones += a * a / 2;
		}
		noisy = power - tones > tones / 316; /* 25 dB */
		sh->missing += h->missing;
		sh->silent += !h->any;
		sh->faint += faint;
		sh->noisy += noisy && !faint;
		sh->clean += !faint && !noisy && h->missing == 0;
	}
}

static void generator_legs(struct generator *g, unsigned legs)
{
	g->legs = legs;
	g->sockets = (legs + LEGS_SOCKET - 1) / LEGS_SOCKET;
	g->sent = 0;
	g->begun_us = 0;
	memset(g->heard, 0, legs * sizeof(*g->heard));
	memset(g->leg_of, 0xff, sizeof(g->leg_of));
	for (unsigned i = 0; i < legs; i++)
		g->leg_of[ntohs(g->sh->to[i].sin_port)] = (int16_t)i;
}

/* Every 10 ms one half of the legs. Between them it listens. */
static void generator_run(struct generator *g)
{
	int64_t due_us = now_us();
	unsigned odd = 0;

	while (atomic_load(&g->sh->go) == (int)g->legs) {
		for (unsigned i = 0; i < g->sockets; i++)
			generator_send(g, i, odd);
		g->sent += odd;
		odd ^= 1;
		for (unsigned i = 0; i < g->sockets; i++)
			generator_receive(g, i);
		due_us += 10000;
		g->ended_us = now_us();
		if (g->begun_us == 0 && atomic_load(&g->sh->measured))
			g->begun_us = g->ended_us;
		if (now_us() > due_us + 5000 && atomic_load(&g->sh->measured))
			g->sh->late_rounds++;
		clock_sleep_until(due_us);
	}
	generator_judge(g);
}

static void generator_main(struct shared *sh)
{
	struct generator *g = calloc(1, sizeof(*g));
	struct sched_param param = { .sched_priority = 5 };
	int buffer = 4 << 20, go;

	pin(1);
	(void)sched_setscheduler(0, SCHED_FIFO, &param);
	g->sh = sh;
	g->heard = calloc(LEGS_MAX, sizeof(*g->heard));
	for (unsigned i = 0; i < 3; i++) {
		struct dual_tone t;
		int16_t s[8000];

		dual_tone_init(&t, 8000, hz[i], LEVEL_DBM0, 0, 0);
		dual_tone_process(&t, s, 8000);
		g711_alaw_encode_block(g->tone[i], s, 8000);
	}
	for (unsigned i = 0; i < ARRAY_LEN(g->fd); i++) {
		struct sockaddr_in a = { .sin_family = AF_INET,
			                 .sin_port = htons((uint16_t)(30000 + 2 * i)),
			                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1) };

		g->fd[i] = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		(void)setsockopt(g->fd[i], SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer));
		if (bind(g->fd[i], (struct sockaddr *)&a, sizeof(a)) < 0) {
			perror("127.0.0.2");
			_exit(1);
		}
	}
	while ((go = atomic_load(&sh->go)) >= 0) {
		if (go > 0) {
			generator_legs(g, (unsigned)go);
			generator_run(g);
			atomic_store(&sh->done, 1);
		}
		while (atomic_load(&sh->go) == 0)
			clock_sleep_until(now_us() + 1000);
	}
	_exit(0);
}

/* ---- the node's side ---- */

struct server {
	struct loop            *loop;
	struct media           *media;
	struct counter_registry counters;
	struct rtp_group       *group;
	struct rtp_stream      *stream[LEGS_MAX];
	struct media_room      *room[LEGS_MAX / 3];
	struct loop_timer       end;
};

static void on_end(struct loop_timer *t)
{
	loop_stop(container_of(t, struct server, end)->loop);
}

static void run_ms(struct server *s, unsigned ms)
{
	loop_timer_start(&s->end, CLOCK_MS(ms));
	loop_run(s->loop);
}

static void on_stream(struct rtp_stream *s, const struct rtp_event *ev, void *arg)
{
	(void)s;
	(void)ev;
	(void)arg;
}

static uint64_t counted(struct server *s, const char *group, const char *name)
{
	for (struct counter_group *g = s->counters.first; g; g = g->next)
		for (unsigned i = 0; strcmp(g->name, group) == 0 && i < g->count; i++)
			if (strcmp(g->desc[i].name, name) == 0)
				return counter_get(&g->values[i]);
	return 0;
}

static int server_alloc(struct server *s, unsigned legs, struct shared *sh)
{
	struct sockaddr_in local = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct rtp_group_config c;
	int err;

	memset(s, 0, sizeof(*s));
	rtp_group_config_default(&c);
	memcpy(&c.local, &local, sizeof(local));
	c.port_min = 10000;
	c.port_max = (uint16_t)(c.port_min + 2 * legs + 199);
	err = loop_alloc(&s->loop);
	if (!err)
		err = media_alloc(&s->media, s->loop, &s->counters, "media");
	if (!err)
		err = rtp_group_alloc(&s->group, s->loop, s->media, &s->counters, &c);
	loop_timer_init(s->loop, &s->end, on_end);
	for (unsigned i = 0; !err && i < legs; i++) {
		struct rtp_format f = { .direction = RTP_SEND | RTP_RECV, .send_count = 1, .recv_count = 1, .ptime_ms = 20 };
		struct sockaddr_in to = { .sin_family = AF_INET,
			                  .sin_port = htons((uint16_t)(30000 + 2 * (i / LEGS_SOCKET))),
			                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1) };
		struct sockaddr_storage a;

		f.send[0] = f.recv[0] = (struct rtp_payload){ 8, RTP_PCMA };
		memcpy(&f.remote, &to, sizeof(to));
		err = rtp_stream_alloc(&s->stream[i], s->group, on_stream, NULL);
		if (!err && i % 3 == 0)
			err = media_room_alloc(&s->room[i / 3], s->media);
		if (err)
			break;
		rtp_stream_local(s->stream[i], &a);
		memcpy(&sh->to[i], &a, sizeof(sh->to[i]));
		media_port_open(rtp_stream_port(s->stream[i]), NULL, NULL);
		media_room_join(s->room[i / 3], rtp_stream_port(s->stream[i]), MEDIA_SPEAK | MEDIA_HEAR | MEDIA_CLAMP);
		err = rtp_stream_set(s->stream[i], &f);
	}
	return err;
}

static void server_free(struct server *s, unsigned legs)
{
	for (unsigned i = 0; i < legs; i++)
		rtp_stream_free(s->stream[i]);
	for (unsigned i = 0; i < legs / 3; i++)
		media_room_free(s->room[i]);
	run_ms(s, 100);
	rtp_group_free(s->group);
	run_ms(s, 100);
	media_stop(s->media);
	media_free(s->media);
	loop_free(s->loop);
}

/* All of it; how much of that was the kernel's the system only guesses by looking each 10 ms, which here are the tick's. */
static double cpu_ms(const struct rusage *a, const struct rusage *b)
{
	return (double)(b->ru_utime.tv_sec - a->ru_utime.tv_sec + b->ru_stime.tv_sec - a->ru_stime.tv_sec) * 1e3 +
	       (double)(b->ru_utime.tv_usec - a->ru_utime.tv_usec + b->ru_stime.tv_usec - a->ru_stime.tv_usec) / 1e3;
}

static long resident_kb(void)
{
	long size = 0, resident = 0;
	FILE *f = fopen("/proc/self/statm", "re");

	if (f) {
		if (fscanf(f, "%ld %ld", &size, &resident) != 2)
			resident = 0;
		(void)fclose(f);
	}
	return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

/* Legs that had nothing to make up since `before`. */
static unsigned untroubled(struct server *s, unsigned legs, uint64_t *before, bool count)
{
	unsigned n = 0;

	for (unsigned i = 0; i < legs; i++) {
		struct rtp_stats st;
		uint64_t trouble;

		rtp_stream_stats(s->stream[i], &st);
		trouble = st.lost + st.late + st.concealed_ms;
		n += count && trouble == before[i];
		before[i] = trouble;
	}
	return n;
}

static int measure(struct shared *sh, unsigned legs, unsigned seconds)
{
	struct server *s = calloc(1, sizeof(*s));
	uint64_t *trouble = calloc(legs, sizeof(*trouble)), late, skipped, ticks;
	struct rusage a, b;
	double ms;
	long kb = resident_kb(), kb_legs;
	unsigned good;
	int err = s && trouble ? server_alloc(s, legs, sh) : -ENOMEM;

	if (err) {
		printf("%u legs: %s\n", legs, strerror(-err));
		return err;
	}
	atomic_store(&sh->measured, 0);
	atomic_store(&sh->done, 0);
	sh->late_rounds = 0;
	err = media_start(s->media);
	atomic_store(&sh->go, (int)legs);
	run_ms(s, WARM_S * 1000);
	(void)untroubled(s, legs, trouble, false);
	late = counted(s, "media", "late_ticks");
	skipped = counted(s, "media", "skipped_ticks");
	ticks = counted(s, "media", "ticks");
	atomic_store(&sh->measured, 1);
	(void)getrusage(RUSAGE_SELF, &a);
	run_ms(s, seconds * 1000);
	(void)getrusage(RUSAGE_SELF, &b);
	atomic_store(&sh->go, 0);
	good = untroubled(s, legs, trouble, true);
	late = counted(s, "media", "late_ticks") - late;
	skipped = counted(s, "media", "skipped_ticks") - skipped;
	ticks = counted(s, "media", "ticks") - ticks;
	while (!atomic_load(&sh->done))
		run_ms(s, 10);
	ms = cpu_ms(&a, &b);
	kb_legs = resident_kb();
	printf("%5u legs: %.3f ms a leg and second, %3.0f %% of a core; late ticks %d, skipped %d of "
	       "%d, longest "
	       "%d us;\n            clean %d, heard without a gap by us %u (too faint %d, noisy %d, packets missing %d, "
	       "generator late %d); "
	       "%.1f KiB a leg\n",
	       legs, ms / legs / seconds, ms / seconds / 10, (int)late, (int)skipped, (int)ticks,
	       (int)counted(s, "media", "max_tick_us"), (int)sh->clean, good, (int)sh->faint, (int)sh->noisy, (int)sh->missing,
	       (int)sh->late_rounds, (double)(kb_legs - kb) / legs);
	(void)fflush(stdout);
	server_free(s, legs);
	free(trouble);
	free(s);
	return err;
}

int main(int argc, char **argv)
{
	static const char *usual[] = { "", "300", "900", "1500" };
	/* cppcheck-suppress invalidFunctionArg; no file is -1 */
	struct shared *sh = mmap(NULL, sizeof(*sh), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	const char *seconds = getenv("BENCH_SECONDS");
	struct rlimit files;
	pid_t generator;
	int err = 0;

	if (argc < 2) {
		argv = (char **)usual;
		argc = (int)ARRAY_LEN(usual);
	}
	if (sh == MAP_FAILED)
		return 1;
	(void)getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &files);
	generator = fork();
	if (generator == 0)
		generator_main(sh);
	pin(0);
	for (int i = 1; i < argc && !err; i++) {
		unsigned legs = (unsigned)strtoul(argv[i], NULL, 10);

		if (legs == 0 || legs > LEGS_MAX || legs % 3) {
			printf("%s: legs are in threes, at most %d\n", argv[i], LEGS_MAX);
			err = -EINVAL;
		} else {
			err = measure(sh, legs, seconds ? (unsigned)strtoul(seconds, NULL, 10) : 5);
		}
	}
	atomic_store(&sh->go, -1);
	(void)waitpid(generator, NULL, 0);
	return err ? 1 : 0;
}
