#!/usr/bin/env python3
"""run_cli.py -- runs weir as a user would, and compares what comes out.

usage: run_cli.py WEIR [--update] [FILE.test...]      default: all files in cli/ beside this script

A file holds cases; each runs in an empty folder of its own:

    === what it shows
    --- args: run job.sql --output csv
    --- env: NAME=VALUE            once a variable; NAME= takes it away
    --- file job.sql               the lines up to the next one that begins with ---
    --- stdin                      else it is empty
    --- terminal                   standard input and error are a terminal, and standard output
                                   too; each line of stdin is sent when a prompt has come
    --- interrupt when TEXT        SIGINT once standard output has TEXT
    --- terminate when TEXT        the same with SIGTERM
    --- interrupt until end when TEXT    nothing is read any more, and SIGINT comes again and again
    --- close when TEXT            standard output is closed
    --- without: 1 2               it is started without these descriptors
    --- status: 0
    --- stdout                     what is expected; left out: nothing
    --- stderr
    --- out dir/file               contents of a file afterwards
    --- not resumed: REASON, --- arrival-order    for run_modes.py

`stdout match` and `stderr match` hold regular expressions, one a line; a line of `...` stands for
any lines.  Times and sizes of the closing summary are replaced by T and M, the folder by {DIR}.
"""
import fcntl
import os
import pty
import re
import select
import shlex
import signal
import subprocess
import sys
import tempfile
import termios
import threading

SECONDS_MAX = 120
PROMPT = re.compile(rb"(weir> |   -> )")
SECTIONS_OF_RESULT = ("status", "stdout", "stderr", "out")


class Case:
    def __init__(self, name, line):
        self.name = name
        self.line = line
        self.sections = []  # [head, body], as written

    def get(self, head):
        for known, body in self.sections:
            if known == head:
                return body
        return None

    def value(self, key, default=None):
        for head, _ in self.sections:
            if head.startswith(key + ":"):
                return head[len(key) + 1:].strip()
        return default

    def named(self, word):
        """(rest of the head, body) of all sections whose head begins with a word."""
        return [(head[len(word):].strip(), body) for head, body in self.sections
                if head == word or head.startswith(word + " ")]


def read_cases(path):
    cases, comment = [], []
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if line.startswith("=== "):
                cases.append(Case(line[4:].rstrip("\n"), number))
            elif not cases:
                comment.append(line)
            elif line.startswith("--- "):
                cases[-1].sections.append([line[4:].rstrip("\n"), ""])
            elif cases[-1].sections:
                cases[-1].sections[-1][1] += line
            elif line.strip():
                sys.exit(f"{path}:{number}: text outside of a section")
    return "".join(comment), cases


def write_cases(path, comment, cases):
    with open(path, "w", encoding="utf-8") as file:
        file.write(comment)
        for case in cases:
            file.write(f"=== {case.name}\n")
            for head, body in case.sections:
                file.write(f"--- {head}\n{body}")


def normal(data, folder):
    text = data.decode("utf-8", "backslashreplace").replace(folder, "{DIR}")
    text = re.sub(r"[\d.]+ s wall, [\d.]+ s CPU, [\d.]+ MB memory",
                  "T s wall, T s CPU, M MB memory", text)
    text = re.sub(r'"wall_s": [\d.]+, "cpu_s": [\d.]+, "rss_mb": [\d.]+',
                  '"wall_s": T, "cpu_s": T, "rss_mb": M', text)
    return text


