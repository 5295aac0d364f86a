#!/bin/sh
# examples/readme.sh: the commands of the README's "Try it" do what they are there for.  Prints TAP.
set -u
. tests/examples/common.sh

# Each block of commands that ends with an initiator, one a line, in a file of its own.
awk -v dir="$dir" '
    /^## / { inside = $0 == "## Try it" }
    inside && /^    / { sub(/^    /, ""); block = block $0 "\n"; next }
    { if (block ~ /examples\/initiator/) printf "%s", block >(dir "/block" ++n); block = "" }
' README.md
mkdir "$dir/here" && ln -s "$(cd "$(dirname "$bin")" && pwd)" "$dir/here/build"

# play FILE: the first initiator ends well; the responder is left in the background.
play() {
    sed -e ':again' -e '/\\$/N; s/\\\n//; t again' "$1" | sed "s/:15500/:$port/" >"$1.lines"
    while read -r line; do
        case $line in
        *examples/responder*)
            (cd "$dir/here" && eval "exec $line") >"$dir/r" 2>&1 &
            pids="$pids $!"
            wait_for_responder "$dir/r"
            ;;
        *examples/initiator*) (cd "$dir/here" && eval "$line --once --timeout 10") >>"$dir/out" 2>"$dir/err" || return 1 ;;
        *examples/*) (cd "$dir/here" && eval "$line") >>"$dir/out" 2>&1 || return 1 ;;
        esac
    done <"$1.lines"
}
port=15560 blocks=0
for file in "$dir"/block*; do
    port=$((port + 1)) blocks=$((blocks + 1))
    : >"$dir/out"
    : >"$dir/err"
    play "$file" && wait_for_line "child with .* is up" "$dir/r"
    say $? "the README's commands work: $(grep examples/initiator "$file" | sed 's/.*15500 *//; s/[ \\]*$//')"
done
[ $blocks = 3 ]
say $? "the README has three ways to try it"
