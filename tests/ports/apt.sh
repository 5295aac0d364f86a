# ports/apt.sh -- an apt with a root of its own, to be sourced: it fetches packages of any release, or their
# sources, and leaves the system's own lists alone.
# shellcheck shell=sh

# The mirror that this system's own release comes from, by whatever kind of list it is named in.
mirror() {
    # shellcheck disable=SC1091
    (
        . /etc/os-release
        apt-get indextargets --format "\$(REPO_URI) \$(RELEASE) \$(COMPONENT)" 'Created-By: Packages' |
            awk -v release="$VERSION_CODENAME" '
                ($2 == release || $2 == "stable" || $2 == "oldstable") && $3 == "main" {
                    print $1
                    exit
                }'
    )
}

# apt_root DIR TYPE RELEASE: make the root in DIR (absolute), for deb or deb-src, and read the lists.
apt_root() {
    mkdir -p "$1/state/lists/partial" "$1/cache/archives/partial" "$1/lists.d" || return 1
    : >"$1/status"
    echo "$2 [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(mirror) $3 main" \
        >"$1/sources.list"
    cat >"$1/apt.conf" <<APT
Dir::State "$1/state";
Dir::State::status "$1/status";
Dir::Cache "$1/cache";
Dir::Etc::sourcelist "$1/sources.list";
Dir::Etc::sourceparts "$1/lists.d";
APT::Sandbox::User "root";
APT
    APT_CONFIG=$1/apt.conf apt-get -qq update
}

# apt_fetch DIR DESTINATION COMMAND...: run apt-get with that root, in DESTINATION.
apt_fetch() {
    config=$1/apt.conf
    mkdir -p "$2" && cd "$2" || return 1
    shift 2
    APT_CONFIG=$config apt-get -qq "$@"
}
