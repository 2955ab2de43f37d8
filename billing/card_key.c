/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "billing/card_key.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/random.h"

#define KEY_FILE_MAX 8192
#define KEY_HEX      64

/* ---- files ---- */

static int read_all(int fd, char *buf, size_t len)
{
	while (len > 0) {
		ssize_t n = read(fd, buf, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EBADMSG; /* it became shorter while we read */
		buf += n;
		len -= (size_t)n;
	}
	return 0;
}

/* A file as a whole, with a 0 behind. secret: refused when group or others can read it. */
static int file_read(const char *path, bool secret, size_t most, char **text, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err = fd < 0 ? -errno : 0;
	struct stat st = { 0 };
	char *buf = NULL;

	if (fd < 0)
		return err ? err : -EIO;
	if (fstat(fd, &st) != 0)
		err = -errno;
	else if (!S_ISREG(st.st_mode) || st.st_size < 0)
		err = -EBADMSG;
	else if (secret && (st.st_mode & 077))
		err = -EACCES;
	else if ((size_t)st.st_size > most)
		err = -EFBIG;
	else
		buf = calloc(1, (size_t)st.st_size + 1);
	if (buf)
		err = read_all(fd, buf, (size_t)st.st_size);
	(void)close(fd);
	if (err || buf == NULL) {
		free(buf);
		return err ? err : -ENOMEM;
	}
	*text = buf;
	*len = (size_t)st.st_size;
	return 0;
}

static void text_free(char *text, size_t len)
{
	if (text)
		explicit_bzero(text, len);
	free(text);
}

static int write_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		p += n;
		len -= (size_t)n;
	}
	return fsync(fd) == 0 ? 0 : -errno;
}

/* The directory's own entry is on disk when this has returned. */
static int sync_parent(const char *path)
{
	char parent[4096];
	char *slash;
	int fd, err;

	if ((size_t)snprintf(parent, sizeof(parent), "%s", path) >= sizeof(parent))
		return -ENAMETOOLONG;
	slash = strrchr(parent, '/');
	if (slash == NULL)
		(void)snprintf(parent, sizeof(parent), ".");
	else
		slash[slash == parent] = '\0';
	fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = fsync(fd) == 0 ? 0 : -errno;
	(void)close(fd);
	return err;
}

/* Complete and on disk when it has its name. replace: takes another's place, else -EEXIST. */
static int file_write(const char *path, const void *data, size_t len, mode_t mode, bool replace)
{
	char tmp[4096];
	int fd, err;

	if ((size_t)snprintf(tmp, sizeof(tmp), "%s.tmp", path) >= sizeof(tmp))
		return -ENAMETOOLONG;
	if (!replace && access(path, F_OK) == 0)
		return -EEXIST;
	(void)unlink(tmp); /* of a run that was interrupted */
	fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0)
		return -errno;
	err = write_all(fd, data, len);
	if (close(fd) != 0 && !err)
		err = -errno;
	if (!err && replace)
		err = rename(tmp, path) == 0 ? 0 : -errno;
	else if (!err) /* link: never over a file that came meanwhile */
		err = link(tmp, path) == 0 ? 0 : -errno;
	if (err || !replace)
		(void)unlink(tmp);
	return err ? err : sync_parent(path);
}

/* ---- keys ---- */

static bool key_of_hex(uint8_t key[32], const char *hex)
{
	return strspn(hex, "0123456789abcdefABCDEF") == KEY_HEX && hex[KEY_HEX] == '\0' &&
	       sodium_hex2bin(key, 32, hex, KEY_HEX, NULL, NULL, NULL) == 0;
}

