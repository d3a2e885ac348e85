"""What goes into the jobs of queries/ on real servers, and the rows by the rules: inputs and
references are those of tests/golden.

On a server nothing merges two topics or the partitions of one by time.  So a topic has one partition,
and a job one worker, where it is the order of all messages that decides what is written.
"""
import datetime
import json
import os
import random
import subprocess
import sys

from jobslib import QUERIES, ROOT

import etl_reference
from jobs import changes, harness, pipeline, windows
from jobs.harness import Record
from jobs.rules import md5

CHANNELS = {**{md5(name): name for name in ("A", "B", "C", "D", "E", "a")},
            md5("without level"): None}
CHANNEL_TABLE = "databus:activity.channel"


class Case(harness.Case):
    """`before`: rows of tables of HBase; `output_topics`: those in `expected` that are topics."""

    def __init__(self, name, topics, expected, before=None, output_topics=(), settings=(),
                 partitions=1):
        super().__init__(name, topics, expected, settings=settings)
        self.partitions = partitions
        self.before = before or {}
        self.output_topics = output_topics
        self.begins_at_end = False


def one_partition(records):
    return [Record(record.value) for record in records]


def of_golden(cases, *names, partitions=1):
    """Cases of tests/golden/jobs as they are, without times: a broker would throw away messages of
    the year 1970."""
    return [Case(case.name, {topic: [Record(r.value, r.partition) for r in records]
                             for topic, records in case.topics.items()},
                 case.expected, settings=case.settings, partitions=partitions)
            for case in cases if case.name in names]


# ---- Kafka to Kafka ----

def signal_messages(count, mix, data, seed):
    done = subprocess.run([sys.argv[4], "--count", str(count), "--seed", str(seed), "--mix", mix,
                           "--pass", "40", "--data", data], stdout=subprocess.PIPE, check=True)
    return done.stdout.split(b"\n")[:-1]


def flink_signal(text):
    """A row of Blink's job as format json writes the same fields."""
    row = json.loads(text)
    at = datetime.datetime.strptime(row["messageTimeStamp"], "%Y-%m-%d %H:%M:%S.%f")
    at = f"{at - datetime.timedelta(hours=8)}".rstrip("0" if at.microsecond else "")
    row.update(messageTimeStamp=f"{at}Z", msgType=str(row["msgType"]))
    del row["timeStamp"]
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"))


def signal_etl(flink):
    """Broken, foreign and odd messages among them, and `data` as a text; Flink's job takes neither."""
    if flink:
        lines = signal_messages(3000, "clean", "object", 1)
    else:
        lines = signal_messages(1500, "demo", "object", 1) + signal_messages(1500, "demo", "string", 7)
    rows = [row for line in lines for row in etl_reference.rows_of(line)]
    assert len(rows) > 1000
    return [Case("seeds 1 and 7", {"timeline_client_topic": [
        Record(line, i) for i, line in enumerate(lines)]},
        {"timeline_analysis_student": [(flink_signal(row) if flink else row,) for row in rows]},
        output_topics=("timeline_analysis_student",), partitions=2)]


# ---- Kafka to MySQL without a key ----

def class_performance(flink):
    records = one_partition(windows.class_performance_plain(random.Random(1), 1500))
    rows, window = windows.class_performance_rows(records)
    assert window.late > 20
    cases = [Case("seed 1", {"timeline_analysis_student": records},
                  {"timeline_signal_analysis": rows})]
    return cases if flink else cases + of_golden(windows.class_performance(False), "odd messages",
                                                 "before 1970")


def av_quality(flink):
    records = one_partition(windows.av_quality_plain(random.Random(3), 1500))
    rows, counts = windows.av_quality_rows(records)
    assert counts["late"] > 20
    cases = [Case("seed 3", {"agora_record": records}, {"user_av_record": rows})]
    return cases if flink else cases + of_golden(windows.av_quality(False), "odd messages")


def lesson_time(flink):
    return of_golden(windows.lesson_time(flink), "seed 4", "odd messages", partitions=2)


