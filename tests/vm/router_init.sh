#!/bin/sh
# vm/router_init.sh: the first program of a virtual machine for routers.
#
#     a --- r1 ------- r2 --- b
. /begin.sh
. /net.sh
. /keys.sh
export RUN=/tmp

hosts a r1 r2 b
wire a e 10.1.0.2/24 r1 in 10.1.0.1/24
wire r1 out 192.0.2.1/24 r2 out 192.0.2.2/24
wire r2 in 10.2.0.1/24 b e 10.2.0.2/24
way a default 10.1.0.1
way b default 10.2.0.1
way r1 10.2.0.0/24 192.0.2.2
way r2 10.1.0.0/24 192.0.2.1
forwards r1 r2

# side NAME OWN-ADDRESS OTHER-ADDRESS OWN-NET OTHER-NET SET
side() {
    cat <<X
hostname $1
crypto isakmp policy 10
 encryption aes
 authentication ${AUTH:-pre-share}
 group 14
crypto isakmp key a-long-and-random-one address $3
crypto ipsec transform-set s $6
crypto map vpn 10 ipsec-isakmp
 set peer $3
 set transform-set s
 match address 101
interface out
 ip address $2 255.255.255.0
 crypto map vpn
access-list 101 permit ip $4 0.0.0.255 $5 0.0.0.255
X
}
# own NAME SET: its side.
own() {
    case $1 in
    r1) side r1 192.0.2.1 192.0.2.2 10.1.0.0 10.2.0.0 "$2" ;;
    r2) side r2 192.0.2.2 192.0.2.1 10.2.0.0 10.1.0.0 "$2" ;;
    esac
}
# both SET [LINES]
both() {
    for r in r1 r2; do { own $r "$1"; echo "${2:-}"; } | conf $r; done
    start r1
    start r2
}

# ---- Static maps --------------------------------------------------------------------------------

ip -n b addr add 10.3.0.2/32 dev lo
way r1 10.3.0.0/24 192.0.2.2
way r2 10.3.0.0/24 10.2.0.2
both "esp-aes esp-sha-hmac"
ok "what no map is about goes in the clear" pings a 10.3.0.2
ok "... and there are no SAs" sh -c 'ip -n r1 xfrm state | grep -c . | grep -qx 0'
ok "a ping from host to host brings up SAs, and comes through" pings a 10.2.0.2
ok "... through ESP" carried r1
ok "... and back" pings b 10.1.0.2
ask r1 "clear crypto sa"
ok "clear crypto sa: the kernel has none" sh -c 'ip -n r1 xfrm state | grep -c . | grep -qx 0'
ok "... and traffic makes new ones" pings a 10.2.0.2
ask r2 "clear crypto isakmp"
ok "clear crypto isakmp at the other router, and traffic makes all anew" pings a 10.2.0.2
end r1 r2
ok "the rules of routing are gone when a router ends" sh -c '! ip -n r1 rule | grep -q 50[1-5]:'
ok "... and what is in the kernel, too" sh -c 'ip -n r1 xfrm state | grep -c . | grep -qx 0'
start r1
ok "without the other router nothing comes through" no_ping a 10.2.0.2
end r1
both "esp-aes esp-sha-hmac" "no crypto isakmp enable"
ok "no crypto isakmp enable: what is to be protected does not go in the clear" no_ping a 10.2.0.2
end r1 r2

for set in "esp-des" "ah-sha-hmac" "ah-sha-hmac esp-des" "ah-md5-hmac esp-3des esp-sha-hmac" \
    "esp-aes 256 esp-sha256-hmac" "esp-null esp-md5-hmac"; do
    both "$set"
    ok "$set" pings a 10.2.0.2
    case $set in
    *ah-*) ok "... through AH" carried r1 ah ;;
    esac
    case $set in
    *esp-*) ok "... through ESP" carried r1 esp ;;
    esac
    end r1 r2
done

