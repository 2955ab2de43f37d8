/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <yaml.h>

#include "core/magic.h"

#define CONFIG_MAGIC 0x434f4e46u

struct config_place {
	char     where[CONFIG_PATH_MAX];
	unsigned line;
};

struct config_file {
	unsigned             magic;
	char                *name;
	FILE                *errors;
	unsigned             error_count;
	yaml_document_t      doc;
	bool                 have_doc, no_memory;
	struct config_place *place; /* every setting that the file gives */
	unsigned             place_count, place_room;
};

static void read_mapping(struct config_file *f, const struct config_field *table, bool partial, yaml_node_t *node,
                         const char *path, void *out, unsigned depth);

/* ---- mistakes
 * -------------------------------------------------------------------------------------------------------------------- */

static void complain(struct config_file *f, unsigned line, const char *where, const char *fmt, va_list ap)
{
	if (++f->error_count > CONFIG_ERRORS_MAX || f->errors == NULL)
		return;
	if (line)
		fprintf(f->errors, "%s:%u: ", f->name, line);
	else
		fprintf(f->errors, "%s: ", f->name);
	if (where && where[0])
		fprintf(f->errors, "%s: ", where);
	vfprintf(f->errors, fmt, ap);
	fputc('\n', f->errors);
	if (f->error_count == CONFIG_ERRORS_MAX)
		fprintf(f->errors, "%s: more mistakes are not shown\n", f->name);
}

__attribute__((format(printf, 4, 5))) static void mistake(struct config_file *f, const yaml_node_t *node, const char *where,
                                                          const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	complain(f, node ? (unsigned)node->start_mark.line + 1 : 0, where, fmt, ap);
	va_end(ap);
}

/* The line of a setting, or of the nearest thing around it that is in the file; 0: nothing is. */
static unsigned line_of(const struct config_file *f, const char *where)
{
	char path[CONFIG_PATH_MAX];
	size_t len;

	(void)snprintf(path, sizeof(path), "%s", where);
	for (len = strlen(path); len > 0; len--) {
		path[len] = '\0';
		for (unsigned i = 0; i < f->place_count; i++)
			if (strcmp(f->place[i].where, path) == 0)
				return f->place[i].line;
		while (len > 1 && path[len - 1] != '.' && path[len - 1] != '[')
			len--;
	}
	return 0;
}

void config_error(struct config_file *f, const char *where, const char *fmt, ...)
{
	va_list ap;

	MAGIC_CHECK(f, CONFIG_MAGIC);
	va_start(ap, fmt);
	complain(f, line_of(f, where), where, fmt, ap);
	va_end(ap);
}

unsigned config_errors(const struct config_file *f)
{
	MAGIC_CHECK(f, CONFIG_MAGIC);
	return f->error_count;
}

bool config_given(const struct config_file *f, const char *where)
{
	MAGIC_CHECK(f, CONFIG_MAGIC);
	for (unsigned i = 0; i < f->place_count; i++)
		if (strcmp(f->place[i].where, where) == 0)
			return true;
	return false;
}

static void remember(struct config_file *f, const yaml_node_t *node, const char *where)
{
	if (f->place_count == f->place_room) {
		unsigned room = f->place_room ? f->place_room * 2 : 64;
		struct config_place *grown = realloc(f->place, room * sizeof(*grown));

		if (grown == NULL) {
			f->no_memory = true; /* config_read() says so: without the places a mistake could not be named */
			return;
		}
		f->place = grown;
		f->place_room = room;
	}
	(void)snprintf(f->place[f->place_count].where, CONFIG_PATH_MAX, "%s", where);
	f->place[f->place_count++].line = (unsigned)node->start_mark.line + 1;
}

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

static const char *store_text(const struct config_field *d, const char *text, void *at)
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
static void describe_range(const struct config_field *d, char *text, size_t size)
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

static void store_count(const struct config_field *d, void *out, unsigned count)
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
	store_count(d, out, count);
}

