#!/usr/bin/env python3
"""columns_or_constants.py WEIR [SEED] -- an expression over columns gives what it gives over literals.

Rows of odd values (NULL, empty, long, many bytes a character) are read from a file, in more than one
batch, through a filter; the same values are written into the expression as literals.  The two ways
through the program -- kernels over columns with a selection, and folding -- have to agree row by row.
"""
import json
import os
import random
import re
import subprocess
import sys
import tempfile

ROWS = 40      # compared with literals
COPIES = 60    # of each row, so that batches are full

STRINGS = ["", "a", "abc", "Hello World", "12", " 34 ", "-5.75", "1e3", "true", "学生成绩", "ß😀x", "a,b,,c",
           "twelve bytes", "thirteen byte", "x" * 40, '{"a": 1, "b": {"c": [1, "z"]}}', '{"a": "y"}',
           '{"a": null}', "[1, 2]", "{broken", "2024-02-29", "2024-02-29 12:34:56.789", "10:20:30", "k1=v1,k2=v2",
           "%_%", "a_c", "\\", "it's", "a.c", "http://h.example/p?q=1", "YWJj", None]
INTS = [0, 1, -1, 2, 3, 7, 10, 100, -128, 127, 2147483647, -2147483648, None]
LONGS = [0, 1, -1, 1000, 1596731749000, 9007199254740993, 9223372036854775807, -62135596800000, None]
DOUBLES = [0.0, 1.5, -2.5, 0.1, 1e10, 1e-5, 123456.789, -0.5, None]
DECIMALS = ["0.00", "1.50", "-2.55", "99999999.99", "0.01", None]
TIMES = ["1970-01-01 00:00:00.000", "2024-02-29 12:34:56.789", "1969-12-31 23:59:59.999", "2020-08-06 16:35:49.000", None]
DATES = ["1970-01-01", "2024-02-29", "1999-12-31", None]
BOOLS = [True, False, None]

COLUMNS = [("s", "STRING", STRINGS), ("t", "STRING", STRINGS), ("i", "INT", INTS), ("j", "INT", INTS),
           ("l", "BIGINT", LONGS), ("d", "DOUBLE", DOUBLES), ("n", "DECIMAL(10, 2)", DECIMALS),
           ("m", "DECIMAL(10, 2)", DECIMALS), ("ts", "TIMESTAMP(3)", TIMES), ("dt", "DATE", DATES),
           ("b", "BOOLEAN", BOOLS), ("c", "BOOLEAN", BOOLS)]

