/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "core/config_internal.h"
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

	config_describe_range(d, range, sizeof(range));
	if (text == NULL) {
		mistake(f, node, path, "one value is wanted here: %s", range);
		return;
	}
	wrong = config_store_text(d, text, at);
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
	config_store_count(d, out, count);
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
	config_store_count(d, out, count);
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
