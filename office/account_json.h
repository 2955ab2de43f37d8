/* SPDX-License-Identifier: GPL-2.0-or-later */
/* office/account_json.h - what a subscriber and an operator are shown of an account alike. */
#ifndef OFFICE_ACCOUNT_JSON_H
#define OFFICE_ACCOUNT_JSON_H

#include "billing/account_edit.h"
#include "office/request.h"

/* Those it has now, the oldest first: a list of texts. */
int  account_numbers_now(struct request *r, int64_t account_id, json_t **list);
/* Answers with a page of its movements, the latest first, each with the balance after it. */
void ledger_answer(struct request *r, int64_t account_id);
/* All of it or nothing. False after an answer; e->wanted gives its own. */
bool edit_account(struct request *r, const struct account_edit *e);
/* False after an answer (422): it is no password (billing/password.h). */
bool password_good(struct request *r, const char *password, const char *number, const char *where);

#endif
