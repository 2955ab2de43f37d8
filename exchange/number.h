/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exchange/number.h - numbers that can be called, and what happens when they are.
 *
 * One phone has many spellings: 13900000002, 013900000002, 8613900000002 (type international, or by its length), 008613900000002,
 * +8613900000002; 02584110001 and 2584110001 (type national). xnumber_key() makes one of them all.
 */
#ifndef EXCHANGE_NUMBER_H
#define EXCHANGE_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/list.h"
#include "e1/e1.h"
#include "media/clip.h"

struct exchange;
struct xargs;

#define XNUMBER_KEY (E1_NUMBER_MAX + 2)

/* -EINVAL: not a number (empty, or other than digits, * # and a leading +). */
int xnumber_key(const char *digits, uint8_t ton, char key[XNUMBER_KEY]);

enum xplan_end {
	XPLAN_ANSWER, /* end_after_ms after the call came */
	XPLAN_REFUSE, /* with cause, end_after_ms after the call came */
	XPLAN_RING,   /* rings; whoever plays the phone answers, or T301 ends it */
	XPLAN_SILENT, /* not even CALL PROCEEDING: for the timers of the other end */
};

struct xplan {
	enum xplan_end end;
	int            cause;
	bool           direct;         /* refused without CALL PROCEEDING */
	bool           alert;          /* ALERTING alert_after_ms after the call came */
	bool           ring_inband;    /* ALERTING with PI 8, and ring-back from here */
	bool           early_progress; /* early media after PROGRESS with PI 8, else after ALERTING with PI 8 */
	bool           clear_inband;   /* hang up by DISCONNECT with PI 8 and a tone */
	bool           voice_loop;
	long           alert_after_ms, end_after_ms;
	long           hangup_after_ms; /* after the answer; -1: never */
	long           stay_ms;         /* listens so long to what comes after the other end cleared */
	struct clip   *early, *voice;   /* references; NULL: none */
};

struct xnumber {
	struct list  link;
	char         key[XNUMBER_KEY];
	char         shown[E1_NUMBER_MAX + 2]; /* as it was given */
	struct xplan plan;
};

void xplan_init(struct xplan *p);                            /* unallocated */
void xplan_copy(struct xplan *to, const struct xplan *from); /* takes references; to is overwritten */
void xplan_drop(struct xplan *p);
/* Words such as: answer-after 2000 voice hello.wav. On an error text gets the reason, and *p is as it was. */
int  xplan_parse(struct exchange *x, struct xplan *p, struct xargs *a, char *text, unsigned size);
void xplan_describe(const struct xplan *p, char *text, unsigned size);

int             xnumber_set(struct exchange *x, const char *number, const struct xplan *plan); /* -EINVAL, -ENOMEM */
int             xnumber_delete(struct exchange *x, const char *number);                        /* -ENOENT */
struct xnumber *xnumber_find(struct exchange *x, const char *digits, uint8_t ton);             /* NULL */
/* proper prefix of a number that is there */
bool            xnumber_is_prefix(struct exchange *x, const char *digits);

#endif
