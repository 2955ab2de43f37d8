/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rtp/jitter_buffer.h"

#include <assert.h>
#include <string.h>

#define FORGET     80000  /* samples: a packet's weight has fallen to 1/e after ten seconds of others */
#define LATE       0.01f  /* the share of packets that may come too late */
#define NEGLIGIBLE 0.001f /* bins below the lowest that matters; one packet of 20 ms after seven seconds */
#define WEIGHT_MAX 1e6f   /* then all are divided by it */
#define START      320    /* the delay to begin with, while HEARD_ENOUGH packets have not been seen: 40 ms */
#define HEARD_ENOUGH 50
#define JUMP       8000 /* a transit a second away from the last one: another time, not jitter */
#define DROPOUT    3000 /* RFC 3550 A.1: numbers missed, and disorder, that are believed at once */
#define MISORDER   100
#define SUSPECTS   2   /* packets in a row from elsewhere: the sender began anew (RFC 3550 A.1) */
#define FIRST      (1 << 20) /* extended numbers begin here: packets from before the first may come */
/* How far the delay may be off. In a pause nobody hears it mended. */
#define QUIET_PUT_IN 10
#define QUIET_LEAVE_OUT 30
#define LOUD_PUT_IN 160
#define LOUD_LEAVE_OUT 160

static_assert(JITTER_BUFFER_MAX + JITTER_BUFFER_FADE + JITTER_BUFFER_PAYLOAD_MAX <= JITTER_BUFFER_RING,
              "no packet overwrites what will be played");

static struct jitter_buffer_slot *slot_of(struct jitter_buffer *j, int64_t seq)
{
	return &j->slot[(uint64_t)seq % JITTER_BUFFER_SLOTS];
}

static float *bin_of(struct jitter_buffer *j, int64_t b)
{
	return &j->bin[(uint64_t)b % JITTER_BUFFER_BINS];
}

static int64_t clamp(int64_t v, int64_t least, int64_t most)
{
	return v < least ? least : v > most ? most : v;
}

void jitter_buffer_init(struct jitter_buffer *j, unsigned min, unsigned max)
{
	memset(j, 0, sizeof(*j));
	j->min = (unsigned)clamp(min, JITTER_BUFFER_MIN, JITTER_BUFFER_MAX);
	j->max = (unsigned)clamp(max, j->min, JITTER_BUFFER_MAX);
	j->start = START;
	jitter_buffer_reset(j);
}

void jitter_buffer_reset(struct jitter_buffer *j)
{
	for (unsigned i = 0; i < JITTER_BUFFER_SLOTS; i++)
		j->slot[i].seq = -1;
	j->synced = j->short_of = j->comfort = false;
	j->silent = true;
	j->suspects = j->concealing = 0;
	j->total = 0;
	j->weight = 1;
	j->heard = 0;
}

/* ---- how late packets come
 * ----------------------------------------------------------------------------------------------------- */

static int64_t least_transit(const struct jitter_buffer *j)
{
	return j->low * JITTER_BUFFER_BIN;
}

static void want_anew(struct jitter_buffer *j)
{
	float later = 0;
	int64_t b = j->high;

	for (; b > j->low; b--) {
		later += *bin_of(j, b);
		if (later > LATE * j->total)
			break;
	}
	j->want = (b + 1) * JITTER_BUFFER_BIN;
	if (j->heard < HEARD_ENOUGH && j->want < least_transit(j) + j->start)
		j->want = least_transit(j) + j->start;
	j->want = clamp(j->want, least_transit(j) + j->min, least_transit(j) + j->max);
	if (j->heard >= HEARD_ENOUGH)
		j->start = (unsigned)(j->want - least_transit(j));
}

static int64_t bin_number(int64_t transit)
{
	return transit >= 0 ? transit / JITTER_BUFFER_BIN : -((JITTER_BUFFER_BIN - 1 - transit) / JITTER_BUFFER_BIN);
}

