#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# tests/bench-sip.sh - the benches of SIP: calls per second and memory of the real node, RTP legs on one media thread.
here=$(dirname "$0")
status=0
bash "$here/bench/sip_calls.sh" || status=1
"$here/bench.sh" rtp_ || status=1
exit $status
