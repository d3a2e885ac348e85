#!/usr/bin/env python3
"""fold_random.py WEIR [SEED] -- queries over changing rows into keyed tables of a database, with
weir.fold off, auto and all: the tables hold the same rows.

The queries are made of what folding goes through (joins, aggregates, filters), ends at (LAST_VALUE,
sums of floats, top-N, columns that are NOT NULL) and starts from (sinks with the key of the query,
and with another one).
"""
import os
import random
import sqlite3
import subprocess
import sys
import tempfile

CASES = 60
ROWS = 300

TABLES = """
CREATE TABLE t (k INT, v INT, f DOUBLE, s STRING)
    WITH ('connector' = 'filesystem', 'path' = 't.ndjson', 'format' = 'json');
CREATE TABLE u (k INT, v INT, f DOUBLE, s STRING)
    WITH ('connector' = 'filesystem', 'path' = 'u.ndjson', 'format' = 'json');
CREATE VIEW tl AS SELECT k, LAST_VALUE(v) AS v, LAST_VALUE(f) AS f, LAST_VALUE(s) AS s FROM t GROUP BY k;
CREATE VIEW ul AS SELECT k, LAST_VALUE(v) AS v, LAST_VALUE(f) AS f, LAST_VALUE(s) AS s FROM u GROUP BY k;
CREATE VIEW tc AS SELECT k, COUNT(*) AS v, SUM(f) AS f, MAX(s) AS s FROM t GROUP BY k;
"""
SINK = ("CREATE TABLE o ({}, PRIMARY KEY ({}) NOT ENFORCED) WITH ('connector' = 'jdbc', "
        "'url' = 'jdbc:mysql://h/d', 'table-name' = 'o');\n")
AGGREGATES = ["COUNT(*)", "SUM({}.v)", "MAX({}.s)", "MIN({}.v)", "COUNT(DISTINCT {}.v)", "AVG({}.v)",
              "SUM({}.f)", "LISTAGG({}.s)", "LAST_VALUE({}.v)", "FIRST_VALUE({}.s)"]
ORDERED = ["LISTAGG", "LAST_VALUE", "FIRST_VALUE", ".f)"]  # depend on who is first among workers


def query(dice):
    """(columns of the sink, its key, the query)"""
    a, b = dice.choice(["tl", "tc"]), dice.choice(["ul", "tl"])
    join = dice.choice(["JOIN", "LEFT JOIN", "FULL JOIN"])
    where = dice.choice(["", "", " WHERE x.v > 3", " WHERE x.v IS NULL OR x.v < 7"])
    one = f"{a} AS x" if dice.random() < 0.4 else f"{a} AS x {join} {b} AS y ON x.k = y.k"
    side = dice.choice("xy") if "JOIN" in one else "x"
    shape = dice.randrange(6)
    not_null = dice.choice(["", "", " NOT NULL"])
    if shape == 0:  # as it is
        return (f"k INT, v BIGINT{not_null}, s STRING", "k",
                f"SELECT x.k, {side}.v, {side}.s FROM {one}{where}")
    calls = dice.sample(AGGREGATES, dice.randint(1, 3))
    called = ", ".join(f"CAST({c.format(side)} AS STRING)" for c in calls)
    columns = ", ".join(f"c{i} STRING" for i in range(len(calls)))
    if shape == 1:  # counted anew by a value that changes
        return f"g BIGINT, {columns}", "g", f"SELECT x.v, {called} FROM {one}{where} GROUP BY x.v"
    if shape == 2:  # and once more
        inner = f"SELECT x.v AS g, COUNT(*) AS n FROM {one}{where} GROUP BY x.v"
        return "n BIGINT, m BIGINT, g BIGINT", "n", (
            f"SELECT n, COUNT(*), MAX(g) FROM ({inner}) GROUP BY n")
    if shape > 3:  # the first of the groups, with their places or without
        inner = f"SELECT x.v AS g, COUNT(*) AS n, MAX({side}.s) AS s FROM {one}{where} GROUP BY x.v"
        number = f"ROW_NUMBER() OVER ({dice.choice(['', 'PARTITION BY MOD(g, 3) '])}ORDER BY n DESC, g)"
        first = f"SELECT *, {number} AS rn FROM ({inner}) WHERE g IS NOT NULL"
        top = f"FROM ({first}) WHERE rn <= {dice.randint(1, 5)}"
        if shape == 4 and "PARTITION" not in number:
            return "rn BIGINT, g BIGINT, n BIGINT, s STRING", "rn", f"SELECT rn, g, n, s {top}"
        if shape == 4:
            return ("p INT, rn BIGINT, g BIGINT, n BIGINT", "p, rn",
                    f"SELECT MOD(g, 3), rn, g, n {top}")
        return "g BIGINT, n BIGINT, s STRING", "g", f"SELECT g, n, s {top}"
    inner = f"SELECT x.v AS g, COUNT(*) AS n FROM {one}{where} GROUP BY x.v"  # by another key
    return "n BIGINT, g BIGINT", "n", f"SELECT n, g FROM ({inner})"