/* Makes bin b one of low..high; what is too high for it is counted in the highest there can be. */
static int64_t bins_reach(struct jitter_buffer *j, int64_t b)
{
	if (j->total == 0) {
		memset(j->bin, 0, sizeof(j->bin));
		j->low = j->high = b;
	}
	if (b > j->low + JITTER_BUFFER_BINS - 1)
		b = j->low + JITTER_BUFFER_BINS - 1;
	for (; j->high < b; j->high++)
		*bin_of(j, j->high + 1) = 0;
	if (j->low - b >= JITTER_BUFFER_BINS) { /* nothing of what is known fits: all of it was far later */
		memset(j->bin, 0, sizeof(j->bin));
		j->low = b;
		j->high = b + JITTER_BUFFER_BINS - 1;
		*bin_of(j, j->high) = j->total;
	}
	for (; j->low > b; j->low--) {
		if (j->high - j->low == JITTER_BUFFER_BINS - 1) {
			*bin_of(j, j->high - 1) += *bin_of(j, j->high);
			j->high--;
		}
		*bin_of(j, j->low - 1) = 0;
	}
	return b;
}

static void learn(struct jitter_buffer *j, int64_t transit, unsigned len)
{
	int64_t b = bins_reach(j, bin_number(transit));

	j->weight *= 1 + (float)len / FORGET;
	*bin_of(j, b) += j->weight;
	j->total += j->weight;
	while (j->low < j->high && *bin_of(j, j->low) < NEGLIGIBLE * j->total)
		j->total -= *bin_of(j, j->low++);
	while (j->high > j->low && *bin_of(j, j->high) < NEGLIGIBLE * j->total)
		j->total -= *bin_of(j, j->high--);
	if (j->weight > WEIGHT_MAX) {
		j->total = 0;
		for (b = j->low; b <= j->high; b++)
			j->total += *bin_of(j, b) /= j->weight;
		j->weight = 1;
	}
	if (j->heard < HEARD_ENOUGH)
		j->heard++;
	want_anew(j);
}

/* ---- in
 * ------------------------------------------------------------------------------------------------------------------------ */

static void begin(struct jitter_buffer *j, const struct jitter_buffer_packet *p)
{
	jitter_buffer_reset(j);
	j->synced = j->fresh = true;
	j->highest = FIRST + p->seq;
	j->next = j->highest - MISORDER;
	j->highest_ts = j->end = p->timestamp;
	j->highest_arrival = p->arrival;
	j->play = j->floor = j->highest_ts - JITTER_BUFFER_MAX; /* those overtaken by the first may still be played */
	j->low = j->high = bin_number(p->arrival - j->highest_ts);
	j->want = least_transit(j) + clamp(j->start, j->min, j->max);
}

/* Extends number and time. False: not of this stream, or not to be believed yet. */
static bool place(struct jitter_buffer *j, const struct jitter_buffer_packet *p, int64_t *seq, int64_t *ts)
{
	int64_t number, time, shift;
	bool known = true;

	if (!j->synced)
		begin(j, p);
	number = (int16_t)(uint16_t)(p->seq - (uint16_t)j->highest);
	time = (int32_t)(p->timestamp - (uint32_t)j->highest_ts);
	shift = p->arrival - j->highest_arrival - time;
	if (number > DROPOUT || number < -MISORDER)
		known = false;
	/* An event's time is its beginning, however long ago (RFC 4733 2.2.1). */
	if (p->kind != JITTER_BUFFER_EVENT && (shift > JUMP || shift < -JUMP))
		known = false;
	if (!known && number != 1) { /* in sequence: another time is believed at once */
		j->suspects = j->suspects && p->seq == j->suspect_seq ? j->suspects + 1 : 1;
		j->suspect_seq = (uint16_t)(p->seq + 1);
		if (j->suspects < SUSPECTS) {
			j->stats.strange++;
			return false;
		}
	}
	if (!known) {
		j->stats.restarts++;
		begin(j, p);
		number = time = 0;
	}
	j->suspects = 0;
	*seq = j->highest + number;
	*ts = j->highest_ts + time;
	return true;
}

