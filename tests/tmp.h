/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tests/tmp.h - where tests keep what they make: TMPDIR, which tests/run.sh sets to memory where there is enough, else /tmp. */
#ifndef TESTS_TMP_H
#define TESTS_TMP_H

#include <stdio.h>
#include <stdlib.h>

/* "TMPDIR/name-XXXXXX" for mkdtemp(). */
static inline void tests_tmp(char *out, size_t size, const char *name)
{
	const char *dir = getenv("TMPDIR");

	(void)snprintf(out, size, "%.40s/%s-XXXXXX", dir && *dir ? dir : "/tmp", name);
}

#endif
