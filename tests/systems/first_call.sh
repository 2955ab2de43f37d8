#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The first call with the real programs over UDP: the story, heard and paid; then what an operator and bad luck do to a node with a call: SIGHUP, SIGTERM,
# kill -9.
. "$(dirname "$0")/common.bash"

# ---- the configuration is checked without starting anything -------------------------------------------------------------------------------

system_begin
"$bin/partylined" -n -c "$dir/node.yaml" >/dev/null 2>&1
check "partylined -n finds no mistake" $?
sed 's/restore_ms: 500/restore_ms: soon/' "$dir/node.yaml" >"$dir/bad.yaml"
"$bin/partylined" -n -c "$dir/bad.yaml" >"$dir/bad.out" 2>&1
same "partylined -n with a mistake: status 1" $? 1
grep -q "bad.yaml:$(grep -n soon "$dir/bad.yaml" | cut -d: -f1):.*restore_ms" "$dir/bad.out"
check "and says line and reason" $? "$(cat "$dir/bad.out")"

# ---- the story -----------------------------------------------------------------------------------------------------------------------------

cat >"$dir/begin" <<END
number 13800000001 ring
number 13800000002 ring
number 13900000003 ring
$(span_comes_up)
$(called_back 13800000001 'sleep 1500' 'echo level trigger' 'measure trigger last=1500')
$(party_comes 13800000002 second)
sleep 700
END
cat "$dir/begin" - >"$dir/story" <<END
dtmf host *
sleep 1500
$(party_comes 13900000003 third)
sleep 1200
tone host 400 level=-16
tone second 700 level=-16
tone third 1100 level=-16
@MEASURES@
sleep 500
hangup host
wait hangup call=second timeout=5000
wait hangup call=third timeout=5000
wait gone call=host timeout=5000
sleep 1000
exit 0
END
# Five times half a second of each: on a busy machine one or the other has a gap (tests/systems/load.sh counts those).
for _ in 1 2 3 4 5; do printf 'sleep 700\n%s' "$(printf 'echo tones %s\nmeasure %s last=500 freq=400,700,1100\n' host host second second third third)"; echo; done >"$dir/measures"
sed -i -e "/^@MEASURES@/{r $dir/measures" -e 'd}' "$dir/story"
node_start
exchange_start "$dir/story" "$dir/story.out"
exchange_end "the story was played to its end"
[ -n "$(events "$dir/story.out" alerting trigger)" ] && [ -z "$(events "$dir/story.out" answer trigger)" ]
check "the trigger is announced, and never answered" $?
# The replies to "measure" follow the words of "echo". The best of them in whole dBm0.
best() { # WORDS MEMBER
	awk -v words="\"$1\"" 'index($0, words) { next_one = 1 } next_one && /"reply":"measure"/ { print; next_one = 0 }' "$dir/story.out" | field "$2" | cut -d. -f1 |
		sort -n | tail -1
}
between "the announcement is heard (dBm0)" "$(best "level trigger" power_dbm0)" -35 -5
for who in host:400 second:700 third:1100; do
	for hz in 400 700 1100; do
		level=$(best "tones ${who%:*}" $hz)
		if [ "${who#*:}" = $hz ]; then
			between "${who%:*} does not hear himself" "$level" -200 -50
		else
			between "${who%:*} hears $hz Hz at -16 dBm0 within 1 dB" "$level" -16 -15
		fi
	done
done

