#!/usr/bin/env python3
"""Benchmarks of jobs with state: messages per CPU-second of the weir process, beside a limit.

    bench_state.py --weir BIN --gen-jobs BIN --gen-nexmark BIN --root REPO WHAT...

WHAT is class_performance, registrations, lessons, av_quality, workers or nexmark.  Each figure is
the median of --runs runs with one worker, from a file into a black hole; --scale makes the inputs
smaller.  `read` is what reading costs and taking the
members out of the JSON, alone.
"""
import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile

from benchlib import record, run

# Jobs of tests/bench/jobs: messages, keys, limit in M messages/CPU-s, and per source the columns
# that the job reads.
JOBS = {
    "class_performance": (3_000_000, 100_000, 2.5, {
        "student_operation": "user_id BIGINT, room_id BIGINT, role TINYINT, event VARCHAR, "
                             "happened TIMESTAMP"}),
    "registrations": (4_000_000, 1_000_000, 1.0, {
        "student": "id VARCHAR, channel_id VARCHAR",
        "account": "id VARCHAR, name VARCHAR, register_date_time VARCHAR, status VARCHAR"}),
    "lessons": (3_000_000, 1_000_000, 1.0, {
        "quality_log": "user_id BIGINT, classroom_id VARCHAR, user_type VARCHAR, "
                       "event_time BIGINT, sub_event VARCHAR, data_time BIGINT"}),
    "av_quality": (2_000_000, 100_000, None, {
        "live_record": "user_id BIGINT, channel_id BIGINT, classroom_id VARCHAR, "
                       "user_type VARCHAR, event VARCHAR, lost BIGINT, audio_uid BIGINT, "
                       "frame_rate BIGINT, video_uid BIGINT, created BIGINT"}),
}
WORKER_JOBS = ("class_performance", "registrations")
WALL_RATIO_MIN = 1.7
CPU_RATIO_MAX = 1.15

NEXMARK_EVENTS = 2_000_000
# Apache Flink 1.20.3 on the same kind of machine, thousand events per CPU-second of its processes:
# Kafka JSON, one task slot, heap state, object reuse, no checkpoints; to be read as +-30 %.
NEXMARK_FLINK = {0: 239, 1: 298, 2: 350, 3: 332, 4: 135, 5: 114, 7: 84, 8: 277, 9: 104, 11: 162,
                 12: None, 15: 215, 16: None, 17: 217, 18: 182, 19: 125, 20: 146, 21: 211,
                 22: 314, 23: None}


def job_text(args, name):
    path = os.path.join(args.root, f"tests/bench/jobs/{name}.sql")
    with open(path, encoding="utf-8") as file:
        return file.read()


def read_text(args, name):
    """The job's sources, and INSERTs that take their columns and do nothing with them."""
    text = re.sub(r",\s*WATERMARK .*", "", job_text(args, name))
    parts = [t for t in re.findall(r"create table .*?\);\n", text, flags=re.S) if "kafka" in t]
    for source, columns in JOBS[name][3].items():
        names = ", ".join(column.split()[0] for column in columns.split(", "))
        parts += [f"create table no_{source} ({columns}) with (type = 'blackhole');\n",
                  f"insert into no_{source} select {names} from {source};\n"]
    return "".join(parts)


def folder_text(text, folder):
    """The job with each topic a folder of files."""
    text = re.sub(r"messageKey VARBINARY,\s*`message` VARBINARY,\s*topic VARCHAR,\s*"
                  r"`partition` INT,\s*`offset` BIGINT,", "`message` VARBINARY,", text)
    return re.sub(r"type = 'kafka01.',\s*topic = '(.*?)',\s*`group.id` = 'bench'",
                  rf"type = 'filesystem', path = '{folder}/\1', format = 'raw'", text)


