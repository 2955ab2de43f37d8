/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "control/settings.h"

#include <string.h>

#include "core/clock.h"

#define IN_CONTROL(member) \
	.offset = offsetof(struct settings, member) - offsetof(struct settings, control), \
	.size = sizeof(((struct settings *)NULL)->member)
#define IN_DATABASE(member) CONFIG_AT(struct store_config, member)

const struct config_field settings_control_table[] = {
	{ "socket", CONFIG_STRING, IN_CONTROL(control.socket), .preset = "/run/partyline.sock",
	  .text = "The unix socket through which a running node is asked and told things. Mode 0600. Empty: none." },
	{ .name = NULL },
};

const struct config_field settings_database_table[] = {
	{ "socket", CONFIG_STRING, IN_DATABASE(socket), .preset = "/run/mysqld/mysqld.sock",
	  .text = "The unix socket of the MariaDB server. Empty: host and port are used." },
	{ "host", CONFIG_STRING, IN_DATABASE(host), .preset = "127.0.0.1",
	  .text = "Where the MariaDB server is, when socket is empty." },
	{ "port", CONFIG_INT, IN_DATABASE(port), .preset = "3306", .min = 1, .max = 65535,
	  .text = "The TCP port of the MariaDB server." },
	{ "user", CONFIG_STRING, IN_DATABASE(user), .preset = "partyline", .min = 1, .text = "The database user." },
	{ "password_file", CONFIG_STRING, IN_DATABASE(password_file), .preset = "",
	  .text = "A file that holds the database user's password in its first line. Refused when group or others can read it. "
	          "Empty: no password, as with the "
	          "server's unix_socket authentication." },
	{ "name", CONFIG_STRING, IN_DATABASE(database), .preset = "partyline", .min = 1, .text = "The database." },
	{ .name = NULL },
};

#define IN_CARDS(member)    CONFIG_AT(struct settings_cards, member)
#define LIMIT(name, scope, failures, words) \
	{ \
		name "_failures", CONFIG_INT, IN_CARDS(scope##_failures), \
			.preset = failures, .min = 0, .max = 1000000, \
			.text = "So many failed attempts " words " within the time, then no card is looked at. 0: no limit." \
	}
#define WINDOW(name, scope, seconds) \
	{ \
		name "_window_s", CONFIG_INT, IN_CARDS(scope##_window_us), \
			.preset = seconds, .min = 1, .max = 86400, .scale = CLOCK_SEC(1), \
			.text = "That time; it slides along, over all nodes of one database." \
	}

const struct config_field settings_cards_table[] = {
	{ "key_file", CONFIG_STRING, IN_CARDS(key_file), .preset = "",
	  .text = "The keys under which the numbers of recharge cards are stored, made by `partyline card keys`; the same on "
	          "each "
	          "node, and not in the database. Refused when group or others can read it. Empty: no cards." },
	{ "printer", CONFIG_STRING, IN_CARDS(printer), .preset = "",
	  .text = "The printer's public key, for `partyline card generate` where it is told no other; made by `partyline card "
	          "keys`." },
	LIMIT("caller", caller, "5", "of one caller"),
	WINDOW("caller", caller, "3600"),
	LIMIT("account", account, "10", "to recharge one account"),
	WINDOW("account", account, "3600"),
	LIMIT("trunk", trunk, "20", "through one trunk"),
	WINDOW("trunk", trunk, "60"),
	LIMIT("all", all, "100", "of all together"),
	WINDOW("all", all, "60"),
	{ .name = NULL },
};

const struct config_field settings_table[] = {
	{ "control", CONFIG_SECTION, CONFIG_AT(struct settings, control), .table = settings_control_table,
	  .text = "The control socket." },
	{ "database", CONFIG_SECTION, CONFIG_AT(struct settings, database), .table = settings_database_table,
	  .text = "The database." },
	{ "cards", CONFIG_SECTION, CONFIG_AT(struct settings, cards), .table = settings_cards_table, .text = "Recharge cards." },
	{ .name = NULL },
};

int settings_load(struct settings *s, const char *path, FILE *errors)
{
	struct config_file *f;
	int err;

	memset(s, 0, sizeof(*s));
	config_defaults(settings_table, s);
	if (path == NULL)
		return 0;
	err = config_open(&f, path, errors);
	if (err)
		return err;
	err = config_read(f, settings_table, true, s);
	config_close(f);
	return err;
}
