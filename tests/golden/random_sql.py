#!/usr/bin/env python3
"""random_sql.py -- random queries over random changes, beside SQLite over what the changes leave.

usage: random_sql.py WEIR [--seed N] [--cases N] [--seconds S] [--mode M] [--failures N] [--show]

Each case is a job: tables whose rows come, change and go; perhaps views; one to three queries, each
into a file of changes.  What is asked of it, by mode:
  plain      every change takes back a row that is there, and the rows left are those that SQLite
             gives for the same query over the rows that the tables are left with
  workers    the same rows with 2 and 3 workers
  resumed    the same rows when stopped after some rows and started again from the snapshot; the same
             changes too, if no table is read twice
  rescaled   the same rows when it goes on with another number of workers each time
  steps      the same rows when the views are written to files first and read from there
  select     one query as SELECT, its changes on standard output
Jobs that weir refuses are counted by their error.  A failure prints a job and inputs that were made
smaller as long as it stays, and the options that bring it back.
RANDOM_SQL_CASES and RANDOM_SQL_SEED in the environment stand for the options: a longer run.
"""
import argparse
import collections
import itertools
import json
import os
import random
import re
import sqlite3
import subprocess
import sys
import tempfile
import time

from random_sql_make import DAY_START, MODEL, SQL_TYPES, WEIR, Maker, Table, text_for

MODES = ["plain", "plain", "workers", "resumed", "rescaled", "steps", "select"]
ROWS_MAX = 4000
SECONDS_MAX = 60
TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)(?:\.(\d+))?")


class Wrong(Exception):
    """What is not as it should be."""


class Job:
    def __init__(self, dice):
        self.tables = [Table(dice, n) for n in range(dice.randrange(1, 4))]
        maker = Maker(dice, self.tables)
        self.views = []
        for n in range(dice.choice([0, 0, 1, 2])):
            view = maker.rel(dice.randrange(1, 3))
            view.source = f"v{n}"
            self.views.append((view, view.sql))
            view.sql = f"SELECT * FROM v{n}"
            maker.views.append(view)
        self.queries = [maker.rel(dice.choice([1, 2, 2, 3])) for _ in range(dice.choice([1, 1, 2, 3]))]
        self.mode = dice.choice(MODES)
        self.chance = dice.random()
        self.keyed = [q.key is not None and dice.random() < 0.7 for q in self.queries]

    def ddl(self):
        return "".join(t.ddl() for t in self.tables)

    def view_texts(self):
        return [f"CREATE VIEW {v.source} AS {sql};\n" for v, sql in self.views]

    def sinks(self, rels, prefix, keyed):
        text = ""
        for n, (rel, key) in enumerate(zip(rels, keyed)):
            columns = [f"{c} {'BIGINT' if t == 'i' else SQL_TYPES[t]}" for c, t in rel.columns]
            if key:
                columns.append(f"PRIMARY KEY ({', '.join(rel.key)}) NOT ENFORCED")
            text += (f"CREATE TABLE {prefix}{n} ({', '.join(columns)}) WITH ('connector' = 'filesystem', "
                     f"'path' = '{prefix}{n}.out', 'format' = 'changelog-json');\n")
        for n, rel in enumerate(rels):
            casts = ", ".join(f"CAST({c} AS BIGINT)" if t == "i" else c for c, t in rel.columns)
            text += f"INSERT INTO {prefix}{n} SELECT {casts} FROM ({text_for(WEIR, rel.sql)}) AS z;\n"
        return text

    def text(self):
        views = text_for(WEIR, "".join(self.view_texts()))
        if self.mode == "select":
            return self.ddl() + views + text_for(WEIR, self.queries[0].sql) + ";\n"
        return self.ddl() + views + self.sinks(self.queries, "o", self.keyed)

    def stops(self, rows):
        """After how many rows it is stopped."""
        chance = random.Random(self.chance)
        return sorted(chance.sample(range(1, rows + 1), min(rows, chance.randrange(1, 4))))

    def parts_updates(self):
        """A stop is between -U and +U: by itself that is a delete, and an insert is what follows."""
        text = self.text()
        records = sorted((at, n, k, lines.count("\n"), table.name) for n, table in enumerate(self.tables)
                         for k, (at, lines) in enumerate(table.records()))
        stops = self.stops(sum(r[3] for r in records))
        read = list(itertools.accumulate(r[3] for r in records if len(re.findall(rf"\b{r[4]}\b", text)) > 2))
        return any(stop not in read for stop in stops if stop <= read[-1])

    def reads_once(self):
        """Nothing is read by two inputs of one operator: the order of changes is given."""
        text = self.text()
        return all(len(re.findall(rf"\b{t.name}\b", text)) <= 3 for t in self.tables) and "(WITH " not in text \
            and not self.views and not self.parts_updates()

    def steps(self):
        """Two jobs: the views into files; the queries over those."""
        rels = [v for v, _ in self.views]
        first = self.ddl() + text_for(WEIR, "".join(self.view_texts()))
        first += self.sinks(rels, "s", [False] * len(rels))
        second = self.ddl()
        for n, rel in enumerate(rels):
            columns = ", ".join(f"{c} {'BIGINT' if t == 'i' else SQL_TYPES[t]}" for c, t in rel.columns)
            second += (f"CREATE TABLE v{n} ({columns}) WITH ('connector' = 'filesystem', 'path' = 's{n}.out', "
                       "'format' = 'changelog-json');\n")
        return first, second + self.sinks(self.queries, "o", self.keyed)


