#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# tests/bench-office.sh: `make bench-office`. Twenty talks of three on two spans, sixty calls, every phone saying a signal of its own (tests/systems/load.py),
# while SUBSCRIBERS (500) poll their account, their conferences and their bookings, one after the other every POLL_S (5) seconds each, and PAGES (50) live
# pages are open; office and pollers at nice 10. Each gap of more than 20 ms in what a phone hears must coincide with a late tick that was counted. Says p50
# and p99 of the API, and how late events are.
cd "$(dirname "$0")/.." || exit 1
ports=()
while [ ${#ports[@]} -lt 2 ]; do
	port=$((22000 + RANDOM % 4000 * 2))
	grep -qi "$(printf ':%04X \|:%04X ' $port $((port + 1)))" /proc/net/udp || ports+=("$port")
done
node_spans="{name: one, local: \"127.0.0.1:${ports[0]}\", peer: \"127.0.0.1:$((ports[0] + 1))\", restore_ms: 500, shown_number: host}"
node_spans+=", {name: two, local: \"127.0.0.1:${ports[1]}\", peer: \"127.0.0.1:$((ports[1] + 1))\", restore_ms: 500, shown_number: host}"
exchange_spans=(--span "name=one,local=127.0.0.1:$((ports[0] + 1)),peer=127.0.0.1:${ports[0]},restore=500"
	--span "name=two,local=127.0.0.1:$((ports[1] + 1)),peer=127.0.0.1:${ports[1]},restore=500")
. tests/systems/common.bash
. tests/systems/office.bash
subscribers=${SUBSCRIBERS:-500} pages=${PAGES:-50}

system_begin
for i in $(seq 0 19); do p account add "138000$((10000 + i))" 50.00 --tariff standard --language en >/dev/null || must "account $i" 1; done
for i in $(seq 0 $((subscribers - 21))); do echo "$((13800030000 + i))"; done >"$dir/numbers"
# the rest by SQL, and sessions for all: a hundred logins a second are another measurement
sql "INSERT INTO account (language, tariff_id, created_at) SELECT 'zh-CN', (SELECT MIN(id) FROM tariff), '2026-01-01' FROM seq_1_to_$((subscribers - 20));
	INSERT INTO account_number (number, account_id, valid_from) SELECT CONCAT('86', 13800030000 + id), id, '2026-01-01' FROM account WHERE id NOT IN (SELECT account_id FROM account_number);
	INSERT INTO office_session (id, account_id, number, csrf, address, created_at, seen_at) SELECT SHA2(LPAD(n.account_id, 64, '0'), 256), n.account_id, n.number, SHA2(n.number, 256),
	'127.0.0.1', '$(date -u '+%F %T')', '$(date -u '+%F %T')' FROM account_number n"
sql "SELECT LPAD(account_id, 64, '0') FROM account_number ORDER BY number" >"$dir/tokens"
for i in $(seq 0 19); do echo "number 138000$((10000 + i)) ring"; done >"$dir/script"
for i in $(seq 0 39); do echo "number 138000$((20000 + i)) answer-after 200"; done >>"$dir/script"
echo 'number 13800000001 ring' >>"$dir/script"
node_start
echo "auditor x" >"$dir/secrets"
touch "$dir/cards.key"
office_http="connections_per_address: 0"
office_start 'limits: {address_per_s: 100000, requests_per_s: 100000}'
renice -n 10 -p "$office" >/dev/null
for task in /proc/"$office"/task/*; do renice -n 10 -p "${task##*/}" >/dev/null; done
exchange_start "$dir/script" "$dir/exchange.out" --socket "$dir/x"
nice -n 10 python3 tests/systems/office_poll.py "$dir/world.json" "$dir/tokens" "$subscribers" "$pages" "${POLL_S:-5}" >"$dir/poll.out" 2>&1 &
poll=$!
others+=("$poll")
until_true 60 grep -q polling "$dir/poll.out"
check "$subscribers subscribers poll, $pages pages are open" $? "$(tail -n 3 "$dir/poll.out")"
LOAD_THREES=20 python3 tests/systems/load.py "$dir" $node $exchange "${LOAD_SECONDS:-30}" | tee "$dir/load.out"
check "load.py ran to its end" "${PIPESTATUS[0]}"
passed=$((passed + $(grep -c '^ok ' "$dir/load.out"))) failed=$((failed + $(grep -c '^FAIL ' "$dir/load.out")))
kill -TERM $poll
wait $poll
check "the pollers ran to their end" $?
cat "$dir/poll.out"
failed=$((failed + $(grep -c '^FAIL ' "$dir/poll.out")))
kill $exchange && wait $exchange
exchange=''
others=("$office")
office_end "the office ends cleanly"
node_end TERM 0 "the node ends cleanly"
result
