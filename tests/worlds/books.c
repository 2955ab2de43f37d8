/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tests/worlds/books.c - money by hand, and the audit that every world ends with. */
#include "billing/account.h"
#include "billing/reconcile.h"
#include "tests/worlds/world.h"

static int tell(void *arg, const struct reconcile_finding *f)
{
	(void)arg;
	if (f && f->discrepancy)
		world_fail(__FILE__, __LINE__, "audit: %s: %s: %s: %lld expected, %lld found", f->check, f->object, f->text,
		           (long long)f->expected_e4, (long long)f->found_e4);
	return 0;
}

void expect_the_books_agree(struct world *w)
{
	/* nothing may come later */
	struct reconcile r = { .now_utc_us = clock_utc_us() + RECONCILE_NODE_US + CLOCK_SEC(1), .each = tell };
	struct store *s = world_store(w);

	CHECK_INT(reconcile(s, &r), 0);
	store_close(s);
}

void recharge(struct world *w, const char *number, int64_t e4)
{
	struct store *s = world_store(w);
	char id[ID_SIZE];

	random_id(id);
	CHECK_INT(account_topup(s, id, number, e4, "operator@world", clock_utc_us()), 0);
	store_close(s);
}
