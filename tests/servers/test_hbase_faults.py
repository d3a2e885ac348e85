#!/usr/bin/env python3
"""HBase that is away, dies, or answers over a bad line: weir waits, and no row is lost or wrong.

    test_hbase_faults.py WEIR
"""
import signal
import subprocess
import sys
import tempfile
import time

from hbaselib import Case, cells, changes, need, same, says, source, table
from serverlib import (CLOSE, CUT, TO_CLIENT, Hbase, Proxy, Server, random_faults, seeded_random,
                       stall, wait_until)

WHERE = need("hbase")[0]
PRINT = "CREATE TABLE out ({}) WITH ('connector' = 'print');\n"
FLAT = "k STRING, n BIGINT, s STRING, PRIMARY KEY (k)"
STOP_LIMIT_S = 6  # the engine's limit is 5


def write_job(case, rows, where, **options):
    return (source("src", "k STRING, n BIGINT, s STRING", rows, case.folder) +
            table("t", FLAT, where, case.real, "cloudhbase", columnFamily="cf", **options) +
            "INSERT INTO t SELECT k, n, s FROM src;")


def some_rows(count):
    rows = [{"k": f"k{i:06}", "n": i, "s": f"s{i}"} for i in range(count)]
    return rows, {row["k"].encode(): cells("cf", n=row["n"], s=row["s"].encode()) for row in rows}


def ends_well(case, child):
    status, text = case.weir.finish(child)
    assert status == 0, f"status {status}\n{text}"
    return text


def random_cuts(chance):
    """Connections that end at any byte; puts and deletes of the same keys."""
    steps, live, want = [], {}, {}
    for i in range(6000):
        row = {"k": f"k{chance.randrange(800)}", "n": i, "s": None if i % 3 else f"s{i}"}
        key, old = row["k"], live.get(row["k"])
        if old is not None and chance.random() < 0.15:
            steps.append(("d", old))
            del live[key], want[key]
            continue
        steps.append(("c", row) if old is None else ("u", old, row))
        live[key] = row
        # A NULL leaves what was there.
        want[key] = want.get(key, {}) | {name: row[name] for name in "ns" if row[name] is not None}
    want = {key.encode(): cells("cf", **{name: value.encode() if name == "s" else value
                                         for name, value in row.items()})
            for key, row in want.items()}
    with Case(WHERE, "cuts", "cf") as case, Proxy(WHERE) as proxy:
        proxy.always = random_faults(chance.randrange(1 << 30), 0.8, 40000)
        case.run(changes("src", "k STRING, n BIGINT, s STRING", steps, case.folder) +
                 table("t", FLAT, proxy.address, case.real, "cloudhbase", columnFamily="cf") +
                 "INSERT INTO t SELECT k, n, s FROM src;")
        same(case.rows(), want)
        print(f"{proxy.accepted} connections")


def reads_over_cuts(chance):
    rows, cells_of = some_rows(4000)
    with Case(WHERE, "readcuts", "cf") as case, Proxy(WHERE) as proxy:
        case.hbase.put(case.real, cells_of)
        proxy.always = random_faults(chance.randrange(1 << 30), limit_bytes=200000,
                                     kinds=(CUT, CLOSE))
        got = case.weir.rows(table("t", FLAT, proxy.address, case.real, "cloudhbase",
                                   columnFamily="cf") + PRINT.format("k STRING, n BIGINT") +
                             "INSERT INTO out SELECT k, n FROM t;")
        same(got, [f"+I[{row['k']}, {row['n']}]" for row in rows])
        got = case.weir.rows(
            source("src", "k STRING", [{"k": row["k"]} for row in rows], case.folder)
            .replace("k STRING)", "k STRING, at AS PROCTIME())") +
            table("dim", FLAT, proxy.address, case.real, "cloudhbase", columnFamily="cf") +
            PRINT.format("k STRING, n BIGINT") + "INSERT INTO out SELECT s.k, d.n FROM src AS s "
            "LEFT JOIN dim FOR SYSTEM_TIME AS OF s.at AS d ON d.k = s.k;")
        same(sorted(got), [f"+I[{row['k']}, {row['n']}]" for row in rows])


def away_at_the_start(_):
    rows, want = some_rows(500)
    with Case(WHERE, "away", "cf") as case, Proxy(WHERE) as proxy:
        proxy.refuse()
        child = case.weir.start(write_job(case, rows, proxy.address))
        try:
            child.wait(1)
            sys.exit("the job did not wait\n" + child.stderr_text())
        except subprocess.TimeoutExpired:
            pass
        same(case.rows(), {})
        proxy.accept()
        ends_well(case, child)
        same(case.rows(), want)
        # The table is looked at when the server answers first.
        proxy.refuse()
        child = case.weir.start(write_job(case, rows, proxy.address).replace(
            f"'{case.real}'", "'gone_" + case.real + "'"))
        try:
            child.wait(1)
        except subprocess.TimeoutExpired:
            pass
        proxy.accept()
        status, text = case.weir.finish(child)
        assert status == 3, f"status {status}\n{text}"
        says(text, f'has no table "gone_{case.real}"')


