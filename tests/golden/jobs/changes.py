"""The jobs over change messages, by the rules: newest values of an id, joins, counts that go up and
down, and what becomes of rows in keyed tables."""
import random

from jobs.harness import CLOCK_TEXT, Case, Record, in_read_order, message
from jobs.rules import Message, date_format, md5, timestamp

# ---- The pieces.  A change is (+1 or -1, row). ----


class NewestValues:
    """SELECT LAST_VALUE(c), ... GROUP BY id: the last value of each column that was not NULL."""

    def __init__(self):
        self.rows = {}

    def message(self, key, values):
        old = self.rows.get(key)
        new = tuple(values) if old is None else tuple(
            o if v is None else v for o, v in zip(old, values))
        self.rows[key] = new
        if old == new:
            return []
        return ([(-1, old)] if old is not None else []) + [(+1, new)]


class JoinById:
    """An inner join of two inputs that have at most one row an id at a time."""

    def __init__(self):
        self.sides = {}, {}

    def change(self, side, op, key, row):
        if key is None:
            return []
        mine, other = self.sides[side], self.sides[1 - side]
        if op > 0:
            mine[key] = row
        else:
            del mine[key]
        if key not in other:
            return []
        pair = (row, other[key]) if side == 0 else (other[key], row)
        return [(op, pair)]


class CountDistinct:
    """COUNT(DISTINCT value) GROUP BY key.  Gives (kind, key, count): +I, -U, +U, -D."""

    def __init__(self):
        self.groups = {}

    def change(self, op, key, value):
        group = self.groups.setdefault(key, {})
        old = self.count(group)
        existed = bool(group)
        group[value] = group.get(value, 0) + op
        if group[value] == 0:
            del group[value]
        if not group:
            del self.groups[key]
            return [("-D", key, old)]
        new = self.count(group)
        if not existed:
            return [("+I", key, new)]
        return [("-U", key, old), ("+U", key, new)] if new != old else []

    @staticmethod
    def count(group):
        return sum(value is not None for value in group)


class CountRows(CountDistinct):
    """COUNT(*) GROUP BY key; changes carry no value."""

    @staticmethod
    def count(group):
        return sum(group.values())


class Materialized:
    """A table whose key is not that of the query: the live rows of each key in order of arrival.  An
    update stays in its place and is written; when the last one goes, the one before it is written."""

    def __init__(self):
        self.live = {}
        self.table = {}

    def change(self, kind, key, origin, row):
        rows = self.live.setdefault(key, {})
        if kind in ("+I", "+U"):
            rows[origin] = row
            self.table[key] = row
        elif kind == "-D" and origin in rows:
            was_last = next(reversed(rows)) == origin
            del rows[origin]
            if not rows:
                del self.table[key]
            elif was_last:
                self.table[key] = rows[next(reversed(rows))]


# ---- Level dictionary ----

DICTIONARY = ("id", "chinese_name", "english_name", "level", "pid", "create_time", "update_time", "dept_id")


def level_dictionary_rows(records, flink):
    table = {}
    for r in records:
        m = Message(r.value)
        values = [m.text(name) for name in DICTIONARY]
        rowkey = md5(values[0])
        if not rowkey:
            continue
        old = table.get(rowkey, [None] * len(values))
        table[rowkey] = [o if v is None else v for o, v in zip(old, values)]
    return [(rowkey, *values) for rowkey, values in table.items()]


def level_dictionary(flink):
    rng = random.Random(5)
    records = []
    for _ in range(300):
        fields = {name: rng.choice((f"{name}{rng.randrange(3)}", "", None, "值"))
                  for name in DICTIONARY[1:] if rng.random() < 0.8}
        fields["id"] = f"c{rng.randrange(40)}"
        records.append(Record(message(fields)))
    if not flink:
        records += [Record(message(fields)) for fields in (
            {"level": "A"}, {"id": "", "level": "A"}, {"id": 5, "level": 1.50}, {"id": "5", "pid": {"a": [1]}},
            {"id": "only"}, [], {})] + [Record("{"), Record("")]
    return [Case("seed 5", {"blink_stg_activity__channel_name_dictionary_da": records},
                 {"channel_name_dictionary": level_dictionary_rows(records, flink)}, least=40)]


# ---- Hourly registrations ----

def is_real(name):
    return name is not None and "测试" not in name and not name.startswith("DM_") and "test" not in name


