#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# tests/bench/talk_fetch.sh [PACKAGE...] - speech, effects and music for `make bench-dtmf`, from Debian packages into build/talk/, a
# directory each. Nothing is installed. Without an argument: all that docs/sound.md names, 1.2 GB to fetch (800 MB of it are
# supertuxkart-data and tuxpaint-stamps-default). Needs apt's lists (apt-get update) and dpkg-deb.
set -eu
cd "$(dirname "$0")/../.."

[ $# -gt 0 ] || set -- asterisk-core-sounds-en-wav asterisk-core-sounds-es-wav asterisk-core-sounds-fr-wav asterisk-core-sounds-it-wav \
	asterisk-core-sounds-ru-wav asterisk-prompt-it-menardi-wav klettres-data ktuberling-data asterisk-moh-opsound-wav \
	wesnoth-1.16-music tuxpaint-stamps-default supertuxkart-data
mkdir -p build/talk
for package; do
	[ ! -d "build/talk/$package" ] || continue
	scratch=$(mktemp -d)
	chmod 755 "$scratch"
	trap 'rm -rf "$scratch"' EXIT
	(cd "$scratch" && apt-get download -q "$package")
	dpkg-deb -x "$scratch"/*.deb "$scratch/x"
	mv "$scratch/x" "build/talk/$package"
	rm -rf "$scratch"
done
