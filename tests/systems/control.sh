#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# An operator at the command line while a real call runs: looks at it, has a party invited, mutes, drops, ends it, traces the line, listens to events.
set -u -o pipefail

build=${PARTYLINE_BUILD:-build/release}
dir=$(mktemp -d "${TMPDIR:-/tmp}/partyline-control-XXXXXX")
port=$((20000 + $$ % 20000))
passed=0 failed=0 pids=()

end() {
	for pid in "${pids[@]}"; do kill "$pid"; wait "$pid"; done 2>/dev/null
	rm -rf "$dir"
}
trap end EXIT

p() { "$build/bin/partyline" --config "$dir/node.yaml" "$@"; }
check() { # NAME STATUS
	if [ "$2" -eq 0 ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAILED: $1"
	fi
}
# soon NAME PATTERN COMMAND...: what it says has PATTERN within 15 s
soon() {
	local name=$1 pattern=$2 said=
	shift 2
	for _ in $(seq 75); do
		said=$("$@" 2>&1)
		if grep -Eq -- "$pattern" <<<"$said"; then passed=$((passed + 1)); return; fi
		sleep 0.2
	done
	failed=$((failed + 1))
	printf 'FAILED: %s: %s says no %s\n%s\n' "$name" "$*" "$pattern" "$said"
}

user=()
[ "$(id -u)" -ne 0 ] || user=(--user=root)
mkdir "$dir/tmp" # a tmpdir of its own: servers starting side by side meet in a shared one
mariadb-install-db --no-defaults "${user[@]}" --datadir="$dir/data" --tmpdir="$dir/tmp" --auth-root-authentication-method=normal --skip-test-db --skip-name-resolve \
	--cross-bootstrap >"$dir/install.log" 2>&1 || { cat "$dir/install.log"; exit 1; }
mariadbd --no-defaults "${user[@]}" --datadir="$dir/data" --tmpdir="$dir/tmp" --socket="$dir/s" --pid-file="$dir/pid" --skip-networking --skip-name-resolve \
	--innodb-buffer-pool-size=32M --innodb-log-file-size=16M --performance-schema=OFF >"$dir/server.log" 2>&1 &
pids+=($!)
for _ in $(seq 100); do
	mariadb --no-defaults --socket="$dir/s" -u root -e 'CREATE DATABASE IF NOT EXISTS partyline' 2>/dev/null && break
	sleep 0.1
done

cat >"$dir/node.yaml" <<END
control: {socket: $dir/control}
database: {socket: $dir/s, user: root}
journal: {dir: $dir/journal}
services: [{number: 12599, language: en, callback_delay_s: 0}]
spans: [{local: 127.0.0.1:$port, peer: 127.0.0.1:$((port + 1)), restore_ms: 200}]
END
cat >"$dir/script" <<'END'
number 13800000001 ring
number 13900000002 answer-after 300
number 13900000003 answer-after 300
wait span up=true timeout=30000
sleep 3000
dial 13800000001 12599 as=trigger stay=0
wait alerting call=trigger timeout=5000
sleep 1000
hangup trigger
wait ring called=13800000001 timeout=15000 as=host
answer host
sleep 2000
dtmf host 13900000002#
wait gone call=host timeout=60000
exit 0
END
printf 'local,,0.20,0,0,60,0\ndomestic,,0.50,0,0,60,0\n' >"$dir/tariff.csv"
printf '86138,10,Beijing\n86139,25,Nanjing\n' >"$dir/areas.csv"

p migrate >/dev/null && p tariff import standard "$dir/tariff.csv" >/dev/null && p area import "$dir/areas.csv" >/dev/null &&
	p account add 8613800000001 20.00 >/dev/null
check "account and tariff" $?
"$build/bin/partylined" -c "$dir/node.yaml" 2>"$dir/node.log" &
node=$!
pids+=($node)
soon "the node answers" '^node: +node1' p status
p watch call span >"$dir/events" &
pids+=($!)
p trace pstn "$dir/trace.pcap" >/dev/null
check "the trace is on" $?
"$build/bin/exchange" --span "name=pstn,local=127.0.0.1:$((port + 1)),peer=127.0.0.1:$port,restore=200" --script "$dir/script" >"$dir/exchange.log" 2>&1 &
exchange=$!

soon "the span comes up" '^pstn +up .*30 +pseudowire' p spans
soon "the call is there" '8613800000001 +s:12599' p calls
call=$(p --json calls | sed -n 's/.*"call": "\([0-9a-f]*\)".*/\1/p')
soon "the party that was keyed is in" '^ *1 +8613900000002 +in ' p call "$call"
soon "two timeslots are busy" 'pstn +up +[0-9:]+ +2 +28' p span pstn
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
p call "$call" drop >/dev/null
check "the call is ended" $?
soon "it is gone" 'no calls' p calls
wait $exchange
check "the exchange saw what it should" $?
soon "its record is there" "$call +8613800000001 +(s:)?12599" p records
soon "with the leg of the party" 'member +e1/pstn +[0-9s:]+ +8613900000003 .*0\.[25]0' p record "$call"
soon "and the money is gone" 'charge +-0\.[25]0' p ledger 8613800000001
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
kill $node
wait $node
check "the node ends when it is told to" $?
[ ! -e "$dir/control" ]
check "and takes its socket with it" $?
if [ $failed -gt 0 ]; then tail -n 30 "$dir/node.log" "$dir/exchange.log"; fi

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
