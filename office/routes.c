/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "office/routes.h"

#include <errno.h>
#include <string.h>

#include "core/magic.h"
#include "office/resources.h"

#define OPERATORS (ROLE_CLERK | ROLE_OPERATOR | ROLE_AUDITOR)
#define SERVING   (ROLE_CLERK | ROLE_OPERATOR)
#define CHECKING  (ROLE_OPERATOR | ROLE_AUDITOR)
#define ALL       (ROLE_SUBSCRIBER | OPERATORS)

static const struct route routes[] = {
	{ METHOD_GET, "/openapi.json", ROLE_ANYONE, 0, document_get },
	{ METHOD_GET, "/status", ROLE_ANYONE, 0, status_get },
	{ METHOD_POST, "/session", ROLE_ANYONE, 0, session_open_post },
	{ METHOD_GET, "/session", ALL, 0, session_get },
	{ METHOD_DELETE, "/session", ALL, 0, session_delete },
	{ METHOD_GET, "/events", ALL, 0, events_get },
	{ METHOD_GET, "/me", ROLE_SUBSCRIBER, 0, me_get },
	{ METHOD_PATCH, "/me", ROLE_SUBSCRIBER, ROUTE_MATCH, me_change },
	{ METHOD_PUT, "/me/password", ROLE_SUBSCRIBER, 0, me_password },
	{ METHOD_GET, "/me/ledger", ROLE_SUBSCRIBER, 0, me_ledger },
	{ METHOD_POST, "/me/recharges", ROLE_SUBSCRIBER, ROUTE_ONCE, me_recharge },
	{ METHOD_GET, "/me/rate", ROLE_SUBSCRIBER, 0, me_rate },
	{ METHOD_GET, "/me/contacts", ROLE_SUBSCRIBER, 0, contacts_list },
	{ METHOD_POST, "/me/contacts", ROLE_SUBSCRIBER, 0, contact_add },
	{ METHOD_GET, "/me/contacts/{contact}", ROLE_SUBSCRIBER, 0, contact_get },
	{ METHOD_PUT, "/me/contacts/{contact}", ROLE_SUBSCRIBER, ROUTE_MATCH, contact_change },
	{ METHOD_DELETE, "/me/contacts/{contact}", ROLE_SUBSCRIBER, 0, contact_delete },
	{ METHOD_GET, "/me/groups", ROLE_SUBSCRIBER, 0, groups_list },
	{ METHOD_POST, "/me/groups", ROLE_SUBSCRIBER, 0, group_add },
	{ METHOD_GET, "/me/groups/{group}", ROLE_SUBSCRIBER, 0, group_get },
	{ METHOD_PUT, "/me/groups/{group}", ROLE_SUBSCRIBER, ROUTE_MATCH, group_change },
	{ METHOD_DELETE, "/me/groups/{group}", ROLE_SUBSCRIBER, 0, group_delete },
	{ METHOD_GET, "/bookings", ALL, 0, bookings_list },
	{ METHOD_POST, "/bookings", ROLE_SUBSCRIBER, ROUTE_ONCE, booking_add_post },
	{ METHOD_GET, "/bookings/{booking}", ALL, 0, booking_get },
	{ METHOD_PUT, "/bookings/{booking}", ROLE_SUBSCRIBER, ROUTE_MATCH, booking_put },
	{ METHOD_DELETE, "/bookings/{booking}", ROLE_SUBSCRIBER | SERVING, 0, booking_delete },
	{ METHOD_GET, "/conferences", ALL, 0, conferences_list },
	{ METHOD_GET, "/conferences/{call}", ALL, 0, conference_get },
	{ METHOD_PATCH, "/conferences/{call}", ROLE_SUBSCRIBER | ROLE_OPERATOR, 0, conference_change },
	{ METHOD_DELETE, "/conferences/{call}", ROLE_SUBSCRIBER | ROLE_OPERATOR, 0, conference_end },
	{ METHOD_POST, "/conferences/{call}/parties", ROLE_SUBSCRIBER | ROLE_OPERATOR, ROUTE_ONCE, conference_invite },
	{ METHOD_PATCH, "/conferences/{call}/parties/{order}", ROLE_SUBSCRIBER | ROLE_OPERATOR, 0, conference_party_change },
	{ METHOD_DELETE, "/conferences/{call}/parties/{order}", ROLE_SUBSCRIBER | ROLE_OPERATOR, 0, conference_drop },
	{ METHOD_GET, "/calls", ALL, 0, calls_list },
	{ METHOD_GET, "/calls/{call}", ALL, 0, call_get },
	{ METHOD_GET, "/records", CHECKING, 0, records_list },
	{ METHOD_GET, "/records/export", CHECKING, 0, records_export },
	{ METHOD_GET, "/accounts", OPERATORS, 0, accounts_list },
	{ METHOD_POST, "/accounts", SERVING, ROUTE_ONCE, account_add_post },
	{ METHOD_GET, "/accounts/{number}", OPERATORS, 0, account_get },
	{ METHOD_PATCH, "/accounts/{number}", SERVING, ROUTE_MATCH, account_change },
	{ METHOD_GET, "/accounts/{number}/ledger", OPERATORS, 0, account_ledger_get },
	{ METHOD_POST, "/accounts/{number}/topups", SERVING, ROUTE_ONCE, account_topup_post },
	{ METHOD_GET, "/accounts/{number}/numbers", OPERATORS, 0, account_numbers },
	{ METHOD_POST, "/accounts/{number}/numbers", SERVING, 0, account_number_add_post },
	{ METHOD_DELETE, "/accounts/{number}/numbers/{other}", SERVING, 0, account_number_end_delete },
	{ METHOD_PUT, "/accounts/{number}/password", SERVING, 0, account_password },
	{ METHOD_DELETE, "/accounts/{number}/lock", SERVING, 0, account_unlock },
	{ METHOD_GET, "/card-batches", OPERATORS, 0, batches_list },
	{ METHOD_GET, "/card-batches/{batch}", OPERATORS, 0, batch_get },
	{ METHOD_PATCH, "/card-batches/{batch}", ROLE_OPERATOR, ROUTE_MATCH, batch_change },
	{ METHOD_POST, "/cards/search", OPERATORS, 0, card_search },
	{ METHOD_PATCH, "/cards/{serial}", ROLE_OPERATOR, 0, card_change_patch },
	{ METHOD_GET, "/card-failures", OPERATORS, 0, card_failures },
	{ METHOD_GET, "/tariffs", OPERATORS, 0, tariffs_list },
	{ METHOD_GET, "/tariffs/{tariff}", OPERATORS, 0, tariff_get },
	{ METHOD_GET, "/tariffs/{tariff}/rates", OPERATORS, 0, tariff_rates },
	{ METHOD_GET, "/tariffs/{tariff}/export", OPERATORS, 0, tariff_export_get },
	{ METHOD_POST, "/tariffs/{tariff}/versions", ROLE_OPERATOR, 0, tariff_import_post },
	{ METHOD_POST, "/tariffs/{tariff}/try", OPERATORS, 0, tariff_try },
	{ METHOD_GET, "/services", OPERATORS, 0, services_list },
	{ METHOD_GET, "/areas", OPERATORS, 0, areas_list },
	{ METHOD_POST, "/areas", ROLE_OPERATOR, ROUTE_HOUSE, areas_import },
	{ METHOD_GET, "/areas/export", OPERATORS, 0, areas_export },
	{ METHOD_GET, "/bars", OPERATORS, 0, bars_list },
	{ METHOD_POST, "/bars", ROLE_OPERATOR, ROUTE_HOUSE, bars_import },
	{ METHOD_GET, "/bars/export", OPERATORS, 0, bars_export },
	{ METHOD_GET, "/nodes", OPERATORS, ROUTE_HOUSE, nodes_list },
	{ METHOD_GET, "/spans", OPERATORS, ROUTE_HOUSE, spans_list },
	{ METHOD_GET, "/nodes/{node}/spans/{span}", OPERATORS, ROUTE_HOUSE, span_get },
	{ METHOD_PATCH, "/nodes/{node}/spans/{span}", ROLE_OPERATOR, ROUTE_HOUSE, span_change },
	{ METHOD_GET, "/trunks", OPERATORS, ROUTE_HOUSE, trunks_list },
	{ METHOD_GET, "/alarms", OPERATORS, ROUTE_HOUSE, alarms_list },
	{ METHOD_GET, "/nodes/{node}/counters", OPERATORS, ROUTE_HOUSE, counters_list },
	{ METHOD_GET, "/audit-trail", CHECKING, 0, audit_trail },
	{ METHOD_POST, "/books/checks", CHECKING, ROUTE_HOUSE, books_check },
};

