#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# vm: mem=1024 echo=mg2
# Every call to the driver fails once, and each kind for a while (fail_nth.c).
exec fail_nth
