#!/bin/sh
# examples/signatures.sh: isakmp-keygen, and the examples with signatures and certificates.  Prints TAP.
set -u
. tests/examples/common.sh
keygen=$bin/isakmp-keygen
bin=$(cd "$bin" && pwd)

# ---- isakmp-keygen ------------------------------------------------------------------------------

ca=$dir/ca.pem
made "a CA" ca --out "$dir/ca" --name "C=DE, O=Example, CN=Example CA"
made "another CA" ca --out "$dir/other" --type p256 --days 1
made "the certificate of an initiator" cert --ca "$dir/ca" --out "$dir/i" \
    --name "C=DE, O=Example, CN=initiator" --id fqdn:i.example --id joe@example.org --id 2001:db8::1
made "the certificate of a responder" cert --ca "$dir/ca" --out "$dir/r" --name "C=DE,O=Example,CN=r" \
    --id 127.0.0.2
for type in p256 p384 p521; do
    made "a certificate of type $type" cert --ca "$dir/ca" --out "$dir/$type" --type $type \
        --id fqdn:$type.example
done
made "a certificate by an EC CA" cert --ca "$dir/other" --out "$dir/alien" --type p256
made "a certificate that has expired" cert --ca "$dir/ca" --out "$dir/old" --days 0
made "a certificate to be revoked" cert --ca "$dir/ca" --out "$dir/gone"
made "a public key" pubkey --key "$dir/i.key" --out "$dir/i.pub"
made "another public key" pubkey --key "$dir/p256.key" --out "$dir/p256.pub"
made "a revocation list" crl --ca "$dir/ca" --revoke "$dir/gone.pem" --out "$dir/ca.crl"
made "an empty revocation list by an EC CA" crl --ca "$dir/other" --out "$dir/other.crl"

[ "$(stat -c %a "$dir/i.key")" = 600 ] && [ "$(stat -c %a "$dir/i.pem")" = 644 ]
say $? "isakmp-keygen makes key files that only their owner reads"
cp "$dir/i.key" "$dir/before"
k=$keygen
refused "i.key exists already; nothing is overwritten" "$k" cert --ca "$dir/ca" --out "$dir/i"
cmp -s "$dir/i.key" "$dir/before"
say $? "isakmp-keygen has not overwritten a key"
refused "i.pub exists already" "$k" pubkey --key "$dir/i.key" --out "$dir/i.pub"
refused "ca.crl exists already" "$k" crl --ca "$dir/ca" --out "$dir/ca.crl"
touch "$dir/half.pem"
refused "half.pem exists already" "$k" ca --out "$dir/half"
[ ! -e "$dir/half.key" ]
say $? "isakmp-keygen leaves no key without its certificate"
refused "a command is needed: ca, cert, rsa, pubkey or crl" "$k"
refused '"csr" is no command' "$k" csr
refused "isakmp-keygen: ca needs --out" "$k" ca
refused "isakmp-keygen: cert needs --ca" "$k" cert --out "$dir/x"
refused "isakmp-keygen: pubkey needs --key" "$k" pubkey --out "$dir/x"
refused "--revoke is not for isakmp-keygen cert" "$k" cert --revoke "$dir/i.pem"
refused "--frob is not an option" "$k" ca --frob
refused '"word" is not an option' "$k" ca --out "$dir/x" word
refused "--out needs a value" "$k" ca --out
refused "--out may not be empty" "$k" ca --out ""
refused "--type is rsa2048, rsa3072" "$k" ca --out "$dir/x" --type rsa512
refused "number from 0 to 36500" "$k" ca --out "$dir/x" --days -1
refused "number from 0 to 36500" "$k" ca --out "$dir/x" --days 1y
refused '"X" is not known in a distinguished name; C, ST' "$k" ca --out "$dir/x" --name "X=y"
refused "C is a country of two letters" "$k" ca --out "$dir/x" --name "C=Germany"
refused "CN has no value" "$k" ca --out "$dir/x" --name "C=DE, CN="
refused "one is written as C=DE, O=Example, CN=gw" "$k" ca --out "$dir/x" --name "gateway"
refused "one is written as C=DE, O=Example, CN=gw" "$k" ca --out "$dir/x" --name "CN=x,"
refused "E may have ASCII characters only" "$k" ca --out "$dir/x" --name "E=jö@example.org"
refused "has the name of its CA" "$k" cert --ca "$dir/ca" --out "$dir/x" \
    --name "C=DE, O=Example, CN=Example CA"
