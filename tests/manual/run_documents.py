#!/usr/bin/env python3
"""run_documents.py WEIR FILE.md... -- does what a document says, and compares what it shows.

A document is Markdown.  Of its fenced blocks
    ```console           commands behind "$ ", continued where a line ends in a backslash or in an
                         open quote; the lines below are what they print on both outputs
    ```sql FILE          and any other language with a file name behind it: makes the file
others are for readers.  Blocks run in order, in one shell and one new folder for the document, with
`weir` and the folder of the source as `$SOURCE` in reach.  `...` in what is expected stands for any
text of a line, alone on a line for any lines, and every number of seconds or MB for any other.
A command that fails has to be followed by its output's line "[status N]".

Ends with 1 if a document shows what does not come, or has no command at all.
"""
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading

SECONDS_MAX = 100  # of a command
FENCE = re.compile(r"^ *(```+)(.*)$")
MEASURED = re.compile(r"\d+(\.\d+)? (?=(s|ms|MB|kB)\b)")


def blocks(text):
    """(language, argument, line number, lines) of each fenced block."""
    fence, head, begin, body = None, "", 0, []
    for number, line in enumerate(text.splitlines(), 1):
        found = FENCE.match(line)
        if fence is None and found:
            fence, head, begin, body = found.group(1), found.group(2).strip(), number, []
        elif fence is not None and line.strip() == fence:
            language, _, argument = head.partition(" ")
            yield language, argument.strip(), begin, body
            fence = None
        elif fence is not None:
            body.append(line)


def is_open(command):
    """Does it go on in the next line?"""
    if command.endswith("\\"):
        return True
    return subprocess.run(["bash", "-n"], input=command, text=True, capture_output=True,
                          check=False).returncode != 0


def commands(lines, first):
    """(line number, command, expected lines) of a console block."""
    result, number = [], 0
    while number < len(lines):
        line = lines[number]
        if line.startswith("$ "):
            begin, command = number, line[2:]
            while is_open(command) and number + 1 < len(lines):
                number += 1
                command += "\n" + lines[number]
            result.append((first + begin + 1, command, []))
        elif result:
            result[-1][2].append(line)
        else:
            raise ValueError(f"line {first + 1}: output without a command")
        number += 1
    return result


def pattern(line):
    parts = [re.escape(MEASURED.sub("0 ", part)) for part in line.rstrip().split("...")]
    return re.compile(".*".join(parts) + "$")


def matches(expected, got):
    """Lines, of which "..." alone stands for any number."""
    if not expected:
        return not got
    if expected[0].strip() == "...":
        return any(matches(expected[1:], got[skip:]) for skip in range(len(got) + 1))
    return bool(got) and bool(pattern(expected[0]).match(MEASURED.sub("0 ", got[0].rstrip()))) and \
        matches(expected[1:], got[1:])


class Shell:
    """One bash for a document, so that variables and jobs in the background stay."""

    MARK = "--- end of command"

    def __init__(self, folder, environment):
        self.process = subprocess.Popen(
            ["bash", "--norc", "--noprofile"], cwd=folder, env=environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True)

    def run(self, command):
        watchdog = threading.Timer(SECONDS_MAX, os.killpg, (self.process.pid, signal.SIGKILL))
        watchdog.start()
        try:
            return self.answer(command)
        finally:
            watchdog.cancel()

    def answer(self, command):
        # The command has its own standard input.
        if self.process.poll() is not None:
            return ["[the shell has ended]"]
        self.process.stdin.write(f"{{ {command}\n}} </dev/null\n"
                                 f"printf '\\n%s %s\\n' '{self.MARK}' $?\n")
        self.process.stdin.flush()
        lines = []
        for line in self.process.stdout:
            line = line.rstrip("\n")
            if line.startswith(self.MARK):
                if lines and lines[-1] == "":  # of the mark's own line feed
                    lines.pop()
                status = int(line[len(self.MARK):])
                return lines + ([f"[status {status}]"] if status else [])
            lines.append(line)
        return lines + ["[the shell has ended]"]

    def close(self):
        try:
            self.process.stdin.close()
        except BrokenPipeError:  # it was ended by the watchdog
            pass
        self.process.wait()


def run_document(path, folder, environment):
    """Problems, and how many commands ran."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    shell = Shell(folder, environment)
    problems, count = [], 0
    for language, argument, line, body in blocks(text):
        if language == "console":
            for at, command, expected in commands(body, line):
                count += 1
                got = shell.run(command)
                while expected and expected[-1].strip() == "":
                    expected.pop()
                if not matches(expected, got):
                    problems.append(f"{path}:{at}: $ {command}\n  expected:\n" +
                                    "".join(f"    {one}\n" for one in expected) + "  came:\n" +
                                    "".join(f"    {one}\n" for one in got))
        elif argument:
            target = os.path.join(folder, argument)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(target, "w", encoding="utf-8") as file:
                file.write("\n".join(body) + "\n")
    shell.close()
    return problems, count


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    weir, failed = os.path.abspath(sys.argv[1]), 0
    source = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    for path in sys.argv[2:]:
        with tempfile.TemporaryDirectory() as folder:
            bin_folder, work = os.path.join(folder, "bin"), os.path.join(folder, "work")
            os.mkdir(bin_folder)
            os.mkdir(work)
            os.symlink(weir, os.path.join(bin_folder, "weir"))
            environment = {"PATH": bin_folder + ":" + os.environ.get("PATH", ""), "HOME": folder,
                           "LC_ALL": "C.UTF-8", "SOURCE": source, "XDG_RUNTIME_DIR": folder,
                           "TZ": "UTC"}
            problems, count = run_document(path, work, environment)
        for problem in problems:
            print(problem)
        print(f"{path}: {count} commands, {len(problems)} differ")
        failed += bool(problems) or count == 0
    sys.exit(failed != 0)


main()
