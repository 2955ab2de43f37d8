/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cli/trace.h - `partyline trace`: a span's D channel into a file; a call's SIP messages as a ladder, or into a file. */
#ifndef CLI_TRACE_H
#define CLI_TRACE_H

#include "cli/cli.h"

int cli_trace(struct cli *c);

#endif
