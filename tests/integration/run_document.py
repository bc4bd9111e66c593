#!/usr/bin/env python3
"""Follows a section of a Markdown document literally: runs its ```sh blocks, in order, in one shell.

    run_document.py DOCUMENT "Heading" [--directory DIR] [--expect TEXT ...]

The shell stops at the first command that fails. HOME is a folder that is removed afterwards, so that ~/ in the
document is not the reader's. With --expect, each TEXT must occur in what the commands print. A section without a
block is a failure: there would be nothing to follow.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile


def blocks_of(document, heading):
    """The ```sh blocks between `heading` and the next heading of the same or a higher level."""
    found, inside, lines = [], None, None
    for line in document.splitlines():
        title = re.match(r"(#+) +(.*)", line) if lines is None else None
        if title:
            if inside and len(title.group(1)) <= inside:
                inside = None
            if title.group(2).strip() == heading:
                inside = len(title.group(1))
        elif lines is None and inside and line.strip() == "```sh":
            lines = []
        elif lines is not None and line.strip() == "```":
            found.append("\n".join(lines))
            lines = None
        elif lines is not None:
            lines.append(line)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("document")
    parser.add_argument("heading")
    parser.add_argument("--directory", default=".")
    parser.add_argument("--path", action="append", default=[], help="put in front of PATH")
    parser.add_argument("--expect", action="append", default=[])
    arguments = parser.parse_args()

    with open(arguments.document, encoding="utf-8") as file:
        blocks = blocks_of(file.read(), arguments.heading)
    if not blocks:
        sys.exit(f"{arguments.document}: the section \"{arguments.heading}\" has no ```sh block")

    with tempfile.TemporaryDirectory() as home:
        environment = dict(os.environ, HOME=home, PATH=os.pathsep.join(arguments.path + [os.environ["PATH"]]))
        environment.pop("XDG_CACHE_HOME", None)
        script = "set -eux\n" + "\n".join(blocks)
        run = subprocess.run(["bash", "-c", script], cwd=arguments.directory, env=environment, text=True,
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    print(run.stdout)
    if run.returncode != 0:
        sys.exit(f"a command of \"{arguments.heading}\" failed with exit status {run.returncode}")
    missing = [text for text in arguments.expect if text not in run.stdout]
    if missing:
        sys.exit(f"not printed by the commands of \"{arguments.heading}\": {missing}")


if __name__ == "__main__":
    main()
