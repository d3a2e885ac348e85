"""The two jobs with windows and the self-join, by the rules: class performance, A/V quality, lesson
time."""
import random

from jobs.harness import CLOCK_TEXT, Case, Record, message
from jobs.rules import Message, timestamp

BASE = 1596731700000  # 2020-08-06T16:35:00Z, a full minute


class Tumble:
    """A tumbling window over rows with event times in milliseconds.

    Each partition has a watermark, the greatest time so far less the delay; the least of them counts,
    and never goes back.  A row is late if its window was closed when it came.
    """

    def __init__(self, size, delay):
        self.size, self.delay = size, delay
        self.partitions = {}
        self.watermark = None
        self.groups = {}
        self.late = self.timeless = 0

    def row(self, partition, time, key, value):
        """key is None: the row only moves the watermark."""
        if time is None:
            self.timeless += 1
            return
        if key is not None:
            start = time // self.size * self.size
            if self.watermark is not None and start + self.size - 1 <= self.watermark:
                self.late += 1
            else:
                self.groups.setdefault((start, key), []).append(value)
        self.partitions[partition] = max(time - self.delay, self.partitions.get(partition, time - self.delay))
        least = min(self.partitions.values())
        self.watermark = least if self.watermark is None else max(self.watermark, least)


# ---- Class performance ----

def class_performance_rows(records):
    window = Tumble(60000, 0)
    for r in records:
        m = Message(r.value)
        time = m.integer("timeStamp")
        if timestamp(time) is None:
            time = None
        key = (m.integer("roomId"), m.integer("userId"), m.integer("role", bits=8), m.text("event"))
        window.row(r.partition, time, key, key[3])
    return [(timestamp(start), timestamp(start + 60000), *key,
             sum(event is not None for event in events), CLOCK_TEXT)
            for (start, key), events in window.groups.items()], window


def operation(at, user=7, room=3, role=2, event="STUDENT_LINE_DRAW"):
    return {"userId": user, "roomId": room, "role": role, "event": event, "timeStamp": at}


def class_performance_plain(rng, count):
    """Disorder of up to two minutes in three partitions, the third of which comes late."""
    records = []
    for i in range(count):
        partition = rng.choice((0, 0, 1, 1, 2)) if i > count // 3 else rng.choice((0, 1))
        at = BASE + i * 400 - int(rng.expovariate(1 / 15000)) + 7000 * partition
        fields = operation(at, rng.choice((1, 2, 3, None)), rng.choice((10, 11)),
                           rng.choice((1, 2)), rng.choice(("A", "B", "C", None)))
        records.append(Record(message({k: v for k, v in fields.items() if v is not None}), partition))
    return records


def class_performance_odd():
    """Borders, missing and odd fields, broken messages."""
    values = [
        operation(BASE), operation(BASE + 59998),
        operation(BASE - 1),      # its window is open: nothing has passed its end
        operation(BASE + 59999),  # the watermark is now the last instant of the window: it is closed
        operation(BASE + 59999),
        operation(BASE + 1),
        operation(BASE + 60000), operation(BASE + 60000, event=None),
        operation(str(BASE + 61000)), operation(f" {BASE + 61000} "), operation(f"{BASE + 61000}.9"),
        operation(BASE + 0.5), operation(None), operation(""), operation("soon"), operation(True),
        operation(1 << 62), operation(-(1 << 62)),
        operation(BASE + 62000, user="12", room="x", role=300),
        operation(BASE + 62000, user=None, room=None, role=None, event=None),
        operation(BASE + 62000, user=9.9, room=-1, role="2", event=""),
        operation(BASE + 62000, event=["a", 1]), operation(BASE + 62000, event="课堂"),
        {"timeStamp": BASE + 63000}, {}, [], 5, "text",
        operation(BASE + 200000), operation(BASE + 119999),
        operation(BASE + 180000), operation(BASE + 180001, user=8),
    ]
    texts = [message(v) for v in values]
    texts[10:10] = ["", "{", '{"timeStamp": 1596731762000, "userId": 1', "nonsense",
                    '{"timeStamp": 1596731762000, "userId": 1} and more',
                    '{"userId": 1, "userId": 2, "timeStamp": 1596731762000}']
    return [Record(text) for text in texts] + [Record(None, 0)]


