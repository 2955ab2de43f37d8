/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whatever a client writes to the control socket: the server lives, and answers the next one. */
#include "control/control.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/loop.h"
#include "core/magic.h"
#include "tests/fuzz/fuzz.h"

#define TURNS_US 500 /* real time: enough for a few turns of the loop */

struct pause {
	struct loop_timer timer;
	struct loop      *loop;
};

static void echo(struct control_request *r, const json_t *args, void *arg)
{
	(void)arg;
	control_reply(r, json_deep_copy(args));
}

static void pause_over(struct loop_timer *t)
{
	loop_stop(container_of(t, struct pause, timer)->loop);
}

static void turns(struct loop *l)
{
	struct pause p = { .loop = l };

	loop_timer_init(l, &p.timer, pause_over);
	loop_timer_start(&p.timer, TURNS_US);
	loop_run(l);
}

static int client(const char *path)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	(void)snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", path);
	FUZZ_CHECK(fd >= 0 && connect(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0);
	return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char good[] = "{\"v\":1,\"id\":7,\"cmd\":\"echo\",\"args\":{\"x\":1}}\n";
	char path[80], answer[4096];
	struct control_server *s;
	struct loop *l;
	ssize_t n;
	int fd;

	(void)snprintf(path, sizeof(path), "%.50s/partyline-fuzz-%d", getenv("TMPDIR") ? getenv("TMPDIR") : P_tmpdir,
	               (int)getpid());
	FUZZ_CHECK(loop_alloc(&l) == 0 && control_server_alloc(&s, l, NULL, path) == 0);
	FUZZ_CHECK(control_register(s, "echo", "ANY", "args come back", echo, NULL) == 0);
	fd = client(path);
	turns(l);
	(void)!write(fd, data, size);
	turns(l);
	(void)close(fd);
	turns(l);
	fd = client(path);
	turns(l);
	FUZZ_CHECK(write(fd, good, sizeof(good) - 1) == (ssize_t)sizeof(good) - 1);
	turns(l);
	n = read(fd, answer, sizeof(answer) - 1);
	FUZZ_CHECK(n > 0);
	answer[n] = '\0';
	FUZZ_CHECK(strstr(answer, "\"id\":7") && strstr(answer, "\"x\":1"));
	(void)close(fd);
	turns(l);
	control_server_free(s);
	loop_free(l);
	return 0;
}
