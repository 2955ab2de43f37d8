/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tests/worlds/world.h - a world: a node, an exchange with phones, a real MariaDB, on virtual time, in one process.
 *
 * A scenario is a function that reads like what a telephone person would write down:
 *
 *	SCENARIO(rule_1_the_trigger_is_never_answered, "...")
 *	{
 *		struct world *w = world_open(NULL);
 *		const char *trigger = phone_dials(w, "13800000001", "12599");
 *
 *		expect_event(w, trigger, "alerting", 1.0);
 *		expect_hears(w, trigger, PROMPT_EN, "order-confirmed-hang-up", 10.0);
 *		phone_hangs_up(w, trigger);
 *		...
 *		world_close(w);       // also checks that no leg, coroutine, hold or channel is left
 *	}
 *
 * Times are seconds of virtual time. A check that fails ends the scenario (it runs in a process of its own) with file, line and
 * what was there instead.
 */
#ifndef TESTS_WORLDS_WORLD_H
#define TESTS_WORLDS_WORLD_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/clock.h"
#include "exchange/exchange.h"
#include "node/node.h"

#define SCENARIOS_MAX 256

/* A story lived again for every step of something takes every sixth step under ThreadSanitizer, which looks for races and is
 * slow, and every second under AddressSanitizer; the release build does each. Fuzzing divides its rounds by it. */
#ifdef __has_feature
#if __has_feature(thread_sanitizer)
#define WORLD_STRIDE 6
#elif __has_feature(address_sanitizer)
#define WORLD_STRIDE 2
#endif
#endif
#if !defined(WORLD_STRIDE) && defined(__SANITIZE_THREAD__)
#define WORLD_STRIDE 6
#elif !defined(WORLD_STRIDE) && defined(__SANITIZE_ADDRESS__)
#define WORLD_STRIDE 2
#elif !defined(WORLD_STRIDE)
#define WORLD_STRIDE 1
#endif

