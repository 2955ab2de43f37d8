/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * prompts/say.h - numbers, money, durations and times as speech: lists of prompt ids in grammatical order.
 *
 *	say_begin(&list);
 *	say_minutes_left(&list, PROMPT_EN, 125);    "you can still talk for" "two" "minutes"
 *
 * Pure: no sound, no memory, any thread. prompts/catalogue.h turns an id into sound. An id is a string that lives as long as the
 * program (a literal or one of ours); the list keeps the pointer.
 *
 * Chinese: 零 for skipped places inside a number (一百零五, 十万零三百; none between two groups of four when only the first ends in zeros,
 * 三百万二千); 两 for a leading 2 before 百 千 万 亿 and for 2 alone before a measure (两分钟, 两元), 二 elsewhere (二十, 一万二千, 十二元); 十二
 * and not 一十二 at the beginning, but 一百一十二; 幺 for 1 in telephone numbers. English: "one hundred and five", "one minute" and
 * "two minutes"; yuan and fen have no plural form.
 */
#ifndef PROMPTS_SAY_H
#define PROMPTS_SAY_H

#include <stdbool.h>
#include <stdint.h>

enum prompt_lang { PROMPT_ZH_CN, PROMPT_EN };
#define PROMPT_LANGS 2

const char *prompt_lang_name(enum prompt_lang lang);                    /* "zh-CN", "en" */
int         prompt_lang_parse(const char *name, enum prompt_lang *lang); /* those names; -EINVAL */

#define SAY_MAX 48 /* the longest of these, a balance of fifteen figures in English, has 37 */

struct say_list {
	const char *id[SAY_MAX];
	unsigned    count;
	unsigned    lost; /* did not fit; 0 unless somebody appends without end */
};

void say_begin(struct say_list *list);  /* empty */
void say_prompt(struct say_list *list, const char *id);

/* ---- parts ---- */

/* From 10^15 on, digit by digit. */
void say_number(struct say_list *list, enum prompt_lang lang, int64_t n);
/* A telephone number or keys: 0-9, * and #; other characters are passed over. At most 32 of them. */
void say_digits(struct say_list *list, enum prompt_lang lang, const char *digits);
/* 1/10000 yuan, rounded down to the fen: 3.256 yuan are 3.25, -0.001 are -0.01. Chinese has 元 角 分, English yuan and fen. */
void say_money_e4(struct say_list *list, enum prompt_lang lang, int64_t amount_e4);
/* Hours, minutes, seconds; those that are 0 are left out. Less than 0 is 0. */
void say_duration_s(struct say_list *list, enum prompt_lang lang, int64_t seconds);
/* 二零二六年三月四日星期三下午三点零六分, "Wednesday March fourth twenty twenty-six at three oh six p.m." The caller makes it the listener's local
 * time. year 0: neither year nor weekday; day 0: only the time of day. What is no date or time says nothing. */
void say_time(struct say_list *list, enum prompt_lang lang, int year, int month, int day, int hour, int minute);

/* ---- sentences ---- */

/* #8 (telephony rule 14), and the warning (rule 22). From a minute on, whole minutes, rounded down: never more than there is.
 * INT64_MAX: the balance sets no limit. */
void say_minutes_left(struct say_list *list, enum prompt_lang lang, int64_t seconds);
/* What a minute costs, and a set-up fee where there is one (said before dialling); both rounded up to the fen: never less than is
 * charged. */
void say_rate(struct say_list *list, enum prompt_lang lang, int64_t minute_e4, int64_t setup_e4);
void say_money_warning(struct say_list *list, enum prompt_lang lang, int64_t seconds);
void say_balance(struct say_list *list, enum prompt_lang lang, int64_t balance_e4);
void say_max_duration_warning(struct say_list *list, enum prompt_lang lang, int64_t seconds);  /* rule 18 */
void say_silence_warning(struct say_list *list, enum prompt_lang lang, int64_t seconds);       /* rule 18 */
/* rule 18; the number as this listener would dial it */
void say_invited_by(struct say_list *list, enum prompt_lang lang, const char *number);
/* "Party number two, with the number ending in 0 0 0 3" (#0, rule 14). */
void say_party(struct say_list *list, enum prompt_lang lang, unsigned order, const char *number);
void say_dropped_party(struct say_list *list, enum prompt_lang lang, unsigned order, const char *number);
/* All keys of rule 14, one prompt a key (help-...); a dialogue that has only some of them says those itself. */
void say_help(struct say_list *list);

#endif
