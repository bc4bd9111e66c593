#!/usr/bin/env python3
"""Compares god.text.dpo with TRL on a task that is drawn from a seed: what `./bootstrap test-live` runs.

    pip install -r requirements-trl.txt
    python3 live_trl.py --god build/bin/god [--seed N]

make_fresh.py draws the task, trl_reference.py lets TRL evaluate it in f32 and in bf16, each at the base's context and at
one that cuts into prompts and answers; compare_trl.py compares and says with which bounds. Ends with 1 when a number is
outside, and with the command that repeats the run.
"""

import argparse
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
LIMITS = [0, 64]  # 0: the base's context


def run(*command, quiet=False):
    done = subprocess.run([sys.executable, *map(str, command)], stderr=subprocess.PIPE if quiet else None, text=True,
                          check=False)
    if quiet and done.returncode != 0:
        print(done.stderr, file=sys.stderr)
    return done.returncode == 0


def compare(god, seed, scratch):
    folder = scratch / "task"
    if not run(HERE / "make_fresh.py", "--seed", seed, "--out", folder, quiet=True):
        return False
    good = True
    limits = [argument for limit in LIMITS for argument in ("--max-length", limit)]
    for precision in ("f32", "bf16"):
        values = scratch / f"trl_{precision}.json"
        made = run(HERE / "trl_reference.py", "--task-folder", folder, "--precision", precision, *limits, "--out", values,
                   quiet=True)
        good &= made and run(HERE / "compare_trl.py", "--god", god, "--task-folder", folder, "--reference", values)
    return good


def main():
    parser = argparse.ArgumentParser(description="compare god evaluate with TRL on a task drawn from a seed")
    parser.add_argument("--god", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**31 - 1))
    args = parser.parse_args()
    print(f"TRL: seed {args.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="god-trl-") as scratch:
        if compare(args.god.resolve(), args.seed, Path(scratch)):
            return 0
    print(f"TRL: DIFFERS; to repeat: {sys.executable} {Path(__file__)} --god {args.god} --seed {args.seed}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
