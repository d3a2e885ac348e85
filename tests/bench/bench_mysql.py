#!/usr/bin/env python3
"""Benchmarks of the MySQL connector beside a bare C client on the same server.

    bench_mysql.py --weir BIN --client BIN [--rows N]

Needs a MariaDB of tools/servers with a buffer pool that holds the table (WEIR_MARIADB_OPTIONS=
--innodb-buffer-pool-size=512M); it is found as by the tests (WEIR_MARIADB=HOST:PORT).  Each figure
is the median of --runs runs, taken in turns.
"""
import argparse
import os
import statistics
import subprocess
import sys
import tempfile

from benchlib import record, run

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "servers"))

from serverlib import Mysql, need, unique  # noqa: E402

COLUMNS = "id BIGINT, name STRING, amount DECIMAL(10, 2), `at` TIMESTAMP(3)"


class Bench:
    def __init__(self, args):
        self.args = args
        self.where, = need("mariadb")
        self.mysql = Mysql(self.where)
        self.mysql.fresh_database(unique("weir_bench"))

    def client(self, verb):
        host, port = self.where.rsplit(":", 1)
        done = subprocess.run([self.args.client, host, port, self.mysql.database, verb,
                               str(self.args.rows)], check=True, stdout=subprocess.PIPE)
        return float(done.stdout)

    def job(self, sql):
        """Wall seconds; CPU seconds."""
        with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
            file.write(sql)
            file.flush()
            cpu, wall, _, _ = run([self.args.weir, "run", file.name])
        return wall, cpu

    def table(self, name, key="", more=""):
        return (f"CREATE TABLE {name} ({COLUMNS}{key}) WITH ('connector' = 'jdbc', 'url' = "
                f"'jdbc:mysql://{self.where}/{self.mysql.database}', 'table-name' = 'bench', "
                f"'username' = 'weir', 'password' = 'weir'{more});")

    def numbers(self, count, more=""):
        return (f"CREATE TABLE n (i BIGINT{more}) WITH ('connector' = 'datagen', "
                f"'rows-per-second' = '1000000000', 'fields.i.kind' = 'sequence', "
                f"'fields.i.start' = '0', 'fields.i.end' = '{count - 1}');")

    def make_table(self):
        self.mysql.run("drop table if exists bench; create table bench (id bigint primary key, "
                       "name varchar(40), amount decimal(10, 2), at datetime(3))")

    def upsert(self, is_new):
        """Rows into an empty table, or over those that are there."""
        sql = self.numbers(self.args.rows) + self.table(
            "o", ", PRIMARY KEY (id) NOT ENFORCED", ", 'sink.buffer-flush.max-rows' = '1000'") + (
                "INSERT INTO o SELECT i, CONCAT('user number ', CAST(i AS STRING)), "
                "CAST(i AS DECIMAL(10, 2)) / 100, TIMESTAMP '2024-01-01 10:00:00.123' FROM n;")
        bare, ours, cpus = [], [], []
        for _ in range(self.args.runs):
            if is_new:
                self.make_table()
            bare.append(self.client("upsert"))
            if is_new:
                self.make_table()
            wall, cpu = self.job(sql)
            ours.append(self.args.rows / wall)
            cpus.append(cpu / self.args.rows * 1e6)
        name = "MySQL, new rows" if is_new else "MySQL, rows over others"
        record(name, statistics.median(ours), "rows/s", "bare client", statistics.median(bare))
        record(f"  CPU of weir, {name}", statistics.median(cpus), "us/row")

    def look_up(self, name, rows, keys, more, limit):
        sql = self.numbers(rows, ", p AS PROCTIME()") + self.table("d", "", more) + (
            f"CREATE TABLE o (i BIGINT, name STRING) WITH ('connector' = 'blackhole');"
            f"INSERT INTO o SELECT n.i, d.name FROM n JOIN d FOR SYSTEM_TIME AS OF n.p ON "
            f"MOD(n.i * 7919, {keys}) = d.id;")
        rates = [rows / self.job(sql)[0] for _ in range(self.args.runs)]
        record(name, statistics.median(rates), "keys/s", "bare client", limit)

    def scan(self, name, more=""):
        """All rows of the table, in one range or several."""
        sql = self.table("t", ", PRIMARY KEY (id) NOT ENFORCED", more) + (
            f"CREATE TABLE o ({COLUMNS}) WITH ('connector' = 'blackhole');"
            "INSERT INTO o SELECT * FROM t;")
        times = [self.job(sql) for _ in range(self.args.runs)]
        record(name, statistics.median(self.args.rows / wall for wall, _ in times), "rows/s")
        record(f"  CPU of weir, {name}",
               statistics.median(cpu / self.args.rows * 1e6 for _, cpu in times), "us/row")

    def run(self):
        self.upsert(True)
        self.upsert(False)
        rows = self.args.rows
        self.scan("MySQL, a table read in one range")
        self.scan("MySQL, a table read in eight ranges",
                  ", 'scan.partition.column' = 'id', 'scan.partition.num' = '8', "
                  f"'scan.partition.lower-bound' = '0', 'scan.partition.upper-bound' = '{rows - 1}'")
        limit = statistics.median(self.client("lookup") for _ in range(self.args.runs))
        self.look_up("MySQL, look-ups, cold", rows, rows, "", limit)
        self.look_up("MySQL, look-ups, cold, async", rows, rows, ", 'lookup.async' = 'true'", limit)
        self.look_up("MySQL, look-ups, 99 % hits", rows * 5, rows // 20,
                     ", 'lookup.cache' = 'PARTIAL', 'lookup.partial-cache.max-rows' = '200000'",
                     None)
        self.mysql.run(f"drop database `{self.mysql.database}`")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--weir", required=True)
    parser.add_argument("--client", required=True)
    parser.add_argument("--rows", type=int, default=1000000)
    parser.add_argument("--runs", type=int, default=3)
    Bench(parser.parse_args()).run()


main()
