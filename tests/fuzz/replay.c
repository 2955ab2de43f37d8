/* SPDX-License-Identifier: GPL-2.0-or-later */
/* replay DIR...: each file through the target as it is, then REPLAY_CHANGES changed copies of it; the same ones in every run. */
#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

#define REPLAY_MAX     65536
#define REPLAY_CHANGES 200

static uint64_t replay_random(uint64_t *state)
{
	*state ^= *state << 13; /* xorshift64 */
	*state ^= *state >> 7;
	return *state ^= *state << 17;
}

static void replay_changed(const uint8_t *data, size_t size, uint64_t *state)
{
	static uint8_t copy[REPLAY_MAX];
	size_t n = size;

	memcpy(copy, data, size);
	for (unsigned i = 1 + (unsigned)(replay_random(state) % 8); i > 0 && n > 0; i--) {
		size_t at = replay_random(state) % n;

		switch (replay_random(state) % 3) {
		case 0: copy[at] ^= (uint8_t)(1u << replay_random(state) % 8); break;
		case 1: copy[at] = (uint8_t)replay_random(state); break;
		default: n = at; break;
		}
	}
	(void)LLVMFuzzerTestOneInput(copy, n);
}

static int replay_file(const char *path)
{
	static uint8_t data[REPLAY_MAX];
	uint64_t state = 0x9e3779b97f4a7c15u;
	FILE *f = fopen(path, "re");
	size_t n;

	if (f == NULL) {
		(void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return -1;
	}
	n = fread(data, 1, sizeof(data), f);
	(void)fclose(f);
	(void)LLVMFuzzerTestOneInput(data, n);
	for (unsigned i = 0; i < REPLAY_CHANGES; i++)
		replay_changed(data, n, &state);
	return 0;
}

static int replay_dir(const char *dir, unsigned *count)
{
	DIR *d = opendir(dir);
	char path[4096];
	int err = 0;

	if (d == NULL) {
		(void)fprintf(stderr, "%s: %s\n", dir, strerror(errno));
		return -1;
	}
	/* cppcheck-suppress readdirCalled; one thread, and readdir_r is deprecated */
	for (const struct dirent *e; !err && (e = readdir(d)) != NULL;) {
		if (e->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		err = replay_file(path);
		*count += 1;
	}
	(void)closedir(d);
	return err;
}

int main(int argc, char **argv)
{
	unsigned count = 0;
	int err = 0;

	for (int i = 1; i < argc && !err; i++)
		err = replay_dir(argv[i], &count);
	if (count == 0)
		err = -1;
	(void)printf("%u files, each as it is and %d times changed\n%d passed, %d failed\n", count, REPLAY_CHANGES, err == 0,
	             err != 0);
	return err ? 1 : 0;
}
