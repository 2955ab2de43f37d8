#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The command line against a real database: accounts, money, tariffs, areas, rates; and what it says when nothing answers.
set -u -o pipefail

build=${PARTYLINE_BUILD:-build/release}
dir=$(mktemp -d "${TMPDIR:-/tmp}/partyline-cli-XXXXXX")
passed=0 failed=0 server=

end() {
	[ -z "$server" ] || { kill "$server" && wait "$server"; } 2>/dev/null
	rm -rf "$dir"
}
trap end EXIT

# expect STATUS TEXT COMMAND...: status, and TEXT (a line's regular expression) in what it said.
expect() {
	local status=$1 text=$2 got=0 said
	shift 2
	said=$("$@" 2>&1) || got=$?
	if [ $got -eq "$status" ] && grep -Eq -- "$text" <<<"$said"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		printf 'FAILED: %s\n  status %s, expected %s; expected: %s\n%s\n' "$*" $got "$status" "$text" "$said"
	fi
}
p() { "$build/bin/partyline" --config "$dir/node.yaml" "$@"; }

user=()
[ "$(id -u)" -ne 0 ] || user=(--user=root)
mkdir "$dir/tmp" # a tmpdir of its own: servers starting side by side meet in a shared one
mariadb-install-db --no-defaults "${user[@]}" --datadir="$dir/data" --tmpdir="$dir/tmp" --auth-root-authentication-method=normal --skip-test-db --skip-name-resolve \
	--cross-bootstrap >"$dir/install.log" 2>&1 || { cat "$dir/install.log"; exit 1; }
mariadbd --no-defaults "${user[@]}" --datadir="$dir/data" --tmpdir="$dir/tmp" --socket="$dir/s" --pid-file="$dir/pid" --skip-networking --skip-name-resolve \
	--innodb-buffer-pool-size=32M --innodb-log-file-size=16M --performance-schema=OFF >"$dir/server.log" 2>&1 &
server=$!
for _ in $(seq 100); do
	mariadb --no-defaults --socket="$dir/s" -u root -e 'CREATE DATABASE IF NOT EXISTS partyline' 2>/dev/null && break
	sleep 0.1
done

cat >"$dir/node.yaml" <<END
control: {socket: $dir/control}
database: {socket: $dir/s, user: root}
spans: [{local: 127.0.0.1:40001, peer: 127.0.0.1:40002}]
END
cat >"$dir/areas.csv" <<'END'
# prefix,area,name
8610,10,Beijing
8625,25,Nanjing
861380000,10
861390000,10
END
cat >"$dir/tariff.csv" <<'END'
local,,0.20,0,60,60,0
domestic,,0.50,0,60,60,0
prefix,1,3.60,0.1,60,6,0
END
printf 'exact,110,emergency\n' >"$dir/bars.csv"
printf 'local,,0.20,0,60\nfrobnicate\n' >"$dir/bad.csv"

# before anything is there
expect 1 'partyline migrate' p account list
expect 0 'the schema is now [0-9]+' p migrate
expect 0 'nothing to do' p migrate
expect 0 '"changed": false' p --json migrate
expect 0 'no accounts' p account list
expect 1 'no tariff yet' p account add 8613800000001 50.00
expect 2 'something is missing' p tariff import
expect 1 'bad.csv:2' p tariff import standard "$dir/bad.csv"
expect 0 'no tariffs' p tariff list
expect 0 '^3 rows imported' p tariff import standard "$dir/tariff.csv" --at 2026-01-01
expect 0 '^4 rows imported' p area import "$dir/areas.csv"
expect 0 '^1 row imported' p bar import "$dir/bars.csv"
expect 0 '^domestic +0.50 +0.00 +60' p tariff show standard
expect 0 '8625 +25 +Nanjing' p area list 862
expect 1 'no tariff "other"' p tariff show other

# accounts and their money
expect 0 '^balance: +50.00' p account add 8613800000001 50.00
expect 0 '"balance_e4": 123456' p --json account add 862584110001 12.3456 --language en --tariff standard
expect 1 'is there already' p account add +8613800000001
expect 1 'there is no tariff gold' p account add 8613800000009 --tariff gold
expect 0 'number: *8613800000009' p account add 13800000009 # as a subscriber writes it
expect 1 'is there already' p account add +8613800000009
expect 2 'is no number' p account add 0138
expect 2 'is no amount' p account add 8613800000009 5.00001
expect 2 'is no amount' p account topup 8613800000001 1e3
expect 2 'more than nothing' p account topup 8613800000001 0
expect 0 '^balance: +60.50' p account topup 8613800000001 10.5 --id 00112233445566778899aabbccddeeff
expect 0 '^balance: +60.50' p account topup 8613800000001 10.5 --id 00112233445566778899aabbccddeeff
expect 0 'topup +10.50 +60.50' p ledger 8613800000001
expect 1 'there is no account 8613800000002' p account show 8613800000002
expect 0 'suspended' p account suspend 8613800000001
expect 0 'active' p account resume 8613800000001
expect 0 'language: +en' p account language 8613800000001 en
expect 2 'the languages are' p account language 8613800000001 fr
expect 0 '8613800000001 +active +prepaid +en +default +standard +60.50 +0.00' p account list

