/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "office/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/magic.h"
#include "office/dispatch.h"
#include "office/events.h"
#include "office/files.h"
#include "office/routes.h"

#define LOG_MODULE "http"
#define HTTP_MAGIC 0x48545450u

/* A request's line and headers; then what MHD sends at once. */
#define CONNECTION_MEMORY (32 * 1024)
#define PEM_MAX           (1024 * 1024)

struct http {
	unsigned           magic;
	struct office     *office;
	struct MHD_Daemon *daemon;
	char              *certificate, *key;
};

/* ---- headers ---- */

/* Nothing of anybody else's, nothing inline, in nobody's frame. */
static const char page_policy[] = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src "
                                  "'self'; connect-src 'self'; manifest-src "
				  "'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
static const char api_policy[] = "default-src 'none'; frame-ancestors 'none'";

static void header(struct MHD_Response *m, const char *name, const char *value)
{
	(void)MHD_add_response_header(m, name, value);
}

static void common_headers(const struct office *o, struct MHD_Response *m, bool api)
{
	header(m, "Content-Security-Policy", api ? api_policy : page_policy);
	header(m, "X-Content-Type-Options", "nosniff");
	header(m, "X-Frame-Options", "DENY");
	header(m, "Referrer-Policy", "no-referrer");
	header(m, "Cross-Origin-Opener-Policy", "same-origin");
	header(m, "Cross-Origin-Resource-Policy", "same-origin");
	header(m, "Permissions-Policy", "camera=(), geolocation=(), microphone=()");
	if (o->config->certificate[0] || o->config->secure_cookies)
		header(m, "Strict-Transport-Security", "max-age=31536000");
}

static void allow_header(struct MHD_Response *m, unsigned allow)
{
	char text[80] = "";
	size_t n = 0;

	for (unsigned bit = METHOD_GET; bit <= METHOD_DELETE; bit <<= 1)
		if (allow & bit)
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s", n ? ", " : "",
			                      bit == METHOD_GET ? "GET, HEAD" : method_name((enum method)bit));
	header(m, MHD_HTTP_HEADER_ALLOW, text);
}

/* ---- answers ---- */

static struct MHD_Response *api_response(struct request *r)
{
	struct answer *a = &r->answer;
	char *text = a->text;
	size_t len = a->len;
	struct MHD_Response *m;

	a->text = NULL;
	if (text == NULL && a->json && a->status != 204) {
		text = json_dumps(a->json, JSON_COMPACT | JSON_ENCODE_ANY);
		len = text ? strlen(text) : 0;
	}
	m = MHD_create_response_from_buffer(len, text, text ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
	if (m == NULL) {
		free(text);
		return NULL;
	}
	if (len > 0 || a->type)
		header(m, MHD_HTTP_HEADER_CONTENT_TYPE, a->type ? a->type : "application/json");
	header(m, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	return m;
}

static enum MHD_Result api_answer(struct request *r)
{
	struct answer *a = &r->answer;
	struct MHD_Response *m = a->events ? events_response(r) : NULL;
	char text[REQUEST_ETAG_SIZE + 8];
	enum MHD_Result result;

	if (m == NULL)
		m = api_response(r);
	if (m == NULL)
		return MHD_NO;
	common_headers(r->office, m, true);
	if (a->etag[0]) {
		(void)snprintf(text, sizeof(text), "\"%s\"", a->etag);
		header(m, MHD_HTTP_HEADER_ETAG, text);
	}
	if (a->location[0])
		header(m, MHD_HTTP_HEADER_LOCATION, a->location);
	if (a->cookie[0])
		header(m, MHD_HTTP_HEADER_SET_COOKIE, a->cookie);
	if (a->retry_after_s) {
		(void)snprintf(text, sizeof(text), "%d", a->retry_after_s);
		header(m, MHD_HTTP_HEADER_RETRY_AFTER, text);
	}
	if (a->status == 401)
		header(m, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Session realm=\"partyline\"");
	if (a->status == 405)
		allow_header(m, a->allow);
	result = MHD_queue_response(r->connection, a->status, m);
	MHD_destroy_response(m);
	if (a->status >= 500)
		log_warn("%s %s: %u", r->method, r->path, a->status);
	else
		log_debug("%s %s: %u, %lld us, %s", r->method, r->path, a->status, (long long)(clock_mono_us() - r->began_us),
		          r->who);
	return result;
}

static enum MHD_Result page_answer(struct request *r)
{
	unsigned status;
	struct MHD_Response *m = files_response(r->office->files, r->connection, r->method, r->path, &status);
	enum MHD_Result result;

	if (m == NULL)
		return MHD_NO;
	common_headers(r->office, m, false);
	if (status == 405)
		allow_header(m, METHOD_GET);
	result = MHD_queue_response(r->connection, status, m);
	MHD_destroy_response(m);
	return result;
}

/* ---- requests ---- */

static void address_of(const struct http *h, struct MHD_Connection *c, char out[64])
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *sa = info ? info->client_addr : NULL;
	const char *forwarded, *last;
	struct in6_addr parsed;

	(void)snprintf(out, 64, "unknown");
	if (sa && sa->sa_family == AF_INET)
		(void)inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)sa)->sin_addr, out, 64);
	else if (sa && sa->sa_family == AF_INET6)
		(void)inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr, out, 64);
	if (h->office->config->proxy[0] == '\0' || strcmp(out, h->office->config->proxy) != 0)
		return;
	forwarded = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "X-Forwarded-For");
	if (forwarded == NULL)
		return;
	last = strrchr(forwarded, ','); /* what the proxy itself has added */
	last = last ? last + 1 : forwarded;
	last += strspn(last, " ");
	if (inet_pton(AF_INET, last, &parsed) == 1 || inet_pton(AF_INET6, last, &parsed) == 1)
		(void)snprintf(out, 64, "%s", last);
}

