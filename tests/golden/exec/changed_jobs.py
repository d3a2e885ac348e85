#!/usr/bin/env python3
"""changed_jobs.py WEIR [N] -- a job is stopped, changed and started again: what becomes of its state.

For each pair of jobs `explain --diff` says of every operator whether it goes on with its state; the
start from the snapshot of the old one has to say the same, and to do it: the rows in the end are
those of all rows, or of those that came since.  With N every N-th pair: under sanitizers.
"""
import collections
import json
import os
import re
import subprocess
import sys
import tempfile

WEIR = os.path.abspath(sys.argv[1])
BEFORE = [(1, 1, 10, "a"), (2, 2, 20, "b"), (3, 1, 30, "b"), (4, 3, 40, "a"), (5, 2, 20, "a")]
SINCE = [(6, 1, 5, "a"), (7, 2, 20, "b"), (8, 3, 9, "a"), (9, 4, 11, "b"), (10, 1, 30, "a")]
ALL = BEFORE + SINCE
SOURCE = """CREATE TABLE {name} (id INT, k INT, v {v}, w STRING{more}) WITH (
  'connector' = 'filesystem', 'path' = '{name}', 'format' = 'json');
"""
SINK = """CREATE TABLE {name} ({columns}) WITH ('connector' = 'filesystem', 'path' = '{name}.ndjson',
  'format' = 'changelog-json');
"""
TIME = ", ts AS TO_TIMESTAMP_LTZ(id * 1000, 3), WATERMARK FOR ts AS ts"
failures = checks = 0


def job(statements, v="INT", more="", tables=("s",), **sinks):
    text = "".join(SOURCE.format(name=name, v=v, more=more) for name in tables)
    for name, columns in sinks.items():
        text += SINK.format(name=name, columns=columns)
    return text + statements + "\n"


def by(key, value):
    """GROUP BY: a function of rows; `key` and `value` give a tuple"""
    def group(rows):
        found = {}
        for row in rows:
            found.setdefault(key(row), []).append(row)
        return [(*k, *value(members)) for k, members in found.items()]
    return group


def of(*positions):
    return lambda row: tuple(row[i] for i in positions)


K, W, ID = of(1), of(3), of(0)


def count(rows):
    return (len(rows),)


def total(rows):
    return (sum(row[2] for row in rows),)


def both(rows):
    return total(rows) + count(rows)


def where(condition, function):
    return lambda rows: function([row for row in rows if condition(row)])


def kept(function):
    """What is written is what all rows give, less what those of the first run gave."""
    return function(ALL), function(BEFORE)


def anew(function):
    return function(SINCE), []


def mixed(function, old, new):
    """Rows were chosen by one condition, and now are by another."""
    first = [row for row in BEFORE if old(row)]
    return function(first + [row for row in SINCE if new(row)]), function(first)


class Pair:
    """`carried`, `begun`, `other`: operators of the new job, by kind, in order; `rows`: of each sink
    of the new job, what there is in the end and what there was already."""

    def __init__(self, name, old, new, carried=(), begun=(), other=(), **rows):
        self.name, self.old, self.new = name, old, new
        self.wanted = {"carried": list(carried), "begun": list(begun), "other": list(other)}
        self.rows = rows
        self.tables = re.findall(r"'path' = '(\w+)'", old)
        self.any_workers = not re.search("OVER|LIMIT|LISTAGG", new) # those hang on the order of rows


KN = "k INT, n BIGINT"
SUMS = job("INSERT INTO t SELECT k, SUM(v), COUNT(*) FROM s GROUP BY k;", t="k INT, a BIGINT, n BIGINT")
MORE = "INSERT INTO u SELECT w, COUNT(*) FROM s GROUP BY w;"
UNION = ("INSERT INTO t SELECT k, COUNT(*) FROM (SELECT k FROM s {0} UNION ALL SELECT id FROM r {1}) "
         "AS x GROUP BY k;")
GROUPS = ("INSERT INTO t SELECT k, SUM(c) FROM (SELECT k, COUNT(*) AS c FROM {0} GROUP BY k UNION ALL "
          "SELECT k, COUNT(*) AS c FROM {1} GROUP BY k) AS x GROUP BY k;")
UPDATED = ("INSERT INTO t SELECT {0} FROM (SELECT k, w, COUNT(*) AS n FROM s GROUP BY k, w) AS a LEFT "
           "JOIN s AS b ON a.k = b.k;")
JOIN = ("INSERT INTO t SELECT {0} FROM (SELECT k, COUNT(*) AS n FROM s GROUP BY k) AS a {1} JOIN "
        "(SELECT k, SUM(v) AS m FROM s GROUP BY k) AS b ON a.k = b.k {2};")
TOP = ("INSERT INTO t SELECT {0} FROM (SELECT {1}, ROW_NUMBER() OVER (PARTITION BY k ORDER BY v DESC, "
       "id) AS rn FROM s) AS x WHERE rn <= {2};")
