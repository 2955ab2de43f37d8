/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Workers: in real time first, then in virtual time, where done() comes at submission + latency whatever the threads do. */
#include "core/worker.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/coro.h"
#include "core/magic.h"
#include "core/random.h"

static struct loop        *l;
static struct worker_pool *p;
static char                seen[4096];

static void note(const char *word)
{
	size_t n = strlen(seen);

	(void)snprintf(seen + n, sizeof(seen) - n, "%s%s", n ? " " : "", word);
}

static int setup_threads(unsigned threads)
{
	int err = loop_alloc(&l);

	seen[0] = '\0';
	return err ? err : worker_pool_alloc(&p, l, "a long pool name", threads);
}

static int setup(void **state)
{
	(void)state;
	return setup_threads(3);
}

static int setup_virtual(void **state)
{
	(void)state;
	clock_virtual_start(0);
	return setup_threads(3);
}

static int teardown(void **state)
{
	(void)state;
	worker_pool_free(p);
	loop_free(l);
	return 0;
}

static void run_for(int64_t us)
{
	loop_run_until(l, clock_mono_us() + us, NULL);
}

struct work {
	struct worker_job job;
	const char       *name;
	sem_t            *wait, *tell; /* run() waits for one and tells the other */
	pthread_t         ran_on;
	char              thread_name[16];
	bool              signals_blocked, faults_blocked;
	int64_t           done_us;
	bool              stop;
};

static void work_run(struct worker_job *j)
{
	struct work *w = container_of(j, struct work, job);
	sigset_t mask;

	assert(!loop_is_mine(l));
	if (w->wait)
		while (sem_wait(w->wait) != 0)
			;
	w->ran_on = pthread_self();
	(void)pthread_getname_np(pthread_self(), w->thread_name, sizeof(w->thread_name));
	(void)pthread_sigmask(SIG_SETMASK, NULL, &mask);
	w->signals_blocked = sigismember(&mask, SIGTERM) && sigismember(&mask, SIGHUP) && sigismember(&mask, SIGINT) &&
	                     sigismember(&mask, SIGPIPE);
	w->faults_blocked = sigismember(&mask, SIGSEGV);
	if (w->tell)
		(void)sem_post(w->tell);
}

static void work_done(struct worker_job *j)
{
	struct work *w = container_of(j, struct work, job);

	assert(loop_is_mine(l));
	note(w->name);
	w->done_us = clock_mono_us();
	if (w->stop)
		loop_stop(l);
}

static void work_init(struct work *w, const char *name)
{
	memset(w, 0, sizeof(*w));
	w->job.run = work_run;
	w->job.done = work_done;
	w->name = name;
}

static void refuses_nonsense(void **state)
{
	struct worker_pool *none = NULL;

	(void)state;
	assert_int_equal(worker_pool_alloc(&none, l, "none", 0), -EINVAL);
	assert_int_equal(worker_pool_alloc(&none, l, "none", WORKER_MAX + 1), -EINVAL);
	assert_null(none);
	worker_pool_free(NULL);
	assert_int_equal(worker_pool_alloc(&none, l, "many", WORKER_MAX), 0);
	worker_pool_free(none);
}

static void runs_elsewhere_and_is_done_here(void **state)
{
	struct work w;

	(void)state;
	work_init(&w, "w");
	w.stop = true;
	worker_submit(p, &w.job);
	assert_int_equal(worker_pool_busy(p), 1);
	loop_run(l);
	assert_int_equal(worker_pool_busy(p), 0);
	assert_string_equal(seen, "w");
	assert_false(pthread_equal(w.ran_on, pthread_self()));
	assert_memory_equal(w.thread_name, "a long pool/", 12);
	assert_true(w.signals_blocked);
	assert_false(w.faults_blocked); /* the sanitizers report them */
}

/* Each waits for the next: only as many threads as jobs get through. */
static void threads_work_side_by_side(void **state)
{
	struct work w[3];
	sem_t sem[3];

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(sem_init(&sem[i], 0, 0), 0);
		work_init(&w[i], "w");
	}
	for (unsigned i = 0; i < 3; i++) {
		w[i].wait = i < 2 ? &sem[i + 1] : NULL;
		w[i].tell = &sem[i];
	}
	w[0].stop = true; /* the last to finish its run(), perhaps not the last to be posted */
	for (unsigned i = 0; i < 3; i++)
		worker_submit(p, &w[i].job);
	loop_run(l);
	while (worker_pool_busy(p) > 0) { /* the others have run: they are posted, or about to be */
		struct work end;

		work_init(&end, "end");
		end.stop = true;
		worker_submit(p, &end.job);
		loop_run(l);
	}
	for (unsigned i = 0; i < 3; i++)
		(void)sem_destroy(&sem[i]);
}

