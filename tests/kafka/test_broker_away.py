#!/usr/bin/env python3
"""The broker is away at the start, and dies in the middle: weir waits, says so, loses nothing.

    test_broker_away.py WEIR LOAD_TOPIC DUMP_TOPIC

Uses a broker of its own (another port, another folder), started by the script that
$WEIR_SERVERS names.
"""
import os
import shutil
import subprocess
import sys
import tempfile

from kafkalib import Tools, copy_job, message_ids, need_broker, wait_until

PORT = 29192


def main():
    need_broker()
    servers = os.environ.get("WEIR_SERVERS")
    if not servers:
        print("skipped: WEIR_SERVERS does not name the script that starts a broker")
        sys.exit(77)
    folder = tempfile.mkdtemp(prefix="weir-away-")
    env = dict(os.environ, WEIR_SERVERS_DIR=folder, WEIR_KAFKA_PORT=str(PORT),
               WEIR_KAFKA_CONTROLLER_PORT=str(PORT + 1))

    def server(verb):
        subprocess.run([servers, verb, "kafka"], env=env, check=True, stdout=subprocess.DEVNULL)

    tools = Tools(*sys.argv[1:4], f"127.0.0.1:{PORT}")
    job = copy_job(tools.broker, "away-in", "away-out", "away")
    options = ["--set", "weir.checkpoint.interval=100ms"]
    try:
        server("start")
        tools.load("away-in", [f'{{"id": {i}}}' for i in range(1000)])
        tools.load("away-out", [])
        server("stop")

        child = tools.start(job, *options)  # away at the start
        server("start")
        wait_until("the first 1000 messages are copied",
                   lambda: len(tools.dump("away-out")) >= 1000)
        server("kill")  # dies in the middle
        server("start")
        tools.load("away-in", [f'{{"id": {i}}}' for i in range(1000, 2000)])
        wait_until("the next 1000 messages are copied",
                   lambda: set(message_ids(tools.dump("away-out"))) >= set(range(2000)))
        child.terminate()
        status, text = tools.finish(child)
        if status != 0:
            sys.exit(f"a drained stop ended with status {status}\n{text}")
    finally:
        subprocess.run([servers, "stop", "kafka"], env=env, stdout=subprocess.DEVNULL)
        shutil.rmtree(folder, ignore_errors=True)


main()
