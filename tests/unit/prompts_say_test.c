/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is said is read here as the catalogue's texts put together, so that each line below is what a listener would write
 * down. */
#include "prompts/say.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <ctype.h>
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/magic.h"

/* ---- the catalogue ---- */

struct text {
	char id[64];
	char lang[PROMPT_LANGS][400];
};

struct texts {
	unsigned    count;
	struct text t[1000];
};

static void copy_trimmed(char *to, size_t size, const char *from, size_t n)
{
	size_t len = 0;

	while (n > 0 && isspace((unsigned char)*from)) {
		from++;
		n--;
	}
	while (n > 0 && isspace((unsigned char)from[n - 1]))
		n--;
	for (size_t i = 0; i < n && len + 1 < size; i++) {
		if (from[i] == '{') /* a reading */
			while (i < n && from[i] != '}')
				i++;
		else
			to[len++] = from[i];
	}
	to[len] = '\0';
}

static int catalogue_read(void **state)
{
	struct texts *c = calloc(1, sizeof(*c));
	char line[1024];
	FILE *f = fopen("prompts/catalogue.txt", "r");

	if (!c || !f) {
		perror("prompts/catalogue.txt (tests run from the root of the tree)");
		free(c);
		return -1;
	}
	while (fgets(line, sizeof(line), f) && c->count < ARRAY_LEN(c->t)) {
		struct text *t = &c->t[c->count];
		char *zh = strchr(line, '|'), *en = zh ? strchr(zh + 1, '|') : NULL;

		if (line[0] == '#' || !en)
			continue;
		copy_trimmed(t->id, sizeof(t->id), line, (size_t)(zh - line));
		copy_trimmed(t->lang[PROMPT_ZH_CN], sizeof(t->lang[0]), zh + 1, (size_t)(en - zh - 1));
		copy_trimmed(t->lang[PROMPT_EN], sizeof(t->lang[0]), en + 1, strlen(en + 1));
		c->count++;
	}
	fclose(f);
	*state = c;
	return 0;
}

static int catalogue_free(void **state)
{
	free(*state);
	return 0;
}

static const struct text *catalogue_find(const struct texts *c, const char *id)
{
	for (unsigned i = 0; i < c->count; i++)
		if (strcmp(c->t[i].id, id) == 0)
			return &c->t[i];
	return NULL;
}

/* Chinese without blanks, English with one between two parts. Fails on an id that the catalogue does not have, and on a list too
 * long. */
static void spell(const struct texts *c, const struct say_list *list, enum prompt_lang lang, char *out, size_t size)
{
	size_t len = 0;

	out[0] = '\0';
	assert_int_equal(list->lost, 0);
	for (unsigned i = 0; i < list->count; i++) {
		const struct text *t = catalogue_find(c, list->id[i]);

		if (!t)
			fail_msg("the catalogue has no %s", list->id[i]);
		len += (size_t)snprintf(out + len, size - len, "%s%s", lang == PROMPT_EN && i > 0 ? " " : "", t->lang[lang]);
		assert_true(len < size);
	}
}

static void expect(void **state, const struct say_list *list, enum prompt_lang lang, const char *text)
{
	char out[2000];

	spell(*state, list, lang, out, sizeof(out));
	assert_string_equal(out, text);
}

/* ---- numbers ---- */

struct spelled {
	int64_t     n;
	const char *zh, *en;
};

