/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "office/config.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "booking/zone.h"
#include "core/clock.h"
#include "route/number_table.h"

#define S               CLOCK_SEC(1)
#define AT(member)      CONFIG_AT(struct office_config, member)
#define SECTION         .offset = 0, .size = sizeof(struct office_config)
#define IN_ENTRY(member) CONFIG_AT(struct office_node, member)

static const struct config_choice levels[] = {
	{ "error", LOG_ERROR }, { "warn", LOG_WARN }, { "info", LOG_INFO }, { "debug", LOG_DEBUG }, { NULL, 0 },
};

static const struct config_field office_table[] = {
	{ "name", CONFIG_STRING, AT(name), .preset = "Partyline", .min = 1, .text = "What pages call the service." },
	{ "currency", CONFIG_STRING, AT(currency), .preset = "CNY", .min = 3, .text = "The currency of all amounts, ISO 4217." },
	{ "zone", CONFIG_STRING, AT(zone), .preset = "Asia/Shanghai", .min = 1,
	  .text = "The time zone in which times of bookings are meant when none is given: a name of zoneinfo." },
	{ .name = NULL },
};

static const struct config_field log_table[] = {
	{ "file", CONFIG_STRING, AT(log_file), .preset = "", .text = "The log, reopened on SIGHUP. Empty: standard error." },
	{ "level", CONFIG_ENUM, AT(log_level), .preset = "info", .choices = levels, .text = "How much is logged." },
	{ .name = NULL },
};

static const struct config_field http_table[] = {
	{ "listen", CONFIG_ADDRESS, AT(listen), .preset = "127.0.0.1:8080", .text = "Where requests are taken." },
	{ "certificate", CONFIG_STRING, AT(certificate), .preset = "",
	  .text = "The TLS certificate, with those it leads to, in PEM. Empty: no TLS, for a proxy before it or for trying "
	          "out." },
	{ "key", CONFIG_STRING, AT(key), .preset = "", .text = "Its key, in PEM. Refused when group or others can read it." },
	{ "secure_cookies", CONFIG_BOOL, AT(secure_cookies), .preset = "no",
	  .text = "Without TLS of its own: a proxy before it has TLS, so cookies are for TLS alone." },
	{ "proxy", CONFIG_STRING, AT(proxy), .preset = "",
	  .text = "The address of that proxy, whose X-Forwarded-For says where requests are from. Empty: nobody's is believed." },
	{ "web", CONFIG_STRING, AT(web), .preset = "",
	  .text = "The directory of the pages. Empty: web/dist, /usr/local/share/partyline/web or /usr/share/partyline/web." },
	{ "threads", CONFIG_INT, AT(threads), .preset = "8", .min = 1, .max = 60,
	  .text = "Threads that answer requests. Each has a connection to the database." },
	{ "connections", CONFIG_INT, AT(connections), .preset = "2000", .min = 10, .max = 100000,
	  .text = "Connections at once; live pages have one each." },
	{ "connections_per_address", CONFIG_INT, AT(connections_per_address), .preset = "200", .min = 0, .max = 100000,
	  .text = "Of them from one address; 0: no limit, as behind a proxy." },
	{ "idle_s", CONFIG_INT, AT(idle_timeout_us), .preset = "30", .min = 1, .max = 3600, .scale = S,
	  .text = "A connection on which nothing comes or goes for so long is closed." },
	{ "request_s", CONFIG_INT, AT(request_timeout_us), .preset = "30", .min = 1, .max = 3600, .scale = S,
	  .text = "A request whose body is not there after so long is given up." },
	{ "body_max", CONFIG_INT, AT(body_max), .preset = "65536", .min = 4096, .max = 1048576,
	  .text = "The longest body of a request, octets." },
	{ "csv_max", CONFIG_INT, AT(csv_max), .preset = "33554432", .min = 4096, .max = 268435456,
	  .text = "The longest file of tariffs, areas or bars, octets." },
	{ .name = NULL },
};

