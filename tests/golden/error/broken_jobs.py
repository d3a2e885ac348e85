#!/usr/bin/env python3
"""broken_jobs.py -- every job of queries/, broken at many places: a token left out, a token twice,
a name misspelled, a quote left out.

Whatever it is, `weir check` ends with 2 (or 0: some changes are none), says where, does not
crash, and does not drown the one mistake: at most ERRORS_MAX different errors (a name that is gone may be
missed at each of its uses).

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
    cases = []
    for path in jobs:
        with open(path, encoding="utf-8") as file:
            text = file.read()
        if check(weir, text).returncode != 0:
            continue  # it needs a profile
        rng = random.Random(f"{args.seed} {os.path.basename(path)}")
        cases += [(path, *case) for case in breaks(text, args.places, rng)]
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
    print(f"{len(cases)} broken jobs, {failed} failed")
    return 1 if failed or len(cases) < 100 * args.places else 0


if __name__ == "__main__":
    sys.exit(main())