static const struct spelled numbers[] = {
	{ 0, "零", "zero" },
	{ 1, "一", "one" },
	{ 2, "二", "two" },
	{ 9, "九", "nine" },
	{ 10, "十", "ten" },
	{ 11, "十一", "eleven" },
	{ 12, "十二", "twelve" },
	{ 19, "十九", "nineteen" },
	{ 20, "二十", "twenty" },
	{ 22, "二十二", "twenty two" },
	{ 90, "九十", "ninety" },
	{ 99, "九十九", "ninety nine" },
	{ 100, "一百", "one hundred" },
	{ 101, "一百零一", "one hundred and one" },
	{ 102, "一百零二", "one hundred and two" },
	{ 105, "一百零五", "one hundred and five" },
	{ 110, "一百一十", "one hundred and ten" },
	{ 112, "一百一十二", "one hundred and twelve" },
	{ 120, "一百二十", "one hundred and twenty" },
	{ 200, "两百", "two hundred" },
	{ 202, "两百零二", "two hundred and two" },
	{ 222, "两百二十二", "two hundred and twenty two" },
	{ 999, "九百九十九", "nine hundred and ninety nine" },
	{ 1000, "一千", "one thousand" },
	{ 1001, "一千零一", "one thousand and one" },
	{ 1010, "一千零一十", "one thousand and ten" },
	{ 1050, "一千零五十", "one thousand and fifty" },
	{ 1100, "一千一百", "one thousand one hundred" },
	{ 1105, "一千一百零五", "one thousand one hundred and five" },
	{ 1200, "一千二百", "one thousand two hundred" },
	{ 2000, "两千", "two thousand" },
	{ 2012, "两千零一十二", "two thousand and twelve" },
	{ 2222, "两千二百二十二", "two thousand two hundred and twenty two" },
	{ 10000, "一万", "ten thousand" },
	{ 10005, "一万零五", "ten thousand and five" },
	{ 10012, "一万零一十二", "ten thousand and twelve" },
	{ 10500, "一万零五百", "ten thousand five hundred" },
	{ 12000, "一万二千", "twelve thousand" },
	{ 20000, "两万", "twenty thousand" },
	{ 22000, "两万二千", "twenty two thousand" },
	{ 100000, "十万", "one hundred thousand" },
	{ 100300, "十万零三百", "one hundred thousand three hundred" },
	{ 120000, "十二万", "one hundred and twenty thousand" },
	{ 123456, "十二万三千四百五十六", "one hundred and twenty three thousand four hundred and fifty six" },
	{ 1000000, "一百万", "one million" },
	{ 1000001, "一百万零一", "one million and one" },
	{ 2000000, "两百万", "two million" },
	{ 3002000, "三百万二千", "three million two thousand" },
	{ 10000000, "一千万", "ten million" },
	{ 10500000, "一千零五十万", "ten million five hundred thousand" },
	{ 100000000, "一亿", "one hundred million" },
	{ 100000005, "一亿零五", "one hundred million and five" },
	{ 100003000, "一亿零三千", "one hundred million three thousand" },
	{ 100300000, "一亿零三十万", "one hundred million three hundred thousand" },
	{ 200020002, "两亿零二万零二", "two hundred million twenty thousand and two" },
	{ 1000000000, "十亿", "one billion" },
	{ 1200000000, "十二亿", "one billion two hundred million" },
	{ 2000000000, "二十亿", "two billion" },
	{ 1000000000000, "一万亿", "one trillion" },
	{ 2000500000000, "两万零五亿", "two trillion five hundred million" },
	{ 999999999999999, "九百九十九万九千九百九十九亿九千九百九十九万九千九百九十九",
	  "nine hundred and ninety nine trillion nine hundred and ninety nine billion nine hundred and ninety nine million "
	  "nine hundred and ninety nine thousand nine hundred and ninety nine" },
	{ 1000000000000000, "一零零零零零零零零零零零零零零零",
	  "one zero zero zero zero zero zero zero zero zero zero zero zero zero zero zero" },
	{ -5, "负五", "minus five" },
	{ INT64_MIN, "负九二二三三七二零三六八五四七七五八零八",
	  "minus nine two two three three seven two zero three six eight five four seven seven five eight zero eight" },
};

static void test_numbers(void **state)
{
	struct say_list list;

	for (unsigned i = 0; i < ARRAY_LEN(numbers); i++) {
		say_begin(&list);
		say_number(&list, PROMPT_ZH_CN, numbers[i].n);
		expect(state, &list, PROMPT_ZH_CN, numbers[i].zh);
		say_begin(&list);
		say_number(&list, PROMPT_EN, numbers[i].n);
		expect(state, &list, PROMPT_EN, numbers[i].en);
	}
}

/* Reads a list back, by what each word is worth; what the grammar of the speaker is, it need not know. */
struct worth {
	const char *id;
	int64_t     value;
	enum { WORD_ADD, WORD_TIMES, WORD_SCALE, WORD_NOTHING } kind;
};

static const struct worth worth[] = {
	{ "num-hundred", 100, WORD_TIMES },
	{ "num-thousand", 1000, WORD_SCALE }, /* 千 is WORD_TIMES */
	{ "num-wan", 10000, WORD_SCALE },
	{ "num-million", 1000000, WORD_SCALE },
	{ "num-yi", 100000000, WORD_SCALE },
	{ "num-billion", 1000000000, WORD_SCALE },
	{ "num-trillion", 1000000000000, WORD_SCALE },
	{ "num-liang", 2, WORD_ADD },
	{ "num-and", 0, WORD_NOTHING },
};

