#!/bin/sh
# lint.sh: what can be said about the source without running it.  Prints TAP; everything it makes
# goes to build/lint.
# Lists of words are meant to be split, and functions are called by check():
# shellcheck disable=SC2046,SC2086,SC2317
set -u
cd "$(dirname "$0")/../.." || exit 2
tests/need.sh gcc g++ libc6-dev make clang clang-format cppcheck shellcheck python3 binutils \
    libmbedtls-dev libsodium-dev libpcap-dev libmnl-dev libedit-dev libcmocka-dev valgrind || exit 2
export PYTHONDONTWRITEBYTECODE=1
out=build/lint
mkdir -p $out/stack
failed=0
jobs=$(nproc)

core="lib/base/*.c lib/wire/*.c lib/crypto/*.c lib/policy/*.c lib/sa/*.c lib/exchange/*.c"
core="$core lib/ext/*.c lib/core/*.c lib/ios/*.c"
strict="-std=c99 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -Iinclude -Ilib"
posix="-D_DEFAULT_SOURCE -Iexamples -Itests"

# check NAME COMMAND...: one line of TAP; what the command prints is shown only if it fails.
check() {
    name=$1
    shift
    if "$@" >$out/log 2>&1; then
        echo "ok - $name"
    else
        failed=1
        echo "not ok - $name"
        head -n 60 $out/log | sed 's/^/# /'
    fi
}

# Scripts that print TAP themselves.
run() {
    "$@" || failed=1
}

# compile "COMPILER FLAGS" FILE...: each file for itself, and the object is thrown away.
compile() {
    command=$1
    shift
    printf '%s\n' "$@" | xargs -P "$jobs" -I FILE $command FILE
}

# All C of the tree but what only a firmware build compiles.
everything() {
    find lib examples fuzz tests -name '*.c' ! -path 'tests/ports/*/*' | sort
}

# ---- Warnings and analyses --------------------------------------------------------------------

# Do all files compile without a warning, also with each switch of features.h the other way?
warnings() {
    check "gcc -O2 has nothing to say" \
        compile "gcc $strict $posix -O2 -c -o /dev/null" $(everything)
    check "clang has nothing to say" compile "clang $strict $posix -fsyntax-only" $(everything)
    for cc in gcc clang; do
        check "$cc finds no array of variable length" \
            compile "$cc $strict -Wvla -fsyntax-only" $core
        for switch in WEAK=0 LOG_LINES=0 KEYLOG=0 CHECKS=1; do
            check "$cc has nothing to say with ISAKMP_$switch" \
                compile "$cc $strict -DISAKMP_$switch -fsyntax-only" $core
        done
    done
}

tables() {
    flow=$out/checks/tests/flow/flow_basic
    make -s -j "$jobs" BUILD=$out/checks CPPFLAGS=-DISAKMP_CHECKS=1 "$flow" && "$flow"
}

static_analyzer() {
    compile "clang --analyze $strict -Xclang -analyzer-output=text -Xclang -analyzer-config \
        -Xclang max-nodes=20000" $core 2>&1 | tee $out/analyzer.log
    ! grep -q 'warning:' $out/analyzer.log
}

# What is switched off: cppcheck thinks that e->in outlives the message it points to; it is reset
# before the function that set it returns; and that a bound on a text of the program is one on its array.
# gcc does not know that a list with a count above zero
# has a first member, nor that a loop from 0 to a remainder runs at least once.
analyses() {
    check "cppcheck has nothing to say" cppcheck -q --std=c99 --enable=warning,portability \
        --suppress=autoVariables:lib/exchange/engine.c \
        --suppress=arrayIndexOutOfBoundsCond:lib/ios/page.h --error-exitcode=1 \
        -Iinclude -Ilib -j "$jobs" lib
    check "gcc -fanalyzer has nothing to say" compile "gcc $strict -O2 -fanalyzer \
        -Wno-analyzer-null-dereference -c -o /dev/null" $core
    check "clang --analyze has nothing to say" static_analyzer
    check "shellcheck has no warning" \
        shellcheck -S warning -x $(find . -name '*.sh' ! -path './build/*')
}

# ---- Stack frames -----------------------------------------------------------------------------

# frames OPTIMISATION: no function of the core may use more than 512 octets, or an unknown number.
frames() {
    rm -f $out/stack/*
    for file in $core; do
        echo "gcc $strict $1 -fstack-usage -c -o $out/stack/$(basename "$file" .c).o $file"
    done | xargs -P "$jobs" -I COMMAND sh -c COMMAND || return 1
    cat $out/stack/*.su | awk -F '\t' '
        $2 > most { most = $2; name = $1 }
        $2 > 512 || $3 !~ /static|bounded/ { print; bad = 1 }
        END { print "the largest is " most ": " name; exit bad || !most }'
}

# ---- Headers ----------------------------------------------------------------------------------

# Each public header alone, in C and in C++.
headers() {
    for header in include/isakmp/*.h; do
        echo "#include <isakmp/$(basename "$header")>
typedef int one;" >$out/one.c
        cp $out/one.c $out/one.cc
        for cc in gcc clang; do
            $cc $strict -c -o /dev/null $out/one.c &&
                $cc -std=c++11 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -Iinclude \
                    -c -o /dev/null $out/one.cc || return 1
        done
    done
}

cplusplus() {
    cat >$out/user.cc <<'X'
#include <isakmp/isakmp.h>
int main()
{
    isakmp_config c;
    isakmp_config_init(&c, sizeof c);
    c.exchanges = isakmp_all_exchanges;
    return isakmp_ctx_size(&c) == 0 || isakmp_version() != ISAKMP_VERSION_NUM;
}
X
    g++ -std=c++11 -Wall -Wextra -Wpedantic -Werror -Iinclude -o $out/user $out/user.cc \
        $out/lib/libisakmp.a && $out/user
}

# ---- All of it --------------------------------------------------------------------------------

formatted() {
    find include lib examples fuzz tests -name '*.[ch]' -print0 |
        xargs -0 clang-format-14 --dry-run -Werror
}

run python3 tests/lint/rules.py
run python3 tests/lint/docs.py
run python3 tests/lint/history.py
check "make builds the libraries" make -s -j "$jobs" BUILD=$out/lib libs
run tests/lint/symbols.sh $out/lib
check "each public header compiles alone, in C99 and C++11" headers
check "a C++ program links" cplusplus
check "no stack frame above 512 octets at -Os" frames -Os
check "no stack frame above 512 octets at -O2" frames -O2
warnings
check "the tables are sound (ISAKMP_CHECKS=1)" tables
analyses
check "clang-format has nothing to say" formatted
exit $failed
