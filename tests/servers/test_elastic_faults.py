#!/usr/bin/env python3
"""Elasticsearch is away, dies, is cut off, stalls, has no room or refuses: nothing is lost, and what
can never work is said."""
import http.server
import json
import os
import shutil
import tempfile
import threading
import time
import unittest

from serverlib import (TO_CLIENT, TO_SERVER, Elasticsearch, Proxy, Server, cut, need,
                       random_faults, seeded_random, stall, unique, wait_until, weir)

HOST = need("elasticsearch")[0]
ES = Elasticsearch(HOST)
ROWS = 20000
KEYS = 3000


class Canned(http.server.BaseHTTPRequestHandler):
    """Answers by the server's `answer(method, path, body)`: status, headers, body."""
    protocol_version = "HTTP/1.1"

    def do(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status, headers, text = self.server.answer(self.command, self.path, body)
        data = text.encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        try:
            self.wfile.write(data)
        except ConnectionError:
            self.close_connection = True  # more than the client takes

    do_GET = do_POST = do_PUT = do_HEAD = do

    def log_message(self, *_):
        pass


class Fake:
    """A server that answers as it is told."""

    def __init__(self, answer):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Canned)
        self.server.answer = answer
        self.address = "127.0.0.1:%d" % self.server.server_address[1]

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def items_of(body):
    """The actions of a bulk call: (action, id, document)."""
    lines = [json.loads(line) for line in body.decode().split("\n")[:-1]]
    found = []
    while lines:
        (action, place), = lines.pop(0).items()
        found.append((action, place.get("_id"), None if action == "delete" else lines.pop(0)))
    return found


