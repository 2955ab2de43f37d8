/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sip/message.h - what control and the SIP thread tell each other: messages in two mailboxes, a call named by a number that is
 * never used again, so that neither thread has a pointer of the other's.
 *
 * Who has a message owns it, its texts too; putting it into a mailbox hands it over. A mailbox wakes its reader by an eventfd.
 * What belongs to calls that are there is always taken, since each may have only a few on their way; new calls are refused (503)
 * while more than SIP_MAILBOX_BUSY messages wait, or one has waited for longer than SIP_LATE_US, which is how an overloaded
 * control thread is noticed. The SIP thread notices itself by the age of what it takes (sip/stack.c).
 */
#ifndef SIP_MESSAGE_H
#define SIP_MESSAGE_H

#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIP_MAILBOX_BUSY    2000
#define SIP_LATE_US         2000000 /* by then its INVITE has been said three times (RFC 3261 17.1.1.2) */
#define SIP_MESSAGE_HEADERS 80 /* of one message, those that somebody looks at; more are left out */

#define DTMF_RELAY "application/dtmf-relay" /* bodies of INFO with a key */
#define DTMF_TYPE  "application/dtmf"

enum sip_op {
	/* ---- control asks ---- */
	SIP_DO_INVITE,   /* agent, uri, to, from, headers, body: an outgoing call begins under this number */
	SIP_DO_REINVITE, /* body: our offer within the call */
	SIP_DO_RESPOND,  /* status, phrase, headers, body: to its INVITE or re-INVITE */
	SIP_DO_RESPOND_UPDATE, /* the same to its UPDATE */
	SIP_DO_END,      /* CANCEL or BYE, whichever it is time for; headers */
	SIP_DO_OPTIONS,  /* agent, uri; call is the number of the question, which comes back with the answer */
	SIP_DO_STOP,     /* everything ends, the thread too */

	/* ---- the SIP thread tells ---- */
	SIP_EV_INVITE,   /* a new call, under a number of the SIP thread's: agent, trunk, peer, uri, call_id, headers, body */
	SIP_EV_PROVISIONAL, /* 100..199 to our INVITE */
	SIP_EV_ANSWER,   /* 2xx to our INVITE or re-INVITE; it is acknowledged already */
	SIP_EV_REFUSED,  /* 300 and above to either */
	SIP_EV_CANCEL,   /* its INVITE was cancelled; 487 is sent already */
	SIP_EV_BYE,      /* 200 is sent already */
	SIP_EV_REINVITE, /* waits for SIP_DO_RESPOND */
	SIP_EV_UPDATE,   /* waits for SIP_DO_RESPOND_UPDATE */
	SIP_EV_PRACK,    /* our reliable 183 has arrived; body: the answer to the offer in it */
	SIP_EV_ACK,      /* our 200 has arrived; body likewise */
	SIP_EV_INFO,     /* body, content_type: a key; it is answered already */
	/* the stack's refresh of the session (RFC 4028) was an UPDATE, and the far end has none: re-INVITE is to do it */
	SIP_EV_NO_UPDATE,
	SIP_EV_TERMINATED, /* the last of a call */
	SIP_EV_OPTIONS,  /* the answer to SIP_DO_OPTIONS: status, 408 when there was none */
	SIP_OPS
};

struct sip_message {
	struct sip_message *next;
	enum sip_op         op;
	uint64_t            call;
	int64_t             at_us;  /* mono: when it came */
	unsigned            agent, trunk;
	int                 status;
	bool                reliable;    /* 1xx: with RSeq; INVITE: 100rel is supported */
	/* a response that the stack made itself: 408 when there was none, 503 when nothing could be sent */
	bool                local;
	bool                initial;     /* the response is to the first INVITE of the call */
	int                 retry_after_s;
	/* we are to refresh its session within that, and it knows no UPDATE; 0: not, or the stack does */
	int                 refresh_s;
	struct sockaddr_storage peer;
	char               *phrase, *uri, *to, *from, *call_id, *content_type;
	char               *body; /* ends with a zero, beside its body_len */
	size_t              body_len;
	unsigned            header_count;
	struct {
		char *name, *value;
	} header[SIP_MESSAGE_HEADERS];
};

struct sip_message *sip_message_new(enum sip_op op, uint64_t call); /* NULL: no memory */
void sip_message_free(struct sip_message *m);                       /* NULL is allowed */
/* *text becomes a copy of value, NULL of NULL. Without memory it is NULL and m->op stays: a header less. */
void sip_message_text(char **text, const char *value);
void sip_message_body(struct sip_message *m, const void *data, size_t len);
void sip_message_header(struct sip_message *m, const char *name, const char *value); /* value NULL or "": none */
const char *sip_message_find(const struct sip_message *m, const char *name);         /* the first of that name, any case; NULL */

struct sip_mailbox {
	pthread_mutex_t     lock;
	struct sip_message *first, **last;
	unsigned            count;
	int                 wake; /* eventfd; readable while something may be in it */
};
int  sip_mailbox_init(struct sip_mailbox *b); /* negative errno */
void sip_mailbox_free(struct sip_mailbox *b); /* what is in it too */
void sip_mailbox_put(struct sip_mailbox *b, struct sip_message *m);
struct sip_message *sip_mailbox_take(struct sip_mailbox *b); /* all of it, in order, by their next; NULL: empty */
bool sip_mailbox_busy(struct sip_mailbox *b); /* many wait in it, or one for long */

#endif
