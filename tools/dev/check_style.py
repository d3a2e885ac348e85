#!/usr/bin/env python3
"""check_style.py -- the small things, said by a machine so that people can talk about large ones.

usage: check_style.py [--self-test] [FILE...]

Looks at all files that git would take (tracked, or not ignored).  Prints FILE:LINE: what is wrong,
and ends with 1 if there is anything.  Which rule looks at which files is in `RULES`, at the end.
"""
import os
import re
import subprocess
import sys

# The formatter aims at 100; what it cannot break may be a little longer.
LINE_BYTES_MAX = 110
# A row of a table is read across: functions with their help, test vectors.
TABLE_BYTES_MAX = 400
TABLE_ROW = re.compile(rb"\s*(?:\{ |\{\"|[A-Z]+\(\")")
FILE_LINES_MAX = 900
FUNCTION_LINES_MAX = 150

# Large by right: one idea that does not come in parts.  Path: why.
LARGE_FILES = {
    "grammar/sql.y": "the whole grammar",
}
# "path:function": why.
LARGE_FUNCTIONS = {}

# The one place that allocates, and programs of the tests that are no part of the product and link
# nothing of it.
MAY_ALLOCATE = ("engine/base/memory.c", "tests/kafka/", "tests/bench/", "tests/fuzz/",
                "tests/support/")

BANNED = {
    "strcpy": "writes without a limit",
    "strcat": "writes without a limit",
    "sprintf": "writes without a limit",
    "vsprintf": "writes without a limit",
    "gets": "reads without a limit",
    "strtok": "keeps hidden state",
    "atoi": "takes errors for zero",
    "atol": "takes errors for zero",
    "atoll": "takes errors for zero",
    "atof": "takes errors for zero",
    "scanf": "overflows are undefined",
    "fscanf": "overflows are undefined",
    "sscanf": "overflows are undefined",
    "setlocale": "changes the meaning of numbers for the whole process",
}
ALLOCATORS = ("malloc", "calloc", "realloc", "reallocarray", "free", "strdup", "strndup",
              "asprintf", "vasprintf", "alloca")

