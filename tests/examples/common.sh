# examples/common.sh: what the tests of the examples share; to be sourced.  Makes $dir, and removes it
# at the end with all that still runs.
# shellcheck shell=sh
bin=${BUILD:-build}/examples
dir=$(mktemp -d)
pids='' p=''
trap 'for p in $pids; do kill "$p" 2>/dev/null; done; rm -rf "$dir"' EXIT

say() { # say STATUS NAME
    if [ "$1" = 0 ]; then
        echo "ok - $2"
    else
        echo "not ok - $2"
        sed 's/^/#   /' "$dir"/out "$dir"/err 2>/dev/null
    fi
}

# wait_for_line WORDS FILE: until a program has printed it, for five seconds at most.
wait_for_line() {
    tries=0
    until grep -q -- "$1" "$2"; do
        tries=$((tries + 1))
        [ $tries = 100 ] && return 1
        sleep 0.05
    done
}

# Until a responder listens; what it prints goes to the file.
wait_for_responder() { wait_for_line waiting "$1"; }

# refused WORDS COMMAND...: status 2 and exactly one sentence, which has these words.
refused() {
    words=$1
    shift
    timeout 5 "$@" >"$dir/out" 2>"$dir/err" </dev/null
    [ $? = 2 ] && [ "$(wc -l <"$dir/err")" = 1 ] && [ ! -s "$dir/out" ] && grep -q -- "$words" "$dir/err"
    say $? "$(basename "$1") is refused with one sentence: $words"
}

# made NAME COMMAND...: isakmp-keygen ends with status 0 and nothing on stderr.
made() {
    name=$1
    shift
    "$bin/isakmp-keygen" "$@" >"$dir/out" 2>"$dir/err" && [ ! -s "$dir/err" ] && [ -s "$dir/out" ]
    say $? "isakmp-keygen makes $name"
}

# helps_with_all PROGRAM SOURCE: what it has just said of itself names all options that the source has.
helps_with_all() {
    grep -o '{"[a-z-]*", [01], NULL' "$2" | cut -d '"' -f 2 | while read -r option; do
        grep -q -e "^  --$option " "$dir/out" || echo "--$option is missing"
    done >"$dir/err"
    [ ! -s "$dir/err" ]
    say $? "$1 --help has all options"
}

# helps_truly PROGRAM: each option that --help names is one, and takes a value if it says so; no line is long.
helps_truly() {
    "$bin/$1" --help | grep '^  --' | cut -c 1-27 | awk '{ print $1, (NF > 1 ? "value" : "") }' >"$dir/options"
    grep -v -e '^--help ' "$dir/options" | while read -r option value; do
        "$bin/$1" "$option" ${value:+""} >"$dir/answer" 2>&1 </dev/null
        grep -q "is not an option\|needs a value" "$dir/answer" && cat "$dir/answer"
        "$bin/$1" "$option=" >"$dir/answer" 2>&1 </dev/null
        [ -n "$value" ] || grep -q "is not an option" "$dir/answer" || echo "$option takes a value"
    done >"$dir/err"
    [ ! -s "$dir/err" ] && [ "$(wc -l <"$dir/options")" -ge 35 ] && [ "$("$bin/$1" --help | wc -L)" -le 100 ]
    say $? "$1 --help names options that there are"
}

# pair NAME INITIATOR-OPTIONS -- RESPONDER-OPTIONS: both end well, and mirror each other.
pair() {
    name=$1 a='' port=$((15600 + $(echo "$pids" | wc -w)))
    shift
    while [ "$1" != -- ]; do
        a="$a $1"
        shift
    done
    shift
    # shellcheck disable=SC2086
    "$bin/responder" --local 127.0.0.2:$port --once --timeout 15 "$@" >"$dir/r" 2>&1 &
    responder=$!
    pids="$pids $responder"
    wait_for_responder "$dir/r"
    # shellcheck disable=SC2086
    "$bin/initiator" --local 127.0.0.1:0 --remote 127.0.0.2:$port --once --timeout 15 $a \
        >"$dir/out" 2>"$dir/err"
    status=$?
    wait $responder || status=1
    grep -E '^  (in|out) +spi' "$dir/out" | sed 's/^  [a-z]* *//' | sort >"$dir/a"
    grep -E '^  (in|out) +spi' "$dir/r" | sed 's/^  [a-z]* *//' | sort >"$dir/b"
    [ -s "$dir/a" ] && cmp -s "$dir/a" "$dir/b" || status=1
    say $status "$name"
}

# not_believed NAME WORDS INITIATOR-OPTIONS -- RESPONDER-OPTIONS: the responder ends with status 1 and a
# sentence that has these words, and the initiator with status 1.
not_believed() {
    name=$1 words=$2 a='' port=$((15600 + $(echo "$pids" | wc -w)))
    shift 2
    while [ "$1" != -- ]; do
        a="$a $1"
        shift
    done
    shift
    timeout 10 "$bin/responder" --local 127.0.0.2:$port --once --timeout 60 "$@" >"$dir/r" 2>&1 &
    responder=$!
    pids="$pids $responder"
    wait_for_responder "$dir/r"
    # shellcheck disable=SC2086
    timeout 10 "$bin/initiator" --local 127.0.0.1:0 --remote 127.0.0.2:$port --once --timeout 5 $a \
        >"$dir/out" 2>"$dir/err"
    i=$?
    wait $responder
    [ $? = 1 ] && [ $i = 1 ] && [ "$(grep -Ec "^ *[0-9.]+  (refused what the peer at .* sent|ISAKMP SA .* is down): $words" "$dir/r")" = 1 ]
    good=$?
    [ $good = 0 ] || cat "$dir/r" >>"$dir/err"
    say $good "$name"
}
