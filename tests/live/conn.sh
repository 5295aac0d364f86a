# live/conn.sh -- what strongSwan's connection of lab.sh can be, beside a plain one; to be sourced after lab.sh.  Each
# function sets what charon_conf writes; plain takes all of it back.
# shellcheck shell=sh
# shellcheck disable=SC2034

plain() {
    CONN='' CHILD='' POOLS='' LOCAL_2='' REMOTE_2='' CHILD_MODE=tunnel
    OUR_NETS=10.99.12.1/32 THEIR_NETS=10.99.11.1/32
}

# For the secrets of charon_conf.
CAROL='xauth-carol { id = carol
        secret = "password of carol" }'

# gateway pull|push: strongSwan gives addresses, and Unity's attributes with them.  With users each client must say who
# its user is, after phase 1 by LOCAL and REMOTE of charon_conf; with hybrid authentication REMOTE is "auth = xauth"
# itself.
gateway() {
    CONN="pools = rw
    pull = $([ "$1" = pull ] && echo yes || echo no)"
    POOLS='rw { addrs = 10.99.12.129-10.99.12.142
    dns = 10.99.11.53
    nbns = 10.99.11.54
    28672 = "Welcome to the live test"
    28674 = live.example
    split_include = 10.99.11.0/24 }'
    OUR_NETS=dynamic
}
users() { REMOTE_2='auth = xauth'; }

# client pull|push: strongSwan asks for an address, or waits for one; with user it says who its user is.
client() {
    CONN="vips = 0.0.0.0
    pull = $([ "$1" = pull ] && echo yes || echo no)"
    THEIR_NETS=dynamic
}
user() {
    LOCAL_2='auth = xauth
        xauth_id = carol'
}

# rekeys IKE-SECONDS CHILD-SECONDS: strongSwan negotiates new ones so often, to the second; 0: never.  Of an ISAKMP SA it
# makes a wholly new one, and children go over to that.  The lifetimes that it offers are long enough for us.
rekeys() {
    CONN="$CONN
    rekey_time = ${1}s
    rand_time = 0s
    over_time = 3600s"
    CHILD="$CHILD
        rekey_time = ${2}s
        rand_time = 0s
        life_time = 3600s"
}
