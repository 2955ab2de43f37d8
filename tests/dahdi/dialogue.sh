#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What a caller meets, over the real /dev/dahdi: refusals are announced without an answer and cleared with 21 (rules 2, 4); a party that is busy, does not
# exist or does not answer leaves the host in the call; every key is heard, and the host's reach a party alone (rule 16).
. "$(dirname "$0")/common.bash"

system_begin
p account add 8613800000009 0 --tariff standard --language en >/dev/null
must "an account without money" $?

cat >"$dir/script" <<END
number 13800000001 ring
number 13800000002 ring
number 13800000003 busy
number 13800000004 unallocated
number 13800000005 ring
$(span_comes_up)
dial 13800009999 12599 as=unknown stay=0
dial 13800000001 12599 as=withheld pres=restricted stay=0
dial 13800000001 12599 as=unscreened screen=unscreened stay=0
dial 13800000009 12599 as=poor stay=0
wait alerting call=unknown timeout=1000
wait alerting call=withheld timeout=1000
wait alerting call=unscreened timeout=1000
wait alerting call=poor timeout=1000
sleep 2500
echo unknown
measure unknown last=1500
echo withheld
measure withheld last=1500
echo unscreened
measure unscreened last=1500
echo poor
measure poor last=1500
wait gone call=unknown timeout=20000
wait gone call=withheld timeout=20000
wait gone call=unscreened timeout=20000
wait gone call=poor timeout=20000
$(called_back 13800000001)
dtmf host 13800000003#
wait gone called=13800000003 timeout=14000
sleep 3000
dtmf host 13800000004#
wait gone called=13800000004 timeout=14000
sleep 3000
dtmf host 13800000005#
wait ring called=13800000005 timeout=14000 as=third
wait gone call=third timeout=60000
sleep 3000
dtmf host 13800000002#
wait ring called=13800000002 timeout=14000 as=second
answer second
sleep 1500
dtmf host 0123456789
sleep 4000
echo regenerated
measure second last=5500
dtmf second 0123456789*#
sleep 3000
tone second 700 level=-16
sleep 700
echo afterwards
measure host last=500 freq=700
hangup second
sleep 1000
hangup host
wait gone call=second timeout=5000
wait gone call=host timeout=5000
sleep 1000
exit 0
END
node_start
exchange_start "$dir/script" "$dir/out"
exchange_end "the script was played to its end"
# The reply to the `measure` after these words
after() { awk -v words="\"text\":\"$1\"" 'index($0, words) { next_one = 1 } next_one && /"reply":"measure"/ { print; next_one = 0 }' "$dir/out" | field "$2"; }
for who in unknown withheld unscreened poor; do
	between "$who: hears why (dBm0)" "$(after $who power_dbm0 | cut -d. -f1)" -35 -5
	same "$who: no CONNECT, cleared by the node with 21" \
		"$(events "$dir/out" answer $who | wc -l) $(events "$dir/out" hangup $who | field by) $(events "$dir/out" hangup $who | field cause)" "0 node 21"
done
called() { sql "SELECT GROUP_CONCAT(CONCAT(cause, IF(answered_at IS NULL, ' unanswered', ' answered'))) FROM v_leg WHERE called = '86$1' AND role = 'member'"; }
same "the busy one: 17" "$(called 13800000003)" "17 unanswered"
same "the number that does not exist: 1" "$(called 13800000004)" "1 unanswered"
between "the one who does not answer is given up after 45 s (ms)" "$(events "$dir/out" gone third | field ms)" 45000 46000
grep -q unanswered <<<"$(called 13800000005)"
check "and is not charged" $? "$(called 13800000005)"
same "and the host goes on: a fourth answers" "$(called 13800000002)" "16 answered"
same "the host's keys reach a party alone" "$(after regenerated digits)" 0123456789
between "and they talk" "$(after afterwards 700 | cut -d. -f1)" -17 -15
same "legs charged: callback and party" "$(sql "SELECT COUNT(*) FROM v_leg WHERE charge_e4 > 0")" 2
legs=0
for number in 13800000001 13800000002; do
	ms=$(events "$dir/out" gone $number | field talk_ms)
	charge=$(sql "SELECT charge_e4 FROM v_leg WHERE called = '86$number' AND answered_at IS NOT NULL")
	between "$number talked ${ms:-?} ms and is charged for it" "$charge" $(((${ms:-0} + 949) / 1000 * 100)) $(((${ms:-0} + 1049) / 1000 * 100))
	legs=$((legs + ${charge:-0}))
done
same "ledger rows equal the legs" "$(sql "SELECT -SUM(amount_e4) FROM v_ledger WHERE kind = 'charge'")" $legs
same "nothing is held" "$(sql "SELECT SUM(held_e4) FROM v_account")" 0
node_end TERM 0 "the node ends cleanly"
[ ! -s "$dir/node.err.log" ]
check "nothing on standard error" $? "$(tail -3 "$dir/node.err.log")"
result
