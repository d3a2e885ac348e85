#!/usr/bin/env python3
"""check_compare.py -- what the comparison with recordings takes for the same, and what not.

usage: check_compare.py
"""
import os
import sys
import tempfile

import cases
from recording import Recording, read_recordings, steps_of, write_recordings
from run_parity import final_rows, same

STEPS = [[("+I", '{"k": 1, "m": {"a": 1, "b": 2}}')],
         [("-U", '{"k": 1}'), ("+U", '{"k": 2}')]]

# (mode, key, changes that weir might make, whether they count as the same)
COMPARISONS = [
    ("changelog", None, [STEPS[0][0], STEPS[1][0], STEPS[1][1]], True),
    ("changelog", None, [("+I", '{"m": {"b": 2, "a": 1}, "k": 1}'), *STEPS[1]], True),
    ("changelog", None, [STEPS[0][0], STEPS[1][1], STEPS[1][0]], False),
    ("changelog", None, [STEPS[0][0], STEPS[1][0]], False),
    ("changelog", None, [("+I", '{"k": 1.0, "m": {"a": 1, "b": 2}}'), *STEPS[1]], False),
    ("changelog", None, [("+I", '{"k": "1", "m": {"a": 1, "b": 2}}'), *STEPS[1]], False),
    ("changelog", None, [("+U", STEPS[0][0][1]), *STEPS[1]], False),
    ("steps", None, [STEPS[0][0], STEPS[1][1], STEPS[1][0]], True),
    ("steps", None, [STEPS[1][0], STEPS[0][0], STEPS[1][1]], False),
    ("steps", None, [STEPS[0][0], *STEPS[1], STEPS[1][0]], False),
    ("multiset", None, [STEPS[1][0], STEPS[0][0], STEPS[1][1]], True),
    ("multiset", None, [STEPS[0][0], *STEPS[1], STEPS[1][1]], False),
    ("final", None, [("+I", '{"k": 2}'), ("+I", STEPS[0][0][1]), ("-D", '{"k": 1}')], True),
    ("final", None, [("+I", '{"k": 2}')], False),
]

# (key, changes, rows that are left)
FINALS = [
    (["k"], [("+I", '{"k": 1, "v": 1}'), ("+U", '{"k": 1, "v": 2}')], 1),
    (["k"], [("+I", '{"k": 1, "v": 1}'), ("-D", '{"k": 1, "v": 9}')], 0),
    (["k"], [("+I", '{"k": 1, "v": 1}'), ("+I", '{"k": 2, "v": 1}')], 2),
]

CASE = """# a comment
--- table shared (k INT, PRIMARY KEY (k) NOT ENFORCED)
+I | 1
=== a case
--- table t (a INT, s STRING, c AS a + 1, d DECIMAL(10, 2), WATERMARK FOR ts AS ts)
1 | 7 | 1.50
null | "a b" | 2
--- sink o (k INT, v STRING, PRIMARY KEY (k) NOT ENFORCED)
--- sql
SET 'x' = ';';
INSERT INTO o SELECT * FROM t; -- shared; not used
"""


def check(what, got, want):
    if got != want:
        print(f"{what}:\n  got  {got!r}\n  want {want!r}")
    return got == want


def check_case(folder):
    path = os.path.join(folder, "a.parity")
    with open(path, "w", encoding="utf-8") as file:
        file.write(CASE)
    case, = cases.read_cases(path)
    recording = Recording(case.name)
    recording.digest = case.digest()
    recording.sinks = {"select 1": STEPS, "select 2": []}
    write_recordings(os.path.join(folder, "a.flink"), "9.9", [recording])
    version, read = read_recordings(os.path.join(folder, "a.flink"))
    return [
        check("lines", case.inputs()["t.ndjson"],
              '{"a": 1, "s": "7", "d": 1.50}\n{"a": null, "s": "a b", "d": 2}\n'),
        check("order of statements", [text.split()[0] for text in case.statements()],
              ["SET", "CREATE", "CREATE", "CREATE", "INSERT"]),
        check("key of the sink", case.sink_key("o.out.ndjson"), ["k"]),
        check("version", version, "9.9"),
        check("digest", read["a case"].digest, case.digest()),
        check("sinks", read["a case"].sinks, recording.sinks),
        check("steps", len(steps_of(["+I {}", "", "", "-D {}", "+I {}"])), 2),
    ]


def main():
    good = [check((mode, changes), same(mode, STEPS, changes, key), want)
            for mode, key, changes, want in COMPARISONS]
    good += [check(changes, len(final_rows(changes, key)), want) for key, changes, want in FINALS]
    with tempfile.TemporaryDirectory() as folder:
        good += check_case(folder)
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
