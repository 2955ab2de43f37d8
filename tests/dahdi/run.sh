#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# tests/dahdi/run.sh BUILD [NAME...]: what `make test-dahdi` runs once BUILD has the programs: each scenario tests/dahdi/NAME.sh (default: all in
# $scenarios) in a virtual machine of its own, with the real DAHDI driver, MariaDB, node and exchange.
#
# The machine is emulated in software and its time is virtual: so many nanoseconds an instruction, and none while it idles. What runs inside is in
# time however slow this machine is, and the same every time. Its log goes to BUILD/log/dahdi_NAME.log, what it left in /out to BUILD/dahdi/NAME/,
# where tests/dahdi/NAME.py, when there is one, judges it (`judge DIR SECONDS`; before, it may make files for the machine's /p/in: `make DIR`). The last line is "N passed, N failed"; the same two numbers are left in
# BUILD/dahdi/result.
#
# A scenario may say: "# vm: mem=MB limit=SECONDS shift=N spans=2|4 echo=mg2" (2^N ns an instruction; limit in real time; the kernel's canceller on span 1).
set -u -o pipefail
cd "$(dirname "$0")/../.."
PATH=$PATH:/usr/sbin:/sbin

build=$1
shift
scenarios=(first_call dialogue alarm gone fail_nth sixty mixed)
[ $# -eq 0 ] || scenarios=("$@")
cache=build/dahdi-vm
seconds=${DAHDI_SECONDS:-60} # of what is heard for long (sixty)
passed=0 failed=0
mkdir -p "$build/log" "$build/dahdi"
rm -f "$build/dahdi/result"
work=$(mktemp -d "${TMPDIR:-/tmp}/partyline-dahdi-XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

total() {
	echo "$passed $failed" >"$build/dahdi/result"
	echo "$passed passed, $failed failed"
	if [ $failed -gt 0 ] || [ $passed -eq 0 ]; then exit 1; else exit 0; fi
}
give_up() {
	echo "== $*"
	failed=$((failed + 1))
	total
}

# ---- what the machine gets on top of its base ------------------------------------------------------------------------------------------

# A fresh MariaDB's data directory: made here once, for an emulated machine would take a minute.
database() {
	local key
	key=$({ dpkg-query -W mariadb-server-core; cat packaging/mariadb.sh; } | sha256sum | cut -c1-16)
	db=$cache/db-$key
	[ -d "$db" ] && return
	local new=$work/db
	FAST=1 packaging/mariadb.sh start "$new" >/dev/null || return
	packaging/mariadb.sh stop "$new"
	rm -f "$new/data"/{*.err,aria_log_control.bak}
	mv -T "$new/data" "$db" 2>/dev/null || [ -d "$db/mysql" ]
}

# A program with its libraries: put PROGRAM FOLDER
put() {
	local l
	mkdir -p "$root/$2"
	cp -L "$1" "$root/$2/"
	ldd "$1" 2>/dev/null | grep -o '/[^ ]*' | while read -r l; do
		[ -e "$root/$l" ] || { mkdir -p "$root/$(dirname "$l")" && cp -L "$l" "$root/$l"; }
	done
}

overlay() {
	root=$work/root
	local p
	mkdir -p "$root"/{p/tests,etc,usr/share/mysql,out,var/tmp}
	for p in partylined partyline exchange; do put "$build/bin/$p" p/build/release/bin; done
	for p in "$build"/dahdi/bin/*; do [ ! -x "$p" ] || put "$p" usr/local/bin; done
	# bash for the scripts; those tools whose options busybox does not have
	put "$(command -v bash)" bin
	for p in date grep sed mariadb timeout; do put "$(command -v $p)" usr/local/bin; done
	put "$(command -v mariadbd)" usr/sbin
	cp -r /usr/share/mysql/{charsets,english} "$root/usr/share/mysql/"
	mkdir -p "$root/usr/share/zoneinfo/Asia" && cp -L /usr/share/zoneinfo/Asia/Shanghai "$root/usr/share/zoneinfo/Asia/"
	cp -r "$db" "$root/data"
	cp -r packaging demo "$root/p/"
	cp -r tests/systems tests/dahdi "$root/p/tests/"
	mkdir -p "$root/p/build/sounds"
	cp -r build/sounds "$root/p/build/"
	echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
	echo 'root:x:0:' >"$root/etc/group"
	(cd "$root" && find . | cpio -o -H newc --quiet -R 0:0) >"$work/overlay.cpio"
}

# ---- a scenario ----------------------------------------------------------------------------------------------------------------------------

# option TEXT NAME DEFAULT: of a "# vm:" line
option() { sed -nE "s/.*[ ]$2=([0-9]+).*/\1/p" <<<"$1" | grep . || echo "$3"; }

# boot NAME: the machine with /job; the job's status
boot() {
	local name=$1 out=$work/out.tar initrd=$work/initrd job=$work/job vmline status=0
	vmline=$(grep -m1 '^# vm:' "tests/dahdi/$name.sh")
	rm -rf "$job"
	mkdir -p "$job/etc/dahdi"
	cp "tests/dahdi/$(option "$vmline" spans 2)-spans.conf" "$job/etc/dahdi/system.conf"
	[[ $vmline != *" echo=mg2"* ]] || echo 'echocanceller=mg2,1-15,17-31' >>"$job/etc/dahdi/system.conf"
	cat >"$job/job" <<-JOB
		cd /p
		export PARTYLINE_BUILD=build/release TMPDIR=/out KEEP=1 DAHDI_SECONDS=$seconds
		bash tests/dahdi/$name.sh
	JOB
	if [ -e "tests/dahdi/$name.py" ]; then
		mkdir -p "$job/p/in"
		python3 "tests/dahdi/$name.py" make "$job/p/in" || return
	fi
	(cd "$job" && find . | cpio -o -H newc --quiet -R 0:0) >"$work/job.cpio"
	cat "$vm/base.cpio" "$work/overlay.cpio" "$work/job.cpio" >"$initrd"
	rm -f "$out"
	truncate -s 4G "$out"
	timeout -k 10 "$(option "$vmline" limit 600)" qemu-system-x86_64 -accel tcg,thread=single -machine pc -cpu max,-erms,-fsrm -smp 1 \
		-m "$(option "$vmline" mem 1536)" -nographic -no-reboot -nic none -icount "shift=$(option "$vmline" shift 1),sleep=off" \
		-rtc base=2026-03-02T10:00:00,clock=vm -seed 1 -kernel "$vm/vmlinux" -initrd "$initrd" \
		-append "console=ttyS0 quiet loglevel=4 panic=-1 mitigations=off init_on_alloc=0 random.trust_cpu=on" -device isa-debug-exit,iobase=0xf4,iosize=0x04 \
		-drive "file=$out,format=raw,if=virtio" </dev/null 2>&1 | tr -d '\r'
	status=${PIPESTATUS[0]}
	rm -rf "$build/dahdi/$name"
	mkdir -p "$build/dahdi/$name"
	[ "$(head -c 1 "$out" | tr -d '\0' | wc -c)" -eq 0 ] || tar -x -f "$out" -C "$build/dahdi/$name"
	[ "$status" -ne 124 ] || { echo "not finished in time"; return 124; }
	[ "$status" -gt 0 ] || { echo "the machine ended by itself"; return 99; }
	return $(((status - 1) / 2))
}

run() {
	local name=$1 log=$build/log/dahdi_$1.log began=$SECONDS status=0 p f
	{
		boot "$name" || status=$?
		if [ $status -eq 0 ] && [ -e "tests/dahdi/$name.py" ]; then
			python3 "tests/dahdi/$name.py" judge "$build/dahdi/$name" "$seconds" || status=$?
		fi
		echo "status $status"
	} >"$log" 2>&1
	status=$(sed -n '$s/status //p' "$log")
	read -r p f < <(awk '/^ok  /{p++} /^FAIL/{f++} END{print p + 0, f + 0}' "$log")
	[ "$status" -eq 0 ] || [ "$f" -gt 0 ] || f=1
	grep -qE '^[0-9]+ passed, [0-9]+ failed$' "$log" || f=$((f + 1)) # it ended on its way
	passed=$((passed + p)) failed=$((failed + f))
	grep -E '^(ok  |FAIL|==|[|])' "$log" | sed 's|^|  |'
	[ "$f" -eq 0 ] || { echo "--- $name failed (status $status); from $log:"; grep -v -E '^ok  ' "$log" | tail -n 100 | sed 's/^/  | /'; }
	printf '== %-28s %s passed, %s failed; %d s (%s s of virtual time)\n' "$name" "$p" "$f" $((SECONDS - began)) \
		"$(sed -nE 's/.*job.s status is .* at ([0-9.]+) s/\1/p' "$log")"
}

began=$SECONDS
vm=$(tests/dahdi/vm.sh "$cache") || give_up "the virtual machine could not be made"
database || give_up "the database could not be made"
overlay || give_up "the machine's files could not be put together"
echo "== the machine ($vm), $((SECONDS - began)) s"
for name in "${scenarios[@]}"; do run "$name"; done
total
