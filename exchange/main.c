/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "exchange/program.h"

int main(int argc, char **argv)
{
	return exchange_program(argc, argv);
}
