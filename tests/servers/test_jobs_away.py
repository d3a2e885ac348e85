#!/usr/bin/env python3
"""Jobs whose databases are away: at the start, again in the middle, and while the jobs are stopped.
Each says who waits for whom, ends within five seconds all the same, and goes on at the next start;
the rows are those of an undisturbed run.

    test_jobs_away.py WEIR LOAD_TOPIC DUMP_TOPIC GEN_SIGNAL [JOB...]

All jobs go through this together, because most of it is waiting.  MariaDB and ClickHouse are servers
of this test, which are killed and started again; HBase and Elasticsearch, which take long to start,
are the shared ones behind proxies that refuse connections.
"""
import re
import signal
import sys
import tempfile
import time

import jobcases
from jobslib import Site
from proxy import Proxy
from serverlib import Server, need, wait_until

STOP_LIMIT_S = 5
PARTS = 3
# Tables without a key, which may have rows twice.
JOBS = {
    "level_dictionary": (),
    "daily_consultant": (),
    "class_performance": ("timeline_signal_analysis",),
    "hourly_registrations": (),
    "etl_pipeline": ("analytics_metrics", "error_record"),
}
WAITING = re.compile(r"^WARNING:  (sink \S+|look-up \S+) has been waiting for \S+ \S+ for \d+ s$|"
                     r"^(sink \S+|look-up \S+) goes on$", re.M)
USED = re.compile(r"^([0-9.]+) s wall, ([0-9.]+) s CPU", re.M)


class Databases:
    """All that jobs write to; away() and back() do it to all of them at once."""

    def __init__(self):
        names = ("hbase", "elasticsearch")
        self.proxies = {name: Proxy(where) for name, where in zip(names, need(*names))}
        self.own = {name: Server.own(name) for name in ("mariadb", "clickhouse")}

    def __enter__(self):
        self.back()
        return self

    def __exit__(self, *details):
        for proxy in self.proxies.values():
            proxy.close()
        for server in self.own.values():
            server.__exit__(*details)

    def addresses(self):
        return {name: one.address for name, one in (*self.proxies.items(), *self.own.items())}

    def away(self):
        for proxy in self.proxies.values():
            proxy.refuse()
        for server in self.own.values():
            server.kill()

    def back(self):
        for proxy in self.proxies.values():
            proxy.accept()
        for server in self.own.values():
            server.start()


class Run:
    """A job, and its messages in parts."""

    def __init__(self, site, name, folder):
        self.site, self.name = site, name
        self.job, flink = next(jobcases.job_files(name))
        # The last: of the pipeline, the events that all come to something.
        self.case = jobcases.cases(name, flink)[-1 if name == "etl_pipeline" else 0]
        self.options = ("--set", f"weir.state.dir={folder}/{name}", "--set", f"weir.job.name={name}",
                        "--set", "weir.checkpoint.interval=200ms")
        self.child = None
        self.before = None

    def load(self, number):
        for topic, records in self.case.topics.items():
            borders = [len(records) * i // PARTS for i in range(PARTS + 1)]
            self.site.load(self.case, topic, records[borders[number]:borders[number + 1]])

    def rows(self):
        return {name: sorted(map(repr, self.site.rows(name))) for name in self.case.expected}

    def start(self):
        self.child = self.site.start(self.job, self.case, *self.options)

    def text(self):
        text = self.child.stderr_text()
        if self.child.poll() is not None:
            sys.exit(f"{self.job} ended by itself\n{text}")
        return text

    def is_told_to_wait(self):
        """By the last that the log says of each table."""
        last = {}
        for waits, goes_on in WAITING.findall(self.text()):
            last[waits or goes_on] = bool(waits)
        return any(last.values())

    def has_gone_on(self):
        return not self.is_told_to_wait()

    def has_written(self):
        self.text()
        return self.rows() != self.before

    def stop(self):
        status, text = self.site.tools.finish(self.child)
        # 3: what could not be delivered is read again; 0: there was nothing of the kind.
        if status not in (0, 3):
            sys.exit(f"{self.job}: a stop during the outage ended with status {status}\n{text}")
        wall_s, cpu_s = map(float, USED.search(text).groups())
        if cpu_s > 1 + wall_s / 20:
            sys.exit(f"{self.job} does not sleep while it waits\n{text}")
        print(text)


def wait_for_all(what, runs, condition):
    for run in runs:
        try:
            wait_until(f"{run.job} {what}", lambda: condition(run))
        except SystemExit as end:
            sys.exit(f"{end}\n{run.text()}")


def check(site, databases, runs):
    for run in runs:
        site.prepare(run.job, run.case, *run.options)
        run.before = run.rows()
    databases.away()
    for run in runs:
        run.load(0)
        run.start()
    wait_for_all("says for whom it waits", runs, Run.is_told_to_wait)
    databases.back()
    wait_for_all("writes what had to wait", runs, Run.has_written)

    for run in runs:
        run.before = run.rows()
    databases.away()
    for run in runs:
        run.load(1)
    databases.back()
    wait_for_all("writes what had to wait in the middle", runs, Run.has_written)
    wait_for_all("says that it goes on", runs, Run.has_gone_on)

    databases.away()
    for run in runs:
        run.load(2)
    wait_for_all("says again for whom it waits", runs, Run.is_told_to_wait)
    begin = time.monotonic()
    for run in runs:
        run.child.send_signal(signal.SIGTERM)
    for run in runs:
        run.stop()
    took_s = time.monotonic() - begin
    print(f"stopped during the outage in {took_s:.2f} s")
    if took_s > STOP_LIMIT_S:
        sys.exit("that is too long")
    databases.back()
    for run in runs:
        site.run(run.job, run.case, *run.options)
        site.compare(run.job, run.case, JOBS[run.name])


def main():
    with Databases() as databases, tempfile.TemporaryDirectory(prefix="weir-state-") as folder:
        site = Site(databases.addresses())
        runs = [Run(site, name, folder) for name in sys.argv[5:] or JOBS]
        try:
            check(site, databases, runs)
        finally:  # a check that fails leaves none of them behind
            for run in runs:
                if run.child and run.child.poll() is None:
                    run.child.kill()


main()
