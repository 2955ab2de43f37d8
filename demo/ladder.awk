# SPDX-License-Identifier: GPL-2.0-or-later
# demo/ladder.awk - the exchange's events (JSON lines) as a ladder, while they come; replies to `measure` are checked.
# A check is an `echo check loud|silent CALL WHAT` before a `measure`. Status 1 if one failed.

function field(name,    s) { # the value of a member on this line, without quotes
	if (!match($0, "\"" name "\":(\"[^\"]*\"|[-0-9.]+|true|false|null)"))
		return ""
	s = substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 3)
	gsub(/"/, "", s)
	return s
}
function line(arrow, what) {
	printf "  %7.2f s   %-14s %s  %-38s %s\n", (field("t") - began) / 1000, who, arrow, what, "timeslot " field("timeslot")
}
BEGIN { right = "------->"; left = "<-------" }
{
	if (!began && field("t"))
		began = field("t")
	ev = field("ev")
	call = field("call")
	pi = field("inband") == "true" ? ", in-band information (PI 8)" : ""
}
/"reply":"echo"/ {
	text = field("text")
	if (text ~ /^check /)
		check = substr(text, 7)
	else if (text ~ /^==/)
		printf "\n%s\n", substr(text, 4)
	fflush()
	next
}
/"reply":"measure"/ && check != "" {
	split(check, word, " ")
	level = field("power_dbm0") + 0
	if (/"tones"/ && match($0, /"450":-?[0-9.]+/)) # a tone was asked for: its own level
		level = substr($0, RSTART + 6, RLENGTH - 6) + 0
	ok = (word[1] == "loud" ? level > -40 : level < -50)
	what = substr(check, length(word[1]) + length(word[2]) + 3)
	printf "  %s %s %s %s (%s dBm0)\n", ok ? "ok  " : "FAIL", word[2], word[1] == "loud" ? "hears" : "does not hear", what, level
	failed += !ok
	checks++
	check = ""
	fflush()
	next
}
/"ok":false/ { printf "  FAIL the story stopped: %s\n", $0; failed++ }
ev == "" || /"reply":/ { next }
ev == "dial" { number[call] = field("calling"); who = number[call]; line(right, "SETUP to " field("called")) }
ev == "ring" { number[call] = field("called"); who = number[call]; line(left, "SETUP from " field("calling")) }
{ who = number[call] }
ev == "proceeding" { line(field("from") == "node" ? left : right, "CALL PROCEEDING") }
ev == "alerting" { line(field("from") == "node" ? left : right, "ALERTING" pi) }
ev == "progress" { line(field("from") == "node" ? left : right, "PROGRESS" pi) }
ev == "answer" { line(field("from") == "node" ? left : right, "CONNECT"); answered[call] = 1 }
ev == "hangup" { line(field("by") == "node" ? left : right, "DISCONNECT, cause " field("cause")) }
ev == "gone" { printf "  %7.2f s   %-14s           released; talked %.3f s\n", (field("t") - began) / 1000, who, field("talk_ms") / 1000 }
{ fflush() }
END {
	if (answered["c1"]) {
		print "  FAIL there was a CONNECT on the first call"
		failed++
	} else
		print "\n  ok   no CONNECT on the first call"
	if (checks < 11) {
		print "  FAIL only " checks " of 11 checks were reached"
		failed++
	}
	exit failed > 0
}
