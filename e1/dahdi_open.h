/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * e1/dahdi_open.h - the files of a DAHDI span: found, checked against what an E1 with a D channel must be, set up. What dahdi_cfg
 * has configured is taken as it is; what is wrong with it is said in one line of the log, with the line of system.conf to change
 * (docs/dahdi.md lists them). Not on the media thread.
 */
#ifndef E1_DAHDI_OPEN_H
#define E1_DAHDI_OPEN_H

#include "e1/e1.h"

#define DAHDI_D_BUFFERS 32
#define DAHDI_D_BUFFER  1024 /* octets */

/* fd: by timeslot, 16 is the D channel; all -1 after an error. -ENODEV no such span, or no driver; -EINVAL it is set up for
 * something else; -EBUSY somebody else has a channel; -EACCES. */
int  dahdi_open_span(const char *name, unsigned span, int fd[E1_TIMESLOTS + 1]);
void dahdi_close_span(int fd[E1_TIMESLOTS + 1]);

#endif
