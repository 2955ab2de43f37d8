#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The multi-party call with its host on SIP, and its parties on SIP and on E1: the host's keys (rules 14 to 18), which he presses as RFC 4733 events, what he is
# told of parties who do not come, a booked conference, the end of the money (rule 22), and callers who are refused (rules 2 and 4). The phones are baresip,
# behind kamailio; on E1 is the exchange. Judged by what the phones hear, what the prompts were, and the records. About 5 minutes, most of it waiting.
. "$(dirname "$0")/../systems/sip_common.bash"
sip_need baresip kamailio sipp
. "$(dirname "$0")/../systems/sip_phones.bash"

host=13800000041 second=13800000042 rings=13800000043 busy=13800000044 nobody=13800000049
wire=13900000045 wire2=13900000046
sounds=${SOUNDS:-build/sounds}
system_begin
python3 tests/systems/tones.py make "$dir/music.wav" 500 -16 30
sed -i "s|^sounds:.*|sounds: {dir: $sounds, music: [\"$dir/music.wav\"]}|" "$dir/node.yaml"
common="local: \"127.0.0.1:$sip\", rtp_port_min: $rtp, rtp_port_max: $((rtp + 199)), options_s: 0, shown_number: host, numbers: {form: full}"
cat >>"$dir/node.yaml" <<END
timers: {announcement_max_s: 3, alerting_to_answer_s: 9}
trunks:
  - {name: ims, peers: ["127.0.0.1:$proxy"], $common}
  - {name: callers, peers: ["127.0.1.1:$sip"], sources: [127.0.1.0/24], $common}
routes:
  - {name: ims, prefixes: ["86138"], trunks: [{name: sip/ims}]}
  - {name: pstn, prefixes: [""], trunks: [{name: pstn}]}
END
p account add 86$host 50.00 --tariff standard --language en >/dev/null
p account add 86$second 0.60 --tariff standard --language en >/dev/null # for the end of the money
p account add 8613800000052 0.00 --tariff standard --language en >/dev/null
p account add 8613800000053 50.00 --tariff standard --language en >/dev/null
p account add 8613800000054 50.00 --tariff standard --language en >/dev/null
p account suspend 8613800000053 >/dev/null
python3 tests/systems/tones.py make "$dir/host.wav" 400 -16 600 # baresip hangs up at the end of it
python3 tests/systems/tones.py make "$dir/second.wav" 700 -16 600
baresip_start $host PCMA/8000 "$dir/host.wav"
baresip_start $second PCMU/8000 "$dir/second.wav"
baresip_start $rings PCMA/8000 "$dir/second.wav" manual
baresip_do $second listen "$dir/second.told" &
others+=($!)
kamailio_refuses=([$busy]="486 Busy Here")
kamailio_start $host $second $rings
cat >"$dir/script" <<END
number $wire answer-after 300
number $wire2 answer-after 300
wait span up=true timeout=30000
wait ring called=1 timeout=600000
exit 0
END
node_start
exchange_start "$dir/script" "$dir/out" --socket "$dir/exchange.sock"
until_true 20 eval 'p spans | grep -q "pstn *up"'
must "the span is up" $?
sleep 2.5 # the exchange lets a span settle

