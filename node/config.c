/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node/config.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "billing/card_key.h"
#include "booking/zone.h"
#include "core/address.h"
#include "node/config_internal.h"

bool node_config_word(const char *s)
{
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && *s != '-' && *s != '_')
			return false;
	return true;
}

void where_in(char out[CONFIG_PATH_MAX], const char *list, unsigned i, const char *name)
{
	(void)snprintf(out, CONFIG_PATH_MAX, "%s[%u].%s", list, i, name);
}

static void check_pseudowire(struct check *k, unsigned i)
{
	const struct e1_span_config *s = &k->c->options.span[i].e1;
	char where[CONFIG_PATH_MAX];

	where_in(where, "spans", i, "local");
	if (s->local.ss_family == 0)
		WRONG(k, where, "a pseudowire needs our address and port, such as 127.0.0.1:40001");
	else if (s->peer.ss_family && address_same(&s->local, &s->peer))
		WRONG(k, where, "is the same as peer");
	else if (s->peer.ss_family && s->local.ss_family != s->peer.ss_family)
		WRONG(k, where, "is not of the same family as peer");
	for (unsigned j = 0; s->local.ss_family && j < i; j++)
		if (k->c->options.span[j].e1.transport == E1_PSEUDOWIRE &&
		    address_same(&s->local, &k->c->options.span[j].e1.local))
			WRONG(k, where, "is that of span %s too", k->c->options.span[j].e1.name);
	where_in(where, "spans", i, "peer");
	if (s->peer.ss_family == 0)
		WRONG(k, where, "a pseudowire needs the other end's address and port, such as 127.0.0.1:40002");
}

static void check_dahdi(struct check *k, unsigned i)
{
	const struct e1_span_config *s = &k->c->options.span[i].e1;
	char where[CONFIG_PATH_MAX];

	where_in(where, "spans", i, "dahdi_span");
	if (s->dahdi_span == 0)
		WRONG(k, where, "the span's number is needed, from 1 (see dahdi_scan)");
	for (unsigned j = 0; s->dahdi_span && j < i; j++)
		if (k->c->options.span[j].e1.transport == E1_DAHDI && k->c->options.span[j].e1.dahdi_span == s->dahdi_span)
			WRONG(k, where, "is that of span %s too", k->c->options.span[j].e1.name);
}

void check_own_numbers(struct check *k, const char *list, unsigned i, bool *own, struct number_rules *rules)
{
	const struct number_rules *node = &k->c->options.numbers;
	char where[CONFIG_PATH_MAX];
	const char *wrong;

	where_in(where, list, i, "numbers");
	*own = config_given(k->file, where);
	for (const struct config_field *d = number_rules_table; d->name; d++) {
		size_t size = d->type == CONFIG_STRINGS ? d->size * (size_t)d->max : d->size;

		(void)snprintf(where, sizeof(where), "%s[%u].numbers.%s", list, i, d->name);
		if (!config_given(k->file, where))
			memcpy((char *)rules + d->offset, (const char *)node + d->offset, size);
	}
	rules->npi = node->npi;
	wrong = number_rules_check(rules);
	if (wrong && *own) {
		where_in(where, list, i, "numbers");
		WRONG(k, where, "%s", wrong);
	}
}

static void check_spans(struct check *k)
{
	struct node_options *o = &k->c->options;

	if (o->span_count == 0 && o->trunk_count == 0)
		WRONG(k, "spans", "at least one span, or one of trunks, is needed");
	for (unsigned i = 0; i < o->span_count; i++) {
		const struct e1_span_config *s = &o->span[i].e1;
		char where[CONFIG_PATH_MAX];

		where_in(where, "spans", i, "name");
		if (!node_config_word(s->name))
			WRONG(k, where, "\"%s\" is not made of letters, digits, - and _", s->name);
		for (unsigned j = 0; j < i; j++)
			if (strcmp(o->span[j].e1.name, s->name) == 0)
				WRONG(k, where, "there are two spans \"%s\"", s->name);
		where_in(where, "spans", i, "los_clear_ms");
		if (s->los_clear_ms < s->los_alarm_ms)
			WRONG(k, where, "is less than los_alarm_ms");
		check_own_numbers(k, "spans", i, &o->span[i].own_numbers, &o->span[i].numbers);
		if (s->transport == E1_PSEUDOWIRE)
			check_pseudowire(k, i);
		else
			check_dahdi(k, i);
	}
}

