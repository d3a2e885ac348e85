#!/usr/bin/env python3
"""fused_or_not.py WEIR [SEED] -- reading JSON in one pass gives what reading it step by step gives.

Paths over a message are fused into one extraction; CONCAT(message, '') keeps the optimizer from it.
Both are asked of the same damaged messages, and not one row may differ.
"""
import os
import random
import subprocess
import sys
import tempfile

MESSAGES = 8000
SEEDS = [
    b'{"createTime":"c","data":{"userid":7,"role":2,"msg":{"msgtype":"116","msg_data":{"target_id":"t"}}},'
    b'"l":[1,2.50,{"x":null}],"m":{"k":1e3}}',
    '{"createTime":"学生","data":"{\\"userid\\":8,\\"role\\":\\"2\\",\\"msg\\":\\"{\\\\\\"msgtype\\\\\\":116}\\"}"}'.encode(),
    b'{"data" : { "role" : "x" , "userid" : -12.7 } , "createTime" : [ 1 , { "a" : "\\u5b66\\n" } ] }',
]
PIECES = [b'"', b"{", b"}", b"[", b"]", b"\\u12", b"\\ud800", b"null", b"1e999", b"-", b"9" * 25, b'"a":', b",",
          "😀".encode(), b'"data":{"role":5},', b'"createTime":"again",', b"\xff", b" ", b"\t", b"\x00"]
PATHS = ["$.createTime", "$.data", "$", "$.l[*]", "$.l[2].x", "$.data.role", "$.m.k", "$.l[1]"]
JOB = """
create table s (k VARBINARY, m VARBINARY, t VARCHAR, p INT, o BIGINT) with (type = 'kafka011', topic = 'in', ...);
create view v as select o, m, CONCAT(CAST(m AS VARCHAR), '') as x from s;
create view w as select o, {columns} from v;
select * from w where {differ};
"""


def damaged(dice, message):
    message = bytearray(message)
    for _ in range(dice.choice([0, 1, 1, 2, 5])):
        place = dice.randrange(len(message) + 1)
        way = dice.random()
        if way < 0.4:
            message[place:place] = dice.choice(PIECES)
        elif way < 0.6:
            del message[place:place + dice.randrange(1, 9)]
        elif way < 0.7:
            message = message[:place]
        else:
            start = dice.randrange(len(message) + 1)
            message[place:place] = message[start:start + dice.randrange(60)]
    return bytes(message).replace(b"\n", b" ")


def main():
    weir = os.path.abspath(sys.argv[1])
    dice = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 765097)
    pairs = [(f"JSON_VALUE(m, '{path}')", f"JSON_VALUE(x, '{path}')") for path in PATHS]
    step = "JSON_VALUE(cast({} as VARCHAR), '{}')"
    data, loose = "JSON_VALUE(m, '$.data')", "CONCAT(JSON_VALUE(x, '$.data'), '')"
    pairs.append((f"cast({step.format(data, '$.userid')} as BIGINT)", f"cast({step.format(loose, '$.userid')} as BIGINT)"))
    pairs.append((f"cast({step.format(data, '$.role')} as TINYINT)", f"cast({step.format(loose, '$.role')} as TINYINT)"))
    message, loose = step.format(data, "$.msg"), f"CONCAT({step.format(loose, '$.msg')}, '')"
    pairs.append((step.format(message, "$.msgtype"), step.format(loose, "$.msgtype")))
    columns = ", ".join(f"{one} as a{k}, {other} as b{k}" for k, (one, other) in enumerate(pairs))
    differ = " or ".join(f"a{k} IS DISTINCT FROM b{k}" for k in range(len(pairs)))
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(os.path.join(folder, "d"))
        with open(os.path.join(folder, "d", "in.ndjson"), "wb") as file:
            for _ in range(MESSAGES):
                file.write(damaged(dice, dice.choice(SEEDS)) + b"\n")
        job = os.path.join(folder, "job.sql")
        with open(job, "w", encoding="utf-8") as file:
            file.write(JOB.format(columns=columns, differ=differ))
        plan = subprocess.run([weir, "explain", job, "--profile", "local", "--data", "d"], cwd=folder, capture_output=True,
                              text=True, check=False)
        if "one-pass=[" not in plan.stdout:
            sys.exit("nothing is fused, so nothing is compared\n" + plan.stdout + plan.stderr)
        done = subprocess.run([weir, "run", job, "--profile", "local", "--data", "d", "--until-end", "--output", "jsonl"],
                              cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0 or f"{MESSAGES:,} rows read" not in done.stderr:
        sys.exit(f"status {done.returncode}\n{done.stderr}")
    rows = done.stdout.splitlines()
    for row in rows[:5]:
        print("FAIL " + row)
    print(f"{MESSAGES - len(rows)} of {MESSAGES} messages agree")
    return 1 if rows else 0


if __name__ == "__main__":
    sys.exit(main())
