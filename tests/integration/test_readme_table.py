#!/usr/bin/env python3
"""Is the table in the README the one that the demo prints? test_readme_table.py GOD RUN.SH README.md

Names, ranks and notes must be equal; numbers may differ by the bound for bf16, because processors without bf16
products round elsewhere. The last line holds a time and is not compared.
"""

import re
import subprocess
import sys

BOUND = 2e-3


def rows_of(text):
    """Cells of each line of a table, split where two or more blanks are."""
    lines = text.strip().splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("rank"))
    return [re.split(r" {2,}", line.strip()) for line in lines[start:lines.index("", start)]]


def same(a, b):
    try:
        return abs(float(a) - float(b)) <= BOUND * max(abs(float(a)), abs(float(b)))
    except ValueError:
        return a == b


def main():
    god, demo, readme = sys.argv[1:]
    printed = subprocess.run([demo, god], text=True, stdout=subprocess.PIPE, check=True).stdout
    with open(readme, encoding="utf-8") as file:
        shown = re.search(r"```text\n(rank .*?)```", file.read(), re.DOTALL).group(1)
    expected, found = rows_of(shown), rows_of(printed)
    print(printed)
    differing = [(a, b) for a, b in zip(expected, found)
                 if len(a) != len(b) or not all(same(x, y) for x, y in zip(a, b))]
    if len(expected) != len(found) or differing:
        sys.exit(f"the README's table is not what the demo prints: {differing or (len(expected), len(found))}")


if __name__ == "__main__":
    main()
