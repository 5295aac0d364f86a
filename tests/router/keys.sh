# router/keys.sh -- keys and certificates of routers; to be sourced by a script that has a directory $RUN for them, and
# `address NAME` and `ask NAME COMMAND...`, which asks one that runs.
# shellcheck shell=sh

# make_ca NAME, make_cert CA NAME [USAGE]: its certificate is for its distinguished name, its host name and its address.
make_ca() { "$BUILD/examples/isakmp-keygen" ca --out "$RUN/$1" >/dev/null; }
make_cert() {
    "$BUILD/examples/isakmp-keygen" cert --ca "$RUN/$1" --out "$RUN/$2${3:+-$3}" --usage "${3:-general}" \
        --name "O=Example, CN=$2" \
        --id "fqdn:$2.example.com" --id "$(address "$2")" >/dev/null
}
# trust NAME [CA]: a trustpoint with the certificates as PEM.
trust() {
    cat <<X
crypto ca trustpoint office
 enrollment terminal
 revocation-check ${CHECK:-none}
crypto ca authenticate office
$(cat "$RUN/${2:-ca}.pem")
quit
crypto ca import office certificate
$(cat "$RUN/$1.pem")
quit
X
}

# hex NAME [USE]: the octets of a key as the router shows them.
hex() { ask "$1" "show crypto key mypubkey rsa" | sed -n "/Usage: ${2:-.*}/,/^Key name/{/^  [0-9A-F]/p}"; }
# type_in NAME LINES: into the running router, line by line.
type_in() {
    echo "configure terminal
$2" >"$RUN/lines"
    set -- "$1"
    while read -r line; do set -- "$@" "$line"; done <"$RUN/lines"
    ask "$@"
}
# type_in_key NAME OTHER LINES: the other router's public key, for whom the lines say.
type_in_key() {
    type_in "$1" "crypto key pubkey-chain rsa
$3
key-string
$(hex "$2")
quit"
}
