#!/usr/bin/env python3
"""What weir writes to HBase, read back with HBase's own REST server.

    test_hbase_sink.py WEIR
"""
import struct
import sys

from hbaselib import Case, cells, changes, need, same, says, source, table

WHERE = need("hbase")[0]


def flink_types():
    """Values are bytes as HBase's Bytes makes them."""
    with Case(WHERE, "types", "f", "g") as case:
        case.run(
            source("src", "k STRING", [{"k": "one"}], case.folder) +
            table("t", "rowkey STRING, f ROW<yes BOOLEAN, no BOOLEAN, b TINYINT, s SMALLINT, "
                  "i INT, l BIGINT, r FLOAT, d DOUBLE, m DECIMAL(10, 2), w DECIMAL(38, 0), "
                  "t STRING, x BYTES>, g ROW<day DATE, clock TIME(3), at TIMESTAMP(3), "
                  "moment TIMESTAMP_LTZ(3), nothing STRING, nil INT>, "
                  "PRIMARY KEY (rowkey) NOT ENFORCED", WHERE, case.real) +
            """SET 'table.local-time-zone' = 'Asia/Shanghai';
            INSERT INTO t SELECT k,
                ROW(TRUE, FALSE, CAST(-2 AS TINYINT), CAST(-300 AS SMALLINT), -70000,
                    CAST(5000000000 AS BIGINT), CAST(1.5 AS FLOAT), CAST(-0.25 AS DOUBLE),
                    CAST(-1.27 AS DECIMAL(10, 2)),
                    CAST('12345678901234567890123456789012345678' AS DECIMAL(38, 0)),
                    'Zoë', x'00ff'),
                ROW(DATE '1969-12-31', TIME '00:00:01.5', TIMESTAMP '1969-12-31 23:59:59.999',
                    CAST(TIMESTAMP '1970-01-01 08:00:01.000' AS TIMESTAMP_LTZ(3)),
                    CAST(NULL AS STRING), CAST(NULL AS INT)) FROM src;""")
        wide = 12345678901234567890123456789012345678
        same(case.rows(), {b"one": {
            b"f:yes": b"\xff", b"f:no": b"\0", b"f:b": b"\xfe", b"f:s": struct.pack(">h", -300),
            b"f:i": struct.pack(">i", -70000), b"f:l": struct.pack(">q", 5000000000),
            b"f:r": struct.pack(">f", 1.5), b"f:d": struct.pack(">d", -0.25),
            b"f:m": b"\0\0\0\2\x81",
            b"f:w": b"\0\0\0\0" + wide.to_bytes(16, "big"),
            b"f:t": "Zoë".encode(), b"f:x": b"\0\xff",
            b"g:day": struct.pack(">i", -1), b"g:clock": struct.pack(">i", 1500),
            b"g:at": struct.pack(">q", -1), b"g:moment": struct.pack(">q", 1000),
            b"g:nothing": b"null", b"g:nil": b""}})


def flink_nulls():
    """A NULL replaces what was there, or with sink.ignore-null-value leaves it."""
    columns = "rowkey BIGINT, f ROW<a STRING, b BIGINT>, PRIMARY KEY (rowkey) NOT ENFORCED"
    insert = "INSERT INTO t SELECT k, ROW(a, b) FROM src;"
    rows = [{"k": 1, "a": "x", "b": 7}, {"k": 1, "a": None, "b": 8}, {"k": 2}]
    key = struct.pack(">q", 1)
    with Case(WHERE, "nulls", "f") as case:
        src = source("src", "k BIGINT, a STRING, b BIGINT", rows, case.folder)
        case.run(src + table("t", columns, WHERE, case.real, null_string_literal="NIL") + insert)
        same(case.rows(), {key: cells("f", a=b"NIL", b=8),
                           struct.pack(">q", 2): cells("f", a=b"NIL", b=b"")})
    with Case(WHERE, "nonulls", "f") as case:
        src = source("src", "k BIGINT, a STRING, b BIGINT", rows, case.folder)
        text = case.run(src + table("t", columns, WHERE, case.real,
                                    sink__ignore_null_value="true") + insert)
        same(case.rows(), {key: cells("f", a=b"x", b=8)})
        says(text, "all cells of the row are NULL", "1 skipped")


