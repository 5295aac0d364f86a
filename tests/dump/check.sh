#!/bin/sh
# check.sh [BUILD]: run isakmp-dump as people do, with good input and bad, and print TAP.
#
# EXTRA_VECTORS may name a directory with more captures: every one of them is then dumped, and those
# that have a decrypted dissection by tshark beside them are compared with it.
set -u
build=${1:-${BUILD:-build}}
dump=$build/examples/isakmp-dump
here=tests/dump
captures=tests/vectors/captures
csr=$captures/rub-nds/csr1000v.pcap
work=$build/tests/dump
number=0
failed=0
mkdir -p "$work"

ok()
{
    number=$((number + 1))
    echo "ok $number - $1"
}

not_ok()
{
    number=$((number + 1))
    failed=$((failed + 1))
    echo "not ok $number - $1"
    sed 's/^/# stdout: /' "$work/out" | head -n 5
    sed 's/^/# stderr: /' "$work/err" | head -n 5
}

# run STATUS ARGUMENT...: run isakmp-dump, without input unless $input names a file; true if it ends
# with the status, and says something on stderr only if that is 2.
run()
{
    status=$1
    shift
    "$dump" "$@" <"${input:-/dev/null}" >"$work/out" 2>"$work/err"
    got=$?
    if [ $got = 2 ]; then lines=1; else lines=0; fi
    [ $got = "$status" ] && [ "$(wc -l <"$work/err")" = $lines ]
}

# check NAME COMMAND...: one line of TAP.
check()
{
    name=$1
    shift
    if "$@"; then ok "$name"; else not_ok "$name"; fi
}

out_is()
{
    cmp -s "$1" "$work/out" || { diff "$1" "$work/out" | head -n 5 | sed 's/^/# /'; false; }
}

out_has()
{
    grep -qF -- "$1" "$work/out"
}

# ---- Hex ------------------------------------------------------------------------------------

header=0102030405060708090a0b0c0d0e0f100a102000cafef00d
nonce=0000000c4142434445464748
cat >"$work/one" <<TEXT
message 1
cookies 0102030405060708 090a0b0c0d0e0f10, version 1.0, Quick Mode, message ID cafef00d, 40 octets
  NONCE: 8 octets 4142434445464748
TEXT
{ cat "$work/one"; echo; sed 's/^message 1/message 2/' "$work/one"; } >"$work/two"

hex_is()
{
    run 0 "$@" && out_is "$work/one"
}

hex_input_is()
{
    printf '%b' "$1" >"$work/in"
    input=$work/in run 0 - && out_is "$2"
}

check 'hex: plain' hex_is --hex ${header}00000028$nonce
check 'hex: the short option' hex_is -x ${header}00000028$nonce
check 'hex: white space and 0x' hex_is --hex "0x0102030405060708 0x090A0B0C0D0E0F10	0a102000
    CAFEF00D 0x00 0x00 0x00 0x28 $nonce"
check 'hex: commas and colons' hex_is --hex \
    "01:02:03:04:05:06:07:08, 090a0b0c0d0e0f10, 0a102000, cafef00d, 0,0,00 00, 28, $nonce"
