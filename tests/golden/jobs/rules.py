"""The scalar rules of Blink's dialect, read anew: JSON_VALUE, CAST, dates.  No weir in here."""
import datetime
import hashlib
import json
import re

MISSING = object()


class Number(str):
    """A number as it stands in the text."""


def parse(text):
    """The first complete value; MISSING if there is none."""
    def refuse(_):
        raise ValueError
    decoder = json.JSONDecoder(strict=False, parse_int=Number, parse_float=Number,
                               parse_constant=refuse)
    text = text.lstrip(" \t\r\n")
    depth = 0
    in_string = escaped = False
    for c in text:  # Jackson's limit
        if in_string:
            escaped, in_string = (not escaped and c == "\\"), not (c == '"' and not escaped)
        elif c == '"':
            in_string = True
        elif c in "[{":
            depth += 1
            if depth > 1000:
                return MISSING
        elif c in "]}":
            depth -= 1
    try:
        return decoder.raw_decode(text)[0]
    except (ValueError, RecursionError):
        return MISSING


def step(value, key):
    """JSON_VALUE(value, '$.key') where value is the result of another one."""
    if isinstance(value, str) and not isinstance(value, Number):
        value = parse(value)
    return value.get(key, MISSING) if isinstance(value, dict) else MISSING


def number_text(text):
    """Integers as digits; others as Java prints a double."""
    if not re.search("[.eE]", text):
        return "0" if text == "-0" else text
    value = float(text)
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    sign = "-" if str(value)[0] == "-" else ""
    mantissa, _, exponent = f"{abs(value)!r}".partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    point = len(whole) - (len(whole + fraction) - len(digits)) + int(exponent or 0)
    digits = digits.rstrip("0") or "0"
    if digits == "0":
        return sign + "0.0"
    if -3 < point <= 7:
        padded = digits.ljust(point, "0")
        if point > 0:
            return sign + padded[:point] + "." + (padded[point:] or "0")
        return sign + "0." + "0" * -point + digits
    return sign + digits[0] + "." + (digits[1:] or "0") + "E" + str(point - 1)


def to_json(value):
    """Compact, with numbers as as_text() has them."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{to_json(k)}:{to_json(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(to_json, value)) + "]"
    if isinstance(value, Number):
        return number_text(value)
    return json.dumps(value, ensure_ascii=False)


def as_text(value):
    if value is MISSING or value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Number):
        return number_text(value)
    if isinstance(value, str):
        return re.sub("[\ud800-\udfff]", "\ufffd", value)
    return to_json(value)


def as_integer(text, bits):
    match = re.fullmatch(r" *([+-]?)([0-9]*)(\.[0-9]*)? *", text or "")
    if not match or (match[2] == "" and match[3] is None):
        return None
    n = int(match[2] or "0") * (-1 if match[1] == "-" else 1)
    return n if -(1 << (bits - 1)) <= n < 1 << (bits - 1) else None


def timestamp(ms):
    if ms is None:
        return None
    try:
        at = datetime.datetime(1970, 1, 1) + datetime.timedelta(milliseconds=ms, hours=8)
    except OverflowError:
        return None
    return at.strftime("%Y-%m-%d %H:%M:%S.") + f"{at.microsecond // 1000:03d}".rjust(3, "0")


def date_format(text, pattern):
    """DATE_FORMAT of a text: the front is read leniently as yyyy-MM-dd HH:mm:ss, and written as
    strftime's pattern says."""
    match = re.match("([0-9]+)-([0-9]+)-([0-9]+) ([0-9]+):([0-9]+):([0-9]+)", text or "")
    if not match:
        return None
    year, month, day, hour, minute, second = (int(group) for group in match.groups())
    if year == 0:
        return None
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    try:
        at = datetime.datetime(year, month, 1) + datetime.timedelta(
            days=day - 1, hours=hour, minutes=minute, seconds=second)
    except (ValueError, OverflowError):
        return None
    return at.strftime(pattern)


def md5(text):
    """Of an empty text an empty text."""
    return text and hashlib.md5(text.encode()).hexdigest()


class Message:
    """The value of a message and its JSON."""

    def __init__(self, value):
        self.json = parse(value) if isinstance(value, str) else MISSING

    def text(self, *keys):
        """Nested JSON_VALUE, a key a step."""
        value = self.json if isinstance(self.json, dict) else MISSING
        for key in keys:
            value = step(value, key)
        return as_text(value)

    def integer(self, *keys, bits=64):
        return as_integer(self.text(*keys), bits)
