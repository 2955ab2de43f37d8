# SPDX-License-Identifier: GPL-2.0-or-later
#
# tests/dahdi/common.bash - what the scenarios share, inside the virtual machine: tests/systems/common.bash with spans of DAHDI. Sourced.
# Span 1 is joined to 2, and 3 to 4 (2-spans.conf, 4-spans.conf). The node has the odd ones (CPE), the exchange the even ones (NETWORK).
[ -v node_spans ] || node_spans='{name: pstn, transport: dahdi, dahdi_span: 1, restore_ms: 500, shown_number: host}'
[ -v exchange_spans ] || exchange_spans=(--span name=pstn,dahdi=2,restore=500)
. tests/systems/common.bash

# The server's data was made before.
mkdir -p "$dir/db"
ln -s /data "$dir/db/data"

# The exchange's words for: the host dials, is called back, and talks with a second.
two_talk() {
	printf 'number %s ring\n' 13800000001 13800000002 13900000003
	span_comes_up
	called_back 13800000001
	party_comes 13800000002 second
	echo 'sleep 700'
}
# the_span MEMBER: of the node's only span, as it is now
the_span() { p --json spans | tr -d ' \n' | field "$1"; }
