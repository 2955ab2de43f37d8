#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The node beside an exchange that was written from the standards alone (foreign_exchange.py and its modules), so that what our own exchange and our node
# would both get wrong shows: the first call, and a line on which everything goes wrong while two people talk. foreign_calls.sh is the same with signalling.
. "$(dirname "$0")/common.bash"

if [ $quick = no ]; then
	echo "SKIP foreign: it judges what is sent, within the exchange's own times; the worlds have the sanitizers look at the same code"
	exit 0
fi
: "${FRAMES:=8}" "${PART:=story}"
node_services=', {number: 12598, kind: selfcare, language: en}'
system_begin
for n in 2 3 4 5 6; do p account add 861380000000$n 50.00 --tariff standard --language en >/dev/null || must "account $n" 1; done
sed -i -e "s/restore_ms: 500/&, overlap: yes, frames_per_packet: $FRAMES/" -e 's/callback_delay_s: 1/&, retries: 0/' "$dir/node.yaml"
echo 'timers: {alerting_to_answer_s: 5, overlap_digit_s: 5, announcement_max_s: 3}' >>"$dir/node.yaml"
node_start
PARTYLINE=$bin/partyline timeout -k 5 150 python3 -B tests/systems/foreign.py "$dir" "$port" "$FRAMES" "$PART" | tee "$dir/foreign.out"
check "the exchange came to its end" "${PIPESTATUS[0]}"
passed=$((passed + $(grep -c '^ok ' "$dir/foreign.out"))) failed=$((failed + $(grep -c '^FAIL ' "$dir/foreign.out")))
node_end TERM 0 "the node ends cleanly"
same "nothing is held" "$(sql "SELECT SUM(held_e4) FROM v_account")" 0
same "the ledger explains the balances" "$(sql "SELECT SUM(amount_e4) FROM v_ledger")" "$(sql "SELECT SUM(balance_e4) FROM v_account")"
p audit >"$dir/audit.out" 2>&1
check "the audit finds nothing" $? "$(cat "$dir/audit.out")"
[ ! -s "$dir/node.err.log" ]
check "nothing on standard error" $? "$(tail -3 "$dir/node.err.log")"
result
