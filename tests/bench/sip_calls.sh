#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# tests/bench/sip_calls.sh - calls per second and memory of the real node with SIP trunks, sipp at the other end; part of `make bench-sip`.
#
#   answered  INVITE, 200, ACK, 0.2 s of self-care's first prompt, BYE
#   refused   INVITE, 183, PRACK, 0.2 s of "not a subscriber", CANCEL: one question to the database
#   ordered   the same for a subscriber: order, hold, confirmation; then he is called back over SIP, is busy, and all is settled
#
# Memory first: of a leg while STAND (300) stand; then two rounds of ROUND (1800) short calls, each looked at when Sofia's 32 s for finished transactions
# (RFC 3261 17.2.2) have passed: the second must not need more than the first. Then each kind at RATES, SECONDS_EACH (3) each, until a step is not clean:
# a call failed or was refused, something had to be said again (500 ms without an answer), or more ticks were late than LATE in a thousand (5) beyond those
# that a witness saw: another process that wants to wake each 10 ms at the same priority. Everything shares this machine's processors: node, database,
# sipp, and whatever else runs; the load average is said. The node's processor time is also that of transactions of the step before, which end in this one.
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
. tests/systems/common.bash
command -v sipp >/dev/null || { echo "SKIP: sipp is not installed (packaging/packages-test.txt)"; exit 0; }

each=${SECONDS_EACH:-3} late_most=${LATE:-5} stand=${STAND:-300} round=${ROUND:-1800}
here=127.0.3.1 caller=127.0.3.2 phone=127.0.3.3
sip=$(free_port)
node_services=', {number: 12600, language: en, kind: selfcare}'
system_begin
# the subscribers of step after step are others each time: who has an order pending gets no second one
sed -i 's/callback_delay_s: 1/callback_delay_s: 1, retries: 0/' "$dir/node.yaml"
cat >>"$dir/node.yaml" <<END
trunks:
  - {name: calls, local: "$here:$sip", peers: ["$caller:$sip"], options_s: 0, channels: 5000, rtp_port_min: 10000, rtp_port_max: 19999, numbers: {form: full}}
  - {name: back, local: "$here:$sip", peers: ["$phone:$sip"], options_s: 0, channels: 5000, rtp_port_min: 10000, rtp_port_max: 19999, numbers: {form: full}, shown_number: host}
routes:
  - {name: back, prefixes: [""], trunks: [{name: sip/back}]}
END
sql "INSERT INTO account (language, tariff_id, balance_e4, created_at) SELECT 'en', (SELECT MIN(id) FROM tariff), 500000, '2026-01-01' FROM seq_1_to_9000;
	INSERT INTO account_number (number, account_id, valid_from) SELECT CONCAT('86138', 10000000 + id), id, '2026-01-01' FROM account WHERE id NOT IN (SELECT account_id FROM account_number)"
must "accounts" $?
{ echo SEQUENTIAL; sql "SELECT number FROM account_number ORDER BY number DESC" | head -9000; } >"$dir/subscribers.csv"
{ echo SEQUENTIAL; seq 8613900000000 8613900019999; } >"$dir/strangers.csv"

# ---- what the node says of itself ----

