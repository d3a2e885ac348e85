#!/usr/bin/env python3
"""What a job writes to a real Elasticsearch, read back with the server's own search."""
import json
import os
import shutil
import tempfile
import unittest

from serverlib import Elasticsearch, need, unique, weir

HOST = need("elasticsearch")[0]
ES = Elasticsearch(HOST)
CONNECTOR = "elasticsearch-7"


class ElasticSink(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="weir-")
        self.index = unique(self.id().rsplit(".", 1)[1].lower())

    def tearDown(self):
        shutil.rmtree(self.folder)
        for name in ES.must("GET", f"/{self.index}*").json:
            ES.drop(name)

    def path(self, name):
        return os.path.join(self.folder, name)

    def changes(self, *lines):
        """A file of changelog-json: ("+I", {...}) each."""
        with open(self.path("in.ndjson"), "w", encoding="utf-8") as file:
            for op, data in lines:
                file.write(json.dumps({"op": op, "data": data}) + "\n")
        return f"'connector'='filesystem','path'='{self.path('in.ndjson')}','format'='changelog-json'"

    def run_job(self, sql, *options, status=0):
        done, text = weir().run(sql, *options)
        self.assertEqual(done, status, text)
        return text

    def flink(self, columns, more="", index=None):
        return (f"CREATE TABLE t ({columns}) WITH ('connector'='{CONNECTOR}',"
                f"'hosts'='http://{HOST}','index'='{index or self.index}'{more});\n")

    def blink(self, columns, more=""):
        return (f"CREATE TABLE t ({columns}) WITH (type='elasticsearch',endPoint='http://{HOST}',"
                f"accessId='u',accessKey='p',index='{self.index}',typeName='own_type'{more});\n")

    def docs(self, index=None):
        return ES.docs(index or self.index)

    def test_all_types(self):
        self.run_job(self.flink(
            "id BIGINT, s STRING, b BOOLEAN, y TINYINT, f FLOAT, d DOUBLE, c DECIMAL(20,3),"
            " day DATE, t TIME, at TIMESTAMP(3), z TIMESTAMP_LTZ(3), bin BYTES,"
            " a ARRAY<INT>, m MAP<STRING,INT>, r ROW<x INT, y STRING>,"
            " PRIMARY KEY (id) NOT ENFORCED") + """
            INSERT INTO t VALUES (1, 'a"b\\c\u00e9\U0001f600', TRUE, CAST(-5 AS TINYINT),
              CAST(1.5 AS FLOAT), 1e30, 12345678901234567.125, DATE '2024-02-29', TIME '10:00:01',
              TIMESTAMP '2024-02-29 10:00:00.120',
              CAST(TIMESTAMP '2024-02-29 10:00:00' AS TIMESTAMP_LTZ(3)), x'00ff', ARRAY[1,2],
              MAP['k', 1], ROW(1, 'y'));
            """, "--set", "table.local-time-zone=UTC")
        self.assertEqual(self.docs(), {"1": {
            "id": 1, "s": 'a"b\\c\u00e9\U0001f600', "b": True, "y": -5, "f": 1.5, "d": 1e30,
            "c": 12345678901234567.125, "day": "2024-02-29", "t": "10:00:01",
            "at": "2024-02-29 10:00:00.12", "z": "2024-02-29 10:00:00Z", "bin": "AP8=",
            "a": [1, 2], "m": {"k": 1}, "r": {"x": 1, "y": "y"}}})

    def test_upserts_and_deletes(self):
        source = self.changes(
            ("+I", {"k": "a", "n": 1}), ("+I", {"k": "b", "n": 2}), ("-U", {"k": "a", "n": 1}),
            ("+U", {"k": "a", "n": 3}), ("-D", {"k": "b", "n": 2}), ("+I", {"k": "c", "n": None}),
            ("-D", {"k": "c", "n": None}), ("+I", {"k": "c", "n": 4}))
        self.run_job(f"CREATE TABLE s (k STRING, n INT) WITH ({source});\n" +
                     self.flink("k STRING, n INT, PRIMARY KEY (k) NOT ENFORCED") +
                     "INSERT INTO t SELECT * FROM s;")
        self.assertEqual(self.docs(), {"a": {"k": "a", "n": 3}, "c": {"k": "c", "n": 4}})

    def test_updates_merge_and_a_delete_takes_all(self):
        for key in "ab":
            ES.must("PUT", f"/{self.index}/_doc/{key}", {"other": 7, "n": 0})
        source = self.changes(("+I", {"k": "a", "n": 1}), ("+I", {"k": "b", "n": 1}),
                              ("-D", {"k": "b", "n": 1}), ("+I", {"k": "b", "n": 2}))
        self.run_job(f"CREATE TABLE s (k STRING, n INT) WITH ({source});\n" +
                     self.flink("k STRING, n INT, PRIMARY KEY (k) NOT ENFORCED") +
                     "INSERT INTO t SELECT * FROM s;")
        self.assertEqual(self.docs(), {"a": {"k": "a", "n": 1, "other": 7},
                                       "b": {"k": "b", "n": 2}})

    def test_a_key_of_several_columns_is_joined(self):
        self.run_job(self.flink("a STRING, b INT, at TIMESTAMP(3), n INT,"
                                " PRIMARY KEY (a, b, at) NOT ENFORCED",
                                ",'document-id.key-delimiter'='$'") +
                     "INSERT INTO t VALUES ('x', 1, TIMESTAMP '2020-03-12 12:12:00', 1);")
        self.assertEqual(list(self.docs()), ["x$1$2020-03-12T12:12"])

    def test_without_a_key_rows_are_added(self):
        for _ in range(2):
            self.run_job(self.flink("n INT") + "INSERT INTO t VALUES (1), (1), (2);")
        self.assertEqual(sorted(doc["n"] for doc in self.docs().values()), [1, 1, 1, 1, 2, 2])

    def test_an_index_that_the_server_makes_is_warned_of_once(self):
        guessed = f'WARNING:  index "{self.index}" does not exist: the server makes it, and guesses'
        for sql, count in (
                (self.flink("n INT") + "INSERT INTO t VALUES (1);", 1),
                (self.flink("n INT") + "INSERT INTO t VALUES (1);", 0),
                (self.flink("n INT", index=self.index + "_{n}") + "INSERT INTO t VALUES (1);", 0)):
            text = self.run_job(sql)
            self.assertEqual(text.count(guessed), count, text)
        ES.must("DELETE", f"/{self.index}")
        text = self.run_job(self.blink("n VARCHAR", f",mapping='{json.dumps({})}'") +
                            "INSERT INTO t SELECT 'x' FROM (VALUES (1)) AS v(x);")
        self.assertNotIn("guesses", text)
        ES.must("DELETE", f"/{self.index}")
        text = self.run_job(self.blink("n VARCHAR") +
                            "INSERT INTO t SELECT 'x' FROM (VALUES (1)) AS v(x);")
        self.assertEqual(text.count(guessed), 1, text)
        self.assertIn("option mapping", text)

    def test_many_rows_in_small_calls(self):
        with open(self.path("in.ndjson"), "w", encoding="ascii") as file:
            file.writelines('{"k":%d,"n":%d}\n' % (i % 5000, i) for i in range(12000))
        self.run_job(f"CREATE TABLE s (k INT, n INT) WITH ('connector'='filesystem',"
                     f"'path'='{self.path('in.ndjson')}','format'='json');\n" +
                     self.flink("k INT, n INT, PRIMARY KEY (k) NOT ENFORCED",
                                ",'sink.bulk-flush.max-actions'='700'") +
                     "INSERT INTO t SELECT * FROM s;")
        docs = self.docs()
        self.assertEqual(len(docs), 5000)
        for k in (0, 1999, 2000, 4999):
            self.assertEqual(docs[str(k)]["n"], k + (10000 if k < 2000 else 5000))

    def test_compressed_calls(self):
        with open(self.path("in.ndjson"), "w", encoding="ascii") as file:
            file.writelines('{"k":%d}\n' % i for i in range(5000))
        self.run_job(f"CREATE TABLE s (k INT) WITH ('connector'='filesystem',"
                     f"'path'='{self.path('in.ndjson')}','format'='json');\n" +
                     self.flink("k INT, PRIMARY KEY (k) NOT ENFORCED",
                                ",'http.compression'='true'") + "INSERT INTO t SELECT * FROM s;")
        self.assertEqual(len(self.docs()), 5000)

    def test_indexes_follow_columns(self):
        self.run_job(self.flink("k STRING, city STRING, at TIMESTAMP(3),"
                                " PRIMARY KEY (k) NOT ENFORCED",
                                index=self.index + "-{at|yyyy.MM.dd}-x") +
                     "INSERT INTO t VALUES ('1', 'a', TIMESTAMP '2024-01-02 23:59:59'),"
                     " ('2', 'a', TIMESTAMP '2024-01-03 00:00:00'), ('3', 'b', NULL);")
        self.run_job(self.flink("k STRING, city STRING, PRIMARY KEY (k) NOT ENFORCED",
                                index=self.index + "-c-{city}") +
                     "INSERT INTO t VALUES ('1', 'a'), ('2', 'b');")
        self.run_job(self.flink("k STRING", index=self.index + "-n-{now()|yyyy-MM}") +
                     "INSERT INTO t VALUES ('1');", "--set", "weir.clock=2020-08-31T20:00:00Z",
                     "--set", "table.local-time-zone=Asia/Shanghai")
        found = ES.must("GET", f"/{self.index}*").json
        self.assertEqual(sorted(name[len(self.index):] for name in found),
                         ["-2024.01.02-x", "-2024.01.03-x", "-c-a", "-c-b", "-n-2020-09",
                          "-null-x"])

    def test_a_name_cannot_break_out(self):
        """Ids and names of indexes are data, whatever is in them."""
        evil = ['"}}\n{"delete":{"_id":"keep"}}\n', "../_all", "a/b?c=d&e#f", "\\", "x\ty", "%2F"]
        source = self.changes(("+I", {"k": "keep", "n": 0}),
                              *(("+I", {"k": key, "n": i}) for i, key in enumerate(evil)))
        self.run_job(f"CREATE TABLE s (k STRING, n INT) WITH ({source});\n" +
                     self.flink("k STRING, `n\"}` INT, PRIMARY KEY (k) NOT ENFORCED") +
                     "INSERT INTO t SELECT * FROM s;")
        docs = self.docs()
        self.assertEqual({key: doc['n"}'] for key, doc in docs.items()},
                         dict({"keep": 0}, **{key: i for i, key in enumerate(evil)}))
        source = self.changes(*(("+I", {"k": str(i), "c": key}) for i, key in enumerate(evil)),
                              ("+I", {"k": "good", "c": "fine"}))
        text = self.run_job(f"CREATE TABLE s (k STRING, c STRING) WITH ({source});\n" +
                            self.flink("k STRING, c STRING, PRIMARY KEY (k) NOT ENFORCED",
                                       ",'on-error'='skip'", index=self.index + "-{c}") +
                            "INSERT INTO t SELECT * FROM s;")
        self.assertIn("invalid_index_name_exception", text)
        found = [name[len(self.index):] for name in ES.must("GET", f"/{self.index}*").json]
        # "%2F" is a good name but for its letters' case.
        self.assertEqual(sorted(found), ["", "-fine", "-x\ty"])

    def test_blink_replaces_documents(self):
        ES.must("PUT", f"/{self.index}/_doc/a", {"other": 7})
        self.run_job(self.blink("k VARCHAR, n BIGINT, ts TIMESTAMP, PRIMARY KEY (k)") + """
            INSERT INTO t SELECT 'a', CAST(NULL AS BIGINT), TO_TIMESTAMP(1577934245678)
            FROM (VALUES (1)) AS v(x);""", "--set", "blink.job.timeZone=Asia/Shanghai")
        self.assertEqual(self.docs(), {"a": {"k": "a", "n": None, "ts": "2020-01-02 11:04:05"}})

    def test_blink_keeps_milliseconds_when_asked(self):
        self.run_job(self.blink("k VARCHAR, ts TIMESTAMP, PRIMARY KEY (k)") + """
            INSERT INTO t SELECT 'a', TO_TIMESTAMP(1577934245600) FROM (VALUES (1)) AS v(x);""",
                     "--set", "blink.job.timestamp.reserve.ms=true",
                     "--set", "blink.job.timeZone=UTC")
        self.assertEqual(self.docs(), {"a": {"k": "a", "ts": "2020-01-02 03:04:05.600"}})

    def test_blink_increments_leave_nulls_out(self):
        ES.must("PUT", f"/{self.index}/_doc/a", {"other": 7, "n": 1})
        self.run_job(self.blink("k VARCHAR, n BIGINT, m BIGINT, PRIMARY KEY (k)",
                                ",updateMode='inc'") + """
            INSERT INTO t SELECT 'a', CAST(NULL AS BIGINT), CAST(2 AS BIGINT)
            FROM (VALUES (1)) AS v(x);""")
        self.assertEqual(self.docs(), {"a": {"k": "a", "n": 1, "m": 2, "other": 7}})

    def test_blink_makes_indexes(self):
        more = ''',dynamicIndex='true',indexField='ts',indexInterval='m',
            settings='{"number_of_shards":2}',
            mapping='{"properties":{"k":{"type":"keyword"}}}' '''
        self.run_job(self.blink("k VARCHAR, ts TIMESTAMP, PRIMARY KEY (k)", more) + """
            INSERT INTO t SELECT 'a', TO_TIMESTAMP(1577934245000) FROM (VALUES (1)) AS v(x);""",
                     "--set", "blink.job.timeZone=UTC")
        made = ES.must("GET", f"/{self.index}*").json[self.index + "202001"]
        self.assertEqual(list(made["aliases"]), [self.index])
        self.assertEqual(made["settings"]["index"]["number_of_shards"], "2")
        self.assertEqual(made["mappings"]["properties"]["k"], {"type": "keyword"})
        self.assertEqual(self.docs(), {"a": {"k": "a", "ts": "2020-01-02 03:04:05"}})

    def test_refused_rows_do_not_take_their_neighbours_along(self):
        ES.create(self.index, {"k": "keyword", "n": "integer"})
        source = self.changes(*(("+I", {"k": str(i), "n": "x" if i % 10 == 3 else str(i)})
                                for i in range(30)))
        text = self.run_job(
            f"CREATE TABLE s (k STRING, n STRING) WITH ({source});\n" +
            self.flink("k STRING, n STRING, PRIMARY KEY (k) NOT ENFORCED", ",'on-error'='skip'") +
            "INSERT INTO t SELECT * FROM s;")
        self.assertEqual(len(self.docs()), 27)
        self.assertIn("_parsing_exception: ", text)
        self.assertIn('For input string: "x"', text)

    def test_a_refused_row_ends_the_job(self):
        ES.create(self.index, {"k": "keyword", "n": "integer"})
        sql = (self.flink("k STRING, n STRING, PRIMARY KEY (k) NOT ENFORCED", "%s") +
               "INSERT INTO t VALUES ('a', 'x');")
        text = self.run_job(sql % ",'on-error'='fail'", status=3)
        self.assertIn("_parsing_exception: ", text)
        text = self.run_job(sql % ",'on-error'='fail','failure-handler'='ignore'")
        self.assertIn("0 rows written, 1 skipped", text)
        text = self.run_job(sql % ",'on-error'='skip','failure-handler'='fail'", status=3)
        self.assertIn("a document is refused: ", text)
        self.assertEqual(self.docs(), {})

    def test_an_index_that_cannot_be_is_no_fault_of_rows(self):
        text = self.run_job(self.flink("k STRING", ",'on-error'='skip'", index="Aa") +
                            "INSERT INTO t VALUES ('a');", status=3)
        self.assertIn("Invalid index name [Aa], must be lowercase", text)

    def test_columns_must_fit_a_closed_mapping(self):
        ES.create(self.index, {"k": "keyword", "n": "integer"})
        for columns, reason in (
                ("k STRING, extra INT", f'index "{self.index}" has no field "extra"'),
                ("k STRING, n ROW<a INT>",
                 f'field "n" of index "{self.index}" is a number (integer), but the column is an '
                 'object'),
                ("k STRING, n BOOLEAN", "but the column is a boolean")):
            text = self.run_job(
                f"CREATE TABLE s ({columns}) WITH ('connector'='datagen','number-of-rows'='1');\n" +
                self.flink(columns) + "INSERT INTO t SELECT * FROM s;", status=2)
            self.assertIn(reason, text)

    def test_an_address_is_needed_only_to_run(self):
        sql = (f"CREATE TABLE t (n INT) WITH ('connector'='elasticsearch-7','index'='{self.index}');"
               "INSERT INTO t VALUES (1);")
        self.assertIn('needs option "hosts"', self.run_job(sql, status=2))


if __name__ == "__main__":
    import sys
    unittest.main(argv=sys.argv[:1], verbosity=2)
