#!/usr/bin/env python3
"""Benchmarks of whole jobs: messages per CPU-second of the weir process, beside a limit.

    bench_jobs.py --weir BIN --gen BIN --root REPO file
    bench_jobs.py ... --raw-consume BIN --load-topic BIN kafka      (needs WEIR_KAFKA=host:port)
    bench_jobs.py ... start

Each figure is the median of --runs runs.
"""
import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile

from benchlib import record, run

CLOCK = ["--set", "weir.clock=2020-08-06T16:35:49Z"]


def generate(args, path, count, data):
    with open(path, "wb") as out:
        run([args.gen, "--count", str(count), "--seed", "1", "--pass", "10", "--data", data,
             "--mix", "clean"], stdout=out)


def bench_file(args):
    job = os.path.join(args.root, "queries/signal_etl.sql")
    for data in ("object", "string"):
        with tempfile.TemporaryDirectory() as folder:
            source = os.path.join(folder, "timeline_client_topic.ndjson")
            generate(args, source, args.count, data)
            rates, rss = [], 0
            for _ in range(args.runs):
                target = os.path.join(folder, "timeline_analysis_student.ndjson")
                if os.path.exists(target):
                    os.unlink(target)
                cpu, _, rss, _ = run([args.weir, "run", job, "--profile", "local", "--data",
                                      folder, "--until-end"] + CLOCK)
                rates.append(args.count / cpu)
            rate = statistics.median(rates)
            record(f"signal ETL, file to file, data={data}", rate / 1e6, "M messages/CPU-s")
            record(f"  resident memory, data={data}", rss, "MB")


def bench_start(args):
    with tempfile.TemporaryDirectory() as folder:
        generate(args, os.path.join(folder, "timeline_client_topic.ndjson"), 100, "object")
        job = os.path.join(args.root, "queries/signal_etl.sql")
        walls = []
        for _ in range(max(args.runs, 5)):
            _, wall, _, _ = run([args.weir, "run", job, "--profile", "local", "--data", folder,
                                 "--until-end"])
            walls.append(wall * 1000)
        record("start to end of a 100-message job", statistics.median(walls), "ms wall")


def kafka_job(args, kind, run_number):
    """Texts of the job with less and less of it, to tell what each part costs."""
    text = open(os.path.join(args.root, "queries/signal_etl.sql"), encoding="utf-8").read()
    source = {"type": "'kafka011'", "topic": f"'{args.topic}'", "bootstrap.servers":
              f"'{args.kafka}'", "`group.id`": f"'bench-{os.getpid()}-{kind}-{run_number}'",
              "startupMode": "'EARLIEST'"}
    options = ",\n    ".join(f"{k} = {v}" for k, v in source.items())
    parts = re.split(r"WITH \(\n.*?\n\);", text, flags=re.S)
    if kind == "kafka":
        sink = f"type = 'kafka011', topic = '{args.topic}-out', bootstrap.servers = '{args.kafka}'"
    else:
        sink = "type = 'blackhole'"
    text = parts[0] + f"WITH (\n    {options}\n);" + parts[1] + f"WITH ({sink});" + parts[2]
    if kind == "consume":  # reads the messages and drops them before any JSON is looked at
        text = text[:text.index("-- The operations of students")]
        text += ("INSERT INTO student_operation SELECT messageKey, `message` FROM client_signal "
                 "WHERE `offset` < 0;")
    if kind == "json":  # all paths are extracted, no row passes
        text = text.replace("WHERE msgId = '305' AND", "WHERE msgId = '-1' AND")
    return text


def bench_kafka(args):
    args.kafka = os.environ.get("WEIR_KAFKA")
    if not args.kafka:
        print("skipped: WEIR_KAFKA is not set (tools/servers start kafka)")
        sys.exit(77)
    args.topic = f"bench-signal-{os.getpid()}"
    with tempfile.TemporaryDirectory() as folder:
        source = os.path.join(folder, "in.ndjson")
        generate(args, source, args.count, "object")
        with open(source, "rb") as lines:
            subprocess.run([args.load_topic, "--brokers", args.kafka, "--topic", args.topic,
                            "--partitions", "2"], stdin=lines, check=True,
                           stdout=subprocess.DEVNULL)
        rates = {kind: [] for kind in ("raw", "consume", "json", "blackhole", "kafka")}
        for n in range(args.runs):
            out = subprocess.run([args.raw_consume, "--brokers", args.kafka, "--topic",
                                  args.topic, "--count", str(args.count)], check=True,
                                 stdout=subprocess.PIPE).stdout
            rates["raw"].append(args.count / json.loads(out)["cpu_s"])
            for kind in ("consume", "json", "blackhole", "kafka"):
                path = os.path.join(folder, f"{kind}.sql")
                with open(path, "w", encoding="utf-8") as sql:
                    sql.write(kafka_job(args, kind, n))
                cpu, _, rss, _ = run([args.weir, "run", path, "--until-end", "--parallelism",
                                     "1"])
                rates[kind].append(args.count / cpu)
        rate = {kind: statistics.median(values) for kind, values in rates.items()}
        ns = {kind: 1e9 / value for kind, value in rate.items()}
        raw = rate["raw"] / 1e6
        record("librdkafka consume, batches, nothing done", raw, "M messages/CPU-s")
        record("signal ETL, Kafka to Kafka", rate["kafka"] / 1e6, "M messages/CPU-s",
               "raw consume", raw)
        record("  consume and drop", rate["consume"] / 1e6, "M messages/CPU-s", "raw consume", raw)
        record("  consume", ns["consume"], "ns/message")
        record("  JSON (all paths, none passes)", ns["json"] - ns["consume"], "ns/message")
        record("  expressions (10% pass)", ns["blackhole"] - ns["json"], "ns/message")
        record("  produce (10% pass)", ns["kafka"] - ns["blackhole"], "ns/message")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["file", "kafka", "start"])
    parser.add_argument("--weir", required=True)
    parser.add_argument("--gen", required=True)
    parser.add_argument("--root", required=True)
    parser.add_argument("--raw-consume")
    parser.add_argument("--load-topic")
    parser.add_argument("--count", type=int, default=2_000_000)
    parser.add_argument("--runs", type=int, default=3)
    args = parser.parse_args()
    {"file": bench_file, "kafka": bench_kafka, "start": bench_start}[args.what](args)


main()
