/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The loop: order, timers, posts and descriptors; first in real time, then (the process's clock cannot go back) in virtual
 * time. */
#include "core/loop.h"

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
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/magic.h"
#include "core/random.h"

static struct loop *l;
static char         seen[4096]; /* what happened, a word each */

static void note(const char *word)
{
	size_t n = strlen(seen);

	(void)snprintf(seen + n, sizeof(seen) - n, "%s%s", n ? " " : "", word);
}

static int setup(void **state)
{
	(void)state;
	seen[0] = '\0';
	return loop_alloc(&l);
}

static int setup_virtual(void **state)
{
	clock_virtual_start(0);
	return setup(state);
}

static int teardown(void **state)
{
	(void)state;
	loop_free(l);
	return 0;
}

/* An event that notes its name, then does what the test wants. */
struct ev {
	struct loop_task  task;
	struct loop_timer timer;
	const char       *name;
	void (*then)(struct ev *e);
	struct ev        *other;
	unsigned          left;
	int64_t           every_us;
};

static void ev_happens(struct ev *e)
{
	note(e->name);
	if (e->then)
		e->then(e);
}

static void ev_run(struct loop_task *t)
{
	ev_happens(container_of(t, struct ev, task));
}

static void ev_fire(struct loop_timer *t)
{
	ev_happens(container_of(t, struct ev, timer));
}

static void ev_init(struct ev *e, const char *name, void (*then)(struct ev *e))
{
	memset(e, 0, sizeof(*e));
	e->name = name;
	e->then = then;
	e->task.run = ev_run;
	loop_timer_init(l, &e->timer, ev_fire);
}

static void then_stop(struct ev *e)
{
	(void)e;
	loop_stop(l);
}

static void then_queue_again(struct ev *e)
{
	loop_queue(l, &e->task);
}

static void then_queue_other(struct ev *e)
{
	loop_queue(l, &e->other->task);
}

static void then_unqueue_other(struct ev *e)
{
	loop_unqueue(l, &e->other->task);
}

static void then_start_again(struct ev *e)
{
	if (e->left-- > 0)
		loop_timer_start(&e->timer, e->every_us);
}

static void then_stop_other_timer(struct ev *e)
{
	loop_timer_stop(&e->other->timer);
}

/* ---- in real time ---- */

static void tasks_run_in_order_once_each(void **state)
{
	struct ev a, b, c, end;

	(void)state;
	ev_init(&a, "a", NULL);
	ev_init(&b, "b", NULL);
	ev_init(&c, "c", NULL);
	ev_init(&end, "end", then_stop);
	loop_queue(l, &a.task);
	loop_queue(l, &b.task);
	loop_queue(l, &a.task); /* is queued already */
	loop_queue(l, &c.task);
	loop_queue(l, &end.task);
	loop_unqueue(l, &b.task);
	loop_unqueue(l, &b.task);
	loop_run(l);
	assert_string_equal(seen, "a c end");
}

static void unqueueing_the_last_keeps_the_list_whole(void **state)
{
	struct ev a, b, end;

	(void)state;
	ev_init(&a, "a", NULL);
	ev_init(&b, "b", NULL);
	ev_init(&end, "end", then_stop);
	loop_queue(l, &a.task);
	loop_unqueue(l, &a.task);
	loop_queue(l, &a.task);
	loop_queue(l, &b.task);
	loop_unqueue(l, &b.task);
	loop_queue(l, &end.task);
	loop_run(l);
	assert_string_equal(seen, "a end");
}

/* Two tasks that never rest, the last of the turn taken away: a timer must come all the same. */
static void tasks_do_not_starve_timers(void **state)
{
	struct ev a, b, gone, end;

	(void)state;
	ev_init(&a, "", then_queue_again);
	ev_init(&b, "", then_unqueue_other);
	ev_init(&gone, "never", NULL);
	ev_init(&end, "end", then_stop);
	b.other = &gone;
	loop_queue(l, &a.task);
	loop_queue(l, &b.task);
	loop_queue(l, &gone.task);
	loop_timer_start(&end.timer, 0);
	loop_run(l);
	loop_unqueue(l, &a.task);
	assert_null(strstr(seen, "never"));
	assert_non_null(strstr(seen, "end"));
}

static void real_timers_in_order_of_time(void **state)
{
	struct ev a, b, c, end;
	int64_t began = clock_mono_us();

	(void)state;
	ev_init(&a, "a", NULL);
	ev_init(&b, "b", NULL);
	ev_init(&c, "c", NULL);
	ev_init(&end, "end", then_stop);
	loop_timer_start(&end.timer, CLOCK_MS(4));
	loop_timer_start(&b.timer, CLOCK_MS(3));
	loop_timer_start(&a.timer, CLOCK_MS(1));
	loop_timer_start(&c.timer, CLOCK_MS(2));
	loop_timer_stop(&c.timer);
	loop_timer_stop(&c.timer);
	assert_true(loop_timer_started(&a.timer));
	assert_false(loop_timer_started(&c.timer));
	loop_run(l);
	assert_string_equal(seen, "a b end");
	assert_true(clock_mono_us() - began >= CLOCK_MS(4));
	assert_false(loop_timer_started(&a.timer));
}

static void read_one(int fd, uint32_t events, void *arg)
{
	char c[2] = "";

	assert_true(events & (EPOLLIN | EPOLLHUP));
	note(read(fd, c, 1) == 1 ? c : "closed");
	(void)arg;
}

static void read_and_stop(int fd, uint32_t events, void *arg)
{
	read_one(fd, events, arg);
	loop_stop(l);
}

static void descriptors(void **state)
{
	int s[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s), 0);
	assert_int_equal(loop_fd_add(l, s[0], EPOLLIN, read_and_stop, NULL), 0);
	assert_int_equal(loop_fd_add(l, s[0], EPOLLIN, read_and_stop, NULL), -EEXIST);
	assert_int_equal(loop_fd_add(l, -1, EPOLLIN, read_and_stop, NULL), -EBADF);
	assert_int_equal(loop_fd_change(l, s[1], EPOLLIN), -ENOENT);
	assert_int_equal(write(s[1], "x", 1), 1);
	loop_run(l);
	assert_int_equal(loop_fd_change(l, s[0], 0), 0);
	assert_int_equal(loop_fd_change(l, s[0], EPOLLIN), 0);
	(void)close(s[1]);
	loop_run(l);
	assert_string_equal(seen, "x closed");
	loop_fd_del(l, s[0]);
	loop_fd_del(l, s[0]);
	(void)close(s[0]);
}

