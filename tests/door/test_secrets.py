#!/usr/bin/env python3
"""Secrets of a job (options of tables, of the profile, in addresses) are in nothing that weir says: every
way to look at a job, and every way it can fail, is asked, and the secret searched for in all that comes.

usage: test_secrets.py WEIR
"""
import json
import os
import re
import subprocess
import sys
import tempfile
import urllib.request

from doorlib import Room, interrupt, read_rest

MARK = "S3CRET"  # all secrets begin with it

JOB = """CREATE TABLE t (n BIGINT, ts TIMESTAMP(3), p AS PROCTIME(), WATERMARK FOR ts AS ts) WITH
    ('connector' = 'datagen', 'rows-per-second' = '1000', 'fields.n.kind' = 'random', 'fields.n.min' = '1',
    'fields.n.max' = '9');
CREATE TABLE dim (n BIGINT, name STRING, PRIMARY KEY (n) NOT ENFORCED) WITH ('connector' = 'jdbc',
    'url' = 'jdbc:mysql://joe:S3CRETurl@127.0.0.1:1/db?user=joe&password=S3CRETquery',
    'table-name' = 'dim', 'username' = 'joe', 'password' = 'S3CRETpassword');
CREATE TABLE k (n BIGINT, name STRING) WITH ('connector' = 'kafka', 'topic' = 'k', 'format' = 'json',
    'properties.bootstrap.servers' = '127.0.0.1:1', 'properties.security.protocol' = 'SASL_PLAINTEXT',
    'properties.sasl.mechanism' = 'PLAIN', 'properties.ssl.key.password' = 'S3CRETkey',
    'properties.sasl.jaas.config' = 'org.apache.kafka.common.security.plain.PlainLoginModule required
        username="joe" password="S3CRETjaas";');
CREATE TABLE e (n BIGINT, c BIGINT, PRIMARY KEY (n) NOT ENFORCED) WITH ('connector' = 'elasticsearch-7',
    'hosts' = 'http://joe:S3CREThost@127.0.0.1:1', 'index' = 'e', 'username' = 'joe',
    'password' = 'S3CRETelastic');
INSERT INTO k SELECT t.n, dim.name FROM t LEFT JOIN dim FOR SYSTEM_TIME AS OF t.p ON t.n = dim.n;
INSERT INTO e SELECT n, COUNT(*) FROM t GROUP BY n;
"""

PROFILE = """connectors:
  jdbc: {password: S3CRETprofile, "properties.token": "${env:TOKEN}"}
tables:
  k: {"properties.ssl.keystore.password": "${file:keystore}"}
"""

# Statements that are refused: in the middle of a secret, beside it, and about its value.
WRONG = (
    "CREATE TABLE x (a INT) WITH ('connector' = 'jdbc' 'password' = 'S3CRET1');",
    "CREATE TABLE x (a INT) WITH ('connector' = 'jdbc', 'password' = 'S3CRET2;",
    "CREATE TABLE x (a INT) WITH ('connector' = 'jdbc', 'passwrod' = 'x', 'password' = 'S3CRET3');\nSELECT a FROM x;",
    "CREATE TABLE x (a INT) WITH ('connector' = 'jdbc', 'url' = 'mysql://joe:S3CRET4@h/d', 'table-name' = 'x',"
    " 'password' = 'mysql://joe:S3CRET4@h/d');\nSELECT a FROM x;",
    "CREATE TABLE x (a INT) WITH ('connector' = 'kafka', 'topic' = 'x', 'format' = 'json', 'properties.bootstrap.servers'"
    " = 'h:1', 'properties.sasl.jaas.config' = 'S3CRET5 is no module');\nSELECT a FROM x;",
    "CREATE TABLE x (a INT) WITH ('connector' = 'elasticsearch-7', 'index' = 'x', 'password' = 'S3CRET6', 'hosts' = "
    "'http://joe:S3CRET6@[h');\nINSERT INTO x SELECT 1;",
    "SET 'some.password' = 'S3CRET7';",
    "CREATE TABLE x (a INT) WITH (type = 'rds', password = 'S3CRET8', url = 'jdbc:mysql://h/d', tableName = 'x', "
    "accessKey = 'S3CRET9', frobnicate = 'x'); SELECT b FROM x;",
)

