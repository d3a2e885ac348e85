#!/usr/bin/env python3
"""test_edit.py WEIR [TEXT] -- the line editor as somebody at a terminal sees it; TEXT: only tests whose
name has it."""
import os
import re
import signal
import stat
import sys
import tempfile

from screenlib import Terminal, run_tests

WEIR = ""
QUIET = ["--set", "weir.summary=none", "--output", "csv"]
UP, DOWN, RIGHT, LEFT = "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D"
PASTE = "\x1b[200~%s\x1b[201~"
PROMPT = "weir> |"


class Home:
    """A home of its own for each test."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="weir-repl-")
        self.path = self.folder.name
        self.terminals = []

    def open(self, columns=80, rows=24, arguments=(), prompt=PROMPT, **more):
        env = {"PATH": os.environ["PATH"], "HOME": self.path, "TERM": "xterm-256color",
               "LC_ALL": "C.UTF-8"}
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"):
            if name in os.environ:
                env[name] = os.environ[name]
        env.update(more)
        t = Terminal([WEIR, *QUIET, *arguments], columns, rows, env, self.path)
        self.terminals.append(t)
        t.until(prompt)
        return t

    def history(self):
        return os.path.join(self.path, ".local/state/weir/history")

    def close(self):
        for t in self.terminals:
            t.close()
        self.folder.cleanup()


def done(t, part):
    """Until the line with this part was entered and the next prompt is there."""
    t.until(lambda s: part in s.text() and s.text(cursor=True).endswith("\n" + PROMPT))


def ends(t):
    """Leaves with Ctrl-D; nothing may be left of the editor's modes."""
    t.send("\x03")
    t.until(lambda s: s.text(cursor=True).endswith(PROMPT))
    t.send("\x04")
    assert t.wait() == 0
    assert t.screen_.modes <= {25}, t.screen_.modes
    assert t.is_cooked()


def test_statement_over_lines(home):
    t = home.open()
    t.send("SELECT 1 AS a,\r")
    t.until("   -> |")
    t.send("'it\r")
    t.until("   '> |")
    t.send("' AS b, (\r")
    t.until("   (> |")
    t.send("2) AS c /*\r")
    t.until("   *> |")
    t.send("*/ ;")
    t.until("   *> */ ;|")
    t.send("\r")
    t.until("a,b,c\n1,\"it\n\",2\nweir> |")
    t.send("\\q\r")
    assert t.wait() == 0


def test_moving_and_changing(home):
    t = home.open()
    t.send("SELECT 1 AS b;")
    t.until("SELECT 1 AS b;|")
    t.send("\x02\x7fa")
    t.until("SELECT 1 AS a|;")
    t.send("\x01")
    t.until("weir> |SELECT")
    t.send("\x1bf\x1bf")
    t.until("SELECT 1| AS")
    t.send("\x0b")
    t.until(lambda s: s.text(cursor=True).endswith("SELECT 1|"))
    t.send("0\x19")
    t.until("SELECT 10 AS a;|")
    t.send("\r")
    t.until("a\n10\nweir> |")
    ends(t)


def test_cut_and_undo(home):
    t = home.open()
    t.send("SELECT abc def")
    t.until("def|")
    t.send("\x17\x17")
    t.until("SELECT |")
    t.send("\x19")
    t.until("SELECT abc def|")
    t.send("\x1f\x1f")
    t.until("SELECT abc |")
    t.send("\x1f")
    t.until("SELECT abc def|")
    t.send("\x15")
    t.until(PROMPT)
    t.send("\x19\x14")
    t.until("SELECT abc dfe|")
    t.send("\x1bb\x1bu")
    t.until("SELECT abc DFE|")
    t.send("\x1b[1;5D\x1b[3~")
    t.until("SELECT abc |FE")
    t.send("\x1bd")
    t.until("SELECT abc |")
    ends(t)


def test_up_and_down_within_the_text(home):
    t = home.open()
    t.send("SELECT 'old';\r")
    t.until("old\nweir> |")
    t.send("SELECT 1,\r2,\r33")
    t.until("   -> 33|")
    t.send(UP)
    t.until("   -> 2,|\n   -> 33")
    t.send(UP)
    t.until("weir> SE|LECT 1,")
    t.send(UP)  # at the first line: the history
    t.until("weir> SELECT 'old';|")
    t.send(DOWN)  # back to what was begun
    t.until("weir> SELECT 1,\n   -> 2,\n   -> 33|")
    t.send(UP + "\x1b\r")
    t.until("   -> 2,\n   -> |\n   -> 33")
    ends(t)


