#!/bin/sh
# live/rekey.sh: both phases negotiated anew every few seconds, by either side, with a ping that never ceases.  Prints
# TAP.  REKEY_SECONDS: how long the cases take, which run at the same time, each with a stage of its own; five minutes
# if nothing else is said.
set -u
BUILD=${BUILD:-build}
if [ "$(id -u)" != 0 ]; then
    echo "ok - live rekeying # SKIP network namespaces need root"
    exit 0
fi

# Without arguments: one of us for each case.
if [ $# = 0 ]; then
    OUT=$(mktemp -d) CASES=''
    trap 'kill $CASES 2>/dev/null; wait; rm -rf "$OUT"' EXIT
    trap 'exit 1' HUP INT TERM
    for role in initiator responder; do
        "$0" "the peer negotiates anew" $role 7 3 0 0 >"$OUT/$role-1" 2>&1 &
        CASES="$CASES $!"
        "$0" "we negotiate anew" $role 0 0 7 3 >"$OUT/$role-2" 2>&1 &
        CASES="$CASES $!"
    done
    # shellcheck disable=SC2086
    wait $CASES
    CASES=''
    for case in "$OUT"/*; do
        grep "ok - " "$case" >/dev/null || echo "not ok - the case ${case##*/} has not come to an end"
        cat "$case"
    done
    exit 0
fi

. tests/live/lab.sh
. tests/live/conn.sh
trap lab_down EXIT
lab_up || { echo "not ok - the stage for live tests could not be set up"; exit 1; }

IKE=aes128-sha256-ecp256 KEY=live-test-pre-shared-key SECONDS_EACH=${REKEY_SECONDS:-300}

# strongSwan forgets to negotiate a child anew if the time for that comes while its ISAKMP SA is being replaced ("not
# found for rekey"), and it has only this one time.  Its times are whole seconds, so the child begins between two.
peer_begins() {
    [ "$1" = initiator ] && return
    swanctl --initiate --ike t --timeout 10 >"$RUN/initiate" 2>&1
    sleep 0.5
    peer_initiates "$1"
}

# anew NAME ROLE THEIR-IKE THEIR-CHILD OUR-IKE OUR-CHILD: who negotiates anew how often; 0: never.
anew() {
    plain
    rekeys "$3" "$4"
    charon_conf $IKE aes128-sha1 no "auth = psk" "auth = psk" "ike-1 { secret = \"$KEY\" }"
    WORDS="ping=100 stay rekey=$5,$6 late=500"
    ours "$2" --ike $IKE --psk $KEY --rekey --ike-lifetime 3600 --esp-lifetime 1800 --timeout $((SECONDS_EACH + 60))
    peer_begins "$2"
    wait_for "ping answered"
    status=$?
    sleep "$SECONDS_EACH"
    ours_stop
    grep -q " pings, lost after the first answer: 0$" "$LOG" || status=1
    # At least half as many as the time has room for.
    sas=$(grep -c "ISAKMP SA with .* is up" "$LOG") children=$(grep -c "child with .* is up" "$LOG")
    [ "$sas" -ge $((SECONDS_EACH / 14)) ] && [ "$children" -ge $((SECONDS_EACH / 6)) ] || status=1
    grep -q "does not verify\|cannot negotiate" "$LOG" && status=1
    wait_charon_empty || status=1
    result "$1, $2: $sas ISAKMP SAs, $children children, $(sed -n 's/.*[0-9]  \([0-9]* pings, lost.*\)/\1/p' "$LOG")" \
        $status
}
anew "$@"
