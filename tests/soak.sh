#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# tests/soak.sh [NAME...]: `make soak`. The systems that can run for long, for long: what each says, and one line at the end.
#   crash    200 times SIGKILL for node, MariaDB or both, while calls are made and accounts are recharged (tests/systems/crash.sh); about 35 minutes
#   bookings 200 bookings on two nodes, killed 50 times (rule 26); 10,000 bookings of one second claimed by two nodes; some minutes
#   try_it   docs/try-it.md, line by line (tests/try_it.sh)
set -u -o pipefail

passed=0 failed=0
soak() { # NAME COMMAND...
	echo "== $1"
	shift
	if "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
}
[ $# -gt 0 ] || set -- crash bookings try_it
for name in "$@"; do
	case $name in
	crash) soak crash env CRASHES="${CRASHES:-200}" bash tests/systems/crash.sh ;;
	bookings)
		soak bookings env KILLS=50 BOOKINGS=200 build/release/bin/worlds -v -s "${SEED:-1}" rule_26_two_nodes
		soak burst env BURST=10000 build/release/tests/booking_run_test
		;;
	try_it) soak try_it tests/try_it.sh ;;
	*) echo "soak: there is no $name" >&2; failed=$((failed + 1)) ;;
	esac
done
echo "$passed passed, $failed failed"
exit $((failed > 0))
