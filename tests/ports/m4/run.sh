#!/bin/sh
# run.sh: the library on a Cortex-M4 without an operating system and without a C library.  Prints
# TAP.
#
# Lists of words are meant to be split, and functions are called by check():
# shellcheck disable=SC2086,SC2317
set -u
cd "$(dirname "$0")/../../.." || exit 2
out=build/ports/m4
core="lib/base/*.c lib/wire/*.c lib/crypto/*.c lib/policy/*.c lib/sa/*.c lib/exchange/*.c"
core="$core lib/ext/*.c lib/core/*.c"
cc="arm-none-eabi-gcc -mcpu=cortex-m4 -mthumb -mno-unaligned-access -Os -std=c99 -ffreestanding"
cc="$cc -ffunction-sections -fdata-sections -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror"
cc="$cc -DISAKMP_MAX_SA_BODY=512 -DISAKMP_MAX_ID=64 -DISAKMP_MAX_WANTED=0"
cc="$cc -isystem tests/ports/m4/include -Iinclude -Ilib -Itests -Itests/ports/m4"
failed=0

# check NAME COMMAND...: one line of TAP; what the command prints is shown only if it fails.
check() {
    name=$1
    shift
    if "$@" >$out/log 2>&1; then
        echo "ok - m4: $name"
    else
        failed=1
        echo "not ok - m4: $name"
        head -n 10 $out/log | sed 's/^/# /'
    fi
}

compile() {
    rm -f $out/core.a
    for file in $core; do
        object=$out/$(echo "$file" | tr / _).o
        $cc -c -o "$object" $file && arm-none-eabi-ar rcsD $out/core.a "$object" || return 1
    done
}

# What is needed and not there, but the four functions and the compiler's own.
needs() {
    arm-none-eabi-nm -g --defined-only $out/core.a | awk 'NF == 3 { print $3 }' | sort >$out/defined
    arm-none-eabi-nm -u $out/core.a | awk 'NF == 2 { print $2 }' | sort -u |
        comm -23 - $out/defined | grep -vxE 'mem(cpy|move|set|cmp)|__aeabi_.*' >$out/needed
    cat $out/needed
    [ ! -s $out/needed ]
}

link() {
    # A loop that copies must not become a call of memcpy() inside memcpy().
    $cc -Wno-pedantic -fno-tree-loop-distribute-patterns -nostdlib -Wl,--gc-sections \
        -T tests/ports/m4/m4.ld -o $out/firmware.elf tests/ports/m4/*.c tests/support/toy.c \
        $out/core.a -lgcc
}

emulate() {
    timeout 60 qemu-system-arm -M mps2-an386 -display none -monitor none -serial none \
        -semihosting-config enable=on,target=native -kernel $out/firmware.elf
}

mkdir -p $out
check "the core compiles without a warning" compile
check "the core needs memcpy, memmove, memset and memcmp, and nothing else" needs
check "the firmware links" link
check "two peers negotiate in static arenas, and unaligned access is a fault" emulate
if [ $failed = 0 ]; then
    sed -n '/^#/p' $out/log
    arm-none-eabi-size $out/firmware.elf |
        awk 'NR == 2 { print "# firmware: " $1 " octets of code, " $2 + $3 " of RAM" }'
fi
exit $failed
