#!/usr/bin/env python3
"""check_layers.py -- who may include whom; ARCHITECTURE.md quotes the tables.

usage: check_layers.py [--self-test] [FILE...]

Arrows point down only.  Where a lower layer has to call up, it declares a function table and the
upper one fills it in.  Includes of ours are written from the layer ("types/batch.h"), those of
others in angle brackets.  Prints FILE:LINE: what is wrong, and ends with 1 if there is anything.
"""
import os
import re
import sys

# What a layer may include besides itself and the C library.
LAYERS = {
    "base": [],
    "types": ["base"],
    "sql": ["base", "types"],
    "json": ["base", "types"],
    "connector": ["base", "types", "json"],
    "catalog": ["base", "types", "connector"],
    "expr": ["base", "types", "json", "catalog"],
    "state": ["base", "types"],
    "agg": ["base", "types", "catalog", "expr", "state"],
    "plan": ["base", "types", "connector", "catalog", "expr", "state", "agg"],
    "bind": ["base", "types", "sql", "connector", "catalog", "expr", "agg", "plan"],
    "optimize": ["base", "types", "json", "connector", "catalog", "expr", "agg", "plan"],
    "exec": ["base", "types", "json", "connector", "catalog", "expr", "state", "agg", "plan"],
    "door": ["base", "types", "json", "connector", "catalog", "expr", "plan", "exec"],
    "session": ["base", "types", "sql", "json", "connector", "catalog", "expr", "state", "agg",
                "plan", "bind", "optimize", "exec", "door"],
    "spec": ["base", "types", "sql", "json", "connector", "catalog", "expr", "plan", "bind",
             "exec", "session"],
}
# Connectors see neither plans nor operators: they could be moved to another engine.
CONNECTOR_MAY = ["base", "types", "json", "connector"]
# Shared by connectors that talk to a server: calls in threads of their own, and REST.
CONNECTOR_SHARED = ["remote", "http"]
GRAMMAR_MAY = ["base", "types", "sql"]
CLI_MAY = ["base", "sql", "door", "session", "spec"]

# Headers of ours without a folder, and where they may be used: the public header, and what lemon
# makes from grammar/sql.y.
PLAIN_HEADERS = {
    "weir.h": ["engine/session", "tools/cli"],
    "sql.h": ["engine/sql", "engine/spec", "grammar"],
}

# Outside libraries by the start of the header's name, and the folders that may include them.
LIBRARIES = {
    "librdkafka/": ["connectors/kafka"],
    "sqlite3.h": ["connectors/local"],
    "curl/": ["connectors/http"],
    "zlib.h": ["connectors/http"],
    "mysql.h": ["connectors/mysql"],
    "mysql/": ["connectors/mysql"],
    "mariadb/": ["connectors/mysql"],
    "libfyaml.h": ["engine/session"],
    "pcre2.h": ["engine/expr"],
    "openssl/": ["engine/expr", "connectors/http"],
    # For plans as JSON and small documents; messages go through engine/json.
    "cjson/": ["engine/session", "engine/plan", "connectors", "tools/cli"],
    "cJSON.h": ["engine/session", "engine/plan", "connectors", "tools/cli"],
}

C_LIBRARY = set("""
assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdalign
stdarg stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string tgmath threads time uchar
wchar wctype aio alloca byteswap dirent dlfcn endian execinfo fcntl fnmatch ftw getopt glob grp iconv ifaddrs
langinfo libgen malloc netdb poll pthread pwd regex sched search semaphore spawn strings syslog
termios ucontext unistd utime wordexp arm_neon cpuid
""".split())
SYSTEM_FOLDERS = ("sys/", "linux/", "netinet/", "arpa/", "net/", "bits/", "asm/", "sanitizer/")

INCLUDE = re.compile(rb'^[ \t]*#[ \t]*include[ \t]*(?:"([^"]+)"|<([^>]+)>)')


def folder_of(path):
    """The unit that a rule speaks of: engine/LAYER, connectors/NAME, tools/cli, grammar."""
    parts = path.split("/")
    if parts[0] in ("engine", "connectors", "tools") and len(parts) > 2:
        return "/".join(parts[:2])
    return parts[0]


def may_include(folder):
    """Layers that a folder may include; None if everything."""
    kind, _, name = folder.partition("/")
    if kind == "engine" and name in LAYERS:
        return [name] + LAYERS[name]
    if kind == "connectors":
        return ([name] if name else []) + CONNECTOR_MAY + CONNECTOR_SHARED
    if kind == "grammar":
        return GRAMMAR_MAY
    if folder == "tools/cli":
        return ["cli"] + CLI_MAY
    return None


def check_own(path, folder, header, allowed):
    """The complaint about an include of ours, or None."""
    if header.startswith("../") or "/../" in header:
        return f'"{header}" goes up; write includes from the layer'
    target, slash, _ = header.partition("/")
    if not slash:
        if header in PLAIN_HEADERS:
            if folder in PLAIN_HEADERS[header]:
                return None
            return f'{folder} may not include "{header}"; only {", ".join(PLAIN_HEADERS[header])}'
        return f'"{header}" has no layer; write includes from the layer'
    if target not in allowed:
        if target in LAYERS or target in ("kafka", "local", "http", "cli"):
            return f'{folder} may not include "{header}"; it may include {", ".join(allowed)}'
        return f'"{header}": there is no layer "{target}"'
    return None


