/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Coroutines: the same must hold on both back ends. Virtual time throughout. */
#include "core/coro.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/magic.h"

static struct loop *l;
static pthread_t    main_thread;
static bool         same_thread; /* the back end: true is ucontext */
static char         seen[4096];

static void note(const char *word)
{
	size_t n = strlen(seen);

	(void)snprintf(seen + n, sizeof(seen) - n, "%s%s", n ? " " : "", word);
}

static int setup(void **state)
{
	(void)state;
	clock_virtual_start(0);
	seen[0] = '\0';
	return loop_alloc(&l);
}

static int teardown(void **state)
{
	(void)state;
	loop_free(l);
	return 0;
}

static void run_for(int64_t us)
{
	loop_run_until(l, clock_mono_us() + us, NULL);
}

static void tell_thread(void *arg)
{
	*(bool *)arg = pthread_equal(pthread_self(), main_thread);
}

/* Before all tests. */
static int which_back_end(void **state)
{
	main_thread = pthread_self();
	if (setup(state) != 0 || coro_spawn(l, "which", tell_thread, &same_thread) != 0)
		return -1;
	run_for(0);
	return teardown(state);
}

/* No cmocka assertion within a coroutine: its longjmp would leave the stack. */
static void simple(void *arg)
{
	assert(coro_self() != NULL);
	assert(loop_is_mine(l));
	ASSERT_CONTROL(l);
	note(coro_name(coro_self()));
	note(arg);
}

static void starts_on_the_next_turn(void **state)
{
	(void)state;
	assert_null(coro_self());
	assert_int_equal(coro_spawn(l, "first", simple, "1"), 0);
	assert_int_equal(coro_spawn(l, "a name of more than thirty-one characters", simple, "2"), 0);
	assert_string_equal(seen, "");
	assert_int_equal(coro_count(l), 2);
	run_for(0);
	assert_string_equal(seen, "first 1 a name of more than thirty-one  2");
	assert_int_equal(coro_count(l), 0);
	assert_null(coro_self());
}

static struct coro *waiter;
static bool         ready;

static void wait_ready(void *arg)
{
	waiter = coro_self();
	while (!ready) {
		note(arg);
		coro_suspend();
	}
	note("ready");
}

static void wakes(void **state)
{
	(void)state;
	ready = false;
	assert_int_equal(coro_spawn(l, "waiter", wait_ready, "waits"), 0);
	run_for(CLOCK_SEC(1));
	assert_string_equal(seen, "waits");
	coro_wake(waiter); /* for no reason */
	coro_wake(waiter); /* runnable already */
	run_for(0);
	assert_string_equal(seen, "waits waits");
	ready = true;
	coro_wake(waiter);
	assert_string_equal(seen, "waits waits"); /* not at once: on the loop's turn */
	run_for(0);
	assert_string_equal(seen, "waits waits ready");
}

static void wake_while_running(void *arg)
{
	(void)arg;
	coro_wake(coro_self()); /* no-op: is running */
	note(coro_suspend_for(CLOCK_MS(50)) == -ETIMEDOUT ? "timeout" : "woken");
}

static void waking_oneself_is_nothing(void **state)
{
	(void)state;
	assert_int_equal(coro_spawn(l, "self", wake_while_running, NULL), 0);
	run_for(CLOCK_SEC(1));
	assert_string_equal(seen, "timeout");
}

static int     result;
static int64_t returned_us;

static void suspend_for(void *arg)
{
	waiter = coro_self();
	result = coro_suspend_for(*(int64_t *)arg);
	returned_us = clock_mono_us();
}

static void deadlines(void **state)
{
	int64_t timeout = CLOCK_MS(20), never = CLOCK_NEVER, at_once = 0, began = clock_mono_us();

	(void)state;
	assert_int_equal(coro_spawn(l, "timeout", suspend_for, &timeout), 0);
	run_for(CLOCK_MS(100));
	assert_int_equal(result, -ETIMEDOUT);
	assert_int_equal(returned_us, began + CLOCK_MS(20));

	assert_int_equal(coro_spawn(l, "woken", suspend_for, &timeout), 0);
	run_for(CLOCK_MS(5));
	coro_wake(waiter);
	run_for(CLOCK_MS(100));
	assert_int_equal(result, 0);
	assert_int_equal(returned_us, began + CLOCK_MS(105));

	result = 1;
	assert_int_equal(coro_spawn(l, "never", suspend_for, &never), 0);
	run_for(CLOCK_SEC(86400));
	assert_int_equal(result, 1);
	coro_wake(waiter);
	run_for(0);
	assert_int_equal(result, 0);

	assert_int_equal(coro_spawn(l, "at once", suspend_for, &at_once), 0);
	run_for(0);
	assert_int_equal(result, -ETIMEDOUT);
}

