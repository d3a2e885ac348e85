#!/usr/bin/env python3
"""The signal ETL against an independent reading of its rules, row by row.

    etl_reference.py WEIR GEN_SIGNAL REPO

Messages of the demo mix (broken, foreign, incomplete and odd ones among them), with `data` as an
object and as a string, several seeds; the published job too where ../shared has it.
"""
import json
import os
import subprocess
import sys
import tempfile

from jobs.rules import MISSING, as_integer, as_text, parse, step, timestamp

NOW_MS = 1596731749000  # 2020-08-06T16:35:49Z
EVENTS = [
    ("STUDENT_MOVE_PICTURE", {"targetType": "shape", "action": "move"}),
    ("STUDENT_HOVER_PICTURE", {"targetType": "shape", "action": "mouse", "subAction": "over"}),
    ("STUDENT_LINE_DRAW", {"targetType": "shape", "action": "add"}),
    ("STUDENT_AUDIO_PLAY", {"targetType": "template", "action": "audio", "subAction": "start"}),
    ("STUDENT_AUDIO_PAUSE", {"targetType": "template", "action": "audio", "subAction": "pause"}),
    ("STUDENT_MATCH_WRONG", {"targetId": "match", "targetType": "template", "action": "match",
                             "subAction": "drop:wrong"}),
    ("STUDENT_MATCH_CORRECT", {"targetId": "match", "targetType": "template", "action": "match",
                               "subAction": "drop:correct"}),
]


def rows_of(line):
    message = parse(line.decode("utf-8", "replace"))
    data = step(message, "data") if isinstance(message, dict) else MISSING
    msg = step(data, "msg")
    inner = step(msg, "msg_data")
    fields = {
        "createTime": as_text(step(message, "createTime")) if isinstance(message, dict) else None,
        "userId": as_integer(as_text(step(data, "userid")), 64),
        "roomId": as_integer(as_text(step(data, "roomid")), 64),
        "at": as_integer(as_text(step(data, "timestamp")), 64),
        "role": as_integer(as_text(step(data, "role")), 8),
        "msgId": as_integer(as_text(step(data, "msgid")), 64),
        "msgType": as_text(step(msg, "msgtype")),
        "targetId": as_text(step(inner, "target_id")),
        "targetType": as_text(step(inner, "target_type")),
        "action": as_text(step(inner, "action")),
        "subAction": as_text(step(inner, "sub_action")),
        "pageIndex": as_integer(as_text(step(inner, "page_index")), 64),
    }
    if fields["msgId"] != 305 or fields["msgType"] != "116" or fields["role"] != 2:
        return
    for event, wanted in EVENTS:
        if all(fields[key] == text for key, text in wanted.items()):
            parts = ['{ "messageCreateTime": "', fields["createTime"], '","timeStamp": ', NOW_MS,
                     ',"messageTimeStamp": "', timestamp(fields["at"]), '","userId": ',
                     fields["userId"], ',"roomId": ', fields["roomId"], ',"role": ',
                     fields["role"], ',"msgId": ', fields["msgId"], ',"msgType": ',
                     fields["msgType"], ',"targetId": "', fields["targetId"], '","targetType": "',
                     fields["targetType"], '","action": "', fields["action"], '","subAction": "',
                     fields["subAction"], '","pageIndex": ', fields["pageIndex"],
                     f',"event": "{event}" }}']
            yield "".join(str(part) for part in parts if part is not None)


def read_topic(target, records):
    """Values of a topic: a line each, or, if one has a line feed in it, records."""
    if os.path.exists(records):
        with open(records, "rb") as lines:
            return [json.loads(line)["value"] for line in lines]
    with open(target, "rb") as lines:
        return lines.read().decode("utf-8").split("\n")[:-1]


def main():
    weir, gen, root = sys.argv[1:4]
    jobs = [os.path.join(root, "queries/signal_etl.sql")]
    published = os.path.join(os.environ.get("WEIR_SHARED", os.path.join(root, "../shared")),
                             "jobs/01_signal_etl.sql")
    if os.path.exists(published):
        jobs.append(published)
    for data in ("object", "string"):
        for seed in (1, 7, 23):
            with tempfile.TemporaryDirectory() as folder:
                source = os.path.join(folder, "timeline_client_topic.ndjson")
                with open(source, "wb") as out:
                    subprocess.run([gen, "--count", "5000", "--seed", str(seed), "--mix", "demo",
                                    "--pass", "40", "--data", data], stdout=out, check=True)
                with open(source, "rb") as lines:
                    expected = [row for line in lines.read().split(b"\n")[:-1]
                                for row in rows_of(line)]
                for job in jobs:
                    target = os.path.join(folder, "timeline_analysis_student.ndjson")
                    records = target.replace(".ndjson", ".records.ndjson")
                    for path in (target, records):
                        if os.path.exists(path):
                            os.unlink(path)
                    subprocess.run([weir, "run", job, "--profile", "local", "--data", folder,
                                    "--until-end", "--set", "weir.clock=2020-08-06T16:35:49Z"],
                                   check=True, stderr=subprocess.DEVNULL)
                    got = read_topic(target, records)
                    for i, (a, b) in enumerate(zip(got, expected)):
                        if a != b:
                            sys.exit(f"{job}, seed {seed}, data {data}, row {i}:\n  weir {a}\n"
                                     f"  rule {b}")
                    if len(got) != len(expected):
                        sys.exit(f"{job}, seed {seed}, data {data}: {len(got)} rows, "
                                 f"{len(expected)} by the rules")
                    if len(got) < 1000:
                        sys.exit(f"only {len(got)} rows: the test proves nothing")


if __name__ == "__main__":
    main()
