/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Play lists: made and released on control, played sample-exactly by the tick. A frame may hold the end of one list and the
 * beginning of the next. */
#include "media/engine.h"

#include <stdlib.h>

/* ---- control ---- */

static size_t item_length(const struct play_item *i)
{
	return i->samples + i->silence;
}

/* Where to begin, given a sample of the whole list; an endless list is a circle. */
static void list_seek(struct play_list *l, uint64_t start, uint64_t total)
{
	uint64_t rounds = start / total;

	start %= total;
	if (!l->endless && rounds >= l->times) {
		l->at = l->count; /* beyond its end */
		return;
	}
	if (!l->endless)
		l->times -= (unsigned)rounds;
	while (start >= item_length(&l->item[l->at]))
		start -= item_length(&l->item[l->at++]);
	l->offset = (size_t)start;
}

struct play_list *play_list_make(const struct media_play *play)
{
	unsigned count = play->count <= MEDIA_PLAY_ITEMS_MAX ? play->count : MEDIA_PLAY_ITEMS_MAX;
	uint64_t total = 0;
	struct play_list *l;

	assert(play->count <= MEDIA_PLAY_ITEMS_MAX);
	l = calloc(1, sizeof(*l) + count * sizeof(l->item[0]));
	if (!l)
		return NULL;
	l->times = play->times;
	l->endless = play->times == 0;
	l->stop_on_digit = play->stop_on_digit;
	l->append = play->append;
	l->gain = mix_gain(play->gain_db10);
	for (unsigned i = 0; i < count; i++) {
		struct clip *c = play->item[i].clip;
		struct play_item item = { .clip = c,
			                  .samples = c ? c->samples : 0,
			                  .silence = (size_t)play->item[i].silence_ms * (MEDIA_RATE / 1000) };

		assert(!c || c->rate == MEDIA_RATE);
		if (item_length(&item) == 0)
			continue; /* so that no loop over a list is without end */
		if (c)
			(void)clip_ref(c);
		l->item[l->count++] = item;
		total += item_length(&item);
	}
	if (total > 0)
		list_seek(l, play->start_sample, total);
	return l;
}

void play_list_free(struct play_list *l)
{
	for (unsigned i = 0; i < l->count; i++)
		clip_unref(l->item[i].clip);
	free(l);
}

/* ---- media thread ---- */

static void list_over(struct media *m, struct play_list *l, bool cut)
{
	l->cut = cut;
	l->ended_us = m->tick_us;
	media_give_back(m, &l->ret, NOTE_LIST);
}

void player_stop(struct media *m, struct player *p, bool only_stop_on_digit)
{
	struct play_list **at = &p->first, *l;

	while ((l = *at) != NULL) {
		if (only_stop_on_digit && !l->stop_on_digit) {
			at = &l->next;
			continue;
		}
		*at = l->next;
		list_over(m, l, true);
	}
}

void player_play(struct media *m, struct player *p, struct play_list *l)
{
	struct play_list **at = &p->first;

	if (!l->append)
		player_stop(m, p, false);
	while (*at)
		at = &(*at)->next;
	l->next = NULL;
	*at = l;
}

/* At the end of an item: the next, the next round, or false: over. */
static bool list_advance(struct play_list *l)
{
	l->offset = 0;
	if (++l->at < l->count)
		return true;
	l->at = 0;
	return l->endless || --l->times > 0;
}

/* Up to n samples of one item. How many. */
static size_t item_mix(struct play_list *l, int32_t *sum, size_t n)
{
	const struct play_item *item = &l->item[l->at];
	bool sound = l->offset < item->samples;
	size_t left = (sound ? item->samples : item_length(item)) - l->offset;

	if (n > left)
		n = left;
	if (sound)
		mix_add_gain(sum, item->clip->s + l->offset, n, l->gain);
	l->offset += n;
	return n;
}

void player_mix(struct media *m, struct player *p, int32_t sum[MEDIA_FRAME])
{
	size_t done = 0;

	while (p->first) {
		struct play_list *l = p->first;

		/* A list that ends with the frame is over in this tick, not the next. */
		if (l->at == l->count || (l->offset == item_length(&l->item[l->at]) && !list_advance(l))) {
			p->first = l->next;
			list_over(m, l, false);
			continue;
		}
		if (done == MEDIA_FRAME)
			break;
		done += item_mix(l, sum + done, MEDIA_FRAME - done);
	}
}
