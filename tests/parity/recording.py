"""recording.py -- what Flink did with the cases of a file: cases/NAME.flink.

    # Apache Flink 2.3.0
    === name of the case
    --- of: DIGEST                   of the job and its inputs, so that an old recording is noticed
    --- select 1                     or the path of a sink; a paragraph is what one record caused
    +I {"k": 1, "c": 1}

    -U {"k": 1, "c": 1}
    +U {"k": 1, "c": 2}
    = {"key": "1", "value": "a"}     a message of a topic; {"hex": "ff"} are bytes that are no text
    --- refused: REASON              Flink did not plan the job
    --- failed: REASON               it ended with an error while it ran
"""
import json


class Number(str):
    """A number as it is written: 1.50 is not 1.5."""


class Recording:
    def __init__(self, name):
        self.name = name
        self.digest = None
        self.refused = None
        self.failed = None
        self.sinks = {}  # name: steps, a step is a list of (kind, data as text)


def load_value(text):
    return normal(json.loads(text, parse_float=Number, parse_int=Number))


def normal(value):
    """Maps have no order; whether rows have one does not matter here."""
    if isinstance(value, dict):
        if list(value) == ["$map"]:
            return {"$map": sorted(map(normal, value["$map"]), key=repr)}
        return {key: normal(item) for key, item in sorted(value.items())}
    if isinstance(value, list):
        return [normal(item) for item in value]
    return (type(value) is Number, value)


def change_of(line):
    """(kind, data as text) of a line of changelog-json, or of a message of a topic."""
    value = json.loads(line, parse_float=Number, parse_int=Number)
    if "value" in value and "op" not in value:
        return "=", data_text(value)
    return value["op"], data_text(value["data"])


def data_text(value):
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key, ensure_ascii=False)}: {data_text(item)}"
                               for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(data_text, value)) + "]"
    return str(value) if isinstance(value, Number) else json.dumps(value, ensure_ascii=False)


def steps_of(lines):
    """Changes of a sink by the record that caused them; an empty line ends a step."""
    steps = [[]]
    for line in lines:
        if line:
            steps[-1].append(change_of(line) if line.startswith("{") else tuple(line.split(" ", 1)))
        elif steps[-1]:
            steps.append([])
    return [step for step in steps if step]


def read_recordings(path):
    """(version, recordings by name); nothing where the file is missing."""
    recordings, current, lines, version = {}, None, None, None
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read().split("\n")
    except FileNotFoundError:
        return None, {}
    for line in text:
        if line.startswith("# Apache Flink "):
            version = line[len("# Apache Flink "):]
        elif line.startswith("=== "):
            current = recordings.setdefault(line[4:], Recording(line[4:]))
            lines = None
        elif line.startswith("--- of: "):
            current.digest = line[8:]
        elif line.startswith("--- refused: "):
            current.refused = line[13:]
        elif line.startswith("--- failed: "):
            current.failed = line[12:]
        elif line.startswith("--- "):
            lines = current.sinks.setdefault(line[4:], [])
        elif lines is not None:
            lines.append(line)
    for recording in recordings.values():
        recording.sinks = {name: steps_of(sink) for name, sink in recording.sinks.items()}
    return version, recordings


def write_recordings(path, version, recordings):
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"# Apache Flink {version}\n")
        for recording in recordings:
            file.write(f"=== {recording.name}\n--- of: {recording.digest}\n")
            if recording.refused is not None:
                file.write(f"--- refused: {recording.refused}\n")
            if recording.failed is not None:
                file.write(f"--- failed: {recording.failed}\n")
            for name, steps in recording.sinks.items():
                file.write(f"--- {name}\n")
                file.write("\n".join("".join(f"{kind} {data}\n" for kind, data in step)
                                     for step in steps))
