/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/crash.h"

#include <execinfo.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "core/log.h"

#define CRASH_FRAMES     64
#define CRASH_STACK_SIZE 65536 /* backtrace() unwinds here when the stack itself has overflowed */

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CRASH_REPORT 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define CRASH_REPORT 0
#endif
#endif
#ifndef CRASH_REPORT
#define CRASH_REPORT 1
#endif

static char crash_program[32];
static unsigned char crash_stack[CRASH_STACK_SIZE];

static void crash_put(int fd, const char *s)
{
	(void)!write(fd, s, strlen(s));
}

static void crash_put_hex(int fd, uintptr_t v)
{
	char text[2 * sizeof(v) + 1];

	for (unsigned i = 0; i < 2 * sizeof(v); i++)
		text[i] = "0123456789abcdef"[v >> (4 * (2 * sizeof(v) - 1 - i)) & 15];
	text[2 * sizeof(v)] = '\0';
	crash_put(fd, text);
}

/* Async-signal-safe calls only; backtrace() was called once before, so that it needs no memory now. */
static void crash_tell(int fd, int sig, const siginfo_t *info, void *const *frame, int frames)
{
	crash_put(fd, crash_program);
	crash_put(fd, ": died of SIG");
	crash_put(fd, sigabbrev_np(sig) ? sigabbrev_np(sig) : "?");
	crash_put(fd, " at address ");
	crash_put_hex(fd, (uintptr_t)info->si_addr);
	crash_put(fd, "; the stack (addr2line -e reads it):\n");
	backtrace_symbols_fd(frame, frames, fd);
}

static void crash_on(int sig, siginfo_t *info, void *context)
{
	void *frame[CRASH_FRAMES];
	int frames = backtrace(frame, CRASH_FRAMES), log = log_descriptor();

	(void)context;
	crash_tell(STDERR_FILENO, sig, info, frame, frames);
	if (log != STDERR_FILENO)
		crash_tell(log, sig, info, frame, frames);
	(void)raise(sig); /* SA_RESETHAND: now as if there had been no handler */
}

void crash_report(const char *program)
{
	static const int fatal[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };
	struct sigaction sa = { .sa_sigaction = crash_on, .sa_flags = (int)(SA_SIGINFO | SA_ONSTACK | SA_RESETHAND) };
	stack_t stack = { .ss_sp = crash_stack, .ss_size = sizeof(crash_stack) };
	void *frame[1];

	if (!CRASH_REPORT)
		return;
	for (unsigned i = 0; i + 1 < sizeof(crash_program) && program[i]; i++)
		crash_program[i] = program[i];
	(void)backtrace(frame, 1); /* loads libgcc now */
	(void)sigaltstack(&stack, NULL);
	for (unsigned i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
		(void)sigaction(fatal[i], &sa, NULL);
}
