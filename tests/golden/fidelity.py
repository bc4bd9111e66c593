#!/usr/bin/env python3
"""Writes docs/fidelity.md: how far every stored reference value is from what this build computes.

    python3 tests/golden/fidelity.py --build build > docs/fidelity.md

Standard library only. The same comparisons run as tests (golden_models_*, golden_adapters_*, golden_evaluate_*).
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
LINE = re.compile(r"^(\S+)\s+(bf16|f32)\s+nll (\S+) kl (\S+)\s+of sums: nll (\S+) kl (\S+)\s+ok$")
REFUSED = re.compile(r"^(\S+)\s+(bf16|f32)\s+unsupported: (.*)$")

HEAD = """# Fidelity: how close the digits are

Every figure here was measured by the command that is named above it, against values of transformers, PEFT and our own
independent scripts on them, stored in `tests/golden` with the scripts that made them. `./bootstrap test` runs the same
comparisons; `./bootstrap test-live` makes new random models with a new seed each time and compares again.

Errors are relative. `per token` is the largest error of a single token's loss or divergence, `mean` that of the mean
over a golden file, which is what a score is made of, with a sign: + where the engine is above. Bounds that the tests
hold: in f32, 1e-5 on every single token (of the larger of the value and 1); in bf16, 2e-3 on the means of losses and of
divergences. A single token in bf16 may differ by more, because both sides round every activation to 8 bits at slightly
different values. That is noise, not a shift: the means fall on both sides of the reference, and they come closer with
the square root of the number of tokens. So every golden file has, beside the few hundred tokens that are compared one
by one, as many more as make 2e-3 of its mean six standard errors (`make_tiny_models.py`, between 1,920 and 48,000
tokens; a task has about as many labels).
"""

# Live comparisons take long and need other libraries: their outcome is written down here by hand.
LIVE = """## Fresh seeds: tokenizers and TRL

Compared on what is drawn when `./bootstrap test-live` runs, with profile P1's libraries (transformers 4.57.1, tokenizers
0.22.1, TRL 0.25.0) in an environment of their own.

| Command | Compared | Result |
|---|---|---|
| `./bootstrap test-live tokenizers --lines 1000000 --seed 2116223993` | 28 kinds of tokenizers, trained on the spot; 1,000,000 lines in 38 scripts and kinds of signs, and hostile texts (one letter, one word, random code points, bytes that are not UTF-8) | no id differs; nor does an offset, of every tenth line |
| `./bootstrap test-live trl --seed N`, N = 1 | a random Llama, a fine-tune and two LoRAs of it, 240 pairs of answers, at two context lengths; each `eval_loss` beside TRL's | largest relative error: f32 2.4e-07 (bound 1e-5), bf16 5.4e-04 (bound 2e-3) |
"""


def compare_models(build, kind):
    environment = {**os.environ, "GOD_NN_DIR": str(build / "lib" / "god" / "nn")}
    with tempfile.TemporaryDirectory() as scratch:
        command = [build / "tests" / "compare_models", HERE / kind, scratch]
        done = subprocess.run([str(part) for part in command], env=environment, text=True, capture_output=True,
                              check=False)
    rows, refused = {}, {}
    for line in done.stdout.splitlines():
        match = LINE.match(line)
        if match:
            rows.setdefault(match[1], {})[match[2]] = match.groups()[2:]
        elif REFUSED.match(line):
            refused[REFUSED.match(line)[1]] = REFUSED.match(line)[3]
        elif " ok" not in line:
            sys.exit(f"compare_models {kind}: {line}\n{done.stderr}")
    return rows, refused


def table(rows):
    yield "| | f32 per token: loss, KL | f32 mean: loss, KL | bf16 per token: loss, KL | bf16 mean: loss, KL |"
    yield "|---|---|---|---|---|"
    for name in sorted(rows):
        cells = []
        for precision in ("f32", "bf16"):
            nll, kl, nll_mean, kl_mean = rows[name].get(precision, ("-",) * 4)
            cells += [f"{nll}, {kl}", f"{nll_mean}, {kl_mean}"]
        yield f"| `{name}` | " + " | ".join(cells) + " |"


def evaluate_summary(build, task):
    command = [sys.executable, HERE / "compare_evaluate.py", "--god", build / "bin" / "god", "--task", task]
    done = subprocess.run([str(part) for part in command], text=True, capture_output=True, check=False)
    if done.returncode != 0:
        sys.exit(done.stdout + done.stderr)
    return re.findall(r"(\w+): largest relative error (\S+)", done.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--task", action="append", default=None, help="tasks of compare_evaluate.py")
    args = parser.parse_args()
    build = args.build.resolve()

    print(HEAD)
    print("## Whole evaluations: the demo's tasks through `god evaluate`\n")
    print("`python3 tests/golden/compare_evaluate.py --god build/bin/god --task TASK`\n")
    print("| Task | f32, largest error | bf16, largest error |\n|---|---|---|")
    for task in args.task or ["instruct", "chat", "dpo"]:
        found = dict(evaluate_summary(build, task))
        print(f"| {task} | {found['f32']} | {found.get('bf16', '-')} |")
    for kind, title in (("models", "Architectures: a tiny random model each"), ("adapters", "Adapters: PEFT's kinds")):
        rows, refused = compare_models(build, kind)
        print(f"\n## {title}\n\n`GOD_NN_DIR=build/lib/god/nn build/tests/compare_models tests/golden/{kind} SCRATCH`\n")
        print("\n".join(table(rows)))
        means = [float(numbers["bf16"][3]) for numbers in rows.values() if "bf16" in numbers]
        print(f"\nOf the {len(means)} mean divergences in bf16, {sum(mean > 0 for mean in means)} are above the reference;"
              f" the largest error is {max(map(abs, means)):.1e}.")
        if refused:
            print("\nRefused by name:\n")
            print("\n".join(f"- `{name}`: {sentence}" for name, sentence in sorted(refused.items())))
    print("\n" + LIVE, end="")


if __name__ == "__main__":
    main()
