/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "billing/rating_book.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "billing/rating_prefix.h"
#include "billing/tariff.h"

struct table_list { /* what is added, until it is built */
	struct prefix_entry *e;
	uint32_t             count, size;
	struct prefix_table *table;
};

struct rate_book {
	struct table_list areas, rates;
	char            (*area)[16];     /* names, by the entries' values; gone when it is built */
	uint32_t          area_count, area_size;
	struct rate      *rate;
	uint32_t          rate_count, rate_size;
	int32_t           local, domestic; /* index; -1: the tariff has none */
};

int rate_book_alloc(struct rate_book **bp)
{
	struct rate_book *b = calloc(1, sizeof(*b));

	if (b == NULL)
		return -ENOMEM;
	b->local = b->domestic = -1;
	*bp = b;
	return 0;
}

static void list_free(struct table_list *l)
{
	for (uint32_t i = 0; i < l->count; i++)
		free((char *)(uintptr_t)l->e[i].prefix);
	free(l->e);
	l->e = NULL;
	l->count = 0;
}

void rate_book_free(struct rate_book *b)
{
	if (b == NULL)
		return;
	list_free(&b->areas);
	list_free(&b->rates);
	prefix_table_free(b->areas.table);
	prefix_table_free(b->rates.table);
	free(b->area);
	free(b->rate);
	free(b);
}

/* Room for one more of `size` octets; NULL: none. */
static void *grown(void *old, uint32_t count, uint32_t *room, size_t size)
{
	uint32_t n = *room ? *room * 2 : 1024;
	void *more;

	if (count < *room)
		return old;
	more = realloc(old, n * size);
	if (more)
		*room = n;
	return more;
}

static int list_add(struct table_list *l, const char *prefix, int32_t value)
{
	struct prefix_entry *e = grown(l->e, l->count, &l->size, sizeof(*e));

	if (e == NULL)
		return -ENOMEM;
	l->e = e;
	e[l->count] = (struct prefix_entry){ strdup(prefix), value };
	if (e[l->count].prefix == NULL)
		return -ENOMEM;
	l->count++;
	return 0;
}

int rate_book_add_area(struct rate_book *b, const char *prefix, const char *area)
{
	char(*name)[16] = grown(b->area, b->area_count, &b->area_size, sizeof(*name));
	int err;

	if (name == NULL)
		return -ENOMEM;
	b->area = name;
	if (strlen(area) >= sizeof(*name) || area[0] == '\0' || strspn(area, "0123456789") != strlen(area))
		return -EINVAL;
	err = list_add(&b->areas, prefix, (int32_t)b->area_count);
	if (!err)
		(void)snprintf(name[b->area_count++], sizeof(*name), "%s", area);
	return err;
}

int rate_book_add_rate(struct rate_book *b, const char *class, const char *prefix, const struct rate *r)
{
	struct rate *rate = grown(b->rate, b->rate_count, &b->rate_size, sizeof(*rate));
	int err = 0;

	if (rate == NULL)
		return -ENOMEM;
	b->rate = rate;
	if (strcmp(class, "prefix") == 0)
		err = list_add(&b->rates, prefix, (int32_t)b->rate_count);
	else if (strcmp(class, "local") == 0)
		b->local = (int32_t)b->rate_count;
	else if (strcmp(class, "domestic") == 0)
		b->domestic = (int32_t)b->rate_count;
	else
		err = -EINVAL;
	if (!err)
		rate[b->rate_count++] = *r;
	return err;
}

static int name_compare(const void *a, const void *b)
{
	return strcmp(((const struct prefix_entry *)a)->prefix, ((const struct prefix_entry *)b)->prefix);
}

/* One number for each area, however many ranges it has: the entries' values become these. */
static int areas_number(struct rate_book *b)
{
	struct prefix_entry *e = calloc(b->areas.count ? b->areas.count : 1, sizeof(*e));
	int32_t *number = calloc(b->areas.count ? b->areas.count : 1, sizeof(*number)), next = -1;

	if (e == NULL || number == NULL) {
		free(e);
		free(number);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < b->areas.count; i++)
		e[i] = (struct prefix_entry){ b->area[i], (int32_t)i };
	if (b->areas.count)
		qsort(e, b->areas.count, sizeof(*e), name_compare);
	for (uint32_t i = 0; i < b->areas.count; i++) {
		if (i == 0 || strcmp(e[i].prefix, e[i - 1].prefix) != 0)
			next++;
		number[e[i].value] = next;
	}
	for (uint32_t i = 0; i < b->areas.count; i++)
		b->areas.e[i].value = number[b->areas.e[i].value];
	free(e);
	free(number);
	return 0;
}

