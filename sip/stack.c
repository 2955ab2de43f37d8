/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sip/stack.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/sock_diag.h>

#include <sofia-sip/nta_tag.h>
#include <sofia-sip/sip_tag.h>
#include <sofia-sip/su_log.h>
#include <sofia-sip/tport_tag.h>

#include "core/address.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/magic.h"
#include "sip/stack_internal.h"

#define LOG_MODULE "sip"

#define STEP_MS   1000 /* a turn of Sofia's loop, when nothing wakes it */
#define STOP_US   CLOCK_SEC(3)
#define STOP_MS   20

/* A request of 800 octets takes 1280 to 2304 of the socket's buffer: the kernel's 208 KiB are full after 100 to 160 of them, 0.1
 * s of 200 orders a second. What the kernel allows (net.core.rmem_max) may be less than this. */
#define UDP_BUFFER (4 * 1024 * 1024)
/* RFC 3261 18.1.1 wants TCP from 1300 octets on, which an ACK or BYE along many proxies has. Where the peer refuses TCP, Sofia
 * loses the ACK. Which of the two a peer has is set up (transport), so it stays with that. */
#define UDP_MOST    65507
#define UDP_SOCKETS 65536 /* descriptors that are looked at */
/* 900 to 1600 requests wait, 0.5 to 1 s of what a node can do: each is said again meanwhile. New calls are refused */
#define UDP_FULL   (2 * 1024 * 1024)

#define METHODS "INVITE, ACK, BYE, CANCEL, OPTIONS, PRACK, UPDATE, INFO"

const struct counter_desc sip_stack_counters[SIP_STACK_COUNTERS] = {
	[SIP_COUNT_FOREIGN] = { "foreign_requests", "calls and questions from addresses that are no trunk's, answered 403" },
	[SIP_COUNT_OVERLOAD] = { "overload_refused", "calls refused with 503 because the node did not keep up" },
	[SIP_COUNT_DROPPED] = { "dropped", "UDP packets lost because the node did not keep up: the socket was full" },
	[SIP_COUNT_HANDLES] = { "handles", "calls, and OPTIONS without an answer, that the stack has now" },
	[SIP_COUNT_STRAY] = { "stray", "what was asked of a call that had gone meanwhile" },
};

/* ---- control ---- */

static void stack_readable(int fd, uint32_t events, void *arg)
{
	struct sip_stack *s = arg;
	struct sip_message *m, *next;

	(void)fd;
	(void)events;
	MAGIC_CHECK(s, SIP_STACK_MAGIC);
	for (m = sip_mailbox_take(&s->to_control); m; m = next) {
		next = m->next;
		s->h(m, s->arg);
	}
}

int sip_stack_alloc(struct sip_stack **sp, struct loop *l, counter_t *counters, sip_stack_h *h, void *arg)
{
	struct sip_stack *s = calloc(1, sizeof(*s));
	int err;

	if (s == NULL)
		return -ENOMEM;
	s->magic = SIP_STACK_MAGIC;
	s->loop = l;
	s->counters = counters;
	s->h = h;
	s->arg = arg;
	(void)sem_init(&s->ready, 0, 0);
	err = sip_capture_alloc(&s->capture);
	if (!err)
		err = sip_mailbox_init(&s->to_stack);
	if (!err)
		err = sip_mailbox_init(&s->to_control);
	if (!err)
		err = loop_fd_add(l, s->to_control.wake, EPOLLIN, stack_readable, s);
	if (err) {
		sip_stack_free(s);
		return err;
	}
	*sp = s;
	return 0;
}

int sip_stack_add(struct sip_stack *s, const struct sip_agent_config *c, unsigned *agent)
{
	struct sip_agent *a;
	unsigned i;

	MAGIC_CHECK(s, SIP_STACK_MAGIC);
	assert(!s->started);
	for (i = 0; i < s->agent_count && !address_same(&s->agent[i].config.local, &c->local); i++)
		;
	if (i == SIP_AGENTS_MAX)
		return -ENOSPC;
	a = &s->agent[i];
	if (i == s->agent_count) {
		a->stack = s;
		a->index = i;
		a->config = *c;
		a->config.source_count = 0;
		s->agent_count++;
	}
	if (a->config.source_count + c->source_count > SIP_SOURCES_MAX)
		return -ENOSPC;
	memcpy(&a->config.source[a->config.source_count], c->source, c->source_count * sizeof(c->source[0]));
	a->config.source_count += c->source_count;
	*agent = i;
	return 0;
}

