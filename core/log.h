/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * core/log.h - one line an event: time, level, module, text, then what the line is about as key=value.
 *
 *   2026-11-02T10:11:12.131Z info ivr: trigger confirmed call=0192.. leg=e1/pstn:17 acct=77
 *
 * A line is one write(2) of at most 1024 octets; control characters and broken UTF-8 are written as \x1b.
 * Any thread but the media threads (they count; control tells). stderr, or a file reopened by log_reopen() (SIGHUP). No PIN, no
 * card number, no key pressed inside one, ever.
 */
#ifndef CORE_LOG_H
#define CORE_LOG_H

#include <stdbool.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* What a line is about; embedded in calls and legs, handed along. Empty fields are not printed. */
struct log_ctx {
	char call[33]; /* call id */
	char leg[32];  /* trunk and channel: e1/pstn:17 */
	char acct[24]; /* account id */
};

void log_set_level(enum log_level level);
int  log_level_parse(const char *name, enum log_level *level);  /* -EINVAL */
int  log_open(const char *path);  /* NULL: stderr. Negative errno */
int  log_reopen(void);
int  log_descriptor(void); /* where lines go now; for who must write to it from a signal handler */
/* Worlds and tests: lines go here instead, one at a time, from any thread. The sink must not log. NULL: back to normal. */
void log_set_sink(void (*sink)(enum log_level, const char *line, void *arg), void *arg);

void log_write(enum log_level level, const char *module, const struct log_ctx *ctx, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
bool log_enabled(enum log_level level);

/* Each .c that logs says first: #define LOG_MODULE "e1" */
#define LOGX(level, ctx, ...) \
	do { \
		if (log_enabled(level)) \
			log_write((level), LOG_MODULE, (ctx), __VA_ARGS__); \
	} while (0)
#define log_error(...) LOGX(LOG_ERROR, NULL, __VA_ARGS__)
#define log_warn(...)  LOGX(LOG_WARN, NULL, __VA_ARGS__)
#define log_info(...)  LOGX(LOG_INFO, NULL, __VA_ARGS__)
#define log_debug(...) LOGX(LOG_DEBUG, NULL, __VA_ARGS__)

#endif
