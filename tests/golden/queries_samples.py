#!/usr/bin/env python3
"""Do the commands at the top of the files in queries/ run as they stand there, and write something?

    queries_samples.py WEIR REPO JOB...
"""
import json
import os
import re
import subprocess
import sys
import tempfile

COMMAND = re.compile(r"^--   ((?:printf|echo|weir) (?:.*\\\n--  )*.*)$", re.M)


def commands(path):
    """They may go on behind a backslash."""
    with open(path, encoding="utf-8") as file:
        return [command.replace("\n--  ", "\n") for command in COMMAND.findall(file.read())]


def main():
    weir, root = os.path.abspath(sys.argv[1]), sys.argv[2]
    for name in sys.argv[3:]:
        lines = commands(os.path.join(root, "queries", f"{name}.sql"))
        if len(lines) == 1:  # it has no messages of its own
            other = os.path.join(root, "queries", f"{os.path.basename(name)}.sql")
            lines = commands(other)[:-1] + lines
        if len(lines) < 2 or f"weir run queries/{name}.sql" not in lines[-1]:
            sys.exit(f"{name}: no messages or no command at its top")
        with tempfile.TemporaryDirectory() as folder:
            for line in lines[:-1]:
                subprocess.run(["sh", "-c", line.replace("DIR/", folder + "/")], check=True)
            run = lines[-1].replace("DIR", folder).replace("weir ", f"exec '{weir}' --set weir.summary=json ", 1)
            done = subprocess.run(["sh", "-c", run], cwd=root, stderr=subprocess.PIPE, check=False, timeout=60)
            if done.returncode != 0:
                sys.exit(f"{name}: {done.stderr.decode()}")
            summary = json.loads(done.stderr.decode().splitlines()[-1])
            silent = [sink["name"] for sink in summary["sinks"] if not sink["rows"]]
            if silent:
                sys.exit(f"{name}: nothing is written to {', '.join(silent)}: {summary}")


main()
