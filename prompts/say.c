/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "prompts/say.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NUMBER_MAX INT64_C(1000000000000000) /* beyond, nobody follows the words */
#define DIGITS_MAX 32

static const char *const langs[PROMPT_LANGS] = { [PROMPT_ZH_CN] = "zh-CN", [PROMPT_EN] = "en" };

static const char *const num[20] = {
	"num-0",  "num-1",  "num-2",  "num-3",  "num-4",  "num-5",  "num-6",  "num-7",  "num-8",  "num-9",
	"num-10", "num-11", "num-12", "num-13", "num-14", "num-15", "num-16", "num-17", "num-18", "num-19",
};
static const char *const tens[10] = { NULL,     "num-10", "num-20", "num-30", "num-40",
	                              "num-50", "num-60", "num-70", "num-80", "num-90" };

const char *prompt_lang_name(enum prompt_lang lang)
{
	return langs[lang];
}

int prompt_lang_parse(const char *name, enum prompt_lang *lang)
{
	for (unsigned i = 0; i < PROMPT_LANGS; i++)
		if (strcmp(name, langs[i]) == 0) {
			*lang = (enum prompt_lang)i;
			return 0;
		}
	return -EINVAL;
}

void say_begin(struct say_list *list)
{
	list->count = 0;
	list->lost = 0;
}

void say_prompt(struct say_list *list, const char *id)
{
	if (list->count < SAY_MAX)
		list->id[list->count++] = id;
	else
		list->lost++;
}

/* ---- numbers ---- */

void say_digits(struct say_list *list, enum prompt_lang lang, const char *digits)
{
	for (unsigned n = 0; *digits != '\0' && n < DIGITS_MAX; digits++) {
		if (*digits == '1' && lang == PROMPT_ZH_CN)
			say_prompt(list, "digit-yao");
		else if (*digits >= '0' && *digits <= '9')
			say_prompt(list, num[*digits - '0']);
		else if (*digits == '*' || *digits == '#')
			say_prompt(list, *digits == '*' ? "key-star" : "key-hash");
		else
			continue;
		n++;
	}
}

/* 0 < n < 100. */
static void say_en_tens(struct say_list *list, unsigned n)
{
	if (n >= 20)
		say_prompt(list, tens[n / 10]);
	if (n < 20)
		say_prompt(list, num[n]);
	else if (n % 10 > 0)
		say_prompt(list, num[n % 10]);
}

/* Groups of three. "And" comes before the last two figures: within a group (one hundred and five), and when the last group has no
 * hundreds (two thousand and five). */
static void say_en(struct say_list *list, uint64_t n)
{
	static const struct {
		uint64_t    unit;
		const char *id;
	} scale[] = {
		{ 1000000000000, "num-trillion" },
		{ 1000000000, "num-billion" },
		{ 1000000, "num-million" },
		{ 1000, "num-thousand" },
		{ 1, NULL },
	};
	bool said = false;

	for (unsigned i = 0; i < sizeof(scale) / sizeof(scale[0]); i++) {
		unsigned group = (unsigned)(n / scale[i].unit % 1000);

		if (group == 0)
			continue;
		if (group >= 100) {
			say_prompt(list, num[group / 100]);
			say_prompt(list, "num-hundred");
		}
		if (group % 100 > 0) {
			if (group >= 100 || (said && scale[i].unit == 1))
				say_prompt(list, "num-and");
			say_en_tens(list, group % 100);
		}
		if (scale[i].id)
			say_prompt(list, scale[i].id);
		said = true;
	}
}

/* 0 < n < 10000. first: nothing has been said before it; alone: no unit (万, 亿) follows. */
static void say_zh_group(struct say_list *list, unsigned n, bool first, bool alone)
{
	static const char *const place[4] = { NULL, NULL, "num-hundred", "num-thousand" };
	static const unsigned power[4] = { 1, 10, 100, 1000 };
	bool zero = false, said = false;

	for (int i = 3; i >= 0; i--) {
		unsigned digit = n / power[i] % 10;

		if (digit == 0) {
			zero = said;
			continue;
		}
		if (zero)
			say_prompt(list, num[0]);
		zero = false;
		if (i >= 2 || i == 0) {
			bool leads = first && !said && (i >= 2 || !alone);

			say_prompt(list, digit == 2 && leads ? "num-liang" : num[digit]);
			if (place[i])
				say_prompt(list, place[i]);
		} else if (digit == 1 && first && !said) {
			say_prompt(list, num[n % 100]); /* 十, 十一 ... 十九: one prompt */
			return;
		} else if (digit == 1) {
			say_prompt(list, num[1]); /* 一百一十二 */
			say_prompt(list, num[n % 100]);
			return;
		} else {
			say_prompt(list, tens[digit]);
		}
		said = true;
	}
}

