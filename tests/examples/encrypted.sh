#!/bin/sh
# examples/encrypted.sh: the examples with RSA encrypted nonces, and keys without certificates.  Prints TAP.
set -u
. tests/examples/common.sh
keygen=$bin/isakmp-keygen

# ---- isakmp-keygen ------------------------------------------------------------------------------

k=$keygen
made "an RSA key" rsa --out "$dir/i" --bits 2048
made "another RSA key" rsa --out "$dir/r" --bits 3072
made "two keys, one for each use" rsa --out "$dir/i2" --usage-keys
made "two more" rsa --out "$dir/r2" --usage-keys
for name in i r i2-sign i2-encr r2-sign r2-encr; do
    "$k" pubkey --key "$dir/$name.key" --out "$dir/$name.pub" >>"$dir/out" 2>&1
done
[ "$(stat -c %a "$dir/i.key" "$dir/i2-sign.key" "$dir/i2-encr.key" | sort -u)" = 600 ]
say $? "isakmp-keygen rsa makes key files that only their owner reads"
touch "$dir/half-encr.key"
refused "half-encr.key exists already; nothing is overwritten" "$k" rsa --out "$dir/half" --usage-keys
[ ! -e "$dir/half-sign.key" ]
say $? "isakmp-keygen rsa leaves no key without the other"
refused "isakmp-keygen: rsa needs --out" "$k" rsa
refused "number from 2048 to 8192" "$k" rsa --out "$dir/x" --bits 1024
refused "steps of 8, not 2049" "$k" rsa --out "$dir/x" --bits 2049
refused "--type is not for isakmp-keygen rsa" "$k" rsa --out "$dir/x" --type p256
refused "x.key cannot be written: No such file" "$k" rsa --out "$dir/missing/x"

# From one form to the next, and back.
"$k" pubkey --key "$dir/i.key" --form hex >"$dir/i.hex" 2>"$dir/err" &&
    "$k" pubkey --key "$dir/i.hex" --form der --out "$dir/i.der" >"$dir/out" 2>>"$dir/err" &&
    "$k" pubkey --key "$dir/i.der" --form pem >"$dir/i.again" 2>>"$dir/err" &&
    cmp -s "$dir/i.again" "$dir/i.pub" && [ ! -s "$dir/err" ] &&
    [ "$(head -n 1 "$dir/i.hex" | grep -cE '^30820122( [0-9A-F]{8}){7}$')" = 1 ]
say $? "isakmp-keygen pubkey writes pem, der and hex as routers print it, and reads them"
"$k" pubkey --key "$dir/r.key" --form hex --out "$dir/r.hex" >"$dir/out" 2>&1
tr -d ' \n' <"$dir/r.hex" | tr A-F a-f >"$dir/r.line"
if command -v openssl >/dev/null; then
    openssl rsa -in "$dir/i2-encr.key" -pubout 2>"$dir/err" | cmp -s - "$dir/i2-encr.pub" &&
        openssl rsa -in "$dir/i2-sign.key" -noout -check >"$dir/out" 2>&1
    say $? "openssl takes the keys"
else
    echo "ok - openssl takes the keys # SKIP there is no openssl"
fi
# In the third line a letter that is none, in the fourth one digit too few, at the end two.
sed '3s/./g/11' "$dir/i.hex" >"$dir/stray.hex"
sed '4s/.//' "$dir/i.hex" >"$dir/odd.hex"
sed '$s/..$//' "$dir/i.hex" >"$dir/short.hex"
refused "--key $dir/stray.hex: .* line 3, column 11 has no hex digit" "$k" pubkey --key "$dir/stray.hex"
refused "--key $dir/odd.hex: the number of hex digits .* is odd" "$k" pubkey --key "$dir/odd.hex"
refused "--form is pem, der or hex, not" "$k" pubkey --key "$dir/i.key" --form asn1
refused "--form is not for isakmp-keygen ca" "$k" ca --out "$dir/x" --form hex
head -c 300 "$dir/i.key" >"$dir/broken.key"
refused "--key $dir/broken.key: the private key cannot be read" "$k" pubkey --key "$dir/broken.key"

ca=$dir/ca.pem
made "a CA" ca --out "$dir/ca"
for side in i r; do
    made "a certificate for signatures" cert --ca "$dir/ca" --out "$dir/$side-sign" --name "CN=$side"
    made "a certificate for encryption" cert --ca "$dir/ca" --out "$dir/$side-encr" --name "CN=$side" \
        --usage encryption
    made "a certificate for both" cert --ca "$dir/ca" --out "$dir/$side-both" --name "CN=$side" --usage general
