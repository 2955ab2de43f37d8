/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A journal that a crash, or anybody, left: whole entries come out, the rest is counted; what is appended then is read again. */
#include "billing/journal.h"

#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"

static char dir[100];

struct seen {
	unsigned count;
	bool     mine;
};

static int seen_entry(void *arg, char *text)
{
	struct seen *s = arg;

	FUZZ_CHECK(strlen(text) > 0 && strlen(text) <= JOURNAL_TEXT_MAX && strchr(text, '\n') == NULL);
	s->count++;
	s->mine = strcmp(text, "mine after all") == 0;
	return 0;
}

static void journal_file(const uint8_t *data, size_t size)
{
	char path[300];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/fuzz.journal", dir);
	f = fopen(path, "we");
	FUZZ_CHECK(f != NULL && fwrite(data, 1, size, f) == size);
	(void)fclose(f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen before = { 0 }, after = { 0 };
	struct journal *j;
	unsigned bad = 0;

	if (dir[0] == '\0') {
		(void)snprintf(dir, sizeof(dir), "%s/partyline-fuzz-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
		FUZZ_CHECK(mkdtemp(dir) != NULL);
	}
	journal_file(data, size);
	FUZZ_CHECK(journal_open(&j, dir, "fuzz") == 0);
	FUZZ_CHECK(journal_read(j, seen_entry, &before, &bad) == 0);
	FUZZ_CHECK(journal_append(j, "mine after all") == 0);
	FUZZ_CHECK(journal_read(j, seen_entry, &after, &bad) == 0);
	FUZZ_CHECK(after.count == before.count + 1 && after.mine);
	journal_close(j);
	return 0;
}

/* The directory goes with the program. */
__attribute__((destructor)) static void journal_tidy(void)
{
	char cmd[200];

	(void)snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	if (dir[0])
		(void)!system(cmd);
}
