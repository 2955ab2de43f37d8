/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "billing/audit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int billing_audit(struct store_conn *c, const struct audit_entry *e)
{
	const char *who = e->who ? e->who : "", *at = strrchr(who, '@');
	char name[AUDIT_WHO_SIZE];
	int err;

	(void)snprintf(name, sizeof(name), "%.*s", (int)(at ? at - who : (long)strlen(who)), who);
	err = store_exec(c, NULL,
	                 "INSERT INTO audit (id, who, origin, what, subject, before_text, after_text, at) VALUES "
	                 "(?, LEFT(?, 64), LEFT(?, 64), ?, LEFT(?, 64), ?, ?, ?)",
	                 "ssssssst", e->id, name, at ? at + 1 : "", e->what, e->subject, e->before, e->after, e->at_utc_us);
	return err == -EEXIST ? 0 : err;
}

int billing_audited(struct store_conn *c, const char *id)
{
	int64_t count;
	int err = store_query_int(c, &count, "SELECT COUNT(*) FROM audit WHERE id = ?", "s", id);

	return err ? err : count > 0;
}
