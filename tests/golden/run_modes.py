#!/usr/bin/env python3
"""run_modes.py -- golden cases, run in other ways that must give the same.

usage: run_modes.py WEIR --resume SEED FILE.test...
       run_modes.py WEIR --rescale SEED FILE.test...
       run_modes.py WEIR --workers N [--stress SEED] FILE.test...
       run_modes.py WEIR --fold auto|all FILE.test...

Only cases that run a job to its end with status 0 take part; what they give when run as they are
is what is expected, so a case whose output is another one each time is left out.

--resume: the job is stopped after some rows of its sources (a drained stop, as by SIGINT), and
started again, in a new process, from the snapshot it has left; perhaps several times.  Files and
standard output must be the same as if it had not been stopped.  A case with a line
`--- not resumed: REASON` is left out.

--rescale: the same, each start with another number of workers; compared as for --workers.

--workers: the same final rows, by primary key where the file's table has one.  A changelog (changelog-json) must be consistent besides: each -U
and -D takes back a row that is there.  A case with the line `--- arrival-order` is left out: its
rows depend on the order in which rows of several splits come.

--fold: weir.fold is off, and then auto or all: the same output and files, and the same rows in the
tables of databases (tables.sqlite), which are what folding may reach.
"""
import collections
import json
import os
import random
import re
import shlex
import sqlite3
import sys
import tempfile

from run_cli import Run, read_cases

STOPS_MAX = 3
WORKERS_MAX = 3
VALUES_ROWS = 6  # a guess where the only source is VALUES, whose rows the summary does not count
STATE_DIR = ".state"


class Variant(Run):
    """A start of the case's program with other options; files are made only the first time."""

    def __init__(self, case, weir, folder, options, fresh=True):
        super().__init__(case, weir, folder)
        self.command += options
        if "--output" in self.command:
            self.command[self.command.index("--output") + 1] = "changelog-json"
        else:  # results as they come
            self.command += ["--output", "changelog-json"]
        self.fresh = fresh
        for name in ("TSAN_OPTIONS",):
            if name in os.environ:
                self.env[name] = os.environ[name]

    def start(self):
        if self.fresh:
            self.go()
        else:
            self.run_piped()
        return self


def takes_part(case):
    arguments = shlex.split(case.value("args", ""))
    if not arguments or arguments[0] != "run" or int(case.value("status", "0")) != 0:
        return False
    heads = [head for head, _ in case.sections]
    if "terminal" in heads or "arrival-order" in heads or case.get("stdin"):
        return False
    if any(" when " in head for head in heads) or "--parallelism" in arguments:
        return False
    text = " ".join(arguments)
    return "weir.state.dir" not in text and "weir.test." not in text


def files_of(folder):
    """Contents by name, without databases (their bytes say nothing) and snapshots."""
    found = {}
    for root, folders, names in os.walk(folder):
        folders[:] = [f for f in folders if f not in (STATE_DIR, ".run")]
        for name in names:
            path = os.path.join(root, name)
            if "sqlite" in name:
                continue
            with open(path, "rb") as file:
                found[os.path.relpath(path, folder)] = file.read()
    return found


def undisturbed(case, weir):
    """(standard output, files, rows read) -- None if it is another one each time or fails."""
    results = []
    for _ in range(2):
        with tempfile.TemporaryDirectory(prefix="weir-mode-") as folder:
            folder = os.path.realpath(folder)
            run = Variant(case, weir, folder, ["--set", "weir.summary=json"]).start()
            if run.status != 0 or run.trouble:
                return None
            lines = [line for line in run.err.decode().splitlines() if line.startswith("{")]
            if not lines:
                return None
            rows = sum(source["rows"] for source in json.loads(lines[-1])["sources"])
            mask = folder.encode()
            files = {n: d.replace(mask, b"{DIR}") for n, d in files_of(folder).items()}
            results.append((run.out.replace(mask, b"{DIR}"), files, rows))
    return results[0] if results[0] == results[1] else None


# ---- stopped and resumed ----------------------------------------------------------------------


