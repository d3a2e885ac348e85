#!/usr/bin/env python3
"""order_model.py -- top-N, deduplication, OVER and ORDER BY of random input against models that
look at one row at a time, as Flink's operators do.

usage: order_model.py WEIR [--seed N] [--rounds N]

Each round makes rows whose times mostly grow, with some that come too late, or changes of rows,
and runs queries over them: in one go, and stopped, saved and loaded again several times.  What
is compared: the rows that are left (each -U and -D has to take back one that is there), and how
many were late.
"""
import argparse
import collections
import json
import os
import random
import subprocess
import sys
import tempfile

TOPIC = ("WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'b:1', "
         "'format' = '{}', 'scan.startup.mode' = 'earliest-offset');\n")
SINK = "WITH ('connector' = 'filesystem', 'path' = 'o.ndjson', 'format' = 'changelog-json');\n"
BASE_S = 3600


def text_of(ms):
    assert 0 <= ms < 86400000
    return (f"2024-01-01 {ms // 3600000:02d}:{ms // 60000 % 60:02d}:{ms // 1000 % 60:02d}."
            f"{ms % 1000:03d}")


def interval(ms):
    return f"INTERVAL '{ms // 1000}.{ms % 1000:03d}' SECOND"


def timed_rows(rng, count):
    """(k, v, time in ms), in the order in which they come."""
    now, jump, rows = BASE_S * 1000, rng.choice([3, 200, 1500]), []
    for _ in range(count):
        now += rng.randint(0, jump)
        behind = rng.choice([0, 0, 0, rng.randint(0, 10), rng.randint(0, 4000)])
        value = None if rng.random() < 0.1 else rng.randint(0, 9)
        key = None if rng.random() < 0.1 else rng.randint(0, 3)
        rows.append((key, value, now - behind))
    return rows


class Timed:
    """What is common: the watermark moves with each row."""

    def __init__(self, rng, count):
        self.delay = rng.choice([0, 0, 500, 2000])
        self.rows = timed_rows(rng, count)
        self.watermark = -1
        self.out, self.late, self.number = [], 0, 0

    def run(self):
        for row in self.rows:
            self.number += 1
            self.add(*row)
            if row[2] - self.delay > self.watermark:
                self.watermark = row[2] - self.delay
                self.advance()
        self.watermark = 1 << 60
        self.advance()
        return collections.Counter(self.out), self.late

    def lines(self):
        for key, value, time in self.rows:
            yield {"k": key, "v": value, "ts": text_of(time)}

    def table(self):
        return (f"CREATE TABLE t (k INT, v INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - "
                f"{interval(self.delay)}) " + TOPIC.format("json"))

    columns = "k INT, v INT, ts TIMESTAMP(3)"

    def query(self):
        raise NotImplementedError


class First(Timed):
    def __init__(self, rng, count):
        super().__init__(rng, count)
        self.waiting, self.gone = {}, set()

    def add(self, key, value, time):
        if time < self.watermark:
            self.late += 1
        elif key not in self.gone and (key not in self.waiting or time < self.waiting[key][1]):
            self.waiting[key] = (value, time)

    def advance(self):
        for key in [k for k, (_, time) in self.waiting.items() if time <= self.watermark]:
            value, time = self.waiting.pop(key)
            self.gone.add(key)
            self.out.append((key, value, text_of(time)))

    def query(self):
        return ("SELECT k, v, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts) AS n "
                "FROM t) WHERE n = 1")


class Last(Timed):
    def run(self):
        best = {}
        for key, value, time in self.rows:
            if key not in best or time >= best[key][1]:
                best[key] = (value, time)
        return collections.Counter((k, v, text_of(t)) for k, (v, t) in best.items()), 0

    def query(self):
        return ("SELECT k, v, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts DESC) "
                "AS n FROM t) WHERE n = 1")


class WindowTop(Timed):
    def __init__(self, rng, count):
        super().__init__(rng, count)
        self.size = rng.choice([1000, 3000])
        self.end = rng.randint(1, 4)
        self.windows = collections.defaultdict(list)

    columns = "k INT, v INT, ts TIMESTAMP(3), n BIGINT"

    def add(self, key, value, time):
        end = time // self.size * self.size + self.size
        if end - 1 <= self.watermark:
            self.late += 1
        else:
            self.windows[end, key].append((value is not None, value or 0, self.number, time))

    def advance(self):
        for end, key in [w for w in self.windows if w[0] - 1 <= self.watermark]:
            rows = sorted(self.windows.pop((end, key)))
            for n, (there, value, _, time) in enumerate(rows[:self.end], 1):
                self.out.append((key, value if there else None, text_of(time), n))

    def query(self):
        return ("SELECT k, v, ts, n FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, "
                f"window_end, k ORDER BY v) AS n FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), "
                f"{interval(self.size)}))) WHERE n <= {self.end}")