SELF = ("INSERT INTO t SELECT {0}, COUNT(*), MAX({1}) FROM s AS a JOIN s AS b ON a.k = b.v - 9 "
        "GROUP BY {0};")
TWO = ("INSERT INTO t SELECT k, COUNT(*) FROM s WHERE {0} GROUP BY k;\n"
       "INSERT INTO u SELECT k, COUNT(*) FROM s WHERE {1} GROUP BY k;")
NEAR = ("INSERT INTO t SELECT {0} FROM s AS a JOIN s AS b ON a.k = b.k AND a.ts BETWEEN b.ts - INTERVAL "
        "'3' SECOND AND b.ts + INTERVAL '3' SECOND;")
OVER = ("INSERT INTO t SELECT id, {0} FROM (SELECT {1} FROM s) AS x WINDOW w AS (PARTITION BY k ORDER BY ts "
        "ROWS BETWEEN 2 PRECEDING AND CURRENT ROW);")
FIRST = ("INSERT INTO t SELECT {0} FROM (SELECT {1}, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts) AS rn "
         "FROM s) AS x WHERE rn = 1;")
ORDERED = "INSERT INTO t SELECT {0} FROM (SELECT {0}, ts FROM s) AS x ORDER BY ts;"
SESSIONS = ("INSERT INTO t SELECT k, {0} FROM TABLE(SESSION(TABLE s PARTITION BY k, DESCRIPTOR(ts), INTERVAL "
            "'100' SECOND)) GROUP BY k, window_start, window_end;")
HOPS = ("INSERT INTO t SELECT DISTINCT k, {0} FROM TABLE(HOP(TABLE s, DESCRIPTOR(ts), INTERVAL '100' SECOND, "
        "INTERVAL '200' SECOND)) WHERE {1} GROUP BY k, window_start, window_end;")
BEST = ("INSERT INTO t SELECT k, {0} FROM (SELECT k, {0}, ROW_NUMBER() OVER (PARTITION BY k ORDER BY n DESC, w)"
        " AS rn FROM (SELECT w, k, COUNT(*) AS n, SUM(v) AS m FROM s GROUP BY k, w) AS x) AS y WHERE rn <= 1;")
SESSION = ("INSERT INTO t SELECT k, {0}, window_end > window_start FROM TABLE(TUMBLE(TABLE s, "
           "DESCRIPTOR(ts), INTERVAL '{1}' SECOND)) {2} GROUP BY k, window_start, window_end;")


def is_a(row):
    return row[3] == "a"


def is_b(row):
    return row[3] == "b"


def is_large(row):
    return row[2] > 10


def always(_):
    return True


def joined(rows):
    return [(k, n, m) for (k, n), (_, m) in zip(by(K, count)(rows), by(K, total)(rows))]


def top(n, *columns):
    def rank(rows):
        found = {}
        for row in sorted(rows, key=lambda row: (-row[2], row[0])):
            found.setdefault(row[1], []).append(row)
        return [of(*columns)(row) for group in found.values() for row in group[:n]]
    return rank


def last(rows):
    return [of(3, 1, 0)(group[-1]) for group in by(K, lambda rows: rows)(rows)]


def self_joined(rows):
    return [(a, b) for a in rows for b in rows if a[1] == b[2] - 9]


def distinct(position):
    return lambda rows: (len({row[position] for row in rows}),)


def running(rows):
    return [(a[0], sum(b[2] for b in rows if b[1] == a[1] and b[3] <= a[3])) for a in rows]


def in_windows(value):
    return by(K, lambda rows: value(rows) + (True,))


def near(*columns):
    """Rows of one k with at most three seconds between them."""
    return lambda rows: [of(*columns)(a + b) for a in rows for b in rows
                         if a[1] == b[1] and abs(a[0] - b[0]) <= 3]


def of_three(value):
    """Over the rows of a k, the row itself and the two before it."""
    def over(rows):
        found = []
        for row in rows:
            frame = [other for other in rows if other[1] == row[1] and other[0] <= row[0]][-3:]
            found.append((row[0], *value(frame)))
        return found
    return over


def first(*columns):
    return lambda rows: [of(*columns)(group[1]) for group in by(K, lambda rows: rows)(rows)]


def sum_of_counts(rows):
    return (sum(row[1] for row in rows),)


