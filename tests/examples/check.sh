#!/bin/sh
# examples/check.sh: the examples as a user meets them, wrong input included.  Prints TAP.
set -u
. tests/examples/common.sh

i="$bin/initiator --remote 127.0.0.1 --psk k --local 127.0.0.1:0"
r="$bin/responder --psk k --local 127.0.0.1:0"
for p in "$i" "$r"; do
    # shellcheck disable=SC2086
    {
        refused "the encryption must be one of des 3des aes128" $p --ike rot13-md5-modp768
        refused "the hash must be one of md5 sha1" $p --ike des-crc-modp768
        refused "the group must be one of modp768" $p --ike des-md5-modp7
        refused "more than three parts" $p --ike des-md5-modp768-extra
        refused "the group must be one of" $p --ike aes128-sha1
        refused "the group must be one of" $p --ike aes128-sha256-
        refused "more than three parts" $p --ike aes128-sha256-modp2048-
        refused "the encryption must be one of" $p --ike=-aes128-sha256-modp2048
        refused "the hash must be one of" $p --ike aes128--sha256-modp2048
        refused "--fragment-size takes 256 to 65535 octets" $p --fragment-size 255
        refused "--fragment-size takes 256 to 65535 octets" $p --fragment-size 65536
        refused "--fragment-size takes 256 to 65535 octets" $p --fragment-size -512
        refused "--fragment-size takes 256 to 65535 octets" $p --fragment-size 512k
        for dpd in 0 65536 "" periodic 10: 10:often 10:periodic: :periodic -1 9s 10:on-demand,periodic; do
            refused "--dpd takes 1 to 65535 seconds, alone or with :periodic or :on-demand, not \"$dpd\"" $p \
                --dpd "$dpd"
        done
        refused '--nat-keepalive takes 0 to 65535 seconds, not "-1"' $p --nat-keepalive -1
        refused "--nat-keepalive takes 0 to 65535 seconds" $p --nat-keepalive 65536
        refused "--nat-keepalive takes 0 to 65535 seconds" $p --nat-keepalive often
        refused "--force-encap=yes is not an option" $p --force-encap=yes
        refused "--rekey=often is not an option" $p --rekey=often
        for flag in restart recover commit; do
            refused "--$flag=yes is not an option" $p --$flag=yes
        done
        for n in 31 4097 "" none -1 64k; do
            refused "--replay-window takes 32 to 4096 packets, or off, not \"$n\"" $p --replay-window "$n"
        done
        refused "--peer-profile takes one of android, .*, windows, not \"Cisco-IOS\"" $p --peer-profile Cisco-IOS
        refused "--peer-profile takes one of" $p --peer-profile ""
        refused "--xauth-user takes a name of 1 to 128 octets" $p --xauth-user ""
        refused "--xauth-user takes a name of 1 to 128 octets" $p --xauth-user "$(printf %0129d 0)"
        refused "--xauth-user names joe twice" $p --xauth-user joe --xauth-user joe
        refused "--xauth-user joe: its --xauth-password TEXT or --xauth-password-file FILE is needed" $p \
            --xauth-user joe
        refused "--xauth-password goes behind the --xauth-user whose password it is, once" $p --xauth-password x
        refused "--xauth-password goes behind the --xauth-user whose password it is, once" $p --xauth-user joe \
            --xauth-password x --xauth-password y
        refused "--xauth-password takes a password of 1 to 128 octets" $p --xauth-user joe --xauth-password ""
        refused "--xauth-password takes a password of 1 to 128 octets" $p --xauth-user joe --xauth-password \
            "$(printf %0129d 0)"
        refused "--xauth-password-file $dir/missing: No such file" $p --xauth-user joe --xauth-password-file \
            "$dir/missing"
        refused "--xauth-password-file $dir: Is a directory" $p --xauth-user joe --xauth-password-file "$dir"
        for config in "" on PULL; do
            refused "--mode-config is pull, push or off, not \"$config\"" $p --mode-config "$config"
        done
        refused "--ike takes .* suites with commas" $p --ike ,
        refused "--ike takes .* suites with commas" $p --ike ""
        refused "--ike takes .* suites with commas" $p --ike aes128-sha1-modp1024,
        refused "--esp takes .* suites with commas" $p --esp aes128-sha1,
        refused '--ike "x": the encryption must be one of' $p --ike x,
        refused "the encryption must be one of" $p --esp xyz
        refused "the authentication must be one of" $p --esp aes128
        refused "the authentication must be one of" $p --esp aes128-
        refused "the group must be one of" $p --esp aes128-sha1-
        refused "the group must be one of" $p --esp aes128gcm16-
        refused "too many parts" $p --esp aes128-sha1-modp2048-
        refused "must name the same group" $p --esp aes128-sha1-modp1024,aes128-sha1
        refused "takes an address such as" $p --local 300.1.1.1
        refused "a port is 0 to 65535" $p --local 127.0.0.1:66000
        refused "a port is 0 to 65535" $p --remote 127.0.0.1:99999
        refused "a port is 0 to 65535" $p --remote 127.0.0.1:
        refused "--remote somewhere: this is no address, and no --host" $p --remote somewhere
        refused "takes an address such as" $p --remote 2001:db8::somewhere
        refused "both be IPv4 or both be IPv6" $p --remote 127.0.0.1 --local ::1
        refused "takes a network such as" $p --local-net 10.0.0
        refused "prefix length in .* must be 0 to 32" $p --remote-net 10.0.0.0/33
        refused "prefix length in .* must be 0 to 32" $p --remote-net 10.0.0.0/
        refused "beyond its prefix; the network is 10.0.0.0/8" $p --local-net 10.0.0.5/8
        refused "beyond its prefix; the network is 2001:db8::/32" $p --remote-net 2001:db8::1/32
        refused "number of seconds from 60" $p --ike-lifetime 59
        refused "number of seconds from 60" $p --esp-lifetime long
        refused "number of seconds from 1" $p --timeout 0
        refused "--esp-lifetime takes a number of seconds from 60 to 2147483647" $p --esp-lifetime 2147483648
        refused "--repeat takes a number from 1 to 2147483647" $p --repeat 0
        refused "main or aggressive" $p --mode quick
        refused "pre-shared key has 1 to" $p --psk ""
        refused "No such file" $p --psk-file "$dir/missing"
        refused "--psk-file $dir: Is a directory" $p --psk-file "$dir"
        refused "--psk and --psk-file cannot both be given" $p --psk-file README.md
        refused "No such file" $p --keylog "$dir/missing/log"
        refused "No such file" $p --pcap "$dir/missing/pcap"
        refused "is not an option" $p --frobnicate
        refused "is not an option" $p word
        refused "needs a value" $p --ike
        refused "--mode needs a value, and --rekey is an option; --mode=--rekey if that is meant" $p --mode --rekey
        refused '--mode is main or aggressive, not "--rekey"' $p --mode=--rekey
        for name in 192.0.2.300 192.0.2 2001:db8::g "a b" "fqdn:a b" "joe smith@example"; do
            refused "takes an address, a host name, .*, not \"$name\"" $p --id "$name"
            refused "takes an address, a host name, .*, not \"$name\"" $p --peer-id "$name"
        done
        refused "takes an address, a host name" $p --id ""
        refused "takes an address, a host name" $p --id @
        refused "takes an address, a host name" $p --id @@user@host
    }
