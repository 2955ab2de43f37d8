/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A program that dies says where, and dies of the signal it got. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/crash.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#endif

static void dies(int sig, const char *word)
{
	char said[8192];
	ssize_t n, len = 0;
	int pipes[2], status;
	pid_t pid;

	assert_int_equal(pipe(pipes), 0);
	pid = fork();
	if (pid == 0) {
		(void)setrlimit(RLIMIT_CORE, &(struct rlimit){ 0 });
		(void)dup2(pipes[1], STDERR_FILENO);
		for (int s = 1; s < 32; s++)
			(void)signal(s, SIG_DFL); /* cmocka's own */
		crash_report("testprogram");
		(void)raise(sig);
		_exit(0);
	}
	(void)close(pipes[1]);
	while ((n = read(pipes[0], said + len, sizeof(said) - 1 - (size_t)len)) > 0)
		len += n;
	said[len] = '\0';
	(void)close(pipes[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), sig);
	assert_non_null(strstr(said, "testprogram: died of SIG"));
	assert_non_null(strstr(said, word));
	assert_non_null(strstr(said, "core_crash_test("));
}

static void test_crash(void **state)
{
	(void)state;
#ifdef SANITIZED
	struct sigaction before, after;

	assert_int_equal(sigaction(SIGSEGV, NULL, &before), 0);
	crash_report("testprogram"); /* they report themselves */
	assert_int_equal(sigaction(SIGSEGV, NULL, &after), 0);
	assert_true(before.sa_handler == after.sa_handler);
	(void)dies;
#else
	dies(SIGSEGV, "SIGSEGV");
	dies(SIGABRT, "SIGABRT");
	dies(SIGFPE, "SIGFPE");
#endif
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_crash) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