/* All up to this packet has been played, or never will be. */
static void pass(struct jitter_buffer *j, int64_t seq, bool was_there)
{
	int64_t missing = seq - j->next;

	if (!was_there)
		missing++;
	if (missing > 0 && !j->fresh) {
		j->stats.lost += (uint64_t)missing;
		j->stats.lost_runs++;
	}
	j->fresh = j->fresh && !was_there;
	j->next = seq + 1;
}

static struct jitter_buffer_slot *front(struct jitter_buffer *j, int64_t from)
{
	for (int64_t seq = from; seq <= j->highest; seq++)
		if (slot_of(j, seq)->seq == seq)
			return slot_of(j, seq);
	return NULL;
}

/* What is further than that before the newest is given up. The octets of a packet that reaches back from there are no others'
 * either. */
static void cut(struct jitter_buffer *j)
{
	int64_t play = j->end - ((int64_t)j->max + JITTER_BUFFER_FADE);
	const struct jitter_buffer_slot *s;

	if (j->floor < play)
		j->floor = play;
	if (j->play >= play && !j->silent)
		return;
	while ((s = front(j, j->next)) != NULL && s->timestamp < play) {
		int64_t from = s->timestamp > j->play ? s->timestamp : j->play, to = s->timestamp + s->len;

		if (s->kind == JITTER_BUFFER_SPEECH && to > from)
			j->stats.cut += (uint64_t)((to < play ? to : play) - from);
		if (to > play)
			break;
		pass(j, s->seq, true);
	}
	if (j->play < play)
		j->play = play;
}

static void store(struct jitter_buffer *j, const struct jitter_buffer_packet *p, int64_t seq, int64_t ts)
{
	struct jitter_buffer_slot *s = slot_of(j, seq);
	size_t at = (uint64_t)ts % JITTER_BUFFER_RING, first = JITTER_BUFFER_RING - at;

	s->seq = seq;
	s->timestamp = ts;
	s->kind = (uint8_t)p->kind;
	s->payload_type = p->payload_type;
	s->marker = p->marker;
	s->len = p->kind == JITTER_BUFFER_SPEECH ? (uint16_t)p->len : 0;
	s->noise_len = 0;
	if (p->kind == JITTER_BUFFER_NOISE) {
		s->noise_len = (uint8_t)(p->len < JITTER_BUFFER_NOISE_MAX ? p->len : JITTER_BUFFER_NOISE_MAX);
		memcpy(s->noise, p->data, s->noise_len);
	}
	if (s->len > 0) {
		first = first < s->len ? first : s->len;
		memcpy(j->ring + at, p->data, first);
		memcpy(j->ring, p->data + first, s->len - first);
	}
}

void jitter_buffer_put(struct jitter_buffer *j, const struct jitter_buffer_packet *p)
{
	bool speech = p->kind == JITTER_BUFFER_SPEECH;
	int64_t seq, ts;

	if (speech && p->len > JITTER_BUFFER_PAYLOAD_MAX) {
		j->stats.oversize++;
		return;
	}
	if (!place(j, p, &seq, &ts))
		return;
	if (slot_of(j, seq)->seq == seq) {
		j->stats.duplicates++;
		return;
	}
	j->stats.packets++;
	j->stats.reordered += seq < j->highest;
	if (speech && p->len > 0)
		learn(j, p->arrival - ts, (unsigned)p->len);
	if (seq < j->next || (speech && ts + (int64_t)p->len <= (j->silent ? j->floor : j->play))) {
		j->stats.late++;
		if (seq < j->next && j->highest - seq < JITTER_BUFFER_SLOTS)
			slot_of(j, seq)->seq = seq; /* only so that it is known when it comes again */
		return;
	}
	if (seq - j->next >= JITTER_BUFFER_SLOTS)
		pass(j, seq - JITTER_BUFFER_SLOTS, false);
	store(j, p, seq, ts);
	if (seq > j->highest) {
		j->highest = seq;
		if (p->kind != JITTER_BUFFER_EVENT) {
			j->highest_ts = ts;
			j->highest_arrival = p->arrival;
		}
	}
	if (speech) {
		j->last_len = (uint16_t)p->len;
		if (ts + (int64_t)p->len > j->end)
			j->end = ts + (int64_t)p->len;
		cut(j);
	}
}

