#!/usr/bin/env python3
"""Topics of changes at a real broker: debezium-json is read and written, upsert-kafka is a table by
key with deletes as messages without value, what waits for later rows of its key goes out in time,
and a job that is killed again and again leaves the table that an undisturbed one leaves.

    test_formats.py WEIR LOAD_TOPIC DUMP_TOPIC
"""
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time

from kafkalib import Tools, need_broker, wait_until

CHANGES = [
    {"before": None, "after": {"id": 1, "name": "a", "v": 1.5}, "op": "r"},
    {"before": None, "after": {"id": 2, "name": "b", "v": 2}, "op": "c"},
    {"before": {"id": 1, "name": "a", "v": 1.5}, "after": {"id": 1, "name": "A", "v": 7}, "op": "u"},
    {"before": {"id": 2, "name": "b", "v": 2}, "after": None, "op": "d"},
    {"before": None, "after": {"id": 3, "name": None, "v": None}, "op": "c"},
]
COLUMNS = "id INT, name STRING, v DOUBLE"


def check(what, got, expected):
    if got != expected:
        sys.exit(f"{what}\n  is        {got}\n  should be {expected}")


def debezium(broker, name, topic, columns=COLUMNS):
    return f"""
        CREATE TABLE {name} ({columns}) WITH (
            'connector' = 'kafka', 'topic' = '{topic}', 'format' = 'debezium-json',
            'properties.bootstrap.servers' = '{broker}', 'properties.group.id' = '{topic}',
            'scan.startup.mode' = 'earliest-offset');"""


def upsert(broker, name, topic, columns=COLUMNS, more=""):
    return f"""
        CREATE TABLE {name} ({columns}, PRIMARY KEY (id) NOT ENFORCED) WITH (
            'connector' = 'upsert-kafka', 'topic' = '{topic}',
            'key.format' = 'json', 'value.format' = 'json',
            'properties.bootstrap.servers' = '{broker}'{more});"""


def messages(records):
    return [(record["key"] and json.loads(record["key"])["id"],
             record["value"] and json.loads(record["value"])) for record in records]


def test_both_ways(tools, broker, topic):
    changes, table, back = topic + "-changes", topic + "-table", topic + "-back"
    tools.load(changes, [json.dumps(change) for change in CHANGES], partitions=1)
    for name in (table, back):
        tools.load(name, [], partitions=1)
    job = debezium(broker, "s", changes) + upsert(broker, "t", table)
    status, text = tools.run(job + "INSERT INTO t SELECT * FROM s;", "--until-end")
    check("status of the copy", (status, text if status else ""), (0, ""))
    check("messages of the table", messages(tools.dump(table)), [
        (1, {"id": 1, "name": "a", "v": 1.5}), (2, {"id": 2, "name": "b", "v": 2.0}),
        (1, {"id": 1, "name": "A", "v": 7.0}), (2, None), (3, {"id": 3, "name": None, "v": None})])
    check("keys of the table", [record["key"] for record in tools.dump(table)][:1], ['{"id":1}'])

    job = upsert(broker, "t", table) + debezium(broker, "d", back)
    status, text = tools.run(job + "INSERT INTO d SELECT * FROM t;", "--until-end")
    check("status of the way back", (status, text if status else ""), (0, ""))
    live = {}
    for record in tools.dump(back):
        change = json.loads(record["value"])
        if change["op"] == "d":
            check("row that is deleted", live.pop(change["before"]["id"], None), change["before"])
        else:
            check("op of a new row", (change["op"], change["before"]), ("c", None))
            live[change["after"]["id"]] = change["after"]
    check("rows in the end", sorted(live.items()), [
        (1, {"id": 1, "name": "A", "v": 7.0}), (3, {"id": 3, "name": None, "v": None})])


