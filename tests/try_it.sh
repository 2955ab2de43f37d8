#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# tests/try_it.sh: docs/try-it.md, line by line, on what `make run` has made: a database, a node and an exchange of the demonstration's own.
# Part of `make soak`, as it takes two minutes. The last line is "N passed, N failed".
set -u -o pipefail
cd "$(dirname "$0")/.."
passed=0 failed=0
make run </dev/null >build/try-it-run.log 2>&1 || { tail -20 build/try-it-run.log; echo "0 passed, 1 failed"; exit 1; }
db=$(sed -n 's/^database: {socket: \(.*\)\/s,.*/\1/p' var/partyline.yaml)
node='' exchange='' fifo=$(mktemp -u "${TMPDIR:-/tmp}/partyline-try-XXXXXX")
end() {
	exec 3>&-
	for pid in $exchange $node; do kill "$pid" && wait "$pid"; done 2>/dev/null
	packaging/mariadb.sh stop "$db"
	rm -f "$fifo"
}
trap end EXIT
packaging/mariadb.sh start "$db" >/dev/null || exit 1
build/release/bin/partylined -c var/partyline.yaml &
node=$!
for _ in $(seq 100); do [ -S var/control ] && break; sleep 0.1; done
mkfifo "$fifo"
read -r ours theirs < <(sed -n 's/.*local: "\([^"]*\)", peer: "\([^"]*\)".*/\1 \2/p' var/partyline.yaml)
build/release/bin/exchange --span "name=pstn,local=$theirs,peer=$ours,restore=1000" --stdin <"$fifo" >build/try-it.jsonl 2>build/try-it.err &
exchange=$!
exec 3>"$fifo"
card=$(sed -n '$s/.*,//p' var/cards.csv)
sent=0

# One command of the exchange: its reply is waited for, and must be good.
exchange_line() {
	local reply
	sent=$((sent + 1))
	echo "${1//CARD/$card}" >&3
	for _ in $(seq 500); do
		reply=$(grep '"reply":' build/try-it.jsonl | sed -n "${sent}p")
		[ -n "$reply" ] && break
		sleep 0.1
	done
	case $reply in *'"ok":true'*) return 0 ;; *) echo "  exchange says: ${reply:-nothing}" && return 1 ;; esac
}
while IFS= read -r line; do
	case $line in
	'    exchange> '*) exchange_line "${line#*> }" ;;
	'    $ '*) eval "${line#*\$ }" >build/try-it.out 2>&1 || { cat build/try-it.out; false; } ;;
	*) continue ;;
	esac
	if [ $? -eq 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)) && echo "FAILED: $line"; fi
done <docs/try-it.md
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
