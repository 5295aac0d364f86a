#!/bin/sh
# live/life.sh: peers that die, paths that are cut, and peers that come back and know nothing: dead peer detection as
# asker and as answerer, INITIAL-CONTACT.  Prints TAP.
set -u
BUILD=${BUILD:-build}
if [ "$(id -u)" != 0 ]; then
    echo "ok - live dead peer detection # SKIP network namespaces need root"
    exit 0
fi
. tests/live/lab.sh
trap lab_down EXIT
lab_up || { echo "not ok - the stage for live tests could not be set up"; exit 1; }

IKE=aes128-sha256-modp2048 KEY=live-test-pre-shared-key

they() {
    charon_conf $IKE aes128-sha1 no "auth = psk" \
        "auth = psk
        id = $US_SEEN" \
        "ike-1 { secret = \"$KEY\" }"
}

# we ROLE [OPTION...]: our side, until a first ping is answered.
we() {
    role=$1
    shift
    ours "$role" --ike $IKE --psk $KEY --ike-lifetime 3600 --esp-lifetime 1800 --timeout 60 "$@"
    peer_initiates "$role"
    wait_for "ping answered"
}

now_ms() { echo $(($(date +%s%N) / 1000000)); }

# within MIN MAX COMMAND...: it comes true after so many milliseconds, no sooner and no later.
within() {
    min=$1 max=$2 began=$(now_ms)
    shift 2
    until "$@"; do
        took=$(($(now_ms) - began))
        [ $took -gt "$max" ] && echo "# not within $max ms" && return 1
        sleep 0.05
    done
    took=$(($(now_ms) - began))
    [ $took -ge "$min" ] || { echo "# already after $took ms"; return 1; }
}

dead="is down: the peer is dead"
is_dead() { grep -q "child with 10.99.1.1:[0-9]* $dead" "$LOG" && grep -q "ISAKMP SA with 10.99.1.1:[0-9]* $dead" "$LOG"; }
is_forgotten() { ! charon_knows; }

# ---- We ask -----------------------------------------------------------------------------------------------

# A question after 2 seconds, and three more, one a second: dead after 6.  On demand nothing is asked before something
# is sent.  What has been heard last is a ping just before, or, with pings for ever, up to a fifth of a second older.

# gone HOW: the peer is killed, or the path is cut.
gone() {
    case $1 in
    killed) charon_kill ;;
    cut) cut_path ;;
    esac
}

# peer_back: the stage as it was.
peer_back() {
    ours_stop
    mend_path
    [ -n "$CHARON" ] || charon_start
    swanctl --terminate --ike t --force --timeout 1 >/dev/null 2>&1
}

for how in killed cut; do
    for role in initiator responder; do
        they
        we $role --dpd 2:periodic
        status=$?
        gone "$how"
        within 5000 7500 is_dead || status=1
        result "we ask periodically, $role: the peer is $how" $status
        peer_back

        they
        we $role --dpd 2:on-demand
        status=$?
        # There was a ping, and its answer: nothing is open.
        gone "$how"
        sleep 3
        grep -q "is down" "$LOG" && status=1
        kill -USR1 "$OURS"
        within 2500 7500 is_dead || status=1
        result "we ask on demand, $role: the peer is $how, and we know when something is to be sent" $status
        peer_back
    done
done

# It lives and says so, with traffic and without.
they
we initiator --dpd 1:periodic
status=$?
sleep 5
kill -USR1 "$OURS"
sleep 0.5
[ "$(grep -c "ping answered" "$LOG")" = 2 ] && ! grep -q "is down" "$LOG" && heard "N(DPD_ACK)" &&
    [ "$(grep -c "parsed INFORMATIONAL_V1 request .*N(DPD)" "$RUN/charon.log")" -ge 3 ] || status=1
result "we ask periodically, and the peer that lives stays up" $status
end_both

# ---- strongSwan asks --------------------------------------------------------------------------------------

CONN="dpd_delay = 1s
    dpd_timeout = 4s"
for role in initiator responder; do
    they
    we $role
    status=$?
    sleep 6
    charon_knows && [ "$(grep -c "parsed INFORMATIONAL_V1 request .*N(DPD_ACK)" "$RUN/charon.log")" -ge 3 ] &&
        ! grep -q "is down" "$LOG" || status=1
    result "the peer asks, $role: we answer and stay up" $status
    kill -9 "$OURS" && wait "$OURS" 2>/dev/null
    OURS=''
    within 2000 9000 is_forgotten
    result "the peer asks, $role: we are killed, and it knows" $?
done
they
we initiator
status=$?
cut_path
within 2000 9000 is_forgotten || status=1
result "the peer asks: the path is cut, and it knows" $status
peer_back
CONN=''

# ---- Coming back ------------------------------------------------------------------------------------------

# strongSwan restarts and knows nothing of its SAs: it begins anew and says INITIAL-CONTACT, and we drop the old ones.
# (It says it, and listens to it, in Main Mode only.)
CONN="unique = replace"
they
WORDS="stay ping=200"
we initiator
status=$?
charon_kill
: >"$RUN/charon.log"
charon_start
they
before=$(grep -c "ping [0-9]* answered" "$LOG")
swanctl --initiate --child c --timeout 10 >"$RUN/initiate" 2>&1 || status=1
wait_for "ISAKMP SA with 10.99.1.1:[0-9]* is down: the peer has restarted" 5 || status=1
sleep 1
[ "$(grep -c "ping [0-9]* answered" "$LOG")" -ge $((before + 3)) ] &&
    [ "$(grep -c "child with .* is down" "$LOG")" = 1 ] && [ "$(grep -c "child with .* is up" "$LOG")" = 2 ] || status=1
result "the peer has restarted: INITIAL-CONTACT drops what it does not know any more" $status
WORDS=''
end_both

# The same the other way round: strongSwan has one SA with us in the end, not two.
CONN="unique = no"
they
we responder
status=$?
kill -9 "$OURS" && wait "$OURS" 2>/dev/null
we initiator || status=1
heard "received INITIAL_CONTACT\|destroying duplicate IKE_SA" || status=1
[ "$(swanctl --list-sas 2>/dev/null | grep -c '^t: ')" = 1 ] || status=1
result "we have restarted: INITIAL-CONTACT drops what we do not know any more" $status
end_both
