#!/usr/bin/env python3
"""check_sqlite.py WEIR -- what the local profile leaves in DIR/tables.sqlite, read with SQLite itself."""
import json
import os
import sqlite3
import subprocess
import sys
import tempfile

JOB = """
SET 'table.local-time-zone' = 'Asia/Shanghai';
CREATE TABLE r (id INT, ti TINYINT, d DOUBLE, n DECIMAL(10, 2), b BOOLEAN, s STRING, y BYTES, dt DATE,
    t TIMESTAMP(3), z TIMESTAMP_LTZ(3), PRIMARY KEY (id) NOT ENFORCED)
    WITH ('connector' = 'jdbc', 'url' = 'jdbc:mysql://h/d', 'table-name' = 'of every type');
CREATE TABLE p (a INT, b STRING) WITH ('connector' = 'jdbc', 'url' = 'jdbc:mysql://h/d', 'table-name' = 'plain');
CREATE TABLE h (rowkey STRING, cf ROW<a STRING, b INT>, g ROW<a BIGINT>, PRIMARY KEY (rowkey) NOT ENFORCED)
    WITH ('connector' = 'hbase-2.2', 'table-name' = 'ns:h', 'zookeeper.quorum' = 'z');
INSERT INTO r SELECT 1, CAST(2 AS TINYINT), 1.5E0, 12.50, TRUE, 'x', X'00FF', DATE '2024-01-02',
    TIMESTAMP '2024-01-02 03:04:05.120', TO_TIMESTAMP_LTZ(0, 3);
INSERT INTO p VALUES (1, 'x'), (1, 'x');
INSERT INTO h SELECT 'r', ROW('x', 5), ROW(CAST(7 AS BIGINT));
"""

# table, columns as (name, type, place in the key), rows
WANTED = [
    ("of every type",
     [("id", "INTEGER", 1), ("ti", "INTEGER", 0), ("d", "REAL", 0), ("n", "TEXT", 0), ("b", "INTEGER", 0),
      ("s", "TEXT", 0), ("y", "BLOB", 0), ("dt", "TEXT", 0), ("t", "TEXT", 0), ("z", "TEXT", 0)],
     [(1, 2, 1.5, "12.50", 1, "x", b"\x00\xff", "2024-01-02", "2024-01-02 03:04:05.120",
       "1970-01-01 08:00:00.000")]),
    ("plain", [("a", "INTEGER", 0), ("b", "TEXT", 0)], [(1, "x"), (1, "x")]),
    ("ns:h", [("rowkey", "TEXT", 1), ("cf:a", "TEXT", 0), ("cf:b", "INTEGER", 0), ("g:a", "INTEGER", 0)],
     [("r", "x", 5, 7)]),
]

# A table that is there, with a rule that the job does not know: of a key's rows the last one that
# the table takes is shown, as if they had come one by one.
STRICT = """
CREATE TABLE t (k STRING, v INT) WITH ('connector' = 'filesystem', 'path' = 't.ndjson', 'format' = 'json');
CREATE TABLE o (k STRING, n INT, PRIMARY KEY (k) NOT ENFORCED)
    WITH ('connector' = 'jdbc', 'url' = 'jdbc:mysql://h/d', 'table-name' = 'o');
INSERT INTO o SELECT k, {} FROM t GROUP BY k;
"""
RULES = [("k TEXT PRIMARY KEY, n INTEGER CHECK (n < 10)", "SUM(v)"),
         ("k TEXT PRIMARY KEY, n INTEGER NOT NULL", "NULLIF(SUM(v), 12)")]


def refused(weir):
    """How many of the rules are not followed."""
    failed = 0
    for rule, value in RULES:
        with tempfile.TemporaryDirectory() as folder:
            base = sqlite3.connect(os.path.join(folder, "tables.sqlite"))
            base.execute(f"CREATE TABLE o ({rule})")
            base.commit()
            base.close()
            with open(os.path.join(folder, "t.ndjson"), "w", encoding="utf-8") as file:
                file.writelines(json.dumps({"k": "a", "v": v}) + "\n" for v in (3, 4, 5))
            with open(os.path.join(folder, "job.sql"), "w", encoding="utf-8") as file:
                file.write(STRICT.format(value))
            subprocess.run([weir, "run", "job.sql", "--profile", "local", "--data", "."], cwd=folder,
                           capture_output=True, text=True, check=False)
            base = sqlite3.connect(os.path.join(folder, "tables.sqlite"))
            got = base.execute("SELECT * FROM o").fetchall()
            base.close()
            if got != [("a", 7)]:
                failed += 1
                print(f"FAIL {rule}: rows are {got} and should be [('a', 7)]")
    return failed


def main():
    weir = os.path.abspath(sys.argv[1])
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "job.sql"), "w", encoding="utf-8") as file:
            file.write(JOB)
        run = subprocess.run([weir, "run", "job.sql", "--profile", "local", "--data", "d", "--until-end"],
                             cwd=folder, capture_output=True, text=True, check=False)
        if run.returncode != 0:
            sys.exit(f"status {run.returncode}\n{run.stderr}")
        base = sqlite3.connect(os.path.join(folder, "d", "tables.sqlite"))
        for table, columns, rows in WANTED:
            got = [(c[1], c[2], c[5]) for c in base.execute(f'PRAGMA table_info("{table}")')]
            if got != columns:
                failed += 1
                print(f"FAIL {table}: columns are {got} and should be {columns}")
            got = base.execute(f'SELECT * FROM "{table}"').fetchall() if got else []
            if got != rows:
                failed += 1
                print(f"FAIL {table}: rows are {got} and should be {rows}")
        base.close()
    failed += refused(weir)
    checks = 2 * len(WANTED) + len(RULES)
    print(f"{checks - failed} of {checks} checks passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