class ElasticFaults(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="weir-")
        self.index = unique(self.id().rsplit(".", 1)[1].lower())
        path = os.path.join(self.folder, "in.ndjson")
        with open(path, "w", encoding="ascii") as file:
            file.writelines('{"k":%d,"n":%d}\n' % (i % KEYS, i) for i in range(ROWS))
        self.source = (f"CREATE TABLE s (k INT, n INT) WITH ('connector'='filesystem',"
                       f"'path'='{path}','format'='json');\n")

    def tearDown(self):
        shutil.rmtree(self.folder)
        for name in ES.must("GET", f"/{self.index}*").json:
            ES.drop(name)

    def job(self, where, more="", actions=500, rows=None):
        limit = "" if rows is None else f" WHERE n < {rows}"
        return (self.source + f"""
            CREATE TABLE t (k INT, n INT, PRIMARY KEY (k) NOT ENFORCED) WITH (
                'connector'='elasticsearch-7','hosts'='http://{where}','index'='{self.index}',
                'sink.bulk-flush.max-actions'='{actions}','on-error'='fail'{more});
            INSERT INTO t SELECT * FROM s{limit};""")

    def ends_well(self, child, server=ES, timeout=120):
        status, text = weir().finish(child, timeout)
        self.assertEqual(status, 0, text)
        self.assertEqual({key: doc["n"] for key, doc in server.docs(self.index).items()},
                         {str(k): max(range(k, ROWS, KEYS)) for k in range(KEYS)})
        return text

    def test_away_at_the_start(self):
        with Proxy(HOST) as proxy:
            proxy.refuse()
            child = weir().start(self.job(proxy.address))
            wait_until("the job says for whom it waits", lambda: "has been waiting for Elastic" in
                       child.stderr_text())
            proxy.accept()
            self.ends_well(child)

    def test_dies_in_the_middle_and_has_no_room(self):
        with Server.own("elasticsearch") as server:
            server.start()
            es = Elasticsearch(server.address)
            child = weir().start(self.job(server.address, actions=50))
            wait_until("some rows are written", lambda: es.request(
                "GET", f"/{self.index}/_doc/100").status == 200)
            server.kill()
            server.start()
            self.ends_well(child, es)

            # What a node does when its disk is full.
            es.must("PUT", f"/{self.index}/_settings",
                    {"index.blocks.read_only_allow_delete": True})
            child = weir().start(self.job(server.address))
            wait_until("the job waits", lambda: "has been waiting for" in child.stderr_text())
            es.must("PUT", f"/{self.index}/_settings",
                    {"index.blocks.read_only_allow_delete": None})
            self.ends_well(child, es)

            # No index, and the server makes none.
            es.must("DELETE", f"/{self.index}")
            es.must("PUT", "/_cluster/settings",
                    {"transient": {"action.auto_create_index": "false"}})
            status, text = weir().run(self.job(server.address))
            self.assertEqual(status, 3, text)
            self.assertIn("index_not_found_exception", text)

    def test_cut_at_random_bytes(self):
        chance = seeded_random()
        for _ in range(5):
            with Proxy(HOST) as proxy:
                proxy.always = random_faults(chance.randrange(1 << 30), share=0.8,
                                             limit_bytes=60000)
                self.ends_well(weir().start(self.job(proxy.address)))
                print(f"{proxy.accepted} connections", flush=True)

    def test_a_silence_in_the_middle_of_a_call(self):
        for direction, after in ((TO_SERVER, 30000), (TO_CLIENT, 1500)):
            with Proxy(HOST) as proxy:
                proxy.next(None, stall(after, direction), cut(40000))
                self.ends_well(weir().start(self.job(proxy.address, ",'http.timeout'='500ms'")))
                self.assertGreaterEqual(proxy.accepted, 3)

    def test_a_stop_while_it_is_away_loses_nothing(self):
        options = ("--set", f"weir.state.dir={self.folder}/state", "--set", "weir.job.name=es",
                   "--set", "weir.checkpoint.interval=100ms")
        with Proxy(HOST) as proxy:
            proxy.next(None, cut(60000), cut(60000))
            child = weir().start(self.job(proxy.address), *options)
            wait_until("rows are under way", lambda: proxy.accepted >= 3)
            proxy.refuse()
            wait_until("the job waits", lambda: "has been waiting for" in child.stderr_text())
            before = time.monotonic()
            child.terminate()
            status, text = weir().finish(child, 30)
            self.assertLess(time.monotonic() - before, 5.5, text)
            proxy.accept()
            self.ends_well(weir().start(self.job(proxy.address), *options))

    def test_rows_that_the_server_is_too_busy_for_keep_their_order(self):
        """Some rows of most calls are rejected, and rows of one key follow each other."""
        stored, calls = {}, []

        def answer(method, path, body):
            if "/_bulk" not in path:
                return 404, {}, "{}"
            calls.append(len(calls))
            items = []
            for i, (action, key, doc) in enumerate(items_of(body)):
                if len(calls) % 4 != 0 and i % 7 == 0:
                    items.append({action: {"status": 429, "error": {
                        "type": "es_rejected_execution_exception", "reason": "queue is full"}}})
                    continue
                stored[key] = doc["doc"]["n"]
                items.append({action: {"status": 200}})
            return 200, {}, json.dumps({"errors": True, "items": items})

        with Fake(answer) as fake:
            # Without NULL fields no row stands for another, so all are sent.
            status, text = weir().run(self.job(
                fake.address, ",'json.encode.ignore-null-fields'='true'", actions=4000))
            self.assertEqual(status, 0, text)
        self.assertEqual(stored, {str(k): max(range(k, ROWS, KEYS)) for k in range(KEYS)})
        self.assertGreater(len(calls), 8)

    def test_a_server_that_asks_for_a_pause_gets_it(self):
        times = []

        def answer(method, path, body):
            if "/_bulk" not in path:
                return 404, {}, "{}"
            times.append(time.monotonic())
            if len(times) == 1:
                return 429, {"Retry-After": "2"}, "busy"
            return 200, {}, json.dumps({"errors": False, "items": [
                {action: {"status": 200}} for action, _, _ in items_of(body)]})

        with Fake(answer) as fake:
            status, text = weir().run(self.job(fake.address, rows=10))
            self.assertEqual(status, 0, text)
        self.assertGreaterEqual(times[1] - times[0], 1.9)

    def test_old_servers_have_types(self):
        paths = []

        def answer(method, path, body):
            if method == "GET" and path == "/":
                return 200, {}, '{"version":{"number":"6.8.23"}}'
            if method == "PUT":
                return 200, {}, "{}"
            if "/_bulk" not in path:
                return 404, {}, "{}"
            paths.append((path.split("?")[0], body.decode().split("\n")[0]))
            return 200, {}, json.dumps({"errors": False, "items": [{"index": {"status": 201}}]})

        with Fake(answer) as fake:
            for more in ("", ",dynamicIndex='true',indexField='n'"):
                status, text = weir().run(f"""
                    CREATE TABLE t (k VARCHAR, n BIGINT, PRIMARY KEY (k)) WITH (
                        type='elasticsearch',endPoint='http://{fake.address}',accessId='u',
                        accessKey='p',index='i',typeName='a/b'{more});
                    INSERT INTO t SELECT 'x', CAST(0 AS BIGINT) FROM (VALUES (1)) AS v(x);""",
                                          "--set", "blink.job.timeZone=UTC")
                self.assertEqual(status, 0, text)
        self.assertEqual(paths, [
            ("/i/a%2Fb/_bulk", '{"index":{"_id":"x"}}'),
            ("/_bulk", '{"index":{"_type":"a/b","_index":"i19700101","_id":"x"}}')])

        mapping = {"i": {"mappings": {"a": {"dynamic": "strict", "properties": {
            "k": {"type": "keyword"}}}}}}
        with Fake(lambda method, path, body: (200, {}, json.dumps(mapping))) as fake:
            status, text = weir().run(f"""
                CREATE TABLE t (k STRING, n INT) WITH ('connector'='elasticsearch-6',
                    'hosts'='http://{fake.address}','index'='i','document-type'='a');
                INSERT INTO t VALUES ('x', 1);""")
            self.assertEqual(status, 2, text)
            self.assertIn('index "i" has no field "n"', text)

    def test_a_call_that_is_too_large_is_halved(self):
        stored = {}

        def answer(method, path, body):
            if "/_bulk" not in path:
                return 404, {}, "{}"
            if len(body) > 2000 or b'"_id":"7"' in body:
                return 413, {}, "<html>too large</html>"
            for _, key, doc in items_of(body):
                stored[key] = doc["doc"]["n"]
            items = [{action: {"status": 200}} for action, _, _ in items_of(body)]
            return 200, {}, json.dumps({"items": items, "errors": False})

        with Fake(answer) as fake:
            status, text = weir().run(self.job(fake.address, rows=1000)
                                      .replace("'on-error'='fail'", "'on-error'='skip'"))
            self.assertEqual(status, 0, text)
        self.assertEqual(stored, {str(k): k for k in range(1000) if k != 7})
        self.assertIn("1 skipped", text)

    def test_what_can_never_work_is_said(self):
        for status, reply, expected in (
                (401, '{"error":{"type":"security_exception","reason":"unable to authenticate"}}',
                 "refuses the login"),
                (403, '{"error":{"type":"security_exception","reason":"action is unauthorized"}}',
                 "action is unauthorized")):
            with Fake(lambda *_: (status, {}, reply)) as fake:
                done, text = weir().run(self.job(
                    fake.address, ",'username'='me','password'='s3cret'"))
                self.assertIn(done, (2, 3), text)
                self.assertIn(expected, text)
                self.assertNotIn("s3cret", text)

    def test_replies_that_are_none_are_not_believed(self):
        for reply in ("", "<html>hello</html>", '{"errors":false}', '{"errors":false,"items":[]}',
                      '{"errors":false,"items":[{"index":{"status":200}}', '{"items":[1,2,3]}'):
            with Fake(lambda *_: (200, {}, reply)) as fake:
                status, text = weir().run(self.job(
                    fake.address, ",'sink.bulk-flush.backoff.max-retries'='1'", rows=3))
                self.assertEqual(status, 3, reply + text)
                self.assertIn("cannot be understood", text)

    def ask_fake(self, answer, keyed, more, rows):
        """What a look-up of `rows` keys finds at a server that answers so."""
        with Fake(answer) as fake:
            child = weir().start(
                self.source.replace("n INT)", "n INT, pt AS PROCTIME())") + f"""
                CREATE TABLE d (k INT, n INT{", PRIMARY KEY (k) NOT ENFORCED" if keyed else ""})
                    WITH ('connector'='elasticsearch-7','hosts'='http://{fake.address}',
                          'index'='i'{more});
                SELECT s.k, d.n FROM (SELECT * FROM s WHERE n < {rows}) AS s
                LEFT JOIN d FOR SYSTEM_TIME AS OF s.pt ON s.k = d.k;""",
                "--output", "jsonl", "--set", "weir.summary=none", capture=True)
            status, text = weir().finish(child)
            self.assertEqual(status, 0, text)
            return [json.loads(line) for line in child.stdout_text().splitlines()]

    def test_an_answer_that_is_too_large_is_asked_for_in_parts(self):
        asked = []

        def answer(method, path, body):
            if "_mapping" in path or "_field_caps" in path:
                return 200, {}, "{}"
            query = json.loads(body)
            keys = query["ids"] if "ids" in query else (
                query["query"]["constant_score"]["filter"]["terms"]["k"])
            asked.append(len(keys))
            if not "ids" in query and len(keys) > 40:  # the server has no memory for it
                return 429, {}, '{"error":{"type":"x","root_cause":[{"type":' \
                    '"circuit_breaking_exception"}]}}'
            docs = [{"_id": str(k), "found": True, "_source": {"k": int(k), "n": 2 * int(k),
                                                               "pad": "x" * (1 << 20)}}
                    for k in keys]
            return 200, {}, json.dumps({"docs": docs} if "ids" in query else {
                "_shards": {"failed": 0}, "hits": {"hits": docs}})

        for keyed in (True, False):
            asked.clear()
            self.assertEqual(self.ask_fake(answer, keyed, "", 70),
                             [{"k": k, "n": 2 * k} for k in range(70)])
            self.assertEqual(asked, [70, 35, 35])

    def test_a_document_that_is_left_out_shifts_no_other(self):
        def answer(method, path, body):
            if "_mapping" in path:
                return 200, {}, "{}"
            docs = ['{"_id":"%s","found":true,"_source":%s}' % (
                k, '{"k":1,"n"}' if k == "1" else '{"k":%s,"n":%d}' % (k, 2 * int(k)))
                    for k in json.loads(body)["ids"]]
            return 200, {}, '{"docs":[%s]}' % ",".join(docs)

        self.assertEqual(self.ask_fake(answer, True, ",'json.ignore-parse-errors'='true'", 4),
                         [{"k": k, "n": None if k == 1 else 2 * k} for k in range(4)])

    def test_look_ups_wait_and_go_on(self):
        lines = "".join('{"index":{"_id":"%d"}}\n{"k":%d,"n":%d}\n' % (i, i, i * 2)
                        for i in range(KEYS))
        ES.must("POST", f"/{self.index}/_bulk?refresh=true", lines.encode(),
                {"Content-Type": "application/x-ndjson"})
        chance = seeded_random()
        sql = self.source.replace("n INT)", "n INT, pt AS PROCTIME())") + """
            CREATE TABLE d (k INT, n INT%s) WITH ('connector'='elasticsearch-7',
                'hosts'='http://%s','index'='%s','http.timeout'='2s');
            SELECT COUNT(*) AS c, SUM(d.n) AS n FROM s
            JOIN d FOR SYSTEM_TIME AS OF s.pt ON s.k = d.k;"""
        for key in (", PRIMARY KEY (k) NOT ENFORCED", ""):
            with Proxy(HOST) as proxy:
                proxy.always = random_faults(chance.randrange(1 << 30), limit_bytes=50000)
                proxy.refuse()
                child = weir().start(sql % (key, proxy.address, self.index), "--output", "jsonl",
                                     "--set", "weir.summary=none", capture=True)
                wait_until("the job says for whom it waits", lambda: "waiting for Elastic" in
                           child.stderr_text())
                proxy.accept()
                status, text = weir().finish(child)
                self.assertEqual(status, 0, text)
                last = json.loads(child.stdout_text().splitlines()[-1])
                self.assertEqual(last, {"c": ROWS, "n": sum(i % KEYS * 2 for i in range(ROWS))})


if __name__ == "__main__":
    import sys
    unittest.main(argv=sys.argv[:1], verbosity=2)