refused "is said by --name" "$k" cert --ca "$dir/ca" --out "$dir/x" --id dn:CN=x
refused "certificates are for addresses, host names" "$k" cert --ca "$dir/ca" --out "$dir/x" --id key-id:x
refused "No such file" "$k" cert --ca "$dir/missing" --out "$dir/x"
refused "i.pem: the certificate is not that of a CA" "$k" cert --ca "$dir/i" --out "$dir/x"
refused "--key $dir/ca.crl: this is neither a public key nor a certificate" "$k" pubkey --key "$dir/ca.crl" \
    --out "$dir/x"
refused "this is no certificate that can be read" "$k" crl --ca "$dir/ca" --revoke "$dir/i.key" --out "$dir/x"
refused "is not from the CA" "$k" crl --ca "$dir/ca" --revoke "$dir/alien.pem" --out "$dir/x"
refused "cannot be written: No such file" "$k" ca --out "$dir/missing/x" --type p256
"$keygen" --help >"$dir/out" 2>"$dir/err" && [ ! -s "$dir/err" ] && grep -q -- --revoke "$dir/out"
say $? "isakmp-keygen --help"
helps_with_all "isakmp-keygen" examples/host_keygen.c

# One fingerprint for whatever has the key in it; openssl has the same.
for form in i.key i.pem i.pub; do "$keygen" pubkey --key "$dir/$form" --fingerprint; done >"$dir/out" 2>"$dir/err"
[ ! -s "$dir/err" ] && [ "$(wc -l <"$dir/out")" = 3 ] && [ "$(sort -u "$dir/out" | wc -l)" = 1 ] &&
    grep -q '^sha256:[0-9a-f]\{64\}$' "$dir/out" &&
    [ "$(tail -n 1 "$dir/out")" = "sha256:$(grep -v -- ----- "$dir/i.pub" | base64 -d | sha256sum | cut -d ' ' -f 1)" ]
say $? "isakmp-keygen pubkey --fingerprint: the same for a private key, a certificate and a public key"
refused "--fingerprint is printed, in one form only" "$k" pubkey --key "$dir/i.key" --fingerprint --form hex

# What another program makes of it.
if command -v openssl >/dev/null; then
    : >"$dir/err"
    for name in i r p256 p384 p521 gone; do
        openssl verify -CAfile "$ca" "$dir/$name.pem" || echo "not ok"
    done >"$dir/out" 2>&1
    openssl verify -CAfile "$dir/other.pem" "$dir/alien.pem" >>"$dir/out" 2>&1 &&
        ! grep -q "not ok" "$dir/out"
    say $? "openssl verifies the certificates"
    openssl verify -CAfile "$ca" "$dir/old.pem" >"$dir/out" 2>&1
    grep -q expired "$dir/out" && openssl verify -crl_check -CAfile "$ca" -CRLfile "$dir/ca.crl" \
        "$dir/gone.pem" >>"$dir/out" 2>&1
    grep -q revoked "$dir/out" && openssl verify -crl_check -CAfile "$ca" -CRLfile "$dir/ca.crl" \
        "$dir/i.pem" >>"$dir/out" 2>&1 && openssl verify -crl_check -CAfile "$dir/other.pem" \
        -CRLfile "$dir/other.crl" "$dir/alien.pem" >>"$dir/out" 2>&1
    say $? "openssl sees what has expired, and what the revocation lists say"
    openssl x509 -in "$dir/i.pem" -noout -ext subjectAltName >"$dir/out" 2>&1
    grep -q "DNS:i.example, email:joe@example.org, IP Address:2001:DB8:0:0:0:0:0:1" "$dir/out"
    say $? "openssl finds the names in a certificate"
else
    echo "ok - openssl looks at what isakmp-keygen makes # SKIP there is no openssl"
fi

# ---- Options ------------------------------------------------------------------------------------

own="--key $dir/i.key --cert $dir/i.pem"
openssl pkcs8 -topk8 -in "$dir/i.key" -passout pass:x -out "$dir/locked.key" 2>/dev/null ||
    printf -- '-----BEGIN ENCRYPTED PRIVATE KEY-----\n' >"$dir/locked.key"
