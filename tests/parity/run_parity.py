#!/usr/bin/env python3
"""run_parity.py -- compares weir with what Apache Flink was recorded to do.

usage: run_parity.py WEIR [--case TEXT] [--parallelism N] [FILE.parity...]
       run_parity.py --show TEXT [FILE.parity...]     the complete job and inputs of a case
       run_parity.py --plan FILE.parity...            what Recorder.java reads
       run_parity.py --keep OUTPUT FILE.parity...     makes recordings of what it wrote

Without files: all of cases/.  cases.py says how cases are written, recording.py how recordings look; `record` records.
With --parallelism the rows that are left at the end are compared, in cases whose rows do not depend
on the order in which several tables are read.
"""
import argparse
import collections
import glob
import json
import os
import subprocess
import sys
import tempfile

import cases as case_files
import recording as recordings_module
from recording import Recording, load_value, read_recordings, steps_of, write_recordings

HERE = os.path.dirname(os.path.abspath(__file__))
SECONDS_MAX = 60


class Result:
    """What weir did with a case."""

    def __init__(self, status, message, sinks):
        self.status = status
        self.message = message
        self.sinks = sinks  # name: list of (kind, data as text)

    def is_gap(self):
        """Refused for weir's sake: no answer to a job that Flink refuses."""
        return self.status == 2 and "in this version of weir" in self.message


def run_weir(options, case):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in case.inputs().items():
            with open(os.path.join(folder, name), "w", encoding="utf-8",
                      errors="surrogateescape") as file:
                file.write(text)
        with open(os.path.join(folder, "job.sql"), "w", encoding="utf-8") as file:
            file.write(case.job())
        command = [options.weir, "run", "job.sql", "--until-end", "--output", "changelog-json",
                   "--set", "weir.summary=none"]
        if options.parallelism:
            command += ["--parallelism", str(options.parallelism)]
        if case.is_local():
            command += ["--profile", "local", "--data", "."]
        environment = dict(os.environ, TZ="UTC", XDG_RUNTIME_DIR=folder)
        done = subprocess.run(command, cwd=folder, env=environment, timeout=SECONDS_MAX,
                              stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8",
                              errors="replace", check=False)
        sinks = collections.defaultdict(list)
        for line in done.stdout.split("\n"):
            if line:
                number = json.loads(line).get("statement", 1)
                sinks[f"select {number}"].append(recordings_module.change_of(line))
        for name in case.written_topics():
            for path in glob.glob(os.path.join(folder, f"{name}*.ndjson")):
                sinks[name] += messages_of(path)
        for path in sorted(glob.glob(os.path.join(folder, "*.out.ndjson"))):
            with open(path, encoding="utf-8") as file:
                sinks[os.path.basename(path)] = [recordings_module.change_of(line)
                                                 for line in file if line.strip()]
        return Result(done.returncode, done.stderr, sinks)


def messages_of(path):
    """What a topic holds, as changes of the kind "="."""
    with open(path, "rb") as file:
        lines = file.read().split(b"\n")[:-1]
    if path.endswith(".records.ndjson"):
        records = [json.loads(line) for line in lines]
        messages = [{name: part for name, part in record.items()
                     if part is not None or name == "value"} for record in records]
    else:
        messages = [{"value": part_of(line)} for line in lines]
    return [("=", recordings_module.data_text(message)) for message in messages]


def part_of(data):
    try:
        return data.decode()
    except UnicodeDecodeError:
        return {"hex": data.hex()}


def canonical(change):
    return change[0], repr(load_value(change[1]))


def final_rows(changes, key):
    """The rows that are left; those of an upsert sink by its key."""
    rows = collections.Counter()
    if key:
        last = {}
        for kind, data in changes:
            row = dict(json.loads(data))
            last[json.dumps([row[name] for name in key])] = (kind, data)
        return sorted(canonical(change)[1] for change in last.values() if change[0] != "-D")
    changes = map(canonical, changes)
    for kind, data in changes:
        rows[data] += 1 if kind in ("+I", "+U") else -1
    return +rows, -rows


def same(mode, steps, changes, key=None):
    if mode == "final":
        return final_rows(sum(steps, []), key) == final_rows(changes, key)
    expected = [canonical(change) for step in steps for change in step]
    got = [canonical(change) for change in changes]
    if mode == "changelog":
        return expected == got
    if mode == "multiset":
        return sorted(expected) == sorted(got)
    start = 0
    for step in steps:
        end = start + len(step)
        if sorted(canonical(change) for change in step) != sorted(got[start:end]):
            return False
        start = end
    return start == len(got)


def first_line(text):
    return text.strip().split("\n")[0]


def difference(case, mode, recorded, result):
    """None, or what differs, as text."""
    if recorded.refused is not None:
        return None if result.status == 2 and not result.is_gap() else \
            f"Flink refuses ({recorded.refused}), weir ended with {result.status}"
    if recorded.failed is not None:
        return None if result.status == 3 else \
            f"Flink fails ({recorded.failed}), weir ended with {result.status}"
    if result.status != 0:
        return f"weir ended with {result.status}: {first_line(result.message)}"
    for name, steps in recorded.sinks.items():
        if not same(mode, steps, result.sinks[name], case.sink_key(name)):
            return side_by_side(name, sum(steps, []), result.sinks[name])
    return None


