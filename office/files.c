/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "office/files.h"

#include <dirent.h>
#include <errno.h>
#include <microhttpd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/log.h"
#include "core/magic.h"
#include "office/digest.h"

#define LOG_MODULE "files"
#define FILES_MAGIC 0x46494c45u
#define FILES_MAX   1000
#define FILE_MAX    (8 * 1024 * 1024)
#define DEPTH_MAX   6
#define PATH_SIZE   512

struct page {
	char  path[PATH_SIZE]; /* "/assets/app-1a2b3c4d.js" */
	char *data;
	size_t len;
	char  etag[24];
};

struct files {
	unsigned     magic;
	struct page *page;
	unsigned     count;
};

static const char none[] =
	"<!doctype html><title>Partyline</title><p>The pages are not installed: http.web in the configuration. The API is at "
	"/api/v1/openapi.json.\n";

/* ---- reading ---- */

static int page_read(struct files *f, const char *file, const char *path, size_t len)
{
	struct page *p = &f->page[f->count];
	char sum[DIGEST_SIZE];
	FILE *in;

	if (f->count == FILES_MAX || len > FILE_MAX) {
		log_warn("%s is left out: more than %d files, or %d octets", file, FILES_MAX, FILE_MAX);
		return 0;
	}
	in = fopen(file, "re");
	p->data = in ? malloc(len + 1) : NULL;
	p->len = p->data ? fread(p->data, 1, len, in) : 0;
	if (in)
		(void)fclose(in);
	if (p->data == NULL || p->len != len) {
		free(p->data);
		p->data = NULL;
		return -EIO;
	}
	(void)snprintf(p->path, sizeof(p->path), "%s", path);
	digest_text(p->data, p->len, sum);
	(void)snprintf(p->etag, sizeof(p->etag), "W/\"%.16s\"", sum); /* weak: packed or not, it is the same */
	f->count++;
	return 0;
}

static int directory_read(struct files *f, const char *dir, const char *path, unsigned depth)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	int err = 0;

	if (d == NULL)
		return -errno;
	while (!err && (e = readdir(d)) != NULL) { /* cppcheck-suppress readdirCalled ; its own stream, and the main thread */
		char file[2 * PATH_SIZE], below[PATH_SIZE];
		struct stat st;

		if (e->d_name[0] == '.' || snprintf(file, sizeof(file), "%s/%s", dir, e->d_name) >= (int)sizeof(file) ||
		    snprintf(below, sizeof(below), "%s/%s", path, e->d_name) >= (int)sizeof(below) || stat(file, &st) != 0)
			continue;
		if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX)
			err = directory_read(f, file, below, depth + 1);
		else if (S_ISREG(st.st_mode))
			err = page_read(f, file, below, (size_t)st.st_size);
	}
	(void)closedir(d);
	return err;
}

int files_alloc(struct files **fp, const char *dir)
{
	struct files *f = calloc(1, sizeof(*f));
	int err = 0;

	if (f == NULL)
		return -ENOMEM;
	f->magic = FILES_MAGIC;
	f->page = calloc(FILES_MAX, sizeof(*f->page));
	if (f->page == NULL)
		err = -ENOMEM;
	if (!err && dir[0])
		err = directory_read(f, dir, "", 0);
	if (err) {
		log_error("the pages in %s: %s", dir, strerror(-err));
		files_free(f);
		return err;
	}
	*fp = f;
	return 0;
}

void files_free(struct files *f)
{
	if (f == NULL)
		return;
	MAGIC_CHECK(f, FILES_MAGIC);
	for (unsigned i = 0; i < f->count; i++)
		free(f->page[i].data);
	free(f->page);
	f->magic = MAGIC_DEAD;
	free(f);
}

/* ---- answering ---- */

static const struct page *find(const struct files *f, const char *path)
{
	for (unsigned i = 0; i < f->count; i++)
		if (strcmp(f->page[i].path, path) == 0)
			return &f->page[i];
	return NULL;
}

