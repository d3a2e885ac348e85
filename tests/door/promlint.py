"""The rules of Prometheus for metrics as text, as `promtool check metrics` has them."""
import re

NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
SAMPLE = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*",?)*)\}'
                    r" (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?|NaN|[+-]Inf)")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"')
NO_UNITS = ("_milliseconds", "_ms", "_us", "_ns", "_minutes", "_hours", "_kb", "_mb", "_percent")


def unescape(text):
    return re.sub(r"\\(.)", lambda m: "\n" if m.group(1) == "n" else m.group(1), text)


def lint_name(name, kind):
    if kind == "counter" and not name.endswith("_total"):
        yield f"{name}: a counter ends in _total"
    if kind != "counter" and name.endswith("_total"):
        yield f"{name}: only counters end in _total"
    if name != name.lower() or any(unit in name for unit in NO_UNITS):
        yield f"{name}: not in base units, or not in lower case"
    if any(f"_{word}" in name for word in ("counter", "gauge", "histogram", "summary")):
        yield f"{name}: has its type in its name"


def read(text):
    """({(name, labels as a sorted tuple): value}, {name: type}, complaints)"""
    samples, kinds, helps, complaints = {}, {}, set(), []
    current = None
    if not text.endswith("\n"):
        complaints.append("the last line has no end")
    for line in text.splitlines():
        word = line.split(" ", 3)
        if line.startswith("# HELP "):
            if word[2] in helps or len(word) < 4 or not word[3]:
                complaints.append(f"{line}: again, or without a text")
            helps.add(word[2])
        elif line.startswith("# TYPE "):
            if word[2] in kinds or word[3] not in ("counter", "gauge") or word[2] not in helps:
                complaints.append(f"{line}: again, no type, or in front of HELP")
            kinds[word[2]] = word[3]
            current = word[2]
            complaints.extend(lint_name(word[2], word[3]))
        else:
            match = SAMPLE.fullmatch(line)
            if not match:
                complaints.append(f"{line}: no sample")
                continue
            labels = [(k, unescape(v)) for k, v in LABEL.findall(match.group(2))]
            key = (match.group(1), tuple(sorted(labels)))
            if match.group(1) != current:
                complaints.append(f"{line}: not below the HELP and TYPE of its name")
            if key in samples or len(dict(labels)) != len(labels):
                complaints.append(f"{line}: twice")
            samples[key] = float(match.group(3))
    return samples, kinds, complaints


def value(samples, name, **labels):
    """Of the sample with exactly these labels; None: there is none."""
    return samples.get((name, tuple(sorted(labels.items()))))