# What a router itself sends does not begin anything: so --flow does.
transport() {
    side "$1" "$2" "$3" "$2" "$3" "esp-aes esp-sha-hmac" |
        sed "s/^crypto ipsec transform-set.*/&\n mode transport\n exit/; s/permit ip .*/permit ip host $2 host $3/" |
        conf "$1"
}
transport r1 192.0.2.1 192.0.2.2
transport r2 192.0.2.2 192.0.2.1
start r2
start r1 --flow 192.0.2.1,192.0.2.2
ok "transport mode between the routers themselves" until_true 10 said r1 "child .* is up"
ok "... carries what they say" pings r1 192.0.2.2
ok "... in transport mode" sh -c 'ip -n r1 xfrm state | grep -q "mode transport" && ! ip -n r1 xfrm state | grep -q "mode tunnel"'
ok "... through ESP" carried r1
end r1 r2

# ---- Public keys --------------------------------------------------------------------------------

address() { [ "$1" = r1 ] && echo 192.0.2.1 || echo 192.0.2.2; }
# with_keys AUTH COMMAND...: both, each with its private key; `COMMAND... NAME` prints more of its configuration.
with_keys() {
    AUTH=$1
    shift
    for r in r1 r2; do
        { own $r "esp-aes esp-sha-hmac"; echo "ip domain-name example.com"; "$@" $r; } | conf $r
        start $r --keys /tmp/$r.key
    done
}
# agreed SUITE NAME: both have, and r2 knows r1 by that name.
agreed() { said r1 "agreed on $1" && said r2 "agreed on $1.* $2$"; }

with_name() { trust "$@" && echo "crypto isakmp identity dn"; }
with_keys rsa-sig with_name
ok "RSA signatures, certificates as PEM: pings come through" pings a 10.2.0.2
ok "... through ESP" carried r1
ok "... and back" pings b 10.1.0.2
ok "... by signatures, and known by the certificate's name" agreed "aes128-sha1-modp2048 rsa-sig" "O=Example, CN=r1"
end r1 r2
doubts() { with_name "$1" "$([ "$1" = r1 ] && echo ca || echo other-ca)"; }
with_keys rsa-sig doubts
ok "... of a CA that one of both does not trust: nothing comes through" no_ping a 10.2.0.2
ok "... and it says why" said r2 "no CA that is trusted here vouches for the peer's certificate"
end r1 r2

by_name() { echo "crypto isakmp identity hostname"; [ "$1" = r1 ] || echo "ip host r1.example.com 192.0.2.1"; }
with_keys rsa-encr by_name
ok "RSA encrypted nonces, keys not exchanged: nothing comes through" no_ping a 10.2.0.2
exchange_keys() {
    type_in_key r1 r2 "addressed-key 192.0.2.2" && type_in_key r2 r1 "named-key r1.example.com
address 192.0.2.1"
}
ok "... exchanged by hand, with key-string" exchange_keys
ok "... pings come through" pings a 10.2.0.2
ok "... through ESP" carried r1
ok "... and back" pings b 10.1.0.2
ok "... by encrypted nonces" agreed "aes128-sha1-modp2048 rsa-encr" "r1.example.com"
end r1 r2
AUTH=

# ---- What comes in the clear --------------------------------------------------------------------

# r2 forwards all the same: what b says then comes to r1 in the clear.
# configure NAME LINE...
configure() {
    name=$1
    shift
    ask "$name" "configure terminal" "$@"
}
# echoes HOST: how many pings have come to it.
echoes() { on "$1" awk '$1 == "Icmp:" && $10 ~ /^[0-9]/ { print $10 }' /proc/net/snmp; }
# arrive FROM HOST ADDRESS: pings do, whatever becomes of the answers.
arrive() {
    before=$(echoes "$2")
    on "$1" ping -c 2 -W 1 "$3" >/dev/null
    [ "$(echoes "$2")" -gt "$before" ]
}
lost() { ! arrive "$@"; }

