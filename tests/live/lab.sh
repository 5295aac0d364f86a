# live/lab.sh -- the stage for live tests, to be sourced: network namespaces, and a strongSwan in one of them.
#
#     lab_up            $R  10.99.1.1, protects 10.99.11.1: strongSwan   ---   $I  10.99.1.2, protects 10.99.12.*: ours
#     lab_up_nat SIDE   between them $N, 10.99.1.254 and 10.99.2.1, with a NAT for one of them: for ours (which is
#                       10.99.2.2) or for theirs
#
# Everything is named after this process, and removed by lab_down.  These can be set for what comes next:
#
#     KERNEL, PRELOAD   of charon_start: the plugin where ESP is, and a library for the program
#     CONN, CHILD       of charon_conf: more lines for the connection, and for the child
#     LOCAL_2, REMOTE_2 ... how a side authenticates in a second round
#     POOLS             ... and address pools, all in the words of swanctl.conf (conn.sh has some)
#     FRAGMENTATION, CHILD_MODE, OUR_NETS, THEIR_NETS
#     WORDS, LOG        of ours: words of live_peer before the role, and the file for what it prints
# shellcheck shell=sh

KERNEL='kernel-libipsec kernel-netlink' PRELOAD='' CONN='' CHILD='' POOLS='' FRAGMENTATION=no CHILD_MODE=tunnel
OUR_NETS=10.99.12.1/32 THEIR_NETS=10.99.11.1/32 WORDS='' LOCAL_2='' REMOTE_2='' CHARON='' OURS='' N=''

new_netns() { ip netns add "$1" && ip -n "$1" link set lo up; }
# wire NETNS DEVICE ADDRESS NETNS DEVICE ADDRESS
wire() {
    ip link add "$2" netns "$1" type veth peer name "$5" netns "$4" &&
        ip -n "$1" addr add "$3/24" dev "$2" && ip -n "$4" addr add "$6/24" dev "$5" &&
        ip -n "$1" link set "$2" up && ip -n "$4" link set "$5" up
}

lab_begin() {
    trap 'exit 1' HUP INT TERM
    R=isakmpR$$ I=isakmpI$$ RUN=$(mktemp -d) P=$RUN/pki LOG=$RUN/ours
    new_netns "$R" && new_netns "$I" && ip -n "$R" addr add 10.99.11.1/32 dev lo || return 1
    # Only an SA may carry what is for the other side's net.
    ip -n "$R" route add unreachable 10.99.12.0/24
    mkdir -p "$P" "$RUN/swanctl/x509" "$RUN/swanctl/x509ca" "$RUN/swanctl/private"
    export STRONGSWAN_CONF="$RUN/strongswan.conf" SWANCTL_DIR="$RUN/swanctl"
}

# Each side's address, and the one by which the other side knows it.
lab_up() {
    lab_begin && wire "$R" "vr$$" 10.99.1.1 "$I" "vi$$" 10.99.1.2 || return 1
    THEIRS=10.99.1.1 THEIRS_SEEN=10.99.1.1 US=10.99.1.2 US_SEEN=10.99.1.2
    charon_start
}

lab_up_nat() {
    lab_begin || return 1
    N=isakmpN$$
    new_netns "$N" && wire "$R" "vr$$" 10.99.1.1 "$N" "vnr$$" 10.99.1.254 &&
        wire "$I" "vi$$" 10.99.2.2 "$N" "vni$$" 10.99.2.1 || return 1
    THEIRS=10.99.1.1 THEIRS_SEEN=10.99.1.1 US=10.99.2.2 US_SEEN=10.99.2.2
    # Who is not behind the NAT does not know the way to who is.
    if [ "$1" = ours ]; then
        outside=vnr$$ US_SEEN=10.99.1.254
        ip -n "$I" route add default via 10.99.2.1
    else
        outside=vni$$ THEIRS_SEEN=10.99.2.1
        ip -n "$R" route add default via 10.99.1.254
    fi
    ip netns exec "$N" sysctl -qw net.ipv4.ip_forward=1 &&
        ip netns exec "$N" nft -f - <<X || return 1
table ip nat {
    chain post {
        type nat hook postrouting priority srcnat
        oifname "$outside" meta l4proto udp masquerade to :20000-30000 fully-random
    }
}
X
    charon_start
}