static void default_list(const struct config_field *d, void *out)
{
	unsigned count = d->preset ? (unsigned)strtoul(d->preset, NULL, 10) : 0;

	for (unsigned i = 0; i < count; i++)
		config_defaults(d->table, (char *)out + d->offset + i * d->size);
	store_count(d, out, count);
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
			const char *wrong = store_text(d, d->preset, (char *)out + d->offset);

			assert(wrong == NULL); /* the table's own mistake; tests read every table */
			(void)wrong;
		}
	}
}

/* ---- the tree
 * -------------------------------------------------------------------------------------------------------------------- */

static yaml_node_t *node_at(struct config_file *f, int index)
{
	return yaml_document_get_node(&f->doc, index);
}

static const char *scalar(const yaml_node_t *node)
{
	if (node->type != YAML_SCALAR_NODE || strlen((const char *)node->data.scalar.value) != node->data.scalar.length)
		return NULL;
	return (const char *)node->data.scalar.value;
}

/* `key:` with nothing behind it, and ~, are as if the key were not there. */
static bool is_nothing(const yaml_node_t *node)
{
	const char *text = scalar(node);

	return text && node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	       (text[0] == '\0' || strcmp(text, "~") == 0 || strcmp(text, "null") == 0);
}

static void read_scalar(struct config_file *f, const struct config_field *d, yaml_node_t *node, const char *path, void *at)
{
	const char *text = scalar(node), *wrong;
	char range[256];

	describe_range(d, range, sizeof(range));
	if (text == NULL) {
		mistake(f, node, path, "one value is wanted here: %s", range);
		return;
	}
	wrong = store_text(d, text, at);
	if (wrong)
		mistake(f, node, path, "\"%.64s\" %s (%s)", text, wrong, range);
}

static void read_strings(struct config_file *f, const struct config_field *d, yaml_node_t *node, const char *path, void *out)
{
	unsigned count = 0;
	yaml_node_item_t *item;

	if (node->type != YAML_SEQUENCE_NODE) {
		mistake(f, node, path, "a list is wanted here, such as [one, two]");
		return;
	}
	memset((char *)out + d->offset, 0, d->size * (size_t)d->max);
	for (item = node->data.sequence.items.start; item < node->data.sequence.items.top; item++) {
		char where[CONFIG_PATH_MAX];

		(void)snprintf(where, sizeof(where), "%.100s[%u]", path, count);
		if (count == (uint64_t)d->max) {
			mistake(f, node, path, "at most %lld entries", (long long)d->max);
			break;
		}
		remember(f, node_at(f, *item), where);
		read_scalar(f, d, node_at(f, *item), where, (char *)out + d->offset + count++ * d->size);
	}
	store_count(d, out, count);
}

static void read_list(struct config_file *f, const struct config_field *d, yaml_node_t *node, const char *path, void *out,
                      unsigned depth)
{
	unsigned count = 0;
	yaml_node_item_t *item;

	if (node->type != YAML_SEQUENCE_NODE) {
		mistake(f, node, path, "a list is wanted here, each entry beginning with \"- \"");
		return;
	}
	for (item = node->data.sequence.items.start; item < node->data.sequence.items.top; item++) {
		void *at = (char *)out + d->offset + count * d->size;
		char where[CONFIG_PATH_MAX];

		(void)snprintf(where, sizeof(where), "%.100s[%u]", path, count);
		if (count == (uint64_t)d->max) {
			mistake(f, node, path, "at most %lld entries", (long long)d->max);
			break;
		}
		remember(f, node_at(f, *item), where);
		config_defaults(d->table, at);
		read_mapping(f, d->table, false, node_at(f, *item), where, at, depth + 1);
		count++;
	}
	store_count(d, out, count);
}

