#!/usr/bin/env python3
"""Rows into tables of a real MariaDB: upserts, deletes, appends, every type, refused rows, names and
values that would like to be SQL.

    test_mysql_sink.py WEIR ...
"""
import json
import os
import re

from mysqllib import MYSQL, WHERE, MysqlCase, main
from serverlib import seeded_random


class Sink(MysqlCase):
    def job(self, columns, rows, table="t", key="", **more):
        """Copies changes into a table with the same columns; without key only inserts."""
        path = self.write_changes(rows) if key else self.write_rows(data for _, data in rows)
        declared = f", PRIMARY KEY ({key}) NOT ENFORCED" if key else ""
        return (f"CREATE TABLE i ({columns}{declared}) WITH ('connector' = 'filesystem', "
                f"'path' = '{path}', 'format' = '{'changelog-json' if key else 'json'}');\n"
                f"CREATE TABLE o ({columns}{declared}) WITH ({self.options(table, more)});\n"
                f"INSERT INTO o SELECT * FROM i;\n")

    # --- what is written ---------------------------------------------------------------------

    def test_upserts_and_deletes_by_key(self):
        MYSQL.run("create table t (id int primary key, v varchar(20))")
        self.run_job(self.job("id INT, v STRING", [
            ("+I", {"id": 1, "v": "one"}), ("+I", {"id": 2, "v": "two"}),
            ("+I", {"id": 3, "v": None}), ("-U", {"id": 1, "v": "one"}),
            ("+U", {"id": 1, "v": "uno"}), ("-D", {"id": 2, "v": "two"}),
            ("+I", {"id": 4, "v": "four"}), ("-D", {"id": 4, "v": "four"}),
            ("+I", {"id": 4, "v": "vier"})], key="id"))
        self.assertEqual(MYSQL.rows("select * from t order by id"),
                         [("1", "uno"), ("3", None), ("4", "vier")])

    def test_keys_of_several_columns(self):
        MYSQL.run("create table t (a int, b varchar(9), v int, primary key (a, b))")
        rows = [("+I", {"a": a, "b": b, "v": 1}) for a in range(40) for b in ("x", "y'", "z\\")]
        rows += [("-D", {"a": a, "b": b, "v": 1}) for a in range(1, 40) for b in ("x", "z\\")]
        self.run_job(self.job("a INT, b STRING, v INT", rows, key="a, b"))
        self.assertEqual(MYSQL.rows("select count(*), sum(a), count(distinct b) from t"),
                         [("42", "780", "3")])

    def test_many_rows_in_small_statements(self):
        MYSQL.run("create table t (id int primary key, v int)")
        rows = [("+I", {"id": i % 700, "v": i}) for i in range(3000)]
        rows += [("-D", {"id": i, "v": 0}) for i in range(0, 700, 7)]
        last = {i % 700: i for i in range(3000) if i % 7}
        for size in (0, 1, 7, 100000):
            MYSQL.run("truncate t")
            self.run_job(self.job("id INT, v INT", rows, key="id",
                                  **{"sink.buffer-flush.max-rows": size}))
            self.assertEqual(MYSQL.rows("select count(*), sum(id), sum(v) from t"),
                             [("600", str(sum(last)), str(sum(last.values())))])

    def test_only_a_key(self):
        MYSQL.run("create table t (id int primary key)")
        self.run_job(self.job("id INT", [("+I", {"id": 1}), ("+I", {"id": 2}), ("+I", {"id": 1}),
                                         ("-D", {"id": 2})], key="id"))
        self.assertEqual(MYSQL.rows("select * from t"), [("1",)])

    def test_without_key_all_rows_are_kept(self):
        MYSQL.run("create table t (id int, v varchar(9))")
        self.run_job(self.job("id INT, v STRING", [("+I", {"id": 1, "v": "a"})] * 3))
        self.assertEqual(MYSQL.rows("select * from t"), [("1", "a")] * 3)

    def test_exclude_update_columns_in_order(self):
        MYSQL.run("create table t (id int primary key, made int, v int)")
        rows = [("+I", {"id": 1, "made": 10, "v": 1}), ("+I", {"id": 1, "made": 20, "v": 2}),
                ("+I", {"id": 2, "made": 30, "v": 3}), ("-D", {"id": 2, "made": 30, "v": 3}),
                ("+I", {"id": 2, "made": 40, "v": 4}), ("+I", {"id": 2, "made": 50, "v": 5})]
        self.run_job(self.job("id INT, made INT, v INT", rows, key="id", connector="rds",
                              excludeUpdateColumns="made"))
        self.assertEqual(MYSQL.rows("select * from t order by id"),
                         [("1", "10", "2"), ("2", "40", "5")])

    def test_ignore_delete(self):
        MYSQL.run("create table t (id int primary key, v int)")
        rows = [("+I", {"id": 1, "v": 1}), ("-D", {"id": 1, "v": 1})]
        self.run_job(self.job("id INT, v INT", rows, key="id", connector="rds",
                              ignoreDelete="true"))
        self.assertEqual(MYSQL.rows("select * from t"), [("1", "1")])

    def test_blink_job(self):
        """Wall clocks of the job's zone, or of the table's, in DATETIME and TIMESTAMP columns."""
        MYSQL.run("create table t (id bigint primary key, at datetime(3), st timestamp(3) null)")
        path = self.write_rows([{"id": 1, "ms": 1596702949123}, {"id": 2, "ms": None}])
        for zone, wall in (("", "2020-08-06 16:35:49.123"),
                           ("timeZone='Europe/Paris',", "2020-08-06 10:35:49.123")):
            self.run_job(
                f"create table i (id bigint, ms bigint) with (type='filesystem', path='{path}', "
                f"format='json');"
                f"create table o (id bigint, at timestamp, st timestamp, primary key (id)) with ("
                f"type='RDS', url='jdbc:mysql://{WHERE}/{MYSQL.database}?useSSL=false', {zone}"
                f"tableName='t', userName='weir', password='weir', batchSize='2', "
                f"flushIntervalMs='100', maxRetryTimes='3', bufferSize='10', partitionBy='id');"
                f"insert into o select id, to_timestamp(ms), to_timestamp(ms) from i;")
            self.assertEqual(MYSQL.rows("select * from t order by id"),
                             [("1", wall, wall), ("2", None, None)])

    # --- types -------------------------------------------------------------------------------

    def test_types(self):
        MYSQL.run("""create table t (id int primary key, b tinyint(1), b1 bit(1), ti tinyint,
            si smallint, i int, bi bigint, f float, d double, de decimal(20, 4),
            big decimal(38, 0), c char(5), s text, bin varbinary(20), da date, tm time(3),
            ts datetime(6), stamp timestamp(3) null, js json, en enum('x', 'y'))""")
        columns = ("id INT, b BOOLEAN, b1 BOOLEAN, ti TINYINT, si SMALLINT, i INT, bi BIGINT, "
                   "f FLOAT, d DOUBLE, de DECIMAL(20, 4), big DECIMAL(38, 0), c CHAR(5), s STRING, "
                   "bin BYTES, da DATE, tm TIME(3), ts TIMESTAMP(6), stamp TIMESTAMP_LTZ(3), "
                   "js ROW<a INT, b ARRAY<STRING>>, en STRING")
        names = ["id", "b", "b1", "ti", "si", "i", "bi", "f", "d", "de", "big", "c", "s", "bin",
                 "da", "tm", "ts", "stamp", "js", "en"]
        least = [1, False, False, -128, -32768, -2147483648, -9223372036854775808, -1.5, -1e300,
                 -12345678901.5, -99999999999999999999999999999999999999, "abcde", "", "",
                 "0001-01-01", "00:00:00", "1000-01-01 00:00:00", "1970-01-02T00:00:01Z",
                 {"a": None, "b": []}, "x"]
        most = [2, True, True, 127, 32767, 2147483647, 9223372036854775807, 1.1, 0.1,
                0.0001, 99999999999999999999999999999999999999, "z", "it's \\ \"ü\" 🙂\n\t\u0000.",
                "AP8nXAA=", "9999-12-31", "23:59:59.999", "9999-12-31 23:59:59.999999",
                "2037-12-31T23:59:59.999Z", {"a": 1, "b": ["q\"'", None]}, "y"]
        none = [3] + [None] * (len(names) - 1)
        rows = [("+I", dict(zip(names, values))) for values in (least, most, none)]
        self.run_job("SET 'table.local-time-zone' = 'Asia/Shanghai';" +
                     self.job(columns, rows, key="id"))
        got = MYSQL.rows("select id, b, b1 + 0, ti, si, i, bi, f, d, de, big, c, hex(s), hex(bin), "
                         "da, tm, ts, stamp, js, en from t order by id")
        self.assertEqual(got[0], (
            "1", "0", "0", "-128", "-32768", "-2147483648", "-9223372036854775808", "-1.5",
            "-1e300", "-12345678901.5000", "-99999999999999999999999999999999999999", "abcde",
            "", "", "0001-01-01", "00:00:00.000", "1000-01-01 00:00:00.000000",
            "1970-01-02 08:00:01.000", '{"a":null,"b":[]}', "x"))
        self.assertEqual(got[1], (
            "2", "1", "1", "127", "32767", "2147483647", "9223372036854775807", "1.1", "0.1",
            "0.0001", "99999999999999999999999999999999999999", "z",
            "it's \\ \"ü\" 🙂\n\t\0.".encode().hex().upper(), "00FF275C00", "9999-12-31",
            "23:59:59.999", "9999-12-31 23:59:59.999999", "2038-01-01 07:59:59.999",
            '{"a":1,"b":["q\\"\'",null]}', "y"))
        self.assertEqual(got[2], tuple(["3"] + [None] * (len(names) - 1)))

    def test_a_zero_in_a_column_that_counts(self):
        MYSQL.run("create table t (id int primary key auto_increment, v int)")
        self.run_job(self.job("id INT, v INT", [("+I", {"id": 0, "v": 7})], key="id"))
        self.assertEqual(MYSQL.rows("select * from t"), [("0", "7")])

    # --- what is refused -----------------------------------------------------------------------

    def test_a_refused_row_leaves_its_neighbours_alone(self):
        MYSQL.run("create table t (id int primary key, v varchar(4), n int check (n < 100))")
        rows = [("+I", {"id": i, "v": "ok", "n": 1}) for i in range(500)]
        rows[17][1]["v"] = "too long"
        rows[250][1]["n"] = 100
        rows[499][1]["v"] = "too long as well"
        bad = os.path.join(self.folder.name, "bad.ndjson")
        sql = self.job("id INT, v STRING, n INT", rows, key="id",
                       **{"on-error": "route", "dead-letter-table": "bad"})
        text = self.run_job(
            "CREATE TABLE bad (raw STRING, reason STRING) WITH ('connector' = 'filesystem', "
            f"'path' = '{bad}', 'format' = 'json');" + sql)
        self.assertEqual(MYSQL.rows("select count(*), sum(id) from t"),
                         [("497", str(sum(range(500)) - 17 - 250 - 499))])
        with open(bad, encoding="utf-8") as file:
            letters = [json.loads(line) for line in file]
        self.assertEqual(sorted(letter["raw"] for letter in letters),
                         ["(17,'too long',1)", "(250,'ok',100)", "(499,'too long as well',1)"])
        reasons = " ".join(letter["reason"] for letter in letters)
        self.assertIn("Data too long for column 'v' (error 1406)", reasons)
        self.assertIn("(error 4025)", reasons)
        self.assertIn("3 skipped", text)

    def test_any_changes_end_as_their_last_ones(self):
        """Upserts, deletes and refused rows in any order, in calls of any size."""
        chance = seeded_random()
        for _ in range(4):
            MYSQL.run("drop table if exists t; create table t (id int primary key, v varchar(6))")
            rows, held = [], {}
            for i in range(3000):
                key = chance.randrange(150)
                if key in held and chance.random() < 0.3:
                    rows.append(("-D", {"id": key, "v": held.pop(key)}))
                    continue
                if chance.random() < 0.1:
                    # Often the last of its key in a call: then the row before it counts.
                    rows.append(("+I", {"id": key, "v": "too long"}))
                    continue
                held[key] = str(i)
                rows.append(("+I", {"id": key, "v": held[key]}))
            size = chance.choice((1, 10, 100, 1000))
            text = self.run_job(self.job("id INT, v STRING", rows, key="id",
                                         **{"sink.buffer-flush.max-rows": size}))
            self.assertEqual(sorted(MYSQL.rows("select id, v from t")),
                             sorted((str(key), value) for key, value in held.items()))
            refused = sum(row[1]["v"] == "too long" for row in rows)
            skipped = sum(map(int, re.findall(r"(\d+) skipped", text)))
            self.assertTrue(0 < skipped <= refused, (skipped, refused))

    def test_refused_rows_of_an_append(self):
        MYSQL.run("create table t (id int unique, v tinyint)")
        rows = [("+I", {"id": i, "v": 1}) for i in range(200)]
        rows[5][1]["id"] = 4      # a duplicate
        rows[100][1]["v"] = 1000  # out of range
        self.run_job(self.job("id INT, v INT", rows))
        self.assertEqual(MYSQL.rows("select count(*), count(distinct id) from t"),
                         [("198", "198")])

    def test_refused_deletes(self):
        MYSQL.run("create table t (id int primary key, v int); create table child (id int, "
                  "foreign key (id) references t (id)); insert into t values (1, 1), (2, 2), "
                  "(3, 3); insert into child values (2)")
        self.run_job(self.job("id INT, v INT", [("-D", {"id": i, "v": i}) for i in (1, 2, 3)],
                              key="id"))
        self.assertEqual(MYSQL.rows("select id from t"), [("2",)])

    def test_a_row_that_no_packet_holds(self):
        packet = int(MYSQL.rows("select @@max_allowed_packet")[0][0])
        MYSQL.run("create table t (id int primary key, v longtext)")
        rows = [("+I", {"id": 1, "v": "small"}), ("+I", {"id": 2, "v": "x" * packet}),
                ("+I", {"id": 3, "v": "small"})]
        text = self.run_job(self.job("id INT, v STRING", rows, key="id"))
        self.assertEqual(MYSQL.rows("select id from t"), [("1",), ("3",)])
        self.assertIn(f"max_allowed_packet of the server is {packet}", text)

    def test_no_number(self):
        MYSQL.run("create table t (id int primary key, d double)")
        text = self.run_job(self.job("id INT, d DOUBLE", [
            ("+I", {"id": 1, "d": "NaN"}), ("+I", {"id": 2, "d": "Infinity"}),
            ("+I", {"id": 3, "d": 1.5})], key="id"))
        self.assertEqual(MYSQL.rows("select * from t"), [("3", "1.5")])
        self.assertIn('column "d": MySQL has no NaN', text)

    # --- what cannot work ----------------------------------------------------------------------

    def test_errors_at_the_start(self):
        MYSQL.run("create table t (id int primary key, amount int)")
        rows = [("+I", {"id": 1, "amoumt": 1})]
        columns = "id INT, amoumt INT"
        text = self.run_job(self.job(columns, rows, key="id"), status=2)
        self.assertIn('has no column "amoumt"', text)
        self.assertIn('Perhaps you meant "amount".', text)
        text = self.run_job(self.job(columns, rows, table="tt", key="id"), status=3)
        self.assertIn("doesn't exist (error 1146)", text)
        text = self.run_job(self.job(columns, rows, key="id", password="wrong secret"), status=3)
        self.assertIn("(error 1045)", text)
        self.assertNotIn("secret", text.replace("'password'", ""))
        text = self.run_job(self.job(columns, rows, key="id",
                                     url=f"jdbc:mysql://{WHERE}/no_such_db"), status=3)
        self.assertIn("no_such_db", text)
        text = self.run_job(self.job(columns, rows, key="id", url="jdbc:oracle:x"), status=2)
        self.assertIn("does not begin with jdbc:mysql://", text)
        text = self.run_job(self.job(columns, rows, key="id").replace("'username' = 'weir', ", ""),
                            status=2)
        self.assertIn('needs the option "username"', text)
        self.assertIn("WITH or in the profile", text)

    # --- SQL in names and values -----------------------------------------------------------------

    def test_injection(self):
        names = ["a`b", "c'd", 'e"f', "g\\h", "i;-- j"]
        values = ["'); drop table t; --", "\\'); drop table t; --", "\\", "'", "''", "\0", "`", "\"",
                  "%s%n", "x'00'", "\x1a", "\\0\\n", "a\\", "NULL", "𝒳'\\"]
        declared = ", ".join(f"`{name.replace('`', '``')}` varchar(50)" for name in names)
        for mode in ("", "NO_BACKSLASH_ESCAPES", "ANSI"):
            with self.subTest(mode=mode):
                MYSQL.run("drop table if exists `t``x`")
                MYSQL.run(f"create table `t``x` (k varchar(50) primary key, {declared})")
                # The mode is that of the session; the job's url cannot know better.
                more = f"?sessionVariables=sql_mode=concat(@@sql_mode,%27,{mode}%27)"
                columns = "k STRING, " + ", ".join(f"`{name.replace('`', '``')}` STRING"
                                                  for name in names)
                rows = [("+I", {"k": value, **{name: value for name in names}})
                        for value in values]
                rows += [("+I", {"k": "gone" + value}) for value in values]
                rows += [("-D", {"k": "gone" + value}) for value in values]
                for row in rows[len(values):]:
                    row[1].update({name: "" for name in names})
                self.run_job(self.job(columns, rows, table="t`x", key="k", **{
                    "url": f"jdbc:mysql://{WHERE}/{MYSQL.database}{more}"}))
                got = MYSQL.rows("select hex(k), hex(`a``b`), hex(`i;-- j`) from `t``x`")
                want = sorted((value.encode().hex().upper(),) * 3 for value in values)
                self.assertEqual(sorted(got), want)


if __name__ == "__main__":
    main()
