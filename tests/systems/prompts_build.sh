#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# prompts/build.sh from a small catalogue: both languages, only what changed, recordings first, errors with their line.
set -u

passed=0
failed=0
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
src=$dir/src
out=$dir/out
mkdir -p "$src/recorded/en"

ok() { # ok NAME COMMAND...: the command succeeds
	local name=$1
	shift
	if "$@"; then
		echo "ok   $name"
		passed=$((passed + 1))
	else
		echo "FAIL $name"
		failed=$((failed + 1))
	fi
}
build() { prompts/build.sh "$out" "$src" >"$dir/said" 2>&1; }
not() { ! "$@"; }
said() { grep -qF "$1" "$dir/said"; }
sum() { cksum <"$out/$1"; }
ms() { soxi -D "$out/$1" | awk '{ printf "%d", $1 * 1000 }'; }
# bad LINE WHAT: with LINE after the good ones the build fails and says WHAT; nothing is made of it.
bad() {
	cp "$dir/good" "$src/catalogue.txt"
	printf '%s\n' "$1" >>"$src/catalogue.txt"
	not build && said "$2" && [ ! -e "$out/en/bad.wav" ]
}

cat >"$dir/good" <<'END'
# a comment
two    | 二             | two
hello  | 您好。         | Hello.

read   | 重{chong2}新   | "once" \more & $HOME `x` 'y'
END
cp "$dir/good" "$src/catalogue.txt"

ok "builds" build
ok "six files" test "$(find "$out" -name '*.wav' | wc -l)" -eq 6
for f in zh-CN/two en/two zh-CN/hello en/hello zh-CN/read en/read; do
	ok "$f is 8 kHz, mono, 16 bit" test "$(soxi -r "$out/$f.wav") $(soxi -c "$out/$f.wav") $(soxi -b "$out/$f.wav")" = "8000 1 16"
	ok "$f lasts 0.25 to 4 s" test "$(ms $f.wav)" -ge 250 -a "$(ms $f.wav)" -le 4000
done
ok "the index has the ids" test "$(tr '\n' ' ' <"$out/index")" = "two hello read "

before=$(sum zh-CN/two.wav)
touch -d '2001-01-01' "$out"/*/*.wav
ok "nothing changed: builds" build
ok "nothing changed: nothing is made, nothing said" test "$(find "$out" -name '*.wav' -newermt 2002-01-01 | wc -l)$(cat "$dir/said")" = 0

sed -i 's/您好。/您早。/' "$src/catalogue.txt"
ok "one text changed: builds" build
ok "one text changed: one file is made" test "$(cd "$out" && find . -name '*.wav' -newermt 2002-01-01)" = ./zh-CN/hello.wav

rm "$out/zh-CN/two.wav"
ok "a file is lost: builds" build
ok "a file is lost: it is made again, the same" test "$(sum zh-CN/two.wav)" = "$before"

# A recording of another shape: 44.1 kHz, two channels, 24 bit, quiet, with a second of silence before and after.
sox -q -n -r 44100 -c 2 -b 24 "$src/recorded/en/two.wav" synth 0.8 sine 1000 vol 0.02 pad 1 1
before=$(sum en/two.wav)
ok "a recording: builds" build
ok "a recording takes the place of the generated one" test "$(sum en/two.wav)" != "$before"
ok "it is trimmed" test "$(ms en/two.wav)" -ge 800 -a "$(ms en/two.wav)" -le 900
ok "it is 8 kHz mono" test "$(soxi -r "$out/en/two.wav") $(soxi -c "$out/en/two.wav")" = "8000 1"
# trim the ends off: the tone's rms is 2600 of 32768
ok "it has its level" awk -v r="$(sox "$out/en/two.wav" -n trim 0.1 0.6 stat 2>&1 | awk '/RMS.*amplitude/ { print $3 * 32768 }')" 'BEGIN { exit !(r > 2480 && r < 2720) }'
rm "$src/recorded/en/two.wav"
ok "the recording is taken away: builds" build
ok "the generated one is back" test "$(sum en/two.wav)" = "$before"
printf 'no sound' >"$src/recorded/en/two.wav"
ok "a recording that is no sound: fails, naming it" not build
ok "and says which" said recorded/en/two.wav
rm "$src/recorded/en/two.wav"
ok "after that: builds" build

grep -v ^two "$dir/good" >"$src/catalogue.txt"
ok "an id goes: builds" build
ok "its files go" test ! -e "$out/en/two.wav" -a ! -e "$out/zh-CN/two.wav" -a -e "$out/en/hello.wav"
ok "the index has the rest" test "$(tr '\n' ' ' <"$out/index")" = "hello read "

ok "no English text" bad 'bad | 坏 |' 'catalogue.txt:6: bad: no text in en'
ok "no Chinese text" bad 'bad |  | bad' 'catalogue.txt:6: bad: no text in zh-CN'
ok "a column short" bad 'bad | 坏' 'catalogue.txt:6:'
ok "a column too many" bad 'bad | 坏 | bad | worse' 'catalogue.txt:6:'
ok "an id twice" bad 'two | 坏 | bad' 'catalogue.txt:6: two is there twice, first on line 2'
ok "an id that is a path" bad '../bad | 坏 | bad' 'catalogue.txt:6:'
ok "an id too long" bad "$(printf 'a%.0s' {1..41}) | 坏 | bad" 'catalogue.txt:6:'
ok "no catalogue" not prompts/build.sh "$out" "$dir/nowhere" 2>"$dir/said"

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
