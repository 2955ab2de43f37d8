/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * billing/totp.h - one-time codes of a phone's app: RFC 6238 with what all apps know (SHA-1, 30 s, six digits), and secrets as
 * RFC 4648 base32. Pure functions but for the secret's randomness.
 */
#ifndef BILLING_TOTP_H
#define BILLING_TOTP_H

#include <stdint.h>

#define TOTP_STEP_S      30
#define TOTP_SECRET_SIZE 33 /* 160 bits (RFC 4226 4, R6), as base32 */
#define TOTP_CODE_SIZE   7

void totp_secret(char out[TOTP_SECRET_SIZE]);
/* -EINVAL: no base32, or less than 80 bits. */
int  totp_code(const char *secret, int64_t utc_us, char code[TOTP_CODE_SIZE]);
/* The step that the code is of, among those a clock may be off by (one before, one after): > used, which is the last one that was
 * taken (RFC 6238 5.2: a code is good once). 0: it is none. */
int64_t totp_check(const char *secret, const char *code, int64_t utc_us, int64_t used);

#endif
