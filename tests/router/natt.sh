#!/bin/sh
# router/natt.sh: a router behind a NAT keeps its place there if its configuration says so, and only then.  Prints TAP.
# shellcheck disable=SC2034,SC2317
set -u
BUILD=${BUILD:-build}
if [ "$(id -u)" != 0 ]; then
    echo "ok - a router behind a NAT # SKIP network namespaces need root"
    exit 0
fi
. tests/live/lab.sh
trap lab_down EXIT
lab_up_nat ours || { echo "not ok - the stage for a router behind a NAT could not be set up"; exit 1; }
charon_conf aes128-sha1-modp2048 aes128-sha1 no "auth = psk" "auth = psk" "ike-1 { secret = \"a-long-and-random-one\" }"

# behind NAME SECONDS WANTED [LINE]: how many octets of keepalive reach the gateway in so many seconds.
behind() {
    cat >"$RUN/ours.cfg" <<X
${4:-!}
crypto isakmp policy 10
 encryption aes
 group 14
 authentication pre-share
 lifetime 3600
crypto isakmp key a-long-and-random-one address 10.99.1.1
crypto ipsec transform-set s esp-aes esp-sha-hmac
crypto map vpn 10 ipsec-isakmp
 set peer 10.99.1.1
 set transform-set s
 set security-association lifetime seconds 1800
 match address 101
interface vi$$
 ip address 10.99.2.2 255.255.255.0
 crypto map vpn
access-list 101 permit ip host 10.99.12.1 host 10.99.11.1
X
    ip netns exec "$I" "$BUILD/examples/router" --config "$RUN/ours.cfg" --debug --sa-log "$RUN/sa" \
        --flow 10.99.12.1,10.99.11.1 </dev/null >"$LOG" 2>&1 &
    OURS=$!
    wait_for "child .* is up"
    up=$?
    octets=$(ip netns exec "$R" timeout "$2" tcpdump -i "vr$$" -nn 'udp dst port 4500 and udp[4:2] = 9' 2>/dev/null |
        grep -c keep-alive)
    case $3 in
    none) [ $up = 0 ] && [ "$octets" = 0 ] ;;
    some) [ $up = 0 ] && [ "$octets" -ge 2 ] ;;
    esac
    result "$1 ($octets in $2 s)" $?
    ours_stop
    wait_charon_empty
}

behind "crypto isakmp nat keepalive 5" 13 some "crypto isakmp nat keepalive 5"
behind "no crypto isakmp nat keepalive" 8 none
