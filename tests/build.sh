#!/bin/sh
# build.sh COMMAND...: everything that the command makes compiles, warnings being errors.  Prints TAP.
set -u
if out=$("$@" 2>&1); then
    echo "ok - compiles without a warning"
else
    printf '%s\n' "$out" | tail -n 30 | sed 's/^/# /'
    echo "not ok - compiles without a warning"
fi
