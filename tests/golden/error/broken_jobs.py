#!/usr/bin/env python3
"""broken_jobs.py -- every job of queries/, broken at many places: a token left out, a token twice,
a name misspelled, a quote left out.

Whatever it is, `weir check` ends with 2 (or 0: some changes are none), says where, does not
crash, and does not drown the one mistake: at most ERRORS_MAX different errors (a name that is gone may be
missed at each of its uses).  Where several calls of functions that do not exist are put into a
job, each of them is said, and nothing else.  So is one option with a value that only who opens the
table would stumble over.

usage: broken_jobs.py WEIR FOLDER [--places N] [--seed N] [--verbose]
"""
import argparse
import concurrent.futures
import glob
import json
import os
import random
import re
import subprocess
import sys

ERRORS_MAX = 3
TOKEN = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|`[^`]*`|[A-Za-z_][A-Za-z_0-9]*|[0-9.]+|"
                   r"<>|<=|>=|\|\||=>|\S", re.S)
NAME = re.compile(r"[A-Za-z_]\w{2,}$")
# Functions of a value, not of a group, a window or a clause of their own.
VALUE_CALLS = {"CONCAT", "COALESCE", "IF", "UPPER", "LOWER", "DATE_FORMAT", "TO_TIMESTAMP", "MD5",
               "SUBSTRING", "ABS", "ROUND", "REGEXP_EXTRACT", "SPLIT_INDEX", "FROM_UNIXTIME",
               "UNIX_TIMESTAMP", "CONCAT_WS", "REPLACE", "CHAR_LENGTH", "TO_DATE", "IFNULL", "NVL",
               "TO_TIMESTAMP_LTZ", "DATEDIFF", "MOD", "NULLIF", "JSON_STRING", "CARDINALITY"}


# What an option is replaced by, and what is said of it.
WRONG_OPTIONS = [
    ("'jdbc:mysql://", "'jdbc:nosql://", "cannot use the url: "),
    ("'scan.startup.mode' = 'earliest-offset'", "'scan.startup.mode' = 'timestamp'",
     ' needs the option "scan.startup.timestamp-millis"'),
    ("'scan.startup.mode' = 'group-offsets'",
     "'scan.startup.mode' = 'latest-offset', 'scan.bounded.mode' = 'specific-offsets'",
     ' needs the option "scan.bounded.specific-offsets"'),
]


def tokens_of(text):
    return [m for m in TOKEN.finditer(text) if not m.group().startswith(("--", "/*"))]


def misspelled(word, rng):
    at = rng.randrange(1, len(word))
    return rng.choice([word[:at] + word[at + 1:], word[:at] + "x" + word[at:],
                       word[:at - 1] + word[at] + word[at - 1] + word[at + 1:]])


def breaks(text, places, rng):
    """What is done, the text after it, and how many errors it may be."""
    tokens = tokens_of(text)
    names = [t for t in tokens if NAME.match(t.group())]
    strings = [t for t in tokens if t.group().startswith("'")]
    for _ in range(places):
        t = rng.choice(tokens)
        yield f"without {t.group()[:40]}", text[:t.start()] + text[t.end():], ERRORS_MAX
        t = rng.choice(tokens)
        yield f"twice {t.group()[:40]}", f"{text[:t.end()]} {text[t.start():]}", ERRORS_MAX
        t = rng.choice(names)
        word = misspelled(t.group(), rng)
        uses = sum(1 for n in names if n.group().lower() == t.group().lower())
        yield (f"{word} for {t.group()}", text[:t.start()] + word + text[t.end():],
               max(ERRORS_MAX, uses))
    for t in rng.sample(strings, min(len(strings), places // 4)):
        yield (f"without the quote behind {t.group()[:40]}",
               text[:t.end() - 1] + text[t.end():], ERRORS_MAX)


def wrong_calls(text, rng):
    """The text with some of its calls under names that no function has, and these names; or None."""
    tokens = tokens_of(text)
    calls = [t for t, after in zip(tokens, tokens[1:])
             if t.group().upper() in VALUE_CALLS and after.group() == "("]
    chosen = rng.sample(calls, min(len(calls), 4))
    names = []
    for t in sorted(chosen, key=lambda t: -t.start()):
        names.append(f"nosuch_{len(names)}")
        text = text[:t.start()] + names[-1] + text[t.end():]
    return (text, names) if names else None


def wrong_options(text):
    for right, wrong, said in WRONG_OPTIONS:
        for place in re.finditer(re.escape(right), text):
            yield text[:place.start()] + wrong + text[place.end():], said


def check(weir, text):
    return subprocess.run([weir, "check", "-", "--format", "json"], input=text, text=True,
                          capture_output=True, timeout=60)


def judge(weir, what, text, errors_max):
    """None, or what is wrong with the answer."""
    done = check(weir, text)
    if done.returncode not in (0, 2):
        return f"status {done.returncode}: {done.stderr[:300]}"
    answer = json.loads(done.stdout)
    errors = [f for f in answer["findings"] if f["severity"] == "error"]
    if (done.returncode == 2) != (len(errors) > 0):
        return f"status {done.returncode} and {len(errors)} errors"
    lines = text.count("\n") + 1
    for finding in errors:
        if finding["line"] is None or not 1 <= finding["line"] <= lines:
            return f"no place: {finding['message']}"
        if finding["code"] == "internal":
            return f"internal: {finding['message']}"
    different = {re.sub(r' in "\w+"$', "", f["message"]) for f in errors}  # a column that is gone
    if len(different) > errors_max:
        said = "\n      ".join(f"{f['line']}: {f['message']}" for f in errors)
        return f"{len(errors)} errors\n      {said}"
    return None


def judge_calls(weir, text, names):
    done = check(weir, text)
    errors = [f for f in json.loads(done.stdout)["findings"] if f["severity"] == "error"]
    said = sorted(f["message"] for f in errors)
    wanted = sorted(f'function "{name}" does not exist' for name in names)
    return None if said == wanted else f"{said} instead of {wanted}"


def judge_option(weir, text, wanted):
    done = check(weir, text)
    errors = [f["message"] for f in json.loads(done.stdout)["findings"] if f["severity"] == "error"]
    return None if len(errors) == 1 and wanted in errors[0] else f"{errors} instead of {wanted}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("weir")
    parser.add_argument("folder")
    parser.add_argument("--places", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--verbose", action="store_true")
    args = parser.parse_args()
    weir = os.path.abspath(args.weir)
    jobs = sorted(glob.glob(os.path.join(args.folder, "**", "*.sql"), recursive=True))
    cases, calls, options = [], [], []
    for path in jobs:
        with open(path, encoding="utf-8") as file:
            text = file.read()
        if check(weir, text).returncode != 0:
            continue  # it needs a profile
        rng = random.Random(f"{args.seed} {os.path.basename(path)}")
        cases += [(path, *case) for case in breaks(text, args.places, rng)]
        calls += [(path, *wrong) for _ in range(max(1, args.places // 4))
                  if (wrong := wrong_calls(text, rng))]
        options += [(path, *wrong) for wrong in wrong_options(text)]
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        answers = pool.map(lambda case: judge(weir, *case[1:]), cases)
        for (path, what, text, _), answer in zip(cases, answers):
            if answer:
                failed += 1
                print(f"{path}: {what}: {answer}")
            elif args.verbose:
                said = subprocess.run([weir, "check", "-"], input=text, text=True,
                                      capture_output=True).stderr
                print(f"{path}: {what}\n{said}")
        answers = pool.map(lambda case: judge_calls(weir, *case[1:]), calls)
        for (path, _, names), answer in zip(calls, answers):
            if answer:
                failed += 1
                print(f"{path}: {len(names)} wrong calls: {answer}")
        answers = pool.map(lambda case: judge_option(weir, *case[1:]), options)
        for (path, _, _), answer in zip(options, answers):
            if answer:
                failed += 1
                print(f"{path}: wrong option: {answer}")
    print(f"{len(cases)} broken jobs, {len(calls)} with wrong calls, {len(options)} with a wrong "
          f"option, {failed} failed")
    return 1 if failed or len(cases) < 100 * args.places else 0


if __name__ == "__main__":
    sys.exit(main())