def test_history_is_whole_statements(home):
    t = home.open()
    t.send("SELECT 1 AS a,\r2 AS b;\r")
    t.until("a,b\n1,2\nweir> |")
    t.send("SELECT 3 AS c;\r")
    t.until("c\n3\nweir> |")
    t.send(UP + UP)
    t.until("weir> SELECT 1 AS a,\n   -> 2 AS b;|")
    t.send("\x7f + 5;\r")
    done(t, "weir> SELECT 1 AS a,\n   -> 2 AS b + 5;")
    ends(t)
    mode = stat.S_IMODE(os.stat(home.history()).st_mode)
    assert mode == 0o600, oct(mode)
    with open(home.history(), encoding="utf-8") as file:
        lines = file.read().splitlines()
    assert lines == ["SELECT 1 AS a,\\n2 AS b;", "SELECT 3 AS c;",
                     "SELECT 1 AS a,\\n2 AS b + 5;"], lines
    other = home.open()  # another run has them too
    other.send("\x1bp\x1bp\x1bp")
    other.until("weir> SELECT 1 AS a,\n   -> 2 AS b;|")
    ends(other)


def test_secrets_are_not_stored(home):
    t = home.open()
    t.send("CREATE TABLE t (a INT) WITH ('connector' = 'print', 'password' = 'hush');\r")
    done(t, "'hush');")
    t.send("SELECT 1 AS a;\r")
    t.until("a\n1\nweir> |")
    t.send(UP + UP)  # here it is still known
    t.until("'hush');|")
    ends(t)
    with open(home.history(), encoding="utf-8") as file:
        assert file.read() == "SELECT 1 AS a;\n"


def test_another_history_file(home):
    path = os.path.join(home.path, "deep/er/mine")
    t = home.open(WEIR_HISTORY=path)
    t.send("SELECT 1 AS a;\r")
    t.until("a\n1\nweir> |")
    ends(t)
    assert os.path.exists(path) and not os.path.exists(home.history())


def test_search(home):
    t = home.open()
    for text in ("SELECT 10 AS ten,\r11 AS eleven;", "SELECT 20 AS twenty;", "SELECT 30 AS x;"):
        t.send(text + "\r")
        done(t, text[-6:])
    t.send("begun\x12")
    t.until("search: _")
    t.send("tw")
    t.until("weir> SELECT 20 AS |twenty;\nsearch: tw_")
    assert t.screen_.style_of("twenty") == "7"
    t.send("\x7f\x7fsel")
    t.until("weir> |SELECT 30 AS x;\nsearch: sel_")
    t.send("\x12\x12")
    t.until("weir> |SELECT 10 AS ten,\n   -> 11 AS eleven;\nsearch: sel_")
    t.send("\x13")
    t.until("weir> |SELECT 20 AS twenty;")
    t.send("zzz")
    t.until("(there is no such statement)")
    t.send("\x07")  # as it was
    t.until("weir> begun|")
    t.send("\x12elvn")  # letters close together
    t.until("AS |eleven;")
    t.send("\r")
    t.until("ten,eleven\n10,11\nweir> |")
    ends(t)


def test_paste_runs_after_it_ends(home):
    t = home.open()
    t.send("\x1b[200~SELECT 1 AS a;\n\tSELECT '\n\\q\n' AS b; -- it's; \"over\"\n")
    t.send("SELECT 3 AS c;\n\x1b[201~")
    t.until("   -> SELECT 3 AS c;\n   -> |")
    assert "a\n1" not in t.text()
    t.send("\r")
    t.until("a\n1\nb\n\"\n\\q\n\"\nc\n3\nweir> |")
    t.send(PASTE % "SELECT 1 AS a;\nSELECT 2 AS" + "\r")
    t.until("   -> SELECT 2 AS\n   -> |")
    t.send("b;\r")
    t.until("a\n1\nb\n2\nweir> |")
    ends(t)


def test_commands_between_statements(home):
    t = home.open()
    t.send(PASTE % "SELECT 1 AS a;\nhelp raw\nSELECT 2 AS b;" + "\r")
    t.until("a\n1\nraw: the whole message")
    t.until("b\n2\nweir> |")
    t.send("\\no\r")
    done(t, "there is no command \"\\no\"")
    ends(t)