# Put together here, so that this file is not one of its own findings.
MARKS = ["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]
# Not in the middle of a date pattern: [SSS][...].
MARK = re.compile(rb"(?<![\w\[.'])(" + "|".join(MARKS).encode() + rb")(?![\w\]'])")
UNFINISHED = re.compile(rb"\b(st" + rb"ub|not imple" + rb"mented|unimple" + rb"mented)\b", re.I)
MACHINE_PATH = re.compile(rb"(?<![\w.~}])(/wo" + rb"rk/|/tmp/ba" + rb"sh)")

CALL = re.compile(rb"(?<![\w.>])(" + "|".join(list(BANNED) + list(ALLOCATORS)).encode() +
                  rb")[ \t]*\(")
MEMBER_CALL = re.compile(rb"->[ \t]*$")
C_SLEEP = re.compile(rb"(?<![\w.>])(sleep|usleep|nanosleep|clock_nanosleep|thrd_sleep)[ \t]*\(")
SHELL_SLEEP = re.compile(rb"(?:^|[;&|(]|\bdo\b|\bthen\b)[ \t]*sleep[ \t]|\btime\.sleep[ \t]*\(")
FUNCTION_NAME = re.compile(rb"([A-Za-z_]\w*)[ \t]*\(")

C_TOKEN = re.compile(rb'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


class File:
    """A file with what the rules need of it, made once."""

    def __init__(self, path, text):
        self.path = path
        self.text = text
        self.lines = text.split(b"\n")
        self.name = os.path.basename(path)
        self.extension = os.path.splitext(path)[1]
        self.is_c = self.extension in (".c", ".h")
        self.is_script = text.startswith(b"#!") or self.extension in (".py", ".sh")
        self.is_code = (self.is_c or self.is_script or self.extension in (".y", ".re") or
                        self.name in ("meson.build", "meson_options.txt"))
        self.is_config = self.extension in (".yaml", ".yml", ".xml") or self.name.startswith(".")
        # Text whose every byte is somebody's: job files as published, expected output, test data.
        self.is_verbatim = self.extension in (".sql", ".test", ".ndjson", ".jsonl", ".json", ".csv",
                                              ".txt", ".out", ".tsv") and not self.is_code
        # Without comments and the insides of strings, line numbers kept.
        self.c_lines = (C_TOKEN.sub(self.blank, text).split(b"\n") if self.is_c else [])

    @staticmethod
    def blank(match):
        token = match.group(0)
        kept = b'""' if token[:1] == b'"' else b"''" if token[:1] == b"'" else b" "
        return kept + b"\n" * token.count(b"\n")


def rule_tabs(file):
    for number, line in enumerate(file.lines, 1):
        if b"\t" in line:
            yield number, "tab; indent with spaces, write \\t in strings"


def rule_trailing_blanks(file):
    for number, line in enumerate(file.lines, 1):
        if line != line.rstrip(b" \t\r"):
            yield number, "blank at the end of the line"


def rule_line_length(file):
    for number, line in enumerate(file.lines, 1):
        is_row = TABLE_ROW.match(line) or "/vectors_" in file.path
        limit = TABLE_BYTES_MAX if is_row else LINE_BYTES_MAX
        if len(line) > limit:
            yield number, f"line of {len(line)} bytes; {limit} are the limit"


def rule_final_newline(file):
    if file.text and not file.text.endswith(b"\n"):
        yield len(file.lines), "no line feed at the end of the file"
    elif file.text.endswith(b"\n\n"):
        yield len(file.lines) - 1, "empty line at the end of the file"


def rule_banned_functions(file):
    may_allocate = file.path.startswith(MAY_ALLOCATE)
    for number, line in enumerate(file.c_lines, 1):
        for match in CALL.finditer(line):
            if MEMBER_CALL.search(line[:match.start()]):
                continue
            name = match.group(1).decode()
            if name in BANNED:
                yield number, f"{name}() is banned: it {BANNED[name]}"
            elif not may_allocate:
                yield number, f"{name}() goes past engine/base/memory.h and fault injection"


def rule_sleep(file):
    lines, pattern = (file.c_lines, C_SLEEP) if file.is_c else (file.lines, SHELL_SLEEP)
    for number, line in enumerate(lines, 1):
        if pattern.search(line):
            yield number, "sleep in a test; wait for what is meant to happen, with a limit"


def rule_marks(file):
    for number, line in enumerate(file.lines, 1):
        match = MARK.search(line) or UNFINISHED.search(line)
        if match:
            yield number, f'"{match.group(1).decode()}": finish it, or say why it is as it is'


def rule_pragma_once(file):
    if "/vectors_" in file.path:
        return  # rows that one test includes in the middle of a table
    if not any(line.rstrip() == b"#pragma once" for line in file.lines):
        yield 1, "header without #pragma once"


def rule_opening_comment(file):
    if not file.text.lstrip().startswith((b"/*", b"//")):
        yield 1, "no opening comment that says what this file is, how it works, what always holds"


def rule_file_length(file):
    count = file.text.count(b"\n")
    if count > FILE_LINES_MAX and file.path not in LARGE_FILES:
        yield FILE_LINES_MAX, f"file of {count} lines; {FILE_LINES_MAX} are the limit: two ideas?"


def rule_machine_paths(file):
    for number, line in enumerate(file.lines, 1):
        match = MACHINE_PATH.search(line)
        if match:
            yield number, f'"{match.group(1).decode()}" is a path of one machine'


def function_name(lines, brace):
    """Name of the function whose opening brace stands alone in lines[brace]."""
    first = brace - 1
    while first > 0 and lines[first - 1].strip() and not lines[first - 1].startswith((b"}", b"#")):
        first -= 1
    # The last name before a bracket that is at the beginning of an argument list.
    for line in lines[first:brace]:
        for match in FUNCTION_NAME.finditer(line):
            if match.group(1) not in (b"__attribute__", b"format"):
                return match.group(1).decode()
    return "?"


def rule_function_length(file):
    begin = None
    for number, line in enumerate(file.c_lines):
        if line.rstrip() == b"{":
            begin = number
        elif line.startswith(b"}") and begin is not None:
            count = number - begin - 1
            name = function_name(file.c_lines, begin)
            if count > FUNCTION_LINES_MAX and f"{file.path}:{name}" not in LARGE_FUNCTIONS:
                yield begin + 1, (f"{name}() has {count} lines; "
                                  f"{FUNCTION_LINES_MAX} are the limit")
            begin = None


# Rule, and the files it looks at.
RULES = [
    (rule_tabs, lambda f: f.is_code or f.is_config),
    (rule_trailing_blanks, lambda f: f.is_code or f.is_config),
    (rule_line_length, lambda f: f.is_code and f.extension != ".py"),  # SQL in strings
    (rule_final_newline, lambda f: not f.is_verbatim),
    (rule_banned_functions, lambda f: f.is_c),
    (rule_sleep, lambda f: f.path.startswith("tests/") and (f.is_c or f.is_script)),
    (rule_marks, lambda f: not f.is_verbatim and "/vectors_" not in f.path),
    (rule_pragma_once, lambda f: f.extension == ".h"),
    (rule_opening_comment, lambda f: f.extension in (".c", ".h", ".y", ".re")),
    (rule_file_length, lambda f: f.is_code),
    (rule_machine_paths, lambda f: True),
    (rule_function_length, lambda f: f.is_c),
]


def check(path, text):
    if b"\0" in text:
        return []
    file = File(path, text)
    return sorted((line, message) for rule, wants in RULES if wants(file) for line, message
                  in rule(file))


def project_files(root):
    """Paths below the root that git would take; without git, all but builds and hidden folders."""
    try:
        listed = subprocess.run(["git", "-C", root, "ls-files", "-z", "-c", "-o",
                                 "--exclude-standard"], capture_output=True, check=True).stdout
        paths = sorted(set(os.fsdecode(path) for path in listed.split(b"\0") if path))
    except (OSError, subprocess.CalledProcessError):
        paths = []
        for folder, folders, names in os.walk(root):
            folders[:] = sorted(f for f in folders if not f.startswith((".", "build")))
            paths += [os.path.relpath(os.path.join(folder, name), root) for name in sorted(names)]
    return [path for path in paths if os.path.isfile(os.path.join(root, path)) and
            not os.path.islink(os.path.join(root, path))]


HEAD = b"/* a.c -- a sample. */\n"

# (path, text, what the only message must contain; None: no finding)
SELF_TEST = [
    ("engine/a.c", HEAD + b"int a;\n", None),
    ("engine/a.c", HEAD + b"\tint a;\n", "tab"),
    ("queries/a.sql", b"select\t1 \n", None),
    ("tools/a", b"#!/bin/bash\n\techo\n", "tab"),
    ("engine/a.c", HEAD + b"int a; \n", "blank at the end"),
    ("tests/a.test", b"a \n", None),
    ("engine/a.c", HEAD + b"int " + b"a" * 106 + b";\n", "line of 111 bytes"),
    ("engine/a.c", HEAD + b"int " + b"a" * 105 + b";\n", None),
    ("a.md", b"a" * 200 + b"\n", None),
    ("engine/a.c", HEAD + b"int a;", "no line feed"),
    ("a.md", b"a\n\n", "empty line at the end"),
    ("queries/a.sql", b"select 1", None),
    ("engine/a.c", HEAD + b"int a = strcpy (b, c);\n", "strcpy() is banned"),
    ("engine/a.c", HEAD + b"int a = snprintf(b, 1, c);\n", None),
    ("engine/a.c", HEAD + b"int a = sscanf(b, c);\n", "sscanf() is banned"),
    ("engine/a.c", HEAD + b"/* strcpy(b, c)\n atoi(a) */ char *a = \"atoi(x)\";\n", None),
    ("engine/a.c", HEAD + b"\n\nint a = atoi(b);\n", "atoi() is banned"),
    ("engine/a.c", HEAD + b"void *a = malloc(1);\n", "goes past"),
    ("engine/a.c", HEAD + b"int a = mem_free(b) + c->free(b) + c.free(b) + d -> free(b);\n", None),
    ("engine/base/memory.c", HEAD + b"void *a = malloc(1);\n", None),
    ("tests/kafka/a.c", HEAD + b"void *a = malloc(1);\n", None),
    ("tests/unit/a.c", HEAD + b"void *a = malloc(1);\n", "goes past"),
    ("tests/unit/a.c", HEAD + b"int a = setlocale(1, b);\n", "setlocale() is banned"),
    ("tests/unit/a.c", HEAD + b"int a = usleep(1);\n", "sleep in a test"),
    ("engine/a.c", HEAD + b"int a = nanosleep(1);\n", None),
    ("tests/a.sh", b"while true; do sleep 1; done\n", "sleep in a test"),
    ("tests/a.py", b"time.sleep(1)\n", "sleep in a test"),
    ("engine/a.c", HEAD + b"/* " + MARKS[0].encode() + b" later */\n", "finish it"),
    ("a.md", MARKS[2].encode() + b"\n", "finish it"),
    ("a.md", b"this is a st" + b"ub\n", "finish it"),
    ("tools/a", b"#!/bin/bash\nmktemp -d a." + b"X" * 6 + b"\n", None),
    ("engine/a.h", HEAD + b"int a;\n", "#pragma once"),
    ("engine/a.h", HEAD + b"#pragma once\nint a;\n", None),
    ("engine/a.c", b"int a;\n", "no opening comment"),
    ("engine/a.c", HEAD + b"\n" * 900 + b"int a;\n", "file of 902 lines"),
    ("grammar/sql.y", HEAD + b"\n" * 900 + b"int a;\n", None),
    ("a.md", b"see /wo" + b"rk/main\n", "path of one machine"),
    ("a.md", b"see frame/wo" + b"rk/main\n", None),
    ("engine/a.c", HEAD + b"int\nlong_one(int a)\n{\n" + b"    a++;\n" * 151 + b"}\n",
     "long_one() has 151 lines"),
    ("engine/a.c", HEAD + b"int long_one(int a)\n{\n" + b"    a++;\n" * 150 + b"}\n", None),
    ("engine/a.c", HEAD + b"static int a[] = {\n" + b"    1,\n" * 151 + b"};\n", None),
    ("tests/a.ndjson", b"\0\t \n", None),
]


def self_test():
    failed = 0
    for path, text, want in SELF_TEST:
        got = [message for _, message in check(path, text)]
        if (want is None and got) or (want is not None and (len(got) != 1 or want not in got[0])):
            print(f"self-test: {path}: {text[-60:]!r}: wanted {want!r}, got {got!r}")
            failed += 1
    seen = {rule.__name__ for path, text, want in SELF_TEST if want
            for rule, wants in RULES if wants(File(path, text)) and list(rule(File(path, text)))}
    for rule, _ in RULES:
        if rule.__name__ not in seen:
            print(f"self-test: no sample makes {rule.__name__} fire")
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
    count = 0
    for path in [os.path.relpath(path, root) for path in arguments] or project_files(root):
        with open(os.path.join(root, path), "rb") as file:
            for line, message in check(path, file.read()):
                print(f"{path}:{line}: {message}")
                count += 1
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
