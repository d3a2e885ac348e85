#!/usr/bin/env python3
"""Rows into tables of a real ClickHouse: every type, engines that take updates, refused rows, names
and values that would like to be SQL.

    test_clickhouse_sink.py WEIR ...
"""
import sys
import unittest

from clickhouselib import Case, Front, need


class Types(Case):
    def test_every_type(self):
        self.create("i8 Int8, i16 Int16, i32 Int32, i64 Int64, u8 UInt8, u16 UInt16, u32 UInt32, "
                    "u64 UInt64, f32 Float32, f64 Float64, d9 Decimal(9,2), d18 Decimal(18,4), "
                    "d38 Decimal(38,10), s String, fs FixedString(4), day Date, "
                    "at DateTime('Asia/Shanghai'), moment DateTime, id UUID, "
                    "e8 Enum8('a b' = -1, 'c\\'d' = 2), e16 Enum16('x' = 300), yes UInt8, "
                    "n Nullable(Int32), ns Nullable(String), arr Array(Nullable(String)), "
                    "nested Array(Array(Int16)), json String, raw String, clock String")
        columns = ("i8 TINYINT, i16 SMALLINT, i32 INT, i64 BIGINT, u8 INT, u16 INT, u32 BIGINT, "
                   "u64 DECIMAL(20, 0), f32 FLOAT, f64 DOUBLE, d9 DECIMAL(9, 2), "
                   "d18 DECIMAL(20, 6), d38 DECIMAL(38, 10), s STRING, fs STRING, `day` DATE, "
                   "`at` TIMESTAMP(3), moment TIMESTAMP_LTZ(3), id STRING, e8 STRING, e16 INT, "
                   "yes BOOLEAN, n INT, ns STRING, arr ARRAY<STRING>, "
                   "nested ARRAY<ARRAY<SMALLINT>>, json ROW<a INT, b STRING>, raw BYTES, "
                   "clock TIME(3)")
        row = {"i8": -128, "i16": -32768, "i32": -2147483648, "i64": -9223372036854775808,
               "u8": 255, "u16": 65535, "u32": 4294967295, "u64": 18446744073709551615,
               "f32": 1.5, "f64": -0.1, "d9": 1234567.89, "d18": -12.345678,
               "d38": 1.0000000001, "s": "zoë\u0000\n", "fs": "ab", "day": "2024-02-29",
               "at": "2024-01-01 08:00:00.999", "moment": "2024-01-01 00:00:01Z",
               "id": "00112233-4455-6677-8899-AABBCCDDEEFF", "e8": "c'd", "e16": 300,
               "yes": True, "n": None, "ns": None, "arr": ["x", None, ""],
               "nested": [[1, 2], []], "json": {"a": 1, "b": "q\""}, "raw": "AP8=",
               "clock": "10:00:01.5"}
        self.job(self.copy(columns, [row]))
        got = self.rows("i8, i16, i32, toString(i64), u8, u16, u32, toString(u64), f32, f64, "
                        "toString(d9), toString(d18), toString(d38), hex(s), hex(fs), "
                        "toString(day), toUInt32(at), toUInt32(moment), toString(id), "
                        "toString(e8), toString(e16), yes, n, ns, arr, nested, json, hex(raw), "
                        "clock")
        self.assertEqual(got, [[
            -128, -32768, -2147483648, "-9223372036854775808", 255, 65535, 4294967295,
            "18446744073709551615", 1.5, -0.1, "1234567.89", "-12.3457", "1.0000000001",
            "zoë\0\n".encode().hex().upper(), "61620000", "2024-02-29", 1704067200, 1704067201,
            "00112233-4455-6677-8899-aabbccddeeff", "c'd", "x", 1, None, None, ["x", None, ""],
            [[1, 2], []], '{"a":1,"b":"q\\""}', "00FF", "10:00:01.5"]])

    def test_what_does_not_fit_is_a_bad_row(self):
        self.create("k Int32, u UInt8, d Decimal(4,1), f FixedString(2), e Enum8('a' = 1), "
                    "t DateTime, n Int32, id UUID")
        columns = ("k INT, u INT, d DECIMAL(10, 2), f STRING, e STRING, t TIMESTAMP(0), n INT, "
                   "id STRING")
        good = {"k": 1, "u": 1, "d": 1.25, "f": "x", "e": "a", "t": "2024-01-01 00:00:00", "n": 1,
                "id": "00112233-4455-6677-8899-aabbccddeeff"}
        bad = [dict(good, k=10 + i, **more) for i, more in enumerate([
            {"u": 256}, {"u": -1}, {"d": 1000.0}, {"f": "xyz"}, {"e": "b"},
            {"t": "1969-12-31 23:59:59"}, {"n": None}, {"id": "00112233"}])]
        text = self.job(self.copy(columns, bad + [good]))
        self.assertEqual(self.rows("k, toString(d)"), [[1, "1.3"]])
        self.assertIn("8 skipped", text)
        self.assertIn('column "u": 256 does not fit the type UInt8', text)
        for word, what in (("n", "NULL does not fit the type Int32"),
                           ("e", "b does not fit the type Enum8('a' = 1)"),
                           ("d", "1000.00 does not fit the type Decimal(4, 1)")):
            self.sql(f"drop table `{self.db}`.t")
            self.create("k Int32, u UInt8, d Decimal(4,1), f FixedString(2), e Enum8('a' = 1), "
                        "t DateTime, n Int32, id UUID")
            row = next(row for row in bad if row[word] != good[word])
            self.fails(self.copy(columns, [row], on_error="fail"), f'column "{word}": {what}',
                       status=3)

    def test_nullable_columns(self):
        self.create("k Int32, n Nullable(UInt8), s Nullable(String), d Nullable(Decimal(9,1)), "
                    "t Nullable(DateTime)")
        rows = [{"k": 1, "n": 7, "s": "x", "d": 1.25, "t": "1970-01-01 00:00:01"},
                {"k": 2, "n": None, "s": None, "d": None, "t": None},
                {"k": 3, "n": 256, "s": "bad", "d": 1, "t": None},
                {"k": 4, "n": 0, "s": "", "d": -1, "t": None}]
        text = self.job(self.copy("k INT, n INT, s STRING, d DECIMAL(5, 2), t TIMESTAMP(3)", rows))
        self.assertIn('column "n": 256 does not fit the type Nullable(UInt8)', text)
        self.assertEqual(self.rows("k, n, s, toString(d), toUInt32(t)", tail="order by k"),
                         [[1, 7, "x", "1.3", 1], [2, None, None, None, None],
                          [4, 0, "", "-1.0", None]])

    def test_types_without_a_way_are_an_error_at_the_start(self):
        self.create("a Int32, b Array(String), c AggregateFunction(sum, Int64)")
        self.fails(self.copy("a STRING", [{"a": "1"}]),
                   "STRING cannot be written to the type Int32", 'column "a"')
        self.fails(self.copy("b STRING", [{"b": "1"}]), "Array(String)")
        self.fails(self.copy("c STRING", [{"c": "1"}]),
                   "AggregateFunction(sum, Int64) in ClickHouse, which is not supported")