struct scenario {
	const char *name, *text;
	void (*run)(void);
	struct scenario *next;
};
void scenario_register(struct scenario *s);
#define SCENARIO(name_, text_)                                                              \
	static void scenario_##name_(void);                                                 \
	static struct scenario scenario_entry_##name_ = { #name_, text_, scenario_##name_, NULL }; \
	__attribute__((constructor)) static void scenario_add_##name_(void)                 \
	{                                                                                   \
		scenario_register(&scenario_entry_##name_);                                 \
	}                                                                                   \
	static void scenario_##name_(void)

/* What a scenario wants different from the usual world: change the options before it starts. */
struct world_setup {
	void (*options)(struct node_options *o, void *arg);
	void *arg;
	enum exchange_cut cut;      /* how the exchange cuts through (EXCHANGE_CUT_ANY) */
	unsigned spans;             /* 1; named pstn, pstn2, ... */
	uint64_t seed;              /* 0: from the command line, else 1 */
	int64_t  begin_utc_us;      /* 0: Monday 2026-03-02 10:00 UTC+8 */
};

struct world {
	struct loop             *loop;
	struct exchange         *exchange;
	struct counter_registry  exchange_counters;
	struct node             *node;
	struct node_options      options;
	struct store_config      store;    /* the database as the scenario reaches it, also while the node cannot */
	enum exchange_cut        cut;
	struct exchange_listener listener;
	json_t                  *events;   /* everything the exchange told, in order */
	json_t                  *forgotten; /* by events_forget(): call ids live on */
	bool                    *used;    /* by expect_event */
	size_t                   used_size;
	unsigned                 next_call;
	char                     dir[64], db[64];
};

struct world *world_open(const struct world_setup *s);
struct world *world_with(void (*options)(struct node_options *o, void *arg)); /* the usual one but for these options */
void world_close(struct world *w);

/* The node stops and starts anew, on the same database and journal. */
void node_restarts(struct world *w);
/* Node and exchange are switched off for so long, days or years, and on again; exchange's ids begin anew. */
void world_sleeps(struct world *w, double seconds);
/* The exchange loses its power: no signalling, no packets. Its calls are forgotten; ids begin anew. */
void exchange_dies(struct world *w);
void exchange_comes_back(struct world *w); /* with its phones as they are at first; runs until the spans are up */
/* The node cannot reach the database, in the middle of a transaction or not; and can again. */
void database_goes(struct world *w);
void database_returns(struct world *w);
/* Within so many seconds nothing is left: no call, leg, channel, coroutine, job, hold; and the ledger explains the balances. */
void expect_nothing_left(struct world *w, const char *what, double seconds);
/* `partyline audit` of everything so far finds nothing; every world ends with it. */
void expect_the_books_agree(struct world *w);
void recharge(struct world *w, const char *number, int64_t e4);

void world_run(struct world *w, double seconds);
bool world_until(struct world *w, bool (*condition)(struct world *w, const void *arg), const void *arg, double seconds);
int64_t world_now_us(void);

/* Fails unless true. */
#define CHECK(cond) \
	do { \
		if (!(cond)) \
			world_fail(__FILE__, __LINE__, "%s", #cond); \
	} while (0)
#define CHECK_INT(a, b) world_check_int((int64_t)(a), (int64_t)(b), #a, __FILE__, __LINE__)
#define CHECK_STR(a, b) world_check_str((a), (b), #a, __FILE__, __LINE__)
void world_fail(const char *file, int line, const char *fmt, ...) __attribute__((noreturn, format(printf, 3, 4)));
void world_check_int(int64_t got, int64_t want, const char *what, const char *file, int line);
void world_check_str(const char *got, const char *want, const char *what, const char *file, int line);

/* ---- phones; all return or take the exchange's call ids ("c1"), valid until world_close ---- */
const char *phone_dials(struct world *w, const char *from, const char *to);
/* more: "pres=restricted ..." as in man/exchange.1 */
const char *phone_dials_with(struct world *w, const char *from, const char *to, const char *more);
/* a command that must succeed */
void exchange_does(struct world *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void phone_hangs_up(struct world *w, const char *call);
void phone_answers(struct world *w, const char *call);
void phone_keys(struct world *w, const char *call, const char *digits);  /* in-band DTMF 100/100 ms, run until they are over */
void phone_hums(struct world *w, const char *call, int hz);             /* from now on, at -16 dBm0; runs 1.5 s */
void phone_falls_silent(struct world *w, const char *call);
void expect_digits(struct world *w, const char *call, double last_seconds, const char *digits); /* its DTMF receiver's */

/* The next event of this name (and of this call, NULL: any) that has not been expected yet, within so many seconds from now; what
 * came before now counts too. Borrowed reference. */
json_t *expect_event(struct world *w, const char *call, const char *ev, double seconds);
void    expect_no_event(struct world *w, const char *call, const char *ev, double seconds);
json_t *find_event(struct world *w, const char *call, const char *ev);   /* any so far, used or not; NULL */
unsigned count_events(struct world *w, const char *ev);                  /* so far, used or not */
void    events_forget(struct world *w);
int64_t     event_int(const json_t *e, const char *key);
const char *event_str(const json_t *e, const char *key);
/* The node calls this number (an "incoming" ring at the exchange): the call's id. */
const char *expect_call_to(struct world *w, const char *number, double seconds);
void    expect_hangup(struct world *w, const char *call, int cause, double seconds);

/* ---- sound ---- */
/* Runs until the phone has heard the middle second of this prompt, sample for sample as the line carries it. */
void    expect_hears(struct world *w, const char *call, enum prompt_lang lang, const char *prompt, double seconds);
/* The same while others are silent in the room with him. */
void    expect_hears_in_room(struct world *w, const char *call, enum prompt_lang lang, const char *prompt, double seconds);
bool    hears(struct world *w, const char *call, enum prompt_lang lang, const char *prompt, int64_t from_us);
double  heard_power(struct world *w, const char *call, double last_seconds);                 /* dBm0 */
double  heard_tone(struct world *w, const char *call, int hz, double last_seconds);        /* dBm0 at that frequency */
/* Whoever hums it is heard in the last second, above -18 dBm0; or is not: at most the clamp's early part of it. */
bool    hears_tone(struct world *w, const char *call, int hz);
bool    hears_nothing(struct world *w, const char *call, double last_seconds);              /* below -50 dBm0 */

/* ---- money ---- */
struct store *world_store(struct world *w);             /* the caller closes it */
int64_t sql_int(struct world *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void    sql_text(struct world *w, char *out, size_t size, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void    sql_do(struct world *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int64_t balance(struct world *w, const char *number);   /* canonical; 1/10000 */
int64_t held(struct world *w, const char *number);
void    give(struct world *w, const char *number, int64_t e4);    /* from now on this is his balance */
void    per_second(struct world *w);                              /* all rates: charged by the second, no minimum */

/* ---- a conversation ---- */
/* 12599 dialled and confirmed, and hung up after 3 s. */
void orders(struct world *w, const char *host);
/* Ordered, called back, answered: he listens to the first prompt since a second. The id of the callback. */
const char *called_back(struct world *w, const char *host);
/* Asked for a number, he keys this one and #. */
void host_keys_number(struct world *w, const char *host, const char *number);
const char *host_calls(struct world *w, const char *host, const char *number);    /* and it rings: the party's call */
/* In the room: * takes him to the prompt. */
void host_leaves_the_room(struct world *w, const char *host);
const char *host_invites(struct world *w, const char *host, const char *number);  /* from the room; it rings: the party's call */
unsigned parties_in(struct world *w);                                             /* of the first call, the host not counted */
/* The way to a conversation of two, used by many: trigger, callback, answer, the party's number keyed, answered. */
struct talk {
	const char *host;
	const char *party[8];
	unsigned    parties;
};
void talk_begin(struct world *w, struct talk *t, const char *host, const char *party);
void talk_add(struct world *w, struct talk *t, const char *party);
/* He hangs up, all is settled, and the world is closed. */
void hangs_up_and_over(struct world *w, const char *call);

#endif
