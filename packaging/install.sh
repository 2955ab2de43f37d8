#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# packaging/install.sh LIST...: installs those Debian packages of the lists that are missing, and starts no service.
#
# A list has one package a line; # begins a comment. Nothing missing: one dpkg-query, and done. Without root (and without
# sudo) it says what to install and exits 1.
set -eu

wanted=$(sed 's/#.*//' "$@" | xargs)
# Installed packages in a line each: "ii name". A package that dpkg has never heard of is only an error message.
have=" $(dpkg-query -W -f '${db:Status-Abbrev}=${Package}\n' $wanted 2>/dev/null | sed -n 's/^ii *=//p' | xargs) "
missing=
for p in $wanted; do
	case $have in
	*" $p "*) ;;
	*) missing="$missing $p" ;;
	esac
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -eq 0 ]; then
	root=
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
	root=sudo
elif command -v sudo >/dev/null && [ -t 0 ]; then
	echo "These Debian packages are missing and will be installed with sudo:$missing"
	root=sudo
else
	echo "These Debian packages are missing. As root, run:" >&2
	echo "  apt-get install --no-install-recommends$missing" >&2
	exit 1
fi

# A package may want to start a daemon. policy-rc.d is how Debian says no; an existing one is left alone.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
	trap '$root rm -f $policy' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	printf '#!/bin/sh\nexit 101\n' | $root tee $policy >/dev/null
	$root chmod 755 $policy
fi

apt() {
	# DPkg::Lock::Timeout: another apt may be at work.
	$root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@" </dev/null
}

echo "Installing:$missing"
log=$(mktemp)
# The package lists may be absent or too old for the mirror: then, and only then, they are fetched.
if ! apt install --no-install-recommends $missing >"$log" 2>&1; then
	if ! { apt update && apt install --no-install-recommends $missing; } >"$log" 2>&1; then
		tail -n 30 "$log" >&2
		rm -f "$log"
		exit 1
	fi
fi
rm -f "$log"
