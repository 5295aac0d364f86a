#!/bin/sh
# vm/natt_init.sh: the first program of a virtual machine for a NAT, with routers behind it and strongSwan in
# front, and then the other way round.
#
#     a --- r1 --- nat --- gate --- b
#         host ----+
#        quiet ----+
#
# gate is strongSwan, then a router; r1 and quiet are routers, host is a router, then strongSwan.
. /begin.sh
. /net.sh

hosts a r1 host quiet nat gate b
wire a e 10.1.0.2/24 r1 in 10.1.0.1/24
wire r1 out 10.9.1.2/24 nat one 10.9.1.1/24
wire host out 10.9.2.2/24 nat two 10.9.2.1/24
wire quiet out 10.9.3.2/24 nat three 10.9.3.1/24
wire nat out 192.0.2.1/24 gate out 192.0.2.2/24
wire gate in 10.2.0.1/24 b e 10.2.0.2/24
ip -n quiet addr add 10.3.0.1/32 dev lo
way a default 10.1.0.1
way r1 default 10.9.1.1
way host default 10.9.2.1
way quiet default 10.9.3.1
way gate default 192.0.2.1
way b default 10.2.0.1
forwards r1 nat gate
# Nothing but UDP comes through, and the NAT itself answers nobody: what is answered has come in ESP in UDP.
on nat nft -f - <<X
table ip nat {
    chain post {
        type nat hook postrouting priority srcnat
        oifname "out" meta l4proto udp masquerade to :20000-30000 fully-random
    }
    chain forward { type filter hook forward priority filter; policy drop; meta l4proto udp accept; }
    chain input { type filter hook input priority filter; policy drop; }
}
X
on nat sh -c 'for f in /proc/sys/net/netfilter/nf_conntrack_udp_timeout*; do echo 10 >$f; done'

on gate nc -ll -p 7 -e cat & # what comes by TCP goes back

# ---- strongSwan ---------------------------------------------------------------------------------

export STRONGSWAN_CONF=/tmp/strongswan.conf SWANCTL_DIR=/tmp
cat >/tmp/strongswan.conf <<X
charon {
    load = $(cd /usr/lib/ipsec/plugins && echo libstrongswan-* | sed 's/libstrongswan-//g; s/\.so//g')
    keep_alive = 5
    plugins { vici { socket = unix:///tmp/vici } }
    filelog { log {
        path = /tmp/charon.out
        flush_line = yes
        ike = 2
        enc = 3
    } }
}
swanctl {
    load = random
    socket = unix:///tmp/vici
}
X
# charon HOST CHILDREN: strongSwan there, of which the other side of the NAT is the peer.
charon() {
    [ "$1" = gate ] && from=192.0.2.2 to=192.0.2.1 || from=10.9.2.2 to=192.0.2.2
    cat >/tmp/swanctl.conf <<X
connections { t {
    version = 1
    local_addrs = $from
    remote_addrs = $to
    proposals = aes128-sha1-modp2048
    local { auth = psk }
    remote { auth = psk }
    children {
        $2
    }
} }
secrets { ike-1 { secret = a-long-and-random-one } }
X
    rm -f /tmp/vici /tmp/charon.out
    ip netns exec "$1" charon-systemd </dev/null >/tmp/charon.err 2>&1 &
    echo $! >/tmp/charon.pid
    until_true 20 test -S /tmp/vici && swanctl --load-all --noprompt
}
# child NAME OUR-NET THEIR-NET: one in tunnel mode.
child() {
    echo "$1 {
            local_ts = $2
            remote_ts = $3
            esp_proposals = aes128-sha1
        }"
}
HOSTS="hosts {
            mode = transport
            esp_proposals = aes128-sha1
        }"
# has CHILD HOW: strongSwan has it so.
has() { swanctl --list-sas | grep -q "^  $1: .*INSTALLED, $2,"; }

# ---- Configurations -----------------------------------------------------------------------------

# conf_of NAME ADDRESS PEER FROM TO MODE [LINE]
conf_of() {
    conf "$1" <<X
hostname $1
crypto isakmp policy 10
 encryption aes
 authentication pre-share
 group 14
 lifetime 3600
crypto isakmp key a-long-and-random-one address $3
crypto ipsec transform-set s esp-aes esp-sha-hmac
 mode $6
 exit
crypto map vpn 10 ipsec-isakmp
 set peer $3
 set transform-set s
 set security-association lifetime seconds 1800
 match address 101
interface out
 ip address $2 255.255.255.0
 crypto map vpn
access-list 101 permit ip $4 $5
${7:-}
X
}
# in_udp HOST MODE: its SAs are two, and so.
in_udp() {
    ip -n "$1" xfrm state >/tmp/sas
    [ "$(grep -c "mode $2$" /tmp/sas)" = 2 ] && [ "$(grep -c "encap type espinudp" /tmp/sas)" = 2 ]
}

# ---- strongSwan in front of the NAT -------------------------------------------------------------

ok "strongSwan, whose ESP is the kernel's, in front of a NAT" charon gate "$(child net 10.2.0.0/24 10.1.0.0/24)
        $(child quiet 10.2.0.0/24 10.3.0.1/32)
        $HOSTS"
KEEP="crypto isakmp nat keepalive 5"
conf_of r1 10.9.1.2 192.0.2.2 "10.1.0.0 0.0.0.255" "10.2.0.0 0.0.0.255" tunnel "$KEEP"
conf_of host 10.9.2.2 192.0.2.2 "host 10.9.2.2" "host 192.0.2.2" transport "$KEEP"
conf_of quiet 10.9.3.2 192.0.2.2 "host 10.3.0.1" "10.2.0.0 0.0.0.255" tunnel "no crypto isakmp nat keepalive"

