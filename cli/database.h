/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cli/database.h - the database behind the commands about accounts, tariffs and records. */
#ifndef CLI_DATABASE_H
#define CLI_DATABASE_H

#include "billing/audit.h"
#include "cli/cli.h"
#include "core/random.h"
#include "store/store.h"

/* Opens it and sees that its schema is this program's. CLI_OK, or the status after a complaint. The connection is made by the
 * first use. */
int  cli_database(struct cli *c);
/* The same without a look at the schema: for migrate. */
int  cli_database_any(struct cli *c);
void cli_database_close(struct cli *c);

/* What an error of store/ or billing/ means: a complaint and the status. what: "account 8613800000001". */
int  cli_database_error(struct cli *c, int err, const char *what);
/* For the audit trail: "cli:anna@192.0.2.7" (billing/audit.h). */
void cli_who(char who[AUDIT_WHO_SIZE]);
/* A row of the audit trail for what a node is about to be asked. Where it cannot be written that is said, and the node is asked
 * all the same: a line must be taken out of service also while there is no database. */
void cli_audit(struct cli *c, const char *what, const char *subject, const char *after);
/* A service number: canonical (s:12599), or as it is dialled. False after a complaint. */
bool cli_service_number(struct cli *c, const char *text, char out[33]);
/* --id of a movement, or a new one. False after a complaint. */
bool cli_movement_id(struct cli *c, char id[ID_SIZE]);

/* The rows of a query as a list of objects, one name a column ("amount_e4:i" a number, "at" a text); at most --limit rows
 * (default_limit). Its SQL ends with LIMIT ? for that. Takes the values of types before it. */
int cli_rows(struct cli *c, json_t **list, const char *const *names, unsigned default_limit, const char *sql, const char *a,
             const char *b);
/* Opens the database and shows the rows of such a query as a table. CLI_OK, or the status after a complaint. */
int cli_show_rows(struct cli *c, const char *const *names, const struct column *columns, const char *empty,
                  unsigned default_limit, const char *sql, const char *a);
/* Shows a list that was filled with this outcome, or complains about it. Takes the list over. what: as cli_database_error(). */
int cli_show_list(struct cli *c, int err, json_t *list, const char *what, const struct column *columns, const char *empty);

#endif
