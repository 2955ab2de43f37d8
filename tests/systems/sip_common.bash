# SPDX-License-Identifier: GPL-2.0-or-later
#
# tests/systems/sip_common.bash - what the systems with SIP share, on top of common.bash: a node with trunks, sipp at the other end of them. Sourced.
#
# The node's SIP is 127.0.0.1:$sip; at the other ends are 127.0.1.NN:$sip. Trunk tNN has its peer there and the routes to 138000000NN; what else comes
# from 127.0.1.0/24 comes in on trunk "callers". So each scenario has an address and a number of its own, and all run side by side. The scenarios are
# tests/systems/sipp/NAME.xml; each says what it proves.
. "$(dirname "${BASH_SOURCE[0]}")/common.bash"

PATH=$PATH:/usr/sbin # kamailio
sip_need() { # PROGRAM...: without them there is nothing to see
	local need
	for need in "$@"; do
		command -v "$need" >/dev/null || { echo "SKIP: $need is not installed (packaging/packages-test.txt)"; exit 0; }
	done
}
sip=$(free_port) rtp=$((20000 + RANDOM % 60 * 200))
sipp_pids=() sipp_names=()

# sip_trunks "NN[/NN][:OPTIONS]"...: a trunk, of two peers or one; adds "callers", these trunks and their routes to the node's file. Call it after system_begin.
sip_trunks() {
	local t nn more peers common="local: \"127.0.0.1:$sip\", rtp_port_min: $rtp, rtp_port_max: $((rtp + 399)), options_s: 0, shown_number: host, numbers: {form: full}"
	{
		echo "timers: {announcement_max_s: 3}"
		echo "trunks:"
		echo "  - {name: callers, peers: [\"127.0.1.1:$sip\"], sources: [127.0.1.0/24], $common}"
		for t in "$@"; do
			nn=${t%%:*} more=${t#"$nn"} more=${more#:}
			peers="\"127.0.1.$((10#${nn%/*})):$sip\""
			[ "$nn" = "${nn%/*}" ] || peers+=", \"127.0.1.$((10#${nn#*/})):$sip\""
			echo "  - {name: t${nn%/*}, peers: [$peers], $common${more:+, $more}}"
		done
		echo "routes:"
		for t in "$@"; do
			nn=${t%%[:/]*}
			echo "  - {name: t$nn, prefixes: [\"86138000000$nn\"], trunks: [{name: sip/t$nn}]}"
		done
		echo "  - {name: others, prefixes: [\"\"], trunks: [{name: ${sip_others:-pstn}}]}"
	} >>"$dir/node.yaml"
}
# sipp_start NN SCENARIO [OPTION...]: at the other end of trunk tNN; 138000000NN is who calls
sipp_start() {
	local nn=$1 scenario=$2 address
	shift 2
	address=127.0.1.$((10#$nn))
	sed "s,@DIR@,$dir," "tests/systems/sipp/$scenario.xml" >"$dir/$nn-$scenario.xml" # where its sound files are
	sipp "127.0.0.1:$sip" -sf "$dir/$nn-$scenario.xml" -i "$address" -mi "$address" -p "$sip" -mp $((sip + 2)) -s 12599 -key caller "138000000$nn" \
		-m 1 -nostdin -timeout 40s -timeout_error -recv_timeout 15000 -trace_err -error_file "$dir/sipp-$nn-$scenario.err" \
		-trace_msg -message_file "$dir/sipp-$nn-$scenario.log" -cid_str "$scenario-%u-%p@%s" "$@" >"$dir/sipp-$nn-$scenario.out" 2>&1 &
	sipp_pids+=($!)
	sipp_names+=("$nn-$scenario")
	others+=($!)
}
# what the scenario says it proves
sipp_what() { sed -n '3s/<!-- \(.*\) -->/\1/p' "tests/systems/sipp/$1.xml"; }
# All that were started have come to their end as they say.
sipp_end() {
	local i status scenario
	for i in "${!sipp_pids[@]}"; do
		status=0
		wait "${sipp_pids[$i]}" || status=$?
		scenario=${sipp_names[$i]#*-}
		check "$scenario: $(sipp_what "$scenario")" $status "$(grep -v '^$' "$dir/sipp-${sipp_names[$i]}.err" 2>/dev/null | head -4 | tr '\n' ' ')"
	done
	sipp_pids=() sipp_names=()
}