class Over(Timed):
    """s: SUM, c: COUNT(*), m: MAX, d: COUNT(DISTINCT), l: LAG (unbounded only)."""

    def __init__(self, rng, count):
        super().__init__(rng, count)
        self.is_rows = rng.random() < 0.5
        self.preceding = rng.choice([None, rng.randint(0, 4) if self.is_rows
                                     else rng.choice([0, 7, 1001, 3000])])
        self.keys = collections.defaultdict(self.fresh)

    columns = "k INT, v INT, ts TIMESTAMP(3), s INT, c BIGINT, m INT, d BIGINT, l INT"

    @staticmethod
    def fresh():
        return {"waiting": collections.defaultdict(list), "last": -1, "frame": [], "timers": set(),
                "cleanup": None}

    def add(self, key, value, time):
        state = self.keys[key]
        if time <= (self.watermark if self.preceding is None else state["last"]):
            self.late += 1
            return
        state["waiting"][time].append(value)
        state["timers"].add(time)
        if self.preceding is not None and not self.is_rows:
            if state["cleanup"] is None or state["cleanup"] < time + self.preceding + 1:
                state["cleanup"] = time + self.preceding * 3 // 2 + 1
                state["timers"].add(state["cleanup"])

    def advance(self):
        for key in list(self.keys):
            for time in sorted(t for t in self.keys[key]["timers"] if t <= self.watermark):
                self.fire(key, time)

    def fire(self, key, time):
        state = self.keys[key]
        state["timers"].discard(time)
        if state["cleanup"] is not None and state["cleanup"] <= time:
            timers = state["timers"]
            state = self.keys[key] = self.fresh()
            state["timers"] = timers
            return
        values = state["waiting"].pop(time, [])
        frame = state["frame"]
        for at, value in enumerate(values):
            frame.append((time, value))
            if self.is_rows:
                self.emit(key, value, time, frame if self.preceding is None
                          else frame[-self.preceding - 1:])
            elif at == len(values) - 1:
                inside = [r for r in frame if self.preceding is None
                          or time - r[0] <= self.preceding]
                for one in values:
                    self.emit(key, one, time, inside)
        state["last"] = max(state["last"], time)

    def emit(self, key, value, time, frame):
        known = [v for _, v in frame if v is not None]
        lag = None
        if self.preceding is None and not self.is_rows:
            lag = frame[-3][1] if len(frame) > 2 else None
            lag = -1 if lag is None else lag
        self.out.append((key, value, text_of(time), sum(known) if known else None, len(frame),
                         max(known) if known else None, len(set(known)), lag))

    def query(self):
        start = ("UNBOUNDED" if self.preceding is None else str(self.preceding) if self.is_rows
                 else interval(self.preceding)) + " PRECEDING"
        window = (f"PARTITION BY k ORDER BY ts {'ROWS' if self.is_rows else 'RANGE'} BETWEEN {start} "
                  "AND CURRENT ROW")
        lag = "CAST(NULL AS INT)"
        if self.preceding is None and not self.is_rows:
            window = "PARTITION BY k ORDER BY ts"  # so that LAG has the same one
            lag = "LAG(v, 2, -1) OVER w"
        return ("SELECT k, v, ts, SUM(v) OVER w AS s, COUNT(*) OVER w AS c, MAX(v) OVER w AS m, "
                f"COUNT(DISTINCT v) OVER w AS d, {lag} AS l FROM t WINDOW w AS ({window})")


class Changes:
    """Rows (id, k, v) that come, change and go; ids are those of live rows once."""

    def __init__(self, rng, count):
        self.appends = rng.random() < 0.4
        self.changes, live, number = [], {}, 0
        for _ in range(count):
            way = 1 if self.appends or not live else rng.random()
            if way < 0.25:
                ident = rng.choice(list(live))
                self.changes.append(("-D", ident, *live.pop(ident)[:2]))
                continue
            number += 1
            row = (None if rng.random() < 0.1 else rng.randint(0, 2),
                   None if rng.random() < 0.15 else rng.randint(0, 9))
            if way < 0.5:
                ident = rng.choice(list(live))
                self.changes.append(("-U", ident, *live[ident][:2]))
                self.changes.append(("+U", ident, *row))
                del live[ident]
            else:
                ident = number
                self.changes.append(("+I", ident, *row))
            live[ident] = (*row, number)
        self.live = [(ident, *row) for ident, row in live.items()]

    def lines(self):
        for op, ident, key, value in self.changes:
            data = {"id": ident, "k": key, "v": value}
            yield data if self.appends else {"op": op, "data": data}

    def table(self):
        return ("CREATE TABLE t (id INT, k INT, v INT) " +
                TOPIC.format("json" if self.appends else "changelog-json"))


def in_order(value, descending, nulls_last):
    if value is None:
        return (2 if nulls_last else 0, 0)
    return (1, -value if descending else value)