static void read_value(struct config_file *f, const struct config_field *d, yaml_node_t *node, const char *path, void *out,
                       unsigned depth)
{
	switch (d->type) {
	case CONFIG_SECTION:
		read_mapping(f, d->table, false, node, path, (char *)out + d->offset, depth + 1);
		break;
	case CONFIG_LIST:
		read_list(f, d, node, path, out, depth);
		break;
	case CONFIG_STRINGS:
		read_strings(f, d, node, path, out);
		break;
	default:
		read_scalar(f, d, node, path, (char *)out + d->offset);
	}
}

static void unknown_key(struct config_file *f, const struct config_field *table, const yaml_node_t *key, const char *path)
{
	char known[512] = "";
	size_t n = 0;

	for (const struct config_field *d = table; d->name && n < sizeof(known); d++)
		n += (size_t)snprintf(known + n, sizeof(known) - n, "%s%s", n ? ", " : "", d->name);
	mistake(f, key, path, "there is no such setting here (there are: %s)", known);
}

static void read_mapping(struct config_file *f, const struct config_field *table, bool partial, yaml_node_t *node,
                         const char *path, void *out, unsigned depth)
{
	yaml_node_pair_t *pair;
	unsigned before = f->error_count;

	assert(depth < CONFIG_DEPTH_MAX);
	if (node->type != YAML_MAPPING_NODE) {
		mistake(f, node, path, "settings are wanted here, as \"name: value\"");
		return;
	}
	for (pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top; pair++) {
		yaml_node_t *key = node_at(f, pair->key), *value = node_at(f, pair->value);
		const char *name = scalar(key);
		const struct config_field *d = table;
		char where[CONFIG_PATH_MAX];

		(void)snprintf(where, sizeof(where), "%.90s%s%.30s", path, path[0] ? "." : "", name ? name : "?");
		while (d->name && (name == NULL || strcmp(d->name, name) != 0))
			d++;
		if (d->name == NULL && partial)
			continue;
		if (d->name == NULL) {
			unknown_key(f, table, key, where);
		} else if (config_given(f, where)) {
			mistake(f, key, where, "is set twice, first in line %u", line_of(f, where));
		} else if (!is_nothing(value)) {
			remember(f, key, where);
			read_value(f, d, value, where, out, depth);
		}
	}
	if (f->error_count != before)
		return; /* a misspelt key is not a missing one as well */
	for (const struct config_field *d = table; d->name; d++) {
		char where[CONFIG_PATH_MAX];

		(void)snprintf(where, sizeof(where), "%.90s%s%.30s", path, path[0] ? "." : "", d->name);
		if (d->preset == NULL && d->type != CONFIG_SECTION && !config_given(f, where))
			mistake(f, node, where, "is missing: %s", d->text);
	}
}

int config_read(struct config_file *f, const struct config_field *table, bool partial, void *out)
{
	yaml_node_t *root;

	MAGIC_CHECK(f, CONFIG_MAGIC);
	config_defaults(table, out);
	f->place_count = 0;
	root = f->have_doc ? yaml_document_get_root_node(&f->doc) : NULL;
	if (root)
		read_mapping(f, table, partial, root, "", out, 0);
	else
		for (const struct config_field *d = table; d->name; d++)
			if (d->preset == NULL && d->type != CONFIG_SECTION)
				mistake(f, NULL, d->name, "is missing: %s", d->text);
	if (f->no_memory)
		return -ENOMEM;
	return f->error_count ? -EINVAL : 0;
}

/* ---- the file
 * -------------------------------------------------------------------------------------------------------------------- */

int config_parse(struct config_file **fp, const char *name, const char *text, size_t len, FILE *errors)
{
	struct config_file *f = calloc(1, sizeof(*f));
	yaml_parser_t parser;
	int err = 0;

	if (f == NULL)
		return -ENOMEM;
	f->magic = CONFIG_MAGIC;
	f->errors = errors;
	f->name = strdup(name);
	if (f->name == NULL || !yaml_parser_initialize(&parser)) {
		config_close(f);
		return -ENOMEM;
	}
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	if (yaml_parser_load(&parser, &f->doc)) {
		f->have_doc = true;
	} else {
		if (errors)
			fprintf(errors, "%s:%zu: %s%s%s\n", name, parser.problem_mark.line + 1,
			        parser.problem ? parser.problem : "no YAML", parser.context ? ", " : "",
			        parser.context ? parser.context : "");
		err = parser.error == YAML_MEMORY_ERROR ? -ENOMEM : -EBADMSG;
	}
	yaml_parser_delete(&parser);
	if (err) {
		config_close(f);
		return err;
	}
	*fp = f;
	return 0;
}

