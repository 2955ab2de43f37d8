/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sip/message.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/clock.h"

struct sip_message *sip_message_new(enum sip_op op, uint64_t call)
{
	struct sip_message *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return NULL;
	m->op = op;
	m->call = call;
	m->at_us = clock_mono_us();
	return m;
}

void sip_message_free(struct sip_message *m)
{
	if (m == NULL)
		return;
	for (unsigned i = 0; i < m->header_count; i++) {
		free(m->header[i].name);
		free(m->header[i].value);
	}
	free(m->phrase);
	free(m->uri);
	free(m->to);
	free(m->from);
	free(m->call_id);
	free(m->content_type);
	free(m->body);
	free(m);
}

void sip_message_text(char **text, const char *value)
{
	*text = value ? strdup(value) : NULL;
}

void sip_message_body(struct sip_message *m, const void *data, size_t len)
{
	if (data == NULL || len == 0)
		return;
	m->body = malloc(len + 1);
	if (m->body == NULL)
		return;
	memcpy(m->body, data, len);
	m->body[len] = '\0';
	m->body_len = len;
}

void sip_message_header(struct sip_message *m, const char *name, const char *value)
{
	unsigned i = m->header_count;

	if (value == NULL || *value == '\0' || i == SIP_MESSAGE_HEADERS)
		return;
	m->header[i].name = strdup(name);
	m->header[i].value = strdup(value);
	if (m->header[i].name && m->header[i].value) {
		m->header_count++;
		return;
	}
	free(m->header[i].name);
	free(m->header[i].value);
}

const char *sip_message_find(const struct sip_message *m, const char *name)
{
	for (unsigned i = 0; i < m->header_count; i++)
		if (strcasecmp(m->header[i].name, name) == 0)
			return m->header[i].value;
	return NULL;
}

/* ---- mailboxes ---- */

int sip_mailbox_init(struct sip_mailbox *b)
{
	memset(b, 0, sizeof(*b));
	b->last = &b->first;
	b->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (b->wake < 0)
		return -errno;
	return -pthread_mutex_init(&b->lock, NULL);
}

void sip_mailbox_free(struct sip_mailbox *b)
{
	struct sip_message *m, *next;

	if (b->last == NULL) /* never made */
		return;
	for (m = sip_mailbox_take(b); m; m = next) {
		next = m->next;
		sip_message_free(m);
	}
	(void)pthread_mutex_destroy(&b->lock);
	(void)close(b->wake);
	b->last = NULL;
}

void sip_mailbox_put(struct sip_mailbox *b, struct sip_message *m)
{
	uint64_t one = 1;
	bool was_empty;

	m->next = NULL;
	(void)pthread_mutex_lock(&b->lock);
	was_empty = b->first == NULL;
	*b->last = m;
	b->last = &m->next;
	b->count++;
	(void)pthread_mutex_unlock(&b->lock);
	if (was_empty && write(b->wake, &one, sizeof(one)) != sizeof(one))
		return; /* the counter is full: it is readable */
}

struct sip_message *sip_mailbox_take(struct sip_mailbox *b)
{
	struct sip_message *m;
	uint64_t count;

	if (read(b->wake, &count, sizeof(count)) < 0 && errno != EAGAIN)
		return NULL;
	(void)pthread_mutex_lock(&b->lock);
	m = b->first;
	b->first = NULL;
	b->last = &b->first;
	b->count = 0;
	(void)pthread_mutex_unlock(&b->lock);
	return m;
}

bool sip_mailbox_busy(struct sip_mailbox *b)
{
	bool busy;

	(void)pthread_mutex_lock(&b->lock);
	busy = b->count > SIP_MAILBOX_BUSY || (b->first && clock_mono_us() - b->first->at_us > SIP_LATE_US);
	(void)pthread_mutex_unlock(&b->lock);
	return busy;
}
