#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# foreign.sh with what exchanges say: signalling that is rare, late, wrong or crossed; packets of 40 frames.
export FRAMES=40 PART=calls
. "$(dirname "$0")/foreign.sh"