#define MANY 5000
static unsigned ran, finished;
static void many_run(struct worker_job *j)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

	(void)j;
	pthread_mutex_lock(&lock);
	ran++;
	pthread_mutex_unlock(&lock);
}
static void many_done(struct worker_job *j)
{
	free(j); /* done() may */
	if (++finished == MANY)
		loop_stop(l);
}

static void many_jobs_none_is_lost(void **state)
{
	(void)state;
	ran = finished = 0;
	for (unsigned i = 0; i < MANY; i++) {
		struct worker_job *j = calloc(1, sizeof(*j));

		assert_non_null(j);
		j->run = many_run;
		j->done = many_done;
		worker_submit(p, j);
	}
	loop_run(l);
	assert_int_equal(ran, MANY);
	assert_int_equal(worker_pool_busy(p), 0);
}

static int twice(void *arg)
{
	return 2 * *(int *)arg;
}

static int fails(void *arg)
{
	(void)arg;
	return -EIO;
}

static void call_real(void *arg)
{
	int x = 21;

	(void)arg;
	if (worker_call(p, twice, &x) == 42 && worker_call(p, fails, NULL) == -EIO)
		note("both");
	loop_stop(l);
}

static void a_coroutine_waits_for_its_result(void **state)
{
	(void)state;
	assert_int_equal(coro_spawn(l, "caller", call_real, NULL), 0);
	loop_run(l);
	assert_string_equal(seen, "both");
	assert_int_equal(coro_count(l), 0);
}

/* ---- virtual time ---- */

static void done_comes_after_the_latency(void **state)
{
	struct work w;
	int64_t began = clock_mono_us();

	(void)state;
	work_init(&w, "w");
	worker_submit(p, &w.job);
	run_for(999);
	assert_string_equal(seen, "");
	assert_int_equal(worker_pool_busy(p), 1);
	run_for(1);
	assert_string_equal(seen, "w");
	assert_int_equal(w.done_us, began + 1000);
	assert_int_equal(worker_pool_busy(p), 0);
}

static struct work *later;
static void submit_later(struct loop_timer *t)
{
	(void)t;
	worker_submit(p, &later->job);
}

/* In real time the first is over last (it waits for the second, which for the third); done() comes in order of submission. */
static void order_does_not_depend_on_the_threads(void **state)
{
	struct work w[4];
	struct loop_timer t;
	sem_t sem[3];
	int64_t began = clock_mono_us();

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(sem_init(&sem[i], 0, 0), 0);
	work_init(&w[0], "0");
	work_init(&w[1], "1");
	work_init(&w[2], "2");
	work_init(&w[3], "3");
	w[0].wait = &sem[1];
	w[1].wait = &sem[2];
	w[1].tell = &sem[1];
	w[2].tell = &sem[2];
	later = &w[3];
	loop_timer_init(l, &t, submit_later);
	loop_timer_start(&t, 400);
	for (unsigned i = 0; i < 3; i++)
		worker_submit(p, &w[i].job);
	run_for(CLOCK_SEC(1));
	assert_string_equal(seen, "0 1 2 3");
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(w[i].done_us, began + 1000);
	assert_int_equal(w[3].done_us, began + 1400);
	for (unsigned i = 0; i < 3; i++)
		(void)sem_destroy(&sem[i]);
}

/* The same seed, the same order and times, although three threads race; another seed, another order. */
static void random_latency(uint64_t seed, char *out, size_t size)
{
	struct work w[20];
	char name[20][4];
	size_t n = 0;

	random_seed(seed);
	clock_virtual_set(clock_mono_us() + 1);
	seen[0] = '\0';
	for (unsigned i = 0; i < 20; i++) {
		(void)snprintf(name[i], sizeof(name[i]), "%u", i);
		work_init(&w[i], name[i]);
		worker_submit(p, &w[i].job);
	}
	for (unsigned i = 0; i < 20; i++)
		assert_in_range(w[i].job.due_us - clock_mono_us(), CLOCK_MS(1), CLOCK_MS(50));
	run_for(CLOCK_SEC(1));
	assert_int_equal(worker_pool_busy(p), 0);
	n = (size_t)snprintf(out, size, "%s", seen);
	for (unsigned i = 0; i < 20; i++) {
		assert_int_equal(w[i].done_us, w[i].job.due_us);
		n += (size_t)snprintf(out + n, size - n, " %lld", (long long)(w[i].done_us - w[0].done_us));
	}
}

