#!/bin/sh
# symbols.sh BUILD: what the libraries in BUILD define, need and export.  Prints TAP.
#
# symbols.txt is the list of what libisakmp.so exports, one name a line, and changes only with a
# release's interface.  After a change of the headers, make it again by:
#
#     python3 tests/lint/docs.py symbols include/isakmp/*.h | LC_ALL=C sort
set -u
build=$1
archive=$build/libisakmp.a
failed=0

# rule NAME: standard input holds the faults, one a line.
rule() {
    faults=$(cat)
    if [ -z "$faults" ]; then
        echo "ok - $1"
    else
        failed=1
        echo "not ok - $1"
        echo "$faults" | head -n 20 | sed 's/^/# /'
    fi
}

defined() {
    nm -g --defined-only "$1" | awk 'NF == 3 { print $3 }' | sort
}

exported() {
    nm -D --defined-only "$build/libisakmp.so" "$build/libisakmp-mbedtls.so" "$build/libisakmp-ios.so" |
        awk 'NF == 3 { print $3 }' | sort
}

# What one list has and the other has not.
differences() {
    diff "$1" "$2" | sed -n "s/^[<] /only in $3: /p; s/^[>] /only in $4: /p"
}

mkdir -p "$build"
defined "$archive" >"$build/defined"
exported >"$build/exported"
python3 tests/lint/docs.py symbols include/isakmp/*.h | LC_ALL=C sort >"$build/declared"
LC_ALL=C sort -o "$build/exported" "$build/exported"
LC_ALL=C sort tests/lint/symbols.txt >"$build/listed"

for each in "$archive" "$build/libisakmp-mbedtls.a" "$build/libisakmp-ios.a"; do
    defined "$each" | grep -v '^isakmp_'
done | rule "every global symbol begins with isakmp_"
differences "$build/listed" "$build/declared" symbols.txt "the headers" |
    rule "symbols.txt lists what the headers declare"
differences "$build/listed" "$build/exported" symbols.txt "the shared libraries" |
    rule "the shared libraries export what symbols.txt lists"

# What a compiler may call for itself is no dependency: the names with two underscores in front.
nm -u "$archive" | awk 'NF == 2 { print $2 }' | sort -u | comm -23 - "$build/defined" |
    grep -vxE 'mem(cpy|move|set|cmp)|__.*|_GLOBAL_OFFSET_TABLE_' |
    rule "libisakmp.a needs memcpy, memmove, memset and memcmp, and nothing else"

# The routers' language needs the public functions of libisakmp, and is as bare as that otherwise.
defined "$build/libisakmp-ios.a" >"$build/defined-ios"
nm -u "$build/libisakmp-ios.a" | awk 'NF == 2 { print $2 }' | sort -u | comm -23 - "$build/defined-ios" |
    grep -vxE 'isakmp_[a-z][a-z0-9_]*|mem(cpy|move|set|cmp)|__.*|_GLOBAL_OFFSET_TABLE_' |
    rule "libisakmp-ios.a needs public functions of libisakmp, memcpy, memmove, memset and memcmp, and nothing else"

defined "$archive" | comm -12 - "$build/defined-ios" |
    sed 's/$/ is defined in both/' | rule "libisakmp.a and libisakmp-ios.a define nothing twice"

# T-53: neither can open a file or a socket, or ask anybody: the second archive needs of mbedTLS
# what works on memory, and nothing of a system but memory.
nm -u "$build/libisakmp-mbedtls.a" | awk 'NF == 2 { print $2 }' | sort -u >"$build/needed"
grep -vxE 'isakmp_.*|mbedtls_.*|sodium_.*|randombytes_.*|crypto_.*|__.*' \
    "$build/needed" | grep -vxE 'mem(cpy|move|set|cmp|chr)|calloc|free|_GLOBAL_OFFSET_TABLE_' |
    rule "libisakmp-mbedtls.a needs mbedTLS, libsodium and memory, and nothing else"
grep -E '^mbedtls_(net|ssl|timing|debug)_|_(file|path|keyfile)$' "$build/needed" |
    rule "libisakmp-mbedtls.a opens no files and no sockets"

# Constant tables that hold addresses are in .data.rel.ro, which nobody can write to.
objdump -h "$archive" | awk '
    /file format/ { file = $1 }
    $2 ~ /^\.(data|bss|tdata|tbss)/ && $2 !~ /^\.data\.rel\.ro/ && $3 !~ /^0+$/ {
        print file, $2, $3
    }' |
    rule "libisakmp.a has no writable data"
exit $failed