/* Groups of four: 万亿, 亿, 万, units. 零 joins a group whose thousands are 0, or before which a whole group is 0, to what was said
 * before it. */
static void say_zh(struct say_list *list, uint64_t n)
{
	static const struct {
		uint64_t    unit;
		const char *id;
	} scale[] = { { 1000000000000, "num-wan" }, { 100000000, "num-yi" }, { 10000, "num-wan" }, { 1, NULL } };
	bool said = false, skipped = false;

	for (unsigned i = 0; i < 4; i++) {
		unsigned group = (unsigned)(n / scale[i].unit % 10000);

		if (group > 0) {
			if (said && (group < 1000 || skipped))
				say_prompt(list, num[0]);
			say_zh_group(list, group, !said, scale[i].id == NULL);
			if (scale[i].id)
				say_prompt(list, scale[i].id);
			said = true;
		}
		skipped = group == 0;
		/* 万亿 is 万 of 亿: 亿 is said once for both groups */
		if (i == 0 && group > 0 && n / 100000000 % 10000 == 0)
			say_prompt(list, "num-yi");
	}
}

void say_number(struct say_list *list, enum prompt_lang lang, int64_t n)
{
	uint64_t u = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
	char figures[24];

	if (n < 0)
		say_prompt(list, "num-minus");
	if (u == 0) {
		say_prompt(list, num[0]);
	} else if (u >= NUMBER_MAX) {
		(void)snprintf(figures, sizeof(figures), "%" PRIu64, u);
		for (const char *f = figures; *f != '\0'; f++)
			say_prompt(list, num[*f - '0']);
	} else if (lang == PROMPT_ZH_CN) {
		say_zh(list, u);
	} else {
		say_en(list, u);
	}
}

/* ---- money, durations ---- */

/* A count of something: in Chinese a 2 alone is 两; in English one and many differ. */
static void say_count(struct say_list *list, enum prompt_lang lang, int64_t n, const char *one, const char *many)
{
	if (n == 2 && lang == PROMPT_ZH_CN)
		say_prompt(list, "num-liang");
	else
		say_number(list, lang, n);
	say_prompt(list, n == 1 ? one : many);
}

/* 三元二角五分, 三元零五分, 两角. */
static void say_money_zh(struct say_list *list, int64_t yuan, unsigned fen)
{
	if (yuan > 0)
		say_count(list, PROMPT_ZH_CN, yuan, "unit-yuan", "unit-yuan");
	if (fen >= 10) {
		say_prompt(list, fen / 10 == 2 && yuan == 0 ? "num-liang" : num[fen / 10]);
		say_prompt(list, "unit-jiao");
	} else if (fen > 0 && yuan > 0) {
		say_prompt(list, num[0]);
	}
	if (fen % 10 > 0) {
		say_prompt(list, fen == 2 && yuan == 0 ? "num-liang" : num[fen % 10]);
		say_prompt(list, "unit-fen");
	}
}

void say_money_e4(struct say_list *list, enum prompt_lang lang, int64_t amount_e4)
{
	int64_t fen = amount_e4 / 100 - (amount_e4 % 100 < 0 ? 1 : 0);

	if (fen < 0)
		say_prompt(list, "num-minus");
	fen = fen < 0 ? -fen : fen;
	if (fen == 0) {
		say_prompt(list, num[0]);
		say_prompt(list, "unit-yuan");
	} else if (lang == PROMPT_ZH_CN) {
		say_money_zh(list, fen / 100, (unsigned)(fen % 100));
	} else {
		if (fen >= 100)
			say_count(list, lang, fen / 100, "unit-yuan", "unit-yuan");
		if (fen > 100 && fen % 100 > 0)
			say_prompt(list, "num-and");
		if (fen % 100 > 0)
			say_count(list, lang, fen % 100, "unit-fen", "unit-fen");
	}
}

