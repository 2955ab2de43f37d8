/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The control socket: its protocol, its limits, and that no octets from a client hurt it. The server has a thread of its own, the
 * test is the client. */
#include "control/control.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "control/client.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/magic.h"
#include "core/random.h"

#define WAIT_US CLOCK_SEC(20)

struct fixture {
	char                     dir[64], path[96];
	pthread_t                thread;
	sem_t                    ready, posted;
	struct loop             *loop;
	struct control_server   *server;
	struct counter_registry  counters;
	struct loop_task         stop;
	struct control_request  *kept[CONTROL_PENDING_MAX];
	unsigned                 kept_count;
	_Atomic unsigned         answered;
	int                      err;
};

/* ---- the node's side ---- */

static void command_echo(struct control_request *r, const json_t *args, void *arg)
{
	(void)arg;
	control_reply(r, args ? json_incref((json_t *)args) : NULL);
}

static void command_refuse(struct control_request *r, const json_t *args, void *arg)
{
	const char *text = json_string_value(json_object_get(args, "text"));

	(void)arg;
	if (text)
		control_fail(r, CONTROL_BUSY, "%s", text);
	else
		control_fail_errno(r, -ENOENT, "call 17");
}

static void command_keep(struct control_request *r, const json_t *args, void *arg)
{
	struct fixture *f = arg;

	(void)args;
	f->kept[f->kept_count++] = r;
}

/* Answers those kept, last first. */
static void command_release(struct control_request *r, const json_t *args, void *arg)
{
	struct fixture *f = arg;

	(void)args;
	while (f->kept_count > 0) {
		f->kept_count--;
		control_reply(f->kept[f->kept_count], json_integer(f->kept_count));
		f->answered++;
	}
	control_reply(r, NULL);
}

static void command_tell(struct control_request *r, const json_t *args, void *arg)
{
	struct fixture *f = arg;
	const char *topic = json_string_value(json_object_get(args, "topic"));

	control_event(f->server, topic, json_pack("{s:s}", "about", topic));
	control_reply(r, json_boolean(control_wanted(f->server, topic)));
}

static void command_big(struct control_request *r, const json_t *args, void *arg)
{
	static const size_t len = 1024 * 1024;
	char *text = malloc(len);

	(void)args;
	(void)arg;
	memset(text, 'x', len);
	control_reply(r, json_stringn(text, len));
	free(text);
}

static void stop_run(struct loop_task *t)
{
	loop_stop(container_of(t, struct fixture, stop)->loop);
}

static void *server_thread(void *arg)
{
	struct fixture *f = arg;

	f->err = loop_alloc(&f->loop);
	if (!f->err)
		f->err = control_server_alloc(&f->server, f->loop, &f->counters, f->path);
	if (!f->err) {
		(void)control_register(f->server, "echo", "ANY", "args come back", command_echo, f);
		(void)control_register(f->server, "refuse", "", "refused", command_refuse, f);
		(void)control_register(f->server, "keep", "", "answered later", command_keep, f);
		(void)control_register(f->server, "release", "", "now", command_release, f);
		(void)control_register(f->server, "tell", "topic", "an event", command_tell, f);
		(void)control_register(f->server, "big", "", "a megabyte", command_big, f);
	}
	sem_post(&f->ready);
	if (!f->err)
		loop_run(f->loop);
	sem_wait(&f->posted); /* loop_post() has returned: the loop may be freed */
	control_server_free(f->server);
	while (f->kept_count > 0) /* their clients and the server have gone */
		control_reply(f->kept[--f->kept_count], json_true());
	loop_free(f->loop);
	return NULL;
}

