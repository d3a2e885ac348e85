#!/usr/bin/env python3
"""The door of a running job: names and sockets, weir ps, stop and snapshot, and who asks badly.

usage: test_door.py WEIR
"""
import fcntl
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import termios

from doorlib import ENDLESS, Room, interrupt, read_line, read_rest, wait_until

CHECKS = []


def check(function):
    CHECKS.append(function)
    return function


def same(got, want, what):
    if got != want:
        raise AssertionError(f"{what}: {got!r}, not {want!r}")


def has(text, *parts):
    for part in parts:
        if part not in text:
            raise AssertionError(f"{part!r} is not in {text!r}")


# ---- names and sockets ----------------------------------------------------------------------------


@check
def a_job_is_listed_under_the_name_of_its_file(room):
    same(room.call("ps"), (0, "no job is running\n", ""), "before")
    same(room.call("ps", "--format", "json")[1], "[]\n", "before")
    job = room.start()
    seen = room.begun("job")
    same((seen["name"], seen["file"], seen["pid"]), ("job", "job.sql", job.child.pid), "status")
    status, out, _ = room.call("ps")
    head, line = out.splitlines()
    same((status, head.split()), (0, ["NAME", "PID", "STATE", "ROWS", "ROWS/S", "WATERMARK", "SINCE",
                                      "FILE"]), "list")
    same(line.split()[:3] + line.split()[-1:], ["job", str(job.child.pid), "running", "job.sql"],
         "line")
    listed = json.loads(room.call("ps", "--format", "json")[1])
    same([j["name"] for j in listed], ["job"], "list as JSON")
    same(interrupt(job), 0, "status of the job")
    same(os.listdir(os.path.join(room.runtime, "weir")), [".lock"], "folder afterwards")


@check
def only_the_user_may_come(room):
    room.start()
    room.begun("job")
    folder = os.stat(os.path.join(room.runtime, "weir"))
    same(stat.S_IMODE(folder.st_mode), 0o700, "folder")
    same(stat.S_IMODE(os.stat(room.socket_path("job")).st_mode), 0o600, "socket")


@check
def a_second_job_of_the_name_is_called_otherwise_and_says_so(room):
    room.start()
    room.begun("job")
    second = room.start()
    room.begun("job-2")
    has(second.said(), 'WARNING:  a job called "job" is running already: this one is "job-2"',
        "HINT:  --name ")
    same(room.status("job-2")["pid"], second.child.pid, "pid")
    status, out, err = room.call("run", "job.sql", "--name", "job")
    same((status, out), (1, ""), "with --name")
    has(err, 'ERROR:  a job called "job" is running', "HINT:  weir ps ")


@check
def a_name_is_given(room):
    room.start("job.sql", "--name", "événement.v-1")
    same(room.begun("événement.v-1")["name"], "événement.v-1", "name")
    for name in ("a/b", "", ".x", "-x", "a b", "x" * 65):
        status, _, err = room.call("run", "job.sql", f"--name={name}")
        same(status, 1, name)
        has(err, "is no name for a job")
    room.write("two.words.sql", "SET 'weir.job.name' = 'of-the-setting';\n" + ENDLESS)
    room.start("two.words.sql")
    room.begun("of-the-setting")
    room.write("two words!.sql", ENDLESS)
    room.start("two words!.sql")
    room.begun("two-words-")


@check
def what_a_killed_job_has_left_is_cleared(room):
    job = room.start()
    room.begun("job")
    job.kill()
    same(os.path.exists(room.socket_path("job")), True, "its socket")
    same(room.call("ps"), (0, "no job is running\n", ""), "list")
    same(os.path.exists(room.socket_path("job")), False, "its socket")
    for _ in range(2):  # the second one finds what the first one has left, nobody having looked
        job = room.start()
        room.begun("job")
        same(job.said(), "", "warnings")
        job.kill()


@check
def no_socket_is_left_by_a_job_that_fails(room):
    room.write("job.sql", "CREATE TABLE t (n INT) WITH ('connector' = 'filesystem', "
               "'path' = 'not-there', 'format' = 'json');\nSELECT n FROM t;\n")
    job = room.start()
    same(job.wait() != 0, True, "it fails")
    same(os.listdir(os.path.join(room.runtime, "weir")), [".lock"], "folder afterwards")


def runs_with_warning(room, *parts):
    job = room.start("short.sql")
    same(job.wait(), 0, "status of the job")
    has(job.said(), "WARNING:  ", "DETAIL:  The job runs, but weir ps, stop and the like do not find it.", *parts)


