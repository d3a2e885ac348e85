"""Running jobs and their door, for tests: jobs as children, requests over their sockets."""
import json
import os
import signal
import socket
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from weirlib import read_all, wait_until

WAIT_S = 60

ENDLESS = """CREATE TABLE t (n BIGINT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'datagen',
    'rows-per-second' = '1000', 'fields.n.kind' = 'random', 'fields.n.min' = '1', 'fields.n.max' = '9');
CREATE TABLE p (n BIGINT, c BIGINT, PRIMARY KEY (n) NOT ENFORCED) WITH ('connector' = 'blackhole');
INSERT INTO p SELECT n, COUNT(*) FROM t GROUP BY n;
"""


class Job:
    """`weir run` in the background."""

    def __init__(self, room, file, options, **more):
        self.room, self.err = room, open(os.path.join(room.folder, "stderr"), "w+b")
        self.child = subprocess.Popen([room.weir, "run", file, *options], cwd=room.folder,
                                      env=room.env, stdin=subprocess.DEVNULL, stderr=self.err,
                                      **{"stdout": subprocess.DEVNULL, **more})

    def said(self):
        """Standard error so far."""
        return read_all(self.err)

    def wait(self):
        """The exit status."""
        return self.child.wait(WAIT_S)

    def kill(self):
        self.child.kill()
        self.child.wait()

    def close(self):
        if self.child.poll() is None:
            self.kill()
        self.err.close()


class Room:
    """A folder with jobs in it, and a folder of sockets that is nobody else's."""

    def __init__(self, weir, folder):
        self.weir, self.folder, self.jobs = weir, folder, []
        self.runtime = os.path.join(folder, "run")
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("WEIR_")}
        self.env.update(XDG_RUNTIME_DIR=self.runtime, TZ="UTC", LC_ALL="C.UTF-8")
        self.write("job.sql", ENDLESS)

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
            file.write(text)

    def start(self, file="job.sql", *options, **more):
        job = Job(self, file, options, **more)
        self.jobs.append(job)
        return job

    def close(self):
        for job in self.jobs:
            job.close()

    def socket_path(self, name):
        return os.path.join(self.runtime, "weir", name + ".sock")

    def call(self, *arguments):
        """(status, standard output, standard error) of a command."""
        done = subprocess.run([self.weir, *arguments], cwd=self.folder, env=self.env, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=WAIT_S,
                              check=False)
        return done.returncode, done.stdout, done.stderr

    def status(self, name):
        """The answer to "status", or None."""
        code, out, _ = self.call("ps", name, "--format", "json")
        return json.loads(out) if code == 0 else None

    def begun(self, name, rows=1):
        """Waits until a job has read rows; its status then."""
        seen = {}

        def has_begun():
            seen.update(self.status(name) or {})
            return seen.get("rows", 0) >= rows

        wait_until(f"job {name} has read {rows} rows", has_begun, WAIT_S)
        return seen

    def connect(self, name):
        s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        s.settimeout(WAIT_S)
        s.connect(self.socket_path(name))
        return s

    def ask(self, name, line):
        """One line there, one back."""
        with self.connect(name) as s:
            s.sendall(line.encode() + b"\n")
            return json.loads(read_line(s))


def read_line(s):
    data = b""
    while not data.endswith(b"\n"):
        piece = s.recv(65536)
        if not piece:
            raise EOFError(data)
        data += piece
    return data


def read_rest(s):
    """What comes until the other side closes, or cuts."""
    data = b""
    try:
        while piece := s.recv(65536):
            data += piece
    except ConnectionResetError:
        pass
    return data


def interrupt(job):
    job.child.send_signal(signal.SIGINT)
    return job.wait()
