# vm/net.sh -- networks of hosts and routers in a virtual machine; to be sourced after begin.sh.
# shellcheck shell=sh

# hosts NAME...
hosts() {
    for n in "$@"; do
        ip netns add "$n"
        ip -n "$n" link set lo up
    done
}
# wire HOST DEVICE ADDRESS/BITS HOST DEVICE ADDRESS/BITS
wire() {
    ip link add "$2" netns "$1" type veth peer name "$5" netns "$4"
    ip -n "$1" addr add "$3" dev "$2"
    ip -n "$4" addr add "$6" dev "$5"
    ip -n "$1" link set "$2" up
    ip -n "$4" link set "$5" up
}
way() { ip -n "$1" route add "$2" via "$3"; }
on() {
    host=$1
    shift
    ip netns exec "$host" "$@"
}
forwards() { for n in "$@"; do on "$n" sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'; done; }

uptime() { cut -d. -f1 /proc/uptime; }
# until_true SECONDS COMMAND...
until_true() {
    stop=$(($(uptime) + $1))
    shift
    until "$@"; do
        [ "$(uptime)" -lt $stop ] || return 1
        usleep 200000
    done
}

# conf NAME: its configuration from stdin.
conf() { cat >"/tmp/$1.cfg"; }
# start NAME OPTION...
start() {
    router=$1
    shift
    rm -f "/tmp/$router.ctl"
    ip netns exec "$router" router --config "/tmp/$router.cfg" --control "/tmp/$router.ctl" --debug "$@" \
        </dev/null >"/tmp/$router.out" 2>&1 &
    echo $! >"/tmp/$router.pid"
    until_true 20 test -S "/tmp/$router.ctl"
}
end() {
    for n in "$@"; do
        kill "$(cat "/tmp/$n.pid")"
        wait "$(cat "/tmp/$n.pid")"
    done
}
# ask NAME COMMAND...
ask() {
    router=$1
    shift
    for c in "$@"; do
        shift
        set -- "$@" --exec "$c"
    done
    router --control "/tmp/$router.ctl" "$@"
}
# pings FROM TO [SECONDS]: soon one is answered.
pings() { until_true "${3:-20}" on "$1" ping -c 1 -W 1 "$2"; }
no_ping() { ! on "$1" ping -c 2 -W 1 "$2"; }
said() { until_true "${3:-10}" grep -qE "$2" "/tmp/$1.out"; }

# packets HOST PROTOCOL: how many have passed through its SAs.
packets() {
    on "$1" ip -s xfrm state | awk -v p="$2" '$1 == "proto" { now = $2 }
        now == p && /\(packets\)$/ && !/INF/ { sub(/\(packets\)/, "", $2); n += $2 } END { print n + 0 }'
}
# carried HOST [PROTOCOL]: a packet and its answer have, at least.
carried() { [ "$(packets "$1" "${2:-esp}")" -ge 2 ]; }