def before_1970():
    return [Record(message(operation(at))) for at in (-60001, -60000, -1, 0, -2, 59999, 60000)]


def class_performance(flink):
    cases = []
    inputs = [("seed 1", class_performance_plain(random.Random(1), 3000)),
              ("seed 2", class_performance_plain(random.Random(2), 500))]
    if not flink:  # a row without event time ends a job of Flink
        inputs += [("odd messages", class_performance_odd()), ("before 1970", before_1970()),
                   ("nothing", [])]
    for name, records in inputs:
        rows, window = class_performance_rows(records)
        if name.startswith("seed"):
            assert window.late > 20
        cases.append(Case(name, {"timeline_analysis_student": records},
                          {"timeline_signal_analysis": rows}, least=1 if records else 0,
                          counts={"late": window.late, "skipped": window.timeless}))
    return cases


# ---- A/V quality ----

def av_quality_rows(records):
    """A row can be late for either INSERT."""
    rows, late = [], 0
    for kind, field, value in (("AUDIO", "agora_audioState", "lost"), ("VIDEO", "agora_videoState", "fr")):
        window = Tumble(30000, 60000)
        for r in records:
            m = Message(r.value)
            amount = m.integer(field, value)
            key = None
            if amount is not None and amount >= 0 and m.text("user_type") == "student":
                key = (m.integer("user_id"), m.integer("agora_channel_id"), m.text("classroom_id"),
                       m.text("event"), m.integer(field, "uid"))
            window.row(r.partition, m.integer("messageCreateTime"), key, amount)
        for (start, (user, channel, room, event, uid)), amounts in window.groups.items():
            rows.append((timestamp(start), timestamp(start + 30000), -1 if user is None else user,
                         -1 if channel is None else channel, "-1" if room is None else room, "student",
                         uid, f"{event or ''}_{kind}_STATE", sum(amounts), sum(amounts) / len(amounts),
                         len(amounts) if event is not None else 0, CLOCK_TEXT))
        late += window.late
    return rows, {"late": late, "skipped": window.timeless}


def channel_state(at, lost=3, fr=None, **other):
    fields = {"classroom_id": "r1", "user_type": "student", "user_id": 7, "agora_channel_id": 5,
              "event": "STATE", "messageCreateTime": at}
    if lost is not None:
        fields["agora_audioState"] = {"lost": lost, "uid": 9}
    if fr is not None:
        fields["agora_videoState"] = {"fr": fr, "uid": 8}
    fields.update(other)
    return {k: v for k, v in fields.items() if v is not None}


def av_quality_plain(rng, count):
    records = []
    for i in range(count):
        at = BASE + i * 300 - int(rng.expovariate(1 / 30000))
        fields = channel_state(at, rng.choice((None, 0, 1, 7, 100, -1)), rng.choice((None, 0, 2, 15, -3)),
                               user_id=rng.choice((1, 2, None)), agora_channel_id=rng.choice((5, None)),
                               classroom_id=rng.choice(("r1", None)), event=rng.choice(("S", "T", None)),
                               user_type=rng.choice(("student", "student", "teacher", None)))
        records.append(Record(message(fields), rng.choice((0, 1))))
    return records


def av_quality_odd():
    inner = message({"lost": 4, "uid": 9})
    values = [
        channel_state(BASE), channel_state(BASE, 4), channel_state(BASE + 29999, 2),
        channel_state(BASE + 30000, 5, 6), channel_state(BASE + 60000, user_id=-1),
        channel_state(BASE + 60000, user_id=None),
        channel_state(BASE + 60000, classroom_id="-1"), channel_state(BASE + 60000, classroom_id=None),
        channel_state(BASE + 89998), channel_state(BASE + 1, 8),        # a minute late: in time
        channel_state(BASE + 89999, user_type="teacher"),               # closes the first window
        channel_state(BASE + 29999, 1), channel_state(BASE + 30000, 1),
        channel_state(str(BASE + 90000), "12"), channel_state(BASE + 90000, "12.7"),
        channel_state(BASE + 90000, agora_audioState=inner),            # a text that holds JSON
        channel_state(BASE + 90000, agora_audioState="none"), channel_state(BASE + 90000, agora_audioState=[1]),
        channel_state(BASE + 90000, ""), channel_state(BASE + 90000, user_type="Student"),
        channel_state(None), channel_state("later"), channel_state(BASE + 90000, event=None),
        channel_state(BASE + 90000, event=""), {}, [],
    ]
    texts = [message(v) for v in values] + ["", "{", "null"]
    return [Record(text) for text in texts] + [Record(None)]


