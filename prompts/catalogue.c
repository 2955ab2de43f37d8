/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "prompts/catalogue.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "core/magic.h"

#define LOG_MODULE       "prompts"
#define PROMPT_SET_MAGIC 0x9a0c0de5u

struct prompt {
	char         id[PROMPT_ID_MAX + 1];
	struct clip *clip[PROMPT_LANGS];
};

enum { COUNT_UNKNOWN, COUNTS };

static const struct counter_desc count_desc[COUNTS] = {
	[COUNT_UNKNOWN] = { "unknown", "prompts asked for that the catalogue does not have; the caller heard nothing instead" },
};

struct prompt_set {
	unsigned             magic;
	unsigned             count;
	counter_t           *counts; /* apart, so that looking up in a const set may count */
	struct counter_group group;
	struct prompt       *prompts; /* sorted by id */
};

static int index_load(struct prompt_set *s, const char *dir);
static int recording_load(struct clip **cp, const char *id, enum prompt_lang lang, const char *dir);
static int prompt_load(struct prompt *p, const char *dir);

static int by_id(const void *a, const void *b)
{
	const struct prompt *pa = a, *pb = b;

	return strcmp(pa->id, pb->id);
}

static struct prompt_set *set_alloc(void)
{
	struct prompt_set *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->magic = PROMPT_SET_MAGIC;
	s->counts = calloc(COUNTS, sizeof(*s->counts));
	s->prompts = calloc(PROMPTS_MAX, sizeof(*s->prompts));
	if (!s->counts || !s->prompts) {
		prompt_set_free(s);
		return NULL;
	}
	s->group = (struct counter_group){ .name = "prompts", .desc = count_desc, .values = s->counts, .count = COUNTS };
	return s;
}

int prompt_set_load(struct prompt_set **sp, const char *dir)
{
	struct prompt_set *s = set_alloc();
	unsigned bad = 0;
	int err;

	if (!s)
		return -ENOMEM;
	err = index_load(s, dir);
	if (err)
		goto out;
	for (unsigned i = 0; i < s->count; i++) {
		int e = prompt_load(&s->prompts[i], dir);

		bad += e != 0;
		if (!err || e == -ENOENT) /* all of them are named; a missing one is what is returned */
			err = e ? e : err;
	}
	if (err)
		log_error("%u of %u prompts in %s cannot be used; prompts/build.sh makes them", bad, s->count, dir);
out:
	if (err)
		prompt_set_free(s);
	else
		*sp = s;
	return err;
}

int prompt_set_load_over(struct prompt_set **sp, const struct prompt_set *base, const char *dir)
{
	struct prompt_set *s = set_alloc();
	unsigned own = 0;
	int err = 0;

	if (!s)
		return -ENOMEM;
	for (unsigned i = 0; i < base->count; i++) {
		struct prompt *p = &s->prompts[s->count++];

		memcpy(p->id, base->prompts[i].id, sizeof(p->id));
		for (unsigned lang = 0; lang < PROMPT_LANGS; lang++) {
			int e = recording_load(&p->clip[lang], p->id, (enum prompt_lang)lang, dir);

			own += e == 0;
			if (e == -ENOENT)
				p->clip[lang] = clip_ref(base->prompts[i].clip[lang]);
			else if (e)
				err = e;
		}
	}
	if (!err && own == 0) {
		log_error("%s has no recording of any prompt", dir);
		err = -ENOENT;
	}
	if (err)
		prompt_set_free(s);
	else
		*sp = s;
	return err;
}

void prompt_set_free(struct prompt_set *s)
{
	if (!s)
		return;
	MAGIC_CHECK(s, PROMPT_SET_MAGIC);
	for (unsigned i = 0; i < s->count; i++)
		for (unsigned lang = 0; lang < PROMPT_LANGS; lang++)
			clip_unref(s->prompts[i].clip[lang]);
	free(s->prompts);
	free(s->counts);
	s->magic = MAGIC_DEAD;
	free(s);
}

