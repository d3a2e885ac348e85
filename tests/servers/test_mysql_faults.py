#!/usr/bin/env python3
"""A real MariaDB that is away, dies, stalls, is cut off at random bytes, has locks, no room, or takes no
writes: nothing is lost, keyed tables end as if nothing had happened, and a stop does not wait.

    test_mysql_faults.py WEIR ...
"""
import json
import os
import subprocess
import time

from mysqllib import MYSQL, WEIR, WHERE, MysqlCase, main
from serverlib import (TO_CLIENT, TO_SERVER, Mysql, Proxy, Server, close, cut, random_faults,
                       seeded_random, stall, wait_until)

RANDOM = seeded_random()
CHECKPOINTS = ("--set", "weir.checkpoint.interval=50ms")


def last_row(mysql=MYSQL):
    return int(mysql.rows("select coalesce(max(i), -1) from t")[0][0])


class Faults(MysqlCase):
    def url(self, where, properties=""):
        return f"jdbc:mysql://{where}/{MYSQL.database}?socketTimeout=1000&{properties}"

    def file_source(self, rows, name="in.ndjson"):
        path = self.write_rows(({"i": i, "k": k, "v": v} for i, k, v in rows), name)
        return f"'connector' = 'filesystem', 'path' = '{path}', 'format' = 'json'"

    def write_job(self, where, count=0, key=True, properties="", rows=50, source="", **more):
        """Rows (i, i % 1000, "v<i>"), upserted by the second column or appended."""
        key = ", PRIMARY KEY (k) NOT ENFORCED" if key else ""
        source = source or self.file_source((i, i % 1000, f"v{i}") for i in range(count))
        more = dict({"url": self.url(where, properties), "sink.buffer-flush.max-rows": rows,
                     "sink.buffer-flush.interval": "20ms"}, **more)
        return (f"CREATE TABLE i (i INT, k INT, v STRING) WITH ({source});"
                f"CREATE TABLE o (i INT, k INT, v STRING{key}) WITH ({self.options('t', more)});"
                f"INSERT INTO o SELECT i, k, v FROM i;")

    def slow_job(self, where, count, **more):
        """The same rows, 5,000 a second."""
        sql = self.write_job(where, source=(
            f"'connector' = 'datagen', 'rows-per-second' = '5000', 'number-of-rows' = '{count}', "
            f"'fields.i.kind' = 'sequence', 'fields.i.start' = '0', 'fields.i.end' = '{count - 1}'"),
            **more)
        return sql.replace("SELECT i, k, v", "SELECT i, MOD(i, 1000), CONCAT('v', CAST(i AS STRING))")

    def make_table(self, key="primary key"):
        MYSQL.run(f"drop table if exists t; create table t (i int, k int {key}, v varchar(20))")

    def check_upserted(self, count, mysql=MYSQL):
        """Each key has the last of its rows."""
        want = {i % 1000: i for i in range(count)}
        got = mysql.rows("select k, i, v from t")
        self.assertEqual({int(k): (int(i), v) for k, i, v in got},
                         {k: (i, f"v{i}") for k, i in want.items()})

    def finish(self, child, status=0, timeout=90):
        got, text = WEIR.finish(child, timeout)
        self.assertEqual(got, status, text)
        return text

    def stays_running(self, child, seconds=0.5):
        with self.assertRaises(subprocess.TimeoutExpired):
            child.wait(seconds)

    # --- away ----------------------------------------------------------------------------------

    def test_away_at_the_start(self):
        self.make_table()
        with Proxy(WHERE) as proxy:
            proxy.refuse()
            child = WEIR.start(self.write_job(proxy.address, 3000), *CHECKPOINTS)
            self.stays_running(child)
            proxy.accept()
            self.finish(child)
        self.check_upserted(3000)

    def test_the_second_host_is_asked_when_the_first_is_away(self):
        self.make_table()
        with Proxy(WHERE) as gone:
            gone.refuse()
            text = self.run_job(self.write_job(f"{gone.address},{WHERE}", 1500))
        self.check_upserted(1500)
        self.assertIn("1,500 rows written", text)

    def test_opening_has_one_limit_for_all_hosts(self):
        """Nobody behind four addresses says a word: a stop is heard after the limit of one."""
        self.make_table()
        proxies = [Proxy(WHERE) for _ in range(4)]
        try:
            for proxy in proxies:
                proxy.always = lambda: stall(0, TO_CLIENT)
            child = WEIR.start(self.write_job(",".join(one.address for one in proxies), 10))
            wait_until("it is asked", lambda: proxies[0].accepted > 0)
            before = time.monotonic()
            child.terminate()
            WEIR.finish(child, 60)
            self.assertLess(time.monotonic() - before, 5.5)
        finally:
            for proxy in proxies:
                proxy.close()

    def test_killed_in_the_middle(self):
        with Server.own("mariadb") as server:
            server.start()
            mysql = Mysql(server.address)
            mysql.fresh_database(MYSQL.database)
            mysql.run("create table t (i int, k int primary key, v varchar(20))")
            sql = self.slow_job(server.address, 10000)
            child = WEIR.start(sql, *CHECKPOINTS)
            for _ in range(2):
                before = last_row(mysql)
                wait_until("more rows come", lambda: child.poll() is not None or
                           last_row(mysql) > before)
                server.kill()
                server.start()
            self.finish(child)
            self.check_upserted(10000, mysql)

    def test_a_server_that_hangs(self):
        self.make_table()
        with Proxy(WHERE) as proxy:
            proxy.next(stall(5000, TO_SERVER), stall(70, TO_CLIENT), stall(0, TO_CLIENT))
            self.run_job(self.write_job(proxy.address, 3000))
            self.assertGreaterEqual(proxy.accepted, 4)
        self.check_upserted(3000)

    def test_cut_at_random_bytes(self):
        for key in ("primary key", ""):
            self.make_table(key)
            with Proxy(WHERE) as proxy, self.subTest(key=key):
                proxy.always = random_faults(RANDOM.randrange(10**6), 0.7, 100000)
                self.run_job(self.write_job(proxy.address, 5000, bool(key), rows=200))
            if key:
                self.check_upserted(5000)
            else:
                # At least once: a call whose answer was lost is made again.
                self.assertEqual(MYSQL.rows("select count(distinct i), count(distinct v) from t"),
                                 [("5000", "5000")])

    def test_connections_are_killed_by_the_administrator(self):
        self.make_table()
        MYSQL.run("create user if not exists killed@127.0.0.1 identified by 'weir'; "
                  "grant all on *.* to killed@127.0.0.1")
        child = WEIR.start(self.slow_job(WHERE, 10000, rows=20, username="killed"), *CHECKPOINTS)
        for _ in range(4):
            rows = last_row()
            wait_until("rows come", lambda: child.poll() is not None or last_row() > rows)
            MYSQL.run("kill user killed@127.0.0.1")
        self.finish(child)
        self.check_upserted(10000)

    # --- stopping ------------------------------------------------------------------------------

    def test_a_stop_during_an_outage_and_a_start_afterwards(self):
        for fault in ("refuse", "stall", "stalled greeting"):
            self.make_table()
            state = self.path(f"state {fault}")
            options = CHECKPOINTS + ("--set", f"weir.state.dir={state}", "--set",
                                     "weir.job.name=outage")
            with Proxy(WHERE) as proxy, self.subTest(fault=fault):
                sql = self.slow_job(proxy.address, 10000).replace("=1000&", "=600000&")
                child = WEIR.start(sql, *options)
                wait_until("rows come", lambda: child.poll() is not None or last_row() > 2000)
                if fault == "refuse":
                    proxy.refuse()
                elif fault == "stall":
                    proxy.stall_all()
                else:
                    accepted = proxy.accepted
                    proxy.always = lambda: stall(0, TO_CLIENT)
                    proxy.cut_all()
                    wait_until("it connects again", lambda: child.poll() is not None or
                               proxy.accepted > accepted)
                self.assertIsNone(child.poll())
                begin = time.monotonic()
                child.terminate()
                text = self.finish(child, 3)
                self.assertLess(time.monotonic() - begin, 5)
                self.assertIn('table "o" could not be flushed', text)
                proxy.always = None
                proxy.accept()
                self.run_job(sql, *options)
                self.check_upserted(10000)

    # --- locks, room, rights ---------------------------------------------------------------------

    def session(self, sql):
        """A client that has said this and stays."""
        client = subprocess.Popen(MYSQL.command + ["--unbuffered", MYSQL.database], env=MYSQL.env,
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        client.stdin.write((sql + "; select 'done';\n").encode())
        client.stdin.flush()
        self.assertEqual(client.stdout.readline().strip(), b"done")
        return client

    def test_a_lock_is_waited_for(self):
        self.make_table()
        MYSQL.run("insert into t values (0, 500, 'locked')")
        client = self.session("begin; update t set v = 'x' where k = 500")
        child = WEIR.start(self.write_job(
            WHERE, 2000, properties="sessionVariables=innodb_lock_wait_timeout=1"), *CHECKPOINTS)
        self.stays_running(child, 2)  # and a wait for the lock has timed out
        client.communicate(b"rollback;\n")
        self.finish(child)
        self.check_upserted(2000)

    def test_deadlocks(self):
        """Two jobs write the same keys, in opposite orders."""
        self.make_table()
        orders = (range(6000), range(5999, -1, -1))
        children = []
        for name, order in zip("ab", orders):
            source = self.file_source(((i, i * 7 % 1000, "v") for i in order), name)
            children.append(WEIR.start(self.write_job(WHERE, rows=300, source=source)))
        for child in children:
            self.finish(child)
        self.assertEqual(MYSQL.rows("select count(*), sum(i * 7 % 1000 = k) from t"),
                         [("1000", "1000")])

    def test_a_full_table_is_waited_for(self):
        small = "max_heap_table_size=262144"  # more than a call, which is not undone there
        MYSQL.run(f"set {small}; create table t (i int, k int primary key, v varchar(20)) "
                  f"engine = memory")
        count = 8000
        source = self.file_source((i, i, f"v{i}") for i in range(count))
        child = WEIR.start(self.write_job(WHERE, rows=50, source=source,
                                          properties=f"sessionVariables={small}"), *CHECKPOINTS)
        wait_until("the table is full", lambda: last_row() >= 1500)
        self.stays_running(child)
        self.assertLess(last_row(), count - 1)
        seen = set()

        def make_room():
            seen.update(int(k) for k, in MYSQL.rows("select k from t"))
            MYSQL.run("delete from t where k in (%s)" % ",".join(map(str, seen or [-1])))
            return child.poll() is not None

        wait_until("all rows have found room", make_room)
        self.finish(child)
        make_room()
        self.assertEqual(sorted(set(range(count)) - seen), [])

    def test_a_server_that_takes_no_writes(self):
        self.make_table()
        MYSQL.run(f"create or replace user plain@127.0.0.1 identified by 'weir'; "
                  f"grant select, insert, update, delete on `{MYSQL.database}`.* to "
                  f"plain@127.0.0.1")
        MYSQL.run("set global read_only = 1")
        self.addCleanup(lambda: MYSQL.run("set global read_only = 0"))
        child = WEIR.start(self.write_job(WHERE, 2000, username="plain"), *CHECKPOINTS)
        self.stays_running(child)
        MYSQL.run("set global read_only = 0")
        self.finish(child)
        self.check_upserted(2000)

    def test_rights_and_tables_that_go_away(self):
        """Fatal, with what the server says, also when it comes in the middle."""
        self.make_table()
        with Proxy(WHERE) as proxy:
            proxy.refuse()
            child = WEIR.start(self.write_job(proxy.address, 100, password="nope"))
            self.stays_running(child)
            proxy.accept()
            self.assertIn("(error 1045)", self.finish(child, 3))
        with Proxy(WHERE) as proxy:
            proxy.refuse()
            child = WEIR.start(self.write_job(proxy.address, 100))
            self.stays_running(child)  # it has been opened
            MYSQL.run("alter table t drop column v")
            proxy.accept()
            self.assertIn('has no column "v"', self.finish(child, 3))

    # --- reading -------------------------------------------------------------------------------

    def test_look_ups_go_on(self):
        MYSQL.run("create table t (k int primary key, v varchar(20)) "
                  "select seq as k, concat('v', seq) as v from seq_0_to_4999")
        path = self.write_rows({"i": i} for i in range(6000))
        for always in (random_faults(RANDOM.randrange(10**6), 0.6, 30000),
                       random_faults(RANDOM.randrange(10**6), 0.3, 30000, ("stall",))):
            with Proxy(WHERE) as proxy:
                proxy.always = always
                more = {"url": self.url(proxy.address)}
                rows = self.select(
                    f"CREATE TABLE i (i INT, p AS PROCTIME()) WITH ('connector' = 'filesystem', "
                    f"'path' = '{path}', 'format' = 'json');"
                    f"CREATE TABLE t (k INT, v STRING) WITH ({self.options('t', more)});"
                    f"SELECT i.i, t.v FROM i LEFT JOIN t FOR SYSTEM_TIME AS OF i.p ON i.i = t.k;")
            self.assertEqual(rows, [{"i": i, "v": f"v{i}" if i < 5000 else None}
                                    for i in range(6000)])

    def test_a_scan_goes_on_where_it_was(self):
        MYSQL.run("create table t (k int primary key, v varchar(200)) "
                  "select seq as k, repeat('x', 100) as v from seq_0_to_19999")
        with Proxy(WHERE) as proxy:
            proxy.next(cut(300000, TO_CLIENT), stall(500000, TO_CLIENT), close(400000, TO_CLIENT),
                       cut(20, TO_CLIENT))
            sql = (f"CREATE TABLE t (k INT, v STRING, PRIMARY KEY (k) NOT ENFORCED) WITH ("
                   f"{self.options('t', {'url': self.url(proxy.address)})}); SELECT k, v FROM t;")
            rows = self.select(sql)
            self.assertGreaterEqual(proxy.accepted, 5)
            self.assertEqual([row["k"] for row in rows], list(range(20000)))
            # Not cut(): a reset can take all of it away, and then the read begins anew.
            proxy.next(close(300000, TO_CLIENT))
            text = self.run_job(sql.replace(", PRIMARY KEY (k) NOT ENFORCED", ""), status=3)
            self.assertIn("cannot be read on", text)

    def test_ranges_go_on_where_they_were(self):
        MYSQL.run("create table t (k int primary key, v varchar(200)) "
                  "select seq as k, repeat('x', 100) as v from seq_0_to_19999")
        with Proxy(WHERE) as proxy:
            proxy.next(cut(300000, TO_CLIENT), None, stall(200000, TO_CLIENT),
                       close(100000, TO_CLIENT), cut(20, TO_CLIENT))
            more = {"url": self.url(proxy.address), "scan.partition.column": "k",
                    "scan.partition.num": 6, "scan.partition.lower-bound": 0,
                    "scan.partition.upper-bound": 19999}
            sql = (f"CREATE TABLE t (k INT, v STRING, PRIMARY KEY (k) NOT ENFORCED) WITH ("
                   f"{self.options('t', more)}); SELECT k, v FROM t;")
            rows = self.select(sql)
            self.assertGreaterEqual(proxy.accepted, 8)
            self.assertEqual(sorted(row["k"] for row in rows), list(range(20000)))
            # Of a range without an order that is lost no row is read twice: the job ends.
            proxy.next(*[close(300000, TO_CLIENT)] * 4)
            text = self.run_job(sql.replace(", PRIMARY KEY (k) NOT ENFORCED", ""), status=3)
            self.assertIn("cannot be read on", text)

    def test_the_whole_table_for_a_cache(self):
        MYSQL.run("create table t (k int primary key, v varchar(200)) "
                  "select seq as k, repeat('x', 100) as v from seq_0_to_9999")
        path = self.write_rows({"i": i} for i in range(0, 20000, 100))
        with Proxy(WHERE) as proxy:
            proxy.next(None, None, cut(300000, TO_CLIENT))
            more = {"url": self.url(proxy.address), "connector": "rds", "cache": "ALL"}
            rows = self.select(
                f"CREATE TABLE i (i INT, p AS PROCTIME()) WITH ('connector' = 'filesystem', "
                f"'path' = '{path}', 'format' = 'json');"
                f"CREATE TABLE t (k INT, v STRING, PRIMARY KEY (k) NOT ENFORCED) WITH ("
                f"{self.options('t', more)});"
                f"SELECT i.i FROM i JOIN t FOR SYSTEM_TIME AS OF i.p ON i.i = t.k;")
        self.assertEqual([row["i"] for row in rows], list(range(0, 10000, 100)))

    def test_a_stop_while_the_whole_table_cannot_be_read(self):
        MYSQL.run("create table t (k int primary key, v int); insert into t values (1, 10)")
        path = self.write_rows([{"i": 1}, {"i": 2}])
        with Proxy(WHERE) as proxy:
            more = {"url": self.url(proxy.address), "connector": "rds", "cache": "ALL"}
            sql = (f"CREATE TABLE i (i INT, p AS PROCTIME()) WITH ('connector' = 'filesystem', "
                   f"'path' = '{path}', 'format' = 'json');"
                   f"CREATE TABLE t (k INT, v INT, PRIMARY KEY (k) NOT ENFORCED) WITH ("
                   f"{self.options('t', more)});"
                   f"SELECT i.i, t.v FROM i LEFT JOIN t FOR SYSTEM_TIME AS OF i.p ON i.i = t.k;")
            proxy.refuse()
            child = WEIR.start(sql)
            wait_until("it says so", lambda: child.poll() is not None or
                       "look-up t has been waiting for" in child.stderr_text())
            self.assertIsNone(child.poll())
            begin = time.monotonic()
            child.terminate()
            text = self.finish(child, 3)
            self.assertLess(time.monotonic() - begin, 5)
            self.assertIn("did not come within", text)
            child = WEIR.start(sql, "--output", "jsonl", capture=True)
            wait_until("it waits again", lambda: child.poll() is not None or
                       "look-up t has been waiting for" in child.stderr_text())
            proxy.accept()
            self.finish(child)
            rows = [json.loads(line) for line in child.stdout_text().splitlines()]
        self.assertEqual([(row["i"], row["v"]) for row in rows], [(1, 10), (2, None)])


if __name__ == "__main__":
    main()
