#!/bin/sh
# live/certs.sh: phase 1 by signatures with a real peer.  strongSwan's own tool makes the certificates; what comes
# up carries a ping through its ESP, and what is refused says why, on both sides.  Prints TAP.
set -u
BUILD=${BUILD:-build}
if [ "$(id -u)" != 0 ]; then
    echo "ok - live negotiations with certificates # SKIP network namespaces need root"
    exit 0
fi
. tests/live/lab.sh
trap lab_down EXIT
lab_up || { echo "not ok - the stage for live tests could not be set up"; exit 1; }

# ---- Certificates -----------------------------------------------------------------------------------------

# Those of strongSwan (t...) say 10.99.1.1 and t.live.example, ours (o...) 10.99.1.2 and o.live.example.
# both NAME CA [OPTION...]: a certificate for each side, tNAME and oNAME, with the keys of NAME.
both() {
    name=$1 from=$2
    shift 2
    issue "t$name" "t${name%%-*}" "$from" --san 10.99.1.1 --san t.live.example "$@" &&
        issue "o$name" "o${name%%-*}" "$from" --san 10.99.1.2 --san o.live.example "$@"
}

make_certs() {
    for side in t o; do
        new_key ${side}2048 rsa 2048 && new_key ${side}4096 rsa 4096 &&
            new_key ${side}256 ecdsa 256 && new_key ${side}384 ecdsa 384 || return 1
    done
    # An intermediate CA for each side: the other one gets to know it only in the negotiation.
    ca root rsa 2048 && ca other rsa 2048 && ca ecroot ecdsa 384 &&
        new_key tsub rsa 2048 && issue tsub tsub root --ca && issue tleaf t2048 tsub --san 10.99.1.1 &&
        new_key osub rsa 2048 && issue osub osub root --ca && issue oleaf o2048 osub --san 10.99.1.2 &&
        both 2048 root --flag serverAuth --flag ikeIntermediate && both 4096 root &&
        both 256 root && both 384 ecroot &&
        both 2048-other other && both 2048-revoked root &&
        both 2048-expired root --not-before "01.01.20 00:00:00" --not-after "01.02.20 00:00:00" &&
        both 2048-future root --not-before "01.01.48 00:00:00" --not-after "01.02.48 00:00:00" &&
        pki --signcrl --cacert "$P/root.pem" --cakey "$P/root.key" --cert "$P/t2048-revoked.pem" --outform pem \
            >"$P/root.crl" &&
        cat "$P/oleaf.pem" "$P/osub.pem" >"$P/ochain.pem" && cp "$P/oleaf.key" "$P/ochain.key"
}

make_certs >"$RUN/pki.log" 2>&1 || {
    sed 's/^/# /' "$RUN/pki.log"
    echo "not ok - certificates could not be made"
    exit 1
}

# ---- Both sides -------------------------------------------------------------------------------------------