# ---- Kafka to MySQL with a key ----

def daily_consultant(flink):
    return of_golden(changes.daily_consultant(flink), "by hand", "seed 9")


def daily_uv_pv(flink):
    return of_golden(changes.daily_uv_pv(flink), "seed 11", partitions=1 if flink else 2)


def top_teachers(flink):
    return of_golden(changes.top_teachers(flink), "seed 12", partitions=1 if flink else 2)


def teaching_review(flink):
    return of_golden(changes.teaching_review(flink), "seed 13", partitions=2)


# ---- Kafka to HBase ----

def level_dictionary(flink):
    return of_golden(changes.level_dictionary(flink), "seed 5")


# ---- Two topics and a look-up in HBase to Elasticsearch ----

def channel_rows():
    return {rowkey.encode(): {b"cf:id": b"x", **({} if level is None else
                                                 {b"cf:level": level.encode()})}
            for rowkey, level in CHANNELS.items()}


def hourly_registrations(flink):
    """Which hour a level's document shows in Blink's job depends on how two topics are read: it is
    one that has students."""
    rng = random.Random(6)
    names = ("A", "B", "C", "D", "E", "a", "without level", "unknown", "", None)
    hours = changes.HOURS if flink else changes.HOURS + changes.ODD_HOURS
    students, users = [], []
    for _ in range(700):
        fields = (changes.random_student(rng, names) if rng.random() < 0.5 else
                  changes.random_user(rng, hours))
        side = students if "channel_id" in fields or "update_time" in fields else users
        side.append(Record(harness.message(fields)))
    sink = changes.registrations_sink(students, users, CHANNELS, flink)
    if flink:
        expected = {"registrations": list(sink.table.values())}
    else:
        expected = {"vk_app_es_sign_csh": {level: set(rows.values())
                                           for level, rows in sink.live.items() if rows}}
        assert len(expected["vk_app_es_sign_csh"]) == 5
    return [Case("seed 6", {"uc_account-student": students, "uc_account-user": users}, expected,
                 before={CHANNEL_TABLE: channel_rows()}, partitions=2)]


# ---- Kafka to ClickHouse and MySQL ----

def etl_pipeline(flink):
    """It begins at the end of its topic: where it has been started the first time."""
    cases = of_golden(pipeline.etl_pipeline(flink), "odd events", "seed 15")
    for case in cases:
        case.begins_at_end = True
    return cases


# Job: its cases, and the published file with the same rules.
JOBS = {
    "signal_etl": (signal_etl, "01_signal_etl.sql"),
    "level_dictionary": (level_dictionary, "02_level_dictionary.sql"),
    "class_performance": (class_performance, "03_class_performance.sql"),
    "lesson_time": (lesson_time, "04_lesson_time.sql"),
    "av_quality": (av_quality, "05_av_quality.sql"),
    "hourly_registrations": (hourly_registrations, "06_hourly_registrations.sql"),
    "daily_consultant": (daily_consultant, "07_daily_consultant.sql"),
    "daily_uv_pv": (daily_uv_pv, None),
    "top_teachers": (top_teachers, None),
    "teaching_review": (teaching_review, None),
    "etl_pipeline": (etl_pipeline, None),
}
WITHOUT_FLINK = ("teaching_review", "etl_pipeline")


def job_files(name):
    """(path, is it in Flink's dialect) of all that have the same rules; a published job is read from
    where it is kept, if that is there."""
    shared = os.environ.get("WEIR_SHARED", os.path.join(ROOT, "..", "shared"))
    published = JOBS[name][1]
    if published and os.path.exists(os.path.join(shared, "jobs", published)):
        yield os.path.join(shared, "jobs", published), False
    yield os.path.join(QUERIES, f"{name}.sql"), False
    if name not in WITHOUT_FLINK:
        yield os.path.join(QUERIES, "flink", f"{name}.sql"), True


def cases(name, flink):
    return JOBS[name][0](flink)
