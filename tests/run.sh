#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# tests/run.sh BUILD MAKE...: builds the tests with MAKE and runs them; what `make test` is.
#
# TESTS (environment or make) picks stages: units worlds systems. Each program's output goes to BUILD/log/NAME.log and is
# shown when it fails. The last line is "N passed, N failed"; the same two numbers are left in BUILD/result.
# Status 0 only when something ran and nothing failed.
set -u -o pipefail

build=$1
shift
stages=${TESTS:-units worlds systems}
passed=0
failed=0
mkdir -p "$build/log"
rm -f "$build/result"

# Tests have a great deal synced to disk, and half of their time is waiting for that: they do it in memory where there is enough.
if [ -z "${TMPDIR:-}" ] && [ -w /dev/shm ] && [ "$(stat -f -c %T /dev/shm)" = tmpfs ] && [ "$(df -k --output=avail /dev/shm | tail -1)" -gt 4000000 ]; then
	TMPDIR=$(mktemp -d /dev/shm/partyline-XXXXXX)
	export TMPDIR
	trap 'rm -rf "$TMPDIR"' EXIT
fi

# What the tests find their programs by.
export PARTYLINE_BUILD=$build
export ASAN_OPTIONS=${ASAN_OPTIONS:-abort_on_error=0:detect_stack_use_after_return=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
export TSAN_OPTIONS=${TSAN_OPTIONS:-halt_on_error=1:second_deadlock_stack=1}
# ThreadSanitizer of clang 14 does not start where the kernel randomizes more address bits than it knows.
run=()
if [[ $build == *tsan* ]] && setarch -R true 2>/dev/null; then run=(setarch -R); fi

# count LOG STATUS WHOLE: adds what a log says. A program that failed without saying so, or says nothing at all, is one failure;
# with WHOLE=1 (a script) silence and status 0 are one success.
count() {
	local p f
	read -r p f < <(awk '
		/^\[  PASSED  \] [0-9]+ test/ { p += $4 }
		/^\[  FAILED  \] [0-9]+ test/ { f += $4 }
		/^[0-9]+ passed, [0-9]+ failed/ { p += $1; f += $3 }
		END { print p + 0, f + 0 }' "$1")
	if [ "$2" -ne 0 ] && [ "$f" -eq 0 ]; then f=1; fi
	if [ "$2" -eq 0 ] && [ $((p + f)) -eq 0 ]; then if [ "$3" = 1 ]; then p=1; else f=1; fi; fi
	passed=$((passed + p))
	failed=$((failed + f))
	stage_passed=$((stage_passed + p))
	stage_failed=$((stage_failed + f))
	[ "$f" -eq 0 ]
}

# start NAME LIMIT_S COMMAND...: one test program in the background, $side of them side by side at most: most wait for a database or the clock.
running=()
start() {
	local name=$1 limit=$2
	shift 2
	while [ "$(jobs -rp | wc -l)" -ge "$side" ]; do wait -n; done
	running+=("$name")
	{
		timeout -k 10 "$limit" "${run[@]}" "$@" >"$build/log/$name.log" 2>&1 </dev/null
		echo $? >"$build/log/$name.status"
	} &
}
# judge NAME WHOLE: what came of it
judge() {
	local log=$build/log/$1.log status
	status=$(cat "$build/log/$1.status")
	if ! count "$log" "$status" "$2"; then
		echo "--- $1 failed (status $status$([ "$status" -eq 124 ] && echo ": not finished in time")); from $log:"
		grep -v -E '^(ok  |\[ RUN  |\[       OK)' "$log" | tail -n 150 | sed 's/^/  | /'
	fi
}
judge_all() { # WHOLE
	local name
	wait
	for name in "${running[@]}"; do judge "$name" "$1"; done
	running=()
}
# The systems that failed: real time and real threads, on a machine that others may be using: a failure is tried once more, alone; that it was
# needed is said, and its log kept. The last result counts.
systems_again() {
	local name log
	wait
	for name in "${running[@]}"; do
		log=$build/log/$name.log
		[ "$(cat "$build/log/$name.status")" -ne 0 ] || continue
		mv "$log" "$log.1"
		echo "--- $name failed (status $(cat "$build/log/$name.status"); $log.1); once more"
		grep -E '^(FAIL|not ok)' "$log.1" | head -n 5 | sed 's/^/  | /'
		timeout -k 10 600 "${run[@]}" bash "tests/systems/$name.sh" >"$log" 2>&1 </dev/null
		echo $? >"$build/log/$name.status"
	done
}

begin() {
	stage=$1 began=$SECONDS stage_passed=0 stage_failed=0
}
finish() {
	local what="$stage_passed passed"
	[ $stage_failed -eq 0 ] || what="$what, $stage_failed FAILED"
	printf '== %-28s %s, %d s\n' "$stage ($build)" "$what" $((SECONDS - began))
}
total() {
	echo "$passed $failed" >"$build/result"
	echo "$passed passed, $failed failed"
	if [ $failed -gt 0 ] || [ $passed -eq 0 ]; then exit 1; else exit 0; fi
}

began=$SECONDS
# shellcheck disable=SC2086
if ! "$@" $(printf 'tests-%s ' $stages) || ! "$@" prompts; then
	echo "== build ($build) FAILED, $((SECONDS - began)) s"
	failed=1
	total
fi
echo "== build ($build), $((SECONDS - began)) s"

for s in $stages; do
	begin "$s"
	case $s in
	units)
		side=3
		# the longest first, so that none of them is left over at the end
		long="billing_crash_test e1_pseudowire_test store_test money_two_nodes_test money_faults_test tariff_test e1_fault_test hold_test"
		for t in $long $(for t in tests/unit/*_test.c; do t=${t##*/}; case " $long " in *" ${t%.c} "*) ;; *) echo "${t%.c}" ;; esac; done); do
			start "$t" 300 "$build/tests/$t"
		done
		for t in tests/fuzz/corpus/*; do # what fuzzing has found stays found
			start "fuzz_${t##*/}" 300 "$build/fuzz/${t##*/}" "$t"
		done
		judge_all 0 ;;
	worlds)
		side=1
		if [ -x "$build/bin/worlds" ]; then start worlds 1200 "$build/bin/worlds"; fi
		judge_all 0 ;;
	systems)
		side=2
		for t in tests/systems/{crash,first_call}.sh tests/systems/*.sh; do # the longest first
			t=$(basename "$t" .sh)
			case " load ${running[*]} " in *" $t "*) continue ;; esac
			start "$t" 600 bash "tests/systems/$t.sh"
		done
		wait
		start load 600 bash tests/systems/load.sh # what it measures it measures alone
		systems_again
		judge_all 1 ;;
	*)
		echo "TESTS is of: units worlds systems" >&2
		failed=$((failed + 1)) ;;
	esac
	finish
done
total
