#!/bin/sh
# vm/ted_init.sh: the first program of a virtual machine for Tunnel Endpoint Discovery.
#
#     ha --- g1 --- net --+-- g2 --+-- lan --- hb
#                         +-- g3 --+

. /begin.sh
. /net.sh

hosts ha g1 net g2 g3 lan hb
for s in net lan; do
    ip -n $s link add name sw type bridge
    ip -n $s link set sw up
done
# plug BRIDGE HOST DEVICE ADDRESS/BITS
plug() {
    ip link add "$3" netns "$2" type veth peer name "$2" netns "$1"
    ip -n "$2" addr add "$4" dev "$3"
    ip -n "$2" link set "$3" up
    ip -n "$1" link set "$2" master sw
    ip -n "$1" link set "$2" up
}
wire ha e 10.1.0.2/16 g1 inside 10.1.0.1/16
plug net g1 outside 192.0.2.1/24
plug net g2 outside 192.0.2.2/24
plug net g3 outside 192.0.2.4/24
plug lan g2 inside 10.2.0.1/16
plug lan g3 inside 10.2.0.4/16
plug lan hb e 10.2.0.2/16
way ha default 10.1.0.1
way hb default 10.2.0.1
way g1 10.2.0.0/16 192.0.2.2
way g2 10.1.0.0/16 192.0.2.1
way g3 10.1.0.0/16 192.0.2.1
forwards g1 g2 g3
sed "s/keepalive 10 3/keepalive 10 2/" /site-a.cfg | conf g1
sed "s/keepalive 10 3/keepalive 10 2/" /site-b.cfg | conf g2
sed "s/site-b/site-d/; s/192.0.2.2/192.0.2.4/; s/10.2.0.1/10.2.0.4/" /tmp/g2.cfg | conf g3
for g in g1 g2 g3; do start $g; done
ok "discovery: a ping from host to host finds the gateway, and comes through" pings ha 10.2.0.2
ok "... by a probe, to which the other gateway answers" said g1 "the gateway at 192.0.2.2:500 answers for what it protects"
ok "... with SAs for both nets" sh -c 'ip -n g1 xfrm policy | grep -q "^src 10.1.0.0/16 dst 10.2.0.0/16"'
ok "... and the other gateway has nothing to do with it" sh -c 'ip -n g3 xfrm state | grep -c . | grep -qx 0'
kill -9 "$(cat /tmp/g2.pid)"
ip -n g2 link set inside down
ip -n g2 link set outside down
ip -n g1 route replace 10.2.0.0/16 via 192.0.2.4
ip -n hb route replace default via 10.2.0.4
on ha ping -i 1 10.2.0.2 >/tmp/ping 2>&1 &
ping=$!
ok "a gateway dies: it is found dead while traffic waits" said g1 "the peer is dead" 40
ok "... and its neighbour found in its stead" said g1 "ISAKMP SA .*192.0.2.4:500 is up" 20
kill $ping
ok "... so that pings come through again" pings ha 10.2.0.2
ok "... by the neighbour" said g3 "child .* is up"
end g1 g3
echo "the end"
poweroff -f
