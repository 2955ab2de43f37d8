/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"

#define LOG_LINE_MAX 1024

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static _Atomic int     threshold = LOG_INFO;
static int             log_fd = STDERR_FILENO;
static char            log_path[512];
static void (*log_sink)(enum log_level, const char *, void *);
static void *log_sink_arg;

static const char *const level_name[] = { "error", "warn", "info", "debug" };

void log_set_level(enum log_level level)
{
	atomic_store(&threshold, (int)level);
}

int log_level_parse(const char *name, enum log_level *level)
{
	for (unsigned i = 0; i < 4; i++)
		if (strcmp(name, level_name[i]) == 0) {
			*level = (enum log_level)i;
			return 0;
		}
	return -EINVAL;
}

bool log_enabled(enum log_level level)
{
	return (int)level <= atomic_load_explicit(&threshold, memory_order_relaxed);
}

int log_open(const char *path)
{
	int fd = STDERR_FILENO;

	if (path) {
		fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
		if (fd < 0)
			return -errno;
	}
	pthread_mutex_lock(&lock);
	if (log_fd != STDERR_FILENO)
		(void)close(log_fd);
	log_fd = fd;
	if (path != log_path)
		(void)snprintf(log_path, sizeof(log_path), "%s", path ? path : "");
	pthread_mutex_unlock(&lock);
	return 0;
}

int log_reopen(void)
{
	return log_path[0] ? log_open(log_path) : 0;
}

void log_set_sink(void (*sink)(enum log_level, const char *, void *), void *arg)
{
	pthread_mutex_lock(&lock);
	log_sink = sink;
	log_sink_arg = arg;
	pthread_mutex_unlock(&lock);
}

/* What came from a wire or a file may hold anything; a line stays a line. */
static void log_clean(char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			*s = '?';
}

void log_write(enum log_level level, const char *module, const struct log_ctx *ctx, const char *fmt, ...)
{
	char line[LOG_LINE_MAX + 2], stamp[CLOCK_STAMP_SIZE];
	const size_t max = LOG_LINE_MAX;
	size_t n;
	va_list ap;

	clock_format_utc(clock_utc_us(), stamp, sizeof(stamp));
	stamp[10] = 'T';
	n = (size_t)snprintf(line, max, "%sZ %s %s: ", stamp, level_name[level], module);
	va_start(ap, fmt);
	(void)vsnprintf(line + n, max - n, fmt, ap);
	va_end(ap);
	n = strlen(line);
	if (ctx && ctx->call[0])
		n += (size_t)snprintf(line + n, max - n, " call=%s", ctx->call);
	if (ctx && ctx->leg[0] && n < max)
		n += (size_t)snprintf(line + n, max - n, " leg=%s", ctx->leg);
	if (ctx && ctx->acct[0] && n < max)
		(void)snprintf(line + n, max - n, " acct=%s", ctx->acct);
	log_clean(line);
	pthread_mutex_lock(&lock);
	if (log_sink) {
		log_sink(level, line, log_sink_arg);
	} else {
		n = strlen(line);
		line[n++] = '\n';
		(void)!write(log_fd, line, n); /* there is nobody to tell */
	}
	pthread_mutex_unlock(&lock);
}