# ---- the model ------------------------------------------------------------------------------------


def rows_of_model(job):
    """The rows of each query, by SQLite; None if there are too many."""
    base = sqlite3.connect(":memory:")
    try:
        steps = [0]

        def watch():
            steps[0] += 1
            return steps[0] > 300
        base.set_progress_handler(watch, 100000)
        for table in job.tables:
            base.execute(f"CREATE TABLE {table.name} ({', '.join(n for n, _ in table.columns)})")
            rows = [[json.dumps(v) if isinstance(v, list) else v for v in r] for r in table.rows()]
            marks = ", ".join("?" * len(table.columns))
            base.executemany(f"INSERT INTO {table.name} VALUES ({marks})", rows)
        for text in job.view_texts():
            base.execute(text_for(MODEL, text))
        found = []
        for rel in job.queries:
            found.append(collections.Counter(
                base.execute(text_for(MODEL, rel.sql)).fetchmany(ROWS_MAX + 1)))
            if sum(found[-1].values()) > ROWS_MAX:
                return None
        for view, _ in job.views:
            if len(base.execute(text_for(MODEL, view.sql)).fetchmany(ROWS_MAX + 1)) > ROWS_MAX:
                return None
        return found
    except sqlite3.OperationalError as error:
        if "interrupted" in str(error) or "to its right" in str(error):  # it mixes joins up
            return None
        raise Wrong(f"SQLite: {error}") from error
    finally:
        base.close()


# ---- what weir gives ------------------------------------------------------------------------------


def normal(value, kind):
    if kind == "t" and isinstance(value, str):
        days, hours, minutes, seconds = (int(TIME.match(value).group(n)) for n in (3, 4, 5, 6))
        month = int(TIME.match(value).group(2))
        days += 0 if month == 1 else -31
        ms = int((TIME.match(value).group(7) or "0").ljust(3, "0")[:3])
        return DAY_START + (((days - 1) * 24 + hours) * 60 + minutes) * 60000 + seconds * 1000 + ms
    return int(value) if isinstance(value, bool) else value


def accumulate(data, rel, keyed):
    """The rows that changes leave; complains of one that takes back what is not there."""
    live, by_key = collections.Counter(), {}
    for line in data.splitlines():
        change = json.loads(line)
        op = change["op"]
        row = tuple(normal(change["data"].get(n), t) for n, t in rel.columns)
        if keyed:
            key = tuple(change["data"][n] for n in rel.key)
            if op == "-U":
                raise Wrong(f"-U goes into a sink with a key: {line}")
            if op == "-D":
                if key not in by_key:
                    raise Wrong(f"the key is not there: {line}")
                del by_key[key]
            else:
                by_key[key] = row
            continue
        if op[0] == "+":
            live[row] += 1
        elif live[row] == 0:
            raise Wrong(f"takes back what is not there: {line}")
        else:
            live[row] -= 1
    return collections.Counter(by_key.values()) if keyed else +live


