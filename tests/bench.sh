#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# tests/bench.sh [NAME-PREFIX] - runs each program in $PARTYLINE_BUILD/bench/ whose name begins so (default: all), one after the
# other, so that none disturbs another's figures. Benchmarks report; what fails is a program that could not measure.
set -u
cd "$(dirname "$0")/.." || exit 1
build=${PARTYLINE_BUILD:-build/release}
found=0
bad=0

for source in tests/bench/"${1:-}"*.c; do
	program=$build/bench/$(basename "$source" .c)
	[ -x "$program" ] || continue
	found=1
	echo "== $(basename "$program")"
	"$program" || { echo "$program failed: $?"; bad=1; }
done
[ $found = 1 ] || { echo "there is no program ${1:-}* in $build/bench"; exit 1; }
exit $bad
