/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * billing/record.h - call and leg records (rule 25): first into the journal, fsynced; then into the database, once. Control
 * thread.
 */
#ifndef BILLING_RECORD_H
#define BILLING_RECORD_H

#include "billing/billing.h"

struct leg_record { /* times UTC us, 0: did not happen */
	char        leg_id[ID_SIZE], call_id[ID_SIZE];
	int64_t     account_id, provider_id;        /* 0: none */
	const char *role;                            /* trigger, host, member */
	unsigned    order;
	bool        outgoing;
	const char *trunk, *channel;
	unsigned    timeslot, reference, bearer;
	const char *calling, *calling_raw, *called, *called_raw, *redirecting, *redirecting_raw; /* NULL: none */
	unsigned    calling_ton, calling_npi, called_ton, called_npi;
	const char *presentation, *screening;
	int64_t     began_us, alerting_us, answered_us, ended_us, talk_ms;
	int         cause, location;
	bool        by_peer;
	int64_t     tariff_id, price_e4;
	int         tariff_version;
	/* of the sound, where it went in packets; codec NULL or "": it did not (leg/leg.h has the units) */
	const char *codec;
	uint64_t    received, lost;
	unsigned    jitter_us, remote_lost_permille, mos_x100;
	int         round_trip_us;
};

struct call_record {
	char        call_id[ID_SIZE];
	int64_t     account_id, provider_id;
	const char *host, *service;
	const char *booking_id;             /* NULL or "": not booked */
	int64_t     began_us, ended_us;
	int         cause;
};

/* As soon as a leg is answered (after charge_leg_answered), and a call has its hold: into the journal only. Should the node die,
 * the next start makes the record of it: charged to the last checkpoint, cause 41. */
void record_begin_leg(struct billing *b, const struct leg_record *r);
void record_begin_call(struct billing *b, const struct call_record *r);

/* Copied; never fail towards the caller: what the journal cannot take is logged and counted. */
void record_put_leg(struct billing *b, const struct leg_record *r);
void record_put_call(struct billing *b, const struct call_record *r);

#endif
