"""Tables of the tests of ClickHouse, and jobs that write, read and ask them."""
import http.server
import json
import os
import socket
import tempfile
import threading
import unittest
import urllib.parse

from serverlib import ClickHouse, need, unique, weir  # noqa: F401


class Case(unittest.TestCase):
    """Each test has a database of its own, self.db, and a folder."""
    where, server = None, None  # set by use()

    @classmethod
    def use(cls, where):
        Case.where, Case.server = where, ClickHouse(where)
        Case.weir = weir()

    def setUp(self):
        self.db = unique("weir_" + self.id().rsplit(".", 1)[1][:40])
        self.folder = tempfile.TemporaryDirectory(prefix="weir-click-")
        self.addCleanup(self.folder.cleanup)
        self.sql(f"create database `{self.db}`")
        self.addCleanup(lambda: self.sql(f"drop database `{self.db}`"))

    def sql(self, text, data=None):
        return self.server.run(text, data)

    def create(self, columns, engine="MergeTree order by tuple()", table="t"):
        self.sql(f"create table `{self.db}`.`{table}` ({columns}) engine = {engine}")

    def rows(self, what="*", table="t", tail=""):
        return self.server.rows(f"select {what} from `{self.db}`.`{table}` {tail}")

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def options(self, table="t", where=None, **more):
        """Names of options have '_' for '-' and '__' for '.'."""
        given = {"connector": "clickhouse", "url": f"clickhouse://{where or self.where}/{self.db}",
                 "tableName": table, "userName": "weir", "password": "weir"}
        given.update((key.replace("__", ".").replace("_", "-"), value)
                     for key, value in more.items())
        return ", ".join(f"'{key}' = '{value}'" for key, value in given.items()
                         if value is not None)

    def source(self, columns, rows, name="i", key="", format="json"):
        path = self.path(name + ".ndjson")
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)
        declared = f", PRIMARY KEY ({key}) NOT ENFORCED" if key else ""
        return (f"CREATE TABLE {name} ({columns}{declared}) WITH ('connector' = 'filesystem', "
                f"'path' = '{path}', 'format' = '{format}');\n")

    def sink(self, columns, key="", name="o", **more):
        declared = f", PRIMARY KEY ({key}) NOT ENFORCED" if key else ""
        return f"CREATE TABLE {name} ({columns}{declared}) WITH ({self.options(**more)});\n"

    def copy(self, columns, rows, key="", **more):
        """A job that copies rows, or with a key changes (("+I", row) ...), into table t."""
        if key:
            given = self.source(columns, [{"op": op, "data": row} for op, row in rows], key=key,
                                format="changelog-json")
        else:
            given = self.source(columns, rows)
        return given + self.sink(columns, key, **more) + "INSERT INTO o SELECT * FROM i;\n"

    def job(self, sql, *options, status=0, timeout=90):
        """What it says on standard error."""
        got, text = self.weir.run(sql, *options, timeout=timeout)
        self.assertEqual(got, status, text)
        return text

    def fails(self, sql, *words, status=2):
        """At the start by default, which is what status 2 says."""
        text = self.job(sql, status=status)
        for word in words:
            self.assertIn(word, text)
        return text


class Front:
    """Stands before a real ClickHouse as a newer one would: it knows deduplication tokens.  Errors are
    what it is told to answer with, and answers get lost.

    `plan` is a function of the number of an INSERT: None, (status, text) to answer, "before" to cut
    the connection before the rows are taken, or "after" when they are.  `engines` has, by table, what
    it says of engines: {"t": ("ReplacingMergeTree", "ReplacingMergeTree(ver, del)")}."""

    def __init__(self, target, plan=lambda n: None, has_tokens=True, engines=None, has_async=False):
        self.target, self.plan, self.has_tokens = target, plan, has_tokens
        self.engines, self.has_async = engines or {}, has_async
        self.queries = []  # settings of each INSERT
        self.calls = []   # (token or None, outcome) of each INSERT
        self.taken = set()
        front = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                front.answer(self, body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.address = "127.0.0.1:%d" % self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def answer(self, handler, body):
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(handler.path).query)
        token = query.pop("insert_deduplication_token", [None])[0]
        is_insert = body.startswith(b"INSERT")
        if is_insert:
            self.queries.append({name: values[0] for name, values in query.items()})
        for name in "async_insert", "wait_for_async_insert":
            query.pop(name, None)
        path = "/?" + urllib.parse.urlencode(query, doseq=True)
        what = self.plan(len(self.calls)) if is_insert else None
        if is_insert:
            self.calls.append((token, what))
        status, data = 200, b""
        if isinstance(what, tuple):
            status, data = what[0], what[1].encode()
        elif what != "before" and not (token and token in self.taken):
            reply = ClickHouse(self.target).request(
                "POST", path, body, {"Authorization": handler.headers["Authorization"]})
            status, data = reply.status, reply.data
            if token and status == 200:
                self.taken.add(token)
            if self.has_tokens and b"system.settings" in body:
                data += b"\x1ainsert_deduplication_token"
            if self.has_async and b"system.settings" in body:
                data += b"\x0casync_insert"
            for table, texts in self.engines.items():
                if b"system.tables" in body and f"name = '{table}'".encode() in body:
                    data = b"".join(bytes([len(text)]) + text.encode()
                                    for text in (*texts, "UTC"))
        if what in ("before", "after"):
            handler.close_connection = True
            handler.connection.shutdown(socket.SHUT_RDWR)
            return
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)
