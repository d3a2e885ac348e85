#!/usr/bin/env python3
"""Each job of queries/, in both dialects, and each published one, from topics of a real broker into
real tables; the rows are those of independent references.

    test_jobs.py WEIR LOAD_TOPIC DUMP_TOPIC GEN_SIGNAL [JOB...]
"""
import sys
import tempfile
import time

import jobcases
from jobslib import Site


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


def main():
    site = Site()
    for name in sys.argv[5:] or jobcases.JOBS:
        for job, flink in jobcases.job_files(name):
            for case in jobcases.cases(name, flink):
                check(site, job, case)


main()
