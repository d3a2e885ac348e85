#!/usr/bin/env python3
"""Jobs of queries/ (and the published ones where ../shared has them) against an independent reading
of their rules, table by table.

    jobs_reference.py WEIR REPO [--resume SEED] JOB...

--resume: each job is stopped after some rows and goes on from its snapshot in a new process.
"""
import os
import sys

from jobs import changes, harness, pipeline, windows

# Job: its cases, and the published file with the same rules.
JOBS = {
    "level_dictionary": (changes.level_dictionary, "02_level_dictionary.sql"),
    "class_performance": (windows.class_performance, "03_class_performance.sql"),
    "lesson_time": (windows.lesson_time, "04_lesson_time.sql"),
    "av_quality": (windows.av_quality, "05_av_quality.sql"),
    "hourly_registrations": (changes.hourly_registrations, "06_hourly_registrations.sql"),
    "daily_consultant": (changes.daily_consultant, "07_daily_consultant.sql"),
    "daily_uv_pv": (changes.daily_uv_pv, None),
    "top_teachers": (changes.top_teachers, None),
    "teaching_review": (changes.teaching_review, None),
    "etl_pipeline": (pipeline.etl_pipeline, None),
}


def main():
    weir, root = os.path.abspath(sys.argv[1]), sys.argv[2]
    shared = os.environ.get("WEIR_SHARED", os.path.join(root, "../shared"))
    names, seed = sys.argv[3:], None
    if names[0] == "--resume":
        names, seed = names[2:], int(names[1])
    for name in names:
        cases, published = JOBS[name.removeprefix("flink/")]
        flink = name.startswith("flink/")
        jobs = [os.path.join(root, "queries", f"{name}.sql")]
        if published and not flink:
            path = os.path.join(shared, "jobs", published)
            jobs += [path] if os.path.exists(path) else []
        for case in cases(flink):
            for job in jobs:
                harness.check(weir, job, case, seed)


main()