/* ---- methods ---- */

static const struct {
	enum method method;
	const char *name, *document;
} methods[] = {
	{ METHOD_GET, "GET", "get" },       { METHOD_GET, "HEAD", NULL },    { METHOD_POST, "POST", "post" },
	{ METHOD_PUT, "PUT", "put" },       { METHOD_PATCH, "PATCH", "patch" }, { METHOD_DELETE, "DELETE", "delete" },
};

const char *method_name(enum method m)
{
	for (unsigned i = 0; i < ARRAY_LEN(methods); i++)
		if (methods[i].method == m)
			return methods[i].name;
	return "";
}

int method_parse(const char *name, enum method *m)
{
	for (unsigned i = 0; i < ARRAY_LEN(methods); i++)
		if (strcmp(methods[i].name, name) == 0) {
			*m = methods[i].method;
			return 0;
		}
	return -EINVAL;
}

static const char *method_in_document(enum method m)
{
	for (unsigned i = 0; i < ARRAY_LEN(methods); i++)
		if (methods[i].method == m)
			return methods[i].document;
	return "";
}

/* ---- finding ---- */

static bool path_fits(const char *pattern, const char *path, char param[REQUEST_PARAMS_MAX][REQUEST_PARAM_SIZE])
{
	unsigned n = 0;

	while (*pattern && *path) {
		if (*pattern == '{') {
			size_t len = strcspn(path, "/");

			if (len == 0 || len >= REQUEST_PARAM_SIZE || n == REQUEST_PARAMS_MAX)
				return false;
			(void)snprintf(param[n++], REQUEST_PARAM_SIZE, "%.*s", (int)len, path);
			path += len;
			pattern += strcspn(pattern, "}") + 1;
		} else if (*pattern++ != *path++) {
			return false;
		}
	}
	return *pattern == '\0' && *path == '\0';
}

