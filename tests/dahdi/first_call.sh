#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# tests/systems/first_call.sh over the real /dev/dahdi: the story, heard and paid; SIGHUP, SIGTERM, kill -9 with calls. Its common.bash is the one beside
# this file.
. tests/systems/first_call.sh
