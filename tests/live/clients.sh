#!/bin/sh
# live/clients.sh: XAUTH and Mode Config with a real peer, as client and as gateway, each with a ping through the address
# that was given; several clients behind one NAT.  Prints TAP.
set -u
BUILD=${BUILD:-build}
if [ "$(id -u)" != 0 ]; then
    echo "ok - live clients # SKIP network namespaces need root"
    exit 0
fi
. tests/live/lab.sh
. tests/live/conn.sh
trap lab_down EXIT

IKE=aes128-sha256-ecp256 KEY=live-test-pre-shared-key
PSK="ike-1 { secret = \"$KEY\" }"
# More than one line each, for swanctl.conf.
THEIR_CERT='auth = pubkey
        certs = t.pem' OUR_CERT='auth = pubkey
        cacerts = root.pem'

stage() { "$@" || { echo "not ok - the stage for live tests with clients could not be set up"; exit 1; }; }
make_certs() {
    ca root rsa 2048 && new_key t rsa 2048 && new_key o rsa 2048 && issue t t root && issue o o root &&
        cp "$P/t.pem" "$RUN/swanctl/x509/" && cp "$P/root.pem" "$RUN/swanctl/x509ca/" &&
        cp "$P/t.key" "$RUN/swanctl/private/key.pem"
}
certs() { make_certs >"$RUN/pki.log" 2>&1 || { sed 's/^/# /' "$RUN/pki.log"; echo "not ok - certificates could not be made"; exit 1; }; }

# proof METHOD ROLE: our options for that; a client of hybrid authentication has no key.
proof() {
    case $1 in
    psk) echo "--psk $KEY" ;;
    xauth-psk) echo "--auth xauth-psk --psk $KEY" ;;
    xauth-rsa) echo "--auth xauth-rsa --ca $P/root.pem --cert $P/o.pem --key $P/o.key" ;;
    hybrid) [ "$2" = initiator ] && echo "--auth hybrid --ca $P/root.pem" ||
        echo "--auth hybrid --cert $P/o.pem --key $P/o.key" ;;
    esac
}

# they METHOD MODE gateway|client: strongSwan's side of it, beside what conn.sh says.
they() {
    theirs='auth = psk' ours='auth = psk'
    case $1 in
    xauth-psk) [ "$3" = gateway ] && users || user ;;
    xauth-rsa)
        theirs=$THEIR_CERT ours=$OUR_CERT
        [ "$3" = gateway ] && users || user
        ;;
    hybrid)
        theirs=$THEIR_CERT ours=$OUR_CERT
        [ "$3" = gateway ] && ours='auth = xauth' || theirs='auth = xauth
        xauth_id = carol'
        ;;
    esac
    charon_conf $IKE aes128-sha1 "$([ "$2" = aggressive ] && echo yes || echo no)" "$theirs" "$ours" "$PSK $CAROL"
}

# we ROLE METHOD MODE USER-PASSWORD [OPTION...]
we() {
    role=$1 method=$2 mode=$3 password=$4
    shift 4
    printf '%s\n' "$password" >"$RUN/password"
    [ "$method" = psk ] && user='' || user="--xauth-user carol --xauth-password-file $RUN/password"
    # shellcheck disable=SC2046,SC2086
    ours_bare "$role" --mode "$mode" --ike $IKE $(proof "$method" "$role") $user --ike-lifetime 3600 \
        --esp-lifetime 1800 --timeout 15 "$@"
    peer_initiates "$role" 6
}

their_ping() { ip netns exec "$R" ping -q -c 1 -W 2 "$@" >>"$RUN/their-ping" 2>&1; }

# ---- Users ------------------------------------------------------------------------------------------------

stage lab_up
certs
for mode in main aggressive; do
    for method in xauth-psk xauth-rsa hybrid; do
        plain
        they $method $mode gateway
        we initiator $method $mode "password of carol" --local-net 10.99.12.1/32 --remote-net 10.99.11.1/32
        wait_for "child with .* is up" && heard "XAuth authentication of 'carol' successful"
        ping_and_stop "$method, $mode mode: strongSwan lets our user in" "" $?

        they $method $mode gateway
        we initiator $method $mode "password of Carol" --local-net 10.99.12.1/32 --remote-net 10.99.11.1/32
        wait_for "ISAKMP SA with .* is down: the user was not authenticated" &&
            heard "XAuth authentication of 'carol' failed" && ! grep -q "SA with .* is up\|child with .* is up" "$LOG"
        status=$?
        end_both
        result "$method, $mode mode: strongSwan does not let in who has another password" $status

        plain
        they $method $mode client
        we responder $method $mode "password of carol" --local-net 10.99.12.1/32 --remote-net 10.99.11.1/32
        wait_for "ISAKMP SA with .* of user carol is up"
        ping_and_stop "$method, $mode mode: we let strongSwan's user in" "" $?

        they $method $mode client
        we responder $method $mode "password of Carol" --local-net 10.99.12.1/32 --remote-net 10.99.11.1/32
        wait_for "ISAKMP SA with .* is down: the user was not authenticated" &&
            heard "XAuth authentication.* failed\|authentication of .* failed" &&
            ! grep -q "SA with .* is up\|child with .* is up" "$LOG"
        status=$?
        end_both
        result "$method, $mode mode: we do not let in who has another password" $status
    done
