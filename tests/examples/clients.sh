#!/bin/sh
# examples/clients.sh: the examples as client and gateway, with XAUTH and Mode Config; and what else peers say of
# themselves.  Prints TAP.
set -u
. tests/examples/common.sh

k=$bin/isakmp-keygen
made "a CA" ca --out "$dir/ca"
made "the certificate of a gateway" cert --ca "$dir/ca" --out "$dir/gate"
made "that of a client" cert --ca "$dir/ca" --out "$dir/me"
"$k" pubkey --key "$dir/gate.key" --out "$dir/gate.pub" >"$dir/out" 2>&1
printf 'pass word\nwhatever follows\n' >"$dir/joe"
joe="--xauth-user joe --xauth-password-file $dir/joe"
ann="--xauth-user ann --xauth-password apw"

# both WORDS WORDS: the initiator has said the ones, the responder the others.
both() {
    cp "$dir/r" "$dir/err"
    grep -q -- "$1" "$dir/out" && grep -q -- "$2" "$dir/r"
    say $? "... $3"
}

# shellcheck disable=SC2086
{
    pair "xauth-psk, the second of two users" --auth xauth-psk --psk k $ann -- --auth xauth-psk --psk k \
        --xauth-user joe --xauth-password x $ann
    both "xauth-init-psk, identity 127.0.0.2" 'xauth-init-psk, .*, user "ann"$' "the gateway shows who it is"
    pair "xauth-rsa" --auth xauth-rsa --ca "$dir/ca.pem" --cert "$dir/me.pem" --key "$dir/me.key" $joe --mode \
        aggressive -- --auth xauth-rsa --ca "$dir/ca.pem" --cert "$dir/gate.pem" --key "$dir/gate.key" $joe
    both "xauth-init-rsa, identity dn CN=gate" 'xauth-init-rsa, identity dn CN=me, .*, user "joe"$' \
        "the gateway shows who it is"
    pair "XAUTH though the method does not say so" --psk k $joe -- --psk k $joe
    both " psk, identity 127.0.0.2" ' psk, .*, user "joe"$' "the gateway shows who it is"
    pair "the gateway speaks xauth-psk and psk, the client psk" --psk k -- --auth xauth-psk,psk --psk k $joe

    not_believed "xauth-psk, a wrong password" "the user was not authenticated" --auth xauth-psk --psk k \
        --xauth-user joe --xauth-password pass -- --auth xauth-psk --psk k $joe
    ! grep -q "pass" "$dir/r"
    say $? "... which the gateway does not show"
    grep -q 'the client at 127.0.0.1:[0-9]* says that it is user "joe", and cannot prove it' "$dir/r"
    say $? "... but whose it is said to be"
    not_believed "xauth-psk, another's password" "the user was not authenticated" --auth xauth-psk --psk k \
        --xauth-user joe --xauth-password apw -- --auth xauth-psk --psk k $joe $ann
    not_believed "a gateway that asks all lets no client in that has no user" "the peer does not know XAUTH" \
        --psk k -- --psk k $joe

    pair "Mode Config, the client asks" --psk k --mode-config pull -- --psk k --pool 10.9.0.7-10.9.0.9 \
        --dns 10.9.0.53 --dns 10.9.0.54
    both "we have from 127.0.0.2:.* the address 10.9.0.7" "the client at 127.0.0.1:.* has the address 10.9.0.7" \
        "both say what it has"
    both "^ *ip4 dns 10.9.0.54" "identity 127.0.0.1, .*, it has 10.9.0.7" "and both name servers"
    both "^  10.9.0.7 === 127.0.0.2  up" "^  127.0.0.2 === 10.9.0.7  up" "and what is protected is its address"
    pair "Mode Config, the gateway begins" --psk k --mode-config push -- --psk k --mode-config push \
        --pool 10.9.0.7-10.9.0.7
    both "we have from 127.0.0.2:.* the address 10.9.0.7" "it has 10.9.0.7" "both say what it has"
    pair "XAUTH and Mode Config, a net of the gateway's" --auth xauth-psk --psk k $ann --mode-config pull \
        --remote-net 10.2.0.0/16 -- --auth xauth-psk --psk k $ann --pool 10.9.0.1-10.9.0.1 --local-net 10.2.0.0/16
    both "^  10.9.0.1 === 10.2.0.0/16  up" 'user "ann", it has 10.9.0.1' "who it is, and what it has"

    # Nobody is given the only address twice; with push there is none, and the client says so.
    pair "a client may do without an address" --psk k --mode-config pull -- --psk k
    grep -q "there is no configuration with 127.0.0.2" "$dir/out"
    say $? "... it says that there is none"

    pair "commit bit" --psk k --commit -- --psk k --commit
    both "says CONNECTED" "child with .* is up" "the responder says when it is ready"
    pair "no anti-replay window on one side" --psk k --replay-window off -- --psk k --replay-window 1024
    both "child with .* is up" "says REPLAY-STATUS" "the other one is told"
    pair "restart, recovery, rekeying: all at once" --psk k --restart --recover --rekey --dpd 20 -- --psk k --recover \
        --rekey --restart
}
# An address that nobody here has: then all is read, and nothing begun.
for profile in $("$bin/initiator" --remote 127.0.0.1 --psk k --peer-profile "?" 2>&1 | sed 's/.*one of//; s/, not.*//; s/,//g'); do
    "$bin/initiator" --local 203.0.113.9:0 --remote 127.0.0.1:9 --psk k --peer-profile "$profile" --verbose \
        >"$dir/out" 2>"$dir/err"
    grep -q "^$profile: " "$dir/out" && grep -q "203.0.113.9" "$dir/err"
    say $? "--peer-profile $profile is known, and --verbose says what it is"
done