def write(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def generate(args, name, folder, files=1):
    count, keys = JOBS[name][:2]
    count, keys = count // args.scale, max(keys // args.scale, 1)
    if files > 1:
        for topic in re.findall(r"topic = '(.*?)'", job_text(args, name)):
            os.makedirs(os.path.join(folder, topic), exist_ok=True)
    subprocess.run([args.gen_jobs, name, "--dir", folder, "--count", str(count), "--keys",
                    str(keys), "--seed", "1", "--files", str(files)], check=True)
    return count, keys


def weir(args, path, folder, *more):
    return run([args.weir, "run", path, "--profile", "local", "--data", folder, "--until-end"] +
               list(more))


def bench_job(args, name):
    limit = JOBS[name][2]
    with tempfile.TemporaryDirectory() as folder:
        count, keys = generate(args, name, folder)
        job = write(folder, "job.sql", job_text(args, name))
        read = write(folder, "read.sql", read_text(args, name))
        cpus, reads, rss = [], [], 0
        for _ in range(args.runs):
            reads.append(weir(args, read, folder)[0])
            cpu, _, rss, text = weir(args, job, folder)
            cpus.append(cpu)
        cpu, read_cpu = statistics.median(cpus), statistics.median(reads)
        print(f"{name}: {count:,} messages, {keys:,} keys; "
              f"{' '.join(line for line in text.splitlines() if line.startswith('sink'))}")
        record(f"{name}, file to blackhole", count / cpu / 1e6, "M messages/CPU-s", "limit", limit)
        record("  read", read_cpu * 1e9 / count, "ns/message")
        record("  operators", (cpu - read_cpu) * 1e9 / count, "ns/message")
        record("  resident memory", rss, "MB")


def bench_workers(args):
    for name in WORKER_JOBS:
        with tempfile.TemporaryDirectory() as folder:
            count, keys = generate(args, name, folder, files=4)
            job = write(folder, "job.sql", folder_text(job_text(args, name), folder))
            cpus, walls = {1: [], 2: []}, {1: [], 2: []}
            for _ in range(args.runs):
                for workers in (1, 2):
                    cpu, wall, _, _ = weir(args, job, folder, "--parallelism", str(workers))
                    cpus[workers].append(cpu)
                    walls[workers].append(wall)
            wall = {n: statistics.median(v) for n, v in walls.items()}
            cpu = {n: statistics.median(v) for n, v in cpus.items()}
            print(f"{name}: {count:,} messages in four files, {keys:,} keys")
            for workers in (1, 2):
                record(f"{name}, {workers} worker(s)", count / wall[workers] / 1e6,
                       "M messages/s wall")
            record("  wall rate of two workers to one", wall[1] / wall[2], "x", "limit",
                   WALL_RATIO_MIN)
            record("  CPU time of two workers to one", cpu[2] / cpu[1], "x", "limit (most)",
                   CPU_RATIO_MAX)


def bench_nexmark(args):
    count = NEXMARK_EVENTS // args.scale
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "nexmark.ndjson"), "wb") as out:
            subprocess.run([args.gen_nexmark, "--count", str(count), "--seed", "1"], stdout=out,
                           check=True)
        for number, flink in NEXMARK_FLINK.items():
            if args.queries and number not in args.queries:
                continue
            query = os.path.join(args.root, f"queries/nexmark/q{number}.sql")
            try:
                runs = [weir(args, query, folder) for _ in range(args.runs)]
            except SystemExit as trouble: # one query that fails must not hide the others
                print(f"nexmark q{number}: {str(trouble).splitlines()[1:2]}", file=sys.stderr)
                args.failed = True
                continue
            record(f"nexmark q{number}", count / statistics.median(r[0] for r in runs) / 1e3,
                   "K events/CPU-s", "Flink", flink)
            record("  resident memory", statistics.median(r[2] for r in runs), "MB")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", nargs="+", choices=list(JOBS) + ["workers", "nexmark"])
    parser.add_argument("--weir", required=True)
    parser.add_argument("--gen-jobs", required=True)
    parser.add_argument("--gen-nexmark", required=True)
    parser.add_argument("--root", required=True)
    parser.add_argument("--scale", type=int, default=1)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--queries", type=int, nargs="*", help="of Nexmark; else all")
    args = parser.parse_args()
    args.failed = False
    for what in args.what:
        if what == "workers":
            bench_workers(args)
        elif what == "nexmark":
            bench_nexmark(args)
        else:
            bench_job(args, what)
    sys.exit(args.failed)


main()
