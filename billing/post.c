/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * billing/post.c - the journal as control sees it: entries gather during a turn of the loop and go to the disk together, one
 * write and one fdatasync at a time, in their order. What the disk does not take is kept and tried again. A journal that has
 * become big is replaced by what still matters.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "billing/internal.h"
#include "core/clock.h"

#define LOG_MODULE "journal"

#define RETRY_US    CLOCK_SEC(1)
#define PENDING_MAX (4u * 1024 * 1024)

static int buffer_add(struct journal_buffer *k, const char *line, size_t len)
{
	if (k->len + len > k->size) {
		size_t size = k->size ? k->size * 2 : 16384;
		char *text;

		while (size < k->len + len)
			size *= 2;
		text = size <= PENDING_MAX ? realloc(k->text, size) : NULL;
		if (text == NULL)
			return -ENOMEM;
		k->text = text;
		k->size = size;
	}
	memcpy(k->text + k->len, line, len);
	k->len += len;
	return 0;
}

static void post_run(struct worker_job *j)
{
	struct billing *b = container_of(j, struct billing, write_job);

	b->write_err = (b->rewrite ? journal_replace : journal_write)(b->journal, b->writing.text, b->writing.len);
}

static void post_done(struct worker_job *j)
{
	struct billing *b = container_of(j, struct billing, write_job);
	bool rewrite = b->rewrite;

	b->write_busy = false;
	b->rewrite = false;
	if (b->write_err) {
		counter_inc(&b->counter[BILLING_JOURNAL_ERRORS]);
		if (!b->write_failed)
			log_error("the journal cannot be written: %s", strerror(-b->write_err));
		b->write_failed = true;
		if (rewrite) { /* the old one is whole, and what it lacks comes next */
			b->writing.len = 0;
			billing_post_flush(b);
		} else {
			loop_timer_start(&b->write_retry, RETRY_US);
		}
		return;
	}
	if (b->write_failed)
		log_info("the journal is written again");
	b->write_failed = false;
	b->writing.len = 0;
	billing_post_flush(b);
}

static void post_submit(struct billing *b, bool rewrite)
{
	b->rewrite = rewrite;
	b->write_busy = true;
	b->write_job.run = post_run;
	b->write_job.done = post_done;
	worker_submit(b->writer, &b->write_job);
}

void billing_post_flush(struct billing *b)
{
	struct journal_buffer free_one = b->writing;

	if (b->write_busy || b->writing.len > 0 || b->pending.len == 0)
		return;
	b->writing = b->pending;
	b->pending = free_one;
	post_submit(b, false);
}

static void post_flush_task(struct loop_task *t)
{
	billing_post_flush(container_of(t, struct billing, flush));
}

static void post_retry(struct loop_timer *t)
{
	post_submit(container_of(t, struct billing, write_retry), false);
}

static int post_format(struct journal_buffer *k, const char *fmt, va_list ap)
{
	char text[JOURNAL_TEXT_MAX + 2], line[JOURNAL_LINE_MAX + 1];
	int n;

	(void)vsnprintf(text, sizeof(text), fmt, ap); /* what is cut is too long for journal_line as well */
	n = journal_line(line, text);
	return n < 0 ? n : buffer_add(k, line, (size_t)n);
}

void billing_journal(struct billing *b, const char *fmt, ...)
{
	va_list ap;
	int err;

	va_start(ap, fmt);
	err = post_format(&b->pending, fmt, ap);
	va_end(ap);
	if (err) {
		counter_inc(&b->counter[BILLING_JOURNAL_ERRORS]);
		log_error("an entry for the journal was lost: %s", strerror(-err));
		return;
	}
	loop_queue(b->loop, &b->flush);
}

/* ---- replacing ---- */

int billing_snapshot_add(struct journal_buffer *k, const char *fmt, ...)
{
	va_list ap;
	int err;

	va_start(ap, fmt);
	err = post_format(k, fmt, ap);
	va_end(ap);
	return err;
}

void billing_post_shorten(struct billing *b)
{
	int err;

	if (b->write_busy || b->writing.len > 0 || b->pending.len > 0)
		return; /* the next time */
	err = billing_snapshot_add(&b->writing, JOURNAL_VERSION);
	if (!err)
		err = charge_snapshot(b, &b->writing);
	if (!err)
		err = record_snapshot(b, &b->writing);
	if (err) {
		b->writing.len = 0;
		log_warn("the journal stays as long as it is: %s", strerror(-err));
		return;
	}
	post_submit(b, true);
}

/* ---- life ---- */

int billing_post_open(struct billing *b)
{
	b->flush.run = post_flush_task;
	loop_timer_init(b->loop, &b->write_retry, post_retry);
	return worker_pool_alloc(&b->writer, b->loop, "journal", 1);
}

bool billing_post_quiet(const struct billing *b)
{
	if (b->write_busy || b->flush.queued)
		return false;
	/* a disk that takes nothing keeps nobody waiting */
	return (b->writing.len == 0 && b->pending.len == 0) || b->write_failed;
}

void billing_post_close(struct billing *b)
{
	loop_timer_stop(&b->write_retry);
	worker_pool_free(b->writer);
	free(b->pending.text);
	free(b->writing.text);
}
