#!/usr/bin/env python3
"""bad_state_dir.py WEIR -- snapshots where they cannot be written.

The folder is a file, or its disk is full, which a limit on the size of files stands for: the job ends
with status 3 and a sentence, leaves no half snapshot behind, and with room again it starts from what
there was.
"""
import os
import resource
import subprocess
import sys
import tempfile

JOB = """
CREATE TABLE t (k INT) WITH ('connector' = 'filesystem', 'path' = 'in.ndjson', 'format' = 'json');
CREATE TABLE o (k INT, c BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO o SELECT k, COUNT(*) FROM t GROUP BY k;
"""
ROWS = 20000
FULL = 64 << 10


def run(weir, folder, options, limit=None):
    def limit_files():
        if limit:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))

    return subprocess.run([weir, "run", "job.sql", "--set", "weir.state.dir=state", *options],
                          cwd=folder, capture_output=True, text=True, check=False,
                          preexec_fn=limit_files)


def expect(what, done, status, *texts):
    missing = [text for text in texts if text not in done.stderr]
    if done.returncode != status or missing:
        sys.exit(f"{what}: status {done.returncode}, not {status}, or without {missing}:\n"
                 f"{done.stderr}")


def main():
    weir = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory(prefix="weir-state-") as folder:
        with open(os.path.join(folder, "job.sql"), "w", encoding="utf-8") as file:
            file.write(JOB)
        with open(os.path.join(folder, "in.ndjson"), "w", encoding="utf-8") as file:
            file.writelines(f'{{"k": {i}}}\n' for i in range(ROWS))
        state = os.path.join(folder, "state")
        with open(state, "w", encoding="utf-8") as file:
            file.write("a file\n")
        expect("a file", run(weir, folder, []), 3, "ERROR:", "state", "Not a directory")
        os.unlink(state)

        stop = ["--set", "weir.test.stop-after-rows=500"]
        expect("the first", run(weir, folder, stop), 0, "500 rows")
        stop = ["--set", "weir.test.stop-after-rows=15000"]
        expect("full", run(weir, folder, stop, FULL), 3, "ERROR:  cannot write snapshot",
               "File too large")
        left = sorted(os.listdir(state))
        if [name for name in left if name.endswith(".new")] or len(left) != 3:
            sys.exit(f"the full disk left {left}")
        expect("room again", run(weir, folder, []), 0, f"{ROWS - 500:,} rows read")
    print("a file, a full disk, and room again")


if __name__ == "__main__":
    main()
