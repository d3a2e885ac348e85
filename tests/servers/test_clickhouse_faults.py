#!/usr/bin/env python3
"""A real ClickHouse that is away, dies, stalls, is cut off at random bytes, is full or busy: nothing is
lost, keyed tables end as if nothing had happened, and a stop does not wait.

    test_clickhouse_faults.py WEIR ...
"""
import os
import subprocess
import sys
import time
import unittest

from clickhouselib import Case, Front, need
from serverlib import (TO_CLIENT, TO_SERVER, ClickHouse, Proxy, Server, close, cut, random_faults,
                       seeded_random, stall, wait_until)

RANDOM = seeded_random()
CHECKPOINTS = ("--set", "weir.checkpoint.interval=50ms")
COLUMNS = "i INT, k INT, v STRING"


class Faults(Case):
    def make_table(self, keyed=True, server=None):
        server = server or self.server
        server.run(f"create database if not exists `{self.db}`")
        server.run(f"drop table if exists `{self.db}`.t")
        server.run(f"create table `{self.db}`.t (i Int32, k Int32, v String) engine = " +
                   ("ReplacingMergeTree order by k" if keyed else "MergeTree order by i"))

    def write_job(self, where, count=0, keyed=True, source="", **more):
        """Rows (i, i % 1000, "v<i>"), upserted by the second column or appended."""
        given = {"batchSize": "200", "flushIntervalMs": "20", "http__timeout": "1s", **more}
        if source:
            source = f"CREATE TABLE i ({COLUMNS}) WITH ({source});"
        else:
            source = self.source(COLUMNS, ({"i": i, "k": i % 1000, "v": f"v{i}"}
                                           for i in range(count)))
        if not keyed:
            return (source + self.sink(COLUMNS, where=where, **given) +
                    "INSERT INTO o SELECT i, k, v FROM i;")
        # A query that updates: the last row of each key.
        return (source + self.sink("i INT, k INT, v STRING", "k", where=where, **given) +
                "INSERT INTO o SELECT MAX(i), k, LAST_VALUE(v) FROM i GROUP BY k;")

    def slow_job(self, where, count, keyed=True, **more):
        """The same rows, 5,000 a second."""
        sql = self.write_job(where, keyed=keyed, source=(
            "'connector' = 'datagen', 'rows-per-second' = '5000', "
            f"'number-of-rows' = '{count}', 'fields.i.kind' = 'sequence', "
            f"'fields.i.start' = '0', 'fields.i.end' = '{count - 1}'"), **more)
        return sql.replace("FROM i", "FROM (SELECT i, MOD(i, 1000) AS k, "
                           "CONCAT('v', CAST(i AS STRING)) AS v FROM i)")

    def last_row(self, server=None):
        return (server or self.server).rows(f"select max(i), count() from `{self.db}`.t")[0][0]

    def check_upserted(self, count, server=None):
        """Each key has the last of its rows."""
        want = [[k, i, f"v{i}"] for k, i in sorted({i % 1000: i for i in range(count)}.items())]
        got = (server or self.server).rows(
            f"select k, i, v from `{self.db}`.t final order by k")
        self.assertEqual(got, want)

    def finish(self, child, status=0, timeout=90):
        got, text = self.weir.finish(child, timeout)
        self.assertEqual(got, status, text)
        return text

    def stays_running(self, child, seconds=0.5):
        with self.assertRaises(subprocess.TimeoutExpired):
            child.wait(seconds)

    # --- away ----------------------------------------------------------------------------------

    def test_away_at_the_start(self):
        self.make_table()
        with Proxy(self.where) as proxy:
            proxy.refuse()
            child = self.weir.start(self.write_job(proxy.address, 3000), *CHECKPOINTS)
            self.stays_running(child)
            proxy.accept()
            self.finish(child)
        self.check_upserted(3000)

    def test_killed_in_the_middle(self):
        with Server.own("clickhouse") as own:
            own.start()
            server = ClickHouse(own.address)
            self.make_table(server=server)
            child = self.weir.start(self.slow_job(own.address, 10000), *CHECKPOINTS)
            for _ in range(2):
                before = self.last_row(server)
                wait_until("more rows come", lambda: child.poll() is not None or
                           self.last_row(server) > before)
                own.kill()
                own.start()
            self.finish(child)
            self.check_upserted(10000, server)

    def test_a_server_that_hangs(self):
        self.make_table()
        with Proxy(self.where) as proxy:
            proxy.next(stall(200, TO_CLIENT), stall(5000, TO_SERVER), stall(100, TO_CLIENT),
                       stall(0, TO_CLIENT))
            self.job(self.write_job(proxy.address, 3000))
            self.assertGreaterEqual(proxy.accepted, 4)
        self.check_upserted(3000)

    def test_cut_at_random_bytes(self):
        for keyed in (True, False):
            self.make_table(keyed)
            with Proxy(self.where) as proxy, self.subTest(keyed=keyed):
                proxy.always = random_faults(RANDOM.randrange(10**6), 0.7, 100000)
                self.job(self.write_job(proxy.address, 5000, keyed))
            if keyed:
                self.check_upserted(5000)
            else:
                # At least once: a call whose answer was lost is made again.
                self.assertEqual(self.rows("uniqExact(i), uniqExact(v)"), [[5000, 5000]])

    def test_tokens_make_a_call_count_once(self):
        self.make_table(False)
        draws = [RANDOM.choice([None, None, "before", "after"]) for _ in range(500)]
        with Front(self.where, draws.__getitem__) as front:
            self.job(self.write_job(front.address, 5000, False))
        self.assertEqual(self.rows("count(), uniqExact(i)"), [[5000, 5000]])
        for (token, what), (following, _) in zip(front.calls, front.calls[1:]):
            self.assertEqual(token == following, what is not None)
        self.assertIn("after", [what for _, what in front.calls])

    def test_equal_calls_have_tokens_of_their_own(self):
        self.make_table(False)
        with Front(self.where) as front:
            self.job(self.source(COLUMNS, [{"i": 1, "k": 1, "v": "same"}] * 20) +
                     self.sink(COLUMNS, where=front.address, batchSize="1") +
                     "INSERT INTO o SELECT * FROM i;")
        self.assertEqual(self.rows("count()"), [[20]])
        self.assertEqual(len({token for token, _ in front.calls}), 20)

    # --- stopping ------------------------------------------------------------------------------

    def test_a_stop_during_an_outage_and_a_start_afterwards(self):
        for fault in ("refuse", "stall"):
            self.make_table(False)
            options = CHECKPOINTS + ("--set", "weir.state.dir=" + self.path("state " + fault),
                                     "--set", "weir.job.name=outage")
            with Proxy(self.where) as proxy, self.subTest(fault=fault):
                sql = self.slow_job(proxy.address, 10000, False, http__timeout="10min")
                child = self.weir.start(sql, *options)
                wait_until("rows come", lambda: child.poll() is not None or
                           self.last_row() > 2000)
                if fault == "refuse":
                    proxy.refuse()
                else:
                    proxy.stall_all()
                self.assertIsNone(child.poll())
                begin = time.monotonic()
                child.terminate()
                text = self.finish(child, 3)
                self.assertLess(time.monotonic() - begin, 5)
                self.assertIn('table "o" could not be flushed', text)
                proxy.accept()
                self.job(sql, *options)
                self.assertEqual(self.rows("uniqExact(i), max(i), uniqExact(v)"),
                                 [[10000, 9999, 10000]])

    def test_a_stop_before_the_server_has_answered(self):
        for fault in ("refuse", "stall"):
            with Proxy(self.where) as proxy, self.subTest(fault=fault):
                proxy.always = lambda: stall(0, TO_CLIENT)
                if fault == "refuse":
                    proxy.refuse()
                child = self.weir.start(self.slow_job(proxy.address, 10000), *CHECKPOINTS)
                # open() waits for three seconds where nothing answers.
                self.stays_running(child, 4 if fault == "stall" else 0.5)
                begin = time.monotonic()
                child.terminate()
                self.weir.finish(child)
                self.assertLess(time.monotonic() - begin, 5)

    # --- errors of the server ------------------------------------------------------------------

    def test_errors_that_pass(self):
        """Each is what a server that is busy, full or broken says."""
        self.make_table(False)
        errors = ((500, "Code: 252, e.displayText() = DB::Exception: Too many parts (300)."),
                  (500, "Code: 243, e.displayText() = DB::Exception: Not enough space"),
                  (500, "Code: 242. DB::Exception: Table is in readonly mode."),
                  (500, "Code: 241. DB::Exception: Memory limit (total) exceeded"),
                  (500, "Code: 202. DB::Exception: Too many simultaneous queries."),
                  (503, "busy"), (429, ""), (500, "Code: 999. Coordination::Exception: lost"),
                  (500, "Code: 75, e.displayText() = DB::ErrnoException: Cannot write to file, "
                        "errno: 28, strerror: No space left on device"))
        plan = {2 * n: error for n, error in enumerate(errors)}
        with Front(self.where, plan.get, False) as front:
            self.job(self.write_job(front.address, 1000, False, maxRetryTimes="1",
                                    batchSize="100"))
        self.assertEqual(len(front.calls), 10 + len(errors))
        self.assertEqual(self.rows("count(), uniqExact(i)"), [[1000, 1000]])

    def test_errors_that_do_not_pass(self):
        self.make_table(False)
        broken = (500, "Code: 1000. DB::Exception: Something odd")
        with Front(self.where, lambda n: broken) as front:
            text = self.job(self.write_job(front.address, 10, False, maxRetryTimes="2"), status=3)
            self.assertIn("Something odd (code 1000)", text)
            self.assertIn("It was tried 3 times", text)
            self.assertEqual(len(front.calls), 3)
        gone = (404, "Code: 60. DB::Exception: Table default.t does not exist. (UNKNOWN_TABLE)")
        with Front(self.where, lambda n: gone) as front:
            text = self.job(self.write_job(front.address, 10, False), status=3)
            self.assertIn("does not exist", text)
            self.assertEqual(len(front.calls), 1)

    def test_a_row_that_the_server_refuses_is_found(self):
        # 18.16 has no checks of rows: a view with a function that fails takes their place.
        self.create("i Int32", "MergeTree order by i")
        self.sql(f"create materialized view `{self.db}`.mv engine = MergeTree order by x as "
                 f"select throwIf(i % 100 = 7) as x from `{self.db}`.t")
        text = self.job(self.copy("i INT", [{"i": i} for i in range(300)]))
        self.assertIn("3 skipped", text)
        got = {i for i, in self.rows("i")}
        self.assertEqual({i for i in range(300) if i % 100 != 7} - got, set())

    def test_too_many_partitions_are_halved(self):
        says = (500, "Code: 252. DB::Exception: Too many partitions for single INSERT block (more "
                     "than 100).")
        self.make_table(False)
        with Front(self.where, lambda n: says if n in (0, 1) else None) as front:
            self.job(self.write_job(front.address, 200, False))
        self.assertEqual(self.rows("count(), uniqExact(i)"), [[200, 200]])

    def test_a_full_disk_is_waited_for(self):
        with Server.own("clickhouse") as own:
            done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", own.folder],
                                  check=False, stderr=subprocess.DEVNULL)
            if done.returncode != 0:
                self.skipTest("no file system can be mounted")
            try:
                self.fill(own)
            finally:
                own.kill()
                subprocess.run(["umount", "-l", own.folder], check=True)

    def fill(self, own):
        own.start()
        server = ClickHouse(own.address)
        self.make_table(False, server)
        filler = os.path.join(own.folder, "filler")
        with open(filler, "wb", buffering=0) as file:
            try:
                while file.write(b"x" * 65536) == 65536:
                    pass
            except OSError:
                pass
        child = self.weir.start(self.write_job(own.address, 3000, False), *CHECKPOINTS)
        self.stays_running(child, 1.5)
        os.unlink(filler)
        self.finish(child)
        self.assertEqual(server.rows(f"select uniqExact(i), uniqExact(v) from `{self.db}`.t"),
                         [[3000, 3000]])

    def test_what_is_wrong_is_found_when_the_server_is_back(self):
        self.make_table()
        for more, says in (({"password": "nope"}, "(code 193)"),
                           ({"table": "nowhere"}, 'table "nowhere" does not exist')):
            with Proxy(self.where) as proxy:
                proxy.refuse()
                child = self.weir.start(self.write_job(proxy.address, 100, **more))
                self.stays_running(child, 0.3)
                proxy.accept()
                text = self.finish(child, 3)
                self.assertIn(says, text)
                self.assertNotIn("nope", text)

    # --- reading -------------------------------------------------------------------------------

    def read_rows(self, where, key="k"):
        declared = f", PRIMARY KEY ({key}) NOT ENFORCED" if key else ""
        return (f"CREATE TABLE s (k INT, v STRING{declared}) WITH ("
                f"{self.options(where=where, http__timeout='1s')}); SELECT k, v FROM s;")

    def test_a_scan_goes_on_where_it_was(self):
        self.create("k Int32, v String", "MergeTree order by k")
        self.sql(f"insert into `{self.db}`.t select number, '{'x' * 100}' from numbers(200000)")
        with Proxy(self.where) as proxy:
            # Every connection to the server begins with the questions about the table.
            proxy.next(None, cut(3000000, TO_CLIENT), stall(5000000, TO_CLIENT),
                       close(4000000, TO_CLIENT), cut(20, TO_CLIENT))
            rows = self.weir.rows(self.read_rows(proxy.address), "--output", "csv")
            self.assertGreaterEqual(proxy.accepted, 5)
            self.assertEqual([int(row.split(",")[0]) for row in rows[1:]], list(range(200000)))
            proxy.next(None, cut(3000000, TO_CLIENT))
            text = self.job(self.read_rows(proxy.address, ""), status=3)
            self.assertIn("cannot be read on", text)

    def test_look_ups_go_on(self):
        self.create("k Int32, v String", "MergeTree order by k")
        self.sql(f"insert into `{self.db}`.t select number, concat('v', toString(number)) "
                 "from numbers(5000)")
        for always in (random_faults(RANDOM.randrange(10**6), 0.6, 30000),
                       random_faults(RANDOM.randrange(10**6), 0.3, 30000, ("stall",))):
            with Proxy(self.where) as proxy:
                proxy.always = always
                rows = self.weir.rows(
                    self.source("i INT, p AS PROCTIME()", [{"i": i} for i in range(6000)]) +
                    "CREATE TABLE d (k INT, v STRING) WITH (" +
                    self.options(where=proxy.address, http__timeout="1s") + ");\n"
                    "SELECT i.i, d.v FROM i LEFT JOIN d FOR SYSTEM_TIME AS OF i.p ON i.i = d.k;",
                    "--output", "csv")
            self.assertEqual(rows[1:], [f"{i},v{i}" if i < 5000 else f"{i},"
                                        for i in range(6000)])


if __name__ == "__main__":
    Case.use(need("clickhouse")[0])
    unittest.main(argv=sys.argv[:1], verbosity=1)
