#!/bin/sh
# need.sh PACKAGE...: make sure that Debian packages are installed.
# As root it installs what is missing; otherwise it prints the one command that does, and fails.
set -u
missing=
for p in "$@"; do
    dpkg-query -W -f='${Status}\n' "$p" 2>/dev/null | grep -q 'ok installed' || missing="$missing $p"
done
[ -z "$missing" ] && exit 0
if [ "$(id -u)" != 0 ]; then
    echo "These packages are missing. Please run, and then try again:" >&2
    echo "  sudo apt-get install -y --no-install-recommends$missing" >&2
    exit 2
fi
echo "installing:$missing"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
# Services must not start by being installed: the tests run their own, in namespaces of their own.
if [ ! -e /usr/sbin/policy-rc.d ]; then
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d && chmod 755 /usr/sbin/policy-rc.d
    trap 'rm -f /usr/sbin/policy-rc.d "$log"' EXIT
else
    trap 'rm -f "$log"' EXIT
fi
apt="apt-get -o DPkg::Lock::Timeout=300 -qq"
# shellcheck disable=SC2086
if ! $apt install -y --no-install-recommends $missing >"$log" 2>&1; then
    $apt update >>"$log" 2>&1
    $apt install -y --no-install-recommends $missing >>"$log" 2>&1 || {
        tail -n 20 "$log" >&2
        echo "could not install:$missing" >&2
        exit 2
    }
fi
