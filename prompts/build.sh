#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# prompts/build.sh OUTDIR [SOURCE]: makes OUTDIR/zh-CN/ID.wav and OUTDIR/en/ID.wav from SOURCE/catalogue.txt (SOURCE: this folder).
#
# A recording SOURCE/recorded/LANGUAGE/ID.wav (or .flac, .ogg; any rate, any number of channels) takes the place of the synthesized
# one; it is trimmed and levelled like the others. Mandarin is espeak-ng's, English festival's us_slt.
#
# Only what changed is made again: OUTDIR/made says from what each file was made. OUTDIR/index, the catalogue's ids, is what the node
# loads by. A text that is missing in one language, and anything else wrong in the catalogue, is said with its line; status 1.
set -eu -o pipefail
export LC_ALL=C.UTF-8 # espeak-ng takes Hanzi for Latin letters otherwise; awk is given C: it works on bytes

if [ $# -lt 1 ] || [ $# -gt 2 ]; then
	echo "usage: prompts/build.sh OUTDIR [SOURCE]" >&2
	exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
source=${2:-$here}
mkdir -p "$1/zh-CN" "$1/en"
out=$(cd "$1" && pwd)
# Two builds into one place wait for each other. The lock is the directory, so that it leaves no file.
exec 9<"$out"
flock 9
tmp=$(mktemp -d "${TMPDIR:-/tmp}/partyline-prompts.XXXXXX")
en= # festival, while it runs
trap '[ -z "$en" ] || kill "$en" 2>/dev/null; rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM

# ---- what is wanted: "LANGUAGE/ID<tab>made from what" ---------------------------------------------------------------------------

version=$(cat "$here/build.sh" "$here/tools/level.c" | cksum | cut -d ' ' -f 1)
: >"$tmp/recorded"
if [ -d "$source/recorded" ]; then
	for lang in zh-CN en; do
		if [ -d "$source/recorded/$lang" ]; then
			(cd "$source/recorded" && find $lang -type f \( -name '*.wav' -o -name '*.flac' -o -name '*.ogg' \) -exec cksum {} +)
		fi
	done >"$tmp/recorded"
fi
LC_ALL=C awk -v version="$version" -v index_file="$tmp/index" -v recorded="$tmp/recorded" -v name="$source/catalogue.txt" '
	function bad(what) { printf "%s:%d: %s\n", name, FNR, what >"/dev/stderr"; wrong = 1 }
	function trimmed(s) { gsub(/^[ \t]+|[ \t]+$/, "", s); return s }
	function want(lang, id, text) {
		if (text == "") { bad(id ": no text in " lang); return }
		if ((lang "/" id) in sum) text = "recorded:" sum[lang "/" id] ":" text
		printf "%s/%s\t%s\t%s\n", lang, id, version, text
		ids[lang "/" id] = 1
	}
	BEGIN {
		while ((getline line <recorded) > 0) {
			split(line, f, " ")
			file = line; sub(/^[0-9]+ [0-9]+ /, "", file)
			key = file; sub(/\.[a-z]+$/, "", key)
			if (key in sum) { printf "two recordings of %s: keep one\n", key >"/dev/stderr"; wrong = 1 }
			sum[key] = file ":" f[1]
		}
	}
	/^[ \t]*(#|$)/ { next }
	{
		n = split($0, f, "|")
		id = trimmed(f[1])
		if (n != 3) { bad("not of the form id | zh-CN | en"); next }
		if (id !~ /^[a-z0-9-]+$/ || length(id) > 40) { bad("\"" id "\" is no id: a-z, 0-9 and -, 40 characters at most"); next }
		if (id in seen) { bad(id " is there twice, first on line " seen[id]); next }
		if ($0 ~ /\t/) { bad(id ": a tab"); next }
		seen[id] = FNR
		print id >index_file
		want("zh-CN", id, trimmed(f[2]))
		want("en", id, trimmed(f[3]))
	}
	END {
		if (FNR && !length(seen)) bad("no prompts in it")
		for (key in sum) if (!(key in ids)) printf "recorded/%s has no place in the catalogue: not used\n", key >"/dev/stderr"
		exit wrong
	}' "$source/catalogue.txt" >"$tmp/wanted"

# ---- what is there already -------------------------------------------------------------------------------------------------------

touch "$out/made"
(cd "$out" && find zh-CN en -name '*.wav' -size +44c) | sed 's/\.wav$//' >"$tmp/there"
LC_ALL=C awk -F '\t' -v kept="$tmp/kept" -v stale="$tmp/stale" '
	FILENAME == ARGV[1] { there[$1] = 1; next }
	FILENAME == ARGV[2] { made[$0] = 1; next }
	{ wanted[$1] = 1; if (($0 in made) && ($1 in there)) print >kept; else print }
	END { for (key in there) if (!(key in wanted)) print key >stale }' "$tmp/there" "$out/made" "$tmp/wanted" >"$tmp/new"
touch "$tmp/kept" "$tmp/stale"
while read -r key; do rm -f "$out/$key.wav"; done <"$tmp/stale"
if [ ! -s "$tmp/new" ]; then
	cmp -s "$tmp/index" "$out/index" || cp "$tmp/index" "$out/index"
	cmp -s "$tmp/wanted" "$out/made" || cp "$tmp/wanted" "$out/made"
	exit 0
fi
cp "$tmp/kept" "$out/made" # should this be interrupted, the rest is made again

# ---- voices ----------------------------------------------------------------------------------------------------------------------

for tool in sox espeak-ng festival "${CC:=gcc}"; do
	command -v "${tool%% *}" >/dev/null || { echo "prompts: $tool is missing; packaging/packages-run.txt has its package" >&2; exit 1; }
done
began=$SECONDS
echo "  PROMPTS $(wc -l <"$tmp/new") of $(wc -l <"$tmp/wanted")"
mkdir -p "$tmp/voice/zh-CN" "$tmp/voice/en"
$CC -O2 -o "$tmp/level" "$here/tools/level.c" -lm

# In: "LANGUAGE/ID<tab>version<tab>text". Out, for each kind of source, what its program takes; for all, sox's and level's jobs.
LC_ALL=C awk -F '\t' -v dir="$tmp" -v recorded="$source/recorded" -v out="$out" '
	function spoken(s,  r) { # a character with its reading in braces becomes the reading
		while (match(s, /\{[a-z]+[1-5]\}/)) {
			r = substr(s, RSTART + 1, RLENGTH - 2)
			head = substr(s, 1, RSTART - 1)
			sub(/[^\200-\277][\200-\277]*$/, "", head)
			s = head " " r " " substr(s, RSTART + RLENGTH)
		}
		return s
	}
	{
		split($1, k, "/")
		from = dir "/voice/" $1 ".wav"
		text = $3
		if (text ~ /^recorded:/) {
			split(text, r, ":")
			from = recorded "/" r[2]
			sub(/^recorded:[^:]*:[^:]*:/, "", text)
		} else if (k[1] == "en") {
			gsub(/["\\]/, "\\\\&", text)
			printf "(utt.save.wave (utt.synth (eval (list (quote Utterance) (quote Text) \"%s\"))) \"%s\" (quote riff))\n", text, from >(dir "/say.scm")
		} else
			printf "%s%c%s%c", from, 0, spoken(text), 0 >(dir "/espeak")
		tail = text ~ /([.!?]|。|！|？)$/ ? 250 : 0
		printf "%s%c%s%c", from, 0, dir "/voice/" $1 ".f32", 0 >(dir "/sox")
		printf "%d %s %s\n", tail, dir "/voice/" $1 ".f32", out "/" $1 ".wav" >(dir "/jobs")
	}' "$tmp/new"

if [ -s "$tmp/say.scm" ]; then # one process for all texts, beside the Chinese ones: loading the voice takes longer than a prompt
	{ echo '(voice_cmu_us_slt_arctic_hts)'; cat "$tmp/say.scm"; } >"$tmp/all.scm"
	festival -b "$tmp/all.scm" >"$tmp/festival.log" 2>&1 </dev/null 9>&- &
	en=$!
fi
if [ -s "$tmp/espeak" ]; then
	xargs -0 -n 2 espeak-ng -v cmn-latn-pinyin -s 170 -w <"$tmp/espeak"
fi
if [ -n "$en" ]; then
	wait "$en" || { cat "$tmp/festival.log" >&2; exit 1; }
	en=
fi

# ---- telephone band, level -------------------------------------------------------------------------------------------------------

# Two second-order sections make a fourth-order Butterworth high-pass. The gain leaves room for what filters overshoot.
# shellcheck disable=SC2016
xargs -0 -n 64 -P 2 sh -c '
	while [ $# -ge 2 ]; do
		sox -V1 -D "$1" -t f32 -c 1 -r 8000 "$2" gain -6 highpass 200 0.541q highpass 200 1.307q rate -v 8000 || { echo "prompts: sox cannot use $1" >&2; exit 1; }
		shift 2
	done' sh <"$tmp/sox"
"$tmp/level" <"$tmp/jobs"

cp "$tmp/index" "$out/index"
cp "$tmp/wanted" "$out/made"
echo "  PROMPTS made in $((SECONDS - began)) s"
