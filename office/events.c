/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "office/events.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>

#include "office/live.h"
#include "office/request.h"
#include "office/resources.h"

#define BLOCK 4096

struct stream {
	struct MHD_Connection *connection;
	struct live_listener  *listener;
};

void events_get(struct request *r)
{
	r->answer.status = 200;
	r->answer.events = strcmp(r->method, "HEAD") != 0;
}

/* Under the lock of the listener: nothing can be told between "there is nothing" and "sleep". */
static void stream_sleep(void *arg)
{
	MHD_suspend_connection(((struct stream *)arg)->connection);
}

static void stream_wake(void *arg)
{
	MHD_resume_connection(((struct stream *)arg)->connection);
}

static ssize_t stream_read(void *arg, uint64_t pos, char *out, size_t max)
{
	long n = live_next(((struct stream *)arg)->listener, out, max, stream_sleep);

	(void)pos;
	return n < 0 ? MHD_CONTENT_READER_END_OF_STREAM : (ssize_t)n;
}

static void stream_free(void *arg)
{
	struct stream *s = arg;

	live_unlisten(s->listener);
	free(s);
}

struct MHD_Response *events_response(struct request *r)
{
	struct stream *s = calloc(1, sizeof(*s));
	struct MHD_Response *m = NULL;
	int err = s ? 0 : -ENOMEM;

	r->answer.events = false;
	if (s) {
		s->connection = r->connection;
		err = live_listen(r->office->live, &r->session, stream_wake, s, &s->listener);
	}
	if (!err) {
		m = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK, stream_read, s, stream_free);
		if (m == NULL)
			live_unlisten(s->listener);
	}
	if (m == NULL) {
		free(s);
		answer_problem(r, PROBLEM_UNAVAILABLE, "too many live pages, or the office ends: again in a while");
		r->answer.retry_after_s = 10;
		return NULL;
	}
	(void)MHD_add_response_header(m, MHD_HTTP_HEADER_CONTENT_TYPE, "text/event-stream");
	(void)MHD_add_response_header(m, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	(void)MHD_add_response_header(m, "X-Accel-Buffering", "no"); /* a proxy is not to collect them */
	return m;
}
