#!/usr/bin/env python3
"""What EXPLAIN says that operators keep, beside what they keep.

A job with operators of every kind reads thousands of keys and is stopped before its windows close. For each
operator the bytes that `explain --keys` tells may differ from those that `explain --analyze` has counted by a
factor of two.

usage: state_bytes.py WEIR
"""
import json
import os
import sqlite3
import subprocess
import sys
import tempfile

KEYS = 10000
FACTOR = 2.0
TIMES = 3  # rows of each key in t3

# One table, since the windows of one that has ended are over.
HEAD = """CREATE TABLE r (w INT, k BIGINT, s STRING, v INT, d DOUBLE, x STRING, ts TIMESTAMP(3), p AS PROCTIME(),
    WATERMARK FOR ts AS ts - INTERVAL '1' HOUR) WITH ('connector' = 'filesystem', 'path' = 'rows.json', 'format' = 'json');
CREATE TABLE dim (k BIGINT, s STRING, v INT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'jdbc',
    'url' = 'jdbc:mysql://h/d', 'table-name' = 'dim', 'lookup.cache' = 'PARTIAL',
    'lookup.partial-cache.max-rows' = '100000', 'lookup.partial-cache.expire-after-write' = '1 h');
CREATE VIEW t AS SELECT k, s, v, d, x, ts, p FROM r WHERE w = 0;
CREATE VIEW t3 AS SELECT k, s, v, d, x, ts, p FROM r WHERE w = 1;
CREATE VIEW u AS SELECT k, s, v, d, x, ts, p FROM r WHERE w = 2;
CREATE VIEW versions AS SELECT k, x, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts DESC) AS n FROM u)
    WHERE n = 1;
"""


def windows(table):
    return f"TABLE(TUMBLE(TABLE {table}, DESCRIPTOR(ts), INTERVAL '1' DAY))"


def numbered(keys, order, table):
    return f"(SELECT *, ROW_NUMBER() OVER (PARTITION BY {keys} ORDER BY {order}) AS n FROM {table})"


BOUNDS = "window_start, window_end"
NEAR = "u.ts BETWEEN t.ts - INTERVAL '1' DAY AND t.ts + INTERVAL '1' DAY"

# The operator that is meant, and a query with it.
QUERIES = (
    ("group", "SELECT k, COUNT(*) FROM t GROUP BY k"),
    ("group", "SELECT s, COUNT(*), SUM(v), MAX(d) FROM t GROUP BY s"),
    ("group", "SELECT k, v, SUM(d), LAST_VALUE(x) FROM t3 GROUP BY k, v"),
    ("group", "SELECT v, COUNT(DISTINCT k) FROM t GROUP BY v"),
    ("group", "SELECT v, COUNT(DISTINCT s) FROM t GROUP BY v"),
    ("group", "SELECT v, COLLECT(k) FROM t GROUP BY v"),
    ("group", "SELECT DISTINCT s FROM t3"),
    ("join", "SELECT t.k, u.x FROM t JOIN u ON t.k = u.k"),
    ("join", "SELECT t.x, u.x FROM t LEFT JOIN u ON t.s = u.s"),
    ("join", "SELECT k, x FROM t WHERE s IN (SELECT s FROM u)"),
    ("dedup", f"SELECT k, x FROM {numbered('k', 'p DESC', 't3')} WHERE n = 1"),
    ("dedup", f"SELECT s, x, v FROM {numbered('s', 'ts DESC', 't3')} WHERE n = 1"),
    ("dedup", f"SELECT k, x FROM {numbered('k', 'p', 't')} WHERE n = 1"),
    ("dedup", f"SELECT s, x FROM {numbered('s', 'ts', 't')} WHERE n = 1"),
    ("dedup", f"SELECT k, x FROM {numbered('k, ' + BOUNDS, 'ts', windows('t3'))} WHERE n = 1"),
    ("rank", f"SELECT k, x FROM {numbered('k', 'v', 't3')} WHERE n <= {TIMES}"),
    ("rank", f"SELECT s, d, n FROM {numbered('s', 'd DESC', 't3')} WHERE n <= {TIMES}"),
    ("rank", f"SELECT k, x FROM {numbered('k, ' + BOUNDS, 'v', windows('t3'))} WHERE n <= {TIMES}"),
    ("window", f"SELECT k, SUM(d) FROM {windows('t')} GROUP BY k, {BOUNDS}"),
    ("window", f"SELECT s, MAX(x), COUNT(*) FROM {windows('t')} GROUP BY s, {BOUNDS}"),
    ("window", f"SELECT v, COUNT(DISTINCT k) FROM {windows('t3')} GROUP BY v, {BOUNDS}"),
    ("window", "SELECT k, COUNT(*) FROM TABLE(SESSION(TABLE t3 PARTITION BY k, DESCRIPTOR(ts), INTERVAL '1' DAY)) "
     f"GROUP BY k, {BOUNDS}"),
    ("over", "SELECT k, SUM(v) OVER (PARTITION BY k ORDER BY p) FROM t"),
    ("over", "SELECT k, SUM(v) OVER (PARTITION BY k ORDER BY p ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) FROM t3"),
    ("over", "SELECT s, SUM(v) OVER (PARTITION BY s ORDER BY ts) FROM t"),
    ("window-join", f"SELECT l.k, r.x FROM (SELECT * FROM {windows('t')}) l JOIN (SELECT * FROM {windows('u')}) r ON "
     "l.k = r.k AND l.window_start = r.window_start AND l.window_end = r.window_end"),
    ("interval-join", f"SELECT t.k, u.x FROM t JOIN u ON t.k = u.k AND {NEAR}"),
    ("interval-join", f"SELECT t.s, u.x FROM t LEFT JOIN u ON t.s = u.s AND {NEAR}"),
    ("temporal-join", "SELECT t.k, o.x FROM t JOIN versions FOR SYSTEM_TIME AS OF t.ts AS o ON t.k = o.k"),
    ("lookup", "SELECT t.k, dim.s FROM t LEFT JOIN dim FOR SYSTEM_TIME AS OF t.p ON t.k = dim.k"),
)


