#!/bin/sh
# demo.sh EXAMPLES-DIR: a responder and an initiator negotiate over UDP on this machine, both show what
# they have, and the two sides' SAD entries are compared; then two routers do the same, configured in the
# routers' own language.
set -u
bin=$1
dir=$(mktemp -d)
responder='' left='' right=''
# shellcheck disable=SC2317 # called by the trap
stop() {
    for p in $responder $left $right; do kill "$p" 2>/dev/null; done
    rm -rf "$dir"
}
trap stop EXIT

common="--psk demo-pre-shared-key --ike aes256-sha256-modp2048 --esp aes128-sha1-modp2048 --once --timeout 20"
# A responder on the first port that no other program has.
listen() {
    # shellcheck disable=SC2086
    "$bin/responder" --local 127.0.0.2:"$1" $common \
        --local-net 10.2.0.0/16 --remote-net 10.1.0.0/16 >"$dir/responder" 2>&1 &
    responder=$!
    until grep -q waiting "$dir/responder" 2>/dev/null; do
        kill -0 "$responder" 2>/dev/null || break
        sleep 0.05
    done
    grep -q waiting "$dir/responder"
}
port=15500
until listen $port || ! grep -q "in use" "$dir/responder" || [ $port -ge 15600 ]; do
    port=$((port + 10))
done
# shellcheck disable=SC2086
"$bin/initiator" --local 127.0.0.1:0 --remote 127.0.0.2:$port $common \
    --local-net 10.1.0.0/16 --remote-net 10.2.0.0/16 >"$dir/initiator" 2>&1
i=$?
wait "$responder"
r=$?
responder=

echo "==== initiator (127.0.0.1, 10.1.0.0/16)"
cat "$dir/initiator"
echo "==== responder (127.0.0.2, 10.2.0.0/16)"
cat "$dir/responder"
if [ $i != 0 ] || [ $r != 0 ]; then
    echo "The demo failed: the initiator ended with status $i, the responder with $r."
    exit 1
fi

# An entry that is "in" on one side must be "out" on the other, and the same in all else.
sad() { grep -E '^  (in|out) +spi' "$1" | sed 's/  */ /g'; }
sad "$dir/initiator" | sort >"$dir/a"
sad "$dir/responder" | sed 's/^ in /@out /; s/^ out /@in /; s/^@/ /' | sort >"$dir/b"
if [ "$(wc -l <"$dir/a")" = 2 ] && cmp -s "$dir/a" "$dir/b"; then
    echo "==== The two sides' SAD entries mirror each other: same SPIs, addresses, algorithms and keys."
else
    echo "==== The two sides' SAD entries do NOT mirror each other."
    exit 1
fi

# ---- Two routers ------------------------------------------------------------------------------------

# router NAME PORT OPTION...: one with examples/ios/NAME.cfg, on 127.0.0.33 or .34; packets do not pass, and SAs
# are written down.
router() {
    "$bin/router" --config "examples/ios/$1.cfg" --port-base "$2" --sa-log "$dir/$1.sa" --control "$dir/$1" \
        --flow 10.1.0.1,10.2.0.1 </dev/null >"$dir/$1.out" 2>&1 &
}
# until_true SECONDS COMMAND...
until_true() {
    tries=$(($1 * 20))
    shift
    until "$@"; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] || return 1
        sleep 0.05
    done
}
# Do both run?
two_routers() {
    router left "$1"
    left=$!
    router right "$1"
    right=$!
    until_true 5 test -S "$dir/left" -a -S "$dir/right" && kill -0 $left && kill -0 $right
}
ask() { "$bin/router" --control "$dir/$1" --exec "$2"; }
both_have_sas() { [ "$(cat "$dir/left.sa" "$dir/right.sa" | grep -c "^ip xfrm state add")" = 4 ]; }

port=15700
until two_routers $port 2>/dev/null || [ $port -ge 15800 ]; do
    kill $left $right 2>/dev/null
    port=$((port + 10))
done
if ! until_true 20 both_have_sas; then
    cat "$dir/left.out" "$dir/right.out"
    echo "The routers' demo failed: they have no SAs."
    exit 1
fi
for r in left right; do
    echo
    for command in "show crypto isakmp policy" "show crypto isakmp sa" "show crypto ipsec sa"; do
        [ $r = right ] && [ "$command" = "show crypto isakmp policy" ] && continue
        echo "$r# $command"
        ask $r "$command"
    done
done
# The same SAs on both sides, but for the names that policies know them by.
for r in left right; do grep "^ip xfrm state add" "$dir/$r.sa" | sed 's/reqid [0-9]*//; s/replay-window [0-9]*//' | sort >"$dir/$r.sad"; done
if cmp -s "$dir/left.sad" "$dir/right.sad"; then
    echo "==== Both routers have the same SAs; as commands for a kernel (left):"
    cat "$dir/left.sa"
else
    echo "==== The routers' SAs are NOT the same."
    exit 1
fi
