#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What an operator's acceptance test does to a SIP trunk: each case of acceptance.py at an address of its own, all side by side. About a minute.
. "$(dirname "$0")/../systems/sip_common.bash"

node_services=", {number: 12600, language: en, kind: selfcare}"
system_begin
sed -i "s/callback_delay_s: 1/callback_delay_s: 1, retries: 0/" "$dir/node.yaml"
readarray -t cases < <(python3 tests/sip/acceptance.py list) # "NN calls|called OPTIONS"
trunks=()
for c in "${cases[@]}"; do
	read -r nn kind options <<<"$c"
	[ "$kind" = calls ] || trunks+=("$nn:$options")
	p account add "86138000000$nn" 50.00 --tariff standard --language en >/dev/null
done
sip_trunks "${trunks[@]}"
sed -i "s/options_s: 0,/& rtp_timeout_s: 300,/" "$dir/node.yaml"
six="local: \"[::1]:$sip\", options_s: 0, rtp_port_min: $rtp, rtp_port_max: $((rtp + 99)), numbers: {form: full}"
sed -i "s/^routes:/  - {name: six, peers: [\"[::1]:$((sip + 1))\"], $six}\nroutes:\n  - {name: six, prefixes: [\"8613800000098\"], trunks: [{name: sip\/six}]}\n  - {name: party, prefixes: [\"8613900000001\"], trunks: [{name: sip\/callers}]}/" "$dir/node.yaml"
p account add 8613800000098 50.00 --tariff standard --language en >/dev/null
sed -i "s/^timers: {/&congestion_retries: 0, /" "$dir/node.yaml"
node_start
status=0
python3 tests/sip/acceptance.py run "$sip" "$bin/partyline" "$dir/node.yaml" "$dir/causes" ${CASES:-} >"$dir/told" 2>"$dir/told.err" || status=$?
while IFS='|' read -r name ok more; do check "$name" "$ok" "$more"; done <"$dir/told"
check "all cases were run to their end" $status "$(tail -3 "$dir/told.err")"
hosts() { sql "SELECT GROUP_CONCAT(cause ORDER BY began_at) FROM v_leg WHERE role = 'host' AND called = '86138000000$1'"; }
callers() { sql "SELECT GROUP_CONCAT(DISTINCT calling) FROM v_leg WHERE role = 'selfcare' AND calling = '86138000000$1'"; }
while read -r nn causes name; do
	if [ "$causes" = calling ]; then
		same "$name: the record has its number" "$(callers "$nn")" "86138000000$nn"
		continue
	fi
	until_true 3 eval '[ "$(hosts "$nn")" = "$causes" ]'
	same "$name: the causes in the records" "$(hosts "$nn")" "$causes"
done <"$dir/causes"
if [ "$(cat /proc/sys/net/core/rmem_max)" -ge 4194304 ]; then
	python3 tests/sip/acceptance.py overload "$sip" "$node" 2>"$dir/overload.err"
	check "a node that does not keep up refuses a call with 503 and Retry-After, and takes the next when it does" $? "$(tail -1 "$dir/overload.err")"
	counted() { p counters sip | awk -v n="$1" '$1 == "sip" && $2 == n { print $3 }'; }
	same "which is counted" "$(counted overload_refused)" 1
	between "and so are packets that found the socket full" "$(counted dropped)" 1 9000
else
	echo "SKIP: overload: net.core.rmem_max is too small"
fi
until_true 10 eval '[ "$(sql "SELECT COUNT(*) FROM v_leg WHERE answered_at IS NOT NULL AND ended_at IS NULL")" = 0 ]'
check "no call is left" $?
until_true 10 eval '[ "$(sql "SELECT SUM(held_e4) FROM v_account")" = 0 ]'
check "nothing is held" $?
node_end TERM 0 "the node ends cleanly"
[ ! -s "$dir/node.err.log" ]
check "nothing on standard error" $? "$(tail -3 "$dir/node.err.log")"
result
