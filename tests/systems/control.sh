#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# An operator at the command line while a real call runs: looks at it, has a party invited, mutes, drops, ends it, traces the line, listens to events.
. "$(dirname "$0")/common.bash"

# soon NAME PATTERN COMMAND...: what it says has PATTERN within 15 s
soon() {
	local name=$1 pattern=$2 said=
	shift 2
	for _ in $(seq 75); do
		said=$("$@" 2>&1)
		if grep -Eq -- "$pattern" <<<"$said"; then check "$name" 0; return; fi
		sleep 0.2
	done
	check "$name" 1 "$* says no $pattern: $said"
}

system_begin
cat >"$dir/script" <<END
number 13800000001 ring
number 13900000002 answer-after 300
number 13900000003 answer-after 300
$(span_comes_up)
$(called_back 13800000001)
dtmf host 13900000002#
wait ring called=13900000002 timeout=14000 again=2
wait gone call=host timeout=60000
exit 0
END
node_start
soon "the node answers" '^node: +sys' p status
p watch call span >"$dir/events" 2>"$dir/watch.log" &
others+=($!)
p trace pstn "$dir/trace.pcap" >/dev/null
check "the trace is on" $?
exchange_start "$dir/script" "$dir/exchange.out"

soon "the span comes up" '^pstn +up .*30 +0 +pseudowire' p spans
soon "the call is there" '8613800000001 +s:12599' p calls
call=$(p --json calls | sed -n 's/.*"call": "\([0-9a-f]*\)".*/\1/p')
soon "the party that was keyed is in" '^ *1 +8613900000002 +in ' p call "$call"
soon "two timeslots are busy" 'pstn +up +[0-9:]+ +2 +28' p span pstn
p span pstn out 5 >/dev/null
check "a timeslot is taken out of service" $?
soon "and is shown so" '^ *5 +no ' p span pstn
p span pstn out 16 >/dev/null 2>&1
check "the signalling's is not" $(($? == 0))
p span pstn in 5 >/dev/null
check "and put in again" $?
p call "$call" invite 013900000003 >/dev/null
check "another is invited" $?
soon "and is in" '^ *2 +8613900000003 +in ' p call "$call"
p call "$call" invite 13900000003 >/dev/null 2>&1
check "he is not invited twice" $((1 - $?))
p call "$call" mute 1 >/dev/null && p call "$call" unmute 1 >/dev/null && p call "$call" mute 0 >/dev/null
check "parties are muted" $?
p call "$call" mute 7 >/dev/null 2>&1
check "nobody is there to be muted" $((1 - $?))
p call "$call" drop 2 >/dev/null
check "a party is dropped" $?
soon "and has gone" '^ *2 +8613900000003 +ended ' p call "$call"
p call "$call" drop 9 >/dev/null 2>&1
check "who is not there is not dropped" $((1 - $?))
soon "calls are counted" 'span.pstn +calls_out +3 ' p counters span
soon "by route too" '^default +"" +2 +0 +0 +3 +3 +0 +0 +0$' p routes
soon "and by its trunk" '^e1/pstn +1 +0 +yes +28 +2 +3 +100 +3 +0$' p routes default
p routes elsewhere >/dev/null 2>&1
check "there is no such route" $((1 - $?))
soon "the counters agree" 'route.default +attempts +3 ' p counters route
p call "$call" drop >/dev/null
check "the call is ended" $?
said=$(p audit trail --limit 1000)
for what in 'span.service +sys/pstn +timeslot 5: out of service' 'span.service +sys/pstn +timeslot 5: in service' \
	"conference.invite +8613800000001 +$call 013900000003" "conference.mute +8613800000001 +$call 1" "conference.drop +8613800000001 +$call 2" \
	"conference.drop +8613800000001 +$call 0"; do
	grep -Eq "cli:.*$what" <<<"$said"
	check "in the audit trail: $what" $?
done
soon "it is gone" 'no calls' p calls
exchange_end "the exchange saw what it should"
soon "its record is there" "$call +8613800000001 +(s:)?12599" p records
soon "with the leg of the party" 'member +e1/pstn +[0-9s:]+ +8613900000003 .*0\.0[1-9]' p record "$call"
soon "and the money is gone" 'charge +-0\.0[1-9] ' p ledger 8613800000001
p trace pstn off >/dev/null
check "the trace is off" $?
for what in '"event":"span"' "\"event\":\"call\".*\"call\":\"$call\"" "\"call\":\"$call\",\"gone\":true"; do
	grep -q -- "$what" "$dir/events"
	check "event $what" $?
done
if command -v tshark >/dev/null; then
	[ "$(tshark -r "$dir/trace.pcap" -Y 'q931.message_type == 0x05' 2>/dev/null | wc -l)" -eq 4 ]
	check "tshark reads four SETUPs in the trace" $?
fi
node_end TERM 0 "the node ends when it is told to"
[ ! -e "$dir/control" ]
check "and takes its socket with it" $?
result
