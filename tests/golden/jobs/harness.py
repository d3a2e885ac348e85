"""Runs jobs under the local profile and compares the tables they leave with rows by the rules."""
import json
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter

CLOCK = "2020-08-06T16:35:49Z"
CLOCK_MS = 1596731749000
CLOCK_TEXT = "2020-08-07 00:35:49.000"  # in Asia/Shanghai


class Record:
    """A message of a topic: a value (text, or None), its partition and time."""

    def __init__(self, value, partition=0, timestamp=None):
        self.value = value
        self.partition = partition
        self.timestamp = timestamp


def message(fields):
    return json.dumps(fields, ensure_ascii=False)


def write_topic(folder, topic, records):
    """T.ndjson if values say all, T.records.ndjson otherwise."""
    plain = all(r.value is not None and "\n" not in r.value and r.partition == 0 and
                r.timestamp is None for r in records)
    name = f"{topic}.ndjson" if plain else f"{topic}.records.ndjson"
    with open(os.path.join(folder, name), "w", encoding="utf-8", newline="\n") as file:
        for r in records:
            if plain:
                file.write(r.value + "\n")
                continue
            record = {"value": r.value, "partition": r.partition}
            if r.timestamp is not None:
                record["timestamp"] = r.timestamp
            file.write(json.dumps(record, ensure_ascii=False) + "\n")


def in_read_order(*topics):
    """(topic's number, record) of several sources: by time if all records have one, else the
    topics one after the other."""
    pairs = [(i, r) for i, records in enumerate(topics) for r in records]
    if all(r.timestamp is not None for _, r in pairs):
        pairs.sort(key=lambda pair: (pair[1].timestamp, pair[0]))
    return pairs


class Case:
    """What goes in: topics, and tables that are there before; what comes out by the rules: rows."""

    def __init__(self, name, topics, expected, tables=(), settings=(), counts=None, least=1):
        self.name = name
        self.topics = topics        # name: records
        self.expected = expected    # table: rows
        self.tables = tables        # SQL
        self.settings = settings
        self.counts = counts or {}  # of the sources, in the closing summary
        self.least = least          # rows without which the case proves nothing


def is_close(a, b):
    if isinstance(a, float) or isinstance(b, float):
        return (a is None) == (b is None) and (a is None or abs(a - b) <= 1e-9 * max(1, abs(a), abs(b)))
    return a == b


def sort_key(row):
    return [(value is not None, isinstance(value, str),
             round(value, 6) if isinstance(value, float) else value) for value in row]


def differences(got, expected):
    """Rows on one side only; equal floating numbers may differ in their last digits."""
    got, expected = list((Counter(got) - Counter(expected)).elements()), \
        list((Counter(expected) - Counter(got)).elements())
    got.sort(key=sort_key)
    expected.sort(key=sort_key)
    for row in list(got):
        for other in expected:
            if len(row) == len(other) and all(map(is_close, row, other)):
                got.remove(row)
                expected.remove(other)
                break
    return got, expected


def run_job(weir, job, folder, settings):
    arguments = [weir, "run", job, "--profile", "local", "--data", folder, "--until-end",
                 "--set", f"weir.clock={CLOCK}", "--set", "weir.summary=json"]
    for setting in settings:
        arguments += ["--set", setting]
    arguments += os.environ.get("WEIR_TEST_ARGS", "").split()
    done = subprocess.run(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False,
                          timeout=240)
    if done.returncode != 0:
        sys.exit(f"{job}: status {done.returncode}\n{done.stderr.decode()}")
    return json.loads(done.stderr.decode().splitlines()[-1])


def run_with_stops(weir, job, folder, case, chance):
    """The job, stopped after some rows and started again from its snapshot, up to three times."""
    rows = sum(len(records) for records in case.topics.values())
    stops = sorted(chance.sample(range(1, rows + 1), min(rows, chance.randint(1, 3))))
    done = 0
    for stop in stops + [None]:
        more = [f"weir.state.dir={folder}/state"]
        if stop is not None:
            more.append(f"weir.test.stop-after-rows={stop - done}")
            done = stop
        run_job(weir, job, folder, [*case.settings, *more])


def check_counts(job, case, summary):
    for name, count in case.counts.items():
        got = sum(source[name] for source in summary["sources"])
        if got != count:
            sys.exit(f"{job}, case {case.name}: {got} rows {name}, by the rules {count}")


def check(weir, job, case, seed=None):
    """Runs the job on the case's inputs, with a seed also stopped now and then; ends the program
    where a table differs."""
    with tempfile.TemporaryDirectory() as folder:
        for topic, records in case.topics.items():
            write_topic(folder, topic, records)
        path = os.path.join(folder, "tables.sqlite")
        if case.tables:
            db = sqlite3.connect(path)
            db.executescript("\n".join(case.tables))
            db.close()
        if seed is None:
            check_counts(job, case, run_job(weir, job, folder, case.settings))
        else:
            run_with_stops(weir, job, folder, case, random.Random(seed))
        db = sqlite3.connect(path)
        for table, expected in case.expected.items():
            got = db.execute(f'SELECT * FROM "{table}"').fetchall()
            more, less = differences(got, [tuple(row) for row in expected])
            if more or less:
                lines = [f"{job}, case {case.name}, table {table}: {len(got)} rows, by the rules "
                         f"{len(expected)}"]
                lines += [f"  weir only:  {row}" for row in more[:10]]
                lines += [f"  rules only: {row}" for row in less[:10]]
                sys.exit("\n".join(lines))
        db.close()
    if sum(len(rows) for rows in case.expected.values()) < case.least:
        sys.exit(f"{job}, case {case.name}: too few rows to prove anything")
