#!/usr/bin/env python3
"""At least once: weir is killed (SIGKILL) at random points, again and again, while messages come
in; after the last start every message is in the output, and not much more than that.

    test_kill.py WEIR LOAD_TOPIC DUMP_TOPIC [KILLS]
"""
import os
import random
import subprocess
import sys
import time

from kafkalib import Tools, copy_job, message_ids, need_broker

ROUNDS = int(sys.argv[4]) if len(sys.argv) > 4 else 30
PER_ROUND = 4000


def main():
    broker = need_broker()
    tools = Tools(*sys.argv[1:4], broker)
    seed = int(os.environ.get("WEIR_SEED", time.time_ns() % 1_000_000))
    print(f"seed {seed} (WEIR_SEED repeats it)")
    chance = random.Random(seed)
    name = f"kill-{os.getpid()}"
    source, target = f"{name}-in", f"{name}-out"
    job = copy_job(broker, source, target, name)
    options = ["--set", "weir.checkpoint.interval=50ms"]
    next_id = 0
    for _ in range(ROUNDS):
        child = None
        if next_id > 0 and chance.random() < 0.5:
            child = tools.start(job, *options)  # sometimes it runs while messages come in
        tools.load(source, [f'{{"id": {i}}}' for i in range(next_id, next_id + PER_ROUND)])
        next_id += PER_ROUND
        if child is None:
            child = tools.start(job, *options)
        try:
            child.wait(chance.uniform(0.0, 0.4))  # the point of the kill: any
            sys.exit(f"weir ended by itself\n{tools.finish(child)}")
        except subprocess.TimeoutExpired:
            tools.kill(child)
    status, text = tools.run(job, "--until-end", *options)
    if status != 0:
        sys.exit(f"the last run ended with status {status}\n{text}")
    seen = {}
    for i in message_ids(tools.dump(target)):
        seen[i] = seen.get(i, 0) + 1
    missing = [i for i in range(next_id) if i not in seen]
    if missing:
        sys.exit(f"{len(missing)} of {next_id} messages are lost, the first is {missing[0]}")
    total = sum(seen.values())
    print(f"{ROUNDS} kills, {next_id} messages, {total} in the output")
    if total > next_id * ROUNDS / 4:
        sys.exit("positions do not seem to be committed: far too many messages came twice")


main()
