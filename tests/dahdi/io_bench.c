/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * io_bench [TICKS] - what a tick's reads and writes of sixty DAHDI channels cost: a system call for each block, or all blocks of
 * a span in one through io_uring. Inside the virtual machine (spans 1 and 3), where time is a count of instructions: with shift=0
 * a nanosecond is one. The median over the ticks, so that a tick in which DAHDI's own timer ran does not count.
 *
 * The rings are used bare (io_uring_setup(2), io_uring_enter(2)): what is measured is the kernel's work and the least of ours.
 */
#include <dahdi/user.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SPANS    2
#define CHANNELS 30
#define BLOCK    80
#define PREFILL  3
#define TICKS    4000

struct ring {
	int                  fd;
	unsigned            *tail, *mask, *array, *head_done, *tail_done, *mask_done;
	struct io_uring_sqe *sqe;
	struct io_uring_cqe *cqe;
};

struct span {
	int         fd[CHANNELS];
	uint8_t     in[CHANNELS][BLOCK], out[CHANNELS][BLOCK];
	struct ring ring;
};

struct result {
	uint64_t calls, blocks, missed;
	uint64_t ns[TICKS];
};

static uint64_t now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* ---- channels ---- */

static int channel_open(int channel)
{
	int one = 1, law = DAHDI_LAW_ALAW, block = BLOCK, fd = open("/dev/dahdi/channel", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	struct dahdi_bufferinfo bi = {
		.txbufpolicy = DAHDI_POLICY_IMMEDIATE, .rxbufpolicy = DAHDI_POLICY_IMMEDIATE, .numbufs = 8, .bufsize = BLOCK
	};

	if (fd < 0 || ioctl(fd, DAHDI_SPECIFY, &channel) < 0 || ioctl(fd, DAHDI_AUDIOMODE, &one) < 0 ||
	    ioctl(fd, DAHDI_SETLAW, &law) < 0 || ioctl(fd, DAHDI_SET_BLOCKSIZE, &block) < 0 ||
	    ioctl(fd, DAHDI_SET_BUFINFO, &bi) < 0)
		die("channel");
	return fd;
}

static void spans_open(struct span s[SPANS])
{
	for (int i = 0; i < SPANS; i++)
		/* spans 1 and 3 begin at channels 1 and 63; each has its D channel in timeslot 16 */
		for (int c = 0; c < CHANNELS; c++)
			s[i].fd[c] = channel_open(62 * i + (c < 15 ? c + 1 : c + 2));
}

static void spans_fill(struct span s[SPANS])
{
	int all = DAHDI_FLUSH_ALL;

	for (int i = 0; i < SPANS; i++)
		for (int c = 0; c < CHANNELS; c++) {
			memset(s[i].out[c], 0xd5, BLOCK);
			(void)ioctl(s[i].fd[c], DAHDI_FLUSH, &all);
			for (int n = 0; n < PREFILL; n++)
				(void)!write(s[i].fd[c], s[i].out[c], BLOCK);
		}
}

/* ---- rings ---- */

static void ring_open(struct ring *r, const int *fds, unsigned count)
{
	struct io_uring_params p = { 0 };
	uint8_t *sq, *cq;

	r->fd = (int)syscall(SYS_io_uring_setup, 64, &p);
	if (r->fd < 0 || syscall(SYS_io_uring_register, r->fd, IORING_REGISTER_FILES, fds, count) < 0)
		die("io_uring_setup");
	sq = mmap(NULL, p.sq_off.array + p.sq_entries * sizeof(unsigned), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
	          r->fd, IORING_OFF_SQ_RING);
	cq = mmap(NULL, p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe), PROT_READ | PROT_WRITE,
	          MAP_SHARED | MAP_POPULATE, r->fd, IORING_OFF_CQ_RING);
	r->sqe = mmap(NULL, p.sq_entries * sizeof(struct io_uring_sqe), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, r->fd,
	              IORING_OFF_SQES);
	if (sq == MAP_FAILED || cq == MAP_FAILED || (void *)r->sqe == MAP_FAILED)
		die("mmap");
	r->tail = (unsigned *)(void *)(sq + p.sq_off.tail);
	r->mask = (unsigned *)(void *)(sq + p.sq_off.ring_mask);
	r->array = (unsigned *)(void *)(sq + p.sq_off.array);
	r->head_done = (unsigned *)(void *)(cq + p.cq_off.head);
	r->tail_done = (unsigned *)(void *)(cq + p.cq_off.tail);
	r->mask_done = (unsigned *)(void *)(cq + p.cq_off.ring_mask);
	r->cqe = (struct io_uring_cqe *)(void *)(cq + p.cq_off.cqes);
}

