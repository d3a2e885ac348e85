"""cases.py -- reads parity cases, and makes complete jobs of them.

A file of cases, cases/NAME.parity:

    # what the file is about
    --- table a (k INT, v STRING)      tables before the first case are for every case that names
    +I | 1 | x                         them; here one that changes: a kind, then the columns
    -D | 1 | x
    === what the case shows
    --- table b (k INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts)
    1 | @10:00:05                      one that only grows; @ is a time on 2024-01-01
    --- sink o (k INT, v STRING, PRIMARY KEY (k) NOT ENFORCED)
    --- sql
    INSERT INTO o SELECT ...;

A cell is JSON, or else a string as it stands; in a column of text only what is quoted is JSON.  Tables are read one after the other, in the order
in which they are declared.  `--- merged` gives the rows of several tables in the order in which
they come: `a | +I | 1 | x`; these tables then are topics of the local profile.  More sections:

    --- topic NAME (COLUMNS) OPTIONS     a topic of Kafka that is read from the file NAME.ndjson or
    --- upsert NAME (COLUMNS) OPTIONS    NAME.records.ndjson, or written
    --- file NAME            a file as it stands; the SQL then has the CREATE TABLE
    --- bytes NAME           the same, with \\x00 for a byte; \\x alone is nothing, for an empty line
    --- expressions          instead of SQL: one a line, all columns of one SELECT; an alias is made
    --- compare: MODE        changelog (default): the same changes in the same order
                             steps: the same changes for each record that is read, in any order
                             multiset: the same changes
                             final: the same rows after all changes
    --- known: ID            weir differs, and known_differences.md says why

`final` and `multiset` are for what Flink itself does not do the same way twice.  A SET before
everything else in the SQL stands before the CREATE TABLEs.
"""
import copy
import hashlib
import json
import re

DAY = "2024-01-01 "
KINDS = ("+I", "-U", "+U", "-D")
MODES = ("changelog", "steps", "multiset", "final")


class CaseError(Exception):
    pass


class Table:
    def __init__(self, head):
        match = re.match(r"(\w+)\s*\((.*)\)\s*(changelog|json)?$", head, re.S)
        if not match:
            raise CaseError(f"no table: {head}")
        self.name, self.columns_text, self.kind = match.groups()
        columns = filter(None, map(column_of, split_top(self.columns_text, ",")))
        self.columns = dict(columns)  # name: type
        self.rows = []  # (kind or None, cells as JSON)

    def add(self, cells):
        kind = cells.pop(0) if cells and cells[0] in KINDS else None
        if len(cells) != len(self.columns):
            raise CaseError(f"{self.name} has {len(self.columns)} columns, not {len(cells)}: {cells}")
        self.rows.append((kind, list(map(cell_json, cells, self.columns.values()))))

    def key(self):
        match = re.search(r"PRIMARY\s+KEY\s*\(([^)]*)\)", self.columns_text, re.I)
        return [name.strip(" `") for name in match.group(1).split(",")] if match else None

    def is_changelog(self):
        return self.kind == "changelog" or any(kind for kind, _ in self.rows)

    def line(self, row):
        """A row as a line of its file."""
        data = ", ".join(f"{json.dumps(name)}: {cell}" for name, cell in zip(self.columns, row[1]))
        if self.is_changelog():
            return f'{{"op": "{row[0] or "+I"}", "data": {{{data}}}}}'
        return f"{{{data}}}"

    def ddl(self, connector):
        format_name = "changelog-json" if self.is_changelog() else "json"
        return f"CREATE TABLE {self.name} ({self.columns_text}) WITH ({connector}, " \
               f"'format' = '{format_name}')"