static int64_t read_back(const struct say_list *list, enum prompt_lang lang)
{
	int64_t total = 0, group = 0, digit = 0;

	for (unsigned i = 0; i < list->count; i++) {
		const char *id = list->id[i];
		struct worth w = { id, atoi(id + 4), WORD_ADD };

		for (unsigned k = 0; k < ARRAY_LEN(worth); k++)
			if (strcmp(worth[k].id, id) == 0)
				w = worth[k];
		if (lang == PROMPT_ZH_CN && w.value == 1000)
			w.kind = WORD_TIMES;
		switch (w.kind) {
		case WORD_ADD:
			if (digit != 1 || w.value < 10) /* in 一百一十二 the second 一 belongs to 十二 */
				group += digit;
			digit = w.value;
			break;
		case WORD_TIMES:
			group += digit * w.value;
			digit = 0;
			break;
		case WORD_SCALE:
			if (w.value == 100000000) /* 亿 takes all before it, 万 included */
				total = (total + group + digit) * w.value;
			else
				total += (group + digit) * w.value;
			group = digit = 0;
			break;
		case WORD_NOTHING:
			break;
		}
	}
	return total + group + digit;
}

static void read_back_both(void **state, int64_t n)
{
	struct say_list list;
	char text[2000];

	for (unsigned lang = 0; lang < PROMPT_LANGS; lang++) {
		say_begin(&list);
		say_number(&list, (enum prompt_lang)lang, n);
		spell(*state, &list, (enum prompt_lang)lang, text, sizeof(text));
		if (read_back(&list, (enum prompt_lang)lang) != n)
			fail_msg("%lld is said as \"%s\", which is %lld", (long long)n, text,
			         (long long)read_back(&list, (enum prompt_lang)lang));
	}
}

/* All up to 20,000; then samples up to 10^15, with what is around each power of ten. */
static void test_numbers_mean_themselves(void **state)
{
	uint64_t x = 1;

	for (int64_t n = 0; n <= 20000; n++)
		read_back_both(state, n);
	for (unsigned i = 0; i < 20000; i++) {
		x = x * 6364136223846793005u + 1442695040888963407u;
		read_back_both(state, (int64_t)((x >> 12) % (i % 2 ? 1000000001u : 1000000000000000u)));
	}
	for (int64_t power = 10000; power <= 100000000000; power *= 10)
		for (int64_t d = 1; d <= 9; d++)
			for (int64_t other = 1; other < power; other *= 10) {
				read_back_both(state, d * power + other);
				read_back_both(state, d * power + 2 * other);
				read_back_both(state, d * power - other);
			}
}

/* Grammar that holds for every number: no 零零, no 零 at the end, 两 only before 百 千 万 亿, never 一十 first. */
static void test_chinese_never(void **state)
{
	struct say_list list;

	(void)state;
	for (int64_t n = 1; n <= 300000; n++) {
		say_begin(&list);
		say_number(&list, PROMPT_ZH_CN, n * (n % 7 == 0 ? 9973 : 1));
		assert_string_not_equal(list.id[0], "num-0");
		assert_string_not_equal(list.id[list.count - 1], "num-0");
		for (unsigned i = 0; i + 1 < list.count; i++) {
			bool zero = strcmp(list.id[i], "num-0") == 0, liang = strcmp(list.id[i], "num-liang") == 0;

			assert_false(zero && strcmp(list.id[i + 1], "num-0") == 0);
			assert_true(!liang || i == 0);
			assert_false(i == 0 && strcmp(list.id[0], "num-1") == 0 && strcmp(list.id[1], "num-10") == 0);
		}
		assert_true(list.count == 1 || strcmp(list.id[list.count - 1], "num-liang") != 0);
	}
}

static void test_digits(void **state)
{
	struct say_list list;

	say_begin(&list);
	say_digits(&list, PROMPT_ZH_CN, "13800000001");
	expect(state, &list, PROMPT_ZH_CN, "幺三八零零零零零零零幺");
	say_begin(&list);
	say_digits(&list, PROMPT_EN, "+86 21-*9#");
	expect(state, &list, PROMPT_EN, "eight six two one star nine hash");
	say_begin(&list);
	say_digits(&list, PROMPT_EN, "");
	assert_int_equal(list.count, 0);
	say_digits(&list, PROMPT_EN, "\xff\x01\x80zh");
	assert_int_equal(list.count, 0);
	say_digits(&list, PROMPT_EN, "12345678901234567890123456789012345678901234567890123456789012345678901234567890");
	assert_int_equal(list.count, 32);
}

