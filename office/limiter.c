/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "office/limiter.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/magic.h"
#include "core/random.h"

#define LIMITER_MAGIC 0x4c494d49u
/* Sets of buckets: the one longest unused makes room. So many addresses at once are needed to push another's out. */
#define SETS 2048
#define WAYS 8

struct bucket {
	uint64_t key;      /* hash of what and whom; 0: free */
	double   left;
	int64_t  at_us;    /* mono */
};

struct limiter {
	unsigned        magic;
	pthread_mutex_t lock;
	uint64_t        seed; /* so that nobody can choose addresses that meet in one set */
	struct bucket   bucket[SETS][WAYS];
};

int limiter_alloc(struct limiter **lp)
{
	struct limiter *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return -ENOMEM;
	l->magic = LIMITER_MAGIC;
	l->seed = random_u64();
	(void)pthread_mutex_init(&l->lock, NULL);
	*lp = l;
	return 0;
}

void limiter_free(struct limiter *l)
{
	if (l == NULL)
		return;
	MAGIC_CHECK(l, LIMITER_MAGIC);
	(void)pthread_mutex_destroy(&l->lock);
	l->magic = MAGIC_DEAD;
	free(l);
}

/* FNV-1a, then mixed (splitmix64's end). */
static uint64_t key_of(const struct limiter *l, const char *what, const char *whom)
{
	uint64_t h = l->seed ^ UINT64_C(0xcbf29ce484222325);

	for (const char *p = what; *p; p++)
		h = (h ^ (unsigned char)*p) * UINT64_C(0x100000001b3);
	h = (h ^ 0xff) * UINT64_C(0x100000001b3);
	for (const char *p = whom; *p; p++)
		h = (h ^ (unsigned char)*p) * UINT64_C(0x100000001b3);
	h = (h ^ h >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	h = (h ^ h >> 27) * UINT64_C(0x94d049bb133111eb);
	h ^= h >> 31;
	return h ? h : 1;
}

static struct bucket *bucket_of(struct limiter *l, uint64_t key, double burst, int64_t now_us)
{
	struct bucket *set = l->bucket[key % SETS], *oldest = set;

	for (unsigned i = 0; i < WAYS; i++) {
		if (set[i].key == key)
			return &set[i];
		if (set[i].key == 0 || set[i].at_us < oldest->at_us)
			oldest = &set[i];
	}
	*oldest = (struct bucket){ .key = key, .left = burst, .at_us = now_us };
	return oldest;
}

bool limiter_take(struct limiter *l, const char *what, const char *whom, double per_s, double burst, int *wait_s)
{
	uint64_t key = key_of(l, what, whom);
	int64_t now_us = clock_mono_us();
	struct bucket *b;
	bool taken;

	(void)pthread_mutex_lock(&l->lock);
	b = bucket_of(l, key, burst, now_us);
	b->left += (double)(now_us - b->at_us) / 1e6 * per_s;
	if (b->left > burst)
		b->left = burst;
	b->at_us = now_us;
	taken = b->left >= 1;
	if (taken)
		b->left -= 1;
	else if (wait_s)
		*wait_s = (int)((1 - b->left) / per_s) + 1;
	(void)pthread_mutex_unlock(&l->lock);
	return taken;
}