done
made "an EC key" cert --ca "$dir/ca" --out "$dir/ec" --type p256
"$k" pubkey --key "$dir/ec.pem" --out "$dir/ec.pub" >"$dir/out" 2>&1
refused "--usage is signature, encryption or general, not" "$k" cert --ca "$dir/ca" --out "$dir/x" --usage both
refused "a key of type p256 is for signatures only" "$k" cert --ca "$dir/ca" --out "$dir/x" --type p256 \
    --usage general
if command -v openssl >/dev/null; then
    for name in i-sign i-encr i-both; do
        openssl x509 -in "$dir/$name.pem" -noout -ext keyUsage 2>&1 | tail -n 1
    done >"$dir/out"
    printf '    %s\n' "Digital Signature" "Key Encipherment" "Digital Signature, Key Encipherment" |
        cmp -s - "$dir/out"
    say $? "openssl finds what a certificate is for"
fi

# ---- Options ------------------------------------------------------------------------------------

openssl pkcs8 -topk8 -in "$dir/i.key" -passout pass:x -out "$dir/locked.key" 2>/dev/null ||
    printf -- '-----BEGIN ENCRYPTED PRIVATE KEY-----\n' >"$dir/locked.key"
openssl genrsa -out "$dir/small.key" 1024 2>/dev/null &&
    openssl rsa -in "$dir/small.key" -pubout -out "$dir/small.pub" 2>/dev/null