def registrations_sink(students, users, channels, flink):
    """Channels: level by row key.  Blink: a row per level.  Flink: a row per hour and level."""
    student_view, user_view, join = NewestValues(), NewestValues(), JoinById()
    counts, sink = CountDistinct(), Materialized()
    for side, record in in_read_order(students, users):
        m = Message(record.value)
        key = m.text("id")
        joined = []
        if side == 0:
            for op, (channel,) in student_view.message(key, [m.text("channel_id")]):
                joined += join.change(0, op, key, channel)
        else:
            row = [m.text("name"), m.text("register_date_time"), m.text("status")]
            for op, (name, at, status) in user_view.message(key, row):
                if is_real(name) and status == "NORMAL":
                    joined += join.change(1, op, key, at)
        for op, (channel, at) in joined:
            level = channels.get(md5(channel)) if channel is not None else None
            level = level if level in ("A", "B", "C", "D") else "other"
            hour = date_format(at, "%Y%m%d%H")
            if flink and hour is None:
                continue
            for kind, group, count in counts.change(op, (hour, level), key):
                number = None if hour is None else int(hour)
                row = (number, level, count) if flink else (level, number, level, count)
                sink.change(kind, row[:2] if flink else level, group, row)
    return sink


def registrations_rows(students, users, channels, flink):
    return list(registrations_sink(students, users, channels, flink).table.values())


NAMES = ("Li Lei", "Han Meimei", "DMX", "DM_robot", "测试一号", "my test", "Test", "a测试", "", "DM\\_x", "xDM_")
HOURS = ("2020-08-06 16:35:49", "2020-08-06 16:00:00", "2020-08-06 17:00:00", "2020-08-07 09:59:59.999")
ODD_HOURS = ("2020-13-01 10:00:00", "2020-08-05 33:00:00 Z", "2020-08-06", "", "soon")


def random_student(rng, channels):
    fields = {"id": f"s{rng.randrange(60)}"}
    if rng.random() < 0.8:
        fields["channel_id"] = rng.choice(channels)
    if rng.random() < 0.5:
        fields["update_time"] = str(rng.randrange(100))
    return fields


def random_user(rng, hours):
    fields = {"id": f"s{rng.randrange(60)}"}
    if rng.random() < 0.7:
        fields["name"] = rng.choice(NAMES if rng.random() < 0.4 else NAMES[:2])
    if rng.random() < 0.7:
        fields["register_date_time"] = rng.choice(hours)
    if rng.random() < 0.7:
        fields["status"] = rng.choice(("NORMAL", "NORMAL", "NORMAL", "CLOSED", None))
    return fields


def dimension(channels, flink):
    family = "cf:" if flink else ""
    values = ", ".join(f"('{rowkey}', 'x', {'NULL' if level is None else repr(level)})"
                       for rowkey, level in channels.items())
    return [f'CREATE TABLE "databus:activity.channel" (rowkey TEXT PRIMARY KEY, "{family}id" TEXT, '
            f'"{family}level" TEXT);', f'INSERT INTO "databus:activity.channel" VALUES {values};']


def registrations_odd():
    """By hand: rows that come, move and leave, in an order that two topics share by time."""
    steps = [
        (0, {"id": "a", "channel_id": "A"}),
        (1, {"id": "a", "name": "Ann", "register_date_time": HOURS[0], "status": "NORMAL"}),   # A: 16 h, 1
        (1, {"id": "b", "name": "Bob", "register_date_time": HOURS[2], "status": "NORMAL"}),
        (0, {"id": "b", "channel_id": "A"}),                                                   # A: 17 h, 1
        (1, {"id": "b", "status": "CLOSED"}),                                                  # A: 16 h again
        (1, {"id": "b", "status": "NORMAL"}),                                                  # A: 17 h
        (1, {"id": "b", "register_date_time": HOURS[3]}),                                      # A: 7 August
        (1, {"id": "c", "name": "Cid", "register_date_time": HOURS[0], "status": "NORMAL"}),
        (0, {"id": "c", "channel_id": "B"}),                                                   # B: 16 h, 1
        (0, {"id": "c", "update_time": "2"}),
        (1, {"id": "c", "name": "DM_Cid"}),                                                    # B: gone
        (1, {"id": "d", "name": "Dot", "register_date_time": HOURS[0], "status": "NORMAL"}),
        (0, {"id": "d", "channel_id": "unknown"}), (0, {"id": "e", "channel_id": "without level"}),
        (1, {"id": "e", "name": "Eva", "register_date_time": HOURS[0], "status": "NORMAL"}),   # other: 2
        (0, {"channel_id": "A"}), (1, {"name": "Nobody", "register_date_time": HOURS[0], "status": "NORMAL"}),
        (0, {"id": "f"}), (1, {"id": "f", "name": "Fay", "register_date_time": HOURS[0], "status": "NORMAL"}),
        (0, {"id": "g", "channel_id": ""}),
        (1, {"id": "g", "name": "Gus", "register_date_time": HOURS[1], "status": "NORMAL"}),   # other: 4
        (0, {"id": "f", "channel_id": "A"}),                                                   # A: 16 h, 2; other: 3
        (1, {"id": "h", "name": "测试", "register_date_time": HOURS[0], "status": "NORMAL"}),
        (0, {"id": "h", "channel_id": "C"}),
        (0, {"id": "i", "channel_id": "C"}),
        (1, {"id": "i", "name": "Ida", "register_date_time": HOURS[0], "status": "normal"}),
    ]
    topics = [], []
    for i, (side, fields) in enumerate(steps):
        topics[side].append(Record(message(fields), 0, 1000 + i))
    return topics


