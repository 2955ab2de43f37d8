/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/output.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "billing/money.h"

#define CELL_SIZE   256
#define COLUMNS_MAX 16

/* The character at s and its length; 0xfffd for what is no UTF-8. */
static unsigned long utf8_next(const unsigned char *s, unsigned *len)
{
	unsigned long c = s[0];
	unsigned more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : c >= 0xc0 ? 1 : 0;

	*len = 1;
	if (c < 0x80)
		return c;
	if (more == 0)
		return 0xfffd;
	c &= 0x3fu >> more;
	for (unsigned i = 1; i <= more; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0xfffd;
		c = c << 6 | (s[i] & 0x3f);
	}
	*len = more + 1;
	return c;
}

unsigned output_width(const char *utf8)
{
	const unsigned char *s = (const unsigned char *)utf8;
	unsigned width = 0, len;

	for (; *s; s += len) {
		unsigned long c = utf8_next(s, &len);

		/* East Asian Width W and F, near enough: Hangul, CJK, full-width forms. */
		width += (c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0xa4cf) || (c >= 0xac00 && c <= 0xd7a3) ||
		                         (c >= 0xf900 && c <= 0xfaff) || (c >= 0xfe30 && c <= 0xfe6f) ||
		                         (c >= 0xff00 && c <= 0xff60) || (c >= 0xffe0 && c <= 0xffe6) ||
		                         (c >= 0x20000 && c <= 0x3fffd)
		                 ? 2
		                 : 1;
	}
	return width;
}

static void cell_seconds(json_int_t s, char *text)
{
	if (s < 0)
		s = 0;
	if (s >= 86400)
		(void)snprintf(text, CELL_SIZE, "%lldd %lld:%02lld:%02lld", (long long)(s / 86400), (long long)(s / 3600 % 24),
		               (long long)(s / 60 % 60), (long long)(s % 60));
	else
		(void)snprintf(text, CELL_SIZE, "%lld:%02lld:%02lld", (long long)(s / 3600), (long long)(s / 60 % 60),
		               (long long)(s % 60));
}

/* A terminal's controls stay out: the text may have come from a telephone line. */
static void cell_text(const char *from, char *text)
{
	(void)snprintf(text, CELL_SIZE, "%s", from);
	for (char *p = text; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
}

/* Words and numbers with blanks between them; an empty word is "". What has no room is dots. */
static void cell_list(const json_t *list, char text[CELL_SIZE])
{
	char word[CELL_SIZE];
	size_t i, used = 0;
	json_t *v;

	json_array_foreach((json_t *)list, i, v) {
		if (json_is_integer(v))
			(void)snprintf(word, sizeof(word), "%" JSON_INTEGER_FORMAT, json_integer_value(v));
		else
			cell_text(json_is_string(v) ? json_string_value(v) : "...", word);
		if (used + strlen(word) + sizeof(" \"\" ...") > CELL_SIZE) {
			(void)snprintf(text + used, CELL_SIZE - used, " ...");
			return;
		}
		used += (size_t)snprintf(text + used, CELL_SIZE - used, "%s%s", i ? " " : "", word[0] ? word : "\"\"");
	}
}

static void cell(const json_t *row, const struct column *c, char text[CELL_SIZE])
{
	const json_t *v = json_object_get(row, c->key);

	text[0] = '\0';
	if (v == NULL || json_is_null(v))
		return;
	if (json_is_boolean(v))
		(void)snprintf(text, CELL_SIZE, "%s", json_is_true(v) ? "yes" : "no");
	else if (json_is_string(v))
		cell_text(json_string_value(v), text);
	else if (json_is_integer(v) && c->kind == COLUMN_MONEY)
		money_format_e4(json_integer_value(v), text);
	else if (json_is_integer(v) && c->kind == COLUMN_SECONDS)
		cell_seconds(json_integer_value(v), text);
	else if (json_is_integer(v))
		(void)snprintf(text, CELL_SIZE, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
	else if (json_is_array(v))
		cell_list(v, text);
	else
		(void)snprintf(text, CELL_SIZE, "...");
}

static bool to_the_right(const struct column *c)
{
	return c->kind == COLUMN_COUNT || c->kind == COLUMN_MONEY || c->kind == COLUMN_SECONDS;
}

static void put_cell(FILE *out, const char *text, unsigned width, bool right, bool last)
{
	unsigned blanks = width - output_width(text);

	if (right)
		fprintf(out, "%*s%s", (int)blanks, "", text);
	else if (last)
		fputs(text, out);
	else
		fprintf(out, "%s%*s", text, (int)blanks, "");
	fputs(last ? "\n" : "  ", out);
}

void output_table(FILE *out, const json_t *rows, const struct column *columns, const char *empty)
{
	unsigned width[COLUMNS_MAX], count = 0;
	char text[CELL_SIZE];
	size_t i;
	json_t *row;

	if (json_array_size(rows) == 0) {
		if (empty)
			fprintf(out, "%s\n", empty);
		return;
	}
	for (; count < COLUMNS_MAX && columns[count].key; count++)
		width[count] = output_width(columns[count].title);
	json_array_foreach((json_t *)rows, i, row) {
		for (unsigned k = 0; k < count; k++) {
			cell(row, &columns[k], text);
			if (output_width(text) > width[k])
				width[k] = output_width(text);
		}
	}
	for (unsigned k = 0; k < count; k++)
		put_cell(out, columns[k].title, width[k], to_the_right(&columns[k]), k + 1 == count);
	json_array_foreach((json_t *)rows, i, row) {
		for (unsigned k = 0; k < count; k++) {
			cell(row, &columns[k], text);
			put_cell(out, text, width[k], to_the_right(&columns[k]), k + 1 == count);
		}
	}
}

void output_record(FILE *out, const json_t *object, const struct column *columns)
{
	unsigned width = 0;
	char text[CELL_SIZE];

	for (const struct column *c = columns; c->key; c++)
		if (output_width(c->title) > width)
			width = output_width(c->title);
	for (const struct column *c = columns; c->key; c++) {
		cell(object, c, text);
		if (text[0])
			fprintf(out, "%s:%*s %s\n", c->title, (int)(width - output_width(c->title)), "", text);
	}
}

void output_json(FILE *out, const json_t *value)
{
	(void)json_dumpf(value, out, JSON_INDENT(2) | JSON_ENCODE_ANY);
	fputc('\n', out);
}
