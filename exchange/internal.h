/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exchange/internal.h - what the files of exchange/ share, in the order in which a call meets it. Control thread.
 *
 *   span.c     the spans, and their events to the calls
 *   call.c     a call's states: what comes from the node, what a command does; timers T3xx
 *   plan.c number.c behave.c   what a called number does by itself
 *   sound.c    what a phone hears and says: gates, players, the recording in memory
 *   event.c    what happened, as JSON, to whoever listens
 */
#ifndef EXCHANGE_INTERNAL_H
#define EXCHANGE_INTERNAL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "exchange/exchange.h"
#include "exchange/number.h"
#include "media/clip.h"
#include "media/recorder.h"
#include "media/tones.h"

/* ---- timers as data (timer.c) ---- */
enum xtimer { XTIMER_NONE, XTIMER_T301, XTIMER_T302, XTIMER_T304, XTIMER_T306, XTIMER_T310, XTIMER_COUNT };
struct xtimer_desc {
	const char *name;
	long        default_ms, min_ms, max_ms;
	int         cause; /* with which the call is cleared at its end */
	const char *text;
};
extern const struct xtimer_desc xtimer_desc[XTIMER_COUNT];
enum xtimer xtimer_find(const char *name); /* XTIMER_NONE: no such timer */

enum xcounter {
	XCOUNT_DIALLED,
	XCOUNT_INCOMING,
	XCOUNT_ANSWERED,
	XCOUNT_REFUSED,
	XCOUNT_T310,
	XCOUNT_COMMANDS,
	XCOUNT_COMMANDS_BAD,
	XCOUNT_COUNT
};

struct xspan {
	struct list       link;
	struct exchange  *x;
	struct e1_span   *e1;
	enum exchange_cut cut;
	bool              overlap;
	struct e1_impairment impairment;
};

struct exchange {
	unsigned                 magic;
	struct loop             *loop;
	struct counter_registry *registry;
	struct counter_group     group;
	counter_t                count[XCOUNT_COUNT];
	struct media            *media;
	bool                     closed;
	struct loop_task         close_task;
	unsigned                 close_turns;  /* 0: not closing, or closed */
	struct list              spans, calls, numbers, clips;
	struct list              listeners, events;
	struct loop_task         event_task;
	struct xplan             default_plan; /* of numbers that are not in the table */
	long                     timer_ms[XTIMER_COUNT];
	unsigned                 next_id, finished_max;
	char                     country[8];   /* whose tones, libtonezone's names */
	bool                     recording;    /* `set record off`: phones do not remember what they heard */
};

/* ---- sounds (sound.c) ---- */
/* A file (any format of libsndfile), or ringback, busy, congestion, dial, or tone:FREQ[,FREQ][@LEVEL]. Kept; *cp is a new
 * reference. -errno */
int  xclip_get(struct exchange *x, const char *spec, struct clip **cp);
void xclip_drop_all(struct exchange *x);

/* ---- calls ---- */
enum xcall_state {
	XCALL_DIALLING,   /* SETUP sent or received, nothing since */
	XCALL_OVERLAP,    /* SETUP ACKNOWLEDGE: digits follow */
	XCALL_PROCEEDING,
	XCALL_ALERTING,
	XCALL_TALKING,
	XCALL_CLEARING,   /* one of both has begun to clear */
	XCALL_TONE,       /* released, the phone still listens to the tone of its exchange */
	XCALL_OVER,
};
const char *xcall_state_name(enum xcall_state s);

/* what a phone will do by itself next (behave.c) */
enum xstep { XSTEP_NONE, XSTEP_ALERT, XSTEP_END, XSTEP_HANGUP, XSTEP_ON_HOOK };

#define XCALL_DIGITS_MAX 1024

struct xheard_digit {
	char    digit;
	int64_t at_us;
};

struct xcall {
	unsigned           magic;
	struct list        link; /* exchange.calls, oldest first */
	struct exchange   *x;
	struct xspan      *span;
	struct e1_call    *e1;   /* NULL once released */
	struct media_port *port; /* open; NULL: none yet, or none any more */
	char               id[16], alias[32];
	bool               from_phone; /* dialled here: towards the node */
	enum xcall_state   state;
	struct e1_setup    setup;
	struct xplan       plan;       /* of the called number, or of the phone that dials (voice, stay) */
	unsigned           timeslot;

	enum xtimer        timer_kind;
	struct loop_timer  timer;      /* T3xx: one at a time */
	enum xstep         step;
	struct loop_timer  step_timer;

	bool               cut_through;  /* from phone: the backward path is open before CONNECT */
	bool               inband_sent;  /* to phone: we said PI 8, the node may listen */
	bool               disconnect_pi; /* our DISCONNECT carries PI 8 */
	bool               inband_clear; /* the node cleared with PI 8 and plays a tone */
	bool               gate_from_line, gate_to_line; /* as the port has them */
	int                cause;
	const char        *cleared_by;   /* "node", "phone", "exchange", "line"; NULL: not cleared */
	int64_t            setup_us, setup_utc_us, routed_us, alerting_us, answer_us, end_us, gone_us;