# pem_to_der FROM TO
pem_to_der() { grep -v -- ----- "$1" | base64 -d >"$2"; }
pem_to_der "$dir/i.key" "$dir/i.key.der"
pem_to_der "$dir/i.pem" "$dir/i.der"
pem_to_der "$ca" "$dir/ca.der"
pem_to_der "$dir/ca.crl" "$dir/crl.der"
openssl genrsa -out "$dir/small.key" 1024 2>/dev/null || : >"$dir/small.key"
head -c 300 "$dir/i.key" >"$dir/broken.key"
: >"$dir/empty"
many=$(for _ in 1 2 3 4 5 6 7 8 9; do printf -- "--ca $ca "; done)
for p in "$bin/initiator --remote 127.0.0.1 --local 127.0.0.1:0" "$bin/responder --local 127.0.0.1:0"; do
    # shellcheck disable=SC2086
    {
        refused "--auth takes one or more of psk, rsa-sig, rsa-encr, .* not \"rsa\"" $p --auth rsa
        refused "keys and certificates are not for --auth psk" $p --psk k $own
        refused "keys and certificates are not for --auth psk" $p --psk k --ca $ca
        refused "--psk is of no use without psk in --auth" $p --psk k --auth rsa-sig $own --ca $ca
        refused "--key FILE is needed with --auth" $p --auth rsa-sig
        refused "--key FILE is needed with --auth" $p --auth rsa-sig --cert "$dir/i.pem" --ca $ca
        refused "--ca FILE or --peer-pubkey FILE is needed" $p --auth rsa-sig $own
        refused "--crl is of no use without --ca" $p --auth rsa-sig $own --peer-pubkey "$dir/i.pub" \
            --crl "$dir/ca.crl"
        refused "--key $dir/missing: No such file" $p --auth rsa-sig --key "$dir/missing" --ca $ca
        refused "--key $dir: Is a directory" $p --auth rsa-sig --key "$dir" --ca $ca
        refused "--key $dir/empty: the file is empty" $p --auth rsa-sig --key "$dir/empty" --ca $ca
        refused "--key $dir/locked.key: the key is encrypted" $p --auth rsa-sig \
            --key "$dir/locked.key" --ca $ca
        refused "--key $dir/broken.key: the private key cannot be read" $p --auth rsa-sig \
            --key "$dir/broken.key" --ca $ca
        refused "--key $ca: this is a certificate; a private key is expected" $p --auth rsa-sig --key $ca --ca $ca
        refused "--cert $dir/missing: No such file" $p --auth rsa-sig --key "$dir/i.key" \
            --cert "$dir/missing" --ca $ca
        refused "--cert $dir/r.pem: the first certificate is not for this private key" $p \
            --auth rsa-sig --key "$dir/i.key" --cert "$dir/r.pem" --ca $ca
        refused "--cert $dir/i.key: this is a private key; a certificate is expected" $p --auth rsa-sig --key "$dir/i.key" \
            --cert "$dir/i.key" --ca $ca
        refused "--ca $dir/i.pem: the certificate is not that of a CA" $p --auth rsa-sig $own \
            --ca "$dir/i.pem"
        refused "--ca $dir/i.key: this is a private key; the certificate of a CA is expected" $p --auth rsa-sig $own --ca "$dir/i.key"
        refused "--ca may be given 8 times" $p --auth rsa-sig $own $many
        refused "--crl $ca: this is a certificate; a revocation list is expected" $p --auth rsa-sig $own --ca $ca --crl $ca
        refused "--ca $dir/i.pub: this is a public key; the certificate of a CA" $p --auth rsa-sig $own --ca "$dir/i.pub"
        refused "--ca $dir/crl.der: this is a revocation list; the certificate of a CA" $p --auth rsa-sig $own \
            --ca "$dir/crl.der"
        refused "--key $dir/i.der: this is a certificate; a private key" $p --auth rsa-sig --key "$dir/i.der" --ca $ca
        refused "--peer-pubkey $dir/i.key: this is a private key; a public key or a certificate of the peer" $p --auth rsa-sig $own \
            --peer-pubkey "$dir/i.key"
        refused "is one for --auth rsa-sig, not for --auth ecdsa256" $p --auth ecdsa256 $own --ca $ca
        refused "is one for --auth rsa-sig, not for --auth ecdsa$" $p --auth ecdsa $own --ca $ca
        refused "is one for --auth ecdsa384, not for --auth ecdsa256" $p --auth ecdsa256 \
            --key "$dir/p384.key" --cert "$dir/p384.pem" --ca $ca
        refused "--id dn is the subject of our certificate" $p --psk k --id dn
        refused "--peer-id dn does not say which" $p --auth rsa-sig $own --ca $ca --peer-id dn
        refused '"Q" is not known in a distinguished name' $p --psk k --id dn:C=DE,Q=x
        refused '"x" is not known in a distinguished name' $p --psk k --peer-id x=gw@example.org
        refused "is no distinguished name; one is written as" $p --psk k --peer-id dn:gw
        refused "is too long: as DER" $p --psk k --id "dn:CN=$(printf %0240d 1)"
    }
    if [ -s "$dir/small.key" ]; then
        # shellcheck disable=SC2086
        refused "--key $dir/small.key: the key is too weak" $p --auth rsa-sig --key "$dir/small.key" \
            --peer-pubkey "$dir/i.pub"
    fi
