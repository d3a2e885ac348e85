"""The ETL pipeline as a program that keeps everything in variables, event by event."""
import datetime
import hashlib
import json
import random

from jobs.harness import CLOCK_MS, Case, Record, message

ZONE = datetime.timezone(datetime.timedelta(hours=8))
NOW = datetime.datetime.fromtimestamp(CLOCK_MS / 1000, datetime.timezone.utc)
TYPES = ("stroke_raw", "grade_result", "homework_submit", "ocr_result", "stroke_order",
         "writing_quality", "exam_score", "login_event")


class Day:
    """What a student did in a subject on a day."""

    def __init__(self):
        self.grades = self.practice = self.chars = self.wrong = self.minutes = 0
        self.grade_avg = self.quality = self.order = self.speed = 0.0
        self.points = []


class Pipeline:
    def __init__(self):
        self.processed = self.errors = self.dropped = 0
        self.seen = set()
        self.days = {}
        self.metrics = []
        self.wrong_answers = []

    def feed(self, text):
        try:
            data = json.loads(text) if text is not None else None
            event = self.clean(text, data)
        except (ValueError, TypeError):  # no JSON, or no value that has members
            self.errors += 1
            return
        if event is None:
            self.dropped += 1
            return
        self.processed += 1
        event_id, at = event
        if NOW - at > datetime.timedelta(days=7):
            self.dropped += 1
        elif event_id not in self.seen:
            self.seen.add(event_id)
            self.take(event_id, data)

    @staticmethod
    def clean(text, data):
        """(id, instant); None for what is no event."""
        for name in ("event_type", "student_id", "timestamp"):
            if name not in data or not data[name]:
                return None
        if data["event_type"] not in TYPES or not isinstance(data["timestamp"], str):
            return None
        try:
            at = datetime.datetime.fromisoformat(data["timestamp"].replace("Z", "+00:00"))
        except ValueError:
            return None
        key = f"{data['student_id']}_{data['timestamp']}_{text[:50]}"
        return hashlib.md5(key.encode()).hexdigest(), at if at.tzinfo else at.replace(tzinfo=ZONE)

    def take(self, event_id, data):
        payload = data.get("payload")
        payload = payload if isinstance(payload, dict) else {}
        student, created = str(data["student_id"]), data["timestamp"]
        date = created[:10]
        kind = data["event_type"]

        def text(name, default="", of=payload):
            value = of.get(name)
            return default if value is None else str(value)

        def number(name):
            value = payload.get(name)
            return value if isinstance(value, (int, float)) and not isinstance(value, bool) else 0

        def day(subject):
            return self.days.setdefault((student, date, subject), Day())

        def metric(subject, metric_type, value, dimension="", start=""):
            self.metrics.append((event_id, student, text("class_id", of=data), text("school_id", of=data),
                                 subject, metric_type, float(value), dimension, "daily", start, "", created))

        subject = text("subject", "unknown")
        if kind == "stroke_raw":
            day(subject).chars += number("stroke_count")
            metric(subject, "stroke_count", number("stroke_count"), text("page_id"), date)
        elif kind == "grade_result":
            d = day(subject)
            d.grades += 1
            d.grade_avg = (d.grade_avg * (d.grades - 1) + number("score")) / d.grades
            for answer in payload.get("errors") or []:
                point = answer.get("knowledge_point")
                if not point:
                    continue
                d.wrong += 1
                if point not in d.points:
                    d.points.append(point)
                self.wrong_answers.append((student, text("homework_id"), text("question_id", of=answer), subject,
                                           point, text("error_type", of=answer), created))
        elif kind == "homework_submit":
            day(subject).minutes += number("time_cost_minutes")
        elif kind == "ocr_result":
            metric("chinese", "ocr_confidence", number("confidence"))
        elif kind == "stroke_order":
            d = day("chinese")
            d.practice += 1
            d.order = (d.order * (d.practice - 1) + number("score")) / d.practice
        elif kind == "writing_quality":
            d = day("chinese")
            n = max(d.practice, 1)
            d.quality = (d.quality * (n - 1) + number("quality_score")) / n
            d.speed = (d.speed * (n - 1) + number("speed")) / n
        elif kind == "exam_score":
            metric(subject, "exam_score", number("score"), text("exam_id"))

    def tables(self):
        days = [(*key, d.grades, d.grades, d.grade_avg, d.practice, int(d.chars), 0.0, d.quality, d.order, d.speed,
                 d.wrong, json.dumps(d.points, ensure_ascii=False, separators=(",", ":")), int(d.minutes))
                for key, d in self.days.items()]
        return {"analytics_metrics": self.metrics, "student_daily_stats": days,
                "error_record": self.wrong_answers,
                "pipeline_stats": [("analytics-etl", self.processed, self.errors, self.dropped)]}


