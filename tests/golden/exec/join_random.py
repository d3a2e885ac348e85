#!/usr/bin/env python3
"""join_random.py WEIR [SEED] -- joins of random changelogs, against joining what is left of them.

Both sides get rows of all kinds: equal ones, NULL keys, updates that move to another key; with and
without a primary key.  For every kind of join each -U and -D of the output has to take back a row
that is there, and what is there in the end has to be the join of what both inputs have in the end.
"""
import collections
import json
import os
import random
import subprocess
import sys
import tempfile

CASES = 120
KINDS = ["JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "IN", "EXISTS", "NOT EXISTS", "SEMI", "ANTI"]
KAFKA = ("WITH ('connector' = 'kafka', 'topic' = '{}', 'format' = '{}', 'properties.bootstrap.servers' = 'x', "
         "'scan.startup.mode' = 'earliest-offset')")


class Side:
    """A table: rows (id, k, x), and the changes that lead to what is live."""

    def __init__(self, dice, name, value, keyed, appends, keys):
        self.dice, self.name, self.value = dice, name, value
        self.keyed, self.appends, self.keys = keyed, appends, keys
        self.live = []

    def row(self, ident=None):
        taken = {r[0] for r in self.live}
        if ident is None:
            ident = self.dice.randrange(40) if self.keyed else self.dice.randrange(2)
            if self.keyed and ident in taken:
                return None
        key = None if self.dice.random() < 0.1 else self.dice.randrange(self.keys)
        return (ident, key, self.dice.randrange(4))

    def changes(self):
        """The next few changes."""
        way = 1.0 if self.appends else self.dice.random()
        if way < 0.3 and self.live:
            row = self.live.pop(self.dice.randrange(len(self.live)))
            return [("-D", row)]
        if way < 0.6 and self.live:
            old = self.live.pop(self.dice.randrange(len(self.live)))
            new = self.row(old[0])
            self.live.append(new)
            return [("-U", old), ("+U", new)]
        row = self.row()
        if row is None:
            return []
        self.live.append(row)
        return [("+I", row)]

    def ddl(self, topic_format):
        key = ", PRIMARY KEY (id) NOT ENFORCED" if self.keyed else ""
        return (f"CREATE TABLE {self.name} (id INT, k INT, {self.value} INT{key}) "
                + KAFKA.format(self.name, topic_format) + ";\n")


def equal(left, right, column):
    a, b = (left[column], right[column])
    return a is not None and a == b


def expected(kind, left, right, column, further):
    """The rows of the join of two lists."""
    def meets(a, b):
        return equal(a, b, column) and (not further or a[2] < b[2])
    out = collections.Counter()
    matched = collections.Counter()
    if kind in ("IN", "EXISTS", "SEMI", "NOT EXISTS", "ANTI"):
        wanted = kind in ("IN", "EXISTS", "SEMI")
        for a in left:
            if any(meets(a, b) for b in right) == wanted:
                out[a] += 1
        return out
    for a in left:
        mine = [b for b in right if meets(a, b)]
        for b in mine:
            out[a + b] += 1
            matched[b] += 1
        if not mine and kind in ("LEFT JOIN", "FULL JOIN"):
            out[a + (None,) * 3] += 1
    if kind in ("RIGHT JOIN", "FULL JOIN"):
        for b in right:
            if not matched[b]:
                out[(None,) * 3 + b] += 1
    return out


def query(kind, column, further):
    on = f"l.{column} = r.{column}" + (" AND l.a < r.b" if further else "")
    if kind == "IN" and not further:
        return f"SELECT id, k, a FROM l WHERE {column} IN (SELECT {column} FROM r)"
    if kind in ("IN", "EXISTS", "NOT EXISTS"):
        word = "NOT EXISTS" if kind == "NOT EXISTS" else "EXISTS"
        return f"SELECT id, k, a FROM l WHERE {word} (SELECT 1 FROM r WHERE {on})"
    if kind in ("SEMI", "ANTI"):
        return f"SELECT id, k, a FROM l LEFT {kind} JOIN r ON {on}"
    return f"SELECT l.id AS i1, l.k AS k1, a, r.id AS i2, r.k AS k2, b FROM l {kind} r ON {on}"


def accumulate(text):
    """What is there after all changes; complains of one that takes back what is not."""
    live = collections.Counter()
    for line in text.splitlines():
        change = json.loads(line)
        row = tuple(change["data"].values())
        if change["op"][0] == "+":
            live[row] += 1
        else:
            if live[row] == 0:
                raise ValueError(f"{line} takes back what is not there")
            live[row] -= 1
    return +live


def run_case(weir, dice, number):
    kind = KINDS[number % len(KINDS)]
    further = dice.random() < 0.4
    column = dice.choice(["k", "k", "id"])
    appends = [dice.random() < 0.2 for _ in range(2)]
    long = dice.random() < 0.15
    keys = 2 if long else 5
    sides = [Side(dice, "l", "a", dice.random() < 0.5, appends[0], keys),
             Side(dice, "r", "b", dice.random() < 0.5, appends[1], keys)]
    files = {"l": [], "r": []}
    for at in range(1500 if long else 150):
        side = dice.choice(sides)
        for op, row in side.changes():
            data = {"id": row[0], "k": row[1], side.value: row[2]}
            value = data if side.appends else {"op": op, "data": data}
            files[side.name].append(json.dumps({"timestamp": at, "value": value}))
    job = "".join(s.ddl("json" if s.appends else "changelog-json") for s in sides)
    job += query(kind, column, further) + ";\n"
    with tempfile.TemporaryDirectory() as folder:
        for name, lines in files.items():
            with open(os.path.join(folder, name + ".records.ndjson"), "w", encoding="utf-8") as out:
                out.write("".join(line + "\n" for line in lines))
        path = os.path.join(folder, "job.sql")
        with open(path, "w", encoding="utf-8") as out:
            out.write(job)
        ran = subprocess.run([weir, "run", path, "--profile", "local", "--data", folder, "--until-end",
                              "--output", "changelog-json", "--set", "weir.summary=none"],
                             capture_output=True, text=True, timeout=120, check=False)
    where = f"case {number} ({kind} on {column}{', a < b' if further else ''}):"
    if ran.returncode != 0:
        return f"{where} {ran.stderr}\n{job}"
    try:
        got = accumulate(ran.stdout)
    except ValueError as problem:
        return f"{where} {problem}\n{job}"
    want = expected(kind, sides[0].live, sides[1].live, 1 if column == "k" else 0, further)
    if got != want:
        return f"{where} too many {dict(got - want)}, missing {dict(want - got)}\n{job}"
    return None


def main():
    weir = os.path.abspath(sys.argv[1])
    dice = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 40404)
    failed = 0
    for number in range(CASES):
        problem = run_case(weir, dice, number)
        if problem:
            print(problem)
            failed += 1
    print(f"{CASES - failed} of {CASES} cases passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
