/* SPDX-License-Identifier: GPL-2.0-or-later */
/* office/digest.h - SHA-256 of what is compared but not kept: tokens, bodies, files. Pure functions. */
#ifndef OFFICE_DIGEST_H
#define OFFICE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DIGEST_SIZE 65 /* hex */

void digest_text(const void *data, size_t len, char out[DIGEST_SIZE]);
void digest_hex(const uint8_t *octets, size_t count, char *out); /* 2 * count + 1 */
/* In a time that does not tell where they differ. */
bool digest_same(const char *a, const char *b);

#endif
