"""Tables of the tests of HBase, and jobs that write, read and ask them."""
import json
import os
import struct
import tempfile

from serverlib import Hbase, need, quote, unique, weir  # noqa: F401


def source(name, columns, rows, folder):
    """A table of rows, dicts of JSON values, that are all there at the start."""
    path = os.path.join(folder, name + ".ndjson")
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    return (f"CREATE TABLE {name} ({columns}) WITH ('connector' = 'filesystem', "
            f"'path' = '{path}', 'format' = 'json');\n")


def changes(name, columns, rows, folder):
    """The same with changes: ("c", row), ("u", before, after), ("d", row)."""
    path = os.path.join(folder, name + ".ndjson")
    with open(path, "w", encoding="utf-8") as file:
        for kind, *images in rows:
            before = images[0] if kind in "ud" else None
            after = images[-1] if kind in "cu" else None
            file.write(json.dumps({"before": before, "after": after, "op": kind}) + "\n")
    return (f"CREATE TABLE {name} ({columns}) WITH ('connector' = 'filesystem', "
            f"'path' = '{path}', 'format' = 'debezium-json');\n")


def table(name, columns, where, real, connector="hbase-2.2", **options):
    """A table of HBase; names of options have '_' for '-' and '__' for '.'."""
    named = {"connector": connector, "rest.endpoints": where,
             "tableName" if connector == "cloudhbase" else "table-name": real}
    named.update((key.replace("__", ".").replace("_", "-"), value)
                 for key, value in options.items())
    text = ", ".join(f"'{key}' = '{value}'" for key, value in named.items())
    return f"CREATE TABLE {name} ({columns}) WITH ({text});\n"


class Case:
    """A fresh table of HBase with families, a folder, and jobs; for use with `with`."""

    def __init__(self, where, name, *families, namespace=None):
        self.where, self.hbase, self.weir = where, Hbase(where), weir()
        self.real = (namespace + ":" if namespace else "") + unique(name)
        self.families = families

    def __enter__(self):
        self.kept = tempfile.TemporaryDirectory()
        self.folder = self.kept.name
        if self.families:
            self.hbase.create(self.real, *self.families)
        return self

    def __exit__(self, *_):
        self.hbase.drop(self.real)
        self.kept.cleanup()

    def run(self, sql, *options, expect=0):
        """What the job says on standard error."""
        status, text = self.weir.run(sql, *options)
        assert status == expect, f"status {status}\n{text}\n{sql}"
        return text

    def rows(self):
        return self.hbase.rows(self.real)


def cells(family, **values):
    """{b"family:name": value}; numbers are BIGINT."""
    return {f"{family}:{name}".encode(): struct.pack(">q", value) if isinstance(value, int)
            else value for name, value in values.items()}


def same(got, want):
    if got == want:
        return
    if isinstance(want, dict):
        got, want = list(got.items()), list(want.items())
    more = [one for one in got if one not in want]
    less = [one for one in want if one not in got]
    raise AssertionError(f"{len(got)} instead of {len(want)}, in another order at least"
                         f"\nwrong: {more[:5]}\nmissing: {less[:5]}")


def says(text, *parts):
    for part in parts:
        assert part in text, f"{part!r} is missing in\n{text}"
