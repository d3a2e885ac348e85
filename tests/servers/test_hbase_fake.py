#!/usr/bin/env python3
"""What weir sends to a REST server of HBase, and what it makes of odd answers, against a server in
this program that follows a script.

    test_hbase_fake.py WEIR
"""
import base64
import gzip
import http.server
import sys
import tempfile
import threading

from hbaselib import same, says, source, table, weir

PROTOBUF = "application/x-protobuf"


def varint(number):
    data = b""
    while number > 127:
        data += bytes([number & 127 | 128])
        number >>= 7
    return data + bytes([number])


def field(number, data):
    return varint(number << 3 | 2) + varint(len(data)) + data


def schema(*families):
    return field(1, b"t") + b"".join(field(3, field(1, family)) for family in families)


def row(key, **values):
    return field(1, field(1, key) + b"".join(
        field(2, field(2, b"cf:" + name.encode()) + b"\x18\x01" + field(4, value))
        for name, value in values.items()))


class Fake(http.server.ThreadingHTTPServer):
    """Answers of PUT, DELETE and multiget come from answers[method], a list of (status, body); the
    last one stays.  requests has what was sent: (method, path, headers, body)."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self.server_port}"
        self.requests, self.lock = [], threading.Lock()
        self.schema = (200, schema(b"cf"))
        self.answers = {}
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def answer(self, method, path, headers, body):
        with self.lock:
            self.requests.append((method, path, headers, body))
            if path.endswith("/schema"):
                return self.schema
            script = self.answers.get(method, [(200, b"")])
            return script.pop(0) if len(script) > 1 else script[0]

    def sent(self, method):
        return [one for one in self.requests if one[0] == method and "/schema" not in one[1]]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle_any(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status, data = self.server.answer(self.command, self.path, dict(self.headers), body)
        self.send_response(status)
        self.send_header("Content-Type", PROTOBUF if status == 200 else "text/plain")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_PUT = do_DELETE = handle_any

    def log_message(self, *_):
        pass


FOLDER = tempfile.TemporaryDirectory()
SHAPE = "k STRING, v STRING, PRIMARY KEY (k)"


def run(sql):
    status, text = weir().run(sql, timeout=60)
    return status, text


def write(fake, rows, **options):
    named = {"columnFamily": "cf", "maxRetryTimes": "1"}
    named.update(options)
    return run(source("src", "k STRING, v STRING", rows, FOLDER.name) +
               table("t", SHAPE, fake.address, "x", "cloudhbase", **named) +
               "INSERT INTO t SELECT k, v FROM src;")


def ask(fake, keys):
    return run(source("src", "k STRING", [{"k": key} for key in keys], FOLDER.name)
               .replace("k STRING)", "k STRING, at AS PROCTIME())") +
               table("dim", SHAPE, fake.address, "x", "cloudhbase", columnFamily="cf",
                     maxRetryTimes="1") +
               "CREATE TABLE out (v STRING) WITH ('connector' = 'blackhole');\n"
               "INSERT INTO out SELECT d.v FROM src AS s LEFT JOIN dim FOR SYSTEM_TIME AS OF "
               "s.at AS d ON d.k = s.k;")


ONE = [{"k": "a", "v": "x"}]
MANY = [{"k": f"k{i:03}", "v": "x" * 200} for i in range(100)]


def logins_and_headers():
    with Fake() as fake:
        status, text = write(fake, ONE, userName="me", password="s3cret", http__header__X_A="b")
        assert status == 0, text
        login = "Basic " + base64.b64encode(b"me:s3cret").decode()
        for _, _, headers, _ in fake.requests:
            same((headers["Authorization"], headers["X-A"], headers["Accept"]),
                 (login, "b", PROTOBUF))
        same([(one[0], one[1], one[2]["Content-Type"]) for one in fake.sent("PUT")],
             [("PUT", "/x/rows", PROTOBUF)])
    with Fake() as fake:
        status, text = write(fake, MANY, http__bearer_token="t0ken", http__compression="true")
        assert status == 0, text
        body = fake.sent("PUT")[0]
        same((body[2]["Authorization"], body[2]["Content-Encoding"]), ("Bearer t0ken", "gzip"))
        assert gzip.decompress(body[3]).count(b"cf:v") == len(MANY)
    with Fake() as fake:
        fake.schema = (401, b"Who are you?\r\n")
        status, text = write(fake, ONE, userName="me", password="s3cret")
        assert status == 3 and "s3cret" not in text, text
        says(text, "answers 401: Who are you?", "user and the password", 'opening table "t"')
    with Fake() as fake:
        status, text = write(fake, ONE, http__bearer_token="t0ken", userName="me")
        assert status == 2, text
        says(text, "a user and a bearer token")


def busy_and_broken():
    with Fake() as fake:
        fake.answers["PUT"] = [(503, b"Service unavailable\r\n")] * 4 + [(429, b""), (200, b"")]
        status, text = write(fake, ONE)
        assert status == 0, text
        same(len(fake.sent("PUT")), 6)
    with Fake() as fake:
        fake.answers["PUT"] = [(500, b"")]
        status, text = write(fake, ONE)
        assert status == 3, text
        same(len(fake.sent("PUT")), 2)
        says(text, "answers 500", "It was tried 2 times.")
    with Fake() as fake:    # a table that is dropped meanwhile
        fake.answers["PUT"] = [(404, b"Not found\r\n")]
        fake.schema = (200, schema(b"cf"))
        status, text = write(fake, ONE)
        assert status == 3, text
        fake.requests.clear()
        fake.schema = (404, b"Not found\r\norg.apache.hadoop.hbase.TableNotFoundException: x\n")
        status, text = write(fake, ONE)
        assert status == 2, text
        says(text, 'has no table "x"')


def a_region_is_away():
    """A look-up waits for it longer than it would ask again after a failure."""
    away = (b"java.lang.RuntimeException: org.apache.hadoop.hbase.client."
            b"RetriesExhaustedException: Failed after attempts=3\n")
    with Fake() as fake:
        fake.answers["GET"] = [(500, away)] * 2 + [(404, b"Not found\r\n" + away)] * 2 + [
            (200, row(b"a", v=b"1"))]
        status, text = ask(fake, ["a"])
        assert status == 0, text
        same(len(fake.sent("GET")), 5)
        fake.requests.clear()
        fake.answers["PUT"] = [(500, away)] * 4 + [(200, b"")]
        status, text = write(fake, ONE)
        assert status == 0, text
        same(len(fake.sent("PUT")), 5)
    with Fake() as fake:
        fake.answers["GET"] = [(500, b"java.lang.NullPointerException\n")]
        status, text = ask(fake, ["a"])
        assert status == 3, text
        same(len(fake.sent("GET")), 2)
    with Fake() as fake:    # no row is missing because of it
        fake.answers["GET"] = [(404, b"Not found\r\njava.io.IOException: \xc3\xa9\xff\n")]
        status, text = ask(fake, ["a"])
        assert status == 3, text
        says(text, "answers 404: java.io.IOException: \u00e9\n")


def refusals():
    """Only what is certainly a row's fault is a bad row."""
    with Fake() as fake:
        fake.answers["PUT"] = [(400, b"Bad request\r\njava.lang.IllegalArgumentException: no\n")]
        status, text = write(fake, MANY[:4])
        assert status == 0, text
        same(len(fake.sent("PUT")), 7)   # 4, 2, 1, 1, 2, 1, 1
        says(text, "IllegalArgumentException: no", "0 rows written, 4 skipped")
    with Fake() as fake:
        fake.answers["PUT"] = [(400, b"Bad request\r\njava.lang.RuntimeException: wait\n")]
        status, text = write(fake, MANY[:4])
        assert status == 3, text
        says(text, "RuntimeException: wait")


