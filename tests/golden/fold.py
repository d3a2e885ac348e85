"""What the changes of a job come to: for tests that compute the rows themselves."""
import collections
import decimal
import json
import os
import re
import subprocess
import sys


def normal(value):
    """Times with all their digits, and without a zone."""
    if isinstance(value, str):
        match = re.fullmatch(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(\.\d+)?Z?", value)
        if match:
            return f"{match[1]} {match[2]}{(match[3] or '.').ljust(4, '0')}"
    return value


def run(weir, name, job, folder, leave_out=(), options=()):
    """Runs the text of a job on the topics of `folder`, its black hole made a file of changes.
    The rows that are left (columns of `leave_out` not among them), and how many changes came."""
    path = os.path.join(folder, "changes.ndjson")
    if os.path.exists(path):
        os.unlink(path)
    sink = f"'filesystem', path = '{path}', format = 'changelog-json'"
    if "'connector'" in job:
        sink = sink.replace("path =", "'path' =").replace("format =", "'format' =")
    job, replaced = re.subn("'blackhole'", sink, job)
    assert replaced == 1
    changed = os.path.join(folder, "job.sql")
    with open(changed, "w", encoding="utf-8") as file:
        file.write(job)
    done = subprocess.run([weir, "run", changed, "--profile", "local", "--data", folder,
                           "--until-end", *options], stderr=subprocess.PIPE, text=True,
                          check=False)
    if done.returncode != 0:
        sys.exit(f"{name}: exit status {done.returncode}\n{done.stderr}")
    rows = collections.Counter()
    changes = 0
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            change = json.loads(line, parse_float=decimal.Decimal)
            row = tuple(normal(value) for column, value in change["data"].items()
                        if column not in leave_out)
            rows[row] += 1 if change["op"] in ("+I", "+U") else -1
            changes += 1
            if rows[row] < 0:
                sys.exit(f"{name}: takes back a row that is not there: {row}")
    return +rows, changes


def compare(name, got, changes, expected):
    """Ends the test if the rows are others, or none."""
    expected = collections.Counter(expected)
    if got != expected:
        missing, surplus = expected - got, got - expected
        sys.exit(f"{name}: {got.total()} rows, {expected.total()} expected\n"
                 f"  missing {missing.total()}: {list(missing)[:3]}\n"
                 f"  surplus {surplus.total()}: {list(surplus)[:3]}")
    if not expected:
        sys.exit(f"{name}: no rows, the test proves nothing")
    print(f"{name}: {got.total()} rows of {changes} changes")