done

# ---- Addresses --------------------------------------------------------------------------------------------

# What a gateway of conn.sh says, as we show it.
told() {
    for line in "ip4 address 10.99.12.1[234][0-9]" "ip4 dns 10.99.11.53" "ip4 nbns 10.99.11.54" \
        '[a-z ]*banner "Welcome to the live test"' '[a-z ]*domain "live.example"' "[a-z ]*split[a-z ]* 10.99.11.0/24"; do
        grep -qi "^  *$line\$" "$LOG" || { echo "# not told: $line"; return 1; }
    done
}

# given: the address that we have from them.
given() { sed -n 's/.*we have from .* the address \(.*\)$/\1/p' "$LOG" | head -n 1; }

for how in pull push; do
    for method in psk xauth-psk hybrid; do
        plain
        gateway $how
        they $method main gateway
        we initiator $method main "password of carol" --mode-config $how --remote-net 10.99.11.1/32
        wait_for "child with .* is up" && told && grep -q "^  $(given) === 10.99.11.1  up" "$LOG"
        status=$?
        wait_for "ping answered" && their_ping -I 10.99.11.1 "$(given)" || status=1
        ping_and_stop "$how, $method: strongSwan gives us an address, and says what else there is" "" $status

        plain
        client $how
        they $method main client
        we responder $method main "password of carol" --mode-config $how --pool 10.99.12.7-10.99.12.9 \
            --dns 10.99.12.53 --local-net 10.99.12.1/32
        wait_for "the client at .* has the address 10.99.12.7" && wait_for "child with .* is up" &&
            heard "installing new virtual IP 10.99.12.7" && grep -q "^  10.99.12.[0-9/]* === 10.99.12.7  up" "$LOG"
        status=$?
        ping_and_stop "$how, $method: we give strongSwan an address" "" $status
    done
done
lab_down

# ---- Several behind one NAT -------------------------------------------------------------------------------

# Each is another user, and has another address of the gateway's; to the gateway all come from one.
stage lab_up_nat ours
certs
CAROL='xauth-1 { id = user1
        secret = "password of 1" }
    xauth-2 { id = user2
        secret = "password of 2" }
    xauth-3 { id = user3
        secret = "password of 3" }'
for method in xauth-psk hybrid; do
    plain
    gateway pull
    they $method main gateway
    status=0 MORE='' LOGS=''
    for n in 1 2 3; do
        LOG=$RUN/ours-$n US=10.99.2.1$n
        ip -n "$I" addr add $US/24 dev "vi$$" 2>/dev/null
        # shellcheck disable=SC2046
        ours_bare initiator --ike $IKE $(proof $method initiator) --xauth-user user$n \
            --xauth-password "password of $n" --mode-config pull --remote-net 10.99.11.1/32 --ike-lifetime 3600 \
            --esp-lifetime 1800 --timeout 30
        MORE="$MORE $OURS" LOGS="$LOGS $LOG"
    done
    for LOG in $LOGS; do
        wait_for "ping answered" || status=1
    done
    # Each is still there when all are.
    for LOG in $LOGS; do
        their_ping -I 10.99.11.1 "$(given)" && ! grep -q "is down" "$LOG" || status=1
    done
    for LOG in $LOGS; do given; done | sort -u >"$RUN/given"
    swanctl --list-sas >"$RUN/sas" 2>/dev/null
    [ "$(wc -l <"$RUN/given")" = 3 ] && [ "$(grep -c '^t: .*ESTABLISHED' "$RUN/sas")" = 3 ] || status=1
    for n in 1 2 3; do
        grep -q "remote .*@ 10.99.1.254\[[0-9]*\] XAuth: 'user$n' \[$(LOG=$RUN/ours-$n && given)\]" "$RUN/sas" ||
            status=1
    done
    sed 's/^/# /' "$RUN/sas" >>"$RUN/charon.log"
    # shellcheck disable=SC2086
    kill $MORE && wait $MORE
    MORE='' OURS=''
    wait_charon_empty || status=1
    result "$method: three users behind one NAT at once, each reached by the address that it was given" $status
done
