#!/bin/sh
# router/check.sh: what two routers negotiate that are configured in the routers' language.  Prints TAP.
# The functions are called by check():
# shellcheck disable=SC2317
set -u
. tests/router/lib.sh
. tests/router/keys.sh

PSK="crypto isakmp policy 10
 authentication pre-share
 encryption aes
 group 14
 lifetime 3600"
# psk NAME: that and the key for the other router.
psk() {
    echo "$PSK"
    echo "crypto isakmp key a-long-and-random-one address $(address "$(other "$1")")"
}
# psk_both [LINES]
psk_both() {
    for r in left right; do { psk $r; echo "${1:-}"; } | conf $r; done
    start_both
}
# agreed SUITE [MORE]: both sides say so, and right says more.
agreed() { said left "agreed on $1" && said right "agreed on $1${2:-}"; }

# ---- Methods of authentication -----------------------------------------------------------------

psk_both
check "pre-shared key" same_sas
check "... with anti-replay" grep -q "^ip xfrm state add .* replay-window 32 " "$RUN/left.sa"
check "... with the suite of the policy" agreed "aes128-sha1-modp2048 psk, 3600 seconds"
check "show crypto isakmp sa, where it began" shows left "show crypto isakmp sa" "^127.0.0.34 +127.0.0.33 +QM_IDLE +1 "
check "show crypto isakmp sa, where it was answered" shows right "show crypto isakmp sa" "^127.0.0.34 +127.0.0.33 +QM_IDLE"
check "show crypto ipsec sa" shows right "show crypto ipsec sa" "transform: esp-aes esp-sha-hmac"
end

for r in left right; do
    conf $r <<X
crypto isakmp policy 10
 authentication pre-share
 encryption aes
 group 14
crypto isakmp identity hostname
ip host $(other $r).example.com $(address "$(other $r)")
crypto isakmp key of-a-name hostname $(other $r).example.com
X
done
start_both
check "pre-shared key of a host name, with ip host in Main Mode" same_sas
check "... by Main Mode" said left "Main Mode, message 6 received"
end

for r in left right; do
    PEER=$(other $r).example.com conf $r <<X
crypto isakmp policy 10
 authentication pre-share
 encryption aes
 group 14
crypto isakmp identity hostname
ip host $(other $r).example.com $(address "$(other $r)")
crypto isakmp key of-a-name hostname $(other $r).example.com
X
done
start_both
check "a peer that a map has by its host name" same_sas
end

make_ca ca
for r in left right; do make_cert ca $r; done
# with_keys: both, each with its private key.
with_keys() {
    start right --keys "$RUN/right.key" "$@" && start left --keys "$RUN/left.key" --flow 10.1.0.1,10.2.0.1 "$@"
}
SIG="crypto isakmp policy 20
 encryption aes
 group 14"
for identity in address hostname dn; do
    for r in left right; do { trust $r; echo "$SIG"; echo "crypto isakmp identity $identity"; } | conf $r; done
    with_keys
    check "RSA signatures, certificates as PEM, identity $identity" same_sas
    case $identity in
    address) who="127.0.0.33" ;;
    hostname) who="left.example.com" ;;
    dn) who="O=Example, CN=left" ;;
    esac
    check "... by signatures, and known as $who" agreed "aes128-sha1-modp2048 rsa-sig" ".* $who$"
    end
done
for r in left right; do { CHECK=crl trust $r; echo "$SIG"; } | conf $r; done
with_keys
check "revocation-check crl without a list: nobody is believed" said left "ISAKMP SA .*down|revocation"
end
"$BUILD/examples/isakmp-keygen" crl --ca "$RUN/ca" --out "$RUN/crl" >/dev/null
with_keys --crl "$RUN/crl"
check "... with a list that names nobody" same_sas
end
"$BUILD/examples/isakmp-keygen" crl --ca "$RUN/ca" --out "$RUN/crl2" --revoke "$RUN/left.pem" >/dev/null
with_keys --crl "$RUN/crl2"
check "... with a list that names the peer" said right "revoked"
end

# Keys made here, shown by one router and typed in at the other.
ENCR="crypto isakmp policy 10
 authentication rsa-encr
 encryption aes
 group 14"
exchange_keys() {
    type_in left "crypto key generate rsa modulus 2048" && type_in right "crypto key generate rsa modulus 2048" &&
        type_in_key left right "addressed-key $(address right)" &&
        type_in_key right left "named-key left.example.com
address $(address left)"
}
# Identities are addresses at first; left has right's key for its address, right has left's for its name.
for r in left right; do
    { echo "$ENCR"; echo "crypto isakmp identity hostname"; } | conf $r
