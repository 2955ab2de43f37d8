#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A SIP trunk goes in the midst of a call (its peer, the proxy, and the phone behind it are killed) and comes back. It is seen within 2 * options_s + 4 s;
# the call that it had ends and is charged to the start of the loss, not to its detection (rule 9); new calls take the next trunk of the route; it is in
# service again within options_s; and calls take it again.
. "$(dirname "$0")/../systems/sip_common.bash"
sip_need baresip kamailio
. "$(dirname "$0")/../systems/sip_phones.bash"

bare=13800000031 host=13900000001
first=$proxy
spare=$(free_port)
system_begin
common="local: \"127.0.0.1:$sip\", rtp_port_min: $rtp, rtp_port_max: $((rtp + 99)), options_s: 1, rtp_timeout_s: 5, shown_number: host, numbers: {form: full}"
cat >>"$dir/node.yaml" <<END
trunks:
  - {name: first, peers: ["127.0.0.1:$first"], $common}
  - {name: spare, peers: ["127.0.0.1:$spare"], $common}
routes:
  - {name: ims, prefixes: ["86138"], trunks: [{name: sip/first, order: 1}, {name: sip/spare, order: 2}]}
  - {name: pstn, prefixes: [""], trunks: [{name: pstn}]}
END
p account add 86$host 50.00 --tariff standard --language en >/dev/null
python3 tests/systems/tones.py make "$dir/bare.wav" 400 -16 120
baresip_start $bare PCMA/8000 "$dir/bare.wav"
baresip=${others[-1]}
kamailio_start $bare
first_kamailio=$kamailio
proxy=$spare
kamailio_start $bare
cat >"$dir/script" <<END
number $host ring
$(span_comes_up)
$(called_back $host)
dtmf host $bare#
wait gone call=host timeout=300000
exit 0
END
node_start
exchange_start "$dir/script" "$dir/out" --socket "$dir/exchange.sock"
ask() { python3 -c 'import socket, sys
s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.sendall(sys.argv[2].encode() + b"\n"); s.settimeout(5)
data = b""
while b"\"reply\"" not in data: data += s.recv(65536)' "$dir/exchange.sock" "$1"; }
call_id() { p --json calls | sed -n "s/.*\"call\": \"\\([0-9a-f]*\\)\".*/\\1/p"; }
party_in() { p call "$(call_id)" 2>/dev/null | grep -Eq "^ *$1 .*86$bare +in "; }
trunk_is() { # NAME STATE
	p --json trunks | python3 -c 'import json, sys
def find(v):
    if isinstance(v, dict) and v.get("name", "").split("/")[-1] == sys.argv[1]: return v["state"]
    return next(filter(None, map(find, v.values() if isinstance(v, dict) else v if isinstance(v, list) else [])), None)
sys.exit(find(json.load(sys.stdin)) != sys.argv[2])' "$1" "$2"
}
within() { # NAME SECONDS COMMAND...
	local name=$1 limit=$2 began=${EPOCHREALTIME/./}
	shift 2
	until_true $((limit + 10)) "$@"
	between "$name, within $limit s (ms)" "$(((${EPOCHREALTIME/./} - began) / 1000))" 0 $((limit * 1000 + 500))
}

until_true 40 party_in 1
must "the party is in, over the first trunk" $?
sleep 3
began=${EPOCHREALTIME/./}
kill -9 $(pgrep -P "$first_kamailio") "$first_kamailio" "$baresip" 2>/dev/null
killed_ms=$((${EPOCHREALTIME/./} / 1000))
within "the trunk is seen to be gone" 6 trunk_is first "no answer"
until_true 15 eval '! party_in 1'
gone=$((${EPOCHREALTIME/./} - began))
between "its call is ended by the silence, 5 s (ms)" $((gone / 1000)) 4000 8000
record() { sql "SELECT $1 FROM v_leg WHERE role = 'member' ORDER BY began_at"; }
until_true 10 eval '[ -n "$(record leg_id)" ]'
ended_ms=$(record "TIMESTAMPDIFF(MICROSECOND, '1970-01-01', ended_at) DIV 1000")
between "and ends in its record when the sound stopped (ms after the kill)" $((ended_ms - killed_ms)) -300 700
talked_ms=$(record "TIMESTAMPDIFF(MICROSECOND, answered_at, ended_at) DIV 1000")

# a phone again; the first proxy is still dead
baresip_start $bare PCMA/8000 "$dir/bare.wav"
sleep 2
ask "dtmf host $bare#"
until_true 20 party_in 2
check "the next call takes the other trunk" $?
proxy=$first
kamailio_start $bare
within "the trunk is in service again" 1 trunk_is first up
sleep 2 # # within 1.5 s of the number's own is a bounce (rule 15)
ask "dtmf host ##"
until_true 10 eval '! party_in 2'
sleep 4
ask "dtmf host $bare#"
until_true 20 party_in 3
check "and is taken again" $?
ask "hangup host"
exchange_end "the host hangs up"
until_true 10 eval '[ "$(record leg_id | wc -l)" = 3 ]'
# 1.20 a minute from Nanjing to Beijing
same "it was charged for that alone" "$(record charge_e4 | head -1)" $(((talked_ms + 999) / 1000 * 200))
same "first, spare, first" "$(record trunk | tr '\n' ' ')" "sip/first sip/spare sip/first "
same "the ledger explains the balance" "$(sql "SELECT SUM(amount_e4) FROM v_ledger")" "$(sql "SELECT SUM(balance_e4) FROM v_account")"
node_end TERM 0 "the node ends cleanly"
result