# numbers
expect 1 'last number' p account number end 8613800000001
expect 0 '^8613800000003' p account number add 8613800000001 8613800000003
expect 1 'number of an account already' p account number add 862584110001 8613800000003
expect 0 '^balance: +60.50' p account show 8613800000003
expect 0 'belongs to no account' p account number end 8613800000001
expect 1 'there is no account' p account show 8613800000001
expect 0 '^8613800000001 +2[0-9-]+ [0-9:.]+ +2' p account numbers 8613800000003
expect 1 "the id 00112233445566778899aabbccddeeff is another movement's" p account topup 8613800000003 11 --id 00112233445566778899aabbccddeeff

# closed is closed, and its number somebody else's when it has ended
expect 0 '^balance: +1.00' p account add 8613800000019 1
expect 0 '^state: +closed' p account close 8613800000019
expect 0 '^state: +closed' p account close 8613800000019
expect 1 'is closed, for good' p account resume 8613800000019
expect 1 'is closed, for good' p account suspend 8613800000019
expect 1 'is closed, for good' p account topup 8613800000019 1
expect 0 'belongs to no account' p account number end 8613800000019
expect 0 '^balance: +0.00' p account add 8613800000019

# what a call would cost
expect 0 '^per minute: +0.20' p rate 8613800000003 8613900000002
expect 0 '^rated as: +domestic' p rate 8613800000003 862584110001
expect 0 '^per minute: +3.60' p rate 8613800000003 12125550100
expect 0 '^10 minutes: +36.10' p rate 8613800000003 12125550100
expect 1 'no rate for 12125550100' p rate 8613800000003 12125550100 --at 2025-12-31
expect 2 'is no time' p rate 8613800000003 12125550100 --at 2025-02-29
expect 2 'is no time' p rate 8613800000003 12125550100 --at 2026-03-02T1:00
expect 2 'is no duration' p rate 8613800000003 12125550100 --for 3x

# the working: 185 s by whole minutes, domestic; New York's clock through a change to summer time; discount, rounding
r() { p rate 8613800000003 "$@"; }
expect 0 '^class: +domestic' r 02584110001 --at 2026-03-02T10:00 --for 185s
expect 0 '^version: +1$' r 02584110001 --at 2026-03-02T10:00 --for 185s
expect 0 '^ *0 +240 +4 +Mon 18:00:00 +0.50 +240 +2.00$' r 02584110001 --at 2026-03-02T10:00 --for 185s
expect 0 '^billable s: +240' r 02584110001 --at 2026-03-02T10:00 --for 185s
expect 0 '^amount: +2.00$' r 02584110001 --at 2026-03-02T10:00 --for 185s
expect 0 '^answered \(UTC\): +2026-03-02 02:00:00' r 02584110001 --at 2026-03-02T10:00+08:00
cat >"$dir/world.csv" <<'END'
local,,0.20,0,60,60,0
domestic,,0.55,0,60,6,0
prefix,1,3.60,0.1,60,60,0,sun 00:00-02:00:1.20;sun 03:00-04:00:2.40,America/New_York
END
expect 0 '^3 rows imported' p tariff import world "$dir/world.csv" --at 2026-01-01
expect 0 '^done' p account tariff 8613800000003 world
expect 1 'no tariff none' p account tariff 8613800000003 none
expect 0 '^class: +international' r 12125550100 --at 2026-03-08T06:58 --for 3m
expect 0 '^ *0 +120 +2 +Sun 01:58:00 +sun 00:00-02:00:1.20 +1.20 +120 +2.40$' r 12125550100 --at 2026-03-08T06:58 --for 3m
expect 0 '^ *120 +180 +1 +Sun 03:00:00 +sun 03:00-04:00:2.40 +2.40 +60 +2.40$' r 12125550100 --at 2026-03-08T06:58 --for 3m
expect 0 '^amount: +4.90$' r 12125550100 --at 2026-03-08T06:58 --for 3m
expect 0 '"amount_e4": 49000' p --json rate 8613800000003 12125550100 --at 2026-03-08T06:58 --for 3m
expect 0 '^done' p account discount 8613800000003 12.5
expect 0 '^discount %: +12.50' p account show 8613800000003
expect 2 'a discount is 0 to 100' p account discount 8613800000003 100.01
expect 0 '^sum, exact: +0.6050$' r 02584110001 --at 2026-03-02T10:00 --for 61s
expect 0 '^after it: +0.5293 and 450000000/600000000 of 0.0001' r 02584110001 --at 2026-03-02T10:00 --for 61s
expect 0 '^amount: +0.5293$' r 02584110001 --at 2026-03-02T10:00 --for 61s
expect 0 '^done' p service tariff 12599 standard
expect 0 '^s:12599 +default +standard' p service list
expect 0 '^of the: +service' r 02584110001 --service 12599
expect 0 '^of the: +account' r 02584110001 --service 12598
expect 0 '^done' p service tariff 12599 -
expect 0 '^of the: +account' r 02584110001 --service 12599
expect 1 'there is no tariff none' p service tariff 12599 none
expect 0 '^done' p account discount 8613800000003 0
expect 0 '^done' p account tariff 8613800000003 standard

