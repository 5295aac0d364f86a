#!/bin/sh
# examples/hybrid.sh: the examples with hybrid authentication.  Prints TAP.
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
echo "password of carol" >"$dir/carol"
user="--xauth-user carol --xauth-password-file $dir/carol"

# shellcheck disable=SC2086
{
    refused "--ca FILE or --peer-pubkey FILE is needed" "$bin/initiator" --remote 127.0.0.1 --auth hybrid
    refused "--key and --cert are of no use to a client" "$bin/initiator" --remote 127.0.0.1 $gate --ca $ca
    refused "--key FILE is needed with --auth" "$bin/responder" --auth hybrid
    refused "--ca is of no use with this --auth" "$bin/responder" $gate --ca $ca
    refused "--peer-pubkey is of no use to a gateway" "$bin/responder" $gate --peer-pubkey "$dir/gate.pub"
    refused "is one for --auth ecdsa256, not for --auth hybrid" "$bin/responder" --auth hybrid \
        --key "$dir/ec.key" --cert "$dir/ec.pem" $user
    refused "--psk is of no use without psk" "$bin/responder" --psk k $gate
    refused "--xauth-user NAME is needed with this --auth: who our user is" "$bin/initiator" --remote 127.0.0.1 \
        --auth hybrid --ca $ca
    refused "--xauth-user NAME is needed with this --auth: whom to let in" "$bin/responder" $gate
}

port=15590
# shellcheck disable=SC2086
"$bin/responder" --local 127.0.0.2:$port $gate $user >"$dir/r" 2>&1 &
pids="$pids $!"
wait_for_responder "$dir/r"

# client STATUS NAME MODE WORDS OPTION...: it ends with the status and a line that has these words.
client() {
    wanted=$1 name=$2 mode=$3 words=$4
    shift 4
    timeout 10 "$bin/initiator" --local 127.0.0.1:0 --remote 127.0.0.2:$port --mode "$mode" --auth hybrid \
        --once --timeout 5 "$@" >"$dir/out" 2>"$dir/err"
    [ $? = "$wanted" ] && [ ! -s "$dir/err" ] && grep -q "$words" "$dir/out" &&
        [ "$(grep -c "SA .* is up" "$dir/out")" = $((1 - wanted)) ]
    say $? "$name, $mode"
}
for mode in main aggressive; do
    # shellcheck disable=SC2086
    {
        client 0 "hybrid, by a CA" $mode "child with .* is up" --ca "$ca" $user
        grep -q "127.0.0.2:$port *up *initiator .* hybrid-init-rsa, identity dn CN=gate," "$dir/out"
        say $? "... and the table shows the method and who the gateway is"
        client 0 "hybrid, by a public key" $mode "child with .* is up" --peer-pubkey "$dir/gate.pub" $user
        client 1 "hybrid, another CA: the gateway is not believed" $mode "no CA that is trusted here vouches" \
            --ca "$dir/other.pem" $user
        client 1 "hybrid, another name: the gateway is not believed" $mode "the peer's identity is not the one" \
            --ca "$ca" --peer-id dn:CN=other $user
    }
    client 1 "hybrid, a wrong password" $mode "is down: the user was not authenticated" --ca "$ca" \
        --xauth-user carol --xauth-password "password of Carol"
    client 1 "hybrid, another user" $mode "is down: the user was not authenticated" --ca "$ca" \
        --xauth-user dave --xauth-password-file "$dir/carol"
done
[ "$(grep -c "SA .* of user carol is up" "$dir/r")" = 4 ] && [ "$(grep -c "SA .* is up" "$dir/r")" = 4 ] &&
    [ "$(grep -c "SA .* is down: the user was not authenticated" "$dir/r")" = 4 ] &&
    grep -q 'up *responder .* hybrid-init-rsa, identity [^,]*, .*, user "carol"' "$dir/r" && ! grep -q "assword" "$dir/r"
good=$?
[ $good = 0 ] || cat "$dir/r" >>"$dir/err"
say $good "the gateway knows the user of each client, lets nobody else in, and goes on"
