#!/usr/bin/env python3
"""check_reference.py GOD: holds the two writings of the rules against each other.

The stored answers of vectors.json (from the specification) and more_kinds.json against reference.py; then random
vectors of every kind, with answers of reference.py, against the program GOD. Random numbers are seeded."""
import json
import math
import os
import subprocess
import sys
import tempfile

from reference import ANSWERS

HERE = os.path.dirname(os.path.abspath(__file__))


def agree(a, b):
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, (int, float)) and isinstance(b, (int, float)):
        return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(agree, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(agree(a[key], b[key]) for key in a)
    return a == b


def main():
    for name in ("vectors.json", "more_kinds.json"):
        with open(os.path.join(HERE, name), encoding="utf-8") as file:
            for vector in json.load(file):
                got = ANSWERS[vector["kind"]](vector["in"])
                if not agree(vector["out"], got):
                    sys.exit(f"{name}: {vector['id']}: the reference answers {json.dumps(got)}")
    for seed in range(1, 4):
        made = subprocess.run([sys.executable, os.path.join(HERE, "make_vectors.py"), "--random", "3500", "--seed", str(seed)],
                              check=True, stdout=subprocess.PIPE)
        with tempfile.NamedTemporaryFile(suffix=".json") as file:
            file.write(made.stdout)
            file.flush()
            played = subprocess.run([sys.argv[1], "rules", file.name], stdout=subprocess.PIPE, text=True)
        print(f"seed {seed}: {played.stdout.strip()}")
        if played.returncode != 0:
            sys.exit(1)


if __name__ == "__main__":
    main()
