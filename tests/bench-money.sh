#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# tests/bench-money.sh - the benches of money: settlements, holds, rating.
exec "$(dirname "$0")/bench.sh" money_
