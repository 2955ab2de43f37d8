#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# tests/fuzz.sh: what `make fuzz` is. Each target of tests/fuzz/ under libFuzzer for FUZZ_SECONDS (60), from its corpus, new inputs kept in
# build/fuzz/corpus; then the back office, FUZZ_REQUESTS (10,000) under AddressSanitizer; then the fuzz worlds with FUZZ_CHANGES (10,000) changes each. An input that was found is in build/fuzz/found: mend the
# program, and keep the input in tests/fuzz/corpus/NAME.
set -u -o pipefail
cd "$(dirname "$0")/.."
passed=0
failed=0

check() { # NAME STATUS LOG
	if [ "$2" -eq 0 ]; then
		passed=$((passed + 1))
		echo "ok   $1: $(grep -E '^(stat::number_of_executed_units|Done)' "$3" | tail -1)"
	else
		failed=$((failed + 1))
		echo "FAIL $1 (status $2), from $3:"
		tail -n 40 "$3" | sed 's/^/  | /'
	fi
}

make --no-print-directory -j"$(nproc)" VARIANT=fuzz fuzzers || exit 1
mkdir -p build/fuzz/found
for source in tests/fuzz/*.c; do
	name=$(basename "$source" .c)
	[ "$name" != replay ] || continue
	mkdir -p "build/fuzz/corpus/$name"
	status=0
	"build/fuzz/libfuzzer/$name" -max_total_time="${FUZZ_SECONDS:-60}" -max_len=4096 -timeout=10 -print_final_stats=1 -artifact_prefix="build/fuzz/found/$name-" \
		"build/fuzz/corpus/$name" "tests/fuzz/corpus/$name" >"build/fuzz/$name.log" 2>&1 || status=$?
	check "$name" $status "build/fuzz/$name.log"
done

# the office, fuzzed from its own document (tests/systems/office_fuzz.py), under AddressSanitizer; SEED picks the requests
make --no-print-directory -j"$(nproc)" VARIANT=asan all prompts || exit 1
status=0
PARTYLINE_BUILD=build/asan FUZZ_REQUESTS=${FUZZ_REQUESTS:-10000} bash tests/systems/office.sh >build/fuzz/office.log 2>&1 || status=$?
check "office, ${FUZZ_REQUESTS:-10000} requests" $status build/fuzz/office.log

make --no-print-directory -j"$(nproc)" tests prompts || exit 1
status=0
PARTYLINE_FUZZ=${FUZZ_CHANGES:-10000} "${PARTYLINE_BUILD:-build/release}/bin/worlds" -j"$(nproc)" fuzz_ >build/fuzz/worlds.log 2>&1 || status=$?
check "fuzz worlds, ${FUZZ_CHANGES:-10000} changes each" $status build/fuzz/worlds.log
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