@check
def a_folder_of_others_is_refused_and_the_job_runs(room):
    room.write("short.sql", "SELECT 1 AS x;\n")
    os.makedirs(os.path.join(room.folder, "elsewhere"))
    os.mkdir(room.runtime, 0o700)
    os.symlink("../elsewhere", os.path.join(room.runtime, "weir"))
    runs_with_warning(room, "is no folder, or a link to one")
    same(room.call("ps")[0], 3, "status of ps")
    os.unlink(os.path.join(room.runtime, "weir"))
    os.chmod(room.runtime, 0o777)
    runs_with_warning(room, "others may write into folder")
    os.chmod(room.runtime, 0o700)
    os.mkdir(os.path.join(room.runtime, "weir"), 0o755)  # ours, and closed
    same(room.start("short.sql").wait(), 0, "status of the job")
    same(stat.S_IMODE(os.stat(os.path.join(room.runtime, "weir")).st_mode), 0o700, "folder")
    if os.geteuid() == 0:
        os.chown(os.path.join(room.runtime, "weir"), 1, -1)
        runs_with_warning(room, "belongs to somebody else")


@check
def a_path_that_is_too_long_is_said(room):
    room.write("short.sql", "SELECT 1 AS x;\n")
    room.env["XDG_RUNTIME_DIR"] = os.path.join(room.folder, "x" * 100)
    runs_with_warning(room, "the path of a socket at most 107", "HINT:  A shorter XDG_RUNTIME_DIR helps")


@check
def other_commands_offer_nothing(room):
    room.write("statements.sql", ENDLESS.split("INSERT")[0] + "SELECT n FROM t;\n")
    child = subprocess.Popen([room.weir, "-f", "statements.sql", "--output", "jsonl"],
                             cwd=room.folder, env=room.env, stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL)
    child.stdout.readline()
    same(os.path.exists(room.runtime), False, "a folder")
    child.kill()
    child.wait()
    child.stdout.close()


# ---- commands -------------------------------------------------------------------------------------


@check
def a_job_tells_what_it_does(room):
    room.start()
    seen = room.begun("job", 100)
    same(seen["state"], "running", "state")
    same([s["name"] for s in seen["sources"]], ["t"], "sources")
    same([s["name"] for s in seen["sinks"]], ["p"], "sinks")
    same([o["operator"] for o in seen["operators"]],
         ["source#1", "watermark#2", "calc#3", "group#4", "sink#5"], "operators")
    group = seen["operators"][3]
    same(group["rows_in"] >= 100 and group["state_bytes"] > 0, True, f"counters of {group}")
    same(seen["watermark"] is not None and seen["watermark_us"] > 0, True, "watermark")
    status, out, _ = room.call("ps", "job")
    has(out, f"job (process {seen['pid']}): running since ", "file job.sql", "SOURCE", "SINK",
        "OPERATOR", "group#4")
    wait_until("it tells how fast it is", lambda: room.status("job")["rows_per_s"] > 100)
    plan = room.ask("job", '{"ask": "plan"}')["plan"]
    same([n["kind"] for n in plan["nodes"]], ["source", "watermark", "calc", "group", "sink"], "plan")


@check
def an_unknown_name_is_told_what_runs(room):
    for command in ("ps", "stop", "snapshot", "metrics"):
        status, out, err = room.call(command, "jobb")
        same((status, out), (1, ""), command)
        has(err, 'ERROR:  no job called "jobb" is running\n', "DETAIL:  No job is running.")
    room.start()
    room.begun("job")
    for name in ("jobb", "../job", "", "x/job"):
        status, _, err = room.call("stop", name)
        same(status, 1, name)
        has(err, f'ERROR:  no job called "{name}" is running\n', 'DETAIL:  Running: "job".')
    has(room.call("stop", "jobb")[2], 'HINT:  Perhaps you meant "job".')
    same(room.call("ps", "job", "--format", "dot")[0], 1, "a format that is none")


@check
def stop_waits_until_the_job_has_gone(room):
    job = room.start()
    seen = room.begun("job")
    status, out, err = room.call("stop", "job")
    same((status, err), (0, ""), "stop")
    has(out, f"job (process {seen['pid']}) has ended after ")
    same(job.child.poll() is not None or os.path.exists(f"/proc/{seen['pid']}"), True, "process")
    same(job.wait(), 0, "status of the job")
    has(job.said(), "source t: ", "sink p: ")
    job = room.start()
    room.begun("job")
    same(json.loads(room.call("stop", "job", "--format", "json")[1])["pid"], job.child.pid, "JSON")


