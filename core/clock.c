/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/clock.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

static _Atomic bool    is_virtual;
static _Atomic int64_t virtual_mono_us, virtual_utc_offset_us;

static int64_t clock_read(clockid_t id)
{
	struct timespec ts;

	(void)clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t clock_mono_us(void)
{
	return atomic_load(&is_virtual) ? atomic_load(&virtual_mono_us) : clock_read(CLOCK_MONOTONIC);
}

int64_t clock_utc_us(void)
{
	return atomic_load(&is_virtual) ? atomic_load(&virtual_mono_us) + atomic_load(&virtual_utc_offset_us)
	                                : clock_read(CLOCK_REALTIME);
}

void clock_format_utc(int64_t utc_us, char *buf, size_t size)
{
	int64_t rest = utc_us % 1000000;
	time_t s = (time_t)(utc_us / 1000000);
	struct tm tm;

	if (rest < 0) { /* before 1970: the second began earlier */
		rest += 1000000;
		s--;
	}
	(void)gmtime_r(&s, &tm); /* any int64_t of microseconds is a year that an int can hold */
	(void)snprintf(buf, size, "%04d-%02d-%02d %02d:%02d:%02d.%03d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
	               tm.tm_min, tm.tm_sec, (int)(rest / 1000));
}

void clock_sleep_until(int64_t mono_us)
{
	struct timespec ts = { .tv_sec = mono_us / 1000000, .tv_nsec = mono_us % 1000000 * 1000 };

	assert(!atomic_load(&is_virtual));
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) == EINTR)
		;
}

void clock_virtual_start(int64_t utc_us)
{
	atomic_store(&virtual_mono_us, 1000000);
	atomic_store(&virtual_utc_offset_us, utc_us - 1000000);
	atomic_store(&is_virtual, true);
}

void clock_virtual_set(int64_t mono_us)
{
	assert(atomic_load(&is_virtual));
	assert(mono_us >= atomic_load(&virtual_mono_us));
	atomic_store(&virtual_mono_us, mono_us);
}

bool clock_is_virtual(void)
{
	return atomic_load(&is_virtual);
}