PAIRS = [
    Pair("nothing", SUMS, SUMS, ["group"], t=kept(by(K, both))),
    Pair("columns change places, names and lines",
         SUMS, job("-- a word\nINSERT INTO t (k, n, a) SELECT x.k AS key_of_all, COUNT(*) AS c, SUM(x.v) "
                   "FROM s AS x GROUP BY x.k;", t="k INT, n BIGINT, a BIGINT"),
         ["group"], t=kept(by(K, lambda rows: count(rows) + total(rows)))),
    Pair("another sink reads one more column",
         SUMS, job("INSERT INTO t SELECT k, SUM(v), COUNT(*) FROM s GROUP BY k;\n" + MORE,
                   t="k INT, a BIGINT, n BIGINT", u="w STRING, n BIGINT"),
         ["group"], ["group"], t=kept(by(K, both)), u=anew(by(W, count))),
    Pair("all of the table is read beside it, in front of it",
         SUMS, job("INSERT INTO u SELECT * FROM s;\nINSERT INTO t SELECT k, SUM(v), COUNT(*) FROM s "
                   "GROUP BY k;", t="k INT, a BIGINT, n BIGINT",
                   u="id INT, k INT, v INT, w STRING"),
         ["group"], t=kept(by(K, both)), u=anew(list)),
    Pair("the table has a column more", SUMS, SUMS.replace("id INT,", "id INT, x INT,"), ["group"],
         t=kept(by(K, both))),
    Pair("an aggregate goes",
         SUMS, job("INSERT INTO t SELECT k, COUNT(*) FROM s GROUP BY k;", t=KN), ["group"],
         t=kept(by(K, count))),
    Pair("an aggregate comes",
         job("INSERT INTO t SELECT k, COUNT(*) FROM s GROUP BY k;", t=KN), SUMS, [], ["group"],
         t=anew(by(K, both))),
    Pair("a column is of another type",
         SUMS, SUMS.replace("v INT", "v DOUBLE").replace("a BIGINT", "a DOUBLE"), [], ["group"],
         t=anew(by(K, both))),
    Pair("strings of another length",
         job("INSERT INTO u SELECT w, COUNT(*) FROM s GROUP BY w;", u="w STRING, n BIGINT"),
         job("INSERT INTO u SELECT w, COUNT(*) FROM s GROUP BY w;",
             u="w STRING, n BIGINT").replace("w STRING)", "w VARCHAR(90))"),
         ["group"], u=kept(by(W, count))),
    Pair("another key",
         SUMS, SUMS.replace("SELECT k,", "SELECT id,").replace("GROUP BY k", "GROUP BY id"), [],
         ["group"], t=anew(by(ID, both))),
    Pair("a key that is an expression means another",
         job("INSERT INTO t SELECT k * 2, COUNT(*) FROM s GROUP BY k * 2;", t=KN),
         job("INSERT INTO t SELECT k * 3, COUNT(*) FROM s GROUP BY k * 3;", t=KN), [], ["group"],
         t=anew(by(lambda row: (row[1] * 3,), count))),
    Pair("the same name for another expression",
         job("INSERT INTO t SELECT x, COUNT(*) FROM (SELECT k AS x FROM s) AS a GROUP BY x;", t=KN),
         job("INSERT INTO t SELECT x, COUNT(*) FROM (SELECT id AS x FROM s) AS a GROUP BY x;", t=KN),
         [], ["group"], t=anew(by(ID, count))),
    Pair("a view around it",
         SUMS, SUMS.replace("INSERT INTO t SELECT k, SUM(v), COUNT(*) FROM s",
                            "CREATE VIEW q AS SELECT v AS b, k AS a FROM s;\n"
                            "INSERT INTO t SELECT a, SUM(b), COUNT(*) FROM q").replace(
                                "GROUP BY k", "GROUP BY a"),
         ["group"], t=kept(by(K, both))),
    Pair("keys in another order",
         job("INSERT INTO t SELECT k, w, COUNT(*) FROM s GROUP BY k, w;",
             t="k INT, w STRING, n BIGINT"),
         job("INSERT INTO t SELECT k, w, COUNT(*) FROM s GROUP BY w, k;",
             t="k INT, w STRING, n BIGINT"),
         ["group"], t=kept(by(of(1, 3), count))),
    Pair("DISTINCT and values beside the groups change places",
         job("INSERT INTO t SELECT k, COUNT(DISTINCT v), LISTAGG(w), COUNT(DISTINCT w), SUM(v) FROM s "
             "GROUP BY k;", t="k INT, a BIGINT, l STRING, b BIGINT, c BIGINT"),
         job("INSERT INTO t SELECT k, LISTAGG(w), SUM(v), COUNT(DISTINCT w), COUNT(DISTINCT v) FROM s "
             "GROUP BY k;", t="k INT, l STRING, c BIGINT, b BIGINT, a BIGINT"),
         ["group"], t=kept(by(K, lambda rows: (",".join(row[3] for row in rows), *total(rows),
                                               *distinct(3)(rows), *distinct(2)(rows))))),
    Pair("one of two DISTINCTs goes",
         job("INSERT INTO t SELECT k, COUNT(DISTINCT v), COUNT(DISTINCT w) FROM s GROUP BY k;",
             t="k INT, a BIGINT, b BIGINT"),
         job("INSERT INTO t SELECT k, COUNT(DISTINCT w) FROM s GROUP BY k;", t=KN),
         ["group"], t=kept(by(K, distinct(3)))),
    Pair("a condition below changes",
         job("INSERT INTO t SELECT k, COUNT(*) FROM s WHERE w = 'a' GROUP BY k;", t=KN),
         job("INSERT INTO t SELECT k, COUNT(*) FROM s WHERE w = 'b' GROUP BY k;", t=KN), ["group"],
         other=["group"], t=mixed(by(K, count), is_a, is_b)),
    Pair("a condition comes",
         job("INSERT INTO t SELECT k, COUNT(*) FROM s GROUP BY k;", t=KN),
         job("INSERT INTO t SELECT k, COUNT(*) FROM s WHERE w = 'b' GROUP BY k;", t=KN), ["group"],
         other=["group"], t=mixed(by(K, count), always, is_b)),
    Pair("conditions change places",
         job("INSERT INTO t SELECT k, COUNT(*) FROM s WHERE w = 'a' AND v > 5 GROUP BY k;", t=KN),
         job("INSERT INTO t SELECT k, COUNT(*) FROM (SELECT * FROM s WHERE v > 5) AS x WHERE w = 'a' "
             "GROUP BY k;", t=KN), ["group"],
         t=kept(where(lambda row: is_a(row) and row[2] > 5, by(K, count)))),
    Pair("two alike are told apart by their conditions",
         job(TWO.format("w = 'a'", "w = 'b'"), t=KN, u=KN),
         job("\n".join(reversed(TWO.format("w = 'a'", "w = 'b'").split("\n"))), t=KN, u=KN),
         ["group", "group"], t=kept(where(is_a, by(K, count))), u=kept(where(is_b, by(K, count)))),
    Pair("two alike are told apart by their sinks, one condition changes",
         job(TWO.format("w = 'a'", "w = 'b'"), t=KN, u=KN),
         job(TWO.format("w = 'a'", "v > 10"), t=KN, u=KN), ["group", "group"], other=["group"],
         t=kept(where(is_a, by(K, count))),
         u=mixed(by(K, count), is_b, is_large)),
    Pair("two alike and both conditions change places: rows count, not sinks",
         job(TWO.format("w = 'a'", "w = 'b'"), t=KN, u=KN),
         job(TWO.format("w = 'b'", "w = 'a'"), t=KN, u=KN), ["group", "group"],
         t=kept(where(is_b, by(K, count))), u=kept(where(is_a, by(K, count)))),
    Pair("which of two it was is not clear",
         job("INSERT INTO t SELECT k, COUNT(*) FROM s WHERE w = 'a' GROUP BY k UNION ALL "
             "SELECT k, COUNT(*) FROM s WHERE w = 'b' GROUP BY k;", t=KN),
         job("INSERT INTO t SELECT k, COUNT(*) FROM s WHERE v > 10 GROUP BY k;", t=KN), [], ["group"],
         t=anew(where(is_large, by(K, count)))),
    Pair("a condition on results changes no state",
         job("INSERT INTO t SELECT k, COUNT(*) FROM s GROUP BY k HAVING COUNT(*) > 1;", t=KN),
         job("INSERT INTO t SELECT k, COUNT(*) FROM s GROUP BY k HAVING COUNT(*) > 2;", t=KN),
         ["group"], t=kept(lambda rows: [row for row in by(K, count)(rows) if row[1] > 2])),
    Pair("another lifetime",
         "SET 'table.exec.state.ttl' = '1 d';\n" + SUMS,
         "SET 'table.exec.state.ttl' = '2 d';\n" + SUMS, ["group"], t=kept(by(K, both))),
    Pair("a lifetime for rows in any order",
         job("INSERT INTO t SELECT id, SUM(v) OVER (PARTITION BY k ORDER BY w) FROM s;", t=KN),
         "SET 'table.exec.state.ttl' = '2 d';\n" +
         job("INSERT INTO t SELECT id, SUM(v) OVER (PARTITION BY k ORDER BY w) FROM s;", t=KN),
         ["over"],
         t=kept(running)),
    Pair("branches change places",
         job(UNION.format("", ""), tables=("s", "r"), t=KN),
         job("INSERT INTO t SELECT k, COUNT(*) FROM (SELECT id AS k FROM r UNION ALL SELECT k FROM s) "
             "AS x GROUP BY k;", tables=("s", "r"), t=KN), ["group"],
         t=(by(ID, count)([K(row) for row in ALL] + [ID(row) for row in ALL]),
            by(K, count)(ALL))),
    Pair("branches that keep something change places",
         job(GROUPS.format("s", "r"), tables=("s", "r"), t=KN),
         job(GROUPS.format("r", "s"), tables=("s", "r"), t=KN), ["group", "group", "group"],
         t=(by(K, lambda rows: (2 * len(rows),))(ALL), by(K, count)(ALL))),
    Pair("about how many values, of another type",
         job("INSERT INTO t SELECT k, APPROX_COUNT_DISTINCT(v) FROM s GROUP BY k;", t=KN),
         job("INSERT INTO t SELECT k, APPROX_COUNT_DISTINCT(v) FROM s GROUP BY k;", v="STRING", t=KN),
         [], ["group"], t=anew(by(K, distinct(2)))),
    Pair("rows of a join that differed in what nobody wants any more",
         job(UPDATED.format("a.w, a.n, b.id"), t="w STRING, n BIGINT, id INT"),
         job(UPDATED.format("b.id"), t="id INT"), ["group", "join"],
         t=kept(lambda rows: [(b[0],) for b in rows for w in "ab"
                              if any(a[1] == b[1] and a[3] == w for a in rows)])),
    Pair("a branch goes",
         job(UNION.format("", ""), tables=("s", "r"), t=KN),
         job("INSERT INTO t SELECT k, COUNT(*) FROM s GROUP BY k;", t=KN), [], ["group"],
         t=([], [])),
    Pair("a join of two groups, its columns in another order",
         job(JOIN.format("a.k, n, m", "", ""), t="k INT, n BIGINT, m BIGINT"),
         job(JOIN.format("a.k, m, n", "", ""), t="k INT, m BIGINT, n BIGINT"),
         ["group", "group", "join"], t=kept(lambda rows: [(k, m, n) for k, n, m in joined(rows)])),
    Pair("a column of a join goes",
         job("INSERT INTO t SELECT a.id, b.id, a.v, b.w FROM s AS a JOIN s AS b ON a.k = b.k;",
             t="i INT, j INT, v INT, w STRING"),
         job("INSERT INTO t SELECT a.id, b.id, b.w FROM s AS a JOIN s AS b ON b.k = a.k;",
             t="i INT, j INT, w STRING"), ["join"],
         t=kept(lambda rows: [(a[0], b[0], b[3]) for a in rows for b in rows if a[1] == b[1]])),
    Pair("a column of a join comes",
         job("INSERT INTO t SELECT a.id, b.id FROM s AS a JOIN s AS b ON a.k = b.k;", t="i INT, j INT"),
         job("INSERT INTO t SELECT a.id, b.id, b.w FROM s AS a JOIN s AS b ON a.k = b.k;",
             t="i INT, j INT, w STRING"), [], ["join"],
         t=anew(lambda rows: [(a[0], b[0], b[3]) for a in rows for b in rows if a[1] == b[1]])),
    Pair("an inner join becomes an outer one",
         job("INSERT INTO t SELECT a.id, b.id FROM s AS a JOIN s AS b ON a.k = b.v;", t="i INT, j INT"),
         job("INSERT INTO t SELECT a.id, b.id FROM s AS a LEFT JOIN s AS b ON a.k = b.v;",
             t="i INT, j INT"), [], ["join"], t=anew(lambda rows: [(a[0], None) for a in rows])),
    Pair("sides of a join of a table with itself are not the same",
         job(SELF.format("a.k", "b.k"), t="k INT, n BIGINT, m INT"),
         job(SELF.format("b.k", "a.k"), t="k INT, n BIGINT, m INT"), ["join"], ["group"],
         t=(by(lambda pair: (pair[1][1],), lambda rows: (len(rows), max(a[1] for a, _ in rows)))(
             [pair for pair in self_joined(ALL) if pair not in self_joined(BEFORE)]), [])),
    Pair("what reads an operator that begins anew begins anew",
         job("INSERT INTO t SELECT n, COUNT(*) FROM (SELECT k, COUNT(*) AS n FROM s GROUP BY k) AS x "
             "GROUP BY n;", t="n BIGINT, m BIGINT"),
         job("INSERT INTO t SELECT n, SUM(m) FROM (SELECT k, COUNT(*) AS n, SUM(v) AS m FROM s GROUP BY "
             "k) AS x GROUP BY n;", t="n BIGINT, m BIGINT"), [], ["group", "group"],
         t=anew(lambda rows: by(of(2), sum_of_counts)(by(K, both)(rows)))),
    Pair("what reads it may only want less of it",
         job("INSERT INTO t SELECT n, COUNT(*), MAX(m) FROM (SELECT k, COUNT(*) AS n, SUM(v) AS m FROM s "
             "GROUP BY k) AS x GROUP BY n;", t="n BIGINT, c BIGINT, m BIGINT"),
         job("INSERT INTO t SELECT n, COUNT(*) FROM (SELECT k, COUNT(*) AS n FROM s GROUP BY k) AS x "
             "GROUP BY n;", t="n BIGINT, c BIGINT"), ["group", "group"],
         t=kept(lambda rows: by(K, count)(by(K, count)(rows)))),
    Pair("rows of a top-N in another order of columns",
         job(TOP.format("id, k, v, w", "id, k, v, w", 2), t="id INT, k INT, v INT, w STRING"),
         job(TOP.format("w, v, k, id", "w, v, k, id", 2), t="w STRING, v INT, k INT, id INT"),
         ["rank"], t=kept(top(2, 3, 2, 1, 0))),
    Pair("more rows of a top-N",
         job(TOP.format("id, k", "id, k, v", 1), t="id INT, k INT"),
         job(TOP.format("id, k", "id, k, v", 2), t="id INT, k INT"), [], ["rank"],
         t=anew(top(2, 0, 1))),
    Pair("a deduplication reads its columns in another order",
         job("INSERT INTO t SELECT id, k, w FROM (SELECT id, k, w, ROW_NUMBER() OVER (PARTITION BY k "
             "ORDER BY ts DESC) AS rn FROM s) AS x WHERE rn = 1;", more=TIME,
             t="id INT, k INT, w STRING"),
         job("INSERT INTO t SELECT w, k, id FROM (SELECT w, k, id, ROW_NUMBER() OVER (PARTITION BY k "
             "ORDER BY ts DESC) AS rn FROM s) AS x WHERE rn = 1;", more=TIME,
             t="w STRING, k INT, id INT"), ["watermark", "dedup"],
         t=kept(last)),
    Pair("windows: aggregates change places",
         job(SESSION.format("COUNT(*), SUM(v)", 100, ""), more=TIME,
             t="k INT, n BIGINT, a BIGINT, b BOOLEAN"),
         job(SESSION.format("SUM(v), COUNT(*)", 100, ""), more=TIME,
             t="k INT, a BIGINT, n BIGINT, b BOOLEAN"), ["watermark", "window"],
         t=(in_windows(both)(ALL), [])),
    Pair("windows: an aggregate comes",
         job(SESSION.format("COUNT(*)", 100, ""), more=TIME, t="k INT, n BIGINT, b BOOLEAN"),
         job(SESSION.format("SUM(v), COUNT(*)", 100, ""), more=TIME,
             t="k INT, a BIGINT, n BIGINT, b BOOLEAN"), ["watermark"], ["window"],
         t=anew(in_windows(both))),
    Pair("windows of another length",
         job(SESSION.format("COUNT(*)", 100, ""), more=TIME, t="k INT, n BIGINT, b BOOLEAN"),
         job(SESSION.format("COUNT(*)", 200, ""), more=TIME, t="k INT, n BIGINT, b BOOLEAN"),
         ["watermark"], ["window"], t=anew(in_windows(count))),
    Pair("time that waits longer",
         job(SESSION.format("COUNT(*)", 100, ""), more=TIME, t="k INT, n BIGINT, b BOOLEAN"),
         job(SESSION.format("COUNT(*)", 100, ""), more=TIME + " - INTERVAL '3' SECOND",
             t="k INT, n BIGINT, b BOOLEAN"),
         ["watermark", "window"], t=(in_windows(count)(ALL), [])),
    Pair("rows of an interval join in another order of columns",
         job(NEAR.format("a.id, b.id, b.v"), more=TIME, t="i INT, j INT, v INT"),
         job(NEAR.format("b.v, b.id, a.id").replace("s AS b", "(SELECT v, ts, id, k FROM s) AS b"),
             more=TIME, t="v INT, j INT, i INT"),
         ["watermark", "interval-join"], t=kept(near(6, 4, 0))),
    Pair("an interval join wants less",
         job(NEAR.format("a.id, b.id, b.v"), more=TIME, t="i INT, j INT, v INT"),
         job(NEAR.format("a.id, b.id"), more=TIME, t="i INT, j INT"),
         ["watermark", "interval-join"], t=kept(near(0, 4))),
    Pair("another interval",
         job(NEAR.format("a.id, b.id"), more=TIME, t="i INT, j INT"),
         job(NEAR.format("a.id, b.id").replace("'3' SECOND;", "'2' SECOND;"), more=TIME,
             t="i INT, j INT"), ["watermark"], ["interval-join"]),
    Pair("calls of OVER and columns of rows that wait change places",
         job(OVER.format("COUNT(*) OVER w, SUM(v) OVER w, MAX(w) OVER w", "id, k, v, w, ts"), more=TIME,
             t="id INT, n BIGINT, a BIGINT, m STRING"),
         job(OVER.format("MAX(w) OVER w, SUM(v) OVER w, COUNT(*) OVER w", "ts, w, v, k, id"), more=TIME,
             t="id INT, m STRING, a BIGINT, n BIGINT"),
         ["watermark", "over"],
         t=kept(of_three(lambda rows: (max(row[3] for row in rows), *both(rows))))),
    Pair("another frame",
         job(OVER.format("COUNT(*) OVER w", "id, k, ts"), more=TIME, t="id INT, n BIGINT"),
         job(OVER.format("COUNT(*) OVER w", "id, k, ts").replace("2 PRECEDING", "1 PRECEDING"),
             more=TIME, t="id INT, n BIGINT"), ["watermark"], ["over"]),
    Pair("first rows by time, their columns in another order",
         job(FIRST.format("id, k, w", "id, k, w"), more=TIME, t="id INT, k INT, w STRING"),
         job(FIRST.format("w, k, id", "w, k, id"), more=TIME, t="w STRING, k INT, id INT"),
         ["watermark", "dedup"], t=kept(first(3, 1, 0))),
    Pair("rows that wait for their time, in another order of columns",
         job(ORDERED.format("id, v, w"), more=TIME, t="id INT, v INT, w STRING"),
         job(ORDERED.format("w, v, id"), more=TIME, t="w STRING, v INT, id INT"),
         ["watermark", "sort"], t=kept(lambda rows: [of(3, 2, 0)(row) for row in rows])),
    Pair("sessions: aggregates change places",
         job(SESSIONS.format("COUNT(*), SUM(v), COUNT(DISTINCT w)"), more=TIME,
             t="k INT, n BIGINT, a BIGINT, d BIGINT"),
         job(SESSIONS.format("COUNT(DISTINCT w), SUM(v), COUNT(*)"), more=TIME,
             t="k INT, d BIGINT, a BIGINT, n BIGINT"), ["watermark", "window"],
         t=(by(K, lambda rows: distinct(3)(rows) + both(rows))(ALL), [])),
    Pair("slices of windows: aggregates change places",
         job(HOPS.format("COUNT(*), SUM(v)", "TRUE"), more=TIME, t="k INT, n BIGINT, a BIGINT"),
         job(HOPS.format("SUM(v), COUNT(*)", "TRUE"), more=TIME, t="k INT, a BIGINT, n BIGINT"),
         ["watermark", "window", "group"], t=(by(K, both)(ALL), [])),
    Pair("windows that are slices no more",
         job(HOPS.format("COUNT(*), COUNT(DISTINCT v)", "TRUE"), more=TIME,
             t="k INT, n BIGINT, a BIGINT"),
         job(HOPS.format("COUNT(*)", "TRUE"), more=TIME, t="k INT, n BIGINT"),
         ["watermark"], ["window", "group"], t=(by(K, count)(SINCE), [])),
    Pair("a top-N whose rows move up, its columns in another order",
         job(BEST.format("w, n, m"), t="k INT, w STRING, n BIGINT, m BIGINT"),
         job(BEST.format("m, n, w"), t="k INT, m BIGINT, n BIGINT, w STRING"),
         ["group", "rank"]),
    Pair("a top-N whose rows move up, wants less",
         job(BEST.format("w, n, m"), t="k INT, w STRING, n BIGINT, m BIGINT"),
         job(BEST.format("w, n"), t="k INT, w STRING, n BIGINT"), ["group", "rank"],
         t=kept(lambda rows: [(k, w, n) for k, w, n in by(of(1, 3), count)(rows)
                              if all((n, w2) >= (n2, w) for k2, w2, n2 in by(of(1, 3), count)(rows)
                                     if k2 == k)])),
    Pair("two DISTINCTs over the same under two names",
         job("INSERT INTO t SELECT k, COUNT(DISTINCT v), COUNT(DISTINCT x) FROM (SELECT k, v, v AS x FROM s)"
             " AS y GROUP BY k;", t="k INT, a BIGINT, b BIGINT"),
         job("INSERT INTO t SELECT k, COUNT(DISTINCT x), COUNT(DISTINCT v) FROM (SELECT k, v, v AS x FROM s)"
             " AS y GROUP BY k;", t="k INT, a BIGINT, b BIGINT"),
         ["group"], t=kept(by(K, lambda rows: distinct(2)(rows) * 2))),
    Pair("results folded or not",
         "SET 'weir.fold' = 'off';\n" + SUMS, SUMS, ["group"], t=kept(by(K, both))),
    Pair("the number of rows that are wanted",
         job("INSERT INTO t SELECT id, k FROM s LIMIT 7;", t="id INT, k INT"),
         job("INSERT INTO t SELECT id, k FROM s LIMIT 7;\nINSERT INTO u SELECT k, COUNT(*) FROM s GROUP "
             "BY k;", t="id INT, k INT", u=KN), ["limit"], ["group"],
         t=kept(lambda rows: [row[:2] for row in rows[:7]]), u=anew(by(K, count))),
    Pair("documents in one pass, or as they are",
         job("INSERT INTO t SELECT JSON_VALUE(w, '$.a'), COUNT(*) FROM s GROUP BY JSON_VALUE(w, '$.a');",
             t="w STRING, n BIGINT"),
         job("INSERT INTO t SELECT JSON_VALUE(w, '$.a'), COUNT(*) FROM s GROUP BY JSON_VALUE(w, '$.a');\n"
             "INSERT INTO u SELECT * FROM s;", t="w STRING, n BIGINT",
             u="id INT, k INT, v INT, w STRING"), ["group"], t=kept(by(lambda _: (None,), count)), u=anew(list)),
    Pair("a sink with a key of its own", job(JOIN.format("n, a.k, m", "", ""),
                                             t="n BIGINT, k INT, m BIGINT, PRIMARY KEY (n) NOT ENFORCED"),
         job(JOIN.format("n, a.k, m", "", "") + MORE,
             t="n BIGINT, k INT, m BIGINT, PRIMARY KEY (n) NOT ENFORCED", u="w STRING, n BIGINT"),
         ["group", "group", "join", "materialize"], ["group"], u=anew(by(W, count))),
]