static struct request *request_alloc(struct http *h, struct MHD_Connection *c, const char *path, const char *method)
{
	struct request *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->office = h->office;
	r->connection = c;
	r->method = method;
	r->path = path; /* MHD's, until the request is over */
	r->began_us = clock_mono_us();
	address_of(h, c, r->address);
	return r;
}

static void request_free(struct request *r)
{
	if (r->text)
		explicit_bzero(r->text, r->text_room); /* passwords, cards */
	free(r->text);
	json_decref(r->query);
	json_decref(r->body);
	answer_free(&r->answer);
	free(r);
}

/* Part of a body. What is too long is read and forgotten: the answer says so. */
static bool body_part(struct request *r, const char *data, size_t len)
{
	if (clock_mono_us() - r->began_us > r->office->config->request_timeout_us)
		return false;
	if (r->answer.status || r->text_too_long)
		return true;
	if (len > r->text_max - r->text_len) {
		r->text_too_long = true;
		return true;
	}
	if (r->text_len + len + 1 > r->text_room) {
		size_t room = (r->text_len + len + 1) * 2;
		char *grown = malloc(room); /* not realloc: what is left behind is wiped */

		if (grown == NULL)
			return false;
		if (r->text) {
			memcpy(grown, r->text, r->text_len);
			explicit_bzero(r->text, r->text_room);
			free(r->text);
		}
		r->text = grown;
		r->text_room = room;
	}
	memcpy(r->text + r->text_len, data, len);
	r->text_len += len;
	r->text[r->text_len] = '\0';
	return true;
}

/* MHD: once with the headers, once for each part of a body, once when it is whole. */
static enum MHD_Result http_request(void *arg, struct MHD_Connection *c, const char *path, const char *method,
                                    const char *version, const char *data, size_t *len, void **mine)
{
	static const size_t prefix = sizeof(API_PREFIX) - 1;
	struct http *h = arg;
	struct request *r = *mine;

	(void)version;
	if (r == NULL) {
		r = request_alloc(h, c, path, method);
		*mine = r;
		if (r == NULL)
			return MHD_NO;
		if (strncmp(path, API_PREFIX, prefix) == 0 && (path[prefix] == '/' || path[prefix] == '\0'))
			(void)dispatch_begin(r, path + prefix);
		else if (strncmp(path, "/api/", 5) == 0)
			answer_problem(r, PROBLEM_NOT_FOUND, "the API is at " API_PREFIX);
		return MHD_YES;
	}
	if (*len > 0) {
		enum MHD_Result result = body_part(r, data, *len) ? MHD_YES : MHD_NO;

		*len = 0;
		return result;
	}
	if (r->route == NULL && r->answer.status == 0)
		return page_answer(r);
	if (r->answer.status == 0)
		dispatch(r);
	return api_answer(r);
}

