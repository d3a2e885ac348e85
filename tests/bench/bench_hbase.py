#!/usr/bin/env python3
"""What a row costs weir on its way to HBase: its CPU time against a REST server that throws
everything away, and, where a real one runs, the rows that one takes.

    bench_hbase.py --weir WEIR [--rows N]
"""
import argparse
import os
import socket
import sys
import tempfile
import threading

import benchlib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "servers"))

# A table with the family "cf", in protocol buffers.
SCHEMA = b"\n\x01t\x1a\x04\n\x02cf"
ROUNDS = 3


class Discard:
    """Reads requests and throws them away."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    @staticmethod
    def serve(client):
        piece, data = bytearray(1 << 20), b""
        while True:
            while b"\r\n\r\n" not in data:
                size = client.recv_into(piece)
                if size == 0:
                    return
                data += piece[:size]
            head, data = data.split(b"\r\n\r\n", 1)
            lines = head.lower().split(b"\r\n")
            left = sum(int(line[15:]) for line in lines if line.startswith(b"content-length:"))
            left, data = left - len(data), data[left:]
            while left > 0:
                left -= client.recv_into(piece, min(left, len(piece)))
            body = SCHEMA if b"/schema" in lines[0] else b""
            client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


def cpu_and_wall(weir, rows, sink):
    """Of the quickest of some runs."""
    sql = f"""
        CREATE TABLE src (k BIGINT, a STRING, b STRING, c STRING, n BIGINT) WITH (
            'connector' = 'datagen', 'rows-per-second' = '1000000000', 'number-of-rows' = '{rows}',
            'fields.k.kind' = 'sequence', 'fields.k.start' = '1', 'fields.k.end' = '{rows}',
            'fields.a.length' = '20', 'fields.b.length' = '20', 'fields.c.length' = '20');
        CREATE TABLE t (rowkey STRING, cf ROW<a STRING, b STRING, c STRING, n BIGINT>,
            PRIMARY KEY (rowkey) NOT ENFORCED) WITH ({sink});
        INSERT INTO t SELECT CAST(k AS STRING), ROW(a, b, c, n) FROM src;"""
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(sql)
        file.flush()
        runs = [benchlib.run([weir, "run", file.name]) for _ in range(ROUNDS)]
    return min(run[0] for run in runs), min(run[1] for run in runs)


def real_server(weir):
    from serverlib import Hbase, Server
    server = Server("hbase")
    if not server.is_running():
        print("no HBase is running: its own speed is not measured")
        return
    hbase, name = Hbase(server.address), f"bench_{os.getpid()}"
    hbase.create(name, "cf")
    try:
        rows = 100_000
        cpu, wall = cpu_and_wall(weir, rows, f"'connector' = 'hbase-2.2', 'table-name' = '{name}',"
                                 f" 'rest.endpoints' = '{server.address}'")
        benchlib.record("hbase.sink.server", rows / wall, "rows/s")
        benchlib.record("hbase.sink.server.cpu", cpu / rows * 1e6, "us/row")
    finally:
        hbase.drop(name)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--weir", required=True)
    parser.add_argument("--rows", type=int, default=2_000_000)
    args = parser.parse_args()
    fake = Discard()
    source, _ = cpu_and_wall(args.weir, args.rows, "'connector' = 'blackhole'")
    cpu, wall = cpu_and_wall(args.weir, args.rows, "'connector' = 'hbase-2.2', 'table-name' = 't',"
                             f" 'rest.endpoints' = '{fake.address}'")
    benchlib.record("hbase.sink.cpu", (cpu - source) / args.rows * 1e6, "us/row", "allowed", 2.0)
    benchlib.record("hbase.sink.fake", args.rows / wall, "rows/s")
    real_server(args.weir)


main()