BOTH = """
b AND c | b OR c | NOT b | b IS TRUE | b IS NOT FALSE | b IS NULL | (b OR c) AND NOT (b AND c)
s = t | s <> t | s < t | s >= t | s IS NULL | s IS DISTINCT FROM t | s BETWEEN 'a' AND t
i = j | i < j | i <> l | l > d | n <= m | n = i | d >= i | i IN (1, 2, 3, NULL_INT) | s IN ('a', '12', '') | i NOT IN (1, 7)
i BETWEEN j AND 100 | ts > TIMESTAMP '2000-01-01 00:00:00' | dt = DATE '2024-02-29' | i IS NOT DISTINCT FROM j
i + j | i - 1 | i * j | l + i | -i | n + m | n * m | n - i | d + i | d * d | n + d | i % 7 | ABS(l) | n / 3
CASE WHEN b THEN s WHEN c THEN t ELSE 'none' END | CASE i WHEN 1 THEN 'one' WHEN 2 THEN s END | CASE WHEN i > j THEN i ELSE l END
COALESCE(s, t, 'x') | NULLIF(s, t) | COALESCE(i, j, 0) | IF(b, i, j) | IF(s LIKE '%a%', s, t)
UPPER(s) | LOWER(s) | CHAR_LENGTH(s) | REVERSE(s) | TRIM(s) | SUBSTRING(s, 2) | SUBSTRING(s, i, 3) | LPAD(s, 6, '*') | REPEAT(s, 2)
REPLACE(s, 'a', t) | POSITION(t IN s) | CONCAT_WS('-', s, t) | INITCAP(s) | OVERLAY(s PLACING 'Z' FROM 2 FOR 1) | SPLIT_INDEX(s, ',', 1)
s LIKE '%a%' | s LIKE 'a_c' | s LIKE t | s NOT LIKE 'a%' | s LIKE '%c' | s LIKE '%学%' | s LIKE '_' | s SIMILAR TO '[a-c]+' | REGEXP(s, '[0-9]+')
REGEXP_EXTRACT(s, '([a-z])([0-9])', 2) | REGEXP_REPLACE(s, '[aeiou]', '*') | MD5(s) | s || t || '!' | ASCII(s) | TO_BASE64(s)
JSON_VALUE(s, '$.a') | JSON_VALUE(s, '$.b.c[0]') | JSON_VALUE(s, '$.a') = '1'
CAST(i AS STRING) | CAST(d AS STRING) | CAST(n AS STRING) | CAST(l AS DOUBLE) | CAST(d AS BIGINT) | CAST(i AS TINYINT) | CAST(l AS INT) | CAST(n AS INT) | CAST(i AS DECIMAL(12, 3)) | CAST(dt AS STRING) | CAST(b AS STRING) | CAST(ts AS DATE)
TRY_CAST(s AS INT) | TRY_CAST(s AS DOUBLE) | TRY_CAST(s AS DECIMAL(8, 3)) | TRY_CAST(s AS BOOLEAN) | TRY_CAST(s AS DATE) | TRY_CAST(s AS TIME)
EXTRACT(YEAR FROM ts) | EXTRACT(DAY FROM dt) | FLOOR(ts TO HOUR) | ts + INTERVAL '1' DAY | dt + INTERVAL '1' MONTH | TIMESTAMPDIFF(DAY, TIMESTAMP '2000-01-01 00:00:00', ts) | DATE_FORMAT(ts, 'yyyyMMddHH')
ROUND(d, 1) | ROUND(n, 1) | FLOOR(d) | CEIL(n) | SIGN(i) | TRUNCATE(n, 1) | POWER(d, 2) | BIN(i) | HEX(i)
"""
FLINK = """
ARRAY[i, j][2] | MAP['k', s]['k'] | CARDINALITY(ARRAY[s, t]) | ARRAY[s, t] | ROW(i, s) | MAP[i, s] | ARRAY_CONTAINS(ARRAY[i, j], 1) | GREATEST(i, j, 5)
JSON_QUERY(s, '$.b') | JSON_EXISTS(s, '$.a') | s IS JSON | JSON_OBJECT('k' VALUE s, 'i' VALUE i) | JSON_STRING(s) | CONCAT(s, t) | STR_TO_MAP(s)
TO_TIMESTAMP_LTZ(i, 0) | TO_DATE(s) | TO_TIMESTAMP(s) | i / 3 | CAST(s AS CHAR(3)) | CAST(s AS VARCHAR(2)) | CAST(ts AS STRING)
"""
BLINK = """
i = s | s = i | s > d | i IN ('1', '2') | s + 1 | CONCAT(s, i, l) | CONCAT(s, t) | i / 3 | CAST(s AS BIGINT) | CAST(s AS DOUBLE) | CAST(l AS TIMESTAMP)
TO_TIMESTAMP(l) | DATE_FORMAT(s, 'yyyy-MM-dd') | TO_TIMESTAMP(s) | CASE WHEN b THEN i ELSE s END | s LIKE 'a\\_c' | JSON_VALUE(JSON_VALUE(s, '$.b'), '$.c')
CAST(TO_TIMESTAMP(l) AS VARCHAR) | CONCAT('<', TO_TIMESTAMP(l), '>')
"""


def expressions(text):
    return [e.strip().replace("NULL_INT", "CAST(NULL AS INT)") for line in text.splitlines()
            for e in line.split(" | ") if e.strip()]


