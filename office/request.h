/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * office/request.h - one request of the API while it is answered: what was asked, by whom, and what is answered.
 *
 * One thread. By the time a handler sees it, it was let in (session, role, CSRF token), and its parameters and body are as the
 * document says (office/openapi.json): a handler looks only for what a schema cannot say. It gives exactly one answer.
 */
#ifndef OFFICE_REQUEST_H
#define OFFICE_REQUEST_H

#include <jansson.h>
#include <stdbool.h>

#include "billing/account.h"
#include "billing/audit.h"
#include "office/office.h"
#include "office/problem.h"
#include "office/session.h"

struct MHD_Connection;
struct operation;
struct route;

#define REQUEST_PARAMS_MAX 2
#define REQUEST_PARAM_SIZE 200
#define REQUEST_ETAG_SIZE  80

struct answer {
	unsigned    status;       /* 0: none yet */
	json_t     *json;         /* or text; owned */
	char       *text;
	size_t      len;
	const char *type;         /* media type; NULL: application/json */
	char        etag[REQUEST_ETAG_SIZE], location[200], cookie[256];
	int         retry_after_s;
	bool        events;       /* a stream (office/events.h) */
	unsigned    allow;        /* with 405: methods, bits of enum method */
};

struct request {
	struct office          *office;
	struct MHD_Connection  *connection; /* NULL: a test's */
	const char             *method, *path;
	const struct route     *route;
	const struct operation *operation;
	char                    param[REQUEST_PARAMS_MAX][REQUEST_PARAM_SIZE]; /* of the path, in its order */
	json_t                 *query;      /* typed by the document */
	json_t                 *body;       /* NULL: none, or text */
	char                   *text;       /* the body as it came */
	size_t                  text_len, text_room, text_max;
	bool                    text_too_long;
	struct session          session;
	char                    address[64];
	char                    who[AUDIT_WHO_SIZE]; /* for the audit trail */
	char                    id[ID_SIZE];         /* of the movement: with an Idempotency-Key the same each time */
	int64_t                 now_utc_us, began_us;
	struct answer           answer;
};

/* ---- what was asked ---- */
const char *request_header(const struct request *r, const char *name);    /* NULL: none */
const char *request_query(const struct request *r, const char *name);     /* a text; NULL: not given */
int64_t     request_query_int(const struct request *r, const char *name, int64_t absent);
bool        request_query_true(const struct request *r, const char *name);
/* A moment of the query. False after an answer: there is none such (2026-02-30). */
bool        request_query_time(struct request *r, const char *name, int64_t absent_utc_us, int64_t *utc_us);
const char *request_text(const struct request *r, const char *name);      /* a member of the body; NULL: not given, or null */
bool        request_has(const struct request *r, const char *name);       /* given, null or not */
int64_t     request_int(const struct request *r, const char *name, int64_t absent);
bool        request_is_operator(const struct request *r);

/* A number as people write it, made canonical by the dialling plan. False after an answer: 422, where is the member's name. */
bool request_number(struct request *r, const char *text, const char *where, char out[33]);
/* The number of the path, canonical; what is none there is nobody's: 404. */
bool request_path_number(struct request *r, unsigned param, char out[33]);
/* The account of that number, one of the session's provider. False after an answer. */
bool request_account(struct request *r, const char *number, struct account *a);
/* If-Match fits what is there now. False after an answer: 412. */
bool request_matches(struct request *r, const char *etag);

/* ---- what is answered ---- */
void answer_json(struct request *r, unsigned status, json_t *json); /* taken over */
void answer_text(struct request *r, char *text, size_t len, const char *type); /* taken over */
void answer_none(struct request *r);                                /* 204 */
void answer_etag(struct request *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void answer_location(struct request *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void answer_problem(struct request *r, enum problem p, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* One value that cannot be: pointer "#/number", or a parameter's name. */
void answer_wrong(struct request *r, const char *pointer, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* errors: {pointer, detail}, taken over. */
void answer_invalid(struct request *r, enum problem p, json_t *errors);
/* What an error of store/, billing/ or booking/ means where nothing better is known: -ENOENT 404, -EEXIST 409, -EINVAL and
 * -ERANGE 422, -EIO 503. */
void answer_errno(struct request *r, int err, const char *what);
bool answer_is_problem(const struct request *r);
/* A further member of the problem that was just answered; taken over. */
void answer_more(struct request *r, const char *name, json_t *value);
void answer_free(struct answer *a);

#endif
