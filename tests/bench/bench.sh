#!/bin/sh
# bench.sh BUILD: sizes and speeds, as tables for README.  `make bench` has built what is needed in
# BUILD.  Nothing is compared with another run: where there is an aim, it stands beside the figure.
#
# Lists of words are meant to be split:
# shellcheck disable=SC2046,SC2086,SC2231
set -u
cd "$(dirname "$0")/../.." || exit 2
build=${1:-build}
bench=$build/tests/bench/bench
many=$build/tests/bench/many
out=$build/bench
mkdir -p $out
layers="base wire crypto policy sa exchange ext core"

# instructions PROVIDER SIDE PATTERN...: of one establishment, counted from the first function named
# here on, without those named after it.
instructions() {
    provider=$1 side=$2
    shift 2
    toggles=
    for function in "$@"; do
        toggles="$toggles --toggle-collect=$function"
    done
    valgrind --tool=callgrind --callgrind-out-file=/dev/null $toggles \
        "$bench" once $provider $side 2>&1 | sed -n 's/.*Collected : //p'
}

own_work() {
    echo "## The library's own work in one establishment with group 14 (instructions)"
    echo
    echo "| side | library | ... over the toy | with the stock provider | share (aim: < 3 %) |"
    echo "|------|--------:|-----------------:|------------------------:|-------------------:|"
    for side in 0 1; do
        own=$(instructions stock $side count_here 'leave_out_*')
        toy=$(instructions toy $side count_here 'leave_out_*')
        all=$(instructions stock $side count_here)
        echo "$side $own $toy $all" | awk '{ printf "| %s | %d | %d | %d | %.2f %% |\n",
            $1 ? "responder" : "initiator", $2, $3, $4, 100 * $2 / $4 }'
    done
}

# counted SAS WHAT: the library's instructions for one message.
counted() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect=count_here \
        "$many" count $1 $2 2>&1 | sed -n 's/.*Collected : //p' | awk '{ printf "%d", $1 / 1000 }'
}

# What is measured is the library alone, over a provider that does nothing, unless another is named.  Each
# message is for an SA chosen by chance: with a million of them nothing of it is in a cache.
many_sas() {
    echo "## Very many SAs, each with a child"
    echo
    "$many" idle 100000 && "$many" idle 100000 nat || return 1
    echo "A round of dead peer detection, $("$many" dpd 100000)"
    echo
    echo "| one message | with 1,000 SAs | with 1,000,000 | ratio (aim: < 1.5) |"
    echo "|-------------|---------------:|---------------:|-------------------:|"
    "$many" message 1000000 null || return 1
    echo "| with the stock provider: | | | |"
    "$many" message 1000000 stock || return 1
    echo
    echo "| instructions of one message | with 1,000 SAs | with 100,000 | ratio |"
    echo "|-----------------------------|---------------:|-------------:|------:|"
    for what in question first; do
        echo "$what $(counted 1000 $what) $(counted 100000 $what)" |
            awk '{ printf "| %s | %d | %d | %.2f |\n", $1, $2, $3, $3 / $2 }'
    done
}

# code_size OBJECT...: octets that end in flash.
code_size() {
    $prefix-size "$@" | awk 'NR > 1 { n += $1 + $2 } END { print n + 0 }'
}

# compile DIRECTORY: the core, one folder for each layer, and an archive of all.
compile() {
    rm -rf $1 && mkdir -p $1
    for layer in $layers; do
        mkdir -p $1/$layer
        for file in lib/$layer/*.c; do
            $cc -c -o $1/$layer/$(basename $file .c).o $file || exit 1
        done
    done
    $prefix-ar rcsD $1/core.a $1/*/*.o
}

