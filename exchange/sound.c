/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a phone hears and says: gates by the state of the call, tones of its exchange, what it heard kept in memory. */
#include "exchange/internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/magic.h"

#define LOG_MODULE "exchange"

static void on_digit(struct xcall *c, const struct media_event *ev)
{
	json_t *e;
	char digit[2] = { ev->digit, '\0' };

	if (!c->gate_from_line)
		return; /* the phone does not hear the line yet */
	if (ev->type == MEDIA_DIGIT_BEGIN) {
		if (c->digits < XCALL_DIGITS_MAX)
			c->digit[c->digits++] = (struct xheard_digit){ ev->digit, ev->at_us };
		else
			c->digits_lost++;
	}
	e = xcall_event_new(c, ev->type == MEDIA_DIGIT_BEGIN ? "dtmf" : "dtmf-end", ev->at_us);
	if (e) {
		json_object_set_new(e, "digit", json_string(digit));
		if (ev->type == MEDIA_DIGIT)
			json_object_set_new(e, "duration_ms", json_integer(ev->duration_ms));
	}
	xevent_emit(c->x, e);
}

static void on_media(struct media_port *p, const struct media_event *ev, void *arg)
{
	struct xcall *c = arg;
	json_t *e;

	(void)p;
	switch (ev->type) {
	case MEDIA_DIGIT:
	case MEDIA_DIGIT_BEGIN:
		on_digit(c, ev);
		break;
	case MEDIA_PLAYED:
		if (ev->play != c->playing)
			break;
		c->playing = 0;
		e = xcall_event_new(c, "said", ev->at_us);
		if (e)
			json_object_set_new(e, "cut", json_boolean(ev->cut));
		xevent_emit(c->x, e);
		break;
	}
}

void xcall_sound_open(struct xcall *c)
{
	if (c->port || !c->e1)
		return;
	c->port = e1_call_port(c->e1);
	if (!c->port)
		return; /* no timeslot yet */
	media_port_open(c->port, on_media, c);
	c->gate_from_line = c->gate_to_line = false;
	media_port_gate(c->port, false, false);
	if (!c->x->recording)
		return;
	if (recorder_alloc(&c->recorder, c->x->loop)) {
		c->recorder = NULL;
		log_warn("no memory to keep what the phone of call %s hears", c->id);
		return;
	}
	media_record(c->port, MEDIA_TAP_INSIDE, c->recorder);
}

void xcall_sound_gone(struct xcall *c)
{
	const int16_t *s;
	size_t n;

	c->port = NULL; /* e1 closes it with the call */
	c->playing = 0;
	c->gate_from_line = c->gate_to_line = false;
	if (!c->recorder)
		return;
	recorder_drain(c->recorder);
	s = recorder_samples(c->recorder, &n, &c->heard_us);
	c->heard = n ? malloc(n * sizeof(*s)) : NULL;
	if (c->heard) {
		memcpy(c->heard, s, n * sizeof(*s));
		c->heard_samples = n;
	}
	recorder_free(c->recorder);
	c->recorder = NULL;
}

/*
 *                  the phone hears the line            the line hears the phone
 * before CONNECT   dialled here: after cut-through     dialled here: never (forward speech)
 *                  called here: never (forward speech) called here: once we said PI 8 (early media)
 * talking          yes                                 yes
 * clearing         while the node plays a tone (PI 8)  while we play one
 */
void xcall_sound_gates(struct xcall *c)
{
	bool talking = c->state == XCALL_TALKING;
	bool from_line = talking || (c->from_phone && c->cut_through && c->state < XCALL_TALKING) || c->inband_clear;
	bool to_line = talking || c->inband_sent;

	if (!c->port || (from_line == c->gate_from_line && to_line == c->gate_to_line))
		return;
	c->gate_from_line = from_line;
	c->gate_to_line = to_line;
	media_port_gate(c->port, from_line, to_line);
}

/* ---- the exchange's tones ---- */

static void play_tone(struct xcall *c, enum tone t, enum media_direction d)
{
	struct media_play play = { .count = 1, .times = 0, .direction = d };
	struct clip *clip;

	if (!c->port || tone_clip(&clip, c->x->country, t))
		return;
	play.item[0].clip = clip;
	if (d == MEDIA_TO_LINE)
		c->playing = 0;
	(void)media_play(c->port, &play);
	clip_unref(clip);
}

void xcall_hear(struct xcall *c, enum tone t)
{
	play_tone(c, t, MEDIA_TO_INSIDE);
}

void xcall_hear_nothing(struct xcall *c)
{
	if (c->port)
		media_play_stop(c->port, MEDIA_TO_INSIDE);
}

