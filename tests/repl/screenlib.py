"""screenlib.py -- a program on a pseudo-terminal, and the screen that it draws.

`Terminal(command, columns, rows)` starts it; `send()` types, `until(condition)` waits until the screen
shows something (never for a time), `screen()` is the text of the screen.  The model knows what the
programs of this project send: characters of one and two columns, marks that combine, cursor
movements, erasing, colours, and the modes for pastes; anything else is an error of the test.
"""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
import traceback
import unicodedata

SECONDS_MAX = int(os.environ.get("WEIR_TEST_SECONDS", "60"))


def width_of(sign):
    if unicodedata.combining(sign) or unicodedata.category(sign) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(sign) in "WF" else 1


class Screen:
    """A terminal that breaks rows anew when its width changes, as most do today."""

    def __init__(self, columns, rows):
        self.columns, self.rows = columns, rows
        self.lines = [[]]     # each a list of (sign, style); "" behind a wide sign
        self.wrapped = [False]  # does the line go on in the next one?
        self.row = self.column = 0  # row: index into lines
        self.is_full = False
        self.style = ""
        self.modes = set()
        self.bells = 0
        self.rest = b""

    # The last `rows` lines are the screen, the ones before are what was scrolled away.
    def top(self):
        return max(0, len(self.lines) - self.rows)

    def feed_line(self):
        self.row += 1
        if self.row == len(self.lines):
            self.lines.append([])
            self.wrapped.append(False)

    def put(self, sign):
        width = width_of(sign)
        if width == 0:
            line = self.lines[self.row]
            at = len(line) - 1 if self.is_full else self.column - 1
            while at > 0 and line[at][0] == "":
                at -= 1
            line[at] = (line[at][0] + sign, line[at][1])
            return
        if self.is_full or self.column + width > self.columns:
            self.wrapped[self.row] = True
            self.feed_line()
            self.column, self.is_full = 0, False
        line = self.lines[self.row]
        while len(line) < self.column + width:
            line.append((" ", ""))
        line[self.column] = (sign, self.style)
        if width == 2:
            line[self.column + 1] = ("", self.style)
        self.column += width
        if self.column >= self.columns:
            self.column, self.is_full = self.columns - 1, True

    def control(self, sequence):
        mode = re.fullmatch(r"\[\?(\d+)([hl])", sequence)
        if mode:
            (self.modes.add if mode.group(2) == "h" else self.modes.discard)(int(mode.group(1)))
            return
        match = re.fullmatch(r"\[([\d;]*)([A-Za-z])", sequence)
        assert match, f"unknown sequence {sequence!r}"
        numbers, kind = match.groups()
        first = int(numbers.split(";")[0] or 0)
        if kind == "m":
            self.style = "" if numbers in ("", "0") else numbers
            return
        self.is_full = False
        if kind == "A":
            self.row = max(self.top(), self.row - max(first, 1))
        elif kind == "C":
            self.column = min(self.columns - 1, self.column + max(first, 1))
        elif kind == "K":
            del self.lines[self.row][self.column:]
        elif kind == "H":
            self.row, self.column = self.top(), 0
        elif kind == "J":
            if first == 2:  # what was on it is gone
                top = self.top()
                for i in range(top, len(self.lines)):
                    self.lines[i] = []
            else:
                del self.lines[self.row][self.column:]
                for i in range(self.row + 1, len(self.lines)):
                    self.lines[i] = []
        else:
            raise AssertionError(f"unknown sequence {sequence!r}")

    def feed(self, data):
        data = self.rest + data
        self.rest = b""
        text = data.decode("utf-8", "surrogateescape")
        at = 0
        while at < len(text):
            sign = text[at]
            if sign == "\x1b":
                match = re.compile(r"\x1b(\[[?]?[\d;]*[A-Za-z])").match(text, at)
                if not match:
                    assert len(text) - at < 20, f"unknown sequence {text[at:at + 20]!r}"
                    self.rest = text[at:].encode("utf-8", "surrogateescape")
                    return
                self.control(match.group(1))
                at = match.end()
                continue
            if "\udc80" <= sign <= "\udcff":  # the beginning of a character
                assert len(text) - at < 4, "text that is not UTF-8"
                self.rest = text[at:].encode("utf-8", "surrogateescape")
                return
            if sign == "\r":
                self.column, self.is_full = 0, False
            elif sign == "\n":
                self.wrapped[self.row] = False
                self.feed_line()
            elif sign == "\a":
                self.bells += 1
            elif sign == "\b":
                self.column = max(0, self.column - 1)
            else:
                assert sign >= " ", f"control {sign!r}"
                self.put(sign)
            at += 1

    def resize(self, columns, rows):
        """Joins the lines that were broken at the edge, and breaks them at the new one."""
        old, marks = list(zip(self.lines, self.wrapped)), (self.row, self.column)
        self.lines, self.wrapped = [], []
        self.columns, self.rows = columns, rows
        joined, cursor = [], None
        for index, (line, goes_on) in enumerate(old):
            if index == marks[0]:
                cursor = len(joined) + marks[1]
                joined_at_cursor = len(self.lines)
            joined += line
            if goes_on:
                continue
            pieces = [joined[i:i + columns] for i in range(0, len(joined), columns)] or [[]]
            if cursor is not None:
                self.row = joined_at_cursor + cursor // columns
                self.column = cursor % columns
                while len(pieces) <= cursor // columns:
                    pieces.append([])
                cursor = None
            for number, piece in enumerate(pieces):
                self.lines.append(piece)
                self.wrapped.append(number + 1 < len(pieces))
            joined = []
        self.is_full = False

    def row_text(self, row):
        return "".join(sign for sign, _ in self.lines[row])

    def text(self, cursor=False):
        rows = []
        for row in range(self.top(), len(self.lines)):
            text = ""
            for column, (sign, _) in enumerate(self.lines[row]):
                text += "|" if cursor and (row, column) == (self.row, self.column) else ""
                text += sign
            if cursor and row == self.row and self.column >= len(self.lines[row]):
                text += " " * (self.column - len(self.lines[row])) + "|"
            rows.append(text.rstrip(" "))
        while rows and not rows[-1]:
            rows.pop()
        return "\n".join(rows)

    def style_of(self, text):
        """The style of the first sign of the last row that has the text."""
        for row in range(len(self.lines) - 1, -1, -1):
            at = self.row_text(row).find(text)
            if at >= 0:
                return self.lines[row][at][1]
        raise AssertionError(f"{text!r} is not on the screen")


