"""weir as a child process, for tests that are Python programs."""
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(77)


class Job(subprocess.Popen):
    """A running job; its text is in a file that finish() removes."""

    def __init__(self, program, sql, options, capture):
        with tempfile.NamedTemporaryFile("w", suffix=".sql", delete=False) as file:
            file.write(sql)
        self.job = file.name
        self.out, self.err = tempfile.TemporaryFile(), tempfile.TemporaryFile()
        super().__init__([program, "run", self.job, *options], stdin=subprocess.DEVNULL,
                         stdout=self.out if capture else subprocess.DEVNULL, stderr=self.err)

    def stdout_text(self):
        """Standard output so far."""
        return read_all(self.out)

    def stderr_text(self):
        """Standard error so far."""
        return read_all(self.err)


def read_all(file):
    # By position: the child writes at the end of the same open file.
    size = os.fstat(file.fileno()).st_size
    return os.pread(file.fileno(), size, 0).decode("utf-8", "replace")


class Weir:
    def __init__(self, program):
        self.program = program

    def start(self, sql, *options, capture=False):
        """Runs a text of SQL; `capture` keeps what it prints for stdout_text()."""
        return Job(self.program, sql, options, capture)

    def finish(self, child, timeout=90):
        """Waits for the end; (exit status, standard error)."""
        try:
            status = child.wait(timeout)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
            status = "timeout"
        os.unlink(child.job)
        return status, child.stderr_text()

    def kill(self, child):
        child.send_signal(signal.SIGKILL)
        self.finish(child)

    def run(self, sql, *options, timeout=90):
        return self.finish(self.start(sql, *options), timeout)

    def rows(self, sql, *options, timeout=90):
        """The lines that a job prints; it must end well."""
        child = self.start(sql, *options, capture=True)
        status, text = self.finish(child, timeout)
        if status != 0:
            sys.exit(f"a job ended with status {status}\n{text}")
        return child.stdout_text().splitlines()


def wait_until(what, condition, limit_s=60):
    end = time.monotonic() + limit_s
    pause = threading.Event()
    while time.monotonic() < end:
        if condition():
            return
        pause.wait(0.05)
    sys.exit(f"not within {limit_s} s: {what}")