static const struct prompt *prompt_find(const struct prompt_set *s, const char *id)
{
	struct prompt key = { .id = "" };

	if (strlen(id) > PROMPT_ID_MAX)
		return NULL;
	memcpy(key.id, id, strlen(id) + 1);
	return bsearch(&key, s->prompts, s->count, sizeof(key), by_id);
}

struct clip *prompt_clip(const struct prompt_set *s, enum prompt_lang lang, const char *id)
{
	const struct prompt *p;

	MAGIC_CHECK(s, PROMPT_SET_MAGIC);
	p = prompt_find(s, id);
	if (p)
		return p->clip[lang];
	counter_inc(&s->counts[COUNT_UNKNOWN]);
	log_warn("no prompt \"%s\" in the catalogue", id);
	return NULL;
}

unsigned prompt_set_count(const struct prompt_set *s)
{
	MAGIC_CHECK(s, PROMPT_SET_MAGIC);
	return s->count;
}

const char *prompt_set_id(const struct prompt_set *s, unsigned i)
{
	MAGIC_CHECK(s, PROMPT_SET_MAGIC);
	return i < s->count ? s->prompts[i].id : NULL;
}

struct counter_group *prompt_set_counters(struct prompt_set *s)
{
	MAGIC_CHECK(s, PROMPT_SET_MAGIC);
	return &s->group;
}

/* ---- loading ---- */

/* The id becomes part of a path. */
static bool id_valid(const char *id)
{
	size_t n = strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return n > 0 && n <= PROMPT_ID_MAX && id[n] == '\0';
}

static int index_line(struct prompt_set *s, const char *line)
{
	if (!id_valid(line) || s->count == PROMPTS_MAX)
		return -EBADMSG;
	memcpy(s->prompts[s->count++].id, line, strlen(line) + 1);
	return 0;
}

/* Lines of at most PROMPT_ID_MAX; a longer one, or a byte that belongs in no id, is -EBADMSG. */
static int index_load(struct prompt_set *s, const char *dir)
{
	char path[PATH_MAX], line[PROMPT_ID_MAX + 3];
	unsigned number = 0;
	FILE *f;
	int err = 0;

	if (snprintf(path, sizeof(path), "%s/index", dir) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	f = fopen(path, "re");
	if (!f) {
		err = -errno;
		log_error("%s: %s; prompts/build.sh makes it", path, strerror(-err));
		return err;
	}
	while (!err && fgets(line, sizeof(line), f)) {
		number++;
		line[strcspn(line, "\n")] = '\0';
		err = index_line(s, line);
	}
	if (!err && ferror(f))
		err = -EIO;
	fclose(f);
	qsort(s->prompts, s->count, sizeof(*s->prompts), by_id);
	for (unsigned i = 1; !err && i < s->count; i++)
		if (strcmp(s->prompts[i - 1].id, s->prompts[i].id) == 0)
			err = -EBADMSG;
	if (!err && s->count == 0)
		err = -EBADMSG;
	if (err)
		log_error("%s is no list of prompts (line %u): %s", path, number, strerror(-err));
	return err;
}

/* -ENOENT is the caller's to complain of. */
static int recording_load(struct clip **cp, const char *id, enum prompt_lang lang, const char *dir)
{
	char path[PATH_MAX];
	int err = -ENAMETOOLONG;

	if (snprintf(path, sizeof(path), "%s/%s/%s.wav", dir, prompt_lang_name(lang), id) < (int)sizeof(path))
		err = clip_load_wav(cp, path, PROMPT_RATE);
	if (!err && (*cp)->samples == 0)
		err = -EBADMSG; /* the set owns it, and is freed */
	if (err && err != -ENOENT)
		log_error("prompt %s: %s: %s", id, path, strerror(-err));
	return err;
}

static int prompt_load(struct prompt *p, const char *dir)
{
	int err = 0;

	for (unsigned lang = 0; lang < PROMPT_LANGS; lang++) {
		int e = recording_load(&p->clip[lang], p->id, (enum prompt_lang)lang, dir);

		if (e == -ENOENT)
			log_error("prompt %s is missing: %s/%s/%s.wav", p->id, dir, prompt_lang_name((enum prompt_lang)lang),
			          p->id);
		if (!err || e == -ENOENT)
			err = e ? e : err;
	}
	return err;
}
