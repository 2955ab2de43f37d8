/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "office/document.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "core/magic.h"

#define LOG_MODULE "document"
#define DOCUMENT_MAGIC 0x444f4355u
#define OPERATIONS_MAX 128

/* The text of the file beside this one, as a C string. The build runs in the root of the tree. */
__asm__(".pushsection .rodata\n"
        "office_openapi:\n"
        ".incbin \"office/openapi.json\"\n"
        ".byte 0\n"
        ".popsection\n");
extern const char office_openapi[] __attribute__((visibility("hidden")));

struct document {
	unsigned         magic;
	json_t          *json;
	struct schemas  *schemas;
	struct operation operation[OPERATIONS_MAX];
	unsigned         count;
};

const char *document_text(void)
{
	return office_openapi;
}

static int parameter_add(struct document *d, struct operation *o, const json_t *one)
{
	const json_t *p = schema_resolve(d->schemas, one);
	const char *in = json_string_value(json_object_get(p, "in")), *name = json_string_value(json_object_get(p, "name"));
	struct parameter *out = &o->parameter[o->parameters];

	if (in == NULL || name == NULL || o->parameters == OPERATION_PARAMETERS_MAX)
		return -EBADMSG;
	out->name = name;
	out->in = strcmp(in, "path") == 0 ? IN_PATH : strcmp(in, "query") == 0 ? IN_QUERY : IN_HEADER;
	out->required = json_is_true(json_object_get(p, "required"));
	out->schema = schema_resolve(d->schemas, json_object_get(p, "schema"));
	o->parameters++;
	return out->schema ? 0 : -EBADMSG;
}

static int operation_add(struct document *d, const char *path, const char *method, json_t *json)
{
	struct operation *o = &d->operation[d->count];
	const char *type;
	json_t *one;
	size_t i;
	int err = 0;

	if (d->count == OPERATIONS_MAX)
		return -EBADMSG;
	o->method = method;
	o->path = path;
	o->json = json;
	json_array_foreach(json_object_get(json, "parameters"), i, one) {
		if (!err)
			err = parameter_add(d, o, one);
	}
	json_object_foreach(json_object_get(json_object_get(json, "requestBody"), "content"), type, one) {
		o->body_type = type;
		o->body_schema = schema_resolve(d->schemas, json_object_get(one, "schema"));
	}
	if (err)
		log_error("office/openapi.json: %s %s", method, path);
	d->count++;
	return err;
}

static int document_read(struct document *d)
{
	const char *path, *method;
	json_t *methods, *one;
	json_error_t why;
	int err = 0;

	d->json = json_loads(office_openapi, JSON_REJECT_DUPLICATES, &why);
	if (d->json == NULL) {
		log_error("office/openapi.json:%d: %s", why.line, why.text);
		return -EBADMSG;
	}
	err = schemas_alloc(&d->schemas, d->json);
	json_object_foreach(json_object_get(d->json, "paths"), path, methods) {
		json_object_foreach(methods, method, one) {
			if (!err)
				err = operation_add(d, path, method, one);
		}
	}
	return err;
}

int document_alloc(struct document **dp)
{
	struct document *d = calloc(1, sizeof(*d));
	int err;

	if (d == NULL)
		return -ENOMEM;
	d->magic = DOCUMENT_MAGIC;
	err = document_read(d);
	if (err) {
		document_free(d);
		return err;
	}
	*dp = d;
	return 0;
}

void document_free(struct document *d)
{
	if (d == NULL)
		return;
	MAGIC_CHECK(d, DOCUMENT_MAGIC);
	schemas_free(d->schemas);
	json_decref(d->json);
	d->magic = MAGIC_DEAD;
	free(d);
}

const struct schemas *document_schemas(const struct document *d)
{
	return d->schemas;
}

const struct operation *document_operation(const struct document *d, const char *method, const char *path)
{
	for (unsigned i = 0; i < d->count; i++)
		if (strcmp(d->operation[i].method, method) == 0 && strcmp(d->operation[i].path, path) == 0)
			return &d->operation[i];
	return NULL;
}

unsigned document_operations(const struct document *d)
{
	return d->count;
}
