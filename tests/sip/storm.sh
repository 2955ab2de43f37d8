#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 20,000 mutated SIP messages and session descriptions (STORM=, SEED=), those that hang the stack's own parser among them, to a node that may not have
# more than 3 GB of addresses: it lives, answers all along, its memory does not grow from one storm to the next, and a conference goes on beside it, heard.
. "$(dirname "$0")/../systems/sip_common.bash"
sip_need python3

count=${STORM:-20000} seed=${SEED:-1}
system_begin
sip_trunks
p account add 8613900000001 50.00 --tariff standard --language en >/dev/null
cat >"$dir/script" <<END
number 13900000001 ring
number 13900000002 answer-after 300
$(span_comes_up)
$(called_back 13900000001)
dtmf host 13900000002#
wait ring called=13900000002 as=second timeout=14000 again=2
sleep 1500
tone second 700 level=-16
echo talking
wait said call=nobody timeout=600000
END
[ $quick = no ] || ulimit -v $((3 * 1024 * 1024)) # the sanitizers map terabytes
node_start
ulimit -v unlimited
exchange_start "$dir/script" "$dir/out" --socket "$dir/exchange.sock"
until_true 40 grep -q '"talking"' "$dir/out"
must "a conference is up" $?

resident() { awk '/^VmRSS/ { print $2 }' "/proc/$node/status"; }
# After a storm the calls that it began end (announcement, answer, BYE), and Sofia keeps what is over for 32 s (RFC 3261 17.1.1.2, timer B).
storm() { # SEED
	local status=0
	python3 tests/sip/storm.py "127.0.0.1:$sip" 127.0.1.200 $((count / 4)) "$1" >"$dir/storm-$1" || status=$?
	check "storm $1: $(cat "$dir/storm-$1")" $status
	until_true 60 p status # there is a queue of what was refused, to be written down
	sleep 36
	until_true 60 eval '[ "$(p --json trunks | grep -o "\"calls\": [0-9]*" | head -1)" = "\"calls\": 0" ]'
	check "its calls have ended" $? "$(p trunks)"
	memory+=("$(resident)")
}
memory=("$(resident)")
for i in 0 1 2 3; do storm $((seed + i)); done
echo "memory in kB, before and after each storm: ${memory[*]}"
[ $quick = no ] || # what is freed is kept for a while by the sanitizers
	between "what the node has in memory does not grow any more after the second" "${memory[4]}" 1 $((memory[2] + memory[2] / 20))
kill -0 "$node"
must "the node lives" $?
exchange_ask() { python3 -c 'import socket, sys, time
s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.sendall(sys.argv[2].encode() + b"\n"); s.settimeout(5)
data = b""
while b"\"reply\"" not in data: data += s.recv(65536)
print(data.decode())' "$dir/exchange.sock" "$1"; }
between "the conference is heard as before (dBm0)" "$(exchange_ask "measure host last=2000 freq=700" | grep '"reply"' | field 700 | cut -d. -f1)" -17 -15
same "and still has both" "$(p --json calls | grep -c '"call"')" 1
kill "$exchange" && wait "$exchange" 2>/dev/null
exchange=
until_true 40 eval '[ "$(sql "SELECT COALESCE(SUM(held_e4), 0) FROM v_account")" = 0 ]'
check "it is settled when the line goes" $?
same "the ledger explains the balance" "$(sql "SELECT SUM(amount_e4) FROM v_ledger")" "$(sql "SELECT SUM(balance_e4) FROM v_account")"
node_end TERM 0 "the node ends cleanly"
result
