# router/lib.sh -- two routers on this machine, left (127.0.0.33) and right (127.0.0.34); to be sourced.  Packets
# do not pass; what is negotiated is written down as commands of `ip xfrm`.
# shellcheck shell=sh
BUILD=${BUILD:-build}
ROUTER=$BUILD/examples/router
RUN=$(mktemp -d)
PORT=$((20000 + $$ % 30000))
PIDS=

# until_true SECONDS COMMAND...
until_true() {
    tries=$(($1 * 20))
    shift
    until "$@"; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] || return 1
        sleep 0.05
    done
}

# address NAME
address() { [ "$1" = left ] && echo 127.0.0.33 || echo 127.0.0.34; }
other() { [ "$1" = left ] && echo right || echo left; }
# net NAME
net() { [ "$1" = left ] && echo 10.1.0.0 0.0.255.255 || echo 10.2.0.0 0.0.255.255; }

# conf NAME: a configuration from stdin and what all have: a crypto map with the other router.
conf() {
    {
        cat
        cat <<X
hostname $1
ip domain-name example.com
crypto ipsec transform-set strong esp-aes esp-sha-hmac
crypto map vpn 10 ipsec-isakmp
 set peer ${PEER:-$(address "$(other "$1")")}
 set transform-set ${SETS:-strong}
 match address 101
interface lo
 ip address $(address "$1") 255.0.0.0
 crypto map vpn
access-list 101 permit ip $(net "$1") $(net "$(other "$1")")
X
    } >"$RUN/$1.cfg"
}

# start NAME OPTION...
start() {
    name=$1
    shift
    rm -f "$RUN/$name.ctl" "$RUN/$name.sa" # of one that may not have begun at all
    "$ROUTER" --config "$RUN/$name.cfg" --port-base $PORT --debug --sa-log "$RUN/$name.sa" \
        --control "$RUN/$name.ctl" "$@" </dev/null >"$RUN/$name.out" 2>&1 &
    PIDS="$PIDS $!"
    echo $! >"$RUN/$name.pid"
    until_true 5 test -S "$RUN/$name.ctl"
}
# start_both [OPTION...]: left has traffic for right.
start_both() {
    start right "$@" && start left --flow 10.1.0.1,10.2.0.1 "$@"
}
end() {
    for p in $PIDS; do kill "$p" 2>/dev/null; done
    # shellcheck disable=SC2086
    [ -z "$PIDS" ] || wait $PIDS 2>/dev/null
    PIDS=
    PORT=$((PORT + 1))
}
trap 'end; rm -rf "$RUN"' EXIT

# ask NAME COMMAND...
ask() {
    name=$1
    shift
    for c in "$@"; do
        shift
        set -- "$@" --exec "$c"
    done
    "$ROUTER" --control "$RUN/$name.ctl" "$@"
}
# said NAME TEXT [SECONDS]: a debug line has it, or does soon.
said() { until_true "${3:-10}" grep -qE "$2" "$RUN/$1.out"; }
never_said() { ! grep -qE "$2" "$RUN/$1.out"; }
# shows NAME COMMAND PATTERN
shows() { ask "$1" "$2" | grep -qE "$3"; }

sas() { grep "^ip xfrm state add" "$RUN/$1.sa" | sed 's/reqid [0-9]*//; s/replay-window [0-9]*//' | sort; }
n_sas() { [ "$(sas "$1" | wc -l)" -ge "$2" ]; }
# same_sas [N]: both have N SAs (2), with the same keys.
same_sas() {
    until_true 10 n_sas left "${1:-2}" && until_true 5 n_sas right "${1:-2}" &&
        sas left >"$RUN/left.sad" && sas right >"$RUN/right.sad" && cmp -s "$RUN/left.sad" "$RUN/right.sad"
}

# check NAME COMMAND...: one line of TAP; when it goes wrong, what both routers said.
check() {
    what=$1
    shift
    if "$@" >"$RUN/log" 2>&1; then
        echo "ok - $what"
        return
    fi
    echo "not ok - $what"
    for f in log left.out right.out left.sa right.sa; do
        [ -e "$RUN/$f" ] && grep -av '^$' "$RUN/$f" | sed "s/^/# $f: /"
    done
}
