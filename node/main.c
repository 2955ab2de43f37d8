/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node/program.h"

int main(int argc, char **argv)
{
	return partylined_main(argc, argv);
}
