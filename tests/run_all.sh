#!/bin/sh
# run_all.sh DIR [COMMAND...]: run every test program in a directory, under a command if one is given, as many at
# once as there are processors, and print their TAP as one.  A program that ends badly without saying so is a failure
# of its own.
set -u
dir=$1
shift
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
export CMOCKA_MESSAGE_OUTPUT=TAP
programs=$(find "$dir" -maxdepth 1 -type f -perm -u+x | sort)
# shellcheck disable=SC2016
echo "$programs" | xargs -P "$(nproc)" -I PROGRAM sh -c '
    log=$1/$(basename "$2") program=$2
    shift 2
    "$@" "$program" >"$log" 2>&1
    echo $? >"$log.status"' sh "$logs" PROGRAM "$@"
for program in $programs; do
    name=$(basename "$program")
    sed "s/^\(not ok\|ok\) [0-9]* - /\1 - $name: /" "$logs/$name"
    status=$(cat "$logs/$name.status")
    if [ "$status" != 0 ] && ! grep -q '^not ok' "$logs/$name"; then
        echo "not ok - $name ended with status $status"
    fi
done
