/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * billing/card_key.h - the secrets of recharge cards: the keys under which their numbers are stored, and the printer's. All of
 * libsodium is in card_key.c. Blocking (files); any thread.
 *
 * Key file: a line a key, "ID HEX", 64 hex digits (HMAC-SHA-256, RFC 2104: a key as long as the hash); # begins a comment. Ids
 * ascend; new cards get the last, those of all keys can be redeemed: so a key is changed by adding one, and an old one is taken
 * out when its last card has expired. Refused when group or others can read it. It is read at each use: a key that was added
 * needs no restart, and no secret stays in memory.
 */
#ifndef BILLING_CARD_KEY_H
#define BILLING_CARD_KEY_H

#include <stddef.h>
#include <stdint.h>

#define CARD_MAC_SIZE    32
#define CARD_KEYS_MAX    16
#define CARD_KEY_ID_MAX  65535
#define CARD_PRINT_SIZE  33        /* a key's fingerprint with its 0: 32 hex digits */
#define CARD_PUBLIC_SIZE 32
#define CARD_SEALED_MAX  (64u * 1024 * 1024) /* octets: a batch of a million numbers is 24 MB */

struct card_key {
	unsigned id;
	uint8_t  key[32];
};

struct card_keys {
	unsigned        count;
	struct card_key key[CARD_KEYS_MAX];
};

/* -EACCES group or others can read it; -EBADMSG no key file; -ENOENT and the like. */
int  card_keys_load(struct card_keys *k, const char *path);
void card_keys_wipe(struct card_keys *k);
/* A new key behind the others, in a new file if there is none. The file is replaced as a whole. -ENOSPC: CARD_KEYS_MAX. */
int  card_keys_add(const char *path, unsigned *id);

void card_mac(const struct card_key *k, const char *number, uint8_t mac[CARD_MAC_SIZE]);
/* Tells keys of one id apart, and nothing about the key: a key file of another system would make each card unknown. */
void card_key_fingerprint(const struct card_key *k, char out[CARD_PRINT_SIZE]);

/* ---- the printer: who alone can read the clear numbers (libsodium's sealed box: X25519, XSalsa20-Poly1305) ---- */

/* Secret key into path (0600), public key into path.pub, each 64 hex digits in a line and which of the two it is: sealed for the
 * secret one by mistake, nobody could open it. -EEXIST: neither is overwritten. */
int card_printer_make(const char *path);
/* -EBADMSG: no key, or the secret one. */
int card_printer_public(const char *path, uint8_t key[CARD_PUBLIC_SIZE]);
/* Seals len octets into a new file, complete and fsynced when it has its name. -EEXIST; -EFBIG. */
int card_seal(const char *path, const uint8_t key[CARD_PUBLIC_SIZE], const char *text, size_t len);
/* The text, *len octets and a 0 behind, for free(). -EACCES the secret file can be read by others; -EBADMSG it was not sealed for
 * this key, or was changed. */
int card_unseal(const char *path, const char *secret_path, char **text, size_t *len);

#endif
