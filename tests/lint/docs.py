#!/usr/bin/env python3
"""docs.py: is every public function documented, and marked [q] when it is a query?  Prints TAP.

Run in the root of the source tree.  "docs.py symbols HEADER..." prints what the headers declare.

  - Before every ISAKMP_API declaration, or before the group of declarations that it stands in,
    there is a comment; for an object it may also stand behind.
  - A function that takes a context it may change, isakmp_ctx * or isakmp_ctx **, is no query.  All
    others are, and their comment has the mark [q].
  - A function that is no query and returns something says what, after the word "returns".
"""
import glob
import re
import sys

ITEM = re.compile(r"/\*.*?\*/|ISAKMP_API\b[^;]*;|\n\s*#[^\n]*", re.S)


def declarations(path):
    """Every public declaration with its line, the comment of its group, and the one behind it."""
    with open(path, encoding="utf-8") as f:
        text = f.read()
    comment, items = "", list(ITEM.finditer(text))
    for i, m in enumerate(items):
        what = m.group(0)
        if what.startswith("/*"):
            behind = text.rfind("\n", 0, m.start()) < text.rfind(";", 0, m.start())
            if not behind and not re.match(r"/\* ?----", what):
                comment = what
        elif what.startswith("ISAKMP_API"):
            after = items[i + 1].group(0) if i + 1 < len(items) else ""
            if after and "\n" in text[m.end():items[i + 1].start()]:
                after = ""
            line = text.count("\n", 0, m.start()) + 1
            yield line, " ".join(what.split()), comment, after
        else:
            comment = ""


def name_of(declaration):
    return re.search(r"(isakmp_\w+)(?:\[\])?\s*(?:\(|;)", declaration).group(1)


def faults_of(path):
    for line, declaration, comment, behind in declarations(path):
        where = f"{path}:{line}: {name_of(declaration)}"
        if "(" not in declaration:
            if not comment and not behind.startswith("/*"):
                yield where + " has no comment"
            continue
        query = re.search(r"(?<!const )\bisakmp_ctx \*", declaration) is None
        if not comment:
            yield where + " has no comment"
        elif query != ("[q]" in comment):
            yield where + (" is a query without [q]" if query else " is no query, but has [q]")
        elif not query and not declaration.startswith("ISAKMP_API void"):
            if not re.search(r"\breturns\b", comment):
                yield where + " does not say what it returns"


def main(arguments):
    if arguments[:1] == ["symbols"]:
        for path in arguments[1:]:
            for _, declaration, _, _ in declarations(path):
                print(name_of(declaration))
        return False
    headers = sorted(glob.glob("include/isakmp/*.h"))
    faults = [fault for path in headers for fault in faults_of(path)]
    count = sum(len(list(declarations(path))) for path in headers)
    print(f"{'not ok' if faults else 'ok'} - {count} public declarations are documented")
    for fault in faults:
        print("# " + fault)
    return bool(faults)


sys.exit(main(sys.argv[1:]))