static const char *type_of(const char *path)
{
	static const struct {
		const char *end, *type;
	} types[] = {
		{ ".html", "text/html; charset=utf-8" },  { ".js", "text/javascript; charset=utf-8" },
		{ ".css", "text/css; charset=utf-8" },    { ".json", "application/json" },
		{ ".svg", "image/svg+xml" },              { ".png", "image/png" },
		{ ".ico", "image/x-icon" },               { ".woff2", "font/woff2" },
		{ ".webmanifest", "application/manifest+json" }, { ".txt", "text/plain; charset=utf-8" },
	};
	const char *dot = strrchr(path, '.');

	for (unsigned i = 0; dot && i < ARRAY_LEN(types); i++)
		if (strcmp(dot, types[i].end) == 0)
			return types[i].type;
	return "application/octet-stream";
}

/* assets/index-1a2b3c4d.js: eight or more letters and digits between - (or .) and the end. */
static bool has_hash(const char *path)
{
	const char *dot = strrchr(path, '.'), *p = dot;

	while (p && p > path && (strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_", p[-1]) != NULL))
		p--;
	return dot && dot - p >= 8 && p > path && (p[-1] == '-' || p[-1] == '.') && strncmp(path, "/assets/", 8) == 0;
}

static struct MHD_Response *text_response(const char *text, const char *type)
{
	struct MHD_Response *m = MHD_create_response_from_buffer(strlen(text), (void *)(uintptr_t)text, MHD_RESPMEM_PERSISTENT);

	if (m)
		(void)MHD_add_response_header(m, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	return m;
}

static const struct page *wanted(const struct files *f, const char *path)
{
	const char *last = strrchr(path, '/');
	const struct page *p = find(f, path);

	if (p == NULL && (last == NULL || strchr(last, '.') == NULL))
		p = find(f, "/index.html");
	return p;
}

struct MHD_Response *files_response(struct files *f, struct MHD_Connection *c, const char *method, const char *path,
                                    unsigned *status)
{
	const char *match = MHD_lookup_connection_value(c, MHD_HEADER_KIND, MHD_HTTP_HEADER_IF_NONE_MATCH),
		   *accept = MHD_lookup_connection_value(c, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT_ENCODING);
	const struct page *p = wanted(f, path), *packed = NULL;
	struct MHD_Response *m;
	char name[PATH_SIZE + 4];

	*status = 405;
	if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
		return text_response("Pages are looked at with GET.\n", "text/plain; charset=utf-8");
	*status = 404;
	if (p == NULL)
		return strchr(path, '.') ? text_response("There is no such file.\n", "text/plain; charset=utf-8")
		                         : text_response(none, "text/html; charset=utf-8");
	(void)snprintf(name, sizeof(name), "%s.gz", p->path);
	if (accept && strstr(accept, "gzip"))
		packed = find(f, name);
	*status = 200;
	if (match && strstr(match, p->etag)) {
		*status = 304;
		m = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
	} else {
		m = MHD_create_response_from_buffer(packed ? packed->len : p->len, packed ? packed->data : p->data,
		                                    MHD_RESPMEM_PERSISTENT);
	}
	if (m == NULL)
		return NULL;
	(void)MHD_add_response_header(m, MHD_HTTP_HEADER_ETAG, p->etag);
	(void)MHD_add_response_header(m, MHD_HTTP_HEADER_VARY, MHD_HTTP_HEADER_ACCEPT_ENCODING);
	(void)MHD_add_response_header(m, MHD_HTTP_HEADER_CACHE_CONTROL,
	                              has_hash(p->path) ? "public, max-age=31536000, immutable" : "no-cache");
	if (*status == 200)
		(void)MHD_add_response_header(m, MHD_HTTP_HEADER_CONTENT_TYPE, type_of(p->path));
	if (*status == 200 && packed)
		(void)MHD_add_response_header(m, MHD_HTTP_HEADER_CONTENT_ENCODING, "gzip");
	return m;
}
