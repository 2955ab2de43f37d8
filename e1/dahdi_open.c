/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "e1/dahdi.h"

#include <dahdi/user.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define DEVICE       "/dev/dahdi/channel"
#define CHANNELS_MAX 1024
#define BUFFERS      8 /* of 80 octets a channel; 4 were too few */

struct opening {
	unsigned span;
	int      channel[E1_TIMESLOTS + 1]; /* by timeslot */
	char    *why;
	size_t   size;
};

__attribute__((format(printf, 3, 4))) static int complain(struct opening *o, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(o->why, o->size, fmt, ap);
	va_end(ap);
	return err;
}

/* A call that failed with errno: ts 0: of the span. */
static int complain_call(struct opening *o, unsigned ts, const char *call)
{
	int err = -errno;

	if (ts == 0)
		return complain(o, err, "DAHDI span %u: %s: %s", o->span, call, strerror(-err));
	return complain(o, err, "DAHDI span %u, timeslot %u (channel %d): %s: %s", o->span, ts, o->channel[ts], call,
	                strerror(-err));
}

/* ---- which channels ---- */

/* Channel numbers count over all cards: those of this span, by timeslot. */
static int find_channels(struct opening *o, int ctl)
{
	int found = 0;

	for (int c = 1; c <= CHANNELS_MAX && found < E1_TIMESLOTS; c++) {
		struct dahdi_params p = { .channo = c };

		if (ioctl(ctl, DAHDI_GET_PARAMS, &p) < 0) {
			if (errno != EINVAL && errno != ENXIO) /* there is no channel of that number */
				return complain_call(o, 0, "GET_PARAMS");
			continue;
		}
		if (p.spanno != (int)o->span || p.chanpos < 1 || p.chanpos > E1_TIMESLOTS)
			continue;
		o->channel[p.chanpos] = c;
		found++;
	}
	for (unsigned ts = 1; ts <= E1_TIMESLOTS; ts++)
		if (o->channel[ts] == 0)
			return complain(o, -ENODEV, "DAHDI span %u has no channel for timeslot %u", o->span, ts);
	return 0;
}

static int check_span(struct opening *o, int ctl)
{
	struct dahdi_spaninfo si = { .spanno = (int)o->span };

	if (ioctl(ctl, DAHDI_SPANSTAT, &si) < 0) {
		if (errno != EINVAL)
			return complain_call(o, 0, "SPANSTAT");
		return complain(
			o, -ENODEV,
			"there is no DAHDI span %u: lsdahdi lists them; span=%u,... in /etc/dahdi/system.conf, then dahdi_cfg",
			o->span, o->span);
	}
	if (si.totalchans != E1_TIMESLOTS)
		return complain(
			o, -EINVAL,
			"DAHDI span %u has %d channels, an E1 has 31: is the card set to T1, or is this another card's span?",
			o->span, si.totalchans);
	return find_channels(o, ctl);
}

static int find_span(struct opening *o)
{
	int ctl = open(DAHDI_CONTROL, O_RDWR | O_CLOEXEC), err = -errno;

	if (ctl < 0)
		return complain(o, err == -ENOENT || err == -ENXIO ? -ENODEV : err,
		                DAHDI_CONTROL ": %s (is the module dahdi loaded, and may this user open it?)",
		                strerror(-err));
	err = check_span(o, ctl);
	(void)close(ctl);
	return err;
}

/* ---- what only /proc/dahdi/N tells ---- */

static FILE *open_proc(unsigned span)
{
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/dahdi/%u", span);
	return fopen(path, "re");
}

/* Each channel's canceller, if it has one: "(EC: MG2 - INACTIVE)". */
static bool find_echo(unsigned span)
{
	FILE *f = open_proc(span);
	unsigned found = 0;
	char line[256];

	if (f == NULL)
		return false;
	while (fgets(line, sizeof(line), f))
		found += strstr(line, "(EC: ") != NULL;
	(void)fclose(f);
	return found >= E1_TIMESLOTS - 1;
}

uint64_t dahdi_slips(unsigned span)
{
	static const char words[] = "Timing slips: ";
	FILE *f = open_proc(span);
	unsigned long slips = 0;
	char line[256];

	if (f == NULL)
		return 0;
	while (fgets(line, sizeof(line), f)) {
		const char *at = strstr(line, words);

		if (at)
			slips = strtoul(at + sizeof(words) - 1, NULL, 10);
	}
	(void)fclose(f);
	return slips;
}