def check(what, condition, more=""):
    global checks, failures
    checks += 1
    if not condition:
        failures += 1
        print(f"FAIL {what}\n{more}")


def weir(*arguments):
    done = subprocess.run([WEIR, *arguments], capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, done.stdout, done.stderr


def put(name, text):
    os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
    with open(name, "w", encoding="utf-8") as file:
        file.write(text)


def written(name, behind):
    """Rows that were written behind the first bytes of a changelog, less those taken back."""
    rows = collections.Counter()
    with open(name, encoding="utf-8") as file:
        file.seek(behind)
        for line in map(json.loads, file):
            rows[tuple(line["data"].values())] += 1 if line["op"] in ("+I", "+U") else -1
    return {row: n for row, n in rows.items() if n != 0}


def said_by_diff(text):
    """{"carried", "begun", "other": names of operators of the new job}"""
    said = {"carried": [], "begun": [], "other": []}
    for line in text.splitlines():
        found = re.match(r"(?:kept|changed|new) +(\S+#\d+) .*: (?:state|event time|count) "
                         r"(carried over|begins anew)(, other rows come)?( line=\d+)?$", line)
        if found:
            said["carried" if found.group(2) == "carried over" else "begun"].append(found.group(1))
            if found.group(3):
                said["other"].append(found.group(1))
    return said


def said_by_start(text):
    return {"begun": re.findall(r"WARNING:  the job was changed: (\S+#\d+) begins without state: ", text),
            "other": re.findall(r"WARNING:  the job was changed: other conditions than before decide which "
                                r"rows come to (\S+#\d+), which goes on", text)}


def kinds(names):
    return [name.split("#")[0] for name in names]


def less(after, before):
    rows = collections.Counter(after)
    rows.subtract(before)
    return {row: n for row, n in rows.items() if n != 0}


def put_files(pair):
    put("old.sql", pair.old)
    put("new.sql", pair.new)
    for table in pair.tables:
        for name, rows in (("a", BEFORE), ("b", SINCE)):
            put(f"{table}/{name}.json", "".join(
                json.dumps(dict(zip(("id", "k", "v", "w"), row))) + "\n" for row in rows))


def check_diff(pair, workers):
    code, text, err = weir("explain", "new.sql", "--diff", "old.sql", "--parallelism", workers)
    check(f"{pair.name}: explain", code == 0, err)
    diff = said_by_diff(text)
    for what, wanted in pair.wanted.items():
        check(f"{pair.name}: {what} by --diff", sorted(kinds(diff[what])) == sorted(wanted),
              f"{diff[what]}, not {wanted}\n{text}")
    return diff


def run_pair(pair, workers):
    put_files(pair)
    diff = check_diff(pair, workers)
    state = ["run", "--set", "weir.state.dir=state", "--set", "weir.summary=none", "--set",
             "weir.job.name=changed"]
    code, _, err = weir(*state, "--parallelism", "1", "--set",
                        f"weir.test.stop-after-rows={len(BEFORE) * len(pair.tables)}", "old.sql")
    check(f"{pair.name}: the old job", code == 0 and "was changed" not in err, err)
    sizes = {name: os.path.getsize(f"{name}.ndjson") if os.path.exists(f"{name}.ndjson") else 0
             for name in pair.rows}
    code, _, err = weir(*state, "--parallelism", workers, "new.sql")
    check(f"{pair.name}: the new job", code == 0, err)
    for what, names in said_by_start(err).items():
        check(f"{pair.name}: {what} at the start", names == diff[what],
              f"{names}, not {diff[what]}\n{err}")
    for name, (after, before) in pair.rows.items():
        got, wanted = written(f"{name}.ndjson", sizes[name]), less(after, before)
        check(f"{pair.name}: the rows of {name}", got == wanted, f"{got}, not\n{wanted}\n{err}")


def main():
    home = os.getcwd()
    every = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    for i, pair in enumerate(PAIRS[::every]):
        with tempfile.TemporaryDirectory(prefix="weir-changed-") as folder:
            os.chdir(folder)
            run_pair(pair, "12"[i % 2] if pair.any_workers else "1")
            os.chdir(home)
    print(f"{checks - failures} of {checks} checks passed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