int rate_book_build(struct rate_book *b)
{
	int err = areas_number(b);

	if (!err)
		err = prefix_table_build(&b->areas.table, b->areas.e, b->areas.count);
	if (!err)
		err = prefix_table_build(&b->rates.table, b->rates.e, b->rates.count);
	list_free(&b->areas);
	list_free(&b->rates);
	free(b->area);
	b->area = NULL;
	return err;
}

int32_t rate_book_area(const struct rate_book *b, const char *number)
{
	return prefix_table_longest(b->areas.table, number);
}

const struct rate *rate_book_rate(const struct rate_book *b, int32_t origin_area, const char *called)
{
	int32_t i = prefix_table_longest(b->rates.table, called), area;

	if (i < 0) {
		area = rate_book_area(b, called);
		i = area < 0 ? -1 : area == origin_area ? b->local : b->domestic;
	}
	return i < 0 ? NULL : &b->rate[i];
}

/* ---- from the database ---- */

struct load {
	const char       *tariff;
	int64_t           at_utc_us;
	struct rate_book *b;
};

static int load_area(void *arg, const char *const *col, unsigned cols)
{
	(void)cols;
	return rate_book_add_area(arg, col[0], col[1]);
}

static int load_rate(void *arg, const char *class, const char *prefix, const struct rate *r)
{
	return rate_book_add_rate(arg, class, prefix, r);
}

static int load_tx(struct store_conn *c, void *arg)
{
	struct load *l = arg;
	int err;

	rate_book_free(l->b); /* of a try that was cut */
	l->b = NULL;
	err = rate_book_alloc(&l->b);
	if (!err)
		err = store_query(c, load_area, l->b, "SELECT prefix, area FROM number_area ORDER BY prefix", "");
	if (!err || err == -ENOENT)
		err = tariff_each_rate(c, l->tariff, l->at_utc_us, load_rate, l->b);
	return err;
}

int rate_book_load(struct rate_book **bp, struct store *s, const char *tariff, int64_t at_utc_us)
{
	struct load l = { .tariff = tariff, .at_utc_us = at_utc_us };
	int err = store_tx(s, load_tx, &l);

	if (!err)
		err = rate_book_build(l.b);
	if (err) {
		rate_book_free(l.b);
		return err;
	}
	*bp = l.b;
	return 0;
}

/* ---- records ---- */

/* Digits of a fixed width; -1: they are none. */
static int fixed(const char *p, int width)
{
	int v = 0;

	for (int i = 0; i < width; i++) {
		if (p[i] < '0' || p[i] > '9')
			return -1;
		v = v * 10 + (p[i] - '0');
	}
	return v;
}

/* "2026-03-02 10:00:00[.123]" up to the next comma. */
static const char *stamp_parse(const char *p, int64_t *utc_us)
{
	int y, mo, d, h, mi, s, ms = 0;

	y = fixed(p, 4);
	if (y < 1970 || p[4] != '-')
		return NULL;
	mo = fixed(p + 5, 2);
	if (mo < 1 || mo > 12 || p[7] != '-')
		return NULL;
	d = fixed(p + 8, 2);
	if (d < 1 || d > 31 || (p[10] != ' ' && p[10] != 'T'))
		return NULL;
	h = fixed(p + 11, 2);
	if (h < 0 || h > 23 || p[13] != ':')
		return NULL;
	mi = fixed(p + 14, 2);
	if (mi < 0 || mi > 59 || p[16] != ':')
		return NULL;
	s = fixed(p + 17, 2);
	if (s < 0 || s > 59)
		return NULL;
	p += 19;
	if (*p == '.') {
		ms = fixed(p + 1, 3);
		if (ms < 0)
			return NULL;
		p += 4;
	}
	*utc_us = ((((rate_zone_days(y, (unsigned)mo) + d - 1) * 24 + h) * 60 + mi) * 60 + s) * 1000000 + ms * 1000;
	return *p == ',' ? p + 1 : NULL;
}

static const char *number_parse(const char *p, char out[32])
{
	const char *end = strchr(p, ',');

	if (end == NULL || end == p || end - p > 31)
		return NULL;
	memcpy(out, p, (size_t)(end - p));
	out[end - p] = '\0';
	return end + 1;
}

int rating_call_parse(const char *line, struct rating_call *call)
{
	const char *p = number_parse(line, call->calling);
	int64_t ms = 0;
	int digits = 0;

	p = p ? number_parse(p, call->called) : NULL;
	p = p ? stamp_parse(p, &call->answered_utc_us) : NULL;
	if (p == NULL)
		return -EBADMSG;
	for (; *p >= '0' && *p <= '9' && digits < 15; p++, digits++)
		ms = ms * 10 + (*p - '0');
	if (digits == 0 || (*p && strspn(p, " \t\r\n") != strlen(p)))
		return -EBADMSG;
	call->talk_ms = ms;
	return 0;
}