done

# ---- Negotiations -------------------------------------------------------------------------------

trust="--ca $ca --crl $dir/ca.crl"
ours="--auth rsa-sig $own $trust"
theirs="--auth rsa-sig --key $dir/r.key --cert $dir/r.pem $trust"
# shellcheck disable=SC2086
{
    pair "rsa-sig, Main Mode, subjects as identities" $ours -- $theirs
    grep -q "rsa-sig, identity dn C=DE, O=Example, CN=r," "$dir/out" &&
        grep -q "rsa-sig, identity dn C=DE, O=Example, CN=initiator," "$dir/r"
    say $? "the tables show the method and distinguished names as text"
    pair "rsa-sig, Aggressive Mode" --mode aggressive $ours -- --mode aggressive $theirs
    pair "rsa-sig, other names of the certificates" --id i.example --peer-id 127.0.0.2 $ours -- \
        --id 127.0.0.2 --peer-id @i.example $theirs
    pair "rsa-sig, an e-mail address" --id joe@example.org $ours -- --peer-id joe@example.org $theirs
    pair "rsa-sig, distinguished names that must be" --id dn --peer-id dn:C=DE,O=Example,CN=r $ours -- \
        --id dn:c=DE,o=Example,cn=r --peer-id dn:C=DE,O=Example,CN=initiator $theirs
    for type in 256 384 521; do
        for mode in main aggressive; do
            own="--key $dir/p$type.key --cert $dir/p$type.pem"
            pair "ecdsa$type, $mode" --mode $mode --auth ecdsa$type $own $trust --id p$type.example -- \
                --mode $mode --auth ecdsa $own $trust
        done
    done
    pair "files in DER, and two CAs" --auth rsa-sig --key "$dir/i.key.der" --cert "$dir/i.der" --ca \
        "$dir/ca.der" -- $theirs --ca "$dir/other.pem" --crl "$dir/other.crl"
    for mode in main aggressive; do
        pair "raw public keys, $mode" --mode $mode --auth rsa-sig --key "$dir/i.key" --peer-pubkey \
            "$dir/r.pem" -- --mode $mode --auth rsa-sig --key "$dir/r.key" --peer-pubkey "$dir/i.pub"
    done
    pair "a raw public key on one side, a CA on the other" $ours -- --auth rsa-sig --key "$dir/r.key" \
        --cert "$dir/r.pem" --peer-pubkey "$dir/i.pub"
    if [ -s "$dir/small.key" ]; then
        weak="--auth rsa-sig --legacy-certs --key $dir/small.key"
        openssl rsa -in "$dir/small.key" -pubout -out "$dir/small.pub" 2>/dev/null
        pair "--legacy-certs takes a key of 1024 bits" $weak --peer-pubkey "$dir/small.pub" -- \
            $weak --peer-pubkey "$dir/small.pub"
    fi
}

# shellcheck disable=SC2086
for mode in main aggressive; do
    while read -r name words; do
        not_believed "$name, $mode: refused with its own reason" "$words" --mode $mode --auth rsa-sig \
            --key "$dir/$name.key" --cert "$dir/$name.pem" --ca "$ca" -- $theirs
    done <<X
old the peer's certificate, or one above it, has expired
gone the peer's certificate, or one above it, has been revoked
X
    not_believed "a CA that is not trusted, $mode" "no CA that is trusted here vouches for" \
        --mode $mode --auth ecdsa --key "$dir/alien.key" --cert "$dir/alien.pem" --ca "$ca" -- \
        --auth ecdsa --key "$dir/p256.key" --cert "$dir/p256.pem" --ca "$ca"
    not_believed "a name that the certificate has not, $mode" \
        "the peer's certificate is not for the identity that it claims" \
        --mode $mode --id r.example $ours -- $theirs
    not_believed "another key than the one by hand, $mode" "the signature does not fit" \
        --mode $mode --auth rsa-sig --key "$dir/i.key" --ca "$ca" -- --auth rsa-sig \
        --key "$dir/r.key" --cert "$dir/r.pem" --peer-pubkey "$dir/gone.pem"
    not_believed "no certificate, $mode" "the peer sent no certificate, and its public key" \
        --mode $mode --auth rsa-sig --key "$dir/i.key" --ca "$ca" -- $theirs
    not_believed "another name than the policy's, $mode" \
        "the peer's identity is not the one .* it says it is dn .*CN=initiator, expected was dn .*CN=initiator2" \
        --mode $mode $ours -- $theirs --peer-id dn:C=DE,O=Example,CN=initiator2
done
