/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "e1/dahdi_open.h"

#include <dahdi/user.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/log.h"
#include "e1/transport.h"

#define LOG_MODULE "e1"

#define DEVICE       "/dev/dahdi/channel"
#define CONTROL      "/dev/dahdi/ctl"
#define CHANNELS_MAX 1024
#define BUFFERS      8 /* of 80 octets a channel; 4 were too few */

/* ---- which channels ---- */

/* Channel numbers count over all cards: those of this span, by timeslot; 0: it has none. */
static int find_channels(int ctl, unsigned span, int channel[E1_TIMESLOTS + 1])
{
	int found = 0;

	memset(channel, 0, (E1_TIMESLOTS + 1) * sizeof(*channel));
	for (int c = 1; c <= CHANNELS_MAX; c++) {
		struct dahdi_params p = { .channo = c };

		if (ioctl(ctl, DAHDI_GET_PARAMS, &p) < 0 || p.spanno != (int)span)
			continue;
		if (p.chanpos >= 1 && p.chanpos <= E1_TIMESLOTS)
			channel[p.chanpos] = c;
		found++;
	}
	return found;
}

static int check_span(const char *name, unsigned span, int channel[E1_TIMESLOTS + 1])
{
	int ctl = open(CONTROL, O_RDWR | O_CLOEXEC), found, err;

	if (ctl < 0) {
		err = -errno;
		log_error("%s: %s: %s (is the module dahdi loaded, and may this user open it: group dahdi?)", name, CONTROL,
		          strerror(-err));
		return err == -ENOENT || err == -ENXIO ? -ENODEV : err;
	}
	found = find_channels(ctl, span, channel);
	(void)close(ctl);
	if (found == 0) {
		log_error("%s: there is no DAHDI span %u, or it has no channels: lsdahdi lists them; span=%u,... in "
		          "/etc/dahdi/system.conf, then dahdi_cfg",
		          name, span, span);
		return -ENODEV;
	}
	if (found != E1_TIMESLOTS) {
		log_error(
			"%s: DAHDI span %u has %d channels, an E1 has 31: is the card set to T1, or is this another card's span?",
			name, span, found);
		return -EINVAL;
	}
	return 0;
}

/* ---- one channel ---- */

static int set_buffers(int fd, int count, int size)
{
	struct dahdi_bufferinfo bi = {
		.txbufpolicy = DAHDI_POLICY_IMMEDIATE,
		.rxbufpolicy = DAHDI_POLICY_IMMEDIATE,
		.numbufs = count,
		.bufsize = size,
	};

	return ioctl(fd, DAHDI_SET_BUFINFO, &bi) < 0 ? -errno : 0;
}

static int open_channel(int channel, int *fdp)
{
	int fd = open(DEVICE, O_RDWR | O_NONBLOCK | O_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	if (ioctl(fd, DAHDI_SPECIFY, &channel) < 0) {
		err = -errno;
		(void)close(fd);
		return err;
	}
	*fdp = fd;
	return 0;
}

static int set_up_speech(int fd, const char *name, unsigned ts)
{
	struct dahdi_params p = { 0 };
	int one = 1, law = DAHDI_LAW_ALAW, block = E1_FRAMES;
	int err;

	if (ioctl(fd, DAHDI_GET_PARAMS, &p) < 0)
		return -errno;
	if (p.sigtype != DAHDI_SIG_CLEAR) {
		log_error("%s: timeslot %u is not a B channel (bchan= in /etc/dahdi/system.conf, then dahdi_cfg)", name, ts);
		return -EINVAL;
	}
	if (ioctl(fd, DAHDI_AUDIOMODE, &one) < 0 || ioctl(fd, DAHDI_SETLAW, &law) < 0 ||
	    ioctl(fd, DAHDI_SET_BLOCKSIZE, &block) < 0)
		return -errno;
	err = set_buffers(fd, BUFFERS, E1_FRAMES);
	if (err)
		return err;
	(void)ioctl(fd, DAHDI_BUFFER_EVENTS, &one); /* older drivers have none */
	return 0;
}

static int set_up_d(int fd, const char *name)
{
	struct dahdi_params p = { 0 };

	if (ioctl(fd, DAHDI_GET_PARAMS, &p) < 0)
		return -errno;
	if (p.sigtype != DAHDI_SIG_HDLCFCS) {
		log_error("%s: timeslot 16 is not set up as a D channel (dchan= in /etc/dahdi/system.conf, then dahdi_cfg)",
		          name);
		return -EINVAL;
	}
	return set_buffers(fd, DAHDI_D_BUFFERS, DAHDI_D_BUFFER);
}

int dahdi_open_span(const char *name, unsigned span, int fd[E1_TIMESLOTS + 1])
{
	int channel[E1_TIMESLOTS + 1], err;

	for (unsigned ts = 0; ts <= E1_TIMESLOTS; ts++)
		fd[ts] = -1;
	err = check_span(name, span, channel);
	for (unsigned ts = 1; ts <= E1_TIMESLOTS && !err; ts++) {
		err = open_channel(channel[ts], &fd[ts]);
		if (err == -EBUSY)
			log_error("%s: DAHDI span %u, timeslot %u (channel %d): another program has it", name, span, ts,
			          channel[ts]);
		else if (err)
			log_error("%s: DAHDI span %u, timeslot %u (channel %d): %s", name, span, ts, channel[ts], strerror(-err));
		if (err)
			break;
		err = ts == 16 ? set_up_d(fd[ts], name) : set_up_speech(fd[ts], name, ts);
		if (err && err != -EINVAL)
			log_error("%s: DAHDI span %u, timeslot %u (channel %d) cannot be set up: %s", name, span, ts, channel[ts],
			          strerror(-err));
	}
	if (err)
		dahdi_close_span(fd);
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
