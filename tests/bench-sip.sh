#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# tests/bench-sip.sh - the benches of SIP: RTP legs on one media thread.
exec "$(dirname "$0")/bench.sh" rtp_
