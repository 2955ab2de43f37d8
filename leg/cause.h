/* SPDX-License-Identifier: GPL-2.0-or-later */
/* leg/cause.h - Q.850 cause values, by the names of its table 1; the one vocabulary for why a call ended, on any trunk. */
#ifndef LEG_CAUSE_H
#define LEG_CAUSE_H

enum cause {
	CAUSE_NONE = 0,
	CAUSE_UNALLOCATED = 1,
	CAUSE_NO_ROUTE = 3,
	CAUSE_NORMAL_CLEARING = 16,
	CAUSE_USER_BUSY = 17,
	CAUSE_NO_USER_RESPONDING = 18,
	CAUSE_NO_ANSWER = 19,
	CAUSE_SUBSCRIBER_ABSENT = 20,
	CAUSE_CALL_REJECTED = 21,
	CAUSE_NUMBER_CHANGED = 22,
	CAUSE_DESTINATION_OUT_OF_ORDER = 27,
	CAUSE_INVALID_NUMBER_FORMAT = 28,
	CAUSE_FACILITY_REJECTED = 29,
	CAUSE_NORMAL_UNSPECIFIED = 31,
	CAUSE_NO_CIRCUIT = 34,
	CAUSE_NETWORK_OUT_OF_ORDER = 38,
	CAUSE_TEMPORARY_FAILURE = 41,
	CAUSE_CONGESTION = 42,
	CAUSE_CHANNEL_NOT_AVAILABLE = 44,
	CAUSE_RESOURCE_UNAVAILABLE = 47,
	CAUSE_BEARER_NOT_AUTHORIZED = 57,
	CAUSE_BEARER_NOT_AVAILABLE = 58,
	CAUSE_BEARER_NOT_IMPLEMENTED = 65,
	CAUSE_INCOMPATIBLE_DESTINATION = 88,
	CAUSE_RECOVERY_ON_TIMER_EXPIRY = 102,
	CAUSE_INTERWORKING = 127,
};

/* What a cause means to the person who asked for the call. */
enum outcome {
	OUTCOME_ANSWERED,
	OUTCOME_BUSY,        /* 17 */
	OUTCOME_NO_ANSWER,   /* 18, 19, 20, 102, or our own timer */
	OUTCOME_UNALLOCATED, /* 1, 22, 28 */
	OUTCOME_CONGESTION,  /* 34, 42, 44, 47, 38, 41, or no channel of ours: may be tried again at once elsewhere */
	OUTCOME_REJECTED,    /* everything else */
};

enum outcome cause_outcome(int cause);
const char  *cause_text(int cause);            /* "user busy"; never NULL */
const char  *outcome_name(enum outcome o);    /* "busy" */

#endif
