#!/usr/bin/env python3
"""Tables of HBase that weir reads as a whole: as a source, and for cache = ALL.

    test_hbase_scan.py WEIR
"""
import struct
import sys
import tempfile

from hbaselib import Case, cells, need, same, says, source, table
from serverlib import Proxy, wait_until

WHERE = need("hbase")[0]
PRINT = "CREATE TABLE out ({}) WITH ('connector' = 'print');\n"
SHAPE = "k STRING, f ROW<n BIGINT, s STRING>, PRIMARY KEY (k) NOT ENFORCED"


def all_rows():
    """In the order of their keys; rows larger than what one call gives, and rows without declared
    cells."""
    with Case(WHERE, "scan", "f", "g") as case:
        rows = {b"k%05d" % i: cells("f", n=i, s=b"s") for i in range(5000)}
        rows[b"k00003"] |= {b"f:more%05d" % i: b"x" for i in range(12000)}
        rows[b"k00007x"] = {b"g:x": b"1"}
        case.hbase.put(case.real, rows)
        got = case.weir.rows(table("t", SHAPE, WHERE, case.real) + PRINT.format("k STRING, n INT") +
                             "INSERT INTO out SELECT k, CAST(f.n AS INT) FROM t;")
        same(got, [f"+I[k{i:05}, {i}]" for i in range(5000)])
        got = case.weir.rows(
            table("t", "k STRING, n BIGINT, s STRING, PRIMARY KEY (k)", WHERE, case.real,
                  "cloudhbase", columnFamily="f") + PRINT.format("k STRING, n BIGINT") +
            "INSERT INTO out SELECT k, n FROM t;")
        same(got, [f"+I[k{i:05}, {i}]" for i in range(5000)])


def types():
    """Values as HBase's Bytes makes them."""
    with Case(WHERE, "types", "f", "g") as case:
        wide = 12345678901234567890123456789012345678
        case.hbase.put(case.real, {b"one": {
            b"f:yes": b"\xff", b"f:b": b"\xfe", b"f:s": struct.pack(">h", -300),
            b"f:i": struct.pack(">i", -70000), b"f:l": struct.pack(">q", 5000000000),
            b"f:r": struct.pack(">f", 1.5), b"f:d": struct.pack(">d", -0.25),
            b"f:m": b"\0\0\0\3\xfb\x09",     # -1.271
            b"f:w": b"\0\0\0\0" + wide.to_bytes(16, "big"),
            b"f:t": "Zoë".encode(), b"f:x": b"\0\xff",
            b"g:day": struct.pack(">i", -1), b"g:clock": struct.pack(">i", 1500),
            b"g:at": struct.pack(">q", -1), b"g:moment": struct.pack(">q", 1000),
            b"g:nothing": b"null", b"g:nil": b""}})
        got = case.weir.rows(
            table("t", "rowkey STRING, f ROW<yes BOOLEAN, b TINYINT, s SMALLINT, "
                  "i INT, l BIGINT, r FLOAT, d DOUBLE, m DECIMAL(10, 2), w DECIMAL(38, 0), "
                  "t STRING, x BYTES>, g ROW<day DATE, clock TIME(3), at TIMESTAMP(3), "
                  "moment TIMESTAMP_LTZ(3), nothing STRING, nil INT>, "
                  "PRIMARY KEY (rowkey) NOT ENFORCED", WHERE, case.real) +
            PRINT.format("a STRING, b STRING, c STRING") +
            "SET 'table.local-time-zone' = 'Asia/Shanghai';\n"
            "INSERT INTO out SELECT rowkey, CAST(f AS STRING), CAST(g AS STRING) FROM t;")
        same(got, [f"+I[one, (TRUE, -2, -300, -70000, 5000000000, 1.5, -0.25, -1.27, {wide}, Zoë, "
                   "\0\ufffd), (1969-12-31, 00:00:01.5, 1969-12-31 23:59:59.999, "
                   "1970-01-01 08:00:01.000, NULL, NULL)]"])
        got = case.weir.rows(
            table("t", "rowkey STRING, t STRING, i INT, PRIMARY KEY (rowkey)", WHERE, case.real,
                  "cloudhbase", columnFamily="f") + PRINT.format("a STRING, i INT") +
            "INSERT INTO out SELECT t, i FROM t;")
        same(got, ["+I[Zoë, -70000]"])


def bad_rows():
    """A cell that is no value of its type is a bad row, and no other row is lost."""
    with Case(WHERE, "bad", "f") as case:
        rows = {b"k%04d" % i: cells("f", n=b"text" if i in (0, 1500, 2999) else i, s=b"s")
                for i in range(3000)}
        case.hbase.put(case.real, rows)
        child = case.weir.start(
            table("t", SHAPE, WHERE, case.real, on_error="skip") + PRINT.format("n BIGINT") +
            "INSERT INTO out SELECT f.n FROM t;", capture=True)
        status, text = case.weir.finish(child)
        assert status == 0, text
        same(child.stdout_text().splitlines(),
             [f"+I[{i}]" for i in range(3000) if i not in (0, 1500, 2999)])
        says(text, 'column "f:n": BIGINT has 8 bytes, the cell has 4', "3 skipped")


def cached():
    """cache = ALL: the table is read before the first row."""
    with Case(WHERE, "all", "cf") as case:
        case.hbase.put(case.real, {b"%d" % i: cells("cf", v=b"v%d" % i) for i in range(2000)})
        got = case.weir.rows(
            source("src", "k STRING", [{"k": str(i)} for i in (0, 1999, 2000, 7)], case.folder)
            .replace("k STRING)", "k STRING, at AS PROCTIME())") +
            table("dim", "k STRING, v STRING, PRIMARY KEY (k)", WHERE, case.real, "cloudhbase",
                  columnFamily="cf", cache="ALL") + PRINT.format("k STRING, v STRING") +
            "INSERT INTO out SELECT s.k, d.v FROM src AS s LEFT JOIN dim FOR SYSTEM_TIME AS OF "
            "s.at AS d ON d.k = s.k;")
        same(sorted(got), ["+I[0, v0]", "+I[1999, v1999]", "+I[2000, null]", "+I[7, v7]"])


def stopped():
    """A scan that is stopped goes on behind the last row that was handed out."""
    with (Case(WHERE, "stopped", "f") as case, Proxy(WHERE) as proxy,
          tempfile.TemporaryDirectory(prefix="weir-state-") as state):
        rows = {b"k%05d" % i: cells("f", n=b"text" if i % 7000 == 0 else i, s=b"s")
                for i in range(40000)}
        case.hbase.put(case.real, rows)
        job = (table("t", SHAPE, proxy.address, case.real, on_error="skip") +
               PRINT.format("n BIGINT") + "INSERT INTO out SELECT f.n FROM t;")
        options = ("--set", f"weir.state.dir={state}", "--set", "weir.job.name=scan")
        proxy.delay_s = 0.01
        child = case.weir.start(job, *options, capture=True)
        wait_until("rows are read", lambda: len(child.stdout_text()) > 40000)
        child.terminate()
        status, text = case.weir.finish(child)
        assert status == 0, text
        first = child.stdout_text().splitlines()
        assert len(first) < 39000, "it was too fast to be stopped"
        proxy.delay_s = 0
        second = case.weir.rows(job, *options)
        same(first + second, [f"+I[{i}]" for i in range(40000) if i % 7000 != 0])


for test in (all_rows, types, bad_rows, cached, stopped):
    if len(sys.argv) < 3 or sys.argv[2] == test.__name__ or "/" in sys.argv[2]:
        test()
        print("ok", test.__name__, flush=True)