void xcall_say_tone(struct xcall *c, enum tone t)
{
	play_tone(c, t, MEDIA_TO_LINE);
}

/* What the exchange plays to somebody whose call could not be, or has ended. */
enum tone xcall_cause_tone(int cause)
{
	switch (cause) {
	case 34: /* no circuit */
	case 38: /* network out of order */
	case 41: /* temporary failure */
	case 42: /* congestion */
	case 44: /* channel not available */
	case 47: /* resource unavailable */
	case 102:
		return TONE_CONGESTION;
	default:
		return TONE_BUSY;
	}
}

/* ---- what the phone says ---- */

int xcall_say(struct xcall *c, struct clip *clip, unsigned times, int gain_db10, bool append)
{
	struct media_play play = {
		.count = 1, .times = times, .gain_db10 = gain_db10, .append = append, .direction = MEDIA_TO_LINE
	};

	if (!c->port)
		return -EPIPE;
	play.item[0].clip = clip;
	c->playing = media_play(c->port, &play);
	return 0;
}

void xcall_say_nothing(struct xcall *c)
{
	if (c->port)
		media_play_stop(c->port, MEDIA_TO_LINE);
}

/* ---- what it heard ---- */

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* n samples of a recording that begins at start_us, from from_us on; the rest of out stays as it is. */
static void copy_overlap(int16_t *out, size_t n, int64_t from_us, const int16_t *s, size_t count, int64_t start_us)
{
	int64_t first = floor_div((from_us - start_us) * 8, 1000);

	for (size_t i = 0; i < n; i++) {
		int64_t k = first + (int64_t)i;

		if (k >= 0 && k < (int64_t)count)
			out[i] = s[k];
	}
}

void xcall_heard(struct xcall *c, int64_t from_us, int16_t *samples, size_t n)
{
	memset(samples, 0, n * sizeof(*samples));
	if (c->recorder) {
		const int16_t *s;
		int64_t start_us = 0;
		size_t count;

		recorder_drain(c->recorder);
		s = recorder_samples(c->recorder, &count, &start_us);
		copy_overlap(samples, n, from_us, s, count, start_us);
	} else if (c->heard) {
		copy_overlap(samples, n, from_us, c->heard, c->heard_samples, c->heard_us);
	}
	if (!c->tail || !c->tail->samples)
		return;
	for (size_t i = 0; i < n; i++) {
		int64_t at_us = from_us + (int64_t)i * 125;

		if (at_us >= c->tail_from_us && (!c->tail_to_us || at_us < c->tail_to_us))
			samples[i] = c->tail->s[(size_t)((at_us - c->tail_from_us) / 125) % c->tail->samples];
	}
}

static void put_le(uint8_t *p, uint32_t v, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

static int write_samples(FILE *f, struct xcall *c, size_t total)
{
	int16_t s[800];
	uint8_t raw[sizeof(s)] = { 0 };

	for (size_t done = 0; done < total;) {
		size_t n = total - done < ARRAY_LEN(s) ? total - done : ARRAY_LEN(s);

		xcall_heard(c, c->setup_us + (int64_t)done * 125, s, n);
		for (size_t i = 0; i < n; i++)
			put_le(raw + 2 * i, (uint16_t)s[i], 2);
		if (fwrite(raw, 2, n, f) != n)
			return -EIO;
		done += n;
	}
	return 0;
}

/* From SETUP to now, or to going on hook: 16 bit PCM, 8 kHz. */
int xcall_write_wav(struct xcall *c, const char *path)
{
	int64_t end_us = c->state == XCALL_OVER ? c->tail_to_us : clock_mono_us();
	size_t total = (size_t)((end_us - c->setup_us) / 125);
	uint8_t h[44] = "RIFF____WAVEfmt ";
	FILE *f = fopen(path, "wbe");
	int err = 0;

	if (!f)
		return -errno;
	put_le(h + 4, (uint32_t)(36 + 2 * total), 4);
	put_le(h + 16, 16, 4);
	put_le(h + 20, 1, 2); /* PCM */
	put_le(h + 22, 1, 2); /* mono */
	put_le(h + 24, MEDIA_RATE, 4);
	put_le(h + 28, 2 * MEDIA_RATE, 4);
	put_le(h + 32, 2, 2);
	put_le(h + 34, 16, 2);
	memcpy(h + 36, "data", 4);
	put_le(h + 40, (uint32_t)(2 * total), 4);
	if (fwrite(h, 1, sizeof(h), f) != sizeof(h))
		err = -EIO;
	if (!err)
		err = write_samples(f, c, total);
	if (fclose(f) && !err)
		err = -errno;
	return err;
}