def stuck(room):
    """A job whose reader reads nothing: it hangs in a write."""
    room.write("stuck.sql", ENDLESS.split("CREATE TABLE p")[0].replace("'1000'", "'1000000'") +
               "SELECT n, ts, 'a longer text' AS s FROM t;\n")
    job = room.start("stuck.sql", "--output", "jsonl", stdout=subprocess.PIPE)
    seen = []

    def hangs():
        answer = fcntl.ioctl(job.child.stdout.fileno(), termios.FIONREAD, b"\0" * 4)
        seen.append(int.from_bytes(answer, sys.byteorder))
        return seen[-1] >= 32768 and seen[-1:] * 3 == seen[-3:]

    wait_until("the job hangs", hangs)
    return job


@check
def a_job_that_hangs_answers_all_the_same(room):
    job = stuck(room)
    status, out, err = room.call("stop", "stuck", "--timeout", "0.2")
    same((status, out), (3, ""), "stop")
    has(err, 'ERROR:  job "stuck" has not ended within 0.2 s', "DETAIL:  It has been asked to stop",
        "HINT:  weir ps stuck ")
    same(room.status("stuck")["state"], "stopping", "state")
    status, _, err = room.call("snapshot", "stuck")  # it is answered at once, on a busy machine too
    same(status, 3, "snapshot")
    has(err, "the job is being stopped")
    job.child.stdout.close()
    same(job.wait(), 0, "status of the job")


@check
def a_snapshot_that_does_not_come_is_said(room):
    stuck(room)
    status, _, err = room.call("snapshot", "stuck", "--timeout", "0.2")
    same(status, 3, "snapshot")
    has(err, 'ERROR:  job "stuck" has not completed a checkpoint within 0.2 s')


@check
def a_process_that_stands_still_does_not_hold_the_list_up(room):
    job = room.start()
    room.begun("job")
    room.start("job.sql", "--name", "other")
    room.begun("other")
    job.child.send_signal(signal.SIGSTOP)
    status, out, _ = room.call("ps")
    same(status, 0, "status of ps")
    has(out, "does not answer", "running")
    listed = json.loads(room.call("ps", "--format", "json")[1])
    same([(j["name"], j["ok"]) for j in listed], [("job", False), ("other", True)], "list as JSON")
    job.child.send_signal(signal.SIGCONT)
    room.begun("job")


@check
def snapshot_waits_for_the_checkpoint(room):
    room.start()
    room.begun("job")
    status, out, _ = room.call("snapshot", "job")
    same(status, 0, "snapshot")
    has(out, "job: all rows are written and all positions committed after ",
        "no snapshot, since weir.state.dir is not set")
    room.start("job.sql", "--name", "keeps", "--set", "weir.state.dir=st", "--set",
               "weir.checkpoint.interval=1h")
    room.begun("keeps")
    same([f for f in os.listdir(os.path.join(room.folder, "st")) if f.endswith(".job")], [],
         "snapshots before")
    status, out, _ = room.call("snapshot", "keeps")
    same(status, 0, "snapshot")
    has(out, "keeps: a snapshot is in st after ")
    same(len([f for f in os.listdir(os.path.join(room.folder, "st")) if f.endswith(".job")]), 1,
         "snapshots afterwards")
    answer = json.loads(room.call("snapshot", "keeps", "--format", "json")[1])
    same((answer["checkpoints"], answer["state_dir"]), (2, "st"), "JSON")


WHY = ENDLESS + """CREATE TABLE q (n BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO q SELECT n FROM t WHERE n > 100;
"""


@check
def why_names_what_holds_a_sink_up(room):
    room.write("job.sql", WHY)
    room.start()
    room.begun("job", 10)
    status, out, err = room.call("why", "job")
    same((status, err), (0, ""), "why")
    p, q = out.split("\n\n")
    has(p, "p (sink#6)\n        nothing holds it up: ")
    has(q, "q (sink#7)\n  HELD: calc#5 lets no row through: ", "none fulfils n > 100\n",
        "weir tap job watermark#2 ")
    answer = json.loads(room.call("why", "job", "Q", "--format", "json")[1])
    same([(s["operator"], s["held"], s["findings"][0]["operator"]) for s in answer["sinks"]],
         [("sink#7", True, "calc#5")], "of one sink")
    status, _, err = room.call("why", "job", "qq")
    same(status, 1, "an unknown sink")
    has(err, 'ERROR:  the job has no sink "qq"\nDETAIL:  There are sink#6 (p), sink#7 (q).\n')
    answer = room.ask("job", '{"ask": "why", "sink": "7", "watch_ms": 0}')
    same(answer["sinks"][0]["held"], True, "without a second look")