resident() { awk '/VmRSS/ { print $2 }' /proc/$node/status; }
counter() { p counters "$1" | awk -v n="$2" '$2 == n { s += $3 } END { print s + 0 }'; }
load() { cut -d' ' -f1 /proc/loadavg; }
# milliseconds of processor time by thread name: all, sip, media, the rest (control, workers, journal)
processor() {
	local t
	for t in /proc/"$node"/task/*/stat; do sed -E 's/^[0-9]+ \((.*)\) /\1 /' "$t" 2>/dev/null; done |
		awk -v hz="$(getconf CLK_TCK)" '{ n = $1; ms[n] += ($13 + $14) * 1000 / hz; all += ($13 + $14) * 1000 / hz }
			END { printf "%d %d %d %d", all, ms["sip"], ms["media"], all - ms["sip"] - ms["media"] }'
}

# ---- calls ----

# calls SCENARIO SERVICE NUMBERS RATE COUNT HOLD_MS: sipp's status; failed, retransmissions in $sipp_failed, $sipp_again
calls() {
	local status=0
	rm -f "$dir/stat.csv"
	sipp "$here:$sip" -sf "tests/bench/call_$1.xml" -inf "$dir/$3.csv" -s "$2" -i "$caller" -mi "$caller" -p "$sip" -mp $((sip + 2)) -r "$4" -m "$5" -l 9000 -d "$6" \
		-nostdin -trace_stat -stf "$dir/stat.csv" -fd 1 -timeout 60s -trace_err -error_file "$dir/sipp.err" >"$dir/sipp.out" 2>&1 || status=$?
	read -r sipp_failed sipp_again <<<"$(awk -F';' 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i } END { print $at["FailedCall(C)"], $at["Retransmissions(C)"] }' "$dir/stat.csv")"
	return $status
}

refusals() { echo $(($(counter sip overload_refused) + $(counter service refused_busy) + $(counter sip.calls refused_full) + $(counter sip.calls refused_media))); }
late_ticks() { echo $(($(counter media late_ticks) + $(counter media skipped_ticks))); }
heading() {
	echo "                        node's processor, ms a call, by thread     not clean                      load       kB"
	echo "calls       /s   count       all       sip     media      rest  failed   again refused  late (witness)  average resident"
}
# step KIND RATE COUNT: calls of that kind; one row. Its status says whether it was clean.
step() {
	local i scenario=trigger service=12599 numbers=strangers before after late saw busy status=0 ms=200
	case $1 in
	answered) scenario=answered service=12600 ;;
	standing) scenario=answered service=12600 ms=6000 ;;
	ordered) # who has ordered once is not used again
		numbers=step
		{ echo SEQUENTIAL; tail -n +$((ordered + 2)) "$dir/subscribers.csv" | head -n "$3"; } >"$dir/step.csv"
		ordered=$((ordered + $3))
		;;
	esac
	read -ra before <<<"$(processor)"
	late=$(late_ticks) busy=$(refusals) saw=$(cat "$dir/witness")
	calls $scenario $service $numbers "$2" "$3" $ms || status=1
	[ "$1" != ordered ] || until_true 30 all_called_back || { echo "orders that were not called back: $(($(counter service confirmed) - $(counter service callbacks_given_up)))"; status=1; }
	read -ra after <<<"$(processor)"
	late=$(($(late_ticks) - late)) busy=$(($(refusals) - busy)) saw=$(($(cat "$dir/witness") - saw))
	printf '%-9s %5d %7s' "$1" "$2" "$3"
	for i in 0 1 2 3; do printf ' %9s' "$(awk -v ms=$((after[i] - before[i])) -v n="$3" 'BEGIN { printf "%.2f", ms / n }')"; done
	sipp_failed=${sipp_failed:--1} sipp_again=${sipp_again:--1}
	printf ' %7d %7d %7d %5d %9d %8s %9d\n' "$sipp_failed" "$sipp_again" "$busy" "$late" "$saw" "$(load)" "$(resident)"
	[ $status -eq 0 ] && [ "$sipp_again" -eq 0 ] && [ $busy -eq 0 ] && [ $late -le $((saw + $3 * 100 * late_most / $2 / 1000 + 1)) ]
}
all_called_back() { [ "$(counter service confirmed)" = "$(counter service callbacks_given_up)" ] && none_left; }
none_left() { until_true 20 eval '[ "$(counter sip handles)" = 0 ]'; }

node_start
sipp "$phone:1" -sf tests/bench/call_busy.xml -i $phone -p "$sip" -nostdin >"$dir/busy.out" 2>&1 &
others+=($!)
echo 0 >"$dir/witness"
python3 - "$dir/witness" <<'END' &
import os, sys, time
try:
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))
except PermissionError:
    pass  # as the media thread: without it, then
out = os.open(sys.argv[1], os.O_WRONLY)
late, wanted = 0, time.monotonic()
while os.getppid() != 1:
    wanted += 0.01
    time.sleep(max(0, wanted - time.monotonic()))
    over = time.monotonic() - wanted
    if over > 0.005:
        late += 1
        wanted += max(0, over - 0.1)
        os.pwrite(out, b'%d\n' % late, 0)
END
others+=($!)
ordered=0
sleep 1
echo "$(nproc) processors, load average $(load)"
heading

# ---- memory ----

begun=$(resident)
step standing 100 "$stand" >"$dir/standing.out" &
standing=$!
sleep $((stand / 100 + 2))
stood=$(resident) count=$(counter sip handles)
wait $standing
cat "$dir/standing.out"
same "all $stand stand" "$count" "$stand"
echo "memory: $begun kB; $(((stood - begun) / stand)) kB a leg while $stand stand"
for i in 1 2; do
	read -ra from <<<"$(processor)"
	began=$SECONDS
	for kind in answered refused ordered; do step $kind 200 $((round / 3)); done
	none_left
	check "after $round calls no handle of the stack is left" $?
	sleep 33
	read -ra to <<<"$(processor)"
	after_round[i]=$(resident)
	echo "memory: ${after_round[i]} kB after a round of $round calls and their 32 s; with these, $(((to[0] - from[0]) * 1000 / round)) us of processor a call in all ($((SECONDS - began)) s of the idle node included)"
done
between "octets that the node grew by a call of the second round" $(((after_round[2] - after_round[1]) * 1024 / round)) -100000 500

# ---- rates ----

for kind in answered refused ordered; do
	clean=0
	for rate in ${RATES:-100 200 400 600 800 1000}; do
		[ $kind != ordered ] || [ "$rate" -le 400 ] || break # the subscribers are used up
		step $kind "$rate" $((rate * each)) || break
		clean=$rate
	done
	echo "$kind: highest clean rate $clean calls a second"
done
node_end TERM 0 "the node ends cleanly"
result