static int keys_line(struct card_keys *k, const char *line)
{
	struct card_key *key = &k->key[k->count];
	char hex[KEY_HEX + 2];
	int end = 0;

	if (line[0] == '#' || line[strspn(line, " \t\r")] == '\0')
		return 0;
	if (k->count == CARD_KEYS_MAX)
		return -ENOSPC;
	if (sscanf(line, "%6u %65s %n", &key->id, hex, &end) != 2 || line[end] != '\0' || !key_of_hex(key->key, hex) ||
	    key->id == 0 || key->id > CARD_KEY_ID_MAX || (k->count > 0 && key->id <= k->key[k->count - 1].id))
		return -EBADMSG;
	explicit_bzero(hex, sizeof(hex));
	k->count++;
	return 0;
}

static int keys_parse(struct card_keys *k, char *text, size_t len)
{
	char *rest = text, *line;
	int err = strlen(text) == len ? 0 : -EBADMSG;

	while (!err && (line = strsep(&rest, "\n")) != NULL)
		err = keys_line(k, line);
	return err;
}

int card_keys_load(struct card_keys *k, const char *path)
{
	char *text = NULL;
	size_t len = 0;
	int err = sodium_init() < 0 ? -EIO : file_read(path, true, KEY_FILE_MAX, &text, &len);

	memset(k, 0, sizeof(*k));
	if (!err)
		err = keys_parse(k, text, len);
	if (!err && k->count == 0)
		err = -EBADMSG;
	text_free(text, len);
	if (err)
		card_keys_wipe(k);
	return err == -EFBIG ? -EBADMSG : err;
}

void card_keys_wipe(struct card_keys *k)
{
	explicit_bzero(k, sizeof(*k));
}

static int keys_write(const char *path, const struct card_keys *k)
{
	char *text = calloc(1, KEY_FILE_MAX), hex[KEY_HEX + 1];
	size_t n = 0;
	int err;

	if (text == NULL)
		return -ENOMEM;
	n += (size_t)snprintf(text, KEY_FILE_MAX,
	                      "# Partyline: keys of recharge cards. Keep it from everybody, and keep a copy: without "
	                      "it no card can be redeemed.\n");
	for (unsigned i = 0; i < k->count; i++)
		n += (size_t)snprintf(text + n, KEY_FILE_MAX - n, "%u %s\n", k->key[i].id,
		                      sodium_bin2hex(hex, sizeof(hex), k->key[i].key, 32));
	err = file_write(path, text, n, 0600, true);
	explicit_bzero(hex, sizeof(hex));
	text_free(text, KEY_FILE_MAX);
	return err;
}

int card_keys_add(const char *path, unsigned *id)
{
	struct card_keys k;
	int err = card_keys_load(&k, path);

	if (err && err != -ENOENT)
		return err;
	if (k.count == CARD_KEYS_MAX || (k.count > 0 && k.key[k.count - 1].id == CARD_KEY_ID_MAX)) {
		card_keys_wipe(&k);
		return -ENOSPC;
	}
	k.key[k.count].id = k.count ? k.key[k.count - 1].id + 1 : 1;
	random_bytes(k.key[k.count].key, sizeof(k.key[0].key));
	*id = k.key[k.count++].id;
	err = keys_write(path, &k);
	card_keys_wipe(&k);
	return err;
}

void card_mac(const struct card_key *k, const char *number, uint8_t mac[CARD_MAC_SIZE])
{
	_Static_assert(CARD_MAC_SIZE == crypto_auth_hmacsha256_BYTES, "HMAC-SHA-256");
	_Static_assert(sizeof(k->key) == crypto_auth_hmacsha256_KEYBYTES, "its key");
	(void)crypto_auth_hmacsha256(mac, (const unsigned char *)number, strlen(number), k->key);
}

void card_key_fingerprint(const struct card_key *k, char out[CARD_PRINT_SIZE])
{
	uint8_t mac[CARD_MAC_SIZE];

	card_mac(k, "fingerprint", mac); /* no card's: a number is digits */
	(void)sodium_bin2hex(out, CARD_PRINT_SIZE, mac, (CARD_PRINT_SIZE - 1) / 2);
}

/* ---- the printer ---- */

