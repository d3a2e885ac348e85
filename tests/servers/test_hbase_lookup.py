#!/usr/bin/env python3
"""Rows of HBase that weir finds by their keys.

    test_hbase_lookup.py WEIR
"""
import struct
import sys

from hbaselib import Case, cells, need, same, says, source, table

WHERE = need("hbase")[0]
PRINT = "CREATE TABLE out ({}) WITH ('connector' = 'print');\n"


def found(case, sql):
    """Lines that are printed, sorted; they begin with the kind of change."""
    return sorted(case.weir.rows(sql))


def flink_rows():
    """Declared cells by key, NULLs, types, one question for many rows."""
    with Case(WHERE, "dim", "f", "g") as case:
        rows = {b"k%d" % i: {**cells("f", n=i, s=b"s%d" % i), b"g:x": b"\xff"}
                for i in range(3000)}
        rows[b"null"] = {b"f:s": b"null", b"f:n": b""}
        rows[b"other"] = {b"f:undeclared": b"1"}
        rows[b"part"] = {b"g:x": b"\0"}
        rows[b"many"] = {b"f:a%03d" % i: b"x" for i in range(200)} | cells("f", n=5)
        case.hbase.put(case.real, rows)
        keys = [f"k{i}" for i in range(0, 6000, 2)] + ["k0", "k2", "null", "other", "part", "",
                                                      None, "many", "NULL"]
        got = found(case, source("src", "k STRING", [{"k": key} for key in keys], case.folder)
                    .replace("(k STRING)", "(k STRING, at AS PROCTIME())") +
                    table("dim", "k STRING, g ROW<x BOOLEAN>, f ROW<n BIGINT, s STRING>, "
                          "PRIMARY KEY (k) NOT ENFORCED", WHERE, case.real) +
                    PRINT.format("k STRING, found STRING, x BOOLEAN, n BIGINT, s STRING") +
                    "INSERT INTO out SELECT s.k, d.k, d.g.x, d.f.n, d.f.s FROM src AS s LEFT JOIN "
                    "dim FOR SYSTEM_TIME AS OF s.at AS d ON d.k = s.k;")
        want = []
        for key in keys:
            if key is not None and key.startswith("k") and int(key[1:]) < 3000:
                want.append(f"+I[{key}, {key}, true, {key[1:]}, s{key[1:]}]")
            elif key in ("null", "part", "many"):
                values = {"null": "null, null, null", "part": "false, null, null",
                          "many": "null, 5, null"}[key]
                want.append(f"+I[{key}, {key}, {values}]")
            else:
                want.append(f"+I[{'null' if key is None else key}, null, null, null, null]")
        same(got, sorted(want))


def blink_rows():
    """Flat columns; a row without any cell of the family is none, with one it is a row."""
    with Case(WHERE, "flat", "cf", "other") as case:
        case.hbase.put(case.real, {b"a": cells("cf", level=b"7", other=b"x"),
                                   b"b": {b"other:level": b"8"}, b"c": {b"cf:more": b"1"}})
        got = found(case, source("src", "k STRING", [{"k": key} for key in "abcd"], case.folder)
                    .replace("(k STRING)", "(k STRING, at AS PROCTIME())") +
                    table("dim", "rowkey STRING, level STRING, PRIMARY KEY (rowkey)", WHERE,
                          case.real, "cloudhbase", columnFamily="cf", cache="LRU") +
                    PRINT.format("k STRING, found STRING, level STRING") +
                    "INSERT INTO out SELECT s.k, d.rowkey, d.level FROM src AS s LEFT JOIN "
                    "dim FOR SYSTEM_TIME AS OF s.at AS d ON d.rowkey = s.k;")
        same(got, ["+I[a, a, 7]", "+I[b, null, null]", "+I[c, c, null]", "+I[d, null, null]"])


