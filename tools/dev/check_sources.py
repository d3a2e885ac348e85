#!/usr/bin/env python3
"""check_sources.py BUILD -- every C file of the project is part of some target of this build folder: a test
that has fallen out of a list in a meson.build fails nowhere.
"""
import json
import os
import sys

from check_style import project_files


def main():
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    with open(os.path.join(sys.argv[1], "meson-info", "intro-targets.json"), encoding="utf-8") as file:
        targets = json.load(file)
    built = {os.path.realpath(source) for target in targets for part in target["target_sources"]
             for source in part.get("sources", [])}
    listed = [path for path in project_files(root) if path.endswith(".c")]
    missing = [path for path in listed if os.path.realpath(os.path.join(root, path)) not in built]
    for path in missing:
        print(f"{path}: no meson.build knows it")
    return 1 if missing or not listed else 0


sys.exit(main())
