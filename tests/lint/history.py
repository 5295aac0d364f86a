#!/usr/bin/env python3
"""history.py: is every number of history.txt named in a test, and every number that tests name in
it?  Prints TAP.  Run in the root of the source tree.

A test names a number as T-05 in a comment, or as test_T05_... in its own name.
"""
import glob
import re
import sys

LINE = re.compile(r"(later )?(T-\d\d) \S.*")
NAMED = re.compile(r"\bT-(\d\d)\b|(?<=_)T(\d\d)(?=_)")


def listed():
    """Every number in the list, and whether it is for later."""
    numbers = {}
    with open("tests/lint/history.txt", encoding="utf-8") as f:
        for n, line in enumerate(f.read().splitlines(), 1):
            m = LINE.fullmatch(line)
            if m and m.group(2) not in numbers:
                numbers[m.group(2)] = m.group(1) is not None
            elif not line.startswith("#"):
                sys.exit(f"not ok - tests/lint/history.txt:{n}: not a line of this list")
    return numbers


def named():
    """Every number that tests name, and the first of them that does."""
    numbers = {}
    for path in sorted(glob.glob("tests/**/*.[ch]", recursive=True) + glob.glob("fuzz/*.c")):
        with open(path, encoding="utf-8") as f:
            for m in NAMED.finditer(f.read()):
                numbers.setdefault("T-" + (m.group(1) or m.group(2)), path)
    return numbers


def faults():
    expected, found = listed(), named()
    for number, later in expected.items():
        if number in found and later:
            yield f"{number} is tested in {found[number]}: it is not for later any more"
        elif number not in found and not later:
            yield f"{number} is in no test"
    for number, path in found.items():
        if number not in expected:
            yield f"{number} in {path} is not in the list"


all_faults = list(faults())
print(("not ok" if all_faults else "ok") + " - every number of history.txt has a test")
for fault in all_faults:
    print("# " + fault)
sys.exit(bool(all_faults))