def split_top(text, separator):
    """Splits where no quote or comment is open, and no bracket unless at semicolons."""
    parts, depth, quote, start, i = [], 0, None, 0, 0
    while i < len(text):
        c = text[i]
        if quote:
            quote = None if c == quote else quote
        elif text.startswith("--", i):
            i = text.find("\n", i)
            if i < 0:
                break
        elif c in "'`\"":
            quote = c
        elif c in "([{<":
            depth += 1
        elif c in ")]}>":
            depth -= 1
        elif c == separator and (depth <= 0 or separator == ";"):
            parts.append(text[start:i].strip())
            start = i + 1
        i += 1
    parts.append(text[start:].strip())
    return [part for part in parts if re.sub("--.*", "", part).strip()]


def column_of(text):
    """(name, type) of a column that the input has; None for keys and computed columns."""
    words = text.replace("(", " (").split()
    if words[0].upper() in ("PRIMARY", "WATERMARK", "CONSTRAINT") or words[1].upper() == "AS":
        return None
    return words[0].strip("`"), words[1].upper()


def cell_json(cell, type_name):
    if cell.startswith("@"):
        return json.dumps(DAY + cell[1:])
    if cell == "null" or cell.startswith('"'):
        return cell
    if type_name in ("STRING", "VARCHAR", "CHAR"):
        return json.dumps(cell, ensure_ascii=False)
    try:
        json.loads(cell, parse_constant=not_json)
        return cell
    except ValueError:
        return json.dumps(cell, ensure_ascii=False)


def not_json(text):
    raise ValueError(text)


class Topic:
    """A table of `kafka` or `upsert-kafka`."""

    def __init__(self, connector, head):
        match = re.match(r"(\w+)\s*", head)
        end = closing_bracket(head, match.end())
        self.name = match.group(1)
        columns, options = head[match.end():end + 1], head[end + 1:].strip()
        start = "" if connector == "upsert-kafka" or "scan.startup.mode" in options else \
            ", 'scan.startup.mode' = 'earliest-offset'"
        self.ddl = f"CREATE TABLE {self.name} {columns} WITH ('connector' = '{connector}', " \
            f"'topic' = '{self.name}', 'properties.bootstrap.servers' = 'none:1'{start}, {options})"


def closing_bracket(text, start):
    depth = 0
    for i in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[i], 0)
        if depth == 0:
            return i
    raise CaseError(f"a bracket is not closed: {text}")


class Case:
    def __init__(self, name, line, shared):
        self.name = name
        self.line = line
        self.tables = {}
        self.shared = shared
        self.sinks = []
        self.topics = []
        self.merged = []
        self.files = {}
        self.sql = ""
        self.expressions = []
        self.compare = "changelog"
        self.known = None

    def used_tables(self):
        """Those of the file that the case names, then its own, as they are declared."""
        words = set(re.findall(r"\w+", self.sql + " ".join(self.expressions)))
        used = {name: self.tables.get(name, table) for name, table in self.shared.items()
                if name in words or name in self.tables}
        return {**used, **self.tables}

    def merge(self, cells):
        """The next row of all: the name of its table, then the row."""
        name = cells.pop(0)
        if name not in self.tables:
            self.tables[name] = copy.deepcopy(self.shared[name])
        self.tables[name].add(cells)
        self.merged.append(name)

    def statements(self):
        sql = split_top(self.sql, ";")
        if self.expressions:
            columns = ",\n  ".join(f"{e} AS e{n}" for n, e in enumerate(self.expressions, 1))
            sql.append("SELECT\n  " + columns)
        first = 0
        while first < len(sql) and re.match(r"SET\b", sql[first], re.I):
            first += 1
        return sql[:first] + self.creates() + sql[first:]

    def creates(self):
        texts = [topic.ddl for topic in self.topics]
        for table in self.used_tables().values():
            if self.merged:
                connector = f"'connector' = 'kafka', 'topic' = '{table.name}', " \
                    "'properties.bootstrap.servers' = 'none:1', " \
                    "'scan.startup.mode' = 'earliest-offset'"
            else:
                connector = f"'connector' = 'filesystem', 'path' = '{table.name}.ndjson'"
            texts.append(table.ddl(connector))
        for sink in self.sinks:
            connector = f"'connector' = 'filesystem', 'path' = '{sink.name}.out.ndjson'"
            sink.kind = sink.kind or "changelog"
            texts.append(sink.ddl(connector))
        return texts

    def inputs(self):
        """Text of every input file by name."""
        files = dict(self.files)
        tables = self.used_tables()
        if not self.merged:
            for table in tables.values():
                files[table.name + ".ndjson"] = "".join(table.line(row) + "\n" for row in table.rows)
            return files
        messages = {name: [] for name in tables}
        taken = dict.fromkeys(tables, 0)
        for time, name in enumerate(self.merged, 1):
            row = tables[name].rows[taken[name]]
            taken[name] += 1
            line = tables[name].line(row)
            messages[name].append(f'{{"timestamp": {time}, "value": {line}}}\n')
        for name, records in messages.items():
            files[name + ".records.ndjson"] = "".join(records)
        return files

    def written_topics(self):
        return [topic.name for topic in self.topics
                if re.search(rf"INSERT INTO {topic.name}\b", self.sql)]

    def sink_key(self, path):
        for sink in self.sinks:
            if path == sink.name + ".out.ndjson":
                return sink.key()
        return None

    def job(self):
        return "".join(statement + ";\n" for statement in self.statements())

    def is_local(self):
        return "kafka" in self.job()

    def digest(self):
        """Tells whether a recording is one of this text."""
        whole = json.dumps([self.statements(), self.inputs()], sort_keys=True)
        return hashlib.sha256(whole.encode()).hexdigest()[:16]


