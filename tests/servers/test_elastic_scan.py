#!/usr/bin/env python3
"""A real Elasticsearch read as a whole: as a bounded source and for cache = ALL, in points in time and
with scrolls, and what becomes of it when connections and servers are lost."""
import http.client
import http.server
import json
import os
import shutil
import tempfile
import threading
import time
import unittest

from serverlib import (TO_CLIENT, Elasticsearch, Proxy, Server, close, cut, need, random_faults,
                       seeded_random, stall, unique, wait_until, weir)

HOST = need("elasticsearch")[0]
ES = Elasticsearch(HOST)
CONNECTOR = "elasticsearch-7"
SERVER = "elasticsearch"


def pass_on(where, method, path, body):
    link = http.client.HTTPConnection(where, timeout=30)
    link.request(method, path, body or None, {"Content-Type": "application/json"} if body else {})
    reply = link.getresponse()
    told = reply.status, reply.read()
    link.close()
    return told


class Front(http.server.ThreadingHTTPServer):
    """Passes calls on to the server, but those that `answer` has an answer for: (status, body)."""

    daemon_threads = True

    def __init__(self, answer):
        super().__init__(("127.0.0.1", 0), Passing)
        self.answer = answer
        self.address = "127.0.0.1:%d" % self.server_port
        self.paths = []
        self.pages_left = None  # all
        self.held = threading.Event()

    def hold_behind(self, pages):
        """After this many pages comes none, until release(); who has asked for it gets no answer."""
        self.held.clear()
        self.pages_left = pages

    def release(self):
        self.pages_left = None
        self.held.set()

    def lets_pass(self, path):
        if self.pages_left is not None and path.endswith(("/_search", "/_search/scroll")):
            self.pages_left -= 1
            if self.pages_left < 0:
                self.held.wait(60)
                return False
        return True

    def handle_error(self, *_):
        pass  # connections are cut

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