# calls that were, by another tariff
printf '%s\n' '8613800000003,862584110001,2026-03-02 02:00:00,61000' '8613800000003,12125550100,2026-03-08 06:58:00.000,180000' >"$dir/calls.csv"
expect 0 '^8613800000003,862584110001,2026-03-02 02:00:00,61000,domestic,66,0.6050$' p tariff try world "$dir/calls.csv"
expect 0 '^2 rated, 0 without a rate, 0 no records; sum 5.5050$' p tariff try world "$dir/calls.csv"
expect 0 '"sum_e4": 55050' p --json tariff try world "$dir/calls.csv"
expect 1 'no such tariff, or not at that time' p tariff try world "$dir/calls.csv" --at 2025-01-01
printf '8613800000003,442071838750,2026-03-02 02:00:00,61000\nx\n' >"$dir/calls.csv"
expect 1 'calls.csv:1: no rate for 442071838750' p tariff try world "$dir/calls.csv"
expect 1 'calls.csv:2: calling,called,answered' p tariff try world "$dir/calls.csv"

expect 0 '^prefix +1 +3.60 +0.10 .* sun 00:00-02:00:1.20;sun 03:00-04:00:2.40 +America/New_York +1 +2026-01-01' p tariff show world
expect 0 '^ *1 +2026-01-01 00:00:00.000 +3$' p tariff versions world
expect 0 '^done' p tariff origin world service
expect 0 '^world +service +0' p tariff list
expect 2 'of the host or of the service' p tariff origin world moon
expect 1 'no tariff none' p tariff origin none host

# providers: whose accounts, tariffs and service numbers are
expect 0 '^accounts: +0' p provider add Other
expect 1 'is there already' p provider add Other
expect 1 'there is no provider Nobody' p tariff import theirs "$dir/tariff.csv" --provider Nobody
expect 0 '^3 rows imported' p tariff import theirs "$dir/tariff.csv" --provider Other
expect 1 "is another provider's" p tariff import theirs "$dir/tariff.csv" --provider default
expect 0 '^provider: +Other' p account add 8613800000007 1.00 --tariff theirs
expect 1 'there is no tariff theirs of provider default' p account add 8613800000008 --tariff theirs --provider default
expect 1 'no tariff standard of its provider' p account tariff 8613800000007 standard
expect 0 '^done' p service provider 12599 Other
expect 0 '^s:12599 +Other' p service list
expect 0 '^done' p service provider 12599 -
expect 1 'there is no provider Nobody' p service provider 12599 Nobody
expect 0 '^accounts: +1' p provider rename Other Others
expect 0 '^Others +1 +1 +0 +0' p provider list
expect 1 'there is no provider Other$' p provider show Other

# who pays
expect 0 '^credit: +500.00' p account limits 8613800000007 operator --credit 500 --trust 2
expect 0 '^trust: +2.00' p account show 8613800000007
expect 0 '^available: +501.00' p account limits 8613800000007 operator
expect 2 'has no credit' p account limits 8613800000007 prepaid --credit 1
expect 0 '^kind: +prepaid' p account limits 8613800000007 prepaid
expect 2 'prepaid or operator' p account limits 8613800000007 rich

