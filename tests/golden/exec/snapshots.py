#!/usr/bin/env python3
"""Snapshots: a job that is stopped goes on where it was; damaged, foreign and missing ones are told.

usage: snapshots.py WEIR
"""
import collections
import glob
import json
import os
import subprocess
import sys
import tempfile

WEIR = os.path.abspath(sys.argv[1])
COPY = """CREATE TABLE s (id INT) WITH ('connector' = 'filesystem', 'path' = 'in', 'format' = 'json');
CREATE TABLE t (id INT) WITH ('connector' = 'filesystem', 'path' = 'out.ndjson', 'format' = 'json');
INSERT INTO t SELECT id FROM s;
"""
MERGE = """CREATE TABLE a (k STRING, ts TIMESTAMP(3) METADATA FROM 'timestamp') WITH ('connector' = 'kafka',
  'topic' = 'a', 'properties.bootstrap.servers' = 'x:1', 'format' = 'json');
CREATE TABLE b (k STRING, ts TIMESTAMP(3) METADATA FROM 'timestamp') WITH ('connector' = 'kafka',
  'topic' = 'b', 'properties.bootstrap.servers' = 'x:1', 'format' = 'json');
CREATE TABLE o (k STRING) WITH ('connector' = 'kafka', 'topic' = 'o',
  'properties.bootstrap.servers' = 'x:1', 'format' = 'json');
INSERT INTO o SELECT k FROM a;
INSERT INTO o SELECT k FROM b;
"""
WINDOWS = """CREATE TABLE s (id INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH (
  'connector' = 'filesystem', 'path' = 'in.json', 'format' = 'json');
CREATE TABLE t (e TIMESTAMP(3), n BIGINT) WITH ('connector' = 'filesystem', 'path' = 'out.ndjson',
  'format' = 'json');
INSERT INTO t SELECT window_end, COUNT(*)
  FROM TABLE(TUMBLE(TABLE s, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end;
"""
EVENTS = """CREATE TABLE s (id INT, k INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH (
  'connector' = 'filesystem', 'path' = 'in', 'format' = 'json');
CREATE TABLE t ({}) WITH ('connector' = 'filesystem', 'path' = 'out.ndjson', 'format' = '{}');
INSERT INTO t """
# What keeps more than rows by key, and looks at all of it when one of several files has been read.
SEVERAL_FILES = {
    "interval join": EVENTS.format("a INT, b INT", "json") + """
      SELECT x.id, y.id FROM s x LEFT JOIN s y ON x.k = y.k AND MOD(y.id, 3) = 0
      AND x.ts BETWEEN y.ts - INTERVAL '30' SECOND AND y.ts + INTERVAL '30' SECOND;""",
    "DISTINCT": EVENTS.format("k INT, n BIGINT, m BIGINT", "changelog-json") + """
      SELECT k, COUNT(DISTINCT MOD(id, 7)), COUNT(*) FROM s GROUP BY k;""",
    "DISTINCT in windows": EVENTS.format("k INT, n BIGINT, e TIMESTAMP(3)", "json") + """
      SELECT k, COUNT(DISTINCT MOD(id, 7)), window_end FROM TABLE(HOP(TABLE s, DESCRIPTOR(ts),
      INTERVAL '20' SECOND, INTERVAL '60' SECOND)) GROUP BY k, window_start, window_end;""",
    "sessions": EVENTS.format("k INT, n BIGINT, e TIMESTAMP(3)", "json") + """
      SELECT k, COUNT(*), window_end FROM TABLE(SESSION(TABLE s PARTITION BY k, DESCRIPTOR(ts),
      INTERVAL '20' SECOND)) GROUP BY k, window_start, window_end;""",
}
# What remembers rows by something else than the columns that divide them among workers.
ELSEWHERE = {
    "top-N that rows move up in": """CREATE TABLE s (id INT, k INT) WITH ('connector' = 'filesystem',
      'path' = 'in', 'format' = 'json');
      CREATE TABLE t (k INT, i INT, n BIGINT) WITH ('connector' = 'filesystem', 'path' = 'out.ndjson',
      'format' = 'changelog-json');
      INSERT INTO t SELECT k, i, n FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY n DESC, i)
      AS rn FROM (SELECT k, MOD(id, 5) AS i, COUNT(*) AS n FROM s GROUP BY k, MOD(id, 5)))
      WHERE rn <= 2;""",
    "look-ups of rows that change": """CREATE TABLE s (id INT, k INT) WITH (
      'connector' = 'filesystem', 'path' = 'in', 'format' = 'json');
      CREATE TABLE dim (k INT, v STRING, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'jdbc',
      'url' = 'jdbc:mysql://h/d', 'table-name' = 'dim');
      CREATE TABLE t (k INT, n BIGINT, v STRING) WITH ('connector' = 'filesystem',
      'path' = 'out.ndjson', 'format' = 'changelog-json');
      INSERT INTO t SELECT a.k, a.n, d.v FROM (SELECT k, COUNT(*) AS n, PROCTIME() AS p FROM s
      GROUP BY k) AS a LEFT JOIN dim FOR SYSTEM_TIME AS OF a.p AS d ON d.k = a.k;""",
}
# What remembers by itself how far time was.
OWN_TIME = {
    "top-N of windows": EVENTS.format("id INT, e TIMESTAMP(3)", "json") + """
      SELECT id, window_end FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start,
      window_end ORDER BY id DESC) AS rn FROM TABLE(TUMBLE(TABLE s, DESCRIPTOR(ts),
      INTERVAL '20' SECOND))) WHERE rn <= 2;""",
    "first rows by time": EVENTS.format("id INT, k INT", "json") + """
      SELECT id, k FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts) AS rn
      FROM s) WHERE rn = 1;""",
}
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


