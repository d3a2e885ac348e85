#!/usr/bin/env python3
"""The jobs of tests/bench/jobs against straightforward computation over the same messages.

    bench_jobs_reference.py WEIR GEN_JOBS REPO JOB...

Each runs with a sink that writes its changes; what they come to must be the rows that the
function of the same name makes here, in any order.
"""
import collections
import datetime
import decimal
import itertools
import json
import os
import subprocess
import sys
import tempfile

import fold

SHANGHAI_MS = 8 * 3600 * 1000
EPOCH = datetime.datetime(1970, 1, 1)
# Messages, keys, messages a second of event time.
SHAPES = {"class_performance": (20000, 3000, 200), "lessons": (6000, 2000, 200),
          "av_quality": (20000, 3000, 200), "registrations": (20000, 5000, 200)}


def text_of(ms):
    at = EPOCH + datetime.timedelta(milliseconds=ms + SHANGHAI_MS)
    return at.isoformat(" ", "milliseconds")


def window(ms, size_ms):
    return text_of(ms // size_ms * size_ms), text_of(ms // size_ms * size_ms + size_ms)


def class_performance(topics):
    counts = collections.Counter()
    watermark = 0
    late = 0
    for m in topics["timeline_analysis_student"]:
        ms = m["timeStamp"]
        if ms // 60000 * 60000 + 59999 <= watermark:
            late += 1
        else:
            counts[window(ms, 60000) + (m["roomId"], m["userId"], m["role"], m["event"])] += 1
        watermark = max(watermark, ms)
    assert late > 0, "no row is late: the test proves less than it should"
    return [key + (count,) for key, count in counts.items()]


def lessons(topics):
    keys = collections.defaultdict(list)
    for m in topics["qos_log"]:
        keys[m["user_id"], m["classroom_id"]].append(m)
    return [(a["user_id"], a["classroom_id"], a["user_type"],
             b["extra"]["data_time"] - a["extra"]["data_time"], text_of(a["event_time"]))
            for messages in keys.values() for a, b in itertools.product(messages, messages)
            if b["sub_event"] == "PPT_SUCCESS" and
            a["extra"]["data_time"] < b["extra"]["data_time"]]


def av_quality(topics):
    rows = []
    for state, value, name in (("agora_audioState", "lost", "_AUDIO_STATE"),
                               ("agora_videoState", "fr", "_VIDEO_STATE")):
        groups = collections.defaultdict(list)
        for m in topics["agora_record"]:
            if m["user_type"] == "student":
                groups[window(m["messageCreateTime"], 30000) +
                       (m["user_id"], m["agora_channel_id"], m["classroom_id"], m[state]["uid"],
                        m["event"] + name)].append(m[state][value])
        rows += [key + (sum(values), decimal.Decimal(repr(sum(values) / len(values))),
                        len(values)) for key, values in groups.items()]
    return rows


def registrations(topics):
    students = {m["id"]: m for m in topics["uc_account-student"]}
    accounts = {m["id"]: m for m in topics["uc_account-user"]}
    counts = collections.Counter()
    for number, student in students.items():
        account = accounts.get(number)
        if account is None or account["status"] != "NORMAL":
            continue
        name, channel = account["name"], student["channel_id"]
        if "测试" in name or name.startswith("DM_") or "test" in name:
            continue
        hour = int("".join(filter(str.isdigit, account["register_date_time"][:13])))
        level = next((level for end, level in (("10", "A"), ("12", "B"), ("14", "C"), ("16", "D"))
                      if channel < end), "other")
        counts[hour, level] += 1
    return [key + (count,) for key, count in counts.items()]


def read_topics(folder):
    topics = {}
    for name in os.listdir(folder):
        with open(os.path.join(folder, name), encoding="utf-8") as lines:
            topics[name.removesuffix(".ndjson")] = [json.loads(line) for line in lines]
    return topics


def main():
    weir, gen, root = sys.argv[1:4]
    for name, seed in itertools.product(sys.argv[4:], (1, 7)):
        count, keys, rate = SHAPES[name]
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([gen, name, "--dir", folder, "--count", str(count), "--keys",
                            str(keys), "--rate", str(rate), "--disorder", "3000", "--seed",
                            str(seed)], check=True)
            expected = globals()[name](read_topics(folder))
            with open(os.path.join(root, f"tests/bench/jobs/{name}.sql"),
                      encoding="utf-8") as file:
                job = file.read()
            got, changes = fold.run(weir, f"{name}, seed {seed}", job, folder, ("create_time",))
            fold.compare(f"{name}, seed {seed}", got, changes, expected)


main()
