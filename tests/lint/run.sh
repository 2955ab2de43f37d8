#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# tests/lint/run.sh MAKE...: every check of `make lint`, each with its time. The last line is "N passed, N failed"; the numbers are
# also left in build/lint/result. Quick the second time: clang-tidy and cppcheck look only at what changed.
set -u -o pipefail

out=build/lint
passed=0
failed=0
mkdir -p $out/cppcheck
rm -f $out/result

check() { # NAME COMMAND...
	local name=$1 began=$SECONDS
	shift
	if "$@" >"$out/$name.log" 2>&1; then
		passed=$((passed + 1))
		printf '== lint %-10s ok, %d s\n' "$name" $((SECONDS - began))
		grep '^note' "$out/$name.log"
	else
		failed=$((failed + 1))
		printf '== lint %-10s FAILED, %d s\n' "$name" $((SECONDS - began))
		grep -v -E '^[0-9]+ passed, [0-9]+ failed$' "$out/$name.log" | head -n 200 | sed 's/^/  | /'
	fi
}

# dsp/g711.c is left out: its tables are macros that grow to 49 MB, on which cppcheck takes all memory. The limit is for the next such file.
# Suppressed: what it makes of MAGIC_CHECK (an assertion of a pointer that was used before), of mmap's -1, of streams in tests that end by longjmp.
cpp_check() (
	git -c safe.directory='*' ls-files '*.c' | grep -v -x dsp/g711.c | xargs -r ls 2>/dev/null >$out/files
	ulimit -v 4000000
	timeout 600 cppcheck --quiet --std=c11 --language=c --enable=warning,performance,portability --inline-suppr --error-exitcode=1 \
		--suppress=missingIncludeSystem --library=posix --cppcheck-build-dir=$out/cppcheck -j "$(nproc)" -D_GNU_SOURCE= -D__GNUC__ \
		--suppress=nullPointerRedundantCheck --suppress=ctunullpointer --suppress=invalidFunctionArg:core/coro_ucontext.c \
		--suppress='memleak:tests/*' --suppress='resourceLeak:tests/*' -I . --file-list=$out/files
)

check build "$@" tests
check format tests/lint/format.py
check tidy "$@" -k tidy
check cppcheck cpp_check
check rules tests/lint/rules.py build/release
check web tests/lint/web.py

echo "$passed $failed" >$out/result
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
