#!/usr/bin/env python3
"""Metrics of a running job, over its socket and over HTTP, beside the rules of Prometheus.

usage: test_metrics.py WEIR
"""
import json
import os
import re
import socket
import sys
import tempfile
import urllib.error
import urllib.request

import promlint
from doorlib import ENDLESS, Room, read_rest, wait_until


def same(got, want, what):
    if got != want:
        sys.exit(f"{what}: {got!r}, not {want!r}")


def check_rules():
    """The rules themselves find what is wrong."""
    head = "# HELP a_total x\n# TYPE a_total counter\n"
    same(promlint.read(head + 'a_total{b="\\"\\\\\\n"} 1\n'),
         ({("a_total", (("b", '"\\\n'),)): 1.0}, {"a_total": "counter"}, []), "a good one")
    for wrong in (head + 'a_total{b="x"} 1', head + 'a_total{b="x} 1\n', head + 'a_total{b="\\x"} 1\n',
                  head + 'a_total{b=""} 1\na_total{b=""} 2\n', head + head, 'a_total{b=""} 1\n',
                  "# HELP a_ms x\n# TYPE a_ms gauge\n", "# HELP a x\n# TYPE a counter\n",
                  "# HELP a_total x\n# TYPE a_total gauge\n", "# TYPE a gauge\n"):
        same(len(promlint.read(wrong)[2]) > 0, True, f"complaints about {wrong!r}")


def samples_of(text):
    samples, kinds, complaints = promlint.read(text)
    same(complaints, [], "complaints")
    for name in kinds:
        same(bool(re.match(r"weir_(job|source|split|sink|operator|lookup)_", name)), True, name)
    for name, labels in samples:
        same("job" in dict(labels), True, f"job of {name}")
    return samples


def get(port, path, method="GET"):
    """(status, content type, body)"""
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.headers["Content-Type"], answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["Content-Type"], error.read().decode()


def send_raw(port, data):
    with socket.create_connection(("127.0.0.1", port), 30) as s:
        try:
            s.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass
        return read_rest(s).decode()


def request(*headers, method="GET", target="/metrics", version="HTTP/1.1"):
    return "".join(line + "\r\n" for line in (f"{method} {target} {version}", *headers, "")).encode()


def answer_to(port, data):
    """(status, headers, body), the body as long as the head says."""
    head, _, body = send_raw(port, data).partition("\r\n\r\n")
    lines = head.split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines[1:])
    if not data.startswith(b"HEAD"):
        same(len(body.encode()), int(headers["Content-Length"]), f"length of the answer to {data[:60]}")
    return lines[0].split(" ")[1], headers, body


# What Prometheus 3 sends; only Host is looked at.
SCRAPE = ("User-Agent: Prometheus/3.5.0",
          "Accept: application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
          "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;"
          "escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
          "Accept-Encoding: gzip", "X-Prometheus-Scrape-Timeout-Seconds: 10")


def check_hosts(room):
    """Only who calls the machine by a name of its loopback is answered."""
    room.start("job.sql", "--metrics", "0")
    port = room.begun("job", 10)["metrics_port"]
    for host in (f"127.0.0.1:{port}", f"localhost:{port}", "LOCALHOST", "localhost.", "127.0.0.1",
                 "127.1.2.3:1", f"[::1]:{port}", "[::1]", "127.0.0.1:"):
        status, headers, body = answer_to(port, request(f"Host: {host}", *SCRAPE))
        same((status, headers["Content-Type"], headers["Connection"]),
             ("200", "text/plain; version=0.0.4; charset=utf-8", "close"), host)
        same("Content-Encoding" in headers, False, "the answer is not packed")
        samples_of(body)
    foreign = ("evil.example", f"evil.example:{port}", f"127.0.0.1.evil.example:{port}", "localhost.evil.example",
               "evil.example:80@127.0.0.1", "128.0.0.1", "0.0.0.0", "127.1", "2130706433", "[::1", "[::2]",
               "[::1]x", "localhost:x", "localhost:80:80", "", "127.0.0.1 evil.example", "x" * 300)
    for host in foreign:
        for target in ("/metrics", "/status", "/", "/nothing"):
            status, headers, body = answer_to(port, request(f"Host: {host}", target=target))
            same((status, headers["Content-Type"]), ("403", "text/plain; charset=utf-8"), f"{host} {target}")
            same("this job answers those who ask for localhost, 127.0.0.1 or [::1]" in body, True, body)
        status, headers, body = answer_to(port, request(f"Host: {host}", method="HEAD"))
        same((status, body, int(headers["Content-Length"]) > 60), ("403", "", True), f"HEAD {host}")
    good, bad = "Host: localhost", "Host: evil.example"
    for what, data, status in (
            ("in the target", request(good, target=f"http://localhost:{port}/metrics?x=/"), "200"),
            ("a foreign one in the target", request(good, target="http://evil.example/metrics"), "403"),
            ("a foreign one beside it", request(bad, target="http://localhost/metrics"), "403"),
            ("none, of the old days", request(version="HTTP/1.0"), "200"),
            ("a foreign one of the old days", request(bad, version="HTTP/1.0"), "403"),
            ("none", request(), "400"),
            ("two", request(good, bad), "400"), ("twice", request(good, good), "400"),
            ("a blank before the colon", request("Host : localhost"), "400"),
            ("a line that goes on", request(good, " evil.example"), "400"),
            ("no header", request(good, "evil.example"), "400")):
        same(answer_to(port, data)[0], status, what)
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "get", "CONNECT"):
        status, headers, _ = answer_to(port, request(good, "Content-Length: 0", method=method))
        same((status, headers["Allow"]), ("405", "GET, HEAD"), method)
        same(answer_to(port, request(bad, method=method))[0], "403", f"{method} of a foreign one")
    status, headers, body = answer_to(port, request(good, method="HEAD", target="/"))
    same((status, headers, body), ("200", answer_to(port, request(good, target="/"))[1], ""),
         "HEAD has the head of GET")


