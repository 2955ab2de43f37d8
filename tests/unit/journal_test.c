/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tests/unit/journal_test.c - the file that survives the node: whole entries in their order, whatever a crash left of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "billing/journal.h"
#include "core/log.h"
#include "core/random.h"

static char dir[64], path[128];

static int quiet(void **state)
{
	(void)state;
	(void)snprintf(dir, sizeof(dir), "/tmp/partyline-journal-XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/n.journal", dir);
	return 0;
}

static int gone(void **state)
{
	char cmd[100];

	(void)state;
	(void)snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	return system(cmd);
}

static void no_sink(enum log_level level, const char *line, void *arg)
{
	(void)level;
	(void)line;
	(void)arg;
}

static struct journal *open_one(void)
{
	struct journal *j;

	assert_int_equal(journal_open(&j, dir, "n"), 0);
	return j;
}

struct seen {
	unsigned count;
	char     text[64][64];
};

static int see(void *arg, char *text)
{
	struct seen *s = arg;

	assert_true(s->count < 64);
	(void)snprintf(s->text[s->count++], 64, "%.60s", text);
	return 0;
}

static unsigned read_all(struct journal *j, struct seen *s)
{
	unsigned bad = 99;

	s->count = 0;
	assert_int_equal(journal_read(j, see, s, &bad), 0);
	return bad;
}

static void test_entries_come_back_in_order_after_reopening(void **state)
{
	struct journal *j = open_one();
	struct seen s;
	struct stat st;

	(void)state;
	assert_int_equal(journal_append(j, "one"), 0);
	assert_int_equal(journal_append(j, "two with words"), 0);
	journal_close(j);
	j = open_one();
	assert_int_equal(journal_append(j, "three"), 0);
	assert_int_equal(read_all(j, &s), 0);
	assert_int_equal(s.count, 3);
	assert_string_equal(s.text[0], "one");
	assert_string_equal(s.text[1], "two with words");
	assert_string_equal(s.text[2], "three");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(journal_size(j), st.st_size);
	journal_close(j);
}

/* zlib's own check value: the form is readable with other tools. */
static void test_the_sum_is_crc_32(void **state)
{
	char line[JOURNAL_LINE_MAX + 1];

	(void)state;
	assert_int_equal(journal_line(line, "123456789"), 19);
	assert_string_equal(line, "cbf43926 123456789\n");
}

static void test_what_cannot_be_a_line_is_refused(void **state)
{
	char text[JOURNAL_TEXT_MAX + 2], line[JOURNAL_LINE_MAX + 1];
	struct journal *j = open_one();
	struct seen s;

	(void)state;
	memset(text, 'x', sizeof(text));
	text[JOURNAL_TEXT_MAX + 1] = '\0';
	assert_int_equal(journal_line(line, text), -EMSGSIZE);
	assert_int_equal(journal_append(j, text), -EMSGSIZE);
	assert_int_equal(journal_append(j, ""), -EMSGSIZE);
	assert_int_equal(journal_append(j, "a\nb"), -EMSGSIZE);
	text[JOURNAL_TEXT_MAX] = '\0';
	assert_int_equal(journal_append(j, text), 0);
	assert_int_equal(read_all(j, &s), 0);
	assert_int_equal(s.count, 1);
	journal_close(j);
}

static void test_a_second_node_of_the_name_is_refused(void **state)
{
	struct journal *j = open_one(), *other = NULL;

	(void)state;
	log_set_sink(no_sink, NULL);
	assert_int_equal(journal_open(&other, dir, "n"), -EBUSY);
	assert_int_equal(journal_append(j, "x"), 0);
	assert_int_equal(journal_replace(j, "", 0), 0); /* the new file is locked as the old one was */
	assert_int_equal(journal_open(&other, dir, "n"), -EBUSY);
	assert_null(other);
	assert_int_equal(journal_open(&other, dir, "m"), 0);
	journal_close(other);
	journal_close(j);
	assert_int_equal(journal_open(&other, dir, "n"), 0);
	journal_close(other);
	log_set_sink(NULL, NULL);
}

static size_t file_text(char *text, size_t size)
{
	int fd = open(path, O_RDONLY);
	ssize_t n = read(fd, text, size);

	assert_true(n >= 0);
	(void)close(fd);
	return (size_t)n;
}

static void file_is(const char *text, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_int_equal(write(fd, text, len), len);
	(void)close(fd);
}

/* Cut at every octet: all entries before the cut, none that was not written; and what is appended after it is not swallowed. */
static void test_cut_at_every_octet(void **state)
{
	static const char *const entry[] = { "O one", "A two 2", "E three 3 3" };
	struct journal *j = open_one();
	char text[200];
	size_t len;

	(void)state;
	log_set_sink(no_sink, NULL);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(journal_append(j, entry[i]), 0);
	journal_close(j);
	len = file_text(text, sizeof(text));
	for (size_t cut = 0; cut <= len; cut++) {
		unsigned whole = 0, bad;
		struct seen s;

		file_is(text, cut);
		for (size_t i = 0; i <= cut && i < len; i++) /* one that lacks only its line end has a sum that is right */
			whole += text[i] == '\n';
		j = open_one();
		bad = read_all(j, &s);
		assert_int_equal(s.count, whole);
		assert_int_equal(bad, cut > 0 && cut < len && text[cut - 1] != '\n' && text[cut] != '\n');
		for (unsigned i = 0; i < whole; i++)
			assert_string_equal(s.text[i], entry[i]);
		assert_int_equal(journal_append(j, "later"), 0);
		(void)read_all(j, &s);
		assert_int_equal(s.count, whole + 1);
		assert_string_equal(s.text[whole], "later");
		journal_close(j);
	}
	log_set_sink(NULL, NULL);
}

