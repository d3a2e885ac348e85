#!/usr/bin/env python3
"""Benchmark of the ClickHouse sink beside curl that pipes the same rows, as RowBinary, to the same
server: in one request, and in as many as the sink makes.

    bench_clickhouse.py --weir BIN [--rows N] [--runs N]

The server is found as by the tests (WEIR_CLICKHOUSE=HOST:PORT).  Each figure is the median of the
runs, taken in turns.
"""
import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time

from benchlib import record, run

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "servers"))

from serverlib import ClickHouse, need, quote, unique  # noqa: E402

COLUMNS = "id BIGINT, user_id INT, price DOUBLE, name STRING, `at` TIMESTAMP(3)"
CALL_ROWS = 100000  # of the sink, by default


class Bench:
    def __init__(self, args, folder):
        self.args, self.folder = args, folder
        self.where, = need("clickhouse")
        self.server = ClickHouse(self.where)
        self.db = unique("weir_bench")
        self.server.run(f"create database `{self.db}`")
        self.server.run(f"create table `{self.db}`.t (id Int64, user_id Int32, price Float64, "
                        "name String, at DateTime) engine = MergeTree order by id")

    def truncate(self):
        self.server.run(f"truncate table `{self.db}`.t")

    def job(self, sink):
        rows = self.args.rows
        sql = (f"CREATE TABLE i ({COLUMNS}) WITH ('connector' = 'datagen', "
               f"'rows-per-second' = '1000000000', 'number-of-rows' = '{rows}', "
               "'fields.id.kind' = 'sequence', 'fields.id.start' = '1', "
               f"'fields.id.end' = '{rows}', 'fields.name.length' = '16');"
               f"CREATE TABLE o ({COLUMNS}) WITH ({sink}); INSERT INTO o SELECT * FROM i;")
        path = os.path.join(self.folder, "job.sql")
        with open(path, "w", encoding="utf-8") as file:
            file.write(sql)
        cpu, wall, _, _ = run([self.args.weir, "run", path])
        return wall, cpu

    def pipe(self, *files):
        query = quote(f"insert into `{self.db}`.t format RowBinary")
        command = ["curl", "-s", "--fail", "-H", "Expect:"]
        for n, name in enumerate(files):
            command += ["--next", "-s", "--fail", "-H", "Expect:"] if n > 0 else []
            command += ["-X", "POST", "-T", name, f"http://{self.where}/?query={query}"]
        begin = time.monotonic()
        subprocess.run(command, check=True)
        return time.monotonic() - begin

    def dump(self, name, tail):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as file:
            file.write(self.server.must("POST", "/", f"select * from `{self.db}`.t {tail} "
                                        "format RowBinary").data)
        return path

    def run(self):
        rows = self.args.rows
        sink = (f"'connector' = 'clickhouse', 'url' = 'clickhouse://{self.where}/{self.db}', "
                "'tableName' = 't'")
        self.job(sink)
        whole = self.dump("whole", "")
        parts = [self.dump(f"part{n}", f"order by id limit {n}, {CALL_ROWS}")
                 for n in range(0, rows, CALL_ROWS)]
        ours, cpus, one, many = [], [], [], []
        for _ in range(self.args.runs):
            self.truncate()
            wall, cpu = self.job(sink)
            assert self.server.rows(f"select count() from `{self.db}`.t") == [[rows]]
            ours.append(rows / wall)
            cpus.append(cpu / rows * 1e6)
            self.truncate()
            one.append(rows / self.pipe(whole))
            self.truncate()
            many.append(rows / self.pipe(*parts))
        record("ClickHouse", statistics.median(ours), "rows/s", "curl, a request for 100,000 rows",
               statistics.median(many))
        record("ClickHouse", statistics.median(ours), "rows/s", "curl, one request",
               statistics.median(one))
        record("  CPU of weir, ClickHouse", statistics.median(cpus), "us/row")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--weir", required=True)
    parser.add_argument("--rows", type=int, default=3000000)
    parser.add_argument("--runs", type=int, default=5)
    with tempfile.TemporaryDirectory(prefix="weir-bench-") as folder:
        bench = Bench(parser.parse_args(), folder)
        try:
            bench.run()
        finally:
            bench.server.run(f"drop database `{bench.db}`")


if __name__ == "__main__":
    main()