static void http_completed(void *arg, struct MHD_Connection *c, void **mine, enum MHD_RequestTerminationCode why)
{
	(void)arg;
	(void)c;
	(void)why;
	if (*mine)
		request_free(*mine);
	*mine = NULL;
}

/* ---- the daemon ---- */

static void http_log(void *arg, const char *fmt, va_list ap)
{
	char text[300];

	(void)arg;
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	text[strcspn(text, "\r\n")] = '\0';
	log_debug("%s", text); /* what strangers send, mostly */
}

static int read_pem(const char *path, char **out)
{
	FILE *f = fopen(path, "re");
	size_t n = 0;
	char *text = f ? calloc(1, PEM_MAX) : NULL;

	if (text)
		n = fread(text, 1, PEM_MAX - 1, f);
	if (f)
		(void)fclose(f);
	if (n == 0) {
		free(text);
		log_error("%s cannot be read", path);
		return -EBADMSG;
	}
	*out = text;
	return 0;
}

#define OPTIONS_MAX 16

static int http_start(struct http *h)
{
	const struct office_config *k = h->office->config;
	struct MHD_OptionItem option[OPTIONS_MAX] = {
		{ MHD_OPTION_SOCK_ADDR, 0, (void *)(uintptr_t)&k->listen },
		{ MHD_OPTION_THREAD_POOL_SIZE, (intptr_t)k->threads, NULL },
		{ MHD_OPTION_CONNECTION_LIMIT, (intptr_t)k->connections, NULL },
		{ MHD_OPTION_PER_IP_CONNECTION_LIMIT, (intptr_t)k->connections_per_address, NULL },
		{ MHD_OPTION_CONNECTION_TIMEOUT, (intptr_t)(k->idle_timeout_us / CLOCK_SEC(1)), NULL },
		{ MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY, NULL },
		{ MHD_OPTION_LISTENING_ADDRESS_REUSE, 1, NULL },
		{ MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)http_completed, NULL },
		{ MHD_OPTION_EXTERNAL_LOGGER, (intptr_t)http_log, NULL },
		{ MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL },
	};
	unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, n = 10;
	const struct sockaddr_in *in = (const void *)&k->listen;

	if (k->listen.ss_family == AF_INET6)
		flags |= MHD_USE_IPv6;
	if (h->certificate) {
		flags |= MHD_USE_TLS;
		option[n++] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_MEM_CERT, 0, h->certificate };
		option[n++] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_MEM_KEY, 0, h->key };
		option[n++] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_PRIORITIES, 0,
			                               (void *)(uintptr_t) "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2" };
	}
	option[n] = (struct MHD_OptionItem){ MHD_OPTION_END, 0, NULL };
	errno = 0;
	h->daemon = MHD_start_daemon(flags, ntohs(in->sin_port), NULL, NULL, http_request, h, MHD_OPTION_ARRAY, option,
	                             MHD_OPTION_END);
	if (h->daemon)
		return 0;
	return errno ? -errno : -EBADMSG;
}

int http_alloc(struct http **hp, struct office *o)
{
	struct http *h = calloc(1, sizeof(*h));
	int err = 0;

	if (h == NULL)
		return -ENOMEM;
	h->magic = HTTP_MAGIC;
	h->office = o;
	if (o->config->certificate[0]) {
		err = read_pem(o->config->certificate, &h->certificate);
		if (!err)
			err = read_pem(o->config->key, &h->key);
	}
	if (!err)
		err = http_start(h);
	if (err) {
		http_free(h);
		return err;
	}
	*hp = h;
	return 0;
}

void http_quiet(struct http *h)
{
	int fd = MHD_quiesce_daemon(h->daemon);

	if (fd >= 0)
		log_debug("no new connections");
}

void http_free(struct http *h)
{
	if (h == NULL)
		return;
	MAGIC_CHECK(h, HTTP_MAGIC);
	if (h->daemon)
		MHD_stop_daemon(h->daemon);
	if (h->key)
		explicit_bzero(h->key, strlen(h->key));
	free(h->certificate);
	free(h->key);
	h->magic = MAGIC_DEAD;
	free(h);
}
