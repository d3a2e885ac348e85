#!/usr/bin/env python3
"""test_live.py WEIR -- a query on a terminal while it runs: its table is drawn in place, keys turn pages
and show the operators, q ends it, and the terminal is what it was; also when it is suspended, runs in
the background, or the screen is tiny, and lines typed ahead are not taken for keys.
"""
import os
import re
import sys
import tempfile
import termios

from screenlib import Terminal

LINES, COLUMNS = 16, 90
QUERY = """
CREATE TABLE g (k INT) WITH ('connector' = 'datagen', 'rows-per-second' = '500',
    'fields.k.kind' = 'random', 'fields.k.min' = '1', 'fields.k.max' = '30');
SELECT k, COUNT(*) AS n, CAST(NULL AS INT) AS nothing, 'a long text that does not fit into the width of this terminal, by far and away,
 and goes on' AS t FROM g GROUP BY k;
"""


def check(what, condition, screen):
    if not condition:
        sys.exit(f"{what}; the screen is\n{screen.text()}")


def environment(folder):
    env = {**os.environ, "TERM": "xterm", "HOME": folder, "XDG_RUNTIME_DIR": folder, "PS1": "$ "}
    env.pop("NO_COLOR", None)
    return env


def small_screens(weir, folder):
    for columns, lines in ((30, 4), (1, 20), (2, 1)):
        terminal = Terminal([weir, "-c", QUERY], columns, lines, env=environment(folder))
        terminal.until(lambda screen: b"\x1b[J" in terminal.output)
        drawn = terminal.output.count(b"\x1b[J")
        terminal.until(lambda screen, drawn=drawn: terminal.output.count(b"\x1b[J") > drawn + 2)
        check(f"it scrolls on {columns} columns and {lines} lines",
              len(terminal.screen_.lines) <= lines, terminal)
        terminal.send("q")
        status = terminal.wait()
        terminal.close()
        check(f"the status is {status}", status == 0, terminal)


def jobs_of_a_shell(weir, folder):
    """Ctrl-Z, bg and fg, and a query that is started in the background."""
    terminal = Terminal(["bash", "--norc", "--noprofile", "-i"], COLUMNS, LINES,
                        env={**environment(folder), "QUERY": QUERY})
    terminal.until("$ ")
    terminal.send(f'{weir} -c "$QUERY"; echo "status $?"\n')
    terminal.until("q ends it")
    terminal.send(b"\x1a")
    terminal.until("Stopped")
    terminal.send("stty -a | tr ' ' '\\n' | grep -xE -e '-?(echo|icanon);?' | xargs echo is\n")
    terminal.until(lambda screen: re.search(r"^is icanon;? echo", screen.text(), re.M))
    # It goes on in the background: without the keys, and without being stopped for them.
    terminal.send("clear\n")
    terminal.until(lambda screen: "is icanon" not in screen.text())
    terminal.send("bg\n")
    terminal.until("rows/s")
    terminal.send("jobs\n")
    terminal.until(lambda screen: "Running" in screen.text() or "Stopped" in screen.text())
    check("it was stopped in the background", "Running" in terminal.text(), terminal)
    terminal.send("fg\n")
    terminal.until("q ends it")
    terminal.send("q")
    terminal.until("MB memory")
    terminal.send("clear\n")
    terminal.until(lambda screen: "MB memory" not in screen.text())
    terminal.send(f'{weir} -c "$QUERY" &\n')
    terminal.until("rows/s")
    terminal.send("jobs\n")
    terminal.until(lambda screen: "Running" in screen.text() or "Stopped" in screen.text())
    check("it was stopped in the background", "Running" in terminal.text(), terminal)
    terminal.send("kill %1\n")
    terminal.until("MB memory")
    terminal.send("exit\n")
    terminal.wait()
    terminal.close()


def typed_ahead(weir, folder):
    """A line that waits while a query runs is for the prompt, though there is a q in it."""
    terminal = Terminal([weir], COLUMNS, LINES, env=environment(folder))
    terminal.until("weir> ")
    terminal.send("\\until 2s\n")
    terminal.until(lambda screen: screen.text().count("weir>") == 2)
    terminal.send("SELECT COUNT(*) AS n FROM (VALUES (1)) AS t (x);\n")
    terminal.until("MB memory")
    terminal.send("CREATE TABLE g (k INT) WITH ('connector' = 'datagen', 'rows-per-second' = '50');\n")
    terminal.send("SELECT k IS NULL AS e, COUNT(*) AS n FROM g GROUP BY k IS NULL;\n")
    terminal.send("SELECT 'quick' AS typed_ahead;\n")
    terminal.until("| quick ")
    terminal.send("\\q\n")
    terminal.wait()
    terminal.close()


def a_table_in_place(weir, folder):
    terminal = Terminal([weir, "-c", QUERY], COLUMNS, LINES, env=environment(folder))
    screen = terminal.screen_

    def shows(pattern):
        terminal.until(lambda screen: re.search(pattern, screen.text(), re.S))

    def is_as_high_as_the_screen():
        check("the area is higher than the screen", len(screen.lines) <= LINES, terminal)

    shows(r"rows 1 to \d+ of 30\n.*rows/s.*\nq ends it")
    is_as_high_as_the_screen()
    check("a line is wider than the screen",
          all(len(line) < COLUMNS for line in screen.lines) and not any(screen.wrapped), terminal)
    check("NULL is not dim", screen.style_of("NULL") == "2", terminal)
    check("signs are shown, or lines collected",
          not termios.tcgetattr(terminal.master)[3] & (termios.ECHO | termios.ICANON), terminal)
    first = int(re.search(r"rows 1 to (\d+) of 30", screen.text()).group(1))
    terminal.send("n")
    shows(rf"rows {first + 1} to \d+ of 30\n")
    terminal.send("\033[5~")
    shows(r"rows 1 to \d+ of 30\n")
    terminal.send("G")
    shows(r"rows \d+ to 30 of 30\n")
    terminal.send(" ")
    shows(r"sink#\d+ +\d+ in .*source#1 +\d+ in +\d+ out +[0-9.]+ % CPU")
    is_as_high_as_the_screen()
    # A page is what is shown: the next one begins behind it.
    terminal.send("g")
    shows(r"rows 1 to \d+ of 30\n.*source#1 ")
    shown = int(re.search(r"rows 1 to (\d+) of 30", screen.text()).group(1))
    check("the operators take no room", shown < first, terminal)
    terminal.send("n")
    shows(rf"rows {shown + 1} to \d+ of 30\n")
    terminal.send("x ")
    shows(r"^(?!.*source#1 )")
    terminal.send("q")
    shows(r"sink result: .* rows written .*memory")
    status = terminal.wait()
    check(f"the status is {status}", status == 0, terminal)
    table = [row for row in range(len(screen.lines)) if screen.row_text(row).startswith("| ")]
    check("the table at the end is not whole", len(table) == 31, terminal)
    check("the area is still there", "q ends it" not in screen.text(), terminal)
    check("the terminal is not what it was",
          terminal.modes_before == termios.tcgetattr(terminal.master)[3], terminal)
    terminal.close()


def main():
    with tempfile.TemporaryDirectory() as folder:
        weir = os.path.abspath(sys.argv[1])
        a_table_in_place(weir, folder)
        small_screens(weir, folder)
        jobs_of_a_shell(weir, folder)
        typed_ahead(weir, folder)
    print("as it should be")


main()