class Passing(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path = self.path.split("?")[0]
        self.server.paths.append(f"{self.command} {path}")
        if not self.server.lets_pass(path):
            self.close_connection = True
            return
        told = self.server.answer(self.command, self.path, body)
        if told is None:
            told = pass_on(HOST, self.command, self.path, body)
        self.send_response(told[0])
        self.send_header("Content-Length", str(len(told[1])))
        self.end_headers()
        try:
            self.wfile.write(told[1])
        except ConnectionError:
            self.close_connection = True  # more than the client takes

    do_GET = do_POST = do_PUT = do_DELETE = do

    def log_message(self, *_):
        pass


def has_no_points(method, path, body):
    """A server of an older version."""
    return (400, b'{"error":"no handler found"}') if "/_pit" in path or "point_in_time" in path \
        else None


class ElasticScan(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="weir-")
        self.index = unique(self.id().rsplit(".", 1)[1].lower())

    def tearDown(self):
        shutil.rmtree(self.folder)
        for name in ES.must("GET", f"/{self.index}*").json:
            ES.drop(name)

    def fill(self, docs, shards=3, server=ES, index=None):
        index = index or self.index
        server.must("PUT", f"/{index}", {"settings": {"number_of_shards": shards,
                                                      "number_of_replicas": 0}})
        lines = [json.dumps({"index": {"_id": str(i)}}) + "\n" + json.dumps(doc) + "\n"
                 for i, doc in enumerate(docs)]
        step = 5000 if len(lines) > 500 else 20
        for first in range(0, len(lines), step):
            reply = server.must("POST", f"/{index}/_bulk?refresh=true",
                                "".join(lines[first:first + step]).encode(),
                                {"Content-Type": "application/x-ndjson"})
            self.assertFalse(reply.json["errors"])

    def table(self, columns, where=None, more="", name="t"):
        return (f"CREATE TABLE {name} ({columns}) WITH ('connector'='{CONNECTOR}','hosts'="
                f"'http://{where or HOST}','index'='{self.index}'{more});\n")

    def start(self, sql, *options):
        return weir().start(sql, "--output", "jsonl", "--set", "weir.summary=none",
                            "--set", "table.local-time-zone=UTC", *options, capture=True)

    def rows(self, sql, *options):
        return self.end(self.start(sql, *options))

    def end(self, child):
        status, text = weir().finish(child)
        self.assertEqual(status, 0, text)
        return [json.loads(line) for line in child.stdout_text().splitlines()]

    def fails(self, sql, *options):
        child = self.start(sql, *options)
        status, text = weir().finish(child)
        self.assertIn(status, (2, 3), text)
        return text, child.stdout_text().splitlines()

    def numbers(self, sql):
        return [row["n"] for row in self.rows(sql)]

    # --- what is read ----------------------------------------------------------------------------

    def test_all_documents_once(self):
        for i, count in enumerate((0, 1, 1023, 1024, 1025, 12345)):
            self.index = unique(f"all{i}")
            self.fill(({"n": n, "other": "x"} for n in range(count)), shards=1 + i % 4)
            self.assertEqual(sorted(self.numbers(self.table("n INT") + "SELECT n FROM t;")),
                             list(range(count)))
            self.assertEqual(self.rows(self.table("n INT") + "SELECT COUNT(*) AS c FROM t;")[-1:],
                             [{"c": count}] if count else [])
            ES.drop(self.index)
        self.assertEqual(self.contexts(), 0)

    def contexts(self):
        nodes = ES.must("GET", "/_nodes/stats/indices/search").json["nodes"]
        return sum(node["indices"]["search"]["open_contexts"] for node in nodes.values())

    def test_types_and_names(self):
        self.fill([{"s": "t\u00e9", "a,b": 1, "x*": 2, "r": {"y": [1, 2]}, "at":
                    "2024-02-29 10:00:00.12", "d": 1.5, "m": {"k": "v"}}, {"s": None}, {}], 1)
        columns = "s STRING, r ROW<y ARRAY<INT>>, at TIMESTAMP(3), d DECIMAL(5,2), m MAP<STRING,STRING>"
        empty = {"s": None, "r": None, "at": None, "d": None, "m": None}
        full = {"s": "t\u00e9", "r": {"y": [1, 2]}, "at": "2024-02-29 10:00:00.12", "d": 1.5,
                "m": {"k": "v"}}
        self.assertEqual(self.rows(self.table(columns) + "SELECT * FROM t;"), [full, empty, empty])
        self.assertEqual(self.rows(self.table(columns + ", `a,b` INT, `x*` INT") +
                                   "SELECT s, `a,b`, `x*` FROM t WHERE d > 1;"),
                         [{"s": "t\u00e9", "a,b": 1, "x*": 2}])

    def test_bad_documents_are_left_out(self):
        self.fill(({"n": n if n % 1000 else f"x{n}"} for n in range(3000)), 1)
        child = weir().start(self.table("n INT", more=",'on-error'='skip'") + "SELECT n FROM t;",
                             "--output", "jsonl", capture=True)
        status, text = weir().finish(child)
        self.assertEqual(status, 0, text)
        self.assertEqual(len(child.stdout_text().splitlines()), 2997)
        self.assertIn("2,997 rows read, 3 skipped", text)
        text, _ = self.fails(self.table("n INT", more=",'on-error'='fail'") + "SELECT n FROM t;")
        self.assertIn('cannot read "x0" as INT', text.replace("`", '"'))

    def test_large_documents_come_in_small_pages(self):
        self.fill(({"n": n, "pad": "x" * (1 << 18)} for n in range(300)), 2)
        self.assertEqual(sorted(self.numbers(self.table("n INT, pad STRING") +
                                             "SELECT n FROM t WHERE CHAR_LENGTH(pad) > 5;")),
                         list(range(300)))

    def test_what_cannot_be_read_is_said(self):
        text, _ = self.fails(self.table("n INT") + "SELECT n FROM t;")
        self.assertIn(f'there is no index "{self.index}"', text)
        text, _ = self.fails(self.table("n INT").replace(self.index, self.index + "_{n}") +
                             "SELECT n FROM t;")
        self.assertIn("needs one index, not a pattern", text)
        ES.must("PUT", f"/{self.index}", {"mappings": {"_source": {"enabled": False}}})
        text, _ = self.fails(self.table("n INT") + "SELECT n FROM t;")
        self.assertIn("its mapping has _source disabled", text)

    def test_the_whole_table_for_a_cache(self):
        self.fill([{"k": f"k{n % 700}", "n": n} for n in range(2100)])
        path = os.path.join(self.folder, "in.ndjson")
        with open(path, "w", encoding="utf-8") as file:
            file.writelines('{"k":"k%d"}\n' % n for n in range(710))
        sql = f"""
            CREATE TABLE s (k STRING, pt AS PROCTIME()) WITH ('connector'='filesystem',
                'path'='{path}','format'='json');
            CREATE TABLE d (k STRING, n BIGINT%s) WITH ('connector'='elasticsearch',
                'endPoint'='http://{HOST}','accessId'='u','accessKey'='p','index'='{self.index}',
                'cache'='ALL');
            SELECT s.k, d.n FROM s LEFT JOIN d FOR SYSTEM_TIME AS OF s.pt ON s.k = d.k;"""
        found = self.rows(sql % "")
        self.assertEqual(sorted((row["k"], row["n"]) for row in found if row["n"] is not None),
                         sorted((f"k{n % 700}", n) for n in range(2100)))
        self.assertEqual(sum(row["n"] is None for row in found), 10)

    # --- faults ----------------------------------------------------------------------------------

    def test_cut_at_random_bytes(self):
        """In a point in time a page is asked for again."""
        self.fill({"n": n} for n in range(20000))
        chance = seeded_random()
        for _ in range(4):
            with Proxy(HOST) as proxy:
                proxy.always = random_faults(chance.randrange(1 << 30), share=0.7,
                                             limit_bytes=400000)
                self.assertEqual(sorted(self.numbers(self.table("n INT", proxy.address) +
                                                     "SELECT n FROM t;")), list(range(20000)))

    def test_a_silence_in_the_middle(self):
        self.fill({"n": n} for n in range(5000))
        with Proxy(HOST) as proxy:
            proxy.next(None, stall(150000, TO_CLIENT))
            self.assertEqual(sorted(self.numbers(self.table(
                "n INT", proxy.address, ",'http.timeout'='1s'") + "SELECT n FROM t;")),
                             list(range(5000)))

    def test_away_at_the_start(self):
        self.fill([{"n": 1}])
        with Proxy(HOST) as proxy:
            proxy.refuse()
            child = self.start(self.table("n INT", proxy.address) + "SELECT n FROM t;")
            wait_until("the job says for whom it waits",
                       lambda: "has been waiting for Elastic" in child.stderr_text())
            proxy.accept()
            self.assertEqual(self.end(child), [{"n": 1}])

    def test_a_server_that_is_killed_has_forgotten(self):
        with Server.own(SERVER) as server:
            server.start()
            es = Elasticsearch(server.address)
            self.fill(({"n": n} for n in range(9000)), server=es)
            asked = []

            def die(method, path, body):
                asked.append(path)
                if len([one for one in asked if "/_search?" in one]) == 4:
                    server.kill()
                    server.start()
                return pass_on(server.address, method, path, body)

            with Front(die) as front:
                text, lines = self.fails(self.table("n INT", front.address) + "SELECT n FROM t;")
            self.assertIn(f'lost index "{self.index}" after ', text)
            found = [json.loads(line)["n"] for line in lines]
            self.assertEqual(len(found), len(set(found)))

    def test_servers_without_points_in_time_scroll(self):
        self.fill({"n": n} for n in range(5000))
        with Front(has_no_points) as front:
            self.assertEqual(sorted(self.numbers(self.table("n INT", front.address) +
                                                 "SELECT n FROM t;")), list(range(5000)))
            self.assertIn("POST /_search/scroll", front.paths)
            self.assertIn("DELETE /_search/scroll", front.paths)
        self.fill(({"n": n, "pad": "x" * (1 << 18)} for n in range(300)), index=self.index + "l")
        with Front(has_no_points) as front:
            self.assertEqual(sorted(self.numbers(
                self.table("n INT, pad STRING", front.address).replace(self.index, self.index + "l")
                + "SELECT n FROM t WHERE CHAR_LENGTH(pad) > 5;")), list(range(300)))

    def test_a_scroll_that_is_cut_is_not_gone_on_with(self):
        self.fill({"n": n} for n in range(5000))
        with Front(has_no_points) as front:
            for fault, fails in ((close(30000, TO_CLIENT), False), (cut(3000, TO_CLIENT), True)):
                with Proxy(front.address) as proxy:
                    # The third connection brings the first page, the fourth the second one.
                    proxy.next(*[None] * (3 if fails else 2), fault)
                    sql = self.table("n INT", proxy.address) + "SELECT n FROM t;"
                    if fails:
                        text, lines = self.fails(sql)
                        self.assertIn("after 1024 documents", text)
                        self.assertIn("sends each page once", text)
                        self.assertEqual(len(lines), 1024)
                    else:
                        self.assertEqual(sorted(self.numbers(sql)), list(range(5000)))

    def test_a_stop_while_it_is_away(self):
        self.fill({"n": n} for n in range(50000))
        with Proxy(HOST) as proxy:
            proxy.next(None, stall(400000, TO_CLIENT))
            child = self.start(self.table("n INT", proxy.address) + "SELECT n FROM t;")
            wait_until("rows have come", lambda: child.stdout_text())
            before = time.monotonic()
            child.terminate()
            weir().finish(child, 30)
            self.assertLess(time.monotonic() - before, 5.5)

    def copy(self, where, name):
        """A job that goes on where it was, the options for it, and the file that it writes."""
        out = os.path.join(self.folder, name + ".ndjson")
        sql = (self.table("n INT, v STRING", where) + f"CREATE TABLE o (n INT) WITH ('connector'="
               f"'filesystem','path'='{out}','format'='json');\nINSERT INTO o SELECT n FROM t;")
        options = ("--set", f"weir.state.dir={self.folder}/{name}", "--set",
                   "weir.checkpoint.interval=20ms", "--set", f"weir.job.name={name}")
        return sql, options, out

    def stop_in_the_middle(self, front, sql, options, out):
        """Behind a few pages, of which rows are written; the next one does not come."""
        size = os.path.getsize(out) if os.path.exists(out) else 0
        front.hold_behind(4)
        child = weir().start(sql, *options)
        wait_until("rows are read", lambda: child.poll() is not None or
                   (os.path.exists(out) and os.path.getsize(out) > size))
        self.assertIsNone(child.poll())
        child.terminate()
        status, text = weir().finish(child)
        front.release()
        self.assertEqual(status, 0, text)

    def finish_copy(self, sql, options, out):
        status, text = weir().run(sql, *options)
        self.assertEqual(status, 0, text)
        with open(out, encoding="ascii") as file:
            return [json.loads(line)["n"] for line in file]

    def test_a_stop_in_the_middle_goes_on_behind_it(self):
        """In the point in time of the run before, whose page may have been handed out in part; not
        in one that the server has forgotten, nor with a scroll."""
        self.fill({"n": n} for n in range(20000))
        with Front(lambda *_: None) as front:
            job = self.copy(front.address, "point")
            for _ in range(3):
                self.stop_in_the_middle(front, *job)
            self.assertEqual(sorted(self.finish_copy(*job)), list(range(20000)))
        gone = []

        def forget(method, path, body):
            if "/_search?" in path and gone and gone.pop():
                return 404, b'{"error":{"root_cause":[{"type":"search_context_missing_exception"}]}}'
            return has_no_points(method, path, body) if scrolls else None

        for scrolls in (False, True):
            with Front(forget) as front:
                job = self.copy(front.address, f"again{scrolls}")
                self.stop_in_the_middle(front, *job)
                with open(job[2], encoding="ascii") as file:
                    before = len(file.readlines())
                gone.append(not scrolls)
                found = self.finish_copy(*job)
                self.assertEqual(gone, [])
                self.assertEqual(set(found), set(range(20000)))
                self.assertEqual(len(found), before + 20000)

    def test_replies_that_are_none_are_not_believed(self):
        self.fill({"n": n} for n in range(10))
        page = {"pit_id": "p", "_shards": {"failed": 0}, "hits": {"hits": [
            {"_index": "i", "_id": "1", "_source": {"n": 1}, "sort": [1]}]}}
        odd = [b"", b"<html>", b"{", b"[]", b'{"hits":{"hits":[]}}',
               json.dumps(page).encode()[:-9],
               json.dumps({**page, "hits": {"hits": [{"_source": {}}]}}).encode(),
               json.dumps({**page, "_shards": {}}).encode()]
        for text in odd:
            def answer(method, path, body):
                return (200, text) if "/_search?" in path else None

            with Front(answer) as front:
                said, lines = self.fails(self.table("n INT", front.address,
                                                    ",'lookup.max-retries'='1'") +
                                         "SELECT n FROM t;")
                self.assertIn("cannot be understood", said, text)
                self.assertEqual(lines, [])

        # A server that gives one page for ever.
        full = {**page, "hits": {"hits": [{"_index": "i", "_id": str(n), "_source": {"n": n},
                                           "sort": [n]} for n in range(1024)]}}
        again = []

        def answer_again(method, path, body):
            if "/_search?" not in path:
                return None
            again.append(path)
            return 200, json.dumps(full).encode()

        with Front(answer_again) as front:
            if CONNECTOR == "opensearch":
                said, _ = self.fails(self.table("n INT", front.address) + "SELECT n FROM t;")
                self.assertIn("come in no order", said)

    def test_a_cache_is_not_waited_for_when_rows_are_under_way(self):
        """The look-up has asked the server when the job was opened; the read is the first to ask
        again, in a thread of its own."""
        self.fill([{"k": "a", "n": 1}])
        path = os.path.join(self.folder, "in.ndjson")
        with open(path, "w", encoding="utf-8") as file:
            file.write('{"k":"a"}\n')
        with Front(lambda *_: None) as front:
            found = self.rows(f"""
                CREATE TABLE s (k STRING, pt AS PROCTIME()) WITH ('connector'='filesystem',
                    'path'='{path}','format'='json');
                CREATE TABLE d (k STRING, n BIGINT) WITH ('connector'='elasticsearch',
                    'endPoint'='http://{front.address}',accessId='u',accessKey='p',
                    index='{self.index}','cache'='ALL');
                SELECT s.k, d.n FROM s LEFT JOIN d FOR SYSTEM_TIME AS OF s.pt ON s.k = d.k;""")
            self.assertEqual(found, [{"k": "a", "n": 1}])
            self.assertEqual(front.paths.count(f"GET /{self.index}/_mapping"), 1)


if __name__ == "__main__":
    import sys
    unittest.main(argv=sys.argv[:1], warnings="ignore", verbosity=2)
