#!/bin/sh
# check.sh [BUILD]: is there a padding oracle in the decryption of encrypted nonces?  Prints TAP.
#
#   secrets  no jump and no address depends on the block: seen by valgrind, in the library as it was built
#            and in what other compilers and optimisations make of the same file
#   timing   no clock can tell good blocks from bad ones
#
# Both are tried on code that is not safe, too, and must say so.  It takes half a minute of an otherwise
# idle processor.
#
# Lists of words are meant to be split:
# shellcheck disable=SC2086
set -u
cd "$(dirname "$0")/../.." || exit 2
build=${1:-${BUILD:-build}}
out=$build/timing
failed=0
mkdir -p $out

# result NAME STATUS [FILE]: a line of TAP, and what is in the file if it failed.
result() {
    if [ "$2" = 0 ]; then
        echo "ok - $1"
    else
        failed=1
        echo "not ok - $1"
        head -n 20 "${3:-/dev/null}" | sed 's/^/# /'
    fi
}

# under PROGRAM WHICH STATUS: must end with this status under valgrind; 9: there was a report.
under() {
    valgrind -q --error-exitcode=9 "$1" "$2" >$out/log 2>&1
    status=$?
    [ $status = "$3" ] || echo "$2: status $status and not $3" >>$out/log
    [ $status = "$3" ]
}

secrets() {
    under "$2" ours 0
    result "$1: what a block holds decides no jump and no address" $? $out/log
}

# The same program with pkcs1.c compiled in another way.  (The debug information of clang is more than
# valgrind can read.)
secrets_by() {
    flags="-std=c99 -Iinclude -Ilib"
    if $1 $flags -c -o $out/pkcs1.o lib/crypto/pkcs1.c >$out/log 2>&1 &&
        gcc $flags -D_DEFAULT_SOURCE -Itests -O2 -o $out/secrets tests/timing/secrets.c \
            $out/pkcs1.o >$out/log 2>&1; then
        secrets "$1" $out/secrets
    else
        result "$1: compiles" 1 $out/log
    fi
}

for which in branching indexing; do
    under $build/tests/timing/secrets $which 9
    result "$which code is found out" $? $out/log
done
secrets "the library" $build/tests/timing/secrets
for cc in gcc clang; do
    command -v $cc >/dev/null || continue
    for level in -O0 -O1 -O2 -O3 -Os; do
        secrets_by "$cc $level"
    done
    secrets_by "$cc -O3 -U__GNUC__ -U__clang__" # as a compiler that knows nothing but C99
done

$build/tests/timing/timing open || failed=1
$build/tests/timing/timing decrypt 16 || failed=1
exit $failed