done
for pool in "" 10.9.0.1 10.9.0.1- -10.9.0.9 10.9.0.9-10.9.0.1 10.9.0.1-10.9.0 10.9.0.1:1-10.9.0.9 10.9.0.1-10.9.0.9:2 \
    2001:db8::1-2001:db8::9 10.9.0.1-10.9.0.9-10.9.0.10; do
    # shellcheck disable=SC2086
    refused "--pool takes the first and the last of some addresses, such as .*, not \"$pool\"" $r --pool "$pool"
done
# shellcheck disable=SC2046,SC2086
{
    refused "--dns takes an address such as" $r --dns dns.example
    refused "--dns takes an address such as" $r --dns 10.9.0.53:53
    refused "--dns may be given 4 times" $r --dns 10.9.0.1 --dns 10.9.0.2 --dns 10.9.0.3 --dns 10.9.0.4 --dns 10.9.0.5
    refused "--dns is of no use without --pool" $r --dns 10.9.0.53
    refused "--pool FIRST-LAST is needed with --mode-config" $r --mode-config pull
    refused "--pool FIRST-LAST is needed with --mode-config" $r --mode-config push
    refused "--pool is of no use with --mode-config off" $r --mode-config off --pool 10.9.0.1-10.9.0.9
    refused "--pool is not an option" $i --pool
    refused "--xauth-user may be given once: a client has one user" $i --xauth-user a --xauth-password a \
        --xauth-user b --xauth-password b
    # shellcheck disable=SC2046
    refused "--xauth-user may be given 32 times" $r $(for n in $(seq 33); do echo "--xauth-user u$n"; done)
}
refused "--cisco-skeyid is of no use" "$bin/responder" --psk k --peer-profile fortigate --cisco-skeyid
refused "remote ADDR is needed" "$bin/initiator" --psk k
refused "local-net is IPv6, but the other side of what is protected is an address of IPv4" "$bin/initiator" --psk k \
    --remote 127.0.0.1 --local-net 2001:db8::/32
