/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "route/number.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SHORT_TAG "s:"

/* ---- patterns
 * -------------------------------------------------------------------------------------------------------------------- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool all_digits(const char *s)
{
	if (*s == '\0')
		return false;
	for (; *s; s++)
		if (!is_digit(*s))
			return false;
	return true;
}

/* One element of a pattern: does it take c? *len is how much of the pattern it is, 0 when it is no element. */
static bool pattern_element(const char *p, char c, size_t *len)
{
	bool in = false;
	size_t i;

	*len = 1;
	if (is_digit(*p))
		return *p == c;
	if (*p == 'X')
		return is_digit(c);
	*len = 0;
	if (*p != '[')
		return false;
	for (i = 1; is_digit(p[i]);) {
		if (p[i + 1] == '-' && is_digit(p[i + 2]) && p[i] <= p[i + 2]) {
			in = in || (c >= p[i] && c <= p[i + 2]);
			i += 3;
		} else {
			in = in || c == p[i];
			i++;
		}
	}
	if (i > 1 && p[i] == ']')
		*len = i + 1;
	return in && *len;
}

static bool pattern_valid(const char *p)
{
	while (*p) {
		size_t len;

		(void)pattern_element(p, '0', &len);
		if (len == 0)
			return false;
		p += len;
	}
	return true;
}

/* How many of the digits the whole pattern takes, -1 when it does not fit. */
static int pattern_match(const char *p, const char *digits)
{
	int n = 0;

	while (*p) {
		size_t len;

		if (!pattern_element(p, digits[n], &len))
			return -1;
		p += len;
		n++;
	}
	return n;
}

static bool patterns_whole(const struct number_patterns *ps, const char *digits)
{
	size_t len = strlen(digits);

	for (unsigned i = 0; i < NUMBER_PATTERNS_MAX && ps->pattern[i][0]; i++) {
		int n = pattern_match(ps->pattern[i], digits);

		if (n > 0 && (size_t)n == len)
			return true;
	}
	return false;
}

static int patterns_prefix(const struct number_patterns *ps, const char *digits)
{
	for (unsigned i = 0; i < NUMBER_PATTERNS_MAX && ps->pattern[i][0]; i++) {
		int n = pattern_match(ps->pattern[i], digits);

		if (n > 0)
			return n;
	}
	return 0;
}

static const char *patterns_check(const struct number_patterns *ps)
{
	for (unsigned i = 0; i < NUMBER_PATTERNS_MAX; i++)
		if (memchr(ps->pattern[i], '\0', sizeof(ps->pattern[i])) == NULL || !pattern_valid(ps->pattern[i]))
			return ps->pattern[i];
	return NULL;
}

/* ---- rules
 * ----------------------------------------------------------------------------------------------------------------------- */

static void patterns_set(struct number_patterns *ps, const char *const *text)
{
	memset(ps, 0, sizeof(*ps));
	for (unsigned i = 0; i < NUMBER_PATTERNS_MAX && text[i]; i++)
		(void)snprintf(ps->pattern[i], sizeof(ps->pattern[i]), "%s", text[i]);
}

void number_rules_default(struct number_rules *r)
{
	static const char *const areas[] = { "10", "2X", "[3-9]XX", NULL };
	static const char *const local[] = { "[2-9]XXXXXXX", "[2-9]XXXXXX", NULL };
	static const char *const nationwide[] = { "1[3-9]XXXXXXXXX", "[48]00XXXXXXX", NULL };
	/* 110, 12599, 10086, 95588, 962288: every three to six digits that do not begin with a prefix */
	static const char *const shorts[] = { "[1-9]XX", "[1-9]XXX", "[1-9]XXXX", "[1-9]XXXXX", NULL };

	memset(r, 0, sizeof(*r));
	(void)snprintf(r->country, sizeof(r->country), "86");
	(void)snprintf(r->national_prefix, sizeof(r->national_prefix), "0");
	(void)snprintf(r->international_prefix, sizeof(r->international_prefix), "00");
	(void)snprintf(r->area, sizeof(r->area), "10");
	patterns_set(&r->areas, areas);
	patterns_set(&r->local, local);
	patterns_set(&r->nationwide, nationwide);
	patterns_set(&r->shorts, shorts);
	r->form = NUMBER_DIALLED;
	r->npi = NUMBER_NPI_E164;
}

const char *number_rules_check(const struct number_rules *r)
{
	if (!all_digits(r->country) || r->country[0] == '0')
		return "the country code is one to three digits, the first not 0";
	if (r->national_prefix[0] && !all_digits(r->national_prefix))
		return "the national prefix is digits";
	if (!all_digits(r->international_prefix))
		return "the international prefix is digits";
	if (r->national_prefix[0] && strcmp(r->national_prefix, r->international_prefix) == 0)
		return "the national and the international prefix are the same";
	if (r->area[0] && !all_digits(r->area))
		return "the home area is digits, without the national prefix";
	if (r->area[0] && (size_t)patterns_prefix(&r->areas, r->area) != strlen(r->area))
		return "the home area is none of the area codes";
	if (patterns_check(&r->areas) || patterns_check(&r->local) || patterns_check(&r->nationwide) ||
	    patterns_check(&r->shorts))
		return "a pattern is made of digits, X and sets such as [3-9]";
	return NULL;
}

