#!/bin/sh
# vm/kernel.sh DIR: Debian's kernel for virtual machines, unpacked into DIR: it has ESP, and modules for all
# that the tests in a virtual machine need.  Does nothing if it is there already.
set -eu
dir=$1
[ -e "$dir/vmlinuz" ] && exit 0
mkdir -p "$dir/deb"
cd "$dir"

# What apt knows may be old, or nothing: then it is asked to look again, once.
get() {
    package=$(apt-cache depends linux-image-cloud-amd64 2>/dev/null |
        sed -n 's/.*Depends: \(linux-image-[^ ]*\)/\1/p' | head -n 1)
    [ -n "$package" ] &&
        (cd deb && apt-get -q -o APT::Sandbox::User=root download "$package" >apt.log 2>&1)
}
get || { apt-get -q -o DPkg::Lock::Timeout=300 update >deb/update.log 2>&1 && get; } || {
    cat deb/*.log >&2
    echo "a kernel for virtual machines cannot be had from apt" >&2
    exit 1
}
dpkg -x deb/linux-image-*.deb root
rm -r deb
depmod -b root "$(ls root/lib/modules)"
ln -s root/boot/vmlinuz-* vmlinuz