def av_quality(flink):
    inputs = [("seed 3", av_quality_plain(random.Random(3), 3000))]
    if not flink:
        early = [Record(message(channel_state(at))) for at in (-60001, -60000, -1, 0, 100000, 5)]
        inputs += [("odd messages", av_quality_odd()), ("before 1970", early)]
    cases = []
    for name, records in inputs:
        rows, counts = av_quality_rows(records)
        cases.append(Case(name, {"agora_record": records}, {"user_av_record": rows}, counts=counts))
    return cases


# ---- Lesson time ----

def lesson_time_rows(records):
    steps, ends = [], {}
    for r in records:
        m = Message(r.value)
        key = (m.integer("user_id"), m.text("classroom_id"))
        if None in key:
            continue
        at = m.integer("extra", "data_time")
        steps.append((key, m.text("user_type"), m.integer("event_time"), at))
        if m.text("sub_event") == "PPT_SUCCESS":
            ends.setdefault(key, []).append(at)
    return [(*key, user_type, end - at, timestamp(event_time), CLOCK_TEXT)
            for key, user_type, event_time, at in steps for end in ends.get(key, ())
            if at is not None and end is not None and at < end]


def player_step(user, room, at, event="PPT_STEP", **other):
    fields = {"user_id": user, "classroom_id": room, "user_type": "student", "sub_event": event,
              "event_time": None if at is None else BASE + at, "extra": {"data_time": at}}
    fields.update(other)
    return {k: v for k, v in fields.items() if v is not None}


def lesson_time_plain(rng, count):
    records = []
    for _ in range(count):
        fields = player_step(rng.choice((1, 2, 3, 4, 5, 6, None)), rng.choice(("r1", "r2", "r3", None)),
                             rng.choice((None, *range(0, 100000, 777))),
                             rng.choice(("PPT_SUCCESS", "PPT_STEP", "PPT_STEP", "PPT_STEP", None)))
        records.append(Record(message(fields), rng.choice((0, 1))))
    return records


def lesson_time_odd():
    values = [
        player_step(1, "r1", 5000, "PPT_SUCCESS"), player_step(1, "r1", 1000),   # the end comes first
        player_step(1, "r1", 5000), player_step(1, "r1", 6000), player_step(1, "r1", 1000),
        player_step(1, "r1", 9000, "PPT_SUCCESS"),
        player_step("1", "r1", 2000), player_step("01", "r1", 2001), player_step(1.9, "r1", 2002),
        player_step("one", "r1", 1), player_step(1, 7, 1000), player_step(1, "7", 2000, "PPT_SUCCESS"),
        player_step(2, "r1", 1, extra=message({"data_time": "70"})),
        player_step(2, "r1", 1, "PPT_SUCCESS", extra={"data_time": " 90 "}),
        player_step(2, "r1", 1, extra=80), player_step(2, "r1", 1, extra={}),
        player_step(2, "r1", 1, event_time="x"), player_step(2, "", -5), player_step(2, "", 5, "PPT_SUCCESS"),
        player_step(2, "r1", 10, user_type=None), {}, {"extra": {"data_time": 5}},
        {"extra": {"data_time": 9}, "sub_event": "PPT_SUCCESS"},
    ]
    texts = [message(v) for v in values] + ["", "{", "[]"]
    return [Record(text) for text in texts] + [Record(None)]


def lesson_time(flink):
    inputs = [("seed 4", lesson_time_plain(random.Random(4), 800))]
    if not flink:
        inputs.append(("odd messages", lesson_time_odd()))
    return [Case(name, {"qos_log": records}, {"user_enter_classroom_take_time": lesson_time_rows(records)},
                 least=5) for name, records in inputs]
