#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# vm: shift=0 spans=4
# One node on two spans of DAHDI and two pseudowires at once, the exchange at the other end of all four: each takes a trigger, and one room has a leg on each.
node_spans='{name: d1, transport: dahdi, dahdi_span: 1, restore_ms: 500}, {name: d3, transport: dahdi, dahdi_span: 3, restore_ms: 500},
 {name: w1, local: "127.0.0.1:41001", peer: "127.0.0.1:42001", restore_ms: 500}, {name: w2, local: "127.0.0.1:41002", peer: "127.0.0.1:42002", restore_ms: 500}'
exchange_spans=(--span name=d1,dahdi=2,restore=500 --span name=d3,dahdi=4,restore=500
	--span name=w1,local=127.0.0.1:42001,peer=127.0.0.1:41001,restore=500 --span name=w2,local=127.0.0.1:42002,peer=127.0.0.1:41002,restore=500)
. "$(dirname "$0")/common.bash"

phones=(13800000001 13800000002 13800000003 13800000004) names=(host p2 p3 p4) spans=(d1 w1 d3 w2) tones=(400 700 1100 1500)
system_begin
node_start
mkfifo "$dir/commands"
"$bin/exchange" "${exchange_spans[@]}" --stdin --log "$dir/exchange.log" <"$dir/commands" >"$dir/out" 2>"$dir/exchange.err.log" &
exchange=$!
exec 3>"$dir/commands"
x() { printf '%s\n' "$@" >&3; }
for n in "${phones[@]}"; do x "number $n ring"; done
# count WORDS: of lines of the exchange with them, so far
count() { grep -c "$1" "$dir/out"; }
until_true 30 eval '[ "$(count "\"ev\":\"span\".*\"up\":true")" -ge 4 ]'
must "four spans are up at the exchange" $?
until_true 10 eval '[ "$(p --json spans | tr -d " \n" | grep -o "\"up\":true" | wc -l)" = 4 ]'
must "and at the node" $?
sleep 2.5

# ---- each span takes a trigger: refused, unanswered, by one subscriber that is not known ---------------------------------------------------------

for s in "${spans[@]}"; do x "dial 13800009999 12599 as=refused-$s stay=0 span=$s"; done
for s in "${spans[@]}"; do
	until_true 20 eval '[ -n "$(events "$dir/out" gone refused-$s)" ]'
	same "$s: the trigger is refused unanswered" "$(events "$dir/out" gone "refused-$s" | field cause) $(events "$dir/out" gone "refused-$s" | field talk_ms)" "21 0"
done

# ---- one room, a leg on each: what shall not take the next leg is out of service for a while ------------------------------------------------------

only() { # SPAN
	local s
	for s in "${spans[@]}"; do p span "$s" "$([ "$s" = "$1" ] && echo in || echo out)" >/dev/null; done
	sleep 0.5
}
ring() { # INDEX: wait for it, answer
	until_true 20 eval '[ -n "$(events "$dir/out" ring ${phones['"$1"']})" ]'
	must "${names[$1]} is called" $?
	id=$(events "$dir/out" ring "${phones[$1]}" | tail -1 | field call)
	same "on $2" "$(events "$dir/out" ring "${phones[$1]}" | tail -1 | field span)" "$2"
	x "answer $id"
	eval "${names[$1]}=$id"
	sleep 1.5
}
x "dial ${phones[0]} 12599 as=trigger stay=0 span=w1"
until_true 10 eval '[ -n "$(events "$dir/out" alerting trigger)" ]'
sleep 1.5
only d1
x "hangup trigger"
ring 0 d1
for i in 1 2 3; do
	only "${spans[i]}"
	[ $i = 1 ] || { x "dtmf $host *" && sleep 1.5; }
	x "dtmf $host ${phones[i]}#"
	ring $i "${spans[i]}"
done
for s in "${spans[@]}"; do p span "$s" in >/dev/null; done
sleep 1
p --json counters | tr -d ' \n' >"$dir/before"
for i in 0 1 2 3; do x "tone ${!names[i]} ${tones[i]} level=-16"; done
sleep 4
for i in 0 1 2 3; do x "echo hears $i" "measure ${!names[i]} last=3000 freq=400,700,1100,1500"; done
sleep 1
for i in 0 1 2 3; do
	for k in 0 1 2 3; do
		level=$(grep -A 1 "\"text\":\"hears $i\"" "$dir/out" | tail -1 | field "${tones[k]}" | cut -d. -f1)
		if [ $i = $k ]; then
			between "${names[i]} does not hear himself" "$level" -200 -50
		else
			between "${names[i]} (${spans[i]}) hears ${names[k]} (${spans[k]}) at -16 dBm0 within 1 dB" "$level" -16 -15
		fi
	done
done
p --json counters | tr -d ' \n' >"$dir/after"
for s in "${spans[@]}"; do
	for c in rx_errors tx_errors underruns held_frames slips_dropped slips_repeated lost_frames; do
		before=$(grep -o "\"group\":\"span.$s\",\"name\":\"$c\",\"value\":[0-9]*" "$dir/before") after=$(grep -o "\"group\":\"span.$s\",\"name\":\"$c\",\"value\":[0-9]*" "$dir/after")
		[ -n "$after" ] && [ "$before" = "$after" ] || check "$s: $c while they talk" 1 "$before, then $after"
	done
	check "$s: no frame was lost, late or in excess" 0
done
x "hangup $host"
until_true 10 eval '[ "$(sql "SELECT COALESCE(SUM(held_e4), 0) FROM v_account")" = 0 ]'
check "the host hangs up: everybody is released, nothing is held" $?
same "four legs are charged" "$(sql "SELECT COUNT(*) FROM v_leg WHERE charge_e4 > 0")" 4
same "their trunks in the records" "$(sql "SELECT GROUP_CONCAT(DISTINCT trunk ORDER BY trunk) FROM v_leg WHERE charge_e4 > 0")" "e1/d1,e1/d3,e1/w1,e1/w2"
same "ledger rows equal the legs" "$(sql "SELECT -SUM(amount_e4) FROM v_ledger WHERE kind = 'charge'")" "$(sql "SELECT SUM(charge_e4) FROM v_leg")"
exec 3>&-
exchange_end "the exchange ends"
node_end TERM 0 "the node ends cleanly"
[ ! -s "$dir/node.err.log" ]
check "nothing on standard error" $? "$(tail -3 "$dir/node.err.log")"
result
