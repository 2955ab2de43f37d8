#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Calls that come in over SIP, from sipp: each scenario side by side on a trunk of its own.
. "$(dirname "$0")/sip_common.bash"
sip_need sipp

scenarios=(100rel cancel plain no_sdp no_sdp_plain precondition video srtp bad_sdp killer hidden diverted unvouched options unknown again hold)
node_services=", {number: 12600, language: en, kind: selfcare}"
system_begin
sip_trunks "40:channels: 1"
for i in "${!scenarios[@]}"; do p account add "86138000000$((i + 11))" 50.00 --tariff standard --language en >/dev/null; done
node_start
for i in "${!scenarios[@]}"; do
	number=12599
	[ "${scenarios[$i]}" != hold ] || number=12600
	sipp_start $((i + 11)) "in_${scenarios[$i]}" -s $number
done
sipp_end
result