class Top(Changes):
    def __init__(self, rng, count):
        super().__init__(rng, count)
        self.start = rng.choice([1, 1, 1, 2, 3])
        self.end = self.start + rng.randint(0, 3)
        self.descending = rng.random() < 0.5
        self.nulls = rng.choice([None, "FIRST", "LAST"])
        self.with_rank = rng.random() < 0.5

    columns = "id INT, k INT, v INT, n BIGINT"

    def run(self):
        last = self.nulls == "LAST" if self.nulls else self.descending
        groups, out = collections.defaultdict(list), []
        for ident, key, value, number in self.live:
            groups[key].append((in_order(value, self.descending, last), number, ident, value))
        for key, rows in groups.items():
            for n, (_, _, ident, value) in enumerate(sorted(rows), 1):
                if self.start <= n <= self.end:
                    out.append((ident, key, value, n if self.with_rank else None))
        return collections.Counter(out), 0

    def query(self):
        order = "v" + (" DESC" if self.descending else "")
        order += f" NULLS {self.nulls}" if self.nulls else ""
        number = "n" if self.with_rank else "CAST(NULL AS BIGINT) AS n"
        return (f"SELECT id, k, v, {number} FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY "
                f"{order}) AS n FROM t) WHERE n BETWEEN {self.start} AND {self.end}")


class OverAny(Changes):
    columns = "id INT, k INT, v INT, s INT, c BIGINT"

    def __init__(self, rng, count):
        super().__init__(rng, min(count, 300))
        self.is_rows = rng.random() < 0.5

    def run(self):
        groups, out = collections.defaultdict(list), []
        for ident, key, value, number in self.live:
            groups[key].append((in_order(value, False, False), number, ident, value))
        for key, rows in groups.items():
            rows.sort()
            for at, (order, _, ident, value) in enumerate(rows):
                frame = rows[:at + 1] if self.is_rows else [r for r in rows if r[0] <= order]
                known = [r[3] for r in frame if r[3] is not None]
                out.append((ident, key, value, sum(known) if known else None, len(frame)))
        return collections.Counter(out), 0

    def query(self):
        frame = "ROWS UNBOUNDED PRECEDING" if self.is_rows else ""
        return (f"SELECT id, k, v, SUM(v) OVER w AS s, COUNT(*) OVER w AS c FROM t "
                f"WINDOW w AS (PARTITION BY k ORDER BY v {frame})")


def weir(program, folder, *options):
    """How many rows were late."""
    done = subprocess.run([program, "run", "job.sql", "--profile", "local", "--data", ".",
                           "--until-end", "--set", "weir.summary=json", *options],
                          cwd=folder, capture_output=True, encoding="utf-8", timeout=120,
                          stdin=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        sys.exit(f"{options} failed: {done.stderr}")
    return json.loads(done.stderr.splitlines()[-1])["sources"][0]["late"]


def run(program, folder, rng, count, way):
    if way == "once":
        return weir(program, folder)
    state = ("--set", "weir.state.dir=state")
    late = 0
    for _ in range(3):
        late += weir(program, folder, *state, "--set",
                     f"weir.test.stop-after-rows={rng.randint(1, max(count // 4, 1))}")
    return late + weir(program, folder, *state)


def left(folder):
    rows = collections.Counter()
    with open(os.path.join(folder, "o.ndjson"), encoding="utf-8") as file:
        for line in file:
            change = json.loads(line)
            row = tuple(text_of(time_of(v)) if c == "ts" else v
                        for c, v in change["data"].items())
            rows[row] += 1 if change["op"] in ("+I", "+U") else -1
            if rows[row] < 0:
                return f"{change['op']} of a row that is not there: {row}"
    return +rows


def time_of(text):
    hours, minutes, seconds = text.split()[1].split(":")
    return round((int(hours) * 3600 + int(minutes) * 60 + float(seconds)) * 1000)


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("weir")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=6)
    args = parser.parse_args()
    program, jobs = os.path.abspath(args.weir), 0
    for number in range(args.rounds):
        rng = random.Random(args.seed * 1000 + number)
        for kind in (First, Last, WindowTop, Over, Over, Over, Top, Top, OverAny):
            case = kind(rng, rng.choice([30, 200, 3000]))
            expected, late = case.run()
            lines = list(case.lines())
            job = (case.table() + f"CREATE TABLE o ({case.columns}) " + SINK +
                   f"INSERT INTO o {case.query()};\n")
            for way in ("once", "stopped"):
                with tempfile.TemporaryDirectory() as folder:
                    with open(os.path.join(folder, "job.sql"), "w", encoding="utf-8") as file:
                        file.write(job)
                    with open(os.path.join(folder, "t.ndjson"), "w", encoding="utf-8") as file:
                        file.writelines(json.dumps(line) + "\n" for line in lines)
                    got_late = run(program, folder, rng, len(lines), way)
                    got = left(folder)
                jobs += 1
                if got == expected and got_late == late:
                    continue
                where = f"{kind.__name__}, {way}, seed {args.seed}, round {number}"
                if isinstance(got, str):
                    sys.exit(f"{where}: {got}\n{job}")
                sys.exit(f"{where}: {late} late, {got_late} counted\n"
                         f"missing: {list(expected - got)[:5]}\n"
                         f"too many: {list(got - expected)[:5]}\n{job}")
    print(f"{jobs} jobs gave what the models give")


main()
