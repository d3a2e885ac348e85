#!/usr/bin/env python3
"""Several workers: failures, stops and limits of one are those of all; checkpoints under way all the
time, short queues and pauses at random change nothing.

usage: workers.py WEIR [ROUNDS]
"""
import collections
import json
import os
import random
import signal
import subprocess
import sys
import tempfile

WEIR = os.path.abspath(sys.argv[1])
ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 3
SOURCE = """CREATE TABLE s (id INT, k INT, s STRING, a ARRAY<STRING>) WITH (
  'connector' = 'filesystem', 'path' = 'in', 'format' = 'json'{});
"""
JOB = SOURCE.format("") + """
CREATE TABLE o1 (k INT, n BIGINT, m INT) WITH ('connector' = 'filesystem', 'path' = 'o1.ndjson',
  'format' = 'changelog-json');
CREATE TABLE o2 (n BIGINT, c BIGINT) WITH ('connector' = 'filesystem', 'path' = 'o2.ndjson',
  'format' = 'changelog-json');
CREATE TABLE o3 (id INT, s STRING, a ARRAY<STRING>) WITH ('connector' = 'filesystem',
  'path' = 'o3.ndjson', 'format' = 'json');
CREATE TABLE o4 (k INT, n BIGINT, s STRING) WITH ('connector' = 'filesystem', 'path' = 'o4.ndjson',
  'format' = 'changelog-json');
INSERT INTO o1 SELECT k, COUNT(*), MAX(id) FROM s GROUP BY k;
INSERT INTO o2 SELECT n, COUNT(*) FROM (SELECT s, COUNT(*) AS n FROM s GROUP BY s) t GROUP BY n;
INSERT INTO o3 SELECT id, s, a FROM s WHERE k < 50;
INSERT INTO o3 SELECT id, s, a FROM s WHERE k > 80;
INSERT INTO o4 SELECT x.k, x.n, y.s FROM (SELECT k, COUNT(*) AS n FROM s GROUP BY k) x
  JOIN (SELECT k, MAX(s) AS s FROM s WHERE id < 500 GROUP BY k) y ON x.k = y.k;
"""
checks = failures = 0


def check(what, condition, more=""):
    global checks, failures
    checks += 1
    if not condition:
        failures += 1
        print(f"FAIL {what}\n{more}")


def put(name, text):
    os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
    with open(name, "w", encoding="utf-8") as file:
        file.write(text)


def weir(*arguments):
    """(status, standard output, standard error)"""
    done = subprocess.run([WEIR, "run", "--set", "weir.summary=none", *arguments],
                          capture_output=True, text=True, timeout=110, check=False)
    return done.returncode, done.stdout, done.stderr


def make_input(chance, files, rows):
    for f in range(files):
        lines = []
        for i in range(rows):
            row = {"id": i, "k": chance.randrange(100), "s": "x" * chance.randrange(30) +
                   str(chance.randrange(40)), "a": ["y" * chance.randrange(20)] * (i % 3)}
            lines.append(json.dumps(row) + "\n")
        put(f"in/{f}.json", "".join(lines))


def left(name):
    """The rows that a file leaves; each -U and -D must take back one that is there."""
    rows = collections.Counter()
    with open(name, encoding="utf-8") as file:
        for line in file:
            value = json.loads(line)
            if "op" not in value:
                rows[line] += 1
                continue
            row = json.dumps(value["data"])
            if value["op"] in ("+I", "+U"):
                rows[row] += 1
            else:
                if rows[row] == 0:
                    check(f"{name}: {line.strip()} takes back a row that is there", False)
                rows[row] -= 1
    return +rows


def results():
    return [left(f"o{i}.ndjson") for i in range(1, 5)]


def test_same_rows(chance):
    make_input(chance, 4, 2500)
    put("job.sql", JOB)
    check("one worker", weir("job.sql") == (0, "", ""))
    wanted = results()
    for _ in range(ROUNDS):
        stress = ["--set", f"weir.test.stress={chance.randint(1, 10**6)}", "job.sql"]
        workers = chance.randint(2, 4)
        said = weir("--parallelism", str(workers), *stress)
        check(f"{workers} workers, {stress}", said == (0, "", "") and results() == wanted, str(said))
        state = ["--set", f"weir.state.dir=st-{stress[1]}", "--set", "weir.checkpoint.interval=1ms"]
        for stop in (chance.randint(1, 5000), chance.randint(1, 4000), None):
            more = ["--set", f"weir.test.stop-after-rows={stop}"] if stop else []
            said = weir("--parallelism", str(chance.randint(1, 4)), *state, *more, *stress)
            check("stopped and resumed", said == (0, "", ""), str(said))
        check(f"the rows of one run, {stress}", results() == wanted)


def test_failure(chance):
    make_input(chance, 4, 3000)
    with open("in/2.json", "a", encoding="utf-8") as file:
        file.write("broken\n")
    put("job.sql", SOURCE.format(", 'on-error' = 'fail'") + "SELECT k, COUNT(*) FROM s GROUP BY k;")
    status, _, said = weir("--parallelism", "3", "job.sql")
    check("the failure of one worker is that of the job", status == 3 and
          said.startswith('ERROR:  bad row in table "s": message is not valid JSON\n'
                          "DETAIL:  It is at offset 3000 of in/2.json.\n"), said)


def test_bad_rows_are_told(chance):
    make_input(chance, 3, 10)
    for f in range(3):
        with open(f"in/{f}.json", "a", encoding="utf-8") as file:
            file.write("broken\n")
    put("job.sql", SOURCE.format(", 'on-error' = 'skip'") + "SELECT COUNT(*) FROM s;")
    status, _, said = weir("--parallelism", "3", "job.sql")
    check("bad rows of all workers", status == 0 and said.count("WARNING:  bad row") == 3, said)


def test_limit(chance):
    make_input(chance, 4, 5000)
    put("job.sql", SOURCE.format("") + "SELECT id FROM s LIMIT 7;")
    for workers in "23":
        status, out, said = weir("--parallelism", workers, "--output", "jsonl", "job.sql")
        check("seven rows of all workers", status == 0 and len(out.splitlines()) == 7, out + said)


def test_stop(chance):
    """SIGINT while two workers wait for input that does not come."""
    make_input(chance, 1, 1)
    put("job.sql", SOURCE.format("").replace("'in'", "'-'") +
        "SELECT k, COUNT(*) FROM s GROUP BY k;")
    child = subprocess.Popen([WEIR, "run", "--parallelism", "2", "--output", "changelog-json",
                              "job.sql"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL)
    child.stdin.write(b'{"id": 1, "k": 5}\n{"id": 1, "k": 6}\n')
    child.stdin.flush()
    check("two rows", len([child.stdout.readline() for _ in range(2)]) == 2)
    child.send_signal(signal.SIGINT)
    check("a drained stop", child.wait(60) == 0)


def main():
    seed = int(os.environ.get("WEIR_SEED", "1"))
    for name, test in list(globals().items()):
        if not name.startswith("test_"):
            continue
        with tempfile.TemporaryDirectory(prefix="weir-workers-") as folder:
            os.chdir(folder)
            os.environ["XDG_RUNTIME_DIR"] = folder  # jobs of other tests have the same name
            test(random.Random(seed))
            os.chdir("/")
    print(f"{checks - failures} of {checks} checks passed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