/* Any octet changed to any other: that entry is not believed, the others are. */
static void test_a_changed_octet_is_not_believed(void **state)
{
	struct journal *j = open_one();
	char text[200];
	size_t len;

	(void)state;
	log_set_sink(no_sink, NULL);
	random_seed(7);
	assert_int_equal(journal_append(j, "first 1"), 0);
	assert_int_equal(journal_append(j, "second 2"), 0);
	assert_int_equal(journal_append(j, "third 3"), 0);
	journal_close(j);
	len = file_text(text, sizeof(text));
	for (size_t at = 0; at < len; at++)
		for (int k = 0; k < 4; k++) {
			char broken[200], c = (char)random_below(256);
			struct seen s;

			/* in the sum itself a capital is the same digit */
			if (c == text[at] || (c | 0x20) == text[at])
				continue;
			memcpy(broken, text, len);
			broken[at] = c;
			file_is(broken, len);
			j = open_one();
			assert_true(read_all(j, &s) >= 1);
			assert_in_range(s.count, 1, 2);
			for (unsigned i = 0; i < s.count; i++)
				assert_true(strcmp(s.text[i], "first 1") == 0 || strcmp(s.text[i], "second 2") == 0 ||
				            strcmp(s.text[i], "third 3") == 0);
			journal_close(j);
		}
	log_set_sink(NULL, NULL);
}

/* Not a journal at all, NULs and endless lines included. */
static void test_garbage_is_survived(void **state)
{
	static char junk[40000];

	(void)state;
	log_set_sink(no_sink, NULL);
	random_seed(8);
	for (int i = 0; i < 60; i++) {
		size_t n = random_below(sizeof(junk));
		struct journal *j;
		struct seen s;

		random_bytes(junk, n);
		for (size_t k = 0; i % 3 == 0 && k < n; k++) /* one endless line */
			junk[k] = junk[k] == '\n' ? 'x' : junk[k];
		file_is(junk, n);
		j = open_one();
		(void)read_all(j, &s);
		assert_int_equal(s.count, 0);
		assert_int_equal(journal_append(j, "after it"), 0);
		(void)read_all(j, &s);
		assert_int_equal(s.count, 1);
		journal_close(j);
	}
	log_set_sink(NULL, NULL);
}

static void test_replaced_is_the_new_lines_only(void **state)
{
	char lines[2 * (JOURNAL_LINE_MAX + 1)];
	struct journal *j = open_one();
	struct seen s;
	int n;

	(void)state;
	assert_int_equal(journal_append(j, "old"), 0);
	n = journal_line(lines, "new 1");
	n += journal_line(lines + n, "new 2");
	assert_int_equal(journal_replace(j, lines, (size_t)n), 0);
	assert_int_equal(journal_size(j), n);
	assert_int_equal(journal_append(j, "later"), 0);
	assert_int_equal(read_all(j, &s), 0);
	assert_int_equal(s.count, 3);
	assert_string_equal(s.text[0], "new 1");
	assert_string_equal(s.text[2], "later");
	journal_close(j);
	j = open_one();
	assert_int_equal(read_all(j, &s), 0);
	assert_int_equal(s.count, 3);
	journal_close(j);
}

/* A disk that takes only part of a line: the part is taken back, so that the next line is whole when there is room again. */
static void test_a_full_disk_leaves_no_half_line(void **state)
{
	struct rlimit was, small = { .rlim_cur = 100, .rlim_max = RLIM_INFINITY };
	struct journal *j = open_one();
	struct seen s;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	small.rlim_max = was.rlim_max;
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(journal_append(j, "fits"), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(
		journal_append(j,
	                       "this one is longer than what is left of the hundred octets that the file may have here, surely"),
		-EFBIG);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
	assert_int_equal(journal_append(j, "room again"), 0);
	assert_int_equal(read_all(j, &s), 0);
	assert_int_equal(s.count, 2);
	assert_string_equal(s.text[1], "room again");
	journal_close(j);
}

static void test_what_is_refused_is_kept_for_a_person(void **state)
{
	struct journal *j = open_one();
	char cmd[200];

	(void)state;
	assert_int_equal(journal_reject(j, "first", "why"), 0);
	assert_int_equal(journal_reject(j, "second", "why"), 0);
	journal_close(j);
	(void)snprintf(cmd, sizeof(cmd), "grep -q '^why: first$' %s/n.rejected && grep -q '^why: second$' %s/n.rejected", dir,
	               dir);
	assert_int_equal(system(cmd), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_entries_come_back_in_order_after_reopening, quiet, gone),
		cmocka_unit_test_setup_teardown(test_the_sum_is_crc_32, quiet, gone),
		cmocka_unit_test_setup_teardown(test_what_cannot_be_a_line_is_refused, quiet, gone),
		cmocka_unit_test_setup_teardown(test_a_second_node_of_the_name_is_refused, quiet, gone),
		cmocka_unit_test_setup_teardown(test_cut_at_every_octet, quiet, gone),
		cmocka_unit_test_setup_teardown(test_a_changed_octet_is_not_believed, quiet, gone),
		cmocka_unit_test_setup_teardown(test_garbage_is_survived, quiet, gone),
		cmocka_unit_test_setup_teardown(test_replaced_is_the_new_lines_only, quiet, gone),
		cmocka_unit_test_setup_teardown(test_a_full_disk_leaves_no_half_line, quiet, gone),
		cmocka_unit_test_setup_teardown(test_what_is_refused_is_kept_for_a_person, quiet, gone),
	};

	return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