static void quiet(enum log_level level, const char *line, void *arg)
{
	(void)level;
	(void)line;
	(void)arg;
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	log_set_sink(quiet, NULL);
	(void)snprintf(f->dir, sizeof(f->dir), "/tmp/partyline-control-XXXXXX"); /* for mkdtemp */
	if (mkdtemp(f->dir) == NULL)
		return -1;
	(void)snprintf(f->path, sizeof(f->path), "%s/socket", f->dir);
	f->stop.run = stop_run;
	sem_init(&f->ready, 0, 0);
	sem_init(&f->posted, 0, 0);
	if (pthread_create(&f->thread, NULL, server_thread, f) != 0)
		return -1;
	sem_wait(&f->ready);
	*state = f;
	return f->err;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	int gone;

	loop_post(f->loop, &f->stop);
	sem_post(&f->posted);
	pthread_join(f->thread, NULL);
	gone = access(f->path, F_OK) != 0; /* the server removes its socket */
	rmdir(f->dir);
	sem_destroy(&f->ready);
	sem_destroy(&f->posted);
	free(f);
	return gone ? 0 : -1;
}

/* ---- the client's side ---- */

static uint64_t counter(struct fixture *f, const char *name)
{
	struct counter_group *g = f->counters.first;

	for (unsigned i = 0; i < g->count; i++)
		if (strcmp(g->desc[i].name, name) == 0)
			return counter_get(&g->values[i]);
	fail_msg("no counter %s", name);
	return 0;
}

static int raw_open(const struct fixture *f)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", f->path);
	assert_int_equal(connect(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	return fd;
}

static void raw_send(int fd, const void *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);

		if (n <= 0)
			return; /* it hung up on us: the reader will see */
		bytes = (const char *)bytes + n;
		len -= (size_t)n;
	}
}

/* One line, NULL at the end of the connection. */
static json_t *raw_line(int fd)
{
	static char text[64 * 1024];
	size_t len = 0;
	json_t *j;

	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		ssize_t n;

		assert_int_equal(poll(&p, 1, 20000), 1);
		n = recv(fd, text + len, 1, 0);
		if (n <= 0)
			return NULL;
		if (text[len] == '\n')
			break;
		assert_true(++len < sizeof(text));
	}
	j = json_loadb(text, len, 0, NULL);
	assert_non_null(j);
	return j;
}

static void expect_error(int fd, const char *code)
{
	json_t *j = raw_line(fd);

	assert_non_null(j);
	assert_int_equal(json_integer_value(json_object_get(j, "v")), 1);
	assert_true(json_is_false(json_object_get(j, "ok")));
	assert_string_equal(json_string_value(json_object_get(j, "code")), code);
	assert_true(json_string_length(json_object_get(j, "error")) > 0);
	json_decref(j);
}

static void expect_alive(struct fixture *f)
{
	json_t *result;

	assert_int_equal(control_call(f->path, "echo", json_pack("{s:i}", "n", 5), &result, NULL, WAIT_US), 0);
	assert_int_equal(json_integer_value(json_object_get(result, "n")), 5);
	json_decref(result);
}

static void control_questions_are_answered(void **state)
{
	struct fixture *f = *state;
	struct control_problem problem;
	struct control_client *c;
	json_t *result;
	struct stat st;
	bool found = false;
	size_t i;
	json_t *v;

	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(control_client_open(&c, f->path), 0);
	assert_int_equal(control_client_call(c, "echo", json_pack("{s:s}", "name", "\xe7\x94\xb5"), &result, &problem, WAIT_US),
	                 0);
	assert_string_equal(json_string_value(json_object_get(result, "name")), "\xe7\x94\xb5");
	json_decref(result);
	assert_int_equal(control_client_call(c, "echo", NULL, &result, &problem, WAIT_US), 0);
	assert_true(json_is_null(result));
	assert_int_equal(control_client_call(c, "nonsense", NULL, &result, &problem, WAIT_US), -EREMOTEIO);
	assert_string_equal(problem.code, CONTROL_UNKNOWN);
	assert_int_equal(control_client_call(c, "refuse", json_pack("{s:s}", "text", "not now"), &result, &problem, WAIT_US),
	                 -EREMOTEIO);
	assert_string_equal(problem.code, CONTROL_BUSY);
	assert_string_equal(problem.text, "not now");
	assert_int_equal(control_client_call(c, "refuse", NULL, &result, &problem, WAIT_US), -EREMOTEIO);
	assert_string_equal(problem.code, CONTROL_NOT_FOUND);
	assert_int_equal(control_client_call(c, "help", NULL, &result, &problem, WAIT_US), 0);
	json_array_foreach(result, i, v)
		found = found || strcmp(json_string_value(json_object_get(v, "cmd")), "echo") == 0;
	assert_true(found);
	json_decref(result);
	control_client_close(c);
	assert_int_equal(control_call("/nonexistent/socket", "echo", json_object(), &result, NULL, WAIT_US), -ENOENT);
}

