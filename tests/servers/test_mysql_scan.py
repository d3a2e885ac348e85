#!/usr/bin/env python3
"""A table of a real MariaDB read as a bounded source: types, NULLs, ranges, order.

    test_mysql_scan.py WEIR ...
"""
import os

from mysqllib import MYSQL, WEIR, MysqlCase, main
from serverlib import wait_until


class Scan(MysqlCase):
    def scan(self, columns, select="*", table="t", prefix="", options=(), **more):
        return self.select(
            f"{prefix}CREATE TABLE t ({columns}) WITH ({self.options(table, more)});"
            f"SELECT {select} FROM t;", *options)

    def test_types(self):
        MYSQL.run("""create table t (id int primary key, b tinyint(1), b1 bit(1), bits bit(17),
            ti tinyint, tu tinyint unsigned, si smallint, i int, bi bigint, bu bigint unsigned,
            f float, d double, de decimal(20, 4), big decimal(38, 0), c char(5), s text,
            v varchar(20), bin varbinary(20), blo blob, da date, tm time(3), ts datetime(6),
            stamp timestamp(3) null, y year, js json, en enum('x', 'y'), st set('p', 'q'));
            set time_zone = '+08:00';
            insert into t values (1, 0, b'0', b'1', -128, 0, -32768, -2147483648,
            -9223372036854775808, 0, -1.5, -1e300, -1234567890.1, -1e37, '', '', '', '', '',
            '0001-01-01', '00:00:00', '0001-01-01 00:00:00', '1970-01-02 00:00:01', 1901,
            '{"a": null}', 'x', ''), (2, 1, b'1', b'10000000000000001', 127, 255, 32767, 2147483647,
            9223372036854775807, 18446744073709551615, 1.1, 0.1, 0.0001,
            99999999999999999999999999999999999999, 'ab', 'it''s \\\\ 🙂', 'ü', x'00ff275c',
            x'00', '9999-12-31', '23:59:59.999', '9999-12-31 23:59:59.999999',
            '2037-12-31 23:59:59.999', 2155, '[1]', 'y', 'p,q');
            insert into t (id) values (3)""")
        columns = ("id INT, b BOOLEAN, b1 BOOLEAN, bits INT, ti TINYINT, tu SMALLINT, si SMALLINT, "
                   "i INT, bi BIGINT, bu DECIMAL(20, 0), f FLOAT, d DOUBLE, de DECIMAL(20, 4), "
                   "big DECIMAL(38, 0), c STRING, s STRING, v VARCHAR(20), bin BYTES, blo BYTES, "
                   "da DATE, tm TIME(3), ts TIMESTAMP(6), stamp TIMESTAMP(3), y INT, js STRING, "
                   "en STRING, st STRING")
        rows = self.scan(columns, **{"properties.sessionVariables": 'time_zone="+08:00"'})
        names = list(rows[0])
        self.assertEqual(list(rows[0].values()), [
            1, False, False, 1, -128, 0, -32768, -2147483648, -9223372036854775808, 0, -1.5, -1e300,
            -1234567890.1, -10**37, "", "", "", "", "", "0001-01-01", "00:00:00",
            "0001-01-01 00:00:00", "1970-01-02 00:00:01", 1901, '{"a": null}', "x", ""])
        self.assertEqual(list(rows[1].values()), [
            2, True, True, 65537, 127, 255, 32767, 2147483647, 9223372036854775807,
            18446744073709551615, 1.1, 0.1, 0.0001, 10**38 - 1, "ab", "it's \\ 🙂", "ü", "AP8nXA==",
            "AA==", "9999-12-31", "23:59:59.999", "9999-12-31 23:59:59.999999",
            "2037-12-31 23:59:59.999", 2155, "[1]", "y", "p,q"])
        self.assertEqual(rows[2], dict({name: None for name in names}, id=3))

    def test_instants_are_wall_clocks_of_the_table_s_zone(self):
        MYSQL.run("create table t (id int primary key, a datetime, b timestamp null); "
                  "insert into t values (1, '2024-01-01 08:00:00', '2024-01-01 08:00:00')")
        self.assertEqual(
            self.scan("id INT, a TIMESTAMP_LTZ(0), b TIMESTAMP_LTZ(0)", "a, b",
                      prefix="SET 'table.local-time-zone' = 'Asia/Shanghai';"),
            [{"a": "2024-01-01 00:00:00Z", "b": "2024-01-01 00:00:00Z"}])

    def test_zero_dates_are_null(self):
        MYSQL.run("create table t (id int, d date, ts datetime); set sql_mode = ''; "
                  "insert into t values (1, '0000-00-00', '0000-00-00 00:00:00')")
        self.assertEqual(self.scan("id INT, d DATE, ts TIMESTAMP(0)"),
                         [{"id": 1, "d": None, "ts": None}])

    def test_a_value_that_does_not_fit_is_a_bad_row(self):
        MYSQL.run("create table t (id int primary key, v varchar(20)); "
                  "insert into t values (1, '1'), (2, 'two'), (3, '3')")
        sql = (f"CREATE TABLE t (id INT, v INT) WITH ("
               f"{self.options('t', {'on-error': 'skip'})}); SELECT id, v FROM t;")
        self.assertEqual(self.select(sql), [{"id": 1, "v": 1}, {"id": 3, "v": 3}])
        text = self.run_job(sql.replace("skip", "fail"), status=3)
        self.assertIn('column "v": cannot read "two" as INT', text)

    def test_order_and_columns(self):
        MYSQL.run("create table t (k varchar(9), id int, `o``dd` int) "
                  "select concat('k', seq) as k, 5001 - seq as id, seq as `o``dd` "
                  "from seq_1_to_5000")
        rows = self.scan("id INT, `o``dd` INT, k STRING, PRIMARY KEY (id) NOT ENFORCED", "id, k")
        self.assertEqual(rows, [{"id": i, "k": f"k{5001 - i}"} for i in range(1, 5001)])
        self.assertEqual(self.scan("id INT, k STRING", "count(*) AS n",
                                   options=("--set", "execution.runtime-mode=batch"))[-1],
                         {"n": 5000})

    def test_ranges(self):
        MYSQL.run("create table t (id int, v int); insert into t "
                  "select seq, seq from seq_1_to_100; insert into t values (null, 0), (null, 1)")
        for num, lower, upper in ((3, 1, 100), (1, 10, 20), (7, 11, 20), (100, 1, 10), (2, 5, 5)):
            with self.subTest(num=num):
                rows = self.scan("id INT, v INT", **{
                    "scan.partition.column": "id", "scan.partition.num": num,
                    "scan.partition.lower-bound": lower, "scan.partition.upper-bound": upper})
                self.assertEqual(sorted(row["id"] for row in rows), list(range(lower, upper + 1)))
        text = self.run_job(f"CREATE TABLE t (id INT) WITH ("
                            f"{self.options('t', {'scan.partition.num': 2})}); SELECT * FROM t;",
                            status=2)
        self.assertIn('"scan.partition.num" needs "scan.partition.column" too', text)

    def test_a_stop_in_the_middle_goes_on_behind_it(self):
        self.stop_and_go_on({})

    def test_a_stop_in_the_middle_of_ranges(self):
        self.stop_and_go_on({"scan.partition.column": "id", "scan.partition.num": 7,
                             "scan.partition.lower-bound": 1,
                             "scan.partition.upper-bound": 200000})

    def stop_and_go_on(self, more):
        """Stopped while it reads, and started again: each row once."""
        MYSQL.run("create table t (id int primary key, v varchar(100)) "
                  "select seq as id, repeat('x', 90) as v from seq_1_to_200000")
        out = self.path("out.ndjson")
        state = self.path("state")
        sql = (f"CREATE TABLE t (id INT, v STRING, PRIMARY KEY (id) NOT ENFORCED) WITH ("
               f"{self.options('t', more)}); CREATE TABLE o (id INT) WITH ('connector' = 'filesystem', "
               f"'path' = '{out}', 'format' = 'json'); INSERT INTO o SELECT id FROM t;")
        options = ("--set", f"weir.state.dir={state}", "--set", "weir.checkpoint.interval=20ms",
                   "--set", "weir.job.name=scan")
        for _ in range(3):
            child = WEIR.start(sql, *options)
            size = os.path.getsize(out) if os.path.exists(out) else 0
            wait_until("rows are read", lambda: child.poll() is not None or
                       (os.path.exists(out) and os.path.getsize(out) > size))
            child.terminate()
            status, text = WEIR.finish(child)
            self.assertEqual(status, 0, text)
        self.run_job(sql, *options)
        with open(out, encoding="utf-8") as file:
            ids = [int(line[6:-2]) for line in file]
        self.assertEqual(sorted(ids) if more else ids, list(range(1, 200001)))


if __name__ == "__main__":
    main()
