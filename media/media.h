/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * media/media.h - the tick: ports of legs, rooms that mix them, players and recorders. The control thread's side.
 *
 * Every 10 ms the media thread (or, with a virtual clock, a timer of the loop) runs three phases: trunks read and decode into
 * their ports; rooms mix and players play; trunks encode and write. Control speaks to it by a ring of commands, it answers by a
 * ring of events; it never allocates, locks, logs or touches a file.
 *
 * What a port sends to its line:   clip(player to the line + (sum of its room's speakers - itself) + its room's music and
 * effects)
 * What a port gives to its room:   gate(line), through the clamp with MEDIA_CLAMP, + player to the room side ("inside")
 * and then the listener's gain. All sums are exact in 32 bits and saturate once, at the end; at 0 dB a lone sample arrives as it
 * left.
 *
 * All functions are for the control thread of the engine's loop. Handlers are called from the loop, never nested in a call of
 * these functions. What is asked for takes effect, whole, with the next tick, in the order of asking. With a virtual clock events
 * come in the instant of their tick; else within a turn of the loop after it. Before media_start() and after media_stop()
 * commands take effect at once.
 */
#ifndef MEDIA_MEDIA_H
#define MEDIA_MEDIA_H

#include <stdbool.h>
#include <stdint.h>

#include "core/counter.h"
#include "core/loop.h"
#include "media/clip.h"

#define MEDIA_TICK_US        10000
#define MEDIA_RATE           8000
#define MEDIA_FRAME          80    /* samples a tick at 8 kHz */
#define MEDIA_FRAME_MAX      160   /* at 16 kHz */
#define MEDIA_PLAY_ITEMS_MAX 64
#define MEDIA_ROOM_PORTS_MAX 512

struct media;
struct media_port;
struct media_room;
struct media_trunk; /* media/trunk.h */
struct recorder;    /* media/recorder.h */

/* counters NULL: none. -ENOMEM, eventfd's errors */
int  media_alloc(struct media **mp, struct loop *l, struct counter_registry *counters, const char *name);
/* starts the thread (SCHED_FIFO where allowed), or the virtual timer; once. Trunks may be added before and after */
int  media_start(struct media *m);
/* the thread has ended on return; queued events are still delivered by the loop. No-op when stopped */
void media_stop(struct media *m);
/* stopped; ports, rooms and trunks freed and removed before (asserted), the loop need not have run since. Not in a handler */
void media_free(struct media *m);

/* ---- ports: one for each leg, or for each timeslot of a span, reused ---- */

enum media_event_type {
	/* digit, duration_ms (right within 5 ms): a DTMF digit heard on the line, reported once it has ended or lasted 2 s */
	MEDIA_DIGIT,
	MEDIA_DIGIT_BEGIN, /* digit: the same digit, as soon as it is certain. Dialogue uses this one */
	MEDIA_PLAYED,      /* play, cut: a play list came to its end, or was cut short (cut = true) */
};

struct media_event {
	enum media_event_type type;
	char     digit;       /* 0-9 * # A-D */
	unsigned duration_ms;
	uint32_t play;        /* what media_play returned */
	bool     cut;
	int64_t  at_us;       /* mono time of the tick in which it happened */
};

typedef void(media_event_h)(struct media_port *p, const struct media_event *ev, void *arg);

int  media_port_alloc(struct media_port **pp, struct media *m, const char *name);  /* closed: silence both ways */
/* closes; the memory lives until the media thread has let go */
void media_port_free(struct media_port *p);
/* a call begins: receivers reset; digits are listened for at once */
void media_port_open(struct media_port *p, media_event_h *h, void *arg);
/* leaves its room, players stop, no event is delivered any more; may be opened again at once */
void media_port_close(struct media_port *p);
bool media_port_is_open(const struct media_port *p);

/*
 * What passes: line -> inside and inside -> line. Both open after media_port_open(). A closed gate is silence (A-law 0xD5 on the
 * line). Digits are heard behind the first gate: none while it is closed. Players go on behind either. Of a closed port: no-op,
 * as all that follows.
 */
void media_port_gate(struct media_port *p, bool from_line, bool to_line);
/* Mono time of the last frame from the line, behind the gate, at MEDIA_HEARD_DBM0 or more; 0: none since it was opened. */
#define MEDIA_HEARD_DBM0 (-40)
int64_t media_port_heard_us(const struct media_port *p);
void media_port_set_gain(struct media_port *p, int gain_db10_to_line);  /* tenths of a dB, -200..200: the listener's volume */

/* ---- playing ---- */

/* to the far end; or into the room, as if it came from the line (and into a recorder of what comes from the line) */
enum media_direction { MEDIA_TO_LINE, MEDIA_TO_INSIDE };

struct media_play_item {
	struct clip *clip;     /* at MEDIA_RATE (asserted); NULL: silence. media_play takes references of its own */
	uint32_t     silence_ms; /* after the clip */
};

struct media_play {
	struct media_play_item item[MEDIA_PLAY_ITEMS_MAX];
	unsigned count;
	unsigned times;          /* the whole list is played so often; 0: until stopped */
	int      gain_db10;      /* tenths of a dB, <= 0 normally */
	bool     stop_on_digit;  /* ends in the tick in which a digit begins (line direction only) */
	bool     append;         /* after what is playing (without a gap), else in its place */
	/* from the beginning of the list (music goes on where it was); of an endless list modulo its length */
	uint64_t start_sample;
	enum media_direction direction;
};

/*
 * Returns the play's id (never 0). One MEDIA_PLAYED follows for each id, unless the port is closed first (or is not open now);
 * without memory it comes at once, cut. An empty list ends with the next tick, whatever its times. stop_on_digit ends all plays
 * in the queue that have it; one that has not goes on.
 */
uint32_t media_play(struct media_port *p, const struct media_play *play);
void     media_play_stop(struct media_port *p, enum media_direction d);  /* all that is queued in that direction */

/* ---- rooms ---- */

#define MEDIA_SPEAK 1u  /* the port is heard by the others */
#define MEDIA_HEAR  2u  /* the port hears the others */
#define MEDIA_CLAMP 4u  /* what it says comes 30 ms later, and none of its DTMF keys with it (dsp/clamp.h) */

int  media_room_alloc(struct media_room **rp, struct media *m);
void media_room_free(struct media_room *r);                                            /* its ports leave */
/* leaves its earlier room in the same tick; again: changes flags. Costs the same at any size; who may join, and how many
 * (MEDIA_ROOM_PORTS_MAX), is conference/'s to say */
void media_room_join(struct media_room *r, struct media_port *p, unsigned flags);
void media_room_leave(struct media_port *p);

/* Sources of a room's own, heard by every MEDIA_HEAR member: music (a list, usually times = 0) and effects (join tone...), both
 * at once possible. */
enum media_room_source { MEDIA_ROOM_MUSIC, MEDIA_ROOM_EFFECT };
/* direction, stop_on_digit are ignored */
void media_room_play(struct media_room *r, enum media_room_source s, const struct media_play *play);
void media_room_stop(struct media_room *r, enum media_room_source s);

/* ---- recording (media/recorder.h makes and drains recorders) ---- */
/* what came from the line after the gate, plus the player to the inside: what a phone on the exchange hears */
enum media_tap { MEDIA_TAP_INSIDE,
                 MEDIA_TAP_LINE };  /* what is sent to the line */
/* NULL: stop; so does closing the port. What it heard up to then can be drained after the next tick. One recorder is on one tap
 * at a time. */
void media_record(struct media_port *p, enum media_tap tap, struct recorder *r);

#endif
