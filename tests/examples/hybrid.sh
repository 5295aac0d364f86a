#!/bin/sh
# examples/hybrid.sh: the examples with hybrid authentication, as far as it goes.  Prints TAP.
set -u
. tests/examples/common.sh

k=$bin/isakmp-keygen
ca=$dir/ca.pem
made "a CA" ca --out "$dir/ca"
made "another CA" ca --out "$dir/other"
made "the certificate of a gateway" cert --ca "$dir/ca" --out "$dir/gate"
made "one of the other CA" cert --ca "$dir/other" --out "$dir/alien" --name CN=gate
made "an EC certificate" cert --ca "$dir/ca" --out "$dir/ec" --type p256
"$k" pubkey --key "$dir/gate.key" --out "$dir/gate.pub" >"$dir/out" 2>&1
gate="--auth hybrid --key $dir/gate.key --cert $dir/gate.pem"

# shellcheck disable=SC2086
{
    refused "--ca FILE or --peer-pubkey FILE is needed" "$bin/initiator" --remote 127.0.0.1 --auth hybrid
    refused "--key and --cert are of no use to a client" "$bin/initiator" --remote 127.0.0.1 $gate --ca $ca
    refused "--key FILE is needed with --auth" "$bin/responder" --auth hybrid
    refused "--ca is of no use with this --auth" "$bin/responder" $gate --ca $ca
    refused "--peer-pubkey is of no use to a gateway" "$bin/responder" $gate --peer-pubkey "$dir/gate.pub"
    refused "is one for --auth ecdsa256, not for --auth hybrid" "$bin/responder" --auth hybrid \
        --key "$dir/ec.key" --cert "$dir/ec.pem"
    refused "--psk is of no use without psk" "$bin/responder" --psk k $gate
}

# client NAME MODE WORDS OPTION...: it ends with status 1 and a line that has these words, and the gateway
# has heard of it, or not.
port=15590
# shellcheck disable=SC2086
"$bin/responder" --local 127.0.0.2:$port $gate >"$dir/r" 2>&1 &
pids="$pids $!"
wait_for_responder "$dir/r"
client() {
    name=$1 mode=$2 words=$3
    shift 3
    timeout 10 "$bin/initiator" --local 127.0.0.1:0 --remote 127.0.0.2:$port --mode "$mode" --auth hybrid \
        --timeout 5 "$@" >"$dir/out" 2>"$dir/err"
    [ $? = 1 ] && [ ! -s "$dir/err" ] && grep -q "$words" "$dir/out" && ! grep -q "SA .* is up" "$dir/out"
    say $? "$name, $mode"
}
there="the gateway at 127.0.0.2:$port is authentic, but the user cannot be authenticated yet"
for mode in main aggressive; do
    client "hybrid, by a CA: the gateway is authentic" $mode "$there" --ca "$ca"
    grep -q "127.0.0.2:$port .*awaits user initiator .* hybrid-init-rsa, identity dn CN=gate," "$dir/out"
    say $? "... and the table shows the state, the method and who the gateway is"
    client "hybrid, by a public key: the gateway is authentic" $mode "$there" --peer-pubkey "$dir/gate.pub" --once
    client "hybrid, another CA: the gateway is not believed" $mode "no CA that is trusted here vouches" \
        --ca "$dir/other.pem" --once
    client "hybrid, another name: the gateway is not believed" $mode "the peer's identity is not the one" \
        --ca "$ca" --peer-id dn:CN=other --once
done
[ "$(grep -c "a client at 127.0.0.1:.* is there, but its user cannot be authenticated yet" "$dir/r")" -ge 4 ] &&
    grep -q "awaits user responder .* hybrid-init-rsa, identity not known," "$dir/r" &&
    ! grep -q "SA .* is up" "$dir/r"
good=$?
[ $good = 0 ] || cat "$dir/r" >>"$dir/err"
say $good "the gateway says so of each client, and goes on"
