#!/bin/sh
# port.sh TARGET: the tests on another machine, or with other libraries.  Prints TAP; everything it
# makes or fetches is kept in build/ports, so that a second run is quick.
#
#   i386       32 bit, little-endian        natively
#   s390x      64 bit, big-endian           in qemu
#   powerpc    32 bit, big-endian           in qemu
#   musl       another C library            natively
#   unsigned   char without a sign          natively
#   m4         Cortex-M4, no operating system, no C library (m4/run.sh)
#   mbedtls36  mbedTLS 3.6 (mbedtls36.sh)
#
# On each of the first five all unit and flow tests run, linked statically with mbedTLS, libsodium
# and cmocka, which are compiled from the sources of Debian's packages.
#
# Lists of words are meant to be split:
# shellcheck disable=SC2046,SC2086,SC2231
set -u
cd "$(dirname "$0")/../.." || exit 2
out=build/ports
here=$PWD
jobs=$(nproc)
target=$1
failed=0
. tests/ports/apt.sh

# ---- Sources ------------------------------------------------------------------------------------

# The sources of Debian packages.
fetch_sources() {
    root=$here/$out/apt
    # shellcheck disable=SC1091
    release=$(. /etc/os-release && echo "$VERSION_CODENAME")
    apt_root "$root" deb-src "$release" &&
        (apt_fetch "$root" "$root/src" source --download-only mbedtls libsodium cmocka)
}

# Each package is unpacked to a folder of its own name.
sources() {
    [ -e $out/src/complete ] && return 0
    fetch_sources || return 1
    for package in mbedtls libsodium cmocka; do
        rm -rf $out/src/$package && mkdir -p $out/src/$package &&
            tar -xf $out/apt/src/${package}_*.orig.tar.?z --strip-components=1 \
                -C $out/src/$package || return 1
    done
    touch $out/src/complete
}

# ---- Libraries ----------------------------------------------------------------------------------