	struct recorder   *recorder;     /* while the port is open */
	int16_t           *heard;        /* after that */
	size_t             heard_samples;
	int64_t            heard_us;     /* mono of the first sample */
	struct clip       *tail;         /* tone of the exchange after the release */
	int64_t            tail_from_us, tail_to_us;
	char              *wav;          /* file to be written when the phone is on hook */
	struct xheard_digit digit[XCALL_DIGITS_MAX];
	unsigned           digits, digits_lost;
	uint32_t           playing;      /* id of what the phone says now */
};

struct xdial { /* a command's wishes */
	struct e1_setup setup;
	const char     *span;  /* NULL: the first that is up */
	const char     *alias; /* NULL: none */
	bool            overlap;
	long            stay_ms; /* -1: as the phone is set */
};
/* -ENETDOWN no span is up, -EBUSY the timeslot asked for is taken, -EINVAL, -ENODEV no such span. With all timeslots taken 0: the
 * call ends at once with 34. */
int           xcall_dial(struct exchange *x, const struct xdial *d, struct xcall **xcp);
void          xcall_incoming(struct xspan *s, const struct e1_event *ev);
void          xcall_event(struct xcall *c, const struct e1_event *ev);
struct xcall *xcall_find(struct exchange *x, const char *id); /* id, alias (the newest with it), or "last"; NULL */
void          xcall_free(struct xcall *c);                    /* the e1 call is gone, or its span will be */

/* What the phone, or the exchange for it, does. -EPROTO in a wrong state, -ENOTCONN when it is being cleared. by: who, for the
 * event. */
int xcall_proceeding(struct xcall *c);
int xcall_alert(struct xcall *c, bool inband);
int xcall_progress(struct xcall *c, bool inband, int cause);
int xcall_answer(struct xcall *c);
int xcall_hangup(struct xcall *c, int cause, bool inband, const char *by);
int xcall_digits(struct xcall *c, const char *digits);
int xcall_notify(struct xcall *c, bool held);
void xcall_over(struct xcall *c); /* the phone is on hook after the release */

void xcall_timer_start(struct xcall *c, enum xtimer t);
void xcall_timer_stop(struct xcall *c);

/* ---- what a number does by itself (behave.c) ---- */
/* a call for a phone: its number is looked up; digits_end: no more digits will come */
void xcall_route(struct xcall *c, bool digits_end);
void xcall_step(struct xcall *c, enum xstep step, long after_ms);
void xcall_step_fire(struct loop_timer *t);

/* ---- what a phone hears and says (sound.c) ---- */
void   xcall_sound_open(struct xcall *c);   /* the port is final */
void   xcall_sound_gone(struct xcall *c);   /* the port will be closed: what was heard is kept */
void   xcall_sound_gates(struct xcall *c);  /* state, cut-through and direction say what passes */
void   xcall_hear(struct xcall *c, enum tone t); /* from the exchange, over and over */
void   xcall_hear_nothing(struct xcall *c);
void   xcall_say_tone(struct xcall *c, enum tone t); /* to the line, over and over */
int    xcall_say(struct xcall *c, struct clip *clip, unsigned times, int gain_db10, bool append); /* -EPIPE: nobody there */
void   xcall_say_nothing(struct xcall *c);
enum tone xcall_cause_tone(int cause);
void   xcall_heard(struct xcall *c, int64_t from_us, int16_t *samples, size_t n);
int    xcall_write_wav(struct xcall *c, const char *path);

/* ---- events (event.c, event_call.c) ---- */
json_t *xevent(const char *name, int64_t at_us);
void    xevent_emit(struct exchange *x, json_t *ev); /* takes the reference; NULL is allowed (no memory: nothing is told) */
void    xevent_drop_all(struct exchange *x);
void    xevent_deliver(struct loop_task *t);
json_t *xcall_event_new(struct xcall *c, const char *name, int64_t at_us); /* call, span, timeslot, ms since SETUP */
void    xcall_emit(struct xcall *c, const char *name, int64_t at_us, const char *from);
void    xcall_emit_setup(struct xcall *c, const char *name);
void    xcall_emit_progress(struct xcall *c, const char *name, const struct e1_event *ev);
void    xcall_emit_hangup(struct xcall *c, bool inband);
void    xcall_emit_gone(struct xcall *c); /* with the times of the call: the exchange's own log of talk times */

/* The DISCONNECT of this call gets a progress indicator 8 on its way (libpri has none to give). */
void xspan_inband(struct xcall *c);
/* NULL name: the first that is up, -ENETDOWN; -ENODEV */
int  xspan_find(struct exchange *x, const char *name, struct xspan **sp);

#endif
