/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sip/sip_internal.h - what the files of sip/sip.h share. Control thread. */
#ifndef SIP_SIP_INTERNAL_H
#define SIP_SIP_INTERNAL_H

#include "sip/sip.h"

#define SIP_MAGIC       0x53495030u
#define SIP_TRUNK_MAGIC 0x53495454u
#define SIP_LEGS_HASH   4096

#define SIP_LINGER_US CLOCK_SEC(4)  /* a leg waits so long for the answer to its BYE or CANCEL */
#define SIP_TRYING_US CLOCK_SEC(4)  /* without even a 100 for so long the next peer is tried, where there is one */
#define SIP_REPEAT_US CLOCK_SEC(60) /* rule 3: an unreliable 183 is said again */

enum sip_counter {
	SIP_CALLS_IN,
	SIP_CALLS_IN_ANSWERED,
	SIP_CALLS_OUT,
	SIP_CALLS_OUT_ANSWERED,
	SIP_REFUSED_FULL,
	SIP_REFUSED_RATE,
	SIP_REFUSED_MEDIA,
	SIP_NO_PATH,
	SIP_OFFERS,
	SIP_HELD,
	SIP_CANCELLED,
	SIP_REDIRECTS,
	SIP_FAILOVERS,
	SIP_LOST,
	SIP_UNEXPECTED,
	SIP_OPTIONS_FAILED,
	SIP_COUNTERS
};

enum sip_leg_state {
	SIP_IN_NEW,      /* its INVITE has come, 100 was sent */
	SIP_IN_EARLY,    /* we sent 180 or 183 */
	SIP_IN_ANSWERED, /* we sent 200, and wait for the ACK */
	SIP_OUT_CALLING, /* our INVITE is on its way */
	SIP_OUT_EARLY,   /* 18x has come */
	SIP_OUT_ASKING,  /* redirected: we wait to hear whether it may go there */
	SIP_TALKING,
	SIP_ENDING,      /* BYE, CANCEL or a final response, theirs or ours */
	SIP_LEG_STATES
};

struct sip_leg {
	struct leg          leg; /* first: leg_ops.free frees this */
	struct sip_trunk   *trunk;
	struct sip_leg     *next; /* of its hash */
	uint64_t            number;
	enum sip_leg_state  state;
	struct sdp         *sdp;
	struct rtp_stream  *stream;
	char                call_id[SIP_CAPTURE_CALL_ID];
	bool                offered;     /* an offer came in its INVITE */
	bool                reliable;    /* it knows 100rel */
	bool                wants_early; /* its INVITE said P-Early-Media: supported */
	bool                announced;   /* early media was sent (rule 2) */
	bool                offering;    /* our offer waits for PRACK, ACK or 200 */
	bool                agreed;      /* an offer was answered */
	bool                counted;     /* of the trunk's calls */
	char               *said;        /* our description of the 183, for the 200 and for saying it again */
	struct loop_timer   timer;       /* 100 is waited for; 183 again; our re-INVITE again after 491; linger */
	struct loop_timer   refresh;     /* of its session, by re-INVITE (RFC 4028) */
	struct loop_task    no_path;
	unsigned            retries;     /* of a re-INVITE after 491 */
	/* outgoing */
	struct sip_identity_out out;
	char                    called[LEG_NUMBER_MAX + 1]; /* canonical, where it goes: a redirection changes it */
	struct leg_dial         dial;    /* without its strings */
	char                    shown[LEG_NUMBER_MAX + 1];
	unsigned                peer, tried; /* bits of those tried */
	bool                    redirected;
};

struct sip_peer {
	bool     up;
	unsigned failures;
	uint64_t question;     /* number of the OPTIONS without an answer; 0: none */
	int64_t  since_us, paused_until_us;
	char     host[64];     /* "10.0.0.1:5060", "[::1]:5060" */
};

