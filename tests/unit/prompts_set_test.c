/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sounds that prompts/build.sh made (build/sounds, or PARTYLINE_SOUNDS), measured without its leveller: both languages
 * complete, level and peak in bounds (RFC 7874: rms 2600 while active, about -19 dB below full scale, and nothing above -9 dBFS),
 * ends not cut, nothing silent, no two the same. And that a set that is not complete is refused with the reason.
 */
#include "prompts/catalogue.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/log.h"
#include "core/magic.h"
#include "media/wav.h"

#define FRAME 160 /* 20 ms */

static const char *sounds(void)
{
	const char *dir = getenv("PARTYLINE_SOUNDS");

	return dir ? dir : "build/sounds";
}

static int set_load(void **state)
{
	struct prompt_set *s;

	if (prompt_set_load(&s, sounds()) != 0)
		return -1;
	*state = s;
	return 0;
}

static int set_free(void **state)
{
	prompt_set_free(*state);
	return 0;
}

static double rms(const int16_t *s, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += (double)s[i] * s[i];
	return n ? sqrt(sum / (double)n) : 0;
}

/* Of the frames within 25 dB of the loudest. */
static double active_rms(const struct clip *c)
{
	double loudest = 0, sum = 0;
	size_t n = 0;

	for (size_t i = 0; i + FRAME <= c->samples; i += FRAME)
		loudest = fmax(loudest, rms(c->s + i, FRAME));
	for (size_t i = 0; i + FRAME <= c->samples; i += FRAME) {
		double r = rms(c->s + i, FRAME);

		if (r < loudest * 0.0562)
			continue;
		sum += r * r;
		n++;
	}
	return n ? sqrt(sum / (double)n) : 0;
}

typedef void clip_check(const char *name, const struct clip *c);

static void each_clip(void **state, clip_check *check)
{
	unsigned count = prompt_set_count(*state);
	char name[80];

	assert_true(count > 100);
	for (unsigned i = 0; i < count; i++)
		for (unsigned lang = 0; lang < PROMPT_LANGS; lang++) {
			const char *id = prompt_set_id(*state, i);

			(void)snprintf(name, sizeof(name), "%s/%s", prompt_lang_name((enum prompt_lang)lang), id);
			check(name, prompt_clip(*state, (enum prompt_lang)lang, id));
		}
}

static void clip_has_its_level(const char *name, const struct clip *c)
{
	double r = active_rms(c);

	assert_non_null(c);
	if (r < 2000 || r > 2750) /* the two measures differ by what they call active: at most 2.3 dB on a word of 0.3 s */
		fail_msg("%s: rms %.0f while active", name, r);
	for (size_t i = 0; i < c->samples; i++)
		if (abs(c->s[i]) > 11626) /* -9 dBFS */
			fail_msg("%s: a peak of %d", name, c->s[i]);
}

static void test_level(void **state)
{
	each_clip(state, clip_has_its_level);
}

/* A word lasts a quarter of a second at least, the longest sentence 20 s. */
static void clip_has_its_length(const char *name, const struct clip *c)
{
	assert_int_equal(c->rate, PROMPT_RATE);
	if (c->samples < 2000 || c->samples > 160000)
		fail_msg("%s lasts %zu ms", name, c->samples / 8);
}

static void test_length(void **state)
{
	each_clip(state, clip_has_its_length);
}

/* It begins and ends in silence (no click, no ending cut off), but not in much of it: a listener waits no more than 60 ms for the
 * first sound, and parts follow one another. */
static void clip_is_trimmed(const char *name, const struct clip *c)
{
	size_t first = 0, last = c->samples;

	while (first < c->samples && abs(c->s[first]) < 30)
		first++;
	while (last > 0 && abs(c->s[last - 1]) < 30)
		last--;
	if (rms(c->s, 8) > 60 || rms(c->s + c->samples - 8, 8) > 60)
		fail_msg("%s is cut: %.0f %.0f", name, rms(c->s, 8), rms(c->s + c->samples - 8, 8));
	if (first > 8 * 60 || c->samples - last > 8 * 400)
		fail_msg("%s: %zu ms before, %zu ms after", name, first / 8, (c->samples - last) / 8);
}

static void test_ends(void **state)
{
	each_clip(state, clip_is_trimmed);
}

/* The worlds recognize a prompt by the half second in its middle: that must not be silence. */
static void clip_has_a_middle(const char *name, const struct clip *c)
{
	size_t n = c->samples < 4000 ? c->samples : 4000;

	if (rms(c->s + (c->samples - n) / 2, n) < 500)
		fail_msg("%s has a pause in its middle", name);
}

static void test_middle(void **state)
{
	each_clip(state, clip_has_a_middle);
}

