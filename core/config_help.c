/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every setting with its default, range and sentence. */
#include "core/config_internal.h"

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

	config_describe_range(d, range, sizeof(range));
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
