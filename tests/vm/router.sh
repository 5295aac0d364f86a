#!/bin/sh
# vm/router.sh: routers with hosts behind them in virtual machines whose kernel has IPsec.  Prints TAP.
# With words only the machines of these names: router, ted.
set -u
BUILD=${BUILD:-build}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
[ $# != 0 ] || set -- router ted
for init in "$@"; do
    tests/vm/boot.sh "tests/vm/${init}_init.sh" "$BUILD/examples/router:/bin/router" tests/vm/net.sh:/net.sh \
        examples/ios/site-a.cfg:/site-a.cfg examples/ios/site-b.cfg:/site-b.cfg >"$dir/out" 2>&1
    grep -E '^(ok|not ok|#) ' "$dir/out"
    grep -q '^the end' "$dir/out" || {
        echo "not ok - the virtual machine for $init came to its end"
        tail -n 40 "$dir/out" | sed 's/^/# /'
    }
done
