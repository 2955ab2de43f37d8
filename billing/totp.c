/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "billing/totp.h"

#include <errno.h>
#include <gnutls/crypto.h>
#include <stdio.h>
#include <string.h>

#include "core/random.h"

#define SECRET_OCTETS     20
#define SECRET_OCTETS_MAX 40
#define SHA1_OCTETS       20

static const char base32[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

void totp_secret(char out[TOTP_SECRET_SIZE])
{
	uint8_t octet[TOTP_SECRET_SIZE - 1];

	random_bytes(octet, sizeof(octet)); /* five bits of each: 160 in all */
	for (size_t i = 0; i < sizeof(octet); i++)
		out[i] = base32[octet[i] & 31];
	out[TOTP_SECRET_SIZE - 1] = '\0';
}

/* How many octets; -EINVAL. */
static int secret_octets(const char *secret, uint8_t out[SECRET_OCTETS_MAX])
{
	uint32_t bits = 0;
	unsigned held = 0, n = 0;

	for (; *secret; secret++) {
		const char *at = strchr(base32, *secret);

		if (at == NULL || n == SECRET_OCTETS_MAX)
			return -EINVAL;
		bits = bits << 5 | (uint32_t)(at - base32);
		held += 5;
		if (held >= 8) {
			held -= 8;
			out[n++] = (uint8_t)(bits >> held);
		}
	}
	return n < SECRET_OCTETS / 2 ? -EINVAL : (int)n;
}

/* RFC 4226 5.3. */
static int code_of_step(const char *secret, int64_t step, char code[TOTP_CODE_SIZE])
{
	uint8_t key[SECRET_OCTETS_MAX], counter[8], mac[SHA1_OCTETS];
	int octets = secret_octets(secret, key);
	uint32_t number;
	unsigned at;

	if (octets < 0)
		return octets;
	for (unsigned i = 0; i < sizeof(counter); i++)
		counter[i] = (uint8_t)(step >> 8 * (7 - i));
	if (gnutls_hmac_fast(GNUTLS_MAC_SHA1, key, (size_t)octets, counter, sizeof(counter), mac) != 0)
		return -EIO;
	at = mac[SHA1_OCTETS - 1] & 15;
	number = (uint32_t)(mac[at] & 0x7f) << 24 | (uint32_t)mac[at + 1] << 16 | (uint32_t)mac[at + 2] << 8 | mac[at + 3];
	(void)snprintf(code, TOTP_CODE_SIZE, "%06u", number % 1000000);
	explicit_bzero(key, sizeof(key));
	return 0;
}

int totp_code(const char *secret, int64_t utc_us, char code[TOTP_CODE_SIZE])
{
	return code_of_step(secret, utc_us / 1000000 / TOTP_STEP_S, code);
}

int64_t totp_check(const char *secret, const char *code, int64_t utc_us, int64_t used)
{
	int64_t now = utc_us / 1000000 / TOTP_STEP_S, found = 0;
	char right[TOTP_CODE_SIZE];

	if (strlen(code) != TOTP_CODE_SIZE - 1)
		return 0;
	for (int64_t step = now - 1; step <= now + 1; step++)
		if (step > used && code_of_step(secret, step, right) == 0 && gnutls_memcmp(right, code, TOTP_CODE_SIZE - 1) == 0)
			found = step;
	return found;
}
