#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# tests/browser/run.sh - `make test-web`: the pages in headless Chromium, against the running system with the real exchange: node, office, database,
# phones. tests/browser/portal.mjs says what is looked at. SHOTS=DIR keeps screenshots; ONLY=WORD runs the parts whose name has it.
cd "$(dirname "$0")/../.." || exit 1
. tests/systems/common.bash
. tests/systems/office.bash

command -v npm >/dev/null && command -v chromium >/dev/null || { echo "FAIL npm or chromium is missing: packaging/packages-web.txt"; exit 1; }
if [ ! -d web/node_modules/playwright-core ]; then
	npm --prefix web ci --ignore-scripts >"$dir/npm.log" 2>&1
	must "what web/package-lock.json names is installed" $? "$(tail -n 3 "$dir/npm.log")"
fi
npm --prefix web run --silent check >"$dir/build.log" 2>&1
check "web/dist is what web/src gives" $? "$(tail -n 5 "$dir/build.log")"

system_begin
office_world
cat >"$dir/phones" <<-END
	13800000001 ring
	13900000002 answer-after 1000
	13900000003 ring
	13900000004 busy
	13900000005 answer-after 500
	13900000006 ring
END
node_start
: >"$dir/script"
exchange_start "$dir/script" "$dir/events.jsonl" --phones "$dir/phones" --socket "$dir/exchange"
mkdir -p "$dir/web" && cp -r web/dist/. "$dir/web/"
office_start "$(printf 'limits: {address_per_s: 100000, requests_per_s: 100000, logins_per_min: 100000}')"
until_true 20 test -S "$dir/exchange"
must "the exchange listens" $?

node tests/browser/portal.mjs "$dir/world.json" | tee "$dir/portal.log"
status=${PIPESTATUS[0]}
passed=$((passed + $(grep -c '^ok ' "$dir/portal.log")))
failed=$((failed + $(grep -c '^FAIL ' "$dir/portal.log")))
same "the browser's part came to its end" "$status" 0
p audit >"$dir/audit.log" 2>&1
check "the books balance after all of it" $? "$(tail -n 3 "$dir/audit.log")"
office_end "the office ends"
node_end TERM 0 "the node ends"
result
