#!/bin/sh
# vm/router_init.sh: the first program of a virtual machine for routers.
#
#     a --- r1 ------- r2 --- b
. /begin.sh
. /net.sh

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
    conf "$1" <<X
hostname $1
crypto isakmp policy 10
 encryption aes
 authentication pre-share
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
both() {
    side r1 192.0.2.1 192.0.2.2 10.1.0.0 10.2.0.0 "$1"
    side r2 192.0.2.2 192.0.2.1 10.2.0.0 10.1.0.0 "$1"
    start r1
    start r2
}
# Did it go through ESP?
carried() { on r1 ip -s xfrm state | grep -A2 "lifetime current" | grep -q "[1-9][0-9]*(packets)"; }

both "esp-aes esp-sha-hmac"
ok "a ping from host to host brings up SAs, and comes through" pings a 10.2.0.2
ok "... through ESP" carried
ok "... and back" pings b 10.1.0.2
end r1 r2
ok "... rules are gone when a router ends" sh -c '! ip -n r1 rule | grep -q 500'
for set in "ah-sha-hmac esp-des" "ah-md5-hmac esp-3des esp-sha-hmac" "esp-des esp-md5-hmac" "ah-sha-hmac" "esp-aes 256 esp-sha256-hmac"; do
both "$set"
ok "$set" pings a 10.2.0.2
end r1 r2
done
echo "the end $(cut -d' ' -f1 /proc/uptime)"
poweroff -f
