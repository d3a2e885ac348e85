#!/usr/bin/env python3
"""spec_reports.py WEIR -- what weir test says is read by programs: TAP and JUnit's XML of tests whose names,
rows and statements have every character that such texts do not take; test files as Windows writes them;
and an interrupt, after which nobody may believe that these were all tests.
"""
import os
import re
import signal
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

WEIR = os.path.abspath(sys.argv[1])
JOB = """CREATE TABLE t (k STRING) WITH ('connector' = 'kafka', 'topic' = 't', 'format' = 'raw',
  'properties.bootstrap.servers' = 'x:1');
CREATE TABLE dim (k STRING, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'jdbc',
  'url' = 'jdbc:mysql://x/d', 'table-name' = 'dim');
SELECT k FROM t;
SELECT t.k FROM (SELECT *, PROCTIME() AS p FROM t) AS t JOIN dim FOR SYSTEM_TIME AS OF t.p AS d ON t.k = d.k;
"""
NASTY = "\x1b[31m ]]> & <b> \"q\" \x01\x7f\x9b \ufffe\uffff # \\ 😀\ta"
TESTS = f"""JOB 'job.sql';
TEST 'met {NASTY}';
END OF INPUT;
TEST 'unmet {NASTY}';
FEED t VALUES ('{NASTY}');
EXPECT result ROWS ('{NASTY}', 'two');
TEST 'unmet again
in two lines';
FEED t VALUES ('{NASTY}');
EXPECT result ROWS ('other {NASTY}');
"""
SEEN = "?[31m ]]> & <b> \"q\" ??? ?? # \\ 😀 a"
WINDOWS = """\ufeffJOB 'job.sql';
TEST 'as it is';
FEED t FROM 'lines.txt';
EXPECT result ROWS ('a'), ('b');
TEST 'a text of two lines';
FEED t VALUES ('1
2');
EXPECT result ROWS ('1
2');
"""
# Each but the first waits four seconds for an answer that does not come: one of them is interrupted.
WAITS = "JOB 'job.sql'; TEST 'first'; END OF INPUT;" + "".join(
    f"TEST '{i}'; MOCK dim AWAY; FEED t VALUES ('a'); RESTART;" for i in range(20))
checks = failures = 0


def check(what, condition, more=""):
    global checks, failures
    checks += 1
    if not condition:
        failures += 1
        print(f"FAIL {what}\n{more}")


def put(name, text):
    with open(name, "wb") as file:
        file.write(text.encode("utf-8"))


def run(*arguments):
    done = subprocess.run([WEIR, "test", *arguments], capture_output=True, timeout=60, check=False)
    return done.returncode, done.stdout.decode("utf-8")


def yaml_characters(text):
    """Those that YAML 1.2 lets stand in a block."""
    return re.fullmatch("[\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*", text)


def test_junit():
    status, text = run("--format", "junit", "n.test.sql", "no.test.sql")
    check("refused", status == 2, status)
    root = xml.etree.ElementTree.fromstring(text.encode("utf-8"))
    check("counts", root.attrib["tests"] == "4" and root.attrib["errors"] == "2" and
          root.attrib["failures"] == "1", str(root.attrib))
    cases = list(root.iter("testcase"))
    check("names", [case.attrib["name"] for case in cases] == [
        "met " + SEEN, "unmet " + SEEN, "unmet again in two lines", "no.test.sql"],
          str([case.attrib for case in cases]))
    said = [list(case) for case in cases]
    check("elements", [[e.tag for e in list_] for list_ in said] == [[], ["error"], ["failure"], ["error"]])
    for list_ in said:
        for element in list_:
            check("a message", element.attrib["message"] == element.text.split("\n")[0].replace("\t", " "),
                  element.attrib)  # a tab in an attribute is a blank
    check("the difference", "+ (U&'\\001b[31m ]]> & <b> \"q\" \\0001\\007f\\009b \\fffe\\ffff # \\\\ 😀\\0009a')" in
          said[2][0].text, said[2][0].text)


def test_tap():
    status, text = run("--format", "tap", "n.test.sql")
    check("refused", status == 2, status)
    check("characters", yaml_characters(text), repr(text))
    lines = text.splitlines()
    check("head and plan", lines[0] == "TAP version 13" and lines[-1] == "1..3", text)
    points = [line for line in lines if re.match("(not )?ok ", line)]
    escaped = SEEN.replace("\\", "\\\\").replace("#", "\\#")
    check("points", points == [f"ok 1 - n.test.sql: met {escaped}", f"not ok 2 - n.test.sql: unmet {escaped}",
                               "not ok 3 - n.test.sql: unmet again in two lines"], str(points))
    blocks = re.findall(r"^not ok .*\n  ---\n  result: \w+\n  message: \|\n((?:    .*\n)+)  \.\.\.$", text, re.M)
    check("blocks", len(blocks) == 2, text)


def test_text():
    status, text = run("n.test.sql")
    check("refused", status == 2 and text.endswith("\n1 passed, 1 failed, 1 refused\n"), text)
    check("nothing that a terminal obeys", yaml_characters(text), repr(text))


def test_windows():
    put("w.test.sql", WINDOWS.replace("\n", "\r\n"))
    put("lines.txt", "a\r\nb\r\n")
    check("CR LF", run("w.test.sql") == (0, "ok      w.test.sql: as it is\nok      w.test.sql: a text of two lines\n"
                                            "2 passed\n"), run("w.test.sql")[1])
    put("m.test.sql", "JOB 'job.sql'; FEED t FROM 'mixed.txt'; EXPECT result ROWS ('a'), (U&'b\\000d');")
    put("mixed.txt", "a\nb\r\n")
    check("a message that ends in CR", run("m.test.sql")[0] == 0, run("m.test.sql")[1])


def interrupted(form):
    process = subprocess.Popen([WEIR, "test", "--format", form, "wait.test.sql"], stdout=subprocess.PIPE)
    said = b""
    while b"first" not in said:
        said += os.read(process.stdout.fileno(), 1000)
    process.send_signal(signal.SIGINT)
    rest = process.communicate(timeout=100)[0]
    return process.returncode, (said + rest).decode("utf-8").splitlines()


def test_interrupt():
    put("wait.test.sql", WAITS)
    status, lines = interrupted("tap")
    check("TAP", status == 130 and lines[:2] == ["TAP version 13", "ok 1 - wait.test.sql: first"] and
          lines[-1] == "Bail out!  interrupted" and not any(line.startswith("1..") for line in lines), str(lines))
    status, lines = interrupted("text")
    check("text", status == 130 and lines[0] == "ok      wait.test.sql: first" and
          re.fullmatch(r"1 passed(, \d+ broken)?, interrupted", lines[-1]), str(lines))


def main():
    with tempfile.TemporaryDirectory(prefix="weir-reports-") as folder:
        os.chdir(folder)
        put("job.sql", JOB)
        put("n.test.sql", TESTS)
        put("no.test.sql", "FEED")
        for name, test in list(globals().items()):
            if name.startswith("test_"):
                test()
        os.chdir("/")
    print(f"{checks - failures} of {checks} checks passed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
