/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * node/node.h - partylined as an object: everything hangs from struct node, so that a world (tests) holds several of them beside
 * an exchange in one process.
 *
 * Control thread of its loop. node/program.c is the program around it: options, configuration, signals.
 */
#ifndef NODE_NODE_H
#define NODE_NODE_H

#include "billing/billing.h"
#include "call/mparty.h"
#include "core/counter.h"
#include "e1/e1_leg.h"
#include "ivr/booked.h"
#include "ivr/ivr.h"
#include "route/number.h"
#include "sip/sip.h"
#include "store/store.h"

#define NODE_SPANS_MAX    32
#define NODE_TRUNKS_MAX   16
#define NODE_SERVICES_MAX 64
#define NODE_MUSIC_MAX    16

struct node;

struct node_span {
	struct e1_span_config e1;
	enum trunk_unanswered unanswered;
	bool                  show_host;
	char                  provider[TRUNK_PROVIDER_SIZE]; /* "": everybody's */
	bool                  own_numbers; /* numbers below are this span's; else the node's are */
	struct number_rules   numbers;
};

struct node_route {
	struct route_config route;
	char                failover[ROUTE_CAUSES_MAX][4]; /* as written; route.failover was made from it */
};

struct node_trunk {
	struct sip_trunk_config sip;  /* but for numbers, handlers, and what the texts below say */
	char                  provider[TRUNK_PROVIDER_SIZE]; /* "": everybody's */
	bool                  own_numbers;
	struct number_rules   numbers;
	/* as written in the file; node_config_load() puts them into sip */
	char                  peer[SIP_PEERS_MAX][64], source[SIP_TRUNK_SOURCES_MAX][64], codec[RTP_PAYLOADS_MAX][20];
	unsigned              peer_count, source_count, codec_count;
};

struct node_options { /* copied; strings too */
	char                  name[32];
	struct store_config   store;
	char                  journal_dir[256];
	unsigned              hold_life_s, checkpoint_ms, disk_percent; /* billing/billing.h */
	char                  sounds_dir[256];    /* build/sounds: made from prompts/catalogue */
	char                  music[NODE_MUSIC_MAX][256];
	unsigned              music_count;
	bool                  music_under_talk;
	int                   music_under_db10;
	char                  country[8];          /* of the tones */
	struct number_rules   numbers;
	struct node_span      span[NODE_SPANS_MAX];
	unsigned              span_count;
	struct route_group_config group[ROUTE_GROUPS_MAX];
	unsigned              group_count;
	struct node_route     route[ROUTE_ROUTES_MAX];   /* prefixes canonical */
	unsigned              route_count;               /* 0: every number over all trunks, hunted in their order */
	struct node_trunk     trunk[NODE_TRUNKS_MAX];  /* SIP */
	unsigned              trunk_count;
	struct ivr_service    service[NODE_SERVICES_MAX]; /* numbers canonical */
	unsigned              service_count;
	struct ivr_settings   ivr;
	struct booked_settings booked;
	struct mparty_timers  timers;
	struct call_limits    limits;
	struct card_config    cards;
	struct password_limits passwords;
	unsigned              calls_per_day;   /* of an account; 0: no limit */
	unsigned              members_max;
	unsigned              workers;
	int64_t               t302_us;             /* overlap receiving: digits stop for so long */
};
void node_options_default(struct node_options *o);

/* Blocking: sounds are read, the database is asked for its schema. Errors are in the log; *np only on success. */
int  node_alloc(struct node **np, struct loop *l, const struct node_options *o);
int  node_start(struct node *n);            /* the tick, the spans, SIP: -EADDRINUSE */
/* Calls are released (cause 16: after an announcement 41 would make exchanges try elsewhere), callbacks given up, the last
 * settlement waited for; then done is called from the loop. */
void node_stop(struct node *n, void (*done)(void *arg), void *arg);
void node_free(struct node *n);             /* stopped */

/* ---- for commands and tests ---- */
struct e1_span *node_span(struct node *n, const char *name);     /* NULL: no such */
/* 0 once they are closed, in the last turns of node_stop() */
unsigned        node_span_count(const struct node *n);
struct e1_trunk *node_trunk_at(struct node *n, unsigned i);
struct route_table *node_routes(struct node *n);
struct sip     *node_sip(struct node *n);                        /* NULL: no SIP trunk, or closed */
struct mparty_env *node_calls(struct node *n);
struct ivr_env    *node_ivr(struct node *n);
struct counter_registry *node_counters(struct node *n);
struct billing    *node_billing(struct node *n);
struct store      *node_store(struct node *n);
struct store      *node_booking_store(struct node *n);           /* bookings have connections of their own */
struct worker_pool *node_workers(struct node *n);
struct loop       *node_loop(struct node *n);
unsigned           node_legs(const struct node *n);               /* incoming legs and callbacks under way: 0 on a quiet node */
const struct node_options *node_options(const struct node *n);
int64_t            node_started_utc_us(const struct node *n);

#endif