def side_by_side(name, expected, got):
    lines = [f"{name}: Flink's changes, then weir's"]
    if len(expected) == 1 == len(got):
        theirs, ours = load_value(expected[0][1]), load_value(got[0][1])
        lines += [f"  {key}: {value[1] if isinstance(value, tuple) else value}"
                  f" -- {ours.get(key, ('', 'missing'))[1:]}"
                  for key, value in theirs.items() if ours.get(key) != value]
        if lines[1:]:
            return "\n".join(lines)
    for sign, changes, others in (("<", expected, got), (">", got, expected)):
        counts = collections.Counter(map(canonical, others))
        for change in changes:
            shown = canonical(change)
            mark = " " if counts[shown] > 0 else "*"  # only on this side
            counts[shown] -= 1
            lines.append(f"  {sign}{mark}{change[0]} {change[1]}")
    return "\n".join(lines)


def known_ids():
    with open(os.path.join(HERE, "known_differences.md"), encoding="utf-8") as file:
        return {line.split("|")[1].strip() for line in file if line.startswith("| ")}


def depends_on_order(case):
    """Several tables with time: what is late depends on who is read first; rows of several keys
    for one row of a sink: the last one stays."""
    job = case.job()
    return len(case.used_tables()) > 1 and "WATERMARK" in job \
        or any(word in job for word in (" LIMIT ", "PROCTIME", "require-on-conflict"))


def judge(case, recorded, options):
    """(verdict, explanation)"""
    if recorded is None or recorded.digest != case.digest():
        return "stale", "the recording is of another text; run tests/parity/record"
    if case.known and case.known not in known_ids():
        return "differs", f"known_differences.md does not say what {case.known} is"
    if options.parallelism and (case.known or depends_on_order(case)):
        return "left out", ""
    result = run_weir(options, case)
    mode = "final" if options.parallelism else case.compare
    differs = difference(case, mode, recorded, result)
    if case.known:
        return ("known", "") if differs else ("differs", f"no longer differs: {case.known}")
    return ("differs", differs) if differs else ("same", "")


def compare_files(options, paths):
    counts = collections.Counter()
    for path in paths:
        _, recordings = read_recordings(recording_path(path))
        for case in case_files.read_cases(path):
            if options.case and options.case not in case.name:
                continue
            verdict, text = judge(case, recordings.get(case.name), options)
            counts[verdict] += 1
            if verdict not in ("same", "known", "left out"):
                print(f"{verdict}: {os.path.basename(path)}:{case.line}: {case.name}\n  {text}")
    print(", ".join(f"{counts[verdict]} {verdict}" for verdict in
                    ("same", "known", "differs", "stale", "left out") if counts[verdict]))
    return 1 if counts["differs"] + counts["stale"] else 0


def recording_path(path):
    return path[:-len(".parity")] + ".flink"


def show(text, paths):
    for path in paths:
        for case in case_files.read_cases(path):
            if text in case.name:
                print(f"-- {case.name}\n{case.job()}")
                for name, content in case.inputs().items():
                    print(f"-- {name}\n{content}")
    return 0


def plan(paths):
    for path in paths:
        for case in case_files.read_cases(path):
            print(json.dumps({"name": f"{path} {case.name}", "statements": case.statements(),
                              "files": case.inputs()}))
    return 0


def recorded_now(case, output):
    recorded = Recording(case.name)
    recorded.digest = case.digest()
    recorded.refused = output.get("refused")
    recorded.failed = output.get("failed")
    recorded.sinks = {name: steps_of(lines) for name, lines in output.get("sinks", {}).items()}
    return recorded


def is_same_recording(case, old, new):
    if not old or old.digest != new.digest or (old.refused, old.failed) != (new.refused, new.failed) \
            or list(old.sinks) != list(new.sinks):
        return False
    return all(same(case.compare, steps, sum(new.sinks[name], []), case.sink_key(name))
               for name, steps in old.sinks.items())


def keep(output_path, paths):
    """Old recordings stay as they are where the new one says the same."""
    with open(output_path, encoding="utf-8") as file:
        version, *outputs = [json.loads(line) for line in file]
    by_name = {output["name"]: output for output in outputs}
    for path in paths:
        old_version, old = read_recordings(recording_path(path))
        kept = []
        for case in case_files.read_cases(path):
            new = recorded_now(case, by_name[f"{path} {case.name}"])
            before = old.get(case.name)
            if version["flink"] == old_version and is_same_recording(case, before, new):
                kept.append(before)
                continue
            kept.append(new)
            if before and before.digest == new.digest:
                print(f"not as before: {path}: {case.name}")
            if new.refused or new.failed:
                print(f"{path}: {case.name}: {new.refused or new.failed}")
        write_recordings(recording_path(path), version["flink"], kept)
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case")
    parser.add_argument("--parallelism", type=int)
    parser.add_argument("--show")
    parser.add_argument("--plan", action="store_true")
    parser.add_argument("--keep")
    parser.add_argument("files", nargs="*")
    options = parser.parse_intermixed_args()
    compares = not (options.show or options.plan or options.keep)
    if compares:
        if not options.files:
            parser.error("which weir?")
        options.weir = os.path.abspath(options.files.pop(0))
    paths = options.files or sorted(glob.glob(os.path.join(HERE, "cases", "*.parity")))
    if compares:
        return compare_files(options, paths)
    if options.show:
        return show(options.show, paths)
    return plan(paths) if options.plan else keep(options.keep, paths)


if __name__ == "__main__":
    sys.exit(main())
