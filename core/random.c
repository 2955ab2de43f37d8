/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/random.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "core/clock.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool            seeded;
static uint64_t        state;
static int64_t         id_ms;
static unsigned        id_count; /* within id_ms, 12 bits */

static uint64_t splitmix64(void)
{
	uint64_t z = (state += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

void random_seed(uint64_t seed)
{
	pthread_mutex_lock(&lock);
	seeded = true;
	state = seed;
	id_ms = 0; /* the ids of a second world in this process are those it has when alone */
	id_count = 0;
	pthread_mutex_unlock(&lock);
}

void random_bytes(void *buf, size_t len)
{
	uint8_t *p = buf;

	pthread_mutex_lock(&lock);
	if (seeded) {
		while (len > 0) {
			uint64_t v = splitmix64();
			size_t n = len < sizeof(v) ? len : sizeof(v);

			memcpy(p, &v, n);
			p += n;
			len -= n;
		}
	}
	pthread_mutex_unlock(&lock);
	while (len > 0) {
		ssize_t n = getrandom(p, len, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			perror("getrandom"); /* a Linux without it cannot run us */
			abort();
		}
		p += n;
		len -= (size_t)n;
	}
}

uint64_t random_u64(void)
{
	uint64_t v;

	random_bytes(&v, sizeof(v));
	return v;
}

uint32_t random_below(uint32_t limit)
{
	uint32_t v, reject;

	assert(limit > 0);
	reject = -limit % limit; /* 2^32 mod limit: the uneven rest is thrown away */
	do
		random_bytes(&v, sizeof(v));
	while (v < reject);
	return v % limit;
}

void random_id(char id[ID_SIZE])
{
	int64_t ms = clock_utc_ms();
	uint64_t r = random_u64();
	unsigned count;

	pthread_mutex_lock(&lock);
	if (ms > id_ms) {
		id_ms = ms;
		id_count = 0;
	} else if (++id_count == 4096) { /* also after a step back of the clock: ids never go back */
		id_ms++;
		id_count = 0;
	}
	ms = id_ms;
	count = id_count;
	pthread_mutex_unlock(&lock);
	(void)snprintf(id, ID_SIZE, "%012llx7%03x%016llx", (unsigned long long)ms & 0xffffffffffffu, count,
	               (unsigned long long)((r & 0x3fffffffffffffffu) | 0x8000000000000000u));
}
