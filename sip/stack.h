/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sip/stack.h - Sofia-SIP on a thread of its own: agents (one for each local address), their calls, and the mailboxes between
 * that thread and control. It knows transactions and dialogs, and nothing of legs, trunks' limits or sound: it tells what came
 * and sends what it is asked to.
 *
 * Sofia's media engine is off, and no session description is ever given to its parser (it can be made to loop by one). PRACK, the
 * 200 to BYE and CANCEL, ACK, 420 to an extension we lack and 405 to a method we lack are Sofia's own; a 200 that is answered
 * before the PRACK of our 183 has come waits for it there. Redirections are never followed by it.
 *
 * Requests that begin something (INVITE, OPTIONS) are taken from the sources of the agent's trunks; others get 403 and are
 * counted.
 *
 * Control thread, but for what runs on the SIP thread (sip/stack_internal.h).
 */
#ifndef SIP_STACK_H
#define SIP_STACK_H

#include "core/counter.h"
#include "core/loop.h"
#include "sip/capture.h"
#include "sip/message.h"

#define SIP_AGENTS_MAX  16
#define SIP_SOURCES_MAX 256 /* of one agent */

struct sip_source { /* requests from here are this trunk's */
	struct sockaddr_storage address;
	unsigned                bits; /* of it that count: 32 or 128 is one address */
	unsigned                trunk;
};

struct sip_agent_config {
	struct sockaddr_storage local; /* UDP and TCP */
	uint8_t                 dscp;  /* of signalling: 24, CS3 */
	struct sip_source       source[SIP_SOURCES_MAX];
	unsigned                source_count;
};

enum sip_stack_counter {
	SIP_COUNT_FOREIGN,    /* requests from nobody's source */
	SIP_COUNT_OVERLOAD,   /* INVITEs refused because control or the SIP thread does not keep up */
	SIP_COUNT_DROPPED,    /* packets lost because a socket was full: whoever sent them says them again */
	SIP_COUNT_HANDLES,    /* calls of both directions and questions that the stack has now: a gauge */
	SIP_COUNT_STRAY,      /* what was asked of a call that had gone meanwhile */
	SIP_STACK_COUNTERS
};
extern const struct counter_desc sip_stack_counters[SIP_STACK_COUNTERS];

struct sip_stack;

/* The handler is called from the loop with each message; it owns it. */
typedef void(sip_stack_h)(struct sip_message *m, void *arg);

int  sip_stack_alloc(struct sip_stack **sp, struct loop *l, counter_t *counters, sip_stack_h *h, void *arg);
/* Before start. Agents of the same address are one: its sources are added up. -ENOSPC. */
int  sip_stack_add(struct sip_stack *s, const struct sip_agent_config *c, unsigned *agent);
/* Binds and begins. -EADDRINUSE and the like, with the address in the log. */
int  sip_stack_start(struct sip_stack *s);
void sip_stack_send(struct sip_stack *s, struct sip_message *m); /* NULL is allowed: there was no memory for it */
uint64_t sip_stack_number(struct sip_stack *s);                  /* for a new outgoing call or question */
struct sip_capture *sip_stack_capture(struct sip_stack *s);
/* What is still there is ended (3 s at most are given to that); the thread is gone on return. NULL is allowed. */
void sip_stack_free(struct sip_stack *s);

#endif
