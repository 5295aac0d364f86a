#!/bin/sh
# live/natt.sh: with a real peer through a real NAT, which one of the sides is behind.  Prints TAP.
set -u
BUILD=${BUILD:-build}
if [ "$(id -u)" != 0 ]; then
    echo "ok - live negotiations through a NAT # SKIP network namespaces need root"
    exit 0
fi
. tests/live/lab.sh
trap lab_down EXIT

IKE=aes128-sha256-modp2048 KEY=live-test-pre-shared-key

stage() { lab_up_nat "$1" || { echo "not ok - the stage for live tests through a NAT could not be set up"; exit 1; }; }

make_certs() {
    ca root rsa 2048 && new_key t rsa 2048 && new_key o rsa 2048 && issue t t root && issue o o root &&
        cp "$P/t.pem" "$RUN/swanctl/x509/" && cp "$P/root.pem" "$RUN/swanctl/x509ca/" &&
        cp "$P/t.key" "$RUN/swanctl/private/key.pem"
}

# they MODE AUTH: strongSwan's side.
they() {
    aggressive=$([ "$1" = aggressive ] && echo yes || echo no)
    if [ "$2" = psk ]; then
        charon_conf $IKE aes128-sha1 "$aggressive" "auth = psk" "auth = psk" "ike-1 { secret = \"$KEY\" }"
    else
        charon_conf $IKE aes128-sha1 "$aggressive" "auth = pubkey
            certs = t.pem" "auth = pubkey
            id = %any
            cacerts = root.pem"
    fi
}

# we ROLE MODE AUTH [OPTION...]: our side, and who has to begin does.
we() {
    role=$1 mode=$2 auth=$3
    shift 3
    [ "$auth" = psk ] && proof="--psk $KEY" || proof="--auth rsa-sig --cert $P/o.pem --key $P/o.key --ca $P/root.pem"
    # shellcheck disable=SC2086
    ours "$role" --mode "$mode" --ike $IKE $proof --ike-lifetime 3600 --esp-lifetime 1800 --timeout 40 "$@"
    peer_initiates "$role"
}

# all_up ROLE WORDS: each mode, with and without certificates; our peer says who is behind the NAT.
all_up() {
    for mode in main aggressive; do
        for auth in psk rsa; do
            they $mode $auth
            we "$1" $mode $auth
            wait_for "NAT traversal is in use with .*, $2" && wait_for "child with .* is up"
            status=$?
            ping_and_stop "$2: $mode mode, $auth" "" $status
        done
    done
}

# their_ping ADDRESS: strongSwan's side pings through its ESP.
their_ping() { ip netns exec "$R" ping -q -c 1 -W 1 -I 10.99.11.1 "$1" >>"$RUN/their-ping" 2>&1; }

# answered: how many of our pings have been.
answered() { grep -c "ping [0-9]* answered" "$LOG"; }

# more_answers SECONDS: three pings more are answered in that time.
more_answers() {
    goal=$(($(answered) + 3)) tries=0
    until [ "$(answered)" -ge $goal ]; do
        tries=$((tries + 1))
        [ $tries -gt $(($1 * 20)) ] && return 1
        sleep 0.05
    done
}

# transport NAME ROLE ORIGINAL-REMOTE ORIGINAL-LOCAL: strongSwan with a kernel whose ESP is pretended has the same
# keys, and each side is told the other's own address.
transport() {
    charon_stop
    KERNEL=kernel-netlink PRELOAD=$BUILD/tests/live/fakexfrm.so CHILD_MODE=transport CHILD="policies = no"
    OUR_NETS=dynamic THEIR_NETS=dynamic
    rm -f "$RUN/fakexfrm.log"
    charon_start
    they main psk
    WORDS="keys no-ping"
    : >"$LOG"
    # shellcheck disable=SC2086
    ip netns exec "$I" "$BUILD/tests/live/live_peer" $WORDS "$2" --local "$US" --remote "$THEIRS_SEEN" --ike $IKE \
        --psk $KEY --transport --ike-lifetime 3600 --esp-lifetime 1800 --timeout 20 >"$LOG" 2>&1 &
    OURS=$!
    wait_for ready
    peer_initiates "$2"
    wait_for "child with .* is up"
    status=$?
    tries=0
    until [ "$(grep -c KEYS "$RUN/fakexfrm.log" 2>/dev/null)" = 2 ] || [ $tries = 40 ]; do
        tries=$((tries + 1))
        sleep 0.05
    done
    cat "$RUN/fakexfrm.log" >>"$RUN/charon.log"
    # What each calls source and destination the NAT has made different.
    sed -n 's/^KEYS \(spi=[^ ]*\).* \(mode=.*\)/\1 \2/p' "$RUN/fakexfrm.log" | sort >"$RUN/a"
    sed -n 's/^KEYS \(spi=[^ ]*\).* \(mode=.*\)/\1 \2/p' "$LOG" | sort >"$RUN/b"
    [ "$(grep -c mode=transport "$RUN/a")" = 2 ] && cmp -s "$RUN/a" "$RUN/b" &&
        [ "$(grep -c "^ORIGINAL .* remote=$3 local=$4$" "$LOG")" = 2 ] || status=1
    end_both
    result "$1" $status
    charon_stop
    KERNEL='kernel-libipsec kernel-netlink' PRELOAD='' CHILD_MODE=tunnel CHILD='' WORDS=''
    OUR_NETS=10.99.12.1/32 THEIR_NETS=10.99.11.1/32
}