# ---- Inputs ----

def event(kind, payload=None, at="2020-08-06T16:35:49Z", student="s1", **other):
    fields = {"event_type": kind, "student_id": student, "timestamp": at}
    if payload is not None:
        fields["payload"] = payload
    fields.update(other)
    return fields


GOOD_TIMES = ("2020-08-06", "2020-08-06T16", "2020-08-06T16:35", "2020-08-06 16:35:49", "2020-08-06x16:35:49.5",
              "2020-08-06T16:35:49.123456+08:00", "2020-08-06T16:35:49-0330", "2020-08-06T16:35+08", "2020-08-06Z",
              "2020-08-06T16:35:49Z", "2030-01-01T00:00:00Z", "2020-08-06T00:35:49+23:59",
              # the border of seven days: 2020-07-30T16:35:49Z is not yet too old
              "2020-07-30T16:35:49Z", "2020-07-30T16:35:48.999Z", "2020-07-31T00:35:49", "2020-07-31T00:35:48",
              "2020-07-31T00:35:49+08:00", "2020-07-30T22:05:49+05:30", "2020-07-30T22:05:48+05:30",
              "2020-07-30T11:35:49-05:00", "2020-07-30T11:35:48-05:00", "2000-02-29", "0001-01-01")
BAD_TIMES = ("2020-02-30", "2020-13-01", "2020-08-06T24:00:00", "2020-08-06T16:60", "2020-08-06T16:35:60", "2019-02-29",
             "2020-08-06T1", "2020-08-06T", "soon", "2020-8-6", "2020-08-06T16:35:49+24:00", "2020-08-06T16:35:49.",
             "20-08-06", " 2020-08-06", "0000-01-01", "2020-08-06T16:35:49ZZ",
             "2020-08-06T16:35:49\n", "2020-08-06\n")


