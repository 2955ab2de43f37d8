/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/random.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"

static int order(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void check_layout(const char *id)
{
	assert_int_equal(strlen(id), 32);
	assert_int_equal(strspn(id, "0123456789abcdef"), 32);
	assert_int_equal(id[12], '7');              /* version (RFC 9562 4.2) */
	assert_non_null(strchr("89ab", id[16])); /* variant (RFC 9562 4.1) */
}

static void unseeded_differs(void **state)
{
	uint8_t a[64], b[64];

	(void)state;
	random_bytes(a, sizeof(a));
	random_bytes(b, sizeof(b));
	assert_memory_not_equal(a, b, sizeof(a));
	assert_true(random_u64() != random_u64());
}

#define IDS     20000
#define THREADS 4
static char ids[THREADS][IDS][ID_SIZE];

static void *make_ids(void *arg)
{
	char(*mine)[ID_SIZE] = arg;

	for (unsigned i = 0; i < IDS; i++)
		random_id(mine[i]);
	return NULL;
}

static void ids_of_threads_are_unique_and_ordered(void **state)
{
	pthread_t t[THREADS];

	(void)state;
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&t[i], NULL, make_ids, ids[i]), 0);
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(t[i], NULL), 0);
	for (unsigned i = 0; i < THREADS; i++)
		for (unsigned k = 1; k < IDS; k++)
			assert_true(strcmp(ids[i][k - 1], ids[i][k]) < 0);
	qsort(ids, (size_t)THREADS * IDS, ID_SIZE, order);
	for (unsigned k = 1; k < THREADS * IDS; k++)
		assert_true(memcmp(ids[(k - 1) / IDS][(k - 1) % IDS], ids[k / IDS][k % IDS], 16) < 0);
	check_layout(ids[0][0]);
	check_layout(ids[THREADS - 1][IDS - 1]);
}

static void seed_repeats(void **state)
{
	uint64_t a[3], b[3];
	uint8_t odd[13], again[13];

	(void)state;
	random_seed(42);
	for (unsigned i = 0; i < 3; i++)
		a[i] = random_u64();
	random_bytes(odd, sizeof(odd));
	random_seed(42);
	for (unsigned i = 0; i < 3; i++)
		b[i] = random_u64();
	random_bytes(again, sizeof(again));
	assert_memory_equal(a, b, sizeof(a));
	assert_memory_equal(odd, again, sizeof(odd));
	/* The published first outputs of splitmix64 from state 0. */
	random_seed(0);
	assert_true(random_u64() == 0xe220a8397b1dcdafu);
	assert_true(random_u64() == 0x6e789e6aa1b965f4u);
	assert_true(random_u64() == 0x06c45d188009454fu);
}

static void below_is_uniform(void **state)
{
	unsigned count[7] = { 0 };
	const uint32_t uneven = 0xc0000000u; /* plain modulo would give the first third twice as often */
	unsigned low = 0;

	(void)state;
	random_seed(1);
	for (unsigned i = 0; i < 70000; i++) {
		uint32_t v = random_below(7);

		assert_true(v < 7);
		count[v]++;
	}
	for (unsigned i = 0; i < 7; i++)
		assert_in_range(count[i], 9600, 10400); /* sigma is 93 */
	for (unsigned i = 0; i < 30000; i++)
		low += random_below(uneven) < uneven / 3;
	assert_in_range(low, 9600, 10400);
	assert_int_equal(random_below(1), 0);
}

/* The process has a virtual clock from here on. */
static void ids_follow_the_clock(void **state)
{
	char first[ID_SIZE], id[ID_SIZE], last[ID_SIZE], again[ID_SIZE];

	(void)state;
	clock_virtual_start(0x0123456789abLL * 1000);
	random_seed(5);
	random_id(first);
	check_layout(first);
	assert_memory_equal(first, "0123456789ab7000", 16);
	memcpy(last, first, sizeof(last));
	for (unsigned i = 1; i < 10000; i++) { /* more than 12 bits in one millisecond: the time part lends */
		random_id(id);
		assert_true(strcmp(last, id) < 0);
		memcpy(last, id, sizeof(last));
	}
	assert_memory_equal(last, "0123456789ad770f", 16);
	clock_virtual_set(clock_mono_us() + 1000); /* ...ac: behind what was lent */
	random_id(id);
	assert_memory_equal(id, "0123456789ad7710", 16);
	clock_virtual_set(clock_mono_us() + 2000);
	random_id(id);
	assert_memory_equal(id, "0123456789ae7000", 16);
	clock_virtual_start(1000); /* a clock that steps back: ids do not */
	random_id(id);
	assert_memory_equal(id, "0123456789ae7001", 16);
	clock_virtual_start(0x0123456789abLL * 1000); /* another world with the same seed: the same ids */
	random_seed(5);
	random_id(again);
	assert_string_equal(first, again);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unseeded_differs),
		cmocka_unit_test(ids_of_threads_are_unique_and_ordered),
		cmocka_unit_test(seed_repeats),
		cmocka_unit_test(below_is_uniform),
		cmocka_unit_test(ids_follow_the_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
