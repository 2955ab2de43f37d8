/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "office/dispatch.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "billing/tariff_csv.h"
#include "core/clock.h"
#include "core/log.h"
#include "office/digest.h"
#include "office/limiter.h"
#include "office/once.h"
#include "office/routes.h"

#define LOG_MODULE "office"

/* ---- before the body ---- */

static bool limits(struct request *r)
{
	const struct office_config *k = r->office->config;
	int wait_s = 1;

	if (limiter_take(r->office->limiter, "address", r->address, k->address_per_s, 4.0 * k->address_per_s, &wait_s) &&
	    limiter_take(r->office->limiter, "all", "", k->requests_per_s, 2.0 * k->requests_per_s, &wait_s))
		return true;
	answer_problem(r, PROBLEM_TOO_MANY, "again in %d s", wait_s);
	r->answer.retry_after_s = wait_s;
	return false;
}

static bool find_route(struct request *r, const char *path)
{
	enum method m;
	unsigned allow;
	int err = method_parse(r->method, &m);

	r->route = routes_find(err ? METHOD_GET : m, path, r->param, &allow);
	if (err && r->route) {
		allow = r->route->method;
		r->route = NULL;
	}
	if (r->route == NULL && allow == 0) {
		answer_problem(r, PROBLEM_NOT_FOUND, "there is nothing at this address");
	} else if (r->route == NULL) {
		answer_problem(r, PROBLEM_METHOD, "%.20s is not for this address", r->method);
		r->answer.allow = allow;
	} else {
		char name[8];
		size_t i = 0;

		for (const char *p = method_name(r->route->method); *p; p++)
			name[i++] = (char)(*p | 0x20);
		name[i] = '\0';
		r->operation = document_operation(r->office->document, name, r->route->path);
	}
	return r->route != NULL;
}

bool dispatch_begin(struct request *r, const char *path)
{
	const struct office_config *k = r->office->config;

	r->now_utc_us = clock_utc_us();
	random_id(r->id);
	if (!limits(r) || !find_route(r, path))
		return false;
	r->text_max = r->operation->body_type && strcmp(r->operation->body_type, "text/csv") == 0 ? k->csv_max : k->body_max;
	return true;
}

/* ---- who ---- */

static bool unsafe(const struct request *r)
{
	return r->route->method != METHOD_GET;
}

/* Browsers say where a request comes from (W3C Fetch Metadata); the token is for those that do not. A login has no session yet:
 * its JSON body is what no form of another site can send. */
static bool not_forged(struct request *r)
{
	const char *site = request_header(r, "Sec-Fetch-Site"), *token = request_header(r, "X-CSRF-Token");

	if (!unsafe(r))
		return true;
	if (site && strcmp(site, "cross-site") == 0) {
		answer_problem(r, PROBLEM_CSRF, "another site's page has sent this");
		return false;
	}
	if (r->route->roles == ROLE_ANYONE || (token && digest_same(r->session.csrf, token)))
		return true;
	answer_problem(r, PROBLEM_CSRF, "X-CSRF-Token is not that of the session");
	return false;
}

static bool let_in(struct request *r)
{
	const char *token = MHD_lookup_connection_value(r->connection, MHD_COOKIE_KIND, session_cookie_name(r->office));
	int err = session_find(r->office, token, r->now_utc_us, &r->session);

	if (err) {
		answer_errno(r, err, "session");
		return false;
	}
	if (r->session.operator_id)
		(void)snprintf(r->who, sizeof(r->who), "office:%s@%s", r->session.name, r->address);
	else
		(void)snprintf(r->who, sizeof(r->who), "web:%s@%s", r->session.number, r->address);
	if (r->route->roles == ROLE_ANYONE)
		return true;
	if (r->session.role == ROLE_ANYONE)
		answer_problem(r, PROBLEM_LOGIN_REQUIRED, "POST " API_PREFIX "/session");
	else if (!(r->route->roles & r->session.role))
		answer_problem(r, PROBLEM_FORBIDDEN, "not for a %s", role_name(r->session.role));
	else if ((r->route->flags & ROUTE_HOUSE) && !r->session.house)
		answer_problem(r, PROBLEM_FORBIDDEN, "for those alone who run the nodes");
	return !answer_is_problem(r);
}

/* ---- what ---- */

struct reading {
	struct request *r;
	json_t         *errors;
};

static json_t *typed(const json_t *schema, const char *text)
{
	const char *type = json_string_value(json_object_get(schema, "type"));
	char *end;
	long long v;

	if (type && strcmp(type, "integer") == 0) {
		errno = 0;
		v = strtoll(text, &end, 10);
		return errno || end == text || *end || strchr("0123456789-", text[0]) == NULL ? json_string(text)
		                                                                              : json_integer(v);
	}
	if (type && strcmp(type, "boolean") == 0 && (strcmp(text, "true") == 0 || strcmp(text, "false") == 0))
		return json_boolean(text[0] == 't');
	return json_string(text);
}

static void wrong_parameter(struct reading *g, const char *name, const char *detail)
{
	(void)json_array_append_new(g->errors,
	                            json_pack("{s:s, s:s}", "pointer", csv_utf8(name, 60) ? name : "?", "detail", detail));
}

