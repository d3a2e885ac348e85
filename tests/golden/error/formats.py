#!/usr/bin/env python3
"""formats.py -- `weir check --format json` and `--format sarif` over every job of the error cases:
the JSON has the documented members and says what the text says, the SARIF keeps the rules of
the 2.1.0 schema for all that weir writes, and the statuses are those of the text.

usage: formats.py WEIR FILE.test...
"""
import json
import os
import re
import subprocess
import sys
import tempfile

MEMBERS = {"file": str, "line": int, "column": int, "end_line": int, "end_column": int,
           "severity": str, "code": str, "message": str, "detail": str, "hint": str}
NULLABLE = {"line", "column", "end_line", "end_column", "detail", "hint"}
CODES = {"syntax", "name", "type", "plan", "unsupported", "option", "limit", "data", "io", "internal"}
URI = re.compile(r"^(?:[A-Za-z][A-Za-z0-9+.-]*:)?(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-F]{2})*$")


def jobs_of(path):
    """The check and explain jobs that need nothing but their text."""
    with open(path) as file:
        cases = re.split(r"(?m)^=== ", file.read())[1:]
    for case in cases:
        head = re.search(r"(?m)^--- args: (?:check|explain|run) job\.sql$", case)
        body = re.search(r"(?ms)^--- file job\.sql\n(.*?)(?=^--- )", case)
        if head and body and case.count("--- file ") == 1:
            yield case.split("\n", 1)[0], body.group(1)


def check(weir, folder, *more):
    return subprocess.run([weir, "check", "job.sql", *more], cwd=folder, capture_output=True,
                          text=True, timeout=60)


def need(condition, what):
    if not condition:
        raise AssertionError(what)


def members(node, required, optional, where):
    """An object of a schema with additionalProperties false."""
    need(isinstance(node, dict), f"{where} is no object")
    for name, kind in required.items():
        need(name in node, f"{where} has no {name}")
    for name, value in node.items():
        kind = required.get(name, optional.get(name))
        need(kind is not None, f"{where} has {name}")
        need(type(value) is kind, f"{where}.{name} is {value!r}")


def check_json(text, findings):
    root = json.loads(text)
    members(root, {"file": str, "errors": int, "warnings": int, "findings": list}, {}, "the object")
    for finding in root["findings"]:
        need(set(finding) == set(MEMBERS), f"members {sorted(finding)}")
        for name, kind in MEMBERS.items():
            value = finding[name]
            need(type(value) is kind or (value is None and name in NULLABLE), f"{name} is {value!r}")
        need(finding["severity"] in ("error", "warning"), finding["severity"])
        need(finding["code"] in CODES, finding["code"])
        if finding["line"] is not None:
            begin = (finding["line"], finding["column"])
            need(begin <= (finding["end_line"], finding["end_column"]), f"{finding} ends early")
    for severity in ("error", "warning"):
        count = sum(1 for f in root["findings"] if f["severity"] == severity)
        need(root[severity + "s"] == count, f"{count} times {severity}")
    said = [(f["severity"], f["message"], f["line"], f["column"]) for f in root["findings"]]
    need(said == findings, f"JSON says {said}, the text {findings}")
    return root["findings"]


def check_sarif(text, findings):
    log = json.loads(text)
    members(log, {"version": str, "runs": list}, {"$schema": str}, "sarifLog")
    need(log["version"] == "2.1.0" and len(log["runs"]) == 1, "version and runs")
    run = log["runs"][0]
    members(run, {"tool": dict}, {"results": list, "columnKind": str}, "run")
    need(run["columnKind"] in ("utf16CodeUnits", "unicodeCodePoints"), run["columnKind"])
    members(run["tool"], {"driver": dict}, {}, "tool")
    driver = run["tool"]["driver"]
    members(driver, {"name": str}, {"version": str, "rules": list}, "driver")
    for rule in driver["rules"]:
        members(rule, {"id": str}, {"shortDescription": dict}, "rule")
        members(rule["shortDescription"], {"text": str}, {}, "shortDescription")
    ids = [rule["id"] for rule in driver["rules"]]
    need(len(set(ids)) == len(ids), "rules are unique")
    need(len(run["results"]) == len(findings), "one result a finding")
    for result, finding in zip(run["results"], findings):
        members(result, {"message": dict}, {"ruleId": str, "ruleIndex": int, "level": str,
                                            "locations": list}, "result")
        members(result["message"], {"text": str}, {}, "message")
        need(ids[result["ruleIndex"]] == result["ruleId"] == finding["code"], "the rule")
        need(result["level"] == finding["severity"], "the level")
        need(result["message"]["text"].startswith(finding["message"]), "the message")
        for location in result["locations"]:
            members(location, {}, {"physicalLocation": dict}, "location")
            place = location["physicalLocation"]
            members(place, {"artifactLocation": dict}, {"region": dict}, "physicalLocation")
            members(place["artifactLocation"], {"uri": str}, {}, "artifactLocation")
            need(URI.match(place["artifactLocation"]["uri"]), "the uri")
            region = place.get("region")
            need((region is None) == (finding["line"] is None), "a region where there is a place")
            if region:
                members(region, {"startLine": int, "startColumn": int, "endLine": int,
                                 "endColumn": int}, {}, "region")
                need(all(value >= 1 for value in region.values()), "lines begin at 1")


def said_in(text):
    """What the text says: severity, message, line, column."""
    found = []
    for line in text.splitlines():
        match = re.match(r"(ERROR|WARNING):  (.*?)(?: \((?:job\.sql:|line )(\d+)(?::|, column )(\d+)\))?"
                         r"(?: \(job\.sql\))?$", line)
        if match:
            severity, message, row, column = match.groups()
            found.append((severity.lower(), message, int(row) if row else None,
                          int(column) if column else None))
    return found


def main():
    weir = os.path.abspath(sys.argv[1])
    count = failed = 0
    for path in sys.argv[2:]:
        for name, text in jobs_of(path):
            with tempfile.TemporaryDirectory() as folder:
                with open(f"{folder}/job.sql", "w") as file:
                    file.write(text)
                plain = check(weir, folder)
                as_json = check(weir, folder, "--format", "json")
                as_sarif = check(weir, folder, "--format=sarif")
            try:
                need(plain.returncode == as_json.returncode == as_sarif.returncode, "the status")
                need(as_json.stderr == as_sarif.stderr == "", "nothing on standard error")
                findings = check_json(as_json.stdout, said_in(plain.stderr))
                check_sarif(as_sarif.stdout, findings)
            except (AssertionError, ValueError, KeyError) as error:
                print(f"{path}: {name}: {error}")
                failed += 1
            count += 1
    print(f"{count} jobs, {failed} failed")
    return 1 if failed or count < 100 else 0


if __name__ == "__main__":
    sys.exit(main())
