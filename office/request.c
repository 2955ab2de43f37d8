/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "office/request.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "core/stamp.h"

/* ---- what was asked ---- */

const char *request_header(const struct request *r, const char *name)
{
	return MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, name);
}

const char *request_query(const struct request *r, const char *name)
{
	return json_string_value(json_object_get(r->query, name));
}

int64_t request_query_int(const struct request *r, const char *name, int64_t absent)
{
	const json_t *v = json_object_get(r->query, name);

	return json_is_integer(v) ? json_integer_value(v) : absent;
}

bool request_query_true(const struct request *r, const char *name)
{
	return json_is_true(json_object_get(r->query, name));
}

bool request_query_time(struct request *r, const char *name, int64_t absent_utc_us, int64_t *utc_us)
{
	const char *text = request_query(r, name);

	*utc_us = absent_utc_us;
	if (text == NULL || stamp_parse(text, utc_us) == 0)
		return true;
	answer_wrong(r, name, "is no time: such as 2026-03-04T05:06 is wanted");
	return false;
}

const char *request_text(const struct request *r, const char *name)
{
	return json_string_value(json_object_get(r->body, name));
}

bool request_has(const struct request *r, const char *name)
{
	return json_object_get(r->body, name) != NULL;
}

int64_t request_int(const struct request *r, const char *name, int64_t absent)
{
	const json_t *v = json_object_get(r->body, name);

	return json_is_integer(v) ? json_integer_value(v) : absent;
}

bool request_is_operator(const struct request *r)
{
	return r->session.operator_id != 0;
}

/* As a subscriber keys it (13800000001, 02584110001); else it is meant as E.164, with or without a plus. As the command line. */
static bool number_quiet(const struct request *r, const char *text, char out[33])
{
	const struct number_rules *rules = &r->office->config->numbers;
	const char *host = r->session.number[0] ? r->session.number : NULL;
	int err = text[0] == '+' ? -EINVAL : number_dialled(rules, text, host, out);

	if (err || number_is_short(out))
		err = number_canonical(rules, text, NUMBER_INTERNATIONAL, NUMBER_NPI_E164, out);
	return !err;
}

bool request_number(struct request *r, const char *text, const char *where, char out[33])
{
	if (number_quiet(r, text, out))
		return true;
	answer_wrong(r, where,
	             "is no number in this dialling plan: such as 13800000001, 02584110001 or 8613800000001 are wanted");
	return false;
}

bool request_path_number(struct request *r, unsigned param, char out[33])
{
	if (number_quiet(r, r->param[param], out))
		return true;
	answer_problem(r, PROBLEM_NOT_FOUND, "there is no account %s", r->param[param]);
	return false;
}

bool request_account(struct request *r, const char *number, struct account *a)
{
	int err = account_find(r->office->store, number, a);

	if (!err && a->provider_id != r->session.provider_id)
		err = -ENOENT;
	if (err == -ENOENT)
		answer_problem(r, PROBLEM_NOT_FOUND, "there is no account %s", number);
	else if (err)
		answer_errno(r, err, "account");
	return !err;
}

/* RFC 9110 13.1.1: one of the list, or *. Ours are strong. */
bool request_matches(struct request *r, const char *etag)
{
	const char *p = request_header(r, MHD_HTTP_HEADER_IF_MATCH);
	size_t n = strlen(etag);

	while (p && *p) {
		p += strspn(p, " \t,");
		if (*p == '*' || (p[0] == '"' && strncmp(p + 1, etag, n) == 0 && p[n + 1] == '"'))
			return true;
		p += strcspn(p, ",");
	}
	answer_problem(r, PROBLEM_PRECONDITION_FAILED, "it is \"%s\" now: look at it again", etag);
	return false;
}

/* ---- what is answered ---- */

void answer_free(struct answer *a)
{
	json_decref(a->json);
	free(a->text);
	memset(a, 0, sizeof(*a));
}

void answer_json(struct request *r, unsigned status, json_t *json)
{
	json_decref(r->answer.json);
	r->answer.json = json;
	r->answer.status = json ? status : 500;
}

void answer_text(struct request *r, char *text, size_t len, const char *type)
{
	free(r->answer.text);
	r->answer.text = text;
	r->answer.len = len;
	r->answer.type = type;
	r->answer.status = 200;
}

void answer_none(struct request *r)
{
	r->answer.status = 204;
}

void answer_etag(struct request *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(r->answer.etag, sizeof(r->answer.etag), fmt, ap);
	va_end(ap);
}

void answer_location(struct request *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(r->answer.location, sizeof(r->answer.location), fmt, ap);
	va_end(ap);
}

static void problem(struct request *r, enum problem p, const char *detail)
{
	struct answer *a = &r->answer;

	a->etag[0] = a->location[0] = '\0';
	a->type = "application/problem+json";
	answer_json(r, problem_status(p), problem_json(p, detail));
}

void answer_problem(struct request *r, enum problem p, const char *fmt, ...)
{
	char detail[400];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(detail, sizeof(detail), fmt, ap);
	va_end(ap);
	problem(r, p, detail);
}

void answer_invalid(struct request *r, enum problem p, json_t *errors)
{
	problem(r, p, NULL);
	answer_more(r, "errors", errors);
}

void answer_wrong(struct request *r, const char *pointer, const char *fmt, ...)
{
	char detail[400];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(detail, sizeof(detail), fmt, ap);
	va_end(ap);
	answer_invalid(r, pointer[0] == '#' ? PROBLEM_INVALID_BODY : PROBLEM_INVALID,
	               json_pack("[{s:s, s:s}]", "pointer", pointer, "detail", detail));
}

void answer_errno(struct request *r, int err, const char *what)
{
	switch (err) {
	case -ENOENT:
		answer_problem(r, PROBLEM_NOT_FOUND, "there is no such %s", what);
		break;
	case -EEXIST:
		answer_problem(r, PROBLEM_EXISTS, "%s: is there already", what);
		break;
	case -EINVAL:
	case -ERANGE:
	case -EMSGSIZE:
		answer_problem(r, PROBLEM_INVALID_BODY, "%s: cannot be so", what);
		break;
	case -ENOMEM:
	case -ENOTSUP:
		answer_problem(r, PROBLEM_INTERNAL, "%s: %s", what, strerror(-err));
		break;
	default:
		answer_problem(r, PROBLEM_UNAVAILABLE, "%s: %s", what, strerror(-err));
		break;
	}
}

bool answer_is_problem(const struct request *r)
{
	return r->answer.status >= 400;
}

void answer_more(struct request *r, const char *name, json_t *value)
{
	(void)json_object_set_new(r->answer.json, name, value);
}
