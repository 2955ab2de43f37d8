/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "office/program.h"

int main(int argc, char **argv)
{
	return partyline_office_main(argc, argv);
}
