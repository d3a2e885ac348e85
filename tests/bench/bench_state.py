#!/usr/bin/env python3
"""Benchmarks of jobs with state: messages per CPU-second of the weir process, beside a limit.

    bench_state.py --weir BIN --memory BIN --gen-jobs BIN --gen-nexmark BIN --root REPO WHAT...

WHAT is class_performance, registrations, lessons, av_quality (from a file into a black hole, one
worker; `read` is what reading and taking the members out of the JSON costs alone), workers (two
against one), operators (the same jobs and windows over columns that lie in memory), nexmark, or
nexmark_memory.  Each figure is the median of --runs runs; --scale makes the inputs smaller.
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
        "student": "id VARCHAR, channel_id VARCHAR, update_time VARCHAR",
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

# Limits over columns in memory, in M rows/CPU-s.
MEMORY_LIMITS = {"registrations": 5.0}

# Windows alone: key, different keys, rows, rows of a window, limit in M rows/CPU-s.
EVENTS = ("STUDENT_MOVE_PICTURE", "STUDENT_HOVER_PICTURE", "STUDENT_LINE_DRAW",
          "STUDENT_AUDIO_PLAY", "STUDENT_AUDIO_PAUSE", "STUDENT_MATCH_WRONG",
          "STUDENT_MATCH_CORRECT")
WINDOW_KEYS = {
    "one BIGINT": ("k BIGINT", "k"),
    "three integers, one VARCHAR": (
        "user_id BIGINT, room_id BIGINT, role TINYINT, event STRING",
        "k / 7, k / 70, CAST(2 AS TINYINT), CASE MOD(k, 7) " +
        " ".join(f"WHEN {i} THEN '{event}'" for i, event in enumerate(EVENTS)) + " END"),
}
WINDOWS = [
    ("one BIGINT", 1_000, 20_000_000, 1_000_000, 60.0),
    ("one BIGINT", 1_000_000, 20_000_000, 4_000_000, 25.0),
    ("three integers, one VARCHAR", 1_000, 10_000_000, 1_000_000, 20.0),
    ("three integers, one VARCHAR", 1_000_000, 10_000_000, 4_000_000, 8.0),
]

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


def file_text(text, folder, ending):
    """The job with each topic a file, or a folder of files."""
    text = re.sub(r"messageKey VARBINARY,\s*`message` VARBINARY,\s*topic VARCHAR,\s*"
                  r"`partition` INT,\s*`offset` BIGINT,", "`message` VARBINARY,", text)
    return re.sub(r"type = 'kafka01.',\s*topic = '(.*?)',\s*`group.id` = 'bench'",
                  rf"type = 'filesystem', path = '{folder}/\1{ending}', format = 'raw'", text)


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
            job = write(folder, "job.sql", file_text(job_text(args, name), folder, ""))
            cpus, walls = {1: [], 2: []}, {1: [], 2: []}
            for _ in range(args.runs):
                for workers in (1, 2):
                    cpu, wall, _, _ = weir(args, job, folder, "--parallelism", str(workers))
                    cpus[workers].append(cpu)
                    walls[workers].append(wall)
            wall = {n: statistics.median(v) for n, v in walls.items()}
            cpu = {n: statistics.median(v) for n, v in cpus.items()}
            print(f"{name}: {count:,} messages in four files, one behind the other in time, "
                  f"{keys:,} keys")
            for workers in (1, 2):
                record(f"{name}, {workers} worker(s)", count / wall[workers] / 1e6,
                       "M messages/s wall")
            record("  wall rate of two workers to one", wall[1] / wall[2], "x", "limit",
                   WALL_RATIO_MIN)
            record("  CPU time of two workers to one", cpu[2] / cpu[1], "x", "limit (most)",
                   CPU_RATIO_MAX)


def script_costs(args, folder, script):
    """CPU seconds of each INSERT of a script over tables in memory."""
    path = write(folder, "memory.sql", script)
    text = run([args.memory, path])[3]
    return [float(cpu) for cpu in re.findall(r"wall, ([0-9.]+) s CPU", text)]


def window_script(key, keys, rows, window_rows):
    columns, exprs = WINDOW_KEYS[key]
    names = ", ".join(column.split()[0] for column in columns.split(", "))
    return f"""
CREATE TABLE made (i BIGINT, k BIGINT) WITH (
    'connector' = 'datagen', 'rows-per-second' = '1000000000', 'seed' = '1',
    'fields.k.kind' = 'random', 'fields.k.min' = '0', 'fields.k.max' = '{keys - 1}',
    'fields.i.kind' = 'sequence', 'fields.i.start' = '0', 'fields.i.end' = '{rows - 1}');