static void control_a_large_answer_arrives_whole(void **state)
{
	struct fixture *f = *state;
	json_t *result;

	assert_int_equal(control_call(f->path, "big", NULL, &result, NULL, WAIT_US), 0);
	assert_int_equal(json_string_length(result), 1024 * 1024);
	json_decref(result);
}

static void control_answers_later(void **state)
{
	static const char ask[] = "{\"v\":1,\"id\":\"a\",\"cmd\":\"keep\"}\n{\"v\":1,\"id\":2,\"cmd\":\"keep\",\"args\":{}}\n{"
	                          "\"v\":1,\"cmd\":\"release\"}\n";
	struct fixture *f = *state;
	int fd = raw_open(f);
	json_t *j;

	raw_send(fd, ask, sizeof(ask) - 1);
	j = raw_line(fd);
	assert_int_equal(json_integer_value(json_object_get(j, "id")), 2);
	assert_int_equal(json_integer_value(json_object_get(j, "result")), 1);
	json_decref(j);
	j = raw_line(fd);
	assert_string_equal(json_string_value(json_object_get(j, "id")), "a");
	json_decref(j);
	j = raw_line(fd);
	assert_true(json_is_null(json_object_get(j, "id")));
	assert_true(json_is_true(json_object_get(j, "ok")));
	json_decref(j);
	close(fd);
}

static void control_a_client_that_left_harms_nothing(void **state)
{
	static const char ask[] = "{\"v\":1,\"id\":1,\"cmd\":\"keep\"}\n";
	struct fixture *f = *state;
	struct control_problem problem;
	json_t *result;
	int fd = raw_open(f);

	raw_send(fd, ask, sizeof(ask) - 1);
	close(fd);
	while (f->answered == 0) { /* its request may not have arrived yet */
		assert_int_equal(control_call(f->path, "release", NULL, &result, &problem, WAIT_US), 0);
	}
	assert_int_equal(f->answered, 1);
	/* and one that is still waiting when the server ends: see server_thread() */
	assert_int_equal(control_call(f->path, "keep", NULL, &result, &problem, CLOCK_MS(50)), -ETIMEDOUT);
	expect_alive(f);
}

static void control_a_client_may_only_read_on(void **state)
{
	static const char ask[] = "{\"v\":1,\"id\":1,\"cmd\":\"keep\"}\n{\"v\":1,\"id\":2,\"cmd\":\"echo\"}\nrest";
	struct fixture *f = *state;
	json_t *result, *j;
	int fd = raw_open(f);

	raw_send(fd, ask, sizeof(ask) - 1);
	shutdown(fd, SHUT_WR);
	j = raw_line(fd);
	assert_int_equal(json_integer_value(json_object_get(j, "id")), 2);
	json_decref(j);
	expect_error(fd, CONTROL_SYNTAX); /* a line without its end */
	assert_int_equal(control_call(f->path, "release", NULL, &result, NULL, WAIT_US), 0);
	j = raw_line(fd);
	assert_int_equal(json_integer_value(json_object_get(j, "id")), 1);
	json_decref(j);
	assert_null(raw_line(fd)); /* then it hangs up */
	close(fd);
}

