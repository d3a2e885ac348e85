#!/usr/bin/env python3
"""check_explain.py -- weir's EXPLAIN in the form of Flink against what Flink has printed.

usage: check_explain.py WEIR PLANS.flink

Compares the optimized execution plan of every job.  One with `--- differs: REASON` has to differ.
"""
import difflib
import re
import subprocess
import sys

SECTION = re.compile(r"== Optimized Execution Plan ==\n(.*)", re.S)


def plan_of(text):
    match = SECTION.search(text)
    return match.group(1).strip().split("\n") if match else None


def main():
    weir, path = sys.argv[1:]
    with open(path, encoding="utf-8") as file:
        sections = re.split(r"^=== ", file.read(), flags=re.M)[1:]
    failed = 0
    for section in sections:
        name, rest = section.split("\n", 1)
        job, flink = rest.split("--- flink\n")
        differs = re.search(r"^--- differs: (.*)$", job, flags=re.M)
        job = re.sub(r"^--- .*$", "", job, flags=re.M).replace(" ON CONFLICT DO DEDUPLICATE", "")
        run = subprocess.run([weir, "explain", "-", "--format", "flink"], input=job,
                             capture_output=True, text=True, timeout=60, check=False)
        want, got = plan_of(flink), plan_of(run.stdout)
        if run.returncode != 0 or not want or not got:
            print(f"FAIL {name}: no plan\n{run.stderr}")
            failed += 1
        elif (want == got) == bool(differs):
            print(f"FAIL {name}" + (": it is equal now" if differs else ""))
            print("\n".join(difflib.unified_diff(want, got, "flink", "weir", lineterm="", n=0)))
            failed += 1
    print(f"{len(sections) - failed} of {len(sections)} plans as expected")
    return 1 if failed or not sections else 0


if __name__ == "__main__":
    sys.exit(main())
