#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Calls that go out over SIP: hosts on E1, each of whom has a party of his own called over a trunk of its own; the parties are sipp, each with its
# behaviour. What each leg is charged, and what is left afterwards.
. "$(dirname "$0")/sip_common.bash"
sip_need sipp

scenarios=(answer 100rel early race cancel redirect barred no_answer_in_200 g722 crossed fork 503)
trunks=()
for i in "${!scenarios[@]}"; do trunks+=($((i + 11))); done
system_begin
sip_trunks "${trunks[@]/%22/22/30}" # the last has a second peer
each() { # COMMAND with NN for the number: a line for each
	for nn in "${trunks[@]}"; do echo "${1//NN/$nn}"; done
}
echo "exact,110,emergency" >"$dir/bars.csv"
p bar import "$dir/bars.csv" >/dev/null
for nn in "${trunks[@]}"; do p account add "86139000000$nn" 50.00 --tariff standard --language en >/dev/null; done
{
	each "number 139000000NN ring"
	echo "wait span up=true timeout=30000"
	echo "sleep 2500"
	each "dial 139000000NN 12599 as=tNN stay=0"
	each "wait alerting call=tNN timeout=5000"
	echo "sleep 500"
	each "hangup tNN"
	each "wait ring called=139000000NN as=hNN timeout=15000"
	each "answer hNN"
	echo "sleep 2500"
	each "dtmf hNN 138000000NN#"
	echo "sleep 5500"
	echo "echo early"
	echo "measure h13 last=500 freq=1000"
	echo "sleep 1500"
	each "hangup hNN"
	each "wait gone call=hNN timeout=5000"
	echo "sleep 1000"
	echo "exit 0"
} >"$dir/script"
python3 tests/systems/tones.py make "$dir/early.alaw" 1000 -16 10
node_start
for i in "${!scenarios[@]}"; do sipp_start "${trunks[$i]}" "out_${scenarios[$i]}"; done
sipp_start 30 out_answer # behind the one that is overloaded
exchange_start "$dir/script" "$dir/out"
exchange_end "the hosts' story was played to its end"
sipp_end

leg() { sql "SELECT answered_at IS NOT NULL, cause, charge_e4 > 0 FROM v_leg WHERE role = 'member' AND called = '86138000000$1'" | tr '\t' ' '; } # one line a leg
for i in "${!scenarios[@]}"; do
	case ${scenarios[$i]} in
	answer | 100rel | g722 | crossed | fork | 503) same "${scenarios[$i]}: talked and charged" "$(leg "${trunks[$i]}")" "1 16 1" ;;
	redirect) same "redirect: talked, and charged as the number that was dialled" "$(leg "${trunks[$i]}")" "1 16 1" ;;
	early) same "early: busy, as its Reason says, and free" "$(leg "${trunks[$i]}")" "0 17 0" ;;
	race | cancel) same "${scenarios[$i]}: cause 16, and free" "$(leg "${trunks[$i]}")" "0 16 0" ;;
	barred) same "barred: rejected, and free" "$(leg "${trunks[$i]}")" "0 21 0" ;;
	no_answer_in_200) same "no_answer_in_200: free" "$(leg "${trunks[$i]}")" "0 65 0" ;;
	esac
done
between "the host hears what the party's network says before the answer (dBm0)" "$(sed -n '/"early"/,/"measure"/p' "$dir/out" | field 1000 | cut -d. -f1)" -17 -15
same "the ledger explains the balances" "$(sql "SELECT SUM(amount_e4) FROM v_ledger")" "$(sql "SELECT SUM(balance_e4) FROM v_account")"
node_end TERM 0 "the node ends cleanly"
[ ! -s "$dir/node.err.log" ]
check "nothing on standard error" $? "$(tail -3 "$dir/node.err.log")"
result