static const struct config_field limits_table[] = {
	{ "requests_per_s", CONFIG_INT, AT(requests_per_s), .preset = "1000", .min = 1, .max = 1000000,
	  .text = "Requests of all together, in the long run; twice as many at once." },
	{ "address_per_s", CONFIG_INT, AT(address_per_s), .preset = "50", .min = 1, .max = 1000000,
	  .text = "Of one address; four times as many at once." },
	{ "logins_per_min", CONFIG_INT, AT(logins_per_min), .preset = "30", .min = 1, .max = 1000000,
	  .text = "Logins tried from one address." },
	{ "password_tries", CONFIG_INT, AT(passwords.tries), .preset = "3", .min = 1, .max = 10,
	  .text = "So many wrong passwords lock an account's; as in the nodes' files." },
	{ "password_lock_min", CONFIG_INT, AT(passwords.window_us), .preset = "30", .min = 1, .max = 10080, .scale = 60 * S,
	  .text = "For so many minutes; also how long a wrong one is remembered." },
	{ .name = NULL },
};

static const struct config_field sessions_table[] = {
	{ "idle_min", CONFIG_INT, AT(session_idle_us), .preset = "30", .min = 1, .max = 1440, .scale = 60 * S,
	  .text = "Without a request for so many minutes a session ends. A live page keeps its own." },
	{ "life_h", CONFIG_INT, AT(session_life_us), .preset = "12", .min = 1, .max = 720, .scale = 3600 * S,
	  .text = "And after so many hours in any case." },
	{ .name = NULL },
};

static const struct config_field node_table[] = {
	{ "name", CONFIG_STRING, IN_ENTRY(name), .preset = NULL, .min = 1, .text = "What it is called here." },
	{ "socket", CONFIG_STRING, IN_ENTRY(socket), .preset = NULL, .min = 1, .text = "Its control socket." },
	{ .name = NULL },
};

static const struct config_field nodes_table[] = {
	{ "timeout_ms", CONFIG_INT, AT(node_timeout_us), .preset = "2000", .min = 100, .max = 60000, .scale = CLOCK_MS(1),
	  .text = "A node that has not answered after so long is shown as not reached." },
	{ .name = NULL },
};

const struct config_field office_config_table[] = {
	{ "office", CONFIG_SECTION, SECTION, .table = office_table, .text = "The office itself." },
	{ "log", CONFIG_SECTION, SECTION, .table = log_table, .text = "The log." },
	{ "http", CONFIG_SECTION, SECTION, .table = http_table, .text = "How it is reached." },
	{ "limits", CONFIG_SECTION, SECTION, .table = limits_table, .text = "Limits of requests, and of guessing." },
	{ "sessions", CONFIG_SECTION, SECTION, .table = sessions_table, .text = "How long somebody stays logged in." },
	{ "asking", CONFIG_SECTION, SECTION, .table = nodes_table, .text = "How nodes are asked." },
	{ "nodes", CONFIG_LIST, .offset = offsetof(struct office_config, node), .size = sizeof(struct office_node),
	  .max = OFFICE_NODES_MAX, .table = node_table, .count_offset = offsetof(struct office_config, node_count), .preset = "0",
	  .text = "The nodes, on this machine." },
	{ "database", CONFIG_SECTION, AT(settings.database), .table = settings_database_table, .text = "The database." },
	{ "cards", CONFIG_SECTION, AT(settings.cards), .table = settings_cards_table,
	  .text = "Recharge cards; as in the nodes' files." },
	{ "numbers", CONFIG_SECTION, AT(numbers), .table = number_rules_table,
	  .text = "The dialling plan; as in the nodes' files." },
	{ .name = NULL },
};

/* ---- checks that a table cannot make ---- */

