#!/bin/sh
# live/rekey.sh: both phases negotiated anew every few seconds, by either side, with a ping that never ceases.  Prints
# TAP.  REKEY_SECONDS: how long each of the cases takes; five minutes if nothing else is said.
set -u
BUILD=${BUILD:-build}
if [ "$(id -u)" != 0 ]; then
    echo "ok - live rekeying # SKIP network namespaces need root"
    exit 0
fi
. tests/live/lab.sh
. tests/live/conn.sh
trap lab_down EXIT
lab_up || { echo "not ok - the stage for live tests could not be set up"; exit 1; }

IKE=aes128-sha256-ecp256 KEY=live-test-pre-shared-key SECONDS_EACH=${REKEY_SECONDS:-300}

# anew NAME ROLE THEIR-IKE THEIR-CHILD OUR-IKE OUR-CHILD: who negotiates anew how often; 0: never.
anew() {
    plain
    rekeys "$3" "$4"
    charon_conf $IKE aes128-sha1 no "auth = psk" "auth = psk" "ike-1 { secret = \"$KEY\" }"
    WORDS="ping=100 stay rekey=$5,$6"
    ours "$2" --ike $IKE --psk $KEY --rekey --ike-lifetime 3600 --esp-lifetime 1800 --timeout 600
    peer_initiates "$2"
    wait_for "ping answered"
    status=$?
    sleep "$SECONDS_EACH"
    ours_stop
    grep -q " pings, lost after the first answer: 0$" "$LOG" || status=1
    [ "$(grep -c "ISAKMP SA with .* is up" "$LOG")" -ge 3 ] || status=1
    [ "$(grep -c "child with .* is up" "$LOG")" -ge 5 ] || status=1
    grep -q "does not verify\|cannot negotiate" "$LOG" && status=1
    wait_charon_empty || status=1
    result "$1, $2: $(grep -c "ISAKMP SA with .* is up" "$LOG") ISAKMP SAs, $(grep -c "child with .* is up" "$LOG") \
children, $(sed -n 's/.*[0-9]  \([0-9]* pings, lost.*\)/\1/p' "$LOG")" $status
    WORDS=''
}

for role in initiator responder; do
    anew "the peer negotiates anew" $role 7 3 0 0
    anew "we negotiate anew" $role 0 0 7 3
done
