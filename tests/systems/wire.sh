#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What is on the wire, judged by tshark: the D channel of a first call as the node and as the exchange saw it, and the pseudowire's own packets.
. "$(dirname "$0")/common.bash"

if ! command -v tshark >/dev/null; then
	echo "SKIP wire: tshark is not installed (packaging/packages-test.txt)"
	exit 0
fi

# A capture needs rights on the loopback interface; without them the D channel alone is judged.
capture() {
	dumpcap -q -i lo -f "udp port $port" -a duration:120 -w "$dir/lo.pcap" >"$dir/dumpcap.log" 2>&1 &
	others+=($!)
	until_true 10 test -s "$dir/lo.pcap"
}

cat >"$dir/script" <<END
span pstn trace $dir/exchange.pcap
number 13800000001 ring
number 13800000002 ring-inband ring
$(span_comes_up)
$(called_back 13800000001)
$(party_comes 13800000002 second)
sleep 1000
hangup host
wait gone call=second timeout=5000
wait gone call=host timeout=5000
sleep 500
exit 0
END
system_begin
node_start
p trace pstn "$dir/node.pcap" >/dev/null
check "the node traces its D channel" $?
captured=yes
capture || captured=no
exchange_start "$dir/script" "$dir/out"
exchange_end "the call was played to its end"
sleep 0.5
p trace pstn off >/dev/null
for pid in "${others[@]}"; do kill -INT "$pid" 2>/dev/null && wait "$pid"; done
others=()
node_end TERM 0 "the node ends"

# ---- Q.931 -----------------------------------------------------------------------------------------------------------------------------

tshark() { command tshark "$@" 2>>"$dir/tshark.log"; }
# Message types (Q.931 table 4-2): 0x01 ALERTING, 0x02 CALL PROCEEDING, 0x05 SETUP, 0x07 CONNECT, 0x0f CONNECT ACKNOWLEDGE
fields() { tshark -r "$1" -Y q931.message_type -T fields -e q931.message_type -e q931.call_ref -e q931.call_ref_flag -e lapd.direction; }
for side in node exchange; do
	trace=$dir/$side.pcap
	same "$side: no malformed frame" "$(tshark -r "$trace" -Y '_ws.malformed || _ws.expert.severity == error')" ""
	fields "$trace" >"$dir/$side.msgs"
	for what in SETUP:05:3 PROCEEDING:02:3 ALERTING:01:3 CONNECT:07:2 CONNECT-ACK:0f:2; do
		IFS=: read -r name type count <<<"$what"
		same "$side: $count of $name" "$(grep -c "^0x$type" "$dir/$side.msgs")" "$count"
	done
done
# The first call (what comes before is RESTART, on the global reference): the exchange allocated its reference, so the flag is clear in what it sends. All
# messages with reference and side that fit.
awk '!side && $2 ~ /[1-9a-f]/ { ref = $2; side = $4 } side && $2 == ref && (($3 ~ /^(0|False)$/) == ($4 == side)) { print $1 }' "$dir/exchange.msgs" | tr '\n' ' ' >"$dir/first"
grep -q '^0x05 0x02 0x01 ' "$dir/first" && ! grep -q 0x07 "$dir/first"
check "no CONNECT on the first call's reference" $? "$(cat "$dir/first")"
tshark -r "$dir/node.pcap" -V -Y 'q931.message_type == 0x01' >"$dir/alerting"
sed '/^Frame/{x;s/^/x/;/xx/q;x}' "$dir/alerting" | grep -q 'Progress description: .*(0x08)'
check "its ALERTING tells of in-band information (PI 8)" $? "$(grep Progress "$dir/alerting")"

# ---- the pseudowire ------------------------------------------------------------------------------------------------------------------

if [ $captured = no ]; then
	echo "SKIP the pseudowire's packets: no right to capture on lo ($(tail -1 "$dir/dumpcap.log"))"
	result
fi
cesopsn() { tshark -r "$dir/lo.pcap" -d "udp.port==$port,pwcesopsn" "$@"; }
total=$(tshark -r "$dir/lo.pcap" -Y "udp.port == $port && !icmp" | wc -l)
between "packets were captured" "$total" 4000 1000000
same "all are CESoPSN" "$(cesopsn -Y "pwcesopsn && !icmp" | wc -l)" "$total"
same "none is malformed" "$(cesopsn -Y '_ws.malformed || _ws.expert.severity >= warning' | head -3)" ""
same "each has 4 octets of control word and 8 frames of 31 timeslots" "$(cesopsn -Y '!icmp' -T fields -e udp.length | sort -u | tr '\n' ' ')" "260 "
for from in $port $((port + 1)); do
	# Modulo 65536 (RFC 5086 4.3). Nothing is sent twice or out of order; what a stalled machine skipped has its numbers all the same.
	order=$(cesopsn -Y "udp.srcport == $from && !icmp" -T fields -e pwcesopsn.cw.seqno |
		awk 'NR > 1 { d = ($1 - last + 65536) % 65536; back += d == 0 || d > 32768; gaps += d > 1 && d <= 32768 } { last = $1 } END { print back + 0, gaps + 0, NR }')
	read -r back gaps count <<<"$order"
	same "packets from port $from stand in order ($gaps gaps)" "$back" 0
	between "and there are a thousand a second" "$count" 8000 100000
done
result