# ask COMMAND: the exchange's reply
ask() { python3 -c 'import socket, sys
s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.sendall(sys.argv[2].encode() + b"\n"); s.settimeout(5)
data = b""
while b"\"reply\"" not in data or not data.endswith(b"\n"): data += s.recv(65536)
print(next(l for l in data.decode().splitlines() if "\"reply\"" in l))' "$dir/exchange.sock" "$1"; }
on_wire() { events "$dir/out" ring "$1" | tail -1 | field call; } # NUMBER: its latest call there
call_id() { p --json calls | sed -n 's/.*"call": "\([0-9a-f]*\)".*/\1/p'; }
party_is() { p call "$call" 2>/dev/null | grep -Eq "^ *[0-9]+ .*86$1 +$2 "; } # NUMBER STATE
keys() { baresip_do $host keys "$1"; }
invite() { # NUMBER: by keys, from the room
	keys "*"
	sleep 1
	keys "$1#"
}
# mark; then what the host was told since
mark() { from=$(python3 tests/sip/told.py mark "$(baresip_heard $host)"); }
was_told() { python3 tests/sip/told.py heard "$(baresip_heard $host)" "$sounds/en" "$from" "${wanted[@]}"; }
told() { # NAME PROMPT...
	local name=$1
	shift
	wanted=("$@")
	until_true 9 was_told
	check "$name" $? "$(was_told 2>&1)"
}
# dBm0 of a frequency in the last second: on a phone of E1, or of a baresip
wire_hears() { ask "measure $(on_wire "$1") last=1000 freq=$2" | field "$2" | cut -d. -f1; }
sip_hears() { python3 tests/systems/tones.py steady "$(baresip_heard "$1")" -1.3 -0.3 "$2"; }
leg() { sql "SELECT $2 FROM v_leg WHERE called = '86$1' AND role = 'member' ORDER BY began_at DESC LIMIT 1" | tr '\t' ' '; }
leg_is() { [ "$(leg "$1" "$2")" = "$3" ]; }
calls_over() { # COUNT: so many have been and none is; those that were refused have cause 21
	[ "$(sql "SELECT COUNT(*) FROM v_call WHERE cause = 16")" = "$1" ] && [ -z "$(call_id)" ]
}

# ---- refused, never answered ----

sipp_start 51 in_refused
sipp_start 52 in_refused
sipp_start 53 in_refused
sipp_start 54 in_hidden
sipp_end
for nn in 51 52 53 54; do
	same "138000000$nn: one trigger, refused with cause 21" \
		"$(sql "SELECT COUNT(*), MAX(answered_at IS NOT NULL), MAX(cause) FROM v_leg WHERE role = 'trigger' AND calling = '86138000000$nn'" | tr '\t' ' ')" "1 0 21"
done

# ---- ordered, called back; alone with one party ----

baresip_do $host dial "sip:12599@127.0.0.1:$proxy"
sleep 2 # not until announcement_max_s: it would hang up the callback
baresip_do $host hangup
until_true 15 eval 'call=$(call_id); [ -n "$call" ]'
must "he is called back over SIP" $?
until_true 15 eval 'p call "$call" | grep -q "$host"'
sleep 4
keys "$second#"
until_true 15 party_is $second in
must "a party on SIP is in" $?
sleep 1.5
keys "4079"
second_keys() { grep '"CALL_DTMF_START"' "$dir/second.told" | field param | tr -d '\n'; }
until_true 5 eval '[ "$(second_keys)" = 4079 ]'
same "rule 16: his digits reach the only party, as RFC 4733 events, each once" \
	"$(second_keys)" 4079

# ---- * number #; the others talk on ----

invite $wire
until_true 15 party_is $wire in
must "* number #: one on E1 is in" $?
sleep 3
ask "tone $(on_wire $wire) 1100 level=-16" >/dev/null
keys "*"
sleep 2.5
between "rule 17: while he invites, the others hear each other: E1 hears SIP (dBm0)" "$(wire_hears $wire 700)" -18 -14
between "and SIP hears E1" "$(sip_hears $second 1100)" -18 -14
between "with music 20 dB under it" "$(wire_hears $wire 500)" -42 -38
between "and not the host" "$(wire_hears $wire 400)" -200 -45
ask "stop $(on_wire $wire)" >/dev/null
keys "$wire2#"
until_true 15 party_is $wire2 in
must "a third party is in" $?
sleep 3
between "and the host is back: E1 hears him" "$(wire_hears $wire 400)" -18 -14
between "SIP too" "$(sip_hears $second 400)" -18 -14
between "the music has ended" "$(wire_hears $wire 500)" -200 -45

# ---- the keys ----

mark
keys "#0"
told "#0: he is told the order numbers" party-order number-ending
sleep 6
mark
keys "#1"
told "#1: muted" muted
sleep 1.5
between "#1: E1 does not hear him" "$(wire_hears $wire 400)" -200 -45
between "nor SIP" "$(sip_hears $second 400)" -200 -45
between "he hears the party on SIP" "$(sip_hears $host 700)" -18 -14
mark
keys "#1"
told "#1 again: no more" unmuted
sleep 1.5
between "#1 again: E1 hears him" "$(wire_hears $wire 400)" -18 -14
mark
keys "#2"
told "#2: all others muted" all-muted
sleep 1.5
between "#2: he does not hear the party on SIP" "$(sip_hears $host 700)" -200 -45
between "nor does E1" "$(wire_hears $wire 700)" -200 -45
between "but they hear him" "$(wire_hears $wire 400)" -18 -14
mark
keys "#2"
told "#2 again: no more" all-unmuted
sleep 1.5
between "#2 again: he hears the party on SIP" "$(sip_hears $host 700)" -18 -14
keys "#3"
sleep 3
mark
keys "*"
told "#3: * in the locked room: told so" room-locked
sleep 1.5
mark
keys "#3"
told "#3 again: open" room-opened
sleep 1
keys "#4"
sleep 4
between "#4: E1 hears the music at -40 dBm0: tracks are at -20, 20 dB down" "$(wire_hears $wire 500)" -42 -38
between "and SIP" "$(sip_hears $second 500)" -42 -38
mark
keys "#4"
told "#4 again: off" music-off
sleep 2
between "#4 again: no music" "$(wire_hears $wire 500)" -200 -45
keys "#5"
sleep 4
keys "123#"
wire_keys() { ask "measure $(on_wire "$1") last=8000" | field digits; }
until_true 5 eval '[ "$(wire_keys $wire2)" = 123 ]'
same "#5: the newest party hears the digits" "$(wire_keys $wire2)" 123
same "and the others none: E1" "$(wire_keys $wire)" ""
same "nor SIP, after those that it had alone" "$(second_keys)" 4079
mark
keys "#8"
told "#8: the minutes left" minutes-left
sleep 3

# ---- ordered again meanwhile ----

sipp_start 41 in_refused # that is he
sipp_end
same "rule 5: no second callback" "$(p --json calls | grep -c '"call"')" 1
same "two triggers, neither answered, the second refused" "$(sql "SELECT COUNT(*), COUNT(answered_at), GROUP_CONCAT(cause ORDER BY began_at) FROM v_leg WHERE role = 'trigger' AND calling = '86$host'" | tr '\t' ' ')" "2 0 16,21"

# ---- who goes, who does not come ----

keys "#63#"
until_true 8 eval '! party_is $wire2 in'
until_true 5 leg_is $wire2 "cause" 16
same "#6 3 #: the third party is dropped" "$(leg $wire2 "cause")" 16
party_is $second in && party_is $wire in
check "the two others stay" $?
sleep 5
invite $rings
until_true 8 party_is $rings ringing
must "one on SIP rings" $?
sleep 1
mark
keys "##"
told "rule 14: ## cancels what rings, and he is told" invitation-cancelled
until_true 5 leg_is $rings "cause, answered_at IS NULL" "16 1"
same "it is free" "$(leg $rings "cause, answered_at IS NULL, charge_e4")" "16 1 0"
party_is $second in && party_is $wire in
check "nobody else is cancelled" $?
sleep 4
keys "*"
sleep 1
mark # the answer is there at once
keys "$busy#"
told "busy: told" party-busy
until_true 5 leg_is $busy "cause" 17
same "with cause 17" "$(leg $busy "cause, charge_e4")" "17 0"
sleep 5
keys "*"
sleep 1
mark # the answer is there at once
keys "$nobody#"
told "unallocated: told" party-unallocated
until_true 5 leg_is $nobody "cause" 1
same "with cause 1" "$(leg $nobody "cause, charge_e4")" "1 0"
sleep 5
keys "*"
sleep 1
keys "$rings#"
mark
sleep 9
told "no answer: told" party-no-answer
same "and free" "$(leg $rings "answered_at IS NULL, charge_e4")" "1 0"
sleep 5
mark
keys "##"
told "## drops the party that came last" dropped-party
until_true 5 leg_is $wire "cause" 16
same "that is the one on E1" "$(leg $wire "cause")" 16
party_is $second in
check "the first stays" $?
sleep 4
invite $wire
until_true 15 party_is $wire in
must "and is called again" $?
sleep 2
baresip_do $host hangup
until_true 10 calls_over 1
check "rule 18: the host hangs up, and everybody is released" $?
check "SIP too" "$(grep -q 'session closed\|terminated' "$dir/$second/log"; echo $?)"
same "five were charged: the host, one on SIP, three legs on E1" "$(sql "SELECT GROUP_CONCAT(CONCAT(role, ' ', trunk) ORDER BY began_at SEPARATOR ', ') FROM v_leg WHERE charge_e4 > 0")" \
	"host sip/ims, member sip/ims, member e1/pstn, member e1/pstn, member e1/pstn"
same "ledger rows equal the legs" "$(sql "SELECT -SUM(amount_e4) FROM v_ledger WHERE kind = 'charge'")" "$(sql "SELECT SUM(charge_e4) FROM v_leg")"

# ---- a booked conference ----

booking=$(printf '%032x' $RANDOM$RANDOM)
p booking add $host "$(date -u -d '+4 seconds' +%Y-%m-%dT%H:%M:%SZ)" $second $wire --id "$booking" >"$dir/booking" 2>&1
check "a conference is booked" $? "$(cat "$dir/booking")"
until_true 70 eval 'call=$(call_id); [ -n "$call" ]'
must "booked: the host is called over SIP" $?
until_true 20 eval 'party_is $second in && party_is $wire in'
check "booked: both parties are in, on SIP and on E1" $?
sleep 2.5
between "booked: E1 hears SIP" "$(wire_hears $wire 700)" -18 -14
between "and the host" "$(wire_hears $wire 400)" -18 -14
between "the host hears SIP" "$(sip_hears $host 700)" -18 -14
baresip_do $host hangup
until_true 10 calls_over 2
check "booked: the host hangs up, and everybody is released" $?
until_true 10 eval 'p booking show "$booking" | grep -q held'
check "booked: it was held" $? "$(p booking show "$booking" 2>&1)"

# ---- the end of the money: 0.60 for a leg at 0.60 and one at 1.20 a minute ----

baresip_do $second dial "sip:12599@127.0.0.1:$proxy"
sleep 2 # not until announcement_max_s: it would hang up the callback
baresip_do $second hangup
until_true 15 eval 'call=$(call_id); [ -n "$call" ]'
must "money: he is called back" $?
sleep 5
baresip_do $second keys "$wire#"
until_true 15 party_is $wire in
must "money: the party is in" $?
until_true 50 calls_over 3
check "rule 22: the money ends, and all legs with it" $?
same "each by us, with cause 16" "$(sql "SELECT GROUP_CONCAT(CONCAT(role, ' ', trunk, ' ', cause) ORDER BY began_at SEPARATOR ', ') FROM (SELECT * FROM v_leg WHERE charge_e4 > 0 ORDER BY began_at DESC LIMIT 2) l")" \
	"host sip/ims 16, member e1/pstn 16"
between "what is left is less than a second of both (1/10000)" "$(sql "SELECT balance_e4 FROM v_account WHERE number = '86$second'")" 0 300

same "the ledger explains the balances" "$(sql "SELECT SUM(amount_e4) FROM v_ledger")" "$(sql "SELECT SUM(balance_e4) FROM v_account")"
same "nothing is held" "$(sql "SELECT SUM(held_e4) FROM v_account")" 0
ask "clear" >/dev/null
node_end TERM 0 "the node ends cleanly"
[ ! -s "$dir/node.err.log" ]
check "nothing on standard error" $? "$(tail -3 "$dir/node.err.log")"
result