/* English puts "and" before the last of several; Chinese 零 where a unit between two is left out (一小时零五秒). */
void say_duration_s(struct say_list *list, enum prompt_lang lang, int64_t seconds)
{
	int64_t s = seconds > 0 ? seconds : 0, h = s / 3600, min = s / 60 % 60;

	s %= 60;
	if (h > 0)
		say_count(list, lang, h, "unit-hour", "unit-hours");
	if (min > 0) {
		if (lang == PROMPT_EN && h > 0 && s == 0)
			say_prompt(list, "num-and");
		say_count(list, lang, min, "unit-minute", "unit-minutes");
	}
	if (s > 0 || (h == 0 && min == 0)) {
		if (lang == PROMPT_EN && (h > 0 || min > 0))
			say_prompt(list, "num-and");
		if (lang == PROMPT_ZH_CN && h > 0 && min == 0)
			say_prompt(list, num[0]);
		say_count(list, lang, s, "unit-second", "unit-seconds");
	}
}

/* ---- sentences ---- */

void say_minutes_left(struct say_list *list, enum prompt_lang lang, int64_t seconds)
{
	if (seconds == INT64_MAX) {
		say_prompt(list, "minutes-left-unlimited");
		return;
	}
	say_prompt(list, "minutes-left");
	say_duration_s(list, lang, seconds >= 60 ? seconds / 60 * 60 : seconds);
}

static int64_t up_to_fen(int64_t e4)
{
	return (e4 + 99) / 100 * 100;
}

void say_rate(struct say_list *list, enum prompt_lang lang, int64_t minute_e4, int64_t setup_e4)
{
	say_prompt(list, "rate-is");
	say_money_e4(list, lang, up_to_fen(minute_e4));
	if (setup_e4 > 0) {
		say_prompt(list, "rate-setup");
		say_money_e4(list, lang, up_to_fen(setup_e4));
	}
}

void say_money_warning(struct say_list *list, enum prompt_lang lang, int64_t seconds)
{
	say_prompt(list, "money-warning");
	say_duration_s(list, lang, seconds >= 60 ? seconds / 60 * 60 : seconds);
}

void say_balance(struct say_list *list, enum prompt_lang lang, int64_t balance_e4)
{
	say_prompt(list, "balance-is");
	say_money_e4(list, lang, balance_e4);
}

void say_max_duration_warning(struct say_list *list, enum prompt_lang lang, int64_t seconds)
{
	say_prompt(list, "max-duration-warning");
	say_duration_s(list, lang, seconds);
}

void say_silence_warning(struct say_list *list, enum prompt_lang lang, int64_t seconds)
{
	say_prompt(list, "silence-warning");
	say_duration_s(list, lang, seconds);
}

void say_invited_by(struct say_list *list, enum prompt_lang lang, const char *number)
{
	say_prompt(list, "you-are-invited-by");
	say_digits(list, lang, number);
}

void say_party(struct say_list *list, enum prompt_lang lang, unsigned order, const char *number)
{
	size_t n = strlen(number);

	say_prompt(list, "party-order");
	say_number(list, lang, order);
	if (lang == PROMPT_ZH_CN)
		say_prompt(list, "party-order-after");
	if (n > 0) {
		say_prompt(list, "number-ending");
		say_digits(list, lang, n > 4 ? number + n - 4 : number);
	}
}

void say_dropped_party(struct say_list *list, enum prompt_lang lang, unsigned order, const char *number)
{
	say_prompt(list, "dropped-party");
	say_party(list, lang, order, number);
}

void say_help(struct say_list *list)
{
	static const char *const keys[] = {
		"help-invite",   "help-drop-last", "help-drop-order", "help-list",   "help-mute-self",    "help-mute-all",
		"help-lock",     "help-music",     "help-digits",     "help-volume", "help-minutes-left", "help-again",
	};

	for (unsigned i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		say_prompt(list, keys[i]);
}
