/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sounds by name, loaded once. Files are read on the control thread: an exchange for tests may hold its breath, a node may
 * not. */
#include "exchange/internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exchange/args.h"

struct sound {
	struct list  link;
	struct clip *clip;
	char         spec[];
};

/* FREQ[,FREQ][@LEVEL]: a second of it, whole periods, so that it can be repeated without a seam. */
static int beep(const char *text, struct clip **cp)
{
	int f1 = 0, f2 = 0, level = -10, used = 0;

	if (sscanf(text, "%d%n", &f1, &used) != 1)
		return -EINVAL;
	text += used;
	if (*text == ',') {
		if (sscanf(text, ",%d%n", &f2, &used) != 1)
			return -EINVAL;
		text += used;
	}
	if (*text == '@') {
		if (sscanf(text, "@%d%n", &level, &used) != 1)
			return -EINVAL;
		text += used;
	}
	if (*text || f1 < 1 || f1 > 3999 || f2 < 0 || f2 > 3999 || level < -60 || level > 3)
		return -EINVAL;
	return tone_clip_beep(cp, f1, f2, level, 1000, 0);
}

static int load(struct exchange *x, const char *spec, struct clip **cp)
{
	static const char *const tone_name[] = { [TONE_DIAL] = "dial",
		                                 [TONE_RINGBACK] = "ringback",
		                                 [TONE_BUSY] = "busy",
		                                 [TONE_CONGESTION] = "congestion",
		                                 [TONE_INFO] = "info" };

	for (unsigned i = 0; i < sizeof(tone_name) / sizeof(*tone_name); i++)
		if (!strcmp(spec, tone_name[i]))
			return tone_clip(cp, x->country, (enum tone)i);
	if (!strcmp(spec, "tone"))
		return tone_clip(cp, x->country, TONE_RINGBACK);
	if (!strncmp(spec, "tone:", 5))
		return beep(spec + 5, cp);
	return clip_load_wav(cp, spec, MEDIA_RATE);
}

int xclip_get(struct exchange *x, const char *spec, struct clip **cp)
{
	struct list *pos, *nxt;
	struct sound *s;
	int err;

	list_for_each(pos, nxt, &x->clips) {
		s = list_entry(pos, struct sound, link);
		if (!strcmp(s->spec, spec)) {
			*cp = clip_ref(s->clip);
			return 0;
		}
	}
	s = calloc(1, sizeof(*s) + strlen(spec) + 1);
	if (!s)
		return -ENOMEM;
	memcpy(s->spec, spec, strlen(spec) + 1);
	err = load(x, spec, &s->clip);
	if (err) {
		free(s);
		return err;
	}
	list_append(&x->clips, &s->link);
	*cp = clip_ref(s->clip);
	return 0;
}

void xclip_drop_all(struct exchange *x)
{
	while (!list_empty(&x->clips)) {
		struct sound *s = list_entry(x->clips.next, struct sound, link);

		list_remove(&s->link);
		clip_unref(s->clip);
		free(s);
	}
}