# what he is asked when he is called back
expect 0 '^callback: +service' p account show 8613800000007
expect 1 'has no password' p account callback 8613800000007 password
expect 0 '^callback: +press-1' p account callback 8613800000007 press-1
expect 2 'press-1 or password' p account callback 8613800000007 press-2
expect 0 '^callback: +service' p account callback 8613800000007 service

# out and in again
p tariff export world --at 2026-06-01 >"$dir/out.csv"
expect 0 '^prefix,1,3.60,0.10,60,60,0,sun 00:00-02:00:1.20;sun 03:00-04:00:2.40,America/New_York$' cat "$dir/out.csv"
expect 0 '^3 rows imported' p tariff import copy "$dir/out.csv"
p tariff export copy >"$dir/again.csv"
expect 0 '' cmp "$dir/out.csv" "$dir/again.csv"
expect 1 'is in force: a new version begins now or later' p tariff import copy "$dir/out.csv" --at 2026-01-01
p area export >"$dir/areas-out.csv"
expect 0 '^4 rows imported' p area import "$dir/areas-out.csv"
expect 0 '^exact,110,emergency$' p bar export
expect 1 'nothing to export' p tariff export nobody

# records
expect 0 'no records' p records
expect 0 '^0 records' p records export 2026-03-02 2026-03-03T00:00 "$dir/legs.csv"
expect 0 '^# leg,call,account,provider,.*,mos_x100$' cat "$dir/legs.csv"
expect 0 '^0 records' p records export 2026-03-02 2026-03-03 --calls "$dir/calls-out.csv"
expect 0 '^# call,booking,.*,amount_e4$' cat "$dir/calls-out.csv"
expect 1 'no provider nobody' p records export 2026-03-02 2026-03-03 --provider nobody "$dir/none.csv"
expect 2 '' ls "$dir/none.csv" "$dir/none.csv.part"
expect 1 'cannot be written' p records export 2026-03-02 2026-03-03 "$dir"
expect 2 'TO is behind FROM' p records export 2026-03-03 2026-03-03 "$dir/none.csv"
expect 0 'records.export' p audit trail ''
expect 1 'no record of a call' p record 00112233445566778899aabbccddeeff

# passwords
expect 0 '^number:? +8613800000003' p account password 8613800000003 <<<836152
expect 1 'not easily guessed' p account password 8613800000003 <<<123456
expect 1 'not easily guessed' p account password 8613800000003 </dev/null
expect 2 'standard input' p account password 8613800000003 836152
expect 0 '^number:? +8613800000003' p account unlock 8613800000003
expect 0 '^number:? +8613800000003' p account password 8613800000003 none
expect 1 'there is no' p account unlock 13899999999
expect 0 'account.password.none' p audit trail 8613800000003

# what was, and what is: numbers, passwords, tariffs, operators, bookings
trail() { p audit trail --limit 1000 "$@"; }
expect 0 'account.number.end +8613800000001 +account [0-9]+ *$' trail 8613800000001
expect 0 'account.password.none +8613800000003 +a password +none$' trail 8613800000003
expect 0 'nothing was changed' trail 'standar_' # a name, no pattern
expect 0 'tariff.import +standard .*version 1: 3 rows of .*tariff.csv from 2026-01-01' trail standard
printf 'a long password\n' >"$dir/password"
expect 0 'anna' p operator add anna clerk <"$dir/password"
expect 0 '' p operator role anna auditor
expect 0 '' p operator disable anna
expect 0 '' p operator password anna <"$dir/password"
expect 0 'operator.role +anna +clerk +auditor$' trail anna
expect 0 'operator.disable +anna +auditor +auditor, disabled$' trail anna
expect 0 'operator.password +anna +auditor, disabled +auditor, disabled, another password$' trail anna
id=00112233445566778899aabbccddee77
expect 0 '' p booking add 8613800000003 2030-01-01T09:00 13800000002 --id $id
expect 0 '' p booking change $id --at 2030-01-02T10:30
expect 0 '' p booking cancel $id
expect 0 "booking.change +$id +host .*2030-01-01 09:00 .* 8613800000002 +host .*2030-01-02 10:30 .* 8613800000002$" trail $id
expect 0 "booking.cancel +$id +host .*2030-01-02 10:30 .* 8613800000002 +cancelled$" trail $id