# The rows that those steps lead to, thought out: the table of each step's effect is beside the steps.
REGISTRATIONS_BY_HAND = [("A", 2020080616, "A", 2), ("other", 2020080616, "other", 3)]
REGISTRATIONS_BY_HAND_FLINK = [(2020080616, "A", 2), (2020080709, "A", 1), (2020080616, "other", 3)]


def hourly_registrations(flink):
    channels = {md5(name): name for name in ("A", "B", "C", "D", "E", "a")}
    channels[md5("without level")] = None
    names = ("A", "B", "C", "D", "E", "a", "without level", "unknown", "", None)
    inputs = []
    hours = HOURS if flink else HOURS + ODD_HOURS
    for seed, timed in ((6, True), (7, False), (8, True), (21, True), (22, True), (23, True)):
        rng = random.Random(seed)
        students, users = [], []
        for i in range(700):
            fields = random_student(rng, names) if rng.random() < 0.5 else random_user(rng, hours)
            side = students if "channel_id" in fields or "update_time" in fields else users
            side.append(Record(message(fields), 0, 1000 + i // 2 if timed else None))
        inputs.append((f"seed {seed}", students, users))
    inputs.append(("by hand", *registrations_odd()))
    by_hand = registrations_rows(*registrations_odd(), channels, flink)
    assert sorted(by_hand) == sorted(REGISTRATIONS_BY_HAND_FLINK if flink else REGISTRATIONS_BY_HAND)
    table = "registrations" if flink else "vk_app_es_sign_csh"
    return [Case(name, {"uc_account-student": students, "uc_account-user": users},
                 {table: registrations_rows(students, users, channels, flink)},
                 tables=dimension(channels, flink), least=2) for name, students, users in inputs]


# ---- Daily consultants ----

def as_number(text):
    return Message(message({"n": text})).integer("n")


def consultant_rows(records, flink):
    view, counts, sink = NewestValues(), CountRows(), Materialized()
    for r in records:
        m = Message(r.value)
        row = [m.text("cc_id"), m.text("confirm_date_time"), m.text("status")]
        for op, (cc, at, status) in view.message(m.text("id"), row):
            if at is None or as_number(status) != 3:
                continue
            number, day = as_number(cc), date_format(at, "%Y-%m-%d")
            for kind, group, count in counts.change(op, (day, number if flink else cc), None):
                if number is not None and day is not None:
                    sink.change(kind, (number, day), group, (number, count, 1, day, CLOCK_TEXT))
    return list(sink.table.values())


def order(number, **fields):
    fields["id"] = number
    return Record(message({k: v for k, v in fields.items() if v is not None}))


def random_order(rng):
    return order(f"o{rng.randrange(80)}" if rng.random() < 0.98 else None,
                 cc_id=rng.choice(("7", "07", "8", "9", "", "x7", None, None)),
                 confirm_date_time=rng.choice((*HOURS, None, None, "2020-08-06", "2020-08-36 00:00:00")),
                 status=rng.choice(("3", "3", "3", "4", "1", " 3", "3.5", "x", None)))


def consultant_by_hand():
    return [
        order("a", cc_id="7", confirm_date_time=HOURS[0], status="3"),
        order("b", cc_id="7", confirm_date_time=HOURS[1], status=3),
        order("c", cc_id="07", confirm_date_time=HOURS[1], status="3"),   # the row of 7 shows 1
        order("c", status="4"),                                           # and 2 again
        order("d", cc_id="seven", confirm_date_time=HOURS[0], status="3"),
        order("e", confirm_date_time=HOURS[0], status="3"),
        order("f", cc_id="8", status="3"), order("f", confirm_date_time=HOURS[3]),
        order("g", cc_id="8", confirm_date_time="soon", status="3"),
        order("h", cc_id="9", confirm_date_time=HOURS[0], status="3"),
        order("h", cc_id="10"),                                           # the row of 9 goes
        order("i", cc_id="11", confirm_date_time=HOURS[0], status="3"), order("i", status="5"),
        order("i", status=None), order("j", status="3.9", cc_id="12", confirm_date_time=HOURS[0]),
        order(None, cc_id="13", confirm_date_time=HOURS[0]), order(None, status="3"),
    ]


CONSULTANTS_BY_HAND = [(7, 2, "2020-08-06"), (8, 1, "2020-08-07"), (10, 1, "2020-08-06"),
                       (12, 1, "2020-08-06"), (13, 1, "2020-08-06")]


def daily_consultant(flink):
    by_hand = consultant_rows(consultant_by_hand(), flink)
    assert sorted(by_hand) == [(cc, count, 1, day, CLOCK_TEXT) for cc, count, day in CONSULTANTS_BY_HAND]
    inputs = [("by hand", consultant_by_hand())]
    for seed in (9, 10):
        rng = random.Random(seed)
        inputs.append((f"seed {seed}", [random_order(rng) for _ in range(600)]))
    return [Case(name, {"data_pack_order_info": records},
                 {"staff_index": consultant_rows(records, flink)}, least=4)
            for name, records in inputs]


# ---- Daily UV and PV ----

DAY = 86400000


def local_day(ms):
    return timestamp(ms)[:10]


def uv_pv_rows(records):
    views = {}
    for r in records:
        m = Message(r.value)
        at = m.integer("time")
        if m.text("event") == "view" and timestamp(at) is not None:
            views.setdefault(local_day(at), []).append(m.text("user_id"))
    return [(day, len(users), len({u for u in users if u is not None}), CLOCK_TEXT)
            for day, users in views.items()]


def uv_pv_steps(records):
    """CUMULATE of a day by ten minutes; late is what comes when all windows it belongs to are closed."""
    watermark, windows = None, {}
    for r in records:
        m = Message(r.value)
        at = m.integer("time")
        start = (at + 8 * 3600000) // DAY * DAY - 8 * 3600000
        end = (at - start) // 600000 * 600000 + 600000 + start
        if m.text("event") == "view":
            while end <= start + DAY:
                if watermark is None or end - 1 > watermark:
                    windows.setdefault((start, end), []).append(m.text("user_id"))
                end += 600000
        watermark = at - 60000 if watermark is None else max(watermark, at - 60000)
    return [(local_day(start), timestamp(end), len(users), len({u for u in users if u is not None}))
            for (start, end), users in windows.items()]


def daily_uv_pv(flink):
    rng = random.Random(11)
    records = []
    for i in range(1500):
        at = 1596731749000 + i * 60000 - int(rng.expovariate(1 / 120000))
        fields = {"event": rng.choice(("view", "view", "click")), "time": at, "page": "home"}
        if rng.random() < 0.9:
            fields["user_id"] = f"u{rng.randrange(50)}"
        records.append(Record(message(fields)))
    if flink:
        return [Case("seed 11", {"app_log_origin": records}, {"daily_uv_pv_steps": uv_pv_steps(records)},
                     least=100)]
    records += [Record(message(fields)) for fields in (
        {"event": "view"}, {"event": "view", "time": "x", "user_id": "u"}, {"time": 5},
        {"event": "view", "time": "1596731749000", "user_id": 7},
        {"event": "view", "time": 1596729599999, "user_id": "late"},   # the last instant of 6 August
        {"event": "view", "time": 1596729600000, "user_id": "new day"})]
    return [Case("seed 11", {"app_log_origin": records}, {"daily_uv_pv": uv_pv_rows(records)}, least=3)]


# ---- Top teachers ----

def newest_by_id(records, names, numbers=()):
    view = NewestValues()
    for r in records:
        m = Message(r.value)
        view.message(m.text("id"), [m.integer(name) if name in numbers else m.text(name)
                                    for name in names])
    return view.rows


def ranked(days):
    rows = []
    for day, teachers in days.items():
        order_by = sorted(teachers.items(), key=lambda item: (-len(item[1]), item[0].encode()))
        rows += [(day, place, teacher, len(students))
                 for place, (teacher, students) in enumerate(order_by[:10], 1)]
    return rows


def top_teachers_rows(records):
    days = {}
    for teacher, student, at, status in newest_by_id(
            records, ("teacher_id", "student_id", "lesson_time", "status")).values():
        day = date_format(at, "%Y-%m-%d")
        if status is not None and status != "CANCELLED" and teacher is not None and day is not None:
            students = days.setdefault(day, {}).setdefault(teacher, set())
            if student is not None:
                students.add(student)
    return ranked(days)


def attendance_rows(records):
    days, watermark = {}, None
    for r in records:
        m = Message(r.value)
        at, teacher, student = m.integer("end_time"), m.text("teacher_id"), m.text("student_id")
        start = (at + 8 * 3600000) // DAY * DAY - 8 * 3600000
        if teacher is not None and (watermark is None or start + DAY - 1 > watermark):
            students = days.setdefault(local_day(at), {}).setdefault(teacher, set())
            if student is not None:
                students.add(student)
        watermark = at - 300000 if watermark is None else max(watermark, at - 300000)
    return ranked(days)


def top_teachers(flink):
    rng = random.Random(12)
    records = []
    if flink:
        for i in range(2000):
            fields = {"student_id": f"s{rng.randrange(30)}", "end_time": 1596731749000 + i * 120000 -
                      int(rng.expovariate(1 / 200000))}
            if rng.random() < 0.97:
                fields["teacher_id"] = f"t{rng.randrange(15)}"
            records.append(Record(message(fields)))
        return [Case("seed 12", {"lesson_attendance": records}, {"top_teachers": attendance_rows(records)},
                     least=30)]
    for _ in range(1500):
        fields = {"id": f"b{rng.randrange(400)}"}
        if rng.random() < 0.7:
            fields["teacher_id"] = f"t{rng.randrange(14)}"
        if rng.random() < 0.7:
            fields["student_id"] = f"s{rng.randrange(25)}"
        if rng.random() < 0.7:
            fields["lesson_time"] = rng.choice((*HOURS, "soon"))
        if rng.random() < 0.7:
            fields["status"] = rng.choice(("BOOKED", "HELD", "CANCELLED"))
        records.append(Record(message(fields)))
    return [Case("seed 12", {"lesson_booking": records}, {"top_teachers": top_teachers_rows(records)},
                 least=20)]


# ---- Teaching review ----

def teaching_review_rows(lessons, ratings):
    scores = {}
    newest = newest_by_id(ratings, ("lesson_id", "score", "status"), ("score",))
    for lesson, score, status in newest.values():
        if status == "VALID" and score is not None and 1 <= score <= 5:
            scores.setdefault(lesson, []).append(score)
    days = {}
    newest = newest_by_id(lessons, ("teacher_id", "start_time", "minutes", "status"), ("minutes",))
    for lesson, (teacher, at, minutes, status) in newest.items():
        day = date_format(at, "%Y-%m-%d")
        if status == "HELD" and lesson is not None and teacher is not None and day is not None:
            days.setdefault((teacher, day), []).append((minutes, scores.get(lesson, [])))
    rows = []
    for (teacher, day), held in days.items():
        minutes = [m for m, _ in held if m is not None]
        given = [score for _, of_lesson in held for score in of_lesson]
        low = sum(score < 3 for score in given)
        if not given:
            verdict = "UNRATED"
        elif sum(given) < 4 * len(given) or 10 * low > len(given):
            verdict = "QUALITY"
        else:
            verdict = "QUANTITY" if len(held) < 4 else "GOOD"
        rows.append((teacher, day, len(held), sum(minutes) if minutes else None, len(given),
                     sum(given) / len(given) if given else None,
                     100 * low / len(given) if given else None, verdict))
    return rows


def teaching_review(flink):
    rng = random.Random(13)
    lessons, ratings = [], []
    for i in range(1500):
        if rng.random() < 0.5:
            fields = {"id": f"l{rng.randrange(200)}", "teacher_id": f"t{rng.randrange(12)}",
                      "start_time": rng.choice((*HOURS, "soon")), "minutes": rng.choice((25, 50, "30", "x")),
                      "status": rng.choice(("HELD", "HELD", "HELD", "CALLED_OFF"))}
            topic = lessons
        else:
            fields = {"id": f"r{rng.randrange(300)}", "lesson_id": f"l{rng.randrange(210)}",
                      "score": rng.choice((5, 5, 5, 5, 4, 4, 3, 2, 1, 0, 6, "5", "x")),
                      "status": rng.choice(("VALID", "VALID", "VALID", "TAKEN_BACK"))}
            topic = ratings
        fields = {k: v for k, v in fields.items() if k == "id" or rng.random() < 0.8}
        topic.append(Record(message(fields), 0, 1000 + i))
    return [Case("seed 13", {"lesson": lessons, "lesson_rating": ratings},
                 {"teaching_review": teaching_review_rows(lessons, ratings)}, least=20)]