# ---- We are behind the NAT --------------------------------------------------------------------------------

stage ours
make_certs >"$RUN/pki.log" 2>&1 || { sed 's/^/# /' "$RUN/pki.log"; echo "not ok - certificates could not be made"; exit 1; }
all_up initiator "we are behind a NAT"

# Two of us at once, each with an address of its own behind the NAT, and one address in front of it.  The first sends
# keepalives, the second does not: after some time the gateway reaches only the first.
nat_timeout 4
ip -n "$I" addr add 10.99.2.3/24 dev "vi$$"
OUR_NETS=10.99.12.0/24
they main psk
we initiator main psk --nat-keepalive 2
wait_for "ping answered"
status=$?
FIRST=$OURS LOG=$RUN/ours-2 US=10.99.2.3
we initiator main psk --nat-keepalive 0 --local-net 10.99.12.2/32
wait_for "ping answered" || status=1
SECOND=$OURS OURS="$FIRST $SECOND"
[ "$(swanctl --list-sas 2>/dev/null | grep -c '^t: .*ESTABLISHED')" = 2 ] &&
    [ "$(ip netns exec "$N" conntrack -L -p udp --orig-port-dst 4500 2>/dev/null | grep -c "dst=10.99.1.1 ")" = 2 ] ||
    status=1
their_ping 10.99.12.1 && their_ping 10.99.12.2 || status=1
result "two of ours behind one NAT at once, each reached by the gateway" $status
sleep 9
their_ping 10.99.12.1
status=$?
ip netns exec "$N" conntrack -L -p udp >"$RUN/conntrack" 2>/dev/null
grep -q "src=10.99.2.2 " "$RUN/conntrack" || status=1
result "keepalives keep the way open for longer than the NAT remembers it" $status
! their_ping 10.99.12.2 && ! grep -q "src=10.99.2.3 " "$RUN/conntrack"
result "... and without them it is closed" $?
kill "$FIRST" "$SECOND" && wait "$FIRST" "$SECOND"
OURS='' LOG=$RUN/ours US=10.99.2.2 OUR_NETS=10.99.12.1/32
wait_charon_empty || swanctl --terminate --ike t --timeout 2 >/dev/null 2>&1

# The NAT forgets, and gives us another port: what we send next that is proven to be ours makes them follow.
nat_timeout 30
they main psk
WORDS="ping=200"
we initiator main psk --dpd 1
more_answers 5
status=$?
nat_flush
more_answers 6 && grep -q "remote endpoint changed from 10.99.1.254\[[0-9]*\] to 10.99.1.254" "$RUN/charon.log" ||
    status=1
end_both
result "the NAT gives us another port, and traffic goes on" $status
WORDS=''

transport "transport mode, we are behind the NAT: the same keys, and original addresses" initiator 10.99.1.1 10.99.1.254
lab_down

# ---- strongSwan is behind the NAT -------------------------------------------------------------------------

stage theirs
make_certs >"$RUN/pki.log" 2>&1
all_up responder "the peer is behind a NAT"

# It asks whether we live, and so we learn of its new port.
CONN="dpd_delay = 1s
    dpd_timeout = 20s"
they main psk
WORDS="ping=200"
we responder main psk
more_answers 5
status=$?
nat_flush
more_answers 6 || status=1
end_both
result "the NAT gives the peer another port, and traffic goes on" $status
WORDS='' CONN=''

transport "transport mode, the peer is behind the NAT: the same keys, and original addresses" responder 10.99.1.1 10.99.2.2
