#!/usr/bin/env python3
"""Compares `god evaluate` on the demo with the stored reference values. Standard library only.

    python3 compare_evaluate.py --god build/bin/god [--task instruct] [--precision f32] [--precision bf16] [--live]

Runs one of the demo's tasks for each precision (both by default), prints one line per number with its relative error
and a closing line with the largest, and ends with 1 when a number is outside its bound or anything else differs:
status, rank, samples, tokens. With --live the reference is computed anew by the task's own program, in this
interpreter's environment, in place of its stored values.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
DEMO = HERE.parent.parent / "sdk" / "examples" / "demo"
SUBMISSIONS = ["full", "lora_r8", "lora_r16_rs", "lora_wild", "lora_diverged", "copy", "broken"]

# Of each task: its folder below the demo; below this folder the reference program and what the stored values begin with.
TASKS = {
    "instruct": (".", "evaluate_reference.py", "demo_instruct"),
    "chat": ("chat", "chat/evaluate_chat_reference.py", "chat/demo_chat"),
    "dpo": ("dpo", "dpo/evaluate_dpo_reference.py", "dpo/demo_dpo_P1"),
}
# DPO sums hundreds of token values into one exponent, so its bf16 numbers say more about rounding than about fidelity.
PRECISIONS = {"instruct": ["f32", "bf16"], "chat": ["f32", "bf16"], "dpo": ["f32"]}

# Relative. f32: sums in another order. bf16: both sides round every activation to 8 bits, at slightly different values.
BOUNDS = {"f32": 1e-5, "bf16": 2e-3}
NUMBERS = ["eval_loss", "eval_loss_raw", "kl_divergence"]
EXACT = ["status", "rank", "samples", "tokens"]


def task_arguments(demo, task):
    folder = demo / TASKS[task][0]
    arguments = ["--task", folder / "task.json", "--data", folder / "rows.jsonl", "--base", demo / "models" / "base"]
    for name in SUBMISSIONS:
        arguments += ["--submission", f"{name}={demo / 'models' / name}"]
    return [str(argument) for argument in arguments]


def run_json(command, environment):
    """Standard output as JSON. The exit code is no matter here: a failed submission may set it."""
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600, check=False)
    try:
        return json.loads(done.stdout)
    except json.JSONDecodeError:
        sys.exit(f"no JSON from {' '.join(command[:3])} ..., exit code {done.returncode}\n{done.stdout}{done.stderr}")


def run_god(god, precision, demo, task):
    with tempfile.TemporaryDirectory(prefix="god-golden-") as scratch:
        # Nothing of an earlier run is reused: the whole path from files to numbers is compared.
        environment = {**os.environ, "XDG_CACHE_HOME": scratch, "HOME": scratch}
        command = [god, "evaluate", *task_arguments(demo, task), "--device", "cpu", "--precision", precision, "--json"]
        return run_json(command, environment)


def reference(precision, demo, task, live):
    _, script, stored = TASKS[task]
    if live:
        command = [sys.executable, str(HERE / script), *task_arguments(demo, task), "--precision", precision]
        return run_json(command, dict(os.environ))
    return json.loads((HERE / f"{stored}_{precision}.json").read_text(encoding="utf-8"))


def relative(value, wanted):
    if value == wanted:
        return 0.0
    return abs(value - wanted) / abs(wanted) if wanted else float("inf")


def compare(got, wanted, bound):
    """Yields (submission, field, value, wanted, error or None, good)."""
    for field in (field for field in ("task_type", "direction") if field in wanted):
        yield "-", field, got.get(field), wanted[field], None, got.get(field) == wanted[field]
    results = {result["name"]: result for result in got.get("results", [])}
    for want in wanted["results"]:
        name, have = want["name"], results.get(want["name"], {})
        # A submission that is excluded or failed has a status; numbers beside it are not part of the contract.
        scored = want["status"] == "ok"
        for field in [field for field in (EXACT if scored else ["status"]) if field in want]:
            yield name, field, have.get(field), want[field], None, have.get(field) == want[field]
        for field in [number for number in NUMBERS if scored and number in want]:
            value = have.get(field)
            good = isinstance(value, (int, float))
            error = relative(value, want[field]) if good else float("inf")
            yield name, field, value, want[field], error, good and error <= bound


def main():
    parser = argparse.ArgumentParser(description="compare god evaluate with the reference on the demo")
    parser.add_argument("--god", required=True, help="the god program")
    parser.add_argument("--demo", type=Path, default=DEMO, help="the demo's folder")
    parser.add_argument("--task", choices=sorted(TASKS), default="instruct", help="which of the demo's tasks")
    parser.add_argument("--precision", action="append", choices=sorted(BOUNDS), help="may be given twice; default both")
    parser.add_argument("--live", action="store_true", help="compute the reference now (needs torch, peft)")
    args = parser.parse_args()

    good_everywhere = True
    for precision in args.precision or PRECISIONS[args.task]:
        got = run_god(args.god, precision, args.demo, args.task)
        wanted = reference(precision, args.demo, args.task, args.live)
        largest = 0.0
        print(f"{precision}: bound {BOUNDS[precision]:g} relative")
        for name, field, value, want, error, good in compare(got, wanted, BOUNDS[precision]):
            largest = max(largest, error or 0.0)
            good_everywhere = good_everywhere and good
            shown = "" if error is None else f"{error:.1e}"
            print(f"  {name:<14} {field:<14} {value!s:<22} {want!s:<22} {shown:<8} {'ok' if good else 'DIFFERS'}")
        print(f"{precision}: largest relative error {largest:.2e}")
    return 0 if good_everywhere else 1


if __name__ == "__main__":
    sys.exit(main())