@check
def explain_analyze_shows_what_operators_do(room):
    room.write("job.sql", ENDLESS.replace("'1000'", "'100000'"))
    room.start()
    room.begun("job", 10)
    status, out, err = room.call("explain", "--analyze", "job")
    same((status, err), (0, ""), "explain --analyze")
    has(out, "sink#5 {in=", "group#4 {in=", " cpu=", "runs: ")
    for asked in range(2):  # what was measured for the one before does not count for the next
        plan = json.loads(room.call("explain", "job", "--analyze", "--format", "json")[1])
        shares = [n["counters"]["cpu_share"] for n in plan["nodes"]]
        same(0.99 < sum(shares) < 1.01, True, f"shares {shares}")
    answer = room.ask("job", '{"ask": "explain", "watch_ms": 0, "format": "text"}')
    has(answer["text"], "sink#5 {in=")
    same(room.ask("job", '{"ask": "explain", "format": "dot"}')["ok"], False, "a format that is none")
    status, _, err = room.call("explain", "--analyze", "jobb")
    same(status, 1, "an unknown job")
    has(err, 'ERROR:  no job called "jobb" is running\n', 'HINT:  Perhaps you meant "job".')
    has(room.call("explain", "--analyze", "jobb.sql")[2], 'could not open "jobb.sql"')


