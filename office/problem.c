/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "office/problem.h"

#include <stdio.h>

static const struct {
	unsigned    status;
	const char *code, *title;
} problems[PROBLEMS] = {
	[PROBLEM_SYNTAX] = { 400, "syntax", "Not understood" },
	[PROBLEM_INVALID] = { 400, "invalid", "A parameter cannot be so" },
	[PROBLEM_INVALID_BODY] = { 422, "invalid", "A value cannot be so" },
	[PROBLEM_LOGIN_REQUIRED] = { 401, "login-required", "Nobody is logged in" },
	[PROBLEM_WRONG_PASSWORD] = { 401, "wrong-password", "Name, password or code is wrong" },
	[PROBLEM_LOCKED] = { 429, "locked", "Too many wrong passwords: later" },
	[PROBLEM_FORBIDDEN] = { 403, "forbidden", "Not for this role" },
	[PROBLEM_CSRF] = { 403, "csrf", "The session's CSRF token is missing or wrong" },
	[PROBLEM_NOT_FOUND] = { 404, "not-found", "There is no such thing" },
	[PROBLEM_METHOD] = { 405, "method-not-allowed", "Not with this method" },
	[PROBLEM_CONFLICT] = { 409, "conflict", "Not as things are" },
	[PROBLEM_EXISTS] = { 409, "exists", "It is there already" },
	[PROBLEM_BEGUN] = { 409, "begun", "It has begun, and goes on" },
	[PROBLEM_OVER] = { 409, "over", "It is over, or cancelled" },
	[PROBLEM_PRECONDITION_REQUIRED] = { 428, "precondition-required", "If-Match is wanted" },
	[PROBLEM_PRECONDITION_FAILED] = { 412, "precondition-failed", "Somebody has changed it meanwhile" },
	[PROBLEM_TOO_LARGE] = { 413, "too-large", "The body is too long" },
	[PROBLEM_MEDIA_TYPE] = { 415, "media-type", "Another media type is wanted" },
	[PROBLEM_KEY_REQUIRED] = { 400, "key-required", "An Idempotency-Key is wanted" },
	[PROBLEM_KEY_REUSED] = { 422, "key-reused", "This Idempotency-Key was another act's" },
	[PROBLEM_KEY_IN_PROGRESS] = { 409, "key-in-progress", "The act of this Idempotency-Key is under way" },
	[PROBLEM_TOO_MANY] = { 429, "too-many", "Too many requests: later" },
	[PROBLEM_CARD_REFUSED] = { 409, "card-refused", "The card was not taken" },
	[PROBLEM_NO_MONEY] = { 409, "no-money", "There is not enough money for that" },
	[PROBLEM_WEAK_PASSWORD] = { 422, "weak-password", "The password is too easy, too short or too long" },
	[PROBLEM_NOTHING_LEFT] = { 409, "nothing-left", "It is the last one" },
	[PROBLEM_UNAVAILABLE] = { 503, "unavailable", "The database does not answer" },
	[PROBLEM_NODE_UNREACHABLE] = { 503, "node-unreachable", "The node does not answer" },
	[PROBLEM_TIMEOUT] = { 408, "timeout", "The request took too long to come" },
	[PROBLEM_INTERNAL] = { 500, "internal", "Something is wrong here" },
	[PROBLEM_URI_TOO_LONG] = { 414, "uri-too-long", "The address is too long" },
};

unsigned problem_status(enum problem p)
{
	return problems[p].status;
}

json_t *problem_json(enum problem p, const char *detail)
{
	char type[80];

	(void)snprintf(type, sizeof(type), "urn:partyline:problem:%s", problems[p].code);
	return json_pack("{s:s, s:s, s:i, s:s, s:s*}", "type", type, "title", problems[p].title, "status",
	                 (int)problems[p].status, "code", problems[p].code, "detail", detail);
}
