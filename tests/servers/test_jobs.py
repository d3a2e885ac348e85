#!/usr/bin/env python3
"""Each job of queries/, in both dialects, and each published one, from topics of a real broker into
real tables; the rows are those of independent references.

    test_jobs.py WEIR LOAD_TOPIC DUMP_TOPIC GEN_SIGNAL [JOB...]
"""
import os
import subprocess
import sys
import tempfile
import time

import jobcases
from jobslib import PROFILE, Site

SECRET = "Geheim-7531"


def check(site, job, case):
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="weir-state-") as state:
        options = ("--set", f"weir.state.dir={state}",
                   "--set", "weir.job.name=job") if case.begins_at_end else ()
        site.prepare(job, case, *options)
        loaded = time.monotonic()
        for topic, records in case.topics.items():
            site.load(case, topic, records)
        site.run(job, case, *options)
    site.compare(job, case)
    print(f"{job}, {case.name}: {time.monotonic() - loaded:.1f} s, prepared in "
          f"{loaded - begin:.1f} s", flush=True)


def check_secret(site, job):
    """Neither EXPLAIN nor a refused log-in shows the password, and no job starts with a wrong one."""
    env = dict(os.environ, WEIR_MARIADB_PASSWORD=SECRET)
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(site.job_text(job))
        file.flush()
        shown = []
        for command in ("explain", "run"):
            done = subprocess.run([site.tools.program, command, file.name, "--profile", PROFILE],
                                  env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  check=False, timeout=60)
            shown.append(done.stdout.decode())
    if "guarantee=" not in shown[0] or "Access denied" not in shown[1]:
        sys.exit("{}, a wrong password:\n{}\n{}".format(job, *shown))
    if SECRET in "".join(shown):
        sys.exit("{} shows the password:\n{}\n{}".format(job, *shown))


def main():
    site = Site()
    for name in sys.argv[5:] or jobcases.JOBS:
        for job, flink in jobcases.job_files(name):
            for case in jobcases.cases(name, flink):
                check(site, job, case)
    for name in ("class_performance", "etl_pipeline"):  # whose topics are there by now
        for job, _ in jobcases.job_files(name):
            check_secret(site, job)


main()
