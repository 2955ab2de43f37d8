/* SPDX-License-Identifier: GPL-2.0-or-later */
/* office/working_json.h - how an amount comes about, as the API says it (Working in office/openapi.json). */
#ifndef OFFICE_WORKING_JSON_H
#define OFFICE_WORKING_JSON_H

#include "billing/working.h"
#include "office/request.h"

json_t *working_json(const struct office *o, const struct rate *rate, int64_t talk_ms, int64_t answered_utc_us);

#endif
