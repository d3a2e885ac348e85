"""Tables of the tests of ClickHouse, and jobs that write, read and ask them."""
import json
import os
import tempfile
import unittest

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
