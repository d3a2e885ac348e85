#!/usr/bin/env python3
"""Rows looked up in a real Elasticsearch: by id, by the values of fields, many at once."""
import json
import os
import shutil
import tempfile
import unittest

from serverlib import Elasticsearch, need, unique, weir

HOST = need("elasticsearch")[0]
ES = Elasticsearch(HOST)
CONNECTOR = "elasticsearch-7"


class ElasticLookup(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="weir-")
        self.index = unique(self.id().rsplit(".", 1)[1].lower())

    def tearDown(self):
        shutil.rmtree(self.folder)
        for name in ES.must("GET", f"/{self.index}*").json:
            ES.drop(name)

    def bulk(self, docs):
        """{id: document}; seen by searches at once."""
        lines = "".join(json.dumps({"index": {"_id": key}}) + "\n" + json.dumps(doc) + "\n"
                        for key, doc in docs.items())
        reply = ES.must("POST", f"/{self.index}/_bulk?refresh=true", lines.encode(),
                        {"Content-Type": "application/x-ndjson"})
        self.assertFalse(reply.json["errors"], reply.text)

    def source(self, rows, columns):
        path = os.path.join(self.folder, "in.ndjson")
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)
        return (f"CREATE TABLE s ({columns}, pt AS PROCTIME()) WITH ('connector'='filesystem',"
                f"'path'='{path}','format'='json');\n")

    def table(self, columns, more=""):
        return (f"CREATE TABLE d ({columns}) WITH ('connector'='{CONNECTOR}',"
                f"'hosts'='http://{HOST}','index'='{self.index}'{more});\n")

    def rows(self, sql):
        out = weir().rows(sql, "--output", "jsonl", "--set", "weir.summary=none",
                          "--set", "table.local-time-zone=UTC")
        return [json.loads(line) for line in out]

    def fails(self, sql):
        status, text = weir().run(sql)
        self.assertNotEqual(status, 0)
        return text

    JOIN = "SELECT s.*, d.* FROM s LEFT JOIN d FOR SYSTEM_TIME AS OF s.pt ON s.k = d.k;"

    def test_by_id(self):
        odd = ['a"b', "x/y?z", "\\", "\u00e9\U0001f600", "l\nf", "plain"]
        self.bulk({key: {"k": key, "n": i, "hidden": 1} for i, key in enumerate(odd)})
        found = self.rows(self.source([{"k": key} for key in odd + ["none", None, "plain"]],
                                      "k STRING") +
                          self.table("k STRING, n BIGINT, PRIMARY KEY (k) NOT ENFORCED") +
                          "SELECT s.k, d.n FROM s LEFT JOIN d FOR SYSTEM_TIME AS OF s.pt"
                          " ON s.k = d.k;")
        self.assertEqual([(row["k"], row["n"]) for row in found],
                         [(key, i) for i, key in enumerate(odd)] +
                         [("none", None), (None, None), ("plain", len(odd) - 1)])

    def test_by_id_of_several_columns(self):
        self.bulk({"x_1": {"a": "x", "b": 1, "v": "one"}, "x_2": {"a": "x", "b": 2, "v": "two"}})
        found = self.rows(self.source([{"b": 2, "a": "x"}, {"b": 1, "a": "x"}, {"b": 1, "a": "y"}],
                                      "b BIGINT, a STRING") +
                          self.table("a STRING, b BIGINT, v STRING,"
                                     " PRIMARY KEY (a, b) NOT ENFORCED") +
                          "SELECT d.v FROM s LEFT JOIN d FOR SYSTEM_TIME AS OF s.pt"
                          " ON s.b = d.b AND s.a = d.a;")
        self.assertEqual([row["v"] for row in found], ["two", "one", None])

    def test_all_types(self):
        self.bulk({"1": {"id": 1, "s": "t\u00e9", "b": True, "y": -5, "f": 1.5, "d": 1e30,
                         "c": 123.125, "day": "2024-02-29", "at": "2024-02-29 10:00:00.12",
                         "z": "2024-02-29 10:00:00Z", "a": [1, 2], "m": {"k": 1},
                         "r": {"x": 1, "y": "y"}}, "2": {"id": 2, "s": None}})
        found = self.rows(self.source([{"k": 1}, {"k": 2}], "k BIGINT") + self.table(
            "id BIGINT, s STRING, b BOOLEAN, y TINYINT, f FLOAT, d DOUBLE, c DECIMAL(20,3),"
            " day DATE, at TIMESTAMP(3), z TIMESTAMP_LTZ(3), a ARRAY<INT>, m MAP<STRING,INT>,"
            " r ROW<x INT, y STRING>, PRIMARY KEY (id) NOT ENFORCED") +
            "SELECT d.* FROM s JOIN d FOR SYSTEM_TIME AS OF s.pt ON s.k = d.id;")
        self.assertEqual(found[0], {
            "id": 1, "s": "t\u00e9", "b": True, "y": -5, "f": 1.5, "d": 1e30, "c": 123.125,
            "day": "2024-02-29", "at": "2024-02-29 10:00:00.12", "z": "2024-02-29 10:00:00Z",
            "a": [1, 2], "m": {"k": 1}, "r": {"x": 1, "y": "y"}})
        self.assertEqual([value for value in found[1].values() if value is not None], [2])

    def test_by_value_one_to_many(self):
        self.bulk({str(i): {"city": f"c {i % 3}", "n": i} for i in range(9)})
        found = self.rows(self.source([{"k": "c 1"}, {"k": "c 7"}, {"k": "c"}, {"k": None}],
                                      "k STRING") +
                          self.table("city STRING, n BIGINT") +
                          "SELECT s.k, d.n FROM s LEFT JOIN d FOR SYSTEM_TIME AS OF s.pt"
                          " ON s.k = d.city;")
        self.assertEqual(sorted((str(row["k"]), row["n"] or 0) for row in found),
                         [("None", 0), ("c", 0), ("c 1", 1), ("c 1", 4), ("c 1", 7), ("c 7", 0)])

    def test_by_several_values(self):
        self.bulk({str(i): {"a": f"a{i % 3}", "b": i % 2, "n": i} for i in range(12)})
        found = self.rows(self.source([{"x": "a1", "y": 1}, {"x": "a2", "y": 0},
                                       {"x": "a2", "y": 5}], "x STRING, y BIGINT") +
                          self.table("a STRING, b BIGINT, n BIGINT") +
                          "SELECT s.x, d.n FROM s JOIN d FOR SYSTEM_TIME AS OF s.pt"
                          " ON s.x = d.a AND s.y = d.b;")
        self.assertEqual(sorted((row["x"], row["n"]) for row in found),
                         [("a1", 1), ("a1", 7), ("a2", 2), ("a2", 8)])

    def test_what_only_resembles_a_key_is_no_match(self):
        """A normalizer finds letters of the other case, an array finds each of its values."""
        ES.must("PUT", f"/{self.index}", {
            "settings": {"analysis": {"normalizer": {"low": {"type": "custom",
                                                             "filter": ["lowercase"]}}}},
            "mappings": {"properties": {"k": {"type": "keyword", "normalizer": "low"},
                                        "n": {"type": "long"}}}})
        self.bulk({"1": {"k": "Abc", "n": 1}, "2": {"k": "abc", "n": 2}})
        found = self.rows(self.source([{"k": "abc"}], "k STRING") +
                          self.table("k STRING, n BIGINT") + self.JOIN.replace("s.*, d.*", "d.n"))
        self.assertEqual([row["n"] for row in found], [2])

    def test_many_keys(self):
        count = 20000
        self.bulk({str(i): {"k": i, "n": i * 2} for i in range(0, count, 2)})
        rows = [{"k": i * 7919 % count} for i in range(count)]
        for key in (", PRIMARY KEY (k) NOT ENFORCED", ""):
            found = self.rows(self.source(rows, "k BIGINT") +
                              self.table("k BIGINT, n BIGINT" + key) +
                              "SELECT COUNT(*) AS c, SUM(d.n) AS s FROM s JOIN d"
                              " FOR SYSTEM_TIME AS OF s.pt ON s.k = d.k;")
            self.assertEqual((found[-1]["c"], found[-1]["s"]),
                             (count // 2, sum(range(0, count, 2)) * 2))

    def test_a_key_cannot_ask_for_more(self):
        self.bulk({"1": {"k": "x", "n": 1}})
        evil = ['"]}},{"match_all":{}}', '*', 'x"', "x\n"]
        found = self.rows(self.source([{"k": key} for key in evil], "k STRING") +
                          self.table("k STRING, n BIGINT") + self.JOIN)
        self.assertEqual([row["n"] for row in found], [None] * len(evil))

    def test_what_cannot_work_is_said_at_the_start(self):
        source = self.source([{"k": "x"}], "k STRING")
        text = self.fails(source + self.table("k STRING, n BIGINT") + self.JOIN)
        self.assertIn(f'there is no index "{self.index}"', text)
        ES.create(self.index, {"k": "text", "n": "long"})
        text = self.fails(source + self.table("k STRING, n BIGINT") + self.JOIN)
        self.assertIn(f'field "k" of index "{self.index}" is of type text', text)

    def test_a_document_that_is_no_row_is_named(self):
        self.bulk({"1": {"k": "1", "n": "x"}})
        source = self.source([{"k": "1"}], "k STRING")
        table = "k STRING, n BIGINT, PRIMARY KEY (k) NOT ENFORCED"
        self.assertIn('column "n"', self.fails(source + self.table(table) + self.JOIN))
        found = self.rows(source + self.table(table, ",'json.ignore-parse-errors'='true'") +
                          self.JOIN)
        self.assertEqual([row["n"] for row in found], [None])


if __name__ == "__main__":
    import sys
    unittest.main(argv=sys.argv[:1], verbosity=2)