def add_line(section, target, line):
    case, table = target
    if section == "rows":
        table.add([cell.strip() for cell in line.split(" | ")])
    elif section == "merged":
        case.merge([cell.strip() for cell in line.split(" | ")])
    elif section == "sql":
        case.sql += line + "\n"
    elif section == "expressions":
        case.expressions.append(line.strip())
    elif section.startswith("file "):
        case.files[section[5:].strip()] += line + "\n"
    elif section.startswith("bytes "):
        case.files[section[6:].strip()] += bytes_text(line) + "\n"
    else:
        raise CaseError(f"a line where none belongs: {line}")


def bytes_text(line):
    """Bytes that are no UTF-8 are lone surrogates, in Python's manner; Input.java knows them."""
    line = re.sub(rb"\\x([0-9a-f]{2})?", lambda m: bytes.fromhex((m[1] or b"").decode()),
                  line.encode())
    return line.decode("utf-8", "surrogateescape")


def begin_section(head, case, shared):
    """(section, table) of a line that begins with `---`."""
    word, _, rest = head.partition(" ")
    if word == "table":
        table = Table(rest)
        (case.tables if case else shared)[table.name] = table
        return "rows", table
    if not case:
        raise CaseError(f"before the first case: {head}")
    if word == "sink":
        case.sinks.append(Table(rest))
    elif word in ("topic", "upsert"):
        case.topics.append(Topic("kafka" if word == "topic" else "upsert-kafka", rest))
    elif word == "compare:" and rest in MODES:
        case.compare = rest
    elif word == "known:":
        case.known = rest
    elif word in ("file", "bytes"):
        case.files[rest] = ""
        return head, None
    elif word in ("merged", "sql", "expressions"):
        return word, None
    else:
        raise CaseError(f"unknown section: {head}")
    return "none", None


def read_cases(path):
    cases, shared, section, table, case = [], {}, "none", None, None
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            line = line.rstrip("\n")
            try:
                if line.startswith("=== "):
                    case = Case(line[4:], number, shared)
                    cases.append(case)
                    section = "none"
                elif line.startswith("--- "):
                    section, table = begin_section(line[4:].strip(), case, shared)
                elif line.strip() and not line.startswith("#"):
                    add_line(section, (case, table), line)
            except (CaseError, KeyError, IndexError) as error:
                raise CaseError(f"{path}:{number}: {error!r}") from error
    names = [case.name for case in cases]
    for name in names:
        if names.count(name) > 1:
            raise CaseError(f"{path}: two cases are named \"{name}\"")
    return cases
