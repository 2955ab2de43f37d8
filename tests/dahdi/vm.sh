#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# tests/dahdi/vm.sh CACHE: the virtual machine in which `make test-dahdi` runs: Debian's kernel, and DAHDI's modules built unmodified from Debian's
# dahdi-source. Prints a directory of CACHE, CACHE/KEY, that holds vmlinux and base.cpio; made when it is not there, about a minute. KEY is what it
# is made from: this script, init, and the versions of the packages.
#
# Nothing of the machine is changed, no root is needed: the kernel, its headers and dahdi_cfg are downloaded from Debian's archive and unpacked. So
# `dahdi` and `dahdi-dkms`, which would load modules here, are never installed. What stays of the modules is what a test without a card can use.
set -eu -o pipefail
cd "$(dirname "$0")/../.."
PATH=$PATH:/usr/sbin:/sbin

cache=$1
source=/usr/src/dahdi.tar.bz2 # dahdi-source
[ "$(dpkg --print-architecture)" = amd64 ] || { echo "the virtual machine is made from Debian's amd64 kernel" >&2; exit 1; }
umask 022
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)

apt_lists() { # an apt without lists knows no kernel; root may fetch them
	apt-cache show linux-image-amd64 >/dev/null 2>&1 || { [ "$(id -u)" -eq 0 ] && apt-get -q update >/dev/null; }
}
newest() { apt-cache depends linux-image-amd64 | sed -n 's/.*Depends: linux-image-\([0-9].*\)/\1/p' | head -1; }
apt_lists || true
release=$(newest) # 6.1.0-56-amd64
[ -n "$release" ] || { echo "apt knows no linux-image-amd64: run apt-get update" >&2; exit 1; }
key=$({
	echo "$release"
	dpkg-query -W busybox-static dahdi-source gcc-12 kmod libc6
	cat tests/dahdi/vm.sh tests/dahdi/init
} | sha256sum | cut -c1-16)
vm=$cache/$key
if [ -e "$vm/base.cpio" ]; then
	echo "$vm"
	exit
fi

work=$cache/making.$$
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
mkdir -p "$work/debs" "$work/root"
log=$cache/build.log
exec 3>&1 >"$log" 2>&1
step() { # COMMAND...
	"$@" || { echo "$* failed; the end of $log:" >&3; tail -n 20 "$log" >&3; exit 1; }
}

# ---- from the archive ----------------------------------------------------------------------------------------------------------------------

abi=${release%-amd64} base=${release%%-*}
fetch() {
	local packages="linux-image-$release linux-headers-$release linux-headers-$abi-common linux-kbuild-${base%.*} dahdi libtonezone2.0"
	(cd "$work/debs" && apt-get -q download $packages) || {
		[ "$(id -u)" -eq 0 ] && apt-get -q update && (cd "$work/debs" && apt-get -q download $packages) # lists older than the mirror
	}
}
chmod 777 "$work/debs" # apt downloads as a user of its own
step fetch
for deb in "$work"/debs/*.deb; do step dpkg -x "$deb" "$work/root"; done

# ---- the modules ---------------------------------------------------------------------------------------------------------------------------

headers=$work/root/usr/src/linux-headers-$release
# The headers' Makefile names its other half by an absolute path.
sed -i "s#/usr/src/linux-headers-$abi-common#$work/root/usr/src/linux-headers-$abi-common#" "$headers/Makefile"
mkdir "$work/src"
step tar -xf $source -C "$work/src"
step env -u MAKEFLAGS -u MAKELEVEL make -s -C "$work/src/modules/dahdi" -j2 modules KSRC="$headers" KVERS="$release" DAHDI_BUILD_ALL= \
	CONFIG_DAHDI=m CONFIG_DAHDI_DYNAMIC=m CONFIG_DAHDI_DYNAMIC_LOC=m CONFIG_DAHDI_ECHOCAN_MG2=m

# ---- the kernel, uncompressed: an emulated machine would take seconds to unpack it ----------------------------------------------------------

step python3 - "$work/root/boot/vmlinuz-$release" "$work/vmlinux" <<-'PY'
	import lzma, sys
	image = open(sys.argv[1], 'rb').read()
	kernel = lzma.LZMADecompressor().decompress(image[image.find(b'\xfd7zXZ\x00'):])
	assert kernel[:4] == b'\x7fELF'
	open(sys.argv[2], 'wb').write(kernel)
	PY

# ---- the first user space ------------------------------------------------------------------------------------------------------------------

initrd=$work/initrd modules=lib/modules/$release
mkdir -p "$initrd"/{bin,dev,proc,sys,tmp,etc/dahdi,root,usr/sbin,"$modules/extra"}
cp /bin/busybox "$initrd/bin/"
ln -s busybox "$initrd/bin/sh"
find "$work/src" -name '*.ko' | while read -r m; do step objcopy --strip-debug "$m" "$initrd/$modules/extra/${m##*/}"; done
depmod -b "$work/root" "$release"
modprobe -d "$work/root" -S "$release" -a --show-depends virtio_pci virtio_blk | sed -n 's/^insmod //p' | sort -u | while read -r m; do
	m=${m#"$work/root/"}
	m=${m#/}
	mkdir -p "$initrd/$(dirname "$m")"
	cp "$work/root/$m" "$initrd/$m"
done
cp "$work/root/$modules"/modules.{order,builtin,builtin.modinfo} "$initrd/$modules/"
step depmod -b "$initrd" "$release"
cp "$work/root/usr/sbin/dahdi_cfg" "$initrd/usr/sbin/"
libraries=$(LD_LIBRARY_PATH=$work/root/usr/lib/x86_64-linux-gnu ldd "$initrd/usr/sbin/dahdi_cfg" | grep -o '/[^ ]*')
for l in $libraries; do
	to=$initrd/lib/x86_64-linux-gnu
	[ "${l##*/}" != ld-linux-x86-64.so.2 ] || to=$initrd/lib64
	mkdir -p "$to"
	cp -L "$l" "$to/"
done
install -m 755 tests/dahdi/init "$initrd/init"
mkdir "$work/vm"
(cd "$initrd" && find . | LC_ALL=C sort | cpio -o -H newc --quiet -R 0:0) >"$work/vm/base.cpio"
mv "$work/vmlinux" "$work/vm/"
# Others may be making the same one.
mv -T "$work/vm" "$vm" 2>/dev/null || [ -e "$vm/base.cpio" ]
echo "$vm" >&3