/* ---- out
 * ----------------------------------------------------------------------------------------------------------------------- */

void jitter_buffer_tick(struct jitter_buffer *j, int64_t now, unsigned ahead)
{
	j->now = now + ahead;
}

static void become_silent(struct jitter_buffer *j)
{
	j->silent = true;
	j->comfort = false;
	j->floor = j->play;
}

/* Time goes on in what is heard; and in what was sent, or not. */
static void goes_on(struct jitter_buffer *j, size_t heard, int64_t sent)
{
	j->now += (int64_t)heard;
	j->play += sent;
}

/* Made up. The place is held as far as the delay has to grow anyway. */
static void conceal(struct jitter_buffer *j, size_t n, struct jitter_buffer_piece *p)
{
	int64_t grow = clamp(j->want - (j->now - j->play), 0, (int64_t)n);

	p->what = JITTER_BUFFER_LOST;
	p->count = n;
	j->concealing += (unsigned)n;
	j->stats.concealed += n;
	j->stats.held += (uint64_t)grow;
	goes_on(j, n, (int64_t)n - grow);
	if (j->concealing >= JITTER_BUFFER_FADE)
		become_silent(j);
}

static void pause_piece(struct jitter_buffer *j, size_t n, struct jitter_buffer_piece *p)
{
	p->what = j->comfort ? JITTER_BUFFER_COMFORT : JITTER_BUFFER_SILENT;
	p->count = n;
	goes_on(j, n, (int64_t)n);
}

/* Nothing newer is there. */
static void underrun(struct jitter_buffer *j, size_t wanted, struct jitter_buffer_piece *p)
{
	if (!j->short_of)
		j->stats.underruns++;
	j->short_of = true;
	conceal(j, wanted < JITTER_BUFFER_FADE - j->concealing ? wanted : JITTER_BUFFER_FADE - j->concealing, p);
}

/* Packets before s are missing, and time is there for them. False: there is no more to be concealed; look again. */
static bool gap(struct jitter_buffer *j, const struct jitter_buffer_slot *s, size_t wanted, struct jitter_buffer_piece *p)
{
	/* One more than is missing: the place may have been held. */
	int64_t missing = (s->seq - j->next + 1) * j->last_len, left, skip;

	/* The sender paused; or had begun to, before the packets that are missing. */
	if (s->seq == j->next || s->marker || missing <= j->concealing) {
		become_silent(j);
		return false;
	}
	/* What is missing need not be waited for when the delay is too long. Between two good samples something has to be made
	 * up. */
	skip = j->now - j->want - j->play;
	left = s->timestamp - j->play - (j->concealing ? 0 : (int64_t)j->last_len / 2);
	skip = skip < left ? skip : left;
	if (skip > 0) {
		j->play += skip;
		j->stats.left_out += (uint64_t)skip;
	}
	left = clamp(s->timestamp - j->play, 0, missing - j->concealing);
	if (left > JITTER_BUFFER_FADE - (int64_t)j->concealing)
		left = JITTER_BUFFER_FADE - (int64_t)j->concealing;
	if (left > 0)
		conceal(j, (size_t)(left < (int64_t)wanted ? left : (int64_t)wanted), p);
	return left > 0;
}

static void speech(struct jitter_buffer *j, const struct jitter_buffer_slot *s, size_t wanted, struct jitter_buffer_piece *p)
{
	size_t at = (uint64_t)j->play % JITTER_BUFFER_RING, n = (size_t)(s->timestamp + s->len - j->play);

	n = n < wanted ? n : wanted;
	n = n < JITTER_BUFFER_RING - at ? n : JITTER_BUFFER_RING - at;
	p->what = JITTER_BUFFER_DECODE;
	p->payload_type = s->payload_type;
	p->talkspurt = j->silent;
	p->data = j->ring + at;
	p->count = n;
	goes_on(j, n, (int64_t)n);
	j->silent = j->comfort = j->short_of = false;
	j->concealing = 0;
	if (j->play == s->timestamp + s->len)
		pass(j, s->seq, true);
}

