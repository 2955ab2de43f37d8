/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "billing/tariff_csv.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* ---- errors ---- */

void csv_bad(struct csv *f, unsigned line, const char *fmt, ...)
{
	char text[400];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (f->errors == f->error_size) {
		unsigned n = f->error_size ? f->error_size * 2 : 64;
		struct csv_error *e = realloc(f->error, n * sizeof(*e));

		if (e == NULL) {
			f->no_memory = true;
			return;
		}
		f->error = e;
		f->error_size = n;
	}
	f->error[f->errors] = (struct csv_error){ line, f->errors, strdup(text) };
	if (f->error[f->errors].text)
		f->errors++;
	else
		f->no_memory = true;
}

static int error_compare(const void *a, const void *b)
{
	const struct csv_error *x = a, *y = b;

	return x->line != y->line ? (x->line > y->line) - (x->line < y->line) : (x->order > y->order) - (x->order < y->order);
}

void csv_report(struct csv *f, FILE *out)
{
	if (f->errors)
		qsort(f->error, f->errors, sizeof(*f->error), error_compare);
	for (unsigned i = 0; i < f->errors; i++) {
		if (f->error[i].line)
			(void)fprintf(out, "%s:%u: %s\n", f->file, f->error[i].line, f->error[i].text);
		else
			(void)fprintf(out, "%s: %s\n", f->file, f->error[i].text);
	}
}

/* ---- words ---- */

