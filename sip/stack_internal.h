/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sip/stack_internal.h - what sip/stack.c and sip/stack_call.c share. SIP thread, where nothing else is said. */
#ifndef SIP_STACK_INTERNAL_H
#define SIP_STACK_INTERNAL_H

#include <semaphore.h>

#include "sip/stack.h"

#define NUA_MAGIC_T  struct sip_agent
#define NUA_HMAGIC_T struct sip_call
#include <sofia-sip/nua.h>
#include <sofia-sip/nua_tag.h>
#include <sofia-sip/sip_status.h>

#define SIP_STACK_MAGIC 0x53495053u
#define SIP_CALLS_HASH  4096
#define SIP_MIN_SE_S    90 /* the least interval of a session there is (RFC 4028 5); who asks for less gets 422 */

struct sip_agent {
	struct sip_stack       *stack;
	unsigned                index;
	struct sip_agent_config config;
	char                    dump[32];
	nua_t                  *nua;
	int                     udp;     /* Sofia's socket, to be asked how full it is; -1: not found */
	uint32_t                dropped; /* packets that found it full, as far as they are counted */
	bool                    down; /* nua_shutdown() is done with */
};

struct sip_call { /* or a question (OPTIONS) */
	uint64_t          number;
	struct sip_call  *next; /* of its hash */
	struct sip_agent *agent;
	nua_handle_t     *nh;
	bool              question;
	bool              established; /* a 2xx to the first INVITE was sent or received */
	bool              ending;      /* CANCEL or BYE was asked for */
	bool              updating;    /* an UPDATE waits, saved below */
	nua_saved_event_t update;
	char              call_id[SIP_CAPTURE_CALL_ID];
};

struct sip_stack {
	unsigned            magic;
	struct loop        *loop;
	sip_stack_h        *h;
	void               *arg;
	counter_t          *counters;
	struct sip_capture *capture;
	struct sip_mailbox  to_stack, to_control;
	struct sip_agent    agent[SIP_AGENTS_MAX];
	unsigned            agent_count;
	pthread_t           thread;
	bool                started;
	sem_t               ready;
	int                 start_err;
	uint64_t            last_number; /* control's are even */

	/* the SIP thread's */
	su_root_t          *root;
	bool                stopping;
	int64_t             counted_us; /* when it was last looked for dropped packets */
	int64_t             late_us, late_at_us; /* how old what control asked was when it was taken, and when that was */
	uint64_t            last_incoming; /* its own are odd */
	struct sip_call    *call[SIP_CALLS_HASH];
};

/* stack.c */
/* so much waits in its socket that it is not kept up with; counts what was dropped there */
bool sip_agent_full(struct sip_agent *a);

/* stack_message.c */
#define SDP_TYPE "application/sdp"
/* sip NULL: Sofia made it. NULL: no memory. */
struct sip_message *sip_stack_message(struct sip_call *c, enum sip_op op, int status, const char *phrase, const sip_t *sip);
/* False: its body is of a type or an encoding that we do not know, and not one that may be left (RFC 3261 8.2.3): 415. */
bool sip_stack_understood(const sip_t *sip);

/* stack_call.c */
void sip_stack_event(nua_event_t event, int status, const char *phrase, nua_t *nua, struct sip_agent *a, nua_handle_t *nh,
                     struct sip_call *call, const sip_t *sip, tagi_t tags[]);
void sip_stack_do(struct sip_stack *s, const struct sip_message *m);
void sip_stack_drop_calls(struct sip_stack *s);

#endif
