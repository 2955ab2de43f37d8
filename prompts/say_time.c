/* SPDX-License-Identifier: GPL-2.0-or-later */
/* prompts/say_time.c - dates and times as speech: say_time() of prompts/say.h. */
#include "prompts/say.h"

#include <stddef.h>

static const char *const months[12] = {
	"month-1", "month-2", "month-3", "month-4",  "month-5",  "month-6",
	"month-7", "month-8", "month-9", "month-10", "month-11", "month-12",
};
static const char *const days[31] = {
	"day-1",  "day-2",  "day-3",  "day-4",  "day-5",  "day-6",  "day-7",  "day-8",  "day-9",  "day-10", "day-11",
	"day-12", "day-13", "day-14", "day-15", "day-16", "day-17", "day-18", "day-19", "day-20", "day-21", "day-22",
	"day-23", "day-24", "day-25", "day-26", "day-27", "day-28", "day-29", "day-30", "day-31",
};
static const char *const weekdays[7] = {
	"weekday-7", "weekday-1", "weekday-2", "weekday-3", "weekday-4", "weekday-5", "weekday-6"
};

static bool leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in(int year, int month) /* year 0: unknown, so 29 for February */
{
	if (month == 2)
		return year == 0 || leap(year) ? 29 : 28;
	return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

static unsigned weekday(int year, int month, int day) /* 0: Sunday. Sakamoto's method */
{
	static const int t[12] = { 0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4 };
	int y = month < 3 ? year - 1 : year;

	return (unsigned)((y + y / 4 - y / 100 + y / 400 + t[month - 1] + day) % 7);
}

/* "Two thousand and five", "twenty twenty-six", "nineteen hundred", "nineteen oh five". */
static void say_year_en(struct say_list *list, int year)
{
	if (year % 1000 < 10) {
		say_number(list, PROMPT_EN, year);
		return;
	}
	say_number(list, PROMPT_EN, year / 100);
	if (year % 100 == 0) {
		say_prompt(list, "num-hundred");
		return;
	}
	if (year % 100 < 10)
		say_prompt(list, "num-oh");
	say_number(list, PROMPT_EN, year % 100);
}

static void say_date(struct say_list *list, enum prompt_lang lang, int year, int month, int day)
{
	const char *wday = year > 0 ? weekdays[weekday(year, month, day)] : NULL;

	if (lang == PROMPT_EN && wday)
		say_prompt(list, wday);
	if (lang == PROMPT_ZH_CN && year > 0) {
		for (int power = 1000; power > 0; power /= 10)
			say_number(list, lang, year / power % 10);
		say_prompt(list, "time-year");
	}
	say_prompt(list, months[month - 1]);
	say_prompt(list, days[day - 1]);
	if (lang == PROMPT_ZH_CN && wday)
		say_prompt(list, wday);
	if (lang == PROMPT_EN && year > 0)
		say_year_en(list, year);
}

static const char *time_of_day_zh(int hour)
{
	if (hour < 6)
		return "time-night";
	if (hour < 12)
		return "time-am";
	if (hour < 13)
		return "time-noon";
	return hour < 18 ? "time-pm" : "time-evening";
}

static void say_clock_zh(struct say_list *list, int hour, int minute)
{
	say_prompt(list, time_of_day_zh(hour));
	hour = hour > 12 ? hour - 12 : hour;
	if (hour == 2)
		say_prompt(list, "num-liang");
	else
		say_number(list, PROMPT_ZH_CN, hour);
	say_prompt(list, "time-oclock");
	if (minute == 0) {
		say_prompt(list, "time-sharp");
		return;
	}
	if (minute < 10)
		say_number(list, PROMPT_ZH_CN, 0);
	say_number(list, PROMPT_ZH_CN, minute);
	say_prompt(list, "time-minute");
}

/* "Three oh six p.m."; twelve alone would be ambiguous: "twelve noon", "twelve midnight". */
static void say_clock_en(struct say_list *list, int hour, int minute)
{
	say_number(list, PROMPT_EN, hour % 12 == 0 ? 12 : hour % 12);
	if (hour % 12 == 0 && minute == 0) {
		say_prompt(list, hour == 12 ? "time-noon" : "time-midnight");
		return;
	}
	if (minute > 0 && minute < 10)
		say_prompt(list, "num-oh");
	if (minute > 0)
		say_number(list, PROMPT_EN, minute);
	say_prompt(list, hour < 12 ? "time-am" : "time-pm");
}

void say_time(struct say_list *list, enum prompt_lang lang, int year, int month, int day, int hour, int minute)
{
	if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || year < 0 || year > 9999 || (year > 0 && year < 1000))
		return;
	if (day != 0 && (month < 1 || month > 12 || day < 1 || day > days_in(year, month)))
		return;
	if (day != 0) {
		say_date(list, lang, year, month, day);
		if (lang == PROMPT_EN)
			say_prompt(list, "time-at");
	}
	if (lang == PROMPT_ZH_CN)
		say_clock_zh(list, hour, minute);
	else
		say_clock_en(list, hour, minute);
}
