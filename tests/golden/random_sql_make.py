"""Random tables, their changes, and random queries over them; for random_sql.py.

A query is one text for both engines.  Where their spellings differ the text holds both, made by
both(); text_for() takes one of them.  Results of aggregates without groups are no row, not one of
zeros and NULLs, where there is no input: so it is in Flink.
"""
import json
import re

WEIR, MODEL = 0, 1
DUAL = re.compile("\x01([^\x01\x02\x03]*)\x02([^\x01\x02\x03]*)\x03")
DAY_START = 1704067200000  # 2024-01-01
WORDS = ["'a'", "'b'", "'c'", "'d'"]
JOINS = ["JOIN", "JOIN", "LEFT JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"]
SQL_TYPES = {"i": "INT", "s": "STRING", "d": "DOUBLE", "t": "TIMESTAMP(3)", "a": "ARRAY<INT>", "b": "BOOLEAN"}


def both(weir, model):
    return f"\x01{weir}\x02{model}\x03"


def text_for(side, text):
    count = 1
    while count:
        text, count = DUAL.subn(lambda m: m.group(1 + side), text)
    return text


class Table:
    """Rows and the changes that led to them.  A life is one logical row's versions; it may end."""

    def __init__(self, dice, number):
        self.name = f"t{number}"
        self.appends = dice.random() < 0.45
        self.busy = not self.appends and dice.random() < 0.3  # few rows that change all the time
        self.keyed = not self.appends and (self.busy or dice.random() < 0.5)
        self.timed = self.appends and dice.random() < 0.7
        self.partitions = dice.choice([1, 1, 2, 3])
        self.columns = [("id", "i"), ("k", "i"), ("v", "i"), ("s", "s"), ("d", "d"), ("arr", "a")]
        if self.timed:
            self.columns.append(("ts", "t"))
        self.jitter = dice.choice([1000, 3000])
        self.lives = []  # [(at, row or None), ...]
        self.make(dice, 12 if self.busy else dice.choice([3, 12, 12, 40, 40, 120]))

    def row(self, dice, ident, at):
        def maybe(value, nulls=0.12):
            return None if dice.random() < nulls else value
        row = [ident, maybe(dice.randrange(4)), maybe(dice.randrange(-3, 8)),
               maybe(dice.choice("abcd")), maybe(dice.randrange(-8, 9) / 4),
               maybe([maybe(dice.randrange(4)) for _ in range(dice.randrange(4))])]
        if self.timed:
            row.append(DAY_START + at * 1000 - dice.randrange(self.jitter))
        return tuple(row)

    def make(self, dice, count):
        ids, times = list(range(count)), set()
        for number in range(count):
            ident = dice.choice(ids)
            if self.keyed:
                ids.remove(ident)
            else:
                ident = ident % 5
            at = dice.randrange(10, 210)
            row = self.row(dice, ident, at)
            while self.timed and row[-1] in times:
                row = self.row(dice, ident, at)
            if self.timed:
                times.add(row[-1])
            life = [(at, row)]
            while not self.appends and dice.random() < (0.97 if self.busy else 0.55):
                at += dice.randrange(1, 60)
                gone = dice.random() < 0.4
                life.append((at, None if gone else self.row(dice, ident, at)))
                if gone:
                    if not self.keyed or dice.random() < 0.5 and not self.busy:
                        break
                    at += dice.randrange(1, 60)
                    life.append((at, self.row(dice, ident, at)))
            self.lives.append(life)

    def rows(self):
        return [life[-1][1] for life in self.lives if life[-1][1] is not None]

    def records(self):
        """(at, lines) in the order of time; an update is two lines."""
        found = []
        for number, life in enumerate(self.lives):
            before = None
            for at, row in life:
                found.append((at, number, before, row))
                before = row
        found.sort(key=lambda r: (r[0], r[1]))
        for at, number, before, row in found:
            yield at, "".join(json.dumps({"timestamp": DAY_START + at * 1000,
                                          "partition": number % self.partitions, **record}) + "\n"
                              for record in self.values(before, row))

    def as_object(self, row):
        values = {}
        for (name, kind), value in zip(self.columns, row):
            values[name] = text_of(value) if kind == "t" and value is not None else value
        return values

    def values(self, before, row):
        if self.appends:
            return [{"value": self.as_object(row)}]
        changes = []
        if before is not None:
            changes.append({"value": {"op": "-U" if row else "-D", "data": self.as_object(before)}})
        if row is not None:
            changes.append({"value": {"op": "+U" if before else "+I", "data": self.as_object(row)}})
        return changes

    def ddl(self):
        columns = [f"{n} {SQL_TYPES[t]}" for n, t in self.columns]
        if self.timed:
            columns.append(f"WATERMARK FOR ts AS ts - INTERVAL '{self.jitter // 1000}' SECOND")
        if self.keyed:
            columns.append("PRIMARY KEY (id) NOT ENFORCED")
        form = "json" if self.appends else "changelog-json"
        options = (f"'connector' = 'kafka', 'topic' = '{self.name}', 'format' = '{form}', "
                   "'scan.startup.mode' = 'earliest-offset', 'properties.bootstrap.servers' = 'x'")
        return f"CREATE TABLE {self.name} ({', '.join(columns)}) WITH ({options});\n"


def text_of(ms):
    seconds, ms = divmod(ms - DAY_START, 1000)
    minutes, seconds = divmod(seconds, 60)
    return f"2024-01-01 {minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}.{ms:03d}"