refused "remote-net is IPv4, but the other side of what is protected is an address of IPv6" "$bin/initiator" --psk k \
    --remote ::1 --remote-net 10.2.0.0/16
refused "nobody can be called at port 0" "$bin/initiator" --psk k --remote 127.0.0.1:0
refused "psk TEXT or --psk-file FILE is needed" "$bin/initiator" --remote 127.0.0.1
: >"$dir/empty"
refused "pre-shared key has 1 to" "$bin/responder" --psk-file "$dir/empty"

for p in initiator responder; do
    "$bin/$p" --help >"$dir/out" 2>"$dir/err"
    [ $? = 0 ] && [ ! -s "$dir/err" ] && grep -q -- --keylog "$dir/out"
    say $? "$p --help"
    helps_truly "$p"
done
# What differs between the two is said by each for itself.
"$bin/initiator" --help | tr -s ' \n' ' ' >"$dir/out"
grep -q "(our address) --remote-net CIDR ... on the peer's side (the peer's address)" "$dir/out"
say $? "initiator --help tells what is offered without networks"
"$bin/responder" --help | tr -s ' \n' ' ' >"$dir/out"
grep -q "any selectors are accepted" "$dir/out" && grep -q "answer only this peer" "$dir/out" &&
    grep -q "announced, a longer one is no match" "$dir/out" &&
    grep -q "without --once it has no effect" "$dir/out"
say $? "responder --help tells what a responder makes of its options"

# A port that is taken, and one that is not for everybody.
"$bin/responder" --psk k --local 127.0.0.1:15577 >"$dir/taken" 2>&1 &
pids="$pids $!"
wait_for_responder "$dir/taken"
refused "is in use by another program" "$bin/responder" --psk k --local 127.0.0.1:15577
if [ "$(id -u)" = 0 ]; then
    # The sandbox of another user who may bind no low port and read no file of ours.
    cp "$bin/responder" "$dir/responder" && chmod 755 "$dir" "$dir/responder"
    refused "no permission for .*: ports below 1024 are for root" \
        setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all --bounding-set=-all \
        "$dir/responder" --psk k --local 127.0.0.1:500
else
    refused "no permission for .*: ports below 1024 are for root" \
        "$bin/responder" --psk k --local 127.0.0.1:500
fi

pair "main mode, defaults" --psk k -- --psk k
pair "aggressive mode, names as identities" --psk k --mode aggressive --id a.example.org \
    --peer-id b.example.org -- --psk k --mode aggressive --id b.example.org --peer-id a.example.org
pair "names with @ before them are host names" --psk k --id @gw --peer-id gate -- \
    --psk k --peer-id gw --id @gate
