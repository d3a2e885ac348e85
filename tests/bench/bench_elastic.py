#!/usr/bin/env python3
"""What a row costs on its way to Elasticsearch, and how fast the server takes it.

    bench_elastic.py --weir WEIR [--rows N]

"client": CPU of all of weir, reading of the rows included, before a server that throws them away.
"server": rows a second into the real one (tools/servers start elasticsearch), beside the same calls made
beforehand and sent by a client that does nothing else.
"""
import argparse
import http.client
import json
import os
import socket
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "servers"))

from benchlib import record, run  # noqa: E402
from serverlib import Elasticsearch, address  # noqa: E402

CALL_ROWS = 5000
COLUMNS = "id BIGINT, name STRING, amount DOUBLE, at TIMESTAMP(3), ok BOOLEAN, city STRING"
PROPERTIES = {"id": "long", "name": "keyword", "amount": "double", "ok": "boolean",
              "city": "keyword", "at": {"type": "date", "format": "yyyy-MM-dd HH:mm:ss.SSS"}}


class Discarding:
    """Takes bulk calls, counts their lines, and says that all of them are safe."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        rest = b""
        while True:
            while b"\r\n\r\n" not in rest:
                piece = client.recv(1 << 20)
                if not piece:
                    return
                rest += piece
            head, rest = rest.split(b"\r\n\r\n", 1)
            size = sum(int(line.split(b":")[1]) for line in head.split(b"\r\n")
                       if line.lower().startswith(b"content-length:"))
            pieces, left = [rest], size - len(rest)
            while left > 0:
                pieces.append(client.recv(1 << 20))
                left -= len(pieces[-1])
            body = b"".join(pieces)
            body, rest = body[:size], body[size:]
            reply = b"{}"
            if b"/_bulk" in head.split(b"\r\n", 1)[0]:
                items = [b'{"update":{"status":200}}'] * (body.count(b"\n") // 2)
                reply = b'{"errors":false,"items":[' + b",".join(items) + b"]}"
            client.sendall(b"HTTP/1.1 %d OK\r\nContent-Type: application/json\r\n"
                           b"Content-Length: %d\r\n\r\n%s" % (200 if len(reply) > 2 else 404,
                                                              len(reply), reply))


def row_of(i):
    return {"id": i, "name": f"user number {i * 7919 % 1000003}", "amount": i / 8,
            "at": "2024-01-02 03:04:%02d.123" % (i % 60), "ok": i % 2 == 0, "city": "Beijing"}


def job(path, host, index):
    return f"""
        CREATE TABLE s ({COLUMNS}) WITH ('connector'='filesystem','path'='{path}',
            'format'='json');
        CREATE TABLE t ({COLUMNS}, PRIMARY KEY (id) NOT ENFORCED) WITH (
            'connector'='elasticsearch-7','hosts'='http://{host}','index'='{index}',
            'on-error'='fail','sink.bulk-flush.max-actions'='{CALL_ROWS}',
            'sink.bulk-flush.max-size'='8mb');
        INSERT INTO t SELECT * FROM s;"""


def run_job(weir, folder, *what):
    path = os.path.join(folder, "job.sql")
    with open(path, "w", encoding="ascii") as file:
        file.write(job(*what))
    return run([weir, "run", path, "--parallelism", "1", "--set", "weir.summary=none"])


def fresh(server, index):
    server.drop(index)
    server.create(index, PROPERTIES)


def send_bare(host, index, rows):
    """Seconds for the same calls, made beforehand."""
    bodies = ["".join('{"update":{"_id":"%d"}}\n{"doc":%s,"doc_as_upsert":true}\n' % (
        i, json.dumps(row_of(i), separators=(",", ":"))) for i in range(first, first + CALL_ROWS))
              .encode() for first in range(0, rows, CALL_ROWS)]
    connection = http.client.HTTPConnection(host)
    begin = time.monotonic()
    for body in bodies:
        connection.request("POST", f"/{index}/_bulk?filter_path=errors", body,
                           {"Content-Type": "application/x-ndjson"})
        assert not json.loads(connection.getresponse().read())["errors"]
    return time.monotonic() - begin


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--weir", required=True)
    parser.add_argument("--rows", type=int, default=1_000_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="weir-bench-") as folder:
        path = os.path.join(folder, "in.ndjson")
        with open(path, "w", encoding="ascii") as file:
            file.writelines(json.dumps(row_of(i)) + "\n" for i in range(options.rows))
        cpu, _, rss, _ = min(run_job(options.weir, folder, path, Discarding().address, "bench")
                             for _ in range(3))
        record("elasticsearch: client CPU a row", cpu / options.rows * 1e6, "us",
               "the most it may be", 2)
        record("elasticsearch: client memory", rss, "MB")

        host = address("elasticsearch")
        server, index = Elasticsearch(host), "weir_bench"
        rows = min(options.rows, 100_000) // CALL_ROWS * CALL_ROWS
        with open(path, "w", encoding="ascii") as file:
            file.writelines(json.dumps(row_of(i)) + "\n" for i in range(rows))
        ours, bare = [], []
        for _ in range(3):
            fresh(server, index)
            bare.append(rows / send_bare(host, index, rows))
            fresh(server, index)
            ours.append(rows / run_job(options.weir, folder, path, host, index)[1])
        count = server.must("POST", f"/{index}/_refresh") and server.must(
            "GET", f"/{index}/_count").json["count"]
        assert count == rows, count
        server.drop(index)
        record("elasticsearch: rows into the server", max(ours), "rows/s", "a bare client",
               max(bare))


if __name__ == "__main__":
    main()