# What each leg costs by the exchange's own talk times, 0.01 or 0.02 for each second begun. CONNECT and DISCONNECT are on the line for 30 ms and more.
legs=0
for leg in 13800000001:100 13800000002:100 13900000003:200; do
	number=${leg%:*} price=${leg#*:}
	ms=$(events "$dir/story.out" gone "$number" | field talk_ms)
	charge=$(sql "SELECT charge_e4 FROM v_leg WHERE called = '86$number' AND answered_at IS NOT NULL")
	between "$number talked ${ms:-?} ms and is charged for it" "$charge" $(((${ms:-0} + 849) / 1000 * price)) $(((${ms:-0} + 1149) / 1000 * price))
	legs=$((legs + ${charge:-0}))
done
same "three legs are charged" "$(sql "SELECT COUNT(*) FROM v_leg WHERE charge_e4 > 0")" 3
same "ledger rows equal the legs" "$(sql "SELECT -SUM(amount_e4) FROM v_ledger WHERE kind = 'charge'")" $legs
same "the balance is what is left" "$(p --json account show 8613800000001 | tr -d ' \n' | field balance_e4)" $((500000 - legs))
same "nothing is held" "$(p --json account show 8613800000001 | tr -d ' \n' | field held_e4)" 0

# ---- the log file anew, SIGTERM in a call ----------------------------------------------------------------------------------------------

cat "$dir/begin" - >"$dir/term" <<'END'
echo talking
wait hangup call=host timeout=60000
wait hangup call=second timeout=5000
exit 0
END
exchange_start "$dir/term" "$dir/term.out"
until_true 60 grep -q 'talking' "$dir/term.out"
must "another call" $?
mv "$dir/node.log" "$dir/node-1.log"
kill -HUP $node
until_true 5 test -e "$dir/node.log"
check "SIGHUP opens the log file anew" $?
node_end TERM 0 "SIGTERM: status 0"
exchange_end "SIGTERM releases the calls"
grep -q "releasing all calls" "$dir/node.log"
check "what follows goes to the new log" $?
same "by the node, with DISCONNECT" "$(events "$dir/term.out" hangup host | tail -1 | field by)" node
while IFS= read -r line; do
	same "docs/money.md: $(cut -c1-60 <<<"$line")... finds nothing" "$(sql "$line" 2>&1)" ""
done < <(sed -n 's/^    sql> \(SELECT .*\)/\1/p' docs/money.md)
same "everything is settled at the end" "$(sql "SELECT COUNT(*) FROM v_leg WHERE answered_at IS NOT NULL AND ended_at IS NULL") $(sql "SELECT SUM(held_e4) FROM v_account")" "0 0"
same "the ledger explains the balance" "$(sql "SELECT SUM(amount_e4) FROM v_ledger")" "$(sql "SELECT SUM(balance_e4) FROM v_account")"

# ---- kill -9 in a call, and a new start ------------------------------------------------------------------------------------------------

cat "$dir/begin" - >"$dir/kill" <<'END'
echo talking
wait gone call=host timeout=60000
wait gone call=second timeout=5000
exit 0
END
node_start
exchange_start "$dir/kill" "$dir/kill.out"
until_true 60 grep -q 'talking' "$dir/kill.out"
must "a third call" $?
sleep 12
kill -9 $node
wait $node 2>/dev/null
node=''
killed=$(date +%s%3N)
exchange_end "the exchange loses the calls with the line"
[ "$(sql "SELECT SUM(held_e4) FROM v_account")" -gt 0 ]
check "the dead node's hold stands" $?
node_start
until_true 20 eval '[ "$(sql "SELECT COALESCE(SUM(held_e4), 0) FROM v_account")" = 0 ]'
check "after the new start the hold is gone" $?
# checkpoints are written every 5 s, on a worker; never more than the talk; 0.01 a second begun, two legs
least=0 most=0
for number in 13800000001 13800000002; do
	ms=$((killed - $(events "$dir/kill.out" gone $number | field answer_ms)))
	least=$((least + (ms - 6500) / 1000 * 100))
	most=$((most + (ms + 999) / 1000 * 100))
done
charged=$(sql "SELECT -SUM(amount_e4) FROM v_ledger WHERE kind = 'charge' AND call_id = (SELECT MAX(call_id) FROM v_ledger WHERE kind = 'charge')")
between "the legs are charged to their last checkpoint, the second's talk being $ms ms" "$charged" $least $most
same "the ledger explains the balance" "$(sql "SELECT SUM(amount_e4) FROM v_ledger")" "$(sql "SELECT SUM(balance_e4) FROM v_account")"
node_end TERM 0 "and it ends cleanly"
[ ! -s "$dir/node.err.log" ]
check "nothing on standard error" $? "$(tail -3 "$dir/node.err.log")"
result