def check_values(room):
    room.write("files.sql", """CREATE TABLE "quoted" (n INT) WITH ('connector' = 'filesystem', 'path' = 'in',
        'format' = 'json', 'on-error' = 'skip');
""".replace('"quoted"', "`a\"b\\c`") + ENDLESS.split("INSERT")[0] + """INSERT INTO p
        SELECT n, COUNT(*) FROM (SELECT n FROM t UNION ALL SELECT n FROM `a"b\\c`) GROUP BY n;
""")
    os.mkdir(os.path.join(room.folder, "in"))
    room.write("in/x.json", '{"n": 1}\n{"n": 2}\nno row\n')
    room.start("files.sql", "--name", "of-files")
    room.begun("of-files", 200)
    code, text, _ = room.call("metrics", "of-files")
    same(code, 0, "status")
    samples = samples_of(text)
    value = promlint.value
    same(value(samples, "weir_job_info", job="of-files", file="files.sql", version="0.1.0"), 1.0,
         "info")
    table = {"job": "of-files", "table": 'a"b\\c'}
    same((value(samples, "weir_source_rows_total", **table),
          value(samples, "weir_source_skipped_rows_total", **table),
          value(samples, "weir_source_ended", **table)), (3.0, 1.0, 1.0), "the file")
    rows = value(samples, "weir_source_rows_total", job="of-files", table="t")
    same(rows >= 100, True, f"rows of t: {rows}")
    same(value(samples, "weir_source_lag_rows", job="of-files", table="t"), None, "an unknown lag")
    watermark = value(samples, "weir_source_watermark_timestamp_seconds", job="of-files", table="t")
    begun = value(samples, "weir_job_start_timestamp_seconds", job="of-files")
    same(abs(watermark - begun) < 600, True, f"watermark {watermark}, begun {begun}")
    written = [value(samples, "weir_sink_rows_total", job="of-files", table="p", op=op)
               for op in ("+I", "-U", "+U", "-D")]
    same((written[0], written[1], written[3], written[2] > 50), (9.0, 0.0, 0.0, True), written)
    later = samples_of(room.call("metrics", "of-files")[1])
    for key, number in samples.items():
        same(not key[0].endswith("_total") or later[key] >= number, True, f"{key} only grows")
    answer = json.loads(room.call("metrics", "of-files", "--format", "json")[1])
    samples_of(answer["text"])


def check_http(room):
    job = room.start("job.sql", "--metrics", "0")
    seen = room.begun("job", 10)
    port = seen["metrics_port"]
    same(job.said(), f"metrics: http://127.0.0.1:{port}/metrics\n", "what the job says")
    code, kind, text = get(port, "/metrics")
    same((code, kind), (200, "text/plain; version=0.0.4; charset=utf-8"), "metrics")
    same(("weir_job_info", (("file", "job.sql"), ("job", "job"), ("version", "0.1.0"))) in
         samples_of(text), True, "the job")
    code, kind, text = get(port, "/status?x=1")
    same((code, kind, json.loads(text)["pid"]), (200, "application/json", job.child.pid), "status")
    same(get(port, "/")[0], 200, "index")
    same(get(port, "/metrics", "HEAD")[::2], (200, ""), "HEAD")
    same(get(port, "/stop")[0], 404, "a page that is not there")
    same(get(port, "/metrics", "POST")[0], 405, "POST")
    for data, status in ((b"x\r\n\r\n", "400"), (b"GET /metrics\r\n\r\n", "400"),
                         (b"\n\n", "400"), (b"GET / HTTP/1.1\r\n" + b"x: y\r\n" * 5000, "431")):
        same(send_raw(port, data)[:12], f"HTTP/1.1 {status}", data[:20])
    same(send_raw(port, b"GET /metrics HTTP/1.0\n\n")[:15], "HTTP/1.1 200 OK", "plain line ends")
    with socket.create_connection(("127.0.0.1", port), 30):  # one that says nothing
        same(get(port, "/metrics")[0], 200, "metrics beside it")
    code, _, err = room.call("run", "job.sql", "--name", "other", "--metrics", str(port))
    same((code, f"could not listen on port {port} for --metrics: " in err), (1, True), err)
    same(room.call("stop", "job")[0], 0, "stop")
    wait_until("the port is free", lambda: refuses(port))


def refuses(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) != 0


def check_without_socket(room):
    """--metrics is offered where the socket cannot be."""
    room.env["XDG_RUNTIME_DIR"] = os.path.join(room.folder, "x" * 100)
    job = room.start("job.sql", "--metrics", "0")
    wait_until("it says where", lambda: "metrics: http" in job.said())
    port = int(re.search(r"127\.0\.0\.1:(\d+)/", job.said()).group(1))
    samples = samples_of(get(port, "/metrics")[2])
    same(("weir_job_stopping", (("job", "job"),)) in samples, True, "the job's name")


def main():
    weir = os.path.abspath(sys.argv[1])
    check_rules()
    for check in (check_values, check_http, check_hosts, check_without_socket):
        with tempfile.TemporaryDirectory(prefix="weir-door-") as folder:
            room = Room(weir, os.path.realpath(folder))
            try:
                check(room)
            finally:
                room.close()


if __name__ == "__main__":
    main()
