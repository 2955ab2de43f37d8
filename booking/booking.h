/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * booking/booking.h - conferences booked for a time: made, looked at, changed and cancelled. What becomes of one when its time
 * has come is booking/run.h.
 *
 * Blocking: workers and the command line. Numbers are canonical (route/number.h), times UTC us given by the caller, who stands in
 * the audit trail. A booking keeps the time on the wall and its zone, so that 09:00 is 09:00 whatever the clocks do until then.
 *
 *   active -> begun      its (last) time has come: no change any more
 *          -> cancelled
 *   begun  -> done
 */
#ifndef BOOKING_BOOKING_H
#define BOOKING_BOOKING_H

#include "booking/schedule.h"
#include "core/random.h"
#include "store/store.h"

#define BOOKING_PARTIES_MAX  63                     /* CHARGE_LEGS_MAX less the host */
#define BOOKING_ZONE_MAX     40                     /* ZONE_NAME_MAX of billing/rating_zone.h */
#define BOOKING_REDIALS_MAX  99                     /* three days, hourly, are 72 */
#define BOOKING_INTERVAL_MIN 5
#define BOOKING_INTERVAL_MAX (7 * 86400)
#define BOOKING_LENGTH_MAX   (7 * 86400)
#define BOOKING_AHEAD_MAX_S  (INT64_C(10) * 366 * 86400)

enum booking_state { BOOKING_ACTIVE, BOOKING_BEGUN, BOOKING_DONE, BOOKING_CANCELLED };

struct booking_party {
	char number[33], name[64]; /* name: who it is, to whoever looks at the booking; "": not told */
};

struct booking {
	char     id[ID_SIZE];
	char     host[33];            /* a live number of the account that pays */
	char     service[33];         /* the service number it is called from; "": the node's first */
	char     language[8];         /* "": the account's */
	char     zone[BOOKING_ZONE_MAX + 1];
	struct booking_schedule when;
	unsigned length_s;            /* from the planned start to the end; 0: until they hang up */
	unsigned redials, interval_s; /* of the host, and of each party */
	unsigned music;               /* the background track that begins with the room; 0: none */
	unsigned party_count;
	struct booking_party party[BOOKING_PARTIES_MAX];
	/* the store's */
	int64_t  account_id, provider_id;
	enum booking_state state;
	unsigned version;             /* one more with each change */
	int64_t  next_utc_us;         /* its next start; 0: there is none any more */
};

/* Fills in the store's fields of *b; its id is the client's, so that a repeated one is one. -ENOENT no account has the host's
 * number; -EINVAL something in it is not allowed (no such zone, the host among the parties, a party twice); -ETIME it would never
 * begin, or in more than ten years; -EEXIST the id is another booking's. */
int booking_add(struct store *s, struct booking *b, const char *who, int64_t at_utc_us);
int booking_find(struct store *s, const char *id, struct booking *b); /* -ENOENT */
/* In order of their next start, then of making; host NULL: everybody's; all: those that are over as well. each may
 * return 1 to stop, or a negative errno. */
int booking_each(struct store *s, const char *host, bool all, int (*each)(void *arg, const struct booking *b), void *arg);

/* A part of them, for pages: of one account or one provider. Upcoming ones (active, begun) by their next start, others and all by
 * their first one, the latest first. */
enum booking_when { BOOKING_UPCOMING, BOOKING_PAST, BOOKING_ALL };
struct booking_filter {
	int64_t           account_id, provider_id; /* 0: any */
	const char       *host;                    /* NULL: any */
	enum booking_when when;
	int64_t           after;                   /* booking_order() of the last one seen, with its id */
	const char       *after_id;                /* "": from the beginning */
	unsigned          limit;
};
int     booking_list(struct store *s, const struct booking_filter *f, int (*each)(void *arg, const struct booking *b), void *arg);
int64_t booking_order(const struct booking *b, enum booking_when when);

/* Both as long as it has not begun: -EBUSY it has, and goes on; -ENOENT; -ESRCH it is over or cancelled; -ESTALE somebody else
 * has changed it since: its version is not b->version. Others as booking_add(). A repeating one has begun from each start until
 * that conference is over. */
int booking_change(struct store *s, struct booking *b, const char *who, int64_t at_utc_us);
int booking_cancel(struct store *s, const char *id, const char *who, int64_t at_utc_us);

const char *booking_state_name(enum booking_state s);
const char *booking_repeat_name(enum booking_repeat r);

#endif
