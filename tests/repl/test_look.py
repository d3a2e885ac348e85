#!/usr/bin/env python3
"""test_look.py WEIR [TEXT] -- what a session at a terminal looks like besides its editor: results that
are wider or longer than the screen, help, and what is said; TEXT: only tests whose name has it."""
import os
import re
import sys
import tempfile

from screenlib import Terminal, run_tests

WEIR = ""
RIGHT, LEFT = "\x1b[C", "\x1b[D"
PROMPT = "weir> |"


class Home:
    """A home of its own for each test."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="weir-look-")
        self.path = self.folder.name
        self.terminals = []

    def open(self, columns=80, rows=24, arguments=(), **more):
        env = {**os.environ, "HOME": self.path, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8",
               "XDG_RUNTIME_DIR": self.path}
        env.pop("NO_COLOR", None)
        env.update(more)
        terminal = Terminal([WEIR, *arguments], columns, rows, env, self.path)
        self.terminals.append(terminal)
        terminal.until("weir> ")
        return terminal

    def close(self):
        for terminal in self.terminals:
            terminal.close()
        self.folder.cleanup()


def ask(terminal, line):
    """What stands between the line and the next prompt."""
    def prompts(screen):
        return screen.text(cursor=True).count("weir> ")
    begun = prompts(terminal.screen_)
    terminal.send(line + "\r")
    terminal.until(lambda s: prompts(s) > begun and s.text(cursor=True).endswith("\n" + PROMPT))
    lines = terminal.screen_.text(cursor=True).split("weir> ")[-2].split("\n")[1:]
    while lines and lines[0].startswith("      "):  # the line was longer than the screen
        del lines[0]
    return "\n".join(lines)


def widest(text):
    return max(len(line) for line in text.split("\n"))


def test_results_fit_the_screen(home):
    t = home.open(60, 200)
    answer = ask(t, "SELECT REPEAT('wide ', 30) AS w, 1 AS n;")
    assert re.search(r"^\| (wide )+w?i?d?e?\.\.\. +\| 1 \|$", answer, re.M), answer
    assert widest(answer) == 60, answer
    columns = ", ".join(f"{i} AS column_{i}" for i in range(10, 22))
    answer = ask(t, f"SELECT {columns};")
    assert "| column_10 | column_11 | ... | column_20 | column_21 |" in answer, answer
    assert "4 of 12 columns; \\x, or --output line, shows all" in answer, answer
    ask(t, "\\x")
    assert "column_15 | 15" in ask(t, f"SELECT {columns};")
    ask(t, "\\x")
    ask(t, "SET 'weir.table.width' = '200';")
    assert "column_15" in ask(t, f"SELECT {columns};").replace("\n", "")


def test_describe_loses_nothing(home):
    t = home.open(80, 200)
    ask(t, "CREATE TABLE t (ms BIGINT, happened AS TO_TIMESTAMP_LTZ(ms, 3), WATERMARK FOR happened AS "
           "happened - INTERVAL '5' SECOND) WITH ('connector' = 'datagen');")
    answer = ask(t, "DESCRIBE t;")
    assert widest(answer) <= 80 and "..." not in answer, answer
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in answer.split("\n")
             if line.startswith("| ")]
    happened = ["".join(lines) for lines in zip(*cells[2:])]
    assert happened[1] == "TIMESTAMP_LTZ(3) *ROWTIME*", happened
    assert happened[4] == "AS TO_TIMESTAMP_LTZ(ms, 3)", happened
    assert happened[5].replace(" ", "") == "happened-INTERVAL'5'SECOND", happened
    t = home.open(100, 200)
    ask(t, "CREATE TABLE t (ms BIGINT, happened AS TO_TIMESTAMP_LTZ(ms, 3), WATERMARK FOR happened AS "
           "happened - INTERVAL '5' SECOND) WITH ('connector' = 'datagen');")
    answer = ask(t, "DESCRIBE t;")  # there is room: short texts stay whole
    assert "| TIMESTAMP_LTZ(3) *ROWTIME* |" in answer and widest(answer) <= 100, answer


def test_long_results(home):
    t = home.open(80, 900)
    series = "SELECT k FROM (VALUES (1)) AS t (x), LATERAL TABLE(GENERATE_SERIES(1, %d)) AS s (k);"
    answer = ask(t, series % 301)
    assert re.search(r"\| +50 \|\n\| \.\.\. \|\n\| 251 \|", answer), answer
    assert "100 of 300 rows; SET 'weir.table.rows' = '0' shows all" in answer, answer
    ask(t, "SET 'weir.table.rows' = '0';")
    answer = ask(t, series % 301)
    assert len(re.findall(r"^\| +\d+ \|$", answer, re.M)) == 300 and "rows; SET" not in answer, answer


def test_more_columns_than_the_screen_has(home):
    """A live table is moved over its columns with the arrows."""
    t = home.open(60, 16)
    t.send("CREATE TABLE g (k INT) WITH ('connector' = 'datagen', 'rows-per-second' = '200',\r"
           "'fields.k.min' = '1', 'fields.k.max' = '5');\r")
    t.until(lambda s: s.text(cursor=True).endswith("'5');\n" + PROMPT))
    columns = ", ".join(f"SUM(k) AS column_{i}" for i in range(10, 20))
    t.send(f"SELECT k, {columns} FROM g GROUP BY k;\r")
    t.until("columns 1 to 5 of 11 (left, right)")
    t.until("| k | column_10 |")
    t.send(RIGHT)
    t.until("columns 2 to 4 of 11")
    t.until("| ... | column_10 |")
    t.send(LEFT)
    t.until("columns 1 to 5 of 11")
    t.send(">" * 30)  # no further than the last
    t.until("| ... | column_16 | column_17 | column_18 | column_19 |")
    t.until("columns 8 to 11 of 11")
    t.send("q")
    t.until("MB memory")


def test_help_fits_the_screen(home):
    topics = ("commands", "keys", "test", "kafka", "json_value", "tumble", "types", "\\peek")
    for columns, some in ((40, topics[4:]), (80, topics), (120, topics)):
        t = home.open(columns, 600)
        answer = ask(t, "help")
        assert "\\peek NAME" in answer and "JSON_VALUE" in answer, answer
        for topic in some:
            answer = ask(t, "help " + topic)
            assert not any(t.screen_.wrapped), answer
        answer = ask(t, "\\?")
        assert "\\peek TOPIC" in answer and not any(t.screen_.wrapped), answer
    t = home.open(80, 24)
    t.send("help\r")
    t.until(lambda s: "GROUP BY name;" in s.text() and s.text(cursor=True).endswith("\n" + PROMPT))
    assert "weir> help" in t.text(), t.text()  # all of it is on the screen
    t = home.open(80, 100)
    answer = ask(t, "help why")  # at a prompt the prompt's command, not that of the shell
    assert answer.startswith("\\why NAME [SINK]"), answer


def test_peek_proposes_a_statement(home):
    with open(os.path.join(home.path, "some clicks.json"), "w", encoding="utf-8") as file:
        file.write('{"who": "ann", "ms": 1600000000123}\n')
    t = home.open(100, 60)
    t.send("\\peek so\t")  # the name has a blank: it is completed in quotes
    t.until("\\peek 'some clicks.json'|")
    t.send("\r")
    t.until("-- Up brings it to the prompt")
    t.until(lambda s: s.text(cursor=True).endswith("\n" + PROMPT))
    t.send("\x1b[A")
    t.until(lambda s: "weir> CREATE TABLE some_clicks (" in s.text())
    t.send("\r")
    t.until(lambda s: s.text(cursor=True).endswith("\n" + PROMPT))
    assert re.search(r"^\| ann +\|", ask(t, "SELECT who FROM some_clicks;"), re.M)
    ask(t, "\\o 'the result.txt'")
    ask(t, "SELECT 'in a file' AS x;")
    ask(t, "\\o")
    with open(os.path.join(home.path, "the result.txt"), encoding="utf-8") as file:
        assert "in a file" in file.read()


def test_statements_of_a_file(home):
    with open(os.path.join(home.path, "my tables.sql"), "w", encoding="utf-8") as file:
        file.write("\ufeffCREATE TABLE g (k INT) WITH ('connector' = 'datagen');\n"
                   "SELECT 'of a file' AS x;\nSELECT y FROM g;\n")
    t = home.open(100, 60)
    t.send("\\i my\t")
    t.until("\\i 'my tables.sql'|")
    answer = ask(t, "")
    assert "| of a file |" in answer, answer
    assert 'column "y" does not exist (my tables.sql:3:8)' in answer, answer
    assert "| g " in ask(t, "SHOW TABLES;")
    assert "could not open" in ask(t, "\\i none.sql")
    assert "it is \\i FILE.sql" in ask(t, "\\i")


def test_hints_of_a_prompt(home):
    t = home.open(100, 60)
    answer = ask(t, "SELECT * FROM clicks;")
    assert 'table or view "clicks" does not exist' in answer and "\\peek NAME" in answer, answer
    ask(t, GENERATOR)
    assert "clicks" not in ask(t, "SELECT * FROM g LIMIT 1;")
    t.send("clear\r")
    t.until(lambda s: s.text(cursor=True) == PROMPT)


def test_a_table_that_cannot_be_used_is_told_of_at_once(home):
    t = home.open(100, 60)
    answer = ask(t, "CREATE TABLE t (a INT) WITH ('connector' = 'filesystem', 'pth' = 'x', 'format' = 'csv');")
    assert 'WARNING:  connector "filesystem" has no option "pth"' in answer, answer
    assert 'Perhaps you meant "path".' in answer, answer
    assert "WARNING" not in ask(t, GENERATOR)
    # Lines of a plan are those of its statement, not of all that was typed.
    answer = ask(t, "EXPLAIN SELECT k FROM g WHERE k > 1;")
    assert "line=1" in answer and not re.search(r"line=[2-9]", answer), answer


GENERATOR = ("CREATE TABLE g (k INT) WITH ('connector' = 'datagen', 'rows-per-second' = '200', "
             "'fields.k.min' = '1', 'fields.k.max' = '5');")


def test_keys_on_a_narrow_screen(home):
    t = home.open(40, 15)
    ask(t, GENERATOR)
    t.send("SELECT k, COUNT(*) AS n FROM g GROUP BY k;\r")
    t.until("q end, space operators, n p g G page|")
    t.send("q")
    t.until(lambda s: s.text(cursor=True).endswith("\n" + PROMPT))


def test_live_table_without_colours(home):
    t = home.open(90, 16, NO_COLOR="1")
    ask(t, GENERATOR)
    t.send("SELECT k, COUNT(*) AS n, CAST(NULL AS INT) AS nothing FROM g GROUP BY k;\r")
    t.until("<NULL>")
    t.until("q ends it")
    t.send("q")
    t.until("MB memory")
    assert not re.search(rb"\x1b\[[\d;]*m", t.output), t.output


def test_rows_of_a_stream_on_a_dumb_terminal(home):
    """Where no table can be drawn, rows come as they come; what ends is a table all the same."""
    t = home.open(90, 50, TERM="dumb")
    ask(t, GENERATOR)
    t.send("SELECT k FROM g;\r")
    t.until(lambda s: re.search(r"\| op \| +k \|\n.*\n\| \+I \| +[1-5] \|", s.text()))
    t.send("\x03")
    t.until(lambda s: s.text(cursor=True).endswith("\n" + PROMPT))
    assert re.search(r"^\| +n \|$", ask(t, "SELECT 1 AS n;"), re.M)
    assert b"\x1b" not in t.output, t.output


def main():
    global WEIR
    WEIR = os.path.abspath(sys.argv[1])
    return run_tests(globals(), Home)


if __name__ == "__main__":
    sys.exit(main())