/* ---- money, durations, times ---- */

static const struct spelled money[] = {
	{ 0, "零元", "zero yuan" },
	{ 99, "零元", "zero yuan" },
	{ 100, "一分", "one fen" },
	{ 200, "两分", "two fen" },
	{ 1000, "一角", "ten fen" },
	{ 1200, "一角二分", "twelve fen" },
	{ 2000, "两角", "twenty fen" },
	{ 2200, "两角二分", "twenty two fen" },
	{ 10000, "一元", "one yuan" },
	{ 10100, "一元零一分", "one yuan and one fen" },
	{ 20000, "两元", "two yuan" },
	{ 20200, "两元零二分", "two yuan and two fen" },
	{ 22000, "两元二角", "two yuan and twenty fen" },
	{ 32500, "三元二角五分", "three yuan and twenty five fen" },
	{ 32599, "三元二角五分", "three yuan and twenty five fen" },
	{ 120000, "十二元", "twelve yuan" },
	{ 1050000, "一百零五元", "one hundred and five yuan" },
	{ 1000500, "一百元零五分", "one hundred yuan and five fen" },
	{ 2000000, "两百元", "two hundred yuan" },
	{ -1, "负一分", "minus one fen" },
	{ -100, "负一分", "minus one fen" },
	{ -101, "负两分", "minus two fen" },
	{ -32500, "负三元二角五分", "minus three yuan and twenty five fen" },
	{ INT64_MAX, "九百二十二万三千三百七十二亿零三百六十八万五千四百七十七元五角八分",
	  "nine hundred and twenty two trillion three hundred and thirty seven billion two hundred and three million "
	  "six hundred and eighty five thousand four hundred and seventy seven yuan and fifty eight fen" },
};

static const struct spelled durations[] = {
	{ -3, "零秒", "zero seconds" },
	{ 0, "零秒", "zero seconds" },
	{ 1, "一秒", "one second" },
	{ 2, "两秒", "two seconds" },
	{ 12, "十二秒", "twelve seconds" },
	{ 60, "一分钟", "one minute" },
	{ 61, "一分钟一秒", "one minute and one second" },
	{ 120, "两分钟", "two minutes" },
	{ 125, "两分钟五秒", "two minutes and five seconds" },
	{ 720, "十二分钟", "twelve minutes" },
	{ 3600, "一小时", "one hour" },
	{ 3605, "一小时零五秒", "one hour and five seconds" },
	{ 3660, "一小时一分钟", "one hour and one minute" },
	{ 7322, "两小时两分钟两秒", "two hours two minutes and two seconds" },
	{ 360000, "一百小时", "one hundred hours" },
};

static void test_money(void **state)
{
	struct say_list list;

	for (unsigned i = 0; i < ARRAY_LEN(money); i++) {
		say_begin(&list);
		say_money_e4(&list, PROMPT_ZH_CN, money[i].n);
		expect(state, &list, PROMPT_ZH_CN, money[i].zh);
		say_begin(&list);
		say_money_e4(&list, PROMPT_EN, money[i].n);
		expect(state, &list, PROMPT_EN, money[i].en);
	}
	say_begin(&list);
	say_balance(&list, PROMPT_EN, INT64_MIN);
	assert_int_equal(list.lost, 0);
}

static void test_durations(void **state)
{
	struct say_list list;

	for (unsigned i = 0; i < ARRAY_LEN(durations); i++) {
		say_begin(&list);
		say_duration_s(&list, PROMPT_ZH_CN, durations[i].n);
		expect(state, &list, PROMPT_ZH_CN, durations[i].zh);
		say_begin(&list);
		say_duration_s(&list, PROMPT_EN, durations[i].n);
		expect(state, &list, PROMPT_EN, durations[i].en);
	}
}