CREATE TABLE kept ({columns}, t TIMESTAMP_LTZ(3), WATERMARK FOR t AS t)
WITH ('connector' = 'memory', 'name' = 'kept');
CREATE TABLE counts ({columns}, window_start TIMESTAMP(3), n BIGINT)
WITH ('connector' = 'blackhole');
INSERT INTO kept SELECT {exprs}, TO_TIMESTAMP_LTZ(i * 60000 / {window_rows}, 3) FROM made;
INSERT INTO counts
SELECT {names}, window_start, COUNT(*)
FROM TABLE(TUMBLE(TABLE kept, DESCRIPTOR(t), INTERVAL '1' MINUTE))
GROUP BY {names}, window_start, window_end;
"""


def memory_script(args, name):
    """The job over tables in memory: what its columns are is kept by INSERTs in front of it."""
    text = job_text(args, name)
    front = ""
    for source, columns in JOBS[name][3].items():
        table = re.search(rf"create table {source} \(.*?\);\n", text, flags=re.S)[0]
        watermark = re.search(r",\s*WATERMARK .*", table)
        watermark = watermark[0] if watermark else ""
        names = ", ".join(column.split()[0] for column in columns.split(", "))
        read = table.replace(watermark, "").replace(source, f"{source}_read", 1)
        text = text.replace(table, "")
        front += (f"{read}create table {source} ({columns}{watermark}\n) "
                  f"with (type = 'memory', name = '{source}');\n"
                  f"insert into {source} select {names} from {source}_read;\n")
    return front + text


def bench_operators(args):
    with tempfile.TemporaryDirectory() as folder:
        for key, keys, rows, window_rows, limit in WINDOWS:
            rows, window_rows = rows // args.scale, window_rows // args.scale
            keys = min(keys, window_rows // 4)
            script = window_script(key, keys, rows, window_rows)
            cpu = statistics.median(script_costs(args, folder, script)[1]
                                    for _ in range(args.runs))
            record(f"window, {key}, {keys:,} keys", rows / cpu / 1e6, "M rows/CPU-s", "limit",
                   limit)
    for name in JOBS:
        with tempfile.TemporaryDirectory() as folder:
            count, _ = generate(args, name, folder)
            script = file_text(memory_script(args, name), folder, ".ndjson")
            loads = len(JOBS[name][3])
            cpu = statistics.median(sum(script_costs(args, folder, script)[loads:])
                                    for _ in range(args.runs))
            record(f"{name}, columns in memory", count / cpu / 1e6, "M rows/CPU-s", "limit",
                   MEMORY_LIMITS.get(name))


def nexmark_memory_script(args, folder, numbers):
    """All queries over one table in memory."""
    parts = {}
    inserts = []
    for number in numbers:
        with open(os.path.join(args.root, f"queries/nexmark/q{number}.sql"),
                  encoding="utf-8") as file:
            for statement in re.sub("(?m)^--.*\n", "", file.read()).split(";\n"):
                if statement.strip().startswith("INSERT"):
                    inserts.append(statement)
                elif statement.strip():
                    parts[statement.split("(")[0].split("AS")[0]] = statement
    source = next(part for part in parts.values() if "'kafka'" in part)
    columns = source.split(" WITH (")[0]
    kept = columns + " WITH ('connector' = 'memory', 'name' = 'nexmark')"
    read = re.sub(r",\s*`dateTime` AS.*", "\n)", columns, flags=re.S)
    read = (read.replace("TABLE nexmark", "TABLE nexmark_read") +
            f" WITH ('connector' = 'filesystem', 'path' = '{folder}/nexmark.ndjson', "
            "'format' = 'json')")
    rest = [part for part in parts.values() if part is not source]
    load = "INSERT INTO nexmark SELECT event_type, person, auction, bid FROM nexmark_read"
    return ";\n".join([read, kept, load] + rest + inserts) + ";\n"


def bench_nexmark_memory(args):
    count = NEXMARK_EVENTS // args.scale
    with tempfile.TemporaryDirectory() as folder:
        generate_nexmark(args, folder, count)
        numbers = [n for n in NEXMARK_FLINK if not args.queries or n in args.queries]
        script = nexmark_memory_script(args, folder, numbers)
        runs = [script_costs(args, folder, script)[1:] for _ in range(args.runs)]
        for i, number in enumerate(numbers):
            record(f"nexmark q{number}, columns in memory",
                   count / statistics.median(r[i] for r in runs) / 1e3, "K events/CPU-s")


def generate_nexmark(args, folder, count):
    with open(os.path.join(folder, "nexmark.ndjson"), "wb") as out:
        subprocess.run([args.gen_nexmark, "--count", str(count), "--seed", "1"], stdout=out,
                       check=True)


def bench_nexmark(args):
    count = NEXMARK_EVENTS // args.scale
    with tempfile.TemporaryDirectory() as folder:
        generate_nexmark(args, folder, count)
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
    others = {"workers": bench_workers, "operators": bench_operators, "nexmark": bench_nexmark,
              "nexmark_memory": bench_nexmark_memory}
    parser.add_argument("what", nargs="+", choices=list(JOBS) + list(others))
    parser.add_argument("--weir", required=True)
    parser.add_argument("--memory", required=True)
    parser.add_argument("--gen-jobs", required=True)
    parser.add_argument("--gen-nexmark", required=True)
    parser.add_argument("--root", required=True)
    parser.add_argument("--scale", type=int, default=1)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--queries", type=int, nargs="*", help="of Nexmark; else all")
    args = parser.parse_args()
    args.failed = False
    for what in args.what:
        if what in others:
            others[what](args)
        else:
            bench_job(args, what)
    sys.exit(args.failed)


main()
