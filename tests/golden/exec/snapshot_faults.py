#!/usr/bin/env python3
"""snapshot_faults.py WEIR DISK_FAULTS.so [EVERY] -- a job is killed, or its disk is full, at every single
thing that it does to the files of a checkpoint (at every EVERY-th): the next start goes on from the last
complete snapshot, and the results are those of one run.  And a folder of snapshots that was tampered
with is never taken for an empty one without a word.
"""
import collections
import errno
import glob
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile

WEIR, FAULTS = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
EVERY = int(sys.argv[3]) if len(sys.argv) > 3 else 1
JOB = """CREATE TABLE s (id INT, k INT) WITH ('connector' = 'filesystem', 'path' = 'in', 'format' = 'json');
CREATE TABLE t (k INT, n BIGINT, m BIGINT) WITH ('connector' = 'filesystem', 'path' = 'out.ndjson',
  'format' = 'changelog-json');
INSERT INTO t SELECT k, COUNT(DISTINCT MOD(id, 7)), COUNT(*) FROM s GROUP BY k;
"""
STOP = ("--set", "weir.test.stop-after-rows=300")
checks = failures = 0


def check(what, condition, more=""):
    global checks, failures
    checks += 1
    if not condition:
        failures += 1
        print(f"FAIL {what}\n{more}")


def weir(*arguments, **faults):
    environment = dict(os.environ)
    if faults:
        # The sanitizers want to be the first that is loaded; this need not be so.
        options = os.environ.get("ASAN_OPTIONS", "")
        environment.update(LD_PRELOAD=FAULTS, ASAN_OPTIONS=options + ":verify_asan_link_order=0",
                           **{f"DISK_FAULTS_{name.upper()}": str(value) for name, value in faults.items()})
    done = subprocess.run([WEIR, "run", "job.sql", "--parallelism", "2", "--set", "weir.summary=none",
                           "--set", "weir.state.dir=state", *arguments],
                          capture_output=True, text=True, timeout=60, check=False, env=environment)
    return done.returncode, done.stderr


def rows():
    """What the changes leave."""
    left = collections.Counter()
    with open("out.ndjson", encoding="utf-8") as file:
        for line in file:
            change = json.loads(line)
            left[json.dumps(change["data"])] += 1 if change["op"] in ("+I", "+U") else -1
    return {row: n for row, n in left.items() if n != 0}


def put(kept):
    """Snapshots and output as they were; None: nothing yet."""
    shutil.rmtree("state", ignore_errors=True)
    for name in glob.glob("out.ndjson*"):
        os.unlink(name)
    if kept:
        shutil.copytree(kept, "state")
        shutil.copy(kept + ".out", "out.ndjson")


def keep(name):
    shutil.copytree("state", name)
    shutil.copy("out.ndjson", name + ".out")


def count(kept):
    """How many things the next checkpoint does."""
    put(kept)
    check("a stop", weir(*STOP, log="calls") == (0, ""))
    n = os.path.getsize("calls")
    os.unlink("calls")
    return n


def test_killed(wanted):
    for kept, least in ((None, 20), ("two", 24)):
        n = count(kept)
        check("all of it is counted", n >= least, n)
        for at in range(1, n + 1, EVERY if kept else 7 * EVERY):
            put(kept)
            status, said = weir(*STOP, at=at)
            check(f"killed at {at}", status == -signal.SIGKILL, f"{status} {said}")
            parts = glob.glob("state/snapshot-*") if not kept else []
            whole = glob.glob("state/*.job")
            status, said = weir()
            told = said.startswith('WARNING:  no snapshot in "state" is complete; the job starts from nothing\n')
            check(f"on from where it was, {at} of {n}", status == 0 and (told if parts and not whole else said == ""),
                  f"{status} {said}")
            check(f"rows, {at} of {n}", rows() == wanted)


def test_full(wanted):
    n = count("two")
    for at in range(1, n + 1, 5 * EVERY):
        put("two")
        before = len(glob.glob("state/*.job"))
        status, said = weir(*STOP, at=at, errno=errno.ENOSPC)
        removing = at > n - 3  # what cannot be removed does no harm
        check(f"full at {at} of {n}", status == 0 if removing else
              status == 3 and said.startswith("ERROR:  cannot ") and "No space left on device" in said,
              f"{status} {said}")
        check(f"no half file, {at}", not glob.glob("state/*.new"), str(os.listdir("state")))
        check(f"the others are there, {at}", len(glob.glob("state/*.job")) >= before)
        check(f"room again, {at}", weir() == (0, ""))
        check(f"rows, {at} of {n}", rows() == wanted)


def test_tampered(wanted):
    put("one")
    os.unlink("state/snapshot-1.job")
    status, said = weir()
    check("the file that counts is gone", status == 0 and said ==
          'WARNING:  no snapshot in "state" is complete; the job starts from nothing\n'
          'DETAIL:  There are parts of snapshot 1, but no "snapshot-1.job", which is written last.\n', said)
    put("one")
    os.unlink("state/snapshot-1.worker-1")
    status, said = weir()
    check("the file of a worker is gone", status == 3 and "snapshot-1.worker-1" in said, said)
    put("one")
    with open("state/snapshot-18446744073709551615.job", "w", encoding="utf-8") as file:
        file.write("nobody counts that far\n")
    check("a number behind which there is none", weir() == (0, ""))
    check("its rows", rows() == wanted)
    put("one")
    with open("state/snapshot-1.worker-0", "r+b") as file:  # the version, behind the first eight bytes
        file.seek(8)
        file.write(b"\x01\x02\x03\x04")
    status, said = weir()
    check("another version", status == 3 and "was written by a newer weir, in version 67305985 of the "
          "format; this one reads" in said, said)
    for at in range(0, os.path.getsize("one/snapshot-1.worker-0"), 500 * EVERY):
        put("one")
        with open("state/snapshot-1.worker-0", "r+b") as file:
            file.seek(at)
            byte = file.read(1)[0]
            file.seek(at)
            file.write(bytes([byte ^ 16]))
        status, said = weir()
        check(f"a bit of byte {at}", status == 3 and said.startswith("ERROR:  ") and "snapshot-1.worker-0" in said and
              "Without a snapshot the job can only be started anew" in said, said)
        with open("out.ndjson", "rb") as file, open("one.out", "rb") as kept:
            check("the output is as it was", file.read() == kept.read())


def test_interval(wanted):
    """So seldom that the moment is no number of microseconds."""
    put(None)
    check("never", weir("--set", "weir.checkpoint.interval=9223372036854775807 ms", "--set",
                        "weir.progress.interval=9223372036854775807 ms") == (0, ""))
    check("but at the end", rows() == wanted and os.path.exists("state/snapshot-1.job"), str(os.listdir("state")))


def main():
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK | os.X_OK) else None  # all is synced, often
    with tempfile.TemporaryDirectory(prefix="weir-faults-", dir=memory) as folder:
        os.chdir(folder)
        os.environ["XDG_RUNTIME_DIR"] = folder
        os.mkdir("in")
        for part in range(3):
            with open(f"in/{part}.json", "w", encoding="utf-8") as file:
                file.writelines(json.dumps({"id": i, "k": i * 7 % 40}) + "\n" for i in range(500))
        with open("job.sql", "w", encoding="utf-8") as file:
            file.write(JOB)
        check("in one run", weir() == (0, ""))
        wanted = rows()
        put(None)
        weir(*STOP)
        keep("one")
        weir(*STOP)
        keep("two")
        for name, test in list(globals().items()):
            if name.startswith("test_"):
                test(wanted)
        os.chdir("/")
    print(f"{checks - failures} of {checks} checks passed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
