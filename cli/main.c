/* SPDX-License-Identifier: GPL-2.0-or-later */
/* partyline: the operator's command line. */
#include <stdio.h>

#include "cli/cli.h"

int main(int argc, char **argv)
{
	return cli_run(argc, argv, stdout, stderr);
}
