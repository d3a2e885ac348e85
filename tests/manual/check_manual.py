#!/usr/bin/env python3
"""check_manual.py WEIR -- do man page and completions name the commands and options there are?

`weir help` lists them; each has to occur in weir.1, weir.bash and _weir, and what those name has to
be in `weir help`.  The completion for bash is also asked for words, as a shell would.
"""
import os
import re
import subprocess
import sys
import tempfile

MANUAL = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))),
                      "tools", "manual")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
COMMANDS = re.compile(r"^weir ([a-z]+)", re.M)


def read(name):
    with open(os.path.join(MANUAL, name), encoding="utf-8") as file:
        return file.read()


def compare(name, kind, known, named):
    """How many differ."""
    for one in sorted(known - named):
        print(f"{name}: {kind} {one} is missing")
    for one in sorted(named - known):
        print(f"{name}: {kind} {one} is not in weir help")
    return len(known ^ named)


def complete(weir, *words):
    """What the completion for bash offers for the last of the words."""
    script = f"""
        source {MANUAL}/weir.bash
        COMP_WORDS=("$@")
        COMP_CWORD=$(($# - 1))
        _weir
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    with tempfile.TemporaryDirectory() as folder:
        os.symlink(os.path.abspath(weir), os.path.join(folder, "weir"))
        for name in ("job.sql", "job.txt"):
            with open(os.path.join(folder, name), "w", encoding="utf-8"):
                pass
        done = subprocess.run(["bash", "-c", script, "bash", "weir", *words], cwd=folder,
                              capture_output=True, text=True, check=True,
                              env={"PATH": folder + ":" + os.environ["PATH"], "HOME": folder,
                                   "XDG_RUNTIME_DIR": folder})
    return done.stdout.split()


def main():
    weir, failed = sys.argv[1], 0
    said = subprocess.run([weir, "help", "commands"], capture_output=True, text=True,
                          check=True).stdout
    commands = set(COMMANDS.findall(said))
    for line in re.findall(r"^weir ([a-z]+(?:\|[a-z]+)+)", said, re.M):
        commands |= set(line.split("|"))
    options = set(OPTION.findall(said))
    page = read("weir.1").replace("\\-", "-").replace("\\fR", "").replace("\\fB", "")
    # What belongs to no command of its own, or to every program.
    everywhere = {"--version", "--help"}
    failed += compare("weir.1", "option", options | everywhere,
                      set(OPTION.findall(page)) | everywhere)
    failed += compare("weir.1", "command", commands,
                      set(re.findall(r"^\.B ([a-z]+)$", page.split(".SH OPTIONS")[0], re.M)))
    for name in ("weir.bash", "_weir"):
        failed += compare(name, "option", options | everywhere,
                          set(OPTION.findall(read(name))) | everywhere)
    failed += compare("weir.bash", "command", commands,
                      set(re.search(r"commands='([a-z ]+)'", read("weir.bash")).group(1).split()))
    failed += compare("_weir", "command", commands,
                      set(re.findall(r"^        '([a-z]+):", read("_weir"), re.M)))
    said = subprocess.run([weir, "help", "output"], capture_output=True, text=True,
                          check=True).stdout
    modes = re.findall(r"^  ([a-z-]+)  ", said, re.M)
    failed += compare("weir.1", "mode", set(modes), set(
        re.findall(r"[a-z-]+", re.search(r"How a SELECT is printed: ([^.]*)\.", page).group(1))) - {"or"})
    failed += compare("_weir", "mode", set(modes), set(
        re.search(r"--output\[[^]]*\]:mode:\(([^)]*)\)", read("_weir")).group(1).split()))
    for words, wanted in [(("ex",), ["explain"]), (("run", ""), ["job.sql"]),
                          (("run", "--unt"), ["--until-end"]),
                          (("explain", "--format", "fl"), ["flink"]),
                          (("check", "--format", "s"), ["sarif"]),
                          (("help", "LAST_V"), ["LAST_VALUE"]), (("help", "TUMB"), ["TUMBLE"]),
                          (("help", "upsert-"), ["upsert-kafka"]),
                          (("help", "win"), ["windows"]), (("help", "prof"), ["profiles"]),
                          (("run", "--set", "weir.outp"), ["weir.output="]), (("help", "lists"), []),
                          (("run", "--output", ""), modes)]:
        got = complete(weir, *words)
        if sorted(got) != sorted(wanted):
            print(f"weir.bash: {' '.join(words)} is completed to {got}, not {wanted}")
            failed += 1
    print(f"{failed} differences")
    sys.exit(failed != 0)


main()
