# SPDX-License-Identifier: GPL-2.0-or-later
#
# tests/dahdi/guest.bash - what the scenarios share, inside the virtual machine: tests/systems/common.bash with spans of DAHDI. Sourced.
# /etc/dahdi/system.conf: span 1 is joined to 2, 3 to 4. The node has the odd ones (CPE), the exchange the even ones (NETWORK).
node_spans='{name: pstn, transport: dahdi, dahdi_span: 1, restore_ms: 500, shown_number: host}'
exchange_spans=(--span name=pstn,dahdi=2,restore=500)
. tests/systems/common.bash

# The server's data was made before.
mkdir -p "$dir/db"
ln -s /data "$dir/db/data"
