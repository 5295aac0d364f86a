#!/bin/sh
# smoke.sh: build every fuzz target with clang and run each for FUZZ_SECONDS (60) on its corpus, two
# at a time, and print TAP.  What is found new stays in build/fuzz/corpus/; an input that crashes is
# copied to build/fuzz/, with the command that runs it again.
#
# From a clean clone the same inputs are tried in the same order, so that what fails has to do with what was changed.
# To look for more:  FUZZ_SECONDS=3600 FUZZ_SEED=0 fuzz/smoke.sh [TARGET]...
#   FUZZ_SEED  of the fuzzer's randomness (1); 0: another one each time
set -u
cd "$(dirname "$0")/.." || exit 1
clang=${CLANG:-clang}
seconds=${FUZZ_SECONDS:-60}
seed=${FUZZ_SEED:-1}
out=build/fuzz
flags="-std=c99 -D_DEFAULT_SOURCE -g -O1 -Iinclude -Ilib -Itests -fno-omit-frame-pointer"
flags="$flags -fsanitize=address,undefined -fno-sanitize-recover=undefined"
targets=${*:-$(cd fuzz && for f in fuzz_*.c; do basename "$f" .c; done)}
mkdir -p $out/obj

if ! command -v "$clang" >/dev/null; then
    echo "ok - fuzzing # SKIP there is no $clang"
    exit 0
fi

# compile ARGUMENT...: the flags are meant to be split.
compile()
{
    # shellcheck disable=SC2086
    $clang $flags "$@"
}

# Everything that a target may use goes into one archive, of which it gets what it names.  Text is
# made character by character: tracing those comparisons takes most of the time and teaches nothing.
build_library()
{
    rm -f $out/library.a
    for source in lib/*/*.c lib/crypto/mbedtls/*.c tests/support/*.c; do
        [ -e "$source" ] || continue
        object=$out/obj/$(echo "$source" | tr / _ | sed 's/c$/o/')
        trace=-fsanitize=fuzzer-no-link
        case $source in lib/base/names.c | lib/base/text.c | lib/ios/page.c) trace= ;; esac
        compile $trace -c -o "$object" "$source" || return 1
        ar rcs $out/library.a "$object" || return 1
    done
}

# Only targets of the stock keyring are linked with mbedTLS and libsodium.
build_target()
{
    libraries=
    grep -q 'isakmp/keyring\.h' fuzz/"$1".c && libraries="-lmbedx509 -lmbedcrypto -lsodium"
    # shellcheck disable=SC2086
    compile -fsanitize=fuzzer -o $out/"$1" fuzz/"$1".c $out/library.a $libraries
}

# run_target NAME: fuzz, and leave one line of TAP, with what should be known about it, in NAME.tap.
run_target()
{
    name=$1
    corpus=$out/corpus/${name#fuzz_}
    mkdir -p "$corpus"
    # In the order of their names: that of a directory is another one on each file system.
    inputs=$(find fuzz/corpus/"${name#fuzz_}" -type f 2>/dev/null | LC_ALL=C sort | paste -s -d , -)
    echo "$inputs" >$out/"$name".inputs
    if $out/"$name" -seed="$seed" -reload=0 ${inputs:+-seed_inputs=@$out/"$name".inputs} \
        -max_total_time="$seconds" -max_len=2048 -dict=fuzz/isakmp.dict -timeout=10 \
        -rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix=$out/"$name"- "$corpus" \
        >$out/"$name".log 2>&1; then
        runs=$(sed -n 's/^stat::number_of_executed_units: *//p' $out/"$name".log)
        new=$(sed -n 's/^stat::new_units_added: *//p' $out/"$name".log)
        echo "ok - $name: $runs runs, $new new inputs"
    else
        echo "not ok - $name"
        input=$(sed -n 's/.*Test unit written to //p' $out/"$name".log | head -n 1)
        grep -m 3 -E 'ERROR|runtime error|SUMMARY' $out/"$name".log | sed 's/^/# /'
        echo "# run it again: $out/$name ${input:-$corpus/*}"
        # 2,048 octets at most: elsewhere it is made from this.
        [ -z "$input" ] || echo "# the input, in base64: $(base64 -w 0 "$input")"
    fi >$out/"$name".tap
}

if ! build_library >$out/build.log 2>&1; then
    echo "not ok - fuzzing: the library does not compile"
    head -n 5 $out/build.log | sed 's/^/# /'
    exit 1
fi
failed=0
set --
for name in $targets; do
    if build_target "$name" >$out/"$name".log 2>&1; then
        set -- "$@" "$name"
    else
        failed=1
        echo "not ok - $name: does not compile"
        head -n 5 $out/"$name".log | sed 's/^/# /'
    fi
done
while [ $# -gt 0 ]; do
    run_target "$1" &
    second=${2:-}
    [ -z "$second" ] || run_target "$second"
    wait
    for name in $1 $second; do
        cat $out/"$name".tap
        grep -q '^ok' $out/"$name".tap || failed=1
    done
    shift
    [ $# = 0 ] || shift
done
[ $failed = 0 ]
