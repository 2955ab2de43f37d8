/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the office says of itself. */
#include <string.h>

#include "office/document.h"
#include "office/json.h"
#include "office/live.h"
#include "office/resources.h"

void document_get(struct request *r)
{
	const char *text = document_text();

	answer_text(r, strdup(text), strlen(text), "application/json");
}

static int alive_tx(struct store_conn *c, void *arg)
{
	int64_t one;

	(void)arg;
	return store_query_int(c, &one, "SELECT 1", "");
}

void status_get(struct request *r)
{
	const struct office_config *k = r->office->config;
	bool database = store_tx(r->office->store, alive_tx, NULL) == 0;
	unsigned nodes, reachable;
	int music_tracks;

	live_count(r->office->live, &nodes, &reachable, &music_tracks);
	answer_json(r, 200,
	            json_pack("{s:s, s:b, s:I, s:I, s:s, s:s, s:[s, s], s:s, s:s, s:o, s:o}", "name", k->name, "database",
	                      database, "nodes", (json_int_t)nodes, "nodes_reachable", (json_int_t)reachable, "currency",
	                      k->currency, "zone", k->zone, "languages", "zh-CN", "en", "country", k->numbers.country, "area",
	                      k->numbers.area, "time", time_json(r->now_utc_us), "music_tracks",
	                      music_tracks < 0 ? json_null() : json_integer(music_tracks)));
}