/* Telephone band: the voice's fundamental is thinned below 200 Hz, so hum and rumble are not there. */
static void clip_has_no_rumble(const char *name, const struct clip *c)
{
	double re = 0, im = 0;

	for (size_t i = 0; i < c->samples; i++) { /* 50 Hz */
		re += c->s[i] * cos(2 * M_PI * 50 * (double)i / PROMPT_RATE);
		im += c->s[i] * sin(2 * M_PI * 50 * (double)i / PROMPT_RATE);
	}
	if (2 * hypot(re, im) / (double)c->samples > 40)
		fail_msg("%s: hum at 50 Hz, amplitude %.0f", name, 2 * hypot(re, im) / (double)c->samples);
}

static void test_no_rumble(void **state)
{
	each_clip(state, clip_has_no_rumble);
}

/* Ids whose text is the same in a language sound the same; all sentences differ from one another. */
static void test_languages_differ(void **state)
{
	unsigned same = 0;

	for (unsigned i = 0; i < prompt_set_count(*state); i++) {
		const char *id = prompt_set_id(*state, i);
		const struct clip *zh = prompt_clip(*state, PROMPT_ZH_CN, id), *en = prompt_clip(*state, PROMPT_EN, id);

		same += zh->samples == en->samples && memcmp(zh->s, en->s, zh->samples * sizeof(zh->s[0])) == 0;
	}
	assert_int_equal(same, 0);
	for (unsigned i = 0; i < prompt_set_count(*state); i++)
		for (unsigned k = 0; k < i; k++) {
			const struct clip *a = prompt_clip(*state, PROMPT_EN, prompt_set_id(*state, i));
			const struct clip *b = prompt_clip(*state, PROMPT_EN, prompt_set_id(*state, k));

			if (a->samples > 8000 && a->samples == b->samples &&
			    memcmp(a->s, b->s, a->samples * sizeof(a->s[0])) == 0)
				fail_msg("%s and %s sound the same", prompt_set_id(*state, i), prompt_set_id(*state, k));
		}
}

/* ---- sets that are not what they should be ---- */

struct heard {
	unsigned lines;
	char     all[4000];
};

static void hear_log(enum log_level level, const char *line, void *arg)
{
	struct heard *h = arg;
	size_t len = strlen(h->all);

	(void)level;
	h->lines++;
	(void)snprintf(h->all + len, sizeof(h->all) - len, "%s\n", line);
}

static void test_unknown_is_counted(void **state)
{
	struct counter_group *g = prompt_set_counters(*state);
	struct heard h = { 0 };
	uint64_t before = counter_get(&g->values[0]);

	assert_string_equal(g->name, "prompts");
	log_set_sink(hear_log, &h);
	assert_null(prompt_clip(*state, PROMPT_EN, "no-such-prompt"));
	assert_null(prompt_clip(*state, PROMPT_EN, ""));
	assert_null(prompt_clip(*state, PROMPT_EN, "an-id-that-is-longer-than-any-id-in-a-catalogue-may-ever-be"));
	log_set_sink(NULL, NULL);
	assert_int_equal(counter_get(&g->values[0]), before + 3);
	assert_non_null(strstr(h.all, "no-such-prompt"));
	assert_null(prompt_set_id(*state, prompt_set_count(*state)));
}

static void put_file(const char *dir, const char *name, const void *data, size_t n)
{
	char path[600];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

static void put_wav(const char *dir, const char *name)
{
	static const int16_t s[800] = { 0, 1000, 0, -1000 };
	char path[600];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(wav_write(path, PROMPT_RATE, s, ARRAY_LEN(s)), 0);
}

static int load_and_hear(const char *dir, struct heard *h)
{
	struct prompt_set *s = NULL;
	int err;

	memset(h, 0, sizeof(*h));
	log_set_sink(hear_log, h);
	err = prompt_set_load(&s, dir);
	log_set_sink(NULL, NULL);
	if (!err)
		prompt_set_free(s);
	else
		assert_null(s);
	return err;
}

static void remove_all(const char *dir)
{
	static const char *const files[] = { "index", "zh-CN/one.wav", "zh-CN/two.wav", "en/one.wav", "en/two.wav" };
	char path[600];

	for (unsigned i = 0; i < ARRAY_LEN(files); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, files[i]);
		(void)unlink(path);
	}
	(void)snprintf(path, sizeof(path), "%s/zh-CN", dir);
	(void)rmdir(path);
	(void)snprintf(path, sizeof(path), "%s/en", dir);
	(void)rmdir(path);
	(void)rmdir(dir);
}

