#!/bin/sh
# examples/hosts.sh: the examples with a table of hosts.  Prints TAP.
set -u
. tests/examples/common.sh

i="$bin/initiator --psk k --local 127.0.0.1:0"
r="$bin/responder --psk k --local 127.0.0.1:0"
many=$(for n in $(seq 33); do printf -- "--host gate=127.0.0.%s " "$n"; done)
for p in "$i" "$r"; do
    # shellcheck disable=SC2086
    {
        refused '--host takes a name and an address, such as .* not "gate"' $p --host gate
        refused "--host takes a name and an address" $p --host =127.0.0.1
        refused "--host takes a name and an address" $p --host .=127.0.0.1
        refused "--host takes a name and an address" $p --host gate=
        refused "--host takes a name and an address" $p --host gate=other
        refused "--host takes a name and an address" $p --host gate=127.0.0.1:500
        refused "--host takes a name and an address" $p --host "a gate=127.0.0.1"
        refused "--host takes a name and an address" $p --host joe@gate=127.0.0.1
        refused "--host may be given 32 times" $p $many
        refused "--remote gate2: this is no address, and no --host" $p --remote gate2 --host gate=127.0.0.1
        refused "--remote gate:66000: a port is 0 to 65535" $p --remote gate:66000 --host gate=127.0.0.1
        refused "--remote gate:: a port is 0 to 65535" $p --remote gate: --host gate=127.0.0.1
        refused "--remote gate: --host must tell an address of the kind that --local is" $p --remote gate \
            --host gate=::1
    }
done

# A name, of any case, with a port; of its addresses the first of the kind.
"$bin/responder" --local 127.0.0.2:15999 --psk k >"$dir/r" 2>&1 &
pids="$pids $!"
wait_for_responder "$dir/r"
for name in gate.example GATE.example.; do
    "$bin/initiator" --local 127.0.0.1:0 --remote $name:15999 --host gate.example=::1 \
        --host Gate.example=127.0.0.2 --host gate.example=127.0.0.3 --psk k --once --timeout 5 >"$dir/out" \
        2>"$dir/err"
    say $? "--remote $name is looked up in the table"
done
"$bin/responder" --local 127.0.0.2:15998 --remote me --host me=127.0.0.9 --host me=127.0.0.1 --psk k --once \
    --timeout 5 >"$dir/r" 2>&1 &
responder=$!
pids="$pids $responder"
wait_for_responder "$dir/r"
"$bin/initiator" --local 127.0.0.3:0 --remote 127.0.0.2:15998 --psk k --once --timeout 1 >"$dir/out" 2>"$dir/err"
[ $? = 1 ] && grep -q "no policy of ours is for this peer" "$dir/r" &&
    "$bin/initiator" --local 127.0.0.1:0 --remote 127.0.0.2:15998 --psk k --once --timeout 5 >"$dir/out" \
        2>"$dir/err" &&
    wait $responder
say $? "--remote NAME of a responder is for all addresses of the name, and for no other"

# In Main Mode the name comes too late to find a key by it.
pair "the key of a name is found by the address, Main Mode" --psk k --id me.example --peer-id gate.example \
    --host gate.example=127.0.0.2 -- --psk k --id gate.example --peer-id me.example \
    --host me.example=127.0.0.7 --host ME.example=127.0.0.1
pair "... and by the name, Aggressive Mode" --mode aggressive --psk k --id me.example --peer-id gate.example \
    --host gate.example=127.0.0.2 -- --mode aggressive --psk k --id gate.example --peer-id me.example \
    --host me.example=127.0.0.7
not_believed "the key of a host is not for another address, Main Mode" "no proposal matches a policy" \
    --psk k --id me.example -- --psk k --id gate.example --peer-id me.example --host me.example=127.0.0.7
grep -q "policy 10: key material of ours that is missing" "$dir/r"
say $? "... and the report says that there is none"
