#!/bin/sh
# vm/router.sh: routers with hosts behind them in virtual machines whose kernel has IPsec.  Prints TAP.
# With words only the machines of these names: router, ted, natt.
set -u
BUILD=${BUILD:-build}
RUN=$(mktemp -d)
trap 'rm -rf "$RUN"' EXIT
. tests/router/keys.sh
address() { [ "$1" = r1 ] && echo 192.0.2.1 || echo 192.0.2.2; }

certificates() {
    make_ca ca && make_cert ca r1 && make_cert ca r2 && make_ca other-ca
}
# Its kernel's ESP, and one way for each thing.
strongswan() {
    echo /usr/sbin/charon-systemd /usr/sbin/swanctl
    for p in random nonce gmp aes sha1 sha2 hmac kernel-netlink socket-default vici; do
        echo "/usr/lib/ipsec/plugins/libstrongswan-$p.so"
    done
    # What pthread_cancel asks for when it is called.
    ldconfig -p | sed -n 's#.*libgcc_s.so.1 (libc6,.* => ##p' | head -n 1
}
# files MACHINE: what is put into it, beside what all have.
files() {
    case $1 in
    router)
        certificates
        echo tests/router/keys.sh:/keys.sh
        for f in ca.pem other-ca.pem r1.pem r1.key r2.pem r2.key; do echo "$RUN/$f:/tmp/$f"; done
        ;;
    ted) echo examples/ios/site-a.cfg:/site-a.cfg examples/ios/site-b.cfg:/site-b.cfg ;;
    natt)
        echo "$(command -v nft):/sbin/nft"
        strongswan
        ;;
    esac
}

[ $# != 0 ] || set -- router ted natt
for init in "$@"; do
    # shellcheck disable=SC2046 # names of files have no spaces
    tests/vm/boot.sh "tests/vm/${init}_init.sh" "$BUILD/examples/router:/bin/router" tests/vm/net.sh:/net.sh \
        $(files "$init") >"$RUN/out" 2>&1
    grep -E '^(ok|not ok|#) ' "$RUN/out"
    grep -q '^the end' "$RUN/out" || {
        echo "not ok - the virtual machine for $init came to its end"
        tail -n 40 "$RUN/out" | sed 's/^/# /'
    }
done