/* Octets of the character at p; 0: it is none (RFC 3629, without the surrogates). */
static unsigned utf8_length(const unsigned char *p)
{
	unsigned n = *p < 0x80 ? 1 : *p >= 0xc2 && *p < 0xe0 ? 2 : *p >= 0xe0 && *p < 0xf0 ? 3 : *p >= 0xf0 && *p < 0xf5 ? 4 : 0;

	for (unsigned i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((*p == 0xe0 && p[1] < 0xa0) || (*p == 0xed && p[1] >= 0xa0) || (*p == 0xf0 && p[1] < 0x90) ||
	    (*p == 0xf4 && p[1] >= 0x90))
		return 0;
	return n;
}

bool csv_utf8(const char *s, unsigned most)
{
	const unsigned char *p = (const unsigned char *)s;
	unsigned chars = 0;

	for (; *p; chars++) {
		unsigned n = *p < 0x20 || *p == 0x7f ? 0 : utf8_length(p);

		if (n == 0)
			return false;
		p += n;
	}
	return chars <= most;
}

const char *csv_col(const struct csv_row *r, unsigned i)
{
	return i < r->cols && i < CSV_COLUMNS_MAX ? r->text + r->at[i] : "";
}

void csv_put(FILE *out, const char *field)
{
	size_t n = strlen(field);

	if (strpbrk(field, ",\"") == NULL && field[0] != '#' &&
	    (n == 0 || (!strchr(" \t", field[0]) && !strchr(" \t", field[n - 1])))) {
		(void)fputs(field, out);
		return;
	}
	(void)fputc('"', out);
	for (; *field; field++) {
		if (*field == '"')
			(void)fputc('"', out);
		(void)fputc(*field, out);
	}
	(void)fputc('"', out);
}

/* ---- a line ---- */

/* The field at *in, unquoted, to *out; both move behind it. NULL, or what is wrong. */
static const char *field_read(const char **in, char **out)
{
	const char *p = *in + strspn(*in, " \t");
	char *begin = *out, *end = *out;

	if (*p == '"') {
		for (p++; *p && (*p != '"' || p[1] == '"'); p++) {
			p += *p == '"';
			*end++ = *p;
		}
		if (*p == '\0')
			return "a quote is not closed in its line";
		p++;
		p += strspn(p, " \t");
		if (*p && *p != ',')
			return "a field goes on behind its closing quote";
	} else {
		while (*p && *p != ',')
			*end++ = *p++;
		while (end > begin && strchr(" \t", end[-1]))
			end--;
	}
	*end++ = '\0';
	*in = p;
	*out = end;
	return NULL;
}

static int row_add(struct csv *f, const char *line, unsigned number)
{
	char fields[CSV_LINE_MAX + CSV_COLUMNS_MAX + 2], *out = fields;
	struct csv_row r = { .line = number };
	const char *why;

	for (;; line++) {
		char *begin = out;

		why = field_read(&line, &out);
		if (why) {
			csv_bad(f, number, "%s", why);
			return 0;
		}
		if (r.cols < CSV_COLUMNS_MAX)
			r.at[r.cols++] = (uint16_t)(begin - fields);
		else
			r.cols = CSV_COLUMNS_MAX + 1;
		if (*line == '\0')
			break;
		if (r.cols > CSV_COLUMNS_MAX)
			out = begin; /* what is too much is not kept */
	}
	if (f->count == f->size) {
		unsigned n = f->size ? f->size * 2 : 1024;
		struct csv_row *row = f->count < CSV_ROWS_MAX ? realloc(f->row, n * sizeof(*row)) : NULL;

		if (row == NULL)
			return f->count < CSV_ROWS_MAX ? -ENOMEM : -E2BIG;
		f->row = row;
		f->size = n;
	}
	r.text = malloc((size_t)(out - fields));
	if (r.text == NULL)
		return -ENOMEM;
	memcpy(r.text, fields, (size_t)(out - fields));
	f->row[f->count++] = r;
	return 0;
}

/* One line as it came, without its end. */
static int line_take(struct csv *f, char *line, size_t len, unsigned number)
{
	if (number == 1 && len >= 3 && memcmp(line, "\xef\xbb\xbf", 3) == 0) {
		line += 3;
		len -= 3;
	}
	if (number == 1 && len >= 2 && (memcmp(line, "\xff\xfe", 2) == 0 || memcmp(line, "\xfe\xff", 2) == 0)) {
		csv_bad(f, number, "this is UTF-16: save it as UTF-8");
		return -EILSEQ;
	}
	if (memchr(line, '\0', len)) {
		csv_bad(f, number, "there is a zero octet in the line: this is no text");
		return 0;
	}
	if (len > 0 && line[len - 1] == '\r')
		line[--len] = '\0';
	if (line[strspn(line, " \t")] == '\0' || line[strspn(line, " \t")] == '#')
		return 0;
	if (len > CSV_LINE_MAX) {
		csv_bad(f, number, "the line has more than %d octets", CSV_LINE_MAX);
		return 0;
	}
	for (char *p = line; *p; p++)
		if (*p == '\t')
			*p = ' ';
	if (strchr(line, '\r')) {
		csv_bad(f, number, "a line ends with CR alone: save it with LF or CR LF");
		return 0;
	}
	if (!csv_utf8(line, UINT_MAX)) {
		csv_bad(f, number, "this is not UTF-8 text (GB18030? iconv -f GB18030 -t UTF-8 converts it)");
		return 0;
	}
	return row_add(f, line, number);
}

/* A line at most a little longer than allowed is kept; the rest of it is read and forgotten. */
static bool line_next(FILE *in, char line[CSV_LINE_MAX + 8], size_t *len)
{
	int ch;

	*len = 0;
	while ((ch = getc_unlocked(in)) != EOF && ch != '\n')
		if (*len < CSV_LINE_MAX + 6)
			line[(*len)++] = (char)ch;
	line[*len] = '\0';
	return ch != EOF || *len > 0;
}

int csv_read(struct csv *f, FILE *in)
{
	char line[CSV_LINE_MAX + 8];
	unsigned number = 0;
	size_t len;
	int err = 0;

	while (!err && line_next(in, line, &len))
		err = line_take(f, line, len, ++number);
	if (ferror(in))
		csv_bad(f, number, "reading ends here: %s", strerror(errno));
	return err == -EILSEQ ? 0 : err;
}

void csv_free(struct csv *f)
{
	for (unsigned i = 0; i < f->count; i++)
		free(f->row[i].text);
	for (unsigned i = 0; i < f->errors; i++)
		free(f->error[i].text);
	free(f->row);
	free(f->error);
}
