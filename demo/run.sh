#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# demo/run.sh - what `make run` shows: a private MariaDB, the exchange with six phones, partylined, and the first call played through with recorded human
# voices. With a terminal it then stays: the exchange's console is yours. Without one it ends, status 0 only if everything in the story held.
set -euo pipefail
cd "$(dirname "$0")/.."

BIN=${BIN:-build/release/bin} SOUNDS=${SOUNDS:-build/sounds}
umask 077
VAR=$PWD/var
mkdir -p "$VAR/recordings" "$VAR/voices"
DB=$VAR/db
[ ${#DB} -lt 90 ] || DB=$(mktemp -d /tmp/partyline-db.XXXXXX)   # a socket's path is short
node= exchange= office=

finish() {
	trap - EXIT INT TERM
	for pid in $exchange $office $node; do kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null || true; done
	packaging/mariadb.sh stop "$DB" || true
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

say() { printf '%s\n' "$*"; }
sql() { mariadb --no-defaults -S "$DB/s" -u root -N -B partyline -e "$1"; }
partyline() { "$BIN/partyline" --config "$VAR/partyline.yaml" "$@"; }

# ---- voices: human speech from a Debian package, lower for the second and third person --------------------------------------------

speech=/usr/share/asterisk/sounds/en_US_f_Allison
voice() { # NAME PITCH FILE...
	local out=$VAR/voices/$1.wav pitch=$2
	shift 2
	[ -s "$out" ] || sox "${@/#/$speech/}" -r 8000 -c 1 "$out" pitch "$pitch" rate 8000 norm -6
}
voice host 0 conf-getpin.wav conf-onlyperson.wav conf-placeintoconf.wav
voice second -350 demo-congrats.wav
voice third 250 vm-intro.wav vm-instructions.wav

# ---- database ----------------------------------------------------------------------------------------------------------------------------

say "Starting a private MariaDB in $DB"
packaging/mariadb.sh start "$DB" >/dev/null
mariadb --no-defaults -S "$DB/s" -u root -e 'CREATE DATABASE IF NOT EXISTS partyline CHARACTER SET utf8mb4'

free_port() { # a UDP port that nobody has now
	local port
	while :; do
		port=$((20000 + RANDOM % 20000))
		grep -qi "$(printf ':%04X ' $port)" /proc/net/udp || { echo $port; return; }
	done
}
ours=$(free_port) theirs=$(free_port)
while [ "$theirs" = "$ours" ]; do theirs=$(free_port); done
used() { cat /proc/net/{tcp,tcp6,udp,udp6} 2>/dev/null | grep -qi ":$(printf %04X "$1") "; }
first_free() { # PORT STEP: that one, or the first above it that nobody has
	local port=$1
	while used "$port"; do port=$((port + $2)); done
	echo "$port"
}
sip=$(first_free 5060 10) softphone=$(first_free 5070 10)
cat >"$VAR/partyline.yaml" <<EOF
# made by demo/run.sh; examples/partyline.yaml explains every setting
node: {name: demo}
log: {file: $VAR/partylined.log}
control: {socket: $VAR/control}
database: {socket: $DB/s, user: root, name: partyline}
journal: {dir: $VAR/journal}
sounds: {dir: $SOUNDS}
spans:
  - {name: pstn, local: "127.0.0.1:$ours", peer: "127.0.0.1:$theirs", shown_number: host, restore_ms: 1000}
trunks: # a SIP phone of yours is the subscriber 13800000003
  - {name: softphone, local: "127.0.0.1:$sip", peers: ["127.0.0.1:$softphone"], sources: [127.0.0.0/8], identity: from, options_s: 0, shown_number: host}
routes:
  - {name: softphone, prefixes: ["8613800000003"], trunks: [{name: softphone}]}
  - {name: all, prefixes: [""], trunks: [{name: pstn}]}
services:
  - {number: "12599", language: en}
  - {number: "12580", kind: selfcare, language: en}
cards: {key_file: $VAR/cards.key}
EOF
[ -f "$VAR/cards.key" ] || partyline card keys card "$VAR/cards.key"
partyline migrate
if [ -z "$(sql "SELECT number FROM v_account WHERE number = '8613800000001'")" ]; then
	partyline area import demo/areas.csv
	partyline bar import demo/bars.csv
	partyline tariff import standard demo/tariff.csv
	partyline account add 13800000001 50.00 --tariff standard --language en
	partyline account add 13800000002 50.00 --tariff standard --language zh-CN
fi
[ -n "$(sql "SELECT number FROM v_account WHERE number = '8613800000003'")" ] || partyline account add 13800000003 50.00 --tariff standard --language en
if [ ! -f "$VAR/cards.csv" ]; then # recharge cards to try, as the printer would read them (docs/try-it.md)
	[ -f "$VAR/printer" ] || partyline card keys printer "$VAR/printer"
	rm -f "$VAR/cards.sealed"
	batch=demo-$(date -u +%Y%m%d%H%M%S)
	partyline card generate --batch "$batch" --count 10 --value 50.00 --expires 2099-12-31 --printer "$VAR/printer.pub" --out "$VAR/cards.sealed" >/dev/null
	for step in print deliver activate; do partyline card batch $step "$batch" >/dev/null; done
	partyline card open "$VAR/cards.sealed" --secret "$VAR/printer" >"$VAR/cards.csv"
	say "Ten recharge cards of 50.00: $VAR/cards.csv"
fi
if [ ! -f "$VAR/logins.txt" ]; then # for the back office: two subscribers, an operator with one-time codes
	partyline account password 13800000001 <<<836152 >/dev/null
	partyline account password 13800000002 <<<836152 >/dev/null
	{
		echo "subscribers: 13800000001 and 13800000002, password 836152"
		echo "operator: demo, password demo-operator, one-time codes from this secret, by any authenticator app:"
		{ partyline operator add demo operator <<<demo-operator 2>/dev/null || partyline operator totp demo; } |
			sed -n 's/^secret of the codes: *//p; s/^for the app: *//p'
	} >"$VAR/logins.new"
	mv "$VAR/logins.new" "$VAR/logins.txt"
fi
balance_before=$(sql "SELECT balance_e4 FROM v_account WHERE number = '8613800000001'")
if [ "$balance_before" -lt 100000 ]; then # played often: refilled
	partyline account topup 13800000001 50.00
	balance_before=$(sql "SELECT balance_e4 FROM v_account WHERE number = '8613800000001'")
fi

http=$(first_free 8080 1)
cat >"$VAR/office.yaml" <<EOF
# made by demo/run.sh; examples/partyline-office.yaml explains every setting
log: {file: $VAR/office.log}
http: {listen: "127.0.0.1:$http"}
database: {socket: $DB/s, user: root, name: partyline}
nodes: [{name: demo, socket: $VAR/control}]
cards: {key_file: $VAR/cards.key}
EOF

# ---- node and exchange ----------------------------------------------------------------------------------------------------------------

say "Starting partylined (log: $VAR/partylined.log) and the exchange, joined by a pseudowire on 127.0.0.1:$ours <-> 127.0.0.1:$theirs"
: >"$VAR/partylined.log"
"$BIN/partylined" -c "$VAR/partyline.yaml" &
node=$!
: >"$VAR/office.log"
"$BIN/partyline-office" -c "$VAR/office.yaml" &
office=$!
span="name=pstn,local=127.0.0.1:$theirs,peer=127.0.0.1:$ours,restore=1000"
sed -e "s#@RECORDINGS@#$VAR/recordings#; s#@VOICES@#$VAR/voices#" demo/story.xch >"$VAR/story.xch"
status=0
: >"$VAR/events.jsonl" # there before anybody looks at it, and without what the last run left
"$BIN/exchange" --span "$span" --script "$VAR/story.xch" --log "$VAR/exchange.log" >"$VAR/events.jsonl" </dev/null &
exchange=$!
tail --pid=$exchange -n +1 -s 0.2 -f "$VAR/events.jsonl" | awk -f demo/ladder.awk || status=1
wait $exchange || status=1
exchange=
[ $status = 0 ] || { say; say "The end of partylined's log:"; tail -20 "$VAR/partylined.log"; }

# ---- the money: by hand from the exchange's own talk times, against the ledger -----------------------------------------------------------

say
say "What it cost (0.20 a minute by 6 s locally, 0.60 by the minute elsewhere):"
call=$(sql "SELECT call_id FROM v_call WHERE host = '8613800000001' ORDER BY began_at DESC LIMIT 1")
sql "SELECT role, called, TIMESTAMPDIFF(MICROSECOND, answered_at, ended_at) / 1000, charge_e4 FROM v_leg WHERE call_id = '$call' AND answered_at IS NOT NULL" >"$VAR/legs.txt"
awk -v legs="$VAR/legs.txt" '
	function field(name,    s) {
		if (!match($0, "\"" name "\":(\"[^\"]*\"|[-0-9]+)")) return ""
		s = substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 3); gsub(/"/, "", s); return s
	}
	function up(v, step) { return int((v + step - 1) / step) * step }
	function cost(ms, far,   s) { s = int((ms + 999) / 1000); return far ? up(s, 60) * 6000 / 60 : int(up(s, 6) * 2000 / 60) }
	/"ev":"gone"/ && !/"from_phone":true/ { talk[field("called")] = field("talk_ms") }
	END {
		while ((getline line < legs) > 0) {
			split(line, leg, "\t")
			number = leg[2]; sub(/^86/, "", number)
			far = number ~ /^139/
			least = cost(talk[number] - 60, far); most = cost(talk[number] + 60, far)
			ok = (number in talk) && leg[4] >= least && leg[4] <= most
			printf "  %s %-6s %s talked %7.3f s by the exchange: %.4f charged, %.4f by hand\n", ok ? "ok  " : "FAIL", leg[1], leg[2], talk[number] / 1000, leg[4] / 10000, cost(talk[number], far) / 10000
			bad += !ok; n++
		}
		if (n != 3) { printf "  FAIL %d legs were charged, not 3\n", n; bad++ }
		exit bad > 0
	}' "$VAR/events.jsonl" || status=1
charged=$(sql "SELECT charge_e4 FROM v_call WHERE call_id = '$call'")
rows=$(sql "SELECT COALESCE(SUM(amount_e4), 0) FROM v_ledger WHERE call_id = '$call'")
balance=$(sql "SELECT balance_e4 FROM v_account WHERE number = '8613800000001'")
held=$(sql "SELECT held_e4 FROM v_account WHERE number = '8613800000001'")
if [ "$balance" = $((balance_before + rows)) ] && [ "$charged" = $((-rows)) ] && [ "$held" = 0 ]; then
	say "  ok   balance $balance_before + ledger rows $rows = $balance (in 1/10000); nothing is held any more"
else
	say "  FAIL balance before $balance_before, ledger rows $rows, call $charged, balance now $balance, held $held"
	status=1
fi
partyline account show 13800000001
partyline ledger 13800000001 | tail -5
partyline audit || status=1
office_at=$(sed -n 's/.*partyline-office is up: \([^,]*\).*/\1/p' "$VAR/office.log")
say
if [ -n "$office_at" ]; then
	say "The portal (docs/portal.md) is at $office_at, for operators at ${office_at}operator; logins ($VAR/logins.txt):"
	sed 's/^/  /' "$VAR/logins.txt"
else
	say "FAIL the back office did not start; $VAR/office.log:"
	tail -5 "$VAR/office.log"
	status=1
fi
say
say "To listen to (what each phone heard):"
ls "$VAR"/recordings/*.wav

if [ $status = 0 ]; then say; say "The story held."; else say; say "The story did NOT hold."; fi
[ -t 0 ] && [ -t 1 ] || exit $status

# ---- it stays: a person at the exchange ------------------------------------------------------------------------------------------------

say
say "Everything keeps running; the exchange's console follows. Place a call by hand:"
say "  dial 13800000001 12599     then: hangup last; when 13800000001 rings: answer last; dtmf last 13900000002#"
say "Or with a SIP phone on this machine (docs/sip.md): from sip:13800000003@127.0.0.1:$softphone, without registration, call sip:12599@127.0.0.1:$sip"
say "In another terminal: $BIN/partyline --config $VAR/partyline.yaml status | spans | calls | ledger 13800000001"
say "Ctrl-C, or exit, ends everything."
"$BIN/exchange" --span "$span" --console --log "$VAR/exchange.log" || true
exit $status