void sip_stack_send(struct sip_stack *s, struct sip_message *m)
{
	if (m == NULL)
		return;
	if (s->started)
		sip_mailbox_put(&s->to_stack, m);
	else
		sip_message_free(m);
}

uint64_t sip_stack_number(struct sip_stack *s)
{
	return s->last_number += 2;
}

struct sip_capture *sip_stack_capture(struct sip_stack *s)
{
	return s->capture;
}

/* ---- the SIP thread ---- */

/* What Sofia has to say about itself: for people who look for a fault in it. */
static void stack_log(void *stream, const char *fmt, va_list ap)
{
	char text[512];
	size_t len;

	(void)stream;
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	len = strcspn(text, "\n");
	text[len] = '\0';
	if (len > 0)
		log_debug("sofia: %s", text);
}

static int stack_wake(su_root_magic_t *magic, su_wait_t *w, su_wakeup_arg_t *arg)
{
	struct sip_stack *s = (struct sip_stack *)(void *)arg;
	struct sip_message *m, *next;

	(void)magic;
	(void)w;
	m = sip_mailbox_take(&s->to_stack);
	if (m) {
		s->late_at_us = clock_mono_us();
		s->late_us = s->late_at_us - m->at_us;
	}
	for (; m; m = next) {
		next = m->next;
		if (m->op == SIP_DO_STOP)
			s->stopping = true;
		else
			sip_stack_do(s, m);
		sip_message_free(m);
	}
	return 0;
}

/* Sofia tells of its sockets nowhere, so it is looked for: UDP, with that address. */
static int udp_socket(const struct sockaddr_storage *local)
{
	struct rlimit limit = { .rlim_cur = 0 };

	(void)getrlimit(RLIMIT_NOFILE, &limit);
	for (int fd = 0; fd < (int)(limit.rlim_cur < UDP_SOCKETS ? limit.rlim_cur : UDP_SOCKETS); fd++) {
		struct sockaddr_storage at = { 0 };
		socklen_t len = sizeof(at), type_len = sizeof(int);
		int type;

		if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_len) == 0 && type == SOCK_DGRAM &&
		    getsockname(fd, (struct sockaddr *)&at, &len) == 0 && address_same(&at, local))
			return fd;
	}
	return -1;
}

bool sip_agent_full(struct sip_agent *a)
{
	uint32_t mem[SK_MEMINFO_VARS] = { 0 };
	socklen_t len = sizeof(mem);

	if (a->udp < 0 || getsockopt(a->udp, SOL_SOCKET, SO_MEMINFO, mem, &len) != 0)
		return false;
	counter_add(&a->stack->counters[SIP_COUNT_DROPPED], mem[SK_MEMINFO_DROPS] - a->dropped);
	a->dropped = mem[SK_MEMINFO_DROPS];
	return mem[SK_MEMINFO_RMEM_ALLOC] > UDP_FULL;
}

static int agent_open(struct sip_agent *a)
{
	struct sip_stack *s = a->stack;
	char host[ADDRESS_SIZE], url[ADDRESS_SIZE + 8];
	int err = sip_capture_file(s->capture, &a->config.local, a->dump, sizeof(a->dump));

	if (err)
		return err;
	address_format(&a->config.local, host, sizeof(host));
	(void)snprintf(url, sizeof(url), "sip:%s", host); /* UDP and TCP */
	a->nua = nua_create(s->root, sip_stack_event, a, NUTAG_URL(url), NUTAG_MEDIA_ENABLE(0), NUTAG_AUTOALERT(0),
	                    NUTAG_AUTOANSWER(0), NUTAG_AUTOACK(1), NUTAG_EARLY_MEDIA(1), NUTAG_ONLY183_100REL(1),
	                    NUTAG_AUTO302(0), NUTAG_AUTO305(0), NUTAG_RETRY_COUNT(0), NUTAG_SESSION_TIMER(0),
	                    NUTAG_MIN_SE(SIP_MIN_SE_S), NUTAG_UPDATE_REFRESH(1), NUTAG_APPL_METHOD("UPDATE, OPTIONS, INFO"),
	                    NUTAG_DETECT_NETWORK_UPDATES(0), SIPTAG_ALLOW_STR(METHODS), SIPTAG_SUPPORTED_STR("100rel, timer"),
	                    SIPTAG_USER_AGENT_STR("Partyline"), NTATAG_UDP_MTU(UDP_MOST), NTATAG_USE_NAPTR(0), NTATAG_USE_SRV(0),
	                    NTATAG_CANCEL_2543(0), NTATAG_PASS_100(1), TPTAG_TOS(a->config.dscp << 2), TPTAG_UDP_RMEM(UDP_BUFFER),
	                    TPTAG_DUMP(a->dump), TAG_END());
	a->udp = udp_socket(&a->config.local);
	if (a->nua)
		return 0;
	log_error("%s cannot be opened for UDP and TCP: %s", host, errno ? strerror(errno) : "refused");
	return errno ? -errno : -EADDRINUSE;
}