class Tables(Case):
    def test_only_declared_columns_are_written(self):
        self.create("a Int32, b Int32 default a + 1, c Int32 materialized a * 2, d String")
        self.job(self.copy("d STRING, a INT", [{"a": 1, "d": "x"}]))
        self.assertEqual(self.rows("a, b, c, d"), [[1, 2, 2, "x"]])
        self.fails(self.copy("c INT", [{"c": 1}]), 'column "c"', "is computed by ClickHouse")

    def test_what_is_missing_is_an_error_at_the_start(self):
        self.create("amount Int32")
        self.fails(self.copy("amont INT", [{"amont": 1}]), 'has no column "amont"',
                   'Maybe you meant "amount"')
        self.fails(self.copy("a INT", [{"a": 1}], table="nowhere"),
                   'table "nowhere" does not exist')
        self.fails(self.copy("a INT", [{"a": 1}], database_name="no_db"), "no_db",
                   status=3)
        text = self.fails(self.copy("amount INT", [{"amount": 1}], password="wrong-one"),
                          "(code 193)", '"password"', status=3)
        self.assertNotIn("wrong-one", text)
        self.fails(self.copy("amount INT", [{"amount": 1}], userName="nobody"), "(code 192)",
                   status=3)
        self.fails(self.copy("amount INT", [{"amount": 1}], url=None), '"url"', "profile")
        self.fails(self.copy("amount INT", [{"amount": 1}], properties__nosuch="1"), "nosuch",
                   status=3)

    def test_addresses(self):
        self.create("a Int32")
        for n, url in enumerate((f"jdbc:clickhouse://{self.where}/{self.db}",
                                 f"ch://127.0.0.1:1,{self.where}/{self.db}",
                                 f"http://{self.where}", f"clickhouse://{self.where}")):
            self.job(self.copy("a INT", [{"a": n}], url=url, database_name=self.db,
                               http__compression=str(n % 2 == 0)))
        self.assertEqual(self.rows(tail="order by a"), [[0], [1], [2], [3]])
        self.fails(self.copy("a INT", [], url="clickhouse://u:p@h:1/x"), "no address")
        self.fails(self.copy("a INT", [], url="clickhouse://h:1/x?max_threads=1"),
                   "properties.max_threads")

    def test_names_and_values_that_are_sql(self):
        evil = "a` Int8) engine=Null; drop table t --"
        table = "t'; drop database x --"
        quoted = evil.replace("`", "\\`")
        self.create(f"`{quoted}` String, k Int32", table=table)
        column = "`" + evil.replace("`", "``") + "`"
        value = "'); drop table t; -- \\' \\"
        self.job(self.source(f"{column} STRING, k INT", [{evil: value, "k": 1}]) +
                 f"CREATE TABLE o ({column} STRING, k INT) WITH (" +
                 self.options().replace("'tableName' = 't'",
                                        "'tableName' = '" + table.replace("'", "''") + "'") +
                 ");\nINSERT INTO o SELECT * FROM i;\n")
        self.assertEqual(self.rows(table=table), [[value, 1]])

    def test_many_rows_in_many_calls(self):
        self.create("a Int32, s String")
        rows = [{"a": i, "s": "x" * (i % 50)} for i in range(5000)]
        self.job(self.copy("a INT, s STRING", rows, batchSize="700"))
        self.assertEqual(self.rows("count(), sum(a), sum(length(s))"),
                         [[5000, sum(range(5000)), sum(i % 50 for i in range(5000))]])
        self.assertLess(len(self.server.rows(
            f"select 1 from system.parts where database = '{self.db}'")), 20)