/* ---- reading
 * --------------------------------------------------------------------------------------------------------------------- */

static int put(char out[NUMBER_MAX + 1], const char *a, const char *b, const char *c)
{
	char made[NUMBER_MAX + 1];
	int n = snprintf(made, sizeof(made), "%s%s%s", a, b, c);

	if (n < 0 || n > NUMBER_MAX)
		return -EBADMSG;
	memcpy(out, made, sizeof(made));
	return 0;
}

static const char *skip(const char *digits, const char *prefix)
{
	size_t len = strlen(prefix);

	return len && strncmp(digits, prefix, len) == 0 ? digits + len : NULL;
}

/* What stands behind the home country's code, or behind the national prefix. */
static int read_national(const struct number_rules *r, const char *nsn, char out[NUMBER_MAX + 1])
{
	int area = patterns_prefix(&r->areas, nsn);
	const char *rest;

	if (patterns_whole(&r->nationwide, nsn))
		return put(out, r->country, nsn, "");
	/* A service number with its own area before it, as some exchanges deliver it (010 12599), is that service number. */
	rest = skip(nsn, r->area);
	if (rest && patterns_whole(&r->shorts, rest))
		return put(out, SHORT_TAG, rest, "");
	if (area == 0 && r->areas.pattern[0][0])
		return -EBADMSG;
	rest = nsn + area;
	/* 021 110: another area's service number keeps its area (barring looks behind it, rule 13). */
	if (!patterns_whole(&r->local, rest) && !(area && patterns_whole(&r->shorts, rest)))
		return -EBADMSG;
	return put(out, r->country, nsn, "");
}

/* The prefix does not belong behind a country code or in a number of type national, but is seen there: +86 (0)10 ... */
static int read_national_loosely(const struct number_rules *r, const char *nsn, char out[NUMBER_MAX + 1])
{
	const char *rest = skip(nsn, r->national_prefix);
	int err = read_national(r, nsn, out);

	return err && rest ? read_national(r, rest, out) : err;
}

static int read_international(const struct number_rules *r, const char *digits, char out[NUMBER_MAX + 1])
{
	const char *own = skip(digits, r->country);
	size_t len;

	if (own)
		return read_national_loosely(r, own, out);
	len = strlen(digits);
	if (digits[0] == '0' || len < 5 || len > NUMBER_E164_MAX)
		return -EBADMSG;
	return put(out, digits, "", "");
}

static int read_local(const struct number_rules *r, const char *digits, const char *area, char out[NUMBER_MAX + 1])
{
	if (!patterns_whole(&r->local, digits) || (area[0] == '\0' && r->areas.pattern[0][0]))
		return -EBADMSG;
	return put(out, r->country, area, digits);
}

/* The type tells nothing: the digits must. The order is the header's. */
static int read_unknown(const struct number_rules *r, const char *digits, const char *area, char out[NUMBER_MAX + 1])
{
	const char *rest;

	if (patterns_whole(&r->shorts, digits))
		return put(out, SHORT_TAG, digits, "");
	if ((rest = skip(digits, r->international_prefix)) != NULL)
		return read_international(r, rest, out);
	if ((rest = skip(digits, r->national_prefix)) != NULL)
		return read_national(r, rest, out);
	if (patterns_whole(&r->nationwide, digits))
		return put(out, r->country, digits, "");
	if (read_local(r, digits, area, out) == 0)
		return 0;
	if ((rest = skip(digits, r->country)) != NULL && read_national(r, rest, out) == 0)
		return 0;
	return read_national(r, digits, out);
}

static int read_number(const struct number_rules *r, const char *digits, int ton, const char *area, char out[NUMBER_MAX + 1])
{
	const char *rest;

	if (digits[0] == '+') {
		digits++;
		ton = NUMBER_INTERNATIONAL;
	}
	if (!all_digits(digits) || strlen(digits) > NUMBER_MAX)
		return -EINVAL;
	switch (ton) {
	case NUMBER_INTERNATIONAL:
		rest = skip(digits, r->international_prefix); /* the type and the prefix as well: seen from private exchanges */
		return read_international(r, rest ? rest : digits, out);
	case NUMBER_NATIONAL:
		return read_national_loosely(r, digits, out);
	default:
		/* Subscriber, network specific and abbreviated are used loosely on real lines; the digits decide. */
		return read_unknown(r, digits, area, out);
	}
}

int number_canonical(const struct number_rules *r, const char *digits, int ton, int npi, char out[NUMBER_MAX + 1])
{
	/* Data, telex and private plans (Q.931 table 4-9) are not telephone numbers; the rest is used loosely on real lines. */
	if (npi == 3 || npi == 4 || npi == 9)
		return -EINVAL;
	return read_number(r, digits, ton, r->area, out);
}