def literal(value, sql_type):
    if value is None:
        return f"CAST(NULL AS {sql_type})"
    if sql_type == "STRING":
        text = "'" + value.replace("'", "''") + "'"
        return f"CAST({text} AS STRING)"
    if sql_type.startswith("TIMESTAMP"):
        return f"CAST('{value}' AS {sql_type})"
    if sql_type == "DATE":
        return f"DATE '{value}'"
    if sql_type == "DOUBLE":
        return f"CAST('{value!r}' AS DOUBLE)"
    if sql_type == "BOOLEAN":
        return "TRUE" if value else "FALSE"
    return f"CAST('{value}' AS {sql_type})"


def run(weir, folder, name, sql, dialect):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(sql)
    done = subprocess.run([weir, "run", name, "--dialect", dialect, "--output", "jsonl", "--set", "weir.summary=none",
                           "--set", "table.local-time-zone=Asia/Shanghai"],
                          cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{dialect}: status {done.returncode}\n{done.stderr}")
    return done.stdout.splitlines()


def compare(weir, folder, dialect, wanted, rows):
    columns = [c for c in COLUMNS if dialect == "flink" or c[0] != "ts"]
    wanted = [e for e in wanted if dialect == "flink" or not re.search(r"\bts\b", e)]
    ddl = ", ".join(f"`{name}` {sql_type}" for name, sql_type, _ in columns)
    selected = ", ".join(f"{e} AS e{k}" for k, e in enumerate(wanted))
    over_columns = run(weir, folder, "columns.sql", f"""
CREATE TABLE f (keep INT, {ddl}) WITH ('connector' = 'filesystem', 'path' = 'rows.ndjson', 'format' = 'json');
SELECT {selected} FROM f WHERE keep > 0;
""", dialect)
    names = [name for name, _, _ in columns]
    literals = []
    for row in rows:
        values = ", ".join(f"{literal(row[name], sql_type)} AS `{name}`" for name, sql_type, _ in columns)
        literals.append(f"SELECT {selected} FROM (SELECT {values})")
    over_literals = run(weir, folder, "literals.sql", "\nUNION ALL\n".join(literals) + ";", dialect)
    failed = 0
    if len(over_columns) != COPIES * len(rows) or len(over_literals) != len(rows):
        sys.exit(f"{dialect}: {len(over_columns)} and {len(over_literals)} rows came")
    shown = set()
    for at, line in enumerate(over_columns):
        expected = over_literals[at % len(rows)]
        if line == expected:
            continue
        got, want = json.loads(line), json.loads(expected)
        for k, e in enumerate(wanted):
            if got[f"e{k}"] != want[f"e{k}"] and k not in shown:
                shown.add(k)
                failed += 1
                row = {name: rows[at % len(rows)][name] for name in names if re.search(rf"\b{name}\b", e)}
                print(f"FAIL {dialect}: {e} over columns is {got[f'e{k}']!r}, over literals {want[f'e{k}']!r} for {row} (row {at})")
    return len(wanted), failed


def main():
    weir = os.path.abspath(sys.argv[1])
    dice = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 20200806)
    rows = []
    for number in range(ROWS):
        row = {name: dice.choice(values) for name, _, values in COLUMNS}
        row["s"] = STRINGS[number % len(STRINGS)]
        rows.append(row)
    count = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "rows.ndjson"), "w", encoding="utf-8") as file:
            for _ in range(COPIES):
                for row in rows:
                    for _ in range(dice.randrange(3)):  # rows that the filter drops
                        file.write(json.dumps(dict(row, keep=-1)) + "\n")
                    file.write(json.dumps(dict(row, keep=1), ensure_ascii=False) + "\n")
        for dialect, own in (("flink", FLINK), ("blink", BLINK)):
            n, bad = compare(weir, folder, dialect, expressions(BOTH) + expressions(own), rows)
            count += n
            failed += bad
    print(f"{count - failed} of {count} expressions agree")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