grep -v -- ----- "$dir/i-sign.key" | base64 -d >"$dir/i-sign.der"
encr="--auth rsa-encr" sign="--auth rsa-encr,rsa-sig"
their_key="--peer-pubkey $dir/r.pub"
two="--key $dir/i-sign.key --cert $dir/i-sign.pem --ca $ca"
many=$(seq -s , 16 | sed 's/[0-9]*/aes128-sha1-modp1024/g')
for p in "$bin/initiator --remote 127.0.0.1 --local 127.0.0.1:0" "$bin/responder --local 127.0.0.1:0"; do
    # shellcheck disable=SC2086
    {
        refused "--auth takes one or more of .*, with commas between them" $p --auth rsa-encr,
        refused "--auth takes one or more of .*, with commas between them" $p --auth ""
        refused "--auth names rsa-encr twice" $p --auth rsa-encr,psk,rsa-encr
        refused "--auth names ecdsa twice" $p --auth ecdsa256,ecdsa
        refused "16 suites with 4 methods each are more than 48" $p --psk k --ike $many --one-key \
            --auth psk,rsa-encr,rsa-encr-rev,rsa-sig --key "$dir/i.key" $their_key
        # Which keys there must be, and which would be of no use.
        refused "--key FILE is needed with --auth" $p $encr $their_key
        refused "--peer-pubkey FILE is needed with encrypted nonces" $p $encr --key "$dir/i.key"
        refused "--peer-pubkey FILE is needed with encrypted nonces" $p --auth rsa-encr-rev --key "$dir/i.key"
        refused "--encr-key FILE is needed: our key for encrypted nonces" $p $sign $two
        refused "--peer-encr-pubkey FILE is needed: the peer's key for encrypted nonces; or --ca" $p $sign \
            --key "$dir/i2-sign.key" --encr-key "$dir/i2-encr.key" $their_key
        refused "--encr-cert FILE is of no use without --encr-key" $p $sign $two --encr-cert "$dir/i-encr.pem"
        refused "--encr-key and --encr-cert are for encrypted nonces if" $p $encr --key "$dir/i.key" \
            --encr-key "$dir/i2-encr.key" $their_key
        refused "--encr-key and --encr-cert are for encrypted nonces if" $p --auth rsa-sig $two \
            --encr-key "$dir/i2-encr.key"
        refused "--peer-encr-pubkey is for encrypted nonces if" $p $encr --key "$dir/i.key" $their_key \
            --peer-encr-pubkey "$dir/r.pub"
        refused "--one-key is of no use unless" $p $encr --key "$dir/i.key" $their_key --one-key
        refused "--ca is of no use with this --auth" $p $encr --key "$dir/i.key" $their_key --ca $ca
        refused "--cisco-skeyid is of no use without" $p --psk k --cisco-skeyid
        refused "--huawei-rev is of no use without" $p $encr --key "$dir/i.key" $their_key --huawei-rev
        refused "--psk TEXT or --psk-file FILE is needed" $p --auth psk,rsa-encr --key "$dir/i.key" $their_key
        # Keys that cannot be read, or are not for this.
        refused "--key $dir/locked.key: the key is encrypted" $p $encr --key "$dir/locked.key" $their_key
        refused "--key $dir/broken.key: the private key cannot be read" $p $encr --key "$dir/broken.key" \
            $their_key
        refused "--key $dir/ec.key: a key for encryption, .* must be RSA; an RSA key from 2048 bits is" $p \
            $encr --key "$dir/ec.key" $their_key
        refused "--encr-key $dir/locked.key: the key is encrypted" $p $sign $two --encr-key "$dir/locked.key"
        refused "--encr-key $dir/ec.key: a key for encryption" $p $sign $two --encr-key "$dir/ec.key"
        refused "--encr-key $dir/missing: No such file" $p $sign $two --encr-key "$dir/missing"
        refused "--encr-key $dir/i-sign.der: this is the key of --key $dir/i-sign.key; .* unless --one-key" $p \
            $sign $two --encr-key "$dir/i-sign.der"
        refused "--encr-cert $dir/r-encr.pem: the first certificate is not for this private key" $p $sign \
            $two --encr-key "$dir/i-encr.key" --encr-cert "$dir/r-encr.pem"
        refused "--cert $dir/i-encr.pem: the keyUsage .* does not allow .* of --key .*, for signatures" $p \
            $sign --key "$dir/i-encr.key" --cert "$dir/i-encr.pem" --ca $ca --encr-key "$dir/i2-encr.key"
        refused "--encr-cert $dir/r-sign.pem: the keyUsage .* does not allow .*, for encryption" $p $sign \
            $two --encr-key "$dir/r-sign.key" --encr-cert "$dir/r-sign.pem"
        refused "--cert $dir/i-sign.pem: the keyUsage .*, for signatures and encryption, is expected" $p \
            $sign $two --one-key
        refused "--peer-pubkey $dir/stray.hex: .* line 3, column 11 has no hex digit" $p $encr \
            --key "$dir/i.key" --peer-pubkey "$dir/stray.hex"
        refused "--peer-pubkey $dir/odd.hex: the number of hex digits .* is odd" $p $encr --key "$dir/i.key" \
            --peer-pubkey "$dir/odd.hex"
        refused "--peer-pubkey $dir/short.hex: the key-string is cut short: .* 586 hex digits .* of 588" $p \
            $encr --key "$dir/i.key" --peer-pubkey "$dir/short.hex"
        refused "--peer-pubkey $dir/ec.pub: a key for encryption, .* must be RSA" $p $encr \
            --key "$dir/i.key" --peer-pubkey "$dir/ec.pub"
        refused "--peer-encr-pubkey $dir/ec.pub: a key for encryption" $p $sign $two \
            --encr-key "$dir/i-encr.key" --peer-encr-pubkey "$dir/ec.pub"
    }
    if [ -s "$dir/small.pub" ]; then
        # shellcheck disable=SC2086
        {
            refused "--key $dir/small.key: the key is too weak" $p $encr --key "$dir/small.key" $their_key
            refused "--encr-key $dir/small.key: the key is too weak" $p $sign $two --encr-key "$dir/small.key"
            refused "--peer-pubkey $dir/small.pub: the key is too weak" $p $encr --key "$dir/i.key" \
                --peer-pubkey "$dir/small.pub"
        }
    fi
done
refused "--peer-pubkey FILE is needed with encrypted nonces" "$bin/initiator" --remote 127.0.0.1 \
    --auth rsa-encr-rev --key "$dir/i.key" --ca "$ca"

# ---- Negotiations -------------------------------------------------------------------------------

# methods FILE: those of the SAs that a program has shown, in their order.
methods() { sed -n 's/^  .*-modp[0-9]* \([a-z-]*\), identity.*/\1/p' "$1" | tr '\n' ' '; }

