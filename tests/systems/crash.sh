#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Calls and recharges while node and MariaDB are killed (SIGKILL), one or both, CRASHES (20) times at random moments; SEED repeats a run's choices. The money is
# audited after each; every leg is compared with the exchange's own log of talk times.
. "$(dirname "$0")/common.bash"

if [ $quick = no ]; then
	echo "SKIP crash: what dies here dies by SIGKILL; a sanitizer would see nothing of it"
	exit 0
fi
seed=${SEED:-$((RANDOM * 32768 + RANDOM))}
echo "SEED=$seed CRASHES=${CRASHES:=20}"
system_begin
sed -i "s|^journal: .*|journal: {dir: $dir/journal, checkpoint_ms: 1000, hold_life_s: 20}|" "$dir/node.yaml"
sed -i "s|callback_delay_s: 1|callback_delay_s: 1, retries: 0|" "$dir/node.yaml" # who is not there when he is called back is not waited for
for i in 0 1 2 3; do p account add 1380001000$i 100.00 --tariff standard --language en >/dev/null || must "account $i" 1; done
printf 'cards: {key_file: %s}\n' "$dir/cards.key" >>"$dir/node.yaml"
p card keys card "$dir/cards.key" >/dev/null && p card keys printer "$dir/printer" >/dev/null &&
	p card generate --batch b --count 5000 --value 1.00 --expires 2090-01-01 --printer "$dir/printer.pub" --out "$dir/b.sealed" >/dev/null &&
	for to in print deliver activate; do p card batch $to b >/dev/null || break; done
p card open "$dir/b.sealed" --secret "$dir/printer" >"$dir/cards.csv"
must "cards" $?
for i in 0 1 2 3; do printf 'number 1380001000%s ring\nnumber 1380002000%s answer-after 200\nnumber 1390002000%s answer-after 200\n' $i $i $i; done >"$dir/script"
exchange_start "$dir/script" "$dir/exchange.out" --socket "$dir/x" --quiet
until_true 20 test -S "$dir/x"
python3 tests/systems/crash.py "$dir" "$bin" "$CRASHES" "$seed" | tee "$dir/crash.out"
check "crash.py ran to its end" "${PIPESTATUS[0]}"
passed=$((passed + $(grep -c '^ok ' "$dir/crash.out"))) failed=$((failed + $(grep -c '^FAIL ' "$dir/crash.out")))
kill $exchange && wait $exchange
exchange=''
result
