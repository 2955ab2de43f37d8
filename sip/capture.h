/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sip/capture.h - the SIP messages of the last while, as they were on the wire: for `partyline trace`.
 *
 * A ring of SIP_CAPTURE_MESSAGES messages and SIP_CAPTURE_OCTETS octets; the oldest go. What Sofia reads and writes is dumped by
 * it into a file in memory (TPTAG_DUMP), which the SIP thread empties into the ring after each turn. A message of TCP is one
 * piece as it was read or written. Sofia leaves out the body of what it sends: the SIP thread says beforehand what that is.
 *
 * Any thread: a mutex, which only the SIP thread and `partyline trace` ever want.
 */
#ifndef SIP_CAPTURE_H
#define SIP_CAPTURE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define SIP_CAPTURE_MESSAGES 16384
#define SIP_CAPTURE_OCTETS   (16u << 20)
#define SIP_CAPTURE_CALL_ID  128 /* a longer Call-ID is cut */

struct sip_captured {
	int64_t                 utc_us;
	bool                    sent, tcp;
	struct sockaddr_storage local, peer;
	char                    call_id[SIP_CAPTURE_CALL_ID];
	size_t                  len;
	char                   *text; /* len octets and a zero */
};

struct sip_capture;

int  sip_capture_alloc(struct sip_capture **cp);
void sip_capture_free(struct sip_capture *c);
/* A file for Sofia's dump of one agent: its name in name; local: the agent's address. -ENOSPC, memfd_create's errors. */
int  sip_capture_file(struct sip_capture *c, const struct sockaddr_storage *local, char *name, size_t size);
void sip_capture_body(struct sip_capture *c, const char *call_id, const char *body); /* SIP thread: is about to be sent */
void sip_capture_drain(struct sip_capture *c); /* SIP thread: out of the files into the ring */
/* Those of any of the Call-IDs, oldest first; copies, freed with sip_captured_free(). Returns how many, at most max. */
unsigned sip_capture_find(struct sip_capture *c, const char *const *call_id, unsigned count, struct sip_captured *out,
                          unsigned max);
void sip_captured_free(struct sip_captured *m, unsigned count);
/* As a pcap file with UDP and IP headers made for it (tshark reads SIP on any port by `-d udp.port==5060,sip`). Negative
 * errno. */
int  sip_captured_pcap(const struct sip_captured *m, unsigned count, FILE *out);

#endif
