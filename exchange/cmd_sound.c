/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands of sound: what a phone says, and what it has heard. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "exchange/command.h"
#include "exchange/measure.h"

#define MEASURE_MS_MAX  60000
#define MEASURE_TONES   16

/* Played, said so, and its reference given up. */
static int say(struct xcall *c, json_t *reply, struct clip *clip, unsigned times, long gain_db, bool append)
{
	int err = c->state >= XCALL_CLEARING ? -ENOTCONN : xcall_say(c, clip, times, (int)gain_db * 10, append);

	if (!err) {
		json_object_set_new(reply, "ms", json_integer((json_int_t)(clip->samples * 1000 / MEDIA_RATE)));
		json_object_set_new(reply, "heard", json_boolean(c->gate_to_line));
	}
	clip_unref(clip);
	return xcommand_done(reply, err);
}

static int cmd_dtmf(struct exchange *x, struct xargs *a, json_t *reply)
{
	long on_ms = 100, off_ms = 100, level = -10;
	bool append = xargs_flag(a, "append");
	const char *digits;
	struct clip *clip;
	struct xcall *c;

	if (xcommand_int(a, reply, "on", 10, 10000, &on_ms) || xcommand_int(a, reply, "off", 0, 10000, &off_ms) ||
	    xcommand_int(a, reply, "level", -60, 0, &level) || xcommand_call(x, a, reply, &c))
		return -EINVAL;
	digits = xargs_next(a);
	if (!digits || !*digits || strlen(digits) > 64 || strspn(digits, "0123456789*#ABCD") != strlen(digits))
		return xcommand_fail(reply, -EINVAL, "dtmf ID DIGITS: 1 to 64 of 0-9 * # A-D");
	if (xcommand_end(a, reply))
		return -EINVAL;
	if (tone_clip_dtmf(&clip, digits, (int)on_ms, (int)off_ms, (int)level))
		return xcommand_done(reply, -ENOMEM);
	return say(c, reply, clip, 1, 0, append);
}

static int cmd_tone(struct exchange *x, struct xargs *a, json_t *reply)
{
	long f1, f2 = 0, level = -10, ms = 0;
	bool append = xargs_flag(a, "append");
	char freq[32];
	const char *w;
	char *comma;
	struct clip *clip;
	struct xcall *c;

	if (xcommand_int(a, reply, "level", -60, 3, &level) || xcommand_int(a, reply, "ms", 0, 3600000, &ms) ||
	    xcommand_call(x, a, reply, &c))
		return -EINVAL;
	w = xargs_next(a);
	snprintf(freq, sizeof(freq), "%s", w ? w : "");
	comma = strchr(freq, ',');
	if (comma)
		*comma++ = '\0';
	if (xargs_parse_int(freq, 1, 3999, &f1) || (comma && xargs_parse_int(comma, 1, 3999, &f2)))
		return xcommand_fail(reply, -EINVAL, "tone ID FREQ[,FREQ]: frequencies from 1 to 3999 Hz");
	if (xcommand_end(a, reply))
		return -EINVAL;
	/* Without an end: a second of it, whole periods, over and over. */
	if (tone_clip_beep(&clip, (int)f1, (int)f2, (int)level, ms ? (int)ms : 1000, ms != 0))
		return xcommand_fail(reply, -EINVAL, "no such tone: two frequencies may not go over full scale");
	return say(c, reply, clip, ms ? 1 : 0, 0, append);
}

static int cmd_play(struct exchange *x, struct xargs *a, json_t *reply)
{
	bool append = xargs_flag(a, "append"), loop = xargs_flag(a, "loop");
	long gain = 0;
	const char *file;
	struct clip *clip;
	struct xcall *c;
	int err;

	if (xcommand_int(a, reply, "gain", -60, 0, &gain) || xcommand_call(x, a, reply, &c))
		return -EINVAL;
	file = xargs_next(a);
	if (!file)
		return xcommand_fail(reply, -EINVAL, "play ID FILE: which file?");
	if (xcommand_end(a, reply))
		return -EINVAL;
	err = xclip_get(x, file, &clip);
	if (err)
		return xcommand_fail(reply, err, "%s: %s", file, err == -EBADMSG ? "no sound file" : strerror(-err));
	return say(c, reply, clip, loop ? 0 : 1, gain, append);
}

static int cmd_stop(struct exchange *x, struct xargs *a, json_t *reply)
{
	struct xcall *c;

	if (xcommand_call(x, a, reply, &c) || xcommand_end(a, reply))
		return -EINVAL;
	xcall_say_nothing(c);
	return 0;
}

static int cmd_record(struct exchange *x, struct xargs *a, json_t *reply)
{
	bool now = xargs_flag(a, "now");
	const char *file;
	struct xcall *c;
	int err;

	if (xcommand_call(x, a, reply, &c))
		return -EINVAL;
	file = xargs_next(a);
	if (!file)
		return xcommand_fail(reply, -EINVAL, "record ID FILE: into which file?");
	if (xcommand_end(a, reply))
		return -EINVAL;
	if (now || c->state == XCALL_OVER) {
		err = xcall_write_wav(c, file);
		return err ? xcommand_fail(reply, err, "%s: %s", file, strerror(-err)) : 0;
	}
	free(c->wav);
	c->wav = strdup(file);
	return c->wav ? 0 : -ENOMEM;
}

