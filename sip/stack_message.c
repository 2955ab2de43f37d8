/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sip/stack_message.c - what came, in Sofia's form, becomes text for control. SIP thread. */
#include "sip/stack_internal.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_util.h>
#include <sofia-sip/su_alloc.h>

#include "core/magic.h"

#define REFRESH_MAX_S 86400

static void put_typed(struct sip_message *m, su_home_t *home, const char *name, const void *h)
{
	char *text = h ? sip_header_as_string(home, h) : NULL;

	if (text)
		sip_message_header(m, name, text);
}

/* All of them as one list: which one counts is sip/cause.c's to say (RFC 3326 2). */
static void put_reasons(struct sip_message *m, su_home_t *home, const sip_reason_t *r)
{
	char *all = NULL, *text;

	for (; r; r = r->re_next) {
		text = sip_header_as_string(home, (const sip_header_t *)(const void *)r);
		if (text)
			all = all ? su_sprintf(home, "%s, %s", all, text) : text;
	}
	sip_message_header(m, "Reason", all);
}

/* Of those that Sofia does not know somebody looks at these; so no number of others hides them (SIP_MESSAGE_HEADERS). */
static bool looked_at(const char *name)
{
	static const char *const names[] = { "P-Asserted-Identity", "P-Early-Media", "Diversion", "History-Info",
		                             "Remote-Party-ID" };

	for (unsigned i = 0; i < ARRAY_LEN(names); i++)
		if (strcasecmp(names[i], name) == 0)
			return true;
	return false;
}

static void put_headers(struct sip_message *m, const sip_t *sip)
{
	su_home_t home[1] = { SU_HOME_INIT(home) };

	put_typed(m, home, "From", sip->sip_from);
	put_typed(m, home, "Privacy", sip->sip_privacy);
	put_reasons(m, home, sip->sip_reason);
	for (const sip_contact_t *c = sip->sip_contact; c && sip->sip_status; c = c->m_next)
		put_typed(m, home, "Contact", c);
	for (const sip_unknown_t *u = sip->sip_unknown; u; u = u->un_next)
		if (u->un_name && u->un_value && looked_at(u->un_name))
			sip_message_header(m, u->un_name, u->un_value);
	su_home_deinit(home);
	if (sip->sip_retry_after)
		m->retry_after_s = (int)(sip->sip_retry_after->af_delta < 3600 ? sip->sip_retry_after->af_delta : 3600);
	m->reliable = sip->sip_rseq != NULL || sip_has_feature(sip->sip_supported, "100rel") ||
	              sip_has_feature(sip->sip_require, "100rel");
}

/* RFC 4028 7.4: an UPDATE is for who says that it is allowed. Sofia refreshes by UPDATE alone, and ends a call for a 501 to
 * it. */
static int refresh_of(const sip_t *sip)
{
	const sip_session_expires_t *x = sip->sip_session_expires;
	const char *ours = sip->sip_status ? "uac" : "uas";

	if (x == NULL || x->x_delta < SIP_MIN_SE_S || sip->sip_allow == NULL ||
	    sip_is_allowed(sip->sip_allow, sip_method_update, "UPDATE"))
		return 0;
	if (x->x_refresher ? strcasecmp(x->x_refresher, ours) != 0 : sip->sip_status != NULL)
		return 0;
	return (int)(x->x_delta < REFRESH_MAX_S ? x->x_delta : REFRESH_MAX_S);
}

/* The session description in a multipart body (SIP-I sends ISUP beside it): RFC 2046 5.1. */
static const char *part_sdp(const char *body, size_t len, size_t *part_len)
{
	const char *end = body + len, *at = body, *blank, *next;

	while ((at = memmem(at, (size_t)(end - at), "application/sdp", 15)) != NULL) {
		blank = memmem(at, (size_t)(end - at), "\r\n\r\n", 4);
		if (blank == NULL)
			return NULL;
		next = memmem(blank, (size_t)(end - blank), "\r\n--", 4);
		if (next == NULL)
			return NULL;
		*part_len = (size_t)(next - blank) - 4 + 2; /* with the CRLF of its last line */
		return *part_len > 2 ? blank + 4 : NULL;
	}
	return NULL;
}

static bool is_multipart(const char *type)
{
	return strncasecmp(type, "multipart/", 10) == 0;
}

/* A session description, or the keys of an INFO. Others (ISUP alone, pictures of the caller) are as none. */
static void put_body(struct sip_message *m, const sip_t *sip)
{
	const sip_payload_t *p = sip->sip_payload;
	const char *type = sip->sip_content_type ? sip->sip_content_type->c_type : NULL, *part;
	size_t len;

	if (type == NULL || !(is_multipart(type) || strcasecmp(type, SDP_TYPE) == 0 || m->op == SIP_EV_INFO))
		return;
	sip_message_text(&m->content_type, type);
	if (p == NULL || p->pl_data == NULL)
		return;
	part = p->pl_data;
	len = p->pl_len;
	if (is_multipart(type))
		part = part_sdp(p->pl_data, p->pl_len, &len);
	if (part)
		sip_message_body(m, part, len);
}

bool sip_stack_understood(const sip_t *sip)
{
	const char *type = sip->sip_content_type ? sip->sip_content_type->c_type : NULL;
	const sip_content_disposition_t *how = sip->sip_content_disposition;

	if (sip->sip_payload == NULL || sip->sip_payload->pl_len == 0 || (how && how->cd_optional))
		return true;
	for (const sip_content_encoding_t *e = sip->sip_content_encoding; e; e = e->k_next)
		for (unsigned i = 0; e->k_items && e->k_items[i]; i++)
			if (strcasecmp(e->k_items[i], "identity") != 0)
				return false;
	if (type == NULL)
		return false;
	if (sip->sip_request->rq_method == sip_method_info)
		return strcasecmp(type, DTMF_RELAY) == 0 || strcasecmp(type, DTMF_TYPE) == 0;
	return strcasecmp(type, SDP_TYPE) == 0 || is_multipart(type);
}

struct sip_message *sip_stack_message(struct sip_call *c, enum sip_op op, int status, const char *phrase, const sip_t *sip)
{
	struct sip_message *m = sip_message_new(op, c->number);

	if (m == NULL)
		return NULL;
	m->status = status;
	sip_message_text(&m->phrase, phrase);
	m->local = sip == NULL || sip->sip_via == NULL;
	if (sip) {
		put_headers(m, sip);
		put_body(m, sip);
		m->refresh_s = refresh_of(sip);
	}
	return m;
}
