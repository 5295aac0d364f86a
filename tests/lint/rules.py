#!/usr/bin/env python3
"""rules.py: the rules of lib/ that can be read off its text.  Prints TAP.

Run in the root of the source tree.  Each rule is a function that yields "file:line: what is wrong".
"""
import glob
import os
import re
import sys

# Every layer may use those before it.  Public headers belong to the layer that may use them first.
# Last come the archive libisakmp-mbedtls, which stands on public headers, base/ and crypto/ alone, and
# libisakmp-ios, which stands on public headers and base/.
STOCK = "crypto/mbedtls"
IOS = "ios"
LAYERS = ["base", "wire", "crypto", "policy", "sa", "exchange", "ext", "core", STOCK, IOS]
# What of lib/ those two may include beside their own files.
ALONE = {STOCK: ("base", "crypto", STOCK), IOS: ("base", IOS)}
PUBLIC = {
    "features": "base", "base": "base", "iana": "base", "errors": "base", "wire": "wire",
    "crypto": "crypto", "policy": "policy", "profile": "policy", "modecfg": "policy", "host": "sa", "exchange": "sa", "session": "sa",
    "mbedtls": STOCK, "keyring": STOCK, "ios": IOS,
}
PUBLIC_ORDER = ["features", "errors", "base", "iana", "wire", "crypto", "policy", "profile", "modecfg",
                "host", "exchange", "session", "isakmp"]
# What the headers of that archive may include last.
ABOVE = {"mbedtls": "crypto", "keyring": "host", "ios": "session"}
# What a C compiler without a C library brings.
FREESTANDING = {"stddef.h", "stdint.h", "stdarg.h"}

BANNED = (
    "strcpy strncpy strcat strncat strlen strcmp strchr strtok strtol strtoul atoi atol "
    "bcmp strncmp strcasecmp strncasecmp "
    "printf fprintf sprintf snprintf vsprintf vsnprintf puts fputs "
    "malloc calloc realloc free alloca assert abort exit "
    "time clock gettimeofday clock_gettime rand random_r srand getenv "
    "setjmp longjmp signal"
).split()


def blank(match):
    """Comments and literals without their words, but with their line ends."""
    text = match.group(0)
    return re.sub(r"[^\n]", " ", text) if text[0] == "/" else '""' if text[0] == '"' else "0"


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def code_of(path):
    pattern = r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''
    includes = re.compile(r'^(\s*#\s*include\s*)"([^"]*)"', re.M)
    text = includes.sub(r"\1<local:\2>", read(path))
    return re.sub(pattern, blank, text, flags=re.S)


def find(code, pattern):
    """Line number and match, for every match."""
    for m in re.finditer(pattern, code, re.M):
        yield code.count("\n", 0, m.start()) + 1, m


def layer_of(path):
    return STOCK if path.startswith("lib/" + STOCK) else path.split("/")[1]


FILES = sorted(p for p in glob.glob("lib/**", recursive=True) if re.search(r"\.(c|h|def)$", p))
CODE = {path: code_of(path) for path in FILES}
HEADERS = sorted(glob.glob("include/isakmp/*.h"))


def owner(path, name):
    """The layer of an included file; None: there is no such file, or it may not be used."""
    if name.startswith("isakmp/"):
        return PUBLIC.get(os.path.splitext(name[len("isakmp/"):])[0])
    beside = os.path.normpath(os.path.join(os.path.dirname(path), name))
    found = beside if os.path.exists(beside) else "lib/" + name
    return layer_of(found) if os.path.exists(found) else None


def layers():
    for path, code in CODE.items():
        for line, m in find(code, r"^[ \t]*#[ \t]*include[ \t]*<local:([^>]*)>"):
            ours, theirs, name = layer_of(path), owner(path, m.group(1)), m.group(1)
            if theirs not in LAYERS:
                yield f"{path}:{line}: {name} is in no layer"
            elif LAYERS.index(theirs) > LAYERS.index(ours) or (
                    ours in ALONE and not name.startswith("isakmp/")
                    and theirs not in ALONE[ours]) or (ours == IOS and theirs == STOCK):
                yield f"{path}:{line}: {ours} must not include {name} ({theirs})"


def public_layers():
    for path in HEADERS:
        name = os.path.basename(path)[:-2]
        order = PUBLIC_ORDER
        limit = order.index(ABOVE[name]) + 1 if name in ABOVE else order.index(name)
        for line, m in find(code_of(path), r"^[ \t]*#[ \t]*include[ \t]*<(local:)?([^>]*)>"):
            used = os.path.splitext(m.group(2))[0]
            if not m.group(1) and m.group(2) in FREESTANDING:
                continue
            if not m.group(1) or used not in order or order.index(used) >= limit:
                yield f"{path}:{line}: must not include {m.group(2)}"


def system_headers():
    for path, code in CODE.items():
        for line, m in find(code, r"^[ \t]*#[ \t]*include[ \t]*<(?!local:)([^>]*)>"):
            name = m.group(1)
            allowed = name in FREESTANDING
            if path == "lib/base/span.h":
                allowed = allowed or name == "string.h"
            if layer_of(path) == STOCK:
                allowed = allowed or re.match(r"mbedtls/|sodium\.h|psa/", name)
            if not allowed:
                yield f"{path}:{line}: must not include <{name}>"