struct sip_trunk {
	unsigned                magic;
	unsigned                index;
	struct trunk            trunk;
	struct sip_trunk_config config;
	struct sip             *sip;
	struct rtp_group       *group;
	unsigned                agent;
	struct sip_peer         peer[SIP_PEERS_MAX];
	bool                    was_up;
	int64_t                 since_us;
	unsigned                calls, calls_in, reserved;
	unsigned                tokens;       /* of calls_per_s, in this second */
	int64_t                 second_us;
	struct loop_timer       options, options_wait;
	char                    our_host[80]; /* domain or address and port */
	struct counter_group    group_counters;
	counter_t               counter[SIP_COUNTERS];
};

struct sip_remembered { /* a leg that is gone */
	char call[ID_SIZE], leg[ID_SIZE], call_id[SIP_CAPTURE_CALL_ID];
};

struct sip_sound { /* of one address and range of ports */
	struct rtp_group_config config;
	struct rtp_group       *group;
};

struct sip {
	unsigned                 magic;
	struct loop             *loop;
	struct media            *media;
	struct counter_registry *counters;
	struct sip_stack        *stack;
	struct counter_group     stack_counters;
	counter_t                stack_counter[SIP_STACK_COUNTERS];
	struct sip_trunk        *trunk[SIP_TRUNKS_MAX];
	unsigned                 trunk_count;
	struct sip_sound         sound[SIP_TRUNKS_MAX];
	unsigned                 sound_count;
	struct sip_leg          *leg[SIP_LEGS_HASH];
	unsigned                 legs;
	struct sip_remembered    gone[SIP_REMEMBERED];
	unsigned                 gone_next;
};

static inline struct sip_leg *sip_leg_of(struct leg *l)
{
	return container_of(l, struct sip_leg, leg);
}

/* sip.c */
void sip_hash_add(struct sip *s, struct sip_leg *sl);
void sip_hash_remove(struct sip *s, struct sip_leg *sl);
void sip_remember(struct sip *s, const struct sip_leg *sl);

/* sip_trunk.c */
bool sip_trunk_room(struct sip_trunk *t, bool reserved, enum sip_counter *why); /* for one more call; takes a token */
int  sip_trunk_pick(struct sip_trunk *t, unsigned tried, unsigned *peer);       /* -ENETDOWN, -EBUSY: all are paused */
void sip_trunk_peer_failed(struct sip_trunk *t, unsigned peer, int retry_after_s);
void sip_trunk_answered(struct sip_trunk *t, const struct sip_message *m);      /* OPTIONS */

/* sip_leg.c */
void sip_leg_incoming(struct sip_trunk *t, const struct sip_message *m);
int  sip_leg_dial(struct trunk *trunk, const struct leg_dial *d, struct leg **lp);
int  sip_leg_send_invite(struct sip_leg *sl); /* to sl->called over the next peer */
void sip_leg_open_port(struct sip_leg *sl);
void sip_leg_sound(struct sip_leg *sl);       /* what was negotiated becomes heard */
void sip_leg_look_held(struct sip_leg *sl);   /* in talk: did the far end put us on hold, or take us back? */
void sip_leg_send_end(struct sip_leg *sl, int cause); /* whatever ends it in this state; then SIP_ENDING */
/* It has ended by what came, not by leg_hangup(). */
void sip_leg_ended(struct sip_leg *sl, int cause, int location, bool by_peer, int64_t at_us);
void sip_leg_gone(struct sip_leg *sl);
int  sip_leg_offer_again(struct sip_leg *sl); /* re-INVITE with the description of what is spoken */
void sip_leg_respond(struct sip_leg *sl, enum sip_op op, int status, const char *phrase, const char *body);
const char *sip_leg_reason(int cause, char out[SIP_VALUE_MAX]); /* of the header Reason; NULL: none */

/* sip_leg_event.c */
void sip_leg_refresh_by(struct sip_leg *sl, const struct sip_message *m); /* as it says, when it does */
bool sip_leg_next_peer(struct sip_leg *sl); /* the call goes to another peer, under a new number */
void sip_leg_event(struct sip_leg *sl, const struct sip_message *m);

#endif