# they CERT CA [INTERMEDIATE]: what strongSwan has.
they() {
    rm -f "$RUN"/swanctl/*/*.pem
    cp "$P/$1.pem" "$RUN/swanctl/x509/"
    cp "$P/$1.key" "$RUN/swanctl/private/key.pem"
    for trusted in "$2" ${3:-}; do cp "$P/$trusted.pem" "$RUN/swanctl/x509ca/"; done
    THEIR_CERT=$1 THEIR_CA=$2 THEIR_ID="" WANTED_ID=%any
}

# they_run MODE IKE: strongSwan with that, its identity THEIR_ID (its certificate's name) and WANTED_ID for ours.
they_run() {
    charon_conf "$2" aes128-sha1 "$([ "$1" = aggressive ] && echo yes || echo no)" \
        "auth = pubkey
        certs = $THEIR_CERT.pem
        ${THEIR_ID:+id = \"$THEIR_ID\"}" \
        "auth = pubkey
        id = \"$WANTED_ID\"
        cacerts = $THEIR_CA.pem"
}

# we ROLE MODE IKE AUTH CERT CA [OPTION...]: our peer, and who has to begin does.
we() {
    role=$1 mode=$2 ike=$3 auth=$4 cert=$5 ca=$6
    shift 6
    they_run "$mode" "$ike"
    ours "$role" --mode "$mode" --ike "$ike" --auth "$auth" --cert "$P/$cert.pem" --key "$P/$cert.key" \
        --ca "$P/$ca.pem" --ike-lifetime 3600 --esp-lifetime 1800 --timeout 20 "$@"
    peer_initiates "$role" 5
}

# ---- What comes up ----------------------------------------------------------------------------------------

for role in initiator responder; do
    for mode in main aggressive; do
        for bits in 2048 4096; do
            they t$bits root
            we $role $mode aes128-sha256-modp2048 rsa-sig o$bits root --id dn
            ping_and_stop "RSA with $bits bits, $mode mode, $role"
        done
        they tleaf root tsub
        we $role $mode aes128-sha256-modp2048 rsa-sig ochain root --id dn
        ping_and_stop "a chain of three, $mode mode, $role"
    done
    they t256 root
    we $role main aes128-sha256-ecp256 ecdsa256 o256 root --id dn
    ping_and_stop "ECDSA with P-256, certificates by RSA, $role"
    they t384 ecroot
    we $role main aes256-sha384-ecp384 ecdsa384 o384 ecroot --id dn
    ping_and_stop "ECDSA with P-384, certificates by ECDSA, $role"
    # What is signed is a hash with SHA-384 all the same [RFC 4754].
    they t384 ecroot
    we $role main aes256-sha256-modp2048 ecdsa384 o384 ecroot --id dn
    ping_and_stop "ECDSA with P-384 in a suite with SHA-256, $role"
    they t256 root
    we $role aggressive aes128-sha1-modp2048 ecdsa256 o256 root --id dn
    ping_and_stop "ECDSA with P-256 in a suite with SHA-1, aggressive mode, $role"

    # Neither the kinds of string nor letters need be the same.
    they t2048 root
    WANTED_ID="C=CH, O=live, CN=o2048"
    we $role main aes128-sha256-modp2048 rsa-sig o2048 root --id dn --peer-id "dn:C=CH, O=Live, CN=T2048"
    ping_and_stop "identities are names in certificates, $role"
    they t2048 root
    THEIR_ID=t.live.example WANTED_ID=o.live.example
    we $role main aes128-sha256-modp2048 rsa-sig o2048 root --id fqdn:o.live.example --peer-id fqdn:t.live.example
    ping_and_stop "identities are host names, $role"
    they t2048 root
    THEIR_ID=10.99.1.1 WANTED_ID=10.99.1.2
    we $role aggressive aes128-sha256-modp2048 rsa-sig o2048 root --id 10.99.1.2 --peer-id 10.99.1.1 \
        --crl "$P/root.crl"
    ping_and_stop "identities are addresses, with a revocation list of others, $role"
done

# ---- Fragments --------------------------------------------------------------------------------------------

# Both sides cut their certificates up, and put the other's together.  With "force" strongSwan asks nobody: it
# cuts up also the first message of Aggressive Mode, and that must come whole to us.
for role in initiator responder; do
    for mode in main aggressive; do
        for FRAGMENTATION in yes force; do
            [ "$role $mode $FRAGMENTATION" = "responder aggressive force" ] && continue
            they tleaf root tsub
            we $role $mode aes128-sha256-modp2048 rsa-sig ochain root --id dn --fragment-size 572
            wait_for "is up" 10
            grep -q "splitting IKE message (.* bytes) into [3-9] fragments" "$RUN/charon.log" &&
                grep -q "reassembled fragmented IKE message" "$RUN/charon.log" ||
                echo "nothing went in fragments" >>"$RUN/ours"
            ping_and_stop "fragments ($FRAGMENTATION), $mode mode, $role" "nothing went in fragments"
        done
    done
done
FRAGMENTATION=no

# ---- What we refuse ---------------------------------------------------------------------------------------

# refused NAME REASON NOTIFY: we have said why, strongSwan is told, and nothing goes to and fro afterwards.
refused() {
    wait_for "10.99.1.1.*: $2" 5
    status=$?
    # It does not look at what comes in the clear while it waits for the third message; and where a delete
    # follows a notify, it takes them in any order.
    told="received $3 error notify\|received DELETE for IKE_SA"
    [ "$mode $role" = "aggressive initiator" ] && told="$told\|queueing INFORMATIONAL_V1 request"
    heard "$told" || status=1
    grep -q "is up" "$RUN/ours" && status=1
    grep -q "received retransmit of response" "$RUN/charon.log" && status=1
    end_both
    result "we refuse, $mode mode, $role: $1" $status
}

# refuse_cert KIND REASON NOTIFY: strongSwan shows a certificate that is not to be believed.
refuse_cert() {
    they "t2048-$1" "$([ "$1" = other ] && echo other || echo root)"
    # What it asks us to show is another matter.
    cp "$P/root.pem" "$RUN/swanctl/x509ca/"
    THEIR_CA=root
    we "$role" "$mode" aes128-sha256-modp2048 rsa-sig o2048 root --id dn --crl "$P/root.crl"
    refused "certificate, $1" "$2" "$3"
}

for role in initiator responder; do
    for mode in main aggressive; do
        refuse_cert expired "the peer's certificate, or one above it, has expired" INVALID_CERTIFICATE
        refuse_cert future "the peer's certificate, or one above it, is not valid yet" INVALID_CERTIFICATE
        refuse_cert revoked "the peer's certificate, or one above it, has been revoked" INVALID_CERTIFICATE
        refuse_cert other "no CA that is trusted here vouches for" INVALID_CERT_AUTHORITY
        they t2048 root
        we $role $mode aes128-sha256-modp2048 rsa-sig o2048 root --id dn --peer-id fqdn:t.live.example
        refused "identity" "the peer's identity is not the one" INVALID_ID_INFORMATION
    done
done

# ---- What strongSwan refuses ------------------------------------------------------------------------------

# it_refuses KIND: a certificate of ours; strongSwan says so, or only deletes its SA once it takes ours for up.
it_refuses() {
    they t2048 root
    we "$role" "$mode" aes128-sha256-modp2048 rsa-sig "o2048-$1" root --id dn
    case "$mode $role" in
    "main initiator" | "aggressive responder") reason="the peer refused .*it said AUTHENTICATION-FAILED" ;;
    *) reason="the peer deleted it" ;;
    esac
    wait_for "ISAKMP SA with .* is down: $reason" 5
    status=$?
    grep -q "child with .* is up" "$RUN/ours" && status=1
    end_both
    result "strongSwan refuses, $mode mode, $role: certificate, $1" $status
}

for role in initiator responder; do
    for mode in main aggressive; do
        it_refuses other
        it_refuses expired
    done
done