class Runner:
    def __init__(self, weir):
        self.weir = weir
        self.refused = collections.Counter()

    def start(self, folder, text, options):
        path = os.path.join(folder, "job.sql")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        try:
            ran = subprocess.run([self.weir, "run", "job.sql", "--profile", "local", "--data", "d", "--until-end",
                                  "--output", "changelog-json", "--set", "weir.summary=none"] + options,
                                 cwd=folder, capture_output=True, timeout=SECONDS_MAX, check=False)
        except subprocess.TimeoutExpired as error:
            raise Wrong(f"no end within {SECONDS_MAX} s") from error
        err = ran.stderr.decode("utf-8", "replace")
        if ran.returncode == 2 and "ERROR:" in err and "Sanitizer" not in err:
            raise Refused(err)
        if ran.returncode != 0 or "Sanitizer" in err or "runtime error" in err:
            raise Wrong(f"status {ran.returncode}: {err}")
        return ran.stdout.decode()

    def feed(self, job, folder):
        os.makedirs(os.path.join(folder, "d"))
        total = 0
        for table in job.tables:
            with open(os.path.join(folder, "d", table.name + ".records.ndjson"), "w", encoding="utf-8") as file:
                for _, text in table.records():
                    total += text.count("\n")
                    file.write(text)
        return total

    def outputs(self, job, folder, stdout):
        if job.mode == "select":
            return [stdout]
        texts = []
        for n in range(len(job.queries)):
            path = os.path.join(folder, f"o{n}.out")
            texts.append(open(path, encoding="utf-8").read() if os.path.exists(path) else "")
        return texts

    def once(self, job, options=(), way="whole"):
        """The outputs of all queries, in a folder of its own."""
        with tempfile.TemporaryDirectory(prefix="weir-random-") as folder:
            rows = self.feed(job, folder)
            if way == "steps":
                first, second = job.steps()
                self.start(folder, first, list(options))
                for n in range(len(job.views)):  # nothing came: no file
                    open(os.path.join(folder, f"s{n}.out"), "a", encoding="utf-8").close()
                return self.outputs(job, folder, self.start(folder, second, list(options)))
            if way not in ("resumed", "rescaled"):
                return self.outputs(job, folder, self.start(folder, job.text(), list(options)))
            done, out, chance = 0, "", random.Random(job.chance)
            for stop in job.stops(rows) + [None]:
                more = ["--set", "weir.state.dir=state"]
                more += ["--set", f"weir.test.stop-after-rows={stop - done}"] if stop else []
                done = stop
                if way == "rescaled":
                    more += ["--parallelism", str(chance.randrange(1, 4))]
                out += self.start(folder, job.text(), more)
            return self.outputs(job, folder, out)

    def check(self, job):
        """Raises Wrong, or Refused; False if the case is too large."""
        wanted = rows_of_model(job)
        if wanted is None:
            return False
        plain = self.once(job)
        keyed = job.keyed if job.mode != "select" else [False] * len(job.queries)
        self.compare("", job, plain, wanted, keyed)
        if job.mode == "workers":
            stress = ["--set", f"weir.test.stress={1 + int(job.chance * 1000)}"]
            for workers in ("2", "3"):
                self.compare(f"{workers} workers: ", job, self.once(job, ["--parallelism", workers] + stress), wanted, keyed)
        if job.mode == "resumed":
            resumed = self.once(job, way="resumed")
            self.compare("stopped and resumed: ", job, resumed, wanted, keyed)
            if resumed != plain and job.reads_once():
                raise Wrong("not the same after a stop:\n" + "".join(
                    f"o{n}: {b}and undisturbed\n{a}" for n, (a, b) in enumerate(zip(plain, resumed)) if a != b))
        if job.mode == "rescaled":
            self.compare("with other workers: ", job, self.once(job, way="rescaled"), wanted, keyed)
        if job.mode == "steps" and job.views:
            self.compare("in steps: ", job, self.once(job, way="steps"), wanted, keyed)
        return True

    @staticmethod
    def compare(what, job, outputs, wanted, keyed):
        for n, (rel, data, rows, key) in enumerate(zip(job.queries, outputs, wanted, keyed)):
            try:
                got = accumulate(data, rel, key)
            except Wrong as wrong:
                raise Wrong(f"{what}o{n}: {wrong}\n{data}") from wrong
            if got != rows:
                raise Wrong(f"{what}o{n}: too many {dict(got - rows)}, missing {dict(rows - got)}")


