#!/bin/sh
# run_all.sh DIR [COMMAND...]: run every test program in a directory, under a command if one is given, and
# print their TAP as one.  A program that ends badly without saying so is a failure of its own.
set -u
dir=$1
shift
for program in "$dir"/*; do
    [ -x "$program" ] && [ ! -d "$program" ] || continue
    name=$(basename "$program")
    out=$(CMOCKA_MESSAGE_OUTPUT=TAP "$@" "$program" 2>&1)
    status=$?
    printf '%s\n' "$out" | sed "s/^\(not ok\|ok\) [0-9]* - /\1 - $name: /"
    if [ $status != 0 ] && ! printf '%s\n' "$out" | grep -q '^not ok'; then
        echo "not ok - $name ended with status $status"
    fi
done
