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
suite=trixie

# What cannot be had is skipped, what does not work is a failure.
skip() {
    echo "ok 1 - mbedtls 3.6 # SKIP $1"
    exit 0
}
fail() {
    echo "not ok 1 - mbedtls 3.6: $1"
    exit 1
}

# The mirror that this system's own release comes from, by whatever kind of list it is named in.
mirror() {
    # shellcheck disable=SC1091
    . /etc/os-release
    apt-get indextargets --format "\$(REPO_URI) \$(RELEASE) \$(COMPONENT)" 'Created-By: Packages' |
        awk -v release="$VERSION_CODENAME" '
            $3 == "main" && ($2 == release || $2 == "stable" || $2 == "oldstable") {
                print $1
                exit
            }'
}

# An apt that knows nothing but one suite of that mirror.
make_apt() {
    url=$(mirror)
    [ -n "$url" ] || skip "the mirror of this system cannot be told"
    keys=/usr/share/keyrings/debian-archive-keyring.gpg
    mkdir -p "$root/state/lists/partial" "$root/cache/archives/partial" "$root/lists.d" || exit 2
    : >"$root/status"
    echo "deb [signed-by=$keys] $url $suite main" >"$root/sources.list"
    cat >"$root/apt.conf" <<X
Dir::State "$root/state";
Dir::State::status "$root/status";
Dir::Cache "$root/cache";
Dir::Etc::sourcelist "$root/sources.list";
Dir::Etc::sourceparts "$root/lists.d";
APT::Sandbox::User "root";
X
}

get_mbedtls() {
    APT_CONFIG=$root/apt.conf apt-get -q update || skip "$suite cannot be reached at $url"
    rm -rf "$root/packages" "$debian"
    mkdir -p "$root/packages" || exit 2
    (cd "$root/packages" && APT_CONFIG=$root/apt.conf apt-get -q download libmbedtls-dev) ||
        skip "libmbedtls-dev of $suite cannot be had"
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
make_apt
get_mbedtls
library=$(find "$debian/usr/lib" -name libmbedcrypto.a | head -n 1)
[ -n "$library" ] || fail "the package has no static library"
found=$(version) || fail "the library is not 3.6: $found"
echo "ok 1 - mbedtls $found"

# shellcheck disable=SC2046
tests=$(for t in suites keys provider handshakes toy; do echo $build/tests/unit/test_$t; done)
# shellcheck disable=SC2086
make -s BUILD=$build MBEDTLS_CFLAGS="-isystem $debian/usr/include" MBEDTLS_LIBS="$library" $tests ||
    fail "does not compile"
status=0
for t in $tests; do
    CMOCKA_MESSAGE_OUTPUT=TAP $t || status=1
done
exit $status