# library NAME FLAG... FILE...: compile files and make them libNAME.a.
library() {
    name=$1
    shift
    objects=$deps/obj/$name
    mkdir -p "$objects" && rm -f "$objects"/* "$deps/lib$name.a"
    flags=
    while [ "${1#-}" != "$1" ]; do
        flags="$flags $1"
        shift
    done
    for file in "$@"; do
        echo "$file -o $objects/$(echo "$file" | tr / _).o"
    done | xargs -P "$jobs" -L 1 $cc -O2 -w $flags -c && $ar rcsD "$deps/lib$name.a" "$objects"/*.o
}

# mbedTLS, libsodium and cmocka for one target.
libraries() {
    src=$out/src
    sodium=$src/libsodium/src/libsodium
    [ -e "$deps/complete" ] && return 0
    mkdir -p "$deps/include/sodium" &&
        cp -r $src/mbedtls/include/mbedtls $src/mbedtls/include/psa $src/cmocka/include/cmocka*.h \
            $sodium/include/sodium.h $sodium/include/sodium "$deps/include" || return 1
    sed 's/@SODIUM_LIBRARY_MINIMAL_DEF@//; s/@[A-Z_]*@/0/' \
        $sodium/include/sodium/version.h.in >"$deps/include/sodium/version.h"
    library mbedcrypto -I$src/mbedtls/include -I$src/mbedtls/library $src/mbedtls/library/*.c &&
        library sodium -DCONFIGURED=1 $endian -I"$deps/include" -I"$deps/include/sodium" \
            $(find $sodium -name '*.c') &&
        library cmocka -I"$deps/include" -DHAVE_SIGNAL_H=1 -DHAVE_STRINGS_H=1 \
            -DHAVE_INTTYPES_H=1 -DHAVE_STRUCT_TIMESPEC=1 $src/cmocka/src/cmocka.c &&
        touch "$deps/complete"
}

# ---- Unit and flow tests ------------------------------------------------------------------------

# run_tests: every test program of the target, as many at once as there are processors.  One line of
# TAP for each.
run_tests() {
    programs=$(ls $out/$target/tests/unit/test_* $out/$target/tests/flow/flow_*)
    # An emulator's milliseconds are not those that a test may have been promised.
    [ -n "$emulator" ] && export IS_EMULATED=1
    echo "$programs" | CMOCKA_MESSAGE_OUTPUT=TAP xargs -P "$jobs" -I PROGRAM sh -c \
        "timeout 900 $emulator PROGRAM >PROGRAM.log 2>&1; echo \$? >PROGRAM.status"
    for program in $programs; do
        passed=$(grep -c '^ok ' "$program.log")
        if [ "$(cat "$program.status")" = 0 ] && [ "$passed" != 0 ]; then
            echo "ok - $target: $(basename "$program"), $passed tests"
        else
            failed=1
            echo "not ok - $target: $(basename "$program")"
            grep -A 3 -E '^not ok|[Aa]ssert|signal' "$program.log" | head -n 20 | sed 's/^/# /'
        fi
    done
}

# hosted COMPILER AR EMULATOR ENDIAN CFLAGS
hosted() {
    cc=$1 ar=$2 emulator=$3 endian=$4 cflags=$5
    deps=$here/$out/$target/deps
    if ! libraries >$out/$target.log 2>&1; then
        failed=1
        echo "not ok - $target: the libraries do not compile"
        tail -n 5 $out/$target.log | sed 's/^/# /'
        return
    fi
    rm -rf $out/$target/tests
    if make -s -k -j "$jobs" BUILD=$out/$target CC="$cc" AR="$ar" CFLAGS="-O2 $cflags" \
        CPPFLAGS="-isystem $deps/include -D_FILE_OFFSET_BITS=64" LDFLAGS="-static -L$deps" \
        MBEDTLS_LIBS="-lmbedcrypto" unit flow >$out/$target.log 2>&1; then
        echo "ok - $target: compiles without a warning"
    else
        failed=1
        echo "not ok - $target: compiles without a warning"
        grep -E 'error|undefined' $out/$target.log | head -n 10 | sed 's/^/# /'
    fi
    run_tests
}

# ---- All of it ----------------------------------------------------------------------------------

packages="gcc libc6-dev make dpkg-dev tar xz-utils"
case $target in
i386) packages="$packages gcc-i686-linux-gnu libc6-dev-i386-cross" ;;
s390x) packages="$packages gcc-s390x-linux-gnu libc6-dev-s390x-cross qemu-user-static" ;;
powerpc) packages="$packages gcc-powerpc-linux-gnu libc6-dev-powerpc-cross qemu-user-static" ;;
musl) packages="$packages musl-tools" ;;
m4) packages="gcc-arm-none-eabi qemu-system-arm" ;;
mbedtls36) packages="gcc libc6-dev make libsodium-dev libcmocka-dev" ;;
esac
tests/need.sh $packages || exit 2
mkdir -p $out
case $target in
i386 | s390x | powerpc | musl | unsigned)
    if ! sources >$out/sources.log 2>&1; then
        echo "not ok - the sources of mbedtls, libsodium and cmocka cannot be had"
        tail -n 5 $out/sources.log | sed 's/^/# /'
        exit 1
    fi
    ;;
esac
case $target in
i386) hosted i686-linux-gnu-gcc i686-linux-gnu-ar "" -DNATIVE_LITTLE_ENDIAN=1 "" ;;
s390x) hosted s390x-linux-gnu-gcc s390x-linux-gnu-ar qemu-s390x-static -DNATIVE_BIG_ENDIAN=1 "" ;;
powerpc)
    hosted powerpc-linux-gnu-gcc powerpc-linux-gnu-ar qemu-ppc-static -DNATIVE_BIG_ENDIAN=1 \
        -fsigned-char
    ;;
musl) hosted musl-gcc ar "" -DNATIVE_LITTLE_ENDIAN=1 "" ;;
unsigned) hosted gcc ar "" -DNATIVE_LITTLE_ENDIAN=1 -funsigned-char ;;
m4) tests/ports/m4/run.sh || failed=1 ;;
mbedtls36) tests/ports/mbedtls36.sh || failed=1 ;;
*)
    echo "not ok - there is no target $target"
    failed=1
    ;;
esac
exit $failed
