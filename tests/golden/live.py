#!/usr/bin/env python3
"""The engine against transformers and PEFT on fresh random models: the first part of `./bootstrap test-live`.

    pip install -r ../../sdk/examples/demo/requirements.txt
    python3 live.py --god build/bin/god --compare-models build/tests/compare_models [--seed N]

Draws the tiny models and adapters with a new seed, asks transformers and PEFT for their numbers and compares the engine
with them; then evaluates the demo with transformers and PEFT here and compares `god evaluate` with that. Prints its seed,
and ends with 1 when anything differs, with the command that repeats the run.
"""

import argparse
import os
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent


def run(*command, environment=None):
    print("+", *command, flush=True)
    return subprocess.run([str(part) for part in command], env=environment, check=False).returncode


def compare_models(program, seed):
    """With and without the device module, so that a difference names its side."""
    environment = {"GOD_NN_DIR": str(Path(program).resolve().parent.parent / "lib" / "god" / "nn"), **os.environ}
    with tempfile.TemporaryDirectory(prefix="god-live-") as scratch:
        failed = 0
        for kind, script in (("models", "make_tiny_models.py"), ("adapters", "make_adapters.py")):
            out, bases = Path(scratch) / kind, Path(scratch) / "models"
            out.mkdir()
            options = ["--models", bases] if kind == "adapters" else []
            failed |= run(sys.executable, HERE / kind / script, "--seed", seed, "--out", out, *options)
            for mode in ([], ["--reference"]):
                failed |= run(program, out, Path(scratch) / "work", "--bases", bases, *mode, environment=environment)
        return failed


def main():
    parser = argparse.ArgumentParser(description="compare the engine with transformers and PEFT on fresh models")
    parser.add_argument("--god", required=True)
    parser.add_argument("--compare-models", required=True, help="the program tests/compare_models of the build")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**31 - 2))
    args = parser.parse_args()
    print(f"models: seed {args.seed}", flush=True)
    failed = compare_models(args.compare_models, args.seed)
    failed |= run(sys.executable, HERE / "compare_evaluate.py", "--god", args.god, "--live")
    if failed:
        print(f"models: DIFFERS; to repeat: {sys.executable} {Path(__file__)} --god {args.god}"
              f" --compare-models {args.compare_models} --seed {args.seed}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