pair "key-id may have any text" --psk k --id key-id:C=DE -- --psk k --peer-id key-id:C=DE
pair "transport mode, 3des-md5" --psk k --transport --ike 3des-md5-modp1024 --esp 3des-md5 -- \
    --psk k --transport --ike 3des-md5-modp1024 --esp 3des-md5
printf 'a key from a file\nwhatever follows\n' >"$dir/key"
pair "key from a file, networks, PFS, key-id" --psk-file "$dir/key" --local-net 10.1.0.0/16 \
    --remote-net 10.2.3.0/24 --esp aes256gcm16-curve25519 --id key-id:one -- \
    --psk "a key from a file" --local-net 10.2.0.0/16 --remote-net 10.1.0.0/16 \
    --esp aes256gcm16-curve25519
for suite in des-md5-modp768 aes192-sha384-ecp521 aes256-sha512-modp6144 aes256-sha512-modp8192 \
    aes128-sha256-curve25519; do
    pair "$suite" --psk k --ike $suite -- --psk k --ike $suite
done

# Both sides have the same ports, as on 500 and 4500.
pair "ESP in UDP without any NAT, dead peer detection" --psk k --force-encap --dpd 5 --nat-keepalive 0 \
    --local "127.0.0.1:$((15600 + $(echo "$pids" | wc -w)))" -- --psk k --dpd 5:on-demand
grep -q "NAT traversal is in use" "$dir/out" && grep -q "=== .* tunnel in UDP," "$dir/out" &&
    grep -q "=== .* tunnel in UDP," "$dir/r"
say $? "... both sides show that"

# What --once says when it does not come to anything.
"$bin/initiator" --local 127.0.0.1:0 --remote 127.0.0.1:9 --psk k --once --timeout 2 \
    >"$dir/out" 2>"$dir/err"
[ $? = 1 ] && tail -n 1 "$dir/out" | grep -q "no child SA came up within 2 s; no datagram has come in" &&
    head -n 1 "$dir/out" | grep -q "calling 127.0.0.1:9, Main Mode"
say $? "--once with a peer that is not there ends with status 1 and says so"

# refuse NAME PORT RESPONDER-WORDS INITIATOR-WORDS RESPONDER-OPTIONS: the responder ends at once, with
# status 1 and its event as the sentence; the initiator with status 1 and a line that has these words.
refuse() {
    name=$1 port=$2 ours=$3 theirs=$4
    shift 4
    timeout 10 "$bin/responder" --local 127.0.0.2:"$port" --psk k --once --timeout 60 "$@" >"$dir/r" 2>&1 &
    responder=$!
    pids="$pids $responder"
    wait_for_responder "$dir/r"
    "$bin/initiator" --local 127.0.0.1:0 --remote 127.0.0.2:"$port" --psk k --once --timeout 3 \
        >"$dir/out" 2>"$dir/err"
    i=$?
    wait $responder
    [ $? = 1 ] && [ $i = 1 ] && grep -q "$ours" "$dir/r" && ! grep -q "no child SA" "$dir/r" &&
        grep -q "$theirs" "$dir/out"
    say $? "$name"
}
refuse "no common proposal: both sides say why, and the responder ends at once" 15599 \
    "policy 10: encryption is aes, ours is 3des" \
    "no child SA came up within 3 s; the peer at .* says NO-PROPOSAL-CHOSEN (not proven)" \
    --ike 3des-md5-modp1024
refuse "no common protection: both sides end at once" 15598 \
    "refused what the peer at .*: no proposal matches a policy" \
    "is down: the peer refused .*, it said NO-PROPOSAL-CHOSEN" --esp 3des-md5
refuse "selectors beyond the responder's: both sides end at once" 15597 \
    "refused what the peer at .*: the selectors are not" "is down: the peer refused" \
    --local-net 10.0.0.0/8

refuse "another key, Main Mode: the responder ends at once, both name the cause" 15594 \
    "the pre-shared keys seem to differ" \
    "no child SA came up within 3 s; the peer at .* says AUTHENTICATION-FAILED (not proven)" --psk other

