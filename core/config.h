/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * core/config.h - one YAML file, read by tables: every setting has its default, range and sentence in one place (house rule 28).
 *
 * A table describes a struct: its rows are the keys of a YAML mapping and say where each value goes. The file is parsed by
 * libyaml, the library under libcyaml: libcyaml 1.3 cannot tell a zero from an absent key (so no defaults), knows no ranges, and
 * forgets the lines before our own checks (duplicates, addresses) could name them. All mistakes are reported, not only the first,
 * each as "FILE:LINE: spans[1].local: what is wrong".
 *
 * Any thread; nothing is kept in between. Values are copied out: the file can be closed when they have been checked.
 */
#ifndef CORE_CONFIG_H
#define CORE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define CONFIG_FILE_MAX   (1024 * 1024) /* octets */
#define CONFIG_ERRORS_MAX 50            /* printed; the rest is counted */
#define CONFIG_PATH_MAX   128           /* "spans[12].frames_per_packet" */
#define CONFIG_DEPTH_MAX  8

enum config_type {
	CONFIG_INT,     /* an integer of any size, stored as value * scale */
	CONFIG_BOOL,    /* yes no true false on off */
	CONFIG_STRING,  /* char[size] */
	CONFIG_ENUM,    /* one of choices; an int or enum */
	CONFIG_STRINGS, /* char[max][size], a YAML list; unused ones are empty. count_offset when counted */
	CONFIG_ADDRESS, /* 127.0.0.1:40001 or [::1]:40001, a struct sockaddr_storage; "": ss_family 0 */
	/* a mapping: table, relative to offset. preset: help names that section instead of listing the same settings again */
	CONFIG_SECTION,
	CONFIG_LIST,    /* a list of mappings: table, at most max, size apart; count_offset */
};

struct config_choice { /* ends with a NULL name */
	const char *name;
	int         value;
};

struct config_field { /* ends with a NULL name */
	const char                 *name;
	enum config_type            type;
	size_t                      offset, size;
	/* default, written as in the file; NULL: must be given. STRINGS: words. LIST: how many entries of defaults */
	const char                 *preset;
	int64_t                     min, max;   /* INT: range. STRING: min 1 = not empty. LIST, STRINGS: most entries */
	int64_t                     scale;      /* INT; 0 is 1 */
	size_t                      count_offset; /* LIST, STRINGS: an unsigned; 0: none */
	const struct config_choice *choices;
	const struct config_field  *table;
	const char                 *text;       /* a sentence for the operator */
};

#define CONFIG_AT(s, member) .offset = offsetof(s, member), .size = sizeof(((s *)NULL)->member)

struct config_file;

/* Reads and parses. -ENOENT and the like, -EFBIG, -EBADMSG no YAML; the reason is written to errors. */
int  config_open(struct config_file **fp, const char *path, FILE *errors);
int  config_parse(struct config_file **fp, const char *name, const char *text, size_t len, FILE *errors);
void config_close(struct config_file *f);

/* Fills out by the table: defaults first, then the file. partial: keys unknown to the table are others' (two programs, one file).
 * -EINVAL when config_errors() > 0; out holds what could be read. */
int  config_read(struct config_file *f, const struct config_field *table, bool partial, void *out);
/* Defaults alone. */
void config_defaults(const struct config_field *table, void *out);

/* A check of the caller's own failed: printed with the line of that setting, or of what it belongs to. */
void config_error(struct config_file *f, const char *where, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
unsigned config_errors(const struct config_file *f);
/* Was it written in the file (not defaulted)? */
bool config_given(const struct config_file *f, const char *where);

/* Every setting with its default, range and sentence: for people, or as the roff of a man page. */
enum config_help_form { CONFIG_HELP_TEXT, CONFIG_HELP_ROFF };
void config_help(const struct config_field *table, enum config_help_form form, FILE *out);
/* Calls each with the full name of every setting, sections and lists included ("spans[].local"). */
void config_each(const struct config_field *table, void (*each)(const char *where, const struct config_field *field, void *arg),
                 void *arg);

/* Tables' tool: 127.0.0.1:40001 or [::1]:40001 with a port of 1..65535. 0 or -EINVAL; sa is a struct sockaddr_storage. */
int config_parse_address(const char *text, void *sa);

#endif