class Rel:
    """A query: its text, columns as (name, type), the queries it is made of."""

    def __init__(self, sql, columns, inputs=(), key=None):
        self.sql, self.columns, self.inputs, self.key = sql, columns, inputs, key
        self.source = None   # the text for FROM, if that is a name
        self.base = None     # the table, where its event time and arrays are at hand

    def names(self, *kinds):
        return [n for n, t in self.columns if not kinds or t in kinds]

    def as_from(self, alias):
        return f"{self.source or '(' + self.sql + ')'} AS {alias}"


class Maker:
    """Makes queries over tables and views."""

    def __init__(self, dice, tables):
        self.dice, self.tables, self.views, self.count = dice, tables, [], 0

    def alias(self):
        self.count += 1
        return f"q{self.count}"

    def scan(self, table):
        columns = [c for c in table.columns if c[1] != "a"]
        rel = Rel(f"SELECT {', '.join(n for n, _ in columns)} FROM {table.name}", columns)
        rel.source = rel.base = None
        if self.dice.random() < 0.7:
            rel.source = table.name
        rel.base = table
        return rel

    def leaf(self):
        if self.views and self.dice.random() < 0.4:
            return self.dice.choice(self.views)
        return self.scan(self.dice.choice(self.tables))

    # ---- expressions ---------------------------------------------------------------------------

    def value(self, kind, scope, depth=1):
        """An expression of a kind over (name, kind) pairs."""
        dice = self.dice
        mine = [n for n, t in scope if t == kind]
        roll = dice.random()
        if mine and (roll < 0.6 or depth == 0 or kind == "t"):
            return dice.choice(mine)
        if depth == 0 or roll < 0.7 or kind == "t":
            if kind == "i":
                return str(dice.randrange(-2, 6))
            if kind == "d":
                return f"CAST({dice.randrange(-4, 5) / 2} AS DOUBLE)"
            if kind == "s":
                return dice.choice(WORDS)
            return f"CAST(NULL AS {both('TIMESTAMP(3)', 'INT')})"
        a, b = self.value(kind, scope, depth - 1), self.value(kind, scope, depth - 1)
        if roll < 0.8:
            return f"CASE WHEN {self.predicate(scope, depth - 1)} THEN {a} ELSE {b} END"
        if roll < 0.87:
            return f"COALESCE({a}, {b})"
        if roll < 0.9:
            return f"NULLIF({a}, {b})"
        if kind == "i":
            return dice.choice([f"({a} + {b}) % 11", f"({a} - {b}) % 11", f"({a} * 2) % 7", f"ABS({a} % 9)"])
        if kind == "d":
            return f"({a} + {b})"
        return dice.choice([f"UPPER({a})", f"SUBSTR({a} || {b}, 1, 2)"])

    def predicate(self, scope, depth=1):
        dice = self.dice
        roll = dice.random()
        if depth > 0 and roll < 0.25:
            a, b = self.predicate(scope, depth - 1), self.predicate(scope, depth - 1)
            return dice.choice([f"({a} AND {b})", f"({a} OR {b})", f"NOT ({a})"])
        name, kind = dice.choice(scope)
        if kind == "b" or roll < 0.35:
            return dice.choice([f"{name} IS NULL", f"{name} IS NOT NULL"])
        other = self.value(kind, scope, 0)
        if roll < 0.45:
            return f"{name} IS {dice.choice(['', 'NOT '])}DISTINCT FROM {other}"
        if roll < 0.55 and kind in "is":
            some = [str(n) for n in dice.sample(range(-3, 8), 3)] if kind == "i" else dice.sample(WORDS, 2)
            return f"{name} {dice.choice(['', 'NOT '])}IN ({', '.join(some)})"
        if roll < 0.6 and kind == "i":
            return f"{name} BETWEEN {dice.randrange(-2, 2)} AND {other}"
        return f"{name} {dice.choice(['=', '<>', '<', '<=', '>', '>='])} {other}"

    def aggregate(self, scope):
        dice = self.dice
        name, kind = dice.choice(scope)
        calls = ["COUNT(*)", f"COUNT({name})", f"COUNT(DISTINCT {name})"]
        result = ["i", "i", "i"]
        if kind != "b":
            calls += [f"MIN({name})", f"MAX({name})"]
            result += [kind, kind]
        if kind in "id":
            calls += [f"SUM({name})", f"SUM(DISTINCT {name})"]
            result += [kind, kind]
        if kind == "i":
            at = "@F@"
            calls.append(both(f"AVG({name}){at}", f"(SUM({name}){at} / COUNT({name}){at})"))
            result.append("i")
        which = dice.randrange(len(calls))
        extra = f" FILTER (WHERE {self.predicate(scope, 0)})" if dice.random() < 0.25 else ""
        text = calls[which]
        return (text.replace("@F@", extra) if "@F@" in text else text + extra), result[which]

    # ---- queries -------------------------------------------------------------------------------

    def rel(self, depth):
        dice = self.dice
        if depth == 0:
            return self.leaf()
        ways = [self.filtered, self.projected, self.grouped, self.grouped, self.grouped, self.joined,
                self.joined, self.joined, self.semi, self.semi, self.set_op, self.set_op, self.distinct,
                self.top, self.top, self.scalar, self.unnested, self.windowed, self.windowed,
                self.timed_join, self.with_twice, self.sets, self.over, self.windows_joined, self.latest,
                self.top_joined, self.top_joined, self.correlated, self.session, self.grouped_window,
                self.over_any, self.over_any, self.sorted_by_time, self.top_groups, self.asked, self.asked,
                self.asked_groups]
        made = dice.choice(ways)(depth - 1)
        return made if made else self.rel(depth)

    def outputs(self, expressions, prefix="c"):
        """Select list and columns of (text, kind) pairs."""
        names = [f"{prefix}{n}" for n in range(len(expressions))]
        return (", ".join(f"{e} AS {n}" for (e, _), n in zip(expressions, names)),
                [(n, k) for (_, k), n in zip(expressions, names)])

    def scope(self, rel, alias):
        return [(f"{alias}.{n}", t) for n, t in rel.columns]

    def some(self, scope, least=1, most=4):
        return self.dice.sample(scope, min(len(scope), self.dice.randrange(least, most + 1)))

    def filtered(self, depth):
        rel, a = self.rel(depth), self.alias()
        scope = self.scope(rel, a)
        out, columns = self.outputs(scope)
        return Rel(f"SELECT {out} FROM {rel.as_from(a)} WHERE {self.predicate(scope)}", columns, [rel])

    def projected(self, depth):
        rel, a = self.rel(depth), self.alias()
        scope = self.scope(rel, a)
        exprs = self.some(scope, 1, 3)
        for _ in range(self.dice.randrange(1, 3)):
            kind = self.dice.choice("iisdb")
            exprs.append((f"({self.predicate(scope)})" if kind == "b" else self.value(kind, scope, 2), kind))
        out, columns = self.outputs(exprs)
        return Rel(f"SELECT {out} FROM {rel.as_from(a)}", columns, [rel])

    def distinct(self, depth):
        rel, a = self.rel(depth), self.alias()
        out, columns = self.outputs(self.some(self.scope(rel, a), 1, 3))
        return Rel(f"SELECT DISTINCT {out} FROM {rel.as_from(a)}", columns, [rel])

    def grouped(self, depth):
        dice, rel, a = self.dice, self.rel(depth), self.alias()
        scope = self.scope(rel, a)
        keys = dice.sample(scope, min(len(scope), dice.choice([0, 1, 1, 1, 2])))
        known = bool(keys) and all(k in "is" for _, k in keys) and dice.random() < 0.6
        if known:
            keys = [(f"COALESCE({n}, {-9 if k == 'i' else chr(39) + 'z' + chr(39)})", k) for n, k in keys]
        exprs = keys + [self.aggregate(scope) for _ in range(dice.randrange(1, 4))]
        out, columns = self.outputs(exprs)
        where = f" WHERE {self.predicate(scope)}" if dice.random() < 0.3 else ""
        group = f" GROUP BY {', '.join(n for n, _ in keys)}" if keys else both("", " GROUP BY NULL")
        having = ""
        if dice.random() < 0.3:
            text, kind = self.aggregate(scope)
            having = f" HAVING {text} {dice.choice(['>', '<=', '<>'])} {self.value(kind, [], 0)}"
        made = Rel(f"SELECT {out} FROM {rel.as_from(a)}{where}{group}{having}", columns, [rel])
        made.key = [n for n, _ in columns[:len(keys)]] if known else None
        return made

    def sets(self, depth):
        """GROUPING SETS, which the model writes as UNION ALL."""
        dice, rel, a = self.dice, self.rel(depth), self.alias()
        scope = self.scope(rel, a)
        if len(scope) < 2:
            return None
        keys = dice.sample(scope, 2)
        aggs = [self.aggregate([c for c in scope if c not in keys] or scope)
                for _ in range(dice.randrange(1, 3))]
        word, groups = dice.choice([("ROLLUP", [keys, keys[:1], []]),
                                    ("CUBE", [keys, keys[:1], keys[1:], []]),
                                    ("GROUPING SETS", [keys[:1], keys[1:]])])
        out, columns = self.outputs(keys + aggs)
        names = ", ".join(n for n, _ in keys)
        if word == "GROUPING SETS":
            names = ", ".join(f"({n})" for n, _ in keys)
        parts = []
        for group in groups:
            given = [k if k in group else ("NULL", k[1]) for k in keys]
            parts.append(f"SELECT {self.outputs(given + aggs)[0]} FROM {rel.as_from(a)} GROUP BY "
                         + (", ".join(n for n, _ in group) or "NULL"))
        weir = f"SELECT {out} FROM {rel.as_from(a)} GROUP BY {word} ({names})"
        return Rel(both(weir, " UNION ALL ".join(parts)), columns, [rel])

    def condition(self, left, right, equal=True):
        """A join's condition over two scopes; None if no columns fit."""
        pairs = [(n, m) for n, t in left for m, u in right if t == u and t in "isb"]
        if not pairs:
            return None
        parts = [f"{n} = {m}" for n, m in self.dice.sample(pairs, 1 if self.dice.random() < 0.8 or
                                                           len(pairs) < 2 else 2)]
        if self.dice.random() < 0.3:
            ordered = [(n, m) for n, t in left for m, u in right if t == u and t in "ids"]
            if ordered:
                n, m = self.dice.choice(ordered)
                parts.append(f"{n} {self.dice.choice(['<', '<=', '<>'])} {m}")
        return " AND ".join(parts)

    def joined(self, depth):
        dice = self.dice
        rels = [self.rel(depth if n == 0 else dice.randrange(depth + 1))
                for n in range(3 if dice.random() < 0.25 else 2)]
        if dice.random() < 0.2:
            rels[1] = rels[0]
        names = [self.alias() for _ in rels]
        scope = self.scope(rels[0], names[0])
        text = rels[0].as_from(names[0])
        for rel, name in list(zip(rels, names))[1:]:
            mine = self.scope(rel, name)
            on = self.condition(scope, mine)
            if on is None:
                return None
            text += f" {dice.choice(JOINS)} {rel.as_from(name)} ON {on}"
            scope = scope + mine
        where = f" WHERE {self.predicate(scope)}" if dice.random() < 0.25 else ""
        out, columns = self.outputs(self.some(scope, 2, 6))
        return Rel(f"SELECT {out} FROM {text}{where}", columns, rels)

    def semi(self, depth):
        dice = self.dice
        rel, other = self.rel(depth), self.rel(dice.randrange(depth + 1))
        a, b = self.alias(), self.alias()
        scope, inner = self.scope(rel, a), self.scope(other, b)
        out, columns = self.outputs(scope)
        negated = dice.choice(["", "NOT "])
        if dice.random() < 0.5:
            pairs = [(n, m) for n, t in scope for m, u in inner if t == u and t in "is"]
            if not pairs:
                return None
            n, m = dice.choice(pairs)
            where = f" WHERE {self.predicate(inner)}" if dice.random() < 0.4 else ""
            test = f"{n} {negated}IN (SELECT {m} FROM {other.as_from(b)}{where})"
        else:
            on = self.condition(scope, inner)
            if on is None:
                return None
            test = f"{negated}EXISTS (SELECT 1 FROM {other.as_from(b)} WHERE {on})"
        if dice.random() < 0.2:
            test += f" AND {self.predicate(scope)}"
        return Rel(f"SELECT {out} FROM {rel.as_from(a)} WHERE {test}", columns, [rel, other])

    def set_op(self, depth):
        dice = self.dice
        rels = [self.rel(depth), self.rel(dice.randrange(depth + 1))]
        kinds = [k for k in "isdbt" if all(r.names(k) for r in rels)]
        if not kinds:
            return None
        kinds = [dice.choice(kinds) for _ in range(dice.randrange(1, 3))]
        parts = []
        for rel in rels:
            a = self.alias()
            out, columns = self.outputs([(f"{a}.{dice.choice(rel.names(k))}", k) for k in kinds])
            parts.append((f"SELECT {out} FROM {rel.as_from(a)}", [n for n, _ in columns]))
        op = dice.choice(["UNION ALL", "UNION ALL", "UNION", "INTERSECT", "EXCEPT", "INTERSECT ALL", "EXCEPT ALL"])
        text = f"{parts[0][0]} {op} {parts[1][0]}"
        if op in ("INTERSECT ALL", "EXCEPT ALL"):
            names = ", ".join(parts[0][1])
            numbered = [f"SELECT {names}, ROW_NUMBER() OVER (PARTITION BY {names}) AS n FROM ({p})"
                        for p, _ in parts]
            text = both(text, f"SELECT {names} FROM ({numbered[0]} {op[:-4]} {numbered[1]})")
        return Rel(text, columns, rels)

    def order(self, scope):
        """All columns, so that the order leaves no choice."""
        terms = []
        for name, _ in self.dice.sample(scope, len(scope)):
            term = name + self.dice.choice(["", " ASC", " DESC"])
            terms.append(term + (self.dice.choice([" NULLS FIRST", " NULLS LAST"])
                                 if self.dice.random() < 0.15 else ""))
        return ", ".join(terms)

    def top(self, depth):
        dice, rel, a = self.dice, self.rel(depth), self.alias()
        scope = self.scope(rel, a)
        if dice.random() < 0.15:
            out, columns = self.outputs(scope)
            limit = f" LIMIT {dice.randrange(1, 6)}" + (f" OFFSET {dice.randrange(1, 3)}" if dice.random() < 0.3 else "")
            return Rel(f"SELECT {out} FROM {rel.as_from(a)} ORDER BY {self.order(scope)}"
                       + (limit if dice.random() < 0.7 else ""), columns, [rel])
        part = self.some(scope, 0, 2)
        partition = f"PARTITION BY {', '.join(n for n, _ in part)} " if part else ""
        inner, columns = self.outputs(scope)
        limit = dice.choice(["<= 1", "= 1", "<= 2", "<= 3", "< 4", "= 2", "BETWEEN 2 AND 3"])
        number = dice.random() < 0.4
        kept = [(n, t) for n, t in columns] + ([("rn", "i")] if number else [])
        if dice.random() < 0.3:
            kept = self.some(kept, 1, 3)
        out, columns = self.outputs(kept)
        where = f" AND {self.predicate(kept)}" if dice.random() < 0.1 else ""
        return Rel(f"SELECT {out} FROM (SELECT {inner}, ROW_NUMBER() OVER ({partition}ORDER BY {self.order(scope)}) "
                   f"AS rn FROM {rel.as_from(a)}) AS {self.alias()} WHERE rn {limit}{where}", columns, [rel])

    def top_groups(self, depth):
        """The order reads aggregates and keys that need not be selected.  (Of a single row Flink does not
        tell what changes without moving it.)"""
        dice, rel, a = self.dice, self.rel(depth), self.alias()
        scope = self.scope(rel, a)
        keys = self.some(scope, 1, 2)
        exprs = self.some(keys, 0, 1) + [self.aggregate(scope) for _ in range(dice.randrange(1, 3))]
        out, columns = self.outputs(exprs)
        order = ", ".join([self.aggregate(scope)[0] + dice.choice(["", " DESC"])] + [n for n, _ in keys])
        return Rel(f"SELECT {out} FROM {rel.as_from(a)} GROUP BY {', '.join(n for n, _ in keys)} "
                   f"ORDER BY {order} LIMIT {dice.randrange(2, 5)}", columns, [rel])

    def top_joined(self, depth):
        """Rows that move from one worker to another, and are known by their key behind that."""
        busy = [t for t in self.tables if t.busy]
        if not busy:
            return None
        dice, a, b = self.dice, self.alias(), self.alias()
        part = dice.choice(["k", "v", "s"])
        top = Rel(f"SELECT id, k, v, s, d FROM (SELECT id, k, v, s, d, ROW_NUMBER() OVER (PARTITION BY {part} "
                  f"ORDER BY d, id, k, v, s) AS rn FROM {dice.choice(busy).name}) AS {self.alias()} WHERE rn <= 2",
                  [("id", "i"), ("k", "i"), ("v", "i"), ("s", "s"), ("d", "d")])
        other = self.leaf()
        mine = other.names("i")
        if not mine:
            return None
        out, columns = self.outputs(self.some(self.scope(top, a), 2, 4) + self.some(self.scope(other, b), 1, 2))
        return Rel(f"SELECT {out} FROM {top.as_from(a)} {dice.choice(JOINS)} {other.as_from(b)} ON "
                   f"{a}.{dice.choice(['id', 'k', 'v'])} = {b}.{dice.choice(mine)}", columns, [top])

    def scalar(self, depth):
        dice = self.dice
        rel, other = self.rel(depth), self.rel(dice.randrange(depth + 1))
        a, b = self.alias(), self.alias()
        scope = self.scope(rel, a)
        text, kind = self.aggregate(self.scope(other, b))
        sub = f"(SELECT {text} FROM {other.as_from(b)}{both('', ' GROUP BY NULL')})"
        mine = [n for n, t in scope if t == kind]
        if mine and dice.random() < 0.6:
            out, columns = self.outputs(scope)
            return Rel(f"SELECT {out} FROM {rel.as_from(a)} WHERE {dice.choice(mine)} "
                       f"{dice.choice(['<', '>=', '=', '<>'])} {sub}", columns, [rel, other])
        out, columns = self.outputs(self.some(scope, 1, 3) + [(sub, kind)])
        return Rel(f"SELECT {out} FROM {rel.as_from(a)}", columns, [rel, other])

    def correlated(self, depth):
        """A scalar query that looks outside."""
        dice = self.dice
        rel, other = self.rel(depth), self.rel(dice.randrange(depth + 1))
        a, b = self.alias(), self.alias()
        scope, inner = self.scope(rel, a), self.scope(other, b)
        pairs = [(n, m) for n, t in scope for m, u in inner if t == u and t in "is"]
        if not pairs:
            return None
        n, m = dice.choice(pairs)
        text, kind = self.aggregate(inner)
        where = f" AND {self.predicate(inner)}" if dice.random() < 0.3 else ""
        sub = f"(SELECT {text} FROM {other.as_from(b)} WHERE {m} = {n}{where})"
        mine = [x for x, t in scope if t == kind]
        if mine and dice.random() < 0.5:
            out, columns = self.outputs(scope)
            return Rel(f"SELECT {out} FROM {rel.as_from(a)} WHERE {dice.choice(mine)} "
                       f"{dice.choice(['<', '>=', '=', '<>'])} {sub}", columns, [rel, other])
        out, columns = self.outputs(self.some(scope, 1, 3) + [(sub, kind)])
        return Rel(f"SELECT {out} FROM {rel.as_from(a)}", columns, [rel, other])

    def question(self, scope, depth):
        """A query whose answer is a value, TRUE, FALSE or unknown (or a number), and its relation."""
        dice, b = self.dice, self.alias()
        other = self.rel(dice.randrange(depth + 1))
        inner = self.scope(other, b)
        wheres = [self.predicate(inner)] if dice.random() < 0.4 else []
        own = len(wheres)
        if dice.random() < 0.6:  # it looks outside
            pairs = [(n, m) for n, t in scope for m, u in inner if t == u and t in "isd"]
            for n, m in dice.sample(pairs, min(len(pairs), dice.choice([1, 1, 2]))):
                wheres.append(f"{m} {dice.choice(['=', '=', '=', '<', '<>', 'IS NOT DISTINCT FROM'])} {n}")
        where = f" WHERE {' AND '.join(wheres)}" if wheres else ""
        source = f"FROM {other.as_from(b)}{where}"
        roll, negated = dice.random(), dice.choice(["", "NOT "])
        pairs = [(n, m) for n, t in scope for m, u in inner if t == u and t in "isd"]
        if roll < 0.25 or not pairs:
            return f"{negated}EXISTS (SELECT 1 {source})", "b", other
        n, m = dice.choice(pairs)
        if roll < 0.6:
            return f"{n} {negated}IN (SELECT {m} {source})", "b", other
        if roll < 0.85:
            op, word = dice.choice(["=", "<>", "<", "<=", ">", ">="]), dice.choice(["ANY", "ALL"])
            also = " AND " if where else " WHERE "
            sure, answer = (f"{n} {op} {m}", 1) if word == "ANY" else (f"NOT ({n} {op} {m})", 0)
            return both(f"{n} {op} {word} (SELECT {m} {source})",
                        f"CASE WHEN EXISTS (SELECT 1 {source}{also}{sure}) THEN {answer} "
                        f"WHEN EXISTS (SELECT 1 {source}{also}({n} {op} {m}) IS NULL) THEN NULL "
                        f"ELSE {1 - answer} END"), "b", other
        text, kind = self.aggregate(inner)
        if len(wheres) == own:
            return f"(SELECT {text} {source}{both('', ' GROUP BY NULL')})", kind, other
        if dice.random() < 0.3 and kind in "id":
            text = f"COALESCE({text}, {self.value(kind, [], 0)})"
        return f"(SELECT {text} {source})", kind, other

    def asked(self, depth):
        """Queries as values: in a select list, beside OR, under NOT."""
        dice, rel, a = self.dice, self.rel(depth), self.alias()
        scope = self.scope(rel, a)
        asked = [self.question(scope, depth) for _ in range(dice.choice([1, 1, 2]))]
        tests = [f"({q})" for q, kind, _ in asked if kind == "b"]
        inputs = [rel] + [r for _, _, r in asked]
        if tests and dice.random() < 0.5:
            where = dice.choice(tests)
            roll = dice.random()
            if roll < 0.4:
                where = f"({where} OR {self.predicate(scope)})"
            elif roll < 0.7:
                where = f"{where} IS {dice.choice(['NOT TRUE', 'NOT FALSE', 'NULL'])}"
            elif roll < 0.85:
                where = f"NOT ({where} AND {self.predicate(scope)})"
            out, columns = self.outputs(scope)
            return Rel(f"SELECT {out} FROM {rel.as_from(a)} WHERE {where}", columns, inputs)
        out, columns = self.outputs(self.some(scope, 1, 3) + [(f"({q})", kind) for q, kind, _ in asked])
        return Rel(f"SELECT {out} FROM {rel.as_from(a)}", columns, inputs)

    def asked_groups(self, depth):
        """Queries as values beside groups, in HAVING, and in an aggregate."""
        dice, rel, a = self.dice, self.rel(depth), self.alias()
        scope = self.scope(rel, a)
        keys = self.some(scope, 1, 2)
        question, kind, other = self.question(keys if dice.random() < 0.7 else scope, 0)
        calls = [self.aggregate(scope) for _ in range(dice.randrange(1, 3))]
        having = ""
        roll = dice.random()
        if any(n in question for n, _ in scope if n not in [k for k, _ in keys]) or roll < 0.3:
            calls.append((f"COUNT(CASE WHEN {question if kind == 'b' else question + ' IS NULL'} THEN 1 END)", "i"))
        elif kind == "b" and roll < 0.7:
            having = f" HAVING {question}" if roll < 0.5 else f" HAVING ({question}) OR COUNT(*) > 2"
        else:
            calls.append((f"({question})", kind))
        out, columns = self.outputs(keys + calls)
        return Rel(f"SELECT {out} FROM {rel.as_from(a)} GROUP BY {', '.join(n for n, _ in keys)}{having}",
                   columns, [rel, other])

    def unnested(self, depth):
        dice, table, a = self.dice, self.dice.choice(self.tables), self.alias()
        scope = [(f"{a}.{n}", t) for n, t in table.columns if t != "a"]
        out, columns = self.outputs(self.some(scope, 1, 3) + [("u.e", "i")])
        kind = dice.choice(["CROSS", "LEFT"])
        on = both(" ON TRUE", "") if kind == "LEFT" else ""
        text = (f"FROM {table.name} AS {a} {kind} JOIN "
                + both(f"UNNEST({a}.arr) AS u(e)", f"json_each({a}.arr) AS u") + on
                + both("", " LIMIT -1"))  # SQLite must not merge it into a join around it
        return Rel("SELECT " + both(out, out.replace("u.e", "u.value")) + " " + text, columns)

    def with_twice(self, depth):
        """A CTE, joined with itself or united."""
        rel, name = self.rel(depth), f"w{self.alias()}"
        a, b = self.alias(), self.alias()
        left, right = self.scope(rel, a), self.scope(rel, b)
        on = self.condition(left, right)
        if on is None:
            return None
        out, columns = self.outputs(self.some(left + right, 2, 5))
        made = Rel(f"SELECT * FROM (WITH {name} AS ({rel.sql}) SELECT {out} FROM {name} AS {a} "
                   f"{self.dice.choice(JOINS)} {name} AS {b} ON {on}) AS {self.alias()}", columns, [rel])
        return made

    # ---- time ----------------------------------------------------------------------------------

    def timed_table(self):
        timed = [t for t in self.tables if t.timed]
        return self.dice.choice(timed) if timed else None

    def window(self, table):
        """(text for FROM, names of its columns) of a window function over a table."""
        dice = self.dice
        step = dice.choice([5, 10, 30])
        size = step * dice.choice([1, 2, 3])
        call = f"TABLE {table.name}, DESCRIPTOR(ts)"
        kind = dice.choice(["TUMBLE", "TUMBLE", "HOP", "CUMULATE"])
        ms, step_ms = size * 1000, step * 1000
        names = ", ".join(n for n, t in table.columns)
        if kind == "TUMBLE":
            weir = f"TABLE(TUMBLE({call}, INTERVAL '{size}' SECOND))"
            model = f"SELECT {names}, ts - ts % {ms} AS window_start, ts - ts % {ms} + {ms} AS window_end FROM {table.name}"
        else:
            weir = f"TABLE({kind}({call}, INTERVAL '{step}' SECOND, INTERVAL '{size}' SECOND))"
            numbers = " UNION ALL ".join(f"SELECT {n} AS n" for n in range(size // step))
            if kind == "HOP":
                start = f"ts - ts % {step_ms} - n * {step_ms}"
                model = (f"SELECT {names}, {start} AS window_start, {start} + {ms} AS window_end "
                         f"FROM {table.name}, ({numbers})")
            else:
                model = (f"SELECT {names}, ts - ts % {ms} AS window_start, ts - ts % {ms} + (n + 1) * {step_ms} "
                         f"AS window_end FROM {table.name}, ({numbers}) WHERE ts % {ms} < (n + 1) * {step_ms}")
        return both(weir, f"({model})")

    def windowed(self, depth):
        dice, table = self.dice, self.timed_table()
        if table is None:
            return None
        a = self.alias()
        text = f"{self.window(table)} AS {a}"
        scope = [(f"{a}.{n}", t) for n, t in table.columns if t != "a"]
        ends = [(f"{a}.window_start", "t"), (f"{a}.window_end", "t")]
        if dice.random() < 0.3:  # the first rows of each window
            part = ends + self.some(scope[:-1], 0, 1)
            inner, columns = self.outputs(scope + ends)
            out, columns = self.outputs(columns)
            return Rel(f"SELECT {out} FROM (SELECT {inner}, ROW_NUMBER() OVER (PARTITION BY "
                       f"{', '.join(n for n, _ in part)} ORDER BY {self.order(scope)}) AS rn FROM {text}) "
                       f"AS {self.alias()} WHERE rn <= {dice.randrange(1, 4)}", columns)
        keys = self.some(scope[:-1], 0, 2)
        exprs = keys + [self.aggregate(scope) for _ in range(dice.randrange(1, 4))]
        shown = exprs + self.some(ends, 1, 2)
        out, columns = self.outputs(shown)
        where = f" WHERE {self.predicate(scope)}" if dice.random() < 0.3 else ""
        having = f" HAVING COUNT(*) > {dice.randrange(3)}" if dice.random() < 0.2 else ""
        group = ", ".join(n for n, _ in keys + ends)
        return Rel(f"SELECT {out} FROM {text}{where} GROUP BY {group}{having}", columns)

    def sessions(self, table, gap, by):
        """The model's rows of a table with the session by some columns that they are in."""
        names = ", ".join(n for n, t in table.columns)
        broken = (f"SELECT {names}, CASE WHEN ts - LAG(ts) OVER (PARTITION BY {by} ORDER BY ts) > {gap * 1000} "
                  f"THEN 1 ELSE 0 END AS b FROM {table.name}")
        numbered = f"SELECT *, SUM(b) OVER (PARTITION BY {by} ORDER BY ts) AS n FROM ({broken})"
        return (f"(SELECT {names}, MIN(ts) OVER (PARTITION BY {by}, n) AS window_start, "
                f"MAX(ts) OVER (PARTITION BY {by}, n) + {gap * 1000} AS window_end FROM ({numbered}))")

    def session(self, depth):
        dice, table = self.dice, self.timed_table()
        if table is None:
            return None
        a, gap = self.alias(), dice.choice([2, 5, 15])
        scope = [(f"{a}.{n}", t) for n, t in table.columns if t != "a"]
        keys = [(f"{a}.k", "i")] + self.some([(f"{a}.s", "s")], 0, 1)
        ends = [(f"{a}.window_start", "t"), (f"{a}.window_end", "t")]
        call = both(f"TABLE(SESSION(TABLE {table.name} PARTITION BY k, DESCRIPTOR(ts), INTERVAL '{gap}' SECOND))",
                    self.sessions(table, gap, "k"))
        if dice.random() < 0.3:  # the rows themselves
            out, columns = self.outputs(self.some(scope, 1, 4) + ends)
            return Rel(f"SELECT {out} FROM {call} AS {a}", columns)
        out, columns = self.outputs(keys + ends + [self.aggregate(scope) for _ in range(dice.randrange(1, 3))])
        return Rel(f"SELECT {out} FROM {call} AS {a} GROUP BY {', '.join(n for n, _ in keys + ends)}", columns)

    def grouped_window(self, depth):
        """GROUP BY TUMBLE(...), as it was written first."""
        dice, table = self.dice, self.timed_table()
        if table is None:
            return None
        a, kind, step = self.alias(), dice.choice(["TUMBLE", "HOP", "SESSION"]), dice.choice([5, 10, 30])
        size = step * dice.choice([1, 2, 3]) if kind == "HOP" else step
        scope = [(f"{a}.{n}", t) for n, t in table.columns if t != "a"]
        given = f"{a}.ts, INTERVAL '{step}' SECOND" + (f", INTERVAL '{size}' SECOND" if kind == "HOP" else "")
        keys = [(f"{a}.k", "i")] + self.some([(f"{a}.s", "s")], 0, 1)
        if kind == "SESSION":
            model = self.sessions(table, step, ", ".join(n.split(".")[1] for n, _ in keys))
        else:
            numbers = " UNION ALL ".join(f"SELECT {n} AS n" for n in range(size // step))
            start = f"ts - ts % {step * 1000} - n * {step * 1000}"
            model = (f"(SELECT {', '.join(n for n, _ in table.columns)}, {start} AS window_start, "
                     f"{start} + {size * 1000} AS window_end FROM {table.name}, ({numbers}))")
        ends = [(both(f"{kind}_START({given})", f"{a}.window_start"), "t"),
                (both(f"{kind}_END({given})", f"{a}.window_end"), "t")]
        out, columns = self.outputs(keys + [self.aggregate(scope) for _ in range(dice.randrange(1, 3))]
                                    + self.some(ends, 1, 2))
        group = ", ".join(n for n, _ in keys) + both(f", {kind}({given})", f", {a}.window_start, {a}.window_end")
        having = f" HAVING COUNT(*) > {dice.randrange(3)}" if dice.random() < 0.2 else ""
        return Rel(f"SELECT {out} FROM {both(table.name, model)} AS {a} GROUP BY {group}{having}", columns)

    def windows_joined(self, depth):
        table = self.timed_table()
        if table is None:
            return None
        other = self.timed_table()
        left, right = self.alias(), self.alias()
        state = self.dice.getstate()
        a = self.window(table)
        self.dice.setstate(state)
        b = self.window(other)
        cols = [[(f"{x}.{n}", t) for n, t in y.columns if t != "a"] for x, y in ((left, table), (right, other))]
        n = self.dice.choice(["id", "k", "s"])
        out, columns = self.outputs(self.some(cols[0], 1, 2) + self.some(cols[1], 1, 2)
                                    + [(f"{left}.window_start", "t")])
        return Rel(f"SELECT {out} FROM (SELECT * FROM {a} AS {left}i) AS {left} {self.dice.choice(JOINS)} "
                   f"(SELECT * FROM {b} AS {right}i) AS {right} ON {left}.{n} = {right}.{n} AND "
                   f"{left}.window_start = {right}.window_start AND {left}.window_end = {right}.window_end", columns)

    def timed_join(self, depth):
        left, right = self.timed_table(), self.timed_table()
        if left is None:
            return None
        dice, a, b = self.dice, self.alias(), self.alias()
        before, after = dice.choice([0, 5, 20]), dice.choice([0, 5, 20])
        n = dice.choice(["id", "k", "s"])
        scopes = [[(f"{x}.{m}", t) for m, t in y.columns if t != "a"] for x, y in ((a, left), (b, right))]
        out, columns = self.outputs(self.some(scopes[0], 1, 3) + self.some(scopes[1], 1, 3))
        low = both(f"{b}.ts - INTERVAL '{before}' SECOND", f"{b}.ts - {before * 1000}")
        high = both(f"{b}.ts + INTERVAL '{after}' SECOND", f"{b}.ts + {after * 1000}")
        return Rel(f"SELECT {out} FROM {left.name} AS {a} {dice.choice(JOINS)} {right.name} AS {b} "
                   f"ON {a}.{n} = {b}.{n} AND {a}.ts BETWEEN {low} AND {high}", columns)

    def over(self, depth):
        """No two rows of a table have one time."""
        table = self.timed_table()
        if table is None:
            return None
        dice, a = self.dice, self.alias()
        scope = [(f"{a}.{n}", t) for n, t in table.columns if t != "a"]
        part = dice.choice([[], ["k"], ["s"], ["k", "s"]])
        spec = (f"PARTITION BY {', '.join(f'{a}.{n}' for n in part)} " if part else "") + f"ORDER BY {a}.ts "
        frame = dice.choice(["", "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW",
                             f"ROWS BETWEEN {dice.randrange(1, 4)} PRECEDING AND CURRENT ROW", "range"])
        if frame == "range":
            span = dice.choice([1, 10, 40])
            frame = (both(f"RANGE BETWEEN INTERVAL '{span}' SECOND PRECEDING AND CURRENT ROW",
                          f"RANGE BETWEEN {span * 1000} PRECEDING AND CURRENT ROW"))
        calls = self.over_calls(scope, spec + frame)
        if dice.random() < 0.4:
            name, kind = dice.choice(scope[:-1])
            rows = dice.randrange(1, 4)
            text = f"LAG({name}, {rows}) OVER ({spec})"
            if dice.random() < 0.4:  # in Flink also for a NULL
                other = self.value(kind, [], 0)
                text = both(f"LAG({name}, {rows}, {other}) OVER ({spec})", f"COALESCE({text}, {other})")
            calls.append((text, kind))
        if dice.random() < 0.3:
            calls.append((f"ROW_NUMBER() OVER ({spec})", "i"))
        out, columns = self.outputs(self.some(scope, 1, 3) + calls)
        return Rel(f"SELECT {out} FROM {table.name} AS {a}", columns)

    def over_calls(self, scope, window):
        dice = self.dice
        name, kind = dice.choice([c for c in scope if c[1] in "id"])
        calls = [(f"{f}({name}) OVER ({window})", "i" if f == "COUNT" else kind)
                 for f in dice.sample(["COUNT", "SUM", "MIN", "MAX"], dice.randrange(1, 3))]
        if dice.random() < 0.2:
            calls.append((f"COUNT(*) OVER ({window})", "i"))
        return calls

    def over_any(self, depth):
        """An order that is no time: results change when rows come before others, or go."""
        dice, rel, a = self.dice, self.rel(depth), self.alias()
        scope = self.scope(rel, a)
        if not [c for c in scope if c[1] in "id"]:
            return None
        part = ", ".join(n for n, _ in self.some(scope, 0, 2))
        part = f"PARTITION BY {part} " if part else ""
        exprs = self.some(scope, 1, 3)
        if dice.random() < 0.6:  # rows that are equal in the order have one result
            order = ", ".join(n for n, _ in self.some(scope, 1, 2))
            exprs += self.over_calls(scope, f"{part}ORDER BY {order}")
        else:
            order = ", ".join(n for n, _ in dice.sample(scope, len(scope)))
            exprs += self.over_calls(scope, f"{part}ORDER BY {order} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW")
            exprs.append((f"ROW_NUMBER() OVER ({part}ORDER BY {order})", "i"))
        out, columns = self.outputs(exprs)
        return Rel(f"SELECT {out} FROM {rel.as_from(a)}", columns, [rel])

    def sorted_by_time(self, depth):
        table = self.timed_table()
        if table is None:
            return None
        a = self.alias()
        scope = [(f"{a}.{n}", t) for n, t in table.columns if t != "a"]
        out, columns = self.outputs(scope)
        more = "".join(f", {n}" for n, _ in self.some(scope[:-1], 0, 2))
        return Rel(f"SELECT {out} FROM {table.name} AS {a} ORDER BY {a}.ts{more}", columns)

    def latest(self, depth):
        """The first or last row by event time."""
        table = self.timed_table()
        if table is None:
            return None
        dice, a = self.dice, self.alias()
        scope = [(f"{a}.{n}", t) for n, t in table.columns if t != "a"]
        part = dice.choice([["k"], ["s"], ["k", "s"]])
        inner, columns = self.outputs(scope)
        out, columns = self.outputs(self.some(columns, 1, 4))
        return Rel(f"SELECT {out} FROM (SELECT {inner}, ROW_NUMBER() OVER (PARTITION BY "
                   f"{', '.join(f'{a}.{n}' for n in part)} ORDER BY {a}.ts {dice.choice(['ASC', 'DESC'])}) AS rn "
                   f"FROM {table.name} AS {a}) AS {self.alias()} WHERE rn = 1", columns)