static int pair[2][2];

static void del_both(int fd, uint32_t events, void *arg)
{
	(void)fd;
	(void)events;
	(void)arg;
	note("one");
	loop_fd_del(l, pair[0][0]);
	loop_fd_del(l, pair[1][0]);
	loop_stop(l);
}

/* Both are ready in the same turn: the second, deleted (and its memory given back) by the first, must not be called. */
static void a_deleted_descriptor_is_not_called(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair[i]), 0);
		assert_int_equal(loop_fd_add(l, pair[i][0], EPOLLIN, del_both, NULL), 0);
		assert_int_equal(write(pair[i][1], "x", 1), 1);
	}
	loop_run(l);
	assert_string_equal(seen, "one");
	for (unsigned i = 0; i < 4; i++)
		(void)close(pair[i / 2][i % 2]);
}

static void a_busy_timer_does_not_starve_descriptors(void **state)
{
	struct ev busy;
	int s[2];

	(void)state;
	ev_init(&busy, "", then_start_again);
	busy.left = UINT32_MAX;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s), 0);
	assert_int_equal(loop_fd_add(l, s[0], EPOLLIN, read_and_stop, NULL), 0);
	assert_int_equal(write(s[1], "x", 1), 1);
	loop_timer_start(&busy.timer, 0);
	loop_run(l);
	loop_timer_stop(&busy.timer);
	loop_fd_del(l, s[0]);
	(void)close(s[0]);
	(void)close(s[1]);
}

#define POSTS 2000
struct poster {
	pthread_t        thread;
	struct loop_task task[POSTS];
	unsigned         ran;  /* in order: the n-th is task[n] */
};
static struct poster posters[3];
static unsigned      posters_over;

static void post_ran(struct loop_task *t)
{
	assert_true(loop_is_mine(l));
	for (unsigned i = 0; i < ARRAY_LEN(posters); i++)
		if (t >= posters[i].task && t < posters[i].task + POSTS) {
			assert_ptr_equal(t, &posters[i].task[posters[i].ran]);
			if (++posters[i].ran == POSTS && ++posters_over == ARRAY_LEN(posters))
				loop_stop(l);
		}
}

static void *post_all(void *arg)
{
	struct poster *p = arg;

	assert(!loop_is_mine(l));
	for (unsigned i = 0; i < POSTS; i++) {
		p->task[i].run = post_ran;
		loop_post(l, &p->task[i]);
	}
	return NULL;
}

