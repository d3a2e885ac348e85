#!/usr/bin/env python3
"""make_reference.py WEIR OUT.md -- the reference, as Markdown.

All of it is what `weir help` says, which comes from the tables that also check and run: commands,
settings, connectors with their options, formats, functions.  The build calls it.
"""
import os
import re
import subprocess
import sys

NAME_COLUMNS = 34  # where `weir help` begins the text of an entry
ENVIRONMENT = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "HOME": "/nonexistent"}

HEAD = """# Reference

Made from `weir help`, which is made of the tables that check and run a job. `weir help NAME` says the same about one name, and what is near to a mistyped one.

"""


def help_on(weir, topic):
    run = subprocess.run([weir, "help", topic], capture_output=True, text=True, env=ENVIRONMENT,
                         check=False)
    if run.returncode != 0:
        sys.exit(f"make_reference: weir help {topic} ended with {run.returncode}: {run.stderr}")
    return run.stdout


def cell(text):
    return text.replace("|", "\\|")


def entries(text):
    """The (name, text) of a list as `weir help` prints it; others of its lines as (None, line)."""
    result = []
    for line in text.splitlines():
        if not line.strip():
            continue
        if not line.startswith("  "):
            result.append((None, line))
        elif line.startswith(" " * NAME_COLUMNS) and result and result[-1][0] is not None:
            name, before = result[-1]
            result[-1] = (name, (before + " " + line.strip()).strip())
        else:
            name, _, rest = line.strip().partition("  ")
            result.append((name.strip(), rest.strip()))
    return result


def put_list(out, text):
    table = False
    for name, rest in entries(text):
        if name is None:
            out.append("" if table else None)
            out.append(rest)
            table = False
            continue
        if not table:
            out += ["", "| | |", "|---|---|"]
        table = True
        out.append(f"| `{cell(name)}` | {cell(rest)} |")
    out.append("")


def put_function(out, text):
    """Blocks of a signature and indented lines, an empty line between them."""
    for block in text.strip().split("\n\n"):
        lines = block.splitlines()
        if not lines or lines[0].startswith((" ", "Setting", "Option")):
            continue
        body, extra = [], []
        for line in lines[1:]:
            line = line.strip()
            if line.startswith("Example: "):
                call, _, result = line[len("Example: "):].partition(" gives ")
                extra.append(f"`{call}` → `{result}`")
            elif line.startswith("Dialects: "):
                dialects = line[len("Dialects: "):]
                if dialects != "blink, flink":
                    extra.append(f"({dialects})")
            else:
                body.append(line)
        out.append(f"* `{lines[0]}` — " + " ".join(body + extra))


def put_sql(out, text):
    """A summary, forms indented by four, words by two."""
    fenced = False
    for line in text.split(": ", 1)[1].splitlines():
        is_form = line.startswith("    ")
        if is_form != fenced and (line or is_form):
            out.append("```sql" if is_form else "```")
            fenced = is_form
        out.append(line[4:] if is_form else line.strip())
    if fenced:
        out.append("```")


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    weir, target = sys.argv[1:]
    out = [HEAD.rstrip(), "", "## Commands", "", "```text", help_on(weir, "commands").rstrip(),
           "```", "", "## Output", "", "```text", help_on(weir, "output").rstrip(), "```", "",
           "## Connectors"]
    listed = {}
    for kind in ("connectors", "formats"):
        listed[kind] = [name for name, _ in entries(help_on(weir, kind)) if name]
        if not listed[kind]:
            sys.exit(f"make_reference: weir help {kind} lists none")
    for name in listed["connectors"]:
        out += ["", f"### {name}", ""]
        put_list(out, help_on(weir, name).split(": ", 1)[1])
    out.append("## Formats")
    for name in listed["formats"]:
        out += ["", f"### {name}", ""]
        put_list(out, help_on(weir, name).split(": ", 1)[1])
    out.append("## Settings")
    put_list(out, help_on(weir, "settings").split("\n", 1)[1])
    out.append("## Functions")
    said = set()
    for part in help_on(weir, "functions").strip().split("\n\n")[1:]:
        title, *lines = part.splitlines()
        out += ["", f"### {title}", ""]
        for name in re.split(r",\s+", " ".join(line.strip() for line in lines)):
            if name and (title, name) not in said:
                said.add((title, name))
                put_function(out, help_on(weir, name))
    out += ["", "## SQL"]
    for name, _ in entries(help_on(weir, "sql")):
        if name:
            out += ["", f"### {name}", ""]
            put_sql(out, help_on(weir, name))
    text = "\n".join(line for line in out if line is not None).rstrip() + "\n"
    text = re.sub(r"\n{3,}", "\n\n", text)
    with open(target, "w", encoding="utf-8") as file:
        file.write(text)


main()
