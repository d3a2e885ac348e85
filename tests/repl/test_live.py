#!/usr/bin/env python3
"""test_live.py WEIR -- a query on a terminal while it runs: its table is drawn in place, keys turn pages
and show the operators, q ends it, and the terminal is what it was; also when it is suspended, runs in
the background, or the screen is tiny, and lines typed ahead are not taken for keys.
"""
import fcntl
import os
import pty
import re
import select
import struct
import sys
import tempfile
import termios
import time

from screenlib import Terminal

SECONDS_MAX = 60
LINES, COLUMNS = 16, 90
QUERY = """
CREATE TABLE g (k INT) WITH ('connector' = 'datagen', 'rows-per-second' = '500',
    'fields.k.kind' = 'random', 'fields.k.min' = '1', 'fields.k.max' = '30');
SELECT k, COUNT(*) AS n, CAST(NULL AS INT) AS nothing, 'a long text that does not fit into the width of this terminal, by far and away,
 and goes on' AS t FROM g GROUP BY k;
"""


class Screen:
    """What a terminal shows that knows line feeds, ESC[nA, ESC[K, ESC[J and colours."""

    def __init__(self):
        self.lines, self.row, self.column = [""], 0, 0
        self.colours = set()

    def feed(self, text):
        at = 0
        while at < len(text):
            found = re.compile(r"\033\[([0-9;]*)([A-Za-z])").match(text, at)
            if found:
                self.control(found.group(1), found.group(2))
                at = found.end()
                continue
            self.put(text[at])
            at += 1

    def control(self, number, what):
        if what == "A":
            self.row = max(self.row - int(number or 1), 0)
        elif what == "K":
            self.lines[self.row] = self.lines[self.row][:self.column]
        elif what == "J":
            self.lines[self.row] = self.lines[self.row][:self.column]
            del self.lines[self.row + 1:]
        elif what == "m":
            self.colours.add(number)
        else:
            sys.exit(f"this screen does not know ESC[{number}{what}")

    def put(self, c):
        if c == "\r":
            self.column = 0
        elif c == "\n":
            self.row += 1
            if self.row == len(self.lines):
                self.lines.append("")
        else:
            line = self.lines[self.row].ljust(self.column)
            self.lines[self.row] = line[:self.column] + c + line[self.column + 1:]
            self.column += 1

    def text(self):
        return "\n".join(self.lines)


class Run:
    def __init__(self, weir, folder):
        self.screen = Screen()
        self.rest = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm", HOME=folder, XDG_RUNTIME_DIR=folder)
            os.environ.pop("NO_COLOR", None)
            os.execv(weir, [weir, "-c", QUERY])
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))

    def read(self, wait):
        """False at the end."""
        if not select.select([self.fd], [], [], wait)[0]:
            return True
        try:
            piece = os.read(self.fd, 65536)
        except OSError:
            return False
        text = (self.rest + piece).decode("utf-8", "ignore")
        cut = text.rfind("\033")
        whole = cut < 0 or re.match(r"\033\[[0-9;]*[A-Za-z]", text[cut:])
        self.rest = b"" if whole else text[cut:].encode()
        self.screen.feed(text if whole else text[:cut])
        return bool(piece)

    def wait_for(self, pattern, what):
        end = time.monotonic() + SECONDS_MAX
        while not re.search(pattern, self.screen.text(), re.S):
            if time.monotonic() > end or not self.read(1):
                sys.exit(f"{what} did not come; the screen is\n{self.screen.text()}")

    def press(self, key):
        os.write(self.fd, key)


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


def main():
    with tempfile.TemporaryDirectory() as folder:
        run = Run(os.path.abspath(sys.argv[1]), folder)
        screen = run.screen
        before = termios.tcgetattr(run.fd)
        run.wait_for(r"rows 1 to \d+ of 30\n.*rows/s.*\nq ends it", "the first page")
        check("the area is higher than the screen", len(screen.lines) <= LINES, screen)
        check("a line is wider than the screen",
              all(len(line) < COLUMNS for line in screen.lines), screen)
        check("NULL is not dim", "2" in screen.colours, screen)
        check("signs are shown, or lines collected",
              not termios.tcgetattr(run.fd)[3] & (termios.ECHO | termios.ICANON), screen)
        first = int(re.search(r"rows 1 to (\d+) of 30", screen.text()).group(1))
        run.press(b"n")
        run.wait_for(rf"rows {first + 1} to \d+ of 30\n", "the second page")
        run.press(b"\033[5~")
        run.wait_for(r"rows 1 to \d+ of 30\n", "the page before it")
        run.press(b"G")
        run.wait_for(r"rows \d+ to 30 of 30\n", "the last page")
        run.press(b" ")
        run.wait_for(r"sink#\d+ +\d+ in .*source#1 +\d+ in +\d+ out +[0-9.]+ % CPU", "the operators")
        check("the area is higher than the screen", len(screen.lines) <= LINES, screen)
        # A page is what is shown: the next one begins behind it.
        run.press(b"g")
        run.wait_for(r"rows 1 to \d+ of 30\n.*source#1 ", "the first page with the operators")
        shown = int(re.search(r"rows 1 to (\d+) of 30", screen.text()).group(1))
        check("the operators take no room", shown < first, screen)
        run.press(b"n")
        run.wait_for(rf"rows {shown + 1} to \d+ of 30\n", "the page behind it")
        run.press(b"x")
        run.press(b" ")
        run.wait_for(r"^(?!.*source#1 )", "the table without the operators")
        run.press(b"q")
        run.wait_for(r"sink result: .* rows written .*memory", "the summary")
        while run.read(5):
            pass
        status = os.waitstatus_to_exitcode(os.waitpid(run.pid, 0)[1])
        check(f"the status is {status}", status == 0, screen)
        table = [line for line in screen.lines if line.startswith("| ")]
        check("the table at the end is not whole", len(table) == 31, screen)
        check("the area is still there", "q ends it" not in screen.text(), screen)
        after = termios.tcgetattr(run.fd)
        check("the terminal is not what it was", before[3] == after[3], screen)
        small_screens(os.path.abspath(sys.argv[1]), folder)
        jobs_of_a_shell(os.path.abspath(sys.argv[1]), folder)
        typed_ahead(os.path.abspath(sys.argv[1]), folder)
    print("as it should be")


main()
