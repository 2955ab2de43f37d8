/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/worlds/care.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "billing/card_key.h"
#include "billing/card_make.h"
#include "billing/card_state.h"
#include "billing/password.h"
#include "tests/tmp.h"

static void care_options(struct node_options *o, void *arg)
{
	const struct care *c = arg;

	o->cards = c->config;
	o->service[1] = (struct ivr_service){ .kind = IVR_SELFCARE_NUMBER, .language = PROMPT_ZH_CN };
	CHECK_INT(number_canonical(&o->numbers, CARE, 0, 1, o->service[1].number), 0);
	o->service_count = 2;
}

void care_open(struct care *c, unsigned spans)
{
	struct world_setup setup = { .options = care_options, .arg = c, .spans = spans };
	unsigned id;

	memset(c, 0, sizeof(*c));
	tests_tmp(c->dir, sizeof(c->dir), "world");
	CHECK(mkdtemp(c->dir) != NULL);
	card_config_default(&c->config);
	(void)snprintf(c->config.key_file, sizeof(c->config.key_file), "%s/keys", c->dir);
	CHECK_INT(card_keys_add(c->config.key_file, &id), 0);
	c->w = world_open(&setup);
}

void care_close(struct care *c)
{
	char cmd[100];

	world_close(c->w);
	(void)snprintf(cmd, sizeof(cmd), "rm -rf %s", c->dir);
	CHECK_INT(system(cmd), 0);
}

/* What the printer has: a line a card, "serial,number". */
static void care_read_cards(struct care *c, const char *sealed, const char *printer)
{
	char *text, *line, *rest;
	unsigned n = 0;
	size_t len;

	CHECK_INT(card_unseal(sealed, printer, &text, &len), 0);
	for (rest = text; (line = strsep(&rest, "\n")) != NULL;)
		if (line[0] != '#' && strchr(line, ',') && n < CARDS)
			(void)snprintf(c->card[n++], sizeof(c->card[0]), "%s", strchr(line, ',') + 1);
	CHECK_INT(n, CARDS);
	free(text);
}

void care_cards(struct care *c)
{
	static const enum card_state to[] = { CARD_PRINTED, CARD_DELIVERED, CARD_ACTIVATED };
	char printer[80], public[90], out[90];
	struct card_make m = { .name = "may", .count = CARDS, .value_e4 = CARD_E4, .who = "operator@world" };
	struct card_change g = { .name = "may", .who = "operator@world", .at_utc_us = clock_utc_us() };
	struct store *s = world_store(c->w);

	(void)snprintf(printer, sizeof(printer), "%s/printer", c->dir);
	(void)snprintf(public, sizeof(public), "%s.pub", printer);
	(void)snprintf(out, sizeof(out), "%s/may", c->dir);
	CHECK_INT(card_printer_make(printer), 0);
	m.expires_utc_us = clock_utc_us() + CLOCK_SEC(365 * 86400);
	m.at_utc_us = clock_utc_us();
	m.key_file = c->config.key_file;
	m.printer_file = public;
	m.out = out;
	CHECK_INT(card_make(s, &m), 0);
	for (unsigned i = 0; i < ARRAY_LEN(to); i++) {
		g.to = to[i];
		CHECK_INT(card_batch_change(s, &g), 0);
	}
	store_close(s);
	care_read_cards(c, out, printer);
}

void care_password(struct care *c, const char *number, const char *password)
{
	struct store *s = world_store(c->w);

	CHECK_INT(password_set(s, number, password, "operator@world", clock_utc_us()), 0);
	store_close(s);
}

/* ---- the dialogue ---- */

void he_dials(struct care *c, const char *phone)
{
	he_dials_with(c, phone, "");
}

void he_dials_with(struct care *c, const char *phone, const char *more)
{
	c->call = phone_dials_with(c->w, phone, CARE, more);
	c->lang = strcmp(phone, OTHER) == 0 ? PROMPT_EN : PROMPT_ZH_CN;
	(void)expect_event(c->w, c->call, "answer", 2);
}

void he_hears(struct care *c, const char *prompt)
{
	expect_hears(c->w, c->call, c->lang, prompt, 40);
}

void he_keys(struct care *c, const char *keys, const char *then_hears)
{
	phone_keys(c->w, c->call, keys);
	world_run(c->w, 0.3);
	if (then_hears)
		he_hears(c, then_hears);
}

void he_keys_number(struct care *c, const char *number, const char *then_hears)
{
	char keys[40];

	(void)snprintf(keys, sizeof(keys), "%s#", number);
	he_keys(c, keys, then_hears);
}

bool he_has_heard(struct care *c, const char *prompt)
{
	return hears(c->w, c->call, c->lang, prompt, 0);
}

void he_hangs_up(struct care *c)
{
	phone_hangs_up(c->w, c->call);
	world_run(c->w, 2);
}

void he_is_cleared(struct care *c, double seconds)
{
	expect_hangup(c->w, c->call, 16, seconds);
}
