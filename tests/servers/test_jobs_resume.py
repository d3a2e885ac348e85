#!/usr/bin/env python3
"""Jobs on real servers that are stopped in order, or killed, in the middle of their input and start
again from their snapshots: the rows are those of an undisturbed run.

    test_jobs_resume.py WEIR LOAD_TOPIC DUMP_TOPIC GEN_SIGNAL [JOB...]

Where rows have no key, a kill may leave some of them twice; a stop may not.
"""
import signal
import subprocess
import sys
import tempfile
import time

import jobcases
from jobslib import Site
from serverlib import seeded_random, wait_until

STOP_LIMIT_S = 5
# A job of each kind of sink, and its tables without a key.
JOBS = {
    "signal_etl": ("timeline_analysis_student",),
    "level_dictionary": (),
    "class_performance": ("timeline_signal_analysis",),
    "daily_consultant": (),
    "hourly_registrations": (),
    "etl_pipeline": ("analytics_metrics", "error_record"),
}


def split(records, chance, count):
    cuts = sorted(chance.randrange(len(records) + 1) for _ in range(count - 1))
    # Something has to come of the first part.
    cuts[0] = max(cuts[0], len(records) // 5)
    borders = [0, *sorted(cuts), len(records)]
    return [records[a:b] for a, b in zip(borders, borders[1:])]


class Disturbed:
    """A case whose messages come in parts; the job is ended after each but the last."""

    def __init__(self, site, job, case, chance, state, parts):
        self.site, self.job, self.case, self.chance = site, job, case, chance
        self.options = ("--set", f"weir.state.dir={state}", "--set", "weir.job.name=resumed", "--set",
                        "weir.checkpoint.interval=100ms")
        self.parts = {topic: split(records, chance, parts)
                      for topic, records in case.topics.items()}
        self.count = parts

    def tables(self):
        return {name: sorted(map(repr, self.site.rows(name))) for name in self.case.expected}

    def load(self, number):
        for topic, parts in self.parts.items():
            self.site.load(self.case, topic, parts[number])

    def run(self, end):
        self.site.prepare(self.job, self.case, *self.options)
        for number in range(self.count - 1):
            before = self.tables()
            self.load(number)
            child = self.site.start(self.job, self.case, *self.options)
            if number == 0:
                wait_until(f"{self.job} writes", lambda: self.tables() != before)
            end(self, child)
        self.load(self.count - 1)
        self.site.run(self.job, self.case, *self.options)


def stop(run, child):
    pause(run, child)
    begin = time.monotonic()
    child.send_signal(signal.SIGTERM)
    status, text = run.site.tools.finish(child)
    # A process that has just begun may not have come to take signals.
    if status != 0 and (status, text) != (-signal.SIGTERM, ""):
        sys.exit(f"{run.job}: a stop ended with status {status}\n{text}")
    if time.monotonic() - begin > STOP_LIMIT_S:
        sys.exit(f"{run.job}: a stop took {time.monotonic() - begin:.1f} s")


def kill(run, child):
    pause(run, child)
    run.site.tools.kill(child)


def pause(run, child):
    """Any moment is good to be ended in."""
    try:
        child.wait(run.chance.uniform(0.0, 0.3))
        sys.exit(f"{run.job} ended by itself\n{run.site.tools.finish(child)}")
    except subprocess.TimeoutExpired:
        pass


def main():
    site, chance = Site(), seeded_random()
    for name in sys.argv[5:] or JOBS:
        job, flink = next(jobcases.job_files(name))
        case = jobcases.cases(name, flink)[-1 if name == "etl_pipeline" else 0]
        for end, parts, twice in ((stop, 3, ()), (kill, 6, JOBS[name])):
            begin = time.monotonic()
            with tempfile.TemporaryDirectory(prefix="weir-state-") as state:
                Disturbed(site, job, case, chance, state, parts).run(end)
            site.compare(job, case, twice)
            print(f"{job}, {end.__name__}: {time.monotonic() - begin:.1f} s", flush=True)


main()