# minimal DIRECTORY: what of the archive there is linked into the minimal initiator, by the linker's
# map: lines of section, address, size and object, the first of which may stand alone on a line.
minimal() {
    $cc $link -Wl,--gc-sections -Wl,-Map=$1/minimal.map -o $1/minimal tests/bench/minimal.c \
        $startup $1/core.a $runtime || exit 1
    awk -v archive="$1/core.a" '
        /^ \.(text|rodata|data)[^ ]*$/ { waiting = 1; next }
        /^ \.(text|rodata|data)/ { waiting = 1; $1 = ""; $0 = $0 }
        waiting { if ($1 ~ /^0x/ && index($3, archive) == 1) print $2; waiting = 0 }
        ' $1/minimal.map | {
        sum=0
        while read -r n; do sum=$((sum + n)); done
        echo $sum
    }
}

# sizes DIRECTORY: one column of the table.
sizes() {
    options=$cc
    compile $1
    for layer in $layers; do
        echo "$layer $(code_size $1/$layer/*.o)"
    done
    echo "all $(code_size $1/*/*.o)"
    echo "minimal $(minimal $1)"
    cc="$options -DISAKMP_LOG_LINES=0"
    compile $1-quiet
    echo "quiet $(minimal $1-quiet)"
}

x86_64_sizes() {
    prefix=$(gcc -dumpmachine)
    cc="gcc -std=c99 -Os -ffunction-sections -fdata-sections -Iinclude -Ilib"
    cc="$cc -fno-pie -fno-asynchronous-unwind-tables"
    link=-no-pie startup="" runtime=""
    sizes $out/x86-64
}

m4_sizes() {
    prefix=arm-none-eabi
    cc="$prefix-gcc -mcpu=cortex-m4 -mthumb -std=c99 -Os -ffunction-sections -fdata-sections"
    cc="$cc -ffreestanding -isystem tests/ports/m4/include -Itests/ports/m4 -Iinclude -Ilib"
    link="-nostdlib -T tests/ports/m4/m4.ld"
    startup="-fno-tree-loop-distribute-patterns tests/ports/m4/startup.c" runtime=-lgcc
    sizes $out/m4
}

all_sizes() {
    (x86_64_sizes) >$out/x86-64.sizes || return 1
    : >$out/m4.sizes
    if command -v arm-none-eabi-gcc >/dev/null; then
        (m4_sizes) >$out/m4.sizes || return 1
    fi
    echo "## Code and constants at -Os (octets)"
    echo
    echo "| part | x86-64 | Cortex-M4 |"
    echo "|------|-------:|----------:|"
    while read -r part n; do
        m4=$(sed -n "s/^$part //p" $out/m4.sizes)
        case $part in
        all) part="all of libisakmp" ;;
        minimal) part="linked: initiator with Main, Quick and Informational" ;;
        quiet) part="... without log lines" ;;
        *) part="$part/" ;;
        esac
        echo "| $part | $n | ${m4:-not measured} |"
    done <$out/x86-64.sizes
}

allocations() {
    if nm -u "$build/libisakmp.a" | grep -wE 'malloc|calloc|realloc|free|mmap|sbrk'; then
        echo "The library allocates memory."
        return 1
    fi
    echo "Allocations: 0 (libisakmp.a refers to no function that allocates)."
}

echo "Measured on: $(awk -F ': ' '/^model name/ { print $2; exit }' /proc/cpuinfo)," \
    "$(gcc --version | head -n 1), CPU time."
echo
echo "## Establishments (Main and Quick Mode, pre-shared key, both sides in one process)"
echo
echo "| group        | per second | ms a side |"
echo "|--------------|-----------:|----------:|"
"$bench" rate || exit 1
echo
own_work || exit 1
echo
echo "## Public-key operations of one phase 1 exchange (RSA, 2048 bits, keys given by hand)"
echo
echo "| method | side | with a private key | with a public key | sum | router handbook | ms |"
echo "|--------|------|------:|------:|------:|------:|------:|"
"$build/tests/bench/operations" || exit 1
echo
echo "## Reading a first message (aim: under 1 microsecond)"
echo
"$bench" decode || exit 1
echo
echo "## Arena (messages up to 1,500 octets, groups up to 2048 bits)"
echo
echo "| SAs, each with a child | exchanges at once | octets |"
echo "|-----:|-----:|-------:|"
"$bench" memory || exit 1
echo "(aim: at most 1,024)"
echo
many_sas || exit 1
echo
all_sizes || exit 1
echo
allocations
