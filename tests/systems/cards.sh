#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Recharge cards from the key to the credit, as an operator, a printer and fifty hasty people see them: `partyline card`, and a node that redeems.
. "$(dirname "$0")/common.bash"

# expect NAME STATUS PATTERN COMMAND...
expect() {
	local name=$1 status=$2 pattern=$3 said got=0
	shift 3
	said=$("$@" 2>&1) || got=$?
	[ $got -eq "$status" ] && grep -Eq -- "$pattern" <<<"$said"
	check "$name" $? "status $got, should be $status and say $pattern: $said"
}
card() { sed -n "$((${1} + 1))s/.*,//p" "$dir/clear.csv"; }
redeem() { p card redeem "$@"; }

system_begin
printf 'cards: {key_file: %s, printer: %s}\n' "$dir/cards.key" "$dir/printer.pub" >>"$dir/node.yaml"

# ---- made
g=(p card generate --batch spring --count 60 --value 20.00 --expires 2090-01-01 --printer "$dir/printer.pub" --out "$dir/spring.sealed")
expect "without a key nothing is made" 1 "printer.pub|cards.key" "${g[@]}"
expect "a key for cards" 0 'new cards get key 1' p card keys card "$dir/cards.key"
expect "a pair for the printer" 0 'printer.pub is for' p card keys printer "$dir/printer"
expect "which is not overwritten" 1 'is there already' p card keys printer "$dir/printer"
expect "keys of something else" 2 'for cards, or' p card keys door "$dir/door"
expect "no batches yet" 0 'no batches' p card batch list
expect "sixty cards" 0 '^state: +created' "${g[@]}"
expect "are not made twice" 1 'is there already' "${g[@]}"
expect "nor in the past" 2 'an end later than now' p card generate --batch x --count 1 --value 1 --expires 2020-01-01 --printer "$dir/printer.pub" --out "$dir/x"
expect "nor of three digits" 2 'is not a number of digits' "${g[@]}" --digits 3
expect "nor for nothing" 2 '--count is missing' p card generate --batch x
expect "nor for the printer's secret key" 1 'is no public key' p card generate --batch y --count 1 --value 1 --expires 2090-01-01 --printer "$dir/printer" --out "$dir/y"
here=$bin
bin=$(realpath "$bin")
expect "the printer of the configuration, and a file of the batch's name" 0 'sealed for the printer: plain.sealed' \
	eval '(cd "$dir" && p card generate --batch plain --count 2 --value 1 --expires 2090-01-01)'
expect "which he can open" 0 '^plain-0000002,' p card open "$dir/plain.sealed" --secret "$dir/printer"
bin=$here
expect "blocked before it is printed" 0 '^state: +blocked' p card batch block plain
expect "it is not activated" 1 'is blocked, and was created: it cannot become activated' p card batch activate plain
chmod 644 "$dir/cards.key"
expect "nor under a key that all can read" 1 'group or others can read it' p card generate --batch y --count 1 --value 1 --expires 2090-01-01 \
	--printer "$dir/printer.pub" --out "$dir/y"
chmod 600 "$dir/cards.key"
same "the file is the operator's alone" "$(stat -c %a "$dir/spring.sealed")" 600
expect "no number can be read in it" 1 '^$' grep -a -E '[0-9]{16}' "$dir/spring.sealed"
p card open "$dir/spring.sealed" --secret "$dir/printer" >"$dir/clear.csv"
check "the printer opens it" $?
same "and has sixty numbers of 16 digits" "$(grep -cE '^spring-00000[0-9]{2},[0-9]{16}$' "$dir/clear.csv")" 60
p card keys printer "$dir/thief" >/dev/null
expect "another cannot" 1 'not made for this key' p card open "$dir/spring.sealed" --secret "$dir/thief"