# An initiator that refuses: in Aggressive Mode it is the one that sees first that the keys differ.
"$bin/responder" --local 127.0.0.2:15593 --psk other --mode aggressive >"$dir/r" 2>&1 &
pids="$pids $!"
wait_for_responder "$dir/r"
timeout 10 "$bin/initiator" --local 127.0.0.1:0 --remote 127.0.0.2:15593 --psk k --mode aggressive --once \
    --timeout 60 >"$dir/out" 2>"$dir/err"
[ $? = 1 ] && grep -q "refused .* the pre-shared keys seem to differ" "$dir/out" &&
    ! grep -q "no child SA" "$dir/out"
say $? "another key, Aggressive Mode: the initiator ends at once and says so"

# Whom --remote shuts out ends nothing.
timeout 10 "$bin/responder" --local 127.0.0.2:15596 --remote 127.0.0.1 --psk k --once >"$dir/r" 2>&1 &
responder=$!
pids="$pids $responder"
wait_for_responder "$dir/r"
"$bin/initiator" --local 127.0.0.3:0 --remote 127.0.0.2:15596 --psk k --once --timeout 1 >"$dir/out" 2>"$dir/err"
[ $? = 1 ] && grep -q "no policy of ours is for this peer" "$dir/r" &&
    "$bin/initiator" --local 127.0.0.1:0 --remote 127.0.0.2:15596 --psk k --once --timeout 5 \
        >"$dir/out" 2>"$dir/err" &&
    wait $responder
say $? "a peer that --remote shuts out does not end --once"

# The tables of a responder whose peer has come and gone.
"$bin/responder" --local 127.0.0.2:15595 --psk k >"$dir/r" 2>&1 &
pids="$pids $!"
wait_for_responder "$dir/r"
"$bin/initiator" --local 127.0.0.1:0 --remote 127.0.0.2:15595 --psk k --once --timeout 5 >"$dir/out" 2>"$dir/err"
tries=0
until [ "$(grep -c '^  none$' "$dir/r")" = 3 ] || [ $tries = 100 ]; do
    tries=$((tries + 1))
    sleep 0.05
done
[ "$(grep -c '^  none$' "$dir/r")" = 3 ] && ! grep -q '^  none$' "$dir/out"
say $? "empty tables have the row none"

# Key log and capture file open in Wireshark, decrypted.
"$bin/responder" --local 127.0.0.2:4999 --once --psk k >"$dir/r" 2>&1 &
pids="$pids $!"
wait_for_responder "$dir/r"
"$bin/initiator" --local 127.0.0.1:0 --remote 127.0.0.2:4999 --psk k --once --timeout 10 \
    --keylog "$dir/keylog" --pcap "$dir/pcap" >"$dir/out" 2>"$dir/err"
tshark -r "$dir/pcap" -d udp.port==4999,isakmp -V \
    -o "uat:ikev1_decryption_table:$(cat "$dir/keylog")" >"$dir/shark" 2>>"$dir/err"
[ "$(grep -c 'Payload: Hash' "$dir/shark")" -ge 5 ] && grep -q "ID type: IPV4_ADDR" "$dir/shark" &&
    grep -q "Payload: Delete" "$dir/shark"
say $? "--keylog and --pcap open decrypted in tshark"
[ "$(stat -c %a "$dir/keylog")" = 600 ] && chmod 640 "$dir/keylog" &&
    "$bin/initiator" --local 127.0.0.1:0 --remote 127.0.0.1:9 --psk k --once --timeout 1 \
        --keylog "$dir/keylog" >"$dir/out" 2>"$dir/err"