def check_resume(case, weir, chance, rescaled):
    if case.value("not resumed"):
        return None
    wanted = undisturbed(case, weir)
    if wanted is None:
        return None
    stdout, files, rows = wanted
    rows = rows or VALUES_ROWS
    stops = sorted(chance.sample(range(1, rows + 1), min(rows, chance.randint(1, STOPS_MAX))))
    parts, said, done, numbers = [], [], 0, []
    with tempfile.TemporaryDirectory(prefix="weir-mode-") as folder:
        folder = os.path.realpath(folder)
        options = ["--set", f"weir.state.dir={folder}/{STATE_DIR}", "--set", "weir.summary=none"]
        for stop in stops + [None]:
            more = [] if stop is None else ["--set", f"weir.test.stop-after-rows={stop - done}"]
            if rescaled:
                numbers.append(chance.randint(1, WORKERS_MAX))
                more += ["--parallelism", str(numbers[-1])]
            run = Variant(case, weir, folder, options + more, fresh=done == 0).start()
            done = stop
            parts.append(run.out.replace(folder.encode(), b"{DIR}"))
            said.append(run.err.decode("utf-8", "replace"))
            if run.status != 0 or run.trouble:
                return [f"stops {stops}, workers {numbers}: status {run.status} "
                        f"{run.trouble or ''}\n{said[-1]}"]
        got = {n: d.replace(folder.encode(), b"{DIR}") for n, d in files_of(folder).items()}
    keys = keys_of(case)
    how = f"stops {stops}, workers {numbers}" if rescaled else f"stops {stops}"
    return compare(how, {"stdout": stdout, **files}, {"stdout": b"".join(parts), **got},
                   lambda name, data: final_rows(data, keys.get(name)) if rescaled
                   else by_statement(data), said)


def by_statement(data):
    """The results of several SELECTs each in their order: how they mix depends on batches."""
    lines = {}
    for line in data.splitlines():
        found = re.search(rb'"statement": (\d+)', line)
        lines.setdefault(found.group(1) if found else b"", []).append(line)
    return lines


# ---- several workers --------------------------------------------------------------------------


def as_change(line):
    try:
        value = json.loads(line)
    except ValueError:
        return None
    if isinstance(value, dict) and "op" in value and "data" in value:
        row = json.dumps([value.get("statement"), value["data"]], sort_keys=True)
        return value["op"], row
    return None


class Inconsistent(Exception):
    pass


def keys_of(case):
    """Primary key columns of the tables that are files, by path."""
    keys = {}
    for _, body in case.named("file"):
        for table in re.split(r"(?i)create\s+(?:temporary\s+)?table", body)[1:]:
            key = re.search(r"(?i)primary\s+key\s*\(([^)]*)\)", table)
            path = re.search(r"(?i)'path'\s*=\s*'([^']*)'", table)
            if key and path:
                keys[path.group(1)] = [c.strip(" `") for c in key.group(1).split(",")]
    return keys


def final_rows(data, key):
    """The rows that a changelog leaves; of other texts the lines."""
    lines = data.decode("utf-8", "backslashreplace").splitlines()
    changes = [as_change(line) for line in lines]
    if not lines or not all(changes):
        return collections.Counter(lines)
    rows, by_key = collections.Counter(), {}
    for op, row in changes:
        if key:
            values = json.loads(row)[1]
            name = json.dumps([values.get(column) for column in key])
            by_key[name] = row if op in ("+I", "+U") else None
        elif op in ("+I", "+U"):
            rows[row] += 1
        elif rows[row] == 0:
            raise Inconsistent(f"{op} of a row that is not there: {row}")
        else:
            rows[row] -= 1
    return +rows + collections.Counter(row for row in by_key.values() if row)