# the books agree; money that nobody can explain is named, and is status 1; who changed what is kept
q() { mariadb --no-defaults --socket="$dir/s" -u root partyline -e "$1"; }
expect 0 '^[1-9][0-9]* accounts, .*: 0 discrepancies' p audit
expect 0 'no node answers at .*: its holds were not compared' p audit
q 'UPDATE account SET balance_e4 = balance_e4 + 10000 ORDER BY id LIMIT 1'
expect 1 'balance  .*the balance is not the sum' p audit
expect 1 '"check": "balance"' p --json audit
q 'UPDATE account SET balance_e4 = balance_e4 - 10000 ORDER BY id LIMIT 1'
expect 0 '"discrepancies": \[\]' p --json audit --since 2026-03-02T10:00
expect 2 'is no time' p audit --since yesterday
expect 0 "cli:$(id -un) .*account.add" p audit trail --limit 1000
expect 1 '' q "DELETE FROM audit"

# wrong usage, and nobody there
expect 2 'account what' p account
expect 2 'no command "frobnicate"' p frobnicate
expect 2 'is missing' p account show
expect 2 'too much' p status now
expect 2 'no option' p --frobnicate
expect 2 'a command is wanted' p
expect 0 'usage: partyline' p --help
expect 3 'partylined does not answer at .*/control: is it running' p status
expect 3 'does not answer at /nowhere' p --socket /nowhere calls
expect 3 'the database at /nowhere does not answer' p --db-socket /nowhere account list
printf 'secret\n' >"$dir/password"
chmod 644 "$dir/password"
expect 3 'group or others' p --db-password-file "$dir/password" account list

# bookings: in the zone they are meant in, changed and cancelled; what is wrong is said
expect 0 '8613800000091' p account add 13800000091 10 --tariff standard
b=0190000000007000800000000000b001
expect 0 'start: +2030-07-01T09:00:00\+02:00\[Europe/Berlin\]' p booking add 13800000091 2030-07-01T09:00 13900000001=Anna 02584110001 \
	--zone Europe/Berlin --for 1h --redials 3 --interval 2m --id $b
expect 0 'next .UTC.: +2030-07-01 07:00:00' p booking show $b
expect 0 '8613900000001 +Anna' p booking show $b
expect 0 '"length_s": 3600' p --json booking show $b
expect 0 '"party_count": 2' p --json booking list 13800000091
expect 0 'start: +2030-07-01T09:00:00\+02:00' p booking add 13800000091 2030-07-01T09:00 13900000001 02584110001 --zone Europe/Berlin --for 1h --id $b
expect 0 'start: +2030-12-01T10:00:00\+08:00\[Asia/Shanghai\]' p booking add 13800000091 2030-12-01T02:00Z 13900000001
expect 0 'repeat: +weekly:mon,fri' p booking add 13800000091 '2030-12-02T09:00[America/New_York]' 13900000001 --repeat weekly:mon,fri --until 2031-12-02 \
	--end 2030-12-02T10:30
expect 0 'version: +2' p booking change $b 13900000009=Bert --at 2030-07-01T10:00 --music 1
expect 0 'next .UTC.: +2030-07-01 08:00:00' p booking show $b
expect 0 'Bert' p booking show $b
expect 0 'state: +cancelled' p booking cancel $b
expect 1 'is over, or cancelled already' p booking cancel $b
expect 1 'is over, or cancelled already' p booking change $b --redials 2
expect 0 'cancelled' p booking list --all
expect 1 'there is no booking nothing' p booking show nothing
expect 1 'no account has the number 8613800000092' p booking add 13800000092 2030-07-01T09:00 13900000001
expect 1 'that time is over' p booking add 13800000091 2020-07-01T09:00 13900000001
expect 1 'the host among the parties' p booking add 13800000091 2030-07-01T09:00 13800000091
expect 2 'is no time zone' p booking add 13800000091 2030-07-01T09:00 13900000001 --zone Mars/Olympus
expect 2 'is no time zone' p booking add 13800000091 2030-07-01T09:00 13900000001 --zone ../../etc/passwd
expect 2 'is no time:' p booking add 13800000091 tomorrow 13900000001
expect 2 'is no repeat' p booking add 13800000091 2030-07-01T09:00 13900000001 --repeat weekly:mon,xyz
expect 2 'is not behind the start' p booking add 13800000091 2030-07-01T09:00 13900000001 --end 2030-07-01T08:00
expect 2 'something is missing' p booking add 13800000091 2030-07-01T09:00

# each command of --help stands in the man page with the same words
missing=$(p --help | sed -n 's/^  \([a-z].*\)/\1/p' | while read -r line; do
	man=$(sed -n 's/^\.BI* *//p' man/partyline.1 | tr -d '"\\' | tr -s ' ')
	grep -qxF -- "$line" <<<"$man" || echo "$line"
done)
expect 0 '^$' echo "$missing"

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
