#!/usr/bin/env python3
"""window_model.py -- windows of random input against a model that looks at one row at a time.

usage: window_model.py WEIR [--seed N] [--rounds N]

Each round makes a topic of several partitions whose times mostly grow, with rows that come much
too late, and runs every kind of window over it: in one go, by two workers, stopped, saved and
loaded again several times, and that with another number of workers each time.  What is compared:
the rows that come out, and how many were late.
"""
import argparse
import collections
import json
import os
import random
import subprocess
import sys
import tempfile

KINDS = ("tumble", "hop", "hop-distinct", "cumulate", "cumulate-distinct", "session", "assigned")
WAYS = ("once", "workers", "stopped", "moved")


def text_of(ms):
    """Milliseconds as SQL has them."""
    days, ms = divmod(ms, 86400000)
    era = days + 719468
    cycle, day = divmod(era, 146097)
    year = (day - day // 1460 + day // 36524 - day // 146096) // 365
    day -= 365 * year + year // 4 - year // 100
    month = (5 * day + 2) // 153
    day = day - (153 * month + 2) // 5 + 1
    month = month + 3 if month < 10 else month - 9
    year += cycle * 400 + (month <= 2)
    seconds, ms = divmod(ms, 1000)
    fraction = f".{ms:03d}".rstrip("0") if ms else ""
    return (f"{year:04d}-{month:02d}-{day:02d} {seconds // 3600:02d}:{seconds // 60 % 60:02d}:"
            f"{seconds % 60:02d}{fraction}")


def make_rows(rng, count):
    partitions = rng.randint(1, 4)
    now = [rng.randint(-50000, 50000) for _ in range(partitions)]
    jump = rng.choice([5, 200, 3000])
    rows = []
    for number in range(count):
        p = rng.randrange(partitions)
        now[p] += rng.randint(0, jump)
        behind = rng.choice([0, 0, 0, rng.randint(0, 2000), rng.randint(0, 30000)])
        rows.append((p, f"k{rng.randint(0, 3)}", rng.randint(0, 9), now[p] - behind))
        if rng.random() < 0.002:
            now[p] += 100000
    return rows


class Spec:
    def __init__(self, rng):
        self.delay = rng.choice([0, 0, 700, 5000])
        self.step = rng.choice([500, 1000, 3000])
        self.size = self.step * rng.randint(1, 6)
        self.offset = rng.choice([0, 0, 300, -1100])

    def windows(self, kind, t):
        """(start, end) of all windows of a time, but sessions."""
        if kind.startswith("tumble"):
            start = (t - self.offset) // self.size * self.size + self.offset
            return [(start, start + self.size)]
        if kind.startswith("cumulate"):
            start = (t - self.offset) // self.size * self.size + self.offset
            return [(start, end) for end in range(start + self.step, start + self.size + 1, self.step)
                    if t < end]
        last = (t - self.offset) // self.step * self.step + self.offset
        return [(start, start + self.size)
                for start in range(last, last - self.size, -self.step)]


class Model:
    def __init__(self, spec, kind):
        self.spec, self.kind = spec, kind
        self.watermark = None
        self.parts = {}
        self.open = collections.defaultdict(list)  # (start, end, key): values
        self.out, self.late = [], 0

    def is_over(self, end):
        return self.watermark is not None and end - 1 <= self.watermark

    def add(self, row):
        part, key, value, t = row
        if self.kind == "session":
            self.add_session(key, value, t)
        else:
            left = [w for w in self.spec.windows(self.kind, t) if not self.is_over(w[1])]
            self.late += not left
            for start, end in left:
                self.open[start, end, key].append(value)
        w = t - self.spec.delay
        self.parts[part] = max(self.parts.get(part, w), w)
        least = min(self.parts.values())
        if self.watermark is None or least > self.watermark:
            self.advance(least)

    def add_session(self, key, value, t):
        start, end, values = t, t + self.spec.size, [value]
        for s, e, k in sorted(self.open):
            if k == key and s <= end and e >= start:
                values = self.open.pop((s, e, k)) + values
                start, end = min(s, start), max(e, end)
        if self.is_over(end):
            self.late += 1
            return
        self.open[start, end, key] = values

    def advance(self, watermark):
        self.watermark = watermark
        for start, end, key in [w for w in self.open if self.is_over(w[1])]:
            values = self.open.pop((start, end, key))
            self.out.append((text_of(start), text_of(end), key, len(values), sum(values),
                             min(values), len(set(values)) if "distinct" in self.kind else None))

    def finish(self):
        self.advance(1 << 60)
        return sorted(self.out, key=repr), self.late


def interval(ms):
    sign = "-" if ms < 0 else ""
    return f"INTERVAL '{sign}{abs(ms) // 1000}.{abs(ms) % 1000:03d}' SECOND"


def query(spec, kind):
    aggregates = "COUNT(*) AS n, SUM(v) AS s, MIN(v) AS m"
    aggregates += ", COUNT(DISTINCT v) AS d" if "distinct" in kind else ""
    if kind == "session":
        function = f"SESSION(TABLE t PARTITION BY k, DESCRIPTOR(ts), {interval(spec.size)})"
    elif kind == "tumble":
        function = f"TUMBLE(TABLE t, DESCRIPTOR(ts), {interval(spec.size)}, {interval(spec.offset)})"
    else:
        name = "CUMULATE" if kind.startswith("cumulate") else "HOP"
        function = (f"{name}(TABLE t, DESCRIPTOR(ts), {interval(spec.step)}, {interval(spec.size)}, "
                    f"{interval(spec.offset)})")
    rows = f"SELECT * FROM TABLE({function})"
    if kind == "assigned":  # the filter reads a bound, so the rows get their windows first
        rows += f" WHERE window_end > TIMESTAMP '0001-01-01 00:00:00'"
    return (f"SELECT window_start, window_end, k, {aggregates} FROM ({rows}) "
            "GROUP BY k, window_start, window_end;\n")


def write(folder, rows, spec, kind):
    with open(os.path.join(folder, "t.records.ndjson"), "w", encoding="utf-8") as file:
        for part, key, value, t in rows:
            file.write(json.dumps({"partition": part, "value": {"k": key, "v": value,
                                                                "ts": text_of(t)}}) + "\n")
    columns = "window_start TIMESTAMP(3), window_end TIMESTAMP(3), k STRING, n BIGINT, s INT, m INT"
    columns += ", d BIGINT" if "distinct" in kind else ""
    job = ("CREATE TABLE t (k STRING, v INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - "
           f"{interval(spec.delay)}) WITH ('connector' = 'kafka', 'topic' = 't', "
           "'properties.bootstrap.servers' = 'b:1', 'format' = 'json', "
           "'scan.startup.mode' = 'earliest-offset');\n"
           f"CREATE TABLE o ({columns}) WITH ('connector' = 'filesystem', 'path' = 'o.ndjson', "
           "'format' = 'json');\nINSERT INTO o " + query(spec, kind))
    with open(os.path.join(folder, "job.sql"), "w", encoding="utf-8") as file:
        file.write(job)
    return job


def weir(program, folder, *options):
    """How many rows were late."""
    done = subprocess.run([program, "run", "job.sql", "--profile", "local", "--data", ".",
                           "--until-end", "--set", "weir.summary=json", *options],
                          cwd=folder, capture_output=True, encoding="utf-8", timeout=120,
                          stdin=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        sys.exit(f"{options} failed: {done.stderr}")
    return json.loads(done.stderr.splitlines()[-1])["sources"][0]["late"]


def output(folder):
    out = []
    with open(os.path.join(folder, "o.ndjson"), encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            out.append((row["window_start"], row["window_end"], row["k"], row["n"], row["s"],
                        row["m"], row.get("d")))
    return sorted(out, key=repr)


def run(program, folder, rng, count, way):
    if way == "once":
        return weir(program, folder)
    if way == "workers":
        return weir(program, folder, "--parallelism", "2")
    state = ("--set", "weir.state.dir=state")
    late = 0
    for _ in range(3):
        workers = rng.randint(1, 3) if way == "moved" else 1
        late += weir(program, folder, *state, "--parallelism", str(workers), "--set",
                     f"weir.test.stop-after-rows={rng.randint(1, max(count // 4, 1))}")
    return late + weir(program, folder, *state)


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("weir")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=4)
    args = parser.parse_args()
    program, jobs = os.path.abspath(args.weir), 0
    for round_number in range(args.rounds):
        rng = random.Random(args.seed * 1000 + round_number)
        rows, spec = make_rows(rng, rng.choice([40, 3000])), Spec(rng)
        for kind in KINDS:
            model = Model(spec, kind)
            for row in rows:
                model.add(row)
            expected, late = model.finish()
            for way in WAYS:
                with tempfile.TemporaryDirectory() as folder:
                    job = write(folder, rows, spec, kind)
                    got_late = run(program, folder, rng, len(rows), way)
                    got = output(folder)
                jobs += 1
                # Rows that get their windows first are late window by window.
                if got == expected and (kind == "assigned" or got_late == late):
                    continue
                missing = [r for r in expected if r not in got][:5]
                extra = [r for r in got if r not in expected][:5]
                sys.exit(f"{kind}, {way}, seed {args.seed}, round {round_number}: {late} late, "
                         f"{got_late} counted\nmissing: {missing}\ntoo many: {extra}\n{job}")
    print(f"{jobs} jobs gave what the model gives")


main()
