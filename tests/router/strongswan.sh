#!/bin/sh
# router/strongswan.sh: a router, from a configuration file, against strongSwan, in both roles.  Prints TAP.
# strongSwan's kernel interface is told that there is ESP; the keys of both sides are compared.
# shellcheck disable=SC2034,SC2317
set -u
BUILD=${BUILD:-build}
if [ "$(id -u)" != 0 ]; then
    echo "ok - a router against strongSwan # SKIP network namespaces need root"
    exit 0
fi
. tests/live/lab.sh
. tests/live/conn.sh
router_down() {
    [ -n "${OURS:-}" ] && kill "$OURS" 2>/dev/null
    OURS=
    lab_down
}
trap router_down EXIT
plain
KERNEL=kernel-netlink PRELOAD=$PWD/$BUILD/tests/live/fakexfrm.so
lab_up || { echo "not ok - the stage for live tests could not be set up"; exit 1; }

KEY="ike-1 { secret = \"a-long-and-random-one\" }"
# conf LINE...: the router's configuration.
conf() {
    {
        printf '%s\n' "$@"
        cat <<X
hostname ours
crypto isakmp policy 10
 encryption aes
 group 14
 authentication ${AUTH:-pre-share}
 lifetime 3600
crypto isakmp key a-long-and-random-one address 10.99.1.1
crypto ipsec transform-set s esp-aes esp-sha-hmac
crypto map vpn 10 ipsec-isakmp
 set peer 10.99.1.1
 set transform-set s
 set security-association lifetime seconds 1800
 match address 101
interface vi$$
 ip address 10.99.1.2 255.255.255.0
 crypto map vpn
access-list 101 permit ip host 10.99.12.1 host 10.99.11.1
X
    } >"$RUN/ours.cfg"
}
# start OPTION...
start() {
    rm -f "$RUN/fakexfrm.log" "$RUN/ctl"
    ip netns exec "$I" "$BUILD/examples/router" --config "$RUN/ours.cfg" --debug --sa-log "$RUN/sa" \
        --control "$RUN/ctl" "$@" </dev/null >"$RUN/ours" 2>&1 &
    OURS=$!
    wait_for "ISAKMP is on"
}
keys_of_theirs() { sed -n 's/^KEYS spi=\([^ ]*\) .* enc=\([^ ]*\) .*/\1 \2/p' "$RUN/fakexfrm.log" | sort -u; }
keys_of_ours() { sed -n "s/^ip xfrm state add .* spi 0x\([^ ]*\) .* enc '[^']*' 0x\([^ ]*\).*/\1 \2/p" "$RUN/sa" | sort -u; }
same_keys() {
    tries=0
    until [ "$(keys_of_ours | wc -l)" = 2 ] && [ "$(keys_of_theirs | wc -l)" = 2 ]; do
        tries=$((tries + 1))
        [ $tries -gt 100 ] && break
        sleep 0.05
    done
    keys_of_ours >"$RUN/a"
    keys_of_theirs >"$RUN/b" 2>/dev/null
    [ -s "$RUN/a" ] && cmp -s "$RUN/a" "$RUN/b"
}
# both_ways NAME LOCAL REMOTE SECRET OPTION...: who begins is once the router, by traffic, and once strongSwan.
both_ways() {
    name=$1 local=$2 remote=$3 secret=$4
    shift 4
    for role in initiator responder; do
        charon_conf aes128-sha1-modp2048 aes128-sha1 no "$local" "$remote" "$secret"
        case $role in
        initiator) start --flow 10.99.12.1,10.99.11.1 "$@" ;;
        responder)
            start "$@"
            swanctl --initiate --child c --timeout 10 >"$RUN/initiate" 2>&1
            ;;
        esac
        same_keys
        result "$name, the router as $role: both have the same keys" $?
        kill "$OURS"
        wait "$OURS"
        OURS=
        wait_charon_empty
        result "... and when it ends strongSwan knows" $?
    done
}

conf
both_ways "pre-shared key" "auth = psk" "auth = psk" "$KEY"

ca ca rsa 2048
new_key theirs rsa 2048
issue theirs theirs ca --san 10.99.1.1
new_key ours rsa 2048
issue ours ours ca --san ours
cp "$P/ca.pem" "$RUN/swanctl/x509ca"
cp "$P/theirs.pem" "$RUN/swanctl/x509"
cp "$P/theirs.key" "$RUN/swanctl/private"
AUTH=rsa-sig conf "crypto isakmp identity dn
crypto ca trustpoint live
 enrollment terminal
 revocation-check none
crypto ca authenticate live
$(cat "$P/ca.pem")
quit
crypto ca import live certificate
$(cat "$P/ours.pem")
quit"
both_ways "RSA signatures, certificates" "auth = pubkey
        certs = theirs.pem" 'auth = pubkey
        id = "C=CH, O=live, CN=ours"' "" --keys "$P/ours.key"

# clients TYPE: strongSwan is a client that gets an address from the router's pool.
clients() {
    client "$1"
    charon_conf aes128-sha1-modp2048 aes128-sha1 no "auth = psk" "auth = psk" "$KEY"
    conf "$(sed '/^access-list/d' examples/ios/mode-config.cfg | grep -E '^(ip local|crypto isakmp client|crypto map vpn client)')
crypto dynamic-map roaming 10
 set transform-set s
 set security-association lifetime seconds 1800
crypto map vpn 99 ipsec-isakmp dynamic roaming"
    start
    swanctl --initiate --child c --timeout 10 >"$RUN/initiate" 2>&1
    wait_for "child .* is up"
    result "Mode Config from a pool, $2" $?
    swanctl --list-sas | grep -q "172.16.9.1"
    result "... strongSwan has an address of it" $?
    grep -q "172.16.9.1/32" "$RUN/sa"
    result "... and SAs for it" $?
    "$BUILD/examples/router" --control "$RUN/ctl" --exec "show ip local pool" | grep -Eq "^clients .* 253 +1$"
    result "... show ip local pool counts it" $?
    swanctl --terminate --ike t --timeout 5 >/dev/null 2>&1
    sleep 0.3
    "$BUILD/examples/router" --control "$RUN/ctl" --exec "show ip local pool" | grep -Eq "^clients .* 254 +0$"
    result "... and has it back when the client goes" $?
    kill "$OURS"
    wait "$OURS"
    OURS=
    plain
}
AUTH=pre-share
clients pull "initiated by the client"
clients push "initiated by the gateway"
