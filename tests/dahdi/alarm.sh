#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Rule 9 on a card: the cable is cut in a talk. The peer's span is destroyed, so that nothing comes any more; seconds later DAHDI raises RED. The calls are
# cleared after 2.5 s without a signal and charged to the beginning of the loss; when the span is back, so is the service, by itself after 10 s clean.
node_spans='{name: pstn, transport: dahdi, dahdi_span: 1, restore_ms: 10000, shown_number: host}'
. "$(dirname "$0")/common.bash"

system_begin
{
	two_talk
	echo 'echo talking'
	echo 'wait gone call=host timeout=600000'
} >"$dir/talk"
node_start
exchange_start "$dir/talk" "$dir/talk.out"
until_true 60 grep -q 'talking' "$dir/talk.out"
must "two talk" $?
sleep 7.3
same "the span is up" "$(the_span up)/$(the_span los)" true/false

# ---- the cable is cut ------------------------------------------------------------------------------------------------------------------------

kill -9 $exchange # its end without a word: else it would release the calls
wait $exchange 2>/dev/null
exchange=''
peer destroy 1:1
must "the peer's span is destroyed" $?
cut=$(date +%s%3N)
until_true 1 eval '[ "$(the_span los)" = true ]'
check "the node tells of the loss at once" $?
until_true 6 eval '[ "$(sql "SELECT COALESCE(SUM(held_e4), 0) FROM v_account")" = 0 ]'
must "the calls are released, nothing is held" $?
between "within 2.5 s of the loss and a little (ms)" $(($(date +%s%3N) - cut)) 2400 3500
same "no call is left" "$(the_span calls)" 0
same "the span is out of service" "$(the_span up)" false
same "the legs were lost with the line: cause 27" "$(sql "SELECT GROUP_CONCAT(DISTINCT cause) FROM v_leg WHERE answered_at IS NOT NULL")" 27
# Up to the beginning of the loss, by the exchange's own answers: 0.01 for each second begun.
legs=0
for number in 13800000001 13800000002; do
	ms=$((cut - $(events "$dir/talk.out" answer | grep "$(events "$dir/talk.out" ring "$number" | tail -1 | grep -o '"call":"[^"]*"')" | field t)))
	charge=$(sql "SELECT charge_e4 FROM v_leg WHERE called = '86$number' AND answered_at IS NOT NULL")
	between "$number talked $ms ms until the cable was cut, and is charged for that" "$charge" $(((ms + 799) / 1000 * 100)) $(((ms + 1099) / 1000 * 100))
	legs=$((legs + ${charge:-0}))
done
same "ledger rows equal the legs" "$(sql "SELECT -SUM(amount_e4) FROM v_ledger WHERE kind = 'charge'")" $legs
until_true 4 grep -q RED /proc/dahdi/1
check "DAHDI itself raises RED, later" $?

# ---- and mended -------------------------------------------------------------------------------------------------------------------------------

dahdi_cfg -c tests/dahdi/peer.conf
must "the peer's span is made again" $?
mended=$(date +%s%3N)
{
	two_talk | sed 's/timeout=30000/timeout=60000/'
	echo 'hangup host'
	echo 'wait gone call=second timeout=5000'
	echo 'wait gone call=host timeout=5000'
	echo 'exit 0'
} >"$dir/again"
exchange_start "$dir/again" "$dir/again.out"
until_true 40 eval '[ "$(the_span up)" = true ]'
must "the span is in service again by itself" $?
between "after 10 s without an alarm (ms)" $(($(date +%s%3N) - mended)) 10000 14000
exchange_end "and calls pass as before"
same "everything is settled" "$(sql "SELECT COUNT(*) FROM v_leg WHERE answered_at IS NOT NULL AND ended_at IS NULL") $(sql "SELECT SUM(held_e4) FROM v_account")" "0 0"
same "the ledger explains the balance" "$(sql "SELECT SUM(amount_e4) FROM v_ledger")" "$(sql "SELECT SUM(balance_e4) FROM v_account")"
node_end TERM 0 "the node ends cleanly"
[ ! -s "$dir/node.err.log" ]
check "nothing on standard error" $? "$(tail -3 "$dir/node.err.log")"
result
