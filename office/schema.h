/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * office/schema.h - JSON values against the schemas of the document (office/openapi.json): the part of JSON Schema 2020-12 that
 * it uses. type, enum, required, properties, additionalProperties: false, minProperties, items, minItems, maxItems, uniqueItems,
 * minLength, maxLength (characters), x-maxOctets, pattern (a POSIX extended one), minimum, maximum, oneOf, $ref.
 *
 * Made once, then only read: any thread.
 */
#ifndef OFFICE_SCHEMA_H
#define OFFICE_SCHEMA_H

#include <jansson.h>
#include <stdbool.h>

struct schemas;

/* document is borrowed and outlives it. -EBADMSG: a pattern that is none, or a keyword not listed above, logged. */
int  schemas_alloc(struct schemas **sp, const json_t *document);
void schemas_free(struct schemas *s);

/* {"$ref"} followed. */
const json_t *schema_resolve(const struct schemas *s, const json_t *schema);

/* What is wrong is added to errors as {pointer, detail}, at most SCHEMA_ERRORS_MAX. */
#define SCHEMA_ERRORS_MAX 20
bool schema_check(const struct schemas *s, const json_t *schema, const json_t *value, const char *pointer, json_t *errors);

#endif
