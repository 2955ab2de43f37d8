# SPDX-License-Identifier: GPL-2.0-or-later
#
# tests/systems/office.bash - an office beside the node of common.bash: two providers, three subscribers with passwords, operators of every role, cards, a
# call that lives. Sourced after common.bash. python3 finds it all in $dir/world.json (tests/systems/office_world.py).

tcp_used() { cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | grep -qi ":$(printf %04X "$1") "; }
free_tcp_port() {
	local port
	for _ in $(seq 200); do
		port=$((12000 + RANDOM % 20000))
		if ! tcp_used $port; then echo $port; return; fi
	done
	return 1
}

operator_add() { # NAME ROLE [PROVIDER]
	p operator add "$1" "$2" ${3:+--provider "$3"} <<<"password-of-$1" | sed -n "s/^secret of the codes: */$1 /p" >>"$dir/secrets"
}

# Accounts 13800000001 (owner) and ...2 (another) of the default provider, ...5 of "Other"; password 836152. Cards: ten activated, ten of the other's.
office_world() {
	local n
	p account add 8613800000002 50.00 --tariff standard --language zh-CN >/dev/null && p provider add Other >/dev/null &&
		p tariff import theirs "$dir/tariff.csv" --provider Other >/dev/null && p account add 8613800000005 50.00 --tariff theirs >/dev/null
	must "two providers" $?
	for n in 1 2 5; do p account password 1380000000$n <<<836152 >/dev/null || must "a password" 1; done
	operator_add clerk clerk
	operator_add operator operator
	operator_add auditor auditor
	operator_add stranger operator Other
	p card keys card "$dir/cards.key" >/dev/null && p card keys printer "$dir/printer" >/dev/null
	cat >>"$dir/node.yaml" <<<"cards: {key_file: $dir/cards.key}"
	for n in ours:default theirs:Other; do
		p card generate --batch "${n%:*}" --count 20 --value 10.00 --expires 2099-12-31 --printer "$dir/printer.pub" --out "$dir/${n%:*}.sealed" \
			--provider "${n#*:}" >/dev/null && p card open "$dir/${n%:*}.sealed" --secret "$dir/printer" >"$dir/${n%:*}.csv"
		must "cards of ${n#*:}" $?
		for step in print deliver activate; do p card batch $step "${n%:*}" >/dev/null; done
	done
	p card generate --batch fresh --count 2 --value 5.00 --expires 2099-12-31 --printer "$dir/printer.pub" --out "$dir/fresh.sealed" >/dev/null
}

# office_start [MORE]: MORE are further lines of the configuration
office_start() {
	http=$(free_tcp_port)
	cat >"$dir/office.yaml" <<-END
		log: {file: $dir/office.log}
		http: {listen: "127.0.0.1:$http", web: "$dir/web"${office_http:+, $office_http}}
		database: {socket: $dir/db/s, user: root}
		nodes: [{name: sys, socket: $dir/control}, {name: dead, socket: $dir/nothing}]
		cards: {key_file: $dir/cards.key}
	END
	printf '%s\n' "${1:-limits: {address_per_s: 100000, requests_per_s: 100000, logins_per_min: 100000\}}" >>"$dir/office.yaml"
	mkdir -p "$dir/web/assets"
	[ -f "$dir/web/index.html" ] || echo '<!doctype html><title>t</title>' >"$dir/web/index.html"
	echo 'x' >"$dir/web/assets/app-0123abcd.js"
	"$bin/partyline-office" -n -c "$dir/office.yaml" >/dev/null
	must "the office's configuration has no mistake" $?
	"$bin/partyline-office" -c "$dir/office.yaml" 2>>"$dir/office.err.log" &
	office=$!
	others+=("$office")
	until_true 20 curl -sf "http://127.0.0.1:$http/api/v1/status"
	must "the office is up" $?
	cat >"$dir/world.json" <<-END
		{"address": "127.0.0.1:$http", "dir": "$dir", "bin": "$bin", "office": $office,
		 "secrets": {$(sed 's/^\([^ ]*\) \(.*\)/"\1": "\2"/' "$dir/secrets" | paste -sd,)}}
	END
}

office_end() { # NAME
	local status=0
	kill -TERM "$office"
	wait "$office" || status=$?
	others=()
	same "$1" $status 0
}

# The call of 13800000001 with 13900000002 and 13900000003; it lives until somebody ends it, ten minutes at most.
office_call_script() {
	cat >"$dir/script" <<-END
		number 13800000001 ring
		number 13900000002 answer-after 200
		number 13900000003 answer-after 200
		number 13900000004 answer-after 200
		number 13900000006 ring
		$(span_comes_up)
		$(called_back 13800000001)
		dtmf host 13900000002#
		wait ring called=13900000002 timeout=14000 again=2
		wait gone call=host timeout=600000
		exit 0
	END
}
