#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A full span over UDP in real time: ten talks of three, every phone saying a signal of its own, for LOAD_SECONDS (20). Each gap of more than 20 ms in what a
# phone hears must coincide with a late tick that node or exchange counted. Says what a leg costs in CPU and memory.
. "$(dirname "$0")/common.bash"

system_begin
for i in $(seq 0 9); do p account add 1380001000"$i" 50.00 --tariff standard --language en >/dev/null || must "account $i" 1; done
for i in $(seq 0 9); do echo "number 1380001000$i ring"; done >"$dir/script"
for i in $(seq 0 19); do printf 'number 138000200%02d answer-after 200\n' "$i"; done >>"$dir/script"
echo 'number 13800000001 ring' >>"$dir/script"
node_start
exchange_start "$dir/script" "$dir/exchange.out" --socket "$dir/x"
python3 tests/systems/load.py "$dir" $node $exchange "${LOAD_SECONDS:-20}" | tee "$dir/load.out"
check "load.py ran to its end" "${PIPESTATUS[0]}"
passed=$((passed + $(grep -c '^ok ' "$dir/load.out"))) failed=$((failed + $(grep -c '^FAIL ' "$dir/load.out")))
kill $exchange && wait $exchange
exchange=''
node_end TERM 0 "the node ends cleanly"
same "nothing is held" "$(sql "SELECT SUM(held_e4) FROM v_account")" 0
same "thirty legs are charged" "$(sql "SELECT COUNT(*) FROM v_leg WHERE charge_e4 > 0")" 30
same "the ledger explains the balances" "$(sql "SELECT SUM(amount_e4) FROM v_ledger")" "$(sql "SELECT SUM(balance_e4) FROM v_account")"
result