static void control_malformed_lines_are_told_and_counted(void **state)
{
	static const struct {
		const char *line, *code;
	} t[] = {
		{ "hello", CONTROL_SYNTAX },
		{ "{", CONTROL_SYNTAX },
		{ "[]", CONTROL_SYNTAX },
		{ "7", CONTROL_SYNTAX },
		{ "{}", CONTROL_SYNTAX },
		{ "{\"v\":1}", CONTROL_SYNTAX },
		{ "{\"v\":\"1\",\"cmd\":\"echo\"}", CONTROL_SYNTAX },
		{ "{\"v\":2,\"cmd\":\"echo\"}", CONTROL_VERSION_BAD },
		{ "{\"v\":1,\"cmd\":7}", CONTROL_SYNTAX },
		{ "{\"v\":1,\"id\":[],\"cmd\":\"echo\"}", CONTROL_SYNTAX },
		{ "{\"v\":1,\"id\":1.5,\"cmd\":\"echo\"}", CONTROL_SYNTAX },
		{ "{\"v\":1,\"cmd\":\"echo\",\"args\":[]}", CONTROL_SYNTAX },
		{ "{\"v\":1,\"v\":1,\"cmd\":\"echo\"}", CONTROL_SYNTAX },
		{ "{\"v\":1,\"cmd\":\"echo\"} trailing", CONTROL_SYNTAX },
		{ "{\"v\":1,\"cmd\":\"\xff\xfe\"}", CONTROL_SYNTAX },
		{ "{\"v\":1,\"cmd\":\"ec\\u0000ho\"}", CONTROL_SYNTAX },
	};
	struct fixture *f = *state;
	int fd = raw_open(f);
	char deep[4001];

	for (unsigned i = 0; i < ARRAY_LEN(t); i++) {
		raw_send(fd, t[i].line, strlen(t[i].line));
		raw_send(fd, "\r\n\n", 3); /* empty lines are nothing */
		expect_error(fd, t[i].code);
		assert_int_equal(counter(f, "malformed"), i + 1);
	}
	memset(deep, '[', sizeof(deep) - 1);
	deep[sizeof(deep) - 1] = '\n';
	raw_send(fd, deep, sizeof(deep));
	expect_error(fd, CONTROL_SYNTAX);
	close(fd);
	expect_alive(f);
}

static void control_a_line_too_long_ends_the_connection(void **state)
{
	struct fixture *f = *state;
	char *text = malloc(CONTROL_LINE_MAX + 10);
	int fd = raw_open(f);

	/* the longest that is allowed */
	memset(text, ' ', CONTROL_LINE_MAX);
	memcpy(text, "{\"v\":1,\"cmd\":\"echo\"}", 20);
	text[CONTROL_LINE_MAX - 1] = '\n';
	raw_send(fd, text, CONTROL_LINE_MAX);
	json_decref(raw_line(fd));
	memset(text, 'a', CONTROL_LINE_MAX + 10);
	raw_send(fd, text, CONTROL_LINE_MAX + 10);
	expect_error(fd, CONTROL_SYNTAX);
	assert_null(raw_line(fd));
	assert_int_equal(counter(f, "dropped_clients"), 1);
	close(fd);
	free(text);
	expect_alive(f);
}

static void control_clients_are_limited(void **state)
{
	struct fixture *f = *state;
	int fd[CONTROL_CLIENTS_MAX + 1];

	for (unsigned i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		static const char ask[] = "{\"v\":1,\"cmd\":\"echo\"}\n";

		fd[i] = raw_open(f);
		raw_send(fd[i], ask, sizeof(ask) - 1);
		json_decref(raw_line(fd[i]));
	}
	fd[CONTROL_CLIENTS_MAX] = raw_open(f);
	expect_error(fd[CONTROL_CLIENTS_MAX], CONTROL_BUSY);
	assert_null(raw_line(fd[CONTROL_CLIENTS_MAX]));
	assert_int_equal(counter(f, "refused_clients"), 1);
	for (unsigned i = 0; i <= CONTROL_CLIENTS_MAX; i++)
		close(fd[i]);
	/* room again, once the server has noticed */
	for (unsigned i = 0;; i++) {
		json_t *result;

		if (control_call(f->path, "echo", NULL, &result, NULL, WAIT_US) == 0)
			break;
		assert_true(i < 1000);
	}
}