def check_outside(folder, header):
    for start, folders in LIBRARIES.items():
        if header.startswith(start):
            if any(folder == f or folder.startswith(f + "/") for f in folders):
                return None
            return f"{folder} may not include <{header}>; only {', '.join(folders)}"
    name = header[:-2] if header.endswith(".h") else header
    if name in C_LIBRARY or header.startswith(SYSTEM_FOLDERS) or name.endswith("intrin"):
        return None
    return f"<{header}> is of no library that the table in check_layers.py knows"


def check_text(path, text):
    """All findings of one file, as (line, message)."""
    folder = folder_of(path)
    if folder.startswith("engine/") and folder[7:] not in LAYERS:
        return [(1, f"{folder} is no layer of the table in check_layers.py")]
    allowed = may_include(folder)
    if allowed is None:
        return []
    findings = []
    for number, line in enumerate(text.split(b"\n"), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        own, outside = (group.decode("utf-8", "replace") if group else None
                        for group in match.groups())
        message = check_own(path, folder, own, allowed) if own else check_outside(folder, outside)
        if message:
            findings.append((number, message))
    return findings


def source_files(root):
    for top in ("engine", "connectors", "grammar", "tools/cli"):
        for folder, folders, names in os.walk(os.path.join(root, top)):
            folders.sort()
            for name in sorted(names):
                if name.endswith((".c", ".h", ".y", ".re")):
                    yield os.path.relpath(os.path.join(folder, name), root)


# (path, line, what the message must contain; None: no finding)
SELF_TEST = [
    ("engine/types/a.c", '#include "types/b.h"', None),
    ("engine/types/a.c", '#include "base/b.h"', None),
    ("engine/types/a.c", '#include "sql/b.h"', "engine/types may not include"),
    ("engine/base/a.h", '  #  include "types/b.h"', "engine/base may not include"),
    ("engine/exec/op/a.c", '#include "bind/b.h"', "engine/exec may not include"),
    ("engine/exec/op/a.c", '#include "exec/op.h"', None),
    ("engine/exec/op/a.c", '#include "json/b.h"', None),
    ("engine/json/a.c", '#include "connector/b.h"', "engine/json may not include"),
    ("engine/session/a.c", '#include "bind/b.h"', None),
    ("engine/door/a.c", '#include "exec/b.h"', None),
    ("engine/door/a.c", '#include "session/b.h"', "engine/door may not include"),
    ("engine/exec/a.c", '#include "door/b.h"', "engine/exec may not include"),
    ("tools/cli/a.c", '#include "door/b.h"', None),
    ("engine/nothing/a.c", "", "is no layer"),
    ("engine/bind/a.c", '#include "kafka/b.h"', "engine/bind may not include"),
    ("engine/bind/a.c", '#include "wrong/b.h"', "there is no layer"),
    ("engine/bind/a.c", '#include "b.h"', "has no layer"),
    ("engine/bind/a.c", '#include "../sql/b.h"', "goes up"),
    ("engine/bind/a.c", '#include "sql.h"', 'may not include "sql.h"'),
    ("engine/sql/a.c", '#include "sql.h"', None),
    ("connectors/kafka/a.c", '#include "kafka/b.h"', None),
    ("connectors/kafka/a.c", '#include "http/b.h"', None),
    ("connectors/kafka/a.c", '#include "local/b.h"', "connectors/kafka may not include"),
    ("connectors/kafka/a.c", '#include "exec/b.h"', "connectors/kafka may not include"),
    ("connectors/kafka/a.c", "#include <librdkafka/rdkafka.h>", None),
    ("connectors/local/a.c", "#include <librdkafka/rdkafka.h>", "only connectors/kafka"),
    ("connectors/local/a.c", "#include <sqlite3.h>", None),
    ("engine/session/a.c", "#include <sqlite3.h>", "only connectors/local"),
    ("engine/plan/a.c", "#include <libfyaml.h>", "only engine/session"),
    ("engine/json/a.c", "#include <cjson/cJSON.h>", "engine/json may not include"),
    ("engine/types/a.c", "#include <pcre2.h>", "only engine/expr"),
    ("engine/types/a.c", "#include <openssl/evp.h>", "only engine/expr"),
    ("engine/types/a.c", "#include <emmintrin.h>", None),
    ("engine/types/a.c", "#include <sys/epoll.h>", None),
    ("engine/types/a.c", "#include <glib.h>", "of no library"),
    ("grammar/sql.y", '#include "bind/b.h"', "grammar may not include"),
    ("tools/cli/a.c", '#include "exec/b.h"', "tools/cli may not include"),
    ("tools/cli/a.c", '#include "session/b.h"', None),
    ("tests/unit/a.c", '#include "exec/b.h"', None),
]


def self_test():
    failed = 0
    for path, line, want in SELF_TEST:
        got = [message for _, message in check_text(path, line.encode())]
        if (want is None) != (not got) or (want is not None and want not in got[0]):
            print(f"self-test: {path}: {line}: wanted {want!r}, got {got!r}")
            failed += 1
    for layer, below in LAYERS.items():
        order = list(LAYERS)
        for other in below:
            if order.index(other) >= order.index(layer):
                print(f"self-test: the arrow from {layer} to {other} points up")
                failed += 1
    return failed


def main():
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    arguments = sys.argv[1:]
    if "--self-test" in arguments:
        return 1 if self_test() else 0
    if arguments and arguments[0].startswith("-"):
        print(__doc__)
        return 0 if arguments[0] in ("-h", "--help") else 2
    paths = [os.path.relpath(path, root) for path in arguments] or source_files(root)
    count = 0
    for path in paths:
        with open(os.path.join(root, path), "rb") as file:
            for line, message in check_text(path, file.read()):
                print(f"{path}:{line}: {message}")
                count += 1
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
