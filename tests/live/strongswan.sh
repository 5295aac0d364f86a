#!/bin/sh
# live/strongswan.sh: negotiations with a real peer, each with a ping through its ESP.  Prints TAP.
set -u
BUILD=${BUILD:-build}
if [ "$(id -u)" != 0 ]; then
    echo "ok - live negotiations # SKIP network namespaces need root"
    exit 0
fi
. tests/live/lab.sh
trap lab_down EXIT
lab_up || { echo "not ok - the stage for live tests could not be set up"; exit 1; }

KEY=live-test-pre-shared-key

# charon_load IKE ESP AGGRESSIVE(yes|no) KEY: strongSwan's side, with a pre-shared key.
charon_load() { charon_conf "$1" "$2" "$3" "auth = psk" "auth = psk" "ike-1 { secret = \"$4\" }"; }

# strongSwan's name for a suite.
theirs() { echo "$1" | sed 's/curve25519/x25519/'; }

# Our lifetimes must not be longer than what strongSwan offers: then there would be no match.
LIFE="--ike-lifetime 3600 --esp-lifetime 1800"

# up NAME ROLE MODE IKE ESP: a child comes up and carries a ping.
# shellcheck disable=SC2086
up() {
    charon_load "$(theirs "$4")" "$(theirs "$5")" "$([ "$3" = aggressive ] && echo yes || echo no)" $KEY
    ours "$2" --mode "$3" --ike "$4" --esp "$5" --psk $KEY --timeout 20 $LIFE
    peer_initiates "$2"
    ping_and_stop "$1"
}

for suite in des-md5-modp768 3des-md5-modp1024 3des-sha1-modp1024 aes128-sha1-modp1024 \
    aes256-sha256-modp2048 aes256-sha512-modp4096 aes128-sha256-ecp256 aes256-sha384-ecp384 \
    aes128-sha256-curve25519; do
    case $suite in
    des-*) esp=des-md5 ;;
    3des-md5*) esp=3des-md5 ;;
    3des-sha1*) esp=3des-sha1 ;;
    aes256-*) esp=aes256-sha256 ;;
    *) esp=aes128-sha1 ;;
    esac
    for mode in main aggressive; do
        for role in initiator responder; do
            up "$mode mode, $role, $suite, esp $esp" $role $mode $suite $esp
        done
    done
done

for role in initiator responder; do
    for group in modp1024 modp2048 ecp256 curve25519; do
        up "quick mode with PFS $group, $role" $role main aes128-sha1-modp1024 "aes128-sha1-$group"
    done
    up "esp with null encryption, $role" $role main aes128-sha1-modp1024 null-sha1
    up "esp aes256-sha512, $role" $role main aes128-sha1-modp1024 aes256-sha512
done

# Several proposals: the first that both have.
charon_load aes128-sha1-modp1024 aes128-sha1 no $KEY
ours initiator --ike aes256-sha512-modp4096,aes128-sha1-modp1024,3des-md5-modp1024 \
    --esp aes256-sha256,aes128-sha1,3des-md5 --psk $KEY --timeout 20
wait_for "ping answered"
status=$?
ours_stop
result "several proposals, the second is chosen" $status

# Delete, seen from each side.
charon_load aes128-sha1-modp1024 aes128-sha1 no $KEY
ours initiator --ike aes128-sha1-modp1024 --psk $KEY --timeout 20
wait_for "ping answered"
ours_stop
wait_charon_empty
status=$?
grep -q "received DELETE for ESP CHILD_SA" "$RUN/charon.log" &&
    grep -q "received DELETE for IKE_SA" "$RUN/charon.log" || status=1
result "our delete is seen by the peer" $status

ours initiator --ike aes128-sha1-modp1024 --psk $KEY --timeout 20
wait_for "ping answered"
swanctl --terminate --child c --timeout 5 >"$RUN/terminate" 2>&1
wait_for "child with .* is down: the peer deleted it" 5
status=$?
swanctl --terminate --ike t --timeout 5 >>"$RUN/terminate" 2>&1
wait_for "ISAKMP SA with .* is down: the peer deleted it" 5 || status=1
ours_stop
result "the peer's delete is seen by us, child and SA" $status

# What goes wrong ends with the right reason.
charon_load aes128-sha1-modp1024 aes128-sha1 no other-key
ours initiator --ike aes128-sha1-modp1024 --psk $KEY --timeout 70
wait_for "ISAKMP SA .* is down: .*the pre-shared keys seem to differ" 65
status=$?
ours_stop
result "wrong key as initiator, Main Mode" $status

ours responder --ike-lifetime 3600 --ike aes128-sha1-modp1024 --psk $KEY --timeout 60
swanctl --initiate --child c --timeout 5 >"$RUN/initiate" 2>&1
wait_for "ISAKMP SA .* is down: .*the pre-shared keys seem to differ" 40
status=$?
ours_stop
result "wrong key as responder, Main Mode" $status
swanctl --terminate --ike t --timeout 2 >/dev/null 2>&1

charon_load aes128-sha1-modp1024 aes128-sha1 yes other-key
ours initiator --mode aggressive --ike aes128-sha1-modp1024 --psk $KEY --timeout 70
wait_for "ISAKMP SA .* is down: .*the pre-shared keys seem to differ" 65
status=$?
ours_stop
result "wrong key as initiator, Aggressive Mode" $status

charon_load aes256-sha256-modp2048 aes128-sha1 no $KEY
ours initiator --ike 3des-md5-modp1024 --psk $KEY --timeout 70
wait_for "says NO-PROPOSAL-CHOSEN (not proven)" 10
status=$?
wait_for "ISAKMP SA .* is down: .*NO-PROPOSAL-CHOSEN" 65 || status=1
ours_stop
result "no common proposal as initiator" $status

ours responder --ike 3des-md5-modp1024 --psk $KEY --timeout 20
swanctl --initiate --child c --timeout 5 >"$RUN/initiate" 2>&1
wait_for "no proposal matches a policy" 5 &&
    wait_for "policy 10: encryption is aes, ours is 3des" 2
status=$?
grep -q "NO_PROPOSAL_CHOSEN" "$RUN/charon.log" || status=1
ours_stop
result "no common proposal as responder, with the report, and the peer is told" $status
swanctl --terminate --ike t --timeout 2 >/dev/null 2>&1

charon_load aes128-sha1-modp1024 aes256-sha512 no $KEY
ours initiator --ike aes128-sha1-modp1024 --esp 3des-md5 --psk $KEY --timeout 20
wait_for "child .* is down: the peer refused .*NO-PROPOSAL-CHOSEN" 10
status=$?
ours_stop
result "no common proposal in Quick Mode as initiator" $status

ours responder --ike-lifetime 3600 --ike aes128-sha1-modp1024 --esp 3des-md5 --psk $KEY --timeout 20
swanctl --initiate --child c --timeout 5 >"$RUN/initiate" 2>&1
wait_for "our set 0: transform is" 5
status=$?
grep -q "NO_PROPOSAL_CHOSEN" "$RUN/charon.log" || status=1
ours_stop
result "no common proposal in Quick Mode as responder, and the peer is told" $status
