#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A card that is not there when the node starts, is set up wrongly, is pulled out in a talk, and comes back: the node runs, says once what is wrong, and
# the span is in service by itself when it can be. (A span unassigned is what the driver makes of a card that is pulled out: "surprise removal".)
node_spans='{name: pstn, transport: dahdi, dahdi_span: 1, restore_ms: 500, shown_number: host}'
. "$(dirname "$0")/common.bash"

said() { grep -c "error e1: pstn: .*$1" "$dir/node.log"; }
# a member that is a text: of the span, or of what its card tells
told() { p --json span pstn | sed -nE "s/^ *\"$1\": \"(.*)\",?\$/\1/p" | head -1; }
set_up() { # LINE...: dahdi_cfg with these
	printf '%s\n' "$@" >"$dir/system.conf"
	dahdi_cfg -c "$dir/system.conf"
}
device() { echo /sys/bus/dahdi_devices/devices/dynamic:loc:*; }

# ---- not there --------------------------------------------------------------------------------------------------------------------------------

system_begin
peer destroy 1:0 && peer destroy 1:1
must "there is no span at all" $?
node_start
check "the node runs without" $?
sleep 10
same "it says once that there is no span 1" "$(said 'there is no DAHDI span 1')" 1
same "the span is shown so" "$(told state)" "cannot be opened"
told trouble | grep -q 'there is no DAHDI span 1'
check "with the reason" $?
between "it was tried again every 3 s" "$(p --json counters span.pstn | tr -d '\n ' | sed -nE 's/.*"card_refused","value":([0-9]+).*/\1/p; s/.*"value":([0-9]+)[^}]*"name":"card_refused".*/\1/p')" 3 6

# ---- set up wrongly ---------------------------------------------------------------------------------------------------------------------------

set_up dynamic=loc,1:0,24,0 alaw=1-24 bchan=1-24 >/dev/null
sleep 7
same "24 channels: said once" "$(said 'has 24 channels, an E1 has 31')" 1
peer destroy 1:0
set_up dynamic=loc,1:0,31,0 dynamic=loc,1:1,31,0 alaw=1-62 bchan=1-30,32-46,48-62 dchan=31,47 >/dev/null
sleep 7
same "a B channel in timeslot 16: said once" "$(said 'timeslot 16 is not set up as a D channel')" 1
set_up bchan=2-15,17-31 dchan=1,16 >/dev/null
sleep 7
same "a D channel in timeslot 1: said once" "$(said 'timeslot 1 is not a B channel')" 1
same "and still no call passes" "$(the_span up)" false

# ---- and right --------------------------------------------------------------------------------------------------------------------------------

set_up bchan=1-15,17-31 dchan=16 >/dev/null
{
	two_talk
	echo 'echo talking'
	echo 'wait gone call=host timeout=600000'
	echo 'wait gone call=second timeout=5000'
	two_talk | sed 's/timeout=30000/timeout=90000/; s/=host/=host2/; s/ host/ host2/; s/=second/=second2/; s/ second/ second2/; s/=trigger/=trigger2/; s/ trigger/ trigger2/'
	printf '%s\n' 'hangup host2' 'wait gone call=second2 timeout=5000' 'wait gone call=host2 timeout=5000' 'exit 0'
} >"$dir/talk"
exchange_start "$dir/talk" "$dir/talk.out"
until_true 20 eval '[ "$(the_span up)" = true ]'
must "set up as it must be, the span is in service by itself" $?
same "its alarms, timing, echo, loop" "$(told alarms)/$(told timing)/$(told echo)/$(told loop)" "/the card's own clock/ours/off"
p span pstn loop local 2>"$dir/loop.out"
check "this driver has no loops, and that is said" $(($? == 0)) "$(cat "$dir/loop.out")"
grep -q 'no maintenance loops' "$dir/loop.out"
check "in words" $? "$(cat "$dir/loop.out")"
until_true 60 grep -q '"talking"' "$dir/talk.out"
must "and a talk is on" $?
p span pstn | sed 's/^/| /'
sleep 3

# ---- pulled out in the talk -------------------------------------------------------------------------------------------------------------------

for d in $(device); do [ "$(cat "$d"/span-1/name 2>/dev/null)" = "" ] || ours=$d; done
cut=$(date +%s%3N)
echo 1 >"$ours/unassign_span"
must "the card of span 1 is gone" $?
until_true 4 eval '[ "$(the_span los)" = true ]'
check "the node knows" $?
until_true 6 eval '[ "$(sql "SELECT COALESCE(SUM(held_e4), 0) FROM v_account")" = 0 ]'
must "the calls are released" $?
between "within 2.5 s of the loss and a little (ms)" $(($(date +%s%3N) - cut)) 2400 5000
same "lost with the line: cause 27" "$(sql "SELECT GROUP_CONCAT(DISTINCT cause) FROM v_leg WHERE answered_at IS NOT NULL")" 27
sleep 8
between "what failed is said, each once" "$(($(said '')))" 4 7
kill -0 "$node"
check "the node runs" $?
same "the span is shown so" "$(told state)" "cannot be opened"

# ---- and put in again -------------------------------------------------------------------------------------------------------------------------

echo 1:1:1 >"$ours/assign_span" && set_up bchan=1-15,17-31 dchan=16 alaw=1-31 >/dev/null
must "the card is back" $?
until_true 20 eval '[ "$(the_span up)" = true ]'
must "the span is in service again by itself" $?
grep -q 'DAHDI span 1 is open again' "$dir/node.log"
check "which is said" $?
exchange_end "and calls pass as before"
same "everything is settled" "$(sql "SELECT COUNT(*) FROM v_leg WHERE answered_at IS NOT NULL AND ended_at IS NULL") $(sql "SELECT SUM(held_e4) FROM v_account")" "0 0"
same "the ledger explains the balance" "$(sql "SELECT SUM(amount_e4) FROM v_ledger")" "$(sql "SELECT SUM(balance_e4) FROM v_account")"
p span pstn | sed 's/^/| /'
grep 'e1: pstn' "$dir/node.log" | sed 's/^/| /'
node_end TERM 0 "the node ends cleanly"
[ ! -s "$dir/node.err.log" ]
check "nothing on standard error" $? "$(tail -3 "$dir/node.err.log")"
result