def odd_answers():
    with Fake() as fake:
        fake.schema = (200, b"\xff\xff")
        status, text = write(fake, ONE)
        assert status == 2, text
        says(text, 'no column family "cf"')
    for body, reason in ((b"\x0a\xff\xff", "no set of rows"),
                         (row(b"other", v=b"1"), "a row that was not asked for")):
        with Fake() as fake:
            fake.answers["GET"] = [(200, body)]
            status, text = ask(fake, ["a"])
            assert status == 3, text
            says(text, reason)
    with Fake() as fake:
        fake.answers["GET"] = [(404, b"No rows found.\r\n")]
        status, text = ask(fake, ["a", "b"])
        assert status == 0, text
        same([one[1] for one in fake.sent("GET")], ["/x/multiget/cf?e=b64&row=YQ&row=Yg"])
    with Fake() as fake:   # long keys are asked for in several calls
        fake.answers["GET"] = [(404, b"No rows found.\r\n")]
        status, text = ask(fake, [f"{i:03}" + "k" * 1000 for i in range(100)])
        assert status == 0, text
        sizes = [len(one[1]) for one in fake.sent("GET")]
        assert len(sizes) > 2 and max(sizes) < 60000, sizes


for test in (logins_and_headers, busy_and_broken, a_region_is_away, refusals, odd_answers):
    test()
    print("ok", test.__name__, flush=True)
