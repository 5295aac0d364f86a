#!/bin/sh
# mbedtls36.sh: the stock provider and the tests of lib/crypto with mbedTLS 3.6, on a Debian whose
# own mbedTLS is another.
#
# The library comes from Debian 13, by an apt that has a root of its own and leaves the system's
# alone; the package is unpacked, not installed, and linked statically.  Everything is under
# build/mbedtls36.  Prints TAP.
set -u
cd "$(dirname "$0")/../.." || exit 2
build=build/mbedtls36
root=$PWD/$build/apt
debian=$PWD/$build/debian
release=trixie
. tests/ports/apt.sh

# What cannot be had is skipped, what does not work is a failure.
skip() {
    echo "ok 1 - mbedtls 3.6 # SKIP $1"
    exit 0
}
fail() {
    echo "not ok 1 - mbedtls 3.6: $1"
    exit 1
}

get_mbedtls() {
    apt_root "$root" deb "$release" || skip "$release cannot be reached"
    rm -rf "$root/packages" "$debian"
    (apt_fetch "$root" "$root/packages" download libmbedtls-dev) ||
        skip "libmbedtls-dev of $release cannot be had"
    dpkg -x "$root"/packages/libmbedtls-dev_*.deb "$debian" || fail "the package cannot be unpacked"
}

# Which mbedTLS do headers and library say they are?
version() {
    cat >$build/version.c <<'X'
#include <mbedtls/version.h>
#include <stdio.h>
int main(void)
{
    char linked[20];
    mbedtls_version_get_string(linked);
    printf("%s with the headers of %s\n", linked, MBEDTLS_VERSION_STRING);
    return mbedtls_version_get_number() != MBEDTLS_VERSION_NUMBER ||
           MBEDTLS_VERSION_NUMBER >> 16 != 0x0306;
}
X
    gcc -isystem "$debian/usr/include" -o $build/version $build/version.c "$library" &&
        $build/version
}

tests/need.sh gcc libc6-dev make libsodium-dev libcmocka-dev || exit 2
get_mbedtls
library=$(find "$debian/usr/lib" -name libmbedcrypto.a | head -n 1)
[ -n "$library" ] || fail "the package has no static library"
found=$(version) || fail "the library is not 3.6: $found"
echo "ok 1 - mbedtls $found"

# shellcheck disable=SC2046
tests=$(for t in suites keys provider aes128 handshakes keyring toy \
    pki pki_keys pki_hostile pki_memory signature forgery certname keychain learnt keystring own rsa_block \
    pkcs1 wycheproof_signatures; do echo $build/tests/unit/test_$t; done)
# shellcheck disable=SC2086
make -s BUILD=$build MBEDTLS_CFLAGS="-isystem $debian/usr/include" \
    MBEDTLS_LIBS="${library%/*}/libmbedx509.a $library" $tests || fail "does not compile"
status=0
for t in $tests; do
    CMOCKA_MESSAGE_OUTPUT=TAP $t || status=1
done
exit $status