static void check_nodes(struct config_file *f, const struct office_config *c)
{
	char where[CONFIG_PATH_MAX];

	for (unsigned i = 0; i < c->node_count; i++) {
		(void)snprintf(where, sizeof(where), "nodes[%u].name", i);
		for (const char *p = c->node[i].name; *p; p++)
			if (!isalnum((unsigned char)*p) && strchr("-_.", *p) == NULL) {
				config_error(f, where, "\"%s\" is not made of letters, digits, - _ and .", c->node[i].name);
				break;
			}
		for (unsigned k = 0; k < i; k++)
			if (strcmp(c->node[k].name, c->node[i].name) == 0)
				config_error(f, where, "\"%s\" is the name of another node too", c->node[i].name);
	}
}

static void check_tls(struct config_file *f, const struct office_config *c)
{
	struct stat st;

	if ((c->certificate[0] == '\0') != (c->key[0] == '\0'))
		config_error(f, c->key[0] ? "http.certificate" : "http.key", "a certificate and its key are given together");
	if (c->certificate[0] && access(c->certificate, R_OK) != 0)
		config_error(f, "http.certificate", "%s: %s", c->certificate, strerror(errno));
	if (c->key[0] && (access(c->key, R_OK) != 0 || stat(c->key, &st) != 0))
		config_error(f, "http.key", "%s: %s", c->key, strerror(errno));
	else if (c->key[0] && (st.st_mode & 077))
		config_error(f, "http.key", "%s can be read by others than its owner (mode %03o)", c->key, st.st_mode & 0777u);
}

static void check_rest(struct config_file *f, struct office_config *c)
{
	const char *wrong = number_rules_check(&c->numbers);
	struct booking_zone *z;

	if (wrong)
		config_error(f, "numbers", "%s", wrong);
	if (booking_zone_load(&z, c->zone) == 0)
		booking_zone_free(z);
	else
		config_error(f, "office.zone", "\"%s\" is no time zone", c->zone);
	if (strspn(c->currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 3)
		config_error(f, "office.currency", "\"%s\" is not three capital letters", c->currency);
	if (c->web[0] && access(c->web, R_OK | X_OK) != 0)
		config_error(f, "http.web", "%s: %s", c->web, strerror(errno));
}

/* As the node's and the command line's. */
static void cards_complete(struct office_config *c)
{
	const struct settings_cards *s = &c->settings.cards;

	card_config_default(&c->cards);
	(void)snprintf(c->cards.key_file, sizeof(c->cards.key_file), "%s", s->key_file);
	c->cards.caller = (struct card_limit){ s->caller_failures, s->caller_window_us };
	c->cards.account = (struct card_limit){ s->account_failures, s->account_window_us };
	c->cards.trunk = (struct card_limit){ s->trunk_failures, s->trunk_window_us };
	c->cards.all = (struct card_limit){ s->all_failures, s->all_window_us };
}

static void web_complete(struct office_config *c)
{
	static const char *const places[] = { "web/dist", "/usr/local/share/partyline/web", "/usr/share/partyline/web" };

	for (unsigned i = 0; c->web[0] == '\0' && i < sizeof(places) / sizeof(places[0]); i++)
		if (access(places[i], R_OK | X_OK) == 0)
			(void)snprintf(c->web, sizeof(c->web), "%s", places[i]);
}

int office_config_load(const char *path, struct office_config **cp, FILE *errors)
{
	struct office_config *c = calloc(1, sizeof(*c));
	struct config_file *f;
	int err;

	if (c == NULL)
		return -ENOMEM;
	number_rules_default(&c->numbers);
	err = config_open(&f, path, errors);
	if (err) {
		free(c);
		return err;
	}
	err = config_read(f, office_config_table, false, c);
	if (!err) {
		check_nodes(f, c);
		check_tls(f, c);
		check_rest(f, c);
		cards_complete(c);
		web_complete(c);
		err = config_errors(f) ? -EINVAL : 0;
	}
	config_close(f);
	if (err) {
		office_config_free(c);
		return err;
	}
	*cp = c;
	return 0;
}

void office_config_free(struct office_config *c)
{
	free(c);
}