def odd_texts():
    values = [event("login_event", {"n": i}, at) for i, at in enumerate(GOOD_TIMES + BAD_TIMES)]
    values += [event("exam_score", {"score": i}, at) for i, at in enumerate(GOOD_TIMES)]
    values += [event("login_event", at=at) for at in (None, "", 0, 20200806, ["2020-08-06"], {"a": 1}, True)]
    values += [event("exam_score", {"score": 1}, student=s)
               for s in ("", None, 0, 0.0, False, [], {}, "0", 7, 7.5, -1, "学生", "a_b", "false")]
    values += [event(kind, {"score": 1}) for kind in ("", None, 0, "exam", "EXAM_SCORE", "exam_score ", 5, ["exam_score"])]
    values += [[], [1], "text", "", 5, 0, None, True, {}, {"event_type": "exam_score"}]
    values += [event(kind) for kind in TYPES]
    values += [event(kind, {}, student="s2") for kind in TYPES]
    values += [dict(event(kind, student=f"p{i}"), payload=payload) for kind in TYPES for i, payload in
               enumerate((None, [], "text", 5, {"score": None, "subject": None, "errors": None}))]
    whole = [
        event("exam_score", {"score": 90, "subject": "math", "exam_id": "e1", "total_score": 120},
              class_id="c1", school_id="n1", source="pad"),
        event("exam_score", {"score": 91, "subject": "", "exam_id": 7}, class_id=None, school_id=5),
        event("ocr_result", {"confidence": 0.875, "char_count": 3, "subject": "math"}),
        event("stroke_raw", {"stroke_count": 12, "page_id": "p1", "subject": "chinese"}),
        event("stroke_raw", {"stroke_count": 7, "page_id": "p2"}),
        event("homework_submit", {"time_cost_minutes": 25, "subject": "chinese"}),
        event("grade_result", {"score": 80, "homework_id": "h1", "subject": "math", "errors": [
            {"knowledge_point": "fractions", "question_id": "q1", "error_type": "sum"},
            {"knowledge_point": "angles"}, {"knowledge_point": ""}, {"question_id": "q2"}, {},
            {"knowledge_point": None}, {"knowledge_point": "fractions", "question_id": 3}]}),
        event("grade_result", {"score": 70.5, "homework_id": 2, "subject": "math", "errors": [
            {"knowledge_point": "primes, large ones"}, {"knowledge_point": "angles", "error_type": "sign"}]}),
        event("grade_result", {"score": 60, "subject": "math", "errors": []}),
        event("writing_quality", {"quality_score": 50, "speed": 10}),   # no stroke order yet: the last one counts
        event("writing_quality", {"quality_score": 60, "speed": 12}),
        event("stroke_order", {"score": 80, "character": "人"}),
        event("writing_quality", {"quality_score": 70, "speed": 14}),
        event("stroke_order", {"score": 91}), event("stroke_order", {"score": 60.5}),
        event("writing_quality", {"quality_score": 100, "speed": 20}),  # 70 * 2 / 3 + 100 / 3
        event("writing_quality", {"quality_score": 40}),                # 80 * 2 / 3 + 40 / 3
    ]
    values += [dict(value, timestamp=f"2020-08-06T10:00:{i:02}Z") for i, value in enumerate(whole)]
    texts = [message(v) for v in values]
    # Two of one id: the same student, time and first 50 characters, whatever comes after them.
    long = '{"event_type":"exam_score","student_id":"s1","timestamp":"2020-08-06T16:35:49Z","payload":{"score":%d}}'
    texts += [long % 1, long % 2, long % 1, " " + long % 3]
    texts += ["", "{", "nonsense", long % 4 + " and more", long % 5 + long % 6, long % 7 + "]", long % 9 + "}", long % 10 + "," + long % 11, "[1, 2", '"open',
              " \t" + long % 8 + "\r\n ", '{"event_type": "exam\x01_score"}', "01", "'text'", "  [5]  ", '  "a"']
    # 50 characters, not bytes: the two differ in the 51st and are one
    wide = '{"x":"%s%d","event_type":"exam_score","student_id":"s9","timestamp":"2020-08-06","payload":{"score":%d}}'
    texts += [wide % ("测" * 44, 1, 1), wide % ("测" * 44, 2, 2), wide % ("测" * 43, 3, 3), wide % ("测" * 43, 4, 4)]
    return texts


def random_events(rng, count):
    for i in range(count):
        kind = rng.choice(TYPES)
        at = datetime.datetime(2020, 8, 5) + datetime.timedelta(seconds=rng.randrange(200000))
        if rng.random() < 0.05:
            at -= datetime.timedelta(days=10)
        payload = {"subject": rng.choice(("math", "chinese", "english")), "score": rng.randrange(1000) / 10,
                   "stroke_count": rng.randrange(50), "page_id": f"p{rng.randrange(5)}", "confidence": rng.random(),
                   "time_cost_minutes": rng.randrange(60), "quality_score": rng.randrange(100), "speed": rng.random() * 30,
                   "homework_id": f"h{rng.randrange(9)}",
                   "errors": [{"knowledge_point": rng.choice(("a", "b", "c", "")), "question_id": f"q{i}"}
                              for _ in range(rng.randrange(4))]}
        payload = {k: v for k, v in payload.items() if rng.random() < 0.9}
        fields = event(kind, payload, at.isoformat() + rng.choice(("", "Z", "+08:00")), f"s{rng.randrange(6)}",
                       class_id="c1")
        text = json.dumps(fields)
        yield text
        if rng.random() < 0.05:
            yield text


def etl_pipeline(flink):
    inputs = [("odd events", odd_texts()), ("seed 14", list(random_events(random.Random(14), 2500))),
              ("seed 15", list(random_events(random.Random(15), 300)))]
    cases = []
    for name, texts in inputs:
        pipeline = Pipeline()
        for text in texts:
            pipeline.feed(text)
        if name == "odd events":
            day = pipeline.days["s1", "2020-08-06", "chinese"]
            assert (day.chars, day.minutes, day.practice) == (12, 25, 4)  # one order without score
            math = pipeline.days["s1", "2020-08-06", "math"]
            assert (math.grades, math.wrong, math.points) == (3, 5, ["fractions", "angles", "primes, large ones"])
        cases.append(Case(name, {"analytics_events": [Record(text) for text in texts]}, pipeline.tables(),
                          settings=("table.local-time-zone=Asia/Shanghai",), least=30))
    return cases
