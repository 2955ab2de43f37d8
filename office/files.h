/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * office/files.h - the pages: the files of one directory, read when the program starts, so that nothing of a request is ever part
 * of a path. Each has an ETag; NAME.gz beside NAME is NAME for those who take gzip. Files whose name has a hash in it
 * (assets/NAME-HASH.js) are kept by browsers for a year. What is not there and has no dot in its last part is a page of the
 * application: index.html.
 */
#ifndef OFFICE_FILES_H
#define OFFICE_FILES_H

struct files;
struct MHD_Connection;
struct MHD_Response;

/* dir "": there are none, but for a line that says so. -errno of the directory. */
int  files_alloc(struct files **fp, const char *dir);
void files_free(struct files *f);
struct MHD_Response *files_response(struct files *f, struct MHD_Connection *c, const char *method, const char *path,
                                    unsigned *status);

#endif