def rows(dice, keys):
    lines = []
    for _ in range(ROWS):
        cells = [f'"k": {dice.randrange(keys)}']
        if dice.random() < 0.8:
            cells.append(f'"v": {dice.randrange(10)}')
        if dice.random() < 0.8:
            cells.append(f'"f": {dice.randrange(100) / 10}')
        if dice.random() < 0.8:
            cells.append(f'"s": "text {dice.randrange(30)}"')
        lines.append("{" + ", ".join(cells) + "}\n")
    return "".join(lines)


def result(weir, folder, how, workers):
    path = os.path.join(folder, "tables.sqlite")
    for suffix in ("", "-wal", "-shm"):
        if os.path.exists(path + suffix):
            os.unlink(path + suffix)
    done = subprocess.run([weir, "run", "job.sql", "--profile", "local", "--data", folder, "--set",
                           f"weir.fold={how}", "--parallelism", str(workers)], cwd=folder,
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return done.stderr
    with sqlite3.connect(path) as db:
        found = sorted(map(repr, db.execute("SELECT * FROM o")))
    db.close()
    return found


def main():
    weir = os.path.abspath(sys.argv[1])
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    failed = folds = 0
    for case in range(CASES):
        dice = random.Random(seed * 1000 + case)
        columns, key, select = query(dice)
        with tempfile.TemporaryDirectory(prefix="weir-fold-") as folder:
            for name in "tu":
                with open(os.path.join(folder, f"{name}.ndjson"), "w", encoding="utf-8") as file:
                    file.write(rows(dice, dice.choice([3, 20, 100])))
            job = TABLES + SINK.format(columns, key) + f"INSERT INTO o {select};\n"
            with open(os.path.join(folder, "job.sql"), "w", encoding="utf-8") as file:
                file.write(job)
            explained = subprocess.run([weir, "explain", "job.sql", "--profile", "local", "--data",
                                        folder], cwd=folder, capture_output=True, text=True,
                                       check=False).stdout
            folds += "folded" in explained or "fold#" in explained
            wanted = result(weir, folder, "off", 1)
            ways = [("auto", 1), ("all", 1)]
            if not any(word in select for word in ORDERED) and "materialize#" not in explained:
                ways.append(("all", 2))
            for how, workers in ways:
                got = result(weir, folder, how, workers)
                if got != wanted or not isinstance(got, list):
                    failed += 1
                    print(f"FAIL case {case}, {how}, {workers} workers\n{job}\nis {got}\n"
                          f"and should be {wanted}")
    print(f"{failed} failed; {folds} of {CASES} plans fold")
    return 1 if failed or folds < CASES // 4 else 0


if __name__ == "__main__":
    sys.exit(main())