CHANGES = [("+I", {"k": 1, "v": "a"}), ("+I", {"k": 2, "v": "b"}), ("+I", {"k": 3, "v": "c"}),
           ("-U", {"k": 1, "v": "a"}), ("+U", {"k": 1, "v": "A"}), ("-D", {"k": 2, "v": "b"}),
           ("+I", {"k": 4, "v": "d"}), ("-D", {"k": 4, "v": "d"}), ("+I", {"k": 4, "v": "D"})]
COLUMNS = "k INT, v STRING"


class Engines(Case):
    def test_replacing_without_deletes(self):
        self.create("k Int32, v String", "ReplacingMergeTree order by k")
        for workers in ("1", "2"):
            self.sql(f"truncate table `{self.db}`.t")
            self.job(self.copy(COLUMNS, CHANGES, key="k"), "--parallelism", workers)
            self.assertEqual(self.rows("k, v", tail="final order by k"),
                             [[1, "A"], [2, "b"], [3, "c"], [4, "D"]])

    def test_several_workers_write_one_table(self):
        self.create("k Int32, n Int64", "ReplacingMergeTree order by k")
        rows = [{"k": i % 97} for i in range(20000)]
        self.job(self.source("k INT", rows) + self.sink("k INT, n BIGINT", "k", batchSize="50") +
                 "INSERT INTO o SELECT k, COUNT(*) FROM i GROUP BY k;", "--parallelism", "3")
        self.assertEqual(self.rows("k, n", tail="final order by k"),
                         [[k, len(range(k, 20000, 97))] for k in range(97)])

    def test_replacing_with_mutations(self):
        self.create("k Int32, g String, v String", "ReplacingMergeTree order by (k, g)")
        changes = [(op, dict(row, g="g'" + row["v"].lower())) for op, row in CHANGES]
        for size in ("1", "3", "1000"):
            self.sql(f"truncate table `{self.db}`.t")
            self.job(self.copy("k INT, g STRING, v STRING", changes, key="k, g", batchSize=size,
                               ignoreDelete="false"))
            self.wait_for_mutations()
            self.assertEqual(self.rows("k, v", tail="final order by k"),
                             [[1, "A"], [3, "c"], [4, "D"]], size)

    def test_keys_of_every_type_are_deleted(self):
        types = {"i": ("Int64", "BIGINT", [-5, 7]), "s": ("String", "STRING", ["a'\\", ""]),
                 "d": ("Decimal(20,3)", "DECIMAL(20, 3)", [-1.5, 2.25]),
                 "day": ("Date", "DATE", ["2024-01-01", "1970-01-01"]),
                 "at": ("DateTime('Asia/Shanghai')", "TIMESTAMP(0)",
                        ["2024-01-01 00:00:00", "2024-01-01 00:00:01"]),
                 "id": ("UUID", "STRING", ["00112233-4455-6677-8899-aabbccddeeff",
                                           "00000000-0000-0000-0000-000000000001"]),
                 "f": ("FixedString(3)", "STRING", ["ab", "abc"]),
                 "e": ("Enum8('x' = 1, 'y''' = 2)", "STRING", ["x", "y'"])}
        keys = ", ".join(types)
        self.create(", ".join(f"{name} {of[0]}" for name, of in types.items()),
                    f"ReplacingMergeTree order by ({keys})")
        first, second = ({name: of[2][i] for name, of in types.items()} for i in (0, 1))
        self.job(self.copy(", ".join(f"`{name}` {of[1]}" for name, of in types.items()),
                           [("+I", first), ("+I", second)],
                           key=", ".join(f"`{name}`" for name in types)))
        self.assertEqual(self.rows("count()"), [[2]])
        self.job(self.copy(", ".join(f"`{name}` {of[1]}" for name, of in types.items()),
                           [("-D", first)], key=", ".join(f"`{name}`" for name in types),
                           ignoreDelete="false"))
        self.wait_for_mutations()
        self.assertEqual(self.rows("i"), [[7]])

    def test_versions_decide(self):
        self.create("k Int32, v String, ver UInt32", "ReplacingMergeTree(ver) order by k")
        changes = [("+I", {"k": 1, "v": "new", "ver": 9}), ("-U", {"k": 1, "v": "new", "ver": 9}),
                   ("+U", {"k": 1, "v": "late", "ver": 3})]
        self.job(self.copy("k INT, v STRING, ver INT", changes, key="k"))
        self.assertEqual(self.rows("v", tail="final"), [["new"]])

    def test_deletes_that_are_rows(self):
        """ReplacingMergeTree(ver, is_deleted), which this version of the server does not have."""
        self.create("k Int32, v String, ver UInt32, del UInt8, more Int64",
                    "ReplacingMergeTree(ver) order by k")
        engines = {"t": ("ReplacingMergeTree", "ReplacingMergeTree(ver, del) ORDER BY k")}
        changes = [("+I", {"k": 1, "v": "a", "ver": 1}), ("+I", {"k": 2, "v": "b", "ver": 1}),
                   ("-D", {"k": 1, "v": "a", "ver": 2})]
        with Front(self.where, engines=engines) as front:
            for more, want in (({}, [[1, 1], [2, 0]]),
                               ({"ignoreDelete": "true"}, [[1, 0], [2, 0]])):
                self.sql(f"truncate table `{self.db}`.t")
                self.job(self.copy("k INT, v STRING, ver INT", changes, key="k",
                                   where=front.address, **more))
                self.assertEqual(self.rows("k, del", tail="final order by k"), want)

    def test_a_distributed_table_is_what_is_behind_it(self):
        self.create("k Int32, v String", "ReplacingMergeTree order by k")
        for inner, says in (("ReplacingMergeTree", None), ("MergeTree", "cannot update")):
            engines = {"t": ("Distributed", "Distributed('c', 'd', 'inner', rand())"),
                       "inner": (inner, inner + " ORDER BY k")}
            with Front(self.where, engines=engines) as front:
                job = self.copy(COLUMNS, CHANGES, key="k", where=front.address)
                if says:
                    self.fails(job, says)
                    continue
                self.job(job)
                self.assertEqual(self.rows("k, v", tail="final order by k"),
                                 [[1, "A"], [2, "b"], [3, "c"], [4, "D"]])
                self.fails(self.copy(COLUMNS, CHANGES, key="k", where=front.address,
                                     ignoreDelete="false"),
                           "distributed table", "cannot be deleted")

    def test_settings_of_an_insert(self):
        """By bytes alone, repetitions are not to be found out; nor are rows to be collected twice."""
        self.create("k Int32")
        replicated = "ReplicatedMergeTree('/p', 'r') ORDER BY k"
        distributed = ("Distributed", "Distributed('c', 'd', 'inner', rand())")
        for engines, has_tokens, more, want in (
                ({}, False, {}, {}),
                ({"t": ("ReplicatedMergeTree", replicated)}, True, {}, {}),
                ({"t": ("ReplicatedMergeTree", replicated)}, False, {},
                 {"insert_deduplicate": "0"}),
                ({"t": distributed, "inner": ("ReplicatedMergeTree", replicated)}, False, {},
                 {"insert_deduplicate": "0"}),
                ({"t": distributed, "inner": ("MergeTree", "MergeTree ORDER BY k")}, False, {}, {}),
                ({}, True, {"has_async": True}, {"async_insert": "0"}),
                ({}, True, {"has_async": True, "properties__async_insert": "1"},
                 {"async_insert": "1", "wait_for_async_insert": "1"})):
            has_async = more.pop("has_async", False)
            with Front(self.where, engines=engines, has_tokens=has_tokens,
                       has_async=has_async) as front:
                self.job(self.copy("k INT", [{"k": 1}], where=front.address, **more)
                         .replace("async-insert", "async_insert"))
                self.assertEqual(front.queries, [{"database": self.db, **want}], engines)

    def test_collapsing(self):
        self.create("k Int32, v String, sign Int8", "CollapsingMergeTree(sign) order by k")
        for size in ("1", "1000"):
            self.sql(f"truncate table `{self.db}`.t")
            self.job(self.copy(COLUMNS, CHANGES, key="k", sink__sign_column="sign",
                               batchSize=size))
            self.assertEqual(self.rows("k, v", tail="final order by k"),
                             [[1, "A"], [3, "c"], [4, "D"]])
            self.assertEqual(self.rows("sum(sign)"), [[3]])

    def test_aggregates_into_a_collapsing_table(self):
        self.create("k String, n Int64, sign Int8", "CollapsingMergeTree(sign) order by k")
        self.job(self.source("k STRING", [{"k": "abc"[i % 3]} for i in range(100)]) +
                 self.sink("k STRING, n BIGINT", sink__sign_column="sign") +
                 "INSERT INTO o SELECT k, COUNT(*) FROM i GROUP BY k;")
        self.assertEqual(self.rows("k, sum(n * sign)", tail="group by k order by k"),
                         [["a", 34], ["b", 33], ["c", 33]])

    def test_engines_that_cannot(self):
        self.create("k Int32, v String")
        self.fails(self.copy(COLUMNS, CHANGES, key="k"),
                   "has the engine MergeTree, which cannot update or delete rows",
                   "ReplacingMergeTree")
        self.create("k Int32, v String, s Int8", "CollapsingMergeTree(s) order by k", table="c")
        self.fails(self.copy(COLUMNS, CHANGES, key="k", table="c"), "updates rows by a sign",
                   "'sink.sign-column' = 's'")
        self.fails(self.copy(COLUMNS, CHANGES, key="k", table="c", sink__sign_column="v"),
                   'is in column "s"')
        self.create("k Int32, v String", "ReplacingMergeTree order by v", table="r")
        self.fails(self.copy(COLUMNS, CHANGES, key="k", table="r"), "replaces rows by its sorting",
                   'column "k" of the primary key is not in it')
        # Inserts alone are fine anywhere.
        self.job(self.source(COLUMNS, [{"k": 1, "v": "x"}]) + self.sink(COLUMNS, "k") +
                 "INSERT INTO o SELECT * FROM i;")
        self.assertEqual(self.rows(), [[1, "x"]])

    def wait_for_mutations(self):
        from serverlib import wait_until
        wait_until("mutations are done", lambda: self.server.rows(
            f"select count() from system.mutations where database = '{self.db}' "
            "and not is_done") == [[0]])


if __name__ == "__main__":
    Case.use(need("clickhouse")[0])
    unittest.main(argv=sys.argv[:1], verbosity=1)