start r1
ok "tunnel mode: a ping from behind the NAT brings up SAs, and comes through" pings a 10.2.0.2
ok "... through ESP in UDP" in_udp r1 tunnel
ok "... and back" pings b 10.1.0.2
ok "... as strongSwan says, too" has net TUNNEL-in-UDP

start host --flow 10.9.2.2,192.0.2.2
ok "transport mode: SAs" said host "child .* is up"
ok "... for ESP in UDP" in_udp host transport
ok "... carry what the one behind the NAT says" pings host 192.0.2.2
ok "... and what is said to the NAT's address" pings gate 192.0.2.1
ok "... as strongSwan says, too" has hosts TRANSPORT-in-UDP
ok "... which takes what we have proposed to be for the addresses that it sees" \
    said charon "changing received traffic selectors 10.9.2.2/32=== 192.0.2.2/32 due to NAT"
# told ADDRESS: as original, in hex.
told() {
    awk '/parsing NAT_OA_V1 payload,/ { oa = 1 } /NAT_OA_V1 payload finished/ { oa = 0 } oa && / => 4 bytes/ { data = 1; next }
        data { print $3 $4 $5 $6; data = 0 }' /tmp/charon.out | grep -qix "$1"
}
ok "... original addresses: strongSwan is told ours" told 0a090202
ok "... and its own, as we know it" told c0000202
ok "... and we are told its own, and the NAT's as ours" said host "original addresses: the peer's is 192.0.2.2, ours 192.0.2.1$"
# Whoever sends TCP makes its checksum with the original addresses.
tcp() { [ "$(echo hello | on host nc -w 5 192.0.2.2 7)" = hello ]; }
ok "... TCP comes through, though the NAT has changed addresses below it" tcp

start quiet --flow 10.3.0.1,10.2.0.2
ok "a third router, which is not to send keepalives" pings b 10.3.0.1
sleep 14
# place ADDRESS: the NAT remembers that it is there.  once FROM TO: the first ping is answered.
place() { on nat cat /proc/net/nf_conntrack | grep -q "src=$1 dst=192.0.2.2 sport=4500"; }
no_place() { ! place "$1"; }
once() { on "$1" ping -c 1 -W 3 "$2"; }
ok "silence for longer than the NAT remembers: keepalives have kept the place, tunnel mode" place 10.9.1.2
ok "... and who is in front of it reaches who is behind" once b 10.1.0.2
ok "... transport mode" place 10.9.2.2
ok "... and who is in front of it reaches who is behind" once gate 192.0.2.1
ok "... but without keepalives the place is gone" no_place 10.9.3.2
ok "... and nothing comes through" no_ping b 10.3.0.1
ok "... until something is sent from behind" until_true 20 on quiet ping -c 1 -W 1 -I 10.3.0.1 10.2.0.2
ok "... and strongSwan follows to the new place" once b 10.3.0.1
end r1 host quiet
kill "$(cat /tmp/charon.pid)"
wait "$(cat /tmp/charon.pid)"

# ---- strongSwan behind the NAT ------------------------------------------------------------------

# In transport mode it proposes its own address, which only an entry for anybody takes.
conf_of gate 192.0.2.2 192.0.2.1 "10.2.0.0 0.0.0.255" "host 10.3.1.1" tunnel "crypto ipsec transform-set t esp-aes esp-sha-hmac
 mode transport
 exit
crypto dynamic-map roaming 10
 set transform-set t
 set security-association lifetime seconds 1800
 exit
crypto map vpn 20 ipsec-isakmp dynamic roaming"
ip -n host addr add 10.3.1.1/32 dev lo
start gate
ok "strongSwan behind the NAT, a router in front of it" charon host "$(child net 10.3.1.1/32 10.2.0.0/24)
        $HOSTS"
ok "tunnel mode, begun by strongSwan: SAs" swanctl --initiate --child net --timeout 20
ok "... for ESP in UDP" in_udp gate tunnel
ok "... carry what is said from behind" on host ping -c 1 -W 3 -I 10.3.1.1 10.2.0.2
ok "... and what is said from in front" once b 10.3.1.1
kill -STOP "$(cat /tmp/charon.pid)"
ok "strongSwan says nothing until the NAT has forgotten its place" until_true 30 no_place 10.9.2.2
ok "... its ESP, from a new place, is answered there" until_true 10 on host ping -c 1 -W 3 -I 10.3.1.1 10.2.0.2
ok "... and who is in front reaches it there" once b 10.3.1.1
ok "... which is what the router has made of it" said gate "the peer has moved to 192.0.2.1:"
ok "... with SAs in the kernel as before" in_udp gate tunnel
kill -CONT "$(cat /tmp/charon.pid)"
swanctl --terminate --ike t --timeout 5 >/dev/null 2>&1
no_sas() { ! ip -n "$1" xfrm state | grep -q .; }
ok "... and when strongSwan closes them, the router has none" until_true 5 no_sas gate

ok "transport mode, begun by strongSwan: SAs" swanctl --initiate --child hosts --timeout 20
ok "... for ESP in UDP" in_udp gate transport
ok "... carry what strongSwan says" pings host 192.0.2.2
ok "... and what the router says to the NAT's address" once gate 192.0.2.1
ok "... TCP, too" tcp
ok "... original addresses: we are told strongSwan's own, and ours" \
    said gate "original addresses: the peer's is 10.9.2.2, ours 192.0.2.2$"
ok "... and it is told the NAT's as its own" told c0000201
swanctl --terminate --ike t --timeout 5 >/dev/null 2>&1
no_policy() { ! ip -n gate xfrm policy | grep -q "192.0.2.1/32"; }
ok "... and when strongSwan closes them, what was theirs in the kernel is gone" until_true 5 no_policy
end gate
echo "the end"
poweroff -f