static void posts_of_threads_arrive_in_order(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(posters); i++)
		assert_int_equal(pthread_create(&posters[i].thread, NULL, post_all, &posters[i]), 0);
	loop_run(l);
	for (unsigned i = 0; i < ARRAY_LEN(posters); i++) {
		assert_int_equal(pthread_join(posters[i].thread, NULL), 0);
		assert_int_equal(posters[i].ran, POSTS);
	}
}

/* What a child does must end in an assertion. */
static void dies(void (*fn)(void))
{
	int status = 0;
	pid_t pid;

	(void)fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)signal(SIGABRT, SIG_DFL); /* cmocka's and the sanitizers' */
		(void)close(STDERR_FILENO);
		fn();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
}

static struct ev left_over;
static void free_with_timer(void)
{
	loop_timer_start(&left_over.timer, 1);
	loop_free(l);
}
static void free_with_task(void)
{
	loop_queue(l, &left_over.task);
	loop_free(l);
}
static void free_with_post(void)
{
	loop_post(l, &left_over.task);
	loop_free(l);
}
static void free_with_descriptor(void)
{
	(void)loop_fd_add(l, pair[0][0], EPOLLIN, read_one, NULL);
	loop_free(l);
}
static void free_with_work(void)
{
	loop_outstanding(l, 1);
	loop_free(l);
}
static void count_below_zero(void)
{
	loop_outstanding(l, -1);
}
static void *queue_elsewhere(void *arg)
{
	loop_queue(l, &left_over.task);
	return arg;
}
static void queue_from_another_thread(void)
{
	pthread_t t;

	(void)pthread_create(&t, NULL, queue_elsewhere, NULL);
	(void)pthread_join(t, NULL);
}

static void misuse_is_asserted(void **state)
{
	(void)state;
	ev_init(&left_over, "left over", NULL);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair[0]), 0);
	dies(free_with_timer);
	dies(free_with_task);
	dies(free_with_post);
	dies(free_with_descriptor);
	dies(free_with_work);
	dies(count_below_zero);
	dies(queue_from_another_thread);
	(void)close(pair[0][0]);
	(void)close(pair[0][1]);
}

/* ---- in virtual time ---- */

static void virtual_time_moves_to_the_next_timer(void **state)
{
	struct ev a, b;

	(void)state;
	ev_init(&a, "a", NULL);
	ev_init(&b, "b", NULL);
	loop_timer_start(&a.timer, CLOCK_SEC(86400 * 3));
	loop_timer_start(&b.timer, 7);
	loop_run_until(l, CLOCK_SEC(2), NULL);
	assert_string_equal(seen, "b");
	assert_int_equal(clock_mono_us(), CLOCK_SEC(2));
	loop_run_until(l, CLOCK_SEC(1 + 86400 * 3), NULL); /* what is due at the end is done */
	assert_string_equal(seen, "b a");
	assert_int_equal(clock_mono_us(), CLOCK_SEC(1 + 86400 * 3));
	loop_run_until(l, 5, NULL); /* past: time does not go back */
	assert_int_equal(clock_mono_us(), CLOCK_SEC(1 + 86400 * 3));
}

static void equal_times_in_order_of_starting(void **state)
{
	struct ev e[20];
	char names[20][4];

	(void)state;
	for (unsigned i = 0; i < 20; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "%u", i);
		ev_init(&e[i], names[i], NULL);
		loop_timer_start_at(&e[i].timer, CLOCK_SEC(5));
	}
	loop_timer_start_at(&e[3].timer, CLOCK_SEC(5)); /* restarted: now the last */
	loop_timer_stop(&e[10].timer);
	loop_run_until(l, CLOCK_SEC(6), NULL);
	assert_string_equal(seen, "0 1 2 4 5 6 7 8 9 11 12 13 14 15 16 17 18 19 3");
}

static void what_a_timer_queues_runs_before_the_next(void **state)
{
	struct ev a, b, task;

	(void)state;
	ev_init(&a, "a", then_queue_other);
	ev_init(&b, "b", NULL);
	ev_init(&task, "task", NULL);
	a.other = &task;
	loop_timer_start(&a.timer, 10);
	loop_timer_start(&b.timer, 11);
	loop_run_until(l, CLOCK_SEC(2), NULL);
	assert_string_equal(seen, "a task b");
}

