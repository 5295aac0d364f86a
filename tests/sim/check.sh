#!/bin/sh
# check.sh [RUNS] [BUILD]: many runs of the simulator, and whether it can fail: each fault of faults.def must be
# found, by the command that is printed too; and a run must be the same whenever it is played.  Prints TAP.
# 30,000 runs take three minutes of one processor.
set -u
cd "$(dirname "$0")/../.." || exit 2
runs=${1:-30000}
build=${2:-${BUILD:-build}}
sim=$build/tests/sim/sim
out=$build/sim
mkdir -p "$out"
failed=0

# result NAME STATUS: a line of TAP, and what is in the log if it failed.
result() {
    if [ "$2" = 0 ]; then
        echo "ok - $1"
    else
        failed=1
        echo "not ok - $1"
        sed 's/^/# /' "$out/log"
    fi
}

# Does a run, told in two files by two processes, differ?
same_twice() {
    "$sim" "$@" --trace "$out/once" >"$out/log" 2>&1
    "$sim" "$@" --trace "$out/again" >>"$out/log" 2>&1
    cmp "$out/once" "$out/again" >>"$out/log" 2>&1
}

# What a fault needs to show itself soon: a host that loses its memory once all has healed.
knobs_for() {
    case $1 in
    tells_nobody) echo "--set recover=2 --set fall=1 --set contact=0 --set dpd=0 --set addresses=0 --set users=0" ;;
    stays_away) echo "--set again=1 --set fall=1 --set dpd=2" ;;
    esac
}

# is_found FAULT: some seed finds it, and the command that is printed then finds it again.
is_found() {
    # shellcheck disable=SC2046 # options are words
    "$sim" --runs 40 --jobs 1 --failures 1 --fault "$1" $(knobs_for "$1") >"$out/log" 2>&1 && return 1
    why=$(sed -n 's/^seed [0-9]* went wrong: //p' "$out/log" | head -n 1)
    command=$(sed -n 's/^  replay: //p' "$out/log" | head -n 1)
    [ -n "$command" ] && $command >"$out/again" 2>&1 && return 1
    grep -qF ": $why; " "$out/again"
}

"$sim" --runs "$runs" --jobs "$(nproc)" >"$out/log" 2>&1
result "$(tail -n 1 "$out/log" | sed 's/;.*//')" $?
tail -n 1 "$out/log" | sed 's/^/# /'

for seed in 1 2 3 5 8 13 21 34; do
    same_twice --seed $seed
    result "seed $seed: the same twice" $?
done
! same_twice --seed 1 --fault wanders
result "wanders: a run that is not the same is found out" $?

for fault in $("$sim" --knobs | sed -n 's/^--fault //p'); do
    [ "$fault" = wanders ] && continue
    is_found "$fault"
    result "$fault: is found, and replayed" $?
done
exit $failed
