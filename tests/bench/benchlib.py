"""What the benchmarks of whole jobs share: runs that are measured, and figures that are kept.

CPU time is user plus system of the child, all of its threads.  Figures are printed and appended as
JSON lines to $WEIR_BENCH_FILE (default bench.jsonl in the working directory), so that runs can be
compared.
"""
import json
import os
import subprocess
import sys
import tempfile
import time


def run(command, **more):
    """Runs to the end; (CPU seconds, wall seconds, peak RSS in MB, standard error)."""
    begin = time.monotonic()
    with tempfile.TemporaryFile() as err:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=err,
                                 stdout=more.get("stdout", subprocess.DEVNULL),
                                 env=more.get("env"))
        _, status, use = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        wall = time.monotonic() - begin
        err.seek(0)
        text = err.read().decode("utf-8", "replace")
    if child.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit status {child.returncode}\n{text}")
    return use.ru_utime + use.ru_stime, wall, use.ru_maxrss / 1024, text


def record(name, value, unit, limit_name=None, limit=None):
    line = {"name": name, "value": round(value, 2), "unit": unit, "at": int(time.time())}
    text = f"{name:<44} {value:>12,.2f} {unit}"
    if limit:
        line["limit"] = {"name": limit_name, "value": round(limit, 2),
                         "ratio": round(value / limit, 3)}
        text += f"   {value / limit:6.2f} x {limit_name} ({limit:,.2f})"
    print(text, flush=True)
    with open(os.environ.get("WEIR_BENCH_FILE", "bench.jsonl"), "a", encoding="utf-8") as out:
        out.write(json.dumps(line) + "\n")