static void time_out_then_be_woken(void *arg)
{
	(void)arg;
	waiter = coro_self();
	note(coro_suspend_for(CLOCK_MS(1)) == -ETIMEDOUT ? "timeout" : "?");
	note(coro_suspend_for(CLOCK_SEC(9)) == 0 ? "woken" : "?");
}

static void a_timeout_is_told_once(void **state)
{
	(void)state;
	assert_int_equal(coro_spawn(l, "both", time_out_then_be_woken, NULL), 0);
	run_for(CLOCK_MS(2));
	coro_wake(waiter);
	run_for(0);
	assert_string_equal(seen, "timeout woken");
}

static void sleep_long(void *arg)
{
	waiter = coro_self();
	coro_sleep(*(int64_t *)arg);
	returned_us = clock_mono_us();
	note("slept");
}

static void sleep_is_not_cut_short(void **state)
{
	int64_t second = CLOCK_SEC(1), began = clock_mono_us();

	(void)state;
	assert_int_equal(coro_spawn(l, "sleeper", sleep_long, &second), 0);
	for (unsigned i = 0; i < 5; i++) {
		run_for(CLOCK_MS(100));
		coro_wake(waiter);
	}
	assert_string_equal(seen, "");
	run_for(CLOCK_SEC(1));
	assert_string_equal(seen, "slept");
	assert_int_equal(returned_us, began + CLOCK_SEC(1));
}

/* Two that wake each other in turn. */
static struct coro *player[2];
static unsigned     ball, hits;

static void play(void *arg)
{
	unsigned me = *(unsigned *)arg;

	player[me] = coro_self();
	while (hits < 1000) {
		while (ball != me)
			coro_suspend();
		hits++;
		ball = !me;
		if (player[!me])
			coro_wake(player[!me]);
	}
	player[me] = NULL; /* who is gone is not woken */
	note(me ? "1" : "0");
}

static void one_wakes_another(void **state)
{
	static unsigned number[] = { 0, 1 };

	(void)state;
	ball = hits = 0;
	assert_int_equal(coro_spawn(l, "zero", play, &number[0]), 0);
	assert_int_equal(coro_spawn(l, "one", play, &number[1]), 0);
	run_for(0);
	assert_int_equal(coro_count(l), 0);
	assert_int_equal(hits, 1001); /* the 1000th wakes the other, which has its turn and sees the end */
	assert_string_equal(seen, "1 0");
}

static void spawn_another(void *arg)
{
	unsigned *left = arg;

	note("s");
	if ((*left)-- > 0)
		assert(coro_spawn(l, "child", spawn_another, arg) == 0);
	coro_sleep(CLOCK_MS(1));
	note("e");
}

static void a_coroutine_starts_others(void **state)
{
	unsigned left = 2;

	(void)state;
	assert_int_equal(coro_spawn(l, "parent", spawn_another, &left), 0);
	run_for(CLOCK_MS(10));
	assert_string_equal(seen, "s s s e e e");
}

static void list_one(const struct coro *c, bool waiting, void *arg)
{
	assert(arg == seen);
	note(coro_name(c));
	note(waiting ? "waits" : "runs");
}

static void list_all(void *arg)
{
	(void)arg;
	coro_list(l, list_one, seen);
}

static void they_can_be_listed(void **state)
{
	(void)state;
	ready = false;
	assert_int_equal(coro_spawn(l, "ivr 7", wait_ready, "x"), 0);
	run_for(0);
	seen[0] = '\0';
	assert_int_equal(coro_spawn(l, "lister", list_all, NULL), 0);
	coro_list(l, list_one, seen);
	note("-");
	run_for(0);
	assert_string_equal(seen, "ivr 7 waits lister runs - ivr 7 waits lister runs");
	ready = true;
	coro_wake(waiter);
	run_for(0);
}

/* More at once than stacks are kept; each keeps its own locals over waits, at its own depth. */
#define MANY 200
static unsigned sums[MANY];

static unsigned deep(unsigned depth, unsigned me)
{
	volatile unsigned local = me + depth;

	if (depth == 0) {
		coro_sleep(CLOCK_MS(1 + me % 7));
		return local;
	}
	return deep(depth - 1, me) + local;
}

static void many_one(void *arg)
{
	unsigned me = (unsigned)((unsigned *)arg - sums);

	for (unsigned i = 0; i < 3; i++)
		*(unsigned *)arg = deep(10 + me % 30, me);
}

static void many_keep_their_locals(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 2; round++) {
		memset(sums, 0, sizeof(sums));
		for (unsigned i = 0; i < MANY; i++)
			assert_int_equal(coro_spawn(l, "many", many_one, &sums[i]), 0);
		assert_int_equal(coro_count(l), MANY);
		run_for(CLOCK_SEC(1));
		assert_int_equal(coro_count(l), 0);
		for (unsigned i = 0; i < MANY; i++) {
			unsigned d = 10 + i % 30;

			assert_int_equal(sums[i], (d + 1) * i + d * (d + 1) / 2);
		}
	}
}