@check
def tap_shows_rows(room):
    room.write("job.sql", WHY)
    job = room.start()
    room.begun("job", 10)
    status, out, err = room.call("tap", "job", "group#4", "--rows", "25")
    same((status, err), (0, ""), "tap")
    rows = [json.loads(line) for line in out.splitlines()]
    same(len(rows), 25, "rows")
    same({row["op"] for row in rows} <= {"+I", "+U"}, True, out)
    same({tuple(row["data"])[0] for row in rows}, {"n"}, "columns")
    same(len(room.call("tap", "job", "T")[1].splitlines()), 10, "of a table by its name")
    status, _, err = room.call("tap", "job", "gruop#4")
    same(status, 1, "an unknown operator")
    has(err, 'ERROR:  the job has no operator "gruop#4"\n', "source#1 (t), watermark#2, calc#3",
        'HINT:  Perhaps you meant "group#4".\n')
    def descriptors():
        return len(os.listdir(f"/proc/{job.child.pid}/fd"))

    with room.connect("job") as s:  # nothing comes, and then the job ends
        s.sendall(b'{"ask": "status"}\n')
        read_line(s)  # it is counted among the descriptors now
        s.sendall(b'{"ask": "sample", "operator": "calc#5"}\n')
        before = descriptors()
        waits = subprocess.Popen([room.weir, "tap", "job", "calc#5"], cwd=room.folder, env=room.env,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        wait_until("weir tap has come", lambda: descriptors() > before)
        with room.connect("job") as more:
            more.sendall(b'{"ask": "sample", "operator": "sink#6", "rows": 1000000}\n')
            read_line(more)
            same(interrupt(job), 0, "status of the job")
            last = json.loads(read_rest(more).splitlines()[-1])
            same((last["ok"], last["end"]), (True, "job"), last)
        same(json.loads(read_line(s))["rows"], 0, "rows of the filter")
        out, err = waits.communicate(timeout=60)
        same((waits.returncode, out), (3, ""), "tap of the filter")
        has(err, "ERROR:  ")


@check
def a_sample_that_nobody_reads_holds_nobody_up(room):
    room.write("job.sql", ENDLESS.replace("'1000'", "'1000000'"))
    room.start()
    room.begun("job", 10)
    with room.connect("job") as s:
        s.sendall(b'{"ask": "sample", "operator": "t", "rows": 1000000}\n')
        read_line(s)
        seen = room.status("job")["rows"]
        room.begun("job", seen + 100000)
        other = [json.loads(line) for line in room.call("tap", "job", "t")[1].splitlines()]
        same(len(other), 10, "rows of another one")


@check
def a_job_that_opens_its_tables_can_be_asked(room):
    with socket.create_server(("127.0.0.1", 0)) as server:  # takes connections and says nothing
        room.write("job.sql", f"""CREATE TABLE m (n INT) WITH ('connector' = 'elasticsearch-7', 'index' = 'm',
            'hosts' = 'http://127.0.0.1:{server.getsockname()[1]}', 'socket.timeout' = '50s');
            INSERT INTO m SELECT n FROM m;
            """)
        job = room.start()
        wait_until("it has a socket", lambda: os.path.exists(room.socket_path("job")) or
                   job.child.poll() is not None)
        if "is not in this build" in job.said():
            return
        same(room.status("job")["state"], "starting", "state")
        has(room.call("ps", "job")[1], "job (process ", ": starting since ")
        has(room.call("metrics", "job")[1], 'weir_job_stopping{job="job"} 0')
        for line in ('{"ask": "why"}', '{"ask": "explain"}', '{"ask": "snapshot"}',
                     '{"ask": "sample", "operator": "1"}'):
            answer = room.ask("job", line)
            same((answer["error"], answer["wrong_use"]),
                 ("the job has not begun yet: it opens its tables", False), line)
        same(room.ask("job", '{"ask": "plan"}')["ok"], True, "plan")
        same(room.call("why", "job")[0], 3, "status of why")
        same(room.call("stop", "job")[0], 0, "status of stop")
        same(job.wait(), 0, "status of the job")


# ---- who asks badly -------------------------------------------------------------------------------


@check
def wrong_requests_are_answered(room):
    room.start()
    room.begun("job")
    wrong = {
        "x": "the request is no JSON object",
        "[1]": "the request is no JSON object",
        '{"ask": "status"} {}': "the request is no JSON object",
        "{}": 'the request has no "ask"',
        '{"ask": 7}': '"ask" of the request is no text',
        '{"ask": "sttus"}': 'nothing can be asked by the name "sttus"',
        "[" * 5000: "the request is no JSON object",
    }
    with room.connect("job") as s:
        for line, error in wrong.items():
            s.sendall(line.encode() + b"\n")
            answer = json.loads(read_line(s))
            same((answer["ok"], answer["error"]), (False, error), line[:40])
        s.sendall(b'\n\r\n{"ask": "status", "brief": true, "of tomorrow": [1, {}]}\r\n')
        answer = json.loads(read_line(s))
        same((answer["ok"], "operators" in answer), (True, False), "a good one behind them")
    same(room.ask("job", '{"ask": "sttus"}')["hint"], 'Perhaps you meant "status".', "hint")


@check
def a_line_without_end_is_cut_off(room):
    room.start()
    room.begun("job")
    with room.connect("job") as s:
        try:
            s.sendall(b"x" * (1 << 20))
        except (BrokenPipeError, ConnectionResetError):
            pass
        has(read_rest(s).decode(), "a request has 16383 bytes at most")
    room.begun("job")


@check
def one_that_does_not_read_holds_nobody_up(room):
    room.start()
    room.begun("job")
    with room.connect("job") as s:
        s.setblocking(False)
        sent = 0
        line = b'{"ask": "metrics"}\n'
        try:
            while sent < 1 << 22:
                sent += s.send(line * 100)
        except BlockingIOError:
            pass
        same(sent < 1 << 22, True, "the job stops to take requests")
        room.begun("job", room.status("job")["rows"] + 1)


@check
def many_that_say_nothing_do_not_lock_others_out(room):
    job = room.start()
    room.begun("job")
    idle = [room.connect("job") for _ in range(100)]
    room.begun("job", room.status("job")["rows"] + 1)
    wait_until("most of them are let go",
               lambda: len(os.listdir(f"/proc/{job.child.pid}/fd")) < 60)
    for s in idle:
        s.close()


@check
def one_that_has_said_all_gets_its_answers(room):
    room.start()
    room.begun("job")
    with room.connect("job") as s:
        s.sendall(b'{"ask": "status"}\n{"ask": "snapshot"}\n')
        s.shutdown(socket.SHUT_WR)
        answers = [json.loads(line) for line in read_rest(s).splitlines()]
        same([a["ok"] for a in answers], [True, True], "answers")
    with room.connect("job") as s:  # the request counts even if nobody waits for its answer
        s.sendall(b'{"ask": "stop"}\n')
    same(room.jobs[0].wait(), 0, "status of the job")


@check
def who_waits_hears_of_the_end(room):
    room.start()
    room.begun("job")
    job = stuck(room)
    with room.connect("stuck") as s:
        s.sendall(b'{"ask": "snapshot"}\n')
        room.status("stuck")  # the request before has been taken by now
        job.child.stdout.close()
        answer = json.loads(read_line(s))
        same(answer["ok"] or answer["error"] == "the job has ended", True, answer)
        same(read_rest(s), b"", "more")


def main():
    weir = os.path.abspath(sys.argv[1])
    failed = 0
    for function in CHECKS:
        if len(sys.argv) > 2 and function.__name__ not in sys.argv[2:]:
            continue
        with tempfile.TemporaryDirectory(prefix="weir-door-") as folder:
            room = Room(weir, os.path.realpath(folder))
            try:
                function(room)
            except (Exception, SystemExit) as error:
                failed += 1
                print(f"FAIL {function.__name__}: {error!r}")
                for job in room.jobs:
                    print(f"a job said: {job.said()}")
            finally:
                room.close()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
