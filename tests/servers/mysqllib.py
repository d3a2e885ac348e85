"""What the tests of the MySQL connector share: a database a test, and jobs that read or write its
tables."""
import json
import os
import sys
import tempfile
import unittest

from serverlib import Mysql, need, unique, weir

WHERE, = need("mariadb")
WEIR = weir()
MYSQL = Mysql(WHERE)


class MysqlCase(unittest.TestCase):
    """Each test has an empty database, the one of MYSQL, and a folder."""

    def setUp(self):
        MYSQL.fresh_database(unique("weir_test"))
        self.addCleanup(lambda: MYSQL.run(f"drop database `{MYSQL.database}`"))
        self.folder = tempfile.TemporaryDirectory(prefix="weir-mysql-")
        self.addCleanup(self.folder.cleanup)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def write_lines(self, name, lines):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.writelines(line + "\n" for line in lines)
        return self.path(name)

    def write_rows(self, rows, name="in.ndjson"):
        """A file of {column: value}."""
        return self.write_lines(name, [json.dumps(row) for row in rows])

    def write_changes(self, rows, name="in.ndjson"):
        """A file of (op, {column: value})."""
        return self.write_rows([{"op": op, "data": data} for op, data in rows], name)

    def options(self, table, more=None):
        """WITH (...) of a table of the database."""
        more = more or {}
        given = {"connector": "jdbc", "url": f"jdbc:mysql://{WHERE}/{MYSQL.database}",
                 "table-name": table, "username": "weir", "password": "weir"}
        if more.get("connector") == "rds":
            given.update({"tableName": table, "userName": "weir"})
            del given["table-name"], given["username"]
        given.update(more)
        return ", ".join(f"'{key}' = '{value}'" for key, value in given.items())

    def run_job(self, sql, *options, status=0):
        """What it prints on standard error."""
        got, text = WEIR.run(sql, *options)
        self.assertEqual(got, status, text)
        return text

    def select(self, sql, *options):
        """The rows of the job's SELECT, in order."""
        lines = WEIR.rows(sql, "--output", "jsonl", *options)
        return [json.loads(line) for line in lines]


def main():
    unittest.main(argv=sys.argv[:1] + sys.argv[4:], warnings="ignore")