/* Service numbers are written as the exchange sends them, and compared in canonical form. */
static void check_services(struct check *k)
{
	struct node_options *o = &k->c->options;

	if (o->service_count == 0)
		WRONG(k, "services", "at least one service is needed");
	for (unsigned i = 0; i < o->service_count; i++) {
		struct ivr_service *s = &o->service[i];
		char where[CONFIG_PATH_MAX], canonical[NUMBER_MAX + 1];

		where_in(where, "services", i, "number");
		if (number_canonical(&o->numbers, s->number, NUMBER_UNKNOWN, NUMBER_NPI_E164, canonical) != 0) {
			WRONG(k, where, "\"%s\" is no number in this dialling plan (numbers.short_codes, numbers.local)",
			      s->number);
			continue;
		}
		(void)snprintf(s->number, sizeof(s->number), "%s", canonical);
		for (unsigned j = 0; j < i; j++)
			if (strcmp(o->service[j].number, canonical) == 0)
				WRONG(k, where, "there are two services with this number");
	}
}

static bool readable(const char *path)
{
	return access(path, R_OK) == 0;
}

static void check_sounds(struct check *k)
{
	static const char *const dirs[] = { "build/sounds", "/usr/local/share/partyline/sounds", "/usr/share/partyline/sounds" };
	struct node_options *o = &k->c->options;
	bool given = config_given(k->file, "sounds.music");
	unsigned kept = 0;

	for (unsigned i = 0; o->sounds_dir[0] == '\0' && i < ARRAY_LEN(dirs); i++)
		if (readable(dirs[i]) || i + 1 == ARRAY_LEN(dirs))
			(void)snprintf(o->sounds_dir, sizeof(o->sounds_dir), "%s", dirs[i]);
	if (!readable(o->sounds_dir))
		WRONG(k, "sounds.dir", "%s: %s", o->sounds_dir, strerror(errno));
	for (unsigned i = 0; i < o->service_count; i++) {
		char where[CONFIG_PATH_MAX];

		(void)snprintf(where, sizeof(where), "services[%u].sounds", i);
		if (o->service[i].sounds[0] && !readable(o->service[i].sounds))
			WRONG(k, where, "%s: %s", o->service[i].sounds, strerror(errno));
	}
	for (unsigned i = 0; i < o->music_count; i++) {
		char where[CONFIG_PATH_MAX], path[sizeof(o->music[0])];

		(void)snprintf(path, sizeof(path), "%s", o->music[i]);
		(void)snprintf(where, sizeof(where), "sounds.music[%u]", i);
		if (readable(path))
			memcpy(o->music[kept++], path, sizeof(path));
		else if (given)
			WRONG(k, where, "%s: %s", path, strerror(errno));
	}
	o->music_count = kept;
}

/* May something be made there? 0 or negative errno. */
static int parent_writable(const char *path)
{
	char parent[256];
	char *slash;

	(void)snprintf(parent, sizeof(parent), "%s", path);
	slash = strrchr(parent, '/');
	if (slash == NULL)
		(void)snprintf(parent, sizeof(parent), ".");
	else
		slash[slash == parent] = '\0';
	return access(parent, W_OK | X_OK) == 0 ? 0 : -errno;
}

static void check_places(struct check *k)
{
	const char *journal = k->c->options.journal_dir, *control = k->c->settings.control.socket;
	struct stat st;
	int err = 0;

	if (stat(journal, &st) != 0) /* made at the start when only it is missing */
		err = errno == ENOENT ? parent_writable(journal) : -errno;
	else if (!S_ISDIR(st.st_mode))
		err = -ENOTDIR;
	else if (access(journal, W_OK | X_OK) != 0)
		err = -errno;
	if (err)
		WRONG(k, "journal.dir", "%s: %s", journal, strerror(-err));
	err = control[0] ? parent_writable(control) : 0;
	if (err)
		WRONG(k, "control.socket", "%s cannot be made: %s", control, strerror(-err));
}