static void control_questions_are_limited(void **state)
{
	static const char ask[] = "{\"v\":1,\"id\":9,\"cmd\":\"keep\"}\n";
	struct fixture *f = *state;
	int fd = raw_open(f);

	for (unsigned i = 0; i <= CONTROL_PENDING_MAX; i++)
		raw_send(fd, ask, sizeof(ask) - 1);
	expect_error(fd, CONTROL_BUSY);
	close(fd);
	expect_alive(f);
}

static void control_a_client_that_does_not_read_is_dropped(void **state)
{
	static const char ask[] = "{\"v\":1,\"cmd\":\"big\"}\n";
	struct fixture *f = *state;
	int fd = raw_open(f);

	for (unsigned i = 0; i < 2 + CONTROL_OUTPUT_MAX / (1024 * 1024); i++)
		raw_send(fd, ask, sizeof(ask) - 1);
	for (unsigned i = 0; counter(f, "dropped_clients") == 0; i++) {
		expect_alive(f);
		assert_true(i < 10000);
	}
	close(fd);
}

static void control_events_come_to_those_who_asked(void **state)
{
	struct fixture *f = *state;
	struct control_client *all, *calls;
	json_t *result, *event;

	assert_int_equal(control_client_open(&all, f->path), 0);
	assert_int_equal(control_client_open(&calls, f->path), 0);
	assert_int_equal(control_client_call(all, "subscribe", NULL, &result, NULL, WAIT_US), 0);
	assert_int_equal(control_client_call(calls, "subscribe", json_pack("{s:[s]}", "topics", "call"), &result, NULL, WAIT_US),
	                 0);
	assert_int_equal(control_call(f->path, "tell", json_pack("{s:s}", "topic", "span"), &result, NULL, WAIT_US), 0);
	assert_true(json_is_true(result));
	assert_int_equal(control_call(f->path, "tell", json_pack("{s:s}", "topic", "call"), &result, NULL, WAIT_US), 0);
	assert_int_equal(control_client_event(all, &event, WAIT_US), 0);
	assert_string_equal(json_string_value(json_object_get(event, "event")), "span");
	json_decref(event);
	assert_int_equal(control_client_event(all, &event, WAIT_US), 0);
	assert_string_equal(json_string_value(json_object_get(event, "event")), "call");
	json_decref(event);
	assert_int_equal(control_client_event(calls, &event, WAIT_US), 0);
	assert_string_equal(json_string_value(json_object_get(json_object_get(event, "data"), "about")), "call");
	json_decref(event);
	assert_int_equal(control_client_event(calls, &event, CLOCK_MS(30)), -ETIMEDOUT);
	/* an event in front of an answer is no answer */
	assert_int_equal(control_client_call(all, "tell", json_pack("{s:s}", "topic", "node"), &result, NULL, WAIT_US), 0);
	assert_true(json_is_true(result));
	assert_int_equal(control_client_call(all, "unsubscribe", NULL, &result, NULL, WAIT_US), 0);
	assert_int_equal(control_client_call(all, "tell", json_pack("{s:s}", "topic", "node"), &result, NULL, WAIT_US), 0);
	assert_true(json_is_false(result));
	assert_int_equal(control_client_call(all, "subscribe", json_pack("{s:s}", "topics", "call"), &result, NULL, WAIT_US),
	                 -EREMOTEIO);
	assert_int_equal(control_client_call(all, "subscribe", json_pack("{s:[i]}", "topics", 7), &result, NULL, WAIT_US),
	                 -EREMOTEIO);
	control_client_close(all);
	control_client_close(calls);
}

