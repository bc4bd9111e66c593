#!/usr/bin/env python3
"""Compares `god evaluate` on a DPO task with what TRL's DPOTrainer.evaluate says. Standard library only.

    python3 compare_trl.py --god build/bin/god [--task-folder FOLDER --reference FILE]

demo_dpo_trl.json beside it holds TRL's values for the demo's task, made by trl_reference.py, for the demo's context and
for a short one that cuts into prompts and answers; live_trl.py gives a folder and a file of its own. Compared for every
submission, in the precision that the file names:

    token ids   of all rows, by count and digest; exact
    row_loss    f32: each pair's loss, within ROW_BOUND of the larger of TRL's value and 1
    eval_loss   the mean in float64 of TRL's losses: BOUNDS, relative
    trainer     f32: the number TRL itself reports, a mean taken in float32: as eval_loss and MEAN_SLACK more, absolute

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

# bf16: both sides round every activation to 8 bits, at slightly different values.
BOUNDS = {"f32": 1e-5, "bf16": 2e-3}
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


def run_god(args, precision, names, max_length, scratch):
    """The result, and the per-example lines of each submission."""
    folder = args.task_folder
    models = {name: link_model(folder / "models" / name, scratch / "models" / name,
                               {"max_position_embeddings": max_length}) for name in ["base", *names]}
    command = [args.god, "evaluate", "--task", folder / "dpo" / "task.json", "--data", folder / "dpo" / "rows.jsonl",
               "--base", models["base"], "--device", "cpu", "--precision", precision, "--json", "--quiet",
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


def compare(result, lines, want, rows, precision):
    """Yields (what, value, wanted, error or None, good)."""
    if result["status"] != "ok" or len(lines) != len(rows):
        yield "status", f"{result['status']}, {len(lines)} lines", f"ok, {len(rows)} lines", None, False
        return
    same = same_ids(lines, rows)
    yield "token ids", same, len(rows), None, same == len(rows)
    pairs = [(abs(line["loss"] - loss) / max(loss, 1.0), line["loss"], loss)
             for line, loss in zip(lines, want["losses"])]
    error, value, loss = max(pairs)
    if precision == "f32":
        yield "row_loss", value, loss, error, error <= ROW_BOUND
    bound, value = BOUNDS[precision], result["eval_loss"]
    error = abs(value - want["eval_loss"]) / want["eval_loss"]
    yield "eval_loss", value, want["eval_loss"], error, error <= bound
    if precision != "f32":
        return
    trainer = want["eval_loss_trainer"]
    distance = abs(value - trainer)
    yield "trainer", value, trainer, distance / trainer, distance <= bound * trainer + MEAN_SLACK


def main():
    parser = argparse.ArgumentParser(description="compare god evaluate with TRL on a DPO task")
    parser.add_argument("--god", required=True, help="the god program")
    parser.add_argument("--reference", type=Path, default=STORED, help="what trl_reference.py wrote")
    parser.add_argument("--task-folder", type=Path, default=DEMO, help="holds models/ and dpo/, as the demo does")
    args = parser.parse_args()
    reference = json.loads(args.reference.read_text(encoding="utf-8"))
    precision, good_everywhere, largest = reference["precision"], True, 0.0
    for case in reference["cases"]:
        wanted = {result["name"]: result for result in case["results"]}
        print(f"max_length {case['max_length']}: {precision} eval_loss within {BOUNDS[precision]:g} relative")
        with tempfile.TemporaryDirectory(prefix="god-trl-") as scratch:
            results, lines = run_god(args, precision, list(wanted), case["max_length"], Path(scratch))
        for name, want in wanted.items():
            for what, value, stored, error, good in compare(results[name], lines[name], want, case["rows"],
                                                           precision):
                good_everywhere = good_everywhere and good
                largest = max(largest, error) if what == "eval_loss" else largest
                shown = "" if error is None else f"{error:.1e}"
                print(f"  {name:<12} {what:<10} {value!s:<21} {stored!s:<21} {shown:<8} {'ok' if good else 'DIFFERS'}")
    print(f"{precision}: largest relative error of an eval_loss {largest:.2e}, bound {BOUNDS[precision]:g}")
    return 0 if good_everywhere else 1


if __name__ == "__main__":
    sys.exit(main())