int config_open(struct config_file **fp, const char *path, FILE *errors)
{
	FILE *in = fopen(path, "re");
	char *text = NULL;
	size_t len = 0;
	int err = in ? 0 : -errno;

	if (!err) {
		text = malloc(CONFIG_FILE_MAX + 1);
		err = text ? 0 : -ENOMEM;
	}
	if (!err) {
		len = fread(text, 1, CONFIG_FILE_MAX + 1, in);
		if (ferror(in))
			err = -EIO;
		else if (len > CONFIG_FILE_MAX)
			err = -EFBIG;
	}
	if (err && errors)
		fprintf(errors, "%s: %s\n", path, strerror(-err));
	if (!err)
		err = config_parse(fp, path, text, len, errors);
	free(text);
	if (in)
		(void)fclose(in);
	return err;
}

void config_close(struct config_file *f)
{
	if (f == NULL)
		return;
	MAGIC_CHECK(f, CONFIG_MAGIC);
	f->magic = MAGIC_DEAD;
	if (f->have_doc)
		yaml_document_delete(&f->doc);
	free(f->place);
	free(f->name);
	free(f);
}

/* ---- help
 * ------------------------------------------------------------------------------------------------------------------------ */

static void each_in(const struct config_field *table, const char *path,
                    void (*each)(const char *, const struct config_field *, void *), void *arg)
{
	for (const struct config_field *d = table; d->name; d++) {
		char where[CONFIG_PATH_MAX];

		(void)snprintf(where, sizeof(where), "%.90s%s%.30s%s", path, path[0] ? "." : "", d->name,
		               d->type == CONFIG_LIST ? "[]" : "");
		each(where, d, arg);
		if (d->table && !(d->type == CONFIG_SECTION && d->preset))
			each_in(d->table, where, each, arg);
	}
}

void config_each(const struct config_field *table, void (*each)(const char *where, const struct config_field *field, void *arg),
                 void *arg)
{
	each_in(table, "", each, arg);
}

struct help {
	FILE *out;
	enum config_help_form form;
};

/* A minus is a minus, and a line that begins with a dot is text. */
static void put_roff(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '-' || *text == '\\')
			fputc('\\', out);
		fputc(*text, out);
	}
}

static void help_one(const char *where, const struct config_field *d, void *arg)
{
	struct help *h = arg;
	bool group = d->type == CONFIG_SECTION || d->type == CONFIG_LIST;
	char range[256];

	describe_range(d, range, sizeof(range));
	if (h->form == CONFIG_HELP_TEXT) {
		fprintf(h->out, "%s\n    %s\n", where, d->text);
		if (!group)
			fprintf(h->out, "    default: %s; %s\n",
			        d->preset ? (d->preset[0] ? d->preset : "none") : "must be given", range);
		else if (range[0])
			fprintf(h->out, "    %s\n", range);
		return;
	}
	fputs(".TP\n.B ", h->out);
	put_roff(h->out, where);
	fputc('\n', h->out);
	put_roff(h->out, d->text);
	if (!group) {
		fputs("\nDefault: ", h->out);
		put_roff(h->out, d->preset ? (d->preset[0] ? d->preset : "none") : "must be given");
		fputs("; ", h->out);
		put_roff(h->out, range);
		fputc('.', h->out);
	}
	fputc('\n', h->out);
}

void config_help(const struct config_field *table, enum config_help_form form, FILE *out)
{
	struct help h = { .out = out, .form = form };

	config_each(table, help_one, &h);
}