/* All of them done when the call returns: the channels are O_NONBLOCK, so nothing is handed to a worker. Blocks moved. */
static unsigned ring_do(struct ring *r, int op, uint8_t block[CHANNELS][BLOCK], struct result *out)
{
	unsigned tail = *r->tail, head, good = 0;

	for (unsigned c = 0; c < CHANNELS; c++, tail++) {
		unsigned i = tail & *r->mask;

		r->sqe[i] = (struct io_uring_sqe){ .opcode = (uint8_t)op,
			                           .flags = IOSQE_FIXED_FILE,
			                           .fd = (int)c,
			                           .addr = (uintptr_t)block[c],
			                           .len = BLOCK,
			                           .off = (uint64_t)-1 };
		r->array[i] = i;
	}
	__atomic_store_n(r->tail, tail, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, r->fd, CHANNELS, CHANNELS, IORING_ENTER_GETEVENTS, NULL, 0) < 0)
		die("io_uring_enter");
	out->calls++;
	for (head = *r->head_done; head != __atomic_load_n(r->tail_done, __ATOMIC_ACQUIRE); head++)
		good += r->cqe[head & *r->mask_done].res == BLOCK;
	__atomic_store_n(r->head_done, head, __ATOMIC_RELEASE);
	return good;
}

/* ---- a tick ---- */

static unsigned tick_plain(struct span *s, struct result *r)
{
	unsigned good = 0;

	for (int c = 0; c < CHANNELS; c++)
		good += read(s->fd[c], s->in[c], BLOCK) == BLOCK;
	for (int c = 0; c < CHANNELS; c++)
		good += write(s->fd[c], s->out[c], BLOCK) == BLOCK;
	r->calls += 2 * CHANNELS;
	return good;
}

static unsigned tick_ring(struct span *s, struct result *r)
{
	return ring_do(&s->ring, IORING_OP_READ, s->in, r) + ring_do(&s->ring, IORING_OP_WRITE, s->out, r);
}

static void measure(struct span s[SPANS], unsigned (*tick)(struct span *, struct result *), unsigned ticks, struct result *r)
{
	struct timespec at;

	memset(r, 0, sizeof(*r));
	spans_fill(s);
	(void)clock_gettime(CLOCK_MONOTONIC, &at);
	for (unsigned n = 0; n < ticks + PREFILL; n++) {
		uint64_t began;
		unsigned good = 0;

		at.tv_nsec += 10000000;
		at.tv_sec += at.tv_nsec / 1000000000;
		at.tv_nsec %= 1000000000;
		(void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
		if (n < PREFILL)
			continue;
		began = now_ns();
		for (int i = 0; i < SPANS; i++)
			good += tick(&s[i], r);
		r->ns[n - PREFILL] = now_ns() - began;
		r->blocks += good;
		r->missed += 2 * SPANS * CHANNELS - good;
	}
}

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static uint64_t report(const char *name, struct result *r, unsigned ticks)
{
	double legs = SPANS * CHANNELS, seconds = ticks / 100.0;
	uint64_t median;

	qsort(r->ns, ticks, sizeof(r->ns[0]), compare);
	median = r->ns[ticks / 2];
	printf("| %-32s %7.1f system calls, %8.0f instructions a leg and second; %6.1f us a tick (least %.1f); %llu of %llu "
	       "blocks missed\n",
	       name, (double)r->calls / legs / seconds, (double)median * 100 / legs, (double)median / 1000,
	       (double)r->ns[0] / 1000, (unsigned long long)r->missed,
	       (unsigned long long)r->missed + (unsigned long long)r->blocks);
	return median;
}

int main(int argc, char **argv)
{
	static struct span s[SPANS];
	static struct result r;
	unsigned ticks = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : TICKS;
	uint64_t plain, ring, missed;

	if (ticks < 10 || ticks > TICKS)
		return 2;
	spans_open(s);
	for (int i = 0; i < SPANS; i++)
		ring_open(&s[i].ring, s[i].fd, CHANNELS);
	measure(s, tick_plain, ticks, &r);
	plain = report("read and write", &r, ticks);
	missed = r.missed;
	measure(s, tick_ring, ticks, &r);
	ring = report("io_uring, a ring for each span", &r, ticks);
	missed += r.missed;
	printf("| io_uring takes %.0f %% of the instructions\n", 100.0 * (double)ring / (double)plain);
	return missed > ticks; /* then it was not what it should be that was measured */
}