ours="--key $dir/i.key --peer-pubkey $dir/r.pub" theirs="--key $dir/r.key --peer-pubkey $dir/i.pub"
# shellcheck disable=SC2086
for mode in main aggressive; do
    for method in rsa-encr rsa-encr-rev; do
        with="--mode $mode --auth $method"
        pair "$method, $mode" $with $ours -- $with $theirs
        [ "$(methods "$dir/out")" = "$method " ] && [ "$(methods "$dir/r")" = "$method " ]
        say $? "... and the tables say so"
        pair "$method, $mode, SKEYID as Cisco has it" $with $ours --cisco-skeyid -- $with $theirs --cisco-skeyid
        pair "$method, $mode, key-strings" $with --key "$dir/i.key" --peer-pubkey "$dir/r.hex" -- $with \
            --key "$dir/r.key" --peer-pubkey "$dir/i.hex"
    done
    pair "rsa-encr-rev, $mode, as Huawei has it" --mode $mode --auth rsa-encr-rev --huawei-rev $ours -- \
        --mode $mode --auth rsa-encr-rev --huawei-rev $theirs
    pair "rsa-encr-rev, $mode, the initiator's key comes in its certificate" --mode $mode --auth rsa-encr-rev \
        --key "$dir/i-encr.key" --cert "$dir/i-encr.pem" --peer-pubkey "$dir/r.hex" -- --mode $mode \
        --auth rsa-encr-rev --key "$dir/r.key" --ca $ca
    pair "two keys each, by hand, $mode" --mode $mode --auth rsa-encr,rsa-sig --key "$dir/i2-sign.key" \
        --encr-key "$dir/i2-encr.key" --peer-pubkey "$dir/r2-sign.pub" --peer-encr-pubkey "$dir/r2-encr.pub" -- \
        --mode $mode --auth rsa-encr --key "$dir/r2-encr.key" --peer-pubkey "$dir/i2-encr.pub"
done
# shellcheck disable=SC2086
{
    pair "the Cisco way is found out by a responder in Main Mode" --auth rsa-encr $ours --cisco-skeyid -- \
        --auth rsa-encr $theirs
    for method in rsa-encr rsa-encr-rev; do
        not_believed "$method: another key than the peer has" "what it sends does not fit" --auth $method \
            --key "$dir/i2-encr.key" --peer-pubkey "$dir/r.pub" -- --auth $method $theirs
    done
    pair "names as identities" --auth rsa-encr --id me.example --peer-id gate.example $ours -- \
        --auth rsa-encr --id gate.example --peer-id me.example $theirs
    pair "a pre-shared key where there is no public key" --auth rsa-encr,psk --psk k $ours -- --psk k
    [ "$(methods "$dir/out")" = "psk " ]
    say $? "... and the tables say so"
    tr '\n' ' ' <"$dir/r.line" >"$dir/r.spaced"
    pair "a key-string of one line, in small letters" --auth rsa-encr --key "$dir/i.key" \
        --peer-pubkey "$dir/r.spaced" -- --auth rsa-encr $theirs
}

# Certificates for two names are not refused, but it is said.
"$k" cert --ca "$dir/ca" --out "$dir/odd" --usage encryption --name CN=odd >"$dir/out" 2>"$dir/err"
for with in odd i-encr; do
    timeout 5 "$bin/initiator" --local 127.0.0.1:0 --remote 127.0.0.1:9 --auth rsa-encr,rsa-sig --ca "$ca" \
        --key "$dir/i-sign.key" --cert "$dir/i-sign.pem" --encr-key "$dir/$with.key" --encr-cert "$dir/$with.pem" \
        --once --timeout 1 --verbose >"$dir/out" 2>"$dir/$with.err"
done
grep -q "^warning: --encr-cert $dir/odd.pem is not for the same names as --cert" "$dir/odd.err" &&
    [ ! -s "$dir/i-encr.err" ]
say $? "an --encr-cert for another name is warned of"
grep -q "a key of ours   $("$k" pubkey --key "$dir/i-encr.key" --fingerprint)$" "$dir/out"
say $? "--verbose shows the fingerprints of keys"

# The first SA is by signatures; then each side has the other's key out of the certificates.
# shellcheck disable=SC2086
for mode in main aggressive; do
    for method in rsa-encr rsa-encr-rev; do
        with="--mode $mode --auth $method,rsa-sig --ca $ca --repeat 2"
        pair "the peer's key is learnt, $method, $mode, one key" $with --one-key --key "$dir/i-both.key" \
            --cert "$dir/i-both.pem" -- $with --one-key --key "$dir/r-both.key" --cert "$dir/r-both.pem"
        [ "$(methods "$dir/out")" = "rsa-sig $method " ] && [ "$(methods "$dir/r")" = "rsa-sig $method " ]
        say $? "... and the second SA is by encrypted nonces"
        pair "the peer's key is learnt, $method, $mode, two keys" $with --key "$dir/i-sign.key" \
            --cert "$dir/i-sign.pem" --encr-key "$dir/i-encr.key" --encr-cert "$dir/i-encr.pem" -- $with \
            --key "$dir/r-sign.key" --cert "$dir/r-sign.pem" --encr-key "$dir/r-encr.key" \
            --encr-cert "$dir/r-encr.pem"
        [ "$(methods "$dir/out")" = "rsa-sig $method " ] && [ "$(methods "$dir/r")" = "rsa-sig $method " ]
        say $? "... and the second SA is by encrypted nonces"
    done
done
