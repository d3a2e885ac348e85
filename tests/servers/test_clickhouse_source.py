#!/usr/bin/env python3
"""Tables of a real ClickHouse that are read: as a whole, in order, and by key.

    test_clickhouse_source.py WEIR ...
"""
import json
import sys
import unittest

from clickhouselib import Case, need


class Source(Case):
    def read(self, columns, what="*", key="", tail="", status=0, **more):
        """Rows of a SELECT over table t, as JSON values."""
        declared = columns if not key else f"{columns}, PRIMARY KEY ({key}) NOT ENFORCED"
        sql = f"CREATE TABLE s ({declared}) WITH ({self.options(**more)});\n"
        got = self.weir.rows(sql + f"SELECT {what} FROM s {tail};", "--output", "jsonl")
        return [json.loads(line) for line in got]

    def test_every_type(self):
        self.create("i8 Int8, i16 Int16, i32 Int32, i64 Int64, u8 UInt8, u32 UInt32, u64 UInt64, "
                    "f32 Float32, f64 Float64, d9 Decimal(9,2), d38 Decimal(38,10), s String, "
                    "fs FixedString(4), day Date, at DateTime('Asia/Shanghai'), moment DateTime, "
                    "id UUID, e Enum8('a b' = -1, 'c' = 2), n Nullable(Int32), "
                    "ns Nullable(String), arr Array(Nullable(String)), yes UInt8")
        self.sql(f"insert into `{self.db}`.t values (-128, -32768, -2147483648, "
                 "-9223372036854775808, 255, 4294967295, 18446744073709551615, 1.5, -0.1, "
                 "1234567.89, 1.0000000001, 'zoë\\0', 'ab', '2024-02-29', '2024-01-01 08:00:00', "
                 "'2024-01-01 00:00:01', '00112233-4455-6677-8899-aabbccddeeff', 'a b', NULL, "
                 "NULL, ['x', NULL, ''], 1)")
        got, = self.read(
            "i8 TINYINT, i16 SMALLINT, i32 INT, i64 BIGINT, u8 INT, u32 BIGINT, "
            "u64 DECIMAL(20, 0), f32 FLOAT, f64 DOUBLE, d9 DECIMAL(9, 2), d38 DECIMAL(38, 10), "
            "s STRING, fs STRING, `day` DATE, `at` TIMESTAMP(0), moment TIMESTAMP_LTZ(0), "
            "id STRING, e STRING, n INT, ns STRING, arr ARRAY<STRING>, yes BOOLEAN")
        self.assertEqual(list(got.values()), [
            -128, -32768, -2147483648, -9223372036854775808, 255, 4294967295,
            18446744073709551615, 1.5, -0.1, 1234567.89, 1.0000000001, "zoë\0", "ab",
            "2024-02-29", "2024-01-01 08:00:00", "2024-01-01 00:00:01Z",
            "00112233-4455-6677-8899-aabbccddeeff", "a b", None, None, ["x", None, ""], True])
        got, = self.read("i64 STRING, u64 DOUBLE, f32 STRING, d9 STRING, `day` TIMESTAMP(3), "
                         "`at` STRING, e INT, yes INT, id BYTES")
        self.assertEqual(list(got.values()), [
            "-9223372036854775808", 1.8446744073709552e19, "1.5", "1234567.89",
            "2024-02-29 00:00:00", "2024-01-01 08:00:00", -1, 1,
            "ABEiM0RVZneImaq7zN3u/w=="])

    def test_what_does_not_fit_is_a_bad_row(self):
        self.create("k Int32, n Int64")
        self.sql(f"insert into `{self.db}`.t values (1, 1), (2, 5000000000), (3, 3)")
        sql = f"CREATE TABLE s (k INT, n INT) WITH ({self.options(on_error='skip')});\nSELECT k, n FROM s;"
        child = self.weir.start(sql, capture=True)
        status, text = self.weir.finish(child)
        self.assertEqual(status, 0, text)
        self.assertIn('column "n": cannot read "5000000000" as INT', text)
        self.assertIn("1 skipped", text)

    def test_types_without_a_way_are_an_error_at_the_start(self):
        self.create("a String")
        self.fails(f"CREATE TABLE s (a INT) WITH ({self.options()}); SELECT a FROM s;",
                   "INT cannot be read from the type String")
        self.fails(f"CREATE TABLE s (b INT) WITH ({self.options()}); SELECT b FROM s;",
                   'has no column "b"')

    def test_many_rows(self):
        self.create("k UInt32, s String", "MergeTree order by k")
        self.sql(f"insert into `{self.db}`.t select number, toString(number * 7) "
                 "from numbers(300000)")
        got = self.read("k BIGINT, s STRING", "COUNT(*) AS n, SUM(k) AS k, "
                        "SUM(CHAR_LENGTH(s)) AS c", key="k")[-1]
        want, = self.rows("count(), sum(k), sum(length(s))")
        self.assertEqual(list(got.values()), want)
        got = self.read("k BIGINT, s STRING", "COUNT(*) AS n")[-1]
        self.assertEqual(got, {"n": 300000})

    def test_the_last_row_of_a_key_is_read(self):
        self.create("k Int32, v String", "ReplacingMergeTree order by k")
        for value in ("a", "b"):
            self.sql(f"insert into `{self.db}`.t values (1, '{value}')")
        self.assertEqual(self.read("k INT, v STRING", key="k"), [{"k": 1, "v": "b"}])
        self.assertEqual(len(self.read("k INT, v STRING")), 2)

    def test_an_error_behind_rows_is_no_row(self):
        # ClickHouse has sent rows, and the status 200, when it finds out.
        self.create("k UInt32, v UInt64")
        self.sql(f"insert into `{self.db}`.t select number, number from numbers(3000000)")
        self.sql(f"create view `{self.db}`.w as select k, toUInt8(throwIf(k = 2999999)) as v "
                 f"from `{self.db}`.t")
        text = self.job(f"CREATE TABLE s (k BIGINT, v INT) WITH ({self.options(table='w')});\n"
                        "CREATE TABLE o (k BIGINT, v INT) WITH ('connector' = 'blackhole');\n"
                        "INSERT INTO o SELECT * FROM s;", status=3)
        self.assertIn("(code 395)", text)


