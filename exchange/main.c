/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/crash.h"
#include "exchange/program.h"

int main(int argc, char **argv)
{
	crash_report("exchange");
	return exchange_program(argc, argv);
}