static void fill_stack(void *arg)
{
	volatile unsigned char big[40000];

	for (unsigned i = 0; i < sizeof(big); i++)
		big[i] = (unsigned char)i;
	coro_sleep(1);
	*(unsigned *)arg = big[255] + big[256];
}

static void the_high_water_mark_is_told(void **state)
{
	unsigned sum = 0, before = coro_stack_high_water();

	(void)state;
	assert_in_range(before, 0, 39999);
	assert_int_equal(coro_spawn(l, "big", fill_stack, &sum), 0);
	run_for(1);
	assert_int_equal(sum, 255);
	if (same_thread)
		assert_in_range(coro_stack_high_water(), 40000, 44000);
	else
		assert_int_equal(coro_stack_high_water(), 0);
}

/* Signals: one that is masked stays masked, what a coroutine masks stays with the thread back end's thread or is put back. */
static void interrupted(int sig)
{
	(void)sig;
}

static void be_interrupted(void *arg)
{
	(void)arg;
	coro_sleep(CLOCK_MS(1));
	(void)kill(getpid(), SIGUSR1);
	coro_sleep(CLOCK_MS(1));
	note("survived");
}

static void signals_do_no_harm(void **state)
{
	struct sigaction act = { .sa_handler = interrupted }, before;

	(void)state;
	assert_int_equal(sigaction(SIGUSR1, &act, &before), 0);
	assert_int_equal(coro_spawn(l, "signalled", be_interrupted, NULL), 0);
	run_for(CLOCK_SEC(1));
	assert_string_equal(seen, "survived");
	assert_int_equal(sigaction(SIGUSR1, &before, NULL), 0);
}

/* The guard page: running over the stack ends the program before it writes into a neighbour's. The child tells how deep it
 * came. */
static volatile uintptr_t *deepest; /* shared with the child: first, lowest */

static unsigned overflow(unsigned n)
{
	volatile unsigned char frame[256];

	memset((void *)frame, (int)n, sizeof(frame));
	deepest[1] = (uintptr_t)__builtin_frame_address(0); /* locals can be elsewhere: AddressSanitizer */
	return n > 65536 ? frame[0] : overflow(n + 1) + frame[n % sizeof(frame)]; /* 16 MiB: more than either back end has */
}

static void overflow_body(void *arg)
{
	deepest[0] = (uintptr_t)__builtin_frame_address(0);
	*(unsigned *)arg = overflow(0);
}

static void overflow_child(void)
{
	unsigned sum = 0;

	(void)signal(SIGSEGV, SIG_DFL); /* not the sanitizers' */
	(void)close(STDERR_FILENO);
	ready = false;
	if (coro_spawn(l, "overflow", overflow_body, &sum) != 0)
		_exit(1);
	for (unsigned i = 0; i < 10; i++) /* neighbours; mappings grow down, as stacks do */
		if (coro_spawn(l, "neighbour", wait_ready, "") != 0)
			_exit(1);
	run_for(0);
	_exit(0);
}

static void a_stack_overflow_is_fatal(void **state)
{
	int status = 0;
	pid_t pid;

	(void)state;
	/* cppcheck-suppress invalidFunctionArg; -1 is what mmap(2) asks for with MAP_ANONYMOUS */
	deepest = mmap(NULL, 2 * sizeof(*deepest), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(deepest != MAP_FAILED);
	(void)fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		overflow_child();
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSEGV);
	assert_in_range(deepest[0] - deepest[1], CORO_STACK_SIZE / 2, same_thread ? CORO_STACK_SIZE : 1024 * 1024);
	(void)munmap((void *)deepest, 2 * sizeof(*deepest));
}

static void leaving_one_behind_is_asserted(void **state)
{
	int status = 0;
	pid_t pid;

	(void)state;
	(void)fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)signal(SIGABRT, SIG_DFL);
		(void)close(STDERR_FILENO);
		ready = false;
		(void)coro_spawn(l, "left", wait_ready, "x");
		run_for(0);
		loop_free(l);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
}

#define coro_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		coro_test(starts_on_the_next_turn),
		coro_test(wakes),
		coro_test(waking_oneself_is_nothing),
		coro_test(deadlines),
		coro_test(a_timeout_is_told_once),
		coro_test(sleep_is_not_cut_short),
		coro_test(one_wakes_another),
		coro_test(a_coroutine_starts_others),
		coro_test(they_can_be_listed),
		coro_test(many_keep_their_locals),
		coro_test(the_high_water_mark_is_told),
		coro_test(signals_do_no_harm),
		coro_test(a_stack_overflow_is_fatal),
		coro_test(leaving_one_behind_is_asserted),
	};

	return cmocka_run_group_tests(tests, which_back_end, NULL);
}
