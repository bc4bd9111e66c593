#!/usr/bin/env python3
"""Compares `god evaluate` on the demo's DPO task with what TRL's DPOTrainer.evaluate says. Standard library only.

    python3 compare_trl.py --god build/bin/god

demo_dpo_trl.json beside it holds TRL's values, made by trl_reference.py, for the demo's context and for a short one
that cuts into prompts and answers. Compared for every submission, in float32:

    token ids   of all rows, by count and digest; exact
    row_loss    each pair's loss: within ROW_BOUND of the larger of TRL's value and 1
    eval_loss   the mean in float64 of TRL's losses: BOUND relative
    trainer     the number TRL itself reports, a mean taken in float32: BOUND relative and MEAN_SLACK more, absolute

Prints one line per comparison and ends with 1 when one fails.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
DEMO = HERE.parents[2] / "sdk" / "examples" / "demo"
STORED = HERE / "demo_dpo_trl.json"

BOUND = 1e-5
MEAN_SLACK = 1e-6
# TRL adds hundreds of log-probabilities in float32. At a sum of 1000 one step is 6e-5; four sums and beta = 0.1 make a
# pair's loss uncertain by about 2e-5. Over 40 pairs that averages out.
ROW_BOUND = 5e-5


def link_model(source, target, changes):
    """The model in another folder: links to its files, but for config.json, where `changes` replace members."""
    target.mkdir(parents=True)
    for path in sorted(source.iterdir()):
        if path.name != "config.json":
            (target / path.name).symlink_to(path.resolve())
            continue
        config = json.loads(path.read_text(encoding="utf-8"))
        (target / path.name).write_text(json.dumps({**config, **changes}, indent=2), encoding="utf-8")
    return target


def run_god(god, names, max_length, scratch):
    """The result, and the per-example lines of each submission."""
    models = {name: link_model(DEMO / "models" / name, scratch / "models" / name,
                               {"max_position_embeddings": max_length}) for name in ["base", *names]}
    command = [god, "evaluate", "--task", DEMO / "dpo" / "task.json", "--data", DEMO / "dpo" / "rows.jsonl",
               "--base", models["base"], "--device", "cpu", "--precision", "f32", "--json", "--quiet",
               "--per-example", scratch / "lines"]
    for name in names:
        command += ["--submission", f"{name}={models[name]}"]
    # Nothing of an earlier run is reused: the whole path from files to numbers is compared.
    environment = {**os.environ, "XDG_CACHE_HOME": str(scratch), "HOME": str(scratch)}
    done = subprocess.run([str(part) for part in command], env=environment, capture_output=True, text=True, timeout=600,
                          check=False)
    if done.returncode != 0:
        sys.exit(f"god evaluate ended with {done.returncode}\n{done.stdout}{done.stderr}")
    results = {result["name"]: result for result in json.loads(done.stdout)["results"]}
    lines = {}
    for name in names:
        path = scratch / "lines" / name / "per_example.jsonl"
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        lines[name] = [json.loads(line) for line in text.splitlines()]
    return results, lines


def same_ids(lines, rows):
    """How many rows have TRL's ids: counts before and after the cut, scored positions, digest."""
    fields = ("tokens", "tokens_uncut", "scored", "ids_sha256")
    return sum(
        line["row"] == row["row"] and all(line[side][field] == row[side][field]
                                          for side in ("chosen", "rejected") for field in fields)
        for line, row in zip(lines, rows)
    )


def compare(result, lines, want, rows):
    """Yields (what, value, wanted, error or None, good)."""
    if result["status"] != "ok" or len(lines) != len(rows):
        yield "status", f"{result['status']}, {len(lines)} lines", f"ok, {len(rows)} lines", None, False
        return
    same = same_ids(lines, rows)
    yield "token ids", same, len(rows), None, same == len(rows)
    pairs = [(abs(line["loss"] - loss) / max(loss, 1.0), line["loss"], loss)
             for line, loss in zip(lines, want["losses"])]
    error, value, loss = max(pairs)
    yield "row_loss", value, loss, error, error <= ROW_BOUND
    value = result["eval_loss"]
    error = abs(value - want["eval_loss"]) / want["eval_loss"]
    yield "eval_loss", value, want["eval_loss"], error, error <= BOUND
    trainer = want["eval_loss_trainer"]
    distance = abs(value - trainer)
    yield "trainer", value, trainer, distance / trainer, distance <= BOUND * trainer + MEAN_SLACK


def main():
    parser = argparse.ArgumentParser(description="compare god evaluate with TRL on the demo's DPO task")
    parser.add_argument("--god", required=True, help="the god program")
    parser.add_argument("--reference", type=Path, default=STORED, help="what trl_reference.py wrote")
    args = parser.parse_args()
    reference = json.loads(args.reference.read_text(encoding="utf-8"))
    good_everywhere, largest = True, 0.0
    for case in reference["cases"]:
        wanted = {result["name"]: result for result in case["results"]}
        print(f"max_length {case['max_length']}: eval_loss within {BOUND:g} relative")
        with tempfile.TemporaryDirectory(prefix="god-trl-") as scratch:
            results, lines = run_god(args.god, list(wanted), case["max_length"], Path(scratch))
        for name, want in wanted.items():
            for what, value, stored, error, good in compare(results[name], lines[name], want, case["rows"]):
                good_everywhere = good_everywhere and good
                largest = max(largest, error) if what == "eval_loss" else largest
                shown = "" if error is None else f"{error:.1e}"
                print(f"  {name:<12} {what:<10} {value!s:<21} {stored!s:<21} {shown:<8} {'ok' if good else 'DIFFERS'}")
    print(f"f32: largest relative error {largest:.2e}")
    return 0 if good_everywhere else 1


if __name__ == "__main__":
    sys.exit(main())