static int printer_write(const char *path, const uint8_t key[32], bool secret)
{
	char line[KEY_HEX + 10];
	int err;

	(void)sodium_bin2hex(line, sizeof(line), key, 32);
	(void)snprintf(line + KEY_HEX, sizeof(line) - KEY_HEX, " %s\n", secret ? "secret" : "public");
	err = file_write(path, line, strlen(line), secret ? 0600 : 0644, false);
	explicit_bzero(line, sizeof(line));
	return err;
}

int card_printer_make(const char *path)
{
	uint8_t seed[crypto_box_SEEDBYTES], pub[CARD_PUBLIC_SIZE], secret[crypto_box_SECRETKEYBYTES];
	char pub_path[4096];
	int err;

	if ((size_t)snprintf(pub_path, sizeof(pub_path), "%s.pub", path) >= sizeof(pub_path))
		return -ENAMETOOLONG;
	if (access(pub_path, F_OK) == 0)
		return -EEXIST;
	if (sodium_init() < 0)
		return -EIO;
	random_bytes(seed, sizeof(seed));
	(void)crypto_box_seed_keypair(pub, secret, seed);
	err = printer_write(path, secret, true);
	if (!err)
		err = printer_write(pub_path, pub, false);
	explicit_bzero(seed, sizeof(seed));
	explicit_bzero(secret, sizeof(secret));
	return err;
}

static int printer_read(const char *path, bool secret, uint8_t key[32])
{
	char *text;
	size_t len, end;
	int err = file_read(path, secret, KEY_FILE_MAX, &text, &len);

	if (err)
		return err == -EFBIG ? -EBADMSG : err;
	end = strcspn(text, " \t\r\n");
	err = strstr(text + end, secret ? "public" : "secret") ? -EBADMSG : 0;
	text[end] = '\0';
	if (!err && !key_of_hex(key, text))
		err = -EBADMSG;
	text_free(text, len);
	return err;
}

int card_printer_public(const char *path, uint8_t key[CARD_PUBLIC_SIZE])
{
	return sodium_init() < 0 ? -EIO : printer_read(path, false, key);
}

int card_seal(const char *path, const uint8_t key[CARD_PUBLIC_SIZE], const char *text, size_t len)
{
	unsigned char *box;
	int err;

	if (len > CARD_SEALED_MAX - crypto_box_SEALBYTES)
		return -EFBIG;
	if (sodium_init() < 0)
		return -EIO;
	box = malloc(len + crypto_box_SEALBYTES);
	if (box == NULL)
		return -ENOMEM;
	err = crypto_box_seal(box, (const unsigned char *)text, len, key) == 0 ? 0 : -EBADMSG;
	if (!err)
		err = file_write(path, box, len + crypto_box_SEALBYTES, 0600, false);
	free(box);
	return err;
}

int card_unseal(const char *path, const char *secret_path, char **text, size_t *len)
{
	uint8_t secret[crypto_box_SECRETKEYBYTES], pub[CARD_PUBLIC_SIZE];
	char *box = NULL, *clear = NULL;
	size_t n = 0;
	int err = sodium_init() < 0 ? -EIO : printer_read(secret_path, true, secret);

	if (err)
		return err;
	(void)crypto_scalarmult_base(pub, secret);
	err = file_read(path, false, CARD_SEALED_MAX, &box, &n);
	if (!err && n < crypto_box_SEALBYTES)
		err = -EBADMSG;
	if (!err) {
		clear = calloc(1, n - crypto_box_SEALBYTES + 1);
		err = clear ? 0 : -ENOMEM;
	}
	if (!err && crypto_box_seal_open((unsigned char *)clear, (const unsigned char *)box, n, pub, secret) != 0)
		err = -EBADMSG;
	explicit_bzero(secret, sizeof(secret));
	free(box);
	if (err) {
		free(clear);
		return err;
	}
	*text = clear;
	*len = n - crypto_box_SEALBYTES;
	return 0;
}
