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
#include <sys/statvfs.h>
#include <unistd.h>

#include "core/log.h"

#define LOG_MODULE "journal"

struct journal {
	int             fd, dir_fd;
	uint64_t        size;
	pthread_mutex_t lock;
	char            node[64], path[400];
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

/* The lock belongs to the file, not to its name: a name that was given to a new file meanwhile is another node's. */
static int journal_lock(int fd, const char *path)
{
	struct stat mine, named;

	if (flock(fd, LOCK_EX | LOCK_NB) != 0)
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	if (fstat(fd, &mine) != 0 || stat(path, &named) != 0)
		return -errno;
	return mine.st_ino == named.st_ino ? 0 : -EBUSY;
}

/* A half line that a crash left: what is appended begins a line of its own. */
static int journal_end_line(struct journal *j)
{
	char last;

	if (j->size == 0)
		return 0;
	if (pread(j->fd, &last, 1, (off_t)j->size - 1) != 1)
		return -EIO;
	if (last == '\n')
		return 0;
	if (write(j->fd, "\n", 1) != 1)
		return -EIO;
	j->size++;
	return 0;
}

int journal_open(struct journal **jp, const char *dir, const char *node)
{
	struct journal *j = calloc(1, sizeof(*j));
	struct stat st = { 0 };
	int err = 0;

	if (j == NULL)
		return -ENOMEM;
	(void)pthread_mutex_init(&j->lock, NULL);
	j->fd = j->dir_fd = -1;
	(void)snprintf(j->node, sizeof(j->node), "%s", node);
	(void)snprintf(j->path, sizeof(j->path), "%s/%s.journal", dir, j->node);
	if (mkdir(dir, 0700) != 0 && errno != EEXIST)
		err = -errno;
	if (!err) {
		j->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		j->fd = open(j->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
		if (j->dir_fd < 0 || j->fd < 0)
			err = -errno;
	}
	if (!err)
		err = journal_lock(j->fd, j->path);
	if (!err && (fsync(j->dir_fd) != 0 || fstat(j->fd, &st) != 0))
		err = -errno;
	if (!err) {
		j->size = (uint64_t)st.st_size;
		err = journal_end_line(j);
	}
	if (err) {
		log_error("%s: %s", j->path, err == -EBUSY ? "another node of this name has it" : strerror(-err));
		journal_close(j);
		return err;
	}
	*jp = j;
	return 0;
}

void journal_close(struct journal *j)
{
	if (j == NULL)
		return;
	if (j->fd >= 0)
		(void)close(j->fd);
	if (j->dir_fd >= 0)
		(void)close(j->dir_fd);
	(void)pthread_mutex_destroy(&j->lock);
	free(j);
}

int journal_read(struct journal *j, int (*entry)(void *arg, char *text), void *arg, unsigned *bad)
{
	char line[JOURNAL_LINE_MAX + 2];
	unsigned damaged = 0;
	FILE *f = fopen(j->path, "re");
	int err = 0;

	if (f == NULL)
		return -errno;
	while (!err && fgets(line, sizeof(line), f)) {
		size_t n = strlen(line);
		char *end;
		uint32_t crc = (uint32_t)strtoul(line, &end, 16);

		if (n < 11 || line[n - 1] != '\n' || end != line + 8 || *end != ' ') { /* the shortest entry has one octet */
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

int journal_line(char *line, const char *text)
{
	size_t n = strlen(text);

	if (n == 0 || n > JOURNAL_TEXT_MAX || strchr(text, '\n'))
		return -EMSGSIZE;
	return snprintf(line, JOURNAL_LINE_MAX + 1, "%08x %s\n", journal_crc(text, n), text);
}

static int write_all(int fd, const char *p, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		p += n;
		len -= (size_t)n;
	}
	return fdatasync(fd) == 0 ? 0 : -errno;
}

int journal_write(struct journal *j, const char *lines, size_t len)
{
	int err;

	(void)pthread_mutex_lock(&j->lock);
	err = write_all(j->fd, lines, len);
	if (err)
		(void)!ftruncate(j->fd, (off_t)j->size); /* a half line would swallow the next one */
	else
		j->size += len;
	(void)pthread_mutex_unlock(&j->lock);
	return err;
}

int journal_append(struct journal *j, const char *text)
{
	char line[JOURNAL_LINE_MAX + 1];
	int n = journal_line(line, text);

	return n < 0 ? n : journal_write(j, line, (size_t)n);
}

int journal_replace(struct journal *j, const char *lines, size_t len)
{
	char path[sizeof(j->path) + 8];
	int fd, err = 0;

	(void)snprintf(path, sizeof(path), "%s.new", j->path);
	(void)pthread_mutex_lock(&j->lock);
	(void)unlink(path);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0)
		err = -errno;
	if (!err)
		err = journal_lock(fd, path);
	if (!err)
		err = write_all(fd, lines, len);
	if (!err && rename(path, j->path) != 0)
		err = -errno;
	if (!err) {
		(void)close(j->fd);
		j->fd = fd;
		j->size = len;
		err = fsync(j->dir_fd) == 0 ? 0 : -errno;
	} else if (fd >= 0) {
		(void)close(fd);
		(void)unlink(path);
	}
	(void)pthread_mutex_unlock(&j->lock);
	return err;
}

int journal_keep_damaged(struct journal *j)
{
	char path[sizeof(j->path) + 16];

	(void)snprintf(path, sizeof(path), "%s.damaged", j->path);
	(void)unlink(path);
	return link(j->path, path) == 0 ? 0 : -errno;
}

int journal_reject(struct journal *j, const char *what, const char *why)
{
	char name[sizeof(j->node) + 16], text[JOURNAL_TEXT_MAX + 200];
	int fd, n = snprintf(text, sizeof(text), "%s: %s\n", why, what), err;

	if (n < 0 || n >= (int)sizeof(text))
		return -EMSGSIZE;
	(void)snprintf(name, sizeof(name), "%s.rejected", j->node);
	(void)pthread_mutex_lock(&j->lock);
	fd = openat(j->dir_fd, name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	err = fd < 0 ? -errno : write_all(fd, text, (size_t)n);
	if (fd >= 0)
		(void)close(fd);
	(void)pthread_mutex_unlock(&j->lock);
	return err;
}

int journal_disk_percent(struct journal *j)
{
	struct statvfs v;
	uint64_t used, all;

	if (fstatvfs(j->dir_fd, &v) != 0)
		return -errno;
	used = v.f_blocks - v.f_bfree;
	all = used + v.f_bavail; /* as df counts: what is root's alone is nobody's */
	return all == 0 ? 100 : (int)((used * 100 + all - 1) / all);
}

uint64_t journal_size(struct journal *j)
{
	uint64_t n;

	(void)pthread_mutex_lock(&j->lock);
	n = j->size;
	(void)pthread_mutex_unlock(&j->lock);
	return n;
}