# ---- redeemed
expect "without a node nobody redeems" 3 'is it running' redeem "$(card 1)" --account 13800000001
node_start
expect "not before it is activated" 1 '^outcome: +not_active' redeem "$(card 1)" --account 13800000001
expect "printing comes before delivery" 1 'is created: it cannot become delivered' p card batch deliver spring
expect "printed" 0 '^state: +printed' p card batch print spring
expect "delivered" 0 '^state: +delivered' p card batch deliver spring
expect "activated" 0 '^state: +activated' p card batch activate spring
id=00112233445566778899aabbccddee01
expect "20.00 for the account" 0 '^balance: +70.00' redeem "$(card 1)" --account 13800000001 --id $id
expect "asked again with the same id it is one" 0 '^balance: +70.00' redeem "$(card 1)" --account 13800000001 --id $id
expect "it is used" 1 '^outcome: +used' redeem "$(card 1)" --account 13800000001
expect "of which its serial tells" 0 '^for: +8613800000001' p card show spring-1
expect "and its number, from standard input" 0 '^state: +used' p card show - <<<"$(card 1)"
expect "no such account" 1 '^outcome: +no_account' redeem "$(card 2)" --account 13800000009
expect "no such card" 1 '^outcome: +unknown' redeem 0000000000000000 --account 13800000001
expect "its serial is no number, and no attempt" 2 'a card.s number has 16 to 18 digits' redeem spring-6 --account 13800000001
expect "a key file of elsewhere is refused" 1 "another system's" eval 'cp "$dir/cards.key" "$dir/good" && p card keys card "$dir/other" >/dev/null &&
	cp "$dir/other" "$dir/cards.key" && redeem "$(card 6)" --account 13800000001'
cp "$dir/good" "$dir/cards.key"
same "none of which was an attempt" "$(sql 'SELECT COUNT(*) FROM card_failure WHERE outcome = "unknown"')" 1
expect "in groups, as it is printed" 0 '^balance: +90.00' redeem "$(card 6 | sed 's/..../& /g')" --account 13800000001
expect "one is blocked" 0 '^state: +blocked' p card block spring-3
expect "and not redeemed" 1 '"outcome": "blocked"' p --json card redeem "$(card 3)" --account 13800000001
expect "activated again it is" 0 '^state: +activated' p card activate spring-3
expect "redeemed" 0 '^balance: +110.00' redeem "$(card 3)" --account 13800000001
expect "a used one is not blocked" 1 'is used: it cannot become blocked' p card block spring-3
expect "a card is named by its number or serial" 2 'by its serial' p card show 123

# ---- fifty at once
p account add 13800000002 0 --tariff standard >/dev/null
running=()
for i in $(seq 50); do
	redeem "$(card 2)" --account 13800000002 >"$dir/once.$i" 2>&1 &
	running+=($!)
done
done=0 refused=0
for pid in "${running[@]}"; do
	status=0
	wait "$pid" || status=$?
	case $status in 0) done=$((done + 1)) ;; 1) refused=$((refused + 1)) ;; esac
done
same "fifty at once: one credit" $done 1
same "49 refusals" $refused 49
same "each with its reason" "$(cat "$dir"/once.* | grep -cE '^outcome: +(used|too_many|done)$')" 50
same "20.00 in the account" "$(sql "SELECT balance_e4 FROM v_account WHERE number = '8613800000002'")" 200000
expect "after ten failures nothing is looked at" 1 '^outcome: +too_many' redeem "$(card 4)" --account 13800000002
expect "who failed is seen" 0 'used +8613800000002' p card failures
expect "an operator lets him try again" 0 '^10 failed attempts forgotten' p card unlock 13800000002
expect "and he may" 0 '^outcome: +done' redeem "$(card 4)" --account 13800000002
same "five cards are used" "$(sql "SELECT COUNT(*) FROM v_card WHERE state = 'used'")" 5
expect "the batch counts them" 0 '^used: +5' p card batch show spring
expect "as do the node's counters" 0 'cards_redeemed +6' p counters billing # one of them was told twice
expect "the whole batch is blocked" 0 '^state: +blocked' p card batch block spring
expect "and shown so" 0 '^spring +blocked +60 +20.00 +2090-01-01' p card batch list
expect "with all its cards but the used" 1 '^outcome: +blocked' redeem "$(card 5)" --account 13800000001
expect "the books agree" 0 ': 0 discrepancies' p audit
expect "who did what is kept" 0 'card.batch.state' p audit trail --limit 1000
expect "no number is in a log" 1 '^0$' grep -c -F -f <(sed -n 's/.*,//p' "$dir/clear.csv") "$dir/node.log"
node_end TERM 0 "the node ends"
result
