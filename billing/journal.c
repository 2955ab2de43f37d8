/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "billing/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/log.h"

#define LOG_MODULE "journal"

struct journal {
	int             fd;
	uint64_t        size;
	pthread_mutex_t lock;
	char            path[320];
};

/* CRC-32 (ISO 3309), bit by bit: entries are short and few. */
static uint32_t journal_crc(const char *s, size_t n)
{
	uint32_t crc = 0xffffffffu;

	while (n--) {
		crc ^= (unsigned char)*s++;
		for (int i = 0; i < 8; i++)
			crc = (crc >> 1) ^ (0xedb88320u & -(crc & 1u));
	}
	return ~crc;
}

int journal_open(struct journal **jp, const char *dir, const char *node)
{
	struct journal *j = calloc(1, sizeof(*j));
	struct stat st;
	int err = 0;

	if (j == NULL)
		return -ENOMEM;
	(void)pthread_mutex_init(&j->lock, NULL);
	j->fd = -1;
	(void)snprintf(j->path, sizeof(j->path), "%s/%s.journal", dir, node);
	if (mkdir(dir, 0700) != 0 && errno != EEXIST)
		err = -errno;
	if (!err) {
		j->fd = open(j->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
		if (j->fd < 0 || fstat(j->fd, &st) != 0)
			err = -errno;
	}
	if (!err && flock(j->fd, LOCK_EX | LOCK_NB) != 0)
		err = errno == EWOULDBLOCK ? -EBUSY : -errno;
	if (err) {
		log_error("%s: %s", j->path, err == -EBUSY ? "another node of this name has it" : strerror(-err));
		journal_close(j);
		return err;
	}
	j->size = (uint64_t)st.st_size;
	*jp = j;
	return 0;
}

void journal_close(struct journal *j)
{
	if (j == NULL)
		return;
	if (j->fd >= 0)
		(void)close(j->fd);
	(void)pthread_mutex_destroy(&j->lock);
	free(j);
}

int journal_read(struct journal *j, int (*entry)(void *arg, char *text), void *arg, unsigned *bad)
{
	char line[JOURNAL_LINE_MAX + 16];
	unsigned damaged = 0;
	FILE *f = fopen(j->path, "re");
	int err = 0;

	if (f == NULL)
		return -errno;
	while (!err && fgets(line, sizeof(line), f)) {
		size_t n = strlen(line);
		char *end;
		uint32_t crc = (uint32_t)strtoul(line, &end, 16);

		if (n < 10 || line[n - 1] != '\n' || end != line + 8 || *end != ' ') {
			damaged++;
			continue;
		}
		line[--n] = '\0';
		if (journal_crc(line + 9, n - 9) != crc)
			damaged++;
		else
			err = entry(arg, line + 9);
	}
	(void)fclose(f);
	if (damaged)
		log_warn("%s: %u damaged entries skipped (a write cut short by a crash leaves one)", j->path, damaged);
	if (bad)
		*bad = damaged;
	return err;
}

int journal_append(struct journal *j, const char *text)
{
	char line[JOURNAL_LINE_MAX + 16];
	size_t n = strlen(text);
	int err = 0, len;

	if (n == 0 || n > JOURNAL_LINE_MAX || strchr(text, '\n'))
		return -EMSGSIZE;
	len = snprintf(line, sizeof(line), "%08x %s\n", journal_crc(text, n), text);
	(void)pthread_mutex_lock(&j->lock);
	if (write(j->fd, line, (size_t)len) != len) {
		err = errno ? -errno : -EIO;
		(void)!ftruncate(j->fd, (off_t)j->size); /* a half line would swallow the next one */
	} else if (fdatasync(j->fd) != 0) {
		err = -errno;
	} else {
		j->size += (uint64_t)len;
	}
	(void)pthread_mutex_unlock(&j->lock);
	if (err)
		log_error("%s: %s", j->path, strerror(-err));
	return err;
}

int journal_empty(struct journal *j)
{
	int err = 0;

	(void)pthread_mutex_lock(&j->lock);
	if (ftruncate(j->fd, 0) != 0 || fdatasync(j->fd) != 0)
		err = -errno;
	else
		j->size = 0;
	(void)pthread_mutex_unlock(&j->lock);
	return err;
}

uint64_t journal_size(struct journal *j)
{
	uint64_t n;

	(void)pthread_mutex_lock(&j->lock);
	n = j->size;
	(void)pthread_mutex_unlock(&j->lock);
	return n;
}
