#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# packaging/test-bare.sh: what a person with a fresh Debian 12 sees. A minimal system is made in build/bare/root, gets this
# tree's tracked files and `make` alone, and runs, as in the README: make run, make test, and both again. Each is timed. BARE_RUN="make test-dahdi":
# that instead.
#
# Packages come from wherever this machine's apt gets them; what lies in its cache is not fetched again (BARE_CACHE= for none).
# All mounts and processes live in namespaces of their own and end with this script, however it ends. KEEP=1 leaves the root.
set -eu -o pipefail

cd "$(dirname "$0")/.."
bare=$PWD/build/bare
root=$bare/root
suite=bookworm

outer() {
	[ "$(id -u)" -eq 0 ] || { echo "make test-bare makes a chroot: run it as root" >&2; exit 1; }
	packaging/install.sh packaging/packages-full.txt
	rm -rf "$bare"
	mkdir -p "$root" "$bare/debs"
	[ -n "${KEEP:-}" ] || trap 'rm -rf "$root" "$bare/debs"' EXIT
	# Links, so that nothing done inside can harm the cache.
	local cache=${BARE_CACHE-/var/cache/apt/archives}
	if [ -n "$cache" ]; then
		find "$cache" -maxdepth 1 -name '*.deb' -exec cp -l -t "$bare/debs" {} + 2>/dev/null ||
			find "$cache" -maxdepth 1 -name '*.deb' -exec cp -t "$bare/debs" {} +
	fi
	echo "== $(find "$bare/debs" -name '*.deb' | wc -l) packages in the cache"
	unshare --mount --pid --fork --kill-child bash "$PWD/packaging/test-bare.sh" inside
}

mirror() { # the host's own
	apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(COMPONENT)' 'Created-By: Packages' |
		awk -v s=$suite '$2 == s && $3 == "main" { print $1; exit }'
}

make_root() {
	local uri
	uri=$(mirror)
	[ -n "$uri" ] || { echo "apt on this machine knows no source for $suite main" >&2; exit 1; }
	debootstrap --variant=minbase --cache-dir="$bare/debs" $suite "$root" "$uri" >"$bare/debootstrap.log" 2>&1 ||
		{ tail -n 30 "$bare/debootstrap.log" >&2; exit 1; }
	# Where and how the host's apt fetches; not its habit of emptying the cache, which containers have.
	rm -f "$root/etc/apt/sources.list"
	local f
	for f in sources.list sources.list.d apt.conf.d auth.conf.d keyrings trusted.gpg.d; do
		[ ! -e "/etc/apt/$f" ] || cp -a "/etc/apt/$f" "$root/etc/apt/"
	done
	rm -f "$root"/etc/apt/apt.conf.d/docker-clean "$root"/etc/apt/apt.conf.d/20packagekit "$root"/etc/apt/apt.conf.d/50appstream
	cp -L /etc/resolv.conf /etc/hosts "$root/etc/" 2>/dev/null || true
	# Whom the host trusts besides: npm fetches over TLS (ca-certificates takes them in when it is installed).
	[ ! -d /usr/local/share/ca-certificates ] || cp -a /usr/local/share/ca-certificates "$root/usr/local/share/"
	find "$bare/debs" -name '*.deb' -exec cp -l -n -t "$root/var/cache/apt/archives" {} +
	mount -t proc proc "$root/proc"
	mount --rbind /dev "$root/dev"
	mkdir "$root/partyline"
	git -c safe.directory='*' ls-files -z | tar -c --null --ignore-failed-read -T - 2>/dev/null | tar -x -C "$root/partyline"
}

enter() { chroot "$root" /usr/bin/env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
	NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt \
	${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} bash -c "$1" </dev/null; }

passed=0
failed=0
table=
step() { # NAME COMMAND
	local began=$SECONDS status=0 log
	log=$bare/${1//[ \/]/-}.log
	echo "== $1"
	enter "$2" 2>&1 | tee "$log" | sed -u 's/^/  | /' || status=$?
	if [ $status -eq 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
	table+=$(printf '%-24s %4d s   %s' "$1" $((SECONDS - began)) "$([ $status -eq 0 ] && echo held || echo "FAILED ($log)")")$'\n'
}

inside() {
	local began=$SECONDS
	make_root
	echo "== a minimal $suite, $((SECONDS - began)) s"
	step "install make" "apt-get -q update && apt-get -q install -y --no-install-recommends make ca-certificates"
	if [ -n "${BARE_RUN:-}" ]; then
		step "$BARE_RUN" "cd /partyline && $BARE_RUN"
	else
		step "make run" "cd /partyline && make run"
		step "make test" "cd /partyline && make test"
		step "make run again" "cd /partyline && make run"
		step "make test again" "cd /partyline && make test"
	fi
	printf '\n%s' "$table"
	echo "$passed passed, $failed failed"
	[ $failed -eq 0 ]
}

if [ "${1:-}" = inside ]; then inside; else outer; fi
