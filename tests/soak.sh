#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# tests/soak.sh [NAME...]: `make soak`. The systems that can run for long, for long: what each says, and one line at the end.
#   crash    200 times SIGKILL for node, MariaDB or both, while calls are made and accounts are recharged (tests/systems/crash.sh); about 35 minutes
set -u -o pipefail

passed=0 failed=0
soak() { # NAME COMMAND...
	echo "== $1"
	shift
	if "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
}
for name in "${@:-crash}"; do
	case $name in
	crash) soak crash env CRASHES="${CRASHES:-200}" bash tests/systems/crash.sh ;;
	*) echo "soak: there is no $name" >&2; failed=$((failed + 1)) ;;
	esac
done
echo "$passed passed, $failed failed"
exit $((failed > 0))
