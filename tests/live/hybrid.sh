#!/bin/sh
# live/hybrid.sh: whose gateway is believed with hybrid authentication, with a real peer as gateway and as client.
# clients.sh has the users.  Prints TAP.
set -u
BUILD=${BUILD:-build}
if [ "$(id -u)" != 0 ]; then
    echo "ok - live negotiations with hybrid authentication # SKIP network namespaces need root"
    exit 0
fi
. tests/live/lab.sh
trap lab_down EXIT
lab_up || { echo "not ok - the stage for live tests could not be set up"; exit 1; }

IKE=aes128-sha256-modp2048

# A gateway by each of two CAs, on either side.
{
    ca root rsa 2048 && ca other rsa 2048 && new_key t rsa 2048 && new_key o rsa 2048 &&
        issue t t root --san 10.99.1.1 && issue o o root --san 10.99.1.2 &&
        issue t-other t other --san 10.99.1.1 && issue o-other o other --san 10.99.1.2
} >"$RUN/pki.log" 2>&1 || {
    sed 's/^/# /' "$RUN/pki.log"
    echo "not ok - certificates could not be made"
    exit 1
}

. tests/live/conn.sh
aggressive() { [ "$1" = aggressive ] && echo yes || echo no; }
printf 'password of carol\n' >"$RUN/password"

# gateway MODE CERT: strongSwan is the gateway, and we are the client.
gateway() {
    rm -f "$RUN"/swanctl/*/*.pem
    cp "$P/$2.pem" "$RUN/swanctl/x509/"
    cp "$P/$2.key" "$RUN/swanctl/private/key.pem"
    charon_conf $IKE aes128-sha1 "$(aggressive "$1")" "auth = pubkey
        certs = $2.pem" "auth = xauth" "$CAROL"
    ours initiator --mode "$1" --ike $IKE --auth hybrid --ca "$P/root.pem" --peer-id dn:"C=CH, O=live, CN=$2" \
        --xauth-user carol --xauth-password-file "$RUN/password" --ike-lifetime 3600 --esp-lifetime 1800 --timeout 20
}

# client MODE CERT: we are the gateway, and strongSwan the client.
client() {
    rm -f "$RUN"/swanctl/*/*.pem
    cp "$P/root.pem" "$RUN/swanctl/x509ca/"
    charon_conf $IKE aes128-sha1 "$(aggressive "$1")" "auth = xauth
        xauth_id = carol" "auth = pubkey
        id = \"C=CH, O=live, CN=$2\"
        cacerts = root.pem" "$CAROL"
    ours responder --mode "$1" --ike $IKE --ike-lifetime 3600 --auth hybrid --cert "$P/$2.pem" \
        --key "$P/$2.key" --xauth-user carol --xauth-password-file "$RUN/password" --esp-lifetime 1800 --timeout 20
    swanctl --initiate --child c --timeout 3 >"$RUN/initiate" 2>&1
}

# no_further: nothing has come up, and nobody has said who the user is.
no_further() { ! grep -q "SA .* is up\|child .* is up" "$RUN/ours" && ! grep -q "CPRP(X_" "$RUN/charon.log"; }

for mode in main aggressive; do
    gateway $mode t
    wait_for "phase 1 with 10.99.1.1:[0-9]* is through" 5 && heard "looking for HybridInitRSA peer configs" &&
        heard "activating XAUTH task" && heard "generating TRANSACTION request .*CPRQ(X_USER X_PWD)" &&
        wait_for "child with .* is up" 5
    ping_and_stop "we are the client, $mode mode: the gateway proves itself, and asks for the user" "" $?

    gateway $mode t-other
    wait_for "refused what the peer at 10.99.1.1:.*: no CA that is trusted here vouches for" 5 && no_further &&
        ! grep -q "is through" "$RUN/ours"
    status=$?
    end_both
    result "we are the client, $mode mode: a gateway of another CA is not believed" $status

    client $mode o
    wait_for "phase 1 with 10.99.1.1:[0-9]* is through" 5 &&
        heard "authentication of 'C=CH, O=live, CN=o' with RSA.* successful" &&
        wait_for "SA with .* of user carol is up" 5 && wait_for "child with .* is up" 5
    status=$?
    ! grep -q "endpoint changed from .*\[4500\] to" "$RUN/charon.log" || status=1
    ping_and_stop "we are the gateway, $mode mode: the client believes it, and says who its user is" "" $status

    # In Main Mode the client is through before the gateway proves itself.
    client $mode o-other
    heard "no trusted RSA public key found for 'C=CH, O=live, CN=o-other'" && no_further
    status=$?
    [ $mode = aggressive ] && grep -q "is through" "$RUN/ours" && status=1
    [ $mode = main ] && ! wait_for "ISAKMP SA with 10.99.1.1:[0-9]* is down: the peer deleted it" 5 && status=1
    end_both
    result "we are the gateway, $mode mode: the client does not believe one of another CA" $status
done