static const struct {
	int         y, m, d, h, min;
	const char *zh, *en;
} times[] = {
	{ 2026, 3, 4, 15, 6, "二零二六年三月四日星期三下午三点零六分", "Wednesday March fourth twenty twenty six at three oh six P M" },
	{ 2024, 2, 29, 0, 0, "二零二四年二月二十九日星期四凌晨零点整", "Thursday February twenty ninth twenty twenty four at twelve midnight" },
	{ 2000, 1, 1, 12, 0, "二零零零年一月一日星期六中午十二点整", "Saturday January first two thousand at twelve noon" },
	{ 2005, 5, 31, 2, 30, "二零零五年五月三十一日星期二凌晨两点三十分", "Tuesday May thirty first two thousand and five at two thirty A M" },
	{ 1905, 12, 10, 18, 12, "一九零五年十二月十日星期日晚上六点十二分", "Sunday December tenth nineteen oh five at six twelve P M" },
	{ 2100, 6, 1, 12, 2, "二一零零年六月一日星期二中午十二点零二分", "Tuesday June first twenty one hundred at twelve oh two P M" },
	{ 0, 10, 2, 8, 45, "十月二日上午八点四十五分", "October second at eight forty five A M" },
	{ 0, 0, 0, 14, 0, "下午两点整", "two P M" },
	{ 0, 0, 0, 0, 5, "凌晨零点零五分", "twelve oh five A M" },
	/* no such day or time */
	{ 2023, 2, 29, 1, 1, "", "" },
	{ 2100, 2, 29, 1, 1, "", "" },
	{ 2026, 4, 31, 1, 1, "", "" },
	{ 2026, 13, 1, 1, 1, "", "" },
	{ 2026, 0, 1, 1, 1, "", "" },
	{ 2026, 1, 32, 1, 1, "", "" },
	{ 2026, 1, -1, 1, 1, "", "" },
	{ 2026, 1, 1, 24, 1, "", "" },
	{ 2026, 1, 1, -1, 1, "", "" },
	{ 2026, 1, 1, 1, 60, "", "" },
	{ 999, 1, 1, 1, 1, "", "" },
	{ 10000, 1, 1, 1, 1, "", "" },
	{ -2026, 1, 1, 1, 1, "", "" },
};

static void test_times(void **state)
{
	struct say_list list;

	for (unsigned i = 0; i < ARRAY_LEN(times); i++) {
		say_begin(&list);
		say_time(&list, PROMPT_ZH_CN, times[i].y, times[i].m, times[i].d, times[i].h, times[i].min);
		expect(state, &list, PROMPT_ZH_CN, times[i].zh);
		say_begin(&list);
		say_time(&list, PROMPT_EN, times[i].y, times[i].m, times[i].d, times[i].h, times[i].min);
		expect(state, &list, PROMPT_EN, times[i].en);
	}
	for (int i = 0; i < 1440; i++)
		for (unsigned lang = 0; lang < PROMPT_LANGS; lang++) {
			char out[400];

			say_begin(&list);
			say_time(&list, (enum prompt_lang)lang, 1900 + i, i % 12 + 1, i % 28 + 1, i / 60, i % 60);
			spell(*state, &list, (enum prompt_lang)lang, out, sizeof(out));
			assert_true(list.count >= 6);
		}
}

/* ---- sentences ---- */

