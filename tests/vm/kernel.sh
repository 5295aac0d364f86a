#!/bin/sh
# vm/kernel.sh DIR: Debian's kernel for virtual machines, unpacked into DIR: it has ESP, and modules for all
# that the tests in a virtual machine need.  Does nothing if it is there already.
set -eu
dir=$1
[ -e "$dir/vmlinuz" ] && exit 0
mkdir -p "$dir/deb"
cd "$dir"
package=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/.*Depends: \(linux-image-[^ ]*\)/\1/p' |
    head -n 1)
[ -n "$package" ] || { echo "no kernel for virtual machines is known to apt" >&2; exit 1; }
(cd deb && apt-get -q -o APT::Sandbox::User=root download "$package" >apt.log 2>&1) ||
    { cat deb/apt.log >&2; exit 1; }
dpkg -x deb/linux-image-*.deb root
rm -r deb
depmod -b root "$(ls root/lib/modules)"
ln -s root/boot/vmlinuz-* vmlinuz
