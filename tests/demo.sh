#!/bin/sh
# demo.sh EXAMPLES-DIR: a responder and an initiator negotiate over UDP on this machine, both show what
# they have, and the two sides' SAD entries are compared.
set -u
bin=$1
dir=$(mktemp -d)
responder=
trap '[ -z "$responder" ] || kill "$responder" 2>/dev/null; rm -rf "$dir"' EXIT

common="--psk demo-pre-shared-key --ike aes256-sha256-modp2048 --esp aes128-sha1-modp2048 --once --timeout 20"
# A responder on the first port that no other program has.
listen() {
    # shellcheck disable=SC2086
    "$bin/responder" --local 127.0.0.2:"$1" $common \
        --local-net 10.2.0.0/16 --remote-net 10.1.0.0/16 >"$dir/responder" 2>&1 &
    responder=$!
    until grep -q waiting "$dir/responder"; do
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