/* Recordings of a service's own: what there is replaces, the rest is the base's, and outlives it. */
static void test_one_set_over_another(void **state)
{
	char dir[] = "/tmp/prompts_set_test.XXXXXX", path[100];
	struct prompt_set *base = NULL, *s = NULL;
	struct clip *their;
	struct heard h = { 0 };

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(set_load((void **)&base), 0);
	log_set_sink(hear_log, &h);
	assert_int_equal(prompt_set_load_over(&s, base, dir), -ENOENT); /* nothing in it: a wrong folder, surely */
	assert_non_null(strstr(h.all, dir));
	(void)snprintf(path, sizeof(path), "%s/en", dir);
	assert_int_equal(mkdir(path, 0700), 0);
	put_file(path, "goodbye.wav", "this is no sound", 16);
	assert_int_equal(prompt_set_load_over(&s, base, dir), -EBADMSG);
	assert_non_null(strstr(h.all, "en/goodbye.wav"));
	assert_null(s);
	log_set_sink(NULL, NULL);
	put_wav(path, "goodbye.wav");
	assert_int_equal(prompt_set_load_over(&s, base, dir), 0);
	assert_int_equal(prompt_clip(s, PROMPT_EN, "goodbye")->samples, 800);
	assert_int_not_equal(prompt_clip(base, PROMPT_EN, "goodbye")->samples, 800);
	assert_ptr_equal(prompt_clip(s, PROMPT_ZH_CN, "goodbye"), prompt_clip(base, PROMPT_ZH_CN, "goodbye"));
	assert_int_equal(prompt_set_count(s), prompt_set_count(base));
	their = prompt_clip(s, PROMPT_EN, "enter-number");
	assert_ptr_equal(their, prompt_clip(base, PROMPT_EN, "enter-number"));
	prompt_set_free(base);
	assert_true(their->samples > 800);
	prompt_set_free(s);
	(void)snprintf(path, sizeof(path), "%s/en/goodbye.wav", dir);
	(void)unlink(path);
	(void)snprintf(path, sizeof(path), "%s/en", dir);
	(void)rmdir(path);
	(void)rmdir(dir);
}

static void test_incomplete_sets(void **state)
{
	const char *tmp = getenv("TMPDIR");
	char dir[300], path[600], all[256 * 3];
	struct heard h;

	(void)state;
	(void)snprintf(dir, sizeof(dir), "%s/prompts_set_test.XXXXXX", tmp ? tmp : P_tmpdir);
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/zh-CN", dir);
	assert_int_equal(mkdir(path, 0700), 0);
	(void)snprintf(path, sizeof(path), "%s/en", dir);
	assert_int_equal(mkdir(path, 0700), 0);

	assert_int_equal(load_and_hear(dir, &h), -ENOENT);
	assert_non_null(strstr(h.all, "/index"));

	put_file(dir, "index", "two\none\n", 8);
	put_wav(dir, "zh-CN/one.wav");
	put_wav(dir, "en/one.wav");
	put_wav(dir, "en/two.wav");
	assert_int_equal(load_and_hear(dir, &h), -ENOENT);
	assert_non_null(strstr(h.all, "zh-CN/two.wav"));
	assert_null(strstr(h.all, "one.wav"));
	put_wav(dir, "zh-CN/two.wav");
	assert_int_equal(load_and_hear(dir, &h), 0);
	assert_int_equal(h.lines, 0);

	put_file(dir, "en/one.wav", "this is no sound", 16);
	assert_int_equal(load_and_hear(dir, &h), -EBADMSG);
	assert_non_null(strstr(h.all, "en/one.wav"));
	put_wav(dir, "en/one.wav");

	put_file(dir, "index", "", 0);
	assert_int_equal(load_and_hear(dir, &h), -EBADMSG);
	put_file(dir, "index", "one\none\n", 8);
	assert_int_equal(load_and_hear(dir, &h), -EBADMSG);
	put_file(dir, "index", "one\n../en/one\n", 14);
	assert_int_equal(load_and_hear(dir, &h), -EBADMSG);
	put_file(dir, "index", "one\n\n", 5);
	assert_int_equal(load_and_hear(dir, &h), -EBADMSG);
	for (unsigned i = 0; i < sizeof(all); i++)
		all[i] = (char)(i * 7);
	put_file(dir, "index", all, sizeof(all));
	assert_int_equal(load_and_hear(dir, &h), -EBADMSG);
	memset(all, 'a', sizeof(all));
	put_file(dir, "index", all, sizeof(all));
	assert_int_equal(load_and_hear(dir, &h), -EBADMSG);
	remove_all(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_level),
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_middle),
		cmocka_unit_test(test_no_rumble),
		cmocka_unit_test(test_languages_differ),
		cmocka_unit_test(test_unknown_is_counted),
		cmocka_unit_test(test_one_set_over_another),
		cmocka_unit_test(test_incomplete_sets),
	};

	return cmocka_run_group_tests(tests, set_load, set_free);
}