def write_rows(folder):
    with open(os.path.join(folder, "rows.json"), "w", encoding="utf-8") as file:
        for which, times in enumerate((1, TIMES, 1)):
            for n in range(KEYS * times):
                i = n % KEYS
                file.write(json.dumps({"w": which, "k": i, "s": f"user-{i:015d}", "v": i % 7, "d": n / 3,
                                       "x": f"a text, no. {i:08d}",
                                       "ts": f"2020-01-01 00:{i // 60 % 60:02d}:{i % 60:02d}"}) + "\n")
    table = sqlite3.connect(os.path.join(folder, "tables.sqlite"))
    table.execute("CREATE TABLE dim (k INTEGER PRIMARY KEY, s TEXT, v INTEGER)")
    table.executemany("INSERT INTO dim VALUES (?, ?, ?)", ((i, f"user-{i:015d}", i) for i in range(KEYS)))
    table.commit()
    table.close()


def plan_of(weir, folder, *arguments):
    """The nodes, by id, and the state that --keys adds up."""
    done = subprocess.run([weir, "explain", "job.sql", "--format", "json", "--profile", "local", "--data", folder,
                           "--parallelism", "1", *arguments], cwd=folder, capture_output=True, text=True, timeout=300,
                          check=False)
    if done.returncode != 0:
        sys.exit(f"{done.args}: status {done.returncode}\n{done.stderr}")
    plan = json.loads(done.stdout)
    return {n["id"]: n for n in plan["nodes"]}, plan.get("state", {}).get("operators", [])


def main():
    weir = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory(prefix="weir-bytes-") as folder:
        write_rows(folder)
        with open(os.path.join(folder, "job.sql"), "w", encoding="utf-8") as file:
            file.write(HEAD + "".join(query + ";\n" for _, query in QUERIES))
        nodes, parts = plan_of(weir, folder, "--keys", f"k={KEYS}", "--keys", f"s={KEYS}")
        ran, _ = plan_of(weir, folder, "--analyze", "--set", f"weir.test.stop-after-rows={KEYS * (2 + TIMES)}")
    first_line, failed, seen = HEAD.count("\n") + 1, 0, set()
    for ident, node in nodes.items():
        said = sum(p["bytes"] or 0 for p in parts if p["id"] == ident)
        real = ran[ident].get("counters", {}).get("state_bytes", 0)
        query = node["line"] - first_line
        if said == 0 and node["kind"] not in {kind for kind, _ in QUERIES}:
            continue
        seen.add((query, node["kind"]))
        if not real / FACTOR <= said <= real * FACTOR:
            failed += 1
            print(f"{node['kind']}#{ident}: {said / KEYS:.1f} bytes a key are said, {real / KEYS:.1f} there are: "
                  f"{QUERIES[query][1]}")
        elif "-v" in sys.argv:
            print(f"{node['kind']}#{ident}: {said / KEYS:.1f} said, {real / KEYS:.1f} real, {said / real:.2f}")
    for query, (kind, text) in enumerate(QUERIES):
        if (query, kind) not in seen:
            failed += 1
            print(f"no {kind} keeps anything in: {text}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
