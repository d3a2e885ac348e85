#!/usr/bin/env python3
"""Each header compiles alone, and twice: check_headers.py ROOT COMPILER..."""
import os
import subprocess
import sys

# Code that is compiled once per processor by the files that include it.
TEMPLATES = {"json/json_kernel.h"}


def main():
    root, compiler = sys.argv[1], sys.argv[2:]  # such as: ccache cc
    failed = 0
    headers = []
    for top in ("engine", "connectors"):
        for folder, _, names in os.walk(os.path.join(root, top)):
            for name in sorted(names):
                if name.endswith(".h") and f"{os.path.basename(folder)}/{name}" not in TEMPLATES:
                    headers.append(os.path.relpath(os.path.join(folder, name),
                                                   os.path.join(root, top)))
    for header in sorted(headers):
        text = f'#include "{header}"\n#include "{header}"\n'
        done = subprocess.run(
            [*compiler, "-std=gnu11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror",
             "-Wno-unused-function", "-fsyntax-only", "-x", "c",
             "-I" + os.path.join(root, "engine"), "-I" + os.path.join(root, "connectors"), "-"],
            input=text, text=True, stderr=subprocess.PIPE, check=False)
        if done.returncode != 0:
            failed += 1
            print(f"{header}:\n{done.stderr}")
    print(f"{len(headers)} headers, {failed} do not compile alone")
    sys.exit(failed != 0 or not headers)


main()