class Refused(Exception):
    """weir does not take the job."""


# ---- smaller failures -----------------------------------------------------------------------------


def still_wrong(runner, job):
    try:
        runner.check(job)
    except Refused:
        return None
    except Wrong as wrong:
        return str(wrong)
    return None


def shrink(runner, job, seconds):
    """Takes away queries, parts of queries and rows as long as something stays wrong."""
    end, said = time.monotonic() + seconds, None

    def attempt(change, back):
        nonlocal said
        change()
        now = still_wrong(runner, job) if time.monotonic() < end else None
        if now is None:
            back()
        said = now or said
        return now is not None

    for n in reversed(range(len(job.queries))):
        kept = (job.queries, job.keyed)

        def only(n=n):
            job.queries, job.keyed = [kept[0][n]], [kept[1][n]]

        def again():
            job.queries, job.keyed = kept
        if len(job.queries) > 1 and attempt(only, again):
            break
    progress = len(job.queries) == 1
    while progress:
        progress = False
        for part in job.queries[0].inputs:
            kept = (job.queries, job.keyed)

            def deeper(part=part):
                job.queries, job.keyed = [part], [False]

            def back(kept=kept):
                job.queries, job.keyed = kept
            if attempt(deeper, back):
                progress = True
                break
    for name in ("v1", "v0"):
        texts = "".join(q.sql for q in job.queries) + "".join(s for v, s in job.views if v.source != name)
        if not re.search(rf"\b{name}\b", texts):
            job.views = [(v, s) for v, s in job.views if v.source != name]
    texts = "".join(q.sql for q in job.queries) + "".join(s for _, s in job.views)
    job.tables = [t for t in job.tables if re.search(rf"\b{t.name}\b", texts)]
    for table in job.tables:
        size = max(1, len(table.lives) // 2)
        while True:
            at = 0
            while at < len(table.lives):
                kept = table.lives

                def less(kept=kept, at=at, size=size):
                    table.lives = kept[:at] + kept[at + size:]

                def all_again(kept=kept):
                    table.lives = kept
                if not attempt(less, all_again):
                    at += size
            if size == 1:
                break
            size //= 2
    return said


def show(job):
    text = job.text()
    if job.mode == "steps":
        text = "-- first\n" + job.steps()[0] + "-- then\n" + job.steps()[1]
    for table in job.tables:
        text += f"--- file d/{table.name}.records.ndjson\n" + "".join(t for _, t in table.records())
    return text


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("weir")
    parser.add_argument("--seed", type=int, default=int(os.environ.get("RANDOM_SQL_SEED", "1")))
    parser.add_argument("--cases", type=int, default=int(os.environ.get("RANDOM_SQL_CASES", "80")))
    parser.add_argument("--seconds", type=float, default=1e9)
    parser.add_argument("--mode")
    parser.add_argument("--failures", type=int, default=5)
    parser.add_argument("--show", action="store_true")
    options = parser.parse_args()
    runner = Runner(os.path.abspath(options.weir))
    count = failed = large = 0
    end = time.monotonic() + options.seconds
    for seed in range(options.seed, options.seed + options.cases):
        if time.monotonic() > end or failed >= options.failures:
            break
        job = Job(random.Random(seed))
        job.mode = options.mode or job.mode
        if options.show:
            print(show(job))
        try:
            count += 1
            large += not runner.check(job)
        except Refused as refused:
            said = re.search(r"ERROR:.*", str(refused)).group()
            runner.refused[said.split(" (job.sql")[0]] += 1
            if options.show:
                print(refused)
        except Wrong as wrong:
            failed += 1
            if "SQLite" in str(wrong):
                print(f"FAIL --seed {seed} {wrong}")
                continue
            said = shrink(runner, job, 20) or f"(it does not fail again)\n{wrong}"
            print(f"FAIL --seed {seed} --cases 1 --mode {job.mode}\n{said[:3000]}\n{show(job)}", flush=True)
    print(f"{count - failed} of {count} cases passed ({large} too large, {sum(runner.refused.values())} refused)")
    for text, times in runner.refused.most_common():
        print(f"  {times} {text}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