static int stack_open(struct sip_stack *s)
{
	su_wait_t wait[1];
	int err = 0;

	if (su_init() != 0)
		return -ENOMEM;
	su_log_redirect(su_log_default, stack_log, NULL);
	s->root = su_root_create(NULL);
	if (s->root == NULL)
		return -ENOMEM;
	su_root_threading(s->root, 0);
	if (su_wait_create(wait, s->to_stack.wake, SU_WAIT_IN) != 0 ||
	    su_root_register(s->root, wait, stack_wake, (su_wakeup_arg_t *)(void *)s, 0) < 0)
		return -ENOMEM;
	for (unsigned i = 0; !err && i < s->agent_count; i++)
		err = agent_open(&s->agent[i]);
	return err;
}

/* What is still there is ended by Sofia itself; it has little time. */
static void stack_close(struct sip_stack *s)
{
	int64_t until = clock_mono_us() + STOP_US;
	bool down = false;

	if (s->root == NULL)
		return;
	for (unsigned i = 0; i < s->agent_count; i++) {
		if (s->agent[i].nua)
			nua_shutdown(s->agent[i].nua);
		else
			s->agent[i].down = true;
	}
	while (!down && clock_mono_us() < until) {
		(void)su_root_step(s->root, STOP_MS);
		down = true;
		for (unsigned i = 0; i < s->agent_count; i++)
			down = down && s->agent[i].down;
	}
	sip_stack_drop_calls(s);
	for (unsigned i = 0; i < s->agent_count; i++)
		if (s->agent[i].nua)
			nua_destroy(s->agent[i].nua);
	su_root_destroy(s->root);
	s->root = NULL;
	su_deinit();
}

static void count_dropped(struct sip_stack *s)
{
	int64_t now_us = clock_mono_us();

	if (now_us - s->counted_us < CLOCK_MS(STEP_MS))
		return;
	s->counted_us = now_us;
	for (unsigned i = 0; i < s->agent_count; i++)
		(void)sip_agent_full(&s->agent[i]);
}

static void *stack_main(void *arg)
{
	struct sip_stack *s = arg;

	s->start_err = stack_open(s);
	(void)sem_post(&s->ready);
	while (!s->start_err && !s->stopping) {
		(void)su_root_step(s->root, STEP_MS);
		sip_capture_drain(s->capture);
		count_dropped(s);
	}
	stack_close(s);
	return NULL;
}

int sip_stack_start(struct sip_stack *s)
{
	int err;

	MAGIC_CHECK(s, SIP_STACK_MAGIC);
	err = pthread_create(&s->thread, NULL, stack_main, s);
	if (err)
		return -err;
	(void)pthread_setname_np(s->thread, "sip");
	s->started = true;
	while (sem_wait(&s->ready) != 0)
		;
	return s->start_err;
}

void sip_stack_free(struct sip_stack *s)
{
	if (s == NULL)
		return;
	MAGIC_CHECK(s, SIP_STACK_MAGIC);
	if (s->started) {
		sip_stack_send(s, sip_message_new(SIP_DO_STOP, 0));
		(void)pthread_join(s->thread, NULL);
	}
	if (s->to_control.last)
		loop_fd_del(s->loop, s->to_control.wake);
	sip_mailbox_free(&s->to_stack);
	sip_mailbox_free(&s->to_control);
	sip_capture_free(s->capture);
	(void)sem_destroy(&s->ready);
	s->magic = MAGIC_DEAD;
	free(s);
}
