#!/usr/bin/env python3
"""run_examples.py WEIR -- does every example of `weir help` give what it says?

Asks `weir help functions` for the names and `weir help NAME` for the examples, runs them in each
dialect they are said for, many SELECTs a file, and compares the text of each result.
"""
import json
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

ENTRY = re.compile(r"  Example: (?P<example>.*?) gives (?P<result>.*)\n  Dialects: (?P<dialects>.*)")
FLOATING = re.compile(r"-?\d+\.\d+(E-?\d+)?$")
ENVIRONMENT = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"}


def weir(binary, *arguments):
    run = subprocess.run([binary, *arguments], capture_output=True, text=True, env=ENVIRONMENT,
                         check=False)
    return run.stdout


def names(binary):
    found = []
    for part in weir(binary, "help", "functions").split("\n\n")[1:]:  # a category each
        text = " ".join(line.strip() for line in part.splitlines()[1:])
        found += [name.strip() for name in text.split(",") if name.strip()]
    return found


def examples(binary):
    """(name, dialect, example, result) of all functions."""
    found, without, seen = [], [], set()
    known = names(binary)
    with ThreadPoolExecutor(2) as pool:
        texts = pool.map(lambda name: weir(binary, "help", name), known)
    for name, text in zip(known, texts):
        entries = list(ENTRY.finditer(text))
        if not entries:
            without.append(name)
        for entry in entries:
            if entry["example"].startswith("SELECT "):
                continue  # run_queries() has it
            for dialect in entry["dialects"].split(", "):
                item = (name, dialect, entry["example"], entry["result"])
                if item not in seen:
                    seen.add(item)
                    found.append(item)
    return found, without


def bare(value):
    """With numbers as they are: what Number keeps as text is only asked for by itself."""
    if isinstance(value, dict):
        return {key: bare(one) for key, one in value.items()}
    if isinstance(value, list):
        return [bare(one) for one in value]
    return json.loads(value.text) if isinstance(value, Number) else value


def shown(value):
    """A value of changelog-json as help writes it."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, Number):
        return value.text
    if isinstance(value, (dict, list)):
        return json.dumps(bare(value), ensure_ascii=False, separators=(",", ":"))
    return value


class Number:
    def __init__(self, text):
        self.text = text


def run(binary, folder, dialect, items):
    """The result of each example: (fine, text)."""
    path = os.path.join(folder, f"{dialect}-{len(items)}.sql")
    with open(path, "w", encoding="utf-8") as file:
        for _, _, example, _ in items:
            file.write(f"SELECT CAST(({example}) AS STRING) AS v, ({example}) AS w;\n")
    done = subprocess.run([binary, "run", path, "--dialect", dialect, "--output", "changelog-json",
                           "--set", "table.local-time-zone=Asia/Shanghai", "--set", "weir.summary=none"],
                          capture_output=True, text=True, env=ENVIRONMENT, check=False)
    if done.returncode != 0:
        if len(items) == 1:
            return try_plain(binary, folder, dialect, items[0])
        half = len(items) // 2
        return run(binary, folder, dialect, items[:half]) + run(binary, folder, dialect, items[half:])
    rows = [None] * len(items)
    for line in done.stdout.splitlines():
        row = json.loads(line, parse_float=Number, parse_int=Number)
        place = int(row["statement"].text) - 1 if "statement" in row else 0
        rows[place] = [shown(row["data"]["v"]), shown(row["data"]["w"])]
    return rows


def try_plain(binary, folder, dialect, item):
    """What cannot be cast to text is shown as it is."""
    path = os.path.join(folder, "one.sql")
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"SELECT ({item[2]}) AS w;\n")
    done = subprocess.run([binary, "run", path, "--dialect", dialect, "--output", "changelog-json",
                           "--set", "table.local-time-zone=Asia/Shanghai", "--set", "weir.summary=none"],
                          capture_output=True, text=True, env=ENVIRONMENT, check=False)
    if done.returncode != 0:
        return [["it fails: " + done.stderr.strip()]]
    row = json.loads(done.stdout, parse_float=Number, parse_int=Number)
    return [[shown(row["data"]["w"])]]


def equal(wanted, got):
    if wanted in got:
        return True
    if FLOATING.match(wanted) and len(wanted) < 8:  # help may round
        digits = len(wanted.partition(".")[2])
        return any(FLOATING.match(text) and f"{float(text):.{digits}f}" == wanted for text in got)
    return False


def run_queries(binary):
    """Examples over several rows that do not give what they say, and how many there are."""
    failed, count = [], 0
    for name in names(binary):
        for entry in ENTRY.finditer(weir(binary, "help", name)):
            for dialect in entry["dialects"].split(", "):
                if not entry["example"].startswith("SELECT "):
                    continue
                count += 1
                out = weir(binary, "-c", entry["example"], "--dialect", dialect, "--output", "jsonl",
                           "--set", "weir.summary=none")
                rows = [json.loads(line, parse_float=Number, parse_int=Number)
                        for line in out.splitlines()]
                got = ", ".join(shown(value) for row in rows for value in row.values())
                if not equal(entry["result"], [got]):
                    failed.append(f"FAIL {dialect}: {entry['example']} gives {got or 'nothing'}, "
                                  f"help says {entry['result']}")
    return failed, count


def parse_sql(binary):
    """Examples of `weir help sql` that cannot be parsed, and how many there are."""
    failed, count = [], 0
    for line in weir(binary, "help", "sql").splitlines():
        name = line[2:34].strip() if line.startswith("  ") else ""
        if not name:
            continue
        count += 1
        example = weir(binary, "help", name).partition("  Example:\n")[2]
        done = subprocess.run([binary, "check", "--syntax", "-"], input=example, text=True,
                              capture_output=True, env=ENVIRONMENT, check=False)
        if done.returncode != 0 or ";" not in example:
            failed.append(f"FAIL {name}: {done.stderr.strip() or 'it has no example'}")
    return failed, count


def main():
    binary = os.path.abspath(sys.argv[1])
    found, without = examples(binary)
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for dialect in ("blink", "flink"):
            items = [item for item in found if item[1] == dialect]
            for item, got in zip(items, run(binary, folder, dialect, items)):
                if got is None or not equal(item[3], got):
                    failed += 1
                    print(f"FAIL {dialect}: {item[2]} gives {got and ' / '.join(got)}, help says {item[3]}")
    wrong, count = run_queries(binary)
    print("".join(line + "\n" for line in wrong) + f"{count - len(wrong)} of {count} over rows")
    failed += len(wrong) + (count == 0)
    unparsed, count = parse_sql(binary)
    print("".join(line + "\n" for line in unparsed) + f"{count - len(unparsed)} of {count} of SQL")
    failed += len(unparsed) + (count == 0)
    print(f"{len(found) - failed} of {len(found)} examples agree; without an example: "
          f"{', '.join(without) or 'none'}")
    return 1 if failed or not found else 0


if __name__ == "__main__":
    sys.exit(main())
