#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Calls that come in over SIP, from sipp: each scenario side by side on a trunk of its own.
. "$(dirname "$0")/sip_common.bash"
sip_need sipp

scenarios=(100rel cancel plain no_sdp no_sdp_plain precondition video srtp bad_sdp killer hidden diverted unvouched options unknown hold)
sip_others=sip/callers # callbacks find nobody there, but a way
node_services=", {number: 12600, language: en, kind: selfcare}"
system_begin
sip_trunks "40:channels: 2"
p account add 8613800000040 50.00 --tariff standard --language en >/dev/null
for i in "${!scenarios[@]}"; do p account add "86138000000$((i + 11))" 50.00 --tariff standard --language en >/dev/null; done
node_start
# in_no_sdp says in its PRACK where it hears
python3 tests/systems/rtp_heard.py 127.0.1.14 $((rtp + 450)) 6 >"$dir/heard" &
heard=$!
others+=($heard)
for i in "${!scenarios[@]}"; do
	number=12599
	[ "${scenarios[$i]}" != hold ] || number=12600
	sipp_start $((i + 11)) "in_${scenarios[$i]}" -s $number -key rtp $((rtp + 450))
done
sipp_end
wait $heard
read -r first types <"$dir/heard"
pracked=$(date -u +%s%3N -d "$(grep -B3 '^PRACK' "$dir/sipp-14-in_no_sdp.log" | sed -n 's/^-* \([0-9].*\)/\1/p' | head -1)")
between "no_sdp: sound begins with the answer in its PRACK (ms after it)" $((first - pracked)) 0 500
between "no_sdp: and is A-law (packets in 0.7 s)" "$(sed -n 's/.*\b8:\([0-9]*\).*/\1/p' <<<"$types")" 10 60
# Trunk t40 has two channels: one is the call's, the other reserved for the callback (rule 5).
sipp_start 40 in_100rel
sleep 1
sipp_start 40 in_overload -p $((sip + 10)) -mp $((sip + 12))
# Nobody's address: neither a peer nor among the sources.
sipp_start 50 in_foreign -i 127.0.2.50 -mi 127.0.2.50
sipp_end
trigger() { sql "SELECT COUNT(*), MAX(answered_at IS NOT NULL), MAX(cause) FROM v_leg WHERE role = 'trigger' AND calling = '86138000000$1'" | tr '\t' ' '; }
for i in "${!scenarios[@]}"; do
	case ${scenarios[$i]} in
	100rel | cancel | plain | no_sdp | killer) same "${scenarios[$i]}: one trigger, never answered, cause 16" "$(trigger $((i + 11)))" "1 0 16" ;;
	hidden | diverted | unvouched) same "${scenarios[$i]}: one trigger, refused" "$(trigger $((i + 11)))" "1 0 21" ;;
	esac
done
# sipp takes a 183 that comes again for one that it need not see.
python3 tests/systems/sip_again.py "127.0.0.1:$sip" 127.0.1.41 13800000041 >"$dir/again"
check "an INVITE that comes again gets the same 183 again, its CANCEL and its 487 too" $? "$(cat "$dir/again")"
same "and is one call" "$(trigger 41)" "1 0 16"
same "the answered call is settled" "$(sql "SELECT COUNT(*) FROM v_leg WHERE answered_at IS NOT NULL AND ended_at IS NULL")" 0
node_end TERM 0 "the node ends cleanly"
[ ! -s "$dir/node.err.log" ]
check "nothing on standard error" $? "$(tail -3 "$dir/node.err.log")"
result
