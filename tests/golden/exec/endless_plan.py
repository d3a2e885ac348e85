#!/usr/bin/env python3
"""endless_plan.py WEIR -- who has asked for a plan, or what is wrong with a job, need not wait for the
answer: SIGINT and SIGTERM end `weir explain` and `weir check` at once, while they plan.
"""
import os
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
from weirlib import wait_until

LAYERS = 16  # of views, each twice as large as the one below: a plan that takes minutes, and 2 GB


def job():
    yield "CREATE TABLE s (k INT) WITH ('connector' = 'datagen');"
    yield "CREATE VIEW v0 AS SELECT k FROM s GROUP BY k;"
    for i in range(LAYERS):
        yield (f"CREATE VIEW v{i + 1} AS SELECT k FROM v{i} WHERE k <> {i} "
               f"UNION ALL SELECT k FROM v{i} WHERE k = {i};")
    yield f"SELECT COUNT(*) FROM v{LAYERS};"


def cpu_ticks(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def ends(weir, command, file, number):
    child = subprocess.Popen([weir, command, file], stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
    try:
        wait_until("it plans", lambda: child.poll() is not None or cpu_ticks(child.pid) > 20)
        child.send_signal(number)
        status = child.wait(60)
    finally:
        child.kill()
        child.wait()
    if status != -number:
        sys.exit(f"weir {command} ended with {status}")


def main():
    weir = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "job.sql")
        with open(file, "w", encoding="utf-8") as out:
            out.write("\n".join(job()))
        ends(weir, "explain", file, signal.SIGINT)
        ends(weir, "check", file, signal.SIGTERM)


main()
