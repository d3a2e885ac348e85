#!/usr/bin/env python3
"""\\peek at a real broker: the first messages of a topic with keys, whatever its table says; a topic
that does not exist; a broker that is away is said so and does not hold the prompt for long.

    test_peek.py WEIR LOAD_TOPIC DUMP_TOPIC
"""
import csv
import io
import os
import subprocess
import sys
import tempfile
import time

from kafkalib import Tools, need_broker


def check(what, got, expected):
    if got != expected:
        sys.exit(f"{what}\n  is        {got}\n  should be {expected}")


def peek(weir, broker, *lines):
    with tempfile.TemporaryDirectory() as folder:
        profile = os.path.join(folder, "profile.yaml")
        with open(profile, "w", encoding="utf-8") as file:
            file.write(f'connectors:\n  kafka: {{properties.bootstrap.servers: "{broker}"}}\n')
        begin = time.monotonic()
        done = subprocess.run([weir, "--profile", profile, "--output", "csv"],
                              input="".join(line + "\n" for line in lines), text=True,
                              capture_output=True, check=False, timeout=120)
        return done.stdout, done.stderr, time.monotonic() - begin


def main():
    weir, load, dump = sys.argv[1:4]
    broker = need_broker()
    tools = Tools(weir, load, dump, broker)
    topic = f"peek-{os.getpid()}"
    tools.load(topic, [f'{{"id": {i}, "name": "n{i}"}}' for i in range(20)], partitions=2)
    out, err, _ = peek(weir, broker, f"\\peek {topic} 5")
    check("errors", err, "")
    rows, _, proposal = out.partition("-- json: fits 5 of 5 messages\n")
    table = list(csv.DictReader(io.StringIO(rows)))
    check("rows", len(table), 5)
    for row in table:
        check("topic", row["split"].rsplit("-", 1)[0], topic)
        if not row["value"].startswith('{"id": ') or not row["timestamp"].startswith("20"):
            sys.exit(f"a strange row: {row}")
    name = topic.replace("-", "_")
    check("proposal", proposal, f"CREATE TABLE {name} (\n    id BIGINT,\n    name STRING\n) WITH (\n"
                                f"    'connector' = 'kafka', 'topic' = '{topic}',\n"
                                "    'format' = 'json');\n")
    # What it proposes can be used.
    out, err, _ = peek(weir, broker, proposal.replace("'format'", "'scan.startup.mode' = "
                       "'earliest-offset', 'scan.bounded.mode' = 'latest-offset', 'format'"),
                       "SET 'weir.summary' = 'none';", f"SELECT COUNT(*) AS n FROM {name};")
    check("rows of the proposed table", out.splitlines()[-1:], ["20"])
    out, err, _ = peek(weir, broker, f"\\peek {topic}-missing")
    check("output for a topic that does not exist", out, "")
    if f"{topic}-missing" not in err:
        sys.exit(f"nothing names the missing topic: {err}")
    out, err, took = peek(weir, "127.0.0.1:9", f"\\peek {topic}")
    if "127.0.0.1:9" not in err or took > 30:
        sys.exit(f"a broker that is away: {took} s, {err}")
    print("as it should be")


main()