class Run:
    """One start of the program, with the signals that a case asks for."""

    def __init__(self, case, weir, folder):
        self.case = case
        self.folder = folder
        self.out = b""
        self.err = b""
        self.status = None
        self.trouble = None
        self.triggers = []  # (kind, text)
        for head, _ in case.sections:
            match = re.fullmatch(r"(interrupt until end|interrupt|terminate|close) when (.*)", head)
            if match:
                self.triggers.append((match.group(1), match.group(2).encode()))
        self.env = {"PATH": os.environ.get("PATH", ""), "HOME": folder, "TERM": "xterm",
                    "LC_ALL": "C.UTF-8",
                    # Jobs of other tests have the same name.
                    "XDG_RUNTIME_DIR": os.path.join(folder, ".run")}
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"):
            if name in os.environ:
                self.env[name] = os.environ[name]
        for head, _ in case.sections:
            if head.startswith("env:"):
                name, _, value = head[4:].strip().partition("=")
                self.env.pop(name, None)
                if value:
                    self.env[name] = value.replace("{DIR}", folder)
        arguments = shlex.split(case.value("args", ""))
        self.command = [weir] + [a.replace("{DIR}", folder) for a in arguments]

    def deliver(self, process):
        """Signals whose time has come; False when nothing is to be read any more."""
        while self.triggers and self.triggers[0][1] in self.out:
            kind, _ = self.triggers.pop(0)
            if kind == "interrupt":
                process.send_signal(signal.SIGINT)
            elif kind == "terminate":
                process.send_signal(signal.SIGTERM)
            elif kind == "close":
                process.stdout.close()
                return False
            else:
                self.wait_until_stuck(process)
                for _ in range(SECONDS_MAX * 10):
                    process.send_signal(signal.SIGINT)
                    if self.ends_within(process, 0.1):
                        return False
        return True

    @staticmethod
    def ends_within(process, seconds):
        try:
            process.wait(seconds)
            return True
        except subprocess.TimeoutExpired:
            return False

    def wait_until_stuck(self, process):
        """Until nobody's reading has filled the pipe, and the program hangs in a write."""
        waiting, before = 0, -1
        while (waiting < 32768 or waiting != before) and not self.ends_within(process, 0.05):
            before = waiting
            answer = fcntl.ioctl(process.stdout.fileno(), termios.FIONREAD, b"\0" * 4)
            waiting = int.from_bytes(answer, sys.byteorder)

    def run_piped(self):
        stdin = self.case.get("stdin")
        without = [int(fd) for fd in self.case.value("without", "").split()]
        process = subprocess.Popen(self.command, cwd=self.folder, env=self.env,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE,
                                   preexec_fn=(lambda: list(map(os.close, without)))
                                   if without else None)
        alarm = self.guard(process)
        if stdin:
            try:
                process.stdin.write(stdin.encode())
            except BrokenPipeError:
                pass
        try:
            process.stdin.close()
        except BrokenPipeError:
            pass
        streams = {process.stdout.fileno(): "out", process.stderr.fileno(): "err"}
        out_fd = process.stdout.fileno()
        while streams:
            for fd in select.select(list(streams), [], [])[0]:
                data = os.read(fd, 65536)
                if not data:
                    del streams[fd]
                setattr(self, streams.get(fd, "err"), getattr(self, streams.get(fd, "err")) + data)
            if self.triggers and not self.deliver(process):
                streams.pop(out_fd, None)
        process.wait()
        if not process.stdout.closed:
            process.stdout.close()
        process.stderr.close()
        alarm.cancel()
        self.status = process.returncode

    def run_terminal(self):
        """All three descriptors are one terminal; what it shows counts as standard output."""
        lines = (self.case.get("stdin") or "").encode().splitlines(True)
        master, slave = pty.openpty()
        process = subprocess.Popen(self.command, cwd=self.folder, env=self.env, stdin=slave,
                                   stdout=slave, stderr=slave, start_new_session=True)
        os.close(slave)
        alarm = self.guard(process)
        prompts = 0
        while True:
            try:
                data = os.read(master, 65536)
            except OSError:  # the other side is closed
                break
            if not data:
                break
            self.out += data
            while prompts < len(PROMPT.findall(self.out)) and lines:
                prompts += 1
                os.write(master, lines.pop(0))
            self.deliver(process)
        process.wait()
        os.close(master)
        alarm.cancel()
        self.out = self.out.replace(b"\r\n", b"\n")
        self.status = process.returncode

    def guard(self, process):
        def end():
            self.trouble = f"it did not end within {SECONDS_MAX} s"
            process.kill()

        alarm = threading.Timer(SECONDS_MAX, end)
        alarm.start()
        return alarm

    def go(self):
        for name, body in self.case.named("file"):
            path = os.path.join(self.folder, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(body.replace("{DIR}", self.folder))
        if self.case.get("terminal") is not None:
            self.run_terminal()
        else:
            self.run_piped()


def matches(patterns, text):
    """Line by line; a line of ... takes any number of lines."""
    wanted, lines = patterns.rstrip("\n").splitlines(), text.splitlines()

    def from_here(w, n):
        while w < len(wanted):
            if wanted[w] == "...":
                return any(from_here(w + 1, m) for m in range(n, len(lines) + 1))
            if n == len(lines) or not re.fullmatch(wanted[w], lines[n]):
                return False
            w, n = w + 1, n + 1
        return n == len(lines)

    return from_here(0, 0)


def differences(run):
    case = run.case
    found = [run.trouble] if run.trouble else []
    wanted = int(case.value("status", "0"))
    if run.status != wanted:
        found.append(f"status is {run.status}, not {wanted}")
    for name, data in (("stdout", run.out), ("stderr", run.err)):
        got = normal(data, run.folder)
        patterns = case.get(name + " match")
        if patterns is not None:
            if not matches(patterns, got):
                found.append(f"{name} does not match\n{patterns}it is\n{got}")
        elif got != (case.get(name) or ""):
            found.append(f"{name} is\n{got}and should be\n{case.get(name) or ''}")
    for name, body in case.named("out"):
        try:
            with open(os.path.join(run.folder, name), "rb") as file:
                got = normal(file.read(), run.folder)
        except OSError as error:
            got = f"(cannot be read: {error.strerror})\n"
        if got != body:
            found.append(f"{name} is\n{got}and should be\n{body}")
    return found


def update(run):
    """Writes into the case what came out; patterns stay."""
    case = run.case
    status = [s for s in case.sections if s[0].startswith("status:")]
    if status:
        status[0][0] = f"status: {run.status}"
    elif run.status != 0:
        case.sections.append([f"status: {run.status}", ""])
    for name, data in (("stdout", run.out), ("stderr", run.err)):
        if case.get(name + " match") is not None:
            continue
        got = normal(data, run.folder)
        if got and not got.endswith("\n"):
            got += "\n"
        section = [s for s in case.sections if s[0] == name]
        if section:
            section[0][1] = got
        elif got:
            case.sections.append([name, got])
    for section in case.sections:
        path = os.path.join(run.folder, section[0][4:].strip())
        if section[0].startswith("out ") and os.path.isfile(path):
            with open(path, "rb") as file:
                section[1] = normal(file.read(), run.folder)


def main():
    arguments = [a for a in sys.argv[1:] if a != "--update"]
    updating = "--update" in sys.argv[1:]
    if not arguments or arguments[0].startswith("-"):
        print(__doc__)
        return 2
    weir = os.path.abspath(arguments[0])
    here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "cli")
    paths = arguments[1:] or sorted(os.path.join(here, name) for name in os.listdir(here)
                                    if name.endswith(".test"))
    count = failed = 0
    for path in paths:
        comment, cases = read_cases(path)
        for case in cases:
            with tempfile.TemporaryDirectory(prefix="weir-cli-") as folder:
                run = Run(case, weir, os.path.realpath(folder))
                run.go()
                count += 1
                if updating and not run.trouble:
                    update(run)
                    continue
                found = differences(run)
                failed += bool(found)
                if found:
                    print(f"FAIL {os.path.relpath(path)}:{case.line}: {case.name}")
                    print("\n".join(found))
        if updating:
            write_cases(path, comment, cases)
    print(f"{count - failed} of {count} cases passed")
    return 1 if failed or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
