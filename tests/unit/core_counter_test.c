/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/counter.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>

enum { SEEN, LOST, COUNT };
static const struct counter_desc desc[] = { { "seen", "What came." }, { "lost", "What did not." } };

static void registers_in_order(void **state)
{
	counter_t values[3][COUNT] = { { 0 } };
	struct counter_registry r = { 0 };
	struct counter_group g[3] = {
		{ "a", desc, values[0], COUNT, NULL },
		{ "b", desc, values[1], COUNT, NULL },
		{ "c", desc, values[2], COUNT, NULL },
	};

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		counter_register(&r, &g[i]);
	assert_ptr_equal(r.first, &g[0]);
	assert_ptr_equal(g[0].next, &g[1]);
	assert_ptr_equal(g[1].next, &g[2]);
	assert_null(g[2].next);
	counter_unregister(&r, &g[1]);
	counter_unregister(&r, &g[1]); /* gone already */
	assert_ptr_equal(g[0].next, &g[2]);
	counter_unregister(&r, &g[0]);
	assert_ptr_equal(r.first, &g[2]);
	counter_register(&r, &g[0]); /* again */
	assert_ptr_equal(g[2].next, &g[0]);
	counter_unregister(&r, &g[2]);
	counter_unregister(&r, &g[0]);
	assert_null(r.first);
}

static void *count_up(void *arg)
{
	counter_t *values = arg;

	for (unsigned i = 0; i < 10000; i++) {
		counter_inc(&values[SEEN]);
		counter_add(&values[LOST], 3);
	}
	return NULL;
}

static void several_writers_lose_nothing(void **state)
{
	counter_t values[COUNT] = { 0 };
	pthread_t t[4];

	(void)state;
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&t[i], NULL, count_up, values), 0);
	assert_true(counter_get(&values[SEEN]) <= 40000);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(pthread_join(t[i], NULL), 0);
	assert_int_equal(counter_get(&values[SEEN]), 40000);
	assert_int_equal(counter_get(&values[LOST]), 120000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(registers_in_order),
		cmocka_unit_test(several_writers_lose_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