class Terminal:
    def __init__(self, command, columns=80, rows=24, env=None, cwd=None):
        self.screen_ = Screen(columns, rows)
        self.master, slave = pty.openpty()
        self.set_size(columns, rows)
        self.modes_before = termios.tcgetattr(slave)[3]
        self.began = time.monotonic()
        self.process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, cwd=cwd,
                                        env=env, start_new_session=True,
                                        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(slave)
        self.is_over = False
        self.output = b""
        self.prompt_at = None  # when the first "> " came

    def set_size(self, columns, rows):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def resize(self, columns, rows):
        self.screen_.resize(columns, rows)
        self.set_size(columns, rows)  # the kernel sends SIGWINCH

    def send(self, text):
        data = text if isinstance(text, bytes) else text.encode()
        while data:
            ready = select.select([self.master], [self.master], [], SECONDS_MAX)
            if ready[0]:
                self.read()
            if ready[1]:
                data = data[os.write(self.master, data[:1024]):]

    def read(self):
        try:
            data = os.read(self.master, 65536)
        except OSError:  # the other side is closed
            data = b""
        if not data:
            self.is_over = True
        self.output += data
        if self.prompt_at is None and b"> " in self.output:
            self.prompt_at = time.monotonic()
        self.screen_.feed(data)

    def until(self, what):
        """What: text on the screen with | for the cursor, or a function of the screen."""
        condition = what if callable(what) else lambda screen: what in screen.text(cursor=True)
        end = time.monotonic() + SECONDS_MAX
        while not condition(self.screen_):
            left = end - time.monotonic()
            if left <= 0 or self.is_over:
                raise AssertionError(f"waited for {what!r}; the screen is\n" +
                                     self.screen_.text(cursor=True))
            if select.select([self.master], [], [], left)[0]:
                self.read()

    def text(self):
        return self.screen_.text()

    def is_cooked(self):
        return bool(termios.tcgetattr(self.master)[3] & termios.ICANON)

    def wait(self):
        """Until it has ended; its status."""
        end = time.monotonic() + SECONDS_MAX
        while not self.is_over and time.monotonic() < end:
            if select.select([self.master], [], [], 0.2)[0]:
                self.read()
            elif self.process.poll() is not None:
                break
        return self.process.wait(SECONDS_MAX)

    def close(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        os.close(self.master)


def run_tests(functions, home_of):
    """Calls each function test_NAME, or those with the second argument of the program in their names, with
    a home of its own; the exit status."""
    wanted = sys.argv[2] if len(sys.argv) > 2 else ""
    failed = 0
    for name, function in list(functions.items()):
        if not name.startswith("test_") or wanted not in name:
            continue
        home = home_of()
        try:
            function(home)
        except Exception:  # each test stands alone
            failed += 1
            print(f"FAIL {name}")
            traceback.print_exc(file=sys.stdout)
        home.close()
    return 1 if failed else 0