const struct route *routes_find(enum method m, const char *path, char param[REQUEST_PARAMS_MAX][REQUEST_PARAM_SIZE],
                                unsigned *allow)
{
	*allow = 0;
	for (unsigned i = 0; i < ARRAY_LEN(routes); i++) {
		if (!path_fits(routes[i].path, path, param))
			continue;
		if (routes[i].method == m)
			return &routes[i];
		*allow |= routes[i].method;
	}
	return NULL;
}

/* ---- the document says the same ---- */

static unsigned roles_of(const struct operation *o)
{
	static const enum role every[] = { ROLE_SUBSCRIBER, ROLE_CLERK, ROLE_OPERATOR, ROLE_AUDITOR };
	unsigned roles = 0;
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(o->json, "x-roles"), i,
	                   one) for (unsigned k = 0; k < ARRAY_LEN(every);
	                             k++) if (strcmp(json_string_value(one), role_name(every[k])) == 0) roles |= every[k];
	return roles;
}

static unsigned flags_of(const struct operation *o)
{
	unsigned flags = json_is_true(json_object_get(o->json, "x-house")) ? ROUTE_HOUSE : 0;

	for (unsigned i = 0; i < o->parameters; i++) {
		if (strcmp(o->parameter[i].name, "Idempotency-Key") == 0)
			flags |= ROUTE_ONCE;
		if (strcmp(o->parameter[i].name, "If-Match") == 0)
			flags |= ROUTE_MATCH;
	}
	return flags;
}

int routes_check(const struct document *d, FILE *errors)
{
	int err = 0;

	for (unsigned i = 0; i < ARRAY_LEN(routes); i++) {
		const struct route *r = &routes[i];
		const struct operation *o = document_operation(d, method_in_document(r->method), r->path);
		const char *what = o == NULL                  ? "is not in office/openapi.json"
		                   : roles_of(o) != r->roles ? "is for other roles in office/openapi.json"
		                   : flags_of(o) != r->flags ? "has other flags than office/openapi.json says"
		                                             : NULL;

		if (what) {
			(void)fprintf(errors, "%s %s %s\n", method_name(r->method), r->path, what);
			err = -EBADMSG;
		}
	}
	if (document_operations(d) != ARRAY_LEN(routes)) {
		(void)fprintf(errors, "office/openapi.json has %u operations, office/routes.c %zu\n", document_operations(d),
		              ARRAY_LEN(routes));
		err = -EBADMSG;
	}
	return err;
}
