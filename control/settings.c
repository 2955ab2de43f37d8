/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "control/settings.h"

#include <string.h>

#define IN_CONTROL(member) \
	.offset = offsetof(struct settings, member) - offsetof(struct settings, control), \
	.size = sizeof(((struct settings *)NULL)->member)
#define IN_DATABASE(member) CONFIG_AT(struct settings_database, member)

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
	{ "name", CONFIG_STRING, IN_DATABASE(name), .preset = "partyline", .min = 1, .text = "The database." },
	{ .name = NULL },
};

const struct config_field settings_table[] = {
	{ "control", CONFIG_SECTION, CONFIG_AT(struct settings, control), .table = settings_control_table,
	  .text = "The control socket." },
	{ "database", CONFIG_SECTION, CONFIG_AT(struct settings, database), .table = settings_database_table,
	  .text = "The database." },
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
