# SPDX-License-Identifier: GPL-2.0-or-later
#
# tests/systems/common.bash - what the systems share: a directory, a private MariaDB, free ports, a node with its accounts, an exchange at the other end;
# checks that are counted. Sourced; everything is ended by its pid and removed when the test ends, also by a signal.
set -u -o pipefail

# BIN: the programs to be tested; else those of the build under test
bin=${BIN:-${PARTYLINE_BUILD:-build/release}/bin}
dir=$(mktemp -d "${TMPDIR:-/tmp}/partyline-sys-XXXXXX")
[ -v exchange_spans ] || exchange_spans=() # what `exchange` is told of its spans; none: a pseudowire
passed=0 failed=0 node='' exchange='' others=()
# A report of the sanitizers is a failure of the program, whatever else it does.
export TSAN_OPTIONS=${TSAN_OPTIONS:-halt_on_error=1:second_deadlock_stack=1}:exitcode=66
quick=yes
case $bin in *san*) quick=no ;; esac

end() {
	local p
	trap - EXIT
	for p in $exchange $node "${others[@]}"; do kill "$p"; done 2>/dev/null
	for p in $exchange $node "${others[@]}"; do
		until_true 20 eval "! kill -0 $p" || kill -9 "$p" # some phones do not care for a signal
		wait "$p"
	done 2>/dev/null
	packaging/mariadb.sh stop "$dir/db"
	if [ $failed -gt 0 ]; then tail -n 25 "$dir"/node*.log "$dir"/exchange*.log 2>/dev/null; fi
	if [ -n "${KEEP:-}" ]; then echo "kept: $dir"; else rm -rf "$dir"; fi
}
trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

check() { # NAME STATUS [MORE]
	if [ "$2" -eq 0 ]; then
		passed=$((passed + 1))
		echo "ok   $1"
	else
		failed=$((failed + 1))
		echo "FAIL $1${3:+: $3}"
	fi
}
# As check; without this nothing that follows can be.
must() {
	check "$@"
	[ "$2" -eq 0 ] || result
}
same() { # NAME GOT WANTED
	[ "$2" = "$3" ]
	check "$1" $? "\"$2\", should be \"$3\""
}
between() { # NAME GOT LEAST MOST
	[ -n "$2" ] && [ "$2" -ge "$3" ] && [ "$2" -le "$4" ]
	check "$1" $? "\"$2\", should be from $3 to $4"
}
# until_true SECONDS COMMAND...
until_true() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.1
	done
}
result() {
	echo "$passed passed, $failed failed"
	exit $((failed > 0))
}

p() { "$bin/partyline" --config "$dir/node.yaml" "$@"; }
sql() { mariadb --no-defaults -S "$dir/db/s" -u root -N -B partyline -e "$1"; }
# member of an event: field NAME <<<LINE
field() { sed -nE "s/.*\"$1\":\"?([^,\"}]*).*/\1/p"; }
# events FILE EV [WHO]: the lines of that event, of the calls of that name or to that number
events() { grep -v '"reply"' "$1" | grep "\"ev\":\"$2\"" | grep -E "${3:+\"as\":\"$3\"|\"called\":\"$3\"}" || true; }

udp_used() { cat /proc/net/udp /proc/net/udp6 2>/dev/null | grep -qi ":$(printf %04X "$1") "; }
free_port() { # two neighbours that nobody has; below the range from which the kernel itself picks
	local port
	for _ in $(seq 200); do
		port=$((12000 + RANDOM % 10000 * 2))
		if ! udp_used $port && ! udp_used $((port + 1)); then echo $port; return; fi
	done
	return 1
}

# Rates that show every second: 0.60 a minute in Beijing's area (10), 1.20 elsewhere; 86139 is Nanjing.
system_begin() {
	FAST=1 packaging/mariadb.sh start "$dir/db" >/dev/null || { echo "FAIL no database"; exit 1; }
	mariadb --no-defaults -S "$dir/db/s" -u root -e 'CREATE DATABASE partyline CHARACTER SET utf8mb4'
	port=$(free_port)
	local pseudowire="{name: pstn, local: \"127.0.0.1:$port\", peer: \"127.0.0.1:$((port + 1))\", restore_ms: 500, shown_number: host}"
	cat >"$dir/node.yaml" <<-END
		node: {name: sys}
		log: {file: $dir/node.log}
		control: {socket: $dir/control}
		database: {socket: $dir/db/s, user: root}
		journal: {dir: $dir/journal}
		sounds: {dir: ${SOUNDS:-build/sounds}}
		prompts: {announce_host: no}
		services: [{number: 12599, language: en, callback_delay_s: 1}${node_services:-}]
		spans: [${node_spans:-$pseudowire}]
	END
	printf '8610,10,Beijing\n86138,10,Beijing mobile\n86139,25,Nanjing mobile\n' >"$dir/areas.csv"
	printf 'local,,0.60,0,0,1,0\ndomestic,,1.20,0,0,1,0\n' >"$dir/tariff.csv"
	p migrate >/dev/null && p area import "$dir/areas.csv" >/dev/null && p tariff import standard "$dir/tariff.csv" >/dev/null &&
		p account add 8613800000001 50.00 --tariff standard --language en >/dev/null
	must "database, areas, tariff and account" $?
}
node_start() {
	"$bin/partylined" -c "$dir/node.yaml" 2>>"$dir/node.err.log" &
	node=$!
	until_true 20 p status
	must "the node is up" $?
}
# node_end SIGNAL WANTED_STATUS NAME
node_end() {
	local status=0
	kill "-$1" "$node"
	wait "$node" || status=$?
	node=''
	same "$3" $status "$2"
}

# ---- the exchange's words for what many scripts begin with, on standard output ---------------------------------------------------------

span_comes_up() { printf '%s\n' 'wait span up=true timeout=30000' 'sleep 2500'; }
# called_back NUMBER [LINE...]: it dials 12599, as "trigger", hears a second (then LINEs are done), hangs up, is called back and answers, as "host"
called_back() {
	printf '%s\n' "dial $1 12599 as=trigger stay=0" 'wait alerting call=trigger timeout=2000' 'sleep 1000' "${@:2}" \
		'hangup trigger' 'wait gone call=trigger timeout=5000' "wait ring called=$1 timeout=10000 as=host" 'sleep 500' 'answer host' 'sleep 2500'
}
# party_comes NUMBER NAME: the host keys it, it rings and answers
party_comes() {
	printf '%s\n' "dtmf host $1#" "wait ring called=$1 timeout=14000 again=2 as=$2" 'sleep 300' "answer $2"
}

# exchange_start SCRIPT EVENTS [OPTION...]
exchange_start() {
	local script=$1 out=$2
	shift 2
	[ ${#exchange_spans[@]} -gt 0 ] || exchange_spans=(--span "name=pstn,local=127.0.0.1:$((port + 1)),peer=127.0.0.1:$port,restore=500")
	"$bin/exchange" "${exchange_spans[@]}" --script "$script" --log "$dir/exchange.log" "$@" \
		>"$out" 2>>"$dir/exchange.err.log" </dev/null &
	exchange=$!
}
exchange_end() { # NAME: its script ended with 0
	local status=0
	wait "$exchange" || status=$?
	exchange=''
	must "$1" $status "its status is $status"
}