def unique_names():
    seen = {}
    for path in FILES:
        if path.endswith(".c"):
            name = os.path.basename(path)
            if name in seen:
                yield f"{path}:1: {seen[name]} has the same base name"
            seen[name] = path


def host_callbacks():
    """sa/host.c and sa/ask.c call the host; core/ctx.c copies its table."""
    for path, code in CODE.items():
        if path in ("lib/sa/host.c", "lib/sa/ask.c", "lib/core/ctx.c"):
            continue
        for line, m in find(code, r"\bhost(\.|->)(?!h\b)[a-z_]+\b"):
            yield f"{path}:{line}: {m.group(0)} is for sa/host.c and sa/ask.c only"


def provider_calls():
    for path, code in CODE.items():
        if layer_of(path) in ("crypto", STOCK):
            continue
        for line, m in find(code, r"(->|\.)(hash|hmac|cbc|dh_new|dh_key|random|can)\s*\("):
            yield f"{path}:{line}: the provider's {m.group(2)}() is for lib/crypto only"


def banned_functions():
    for path, code in CODE.items():
        for line, m in find(code, r"\b(" + "|".join(BANNED) + r")\s*\("):
            if code[m.start() - 1] not in ".>":
                yield f"{path}:{line}: {m.group(1)}()"
        for line, m in find(code, r"^(out:)?.*\bgoto\s+(\w+)"):
            label = code.find("\n" + m.group(2) + ":", m.end())
            end = code.find("\n}", m.end())
            if m.group(2) != "out" or not 0 <= label < end:
                yield f"{path}:{line}: goto, and not forward to out"


def switches_in_functions():
    """A body begins with a brace behind a parenthesis; tables may have lines not compiled."""
    for path, code in CODE.items():
        depth, body, last = 0, False, ""
        for number, line in enumerate(code.split("\n"), 1):
            if re.match(r"\s*#", line):
                if body and re.match(r"\s*#\s*(if|elif)", line):
                    yield f"{path}:{number}: #if in a function body"
                continue
            for c in line.strip():
                if c == "{":
                    body = body or (depth == 0 and last == ")")
                    depth += 1
                elif c == "}":
                    depth -= 1
                    body = body and depth > 0
                last = c


def debt():
    for path in FILES + HEADERS:
        for line, m in find(read(path), r"\b(TODO|FIXME|XXX|HACK)\b"):
            yield f"{path}:{line}: {m.group(1)}"


def comparisons():
    """T-64: HASH, SIG and NAT-D values and cookies are compared by isakmp__ct_equal(), in the stock
    keyring by sodium_memcmp(); compares.txt has what is compared otherwise."""
    allowed = {}
    for entry in read("tests/lint/compares.txt").split("\n"):
        if entry and entry[0] != "#":
            path, call = entry.split(None, 2)[:2]
            allowed.setdefault(path, []).append(call)
    for path, code in CODE.items():
        if path == "lib/base/span.h":
            continue
        rest = allowed.pop(path, [])
        for line, m in find(code, r"\b(memcmp|isakmp__span_equal)\(([^,]*),"):
            call = re.sub(r"\s", "", m.group(2))
            if call in rest:
                rest.remove(call)
            else:
                yield f"{path}:{line}: {m.group(0)} ... is not in compares.txt"
        for call in rest:
            yield f"{path}:1: compares.txt names {call}, which is not there"
    for path in allowed:
        yield f"{path}:1: compares.txt names it, but it compares nothing"


def addresses():
    """T-53: nobody is asked anything: no URL stands in the code, and nothing that opens one is
    included.  What the archives need of other libraries is looked at by symbols.sh."""
    for path in FILES:
        for line, m in find(read(path), r"\b[a-z]{2,10}://"):
            yield f"{path}:{line}: {m.group(0)}"
        for line, m in find(CODE[path], r"\bmbedtls/(net|net_sockets|ssl\w*|timing|debug)\.h\b"):
            yield f"{path}:{line}: {m.group(0)}"


RULES = [
    ("layers: every file includes only its own layer and those below", layers),
    ("layers: public headers stand in one order", public_layers),
    ("no header of a system, a C library or a crypto library", system_headers),
    ("base names of .c files are unique", unique_names),
    ("the host is called from sa/host.c and sa/ask.c only", host_callbacks),
    ("the provider is called from crypto/ only", provider_calls),
    ("no banned function, no goto but forward to out", banned_functions),
    ("no #if in function bodies", switches_in_functions),
    ("no TODO", debt),
    ("memcmp only where no secret is compared", comparisons),
    ("no URLs, and no headers of networks", addresses),
]


def main():
    failed = False
    for name, rule in RULES:
        faults = list(rule())
        print(("not ok - " if faults else "ok - ") + name)
        for fault in faults:
            print("# " + fault)
        failed = failed or bool(faults)
    return failed


sys.exit(main())
