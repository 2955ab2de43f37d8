#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What an answered call that came in over SIP does meanwhile, from sipp, side by side: session timers (RFC 4028) that either end refreshes, glare (RFC 3311 5.2),
# keys by INFO, on a trunk that takes them and on one that does not. About a minute and a half, most of it waiting.
. "$(dirname "$0")/../systems/sip_common.bash"
sip_need sipp

node_services=", {number: 12600, language: en, kind: selfcare}"
sip_others=sip/callers
system_begin
sip_trunks "21:info_digits: yes" "22" "23:info_digits: yes"
sed -i "s/options_s: 0,/& rtp_timeout_s: 300,/" "$dir/node.yaml" # sipp sends no sound
for nn in 21 22 23 24 25; do p account add "86138000000$nn" 50.00 --tariff standard --language en >/dev/null; done
node_start
sipp_start 21 in_info -s 12600
sipp_start 22 in_info -s 12600
sipp_start 23 in_timer_ours -s 12600 -timeout 100s
sipp_start 24 in_timer -s 12600
sipp_start 25 in_glare -s 12600
sipp_end
language() { sql "SELECT language FROM v_account WHERE number = '86138000000$1'"; }
same "info: the language is the other one" "$(language 21)" zh-CN
same "info: without info_digits nothing is pressed" "$(language 22)" en
until_true 5 eval '[ "$(sql "SELECT COUNT(*) FROM v_leg")" = 5 ]'
same "each was answered, and ended by its BYE" "$(sql "SELECT COUNT(*), SUM(answered_at IS NOT NULL), MIN(cause), MAX(cause) FROM v_leg" | tr '\t' ' ')" "5 5 16 16"
node_end TERM 0 "the node ends cleanly"
[ ! -s "$dir/node.err.log" ]
check "nothing on standard error" $? "$(tail -3 "$dir/node.err.log")"
result
