/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * prompts/catalogue.h - the sound of each prompt in each language.
 *
 * prompts/catalogue.txt has the texts; prompts/build.sh makes DIR/LANGUAGE/ID.wav of them and lists the ids in DIR/index, a line
 * each. That list is what is loaded: no id is compiled in, so an operator adds a prompt, or a whole set of recordings, without a
 * compiler. What the code says is held against the catalogue by a test (tests/unit/prompts_say_test.c).
 *
 * All of it is in memory, about 10 MB, until prompt_set_free(). Control thread; loading blocks and is for start-up or a worker.
 */
#ifndef PROMPTS_CATALOGUE_H
#define PROMPTS_CATALOGUE_H

#include "core/counter.h"
#include "media/clip.h"
#include "prompts/say.h"

struct prompt_set;

#define PROMPT_RATE    8000
#define PROMPT_ID_MAX  40
#define PROMPTS_MAX    4096 /* ids in an index */

/* Each file that is missing or no sound is named in the log. -ENOENT when one is missing (or the index itself), -EBADMSG when the
 * index or a file is not what it should be, -ENOMEM. *sp only on success. */
int  prompt_set_load(struct prompt_set **sp, const char *dir);
/* The prompts of base, but for those that dir has recordings of, DIR/LANGUAGE/ID.wav: of all ids and languages or of one, as it
 * likes. -ENOENT there is not one in it; -EBADMSG one is no sound, -ENOMEM. base may be freed before it. */
int  prompt_set_load_over(struct prompt_set **sp, const struct prompt_set *base, const char *dir);
void prompt_set_free(struct prompt_set *s);  /* NULL is allowed; clips that are still being played live on */

/* The set's own reference: clip_ref() to keep it. NULL, a line in the log and a count when there is no such id. */
struct clip *prompt_clip(const struct prompt_set *s, enum prompt_lang lang, const char *id);
unsigned     prompt_set_count(const struct prompt_set *s);              /* ids */
const char  *prompt_set_id(const struct prompt_set *s, unsigned i);     /* in order of strcmp */

/* For the owner to register as "prompts"; it unregisters before prompt_set_free(). */
struct counter_group *prompt_set_counters(struct prompt_set *s);

#endif
