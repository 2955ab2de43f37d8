/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SIP messages kept for `partyline trace`: out of Sofia's dump, bodies put back, bounded, found, written as pcap. And messages
 * between threads. */
#include "sip/capture.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "sip/message.h"

#define ID "a84b4c76e66710@10.0.0.5"

struct dump {
	struct sip_capture *c;
	FILE               *out; /* as Sofia opens it */
};

static void dump_begin(struct dump *d)
{
	struct sockaddr_storage local = { 0 };
	struct sockaddr_in *a = (void *)&local;
	char name[32];

	a->sin_family = AF_INET;
	a->sin_port = htons(5060);
	assert_int_equal(inet_pton(AF_INET, "10.0.0.1", &a->sin_addr), 1);
	assert_int_equal(sip_capture_alloc(&d->c), 0);
	assert_int_equal(sip_capture_file(d->c, &local, name, sizeof(name)), 0);
	d->out = fopen(name, "ab");
	assert_non_null(d->out);
	fprintf(d->out, "dump started at some time\n\n");
}

static void dump_end(struct dump *d)
{
	fclose(d->out);
	sip_capture_free(d->c);
}

static void dump_message(struct dump *d, const char *how, size_t claimed, const char *text)
{
	fprintf(d->out, "%s %zu bytes %s udp/[10.0.0.5]:5070 at 10:11:12.131415:\n%s\v\n", how, claimed,
	        how[0] == 's' ? "to" : "from", text);
	fflush(d->out);
}

static unsigned find(struct dump *d, const char *id, struct sip_captured *m, unsigned max)
{
	sip_capture_drain(d->c);
	return sip_capture_find(d->c, &id, 1, m, max);
}

static void test_what_came_and_went(void **state)
{
	static const char invite[] = "INVITE sip:12599@10.0.0.1 SIP/2.0\r\nCall-ID: " ID "\r\nContent-Length: 5\r\n\r\nv=0\r\n";
	static const char ok[] = "SIP/2.0 200 OK\r\ni : " ID "\r\nContent-Length: 7\r\n\r\n";
	static const char other[] = "OPTIONS sip:10.0.0.1 SIP/2.0\r\nCall-ID: another\r\n\r\n";
	struct sip_captured m[8];
	struct dump d;

	(void)state;
	dump_begin(&d);
	dump_message(&d, "recv", strlen(invite), invite);
	dump_message(&d, "recv", strlen(other), other);
	sip_capture_body(d.c, "another", "no: 7.\n");
	sip_capture_body(d.c, ID, "s=seven");
	dump_message(&d, "sent", strlen(ok) + 7, ok); /* Sofia leaves the body out */
	dump_message(&d, "recv", 4, "\r\n\r\n");         /* a keep-alive */
	assert_int_equal(find(&d, ID, m, 8), 2);
	assert_false(m[0].sent);
	assert_string_equal(m[0].text, invite);
	assert_true(m[1].sent);
	assert_int_equal(m[1].len, strlen(ok) + 7);
	assert_string_equal(m[1].text + strlen(ok), "s=seven");
	assert_int_equal(ntohs(((struct sockaddr_in *)(void *)&m[1].peer)->sin_port), 5070);
	sip_captured_free(m, 2);
	assert_int_equal(find(&d, "nobody", m, 8), 0);
	dump_message(&d, "recv", strlen(invite), invite); /* the file goes on */
	assert_int_equal(find(&d, ID, m, 8), 3);
	sip_captured_free(m, 3);
	dump_end(&d);
}

/* A Call-ID is a header's, not what a body or another header says; what is cut or no message at all does no harm. */
static void test_strange_ones(void **state)
{
	static const char body[] = "MESSAGE sip:x SIP/2.0\r\nSubject: Call-ID: " ID "\r\n\r\nCall-ID: " ID "\r\n";
	struct sip_captured m[4];
	struct dump d;

	(void)state;
	dump_begin(&d);
	dump_message(&d, "recv", strlen(body), body);
	dump_message(&d, "recv", 99999999, "SIP/2.0 200 OK\r\nCall-ID: " ID "\r\n\r\n");
	fprintf(d.out, "recv -1 bytes from udp/[x]:y\nrecv 10 bytes\n\v\n\v\n");
	fflush(d.out);
	assert_int_equal(find(&d, ID, m, 4), 0);
	dump_end(&d);
}

