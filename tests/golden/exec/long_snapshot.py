#!/usr/bin/env python3
"""long_snapshot.py WEIR -- a stop waits for a snapshot that takes longer than a sink may be stuck.

One of two workers has all rows.  The process is held while it writes them, so the clock goes on for
the other one, which waits.
"""
import glob
import os
import signal
import subprocess
import sys
import tempfile
import time

JOB = """
CREATE TABLE t (i BIGINT, s STRING) WITH ('connector' = 'datagen', 'rows-per-second' = '1000000',
  'fields.i.kind' = 'sequence', 'fields.i.start' = '1', 'fields.i.end' = '400000', 'fields.s.length' = '100');
CREATE TABLE o (s STRING, i BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO o SELECT s, i FROM t ORDER BY s;
"""
HELD_SECONDS = 6  # a stuck sink is given up after 5


def main():
    weir = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory(prefix="weir-long-") as folder:
        with open(os.path.join(folder, "job.sql"), "w", encoding="utf-8") as file:
            file.write(JOB)
        run = subprocess.Popen([weir, "run", "job.sql", "--parallelism", "2", "--set", "weir.state.dir=state",
                                "--set", "weir.test.stop-after-rows=300000"],
                               cwd=folder, stderr=subprocess.PIPE, text=True)
        began = time.monotonic()
        while run.poll() is None and not glob.glob(os.path.join(folder, "state", "snapshot-1.worker-*")):
            if time.monotonic() - began > 60:
                run.kill()
                sys.exit("no snapshot within a minute")
        held = run.poll() is None
        if held:
            run.send_signal(signal.SIGSTOP)
            try:
                run.wait(HELD_SECONDS)
                sys.exit("a process that is held has ended")
            except subprocess.TimeoutExpired:
                pass
            run.send_signal(signal.SIGCONT)
        said = run.communicate(timeout=60)[1]
        if run.returncode != 0 or not os.path.exists(os.path.join(folder, "state", "snapshot-1.job")):
            sys.exit(f"status {run.returncode}, {os.listdir(os.path.join(folder, 'state'))}:\n{said}")
    print("a stop waited for its snapshot" if held else "the snapshot was too fast to be held")


if __name__ == "__main__":
    main()