def blink_shapes():
    """Flat columns of one family, by Blink's options."""
    rows = [{"k": "a", "n": 1, "s": "x"}, {"k": "a", "n": None, "s": "y"},
            {"k": "b", "n": 2, "s": None}, {"k": "c"}]
    one = "k STRING, n BIGINT, s STRING, PRIMARY KEY (k)"
    columns = "k STRING, n BIGINT, s STRING"
    for options, want in (
            ({}, {b"a": cells("cf", n=1, s=b"y"), b"b": cells("cf", n=2)}),
            ({"stringWriteMod": "true", "writePkValue": "true"},
             {b"a": cells("cf", k=b"a", n=b"1", s=b"y"), b"b": cells("cf", k=b"b", n=b"2"),
              b"c": cells("cf", k=b"c")})):
        with Case(WHERE, "flat", "cf") as case:
            text = case.run(
                source("src", columns, rows, case.folder) +
                table("t", one, WHERE, case.real, "cloudhbase", columnFamily="cf", **options) +
                "INSERT INTO t SELECT k, n, s FROM src;")
            same(case.rows(), want)
            assert ("all cells of the row are NULL" in text) == (not options), text
    with Case(WHERE, "parts", "cf") as case:
        case.run(source("src", columns, rows[:3], case.folder) +
                 table("t", "n BIGINT, s STRING, k STRING, PRIMARY KEY (k, n)", WHERE, case.real,
                       "cloudhbase", columnFamily="cf", rowkeyDelimiter="#") +
                 "INSERT INTO t SELECT n, s, k FROM src;")
        same(case.rows(), {b"a#1": cells("cf", s=b"x")})
    with Case(WHERE, "dynamic", "cf") as case:
        case.run(changes("src", "k STRING, q STRING, v STRING", [
            ("c", {"k": "r", "q": "age", "v": "7"}), ("c", {"k": "r", "q": "a:b,c/d", "v": "x"}),
            ("c", {"k": "r", "q": "gone", "v": "x"}), ("d", {"k": "r", "q": "gone", "v": "x"}),
            ("d", {"k": "r", "q": "a:b,c/d", "v": "x"})], case.folder) +
            table("t", "k STRING, q STRING, v STRING, PRIMARY KEY (k)", WHERE, case.real,
                  "cloudhbase", columnFamily="cf", isDynamicTable="true") +
            "INSERT INTO t SELECT * FROM src;")
        same(case.rows(), {b"r": {b"cf:age": b"7"}})
        # An update may move a value to another cell, and leave it where it is.
        before, after = {"k": "u", "q": "old", "v": "1"}, {"k": "u", "q": "new", "v": "2"}
        last = dict(after, v="3")
        case.run(changes("src", "k STRING, q STRING, v STRING", [
            ("c", before), ("u", before, after), ("u", after, last)], case.folder) +
            table("t", "k STRING, q STRING, v STRING, PRIMARY KEY (k)", WHERE, case.real,
                  "cloudhbase", columnFamily="cf", isDynamicTable="true") +
            "INSERT INTO t SELECT * FROM src;")
        same(case.rows(), {b"r": {b"cf:age": b"7"}, b"u": {b"cf:new": b"3"}})


def deletes():
    """A delete takes the declared cells in all versions, and never a later put of its key."""
    rows = []
    for i in range(60):
        row = {"k": f"k{i % 20}", "n": i}
        rows += [("c", row), ("d", row)] + ([("c", row)] if i % 3 else [])
    want = {}
    for kind, row in rows:
        key = row["k"].encode()
        want.pop(key, None)
        if kind == "c":
            want[key] = cells("cf", n=row["n"])
    columns = "k STRING, n BIGINT, PRIMARY KEY (k) NOT ENFORCED"
    for connector, shape, select, options in (
            ("cloudhbase", "k STRING, n BIGINT, PRIMARY KEY (k)", "k, n",
             {"columnFamily": "cf"}),
            ("hbase-2.2", "k STRING, cf ROW<n BIGINT>, PRIMARY KEY (k) NOT ENFORCED",
             "k, ROW(n)", {})):
        with Case(WHERE, "deletes", "cf") as case:
            case.hbase.put(case.real, {b"k1": {b"cf:other": b"stays"}})
            case.run(changes("src", columns, rows, case.folder) +
                     table("t", shape, WHERE, case.real, connector, **options) +
                     f"INSERT INTO t SELECT {select} FROM src;")
            expected = {key: dict(row) for key, row in want.items()}
            expected.setdefault(b"k1", {})[b"cf:other"] = b"stays"
            same(case.rows(), expected)


