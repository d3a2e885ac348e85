#!/usr/bin/env python3
"""test_jobs.py WEIR -- jobs in the background, from the prompt: \\run, \\jobs, SHOW JOBS, \\tap, \\why, \\log,
\\stop; a job that is refused, a name that is taken, and jobs that live on when the prompt is left.
"""
import json
import os
import re
import select
import subprocess
import sys
import tempfile

from screenlib import Terminal

JOB = """
CREATE TABLE g (k INT) WITH ('connector' = 'datagen', 'rows-per-second' = '100');
CREATE TABLE b (k INT) WITH ('connector' = 'blackhole');
INSERT INTO b SELECT k FROM g;
"""


IDLE = """
CREATE TABLE g (k INT) WITH ('connector' = 'datagen', 'rows-per-second' = '1');
CREATE TABLE b (k INT) WITH ('connector' = 'blackhole');
INSERT INTO b SELECT k FROM g WHERE k > 0 AND k < 0;
"""


class Prompt:
    def __init__(self, weir, folder, *options):
        self.weir, self.folder, self.options = weir, folder, options

    def __call__(self, *lines):
        done = subprocess.run([self.weir, *self.options], input="".join(line + "\n" for line in lines), text=True,
                              capture_output=True, cwd=self.folder, timeout=120, check=False,
                              env={**os.environ, "XDG_RUNTIME_DIR": self.folder,
                                   "HOME": self.folder})
        return done.stdout, done.stderr


def need(what, condition, *texts):
    if not condition:
        sys.exit(what + "\n" + "\n".join(texts))


def wait_for_nothing(weir, folder):
    """Ctrl-C ends a \\tap that no row comes to, and the prompt goes on."""
    env = {**os.environ, "TERM": "xterm", "XDG_RUNTIME_DIR": folder, "HOME": folder}
    terminal = Terminal([weir], 100, 24, env=env, cwd=folder)
    terminal.until("weir> ")
    terminal.send("\\run idle.sql\n")
    terminal.until('"idle" runs')
    # What is typed before the prompt is back is shown by the terminal, and again by the prompt.
    terminal.until(lambda screen: screen.text().endswith("weir>"))
    terminal.send("\\tap idle calc#2\n")
    terminal.until(lambda screen: screen.text().endswith("\\tap idle calc#2"))
    # The line editor has let go of the terminal: Ctrl-C is a signal.
    while not terminal.is_cooked():
        select.select([terminal.master], [], [], 0.01)
    terminal.send(b"\x03")
    terminal.until(lambda screen: screen.text().endswith("weir>"))
    terminal.send("\\stop idle\n")
    terminal.until("has ended after")
    terminal.send("\\q\n")
    terminal.wait()
    terminal.close()


def settings_are_handed_on_unseen(weir, folder):
    """Settings of the prompt reach the job, also with lines in them, and not through its arguments."""
    prompt = Prompt(weir, folder, "--set", "weir.state.dir=secret\nplace", "--set", "weir.summary=json")
    out, err = prompt(r"\run job.sql hidden", "SHOW JOBS;")
    try:
        process = re.search(r'job "hidden" runs \(process (\d+)\)', err)
        need("the job was not started", process is not None, out, err)
        with open(f"/proc/{process[1]}/cmdline", "rb") as file:
            words = file.read().split(b"\0")
        need(f"settings are among the arguments: {words}",
             b"run" in words and b"hidden" in words and not any(b"secret" in w for w in words))
        with open(f"/proc/{process[1]}/environ", "rb") as file:
            need("settings are in the environment", b"secret" not in file.read())
    finally:
        out, err = prompt(r"\stop hidden", r"\log hidden")
    need("settings do not reach the job", os.path.isdir(os.path.join(folder, "secret\nplace")) and
         '{"sources": [' in err, out, err)


def main():
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "job.sql"), "w", encoding="utf-8") as file:
            file.write(JOB)
        with open(os.path.join(folder, "wrong.sql"), "w", encoding="utf-8") as file:
            file.write("SELECT x FROM nothing;")
        with open(os.path.join(folder, "idle.sql"), "w", encoding="utf-8") as file:
            file.write(IDLE)
        with open(os.path.join(folder, "--help"), "w", encoding="utf-8") as file:
            file.write("SELECT 'red\x1b[31m' AS \"a\x1b[31m\";")
        prompt = Prompt(os.path.abspath(sys.argv[1]), folder)
        out, err = prompt(r"\run job.sql", r"\run job.sql", r"\run job.sql other", r"\jobs",
                          "SHOW JOBS;")
        try:
            need("the jobs were not started", 'job "job" runs' in err and 'job "other" runs' in err,
                 out, err)
            need("a name was given twice", 'a job "job" runs already' in err, out, err)
            for name in ("job", "other"):
                need(f"{name} is not listed by \\jobs",
                     re.search(rf"^{name} +\d+ +(running|starting) ", out, re.M), out, err)
                need(f"{name} is not in SHOW JOBS",
                     re.search(rf"^\| \d+ +\| {name} +\| (running|starting) +\| \d{{4}}-", out, re.M),
                     out, err)
            # They run on, though that prompt has ended.
            out, err = prompt(r"\tap job source#1 2", r"\why job", r"\jobs job")
            rows = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
            need("there are no samples", len(rows) == 2 and all(row["op"] == "+I" for row in rows),
                 out, err)
            need("nothing is said of the sink", "b (sink#2)" in out, out, err)
            need("the job is not shown", re.search(r"source#1 +\d+ +\d+", out), out, err)
        finally:
            out, err = prompt(r"\stop job", r"\log job", r"\stop other", r"\jobs")
        need("a job was not stopped", "job (process" in out and "no job is running" in out, out, err)
        need("the log is not shown", "rows written" in err, out, err)
        out, err = prompt(r"\run wrong.sql", r"\run", r"\log never", r"\stop never", r"\run missing.sql x")
        need("a refused job is not told of",
             'table or view "nothing" does not exist' in err and
             'job "wrong" has ended with status 2' in err, out, err)
        out, err_of_dashes = prompt(r"\run --help dashes")
        need("a file was taken for an option, or a log drives the terminal",
             "ended with status" in err_of_dashes and "red" in err_of_dashes and
             "\x1b" not in err_of_dashes, out, err_of_dashes)
        need("wrong use is not told of", r"ERROR:  it is \run FILE.sql [NAME]" in err, out, err)
        need("a missing log is not told of", "there is no log" in err, out, err)
        need("a missing job is not told of", 'never' in err.split("there is no log")[1], out, err)
        need("a missing file is not told of", 'could not open "missing.sql"' in err, out, err)
        modes = {os.stat(os.path.join(folder, "weir", name)).st_mode & 0o777
                 for name in os.listdir(os.path.join(folder, "weir")) if name.endswith(".log")}
        need(f"others may read a log: {modes}", modes == {0o600})
        try:
            wait_for_nothing(os.path.abspath(sys.argv[1]), folder)
        finally:
            prompt(r"\stop idle")
        settings_are_handed_on_unseen(os.path.abspath(sys.argv[1]), folder)
    print("as it should be")


main()