# Statements of the prompt that show tables and settings.
SHOWN = """SHOW TABLES;
SHOW CREATE TABLE dim;
SHOW CREATE TABLE k;
SHOW CREATE TABLE e;
DESCRIBE dim;
EXPLAIN INSERT INTO e SELECT n, COUNT(*) FROM t GROUP BY n;
EXPLAIN JSON_EXECUTION_PLAN INSERT INTO e SELECT n, COUNT(*) FROM t GROUP BY n;
SET;
SHOW JOBS;
\\d
\\d dim
\\d k
\\peek k
\\jobs job
\\why job
\\tap job lookup#4 1
\\run more.sql more
\\log more
\\stop more
"""


class Watch:
    """Looks at everything that is said."""

    def __init__(self, room):
        self.room, self.leaks, self.count = room, [], 0

    def look(self, what, *texts):
        for text in texts:
            self.count += 1
            at = text.find(MARK)
            if at >= 0:
                self.leaks.append(f"{what}: ...{text[max(at - 120, 0):at + 40]}...")

    def call(self, *arguments, status=None, stdin=None):
        done = subprocess.run([self.room.weir, *arguments], cwd=self.room.folder, env=self.room.env,
                              text=True, input=stdin or "", capture_output=True, timeout=120, check=False)
        self.look(" ".join(arguments), done.stdout, done.stderr)
        if status is not None and done.returncode != status:
            raise AssertionError(f"{arguments}: status {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout, done.stderr


def plans(watch, local, job="job.sql", other="more.sql", status=0):
    """Everything that looks at files."""
    for form in ("text", "json", "dot", "mermaid", "flink"):
        watch.call("explain", job, "--format", form, *local, status=status)
    watch.call("explain", job, "--keys", "n=1000", *local, status=status)
    watch.call("explain", job, "--diff", other, *local, status=status)
    for form in ("text", "json", "sarif"):
        watch.call("check", job, "--format", form, *local, status=status)
    for number, text in enumerate(WRONG):
        watch.room.write("wrong.sql", text)
        for arguments in (("run", "wrong.sql"), ("check", "wrong.sql"), ("explain", "wrong.sql"),
                          ("check", "wrong.sql", "--format", "json"), ("check", "wrong.sql", "--format", "sarif"),
                          ("-f", "wrong.sql")):
            out, err = watch.call(*arguments)
            if not out and not err:
                raise AssertionError(f"nothing is said of wrong statement {number}")


def tested(watch):
    """What `weir test` says, of an expectation that is not met and of tests that are wrong."""
    for text, status in (("EXPECT e ROWS (1, 99);", 4), ("EXPECT e ROWS (1, 1);", 0), ("EXPECT nowhere NOTHING;", 2)):
        watch.room.write("plain.test.sql", "TABLE dim VALUES (1, 'a');\nTEST 'counts';\n"
                         "FEED t VALUES (1, TIMESTAMP '2020-01-01 00:00:00');\n" + text)
        for form in ("text", "tap", "junit"):
            watch.call("test", "plain.test.sql", "--format", form, status=status)


def running(watch, local):
    """Everything that looks at a job."""
    room = watch.room
    job = room.start("job.sql", *local, "--metrics", "0", "--set", "weir.state.dir=st")
    seen = room.begun("job", 100)
    operators = [o["operator"] for o in seen["operators"]]
    for arguments in (("ps",), ("ps", "job"), ("metrics", "job"), ("why", "job"),
                      ("explain", "--analyze", "job"), ("snapshot", "job")):
        watch.call(*arguments, status=0)
        watch.call(*arguments, "--format", "json", status=0)
    for operator in operators:
        if not operator.startswith("sink"):
            watch.call("tap", "job", operator, "--rows", "3", status=0)
    for line in ('{"ask": "plan"}', '{"ask": "status"}', '{"ask": "S3CR"}', '{"ask": "why", "watch_ms": 0}'):
        with room.connect("job") as s:
            s.sendall(line.encode() + b"\n{}\n")
            s.shutdown(1)
            watch.look(line, read_rest(s).decode())
    for path in ("/metrics", "/status", "/"):
        with urllib.request.urlopen(f"http://127.0.0.1:{seen['metrics_port']}{path}", timeout=60) as answer:
            watch.look(path, answer.read().decode())
    declared = JOB.split("INSERT")[0]
    out, err = watch.call("--profile", "local", "--data", "data", stdin=declared + SHOWN)
    for part in ("'password' = '****'", "job \"more\" runs", "more (process"):
        if part not in out + err:
            raise AssertionError(f"{part!r} is not in {out}{err}")
    status = interrupt(job)
    watch.look("the job", job.said())
    if status != 0:
        raise AssertionError(f"the job ended with {status}: {job.said()}")


def failing(watch):
    """Servers that are not there, and profiles that are wrong."""
    room = watch.room
    tables = re.findall(r"CREATE TABLE (?:dim|e) .*?\);\n", JOB, re.S)
    for number, query in enumerate(("SELECT name FROM dim;", "INSERT INTO e SELECT 1, 2;")):
        room.write(f"away{number}.sql", tables[number] + query)
        watch.call("run", f"away{number}.sql", "--until-end", "--set", "weir.progress.interval=1ms")
    for text in (PROFILE + "  k: {password: S3CRET10", PROFILE.replace("TOKEN", "NOT_THERE"),
                 PROFILE.replace("keystore}", "S3CRET11}").replace("S3CRET11", "nowhere"),
                 PROFILE.replace("jdbc", "jdcb"), "connectors: x password: S3CRET12\n",
                 "defaults:\n  password: S3CRET13\n"):
        room.write("wrong.yaml", text)
        watch.call("check", "job.sql", "--profile", "wrong.yaml")
        watch.call("explain", "job.sql", "--profile", "wrong.yaml")


def main():
    with tempfile.TemporaryDirectory(prefix="weir-door-") as folder:
        room = Room(os.path.abspath(sys.argv[1]), os.path.realpath(folder))
        if not all(name in room.call("--version")[1] for name in ("kafka", "mysql", "elasticsearch")):
            return 77
        watch = Watch(room)
        room.env["TOKEN"] = MARK + "env"
        room.env["HOME"] = room.folder
        room.write("job.sql", JOB)
        plain = re.sub(r"joe:S3CRET\w+@", "", JOB).replace("&password=S3CRETquery", "")
        room.write("plain.sql", plain)
        for name, text in (("more.sql", JOB), ("changed.sql", plain)):
            room.write(name, text.replace(MARK, MARK + "-other").replace("'k', 'format'", "'k2', 'format'"))
        room.write("keystore", MARK + "file\n")
        room.write("profile.yaml", PROFILE)
        os.mkdir(os.path.join(folder, "data"))
        local = ("--profile", "local", "--data", "data")
        try:
            plans(watch, local)
            # Addresses with secrets in them are refused where they are meant.
            plans(watch, ("--profile", "profile.yaml"), status=2)
            plans(watch, ("--profile", "profile.yaml"), "plain.sql", "changed.sql")
            tested(watch)
            failing(watch)
            running(watch, local)
        finally:
            room.call("stop", "more")
            room.close()
        for kept in ("st", os.path.join("run", "weir"), "data"):  # snapshots, logs, tables
            for name in os.listdir(os.path.join(folder, kept)):
                with open(os.path.join(folder, kept, name), encoding="utf-8", errors="replace") as file:
                    watch.look(name, file.read())
        for leak in watch.leaks:
            print("LEAK", json.dumps(leak))
        print(f"{watch.count} texts, {len(watch.leaks)} with a secret")
        return 1 if watch.leaks else 0


if __name__ == "__main__":
    sys.exit(main())
