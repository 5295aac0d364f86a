#!/bin/sh
# install/check.sh: what "make install" puts in place can be used from outside: headers, both libraries,
# static and shared, through pkg-config.  Prints TAP.
set -u
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
say() {
    if [ "$1" = 0 ]; then echo "ok - $2"; else
        echo "not ok - $2"
        sed 's/^/#   /' "$dir/log"
    fi
}

make --no-print-directory -s install DESTDIR="$dir/stage" PREFIX=/opt/isakmp >"$dir/log" 2>&1
say $? "make install with DESTDIR and PREFIX"
(cd "$dir/stage" && find . ! -type d | sort) >"$dir/list"
[ "$(grep -c '\.pc$' "$dir/list")" = 3 ] && [ "$(grep -c '\.a$' "$dir/list")" = 3 ] &&
    [ "$(grep -c '\.so' "$dir/list")" = 9 ] && grep -q '/opt/isakmp/include/isakmp/isakmp.h' "$dir/list"
say $? "headers, archives, shared libraries and pkg-config files are there"

cat >"$dir/user.c" <<'X'
#include <isakmp/isakmp.h>
#include <isakmp/keyring.h>
#include <isakmp/mbedtls.h>
#include <isakmp/ios.h>
#include <stdio.h>
int main(void)
{
    static uint64_t mem[ISAKMP_IOS_MIN_ARENA / 8];
    isakmp_ios *ios;
    isakmp_config c;
    if (isakmp_ios_init(&ios, mem, sizeof mem) != ISAKMP_OK)
        return 2;
    isakmp_config_init(&c, sizeof c);
    c.crypto = isakmp_crypto_mbedtls();
    printf("%u %u\n", (unsigned)isakmp_version(), (unsigned)(isakmp_ctx_size(&c) != 0));
    return c.crypto == NULL || isakmp_version() != ISAKMP_VERSION_NUM;
}
X
PKG_CONFIG_PATH=$dir/stage/opt/isakmp/lib/pkgconfig
PKG_CONFIG_SYSROOT_DIR=$dir/stage
export PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR
build() { # build NAME PKG-CONFIG-OPTION LINKER-OPTION
    # shellcheck disable=SC2046,SC2086
    gcc -std=c99 -Wall -Werror $(pkg-config --cflags libisakmp-mbedtls libisakmp-ios) -o "$dir/user" "$dir/user.c" \
        $3 $(pkg-config --libs $2 libisakmp-mbedtls libisakmp-ios) >"$dir/log" 2>&1 &&
        LD_LIBRARY_PATH=$dir/stage/opt/isakmp/lib "$dir/user" >>"$dir/log" 2>&1
    say $? "a program outside builds and runs with the $1 libraries"
}
build shared "" ""
ldd "$dir/user" | grep -q 'libisakmp.so.0'
say $? "the shared libraries have their soname"
rm -f "$dir"/stage/opt/isakmp/lib/*.so*
build static --static ""
