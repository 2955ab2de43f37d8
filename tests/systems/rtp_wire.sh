#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# RTP, RTCP and telephone-events as we send them, judged by tshark: what the peers of tests/unit/rtp_stream_test.c heard in all of its tests.
. "$(dirname "$0")/common.bash"

unit=${bin%/bin}/tests/rtp_stream_test
if ! command -v tshark >/dev/null || [ ! -x "$unit" ]; then
	echo "SKIP rtp_wire: tshark (packaging/packages-test.txt) or $unit is missing"
	exit 0
fi
run=()
case $bin in *tsan*) if setarch -R true 2>/dev/null; then run=(setarch -R); fi ;; esac
PARTYLINE_PCAP=$dir/heard.pcap "${run[@]}" "$unit" >"$dir/unit.log" 2>&1
must "the streams are heard" $? "$(tail -n 5 "$dir/unit.log")"

heard() { # ports are told to be no other protocol's; 101 is telephone-event in these calls
	tshark -r "$dir/heard.pcap" -o udp.try_heuristic_first:TRUE --enable-heuristic rtp_udp --enable-heuristic rtcp_udp -o rtpevent.event_payload_type_value:101 \
		"$@" 2>>"$dir/tshark.log"
}
count() { heard -Y "$1" | wc -l; }

total=$(heard | wc -l)
between "packets were heard" "$total" 20000 1000000
same "all are RTP or RTCP" "$(count 'rtp || rtcp')" "$total"
same "none is malformed" "$(heard -Y '_ws.malformed || _ws.expert.severity >= warning' | head -3)" ""
same "versions, and no padding, extension or contributing sources" "$(heard -Y rtp -T fields -e rtp.version -e rtp.padding -e rtp.ext -e rtp.cc | sort -u)" $'2\t0\t0\t0'
same "payload types" "$(heard -Y rtp -T fields -e rtp.p_type | sort -nu | tr '\n' ' ')" "0 8 101 "
# Each compound: SR or RR, SDES, perhaps BYE (RFC 3550 6.1); its parts are as long as it is.
same "RTCP's packets stand in order" "$(heard -Y rtcp -T fields -e rtcp.pt | sort -u | tr '\n' ' ')" "200,202 200,202,203 201,202 "
same "and are as long as they say" "$(count 'rtcp && !(rtcp.length_check == 1)')" 0
same "each has a CNAME of 16 characters" "$(heard -Y rtcp -T fields -e rtcp.sdes.type -e rtcp.sdes.length | sort -u)" $'1,0\t16'
# RFC 4733: of each event (a timestamp) the first packet has the marker, and E stands on three.
same "telephone-events: packets of an event: one marker, three ends" "$(heard -Y rtpevent -T fields -e rtp.ssrc -e rtp.timestamp -e rtp.marker -e rtpevent.end_of_event |
	awk '{ k = $1 " " $2; m[k] += $3 == "1" || $3 == "True"; e[k] += $4 == "1" || $4 == "True" } END { for (k in m) print m[k], e[k] }' | sort | uniq -c |
	awk '{ print $2, $3 }')" "1 3"
result
