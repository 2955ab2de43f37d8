#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The callback story on SIP: baresip dials, hears the unanswered announcement, is called back, and keys in a twinkle and a phone on E1. All through
# kamailio, baresip on G.722, twinkle on G.711. Each hears the two others, and keys of none. Then the charges.
. "$(dirname "$0")/sip_common.bash"
sip_need baresip twinkle-console kamailio
. "$(dirname "$0")/sip_phones.bash"

bare=13800000031 twin=13800000032 wire=13900000033
system_begin
cat >>"$dir/node.yaml" <<END
trunks:
  - {name: ims, local: "127.0.0.1:$sip", peers: ["127.0.0.1:$proxy"], rtp_port_min: $rtp, rtp_port_max: $((rtp + 99)), options_s: 1,
     shown_number: host, codecs: [g722, pcma, telephone-event], numbers: {form: full}}
routes:
  - {name: ims, prefixes: ["86138"], trunks: [{name: sip/ims}]}
  - {name: pstn, prefixes: [""], trunks: [{name: pstn}]}
END
p account add 86$bare 50.00 --tariff standard --language en >/dev/null
python3 tests/systems/tones.py make "$dir/bare.wav" 400 -16 60 16000 # at the rate of its codec; baresip hangs up at the end of it
python3 tests/systems/tones.py make "$dir/twin.raw" 700 -16 4
baresip_start $bare G722/16000,G722 "$dir/bare.wav"
twinkle_start $twin g711a "$dir/twin.raw"
kamailio_start $bare $twin
cat >"$dir/script" <<END
number $wire answer-after 300
wait span up=true timeout=30000
wait ring called=$wire timeout=60000 as=wire
sleep 500
tone wire 1100 level=-16
sleep 3200
echo wire hears
measure wire last=1000 freq=400,700,1100
sleep 600
measure wire last=1000 freq=400,700,1100
sleep 600
measure wire last=1000 freq=400,700,1100
echo judged
sleep 1500
dtmf wire 5
sleep 4000
echo wire hears keys
measure wire last=3500 freq=770,852,1336
echo keys
wait gone call=wire timeout=60000
exit 0
END
node_start
exchange_start "$dir/script" "$dir/out"
until_true 20 eval 'p spans | grep -q "pstn *up"'
must "the span is up" $?

# in NUMBER: he is in the room
in_room() { p call "$call" 2>/dev/null | grep -Eq "86$1 +in "; }
# a phone of others hears a frequency at -16 dBm0, within 1.5 dB
hears() { # WHO HZ LEVEL
	between "$1 hears $2 Hz at -16 dBm0 within 1.5 dB" "$3" -17 -15
}

baresip_do $bare dial "sip:12599@127.0.0.1:$proxy"
until_true 10 eval '[ -n "$(baresip_heard $bare)" ]'
sleep 3
baresip_do $bare hangup
announced=$(baresip_heard $bare)
grep -q "Call established" "$dir/$bare/log"
check "the caller is not answered" $(($? == 0))
between "but hears the announcement (loudest of 100 ms, dBm0)" "$(python3 tests/systems/tones.py loudest "$announced")" -30 0
until_true 15 eval 'call=$(p --json calls | sed -n "s/.*\"call\": \"\([0-9a-f]*\)\".*/\1/p"); [ -n "$call" ]'
must "he is called back" $?
sleep 3
baresip_do $bare keys "$twin#"
until_true 15 in_room $twin
must "the second party is in" $?
sleep 1
baresip_do $bare keys "*"
sleep 1
baresip_do $bare keys "$wire#"
until_true 20 in_room $wire
must "the third is in" $?
until_true 15 grep -q judged "$dir/out"
heard=$(baresip_heard $bare)
read -r own second third <<<"$(python3 tests/systems/tones.py steady "$heard" -2.5 -0.5 400 700 1100)"
hears "baresip on G.722" 700 "$second"
hears "baresip on G.722" 1100 "$third"
between "baresip does not hear itself" "$own" -200 -45
read -r first own third <<<"$(python3 tests/systems/tones.py steady "$dir/$twin/heard.raw" -2.5 -0.5 400 700 1100)"
hears "twinkle on G.711" 400 "$first"
hears "twinkle on G.711" 1100 "$third"
between "twinkle does not hear itself" "$own" -200 -45
best() { grep '"reply":"measure"' "$dir/out" | head -3 | field "$1" | cut -d. -f1 | sort -n | tail -1; }
hears "the phone on E1" 400 "$(best 400)"
hears "the phone on E1" 700 "$(best 700)"
between "the phone on E1 does not hear itself" "$(best 1100)" -200 -45

# Keys, in-band from E1, by RFC 4733 from the two: nobody hears any.
twinkle_do dtmf 8
baresip_do $bare keys 2
until_true 15 grep -q '"keys"' "$dir/out"
keys() { # WHO LEVELS
	local level
	for level in $2; do between "$1 hears no keys" "$level" -200 -55; done
}
keys "baresip" "$(python3 tests/systems/tones.py level "$heard" -4 0 770 852 1336)"
keys "twinkle" "$(python3 tests/systems/tones.py level "$dir/$twin/heard.raw" -4 0 770 852 1336)"
for hz in 770 852 1336; do keys "the phone on E1" "$(grep '"reply":"measure"' "$dir/out" | tail -1 | field $hz | cut -d. -f1)"; done

baresip_do $bare hangup
exchange_end "the host hangs up, and everybody is released"
until_true 5 grep -q "far end ended call" "$dir/$twin/log"
check "twinkle too" $?
twinkle_end
until_true 10 eval '[ "$(sql "SELECT COUNT(*) FROM v_leg WHERE charge_e4 > 0")" = 3 ]'
check "three legs are charged" $? "$(sql "SELECT role, called, charge_e4 FROM v_leg")"
same "over the trunks that they took" "$(sql "SELECT trunk FROM v_leg WHERE charge_e4 > 0 ORDER BY called" | tr '\n' ' ')" "sip/ims sip/ims e1/pstn "
same "the ledger explains the balance" "$(sql "SELECT SUM(amount_e4) FROM v_ledger")" "$(sql "SELECT SUM(balance_e4) FROM v_account")"
same "nothing is held" "$(sql "SELECT SUM(held_e4) FROM v_account")" 0
node_end TERM 0 "the node ends cleanly"
[ ! -s "$dir/node.err.log" ]
check "nothing on standard error" $? "$(tail -3 "$dir/node.err.log")"
result