/* ---- one channel ---- */

static int set_buffers(struct opening *o, int fd, unsigned ts, int count, int size)
{
	struct dahdi_bufferinfo bi = {
		.txbufpolicy = DAHDI_POLICY_IMMEDIATE,
		.rxbufpolicy = DAHDI_POLICY_IMMEDIATE,
		.numbufs = count,
		.bufsize = size,
	};

	return ioctl(fd, DAHDI_SET_BUFINFO, &bi) < 0 ? complain_call(o, ts, "SET_BUFINFO") : 0;
}

static int open_channel(struct opening *o, unsigned ts, int *fdp)
{
	int fd = open(DEVICE, O_RDWR | O_NONBLOCK | O_CLOEXEC), err;

	if (fd < 0)
		return complain_call(o, ts, DEVICE);
	if (ioctl(fd, DAHDI_SPECIFY, &o->channel[ts]) < 0) {
		err = errno == EBUSY ? complain(o, -EBUSY, "DAHDI span %u, timeslot %u (channel %d): another program has it",
		                                o->span, ts, o->channel[ts])
		                     : complain_call(o, ts, "SPECIFY");
		(void)close(fd);
		return err;
	}
	*fdp = fd;
	return 0;
}

static int set_up_speech(struct opening *o, int fd, unsigned ts)
{
	struct dahdi_params p = { 0 };
	int one = 1, law = DAHDI_LAW_ALAW, block = E1_FRAMES, err;

	if (ioctl(fd, DAHDI_GET_PARAMS, &p) < 0)
		return complain_call(o, ts, "GET_PARAMS");
	if (p.sigtype != DAHDI_SIG_CLEAR)
		return complain(
			o, -EINVAL,
			"DAHDI span %u: timeslot %u is not a B channel (bchan= in /etc/dahdi/system.conf, then dahdi_cfg)",
			o->span, ts);
	if (ioctl(fd, DAHDI_AUDIOMODE, &one) < 0)
		return complain_call(o, ts, "AUDIOMODE");
	if (ioctl(fd, DAHDI_SETLAW, &law) < 0)
		return complain_call(o, ts, "SETLAW");
	if (ioctl(fd, DAHDI_SET_BLOCKSIZE, &block) < 0)
		return complain_call(o, ts, "SET_BLOCKSIZE");
	err = set_buffers(o, fd, ts, BUFFERS, E1_FRAMES);
	if (!err && ioctl(fd, DAHDI_BUFFER_EVENTS, &one) < 0 && errno != ENOTTY && errno != ENOSYS && errno != EINVAL)
		err = complain_call(o, ts, "BUFFER_EVENTS"); /* older drivers have none */
	return err;
}

static int set_up_d(struct opening *o, int fd)
{
	struct dahdi_params p = { 0 };

	if (ioctl(fd, DAHDI_GET_PARAMS, &p) < 0)
		return complain_call(o, 16, "GET_PARAMS");
	if (p.sigtype != DAHDI_SIG_HDLCFCS)
		return complain(o, -EINVAL,
		                "DAHDI span %u: timeslot 16 is not set up as a D channel (dchan= in /etc/dahdi/system.conf, then "
		                "dahdi_cfg)",
		                o->span);
	return set_buffers(o, fd, 16, DAHDI_D_BUFFERS, DAHDI_D_BUFFER);
}

int dahdi_open_span(unsigned span, int fd[E1_TIMESLOTS + 1], bool *echo, char *why, size_t size)
{
	struct opening o = { .span = span, .why = why, .size = size };
	int err;

	for (unsigned ts = 0; ts <= E1_TIMESLOTS; ts++)
		fd[ts] = -1;
	err = find_span(&o);
	for (unsigned ts = 1; ts <= E1_TIMESLOTS && !err; ts++) {
		err = open_channel(&o, ts, &fd[ts]);
		if (!err)
			err = ts == 16 ? set_up_d(&o, fd[ts]) : set_up_speech(&o, fd[ts], ts);
	}
	if (err)
		dahdi_close_span(fd);
	else
		*echo = find_echo(span);
	return err;
}

void dahdi_close_span(int fd[E1_TIMESLOTS + 1])
{
	for (unsigned ts = 1; ts <= E1_TIMESLOTS; ts++) {
		if (fd[ts] >= 0)
			(void)close(fd[ts]);
		fd[ts] = -1;
	}
}