static void a_timer_stops_another_of_the_same_time(void **state)
{
	struct ev a, b;

	(void)state;
	ev_init(&a, "a", then_stop_other_timer);
	ev_init(&b, "b", NULL);
	a.other = &b;
	loop_timer_start(&a.timer, 10);
	loop_timer_start(&b.timer, 10);
	loop_run_until(l, CLOCK_SEC(2), NULL);
	assert_string_equal(seen, "a");
}

static void far_delays_do_not_wrap(void **state)
{
	struct ev a, b;

	(void)state;
	ev_init(&a, "a", NULL);
	ev_init(&b, "b", NULL);
	loop_timer_start(&a.timer, CLOCK_NEVER);
	loop_timer_start(&b.timer, -5); /* late already: now */
	loop_run_until(l, CLOCK_SEC(1000000), NULL);
	assert_string_equal(seen, "b");
	loop_timer_stop(&a.timer);
}

/* Random starts and stops against a plain search for the earliest. */
static void the_heap_agrees_with_a_search(void **state)
{
	enum { N = 300 };
	static struct ev e[N];
	static char names[N][8];
	uint64_t order[N], count = 0;

	(void)state;
	random_seed(7);
	for (unsigned i = 0; i < N; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "%u", i);
		ev_init(&e[i], names[i], NULL);
	}
	for (unsigned step = 0; step < 20000; step++) {
		unsigned i = random_below(N), next = N;

		switch (random_below(4)) {
		case 0:
		case 1:
			loop_timer_start(&e[i].timer, 1 + random_below(1000));
			order[i] = count++;
			break;
		case 2:
			loop_timer_stop(&e[i].timer);
			break;
		case 3:
			for (unsigned k = 0; k < N; k++)
				if (loop_timer_started(&e[k].timer) &&
				    (next == N || e[k].timer.at_us < e[next].timer.at_us ||
				     (e[k].timer.at_us == e[next].timer.at_us && order[k] < order[next])))
					next = k;
			if (next == N)
				break;
			seen[0] = '\0';
			loop_run_until(l, e[next].timer.at_us, NULL);
			seen[strcspn(seen, " ")] = '\0'; /* of those of the same time the first */
			assert_string_equal(seen, names[next]);
			assert_false(loop_timer_started(&e[next].timer));
			break;
		}
	}
	for (unsigned i = 0; i < N; i++)
		loop_timer_stop(&e[i].timer);
}

static bool flag;
static void then_flag(struct ev *e)
{
	(void)e;
	flag = true;
}

static void run_until_a_flag(void **state)
{
	struct ev a, b;

	(void)state;
	ev_init(&a, "a", then_flag);
	ev_init(&b, "b", NULL);
	flag = false;
	loop_timer_start(&a.timer, 10);
	loop_timer_start(&b.timer, 20);
	loop_run_until(l, CLOCK_SEC(2), &flag);
	assert_string_equal(seen, "a");
	assert_int_equal(clock_mono_us(), CLOCK_SEC(1) + 10);
	loop_timer_stop(&b.timer);
	ev_init(&b, "b", then_stop);
	loop_timer_start(&b.timer, CLOCK_SEC(100));
	loop_run(l); /* until loop_stop(), in virtual time as well */
	assert_string_equal(seen, "a b");
	assert_int_equal(clock_mono_us(), CLOCK_SEC(101) + 10);
}

static int  across[2];
static void then_write(struct ev *e)
{
	assert_int_equal(write(across[1], e->name, 1), 1);
}
static int64_t read_at_us;
static void read_and_tell(int fd, uint32_t events, void *arg)
{
	read_one(fd, events, arg);
	read_at_us = clock_mono_us();
}

/* What is written to a descriptor of the same loop is read before time hops to a timer that is far. */
static void descriptors_before_a_long_hop(void **state)
{
	struct ev a, b, far;

	(void)state;
	ev_init(&a, "a", NULL);
	ev_init(&b, "b", then_write);
	ev_init(&far, "far", NULL);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, across), 0);
	assert_int_equal(loop_fd_add(l, across[0], EPOLLIN, read_and_tell, NULL), 0);
	loop_timer_start(&a.timer, CLOCK_MS(10));
	loop_timer_start(&b.timer, CLOCK_MS(11)); /* soon after the descriptors were looked at */
	loop_timer_start(&far.timer, CLOCK_SEC(30));
	loop_run_until(l, CLOCK_SEC(60), NULL);
	assert_string_equal(seen, "a b b far");
	assert_true(read_at_us < CLOCK_SEC(1) + CLOCK_MS(30));
	loop_fd_del(l, across[0]);
	(void)close(across[0]);
	(void)close(across[1]);
}

