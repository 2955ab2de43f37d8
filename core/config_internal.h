/* SPDX-License-Identifier: GPL-2.0-or-later */
/* core/config_internal.h - what config.c (the file), config_value.c (one value) and config_help.c share. */
#ifndef CORE_CONFIG_INTERNAL_H
#define CORE_CONFIG_INTERNAL_H

#include "core/config.h"

/* NULL, or what is wrong with the text. */
const char *config_store_text(const struct config_field *d, const char *text, void *at);
/* What would have been right, for messages and help. */
void config_describe_range(const struct config_field *d, char *text, size_t size);
void config_store_count(const struct config_field *d, void *out, unsigned count);

#endif