class Lookup(Case):
    def look_up(self, probe, rows, dim, condition, what="i.*, d.*", dim_key="", **more):
        out = self.path("out.ndjson")
        declared = f", PRIMARY KEY ({dim_key}) NOT ENFORCED" if dim_key else ""
        self.job(
            self.source(probe + ", p AS PROCTIME()", rows) +
            f"CREATE TABLE d ({dim}{declared}) WITH ({self.options(**more)});\n"
            f"CREATE TABLE o (r STRING) WITH ('connector' = 'filesystem', 'path' = '{out}', "
            "'format' = 'json');\n"
            f"INSERT INTO o SELECT {what} FROM i LEFT JOIN d FOR SYSTEM_TIME AS OF i.p "
            f"ON {condition};")
        with open(out, encoding="utf-8") as file:
            return sorted(json.loads(line)["r"] for line in file)

    def test_by_one_column(self):
        self.create("k Int32, v String", "MergeTree order by k")
        self.sql(f"insert into `{self.db}`.t values (1, 'a'), (2, 'b'), (2, 'c')")
        rows = [{"k": k} for k in (1, 2, 3, 1, None)]
        got = self.look_up("k INT", rows, "k INT, v STRING", "i.k = d.k",
                           "COALESCE(CAST(i.k AS STRING), '-') || COALESCE(v, '?')")
        self.assertEqual(got, ["-?", "1a", "1a", "2b", "2c", "3?"])

    def test_by_columns_of_every_type(self):
        types = {"i": ("Nullable(Int64)", "BIGINT", -5), "u": ("UInt64", "DECIMAL(20, 0)", 7),
                 "s": ("String", "STRING", "a'\\\n"), "fs": ("FixedString(3)", "STRING", "ab"),
                 "d": ("Decimal(20,3)", "DECIMAL(20, 3)", -1.5), "yes": ("UInt8", "BOOLEAN", True),
                 "day": ("Date", "DATE", "2024-01-01"),
                 "at": ("DateTime('Asia/Shanghai')", "TIMESTAMP(0)", "2024-01-01 00:00:00"),
                 "id": ("UUID", "STRING", "00112233-4455-6677-8899-aabbccddeeff"),
                 "e": ("Enum8('x' = 1, 'y''' = 2)", "STRING", "y'")}
        server = ", ".join(f"{name} {of[0]}" for name, of in types.items())
        columns = ", ".join(f"`{name}` {of[1]}" for name, of in types.items())
        row = {name: of[2] for name, of in types.items()}
        self.create(server + ", v String")
        self.job(self.copy(columns + ", v STRING", [dict(row, v="found"),
                                                    dict(row, i=9, v="other")]))
        condition = " AND ".join(f"i.`{name}` = d.`{name}`" for name in types)
        got = self.look_up(columns, [row, dict(row, u=8)], columns + ", v STRING", condition,
                           "COALESCE(v, '?')")
        self.assertEqual(got, ["?", "found"])
        for name in types:
            got = self.look_up(columns, [row], columns + ", v STRING",
                               f"i.`{name}` = d.`{name}`", "COALESCE(v, '?')")
            self.assertIn("found", got, name)

    def test_equal_is_equal(self):
        # What would be cut to a value of the server's type finds nothing.
        self.create("t DateTime, v String")
        self.sql(f"insert into `{self.db}`.t values ('2024-01-01 00:00:00', 'x')")
        got = self.look_up("t TIMESTAMP(3)", [{"t": "2024-01-01 00:00:00.000"},
                                              {"t": "2024-01-01 00:00:00.500"},
                                              {"t": "1960-01-01 00:00:00.000"}],
                           "t TIMESTAMP(3), v STRING", "i.t = d.t", "COALESCE(v, '?')")
        self.assertEqual(got, ["?", "?", "x"])

    def test_many_keys(self):
        self.create("k String, v UInt32", "MergeTree order by k")
        self.sql(f"insert into `{self.db}`.t select concat('key-', toString(number), "
                 f"'{'x' * 60}'), number from numbers(20000)")
        rows = [{"k": f"key-{(i * 7919) % 25000}" + "x" * 60} for i in range(30000)]
        got = self.look_up("k STRING", rows, "k STRING, v BIGINT", "i.k = d.k",
                           "COALESCE(CAST(v AS STRING), '?')")
        want = sorted(str(n) if n < 20000 else "?"
                      for n in ((i * 7919) % 25000 for i in range(30000)))
        self.assertEqual(got, want)

    def test_the_whole_table_is_kept(self):
        self.create("k Int32, v String")
        self.sql(f"insert into `{self.db}`.t values (1, 'a'), (2, 'b')")
        got = self.look_up("k INT", [{"k": k} for k in (1, 2, 3)], "k INT, v STRING", "i.k = d.k",
                           "COALESCE(v, '?')", cache="ALL")
        self.assertEqual(got, ["?", "a", "b"])

    def test_values_that_are_sql(self):
        self.create("k String, v String")
        evil = "') or 1 = 1 --"
        self.sql(f"insert into `{self.db}`.t values ('a', 'b')")
        got = self.look_up("k STRING", [{"k": evil}, {"k": "\\') or (1=1"}],
                           "k STRING, v STRING", "i.k = d.k", "COALESCE(v, '?')")
        self.assertEqual(got, ["?", "?"])

    def test_what_cannot_be_asked(self):
        self.create("f Float64, v String")
        text = self.job(
            self.source("f DOUBLE, p AS PROCTIME()", [{"f": 1}]) +
            f"CREATE TABLE d (f DOUBLE, v STRING) WITH ({self.options()});\n"
            "CREATE TABLE o (v STRING) WITH ('connector' = 'blackhole');\n"
            "INSERT INTO o SELECT v FROM i JOIN d FOR SYSTEM_TIME AS OF i.p ON i.f = d.f;",
            status=2)
        self.assertIn('cannot be asked by column "f" of type Float64', text)


if __name__ == "__main__":
    Case.use(need("clickhouse")[0])
    unittest.main(argv=sys.argv[:1], verbosity=1)
