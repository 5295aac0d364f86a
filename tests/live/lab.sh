# live/lab.sh -- the stage for live tests, to be sourced: two network namespaces joined by a wire, and a
# strongSwan in one of them.
#
#     $R  10.99.1.1, protects 10.99.11.1: strongSwan        $I  10.99.1.2, protects 10.99.12.1: ours
#
# Everything is named after this process, and removed by lab_down.
# shellcheck shell=sh

lab_up() {
    trap 'exit 1' HUP INT TERM
    R=isakmpR$$ I=isakmpI$$ RUN=$(mktemp -d)
    ip netns add "$R" && ip netns add "$I" || return 1
    ip link add "vr$$" netns "$R" type veth peer name "vi$$" netns "$I" || return 1
    ip -n "$R" addr add 10.99.1.1/24 dev "vr$$"
    ip -n "$I" addr add 10.99.1.2/24 dev "vi$$"
    ip -n "$R" addr add 10.99.11.1/32 dev lo
    for n in "$R" "$I"; do ip -n "$n" link set lo up; done
    ip -n "$R" link set "vr$$" up
    ip -n "$I" link set "vi$$" up
    # Only an SA may carry what is for the other side's net.
    ip -n "$R" route add unreachable 10.99.12.0/24
    P=$RUN/pki
    mkdir -p "$P" "$RUN/swanctl/x509" "$RUN/swanctl/x509ca" "$RUN/swanctl/private"
    sed "s#@RUN@#$RUN#g" tests/live/strongswan.conf.in >"$RUN/strongswan.conf"
    export STRONGSWAN_CONF="$RUN/strongswan.conf" SWANCTL_DIR="$RUN/swanctl"
    charon_start
}

charon_start() {
    rm -f "$RUN/charon.vici"
    ip netns exec "$R" charon-systemd >"$RUN/charon.out" 2>&1 &
    CHARON=$!
    tries=0
    until [ -S "$RUN/charon.vici" ]; do
        tries=$((tries + 1))
        [ $tries -gt 200 ] && { cat "$RUN/charon.out"; return 1; }
        sleep 0.05
    done
}

lab_down() {
    [ -n "${OURS:-}" ] && kill "$OURS" 2>/dev/null
    if [ -n "${CHARON:-}" ]; then
        kill "$CHARON" 2>/dev/null
        wait "$CHARON" 2>/dev/null
    fi
    ip netns del "$R" 2>/dev/null
    ip netns del "$I" 2>/dev/null
    [ -n "${RUN:-}" ] && rm -rf "$RUN"
}

# charon_conf IKE ESP AGGRESSIVE(yes|no) LOCAL REMOTE [SECRET]: one connection "t" with a child "c"; how each
# side authenticates is in the words of swanctl.conf.
charon_conf() {
    cat >"$RUN/swanctl/swanctl.conf" <<X
connections { t {
    version = 1
    aggressive = $3
    local_addrs = 10.99.1.1
    remote_addrs = 10.99.1.2
    proposals = $1
    fragmentation = ${FRAGMENTATION:-no}
    local { $4 }
    remote { $5 }
    children { c {
        local_ts = 10.99.11.1/32
        remote_ts = 10.99.12.1/32
        esp_proposals = $2
        mode = tunnel } } } }
secrets { ${6:-} }
X
    swanctl --load-all --clear --noprompt >"$RUN/load" 2>&1 || { cat "$RUN/load"; return 1; }
}

# ours ROLE OPTION...: our peer in the background; what it prints goes to $RUN/ours.
ours() {
    role=$1
    shift
    : >"$RUN/ours"
    ip netns exec "$I" "$BUILD/tests/live/live_peer" "$role" --local 10.99.1.2 --remote 10.99.1.1 \
        --local-net 10.99.12.1/32 --remote-net 10.99.11.1/32 "$@" >"$RUN/ours" 2>&1 &
    OURS=$!
    wait_for ready
}

# wait_for TEXT [SECONDS]: until our peer has printed it.
wait_for() {
    tries=0
    until grep -q "$1" "$RUN/ours"; do
        tries=$((tries + 1))
        [ $tries -gt $((${2:-10} * 20)) ] && return 1
        sleep 0.05
    done
}

# peer_initiates ROLE [SECONDS]: if we are the responder, it is strongSwan that begins.
peer_initiates() {
    [ "$1" = initiator ] || swanctl --initiate --child c --timeout "${2:-10}" >"$RUN/initiate" 2>&1
}

# Let our peer end (closing its SAs) and wait for it.
ours_stop() {
    kill "$OURS" 2>/dev/null
    wait "$OURS" 2>/dev/null
    OURS=
}

# ping_and_stop NAME [TEXT]: our peer's child comes up and carries a ping, and when it ends strongSwan knows;
# our peer's output must not have TEXT.
ping_and_stop() {
    wait_for "ping answered" 12
    status=$?
    [ -n "${2:-}" ] && grep -q "$2" "$RUN/ours" && status=1
    ours_stop
    wait_charon_empty || status=1
    result "$1" $status
}

# charon_knows: does strongSwan have an SA?
charon_knows() { swanctl --list-sas 2>/dev/null | grep -q '^t:'; }

wait_charon_empty() {
    tries=0
    while charon_knows; do
        tries=$((tries + 1))
        [ $tries -gt 60 ] && return 1
        sleep 0.05
    done
}

# heard TEXT: strongSwan has said so, or does within two seconds.
heard() {
    tries=0
    until grep -q "$1" "$RUN/charon.log"; do
        tries=$((tries + 1))
        [ $tries -gt 40 ] && return 1
        sleep 0.05
    done
}

# Our peer ends, and strongSwan forgets what it may have left.
end_both() {
    ours_stop
    swanctl --terminate --ike t --timeout 2 >/dev/null 2>&1
}

# result NAME STATUS: a line of TAP; when it went wrong, what both sides said.
result() {
    if [ "$2" = 0 ]; then
        echo "ok - $1"
    else
        echo "not ok - $1"
        echo "# ours:"
        sed 's/^/#   /' "$RUN/ours"
        echo "# strongSwan:"
        tail -n 40 "$RUN/charon.log" | sed 's/^/#   /'
    fi
    : >"$RUN/charon.log"
}

# ---- Certificates, made by strongSwan's own tool in $P ------------------------------------------------------

# new_key NAME TYPE BITS
new_key() { pki --gen --type "$2" --size "$3" --outform pem >"$P/$1.key"; }

# ca NAME TYPE BITS: one that signs itself.
ca() {
    new_key "$1" "$2" "$3" &&
        pki --self --ca --in "$P/$1.key" --type priv --dn "C=CH, O=live, CN=$1" --outform pem >"$P/$1.pem"
}

# issue NAME KEY CA OPTION...: a certificate for a key.
issue() {
    cert=$1 key=$2 ca=$3
    shift 3
    [ "$cert" = "$key" ] || cp "$P/$key.key" "$P/$cert.key"
    pki --pub --in "$P/$key.key" --type priv |
        pki --issue --cacert "$P/$ca.pem" --cakey "$P/$ca.key" --dn "C=CH, O=live, CN=$cert" --outform pem "$@" \
            >"$P/$cert.pem"
}
