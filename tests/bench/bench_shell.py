#!/usr/bin/env python3
"""bench_shell.py --weir WEIR [--duckdb FILE] [--clickhouse-local FILE] [--runs N] -- how fast a start is, how small.

Of weir, and of duckdb and clickhouse-local where they are (on PATH, or as said):

    prompt       milliseconds from exec to the prompt on a terminal (median)
    idle memory  resident MB of the shell that waits at its prompt
    first row    milliseconds from exec to the first row of a query over a small file
    smallest     resident MB (peak) of that query's process
    size         MB of the executable; weir's without symbols
"""
import argparse
import os
import pty
import select
import shutil
import signal
import statistics
import subprocess
import tempfile
import time

from benchlib import record

SECONDS_MAX = 20


def read_until(fd, wanted):
    """Reads until the text occurs; answers questions of a shell to its terminal."""
    seen = b""
    end = time.monotonic() + SECONDS_MAX
    while wanted not in seen:
        if not select.select([fd], [], [], max(0.0, end - time.monotonic()))[0]:
            raise TimeoutError(f"{wanted!r} did not come, but {seen[-300:]!r}")
        piece = os.read(fd, 65536)
        if b"\x1b[6n" in piece:  # where is the cursor?
            os.write(fd, b"\x1b[1;1R")
        if b"\x1b]11;?" in piece:  # which background?
            os.write(fd, b"\x1b]11;rgb:0000/0000/0000\x07")
        if b"\x1b[c" in piece:  # what kind of terminal?
            os.write(fd, b"\x1b[?62c")
        seen += piece
    return seen


def resident_mb(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        for line in file:
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
    return 0.0


def to_prompt(command, prompt, folder):
    """(milliseconds, resident MB)"""
    begin = time.monotonic()
    pid, fd = pty.fork()
    if pid == 0:
        os.environ.update(HOME=folder, TERM="xterm-256color", XDG_RUNTIME_DIR=folder)
        os.chdir(folder)
        os.execv(command[0], command)
    try:
        read_until(fd, prompt)
        return (time.monotonic() - begin) * 1000, resident_mb(pid)
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(fd)


def to_first_row(command, wanted, folder):
    """(milliseconds, peak resident MB)"""
    begin = time.monotonic()
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, cwd=folder,
                             stderr=subprocess.DEVNULL,
                             env={**os.environ, "HOME": folder, "XDG_RUNTIME_DIR": folder})
    seen = b""
    while wanted not in seen:
        piece = child.stdout.read1(65536)
        if not piece:
            raise RuntimeError(f"{command} printed {seen!r}")
        seen += piece
    took = (time.monotonic() - begin) * 1000
    child.stdout.read()
    _, status, use = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    child.stdout.close()
    if child.returncode != 0:
        raise RuntimeError(f"{command} ended with {child.returncode}")
    return took, use.ru_maxrss / 1024


def size_mb(path, folder):
    copy = os.path.join(folder, "stripped")
    subprocess.run(["strip", "-o", copy, os.path.realpath(path)], check=True)
    return os.path.getsize(copy) / 1e6


def measure(name, shell, prompt, query, wanted, runs, folder):
    prompts = [to_prompt(shell, prompt, folder) for _ in range(runs)]
    rows = [to_first_row(query, wanted, folder) for _ in range(runs)]
    record(f"{name}: prompt", statistics.median(one[0] for one in prompts), "ms")
    record(f"{name}: idle memory", statistics.median(one[1] for one in prompts), "MB")
    record(f"{name}: first row", statistics.median(one[0] for one in rows), "ms")
    record(f"{name}: smallest", statistics.median(one[1] for one in rows), "MB")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--weir", required=True)
    parser.add_argument("--duckdb", default=shutil.which("duckdb"))
    parser.add_argument("--clickhouse-local", dest="clickhouse",
                        default=shutil.which("clickhouse-local"))
    parser.add_argument("--runs", type=int, default=21)
    args = parser.parse_args()
    weir = os.path.abspath(args.weir)
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "t.ndjson"), "w", encoding="utf-8") as file:
            file.write("".join(f'{{"a": {i}}}\n' for i in range(100)))
        with open(os.path.join(folder, "job.sql"), "w", encoding="utf-8") as file:
            file.write("CREATE TABLE t (a BIGINT) WITH ('connector' = 'filesystem',\n"
                       "    'path' = 't.ndjson', 'format' = 'json');\n"
                       "SELECT a + 1000000 AS b FROM t;\n")
        measure("weir", [weir], b"weir> ", [weir, "run", "job.sql", "--output", "jsonl"],
                b"1000000", args.runs, folder)
        record("weir: size", size_mb(weir, folder), "MB")
        if args.duckdb:
            measure("duckdb", [os.path.abspath(args.duckdb)], b"D ",
                    [os.path.abspath(args.duckdb), "-jsonlines", "-c",
                     "SELECT a + 1000000 AS b FROM 't.ndjson'"], b"1000000", args.runs, folder)
            record("duckdb: size", size_mb(args.duckdb, folder), "MB")
        if args.clickhouse: # the one of Debian has no prompt
            query = [os.path.abspath(args.clickhouse), "--structure", "a Int64",
                     "--input-format", "JSONEachRow", "--file", "t.ndjson",
                     "--output-format", "JSONEachRow", "--query",
                     "SELECT a + 1000000 AS b FROM table"]
            rows = [to_first_row(query, b"1000000", folder) for _ in range(args.runs)]
            record("clickhouse-local: first row", statistics.median(one[0] for one in rows), "ms")
            record("clickhouse-local: smallest", statistics.median(one[1] for one in rows), "MB")
            record("clickhouse-local: size", size_mb(args.clickhouse, folder), "MB")


main()