int number_dialled(const struct number_rules *r, const char *keys, const char *host, char out[NUMBER_MAX + 1])
{
	const char *nsn = host ? skip(host, r->country) : NULL;
	char area[sizeof(r->area)] = "";

	if (nsn && !patterns_whole(&r->nationwide, nsn)) {
		int len = patterns_prefix(&r->areas, nsn);

		if (len > 0 && (size_t)len < sizeof(area))
			memcpy(area, nsn, (size_t)len);
	}
	return read_number(r, keys, NUMBER_UNKNOWN, area[0] ? area : r->area, out);
}

/* ---- writing
 * --------------------------------------------------------------------------------------------------------------------- */

int number_outgoing(const struct number_rules *r, const char *canonical, char out[NUMBER_MAX + 1], int *ton, int *npi)
{
	bool coded = r->form == NUMBER_CODED;
	const char *nsn, *local;
	int type = NUMBER_UNKNOWN, err;

	if (!number_is_canonical(canonical))
		return -EINVAL;
	nsn = skip(canonical, r->country);
	local = nsn && !r->local_with_area && !patterns_whole(&r->nationwide, nsn) ? skip(nsn, r->area) : NULL;
	if (local && !patterns_whole(&r->local, local))
		local = NULL;
	if (number_is_short(canonical)) {
		err = put(out, canonical + strlen(SHORT_TAG), "", "");
	} else if (r->form == NUMBER_FULL || (coded && nsn == NULL)) {
		type = NUMBER_INTERNATIONAL;
		err = put(out, canonical, "", "");
	} else if (nsn == NULL) {
		err = put(out, r->international_prefix, canonical, "");
	} else if (local) {
		type = coded ? NUMBER_SUBSCRIBER : NUMBER_UNKNOWN;
		err = put(out, local, "", "");
	} else if (coded) {
		type = NUMBER_NATIONAL;
		err = put(out, nsn, "", "");
	} else {
		err = patterns_whole(&r->nationwide, nsn) ? put(out, nsn, "", "") : put(out, r->national_prefix, nsn, "");
	}
	if (err)
		return -EINVAL; /* an international number that its prefix makes too long */
	if (ton)
		*ton = type;
	if (npi)
		*npi = r->npi;
	return 0;
}

int number_prefix(const struct number_rules *r, const char *text, char out[NUMBER_MAX + 1])
{
	const char *country = "", *digits = text, *rest;

	if (number_is_short(text)) {
		digits = text + strlen(SHORT_TAG);
		return *digits == '\0' || all_digits(digits) ? put(out, text, "", "") : -EINVAL;
	}
	if (text[0] == '+') {
		digits = text + 1;
	} else if ((rest = skip(text, r->international_prefix)) != NULL) {
		digits = rest;
	} else if ((rest = skip(text, r->national_prefix)) != NULL) {
		country = r->country;
		digits = rest;
	}
	if (digits[0] == '0' || (digits[0] != '\0' && !all_digits(digits)))
		return -EINVAL;
	if (digits[0] == '\0' && digits != text && country[0] == '\0')
		return -EINVAL; /* a plus alone */
	return strlen(digits) + strlen(country) <= NUMBER_E164_MAX ? put(out, country, digits, "") : -EINVAL;
}

/* ---- small questions
 * ------------------------------------------------------------------------------------------------------------- */

bool number_is_short(const char *canonical)
{
	return strncmp(canonical, SHORT_TAG, strlen(SHORT_TAG)) == 0;
}

bool number_is_canonical(const char *text)
{
	size_t len = strlen(text);

	if (number_is_short(text))
		return len <= NUMBER_MAX && all_digits(text + strlen(SHORT_TAG));
	return len <= NUMBER_E164_MAX && all_digits(text) && text[0] != '0';
}

void number_last_four(const char *canonical, char out[5])
{
	const char *digits = number_is_short(canonical) ? canonical + strlen(SHORT_TAG) : canonical;
	size_t len = strlen(digits);

	(void)snprintf(out, 5, "%s", len > 4 ? digits + len - 4 : digits);
}

static int trunk_canonical(const void *arg, const char *digits, int ton, int npi, char out[NUMBER_MAX + 1])
{
	return number_canonical(arg, digits, ton, npi, out);
}

static int trunk_outgoing(const void *arg, const char *canonical, char out[NUMBER_MAX + 1], int *ton, int *npi)
{
	return number_outgoing(arg, canonical, out, ton, npi);
}

struct trunk_numbers number_for_trunk(const struct number_rules *r)
{
	return (struct trunk_numbers){ .canonical = trunk_canonical, .outgoing = trunk_outgoing, .arg = r };
}

int number_dialled_arg(const void *rules, const char *keys, const char *host, char out[NUMBER_MAX + 1])
{
	return number_dialled(rules, keys, host, out);
}
