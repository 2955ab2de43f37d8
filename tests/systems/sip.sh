#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The story over SIP, with the real programs and a real phone (baresip) in real time: a call comes in over SIP, is confirmed unanswered in 183, is called
# back over SIP, dials a phone on E1, brings in a third; all hear each other, and each leg is paid. Then thousands of calls, after which nothing is left.
. "$(dirname "$0")/common.bash"

for need in baresip sipp; do
	command -v $need >/dev/null || { echo "SKIP: $need is not installed (packaging/packages-test.txt)"; exit 0; }
done

sip=$(free_port) phone=$(free_port) web=$(free_port) load=$(free_port) rtp=$((22000 + RANDOM % 20 * 100))
node_services=', {number: 12600, language: en, kind: selfcare}'
system_begin
cat >>"$dir/node.yaml" <<END
trunks:
  - {name: ims, local: "127.0.0.1:$sip", peers: ["127.0.0.1:$phone"], identity: from, options_s: 1, channels: 200, rtp_port_min: $rtp, rtp_port_max: $((rtp + 7899))}
routes:
  - {name: host, prefixes: ["8613800000001"], trunks: [{name: ims}]}
  - {name: others, prefixes: [""], trunks: [{name: pstn}]}
END

# ---- a phone: it plays a tone of 400 Hz, answers by itself, and records what it hears ----