static void ready_again(int fd, uint32_t events, void *arg)
{
	(void)fd;
	(void)events;
	++*(unsigned *)arg;
}

/* A descriptor that is always ready is called again and again, but does not hold time. */
static void a_ready_descriptor_does_not_stop_time(void **state)
{
	unsigned times = 0;
	int s[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s), 0);
	assert_int_equal(loop_fd_add(l, s[0], EPOLLOUT, ready_again, &times), 0);
	loop_run_until(l, CLOCK_SEC(2), NULL);
	assert_true(times > 0);
	loop_fd_del(l, s[0]);
	(void)close(s[0]);
	(void)close(s[1]);
}

static void then_count_down(struct ev *e)
{
	(void)e;
	loop_outstanding(l, -1);
}

static struct ev done;
static int64_t   done_at_us;
static void      then_remember_time(struct ev *e)
{
	then_count_down(e);
	done_at_us = clock_mono_us();
}

static void *work_then_post(void *arg)
{
	struct timespec ms5 = { .tv_nsec = 5000000 };

	(void)nanosleep(&ms5, NULL); /* a worker that takes its time: the point of this test */
	loop_post(l, &done.task);
	return arg;
}

static void time_waits_for_outstanding_work(void **state)
{
	struct ev timer;
	pthread_t t;

	(void)state;
	ev_init(&done, "done", then_remember_time);
	ev_init(&timer, "timer", NULL);
	loop_timer_start(&timer.timer, 1);
	loop_outstanding(l, 1);
	assert_int_equal(pthread_create(&t, NULL, work_then_post, NULL), 0);
	loop_run_until(l, CLOCK_SEC(2), NULL);
	assert_int_equal(pthread_join(t, NULL), 0);
	assert_string_equal(seen, "done timer");
	assert_int_equal(done_at_us, CLOCK_SEC(1));
}

static void count_tick(struct loop_timer *t)
{
	struct ev *e = container_of(t, struct ev, timer);

	if (e->left-- > 0)
		loop_timer_start(t, e->every_us);
}

static double cpu_s(const struct rusage *u)
{
	return (double)(u->ru_utime.tv_sec + u->ru_stime.tv_sec) + (double)(u->ru_utime.tv_usec + u->ru_stime.tv_usec) / 1e6;
}

/* Three virtual hours of ticks. The number is for people; the bound finds what costs more with every tick, on slow machines
 * too. */
static void ticks_are_cheap(void **state)
{
	struct rusage began, ended;
	struct ev tick;
	double s;

	(void)state;
	ev_init(&tick, "tick", NULL);
	tick.timer.fire = count_tick;
	tick.left = 100 * 3600 * 3;
	tick.every_us = CLOCK_MS(10);
	loop_timer_start(&tick.timer, 0);
	(void)getrusage(RUSAGE_SELF, &began);
	loop_run_until(l, CLOCK_SEC(4 * 3600), NULL);
	(void)getrusage(RUSAGE_SELF, &ended);
	assert_false(loop_timer_started(&tick.timer));
	s = cpu_s(&ended) - cpu_s(&began);
	assert_true(s < 60);
	print_message("1080000 ticks: %.2f s, %.2f us each\n", s, s / 1.08);
}

#define real_test(f)    cmocka_unit_test_setup_teardown(f, setup, teardown)
#define virtual_test(f) cmocka_unit_test_setup_teardown(f, setup_virtual, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		real_test(tasks_run_in_order_once_each),
		real_test(unqueueing_the_last_keeps_the_list_whole),
		real_test(tasks_do_not_starve_timers),
		real_test(real_timers_in_order_of_time),
		real_test(descriptors),
		real_test(a_deleted_descriptor_is_not_called),
		real_test(a_busy_timer_does_not_starve_descriptors),
		real_test(posts_of_threads_arrive_in_order),
		real_test(misuse_is_asserted),
		virtual_test(virtual_time_moves_to_the_next_timer),
		virtual_test(equal_times_in_order_of_starting),
		virtual_test(what_a_timer_queues_runs_before_the_next),
		virtual_test(a_timer_stops_another_of_the_same_time),
		virtual_test(far_delays_do_not_wrap),
		virtual_test(the_heap_agrees_with_a_search),
		virtual_test(run_until_a_flag),
		virtual_test(descriptors_before_a_long_hop),
		virtual_test(a_ready_descriptor_does_not_stop_time),
		virtual_test(time_waits_for_outstanding_work),
		virtual_test(ticks_are_cheap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
