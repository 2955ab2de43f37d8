/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * route/number.h - the forms a telephone number has at the edges, and the one it has inside (telephony rules 11, 12).
 *
 * Inside a number is canonical text, at most NUMBER_MAX characters, safe as a database key, a route prefix and a word of a log
 * line:
 *
 *   8613800000001   E.164 digits, country code first, no plus
 *   s:12599         a short code: a service or emergency number of the home country's plan, meaningless outside of it. It is
 *   tagged, so that it
 *                   never looks like the beginning of an international number, and so that the route prefix "s:" means all of
 *                   them
 *
 * A trunk's rules say what stands for what. They are data: patterns are digits, X (any digit) and sets ([3-9], [13]); the longest
 * is NUMBER_PATTERN_MAX characters. number_rules_default() is China. Pure functions, any thread; the rules are only read.
 *
 * Coming in, in this order: + or type international; short codes; international prefix; national prefix or type national; numbers
 * that have no area (mobiles, 400...); local numbers of the area at hand; the home country's code with a valid number behind it;
 * area and number without the prefix. number_canonical() of what number_outgoing() made of x is x, for every x that these rules
 * can make (tests/unit/number_test.c).
 */
#ifndef ROUTE_NUMBER_H
#define ROUTE_NUMBER_H

#include <stdbool.h>

#include "leg/trunk.h"

#define NUMBER_MAX          LEG_NUMBER_MAX
#define NUMBER_PATTERN_MAX  39
#define NUMBER_PATTERNS_MAX 16
#define NUMBER_E164_MAX     15 /* E.164 6.1 */

/* Q.931 4.5.8, table 4-9. */
enum number_ton {
	NUMBER_UNKNOWN = 0,
	NUMBER_INTERNATIONAL = 1,
	NUMBER_NATIONAL = 2,
	NUMBER_NETWORK = 3,
	NUMBER_SUBSCRIBER = 4,
	NUMBER_ABBREVIATED = 6
};
enum number_npi { NUMBER_NPI_UNKNOWN = 0, NUMBER_NPI_E164 = 1 };

enum number_form { /* how outgoing numbers are written on this route */
	           NUMBER_DIALLED, /* as a person keys them: 13900000002, 84110001, 02584110001, 0012125550100; type unknown */
	           NUMBER_CODED,   /* without prefixes, told by the type of number: subscriber, national, international */
	           NUMBER_FULL,    /* always country code and number, type international */
};

struct number_patterns { /* zeroes after the last */
	char pattern[NUMBER_PATTERNS_MAX][NUMBER_PATTERN_MAX + 1];
};

struct number_rules {
	char country[4];              /* "86" */
	char national_prefix[4];      /* "0"; "": none */
	char international_prefix[8]; /* "00" */
	/* home area without the prefix: "10"; "": the country has none, or local numbers are refused */
	char area[8];
	struct number_patterns areas;      /* area codes: a number of another area begins with one of these */
	struct number_patterns local;      /* subscriber numbers within an area, whole */
	struct number_patterns nationwide; /* numbers without an area, whole: mobiles, 400 */
	struct number_patterns shorts;     /* short codes, whole */
	enum number_form form;
	bool local_with_area;         /* NUMBER_DIALLED, NUMBER_CODED: the home area's numbers with their area too */
	int  npi;                     /* sent: NUMBER_NPI_E164 */
};

void number_rules_default(struct number_rules *r);
/* NULL, or what is wrong with them (a pattern that is none, a prefix that is no digits). */
const char *number_rules_check(const struct number_rules *r);

/* From the wire. -EINVAL: not digits (a leading + is allowed), empty, too long, a private numbering plan; -EBADMSG: digits that
 * are no number in these rules. */
int number_canonical(const struct number_rules *r, const char *digits, int ton, int npi, char out[NUMBER_MAX + 1]);

/* To the wire. -EINVAL: not canonical. ton and npi may be NULL. */
int number_outgoing(const struct number_rules *r, const char *canonical, char out[NUMBER_MAX + 1], int *ton, int *npi);

/* As keyed by a subscriber. Local numbers belong to the host's area when the host (canonical, may be NULL) has one, else to the
 * home area: a mobile's own area is charging's knowledge, not the dialling plan's. Errors as number_canonical(). */
int number_dialled(const struct number_rules *r, const char *keys, const char *host, char out[NUMBER_MAX + 1]);

/* The beginning of numbers, as a table of routes has it, in canonical form: "" all, "s:" short codes, "s:1" those with 1; with a
 * prefix in front as it is dialled (021, 00852) or with a plus (+852); else digits from the country code on, as in areas and
 * tariffs. -EINVAL: none of these. */
int number_prefix(const struct number_rules *r, const char *text, char out[NUMBER_MAX + 1]);

bool number_is_short(const char *canonical);
bool number_is_canonical(const char *text);
/* What a person recognises it by: its last four digits, or all of a shorter one. */
void number_last_four(const char *canonical, char out[5]);

/* The rules as a trunk wants them; r must outlive the trunk. And number_dialled() for struct ivr_env. */
struct trunk_numbers number_for_trunk(const struct number_rules *r);
int number_dialled_arg(const void *rules, const char *keys, const char *host, char out[NUMBER_MAX + 1]);

#endif