/* Command lines cut, mixed with noise and sent in pieces: the server answers the next client as ever. */
static void control_survives_any_bytes(void **state)
{
	static const char *const seeds[] = { "{\"v\":1,\"id\":3,\"cmd\":\"echo\",\"args\":{\"a\":[1,2,{\"b\":null}]}}\n",
		                             "{\"v\":1,\"cmd\":\"subscribe\"}\n",
		                             "{\"v\":1,\"cmd\":\"refuse\",\"args\":{\"text\":\"\\u00e9\"}}\n",
		                             "{\"v\":1,\"cmd\":\"tell\",\"args\":{\"topic\":\"x\"}}\n" };
	struct fixture *f = *state;

	random_seed(11);
	for (unsigned i = 0; i < 2000; i++) {
		char buf[600];
		size_t len = 0;
		int fd = raw_open(f);

		for (unsigned k = random_below(6) + 1; k > 0; k--) {
			const char *s = seeds[random_below(ARRAY_LEN(seeds))];
			size_t at = len;

			memcpy(buf + len, s, strlen(s));
			len += strlen(s);
			for (unsigned m = random_below(4); m > 0; m--)
				buf[at + random_below((uint32_t)(len - at))] = (char)random_below(256);
		}
		raw_send(fd, buf, random_below((uint32_t)len) + 1);
		close(fd);
	}
	expect_alive(f);
	assert_true(counter(f, "malformed") > 100);
}

static void control_socket_files(void **state)
{
	struct fixture *f = *state;
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	struct control_server *s;
	struct loop *l;
	char path[96], longpath[256];
	int fd;
	FILE *file;

	assert_int_equal(loop_alloc(&l), 0);
	/* somebody listens */
	assert_int_equal(control_server_alloc(&s, l, NULL, f->path), -EADDRINUSE);
	/* a file that is no socket is not ours to remove */
	(void)snprintf(path, sizeof(path), "%s/file", f->dir);
	file = fopen(path, "w");
	fclose(file);
	assert_int_equal(control_server_alloc(&s, l, NULL, path), -EADDRINUSE);
	assert_int_equal(unlink(path), 0);
	/* what a dead process left is replaced */
	(void)snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", path);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	close(fd);
	assert_int_equal(control_server_alloc(&s, l, NULL, path), 0);
	assert_int_equal(control_register(s, "help", "", "", command_echo, NULL), -EEXIST);
	/* and when another has taken our place, the file is his */
	assert_int_equal(unlink(path), 0);
	file = fopen(path, "w");
	fclose(file);
	control_server_free(s);
	assert_int_equal(unlink(path), 0);
	memset(longpath, 'a', sizeof(longpath) - 1);
	longpath[sizeof(longpath) - 1] = '\0';
	assert_int_equal(control_server_alloc(&s, l, NULL, longpath), -ENAMETOOLONG);
	assert_int_equal(control_server_alloc(&s, l, NULL, "/nonexistent/dir/socket"), -ENOENT);
	loop_free(l);
}

#define WITH(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(control_questions_are_answered),
		WITH(control_a_large_answer_arrives_whole),
		WITH(control_answers_later),
		WITH(control_a_client_that_left_harms_nothing),
		WITH(control_a_client_may_only_read_on),
		WITH(control_malformed_lines_are_told_and_counted),
		WITH(control_a_line_too_long_ends_the_connection),
		WITH(control_clients_are_limited),
		WITH(control_questions_are_limited),
		WITH(control_a_client_that_does_not_read_is_dropped),
		WITH(control_events_come_to_those_who_asked),
		WITH(control_survives_any_bytes),
		WITH(control_socket_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