check 'hex: a non-ESP marker before it' hex_is --hex 00000000${header}00000028$nonce
sed 's/0102030405060708/0000000005060708/' "$work/one" >"$work/zeroes"
cookie_of_zeroes()
{
    run 0 --hex "$1" && out_is "$work/zeroes"
}
check 'hex: a cookie that begins with zeroes is no marker' cookie_of_zeroes \
    00000000${header#01020304}00000028$nonce
check 'hex: a marker before a cookie that begins with zeroes' cookie_of_zeroes \
    0000000000000000${header#01020304}00000028$nonce
check 'hex: standard input' hex_input_is "${header}00000028$nonce\n" "$work/one"
check 'hex: standard input without a newline' hex_input_is "${header}\n00000028\n$nonce" "$work/one"
check 'hex: two messages' hex_input_is \
    "\n${header}\n00000028$nonce\n \t\n\n${header}00000028$nonce\r\n\r\n" "$work/two"
no_argument()
{
    input=$work/in run 0 && out_is "$work/two"
}
check 'hex: standard input without any argument' no_argument

# Two fragments of that message, 20 octets each; the id, number and flags of the first one are between its parts.
piece=0102030405060708090a0b0c0d0e0f108410200000000000000000380000001c
first=${piece}00070100$(echo "${header}00000028" | cut -c 1-40)
second=${piece}00070201$(echo "${header}00000028$nonce" | cut -c 41-)
joined()
{
    printf '%s\n' "$1" "" "$2" >"$work/in"
    input=$work/in run 0 && out_has "  FRAGMENT: id 7, number 2, last, 20 octets" &&
        out_has "the message in these 2 fragments" && out_has "  NONCE: 8 octets 4142434445464748"
}
not_joined() { ! joined "$@" && out_has "  FRAGMENT" && ! out_has "NONCE"; }
check 'hex: fragments' joined "$first" "$second"
check 'hex: fragments in another order' joined "$second" "$first"
check 'hex: one fragment is no message' not_joined "$second" "$second"
check 'hex: fragments of two messages' not_joined "$first" "$(echo "$second" | sed 's/00070201/00080201/')"
check 'hex: fragments of two ISAKMP SAs' not_joined "$first" "ff${second#01}"
check 'hex: a fragment whose message has a flag' joined "$(echo "$first" | sed 's/84102000/84102001/')" "$second"

malformed()
{
    run 1 --hex "$1" && out_has "  malformed: $2"
}
check 'hex: a wrong length is malformed' malformed ${header}00000029$nonce \
    'the length in the header is not the length of the datagram'
check 'hex: less than a header is malformed' malformed 0102 \
    'the datagram is shorter than an ISAKMP header'
check 'hex: another version is malformed' malformed \
    0102030405060708090a0b0c0d0e0f100a200500cafef00d0000001c 'the message is not of version 1'

# ---- Captures -------------------------------------------------------------------------------

all_frames()
{
    run 0 "$csr" && [ "$(grep -c '^frame ' "$work/out")" = 30 ] &&
        [ "$(grep -c '^cookies ' "$work/out")" = 28 ] && ! out_has 'not decrypted'
}
natt()
{
    out_has '10.0.3.1:4500 > 10.0.3.10:4500: NAT keepalive' &&
        out_has '10.0.3.1:4500 > 10.0.3.10:4500: ESP in UDP, SPI c0ffee01, 84 octets'
}
pcapng()
{
    run 1 $captures/tcpdump/ikev2pI2-segfault.pcapng && out_has 'version 2.0, exchange 34'
}
cut_short()
{
    run 1 $captures/tcpdump/isakmp-various-oobr.pcap &&
        out_has 'the capture has only the first 40 of its 32750 octets'
}
other_port()
{
    python3 -c 'import sys
capture = sys.stdin.buffer.read()
sys.stdout.buffer.write(capture.replace(b"\x01\xf4\x01\xf4", b"\x13\x88\x13\x88"))
' <"$csr" >"$work/port.pcap"
    run 0 "$work/port.pcap" && [ "$(grep -c '^frame ' "$work/out")" = 7 ] &&
        run 0 --port 5000 "$work/port.pcap" && [ "$(grep -c '^frame ' "$work/out")" = 30 ]
}
# Status 1 and one sentence: nothing at all would look like an empty capture.
says_none()
{
    sentence=$1
    shift
    "$dump" "$@" >"$work/out" 2>"$work/err"
    [ $? = 1 ] && [ ! -s "$work/out" ] && [ "$(cat "$work/err")" = "isakmp-dump: $sentence" ]
}
no_message()
{
    tshark -r "$csr" -w "$work/500.pcap" -F pcap 'udp.port == 500' 2>"$work/err" &&
        python3 -c 'import sys
capture = sys.stdin.buffer.read()
sys.stdout.buffer.write(capture.replace(b"\x01\xf4\x01\xf4", b"\x13\x88\x13\x88"))
' <"$work/500.pcap" >"$work/5000.pcap" &&
        says_none "$work/5000.pcap has no ISAKMP message on the UDP ports 500 and 4500; --port \
names another" "$work/5000.pcap" &&
        says_none "$work/5000.pcap has no ISAKMP message on the UDP ports 500, 4500 and 5001; --port \
names another" --port 5001 "$work/5000.pcap" &&
        run 0 --port 5000 "$work/5000.pcap" && out_has 'Main Mode'
}
ip_fragments()
{
    python3 $here/fragment.py "$csr" "$work/fragments.pcap"
    "$dump" "$csr" | grep -v '^frame' >"$work/whole"
    "$dump" "$work/fragments.pcap" >"$work/out" 2>"$work/err" &&
        [ "$(grep -c '^frame' "$work/out")" = 30 ] && grep -v '^frame' "$work/out" >"$work/lines" &&
        cmp -s "$work/whole" "$work/lines"
}
check 'pcap: every datagram, IPv4 and IPv6' all_frames
check 'pcap: fragments of IP packets' ip_fragments
check 'pcap: what shares port 4500' natt
check 'pcapng' pcapng
check 'pcap: a frame that was cut short' cut_short
check 'pcap: another port' other_port
check 'pcap: no message on the ports looked at' no_message
survives()
{
    run 0 "$1" || run 1 "$1"
}
for file in $(find $captures -name '*.pcap' -o -name '*.pcapng' | sort); do
    check "pcap: ${file#"$captures"/}" survives "$file"
done

# ---- Decryption -----------------------------------------------------------------------------

cookie=59cedc5dcea558fe
key=6c40f4ee0189ebbfcdb7a4630732e95d

golden()
{
    run 0 --keylog "$1" "$2" && out_is "$3"
}
one_key()
{
    run 0 -k $cookie,$key "$csr" && [ "$(grep -c 'no key is given' "$work/out")" = 8 ] &&
        out_has '  HASH: 20 octets 043c3510b050ab53f485fab266905669627dc14a'
}
from_hex()
{
    sed -n 's/^datagram = \(.*\)/\1\n/p' tests/vectors/handshakes_csr1000v.txt >"$work/in"
    grep '^  HASH: ' $here/csr1000v.txt | sort -u >"$work/whole"
    input=$work/in run 0 --keylog $here/csr1000v.keys &&
        grep '^  HASH: ' "$work/out" | sort -u | cmp -s - "$work/whole"
}
wrong_key()
{
    run 1 -k $cookie,00000000000000000000000000000000 "$csr" &&
        out_has '  not decrypted: what comes out is no message: the key is wrong'
}
no_start()
{
    printf '%s' 59cedc5dcea558fe9e1698423644525708102001259cf1330000003c >"$work/in"
    printf '%064d' 0 >>"$work/in"
    input=$work/in run 1 -k $cookie,$key &&
        out_has '  not decrypted: the first messages of this ISAKMP SA'
}
gap()
{
    "$dump" --keylog $here/csr1000v.keys "$csr" | grep -c '  HASH: ' >"$work/whole"
    tshark -r "$csr" -w "$work/gap.pcap" -F pcap 'frame.number != 23' 2>"$work/err" &&
        run 1 --keylog $here/csr1000v.keys "$work/gap.pcap" &&
        [ "$(grep -c 'or a message before it is missing' "$work/out")" -ge 1 ]
}
check 'decryption: three ISAKMP SAs, interleaved and with repetitions' \
    golden $here/csr1000v.keys "$csr" $here/csr1000v.txt
check 'decryption: the same messages from hex' from_hex
check 'decryption: one key' one_key
check 'decryption: a wrong key' wrong_key
check 'decryption: without the first messages' no_start
check 'decryption: with a message missing' gap

# ---- Bad input ------------------------------------------------------------------------------

# refuses NAME SENTENCE ARGUMENT...: status 2, this one sentence, nothing else.
refuses()
{
    name=$1
    sentence=$2
    shift 2
    if run 2 "$@" && [ "$(cat "$work/err")" = "isakmp-dump: $sentence" ] &&
        [ ! -s "$work/out" ]; then
        ok "bad input: $name"
    else
        not_ok "bad input: $name"
        echo "# wanted: $sentence"
    fi
}
form='a key has the form COOKIE,KEY: 16 hex digits, a comma, and the 8, 16, 24 or 32 octets of the'
form="$form cipher key in hex"

refuses 'no such file' "$work/none cannot be opened: No such file or directory" "$work/none"
echo 'This is no capture at all, only text.' >"$work/text"
refuses 'not a capture' \
    "$work/text is not a pcap or pcapng capture: unknown file format" "$work/text"
refuses 'an odd number of hex digits' \
    'message 1: the hex text has 5 digits; every octet takes two' --hex 01020
refuses 'no hex' "message 1: 'g' is no hex digit; only hex digits, white space, commas, colons and \
0x are accepted" --hex 0102gg
refuses 'nothing' \
    'there is no hex text; give it after --hex or on standard input, or name a capture'
refuses 'an empty text' \
    'there is no hex text; give it after --hex or on standard input, or name a capture' --hex '  '
input=$csr
refuses 'a capture on standard input' \
    'standard input is not hex text; a capture must be named as FILE' -
input=
refuses 'a long option that does not exist' \
    'there is no option --keys; isakmp-dump --help lists those that there are' --keys x
refuses 'a short option that does not exist' \
    'there is no option -z; isakmp-dump --help lists those that there are' -xz -z
refuses 'an option without its value' \
    '--key needs a value; isakmp-dump --help tells which' --key
inputs='there is more than one input; give one FILE, or --hex TEXT, or nothing to read hex text'
inputs="$inputs from standard input"
refuses 'two files' "$inputs" a b
refuses 'a file and a hex text' "$inputs" --hex 00 a
refuses 'a key without a comma' "--key: there is not one comma; $form" --key 0102 "$csr"
refuses 'a cookie of a wrong size' "--key: the cookie is not 16 hex digits; $form" \
    --key 0102,$key "$csr"
refuses 'a cookie that is not hex' "--key: the cookie is not 16 hex digits; $form" \
    --key hello,$key "$csr"
refuses 'a key of no cipher' "--key: the key is not 8, 16, 24 or 32 octets in hex; $form" \
    --key $cookie,0011 "$csr"
refuses 'a key that is too long' "--key: the key is not 8, 16, 24 or 32 octets in hex; $form" \
    --key $cookie,$key$key$key "$csr"
refuses 'no such keylog' "$work/none cannot be opened: No such file or directory" -K "$work/none" x
printf '# comment\n\n%s,%s\n%s\n' $cookie $key oops >"$work/keys"
refuses 'a bad line in a keylog' "line 4 of $work/keys: there is not one comma; $form" \
    -K "$work/keys" "$csr"
refuses 'a port that is none' "'65536' is no UDP port; --port takes a number from 1 to 65535" \
    -p 65536 "$csr"
refuses 'a port that is no number' "'ike' is no UDP port; --port takes a number from 1 to 65535" \
    -p ike "$csr"

key_of_another_cipher()
{
    run 2 -k $cookie,$key$key "$csr" && [ "$(cat "$work/err")" = \
        "isakmp-dump: the key of the ISAKMP SA with initiator cookie $cookie has a wrong length: \
aes takes 16 octets here" ]
}
truncated_file()
{
    head -c 1000 "$csr" >"$work/short.pcap"
    run 2 "$work/short.pcap" && out_has 'frame 3,' &&
        grep -q "^isakmp-dump: $work/short.pcap cannot be read after frame 4: " "$work/err"
}
full_disk()
{
    "$dump" "$csr" >/dev/full 2>"$work/err"
    [ $? = 2 ] && grep -q '^isakmp-dump: the text cannot be written: ' "$work/err"
}
help()
{
    run 0 --help && for word in --key --keylog --port --hex --help FILE Examples; do
        out_has $word || return 1
    done
}
check 'bad input: a key of the wrong size for its cipher' key_of_another_cipher
check 'bad input: a capture that ends in the middle' truncated_file
check 'bad input: nowhere to write' full_disk
check 'help' help

# ---- Captures that are not kept here ----------------------------------------------------------

# The decrypted text of ikev1-certs.pcap is kept, the capture itself is not.
certs=$(find "$captures" ${EXTRA_VECTORS:+"$EXTRA_VECTORS"} -name ikev1-certs.pcap | head -n 1)
if [ -n "$certs" ]; then
    check 'decryption: ikev1-certs.pcap' golden $here/wireshark.keys "$certs" $here/ikev1-certs.txt
fi

as_tshark()
{
    capture=$1
    case $1 in
    *.gz)
        capture=$work/$(basename "$1" .gz)
        gunzip -c "$1" >"$capture"
        ;;
    esac
    run 0 --keylog $here/wireshark.keys "$capture" &&
        python3 $here/tshark.py lib/base/names.def "$2" "$work/out"
}
if [ -n "${EXTRA_VECTORS:-}" ]; then
    find "$EXTRA_VECTORS" -name '*.pcap' -o -name '*.pcapng' -o -name '*.cap' >"$work/list"
    while read -r file; do
        check "extra: ${file#"$EXTRA_VECTORS"/}" survives "$file"
    done <"$work/list"
    find "$EXTRA_VECTORS" -name 'ikev1-*.tshark.json.gz' >"$work/list"
    while read -r json; do
        name=$(basename "$json" .tshark.json.gz)
        check "extra: $name as tshark decrypts it" as_tshark "$(dirname "$json")/../$name" "$json"
    done <"$work/list"
fi

echo "1..$number"
[ $failed = 0 ]
