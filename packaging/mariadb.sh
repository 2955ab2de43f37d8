#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# packaging/mariadb.sh start DIR   a private MariaDB: data, socket DIR/s, pid DIR/pid, log DIR/log; no TCP, no system service. Prints the socket's path.
# packaging/mariadb.sh stop DIR    ends it by its pid and waits until it is gone.
#
# The socket's path must fit a sockaddr_un (107 octets). FAST=1 (tests): the log is not flushed at each commit.
set -eu
action=${1:?start or stop} dir=${2:?a directory}

# The server lies in /usr/sbin on Debian, which is not in every PATH.
PATH=$PATH:/usr/sbin:/sbin
pid() { p=$(cat "$dir/pid" 2>/dev/null) || p=0; echo "${p:-0}"; } # a file that is just being written is empty
alive() { p=$(pid); [ "$p" -gt 0 ] && kill -0 "$p" 2>/dev/null && grep -q mariadbd "/proc/$p/cmdline" 2>/dev/null; }

case $action in
start)
	umask 077
	mkdir -p "$dir"
	dir=$(cd "$dir" && pwd)
	mkdir -p "$dir/tmp" # two servers that start at once would meet in /tmp
	user=$([ "$(id -u)" = 0 ] && echo --user=root || true)
	if [ ! -d "$dir/data/mysql" ]; then
		rm -rf "$dir/data"
		mariadb-install-db --no-defaults $user --datadir="$dir/data" --auth-root-authentication-method=normal --skip-test-db --skip-name-resolve \
			--cross-bootstrap --tmpdir="$dir/tmp" >"$dir/install.log" 2>&1 || { cat "$dir/install.log" >&2; exit 1; }
	fi
	if ! alive; then
		rm -f "$dir/s" "$dir/pid"
		setsid mariadbd --no-defaults $user --datadir="$dir/data" --socket="$dir/s" --pid-file="$dir/pid" --skip-networking --skip-name-resolve --tmpdir="$dir/tmp" \
			--innodb-buffer-pool-size=64M --innodb-log-file-size=32M --performance-schema=OFF --max-connections=200 \
			--innodb-snapshot-isolation=ON --innodb-flush-log-at-trx-commit="$([ "${FAST:-}" = 1 ] && echo 2 || echo 1)" \
			>"$dir/log" 2>&1 </dev/null &
	fi
	i=0
	until [ -S "$dir/s" ] && alive; do
		i=$((i + 1))
		[ $i -le 1000 ] || { echo "MariaDB did not start; $dir/log says:" >&2; tail -20 "$dir/log" >&2; exit 1; }
		sleep 0.03
	done
	echo "$dir/s"
	;;
stop)
	alive || exit 0
	p=$(pid)
	kill "$p"
	while kill -0 "$p" 2>/dev/null; do sleep 0.03; done
	;;
*)
	echo "usage: $0 start|stop DIR" >&2
	exit 2
	;;
esac
