#!/bin/sh
# examples/many.sh: a responder and many initiators at once, each with SAs of its own.  Prints TAP.
set -u
. tests/examples/common.sh
N=8

"$bin/responder" --local 127.0.0.2:15585 --psk k --local-net 10.2.0.0/16 --remote-net 10.1.0.0/16 >"$dir/r" 2>&1 &
pids="$pids $!"
wait_for_responder "$dir/r"
for n in $(seq $N); do
    "$bin/initiator" --local "127.0.1.$n:0" --remote 127.0.0.2:15585 --psk k --id "fqdn:client$n.example" \
        --local-net "10.1.$n.0/24" --remote-net 10.2.0.0/16 >"$dir/i$n" 2>&1 &
    pids="$pids $!" clients="${clients:-} $!"
done

# last_table FILE: the last one that it shows.
last_table() { awk '/^ISAKMP SA$/ { text = "" } { text = text $0 "\n" } END { printf "%s", text }' "$1"; }

# All of them are there at the same time: in the last table, each with its identity, address and networks.
status=0 tries=0
until [ "$(grep -c 'child with .* is up' "$dir/r")" = $N ] || [ $tries = 200 ]; do
    tries=$((tries + 1))
    sleep 0.05
done
sleep 0.1
last_table "$dir/r" >"$dir/out"
cp "$dir/r" "$dir/err"
for n in $(seq $N); do
    grep -q "^  127.0.1.$n:[0-9]* *up .*identity fqdn client$n.example," "$dir/out" &&
        grep -q "^  10.2.0.0/16 === 10.1.$n.0/24  up, .*, with 127.0.1.$n:" "$dir/out" &&
        [ "$(grep -c "^  in  *spi .* 127.0.1.$n > 127.0.0.2 " "$dir/out")" = 1 ] || status=1
done
[ "$(grep -c '^  127.0.1' "$dir/out")" = $N ] || status=1
say $status "$N clients at once are all up, and shown with what each has"

# The SAs of each client are the responder's for that client, and nobody else's.
status=0
sad() { grep -E '^  (in|out) +spi' "$1" | sed 's/^  [a-z]* *//' | sort; }
for n in $(seq $N); do
    wait_for_line "^  out  *spi" "$dir/i$n" || status=1
    sad "$dir/i$n" >"$dir/a"
    sad "$dir/out" | grep "127\.0\.1\.$n " >"$dir/b"
    [ "$(wc -l <"$dir/a")" = 2 ] && cmp -s "$dir/a" "$dir/b" || status=1
done
[ "$(sad "$dir/out" | sed 's/.*key check//' | sort -u | wc -l)" = $((2 * N)) ] || status=1
say $status "each client has the same SAs as the responder has for it, with keys of its own"

# One goes, the others stay.
# shellcheck disable=SC2086
kill "${clients##* }"
wait_for_line "ISAKMP SA with 127.0.1.$N:.* is down: the peer deleted it" "$dir/r"
status=$?
sleep 0.1
last_table "$dir/r" >"$dir/out"
[ "$(grep -c '^  127.0.1.*up' "$dir/out")" = $((N - 1)) ] && [ "$(sad "$dir/out" | wc -l)" = $((2 * N - 2)) ] &&
    ! grep -q "127\.0\.1\.${N}[: ]" "$dir/out" || status=1
say $status "one client goes, and only its SAs go with it"

# ---- Clients, each with its own user and address ------------------------------------------------------------

users=$(for n in $(seq $N); do echo "--xauth-user user$n --xauth-password pw$n"; done)
# shellcheck disable=SC2086
"$bin/responder" --local 127.0.0.2:15584 --auth xauth-psk --psk k $users --pool 10.9.0.1-10.9.0.$((N - 1)) \
    --local-net 10.2.0.0/16 >"$dir/r" 2>&1 &
pids="$pids $!"
wait_for_responder "$dir/r"
# client N OPTION...
client() {
    n=$1
    shift
    "$bin/initiator" --local "127.0.1.$n:0" --remote 127.0.0.2:15584 --auth xauth-psk --psk k --xauth-user "user$n" \
        --xauth-password "pw$n" --mode-config pull --remote-net 10.2.0.0/16 "$@" >"$dir/i$n" 2>&1 &
    pids="$pids $!" client=$!
}
given() { sed -n 's/.*we have from .* the address //p' "$dir/i$1"; }
clients=''
for n in $(seq $((N - 1))); do
    client "$n"
    clients="$clients $client"
done
status=0
for n in $(seq $((N - 1))); do
    wait_for_line "child with .* is up" "$dir/i$n" && wait_for_line "^  out  *spi" "$dir/i$n" || status=1
done
wait_for_line "=== 10.9.0.*up" "$dir/r" || status=1
sleep 0.1
last_table "$dir/r" >"$dir/out"
cp "$dir/r" "$dir/err"
for n in $(seq $((N - 1))); do
    grep -q "^  127.0.1.$n:.* user \"user$n\", it has $(given "$n")\$" "$dir/out" &&
        grep -q "^  10.2.0.0/16 === $(given "$n")  up, .*, with 127.0.1.$n:" "$dir/out" || status=1
done
for n in $(seq $((N - 1))); do given "$n"; done | sort -u >"$dir/given"
[ "$(wc -l <"$dir/given")" = $((N - 1)) ] && ! grep -qv '^10\.9\.0\.[1-7]$' "$dir/given" || status=1
say $status "clients at once have each its own user and address, and protect that"

# One more than there are addresses for; then one of the others goes, and comes back.
client $N --once --timeout 15
wait_for_line "there is no configuration with 127.0.0.2" "$dir/i$N"
say $? "when all addresses are taken, the next client is told so"
first=$(given 1)
# shellcheck disable=SC2046,SC2086
kill $(echo $clients | cut -d ' ' -f 1)
wait_for_line "the client at 127.0.1.1:.* has no longer the address $first" "$dir/r"
status=$?
client 1
wait_for_line "we have from .* the address $first" "$dir/i1" || status=1
say $status "an address comes back when its client goes, and is the same user's again"
