/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One value of a configuration: from text, into its place; and defaults. */
#include "core/config_internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "core/magic.h"

/* ---- one value
 * ------------------------------------------------------------------------------------------------------------------- */

static void store_int(void *at, size_t size, int64_t v)
{
	switch (size) {
	case 1:
		*(int8_t *)at = (int8_t)v;
		break;
	case 2:
		*(int16_t *)at = (int16_t)v;
		break;
	case 4:
		*(int32_t *)at = (int32_t)v;
		break;
	default:
		assert(size == 8);
		*(int64_t *)at = v;
	}
}

static int parse_bool(const char *text, bool *v)
{
	static const char *const yes[] = { "yes", "true", "on" }, *const no[] = { "no", "false", "off" };

	for (unsigned i = 0; i < ARRAY_LEN(yes); i++) {
		if (strcmp(text, yes[i]) == 0 || strcmp(text, no[i]) == 0) {
			*v = text[0] == 'y' || text[0] == 't' || strcmp(text, "on") == 0;
			return 0;
		}
	}
	return -EINVAL;
}

static int parse_port(const char *text, in_port_t *port)
{
	char *end;
	long v;

	if (text[0] < '0' || text[0] > '9')
		return -EINVAL;
	v = strtol(text, &end, 10);
	if (*end || v < 1 || v > 65535)
		return -EINVAL;
	*port = htons((uint16_t)v);
	return 0;
}

int config_parse_address(const char *text, void *sa)
{
	struct sockaddr_storage made = { 0 };
	struct sockaddr_in *v4 = (struct sockaddr_in *)(void *)&made;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)(void *)&made;
	const char *colon = strrchr(text, ':');
	char host[INET6_ADDRSTRLEN + 1];
	size_t len;
	bool six = text[0] == '[';

	if (colon == NULL)
		return -EINVAL;
	len = (size_t)(colon - text) - (six ? 2 : 0);
	if ((six && (colon - text < 3 || colon[-1] != ']')) || len >= sizeof(host))
		return -EINVAL;
	memcpy(host, text + (six ? 1 : 0), len);
	host[len] = '\0';
	made.ss_family = six ? AF_INET6 : AF_INET;
	if (inet_pton(made.ss_family, host, six ? (void *)&v6->sin6_addr : (void *)&v4->sin_addr) != 1)
		return -EINVAL;
	if (parse_port(colon + 1, six ? &v6->sin6_port : &v4->sin_port) != 0)
		return -EINVAL;
	memcpy(sa, &made, sizeof(made));
	return 0;
}

/* NULL, or what is wrong with it. */
static const char *store_int_text(const struct config_field *d, const char *text, void *at)
{
	int64_t scale = d->scale ? d->scale : 1;
	char *end;
	long long v;

	errno = 0;
	v = strtoll(text, &end, 10);
	if (errno || end == text || *end || text[0] == ' ' || text[0] == '+')
		return "is no whole number";
	if (v < d->min || v > d->max)
		return "is out of range";
	store_int(at, d->size, v * scale);
	return NULL;
}

static const char *store_enum_text(const struct config_field *d, const char *text, void *at)
{
	for (const struct config_choice *c = d->choices; c->name; c++) {
		if (strcmp(c->name, text) == 0) {
			store_int(at, d->size, c->value);
			return NULL;
		}
	}
	return "is none of the choices";
}

const char *config_store_text(const struct config_field *d, const char *text, void *at)
{
	bool b;

	switch (d->type) {
	case CONFIG_INT:
		return store_int_text(d, text, at);
	case CONFIG_ENUM:
		return store_enum_text(d, text, at);
	case CONFIG_BOOL:
		if (parse_bool(text, &b) != 0)
			return "is neither yes nor no";
		*(bool *)at = b;
		return NULL;
	case CONFIG_STRING:
	case CONFIG_STRINGS:
		if (strlen(text) >= d->size)
			return "is too long";
		if (d->type == CONFIG_STRING && d->min > 0 && text[0] == '\0')
			return "must not be empty";
		memset(at, 0, d->size);
		memcpy(at, text, strlen(text));
		return NULL;
	case CONFIG_ADDRESS:
		if (text[0] == '\0')
			memset(at, 0, sizeof(struct sockaddr_storage));
		else if (config_parse_address(text, at) != 0)
			return "is no address and port such as 127.0.0.1:40001 or [::1]:40001";
		return NULL;
	default:
		return "cannot be a single value";
	}
}

/* What would have been right, for the message. */
void config_describe_range(const struct config_field *d, char *text, size_t size)
{
	size_t n = 0;

	text[0] = '\0';
	switch (d->type) {
	case CONFIG_INT:
		(void)snprintf(text, size, "%lld to %lld", (long long)d->min, (long long)d->max);
		break;
	case CONFIG_BOOL:
		(void)snprintf(text, size, "yes or no");
		break;
	case CONFIG_ENUM:
		for (const struct config_choice *c = d->choices; c->name && n < size; c++)
			n += (size_t)snprintf(text + n, size - n, "%s%s", n ? ", " : "", c->name);
		break;
	case CONFIG_STRING:
		(void)snprintf(text, size, "%sat most %zu characters", d->min > 0 ? "not empty, " : "", d->size - 1);
		break;
	case CONFIG_STRINGS:
		(void)snprintf(text, size, "a list of at most %lld, each at most %zu characters", (long long)d->max, d->size - 1);
		break;
	case CONFIG_ADDRESS:
		(void)snprintf(text, size, "address:port or [address]:port");
		break;
	case CONFIG_SECTION:
		break;
	case CONFIG_LIST:
		(void)snprintf(text, size, "a list of at most %lld", (long long)d->max);
		break;
	}
}

/* ---- defaults
 * -------------------------------------------------------------------------------------------------------------------- */

void config_store_count(const struct config_field *d, void *out, unsigned count)
{
	if (d->count_offset)
		*(unsigned *)(void *)((char *)out + d->count_offset) = count;
}

/* The words of a preset list. */
static void default_strings(const struct config_field *d, void *out)
{
	const char *p = d->preset ? d->preset : "";
	unsigned count = 0;

	memset((char *)out + d->offset, 0, d->size * (size_t)d->max);
	while (*p) {
		size_t len = strcspn(p, " ");

		assert(len < d->size && count < (uint64_t)d->max);
		memcpy((char *)out + d->offset + count++ * d->size, p, len);
		p += len + (p[len] == ' ');
	}
	config_store_count(d, out, count);
}

static void default_list(const struct config_field *d, void *out)
{
	unsigned count = d->preset ? (unsigned)strtoul(d->preset, NULL, 10) : 0;

	for (unsigned i = 0; i < count; i++)
		config_defaults(d->table, (char *)out + d->offset + i * d->size);
	config_store_count(d, out, count);
}

void config_defaults(const struct config_field *table, void *out)
{
	for (const struct config_field *d = table; d->name; d++) {
		if (d->type == CONFIG_SECTION) {
			config_defaults(d->table, (char *)out + d->offset);
		} else if (d->type == CONFIG_LIST) {
			default_list(d, out);
		} else if (d->type == CONFIG_STRINGS) {
			default_strings(d, out);
		} else if (d->preset) {
			const char *wrong = config_store_text(d, d->preset, (char *)out + d->offset);

			assert(wrong == NULL); /* the table's own mistake; tests read every table */
			(void)wrong;
		}
	}
}
