/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ivr/ivr.h - the services, as a caller experiences them. Each is a function that reads top to bottom; this is what they share.
 *
 * Control thread; services are coroutines (core/coro.h).
 */
#ifndef IVR_IVR_H
#define IVR_IVR_H

#include "call/mparty.h"
#include "leg/trunk.h"
#include "prompts/catalogue.h"
#include "prompts/say.h"

struct ivr_settings { /* defaults in node/config.c, each with its range and reason */
	int64_t  announcement_max_us;   /* 15 s: an unanswered announcement clears then */
	int64_t  silent_clear_us;       /* 2 s: unanswered = silent */
	int64_t  progress_clear_us;     /* 8 s: before the exchange's T310 (10 s) */
	int64_t  first_key_us;          /* 8 s: then asked again */
	int64_t  next_key_us;           /* 6 s: a number ends without # (rule 15) */
	int64_t  hash_guard_us;         /* 1.5 s: a second # is a bounce, not a command (rule 15) */
	int64_t  hash_alone_us;         /* 4 s (rule 15) */
	int64_t  congestion_retry_us;   /* 5 s (rule 7) */
	unsigned congestion_retries;    /* 12: a minute of them */
	unsigned prompts_without_key;   /* 3 */
	unsigned wrong_numbers;         /* 5 in a row: then goodbye */
	/* multi-party calls at once on this node, ordered ones included; 0: as many as there are channels */
	unsigned rooms_max;
	bool     announce_host;         /* yes: invitees hear who invites them (rule 18) */
};

enum ivr_kind { IVR_MULTIPARTY, IVR_SELFCARE_NUMBER };

struct ivr_service { /* a service number; the node's, outlives all calls */
	char     number[LEG_NUMBER_MAX + 1];   /* canonical */
	enum ivr_kind kind;
	enum prompt_lang language;             /* for those we do not know */
	int64_t  callback_delay_us;            /* 3 s after the trigger is gone */
	unsigned retries;                      /* 2 more */
	int64_t  retry_interval_us;            /* 30 s from the end of the failed attempt */
	bool     ask_host;                     /* called back, he presses 1 first: it may be another phone, or a voicemail */
	bool     ask_parties;                  /* so does everybody who is called in */
	bool     private_first;                /* the host talks alone to who is added, until he presses * */
	/* before an invitee is called the host hears the price and the minutes there are for it */
	bool     say_rate;
	bool     callback_free;                /* the leg to the host costs nothing */
	char     sounds[256];                  /* recordings of its own (rule 24), laid over the node's; "": none */
	const struct prompt_set *prompts;      /* the node's, with them; NULL: the node's alone */
	bool     use_restricted;               /* a restricted calling number is used (default: refused, rule 4) */
};

enum ivr_counter {
	IVR_TRIGGERS,
	IVR_CONFIRMED,
	IVR_REPEATED,
	IVR_REFUSED_IDENTITY,
	IVR_REFUSED_ACCOUNT,
	IVR_REFUSED_MONEY,
	IVR_REFUSED_BUSY,
	IVR_REFUSED_LIMIT,
	IVR_CALLBACKS,
	IVR_CALLBACKS_ANSWERED,
	IVR_CALLBACKS_GIVEN_UP,
	IVR_SELFCARE,
	IVR_COUNTERS,
};
extern const struct counter_desc ivr_counters[IVR_COUNTERS];

struct ivr_env {
	struct loop              *loop;
	struct worker_pool       *workers;
	struct billing           *billing;
	struct route_table       *routes;
	struct mparty_env        *mparty;
	const struct prompt_set  *prompts;
	struct clip              *ringback;
	struct ivr_settings       settings;
	/* canonical form of a number as keyed by a subscriber: local numbers belong to the host's area */
	int (*dialled)(const void *arg, const char *keys, const char *host, char out[LEG_NUMBER_MAX + 1]);
	/* a canonical number as a person would key it, to be spoken */
	int (*spoken)(const void *arg, const char *canonical, char out[LEG_NUMBER_MAX + 1]);
	const void               *dialled_arg;
	struct list               callbacks;   /* of struct callback: pending or live, one a subscriber (rule 5) */
	struct list               triggers;    /* of struct trigger: unanswered calls under way */
	struct list               selfcares;   /* of struct selfcare: calls in the menu */
	const struct ivr_service *service;     /* those of the node */
	unsigned                  service_count;
	struct booked            *booked;      /* ivr/booked.h; NULL: this node begins no bookings */
	bool                      stopping;
	counter_t                 counter[IVR_COUNTERS];
};

void ivr_settings_default(struct ivr_settings *s);
void ivr_env_init(struct ivr_env *env); /* the lists; everything else is the node's to fill in */

/* Rule 4: whether the calling number is to be trusted: given and shown (or restricted, where the service uses that), vouched for
 * by the network, never one that was diverted here. */
enum ivr_identity { IVR_IDENTITY_GOOD, IVR_IDENTITY_DIVERTED, IVR_IDENTITY_WITHHELD, IVR_IDENTITY_UNSCREENED };
enum ivr_identity ivr_identity(const struct leg *l, const struct ivr_service *s);

/* What the host's own leg costs: its rate, or nothing where the service says so. */
struct rate_quote ivr_host_rate(const struct ivr_service *s, const struct rate_quote *rate);

/* An incoming call to a service number: which service it is. 0 or -ENOMEM. */
int  ivr_start(struct ivr_env *env, const struct ivr_service *s, struct trunk *t, struct leg *l);
/* The callback multi-party call (ivr/trigger.c); takes a reference of its own. 0 or -ENOMEM. */
int  trigger_start(struct ivr_env *env, const struct ivr_service *s, struct trunk *t, struct leg *l);

/* No new work: triggers and callbacks under way are released, those that wait give up. Multi-party calls are the node's to
 * end. */
void ivr_stop(struct ivr_env *env);
void trigger_stop_all(struct ivr_env *env);
void callback_stop_all(struct ivr_env *env);

#endif
