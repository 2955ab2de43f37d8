#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The back office beside a running node: logins, every endpoint, a live conference and its events, a matrix of every endpoint and every role, a thousand
# requests that no client would send; how it behaves without node or database, and how it ends.
. "$(dirname "$0")/common.bash"
. "$(dirname "$0")/office.bash"

system_begin
office_world
office_call_script
node_start
office_start
exchange_start "$dir/script" "$dir/exchange.out"

run() { # SCRIPT [ARGUMENT...]
	local status
	python3 "tests/systems/$1" "$dir/world.json" "${@:2}" >"$dir/$1.out" 2>&1
	status=$?
	grep -vE '^[0-9]+ passed' "$dir/$1.out" | { [ $status -eq 0 ] && grep -E '^(FAIL|note)' || cat; }
	passed=$((passed + $(grep -c '^ok ' "$dir/$1.out"))) failed=$((failed + $(grep -c '^FAIL ' "$dir/$1.out")))
	check "$1 ran to its end" "$(grep -qE '^[0-9]+ passed' "$dir/$1.out"; echo $?)" "$(tail -n 5 "$dir/$1.out")"
}
run office_api.py
run office_matrix.py
run office_fuzz.py "${FUZZ_REQUESTS:-1000}" "${SEED:-1}"
run office_end.py
exchange_end "the host's phone was released"

# what was counted and kept
same "the books agree after all that" "$(p audit | grep -c ': 0 discrepancies')" 1
same "no password, no card number, no token is in the log" "$(grep -cE '836152|password-of-|[0-9]{16}' "$dir/office.log")" 0
same "nor in the audit trail" "$(sql "SELECT COUNT(*) FROM audit WHERE CONCAT(who, what, subject, COALESCE(before_text, ''), COALESCE(after_text, '')) REGEXP '836152|password-of-'")" 0

# a node that hangs is shown as such, and a command to it is refused, in time
kill -STOP "$node"
until_true 10 bash -c "curl -sf http://127.0.0.1:$http/api/v1/status | grep -q '\"nodes_reachable\":0'"
check "a node that hangs is shown as not reached" $?
kill -CONT "$node"
until_true 10 bash -c "curl -sf http://127.0.0.1:$http/api/v1/status | grep -q '\"nodes_reachable\":1'"
check "and as reached when it goes on" $?

# without the database: an answer that says so, and as before when it is back
packaging/mariadb.sh stop "$dir/db"
same "without the database: 503, a problem" "$(curl -s -o "$dir/problem" -w '%{http_code}' -b partyline="$(printf '%064d' 1)" "http://127.0.0.1:$http/api/v1/me") $(grep -o unavailable "$dir/problem" | head -1)" "503 unavailable"
FAST=1 packaging/mariadb.sh start "$dir/db" >/dev/null
until_true 20 bash -c "curl -sf http://127.0.0.1:$http/api/v1/status | grep -q '\"database\":true'"
check "it goes on when the database is back" $?

# over TLS, and with limits that a test can reach
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$dir/tls.key" -out "$dir/tls.pem" -days 2 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 2>/dev/null
chmod 600 "$dir/tls.key"
tls=$(free_tcp_port)
sed "s|listen: [^,]*|listen: \"127.0.0.1:$tls\", certificate: $dir/tls.pem, key: $dir/tls.key, idle_s: 2, request_s: 3|; s|office.log|office-tls.log|; s|^limits: .*|limits: {address_per_s: 2}|" \
	"$dir/office.yaml" >"$dir/office-tls.yaml"
"$bin/partyline-office" -c "$dir/office-tls.yaml" 2>>"$dir/office.err.log" &
office_tls=$!
others+=("$office_tls")
get() { curl -s --cacert "$dir/tls.pem" "$@"; }
until_true 20 get -f "https://127.0.0.1:$tls/api/v1/status"
check "over TLS" $?
check "not with what is older than TLS 1.2" "$(get --tls-max 1.1 --ciphers DEFAULT@SECLEVEL=0 "https://127.0.0.1:$tls/api/v1/status" >/dev/null; echo $(($? == 0)))"
sleep 2
get -D "$dir/head" -o /dev/null -H 'Content-Type: application/json' "https://127.0.0.1:$tls/api/v1/session" \
	-d '{"kind":"subscriber","number":"13800000001","password":"836152"}'
check "its cookie is Secure and __Host-" "$(grep -q '^Set-Cookie: __Host-partyline=[0-9a-f]*; Path=/; HttpOnly; SameSite=Strict; Secure' "$dir/head"; echo $?)" "$(cat "$dir/head")"
python3 - "$tls" <<'END'
import socket, ssl, sys, time

def closed(send, every, seconds):
    """How long until the other end closes, while so much is sent every so often."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    began = time.monotonic()
    with context.wrap_socket(socket.create_connection(('127.0.0.1', int(sys.argv[1])), timeout=5)) as s:
        s.sendall(b'POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n')
        s.settimeout(every)
        while time.monotonic() < began + seconds:
            try:
                if send:
                    s.sendall(send)
                if s.recv(1) == b'':
                    return True
            except TimeoutError:
                continue
            except (OSError, ssl.SSLError):
                return True
    return False

sys.exit(0 if closed(b'', 0.3, 10) and closed(b' ', 0.3, 10) else 1)
END
check "a client that says nothing, or drips, is left" $?
check "browsers are told to keep to TLS" "$(grep -q '^Strict-Transport-Security: ' "$dir/head"; echo $?)"
get -D "$dir/head" "https://127.0.0.1:$tls/api/v1/status#[1-40]" >"$dir/problem"
between "too many requests of one address: 429" "$(grep -c '^HTTP/1.1 429' "$dir/head")" 1 40
same "each says when again, and is a problem" "$(grep -c '^Retry-After: ' "$dir/head") $(grep -o '"code":"too-many"' "$dir/problem" | wc -l)" \
	"$(grep -c '^HTTP/1.1 429' "$dir/head") $(grep -c '^HTTP/1.1 429' "$dir/head")"
kill "$office_tls"
wait "$office_tls"
same "it ends with status 0" $? 0
others=("$office")

# it ends cleanly with a live page open
curl -sN -b "$(cat "$dir/cookie")" "http://127.0.0.1:$http/api/v1/events" >"$dir/stream" 2>/dev/null &
until_true 5 test -s "$dir/stream"
check "a live page is open" $?
office_end "SIGTERM: it ends with status 0"
check "nothing was found by a sanitizer" "$(grep -qE 'Sanitizer|runtime error' "$dir/office.err.log"; echo $((! $?)))" "$(tail -n 20 "$dir/office.err.log")"

node_end TERM 0 "the node ends cleanly"
result
