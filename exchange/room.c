/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "exchange/room.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "core/magic.h"

static const char *const room[] = {
	"13800000001 ring",                           /* by hand: `answer last` */
	"13800000002 ring",
	"13900000002 answer-after 2000 voice tone:440@-15 loop",
	"13900000003 busy",
	"02584110001 answer-after 3000 ring-inband voice tone:620@-15 loop",
	"01065550001 no-answer",
};

int xroom_ready(struct exchange *x)
{
	char line[200];
	int err = 0;

	for (unsigned i = 0; i < ARRAY_LEN(room) && !err; i++) {
		snprintf(line, sizeof(line), "number %s", room[i]);
		err = exchange_command(x, line, NULL, NULL);
	}
	return err;
}

static int file_line(struct exchange *x, const char *path, unsigned number, const char *line, char *text, unsigned size)
{
	json_t *r = exchange_ask(x, "%s%s", strncmp(line, "number ", 7) ? "number " : "", line);
	const char *error = json_string_value(json_object_get(r, "error"));
	int err = json_is_true(json_object_get(r, "ok")) ? 0 : -EINVAL;

	if (err)
		snprintf(text, size, "%s:%u: %s", path, number, error ? error : "no memory");
	json_decref(r);
	return err;
}

int xroom_file(struct exchange *x, const char *path, char *text, unsigned size)
{
	char line[EXCHANGE_LINE_MAX + 3];
	FILE *f = fopen(path, "re");
	unsigned number = 0;
	int err = 0;

	if (!f) {
		err = -errno;
		snprintf(text, size, "%s: %s", path, strerror(-err));
		return err;
	}
	while (!err && fgets(line, sizeof(line), f)) {
		const char *p = line + strspn(line, " \t\r\n");

		number++;
		if (*p && *p != '#')
			err = file_line(x, path, number, p, text, size);
	}
	fclose(f);
	return err;
}
