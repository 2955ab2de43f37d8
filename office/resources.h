/* SPDX-License-Identifier: GPL-2.0-or-later */
/* office/resources.h - what answers requests: one function a route, named as the operation in office/openapi.json, in files named
 * after the resource. */
#ifndef OFFICE_RESOURCES_H
#define OFFICE_RESOURCES_H

struct request;

/* about.c */
void document_get(struct request *r);
void status_get(struct request *r);
/* login.c */
void session_open_post(struct request *r);
void session_get(struct request *r);
void session_delete(struct request *r);
/* events.c */
void events_get(struct request *r);
/* me.c, recharges.c */
void me_get(struct request *r);
void me_change(struct request *r);
void me_password(struct request *r);
void me_ledger(struct request *r);
void me_recharge(struct request *r);
void me_rate(struct request *r);
/* contacts.c, groups.c */
void contacts_list(struct request *r);
void contact_add(struct request *r);
void contact_get(struct request *r);
void contact_change(struct request *r);
void contact_delete(struct request *r);
void groups_list(struct request *r);
void group_add(struct request *r);
void group_get(struct request *r);
void group_change(struct request *r);
void group_delete(struct request *r);
/* bookings.c */
void bookings_list(struct request *r);
void booking_add_post(struct request *r);
void booking_get(struct request *r);
void booking_put(struct request *r);
void booking_delete(struct request *r);
/* conferences.c */
void conferences_list(struct request *r);
void conference_get(struct request *r);
void conference_change(struct request *r);
void conference_end(struct request *r);
void conference_invite(struct request *r);
void conference_party_change(struct request *r);
void conference_drop(struct request *r);
/* calls.c, records.c */
void calls_list(struct request *r);
void call_get(struct request *r);
void records_list(struct request *r);
void records_export(struct request *r);
/* accounts.c, account_money.c, account_care.c */
void accounts_list(struct request *r);
void account_add_post(struct request *r);
void account_get(struct request *r);
void account_change(struct request *r);
void account_ledger_get(struct request *r);
void account_topup_post(struct request *r);
void account_numbers(struct request *r);
void account_number_add_post(struct request *r);
void account_number_end_delete(struct request *r);
void account_password(struct request *r);
void account_unlock(struct request *r);
/* cards.c */
void batches_list(struct request *r);
void batch_get(struct request *r);
void batch_change(struct request *r);
void card_search(struct request *r);
void card_change_patch(struct request *r);
void card_failures(struct request *r);
/* tariffs.c, tariff_files.c, areas.c */
void tariffs_list(struct request *r);
void tariff_get(struct request *r);
void tariff_rates(struct request *r);
void tariff_export_get(struct request *r);
void tariff_import_post(struct request *r);
void tariff_try(struct request *r);
void services_list(struct request *r);
void areas_list(struct request *r);
void areas_import(struct request *r);
void areas_export(struct request *r);
void bars_list(struct request *r);
void bars_import(struct request *r);
void bars_export(struct request *r);
/* nodes.c */
void nodes_list(struct request *r);
void spans_list(struct request *r);
void span_get(struct request *r);
void span_change(struct request *r);
void trunks_list(struct request *r);
void alarms_list(struct request *r);
void counters_list(struct request *r);
/* audit.c */
void audit_trail(struct request *r);
void books_check(struct request *r);

#endif