def test_typed_ahead(home):
    t = home.open()
    t.send("SELECT 1 AS a;\rSELECT 2 AS b;\rSELECT 3")
    t.until("b\n2\nweir> SELECT 3|")
    ends(t)


def test_interrupts(home):
    t = home.open()
    t.send("SELECT 'abc\r")
    t.until("   '> |")
    t.send("\x03")
    t.until("   '> ^C\nweir> |")
    t.send("CREATE TABLE t (n BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '100');\r")
    done(t, "'100');")
    t.send("SELECT n FROM t;\r")
    t.until(lambda s: re.search(r"\nn\n-?\d+\n", s.text()))
    t.send("\x03")  # ends the query, not the prompt
    t.until(lambda s: s.text(cursor=True).endswith("\n" + PROMPT))
    t.send("SELECT 'on' AS x;\r")
    t.until("x\non\nweir> |")
    t.send("abc\x04")  # nothing to delete, and not empty
    t.until("weir> abc|")
    ends(t)


def test_suspend(home):
    t = Terminal(["bash", "--norc", "--noprofile", "--noediting", "-i"], 80, 24,
                 {"PATH": os.environ["PATH"], "HOME": home.path, "PS1": "shell$ ",
                  "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}, home.path)
    home.terminals.append(t)
    t.until("shell$ |")
    t.send(WEIR + " --set weir.summary=none --output csv\n")
    t.until("\nweir> |")
    t.send("SELECT 1")
    t.until("weir> SELECT 1|")
    t.send("\x1a")
    t.until("Stopped")
    t.until("shell$ |")
    assert t.is_cooked()
    t.send("fg\n")
    t.until(lambda s: s.text(cursor=True).endswith("\nweir> SELECT 1|"))
    t.send(" AS a;\r")
    t.until("a\n1\nweir> |")
    t.send("\x04")
    t.until(lambda s: s.text(cursor=True).endswith("shell$ |"))
    t.send("exit\n")
    t.wait()


def test_highlighting(home):
    t = home.open()
    t.send("SELECT LOWER('x'), 12, `b` -- why\r+ (")
    t.until("   -> + (|")
    styles = [t.screen_.style_of(text) for text in ("SELECT", "LOWER", "'x'", "12", "`b`", "-- why")]
    assert styles == ["1;34", "36", "32", "35", "36", "90"], styles
    t.send("a)")
    t.until("+ (a)|")
    assert t.screen_.style_of("(a)") == "1;4;33"
    t.send(" 'open")
    t.until("'open|")
    assert t.screen_.style_of("'open") == "33"
    assert t.screen_.style_of("(a)") == ""
    t.send("'; )")
    t.until("; )|")
    assert t.screen_.style_of("; )") == ""
    assert t.screen_.lines[t.screen_.row][-1] == (")", "1;31")  # never opened
    ends(t)


def test_no_color(home):
    t = home.open(NO_COLOR="1")
    t.send("SELECT 'x' AS (a;\r")
    done(t, "ERROR")
    t.send("SEL\t\t")
    t.until("> SELECT ")
    assert b"m" not in re.sub(rb"[^\x1b]*(\x1b\[[?\d;]*[A-Za-z])?", rb"\1", t.output), t.output
    ends(t)


def test_completion(home):
    t = home.open()
    t.send("CREATE TABLE orders (order_id BIGINT, order_time TIMESTAMP(3), amount DOUBLE)\r")
    t.send("WITH ('con\t")
    t.until("WITH ('connector' = '|")
    t.send("data\t")
    t.until("WITH ('connector' = 'datagen'|")
    t.send(", 'number\t")
    t.until("'number-of-rows' = '|")
    t.send("3');\r")
    done(t, "'3');")
    t.send("select from ord\t")
    t.until("select from orders|")
    t.send("\x01\x1bf order_\t")
    t.until("select order_| from orders")
    t.until("column")
    assert re.search(r"order_id +column +order_time +column", t.text()), t.text()
    t.send("\t")
    t.until("select order_id| from")
    t.until("> order_id")
    t.until("BIGINT")  # what the chosen one is
    t.send("\t")
    t.until("select order_time| from")
    t.send("\x1b[Z")
    t.until("select order_id| from")
    t.send("\x1b")
    t.until("select order_| from")
    t.until(lambda s: "column" not in s.text())
    t.send("\t\t\r")  # takes what is chosen, and nothing runs
    t.until("select order_id| from orders")
    t.until(lambda s: "column" not in s.text())
    t.send("\x05 whe\t")
    t.until("from orders where|")
    ends(t)


def test_completion_of_running_jobs(home):
    with open(os.path.join(home.path, "visits.sql"), "w", encoding="utf-8") as file:
        file.write("CREATE TABLE t (n BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '100');"
                   "CREATE TABLE o (n BIGINT) WITH ('connector' = 'blackhole');"
                   "INSERT INTO o SELECT n FROM t;")
    env = {"XDG_RUNTIME_DIR": home.path}
    t = home.open(**env)
    t.send("\\run vis\t")
    t.until("\\run visits.sql|")
    t.send("\r")
    done(t, "visits.sql")
    t.send("\\jobs\r")
    t.until(lambda s: re.search(r"\\jobs\n(.*\n)*visits", s.text()) and
            s.text(cursor=True).endswith("\n" + PROMPT))
    t.send("\\stop v\t")
    t.until("\\stop visits|")
    t.send("\r")
    done(t, "\\stop visits")
    ends(t)


def test_completion_in_a_small_window(home):
    t = home.open(columns=40, rows=10)
    t.send("SET '\t\t")
    t.until(lambda s: "more" in s.text() or "> " in s.text())
    for row in t.text().split("\n"):
        assert len(row) <= 40, row
    t.send("\t" * 12)
    t.until("> ")
    ends(t)


def test_ghost(home):
    t = home.open()
    t.send("SELECT 1 AS one;\r")
    t.until("one\n1\nweir> |")
    t.send("SEL")
    t.until("weir> SEL|ECT 1 AS one;")
    assert t.screen_.style_of("ECT 1 AS one;") == "90"
    t.send(RIGHT)
    t.until("weir> SELECT 1 AS one;|")
    t.send("\r")
    t.until("one\n1\nweir> |")
    t.send("SE\r")  # it is not part of the text
    t.until("weir> SE\n   -> |")
    ends(t)


def test_wide_characters(home):
    t = home.open(columns=30)
    t.send("SELECT '\u4e2d\u6587\u4e2d\u6587\u4e2d\u6587\u4e2d\u6587' AS e\u0301;")
    t.until("weir> SELECT '\u4e2d\u6587\u4e2d\u6587\u4e2d\u6587\u4e2d\u6587\n      ' AS e\u0301;|")
    t.send(LEFT + LEFT)
    t.until("AS |e\u0301;")
    t.send("\x7f\x7f\x7f\x7f\x7f")
    t.until("\u4e2d\u6587\n      |e\u0301;")  # the row is just full
    t.send("\x7f'")
    t.until("\u4e2d\u6587\u4e2d'|e\u0301\n      ;")
    ends(t)


def test_taller_than_the_screen(home):
    t = home.open(columns=40, rows=6)
    t.send(PASTE % "\n".join(f"-- line {i}" for i in range(20)))
    t.until("   -> -- line 14\n   -> -- line 15\n   -> -- line 16\n   -> -- line 17\n"
            "   -> -- line 18\n   -> -- line 19|")
    t.send(UP * 7)
    t.until(lambda s: s.text(cursor=True).startswith("   -> -- line 12|\n"))
    t.send("\x1b<")
    t.until(lambda s: s.text(cursor=True).startswith("weir> |-- line 0\n   -> -- line 1\n"))
    assert "weir 0" not in t.text()  # the screen is all ours
    t.send("\x1b>\rSELECT 1 AS a;\r")
    t.until("a\n1\nweir> |")
    ends(t)


def test_resize(home):
    t = home.open(columns=60, rows=12)
    t.send("SELECT 'above' AS a;\r")
    t.until("above\nweir> |")
    t.send("SELECT 1234567890, 1234567890, 1234567890,\r2 AS b")
    t.until("   -> 2 AS b|")
    t.resize(30, 12)
    t.until("weir> SELECT 1234567890, 12345\n      67890, 1234567890,\n   -> 2 AS b|")
    assert "above\nweir> SELECT 1234567890" in t.text(), t.text()
    t.resize(80, 20)
    t.until("weir> SELECT 1234567890, 1234567890, 1234567890,\n   -> 2 AS b|")
    assert "above\nweir> SELECT 1234567890" in t.text(), t.text()
    t.send(";\r")
    t.until(lambda s: s.text(cursor=True).endswith(",2\nweir> |"))
    ends(t)


def test_narrow(home):
    t = home.open(columns=40, rows=8)
    t.send("SELECT 'a long text that does not fit into one row of this window' AS x;\r")
    done(t, "\n      fit into one row of this window' A\n      S x;\nx\n")
    t.send(UP)
    t.until("S x;|")
    t.send("\x01")
    t.until("weir> |SELECT")
    ends(t)


def test_clear(home):
    t = home.open()
    t.send("SELECT 1 AS a;\r")
    t.until("a\n1\nweir> |")
    t.send("xyz\x0c")
    t.until(lambda s: s.text(cursor=True) == "weir> xyz|")
    ends(t)


def write_script(home, text):
    path = os.path.join(home.path, "my editor")
    with open(path, "w", encoding="utf-8") as file:
        file.write("#!/bin/sh\n" + text)
    os.chmod(path, 0o700)
    return f"'{path}' extra"


def test_external_editor(home):
    editor = write_script(home, 'test "$1" = extra || exit 3\n'
                                'test "$(stat -c %a "$2")" = 600 || exit 4\n'
                                'sed -i s/1/2/ "$2"\necho "-- $2" | sed s,/.*weir,weir, >> "$2"\n')
    t = home.open(EDITOR=editor, TMPDIR=home.path)
    t.send("SELECT 1 AS a;\r")
    t.until("a\n1\nweir> |")
    t.send("\\e\r")
    t.until(lambda s: re.search(r"weir> SELECT 2 AS a;\n   -> -- weir-\w+\.sql\|", s.text(True)))
    t.send("\r")
    t.until("a\n2\nweir> |")
    t.send("SELECT 1 AS b;")
    t.until("SELECT 1 AS b;|")
    t.send("\x1be")
    t.until("weir> SELECT 2 AS b;\n   -> -- weir")
    t.send("\x03")
    t.until("^C\nweir> |")
    assert not [name for name in os.listdir(home.path) if name.endswith(".sql")]
    ends(t)


def test_external_editor_that_fails(home):
    t = home.open(EDITOR="/bin/false")
    t.send("SELECT 1 AS b\x1bE")
    t.until("the editor \"/bin/false\" has failed; the text is as it was")
    t.until("weir> SELECT 1 AS b|")
    ends(t)


def test_dumb_terminal(home):
    for term in ("dumb", ""):
        t = home.open(prompt="weir> ", TERM=term, EDITOR="/bin/false")
        t.send("SELECT 1 AS a,\n")
        t.until("   -> ")
        t.send("2 AS b;\n")
        t.until("a,b\n1,2\nweir> |")
        assert b"\x1b" not in t.output
        t.send("\\e\n")
        t.until("the editor \"/bin/false\" has failed")
        t.send("\\q\n")
        assert t.wait() == 0


def test_dumb_terminal_edits(home):
    t = home.open(prompt="weir> ", TERM="dumb", EDITOR=write_script(home, 'sed -i s/1/2/ "$2"\n'))
    t.send("SELECT 1 AS a;\n")
    t.until("a\n1\nweir> |")
    t.send("\\e\n")
    t.until("SELECT 2 AS a;\na\n2\nweir> |")
    t.send("\x04")
    assert t.wait() == 0


def test_the_terminal_goes_away(home):
    t = home.open()
    t.send("SELECT 1 AS a;")
    t.until("AS a;|")
    os.close(t.master)
    t.process.wait(30)
    t.master = os.open("/dev/null", os.O_RDWR)


def test_termination(home):
    for term in ("xterm-256color", "dumb"):
        t = home.open(prompt="weir> ", TERM=term)
        t.send("SELECT 1")
        t.until("SELECT 1|")
        t.process.send_signal(signal.SIGTERM)
        assert t.wait() == 0
        assert t.is_cooked() and t.screen_.modes <= {25}
    t = home.open()  # while a query runs: that ends first
    t.send("CREATE TABLE t (n BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '100');\r")
    done(t, "'100');")
    t.send("SELECT n FROM t;\r")
    t.until(lambda s: re.search(r"\nn\n-?\d+\n", s.text()))
    t.process.send_signal(signal.SIGTERM)
    assert t.wait() == 0


def main():
    global WEIR
    WEIR = os.path.abspath(sys.argv[1])
    return run_tests(globals(), Home)


if __name__ == "__main__":
    sys.exit(main())
