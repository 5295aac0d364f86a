#!/bin/sh
# live/fragments.sh: a chain of certificates of 5 KB over a path that takes 576 octets and loses what IP has cut up, as
# many firewalls do.  Prints TAP.
set -u
BUILD=${BUILD:-build}
if [ "$(id -u)" != 0 ]; then
    echo "ok - live fragments # SKIP network namespaces need root"
    exit 0
fi
. tests/live/lab.sh
trap lab_down EXIT
lab_up || { echo "not ok - the stage for live tests could not be set up"; exit 1; }

# The first message of Aggressive Mode must be whole, so its public value is short.
IKE=aes128-sha256-ecp256

ip -n "$R" link set "vr$$" mtu 576 && ip -n "$I" link set "vi$$" mtu 576
for n in "$R" "$I"; do
    ip netns exec "$n" nft -f - <<'N'
table ip narrow {
    counter lost { }
    chain in { type filter hook prerouting priority -450; ip frag-off & 0x3fff != 0 counter name lost drop; }
}
N
done
# lost: how many of IP's fragments have been, on both sides.
lost() {
    for n in "$R" "$I"; do ip netns exec "$n" nft list counter ip narrow lost; done |
        awk '/packets/ { n += $2 } END { print n + 0 }'
}

# The intermediate CAs the other side gets to know only in the negotiation, and each certificate has many names.
make_certs() {
    ca root rsa 2048 || return 1
    for side in t o; do
        names=$(for n in $(seq 110); do printf -- "--san number-%s.of.many.live.example " "$n"; done)
        new_key ${side}1 rsa 2048 && issue ${side}1 ${side}1 root --ca && new_key ${side}2 rsa 2048 &&
            issue ${side}2 ${side}2 ${side}1 --ca && new_key $side rsa 2048 || return 1
        # shellcheck disable=SC2086
        issue $side $side ${side}2 $names || return 1
        cat "$P/$side.pem" "$P/${side}2.pem" "$P/${side}1.pem" >"$P/$side.chain"
    done
    cp "$P/t.pem" "$RUN/swanctl/x509/" && cp "$P/t.key" "$RUN/swanctl/private/key.pem" &&
        cp "$P/root.pem" "$P/t1.pem" "$P/t2.pem" "$RUN/swanctl/x509ca/"
}
make_certs >"$RUN/pki.log" 2>&1 || {
    sed 's/^/# /' "$RUN/pki.log"
    echo "not ok - certificates could not be made"
    exit 1
}
octets=$(grep -v -- ----- "$P/o.chain" | tr -d '\n' | wc -c)
: >"$LOG"
[ $((octets * 3 / 4)) -ge 5000 ]
result "the chain has 5,000 octets at least" $?

# we ROLE MODE [OPTION...]
we() {
    role=$1 mode=$2
    shift 2
    charon_conf $IKE aes128-sha1 "$([ "$mode" = aggressive ] && echo yes || echo no)" "auth = pubkey
        certs = t.pem" "auth = pubkey
        id = %any
        cacerts = root.pem"
    ours "$role" --mode "$mode" --ike $IKE --auth rsa-sig --cert "$P/o.chain" --key "$P/o.key" --ca "$P/root.pem" \
        --id dn --ike-lifetime 3600 --esp-lifetime 1800 --timeout 20 "$@"
}

# Without IKE's fragments nothing comes of it.
FRAGMENTATION=no
we initiator main
sleep 2
[ "$(lost)" -ge 2 ] && ! grep -q "ISAKMP SA .* is up" "$LOG"
result "without fragments of IKE the certificates do not get through" $?
end_both

FRAGMENTATION=yes
before=$(lost)
for mode in main aggressive; do
    for role in initiator responder; do
        we $role $mode --fragment-size 548
        peer_initiates $role
        wait_for "child with .* is up"
        status=$?
        grep -q "splitting IKE message (.* bytes) into 1[0-9] fragments" "$RUN/charon.log" || status=1
        grep -q "reassembled fragmented IKE message" "$RUN/charon.log" || status=1
        [ "$(lost)" = "$before" ] || status=1
        ping_and_stop "5 KB of certificates each way over 576 octets, $mode mode, $role" "" $status
    done
done
