#!/bin/sh
# build.sh MAKE-COMMAND: everything compiles with both compilers, warnings being errors.  Prints TAP.
set -u
step() {
    name=$1
    shift
    if out=$("$@" 2>&1); then
        echo "ok - $name"
    else
        printf '%s\n' "$out" | tail -n 30
        echo "not ok - $name"
    fi
}
# shellcheck disable=SC2086
step "gcc" $1 all unit flow live timing sim
# shellcheck disable=SC2086
step "clang" $1 BUILD=build/clang CC=clang all unit flow live timing sim
