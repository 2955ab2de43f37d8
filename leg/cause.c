/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "leg/cause.h"

#include <stddef.h>

enum outcome cause_outcome(int cause)
{
	switch (cause) {
	case CAUSE_USER_BUSY:
		return OUTCOME_BUSY;
	case CAUSE_NO_USER_RESPONDING:
	case CAUSE_NO_ANSWER:
	case CAUSE_SUBSCRIBER_ABSENT:
	case CAUSE_RECOVERY_ON_TIMER_EXPIRY:
		return OUTCOME_NO_ANSWER;
	case CAUSE_UNALLOCATED:
	case CAUSE_NO_ROUTE:
	case CAUSE_NUMBER_CHANGED:
	case CAUSE_INVALID_NUMBER_FORMAT:
		return OUTCOME_UNALLOCATED;
	case CAUSE_NO_CIRCUIT:
	case CAUSE_NETWORK_OUT_OF_ORDER:
	case CAUSE_TEMPORARY_FAILURE:
	case CAUSE_CONGESTION:
	case CAUSE_CHANNEL_NOT_AVAILABLE:
	case CAUSE_RESOURCE_UNAVAILABLE:
		return OUTCOME_CONGESTION;
	default:
		return OUTCOME_REJECTED;
	}
}

const char *outcome_name(enum outcome o)
{
	static const char *const name[] = {
		[OUTCOME_ANSWERED] = "answered",       [OUTCOME_BUSY] = "busy",
		[OUTCOME_NO_ANSWER] = "no-answer",     [OUTCOME_UNALLOCATED] = "unallocated",
		[OUTCOME_CONGESTION] = "congestion",   [OUTCOME_REJECTED] = "rejected",
	};
	return name[o];
}

const char *cause_text(int cause)
{
	switch (cause) {
	case CAUSE_NONE: return "none";
	case CAUSE_UNALLOCATED: return "unallocated number";
	case CAUSE_NO_ROUTE: return "no route to destination";
	case CAUSE_NORMAL_CLEARING: return "normal call clearing";
	case CAUSE_USER_BUSY: return "user busy";
	case CAUSE_NO_USER_RESPONDING: return "no user responding";
	case CAUSE_NO_ANSWER: return "no answer from user";
	case CAUSE_SUBSCRIBER_ABSENT: return "subscriber absent";
	case CAUSE_CALL_REJECTED: return "call rejected";
	case CAUSE_NUMBER_CHANGED: return "number changed";
	case CAUSE_DESTINATION_OUT_OF_ORDER: return "destination out of order";
	case CAUSE_INVALID_NUMBER_FORMAT: return "invalid number format";
	case CAUSE_FACILITY_REJECTED: return "facility rejected";
	case CAUSE_NORMAL_UNSPECIFIED: return "normal, unspecified";
	case CAUSE_NO_CIRCUIT: return "no circuit/channel available";
	case CAUSE_NETWORK_OUT_OF_ORDER: return "network out of order";
	case CAUSE_TEMPORARY_FAILURE: return "temporary failure";
	case CAUSE_CONGESTION: return "switching equipment congestion";
	case CAUSE_CHANNEL_NOT_AVAILABLE: return "requested circuit/channel not available";
	case CAUSE_RESOURCE_UNAVAILABLE: return "resource unavailable, unspecified";
	case CAUSE_BEARER_NOT_AUTHORIZED: return "bearer capability not authorized";
	case CAUSE_BEARER_NOT_AVAILABLE: return "bearer capability not presently available";
	case CAUSE_BEARER_NOT_IMPLEMENTED: return "bearer capability not implemented";
	case CAUSE_INCOMPATIBLE_DESTINATION: return "incompatible destination";
	case CAUSE_RECOVERY_ON_TIMER_EXPIRY: return "recovery on timer expiry";
	case CAUSE_INTERWORKING: return "interworking, unspecified";
	default: return "other cause";
	}
}
