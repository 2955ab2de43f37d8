#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# docs/operations.md, line by line: installed under a prefix of its own, a database user with the rights it names, a call, the books, saved and brought back.
. "$(dirname "$0")/common.bash"

if [ $quick = no ]; then
	echo "SKIP installed: what is installed is what was released"
	exit 0
fi
root=$dir/root
mkdir -p "$root"/{etc/partyline,run/partyline,var/lib/partyline,var/lib/partyline-records}

# here TEXT: the page's paths, under the directory of this test
here() { sed "s|/etc/partyline|$root/etc/partyline|g; s|/run/partyline|$root/run/partyline|g; s|/var/lib/|$root/var/lib/|g; s|PREFIX=/usr|PREFIX=$root/usr|; s|-o partyline ||" <<<"$1"; }
# on_the_page PROMPT LINE: it stands there so, and is done so
on_the_page() {
	grep -qxF "    $1 $2" docs/operations.md
	check "the page says: $2" $?
}
root_does() { # LINE
	on_the_page '#' "$1"
	eval "$(here "$1")" >>"$dir/did" 2>&1
	check "and it can be done" $? "$(tail -n 3 "$dir/did")"
}
sql_does() { # LINE
	on_the_page 'sql>' "$1"
	mariadb -e "$1"
	check "and it can be done" $?
}
file_of() { # FIRST_LINE: the file that the page shows, from that line to the next empty one
	awk -v first="    $1" '$0 == first { on = 1 } on && $0 == "" { exit } on { sub("^    ", ""); print }' docs/operations.md
}
mariadb() { command mariadb --no-defaults -S "$dir/db/s" -u root "$@"; }
mariadb-dump() { command mariadb-dump --no-defaults -S "$dir/db/s" -u root "$@"; }
chown() { :; } # nobody is made on this machine
partyline() { "$root/usr/bin/partyline" --config "$root/etc/partyline/partyline.yaml" "$@"; }
partylined() { "$root/usr/sbin/partylined" "$@"; }
partyline-office() { "$root/usr/sbin/partyline-office" "$@"; }

# ---- installed ---------------------------------------------------------------------------------------------------------------------------