def injection():
    """Keys and names are bytes, whatever they look like."""
    keys = ["a,b", "a:b", "*", "a/../b", "%2F%00", "a\0b", "?e=x&row=y", " ", "+", "<>\"'\\",
            "\u00ff\u20ac", "schema", "a\r\nX: y"]
    odd = "q ,:*/%?&"
    with Case(WHERE, "odd", "cf") as case:
        rows = [{"k": key, "v": f"v{i}"} for i, key in enumerate(keys)]
        job = (table("t", f"k STRING, cf ROW<`{odd}` STRING>, PRIMARY KEY (k) NOT ENFORCED",
                     WHERE, case.real) + "INSERT INTO t SELECT k, ROW(v) FROM src;")
        case.run(source("src", "k STRING, v STRING", rows, case.folder) + job)
        name = f"cf:{odd}".encode()
        same(case.rows(), {row["k"].encode(): {name: row["v"].encode()} for row in rows})
        case.run(changes("src", "k STRING, v STRING, PRIMARY KEY (k) NOT ENFORCED",
                         [("d", row) for row in rows[1:]], case.folder) + job)
        same(case.rows(), {b"a,b": {name: b"v0"}})
    with Case(WHERE, "bytes", "cf") as case:
        case.run(source("src", "k STRING", [{"k": "x"}], case.folder) +
                 table("t", "k BYTES, cf ROW<v STRING>, PRIMARY KEY (k) NOT ENFORCED", WHERE,
                       case.real) +
                 "INSERT INTO t SELECT x'ff00fe80', ROW(k) FROM src;")
        same(case.rows(), {b"\xff\0\xfe\x80": {b"cf:v": b"x"}})


def namespaces():
    with Case(WHERE, "inside", namespace="weir_ns") as case:
        case.hbase.request("POST", "/namespaces/weir_ns")
        case.hbase.create(case.real, "cf")
        case.run(source("src", "k STRING", [{"k": "x"}], case.folder) +
                 table("t", "k STRING, cf ROW<v STRING>, PRIMARY KEY (k) NOT ENFORCED", WHERE,
                       case.real) + "INSERT INTO t SELECT k, ROW(k) FROM src;")
        same(case.rows(), {b"x": {b"cf:v": b"x"}})


def bad_rows():
    """A refused row does not take its neighbours with it."""
    with Case(WHERE, "bad", "cf") as case:
        rows = [{"k": f"k{i}", "n": 1} for i in range(50)]
        rows[7]["n"] = 11_000_000   # larger than a cell may be
        rows[20]["k"] = ""
        rows[21]["k"] = None
        rows[22]["n"] = None
        text = case.run(
            source("src", "k STRING, n INT", rows, case.folder) +
            table("t", "k STRING, v STRING, PRIMARY KEY (k)", WHERE, case.real, "cloudhbase",
                  columnFamily="cf") +
            "INSERT INTO t SELECT k, REPEAT('x', n) FROM src;")
        same(sorted(case.rows()), sorted(f"k{i}".encode() for i in range(50)
                                         if i not in (7, 20, 21, 22)))
        says(text, "KeyValue size too large", 'row key "k" is empty',
             "all cells of the row are NULL", "4 skipped")
    with Case(WHERE, "long", "cf") as case:
        text = case.run(
            source("src", "n INT", [{"n": 30000}, {"n": 32768}], case.folder) +
            table("t", "k STRING, cf ROW<n INT>, PRIMARY KEY (k) NOT ENFORCED", WHERE, case.real) +
            "INSERT INTO t SELECT REPEAT('k', n), ROW(n) FROM src;")
        same([len(key) for key in case.rows()], [30000])
        says(text, "has 32768 bytes, HBase takes 32767")


def errors():
    """What can never work is said at the start."""
    shape = "k STRING, cf ROW<v STRING>, PRIMARY KEY (k) NOT ENFORCED"
    with Case(WHERE, "errors", "cf") as case:
        src = source("src", "k STRING", [{"k": "x"}], case.folder)
        insert = "INSERT INTO t SELECT k, ROW(k) FROM src;"
        says(case.run(src + table("t", shape, WHERE, "missing_" + case.real) + insert, expect=2),
             f'no table "missing_{case.real}"', 'opening table "t"')
        says(case.run(src + table("t", shape.replace("cf", "nofamily"), WHERE, case.real) + insert,
                      expect=2), f'table "{case.real}" of HBase', 'no column family "nofamily"')
        says(case.run(src + f"CREATE TABLE t ({shape}) WITH ('connector' = 'hbase-2.2', "
                      "'table-name' = 'x', 'zookeeper.quorum' = 'a:2181');" + insert, expect=2),
             'table "t" needs the option "rest.endpoints"', "WITH or in the profile", "ZooKeeper")
        says(case.run(src + table("t", "k STRING, v STRING, PRIMARY KEY (k)", WHERE, case.real,
                                  "cloudhbase") + "INSERT INTO t SELECT k, k FROM src;", expect=2),
             'needs the option "columnFamily"')


for test in (flink_types, flink_nulls, blink_shapes, deletes, injection, namespaces, bad_rows,
             errors):
    if len(sys.argv) < 3 or sys.argv[2] == test.__name__ or "/" in sys.argv[2]:
        test()
        print("ok", test.__name__, flush=True)
