#!/usr/bin/env python3
"""sum_tests.py -- adds up what several runs of `meson test` wrote into their logs.

usage: sum_tests.py [--failure TEXT]... LOG.json...
       sum_tests.py --has-failure LOG.json

Prints the failed tests, why the skipped ones were skipped, a summary in Meson's form over all
runs, and as the last line "N passed, N failed, N skipped".  A test that is skipped must say why,
with the last line that it prints; one that does not has failed.  --failure is a failure outside of
Meson.  Ends with 1 if anything failed; with --has-failure: with 0 if the log has a failed test.
"""
import json
import os
import sys

PASSED = ("OK", "EXPECTEDFAIL")
LABELS = [
    ("OK", "Ok"),
    ("EXPECTEDFAIL", "Expected Fail"),
    ("FAIL", "Fail"),
    ("UNEXPECTEDPASS", "Unexpected Pass"),
    ("SKIP", "Skipped"),
    ("TIMEOUT", "Timeout"),
]


def read_log(path):
    """(run, test, result, last line printed) of each test of a log."""
    run = os.path.splitext(os.path.basename(path))[0]
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            entry = json.loads(line)
            printed = [text.strip() for text in (entry.get("stdout", "") + "\n" +
                                                 entry.get("stderr", "")).split("\n")]
            last = next((text for text in reversed(printed) if text), "")
            yield run, entry["name"].split(":", 1)[-1], entry["result"], last


def is_failure(result, last):
    return result not in PASSED and not (result == "SKIP" and last)


def main():
    arguments = sys.argv[1:]
    if "-h" in arguments or "--help" in arguments:
        print(__doc__)
        return 0
    if arguments[:1] == ["--has-failure"]:
        return 0 if any(is_failure(result, last)
                        for _, _, result, last in read_log(arguments[1])) else 1
    outside, logs = [], []
    while arguments:
        argument = arguments.pop(0)
        if argument == "--failure":
            outside.append(arguments.pop(0))
        else:
            logs.append(argument)

    tests = [test for log in logs for test in read_log(log)]
    counts = {}
    failed, skipped = [], []
    for run, name, result, last in tests:
        counts[result] = counts.get(result, 0) + 1
        if is_failure(result, last):
            failed.append(f"{run}: {name}: " + (result.lower() if result != "SKIP" else
                                                "skipped without saying why"))
        elif result == "SKIP":
            skipped.append(f"{run}: {name}: {last}")
    failed += outside

    print()
    for line in failed:
        print(f"failed   {line}")
    for line in skipped:
        print(f"skipped  {line}")
    if failed or skipped:
        print()
    known = [result for result, _ in LABELS]
    for result, label in LABELS + [(r, r.capitalize()) for r in sorted(counts) if r not in known]:
        print(f"{label + ':':<20}{counts.get(result, 0):<4}")
    if outside:
        print(f"{'Outside of Meson:':<20}{len(outside):<4}")
    print()
    passed = sum(counts.get(result, 0) for result in PASSED)
    print(f"{passed} passed, {len(failed)} failed, {len(skipped)} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
