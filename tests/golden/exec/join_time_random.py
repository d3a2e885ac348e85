#!/usr/bin/env python3
"""join_time_random.py WEIR [SEED] -- interval joins and joins as of event time, against doing them by hand.

Rows come out of order, as far as the watermark allows; keys are NULL at times.  No row is late, so the
result does not depend on the order: every pair within the range, padded rows once; every left row with
the version that was valid at its time.
"""
import collections
import json
import os
import random
import subprocess
import sys
import tempfile

CASES = 60
START = 1704067200  # 2024-01-01 00:00:00
DELAY = 4
KAFKA = ("WITH ('connector' = 'kafka', 'topic' = '{}', 'format' = '{}', 'properties.bootstrap.servers' = 'x', "
         "'scan.startup.mode' = 'earliest-offset')")


def text(seconds):
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    return f"2024-01-01 {hours:02}:{minute:02}:{second:02}"


def table(name, value, topic_format, key=""):
    return (f"CREATE TABLE {name} (k INT, {value} INT, t TIMESTAMP(3), WATERMARK FOR t AS t - INTERVAL '{DELAY}' SECOND"
            f"{key}) " + KAFKA.format(name, topic_format) + ";\n")


def disordered(dice, rows):
    """(record time, row) in an order in which no row is late."""
    return sorted(((row[2] + dice.random() * DELAY * 0.9, row) for row in rows), key=lambda r: r[0])


def run(weir, job, files, mode):
    with tempfile.TemporaryDirectory() as folder:
        for name, lines in files.items():
            with open(os.path.join(folder, name + ".records.ndjson"), "w", encoding="utf-8") as out:
                for at, value in lines:
                    out.write(json.dumps({"timestamp": int(at * 1000), "value": value}) + "\n")
        path = os.path.join(folder, "job.sql")
        with open(path, "w", encoding="utf-8") as out:
            out.write(job)
        ran = subprocess.run([weir, "run", path, "--profile", "local", "--data", folder, "--until-end", "--output",
                              "changelog-json", "--set", "weir.summary=none"] + mode,
                             capture_output=True, text=True, timeout=20, check=False)
    if ran.returncode != 0:
        raise ValueError(ran.stderr)
    got = collections.Counter()
    for line in ran.stdout.splitlines():
        change = json.loads(line)
        if change["op"] != "+I":
            raise ValueError(f"{line}: only inserts were due")
        got[tuple(change["data"].values())] += 1
    return got


def interval_case(weir, dice, mode):
    kind = dice.choice(["JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"])
    low, high = sorted([dice.randrange(-10, 11), dice.randrange(-10, 11)])
    further = dice.random() < 0.3
    sides = [[(None if dice.random() < 0.1 else dice.randrange(4), dice.randrange(5), dice.randrange(120))
              for _ in range(dice.randrange(5, 200))] for _ in range(2)]
    job = table("l", "a", "json") + table("r", "b", "json")
    job += (f"SELECT l.k AS k1, a, l.t AS t1, r.k AS k2, b, r.t AS t2 FROM l {kind} r ON l.k = r.k AND l.t BETWEEN "
            f"r.t + INTERVAL '{low}' SECOND AND r.t + INTERVAL '{high}' SECOND{' AND a < b' if further else ''};\n")
    files = {name: [(at, {"k": row[0], value: row[1], "t": text(row[2])}) for at, row in disordered(dice, rows)]
             for name, value, rows in (("l", "a", sides[0]), ("r", "b", sides[1]))}
    want, met = collections.Counter(), collections.Counter()
    for i, a in enumerate(sides[0]):
        for j, b in enumerate(sides[1]):
            if (a[0] is not None and a[0] == b[0] and low <= a[2] - b[2] <= high and (not further or a[1] < b[1])):
                want[(a[0], a[1], text(a[2]), b[0], b[1], text(b[2]))] += 1
                met[("l", i)] += 1
                met[("r", j)] += 1
    for i, a in enumerate(sides[0]):
        if not met[("l", i)] and kind in ("LEFT JOIN", "FULL JOIN"):
            want[(a[0], a[1], text(a[2]), None, None, None)] += 1
    for j, b in enumerate(sides[1]):
        if not met[("r", j)] and kind in ("RIGHT JOIN", "FULL JOIN"):
            want[(None, None, None, b[0], b[1], text(b[2]))] += 1
    return run(weir, job, files, mode), want, job


def temporal_case(weir, dice, mode):
    kind = dice.choice(["JOIN", "LEFT JOIN"])
    left = [(None if dice.random() < 0.1 else dice.randrange(5), dice.randrange(5), dice.randrange(120))
            for _ in range(dice.randrange(5, 200))]
    versions = {}
    for _ in range(dice.randrange(40)):
        versions[(dice.randrange(5), dice.randrange(120))] = None if dice.random() < 0.2 else dice.randrange(100)
    job = table("l", "a", "json") + table("r", "b", "changelog-json", ", PRIMARY KEY (k) NOT ENFORCED")
    job += f"SELECT l.k, a, l.t, b FROM l {kind} r FOR SYSTEM_TIME AS OF l.t ON l.k = r.k;\n"
    changes = disordered(dice, [(k, b, t) for (k, t), b in versions.items()])
    files = {"l": [(at, {"k": row[0], "a": row[1], "t": text(row[2])}) for at, row in disordered(dice, left)],
             "r": [(at, {"op": "-D" if row[1] is None else "+U",
                         "data": {"k": row[0], "b": row[1], "t": text(row[2])}}) for at, row in changes]}
    want = collections.Counter()
    for key, a, t in left:
        valid = [at for (k, at) in versions if k == key and at <= t]
        b = versions[(key, max(valid))] if valid else None
        if b is not None or kind == "LEFT JOIN":
            want[(key, a, text(t), b)] += 1
    return run(weir, job, files, mode), want, job


def main():
    weir = os.path.abspath(sys.argv[1])
    dice = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 515)
    failed = 0
    for number in range(CASES):
        mode = ["--parallelism", "2"] if number % 5 == 4 else []
        try:
            got, want, job = (temporal_case if number % 2 else interval_case)(weir, dice, mode)
        except ValueError as problem:
            print(f"case {number}: {problem}")
            failed += 1
            continue
        if got != want:
            print(f"case {number}: too many {dict(got - want)}, missing {dict(want - got)}\n{job}")
            failed += 1
    print(f"{CASES - failed} of {CASES} cases passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