both "esp-aes esp-sha-hmac"
end r2
ok "what is to be protected and comes in the clear is dropped" lost b a 10.1.0.2
ok "... also if it is for the router" lost b r1 10.1.0.1
ok "... and what no map is about is not" pings b 192.0.2.1
configure r1 "interface out" "no crypto map"
ok "... nor is anything where the interface has no map" arrive b a 10.1.0.2
ok "... also if it is for the router" arrive b r1 10.1.0.1
configure r1 "interface out" "crypto map vpn"
ok "... but when it has it again" lost b a 10.1.0.2
start r2
ok "... until there are SAs" pings a 10.2.0.2
ok "... which let it in both ways" pings b 10.1.0.2
end r2
ok "... and when they are gone it is dropped again" lost b a 10.1.0.2
configure r1 "no access-list 101" "access-list 101 deny icmp host 10.1.0.1 any" \
    "access-list 101 permit ip 10.1.0.0 0.0.0.255 any"
ok "what a line denies is let in" pings b 10.1.0.1
ok "... and the far end may be anybody" lost b a 10.1.0.2
configure r1 "no access-list 101" "access-list 101 permit ip 10.1.0.0 0.0.0.255 any"
ok "... but for our own hosts" pings a 10.1.0.1
ok "... and nobody else" lost b r1 10.1.0.1
end r1
ok "a router that ends leaves nothing behind that drops packets" arrive b a 10.1.0.2
start r1
kill -9 "$(cat /tmp/r1.pid)"
ok "... one that is killed does" lost b a 10.1.0.2
side r1 192.0.2.1 192.0.2.2 10.1.0.0 10.4.0.0 "esp-aes esp-sha-hmac" | conf r1
start r1
ok "... until another one takes its place" arrive b a 10.1.0.2
end r1

# ---- Peers by their names -----------------------------------------------------------------------

echo "hosts: files" >/etc/nsswitch.conf
echo "192.0.2.2 r2.example.com" >/etc/hosts
named() {
    side "$1" "$2" "$3" "$4" "$5" "esp-aes esp-sha-hmac" |
        sed "s/^crypto isakmp key.*/crypto isakmp key of-a-name hostname $6.example.com/
            s/set peer .*/set peer $7/" | { cat; echo "ip domain-name example.com
crypto isakmp identity hostname"; } | conf "$1"
}
named r1 192.0.2.1 192.0.2.2 10.1.0.0 10.2.0.0 r2 r2.example.com
named r2 192.0.2.2 192.0.2.1 10.2.0.0 10.1.0.0 r1 192.0.2.1
start r1
start r2
ok "a peer whose address the DNS knows, with a key for its name" pings a 10.2.0.2
ok "... by Aggressive Mode" said r1 "Aggressive Mode, message 2 received"
end r1 r2

# ---- A peer that dies ---------------------------------------------------------------------------

both "esp-aes esp-sha-hmac" "crypto isakmp keepalive 10 2"
pings a 10.2.0.2
kill -9 "$(cat /tmp/r2.pid)"
ip -n r2 link set in down # its kernel would go on with what it has, and that is a sign of life
on a ping -i 1 10.2.0.2 >/dev/null 2>&1 &
ping=$!
ok "keepalive, on demand: a router that was killed is found dead while traffic waits" said r1 "the peer is dead" 40
kill $ping
end r1

ip -n r2 link set in up
ip -n r2 xfrm state flush
ip -n r2 xfrm policy flush
# ---- A router that has lost everything ----------------------------------------------------------

both "esp-aes esp-sha-hmac" "crypto isakmp invalid-spi-recovery"
pings a 10.2.0.2
kill -9 "$(cat /tmp/r2.pid)"
ip -n r2 xfrm state flush
ip -n r2 xfrm policy flush
start r2
ok "invalid-spi-recovery: a router that has lost all SAs tells its peer, and pings come through again" pings a 10.2.0.2 30
ok "... by a negotiation that it began" said r2 "Main Mode, message 1 sent"
kill -9 "$(cat /tmp/r2.pid)"
ip -n r2 xfrm state flush
ip -n r2 xfrm policy flush
side r2 192.0.2.2 192.0.2.1 10.2.0.0 10.1.0.0 "esp-aes esp-sha-hmac" | conf r2
start r2
ok "... not without that line" no_ping a 10.2.0.2
configure r2 "crypto isakmp invalid-spi-recovery"
ok "... but as soon as it is typed in" pings a 10.2.0.2 30
end r1 r2
echo "the end"
poweroff -f