static void seeded_latency_repeats(void **state)
{
	char a[1024], b[1024], c[1024];

	(void)state;
	worker_set_latency(p, CLOCK_MS(1), CLOCK_MS(50));
	random_latency(3, a, sizeof(a));
	random_latency(3, b, sizeof(b));
	random_latency(4, c, sizeof(c));
	assert_string_equal(a, b);
	assert_string_not_equal(a, c);
}

static void no_latency(void **state)
{
	struct work w;
	int64_t began = clock_mono_us();

	(void)state;
	worker_set_latency(p, 0, 0);
	work_init(&w, "w");
	worker_submit(p, &w.job);
	assert_string_equal(seen, ""); /* not nested */
	run_for(0);
	assert_string_equal(seen, "w");
	assert_int_equal(w.done_us, began);
}

static void no_done(void **state)
{
	struct work w;

	(void)state;
	work_init(&w, "w");
	w.job.done = NULL;
	worker_submit(p, &w.job);
	run_for(CLOCK_MS(5));
	assert_int_equal(worker_pool_busy(p), 0);
	assert_int_equal(w.thread_name[0], 'a');
}

static void call_virtual(void *arg)
{
	int64_t began = clock_mono_us();
	char word[32];
	int x = *(int *)arg;

	for (unsigned i = 0; i < 3; i++)
		x = worker_call(p, twice, &x);
	(void)snprintf(word, sizeof(word), "%d:%lld", x, (long long)(clock_mono_us() - began));
	note(word);
}

static struct coro *caller;
static void remember_caller(void *arg)
{
	caller = coro_self();
	call_virtual(arg);
}

static void calls_take_the_latency_each(void **state)
{
	int one = 1, two = 2;

	(void)state;
	assert_int_equal(coro_spawn(l, "one", call_virtual, &one), 0);
	assert_int_equal(coro_spawn(l, "two", call_virtual, &two), 0);
	run_for(CLOCK_MS(10));
	assert_string_equal(seen, "8:3000 16:3000");
}

/* Whatever wakes it (a hang-up): the result is waited for. */
static void a_call_is_not_cut_short(void **state)
{
	int one = 1;

	(void)state;
	assert_int_equal(coro_spawn(l, "one", remember_caller, &one), 0);
	run_for(100);
	for (unsigned i = 0; i < 5; i++) {
		coro_wake(caller);
		run_for(100);
	}
	assert_string_equal(seen, "");
	run_for(CLOCK_MS(10));
	assert_string_equal(seen, "8:3000");
}

static void freeing_a_busy_pool_is_asserted(void **state)
{
	struct work w;
	int status = 0;
	pid_t pid;

	(void)state;
	work_init(&w, "w");
	worker_submit(p, &w.job); /* before the fork: a child must not wait for a lock that a thread it has not may hold */
	(void)fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)signal(SIGABRT, SIG_DFL);
		(void)close(STDERR_FILENO);
		worker_pool_free(p);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
	run_for(CLOCK_MS(1));
	assert_string_equal(seen, "w");
}

#define real_test(f)    cmocka_unit_test_setup_teardown(f, setup, teardown)
#define virtual_test(f) cmocka_unit_test_setup_teardown(f, setup_virtual, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		real_test(refuses_nonsense),
		real_test(runs_elsewhere_and_is_done_here),
		real_test(threads_work_side_by_side),
		real_test(many_jobs_none_is_lost),
		real_test(a_coroutine_waits_for_its_result),
		virtual_test(done_comes_after_the_latency),
		virtual_test(order_does_not_depend_on_the_threads),
		virtual_test(seeded_latency_repeats),
		virtual_test(no_latency),
		virtual_test(no_done),
		virtual_test(calls_take_the_latency_each),
		virtual_test(a_call_is_not_cut_short),
		virtual_test(freeing_a_busy_pool_is_asserted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
