#!/usr/bin/env python3
"""Rows of a real MariaDB looked up by any columns: one to many, every type of key, collations in
which different bytes are equal, caches.

    test_mysql_lookup.py WEIR ...
"""
import json

from mysqllib import MYSQL, WHERE, MysqlCase, main


def is_in(charset, text):
    return charset == "utf8mb4" or all(ord(letter) < 256 for letter in text)


class Lookup(MysqlCase):
    def lookup(self, key_type, keys, columns, on, join="LEFT JOIN", select="v", prefix="", **more):
        """A row a key: what it finds."""
        path = self.write_rows({"k": key, "n": i} for i, key in enumerate(keys))
        rows = self.select(
            f"{prefix}CREATE TABLE i (k {key_type}, n INT, p AS PROCTIME()) WITH "
            f"('connector' = 'filesystem', 'path' = '{path}', 'format' = 'json');"
            f"CREATE TABLE d ({columns}) WITH ({self.options('d', more)});"
            f"SELECT i.n, {select} FROM i {join} d FOR SYSTEM_TIME AS OF i.p ON {on};")
        found = {}
        for row in rows:
            found.setdefault(row.pop("n"), []).append(
                row[select] if list(row) == [select] else row)
        return [sorted(found.get(i, []), key=str) for i in range(len(keys))]

    def test_by_primary_key(self):
        MYSQL.run("create table d (id int primary key, v varchar(9)); "
                  "insert into d values (1, 'a'), (2, 'b'), (3, null)")
        self.assertEqual(
            self.lookup("INT", [1, 2, 3, 4, None, 2, 1], "id INT, v STRING", "i.k = d.id"),
            [["a"], ["b"], [None], [None], [None], ["b"], ["a"]])
        self.assertEqual(
            self.lookup("INT", [1, 4, None, 1], "id INT, v STRING", "i.k = d.id", "JOIN"),
            [["a"], [], [], ["a"]])

    def test_one_to_many_by_a_column_that_is_no_key(self):
        MYSQL.run("create table d (id int primary key, c varchar(9), v int, key (c)); "
                  "insert into d values (1, 'x', 10), (2, 'x', 20), (3, 'y', 30), (4, null, 40)")
        self.assertEqual(
            self.lookup("STRING", ["x", "y", "z", "x"], "id INT, c STRING, v INT", "i.k = d.c"),
            [[10, 20], [30], [None], [10, 20]])

    def test_by_several_columns(self):
        MYSQL.run("create table d (a int, b varchar(9), v int, primary key (a, b)); "
                  "insert into d values (1, 'x', 10), (1, 'y', 20), (2, 'x', 30), (2, 'Z', 40)")
        keys = ["x", "y", "z", "Z", None]
        self.assertEqual(
            self.lookup("STRING", keys, "a INT, b STRING, v INT", "i.k = d.b AND d.a = 1"),
            [[10], [20], [None], [None], [None]])
        self.assertEqual(
            self.lookup("STRING", keys, "a INT, b STRING, v INT",
                        "i.k = d.b AND d.a = CHAR_LENGTH(i.k) + 1"),
            [[30], [None], [None], [40], [None]])

    def test_many_keys(self):
        MYSQL.run("create table d (id int primary key, v int) "
                  "select seq * 2 as id, seq as v from seq_1_to_5000")
        for more in ({}, {"lookup.async": "true"}, {"lookup.cache": "PARTIAL",
                                                    "lookup.partial-cache.max-rows": "100"},
                     {"connector": "rds", "cache": "ALL"}, {"connector": "rds", "cache": "LRU"}):
            with self.subTest(more=more):
                got = self.lookup("INT", range(10001), "id INT, v INT", "i.k = d.id", "JOIN", **more)
                self.assertEqual(got, [[i // 2] if i % 2 == 0 and i > 0 else []
                                       for i in range(10001)])

    def test_types_of_keys(self):
        MYSQL.run("""create table d (v int primary key, b boolean, ti tinyint, bi bigint unsigned,
            de decimal(20, 4), do double, c char(5), s text, bin varbinary(20), da date,
            tm time(3), ts datetime(6), st timestamp(3) null, y year, bits bit(9),
            en enum('x', 'y'));
            insert into d values (1, true, -128, 9223372036854775807, -12.5, 0.1, 'abc', 'it''s',
            x'00ff27', '2024-02-29', '23:59:59.999', '2024-01-01 10:00:00.123456',
            '2024-01-01 10:00:00.123', 2024, 257, 'y')""")
        for column, kind, key in (
                ("b", "BOOLEAN", True), ("ti", "TINYINT", -128), ("bi", "BIGINT", 2**63 - 1),
                ("de", "DECIMAL(20, 4)", -12.5), ("de", "DECIMAL(5, 1)", -12.5),
                ("do", "DOUBLE", 0.1), ("c", "STRING", "abc"), ("c", "CHAR(3)", "abc"),
                ("s", "STRING", "it's"), ("bin", "BYTES", "AP8n"), ("da", "DATE", "2024-02-29"),
                ("tm", "TIME(3)", "23:59:59.999"),
                ("ts", "TIMESTAMP(6)", "2024-01-01 10:00:00.123456"),
                ("st", "TIMESTAMP_LTZ(3)", "2024-01-01T02:00:00.123Z"), ("y", "INT", 2024),
                ("bits", "INT", 257), ("en", "STRING", "y")):
            with self.subTest(column=column, type=kind):
                self.assertEqual(
                    self.lookup(kind, [key, None], f"{column} {kind}, v INT",
                                f"i.k = d.{column}", "JOIN",
                                prefix="SET 'table.local-time-zone' = 'Asia/Shanghai';"),
                    [[1], []])

    def test_a_number_that_is_text_there(self):
        """The server compares, not we: '1', '01' and '1x' are the number 1."""
        MYSQL.run("create table d (id int primary key, v int); insert into d values (1, 10), "
                  "(2, 20); create table e (id varchar(9), v int); "
                  "insert into e values ('1', 1), ('01', 2), ('2', 3)")
        self.assertEqual(self.lookup("STRING", ["1", "01", "2", "3"], "id STRING, v INT",
                                     "i.k = d.id"), [[10], [10], [20], [None]])
        MYSQL.run("drop table d; rename table e to d")
        self.assertEqual(self.lookup("INT", [1, 2], "id INT, v INT", "i.k = d.id"), [[1, 2], [3]])

    def test_collations(self):
        """Whatever the server takes for equal is found, however many keys go in one request."""
        keys = ["abc", "ABC", "Abc ", "abc  ", "äbc", "ABÇ", "张三", "张三 ", "x\ty", "ss", "ß", "SS",
                "a\\b", "A\\B", "it's", "IT'S", "'", "' ", "", " ", "𝒳", "𝒴", "é", "e\u0301", "E"]
        stored = ["abc", "ABC", "abc ", "Äbc", "张三", "X\tY", "SS", "ß", "a\\b", "It's", "'", "",
                  "𝒳", "é", "e"]
        for collation in ("utf8mb4_bin", "utf8mb4_nopad_bin", "utf8mb4_general_ci",
                          "utf8mb4_unicode_ci", "utf8mb4_unicode_520_nopad_ci", "utf8mb4_danish_ci",
                          "latin1_swedish_ci", "utf8mb4_general_nopad_ci"):
            with self.subTest(collation=collation):
                charset = collation.split("_", maxsplit=1)[0]
                MYSQL.run(f"drop table if exists d; create table d (v int auto_increment primary "
                          f"key, s varchar(20) character set {charset} collate {collation})")
                for text in stored:
                    if is_in(charset, text):
                        MYSQL.run(f"insert into d (s) values (_utf8mb4 x'{text.encode().hex()}')")
                want = [[int(v) for v, in MYSQL.rows(
                    f"select v from d where s = _utf8mb4 x'{key.encode().hex()}' order by 1")]
                        if is_in(charset, key) else [] for key in keys]
                got = self.lookup("STRING", keys, "s STRING, v INT", "i.k = d.s", "JOIN")
                self.assertEqual(dict(zip(keys, got)), dict(zip(keys, want)))

    def test_keys_that_would_like_to_be_sql(self):
        keys = ["') or 1=1 -- ", "\\') or 1=1 -- ", "\\", "'", "\0", "x\\", "\"", "`"]
        MYSQL.run("create table d (`k``'y` varchar(50) primary key, v int)")
        for i, key in enumerate(keys):
            MYSQL.run(f"insert into d values (_utf8mb4 x'{key.encode().hex()}', {i})")
        for mode in ("", "NO_BACKSLASH_ESCAPES"):
            url = (f"jdbc:mysql://{WHERE}/{MYSQL.database}?sessionVariables="
                   f"sql_mode=concat(@@sql_mode,%27,{mode}%27)")
            self.assertEqual(
                self.lookup("STRING", keys + ["none"], "`k``'y` STRING, v INT",
                            "i.k = d.`k``'y`", url=url),
                [[i] for i in range(len(keys))] + [[None]])

    def test_the_table_changes(self):
        """Without a cache each batch sees the table as it is."""
        MYSQL.run("create table d (id int primary key, v int)")
        self.assertEqual(self.lookup("INT", [1], "id INT, v INT", "i.k = d.id"), [[None]])
        MYSQL.run("insert into d values (1, 5)")
        self.assertEqual(self.lookup("INT", [1], "id INT, v INT", "i.k = d.id"), [[5]])

    def test_missing_things(self):
        MYSQL.run("create table d (id int primary key, v int)")
        path = self.write_rows([{"k": 1}])

        def job(columns, table):
            return (f"CREATE TABLE i (k INT, p AS PROCTIME()) WITH ('connector' = 'filesystem', "
                    f"'path' = '{path}', 'format' = 'json');"
                    f"CREATE TABLE d ({columns}) WITH ({self.options(table)});"
                    f"SELECT i.k, d.* FROM i JOIN d FOR SYSTEM_TIME AS OF i.p ON i.k = d.id;")

        self.assertIn('has no column "w"', self.run_job(job("id INT, w INT", "d"), status=2))
        self.assertIn("(error 1146)", self.run_job(job("id INT, v INT", "nope"), status=3))

    def test_nested_values(self):
        MYSQL.run("create table d (id int primary key, j json); "
                  "insert into d values (1, '{\"a\": 1, \"b\": [\"x\", null]}'), (2, null)")
        got = self.lookup("INT", [1, 2], "id INT, j ROW<a INT, b ARRAY<STRING>>", "i.k = d.id",
                          select="j")
        self.assertEqual(json.dumps(got), json.dumps([[{"a": 1, "b": ["x", None]}], [None]]))


if __name__ == "__main__":
    main()
