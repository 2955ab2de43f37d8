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
#include "core/magic.h"

#define LOG_LINE_MAX 1024 /* octets, the newline included */

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
	for (unsigned i = 0; i < ARRAY_LEN(level_name); i++)
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

	if (path && strlen(path) >= sizeof(log_path))
		return -ENAMETOOLONG;
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

int log_descriptor(void)
{
	return log_fd;
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

/* The length of the UTF-8 character at s; 0 when it is none that belongs into a line: broken, or a control character. */
static size_t log_char(const unsigned char *s, size_t left)
{
	static const struct {
		unsigned char mask, bits;
		unsigned      length;
		uint32_t      least; /* a longer form than needed is broken (RFC 3629 3) */
	} form[] = { { 0x80, 0x00, 1, 0x20 }, { 0xe0, 0xc0, 2, 0xa0 }, { 0xf0, 0xe0, 3, 0x800 }, { 0xf8, 0xf0, 4, 0x10000 } };

	for (unsigned i = 0; i < ARRAY_LEN(form); i++) {
		uint32_t c = s[0] & (unsigned char)~form[i].mask;

		if ((s[0] & form[i].mask) != form[i].bits)
			continue;
		if (form[i].length > left)
			return 0;
		for (unsigned k = 1; k < form[i].length; k++) {
			if ((s[k] & 0xc0) != 0x80)
				return 0;
			c = c << 6 | (s[k] & 0x3f);
		}
		if (c < form[i].least || c == 0x7f || (c >= 0xd800 && c <= 0xdfff) || c > 0x10ffff)
			return 0;
		return form[i].length;
	}
	return 0;
}

/* What came from a wire or a file may hold anything; a line stays a line. Returns the length; out holds size - 1 at most. */
static size_t log_escape(char *out, size_t size, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t n = 0, left = strlen(text);

	while (left > 0) {
		size_t length = log_char(s, left);
		char hex[5];

		if (length == 0)
			(void)snprintf(hex, sizeof(hex), "\\x%02x", *s);
		if (n + (length ? length : 4) >= size)
			break;
		memcpy(out + n, length ? (const void *)s : hex, length ? length : 4);
		n += length ? length : 4;
		s += length ? length : 1;
		left -= length ? length : 1;
	}
	out[n] = '\0';
	return n;
}

static void log_put_key(char *out, size_t size, const char *key, const char *value)
{
	size_t n = strlen(out);

	if (value[0])
		(void)snprintf(out + n, size - n, " %s=%s", key, value);
}

void log_write(enum log_level level, const char *module, const struct log_ctx *ctx, const char *fmt, ...)
{
	char line[LOG_LINE_MAX + 1], text[LOG_LINE_MAX], about[sizeof(struct log_ctx) + 32] = "", clean[4 * sizeof(about)];
	char stamp[CLOCK_STAMP_SIZE];
	int saved = errno;
	size_t n, end;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	clock_format_utc(clock_utc_us(), stamp, sizeof(stamp));
	stamp[10] = 'T';
	if (ctx) {
		log_put_key(about, sizeof(about), "call", ctx->call);
		log_put_key(about, sizeof(about), "leg", ctx->leg);
		log_put_key(about, sizeof(about), "acct", ctx->acct);
	}
	/* A long text is cut, what the line is about is not (house rule 35). */
	end = log_escape(clean, sizeof(clean), about);
	n = (size_t)snprintf(line, LOG_LINE_MAX / 4, "%sZ %s %s: ", stamp, level_name[level], module);
	if (n >= LOG_LINE_MAX / 4)
		n = LOG_LINE_MAX / 4 - 1;
	n += log_escape(line + n, LOG_LINE_MAX - n - end, text);
	memcpy(line + n, clean, end + 1);
	n += end;
	pthread_mutex_lock(&lock);
	if (log_sink) {
		log_sink(level, line, log_sink_arg);
	} else {
		line[n++] = '\n';
		(void)!write(log_fd, line, n); /* there is nobody to tell */
	}
	pthread_mutex_unlock(&lock);
	errno = saved;
}