def check_workers(case, weir, workers, stress):
    wanted = undisturbed(case, weir)
    if wanted is None:
        return None
    stdout, files, _ = wanted
    options = ["--parallelism", str(workers), "--set", "weir.summary=none"]
    if stress:
        options += ["--set", f"weir.test.stress={stress}"]
    with tempfile.TemporaryDirectory(prefix="weir-mode-") as folder:
        folder = os.path.realpath(folder)
        run = Variant(case, weir, folder, options).start()
        err = run.err.decode("utf-8", "replace")
        if run.status != 0 or run.trouble or "ThreadSanitizer" in err:
            return [f"{workers} workers: status {run.status} {run.trouble or ''}\n{err}"]
        got = {n: d.replace(folder.encode(), b"{DIR}") for n, d in files_of(folder).items()}
        out = run.out.replace(folder.encode(), b"{DIR}")
    keys = keys_of(case)
    return compare(f"{workers} workers", {"stdout": stdout, **files}, {"stdout": out, **got},
                   lambda name, data: final_rows(data, keys.get(name)), [err])


# ---- folded -------------------------------------------------------------------------------------


def databases_of(folder):
    """The sorted rows of the tables of each database."""
    found = {}
    for root, _, names in os.walk(folder):
        for name in names:
            if not name.endswith(".sqlite"):
                continue
            path = os.path.join(root, name)
            db = sqlite3.connect(path)
            tables = [t for t, in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            rows = []
            for table in sorted(tables):
                quoted = table.replace('"', '""')
                rows += sorted(repr((table, row)) for row in db.execute(f'SELECT * FROM "{quoted}"'))
            db.close()
            found[os.path.relpath(path, folder)] = "\n".join(rows).encode()
    return found


def run_folded(case, weir, how):
    with tempfile.TemporaryDirectory(prefix="weir-mode-") as folder:
        folder = os.path.realpath(folder)
        run = Variant(case, weir, folder, ["--set", f"weir.fold={how}"]).start()
        mask = folder.encode()
        files = {n: d.replace(mask, b"{DIR}")
                 for n, d in {**files_of(folder), **databases_of(folder)}.items()}
        return run, {"stdout": run.out.replace(mask, b"{DIR}"), **files}


def check_folded(case, weir, how):
    run, wanted = run_folded(case, weir, "off")
    again = run_folded(case, weir, "off")[1]
    if run.status != 0 or wanted != again:
        return None
    run, got = run_folded(case, weir, how)
    said = run.err.decode("utf-8", "replace")
    if run.status != 0 or run.trouble:
        return [f"folded: status {run.status} {run.trouble or ''}\n{said}"]
    return compare("folded", wanted, got, lambda name, data: data, [said])


# ---- all ---------------------------------------------------------------------------------------


def compare(what, wanted, got, normal, said):
    found = []
    for name in sorted(set(wanted) | set(got)):
        a, b = wanted.get(name), got.get(name)
        if a is None or b is None:
            found.append(f"{what}: {name} is there only {'un' if b is None else ''}disturbed")
            continue
        try:
            same = normal(name, a) == normal(name, b)
        except Inconsistent as error:
            found.append(f"{what}: {name}: {error}")
            continue
        if not same:
            found.append(f"{what}: {name} is\n{b.decode('utf-8', 'replace')}and should be\n"
                         f"{a.decode('utf-8', 'replace')}")
    if found:
        found.append("".join(said))
    return found


def main():
    arguments = sys.argv[1:]
    if len(arguments) < 4 or arguments[1] not in ("--resume", "--rescale", "--workers", "--fold"):
        print(__doc__)
        return 2
    weir, mode, how = os.path.abspath(arguments[0]), arguments[1], arguments[2]
    number = int(how) if mode != "--fold" else 0
    paths = arguments[3:]
    stress = 0
    if paths[0] == "--stress":
        stress, paths = int(paths[1]), paths[2:]
    chance = random.Random(number)
    count = failed = 0
    for path in paths:
        for case in read_cases(path)[1]:
            if not takes_part(case):
                continue
            found = (check_resume(case, weir, chance, mode == "--rescale")
                     if mode in ("--resume", "--rescale")
                     else check_folded(case, weir, how) if mode == "--fold"
                     else check_workers(case, weir, number, stress))
            if found is None:
                continue
            count += 1
            failed += bool(found)
            if found:
                print(f"FAIL {os.path.relpath(path)}:{case.line}: {case.name}")
                print("\n".join(found))
    print(f"{count - failed} of {count} cases passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
