#!/usr/bin/env python3
"""test_package.py BUILD -- is the Debian package whole, and does what is in it run?

Packages the release build in BUILD, unpacks it, and looks: the program is stripped, small, and runs a
job; manual, completions, documents and examples are there; the control file names libraries.
"""
import os
import subprocess
import sys
import tempfile

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SIZE_MAX = 15_000_000
FILES = ["bin/weir", "share/man/man1/weir.1.gz", "share/bash-completion/completions/weir",
         "share/zsh/vendor-completions/_weir", "share/doc/weir/copyright",
         "share/doc/weir/README.md", "share/doc/weir/tutorial.md", "share/doc/weir/migration.md",
         "share/doc/weir/reference.md", "share/doc/weir/examples/signal_etl.sql",
         "share/doc/weir/examples/flink/signal_etl.sql"]


def run(*command, **more):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **more)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def main():
    build = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        package = run(os.path.join(SOURCE, "tools", "package"), "--build", build, folder,
                      cwd=SOURCE).strip()
        assert package.startswith(folder) and package.endswith(".deb"), package
        run("dpkg-deb", "-x", package, os.path.join(folder, "root"))
        usr = os.path.join(folder, "root", "usr")
        for name in FILES:
            assert os.path.getsize(os.path.join(usr, name)) > 0, name
        weir = os.path.join(usr, "bin", "weir")
        assert os.path.getsize(weir) < SIZE_MAX, os.path.getsize(weir)
        assert "no symbols" in run("nm", weir, env={**os.environ, "LC_ALL": "C"}) or \
            not run("nm", weir).strip(), "the program is not stripped"
        version = run("dpkg-deb", "-f", package, "Version").strip()
        assert run(weir, "--version").splitlines()[0] == f"weir {version}"
        depends = run("dpkg-deb", "-f", package, "Depends")
        for library in ("librdkafka1", "libsqlite3-0", "libcurl4", "libmariadb3", "libc6"):
            assert library in depends, depends
        assert run(weir, "-c", "SELECT 1 + 1 AS two", "--output", "csv",
                   "--set", "weir.summary=none") == "two\n2\n"
        run(weir, "check", os.path.join(usr, "share/doc/weir/examples/signal_etl.sql"))
        # What a file says about where it was built has no place in a package.
        for name in ("share/doc/weir/reference.md", "bin/weir"):
            with open(os.path.join(usr, name), "rb") as file:
                assert SOURCE.encode() not in file.read(), f"{name} has a path of this machine"
    print("the package is whole")


main()