static void test_sentences(void **state)
{
	struct say_list list;

	say_begin(&list);
	say_minutes_left(&list, PROMPT_ZH_CN, 179);
	expect(state, &list, PROMPT_ZH_CN, "您还可以通话两分钟");
	say_begin(&list);
	say_minutes_left(&list, PROMPT_EN, 3725);
	expect(state, &list, PROMPT_EN, "You can still talk for one hour and two minutes");
	say_begin(&list);
	say_minutes_left(&list, PROMPT_EN, 59);
	expect(state, &list, PROMPT_EN, "You can still talk for fifty nine seconds");
	say_begin(&list);
	say_minutes_left(&list, PROMPT_EN, INT64_MAX);
	expect(state, &list, PROMPT_EN, "Your balance does not limit this call.");
	say_begin(&list);
	say_money_warning(&list, PROMPT_ZH_CN, 60);
	expect(state, &list, PROMPT_ZH_CN, "您的余额即将用完，还可以通话一分钟");
	say_begin(&list);
	say_money_warning(&list, PROMPT_EN, 60);
	expect(state, &list, PROMPT_EN, "Your balance is running out. You can still talk for one minute");
	say_begin(&list);
	say_money_warning(&list, PROMPT_EN, INT64_MAX);
	assert_int_equal(list.lost, 0);
	say_begin(&list);
	say_balance(&list, PROMPT_ZH_CN, 1002500);
	expect(state, &list, PROMPT_ZH_CN, "您的账户余额为一百元二角五分");
	say_begin(&list);
	say_max_duration_warning(&list, PROMPT_ZH_CN, 300);
	expect(state, &list, PROMPT_ZH_CN, "距离本次通话结束还有五分钟");
	say_begin(&list);
	say_silence_warning(&list, PROMPT_EN, 30);
	expect(state, &list, PROMPT_EN, "Nobody has spoken for a long time. This call will end in thirty seconds");
	say_begin(&list);
	say_invited_by(&list, PROMPT_ZH_CN, "13800000001");
	expect(state, &list, PROMPT_ZH_CN, "您好，邀请您参加多方通话的用户是幺三八零零零零零零零幺");
	say_begin(&list);
	say_dropped_party(&list, PROMPT_ZH_CN, 2, "13800001234");
	expect(state, &list, PROMPT_ZH_CN, "已挂断第二方尾号幺二三四");
	say_begin(&list);
	say_dropped_party(&list, PROMPT_EN, 12, "110");
	expect(state, &list, PROMPT_EN, "Disconnected: party number twelve with the number ending in one one zero");
	say_begin(&list);
	say_party(&list, PROMPT_EN, 1, "");
	expect(state, &list, PROMPT_EN, "party number one");
	say_begin(&list);
	say_help(&list);
	assert_int_equal(list.count, 12);
	for (unsigned i = 0; i < list.count; i++)
		assert_non_null(catalogue_find(*state, list.id[i]));
}

static void test_list_is_bounded(void **state)
{
	struct say_list list;

	(void)state;
	say_begin(&list);
	for (unsigned i = 0; i < SAY_MAX + 5; i++)
		say_prompt(&list, "goodbye");
	assert_int_equal(list.count, SAY_MAX);
	assert_int_equal(list.lost, 5);
	say_begin(&list);
	assert_int_equal(list.count + list.lost, 0);
}

static void test_languages(void **state)
{
	enum prompt_lang lang = PROMPT_ZH_CN;

	(void)state;
	assert_int_equal(prompt_lang_parse("en", &lang), 0);
	assert_int_equal(lang, PROMPT_EN);
	assert_int_equal(prompt_lang_parse("zh-CN", &lang), 0);
	assert_int_equal(lang, PROMPT_ZH_CN);
	assert_int_equal(prompt_lang_parse("zh", &lang), -EINVAL);
	assert_int_equal(prompt_lang_parse("", &lang), -EINVAL);
	assert_string_equal(prompt_lang_name(PROMPT_EN), "en");
}

/* Every string of an id's form with a hyphen in the services' code and in say*.c is an id of the catalogue. */
static void test_code_says_what_there_is(void **state)
{
	glob_t files;
	unsigned found = 0;

	assert_int_equal(glob("ivr/*.c", 0, NULL, &files), 0);
	assert_int_equal(glob("prompts/say*.c", GLOB_APPEND, NULL, &files), 0);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		FILE *f = fopen(files.gl_pathv[i], "r");
		char line[1024];

		assert_non_null(f);
		while (fgets(line, sizeof(line), f))
			for (char *q = strchr(line, '"'), *end; q && (end = strchr(q + 1, '"')); q = strchr(end + 1, '"')) {
				size_t n = (size_t)(end - q) - 1;

				*end = '\0';
				if (n == 0 || strspn(q + 1, "abcdefghijklmnopqrstuvwxyz0123456789-") != n || !strchr(q + 1, '-'))
					continue;
				found++;
				if (!catalogue_find(*state, q + 1))
					fail_msg("%s says \"%s\", which the catalogue does not have", files.gl_pathv[i], q + 1);
			}
		fclose(f);
	}
	globfree(&files);
	assert_true(found > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_numbers_mean_themselves),
		cmocka_unit_test(test_chinese_never),
		cmocka_unit_test(test_digits),
		cmocka_unit_test(test_money),
		cmocka_unit_test(test_durations),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_sentences),
		cmocka_unit_test(test_list_is_bounded),
		cmocka_unit_test(test_languages),
		cmocka_unit_test(test_code_says_what_there_is),
	};

	return cmocka_run_group_tests(tests, catalogue_read, catalogue_free);
}