def silence(_):
    """A call that is not answered is made again after its time."""
    rows, want = some_rows(500)
    with Case(WHERE, "silent", "cf") as case, Proxy(WHERE) as proxy:
        proxy.next(None, stall(3000), stall(0, TO_CLIENT))
        begin = time.monotonic()
        case.run(write_job(case, rows, proxy.address).replace(
            "'columnFamily'", "'http.timeout' = '500ms', 'columnFamily'"))
        same(case.rows(), want)
        assert time.monotonic() - begin < 20


def other_endpoint(_):
    """The next server is asked where one is gone; a scanner there is a new one."""
    rows, want = some_rows(30000)
    with Case(WHERE, "two", "cf") as case, Proxy(WHERE) as one, Proxy(WHERE) as two:
        child = case.weir.start(write_job(case, rows, f"{one.address};{two.address}"))
        wait_until("rows are written", lambda: case.rows())
        one.refuse()
        ends_well(case, child)
        same(case.rows(), want)
        one.accept()
        one.delay_s = 0.01
        child = case.weir.start(
            table("t", FLAT, f"{one.address};{two.address}", case.real, "cloudhbase",
                  columnFamily="cf") + PRINT.format("k STRING, n BIGINT") +
            "INSERT INTO out SELECT k, n FROM t;", capture=True)
        wait_until("rows are read", lambda: len(child.stdout_text()) > 10000)
        one.refuse()
        ends_well(case, child)
        same(child.stdout_text().splitlines(), [f"+I[{row['k']}, {row['n']}]" for row in rows])


def stop_while_away(_):
    """A stop ends within five seconds, and the next start loses nothing."""
    rows, want = some_rows(40000)
    with (Case(WHERE, "stop", "cf") as case, Proxy(WHERE) as proxy,
          tempfile.TemporaryDirectory(prefix="weir-state-") as state):
        options = ("--set", f"weir.state.dir={state}", "--set", "weir.job.name=stop",
                   "--set", "weir.checkpoint.interval=100ms")
        proxy.delay_s = 0.005
        job = write_job(case, rows, proxy.address)
        child = case.weir.start(job, *options)
        wait_until("rows are written", lambda: case.rows())
        proxy.stall_all()
        proxy.refuse()
        wait_until("weir says that it waits",
                   lambda: "waiting for HBase" in child.stderr_text())
        begin = time.monotonic()
        child.send_signal(signal.SIGTERM)
        status, text = case.weir.finish(child)
        took = time.monotonic() - begin
        assert took < STOP_LIMIT_S, f"the stop took {took:.1f} s\n{text}"
        assert len(case.rows()) < len(want), "the server was not away in time"
        proxy.delay_s = 0
        proxy.accept()
        case.run(job, *options)
        same(case.rows(), want)
        print(f"the stop took {took:.2f} s, status {status}")


def killed(_):
    """The region server dies in the middle of writes and look-ups, and comes back."""
    rows, want = some_rows(60000)
    with Server.own("hbase") as server:
        server.part("hbase-master").start()
        server.start()
        where = server.address
        try:
            with Case(where, "killed", "cf") as case:
                job = write_job(case, rows, where)
                child = case.weir.start(job)
                wait_until("rows are written", lambda: case.rows())
                assert child.poll() is None, "it was too fast to be disturbed"
                server.part("hbase-master").kill()
                server.part("hbase-master").start()
                status, text = case.weir.finish(child, 240)
                assert status == 0, text
                same(Hbase(where).rows(case.real), want)
                child = case.weir.start(
                    source("src", "k STRING", [{"k": row["k"]} for row in rows], case.folder)
                    .replace("k STRING)", "k STRING, at AS PROCTIME())") +
                    table("dim", FLAT, where, case.real, "cloudhbase", columnFamily="cf") +
                    PRINT.format("k STRING, n BIGINT") + "INSERT INTO out SELECT s.k, d.n FROM "
                    "src AS s LEFT JOIN dim FOR SYSTEM_TIME AS OF s.at AS d ON d.k = s.k;",
                    capture=True)
                wait_until("rows are found", lambda: child.stdout_text())
                assert child.poll() is None, "it was too fast to be disturbed"
                server.part("hbase-master").kill()
                server.part("hbase-master").start()
                status, text = case.weir.finish(child, 240)
                assert status == 0, text
                same(sorted(child.stdout_text().splitlines()),
                     [f"+I[{row['k']}, {row['n']}]" for row in rows])
        finally:
            server.part("hbase-master").kill()


CHANCE = seeded_random()
for test in (random_cuts, reads_over_cuts, away_at_the_start, silence, other_endpoint,
             stop_while_away, killed):
    if len(sys.argv) < 3 or sys.argv[2] == test.__name__ or "/" in sys.argv[2]:
        start = time.monotonic()
        test(CHANCE)
        print(f"ok {test.__name__} {time.monotonic() - start:.1f} s", flush=True)
