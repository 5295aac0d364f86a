#!/bin/sh
# vm/router.sh: routers with hosts behind them in a virtual machine whose kernel has IPsec.  Prints TAP.
set -u
BUILD=${BUILD:-build}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
tests/vm/boot.sh tests/vm/router_init.sh "$BUILD/examples/router:/bin/router" tests/vm/net.sh:/net.sh \
    >"$dir/out" 2>&1
grep -E '^(ok|not ok|#) ' "$dir/out"
grep -q '^the end' "$dir/out" || {
    echo "not ok - the virtual machine came to its end"
    tail -n 40 "$dir/out" | sed 's/^/# /'
}