done
echo "ip host left.example.com 127.0.0.33" >>"$RUN/right.cfg"
start right --keys "$RUN/right.rsa"
start left --keys "$RUN/left.rsa" --flow 10.1.0.1,10.2.0.1
check "keys made and exchanged by hand, with key-string: encrypted nonces" exchange_keys
check "... make SAs" same_sas
check "... by encrypted nonces" agreed "aes128-sha1-modp2048 rsa-encr" ".* left.example.com$"
kept_key() {
    before=$(hex left)
    ! type_in left "crypto key generate rsa modulus 360" && [ -n "$before" ] && [ "$(hex left)" = "$before" ]
}
check "a key that cannot be made leaves the one there was" kept_key
check "show crypto key pubkey-chain rsa" shows right "show crypto key pubkey-chain rsa" "left.example.com"
for r in left right; do ask $r "show running-config" >"$RUN/$r.again"; done
end
for r in left right; do cp "$RUN/$r.again" "$RUN/$r.cfg"; done
start right --keys "$RUN/right.rsa"
start left --keys "$RUN/left.rsa" --flow 10.1.0.1,10.2.0.1
check "... and again after a restart, from show running-config and the keys that were kept" same_sas
end

# The same keys for signatures: without any CA.
for r in left right; do { grep -v "^end" "$RUN/$r.again"; echo "crypto isakmp policy 10
 authentication rsa-sig"; } >"$RUN/$r.cfg"; done
start right --keys "$RUN/right.rsa"
start left --keys "$RUN/left.rsa" --flow 10.1.0.1,10.2.0.1
check "public keys exchanged by hand, RSA signatures" same_sas
check "... by signatures" agreed "aes128-sha1-modp2048 rsa-sig" ".* left.example.com$"
type_in left "crypto key generate rsa usage-keys modulus 1024"
check "usage-keys: a key for signatures" shows left "show crypto key mypubkey rsa" "Usage: Signature Key"
check "... and one for encryption" shows left "show crypto key mypubkey rsa" "Usage: Encryption Key"
check "... which are two" sh -c '[ "$1" != "$2" ] && [ -n "$1" ]' sh "$(hex left Signature)" "$(hex left Encryption)"
end

# Two policies: nobody has the other's key, so the first negotiation is by signatures; they bring certificates.
for r in left right; do { trust $r; echo "$ENCR"; echo "$SIG"; } | conf $r; done
with_keys
check "two policies, encrypted nonces before signatures: the first negotiation" same_sas
check "... is by signatures" agreed "aes128-sha1-modp2048 rsa-sig"
check "show crypto key pubkey-chain rsa, of what was learnt" shows left "show crypto key pubkey-chain rsa" \
    "^C     Encrypt      127.0.0.34       127.0.0.34"
type_in left "ip host elsewhere 192.0.2.1"
ask left "clear crypto isakmp"
check "... the next one" same_sas 4
check "... is by encrypted nonces" agreed "aes128-sha1-modp2048 rsa-encr"
# Right has another key now, and left's by hand, so that it agrees to encrypted nonces.
"$BUILD/examples/isakmp-keygen" cert --ca "$RUN/ca" --out "$RUN/right2" --usage general --name "O=Example, CN=right" \
    --id "$(address right)" >/dev/null
{
    trust right2
    echo "$ENCR
$SIG
crypto key pubkey-chain rsa
 addressed-key $(address left)
  key-string
$(hex left)
  quit"
} >"$RUN/again"
kill "$(cat "$RUN/right.pid")"
said left "ISAKMP SA .* is down"
conf right <"$RUN/again"
start right --keys "$RUN/right2.key"
: >"$RUN/left.out"
check "a peer with another key: what was learnt is forgotten, and the next one is by signatures" said left \
    "agreed on aes128-sha1-modp2048 rsa-sig" 60
check "... and makes SAs" until_true 10 grep -q "^ip xfrm state add" "$RUN/right.sa"
end

# The same with a key for each use, whose certificates are in trustpoints of their own.
for r in left right; do
    make_cert ca $r signature && make_cert ca $r encryption
    cat "$RUN/$r-signature.key" "$RUN/$r-encryption.key" >"$RUN/$r-both.key"
    { trust $r-signature; trust $r-encryption | sed "s/office/bureau/"; echo "$ENCR"; echo "$SIG"; } | conf $r
done
start right --keys "$RUN/right-both.key" && start left --keys "$RUN/left-both.key" --flow 10.1.0.1,10.2.0.1
check "usage keys, and two policies: the first negotiation" same_sas
check "... is by signatures" agreed "aes128-sha1-modp2048 rsa-sig"
# The first octets of a modulus are like no other's.
learnt_key() {
    wanted=$(hex right "$1" | sed -n 2p)
    [ -n "$wanted" ] && ask left "show crypto key pubkey-chain rsa address 127.0.0.34" | grep -qx "$wanted"
}
not_learnt() { ! learnt_key "$1"; }
check "... and brings the other's key for encryption" learnt_key Encryption
check "... that for signatures is not kept" not_learnt Signature
ask left "clear crypto isakmp"
check "... the next one" same_sas 4
check "... is by encrypted nonces" agreed "aes128-sha1-modp2048 rsa-encr"
end

# ---- Policies -----------------------------------------------------------------------------------

# policy NUMBER LINE...
policy() {
    echo "crypto isakmp policy $1"
    echo " authentication pre-share"
    shift
    for line in "$@"; do echo " $line"; done
}
key() { echo "crypto isakmp key a-long-and-random-one address $(address "$(other "$1")")"; }

{ policy 10 "encryption 3des" "group 2"; policy 20 "encryption aes" "group 14"; key left; } | conf left
{ policy 5 "encryption aes" "group 14"; policy 30 "encryption 3des" "group 2"; key right; } | conf right
start_both
check "the remote peer compares its own highest priority first" agreed "aes128-sha1-modp2048 psk"
end

for what in "encryption aes 256" "hash md5" "group 2" "authentication rsa-sig"; do
    { policy 10 "encryption aes" "group 14"; key left; } | conf left
    { policy 10 "encryption aes" "group 14" "$what"; key right; } | conf right
    start_both
    check "no match, $what: refused, with the reason" said right "policy 10: |no proposal matches"
    check "... and no IPsec SA" test ! -s "$RUN/right.sa"
    end
done

{ policy 10 "encryption aes" "group 14" "lifetime 5000"; key left; } | conf left
{ policy 10 "encryption aes" "group 14" "lifetime 4000"; key right; } | conf right
start_both
check "the remote peer's lifetime is less: they match, and the shorter one is used" agreed \
    "aes128-sha1-modp2048 psk, 4000 seconds"
end
{ policy 10 "encryption aes" "group 14" "lifetime 4000"; key left; } | conf left
{ policy 10 "encryption aes" "group 14" "lifetime 5000"; key right; } | conf right
start_both
check "the remote peer's lifetime is more: no match" said right "policy 10: lifetime"
end

{ policy 10 "encryption aes" "group 14"; policy 20 "authentication rsa-sig" "group 14"; key left; } | conf left
{ policy 10 "encryption 3des" "group 14"; key right; } | conf right
start_both
check "a policy with its companion configuration is submitted" said right "transform 1, policy 10: encryption"
check "... one without it is not" never_said right "transform 2"
end

# ---- What may be said to a router that runs ---------------------------------------------------

psk_both "no crypto isakmp enable"
check "no crypto isakmp enable: nothing is begun, nobody answered" sleep 2
check "... no SAs" test ! -s "$RUN/left.sa" -a ! -s "$RUN/right.sa"
type_in right "crypto isakmp enable"
type_in left "crypto isakmp enable"
check "crypto isakmp enable, while they run" same_sas
check "clear crypto isakmp 7: there is no such connection" sh -c \
    "! $ROUTER --control $RUN/left.ctl --exec 'clear crypto isakmp 7'"
type_in right "crypto isakmp invalid-spi-recovery"
check "what has its effect at once is taken without a word" never_said right "until it begins anew"
type_in right "crypto isakmp nat keepalive 30"
check "... what has it only at the next start is said to" said right "NAT keepalive, .* until it begins anew"
ask left "clear crypto isakmp 1"
check "clear crypto isakmp 1" said left "\(1\): ISAKMP SA .* is down: it was closed on this side"
check "... and traffic begins anew" same_sas 4
: >"$RUN/left.out"
ask left "clear crypto sa"
check "clear crypto sa" said left "child .* is down: it was closed on this side"
check "... and traffic makes new ones, under the same ISAKMP SA" same_sas 6
check "... which was not negotiated again" never_said left "Main Mode"
type_in left "no crypto isakmp enable"
check "no crypto isakmp enable, while they run: nothing is kept" said left "ISAKMP SA .* is down: it was closed on this side"
type_in left "crypto isakmp enable"
check "... and all begins anew" same_sas 8
ask right "undebug all"
: >"$RUN/right.out"
ask left "clear crypto isakmp"
same_sas 10
check "undebug all: nothing is said" test ! -s "$RUN/right.out"
ask right "debug crypto isakmp"
ask left "clear crypto isakmp"
check "debug crypto isakmp" said right "Main Mode, message 1 received"
too_much() {
    ask left "$(head -c 70000 /dev/zero | tr '\0' x)" >"$RUN/answer"
    [ $? = 1 ] && grep -q "none was taken" "$RUN/answer"
}
check "more than a router reads at once is refused" too_much
check "a wrong command has a mark below it, and what was expected" sh -c \
    "$ROUTER --control $RUN/left.ctl --exec 'show crypto frob' | grep -A1 '^            ^' | grep -q expected"
end

psk_both "crypto isakmp keepalive 10 2 periodic"
same_sas
: >"$RUN/left.out"
kill -9 "$(cat "$RUN/right.pid")"
check "keepalive: a router that was killed is found dead" said left "the peer is dead" 40
check "... and its SAs are gone" grep -q "^ip xfrm state delete" "$RUN/left.sa"
end
