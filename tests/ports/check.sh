#!/bin/sh
# check.sh [TARGET]...: other word sizes, byte orders, compilers and libraries; a line for each, and a
# closing line "N passed, N failed".
set -u
cd "$(dirname "$0")/../.." || exit 2
CHECK_DIR=${CHECK_DIR:-$PWD/build/check}
export CHECK_DIR
mkdir -p "$CHECK_DIR"
[ -n "${CHECK_KEEP_TOTALS:-}" ] || : >"$CHECK_DIR/totals"
[ $# -gt 0 ] || set -- i386 s390x powerpc musl unsigned m4 mbedtls36
for target; do
    tests/suite.sh "port-$target" tests/ports/port.sh "$target"
done
[ -n "${CHECK_KEEP_TOTALS:-}" ] || tests/total.sh