/* store_open() connects at the first use only, but looks at the password file at once. */
static int try_password_file(const struct store_config *config)
{
	struct store *s;
	int err = store_open(&s, config);

	if (!err)
		store_close(s);
	return err;
}

static void check_database(struct check *k)
{
	struct store_config *s = &k->c->options.store;
	int err;

	*s = k->c->settings.database;
	s->connections = k->c->options.workers;
	err = try_password_file(s);
	if (s->socket[0] == '\0' && s->host[0] == '\0')
		WRONG(k, "database.host", "either socket or host is needed");
	if (err)
		WRONG(k, "database.password_file", "%s: %s", s->password_file,
		      err == -EACCES ? "cannot be read, or group or others can read it too" : strerror(-err));
}

/* Read at each redemption (billing/card_key.h); here only to say at once what is wrong with it. */
static void check_cards(struct check *k)
{
	struct card_config *o = &k->c->options.cards;
	const struct settings_cards *c = &k->c->settings.cards;
	struct card_keys keys;
	int err;

	(void)snprintf(o->key_file, sizeof(o->key_file), "%s", c->key_file);
	o->caller = (struct card_limit){ c->caller_failures, c->caller_window_us };
	o->account = (struct card_limit){ c->account_failures, c->account_window_us };
	o->trunk = (struct card_limit){ c->trunk_failures, c->trunk_window_us };
	o->all = (struct card_limit){ c->all_failures, c->all_window_us };
	if (o->key_file[0] == '\0')
		return;
	err = card_keys_load(&keys, o->key_file);
	card_keys_wipe(&keys);
	if (err)
		WRONG(k, "cards.key_file", "%s: %s", o->key_file,
		      err == -EACCES    ? "cannot be read, or group or others can read it too"
		      : err == -EBADMSG ? "is no key file"
		                        : strerror(-err));
}

static void check_bookings(struct check *k)
{
	struct booking_zone *z;

	if (booking_zone_load(&z, k->c->booking_zone) != 0)
		WRONG(k, "bookings.zone", "\"%s\" is no time zone", k->c->booking_zone);
	else
		booking_zone_free(z);
}

static void check_rest(struct check *k)
{
	const struct node_options *o = &k->c->options;
	const char *wrong = number_rules_check(&o->numbers);

	if (!node_config_word(o->name))
		WRONG(k, "node.name", "\"%s\" is not made of letters, digits, - and _", o->name);
	if (wrong)
		WRONG(k, "numbers", "%s", wrong);
	else
		check_services(k);
}

static int config_complete(struct config_file *f, struct node_config **cp)
{
	struct node_config *c = calloc(1, sizeof(*c));
	struct check k = { .file = f, .c = c };
	int err;

	if (c == NULL)
		return -ENOMEM;
	node_options_default(&c->options); /* what the tables do not say */
	err = config_read(f, node_config_table, false, c);
	if (err != -ENOMEM) {
		check_rest(&k);
		check_spans(&k);
		check_trunks(&k);
		node_config_check_routes(f, &c->options);
		check_sounds(&k);
		check_places(&k);
		check_bookings(&k);
		check_database(&k);
		check_cards(&k);
		err = config_errors(f) ? -EINVAL : err;
	}
	if (err)
		node_config_free(c);
	else
		*cp = c;
	return err;
}

int node_config_parse(const char *name, const char *text, size_t len, struct node_config **cp, FILE *errors)
{
	struct config_file *f;
	int err = config_parse(&f, name, text, len, errors);

	if (err)
		return err;
	err = config_complete(f, cp);
	config_close(f);
	return err;
}

int node_config_load(const char *path, struct node_config **cp, FILE *errors)
{
	struct config_file *f;
	int err = config_open(&f, path, errors);

	if (err)
		return err;
	err = config_complete(f, cp);
	config_close(f);
	return err;
}

void node_config_free(struct node_config *c)
{
	if (c == NULL)
		return;
	explicit_bzero(c, sizeof(*c)); /* it may hold the database's password */
	free(c);
}
