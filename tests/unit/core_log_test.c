/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/log.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"

#define LOG_MODULE "test"
#define FOUR       "\\x01\\x01\\x01\\x01"
#define ACCT       FOUR FOUR FOUR FOUR FOUR "\\x01\\x01\\x01"
#define STAMP      "2026-11-02T10:11:12.131Z "

static char           got[2048];
static enum log_level got_level;
static unsigned       got_lines;
static bool           got_bad;

static void sink(enum log_level level, const char *line, void *arg)
{
	/* no assertion here: it would jump out with log.c's lock held */
	got_bad |= arg != got || strlen(line) >= 1024 || strchr(line, '\n') != NULL;
	got_level = level;
	got_lines++;
	errno = EBADF; /* as a write may */
	(void)snprintf(got, sizeof(got), "%s", line);
}

static int setup(void **state)
{
	(void)state;
	clock_virtual_start(1793614272131000); /* 2026-11-02T10:11:12.131Z */
	log_set_level(LOG_INFO);
	log_set_sink(sink, got);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	log_set_sink(NULL, NULL);
	assert_false(got_bad);
	return log_open(NULL);
}

static void one_line_an_event(void **state)
{
	struct log_ctx all = { .call = "0192ab", .leg = "e1/pstn:17", .acct = "77" }, some = { .leg = "e1/pstn:1" };

	(void)state;
	log_info("answered after %d ms", 31);
	assert_string_equal(got, STAMP "info test: answered after 31 ms");
	LOGX(LOG_WARN, &all, "trigger confirmed");
	assert_string_equal(got, STAMP "warn test: trigger confirmed call=0192ab leg=e1/pstn:17 acct=77");
	assert_int_equal(got_level, LOG_WARN);
	LOGX(LOG_ERROR, &some, "gone");
	assert_string_equal(got, STAMP "error test: gone leg=e1/pstn:1");
}

static int asked;
static int ask(void)
{
	return ++asked;
}

static void levels(void **state)
{
	enum log_level level = LOG_ERROR;
	unsigned before = got_lines;

	(void)state;
	log_debug("%d", ask());
	assert_int_equal(got_lines, before);
	assert_int_equal(asked, 0); /* what is not written is not computed */
	assert_int_equal(log_level_parse("debug", &level), 0);
	assert_int_equal(level, LOG_DEBUG);
	assert_int_equal(log_level_parse("Debug", &level), -EINVAL);
	assert_int_equal(log_level_parse("", &level), -EINVAL);
	assert_int_equal(level, LOG_DEBUG);
	log_set_level(level);
	log_debug("%d", ask());
	assert_int_equal(got_lines, before + 1);
	log_set_level(LOG_ERROR);
	log_warn("no");
	assert_int_equal(got_lines, before + 1);
	assert_true(log_enabled(LOG_ERROR));
}

static void check_text(const char *text, const char *expected)
{
	char want[1200];

	log_info("%s", text);
	(void)snprintf(want, sizeof(want), STAMP "info test: %s", expected);
	assert_string_equal(got, want);
}

static void a_line_stays_a_line(void **state)
{
	struct log_ctx forged = { .leg = "e1/a\nb" };

	(void)state;
	check_text("1380\n2026-01-01T00:00:00Z info ivr: forged", "1380\\x0a2026-01-01T00:00:00Z info ivr: forged");
	check_text("\x1b[2J\t\x7f\r", "\\x1b[2J\\x09\\x7f\\x0d");
	check_text("\xe4\xbd\xa0\xe5\xa5\xbd caf\xc3\xa9 \xf0\x9f\x93\x9e",
	           "\xe4\xbd\xa0\xe5\xa5\xbd caf\xc3\xa9 \xf0\x9f\x93\x9e");
	check_text("\xff\xfe", "\\xff\\xfe");
	check_text("\xc2\x9b" "31m", "\\xc2\\x9b31m");                /* C1: a terminal's CSI */
	check_text("\xc0\xaf", "\\xc0\\xaf");                         /* longer than needed */
	check_text("\xed\xa0\x80", "\\xed\\xa0\\x80");                /* a surrogate */
	check_text("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80");       /* past U+10FFFF */
	check_text("cut \xe4\xbd", "cut \\xe4\\xbd");
	LOGX(LOG_INFO, &forged, "x");
	assert_string_equal(got, STAMP "info test: x leg=e1/a\\x0ab");
}

