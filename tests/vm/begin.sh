# vm/begin.sh -- how a script begins that is the first program of a virtual machine; to be sourced.
# shellcheck shell=sh
export PATH=/bin:/sbin:/usr/bin:/usr/sbin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev 2>/dev/null
# shellcheck disable=SC2046 # the list is one of words
modprobe -a $(cat /modules)
ip link set lo up

# ok NAME COMMAND...: one line of TAP.
ok() {
    name=$1
    shift
    if "$@" >/tmp/log 2>&1; then
        echo "ok - $name"
    else
        echo "not ok - $name"
        tail -n 6 /tmp/log | sed 's/^/# /'
        for f in /tmp/*.out; do
            [ ! -e "$f" ] || tail -n 20 "$f" | sed "s#^#\# $f: #"
        done
    fi
}