static enum MHD_Result query_one(void *arg, enum MHD_ValueKind kind, const char *name, size_t name_len, const char *text,
                                 size_t text_len)
{
	struct reading *g = arg;
	const struct operation *o = g->r->operation;
	const struct parameter *p = NULL;
	json_t *value;

	(void)kind;
	for (unsigned i = 0; i < o->parameters; i++)
		if (o->parameter[i].in == IN_QUERY && strlen(name) == name_len && strcmp(o->parameter[i].name, name) == 0)
			p = &o->parameter[i];
	if (json_array_size(g->errors) >= SCHEMA_ERRORS_MAX)
		return MHD_NO;
	if (p == NULL) {
		wrong_parameter(g, name, "is not known here");
	} else if (json_object_get(g->r->query, name)) {
		wrong_parameter(g, name, "is there twice");
	} else {
		value = text && strlen(text) == text_len ? typed(p->schema, text) : NULL; /* no UTF-8, or a NUL in it: NULL */
		if (value == NULL)
			wrong_parameter(g, name, "is no text");
		else if (schema_check(document_schemas(g->r->office->document), p->schema, value, name, g->errors))
			(void)json_object_set(g->r->query, name, value);
		json_decref(value);
	}
	return MHD_YES;
}

static bool read_query(struct request *r)
{
	struct reading g = { .r = r, .errors = json_array() };
	const struct operation *o = r->operation;

	r->query = json_object();
	(void)MHD_get_connection_values_n(r->connection, MHD_GET_ARGUMENT_KIND, query_one, &g);
	for (unsigned i = 0; i < o->parameters; i++)
		if (o->parameter[i].in == IN_QUERY && o->parameter[i].required &&
		    json_object_get(r->query, o->parameter[i].name) == NULL && json_array_size(g.errors) == 0)
			wrong_parameter(&g, o->parameter[i].name, "is missing");
	if (json_array_size(g.errors) == 0) {
		json_decref(g.errors);
		return true;
	}
	answer_invalid(r, PROBLEM_INVALID, g.errors);
	return false;
}

/* What a path's parameter cannot be is not there. */
static bool read_path(struct request *r)
{
	const struct operation *o = r->operation;
	unsigned n = 0;

	for (unsigned i = 0; i < o->parameters; i++) {
		json_t *errors, *value;
		bool good;

		if (o->parameter[i].in != IN_PATH)
			continue;
		errors = json_array();
		value = json_string(r->param[n++]);
		good = value && schema_check(document_schemas(r->office->document), o->parameter[i].schema, value, "", errors);
		json_decref(value);
		json_decref(errors);
		if (!good) {
			answer_problem(r, PROBLEM_NOT_FOUND, "there is no such %s", o->parameter[i].name);
			return false;
		}
	}
	return true;
}

/* "application/json", and whatever stands behind a semicolon. */
static bool is_type(const char *header, const char *type)
{
	size_t n = strlen(type);

	return header && strncasecmp(header, type, n) == 0 && (header[n] == '\0' || header[n] == ';' || header[n] == ' ');
}

static bool read_json(struct request *r)
{
	json_t *errors;
	json_error_t why;

	r->body = json_loadb(r->text, r->text_len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);
	if (r->body == NULL) {
		/* its own words may repeat what was sent: only where it is */
		answer_problem(r, PROBLEM_SYNTAX, "no JSON (RFC 8259), or a member twice: line %d, column %d", why.line,
		               why.column);
		return false;
	}
	errors = json_array();
	if (schema_check(document_schemas(r->office->document), r->operation->body_schema, r->body, "#", errors)) {
		json_decref(errors);
		return true;
	}
	answer_invalid(r, PROBLEM_INVALID_BODY, errors);
	return false;
}

static bool read_body(struct request *r)
{
	const char *type = request_header(r, MHD_HTTP_HEADER_CONTENT_TYPE), *wanted = r->operation->body_type;

	if (r->text_too_long) {
		answer_problem(r, PROBLEM_TOO_LARGE, "at most %zu octets", r->text_max);
		return false;
	}
	if (wanted == NULL)
		return true;
	if (!is_type(type, wanted) && !(r->route->method == METHOD_PATCH && is_type(type, "application/merge-patch+json"))) {
		answer_problem(r, PROBLEM_MEDIA_TYPE, "%s is wanted", wanted);
		return false;
	}
	return strcmp(wanted, "text/csv") == 0 || read_json(r);
}

static bool wants_match(struct request *r)
{
	if (!(r->route->flags & ROUTE_MATCH) || request_header(r, MHD_HTTP_HEADER_IF_MATCH))
		return true;
	answer_problem(r, PROBLEM_PRECONDITION_REQUIRED, "the ETag of what was seen");
	return false;
}

void dispatch(struct request *r)
{
	bool once = r->route->flags & ROUTE_ONCE;

	if (!let_in(r) || !not_forged(r) || !read_path(r) || !read_query(r) || !read_body(r) || !wants_match(r))
		return;
	if (once && !once_begin(r))
		return;
	r->route->answer(r);
	if (r->answer.status == 0) {
		log_error("%s %s gave no answer", r->method, r->route->path);
		answer_problem(r, PROBLEM_INTERNAL, "no answer was given");
	}
	if (once)
		once_end(r);
}