# What the NAT knows of UDP: for so many seconds; and how it forgets all at once.
nat_timeout() {
    ip netns exec "$N" sysctl -qw "net.netfilter.nf_conntrack_udp_timeout=$1" \
        "net.netfilter.nf_conntrack_udp_timeout_stream=$1"
}
nat_flush() { ip netns exec "$N" conntrack -F 2>/dev/null; }

# Nothing goes between the two sides, and it does again.
cut_path() {
    ip netns exec "$I" nft -f - <<X
table ip cut {
    chain in { type filter hook input priority filter; iifname != "lo" drop; }
    chain out { type filter hook output priority filter; oifname != "lo" drop; }
}
X
}
mend_path() { ip netns exec "$I" nft delete table ip cut 2>/dev/null; }

charon_start() {
    sed "s#@RUN@#$RUN#g; s#@KERNEL@#$KERNEL#" tests/live/strongswan.conf.in >"$RUN/strongswan.conf"
    rm -f "$RUN/charon.vici"
    ip netns exec "$R" env ${PRELOAD:+LD_PRELOAD="$PRELOAD"} FAKEXFRM_LOG="$RUN/fakexfrm.log" charon-systemd \
        >"$RUN/charon.out" 2>&1 &
    CHARON=$!
    tries=0
    until [ -S "$RUN/charon.vici" ]; do
        tries=$((tries + 1))
        [ $tries -gt 200 ] && { cat "$RUN/charon.out"; return 1; }
        sleep 0.05
    done
}

# It goes without a word to anybody, as when power fails.
charon_kill() {
    kill -9 "$CHARON"
    wait "$CHARON" 2>/dev/null
    CHARON=
}

charon_stop() {
    [ -z "$CHARON" ] && return
    kill "$CHARON" 2>/dev/null
    wait "$CHARON" 2>/dev/null
    CHARON=
}

lab_down() {
    for pid in $OURS ${MORE:-}; do kill "$pid" 2>/dev/null; done
    charon_stop
    for n in "$R" "$I" $N; do ip netns del "$n" 2>/dev/null; done
    N=
    [ -n "${RUN:-}" ] && rm -rf "$RUN"
}

# charon_conf IKE ESP AGGRESSIVE(yes|no) LOCAL REMOTE [SECRET]: one connection "t" with a child "c"; how each
# side authenticates is in the words of swanctl.conf.
charon_conf() {
    cat >"$RUN/swanctl/swanctl.conf" <<X
connections { t {
    version = 1
    aggressive = $3
    local_addrs = $THEIRS
    remote_addrs = $US_SEEN
    proposals = $1
    fragmentation = $FRAGMENTATION
    $CONN
    local-1 { $4 }
    remote-1 { $5 }
    $([ -z "$LOCAL_2" ] || echo "local-2 { $LOCAL_2 }")
    $([ -z "$REMOTE_2" ] || echo "remote-2 { $REMOTE_2 }")
    children { c {
        local_ts = $THEIR_NETS
        remote_ts = $OUR_NETS
        esp_proposals = $2
        $CHILD
        mode = $CHILD_MODE } } } }
secrets { ${6:-} }
pools { $POOLS }
X
    swanctl --load-all --clear --noprompt >"$RUN/load" 2>&1 || { cat "$RUN/load"; return 1; }
}

# ours ROLE OPTION...: our peer in the background; what it prints goes to $LOG.
ours() {
    role=$1
    shift
    : >"$LOG"
    # shellcheck disable=SC2086
    ip netns exec "$I" "$BUILD/tests/live/live_peer" $WORDS "$role" --local "$US" --remote "$THEIRS_SEEN" \
        --local-net 10.99.12.1/32 --remote-net 10.99.11.1/32 "$@" >"$LOG" 2>&1 &
    OURS=$!
    wait_for ready
}

# wait_for TEXT [SECONDS]: until our peer has printed it; not when it has ended without.
wait_for() {
    tries=0 alive=1
    until grep -q "$1" "$LOG"; do
        tries=$((tries + 1))
        [ $tries -gt $((${2:-10} * 20)) ] || [ $alive = 0 ] && return 1
        sleep 0.05
        kill -0 "$OURS" 2>/dev/null || alive=0
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

# ping_and_stop NAME [TEXT [STATUS]]: our peer's child comes up and carries a ping, and when it ends strongSwan
# knows; our peer's output must not have TEXT.  What came before has STATUS.
ping_and_stop() {
    status=${3:-0}
    wait_for "ping answered" 12 || status=1
    [ -n "${2:-}" ] && grep -q "$2" "$LOG" && status=1
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
        sed 's/^/#   /' "$LOG"
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
