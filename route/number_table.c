/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "route/number_table.h"

#include "route/number.h"

#define IN_NUMBERS(member) CONFIG_AT(struct number_rules, member)
/* A list of words: the size of one. */
#define WORDS(s, member) .offset = offsetof(s, member), .size = sizeof(((s *)NULL)->member[0])

static const struct config_choice forms[] = {
	{ "dialled", NUMBER_DIALLED }, { "coded", NUMBER_CODED }, { "full", NUMBER_FULL }, { .name = NULL }
};

const struct config_field number_rules_table[] = {
	{ "country_code", CONFIG_STRING, IN_NUMBERS(country), .preset = "86", .min = 1, .text = "The country code." },
	{ "national_prefix", CONFIG_STRING, IN_NUMBERS(national_prefix), .preset = "0",
	  .text = "Dialled before an area code. Empty: the country has none." },
	{ "international_prefix", CONFIG_STRING, IN_NUMBERS(international_prefix), .preset = "00", .min = 1,
	  .text = "Dialled before a country code." },
	{ "area", CONFIG_STRING, IN_NUMBERS(area), .preset = "10",
	  .text = "The home area, without the prefix: local numbers belong to it." },
	{ "areas", CONFIG_STRINGS, WORDS(struct number_rules, areas.pattern), .max = NUMBER_PATTERNS_MAX,
	  .preset = "10 2X [3-9]XX", .text = "Patterns of area codes: digits, X for any digit, sets such as [3-9]." },
	{ "local", CONFIG_STRINGS, WORDS(struct number_rules, local.pattern), .max = NUMBER_PATTERNS_MAX,
	  .preset = "[2-9]XXXXXXX [2-9]XXXXXX", .text = "Patterns of subscriber numbers within an area." },
	{ "nationwide", CONFIG_STRINGS, WORDS(struct number_rules, nationwide.pattern), .max = NUMBER_PATTERNS_MAX,
	  .preset = "1[3-9]XXXXXXXXX [48]00XXXXXXX", .text = "Patterns of numbers without an area: mobiles, freephone." },
	{ "short_codes", CONFIG_STRINGS, WORDS(struct number_rules, shorts.pattern), .max = NUMBER_PATTERNS_MAX,
	  .preset = "[1-9]XX [1-9]XXX [1-9]XXXX [1-9]XXXXX", .text = "Patterns of service and emergency numbers." },
	{ "form", CONFIG_ENUM, IN_NUMBERS(form), .preset = "dialled", .choices = forms,
	  .text = "How called and calling numbers are sent: dialled, as a person keys them, type unknown; coded, without "
	          "prefixes, told by the type of number; "
	          "full, with the country code, type international." },
	{ "local_with_area", CONFIG_BOOL, IN_NUMBERS(local_with_area), .preset = "no",
	  .text = "The home area's numbers are sent with their area code too." },
	{ .name = NULL },
};
