/* SPDX-License-Identifier: GPL-2.0-or-later */
/* office/tariff_of.h - what the files about tariffs and their CSV share. */
#ifndef OFFICE_TARIFF_OF_H
#define OFFICE_TARIFF_OF_H

#include "billing/tariff.h"
#include "office/request.h"

/* The path's tariff is one of the session's provider. False after an answer. */
bool tariff_of_path(struct request *r);

/* The body is imported, or (?dry_run=true) only checked; answers. */
void answer_import(struct request *r, enum csv_kind kind, const char *name);
void answer_export(struct request *r, enum csv_kind kind, const char *name, int64_t at_utc_us);

#endif
