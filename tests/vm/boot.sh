#!/bin/sh
# vm/boot.sh INIT FILE...: boot a virtual machine whose first program is the script INIT and print what it
# says; it must end by "poweroff -f".  FILEs are put where they are here, programs with the libraries that they
# need; a FILE "FROM:TO" is put at TO.  The machine is emulated, so this needs nothing of the real kernel.
#   VM_DIR      where the kernel is unpacked and the image made (build/vm)
#   VM_SECONDS  after which the machine is stopped (600)
set -eu
dir=${VM_DIR:-build/vm}
init=$1
shift
tests/vm/kernel.sh "$dir"
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
kernel=$(ls "$dir/root/lib/modules")

# What the machine has: networks of several hosts, IPsec, filters, and tunnels to programs.  Algorithms are loaded
# by the kernel itself, by modprobe.
modules="veth bridge tun dummy esp4 ah4 xfrm_user authenc echainiv seqiv drbg jitterentropy_rng ansi_cprng cbc hmac sha1_generic des_generic md5
sha256_generic sha512_generic gcm ghash_generic ctr ccm crypto_null nf_tables nft_chain_nat nft_masq nft_ct"
mkdir -p "$stage/bin" "$stage/sbin" "$stage/proc" "$stage/sys" "$stage/dev" "$stage/tmp" "$stage/run" \
    "$stage/var" "$stage/etc" "$stage/lib/modules/$kernel"
ln -s ../run "$stage/var/run"
cp /etc/protocols "$stage/etc"
cp "$dir/root/lib/modules/$kernel"/modules.builtin* "$dir/root/lib/modules/$kernel/modules.order" \
    "$stage/lib/modules/$kernel"
for m in $modules; do
    modprobe -d "$dir/root" -S "$kernel" --show-depends "$m" 2>/dev/null || true
done | sed -n "s#^insmod .*\(/lib/modules/$kernel/[^ ]*\).*#\1#p" | sort -u | while read -r file; do
    mkdir -p "$stage$(dirname "$file")"
    cp "$dir/root$file" "$stage$file"
done
depmod -b "$stage" "$kernel"

# put FROM TO
put() {
    mkdir -p "$stage$(dirname "$2")"
    cp -L "$1" "$stage$2"
    ldd "$1" 2>/dev/null | grep -o '/[^ ]*' | while read -r library; do
        [ -e "$stage$library" ] && continue
        mkdir -p "$stage$(dirname "$library")"
        cp -L "$library" "$stage$library"
    done
}
for f in "$@"; do
    put "${f%%:*}" "${f#*:}"
done
put "$(command -v dash)" /bin/sh
put "$(command -v busybox)" /bin/busybox
put "$(command -v ip)" /bin/ip
put "$(command -v modprobe)" /sbin/modprobe
for tool in awk cat cut echo grep kill killall ls mkdir mount nc ping poweroff rm sed seq sleep tail usleep test; do
    ln -s busybox "$stage/bin/$tool"
done
echo "$modules" >"$stage/modules"
cp tests/vm/begin.sh "$stage/begin.sh"
cp "$init" "$stage/init"
chmod 755 "$stage/init"
image=$dir/image.$$
trap 'rm -rf "$stage" "$image"' EXIT
(cd "$stage" && find . | cpio -o -H newc --quiet | gzip -1) >"$image"
timeout "${VM_SECONDS:-600}" qemu-system-x86_64 -accel tcg -cpu max -M q35 -m 512 -smp 1 -nodefaults \
    -display none -serial stdio -no-reboot -kernel "$dir/vmlinuz" -initrd "$image" \
    -append "console=ttyS0 quiet panic=-1 no_timer_check" </dev/null | tr -d '\r'
