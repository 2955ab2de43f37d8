/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "office/digest.h"

#include <assert.h>
#include <gnutls/crypto.h>
#include <string.h>

void digest_hex(const uint8_t *octets, size_t count, char *out)
{
	static const char hex[] = "0123456789abcdef";

	for (size_t i = 0; i < count; i++) {
		out[2 * i] = hex[octets[i] >> 4];
		out[2 * i + 1] = hex[octets[i] & 15];
	}
	out[2 * count] = '\0';
}

void digest_text(const void *data, size_t len, char out[DIGEST_SIZE])
{
	uint8_t sum[32];
	int err = gnutls_hash_fast(GNUTLS_DIG_SHA256, data, len, sum);

	assert(err == 0); /* it has SHA-256 */
	(void)err;
	digest_hex(sum, sizeof(sum), out);
}

bool digest_same(const char *a, const char *b)
{
	size_t n = strlen(a);

	return strlen(b) == n && gnutls_memcmp(a, b, n) == 0;
}