mkdir "$dir/phone"
python3 - "$dir/phone/tone.wav" <<'END'
import math, struct, sys, wave
w = wave.open(sys.argv[1], 'wb')
w.setnchannels(1); w.setsampwidth(2); w.setframerate(8000)
w.writeframes(b''.join(struct.pack('<h', round(32768 * 10 ** ((-16 - 3.14) / 20) * math.sin(2 * math.pi * 400 * i / 8000))) for i in range(8000 * 60)))
END
cat >"$dir/phone/config" <<END
sip_listen 127.0.0.1:$phone
net_interface 127.0.0.1
module_path /usr/lib/baresip/modules
module g711.so
module aufile.so
module alsa.so
module sndfile.so
module httpd.so
module_tmp account.so
module_app menu.so
http_listen 127.0.0.1:$web
audio_source aufile,$dir/phone/tone.wav
audio_player alsa,null
audio_alert alsa,null
snd_path $dir/phone
rtp_ports $((rtp + 7900))-$((rtp + 7999))
END
echo "<sip:13800000001@127.0.0.1:$phone;transport=udp>;regint=0;answermode=auto;audio_codecs=pcma" >"$dir/phone/accounts"
baresip -f "$dir/phone" >"$dir/phone/out" 2>&1 </dev/null &
baresip=$!
others+=($baresip)
# keys on the phone's keyboard, or a command of its menu; what it answers
phone_do() {
	local keys=${1//#/%23} line
	keys=${keys//@/%40}
	exec 3<>"/dev/tcp/127.0.0.1/$web" || return 1
	printf 'GET /?%s HTTP/1.1\r\nHost: phone\r\n\r\n' "${keys// /%20}" >&3
	while read -t 2 -r line <&3 && [[ $line != *"</html>"* ]]; do echo "$line"; done # it keeps the connection open
	exec 3<&- 3>&-
}
phone_dial() { phone_do "d" >/dev/null && phone_do "$1" >/dev/null && phone_do "%0A" >/dev/null; }
phone_keys() { # each is pressed, held for 0.1 s, and let go (^D)
	local i
	for ((i = 0; i < ${#1}; i++)); do
		phone_do "${1:i:1}" >/dev/null
		sleep 0.1
		phone_do '%04' >/dev/null
		sleep 0.1
	done
}
phone_calls() { phone_do l | grep -c 'ESTABLISHED'; }
# the power of frequencies in the last seconds of what it heard, but for the very last half: the best of each half second, whole dBm0
heard() { # FILE SECONDS HZ...
	python3 - "$@" <<'END'
import math, struct, sys, wave
w = wave.open(sys.argv[1])
rate, n = w.getframerate(), w.getnframes()
want = int(float(sys.argv[2]) * rate)
w.setpos(max(0, n - want - rate // 2))
s = struct.unpack('<%dh' % want, w.readframes(want)[:2 * want].ljust(2 * want, b'\0'))
step = rate // 2
best = []
for hz in map(float, sys.argv[3:]):
    level = -99
    for at in range(0, want - step + 1, step):
        c = sum(x * complex(math.cos(2 * math.pi * hz * i / rate), math.sin(2 * math.pi * hz * i / rate)) for i, x in enumerate(s[at:at + step]))
        level = max(level, 20 * math.log10(max(abs(c) * 2 / step / 32768, 1e-5)) + 3.14)
    best.append('%d' % round(level))
print(*best)
END
}

# ---- the story ----

cat >"$dir/story" <<'END'
number 13800000002 ring
number 13900000003 ring
wait span up=true timeout=30000
echo up
wait ring called=13800000002 timeout=60000 as=second
sleep 300
answer second
wait ring called=13900000003 timeout=60000 as=third
sleep 300
answer third
sleep 1500
tone second 700 level=-16
tone third 1100 level=-16
sleep 500
@MEASURES@
echo measured
wait hangup call=second timeout=30000
wait hangup call=third timeout=5000
sleep 500
exit 0
END
# Five times half a second of each: on a busy machine one or the other has a gap.
for _ in 1 2 3 4 5; do printf 'sleep 600\nmeasure second last=500 freq=400,700,1100\nmeasure third last=500 freq=400,700,1100\n'; done >"$dir/measures"
sed -i -e "/^@MEASURES@/{r $dir/measures" -e 'd}' "$dir/story"
node_start
exchange_start "$dir/story" "$dir/story.out"
until_true 40 grep -q '"up"' "$dir/story.out"
must "the span is up" $?
until_true 10 eval 'p trunks | grep -q "ims *up"'
must "the trunk is up: the phone answers OPTIONS" $?
sleep 2.5 # the exchange lets a span settle
phone_dial "sip:12599@127.0.0.1:$sip"
until_true 5 eval 'phone_do l | grep -q EARLY'
check "the call hears early media, unanswered" $?
sleep 3
phone_do b >/dev/null
announced=$(ls "$dir"/phone/dump-*-dec.wav | head -1)
between "the confirmation is heard (dBm0)" "$(sox "$announced" -n stat 2>&1 | awk '/RMS.*amplitude/ { print int(20 * log($3) / log(10) + 3.14 + 3) }')" -40 -5
until_true 15 eval '[ "$(phone_calls)" = 1 ]'
must "the phone is called back over SIP, and answers" $?
call=$(p --json calls | tr -d ' \n' | field call)
sleep 3
phone_keys '13800000002#'
until_true 20 eval 'p --json call "$call" | grep -q "\"talking\"\|\"in\""'
must "a phone on E1 is in" $?
sleep 1
phone_keys '*'
sleep 1.5
phone_keys '13900000003#'
until_true 30 grep -q '"measured"' "$dir/story.out"
must "a third is in" $?
p trace "$call" >"$dir/ladder" && grep -q '183 Session Progress (SDP)' "$dir/ladder" && grep -q -- '<-- INVITE sip:13800000001@' "$dir/ladder" && grep -q 'ACK' "$dir/ladder"
check "partyline trace shows its messages" $?
p trace "$call" --pcap "$dir/call.pcap" >/dev/null && tshark -r "$dir/call.pcap" -d "udp.port==$sip,sip" -Y sip.Method -T fields -e sip.Method 2>/dev/null | sort | uniq -c >"$dir/methods"
same "and tshark reads them: two INVITEs, each with its session" "$(awk '$2 == "INVITE" { print $1 }' "$dir/methods")" 2
mos=$(p --json call "$call" | tr -d ' \n' | field host_mos_x100)
between "how it sounds is shown while it lasts (MOS)" "${mos:-0}" 380 441
phone_do b >/dev/null
exchange_end "the exchange's part was played to its end"
best() { grep '"reply":"measure"' "$dir/story.out" | grep "\"$2\":" | awk -v n="$1" 'NR % 2 == n' | field "$2" | cut -d. -f1 | sort -n | tail -1; }
for hz in 400 1100; do between "the second hears $hz Hz at -16 dBm0 within 1.5 dB" "$(best 1 $hz)" -17 -14; done
for hz in 400 700; do between "the third hears $hz Hz at -16 dBm0 within 1.5 dB" "$(best 0 $hz)" -17 -14; done
between "the second does not hear himself" "$(best 1 700)" -200 -50
talk=$(ls -t "$dir"/phone/dump-*-dec.wav | head -1)
read -r own second third <<<"$(heard "$talk" 2 400 700 1100)"
between "the SIP phone hears 700 Hz at -16 dBm0 within 1.5 dB" "$second" -18 -14
between "and 1100 Hz" "$third" -18 -14
between "and not itself" "$own" -200 -45

until_true 10 eval '[ "$(sql "SELECT COUNT(*) FROM v_call")" = 1 ]'
same "the legs: trigger and host over SIP, two members over E1" "$(sql "SELECT GROUP_CONCAT(CONCAT(role, ' ', trunk) ORDER BY began_at SEPARATOR ', ') FROM v_leg")" \
	"trigger sip/ims, host sip/ims, member e1/pstn, member e1/pstn"
same "three are charged, the trigger is not" "$(sql "SELECT COUNT(*) FROM v_leg WHERE charge_e4 > 0") $(sql "SELECT COUNT(*) FROM v_leg WHERE role = 'trigger' AND answered_at IS NULL AND charge_e4 = 0")" "3 1"
same "ledger rows equal the legs" "$(sql "SELECT -SUM(amount_e4) FROM v_ledger WHERE kind = 'charge'")" "$(sql "SELECT SUM(charge_e4) FROM v_leg")"
same "nothing is held" "$(sql "SELECT SUM(held_e4) FROM v_account")" 0
same "the host's record has its codec and its Call-ID" "$(sql "SELECT codec, LENGTH(channel), received_packets > 100, lost_packets < 50 FROM leg_record WHERE role = 'host'")" "pcma	16	1	1"

# ---- thousands of calls: each is answered, says nothing, hangs up; nothing is left of them ----

resident() { awk '/VmRSS/ { print $2 }' /proc/$node/status; }
calls() { # COUNT
	sipp "127.0.0.1:$sip" -sn uac -s 12600 -i 127.0.0.1 -p "$load" -m "$1" -r 200 -l 150 -d 200 -nostdin -timeout 60s >"$dir/sipp.out" 2>&1
}
loads=1000
[ $quick = yes ] || loads=200
calls $loads
check "$loads calls, answered and ended" $? "$(grep -A3 'Failed call' "$dir/sipp.out" | tail -3)"
first=$(resident)
calls $loads
check "and again" $?
until_true 10 eval '[ "$(p --json trunk ims 2>/dev/null | wc -c)" = 0 ] || [ "$(p --json trunks | tr -d " \n" | field calls)" = 0 ]'
check "no call is left" $?
kill -9 "$baresip" && sleep 0.5 # so that no OPTIONS is answered or lost meanwhile
until_true 10 eval '[ "$(p counters sip | awk '"'"'$2 == "handles" { print $3 }'"'"')" -le 1 ]'
check "no handle of the stack is left, but for OPTIONS" $? "$(p counters sip | head -6 | tail -5)"
# A finished transaction stays for 32 s, RFC 3261 17.2.2
[ $quick = no ] || between "the node has grown by so many kB in the second $loads calls" $(($(resident) - first)) -100000 $((loads * 30))
# ---- SIGTERM while calls are there ----

sipp "127.0.0.1:$sip" -sn uac -s 12600 -i 127.0.0.1 -p "$load" -m 5 -r 100 -d 30000 -nostdin -timeout 40s -trace_msg -message_file "$dir/term.msg" >"$dir/sipp.out" 2>&1 &
others+=($!)
until_true 10 eval '[ "$(p --json trunks | tr -d " \n" | field calls)" = 5 ]'
check "five calls are there" $?
node_end TERM 0 "the node ends cleanly"
until_true 5 eval '[ "$(grep -A12 "^BYE " "$dir/term.msg" | grep -c "^Reason: Q.850;cause=16")" = 5 ]'
check "each was told by BYE, with the cause" $?
[ ! -s "$dir/node.err.log" ]
check "nothing on standard error" $? "$(tail -3 "$dir/node.err.log")"
result
