/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/ring.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>

static void refuses_nonsense(void **state)
{
	struct ring *r = NULL;

	(void)state;
	assert_int_equal(ring_alloc(&r, 0, 4), -EINVAL);
	assert_int_equal(ring_alloc(&r, 4, 0), -EINVAL);
	assert_int_equal(ring_alloc(&r, 1u << 25, 4), -EINVAL);
	assert_int_equal(ring_alloc(&r, 1u << 24, SIZE_MAX / 2), -EINVAL);
	assert_null(r);
	ring_free(NULL);
}

static void full_and_empty(void **state)
{
	struct ring *r;
	char e[3];

	(void)state;
	assert_int_equal(ring_alloc(&r, 5, 3), 0); /* 8 */
	assert_false(ring_pop(r, e));
	for (unsigned round = 0; round < 5; round++) {
		for (unsigned i = 0; i < 8; i++) {
			memset(e, (int)(round * 8 + i), 3);
			assert_int_equal(ring_used(r), i);
			assert_true(ring_push(r, e));
		}
		assert_int_equal(ring_used(r), 8);
		assert_false(ring_push(r, "xxx"));
		for (unsigned i = 0; i < 8; i++) {
			char want[3];

			memset(want, (int)(round * 8 + i), 3);
			assert_true(ring_pop(r, e));
			assert_memory_equal(e, want, 3);
			if (i == 3 && round % 2) { /* so that the ends wrap at different places */
				assert_true(ring_push(r, "abc"));
				assert_int_equal(ring_used(r), 5);
			}
		}
		if (round % 2) {
			assert_true(ring_pop(r, e));
			assert_memory_equal(e, "abc", 3);
		}
		assert_false(ring_pop(r, e));
	}
	ring_free(r);
}

static void capacity_one(void **state)
{
	struct ring *r;
	int v = 7, got = 0;

	(void)state;
	assert_int_equal(ring_alloc(&r, 1, sizeof(v)), 0);
	assert_true(ring_push(r, &v));
	assert_false(ring_push(r, &v));
	assert_true(ring_pop(r, &got));
	assert_int_equal(got, 7);
	ring_free(r);
}

#define ITEMS 200000
struct item {
	uint32_t        number, square;
	const uint32_t *behind; /* written before the push, read after the pop: not in the element */
};
static uint32_t behind[ITEMS];

static void *push_all(void *arg)
{
	for (uint32_t i = 0; i < ITEMS; i++) {
		struct item it = { i, i * i, &behind[i] };

		behind[i] = i ^ 0x5555;
		while (!ring_push(arg, &it))
			sched_yield();
	}
	return NULL;
}

static void two_threads(void **state)
{
	struct ring *r;
	struct item it;
	pthread_t t;

	(void)state;
	assert_int_equal(ring_alloc(&r, 64, sizeof(it)), 0);
	assert_int_equal(pthread_create(&t, NULL, push_all, r), 0);
	for (uint32_t i = 0; i < ITEMS; i++) {
		while (!ring_pop(r, &it)) {
			assert_true(ring_used(r) <= 64);
			sched_yield();
		}
		assert_int_equal(it.number, i);
		assert_int_equal(it.square, i * i);
		assert_int_equal(*it.behind, i ^ 0x5555);
	}
	assert_false(ring_pop(r, &it));
	assert_int_equal(pthread_join(t, NULL), 0);
	ring_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_nonsense),
		cmocka_unit_test(full_and_empty),
		cmocka_unit_test(capacity_one),
		cmocka_unit_test(two_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