def get(name):
    with open(name, encoding="utf-8") as file:
        return file.read()


def weir(*arguments):
    """(status, standard error); one worker unless it says otherwise: the order of rows is compared"""
    if "--parallelism" not in arguments:
        arguments = ("--parallelism", "1", *arguments)
    done = subprocess.run([WEIR, "run", "--set", "weir.summary=none", *arguments],
                          capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stderr


def stop_after(rows, *arguments):
    return weir("--set", f"weir.test.stop-after-rows={rows}", *arguments)


def copy_files():
    put("job.sql", COPY)
    for name in "abc":
        put(f"in/{name}.json", "".join(f'{{"id": {ord(name)}{i:04}}}\n' for i in range(3000)))
    weir("job.sql")
    return get("out.ndjson")


def manifests():
    return sorted(glob.glob("st/*.job"), key=lambda n: int(n.split("-")[1].split(".")[0]))


def cut(name):
    os.truncate(name, os.path.getsize(name) - 7)


def test_stopped_anywhere():
    wanted = copy_files()
    state = ["--set", "weir.state.dir=st", "job.sql"]
    for rows in (1, 999, 1024, 2976, 7000, 1):
        check("a stop is no failure", stop_after(rows, *state) == (0, ""))
        with open("out.ndjson", "a", encoding="utf-8") as file:
            file.write("what was written behind the snapshot is cut off\n")
    check("two snapshots are kept", len(manifests()) == 2, str(os.listdir("st")))
    check("it goes on", weir(*state) == (0, ""))
    check("the output is that of one run", get("out.ndjson") == wanted)
    check("again", weir(*state) == (0, ""))
    check("nothing is left to do", get("out.ndjson") == wanted)


def test_folder_as_flink_writes_it():
    wanted = copy_files()
    state = ["--set", f"execution.checkpointing.dir=file://{os.getcwd()}/st", "job.sql"]
    check("it stops", stop_after(1000, *state) == (0, ""))
    check("the folder", len(manifests()) == 1 and not os.path.exists("file:"), str(os.listdir(".")))
    check("it goes on, however the folder is written", weir("--set", "weir.state.dir=st", "job.sql") == (0, ""))
    check("the output is that of one run", get("out.ndjson") == wanted)


def test_any_number_of_workers():
    wanted = sorted(copy_files().splitlines())
    state = ["--set", "weir.state.dir=st", "job.sql"]
    for workers, rows in (("2", 2500), ("3", 3000), ("1", 1000), ("2", 1)):
        check("it stops", stop_after(rows, "--parallelism", workers, *state) == (0, ""))
    check("it goes on", weir("--parallelism", "3", *state) == (0, ""))
    check("each row is there once", sorted(get("out.ndjson").splitlines()) == wanted)


def test_damaged():
    wanted = copy_files()
    state = ["--set", "weir.state.dir=st", "job.sql"]
    for rows in (1000, 2000):
        stop_after(rows, *state)
    cut(manifests()[1])
    status, said = weir(*state)
    check("it goes on from the one before", status == 0 and said.startswith(
        'WARNING:  snapshot 2 in "st" cannot be read; the job goes on from the one before it, 1\n'),
          said)
    check("nothing is lost or twice", get("out.ndjson") == wanted)
    for name in manifests():
        cut(name)
    status, said = weir(*state)
    check("nothing is guessed", status != 0 and said.startswith("ERROR:  ") and
          "Without a snapshot the job can only be started anew" in said, said)
    check("the output is as it was", get("out.ndjson") == wanted)


def test_foreign():
    copy_files()
    put("other.sql", COPY)
    stop_after(10, "--set", "weir.state.dir=st", "job.sql")
    status, said = weir("--set", "weir.state.dir=st", "other.sql")
    check("another job", status == 2 and said.startswith(
        'ERROR:  the state directory "st" holds snapshots of job "job.sql", and this is job '
        '"other.sql"\n'), said)
    status, said = weir("--set", "weir.state.dir=st", "--set", "weir.job.name=job.sql", "other.sql")
    check("the same job by its name", (status, said) == (0, ""), said)


def test_in_use():
    put("job.sql", COPY.replace("'in'", "'-'"))
    first = subprocess.Popen([WEIR, "run", "--set", "weir.state.dir=st", "job.sql"],
                             stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
    first.stdin.write(b'{"id": 1}\n')
    first.stdin.flush()
    while not (os.path.exists("out.ndjson") and os.path.getsize("out.ndjson") > 0):
        if first.poll() is not None:
            break
    status, said = weir("--set", "weir.state.dir=st", "--name", "second", "job.sql")
    check("one run at a time", status != 0 and
          said == 'ERROR:  the state directory "st" is in use by another run of weir\n', said)
    first.stdin.close()
    first.wait(60)


def test_changed():
    copy_files()
    stop_after(10, "--set", "weir.state.dir=st", "job.sql")
    put("job.sql", COPY.replace("TABLE s", "TABLE z").replace("FROM s", "FROM z"))
    status, said = weir("--set", "weir.state.dir=st", "job.sql")
    check("a source that is gone, and one that is new", status == 0 and said ==
          'WARNING:  the job was changed: it does not read "s" any more, whose positions the '
          'snapshot holds\n'
          'WARNING:  the job was changed: the snapshot has no position of "z", which is read as its '
          'options say\n', said)


def test_renamed_sink():
    """Its file was written under another name of the table, and begins anew: not without a word."""
    copy_files()
    stop_after(10, "--set", "weir.state.dir=st", "job.sql")
    put("job.sql", COPY.replace("TABLE t", "TABLE z").replace("INTO t", "INTO z"))
    said = weir("--set", "weir.state.dir=st", "job.sql")
    check("a sink that is new", said == (0, 'WARNING:  the job was changed: the snapshot has no position of '
                                         '"z", which is written from its beginning\n'), str(said))
    check("the next start knows it", weir("--set", "weir.state.dir=st", "job.sql") == (0, ""))


def record(key, i, ms):
    return json.dumps({"value": {"k": f"{key}{i}"}, "timestamp": ms}) + "\n"


def test_merged():
    """Sources that are merged by time hold a batch each, of which a part is done at the stop."""
    put("job.sql", MERGE)
    put("d/a.records.ndjson", "".join(record("a", i, 10 * i) for i in range(12)))
    put("d/b.records.ndjson", "".join(record("b", i, 7 * i) for i in range(15)))
    local = ["--profile", "local", "--data", "d", "--set", "weir.state.dir=st", "job.sql"]
    check("as a whole", weir(*local) == (0, ""))
    wanted = get("d/o.ndjson")
    for stop in range(1, 27):
        for name in glob.glob("st/*") + ["d/o.ndjson"]:
            os.unlink(name)
        first, second = stop_after(stop, *local), weir(*local)
        check(f"in two parts, {stop}", first == second == (0, ""), str((first, second)))
        check(f"the same rows in the same order, {stop}", get("d/o.ndjson") == wanted,
              get("d/o.ndjson"))


def test_limit():
    put("job.sql", COPY.replace("SELECT id FROM s", "SELECT id FROM s LIMIT 7"))
    put("in/a.json", "".join(f'{{"id": {i}}}\n' for i in range(20)))
    state = ["--set", "weir.state.dir=st", "job.sql"]
    stop_after(5, *state)
    check("the rest of the limit", weir(*state) == (0, ""))
    check("seven in all", get("out.ndjson") == "".join(f'{{"id":{i}}}\n' for i in range(7)),
          get("out.ndjson"))


def test_topic_that_changed_its_form():
    """A topic's file of lines became one of records behind the snapshot that is gone on from."""
    put("job.sql", MERGE.replace("'json');\nINSERT", "'raw');\nINSERT"))
    put("d/a.records.ndjson", "".join(json.dumps({"value": {"k": f"a{i}" + "\n" * (i == 7)}}) + "\n"
                                      for i in range(10)))
    put("d/b.records.ndjson", "")
    local = ["--profile", "local", "--data", "d", "--set", "weir.state.dir=st", "job.sql"]
    for stop in (1, 4, 7):
        for name in glob.glob("st*/*") + glob.glob("d/o.*"):
            os.unlink(name)
        check("it stops", stop_after(stop, *local) == (0, ""))
        check("lines so far", get("d/o.ndjson") == "".join(f"a{i}\n" for i in range(stop)))
        kept = {name: open(name, "rb").read() for name in glob.glob("st/*")}
        check("it goes on", weir(*local) == (0, ""))
        wanted = get("d/o.records.ndjson")
        check("records", len(wanted.splitlines()) == 10 and not os.path.exists("d/o.ndjson"))
        for name in glob.glob("st/*"):
            os.unlink(name)
        for name, data in kept.items():
            with open(name, "wb") as file:
                file.write(data)
        said = weir(*local)
        check(f"again from the snapshot of {stop} lines", said == (0, "") and
              get("d/o.records.ndjson") == wanted, str(said) + get("d/o.records.ndjson"))


def test_more_input_after_the_end():
    """The end of the input closes all windows; what a later start finds is not late for that."""
    put("job.sql", WINDOWS)
    rows = [f'{{"id": {i}, "ts": "2024-01-01 00:00:{i:02}"}}\n' for i in range(0, 60, 3)]
    put("in.json", "".join(rows[:8]))
    state = ["--set", "weir.state.dir=st", "job.sql"]
    check("as far as it is there", weir(*state) == (0, ""))
    put("in.json", "".join(rows))
    check("the rest", weir(*state) == (0, ""))
    wanted = [("10", 4), ("20", 3), ("30", 1), ("30", 2), ("40", 4), ("50", 3), ("01:00", 3)]
    lines = [json.loads(line) for line in get("out.ndjson").splitlines()]
    got = [(row["e"], row["n"]) for row in lines]
    check("windows of both", got == [(f"2024-01-01 00:{e if ':' in e else '00:' + e}", n)
                                     for e, n in wanted], str(got))


def event(number, key):
    return (f'{{"id": {number}, "k": {key}, "ts": "2024-01-01 00:{number // 60:02}:'
            f'{number % 60:02}"}}\n')


def sorted_lines(name):
    return sorted(get(name).splitlines())


def test_several_files():
    """A snapshot has a file a worker, and whoever goes on reads all of them."""
    put("in/0.json", "".join(event(i, (i * 7) % 40) for i in range(400)))
    for name, job in SEVERAL_FILES.items():
        put("job.sql", job)
        check(f"{name}, at once", weir("job.sql") == (0, ""))
        wanted = sorted_lines("out.ndjson")
        for workers in ((2, 2, 2), (3, 2, 1)):
            for file in glob.glob("st/*"):
                os.unlink(file)
            state = [["--set", "weir.state.dir=st", "job.sql", "--parallelism", str(n)]
                     for n in workers]
            said = [stop_after(150, *state[0]), stop_after(100, *state[1]), weir(*state[2])]
            check(f"{name}, {workers} workers", said == 3 * [(0, "")], str(said))
            check(f"{name}, {workers} workers, rows", sorted_lines("out.ndjson") == wanted,
                  get("out.ndjson"))


def rows_left(name):
    """What the changes of a file leave; fewer than none show too."""
    rows = collections.Counter()
    for line in get(name).splitlines():
        change = json.loads(line)
        rows[json.dumps(change["data"])] += 1 if change["op"] in ("+I", "+U") else -1
    return {row: n for row, n in rows.items() if n != 0}


def test_rows_are_where_their_changes_come():
    put("in/0.json", "".join(event((i * i) % 53, (i * 7) % 6) for i in range(400)))
    local = ["--profile", "local", "--data", "d", "job.sql"]
    for name, job in ELSEWHERE.items():
        put("job.sql", job)
        check(f"{name}, at once", weir(*local) == (0, ""))
        wanted = rows_left("out.ndjson")
        for workers in ((2, 2, 2), (3, 2, 1), (1, 2, 3)):
            for file in glob.glob("st/*"):
                os.unlink(file)
            state = [["--set", "weir.state.dir=st", *local, "--parallelism", str(n)]
                     for n in workers]
            said = [stop_after(150, *state[0]), stop_after(100, *state[1]), weir(*state[2])]
            check(f"{name}, {workers} workers", said == 3 * [(0, "")], str(said))
            check(f"{name}, {workers} workers, rows", rows_left("out.ndjson") == wanted,
                  get("out.ndjson"))


def test_own_time_after_the_end():
    for name, job in OWN_TIME.items():
        put("job.sql", job)
        for file in glob.glob("st/*") + glob.glob("in/*"):
            os.unlink(file)
        put("in/0.json", "".join(event(i, i) for i in range(100)))
        state = ["--set", "weir.state.dir=st", "job.sql"]
        check(f"{name}, as far as it is there", weir(*state) == (0, ""))
        put("in/1.json", "".join(event(i, i) for i in range(200, 300)))
        check(f"{name}, the rest", weir(*state) == (0, ""))
        said = get("out.ndjson")
        check(f"{name}, at once", weir("job.sql") == (0, ""))
        check(f"{name}, all rows", said == get("out.ndjson"), said)


def test_merged_and_then_several_workers():
    """A batch that was merged in part is gone on with by one worker; the others pass over nothing,
    now and at the start after that."""
    put("job.sql", MERGE)
    records = {t: [record(t, i, 10 * i) for i in range(12)] for t in "ab"}
    local = ["--profile", "local", "--data", "d", "--set", "weir.state.dir=st", "job.sql"]
    for topic, lines in records.items():
        put(f"d/{topic}.records.ndjson", "".join(lines[:8]))
    said = [stop_after(5, *local), weir(*local, "--parallelism", "2")]
    for topic, lines in records.items():
        put(f"d/{topic}.records.ndjson", "".join(lines))
    said.append(weir(*local, "--parallelism", "2"))
    check("three starts", said == 3 * [(0, "")], str(said))
    check("each row once", len(sorted_lines("d/o.ndjson")) == 24, get("d/o.ndjson"))


def main():
    for name, test in list(globals().items()):
        if not name.startswith("test_"):
            continue
        with tempfile.TemporaryDirectory(prefix="weir-snapshots-") as folder:
            os.chdir(folder)
            os.environ["XDG_RUNTIME_DIR"] = folder  # jobs of other tests have the same name
            test()
            os.chdir("/")
    print(f"{checks - failures} of {checks} checks passed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