static void noise(struct jitter_buffer *j, const struct jitter_buffer_slot *s, size_t wanted, struct jitter_buffer_piece *p)
{
	const struct jitter_buffer_slot *after;

	become_silent(j);
	j->comfort = true;
	pass(j, s->seq, true);
	after = front(j, j->next);
	if (after != NULL && after->timestamp - j->play < (int64_t)wanted)
		wanted = after->timestamp > j->play ? (size_t)(after->timestamp - j->play) : 1;
	p->data = s->noise;
	p->noise_len = s->noise_len;
	pause_piece(j, wanted, p);
}

/* One look at the first packet there is. False: look again. */
static bool next(struct jitter_buffer *j, size_t wanted, struct jitter_buffer_piece *p)
{
	const struct jitter_buffer_slot *s = j->synced ? front(j, j->next) : NULL;

	if (s == NULL && j->silent)
		pause_piece(j, wanted, p);
	else if (s == NULL)
		underrun(j, wanted, p);
	else {
		int64_t until;

		if (j->silent) { /* nobody hears time being made up or left out */
			j->play = j->now - j->want;
			if (j->play > s->timestamp)
				j->play = s->timestamp;
			if (j->play < j->floor)
				j->play = j->floor;
		}
		until = s->timestamp - j->play;
		if (until > 0 && j->silent)
			pause_piece(j, until < (int64_t)wanted ? (size_t)until : wanted, p);
		else if (until > 0)
			return gap(j, s, wanted, p);
		else if (s->kind == JITTER_BUFFER_NOISE)
			noise(j, s, wanted, p);
		else if (s->kind == JITTER_BUFFER_EVENT) {
			become_silent(j);
			pass(j, s->seq, true);
			return false;
		} else if (until + s->len <= 0) { /* what came before it reached into its time */
			pass(j, s->seq, true);
			return false;
		} else
			speech(j, s, wanted, p);
	}
	return true;
}

void jitter_buffer_next(struct jitter_buffer *j, size_t wanted, struct jitter_buffer_piece *p)
{
	do
		*p = (struct jitter_buffer_piece){ .what = JITTER_BUFFER_SILENT };
	while (!next(j, wanted, p));
}

/* ---- the delay
 * ----------------------------------------------------------------------------------------------------------------- */

int jitter_buffer_wish(const struct jitter_buffer *j, bool loud)
{
	int64_t diff = j->want - (j->now - j->play);

	if (!j->synced || j->silent || j->concealing)
		return 0;
	if (diff < (loud ? LOUD_PUT_IN : QUIET_PUT_IN) && -diff < (loud ? LOUD_LEAVE_OUT : QUIET_LEAVE_OUT))
		return 0;
	return (int)clamp(diff, -JITTER_BUFFER_MAX, JITTER_BUFFER_MAX);
}

void jitter_buffer_changed(struct jitter_buffer *j, int samples)
{
	j->now += samples;
	if (samples > 0)
		j->stats.put_in += (uint64_t)samples;
	else
		j->stats.left_out += (uint64_t)-samples;
}

unsigned jitter_buffer_ready(struct jitter_buffer *j, unsigned most)
{
	int64_t end = j->play;

	if (!j->synced || j->silent)
		return 0;
	for (int64_t seq = j->next; seq <= j->highest && end < j->play + most; seq++) {
		const struct jitter_buffer_slot *s = slot_of(j, seq);

		if (s->seq != seq || s->kind != JITTER_BUFFER_SPEECH || s->timestamp > end)
			break;
		if (s->timestamp + s->len > end)
			end = s->timestamp + s->len;
	}
	return (unsigned)clamp(end - j->play, 0, most);
}

unsigned jitter_buffer_delay(const struct jitter_buffer *j)
{
	return j->synced ? (unsigned)clamp(j->now - j->play - least_transit(j), 0, UINT16_MAX) : 0;
}

unsigned jitter_buffer_target(const struct jitter_buffer *j)
{
	return j->synced ? (unsigned)clamp(j->want - least_transit(j), 0, UINT16_MAX) : 0;
}