static void add_digits(struct xcall *c, json_t *reply, int64_t from_us, int64_t to_us)
{
	char text[XCALL_DIGITS_MAX + 1];
	unsigned n = 0;

	for (unsigned i = 0; i < c->digits; i++)
		if (c->digit[i].at_us >= from_us && c->digit[i].at_us <= to_us)
			text[n++] = c->digit[i].digit;
	text[n] = '\0';
	json_object_set_new(reply, "digits", json_string(text));
}

static json_t *db(double v)
{
	return json_real((double)(long)(v * 100 + (v < 0 ? -0.5 : 0.5)) / 100);
}

static int parse_freqs(const char *text, long *hz, unsigned *count)
{
	char buf[128], *p = buf, *w;

	if (!text)
		return 0;
	if (strlen(text) >= sizeof(buf))
		return -EINVAL;
	memcpy(buf, text, strlen(text) + 1);
	while ((w = strsep(&p, ",")))
		if (*count == MEASURE_TONES || xargs_parse_int(w, 1, 3999, &hz[(*count)++]))
			return -EINVAL;
	return 0;
}

static int measure(struct xcall *c, json_t *reply, int64_t from_us, size_t n, const long *hz, unsigned count)
{
	int16_t *s = malloc(n * sizeof(*s));
	json_t *tones = json_object();
	char name[24];

	json_object_set_new(reply, "tones", tones);
	if (!s || !tones) {
		free(s);
		return -ENOMEM;
	}
	xcall_heard(c, from_us, s, n);
	json_object_set_new(reply, "power_dbm0", db(xmeasure_power_dbm0(s, n)));
	for (unsigned i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "%ld", hz[i]);
		json_object_set_new(tones, name, db(xmeasure_tone_dbm0(s, n, (double)hz[i])));
	}
	free(s);
	return 0;
}

static int cmd_measure(struct exchange *x, struct xargs *a, json_t *reply)
{
	long last = 1000, from = -1, to = -1, hz[MEASURE_TONES];
	unsigned count = 0;
	struct xcall *c;
	int64_t now_ms;

	if (xcommand_int(a, reply, "last", 1, MEASURE_MS_MAX, &last) || xcommand_int(a, reply, "from", 0, 86400000, &from) ||
	    xcommand_int(a, reply, "to", 0, 86400000, &to))
		return -EINVAL;
	if (parse_freqs(xargs_option(a, "freq"), hz, &count))
		return xcommand_fail(reply, -EINVAL, "freq=: up to %d frequencies from 1 to 3999 Hz, with commas", MEASURE_TONES);
	if (xcommand_call(x, a, reply, &c) || xcommand_end(a, reply))
		return -EINVAL;
	now_ms = ((c->state == XCALL_OVER ? c->tail_to_us : clock_mono_us()) - c->setup_us) / 1000;
	if (to < 0 || to > now_ms)
		to = (long)now_ms;
	if (from < 0)
		from = to > last ? to - last : 0;
	if (from >= to || to - from > MEASURE_MS_MAX)
		return xcommand_fail(reply, -EINVAL, "nothing to measure: from %ld to %ld ms (at most %d ms at a time)", from, to,
		                     MEASURE_MS_MAX);
	json_object_set_new(reply, "call", json_string(c->id));
	json_object_set_new(reply, "from_ms", json_integer(from));
	json_object_set_new(reply, "to_ms", json_integer(to));
	add_digits(c, reply, c->setup_us + CLOCK_MS(from), c->setup_us + CLOCK_MS(to));
	return measure(c, reply, c->setup_us + CLOCK_MS(from), (size_t)(to - from) * 8, hz, count);
}

const struct xcommand xcommands_sound[] = {
	{ "dtmf", "CALL DIGITS [on=MS] [off=MS] [level=DBM0] [append]",
	  "keys are pressed (100 ms on, 100 ms off, low group at -10 dBm0, high group 2 dB above)", cmd_dtmf },
	{ "tone", "CALL FREQ[,FREQ] [level=DBM0] [ms=MS] [append]", "the phone says a tone, until `stop` when ms is not given",
	  cmd_tone },
	{ "play", "CALL FILE [loop] [gain=DB] [append]",
	  "the phone says what is in a sound file (or ringback, busy, congestion, tone:FREQ[,FREQ][@LEVEL])", cmd_play },
	{ "stop", "CALL", "the phone says nothing more", cmd_stop },
	{ "record", "CALL FILE.wav [now]", "what the phone hears, written when it goes on hook; now: what there is so far",
	  cmd_record },
	{ "measure", "CALL [last=MS | from=MS to=MS] [freq=HZ,HZ,...]",
	  "level, tones and DTMF digits of what the phone heard; times in ms since SETUP (the last 1000)", cmd_measure },
	{ NULL, NULL, NULL, NULL },
};
