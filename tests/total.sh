#!/bin/sh
# total.sh: the closing line of all suites that have run; fails if one failed or nothing passed.
# With CHECK_ALL=1 what was skipped has failed.
awk -v all="${CHECK_ALL:-0}" '
    { passed += $1; failed += $2; skipped += $3 }
    END {
        if (skipped) printf "%d skipped (each said why above)\n", skipped
        if (all) failed += skipped
        printf "%d passed, %d failed\n", passed, failed
        exit failed || !passed
    }' "${CHECK_DIR:-build/check}/totals"