def test_waiting(tools, broker, topic):
    """No checkpoint comes, and no further row: the interval alone sends what waits."""
    source, table = topic + "-in", topic + "-waiting"
    tools.load(source, [json.dumps({"id": i % 3, "name": str(i), "v": i}) for i in range(300)],
               partitions=1)
    tools.load(table, [], partitions=1)
    job = f"""
        CREATE TABLE s ({COLUMNS}) WITH (
            'connector' = 'kafka', 'topic' = '{source}', 'format' = 'json',
            'properties.bootstrap.servers' = '{broker}', 'scan.startup.mode' = 'earliest-offset');
        """ + upsert(broker, "t", table, more=", 'sink.buffer-flush.max-rows' = '1000', "
                                              "'sink.buffer-flush.interval' = '300 ms'")
    child = tools.start(job + "INSERT INTO t SELECT * FROM s;",
                        "--set", "weir.checkpoint.interval=10min", "--set", "weir.fold=off")

    def has_all():
        return {key: value["name"] for key, value in messages(tools.dump(table))} == {
            0: "297", 1: "298", 2: "299"}

    wait_until("the last row of each key", has_all, 20)
    child.send_signal(signal.SIGTERM)
    status, text = tools.finish(child)
    check("status of the stop", (status, text if status else ""), (0, ""))
    sent = len(tools.dump(table))
    check("few messages", sent < 60, True)
    print(f"300 rows of 3 keys were {sent} messages")


def test_two_tables(tools, broker, topic):
    """Two tables by key are read at the same time, though neither of them ends."""
    first, second, target = topic + "-first", topic + "-second", topic + "-both"
    tools.load(first, ['{"id":1}\t{"id": 1, "a": "x"}'], partitions=1, keyed=True)
    tools.load(second, ['{"id":1}\t{"id": 1, "b": "y"}'], partitions=1, keyed=True)
    tools.load(target, [], partitions=1)
    job = (upsert(broker, "f", first, "id INT, a STRING") + upsert(broker, "s", second, "id INT, b STRING")
           + upsert(broker, "t", target, "id INT, a STRING, b STRING"))
    child = tools.start(job + "INSERT INTO t SELECT f.id, a, b FROM f JOIN s ON s.id = f.id;")
    wait_until("the row of both", lambda: len(tools.dump(target)) == 1, 20)
    child.send_signal(signal.SIGTERM)
    status, text = tools.finish(child)
    check("status of the join", (status, text if status else ""), (0, ""))
    check("row of the join", messages(tools.dump(target)), [(1, {"id": 1, "a": "x", "b": "y"})])


def test_kills(tools, broker, topic, chance):
    """At least once by key is once in the end."""
    source, table = topic + "-kills", topic + "-killed"
    rows = {}
    changes = []
    for i in range(20000):
        key = chance.randrange(200)
        after = None if key in rows and chance.random() < 0.2 else {
            "id": key, "name": f"n{i}", "v": float(i)}
        before = rows.get(key)
        op = "d" if after is None else "u" if before else "c"
        changes.append({"before": before, "after": after, "op": op})
        rows[key] = after
        if after is None:
            del rows[key]
    tools.load(source, [json.dumps(change) for change in changes], partitions=1)
    tools.load(table, [], partitions=3)
    sql = "SET 'weir.job.name' = 'formats';" + debezium(broker, "s", source) + upsert(broker, "t", table,
                                                 more=", 'sink.buffer-flush.max-rows' = '50', "
                                                      "'sink.buffer-flush.interval' = '1 s'")
    sql += "INSERT INTO t SELECT * FROM s;"
    with tempfile.TemporaryDirectory() as state:
        options = ["--set", f"weir.state.dir={state}", "--set", "weir.checkpoint.interval=50ms"]
        for _ in range(6):
            child = tools.start(sql, *options)
            try:
                child.wait(chance.uniform(0.05, 0.6))
            except subprocess.TimeoutExpired:
                pass
            tools.kill(child)
        status, text = tools.run(sql, "--until-end", *options)
    check("status of the last start", (status, text if status else ""), (0, ""))
    lines = tools.rows(upsert(broker, "t", table) + "SELECT * FROM t;", "--until-end", "--output",
                       "jsonl")
    check("table after kills", sorted((json.loads(line) for line in lines), key=lambda r: r["id"]),
          [rows[key] for key in sorted(rows)])


def main():
    broker = need_broker()
    tools = Tools(*sys.argv[1:4], broker)
    seed = int(os.environ.get("WEIR_SEED", time.time_ns() % 1_000_000))
    print(f"seed {seed} (WEIR_SEED repeats it)", flush=True)
    topic = f"formats-{os.getpid()}-{seed}"
    test_both_ways(tools, broker, topic)
    test_waiting(tools, broker, topic)
    test_two_tables(tools, broker, topic)
    test_kills(tools, broker, topic, random.Random(seed))


if __name__ == "__main__":
    main()
