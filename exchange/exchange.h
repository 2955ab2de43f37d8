/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exchange/exchange.h - the PSTN on a laptop: the network side of PRI spans, with phones that people, scripts and tests command.
 *
 * Everything hangs from struct exchange; control thread of its loop. A phone is a number (exchange/number.h: how it behaves when
 * called); what happens is calls, each with an id (c1, c2, ...). Commands are lines of text ("dial 13800000001 12599"),
 * man/exchange.1 and `help` list them; what happens is told as events, one JSON object each with "v":1. Commands act at once;
 * their effects come as events, from the loop's queue, never nested in a command.
 *
 * What the exchange does by itself, as a public exchange does (docs: telephony rules 6 and 10): timers T301, T302, T304, T306,
 * T310; ring-back to its caller on ALERTING without progress indicator 8; cut-through by the rule of the span; forward speech
 * never before CONNECT.
 *
 * Worlds: alloc, add spans of E1_PAIR, e1_pair_join(exchange_span(x, "pstn"), ...), start.
 */
#ifndef EXCHANGE_EXCHANGE_H
#define EXCHANGE_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/counter.h"
#include "core/list.h"
#include "core/loop.h"
#include "e1/e1.h"

struct exchange;
struct json_t;

#define EXCHANGE_SPANS_MAX    16
#define EXCHANGE_LINE_MAX     1000 /* characters of a command */
#define EXCHANGE_FINISHED_MAX 64   /* finished calls that can still be asked for (`set finished N`) */

int  exchange_alloc(struct exchange **xp, struct loop *l, struct counter_registry *counters);
/* When the backward speech path of a call from a phone is cut through before CONNECT (rule 10). */
enum exchange_cut {
	EXCHANGE_CUT_ALERTING, /* ALERTING with progress indicator 8 only */
	EXCHANGE_CUT_ANY,      /* ALERTING or PROGRESS with progress indicator 8: the default */
	EXCHANGE_CUT_CONNECT,  /* never before CONNECT */
};
int  exchange_cut_parse(const char *name, enum exchange_cut *cut); /* alerting, any, connect; -EINVAL */
/* The role is made E1_NETWORK. -EEXIST name taken, -ENOSPC, and what e1_span_alloc returns. */
int  exchange_add_span(struct exchange *x, const struct e1_span_config *c, enum exchange_cut cut);
struct e1_span *exchange_span(struct exchange *x, const char *name); /* NULL: no such span */
int  exchange_start(struct exchange *x);                             /* the tick starts; spans of a pair have been joined */

void     exchange_release_all(struct exchange *x, int cause);   /* every call is hung up, every phone goes on hook */
unsigned exchange_calls(const struct exchange *x);              /* not yet released */
/* Calls that are left are dropped without signalling; spans go, the tick stops. exchange_free() wants it to be over: a program
 * runs its loop until exchange_closed(); with a virtual clock exchange_free() does so itself. */
void     exchange_close(struct exchange *x);
bool     exchange_closed(const struct exchange *x);
void     exchange_free(struct exchange *x);

/* ---- commands ---- */
/* One line: {"v":1,"reply":"dial","ok":true,"call":"c1"} or {...,"ok":false,"error":"..."}. */
typedef void(exchange_line_h)(const char *json, void *arg);
/* 0 or negative errno; reply (may be NULL) is called once, before the return, except for an empty line or a comment. `wait` and
 * `sleep` are not commands of this kind: see exchange/session.h. */
int exchange_command(struct exchange *x, const char *line, exchange_line_h *reply, void *arg);
/* For tests: the reply as a new reference to a json_t (jansson), NULL without memory. */
struct json_t *exchange_ask(struct exchange *x, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* ---- events ---- */
struct exchange_listener {
	/* line: the event in one line; ev: the same as jansson's object. Called from the loop's queue in order; may give
	 * commands. */
	void (*event)(struct exchange_listener *l, const char *line, const struct json_t *ev);
	struct list link; /* the exchange's; zero before exchange_listen */
};
void exchange_listen(struct exchange *x, struct exchange_listener *l);
void exchange_unlisten(struct exchange_listener *l); /* no-op when not listening */

/* ---- what a test looks at ---- */
struct exchange_call_info {
	char     id[16], span[16];
	char     state[16];           /* dialling overlap proceeding alerting talking clearing tone over */
	char     calling[E1_NUMBER_MAX + 1], called[E1_NUMBER_MAX + 1];
	bool     from_phone;          /* dialled here */
	unsigned timeslot;            /* 0: not known yet */
	int      cause;               /* 0: not ended */
	int64_t  setup_us, alerting_us, answer_us, end_us; /* mono; 0: did not happen */
	int64_t  talk_us;             /* CONNECT to the first DISCONNECT or RELEASE; so far, while talking */
};
/* -ENOENT. An `as=` name will do for id */
int exchange_call_info(struct exchange *x, const char *id, struct exchange_call_info *i);
/* What the phone heard from mono time from_us on, silence where nothing was: exactly n samples at 8 kHz. -ENOENT. Also after the
 * end of the call. */
int exchange_call_heard(struct exchange *x, const char *id, int64_t from_us, int16_t *samples, size_t n);
/* DTMF digits heard by the phone; at most size - 1. -ENOENT. */
int exchange_call_digits(struct exchange *x, const char *id, char *digits, size_t size);

#endif