static void test_the_oldest_go(void **state)
{
	struct sip_captured *m = calloc(SIP_CAPTURE_MESSAGES + 1, sizeof(*m));
	char text[128];
	struct dump d;
	unsigned n;

	(void)state;
	dump_begin(&d);
	for (unsigned i = 0; i < SIP_CAPTURE_MESSAGES + 100; i++) {
		(void)snprintf(text, sizeof(text), "BYE sip:%u SIP/2.0\r\nCall-ID: %s\r\n\r\n", i, i < 50 ? "early" : ID);
		dump_message(&d, "recv", strlen(text), text);
		if (i % 1000 == 0)
			sip_capture_drain(d.c);
	}
	assert_int_equal(find(&d, "early", m, 8), 0);
	n = find(&d, ID, m, SIP_CAPTURE_MESSAGES + 1);
	assert_int_equal(n, SIP_CAPTURE_MESSAGES);
	assert_non_null(strstr(m[0].text, "BYE sip:100 "));
	sip_captured_free(m, n);
	free(m);
	dump_end(&d);
}

static void test_pcap(void **state)
{
	static const char bye[] = "BYE sip:x SIP/2.0\r\nCall-ID: " ID "\r\n\r\n";
	const unsigned len = sizeof(bye) - 1;
	struct sip_captured m[2];
	struct dump d;
	uint8_t file[256];
	const uint8_t *ip = file + 24 + 16;
	unsigned sum = 0;
	FILE *out = fmemopen(file, sizeof(file), "wb");

	(void)state;
	dump_begin(&d);
	dump_message(&d, "sent", len, bye);
	assert_int_equal(find(&d, ID, m, 2), 1);
	assert_int_equal(sip_captured_pcap(m, 1, out), 0);
	assert_int_equal(ftell(out), 24 + 16 + 28 + len);
	fclose(out);
	sip_captured_free(m, 1);
	dump_end(&d);
	assert_int_equal(ip[0], 0x45);
	assert_int_equal(ip[2] << 8 | ip[3], 28 + len);
	for (unsigned i = 0; i < 20; i += 2)
		sum += (unsigned)ip[i] << 8 | ip[i + 1];
	assert_int_equal((sum & 0xffff) + (sum >> 16), 0xffff); /* RFC 1071 */
	assert_memory_equal(ip + 12, "\x0a\0\0\x01\x0a\0\0\x05", 8);
	assert_int_equal(ip[20] << 8 | ip[21], 5060);
	assert_int_equal(ip[22] << 8 | ip[23], 5070);
	assert_int_equal(ip[24] << 8 | ip[25], 8 + len);
	assert_memory_equal(ip + 28, bye, len);
}

/* ---- messages ---- */

static void test_mailbox_keeps_the_order(void **state)
{
	struct sip_mailbox b;
	struct sip_message *m, *next;
	unsigned n = 0;

	(void)state;
	assert_int_equal(sip_mailbox_init(&b), 0);
	assert_null(sip_mailbox_take(&b));
	for (unsigned i = 1; i <= SIP_MAILBOX_BUSY + 1; i++) {
		assert_int_equal(sip_mailbox_busy(&b), i > SIP_MAILBOX_BUSY + 1);
		sip_mailbox_put(&b, sip_message_new(SIP_EV_BYE, i));
	}
	assert_true(sip_mailbox_busy(&b));
	for (m = sip_mailbox_take(&b); m; m = next) {
		next = m->next;
		assert_int_equal(m->call, ++n);
		sip_message_free(m);
	}
	assert_int_equal(n, SIP_MAILBOX_BUSY + 1);
	assert_false(sip_mailbox_busy(&b));
	m = sip_message_new(SIP_EV_BYE, 1); /* one alone, but nobody takes it */
	m->at_us -= SIP_LATE_US - 1000000;
	sip_mailbox_put(&b, m);
	assert_false(sip_mailbox_busy(&b));
	m->at_us -= 1000001;
	assert_true(sip_mailbox_busy(&b));
	sip_mailbox_put(&b, sip_message_new(SIP_EV_BYE, 1)); /* what is left is freed */
	sip_mailbox_free(&b);
}

static void test_message_is_bounded(void **state)
{
	struct sip_message *m = sip_message_new(SIP_EV_INVITE, 1);

	(void)state;
	sip_message_header(m, "From", "");
	sip_message_header(m, "To", NULL);
	assert_int_equal(m->header_count, 0);
	for (unsigned i = 0; i < SIP_MESSAGE_HEADERS + 5; i++)
		sip_message_header(m, i == 3 ? "Reason" : "X", i == 3 ? "Q.850;cause=17" : "x");
	assert_int_equal(m->header_count, SIP_MESSAGE_HEADERS);
	assert_string_equal(sip_message_find(m, "REASON"), "Q.850;cause=17");
	assert_null(sip_message_find(m, "Via"));
	sip_message_body(m, "a\0b", 3);
	assert_int_equal(m->body_len, 3);
	assert_memory_equal(m->body, "a\0b", 4);
	sip_message_free(m);
	sip_message_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_came_and_went),
		cmocka_unit_test(test_strange_ones),
		cmocka_unit_test(test_the_oldest_go),
		cmocka_unit_test(test_pcap),
		cmocka_unit_test(test_mailbox_keeps_the_order),
		cmocka_unit_test(test_message_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