packaging/mariadb.sh start "$dir/db" >/dev/null
must "the database server" $?
root_does "make && make install PREFIX=/usr"
for unit in "$root"/usr/lib/systemd/system/*; do
	grep -q "$root/usr/" "$unit" || [[ $unit == *.timer ]]
	check "$(basename "$unit") starts what was installed" $?
done
if command -v systemd-analyze >/dev/null; then
	systemd-analyze verify "$root"/usr/lib/systemd/system/* 2>&1 | grep "$root" >"$dir/units" # of ours; others' are not our business
	same "systemd finds no mistake in them" "$(cat "$dir/units")" ""
fi
sql_does "CREATE DATABASE partyline CHARACTER SET utf8mb4;"
sql_does "CREATE USER partyline@localhost IDENTIFIED BY 'a long one';"
sql_does "GRANT SELECT, INSERT, UPDATE, DELETE ON partyline.* TO partyline@localhost;"
root_does "install -m 0600 -o partyline /dev/null /etc/partyline/database.password"
root_does "echo 'a long one' >/etc/partyline/database.password"

# The page's files, with what is this test's: another socket of the server, other folders, a pseudowire instead of a card.
port=$(free_port)
here "$(file_of 'control:  {socket: /run/partyline/control}')" |
	sed "s|^database: {|&socket: $dir/db/s, |; s|{name: pstn, .*}|{name: pstn, local: \"127.0.0.1:$port\", peer: \"127.0.0.1:$((port + 1))\", restore_ms: 500}|" \
		>"$root/etc/partyline/partyline.yaml"
cat >>"$root/etc/partyline/partyline.yaml" <<-END
	log: {file: $dir/node.log}
	journal: {dir: $root/var/lib/partyline}
	sounds: {dir: $root/usr/share/partyline/sounds}
	services: [{number: 12599, language: en, callback_delay_s: 1}]
END
http=$(free_port)
here "$(file_of 'nodes:    [{name: node1, socket: /run/partyline/control}]')" | sed "s|^database: {|&socket: $dir/db/s, |" >"$root/etc/partyline/partyline-office.yaml"
printf 'http: {listen: "127.0.0.1:%s", web: %s}\nlog: {file: %s}\n' "$http" "$root/usr/share/partyline/web" "$dir/office.log" >>"$root/etc/partyline/partyline-office.yaml"

root_does "partyline card keys card /etc/partyline/cards.key && chown partyline /etc/partyline/cards.key"
root_does 'partyline --db-user root --db-password-file "" migrate'
root_does "partylined -n -c /etc/partyline/partyline.yaml"
root_does "partyline-office -n -c /etc/partyline/partyline-office.yaml"
root_does "partyline area import demo/areas.csv"
root_does "partyline bar import demo/bars.csv"
root_does "partyline tariff import standard demo/tariff.csv"
echo 'correct horse battery' >password
mv password "$dir/password"
on_the_page '#' "partyline operator add first operator <password"
partyline operator add first operator <"$dir/password" >/dev/null
check "and it can be done" $?
partyline account add 13800000001 50.00 --tariff standard --language en >/dev/null
check "somebody who may call" $?

# ---- serving, with no more rights than the page gives ---------------------------------------------------------------------------------------

"$root/usr/sbin/partylined" -c "$root/etc/partyline/partyline.yaml" 2>"$dir/node.err" &
node=$!
until_true 20 partyline status
must "the node is up" $? "$(cat "$dir/node.err")"
"$root/usr/sbin/partyline-office" -c "$root/etc/partyline/partyline-office.yaml" 2>"$dir/office.err" &
others+=($!)
until_true 20 curl -fsS "http://127.0.0.1:$http/"
check "the back office shows its pages" $? "$(cat "$dir/office.err")"
cat >"$dir/script" <<END
number 13800000001 ring
number 13800000002 ring
$(span_comes_up)
$(called_back 13800000001)
$(party_comes 13800000002 second)
sleep 2000
hangup host
wait gone call=second timeout=5000
wait gone call=host timeout=5000
sleep 1000
exit 0
END
exchange_start "$dir/script" "$dir/out"
exchange_end "he is called back, and talks"
until_true 10 grep -q settled "$dir/node.log"
partyline --json ledger 13800000001 >"$dir/ledger"
same "both legs are in the ledger" "$(grep -o '"kind": *"charge"' "$dir/ledger" | wc -l)" 2
grep -E 'warn|error' "$dir/node.log" "$dir/office.log" | grep -v 'real-time priority\|loss of signal' >"$dir/said"
same "nobody complains in the logs, of rights or of the server" "$(cat "$dir/said")" ""
# what the timers start, as systemd would read it; the records of today instead of yesterday's
unit_does() { # UNIT NAME
	eval "$(here "$(sed -n 's/^ExecStart=//p' "$root/usr/lib/systemd/system/$1")" | sed 's/%%/%/g; s/\$\$/$/g; s/yesterday/today/g; s/date -u +/date -u -d tomorrow +/g')" >"$dir/unit" 2>&1
	check "$2" $? "$(cat "$dir/unit")"
}
unit_does partyline-audit.service "the audit of every night finds nothing"
unit_does partyline-records.service "the record files of every night are written"
same "a line for each leg and call, under one of names" "$(cd "$root/var/lib/partyline-records" && wc -l legs-*.csv calls-*.csv | awk '{ print $1 }' | xargs)" "4 2 6"
node_end TERM 0 "the node ends as asked"

# ---- saved, and brought back ---------------------------------------------------------------------------------------------------------------------

cd "$dir" || exit 1
mkdir -p docs && cp "$OLDPWD/docs/operations.md" docs/
root_does "mariadb-dump --single-transaction --quick partyline >partyline.sql"
mariadb -e 'DROP DATABASE partyline'
check "the database is lost" $?
sql_does "CREATE DATABASE partyline CHARACTER SET utf8mb4;"
root_does "mariadb partyline <partyline.sql"
root_does "partyline audit"
partyline --json ledger 13800000001 | cmp -s - "$dir/ledger"
check "the ledger is as it was" $?
mariadb partyline -e "UPDATE ledger SET amount_e4 = 0" 2>/dev/null
same "and as immutable" $? 1
cd "$OLDPWD" || exit 1
result
