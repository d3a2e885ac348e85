#!/usr/bin/env python3
"""State survives: a job that counts and sums by key is killed (SIGKILL) at random points, again and
again, while messages come in, and started each time with another number of workers.  After the last
start the last value of each key is the one of an undisturbed run.

    test_kill_state.py WEIR LOAD_TOPIC DUMP_TOPIC [KILLS]
"""
import json
import os
import random
import subprocess
import sys
import tempfile
import time

from kafkalib import Tools, need_broker

ROUNDS = int(sys.argv[4]) if len(sys.argv) > 4 else 30
PER_ROUND = 4000
KEYS = 97


def job_text(broker, source, target, group):
    return f"""
        CREATE TABLE source (id BIGINT, k INT) WITH (
            'connector' = 'kafka', 'topic' = '{source}', 'format' = 'json',
            'properties.bootstrap.servers' = '{broker}', 'properties.group.id' = '{group}',
            'scan.startup.mode' = 'earliest-offset');
        CREATE TABLE target (k INT, n BIGINT, s BIGINT, d BIGINT) WITH (
            'connector' = 'kafka', 'topic' = '{target}', 'format' = 'changelog-json',
            'properties.bootstrap.servers' = '{broker}');
        INSERT INTO target
            SELECT k, COUNT(*), SUM(id), COUNT(DISTINCT id) FROM source GROUP BY k;
    """


def expected(ids):
    rows = {}
    for i in ids:
        count, total = rows.get(i % KEYS, (0, 0))
        rows[i % KEYS] = (count + 1, total + i)
    return {k: {"k": k, "n": n, "s": s, "d": n} for k, (n, s) in rows.items()}


def last_values(records):
    """By key; the topic has one partition, and the changes of a key come from one worker."""
    rows = {}
    for record in records:
        change = json.loads(record["value"])
        if change["op"] in ("+I", "+U"):
            rows[change["data"]["k"]] = change["data"]
    return rows


def main():
    broker = need_broker()
    tools = Tools(*sys.argv[1:4], broker)
    seed = int(os.environ.get("WEIR_SEED", time.time_ns() % 1_000_000))
    print(f"seed {seed} (WEIR_SEED repeats it)")
    chance = random.Random(seed)
    name = f"kill-state-{os.getpid()}"
    source, target = f"{name}-in", f"{name}-out"
    job = job_text(broker, source, target, name)
    tools.load(target, [], partitions=1)
    resumed = 0
    with tempfile.TemporaryDirectory(prefix="weir-state-") as state:
        options = ["--set", f"weir.state.dir={state}", "--set", "weir.job.name=kill",
                   "--set", "weir.checkpoint.interval=30ms"]
        next_id = 0
        for _ in range(ROUNDS):
            workers = ["--parallelism", str(chance.randint(1, 3))]
            resumed += any(file.endswith(".job") for file in os.listdir(state))
            child = None
            if next_id > 0 and chance.random() < 0.5:
                child = tools.start(job, *options, *workers)
            ids = range(next_id, next_id + PER_ROUND)
            tools.load(source, [f'{{"id": {i}, "k": {i % KEYS}}}' for i in ids], partitions=3)
            next_id += PER_ROUND
            if child is None:
                child = tools.start(job, *options, *workers)
            try:
                child.wait(chance.uniform(0.0, 0.4))
                sys.exit(f"weir ended by itself\n{tools.finish(child)}")
            except subprocess.TimeoutExpired:
                tools.kill(child)
        status, text = tools.run(job, "--until-end", *options)
        if status != 0:
            sys.exit(f"the last run ended with status {status}\n{text}")
    got, wanted = last_values(tools.dump(target)), expected(range(next_id))
    wrong = [k for k in range(KEYS) if got.get(k) != wanted[k]]
    if wrong:
        sys.exit(f"{len(wrong)} of {KEYS} keys are wrong, the first: {got.get(wrong[0])}, and not "
                 f"{wanted[wrong[0]]}")
    print(f"{ROUNDS} kills, {resumed} starts from a snapshot, {next_id} messages, {KEYS} keys right")
    if resumed < ROUNDS / 3:
        sys.exit("there were hardly any snapshots")


main()