def odd_names():
    """Keys and names are bytes, whatever they look like; keys of numbers and of several parts."""
    keys = ["a,b", "a:b", "*", "a/../b", "%2F%00", "a\0b", "?e=x&row=y", " ", "+", "\u00ff\u20ac"]
    odd = "q ,:*/%?&"
    with Case(WHERE, "odd", "cf") as case:
        case.hbase.put(case.real, {key.encode(): {f"cf:{odd}".encode(): b"v%d" % i}
                                   for i, key in enumerate(keys)})
        got = found(case, source("src", "i INT, k STRING",
                                 [{"i": i, "k": key} for i, key in enumerate(keys)], case.folder)
                    .replace("k STRING)", "k STRING, at AS PROCTIME())") +
                    table("dim", f"k STRING, cf ROW<`{odd}` STRING>, "
                          "PRIMARY KEY (k) NOT ENFORCED", WHERE, case.real) +
                    PRINT.format("i INT, v STRING") +
                    f"INSERT INTO out SELECT s.i, d.cf.`{odd}` FROM src AS s JOIN "
                    "dim FOR SYSTEM_TIME AS OF s.at AS d ON d.k = s.k;")
        same(got, [f"+I[{i}, v{i}]" for i in range(len(keys))])
    with Case(WHERE, "parts", "cf") as case:
        case.hbase.put(case.real, {b"7#x#y": cells("cf", v=b"both"), struct.pack(">q", 7): cells(
            "cf", v=b"number")})
        src = (source("src", "n BIGINT, s STRING", [{"n": 7, "s": "x#y"}], case.folder)
               .replace("s STRING)", "s STRING, at AS PROCTIME())"))
        got = found(case, src + table("dim", "s STRING, n BIGINT, v STRING, PRIMARY KEY (n, s)",
                                      WHERE, case.real, "cloudhbase", columnFamily="cf",
                                      rowkeyDelimiter="#") +
                    table("num", "n BIGINT, cf ROW<v STRING>, PRIMARY KEY (n) NOT ENFORCED", WHERE,
                          case.real) + PRINT.format("a STRING, b BIGINT, v STRING, w STRING") +
                    "INSERT INTO out SELECT d.s, d.n, d.v, m.cf.v FROM src AS s JOIN dim "
                    "FOR SYSTEM_TIME AS OF s.at AS d ON d.s = s.s AND d.n = s.n JOIN num "
                    "FOR SYSTEM_TIME AS OF s.at AS m ON m.n = s.n;")
        same(got, ["+I[x#y, 7, both, number]"])


def wrong_cells():
    """A cell that is no value of its column's type ends the job with names and sizes."""
    with Case(WHERE, "wrong", "cf") as case:
        case.hbase.put(case.real, {b"a": cells("cf", n=b"123")})
        text = case.run(source("src", "k STRING", [{"k": "a"}], case.folder)
                        .replace("k STRING)", "k STRING, at AS PROCTIME())") +
                        table("dim", "k STRING, cf ROW<n BIGINT>, PRIMARY KEY (k) NOT ENFORCED",
                              WHERE, case.real) + PRINT.format("n BIGINT") +
                        "INSERT INTO out SELECT d.cf.n FROM src AS s JOIN "
                        "dim FOR SYSTEM_TIME AS OF s.at AS d ON d.k = s.k;", expect=3)
        says(text, 'column "cf:n": BIGINT has 8 bytes, the cell has 3', 'row "a"',
             'the text "123"')


def errors():
    shape = "k STRING, cf ROW<n BIGINT>, PRIMARY KEY (k) NOT ENFORCED"
    with Case(WHERE, "errors", "cf") as case:
        src = (source("src", "k STRING, n BIGINT", [{"k": "a", "n": 1}], case.folder)
               .replace("n BIGINT)", "n BIGINT, at AS PROCTIME())") + PRINT.format("n BIGINT"))
        insert = ("INSERT INTO out SELECT d.cf.n FROM src AS s JOIN "
                  "dim FOR SYSTEM_TIME AS OF s.at AS d ON d.k = s.k;")
        says(case.run(src + table("dim", shape, WHERE, "missing_" + case.real) + insert, expect=2),
             f'no table "missing_{case.real}"')
        says(case.run(src + table("dim", "a STRING, b STRING, cf STRING, PRIMARY KEY (a, b)",
                                  WHERE, case.real, "cloudhbase", columnFamily="cf") +
                      "INSERT INTO out SELECT s.n FROM src AS s JOIN dim FOR SYSTEM_TIME AS OF "
                      "s.at AS d ON d.a = s.k;", expect=2), "only by its row key")


for test in (flink_rows, blink_rows, odd_names, wrong_cells, errors):
    if len(sys.argv) < 3 or sys.argv[2] == test.__name__ or "/" in sys.argv[2]:
        test()
        print("ok", test.__name__, flush=True)
