#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# vm: mem=4096 limit=14400 shift=0 spans=4
# Sixty legs in twenty talks of three over two spans of 30 timeslots, for DAHDI_SECONDS: half the time every phone says a pattern of samples of its own,
# then tones. sixty.py makes the patterns and judges what each phone heard, sample by sample: a single block lost, late or twice is counted.
# No echo is cancelled: a canceller changes samples while both ends speak.
node_spans='{name: a, transport: dahdi, dahdi_span: 1, echo: off, restore_ms: 500, shown_number: host}, {name: b, transport: dahdi, dahdi_span: 3, echo: off, restore_ms: 500, shown_number: host}'
exchange_spans=(--span name=a,dahdi=2,restore=500 --span name=b,dahdi=4,restore=500)
. "$(dirname "$0")/common.bash"

half_ms=$((DAHDI_SECONDS * 500))
threes=$(seq -w 0 19)
system_begin
for i in $threes; do p account add 138000100"$i" 50000.00 --tariff standard --language en >/dev/null || must "account $i" 1; done

each() { # LINE...: for each talk, with @ its number and % the span of its trigger
	local i
	for i in $threes; do printf '%s\n' "$@" | sed "s/@/$i/g; s/%/$([ "$i" -lt 10 ] && echo a || echo b)/g"; done
}
legs() { each "$1 h@ ${2-}" "$1 a@ ${3-}" "$1 b@ ${4-}"; }
{
	each 'number 138000100@ ring' 'number 138000200@ ring' 'number 138000300@ ring'
	printf '%s\n' 'wait span span=a up=true timeout=30000' 'wait span span=b up=true timeout=30000' 'sleep 2500'
	each 'dial 138000100@ 12599 as=t@ stay=0 span=%'
	each 'wait alerting call=t@ timeout=5000'
	echo 'sleep 1500'
	each 'hangup t@'
	each 'wait ring called=138000100@ timeout=20000 as=h@'
	each 'answer h@'
	echo 'sleep 2500'
	each 'dtmf h@ 138000200@#'
	each 'wait ring called=138000200@ timeout=14000 as=a@'
	each 'answer a@'
	echo 'sleep 1500'
	each 'dtmf h@ *'
	echo 'sleep 1500'
	each 'dtmf h@ 138000300@#'
	each 'wait ring called=138000300@ timeout=14000 as=b@'
	each 'answer b@'
	printf '%s\n' 'sleep 2500' 'spans'
	for again in 1 2; do # once to read the files
		each 'play h@ /p/in/h@.wav loop' 'play a@ /p/in/a@.wav loop' 'play b@ /p/in/b@.wav loop'
		[ $again = 2 ] || echo 'sleep 300'
	done
	printf '%s\n' 'sleep 1000' 'counters' 'echo begin' "sleep $((half_ms - 1000))"
	legs stop
	legs tone '400 level=-16' '700 level=-16' '1100 level=-16'
	printf '%s\n' "sleep $half_ms" 'counters' 'echo end' 'sleep 1000'
	each 'hangup h@'
	each 'wait gone call=h@ timeout=5000' 'wait gone call=a@ timeout=5000' 'wait gone call=b@ timeout=5000'
	# behind the calls: ten minutes of sixty phones are 600 MB, and while the exchange writes them it does not speak to the node
	legs record '/out/h@.wav now' '/out/a@.wav now' '/out/b@.wav now'
	echo 'exit 0'
} >"$dir/script"
node_start
exchange_start "$dir/script" "$dir/out"
said() { until_true $((DAHDI_SECONDS + 200)) grep -q "\"text\":\"$1\"" "$dir/out" || kill -0 $exchange; }
said begin
same "all sixty timeslots are taken" "$(grep '"reply":"spans"' "$dir/out" | grep -o '"free":[0-9]*' | xargs)" "free:0 free:0"
p --json counters >"/out/node-begin.json"
said end
p --json counters >"/out/node-end.json"
cp "$dir/out" /out/events.jsonl
exchange_end "the script was played to its end"
cp "$dir/out" /out/events.jsonl
same "sixty legs are charged" "$(sql "SELECT COUNT(*) FROM v_leg WHERE charge_e4 > 0")" 60
same "nothing is held" "$(sql "SELECT SUM(held_e4) FROM v_account")" 0
same "the ledger explains the balances" "$(sql "SELECT SUM(amount_e4) FROM v_ledger")" "$(sql "SELECT SUM(balance_e4) FROM v_account")"
node_end TERM 0 "the node ends cleanly"
[ ! -s "$dir/node.err.log" ]
check "nothing on standard error" $? "$(tail -3 "$dir/node.err.log")"
result
