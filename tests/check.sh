#!/bin/sh
# check.sh: every test that this machine can run, a line for each suite, and a closing line
# "N passed, N failed".  Logs are in build/check/.  EXTRA_VECTORS=DIR adds captures of your own to those
# that are decoded.
set -u
CHECK_DIR=${CHECK_DIR:-$PWD/build/check}
export CHECK_DIR
mkdir -p "$CHECK_DIR"
[ -n "${CHECK_KEEP_TOTALS:-}" ] || : >"$CHECK_DIR/totals"
make="make --no-print-directory -s -j2"
suite() { tests/suite.sh "$@"; }
# builds NAME ARGUMENT-OF-MAKE...
builds() {
    name=$1
    shift
    # shellcheck disable=SC2086
    suite "$name" tests/build.sh $make "$@"
}

asan="-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer"
builds build all unit flow live timing sim
builds build-clang BUILD=build/clang CC=clang all unit flow live timing sim
suite lint tests/lint/lint.sh
suite unit tests/run_all.sh build/tests/unit
suite flow tests/run_all.sh build/tests/flow
suite simulator tests/sim/check.sh 30000
suite dump tests/dump/check.sh
suite examples tests/examples/check.sh
suite install tests/install/check.sh
builds build-sanitized BUILD=build/asan CFLAGS="$asan" unit flow sim examples
suite unit-sanitized tests/run_all.sh build/asan/tests/unit
suite flow-sanitized tests/run_all.sh build/asan/tests/flow
suite simulator-sanitized tests/sim/check.sh 300 build/asan
# What is read or sent without having been written; T-65.  mbedTLS, which one links, is not compiled so.
flows=$(for f in tests/flow/flow_*.c; do
    case $f in */flow_values.c) continue ;; esac
    echo "build/memory/${f%.c}"
done)
memory="-O1 -g -fsanitize=memory -fno-omit-frame-pointer"
# shellcheck disable=SC2086
builds build-memory BUILD=build/memory CC=clang CFLAGS="$memory" $flows
suite flow-memory tests/run_all.sh build/memory/tests/flow
suite dump-sanitized env BUILD=build/asan tests/dump/check.sh
suite unit-valgrind tests/run_all.sh build/tests/unit valgrind -q --error-exitcode=9 \
    --leak-check=full
suite timing tests/timing/check.sh
# Five minutes in which little is computed: the next ones, in which little is, too, run beside it.
suite live-rekey tests/live/rekey.sh &
rekey=$!
suite live tests/live/strongswan.sh
suite live-certs tests/live/certs.sh
suite live-hybrid tests/live/hybrid.sh
suite live-clients tests/live/clients.sh
suite live-natt tests/live/natt.sh
wait $rekey
suite live-life tests/live/life.sh
suite live-fragments tests/live/fragments.sh
suite router tests/router/check.sh
suite router-console tests/router/console.sh
suite router-strongswan tests/router/strongswan.sh
suite router-natt tests/router/natt.sh
suite router-vm tests/vm/router.sh
suite fuzz fuzz/smoke.sh

[ -n "${CHECK_KEEP_TOTALS:-}" ] || tests/total.sh