static void long_text_keeps_what_it_is_about(void **state)
{
	struct log_ctx ctx = { .call = "0192ab", .leg = "e1/pstn:17", .acct = "77" };
	const char *end = " call=0192ab leg=e1/pstn:17 acct=77";
	char text[3000];

	(void)state;
	memset(text, 'y', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	LOGX(LOG_INFO, &ctx, "%s", text);
	assert_int_equal(strlen(got), 1023);
	assert_string_equal(got + strlen(got) - strlen(end), end);
	memset(text, '\n', sizeof(text) - 1); /* each becomes four */
	LOGX(LOG_INFO, &ctx, "%s", text);
	assert_in_range(strlen(got), 1019, 1023);
	assert_string_equal(got + strlen(got) - strlen(end), end);
	memset(&ctx, 0x01, sizeof(ctx)); /* the longest that a context can be */
	ctx.call[32] = ctx.leg[31] = ctx.acct[23] = '\0';
	LOGX(LOG_INFO, &ctx, "%s", text);
	assert_in_range(strlen(got), 1019, 1023);
	assert_string_equal(got + strlen(got) - 4 * 23 - 6, " acct=" ACCT);
	memset(text, 'm', sizeof(text) - 1);
	log_write(LOG_INFO, text, NULL, "no module has such a name");
	assert_in_range(strlen(got), 25, 1023);
}

static void errno_is_kept(void **state)
{
	(void)state;
	errno = ENOENT;
	log_info("cannot: %m");
	assert_int_equal(errno, ENOENT);
	assert_non_null(strstr(got, "No such file"));
}

static void check_file(const char *path, const char *expected)
{
	char buf[4096] = "";
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	(void)!fread(buf, 1, sizeof(buf) - 1, f);
	(void)fclose(f);
	assert_string_equal(buf, expected);
}

static void reopens(void **state)
{
	char dir[] = "/tmp/core_log_test_XXXXXX", path[64], old[64], name[600];

	(void)state;
	log_set_sink(NULL, NULL);
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/log", dir);
	(void)snprintf(old, sizeof(old), "%s/log.1", dir);
	assert_int_equal(log_reopen(), 0); /* stderr: nothing to do */
	assert_int_equal(log_open(path), 0);
	log_info("one");
	assert_int_equal(rename(path, old), 0); /* logrotate */
	log_info("two");
	assert_int_equal(log_reopen(), 0);
	log_info("three");
	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(log_open(name), -ENAMETOOLONG);
	assert_int_equal(log_open("/nonexistent/x"), -ENOENT);
	log_info("four"); /* still in the file that works */
	check_file(old, STAMP "info test: one\n" STAMP "info test: two\n");
	check_file(path, STAMP "info test: three\n" STAMP "info test: four\n");
	assert_int_equal(log_open(NULL), 0);
	(void)unlink(path);
	(void)unlink(old);
	(void)rmdir(dir);
}

static void *write_lines(void *arg)
{
	for (unsigned i = 0; i < 500; i++)
		log_info("%s", (const char *)arg);
	return NULL;
}

static void lines_of_threads_do_not_mix(void **state)
{
	char path[] = "/tmp/core_log_test_XXXXXX", line[2048], text[4][400];
	unsigned count[4] = { 0 };
	int fd = mkstemp(path);
	pthread_t t[4];
	FILE *f;

	(void)state;
	log_set_sink(NULL, NULL);
	assert_true(fd >= 0);
	(void)close(fd);
	assert_int_equal(log_open(path), 0);
	for (unsigned i = 0; i < 4; i++) {
		memset(text[i], 'a' + (int)i, sizeof(text[i]));
		text[i][sizeof(text[i]) - 1] = '\0';
		assert_int_equal(pthread_create(&t[i], NULL, write_lines, text[i]), 0);
	}
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(pthread_join(t[i], NULL), 0);
	assert_int_equal(log_open(NULL), 0);
	f = fopen(path, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		const char *s = strstr(line, "test: ");
		unsigned i;

		assert_non_null(s);
		i = (unsigned)(s[6] - 'a');
		assert_true(i < 4);
		assert_memory_equal(s + 6, text[i], sizeof(text[i]) - 1);
		assert_string_equal(s + 6 + sizeof(text[i]) - 1, "\n");
		count[i]++;
	}
	(void)fclose(f);
	(void)unlink(path);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(count[i], 500);
}

#define log_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		log_test(one_line_an_event),
		log_test(levels),
		log_test(a_line_stays_a_line),
		log_test(long_text_keeps_what_it_is_about),
		log_test(errno_is_kept),
		log_test(reopens),
		log_test(lines_of_threads_do_not_mix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
