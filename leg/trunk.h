/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * leg/trunk.h - a way to the network, as the router sees it: an E1 span, a SIP peering. Registered by e1/e1_leg.c and sip/ with
 * the node's list; nobody above knows which kind it is.
 */
#ifndef LEG_TRUNK_H
#define LEG_TRUNK_H

#include "leg/leg.h"

struct trunk;

#define TRUNK_PROVIDER_SIZE 65 /* as billing's PROVIDER_NAME_SIZE */

struct leg_dial {
	const char *id;                  /* the leg's id, made by the caller (charging knows it already) */
	const char *called;              /* canonical */
	const char *calling;             /* canonical, the number shown; NULL: none */
	bool        restricted;          /* presentation restricted (CLIR) */
	bool        reserved;            /* use up one trunk_reserve() */
	int64_t     alerting_timeout_us, answer_timeout_us;  /* rule 7; 0: none */
	const struct log_ctx *log;
};

struct trunk_ops {
	/* -ENETDOWN, -EBUSY no channel, -EINVAL number cannot be put in this trunk's form. *lp carries one reference for the
	 * caller. */
	int  (*dial)(struct trunk *t, const struct leg_dial *d, struct leg **lp);
	bool (*up)(const struct trunk *t);
	unsigned (*free_channels)(const struct trunk *t);
	int  (*reserve)(struct trunk *t);
	void (*release)(struct trunk *t);
};

/* How the unanswered announcement reaches the caller through this trunk's exchange (rule 1). */
enum trunk_unanswered { UNANSWERED_ALERTING, UNANSWERED_PROGRESS, UNANSWERED_ALERTING_PROGRESS, UNANSWERED_SILENT };

/* The number forms of this trunk's edge (rule 11): given by whoever builds the trunk, since leg/ and the trunks know no dialling
 * plan. 0 or -EINVAL. */
struct trunk_numbers {
	int (*canonical)(const void *arg, const char *digits, int ton, int npi, char out[LEG_NUMBER_MAX + 1]);
	int (*outgoing)(const void *arg, const char *canonical, char out[LEG_NUMBER_MAX + 1], int *ton, int *npi);
	const void *arg;
};

struct trunk {
	const struct trunk_ops *ops;
	char                    name[24];       /* "e1/pstn" */
	enum trunk_unanswered   unanswered;
	/* member legs over it show the host's number (rule 12), else the service number */
	bool                    show_host;
	/* whose it is (rule 24): it carries calls of this provider's accounts alone, and knows no others; "": everybody's */
	char                    provider[TRUNK_PROVIDER_SIZE];
	struct list             link;           /* in the node's list of trunks */
};

#endif