[ $? = 1 ] && [ -s "$dir/keylog" ] && [ "$(stat -c %a "$dir/keylog")" = 640 ]
say $? "--keylog makes a file that only its owner reads, and keeps the mode of one that exists"
"$bin/isakmp-dump" --keylog "$dir/keylog" --port 4999 "$dir/pcap" >"$dir/out" 2>>"$dir/err"
[ $? = 0 ] && grep -q "NOTIFY: INITIAL-CONTACT" "$dir/out" && grep -q "DELETE: ESP" "$dir/out"
say $? "--keylog and --pcap open decrypted in isakmp-dump"
rm -f "$dir/keylog"
"$bin/responder" --local 127.0.0.2:4999 --once --psk k --fragment-size 300 >"$dir/r" 2>&1 &
pids="$pids $!"
wait_for_responder "$dir/r"
"$bin/initiator" --local 127.0.0.1:0 --remote 127.0.0.2:4999 --psk k --once --timeout 10 --fragment-size 300 \
    --keylog "$dir/keylog" --pcap "$dir/pcap" >"$dir/out" 2>"$dir/err"
"$bin/isakmp-dump" --keylog "$dir/keylog" --port 4999 "$dir/pcap" >"$dir/out" 2>>"$dir/err"
[ $? = 0 ] && [ "$(grep -c "the message in these 2 fragments" "$dir/out")" = 2 ] &&
    grep -q "DELETE: ESP" "$dir/out" && ! grep -q "not decrypted" "$dir/out"
say $? "... also where the messages that make the keys are in fragments"
"$bin/initiator" --local 127.0.0.1:0 --remote 127.0.0.1:9 --psk "never shown" --once --timeout 1 \
    --verbose >"$dir/out" 2>&1
! grep -q "never shown" "$dir/out"
say $? "the pre-shared key is never shown"

tests/examples/signatures.sh
tests/examples/encrypted.sh
tests/examples/hosts.sh
tests/examples/hybrid.sh
tests/examples/clients.sh
tests/examples/many.sh
tests/examples/readme.sh

tests/demo.sh "$bin" >"$dir/out" 2>"$dir/err"
say $? "demo"

# The README's program, with the few lines that it leaves to its host: it compiles, its arena is large
# enough, and a first message goes out.
{
    cat <<'C'
#include <isakmp/isakmp.h>
#include <stdlib.h>
static int sent;
static isakmp_time now(void) { return 1000; }
static size_t udp_receive(uint8_t *buf, size_t cap, isakmp_path *from, isakmp_time until)
{
    (void)buf, (void)cap, (void)from;
    exit(sent == 1 && until > 1000 ? 0 : 1);
}
static int udp_send(void *user, const isakmp_path *path, isakmp_span datagram)
{
    (void)user, (void)path;
    sent += datagram.n > 28 && datagram.n <= 1500;
    return ISAKMP_OK;
}
static int sad_add(void *user, isakmp_child_id child, const isakmp_sad_entry *e)
{
    (void)user, (void)child, (void)e;
    return ISAKMP_OK;
}
static void sad_remove(void *user, isakmp_child_id child, const isakmp_sad_entry *e)
{
    (void)user, (void)child, (void)e;
}
static int psk_for(void *user, isakmp_ticket t, const isakmp_query *q, uint8_t *key, size_t cap, size_t *n)
{
    (void)user, (void)t, (void)q, (void)cap;
    key[0] = 'k', *n = 1;
    return ISAKMP_OK;
}
C
    awk '/^```/ { inside = $0 == "```c"; next } inside' README.md
    cat <<'C'
int main(void)
{
    static const isakmp_path path = {
        .local = { .family = 4, .ip = {192, 0, 2, 1}, .port = 500 },
        .remote = { .family = 4, .ip = {192, 0, 2, 2}, .port = 500 },
    };
    return negotiate(&path) ? 2 : 3;
}
C
} >"$dir/readme.c"
lib=$(dirname "$bin")
: >"$dir/out"
"${CC:-gcc}" -std=c99 -Wall -Wextra -Werror -Iinclude -o "$dir/readme" "$dir/readme.c" "$lib/libisakmp-mbedtls.a" \
    "$lib/libisakmp.a" -lmbedcrypto -lsodium 2>"$dir/err" && "$dir/readme"
say $? "the README's program compiles and sends its first message"
