#!/bin/sh
# suite.sh NAME COMMAND...: run one suite, print one line about it, and add to the totals.
#
# A suite speaks TAP: "ok", "not ok" and "ok ... # SKIP reason" at the start of a line.  A command
# that fails without a "not ok" counts as one failure, and so does one that tests nothing.
# The log is kept in $CHECK_DIR/NAME.log, the totals in $CHECK_DIR/totals.
set -u
name=$1
shift
log=$CHECK_DIR/$name.log
start=$(date +%s)
CMOCKA_MESSAGE_OUTPUT=TAP "$@" >"$log" 2>&1
status=$?
skipped=$(grep -c '^ok .*# SKIP' "$log")
passed=$(($(grep -c '^ok ' "$log") - skipped))
failed=$(grep -c '^not ok' "$log")
if [ "$failed" = 0 ] && { [ $status != 0 ] || [ $((passed + skipped)) = 0 ]; }; then
    failed=1
    echo "not ok - the suite ended with status $status" >>"$log"
fi
printf '%-28s %5d passed, %d failed%s  (%d s)\n' "$name" "$passed" "$failed" \
    "$([ "$skipped" = 0 ] || echo ", $skipped skipped")" $(($(date +%s) - start))
grep '^ok .*# SKIP' "$log" | sed 's/^ok [^-]*- /    skipped: /'
if [ "$failed" != 0 ]; then
    grep -n -B 3 -A 12 '^not ok' "$log" | head -n 60 | sed 's/^/    /'
fi
echo "$passed $failed $skipped" >>"$CHECK_DIR/totals"
[ "$failed" = 0 ]
