#!/usr/bin/env python3
"""Each job of queries/, in both dialects, and each published one, from topics of a real broker into
real tables; the rows are those of independent references.

    test_jobs.py WEIR LOAD_TOPIC DUMP_TOPIC GEN_SIGNAL [JOB...]
"""
import sys
import time

import jobcases
from jobslib import Site


def main():
    site = Site()
    for name in sys.argv[5:] or jobcases.JOBS:
        for job, flink in jobcases.job_files(name):
            for case in jobcases.cases(name, flink):
                begin = time.monotonic()
                site.prepare(case)
                loaded = time.monotonic()
                for topic, records in case.topics.items():
                    site.load(topic, records)
                site.run(job, case)
                site.compare(job, case)
                now = time.monotonic()
                print(f"{job}, {case.name}: {now - loaded:.1f} s, prepared in "
                      f"{loaded - begin:.1f} s", flush=True)


main()
