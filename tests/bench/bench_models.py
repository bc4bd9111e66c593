#!/usr/bin/env python3
"""Times the engine beside transformers and PEFT on the CPU, on random Llamas, and prints Markdown tables.

    pip install -r sdk/examples/demo/requirements.txt
    python3 tests/bench/bench_models.py --build build [--only throughput|group] [--rows 12] [--work DIR]

throughput  tokens per second of a 254 M parameter model, sequences of 256 tokens, every position scored
group       8 LoRA submissions with a KL term on a 125 M parameter model: `god evaluate` as a whole beside a careful
            person's one process and beside a process for each submission (one is timed and counted 8 times)

Each figure is seconds of processor time (all threads together, child processes too) and of wall time. Other work on the
machine changes the first little, so ratios are of the first.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
DEMO = ROOT / "sdk" / "examples" / "demo"
SEQUENCES, LENGTH = 8, 256
GROUP = 8


def run(*command, environment=None):
    """(stdout, seconds of wall time, seconds of processor time) of a child and its own children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = time.monotonic()
    done = subprocess.run([str(part) for part in command], env=environment, text=True, capture_output=True, check=False)
    wall = time.monotonic() - begin
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
    return done.stdout, wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def last_json(text):
    return json.loads([line for line in text.splitlines() if line.startswith("{")][-1])


def make_models(work, shape, adapters=0):
    """Written once to a folder: the same arguments give the same bytes."""
    folder = work / shape
    last = folder / (f"adapter_{adapters - 1}" if adapters else "base")
    if (last / ("adapter_model.safetensors" if adapters else "model.safetensors")).exists():
        return folder
    run(sys.executable, HERE / "llama_models.py", folder, "--shape", shape, "--adapters", adapters, "--tokenizer",
        DEMO / "models" / "base")
    return folder


def engine_environment(build):
    return {**os.environ, "GOD_NN_DIR": str(build / "lib" / "god" / "nn")}


def throughput(build, work):
    base = make_models(work, "250m") / "base"
    print("| | tokens/s of processor time | tokens/s of wall time | beside transformers bf16 |")
    print("|---|---|---|---|")
    rows = []
    for precision in ("bf16", "f32"):
        out, _, _ = run(build / "tests" / "bench-lm", base, precision, SEQUENCES, LENGTH, 2,
                        environment=engine_environment(build))
        rows.append((f"engine, {precision}, one pack", last_json(out)))
    for precision in ("bf16", "f32"):
        for batch in (1, SEQUENCES):
            out, _, _ = run(sys.executable, HERE / "reference_models.py", "throughput", base, precision, SEQUENCES,
                            LENGTH, batch)
            rows.append((f"transformers, {precision}, batch {batch}", last_json(out)))
    best = max(r["tokens"] / r["cpu_s"] for name, r in rows if "transformers, bf16" in name)
    for name, r in rows:
        cpu, wall = r["tokens"] / r["cpu_s"], r["tokens"] / r["wall_s"]
        print(f"| {name} | {cpu:.0f} | {wall:.0f} | {cpu / best:.2f} |", flush=True)


def write_rows(work, count):
    path = work / f"rows_{count}.jsonl"
    lines = (DEMO / "rows.jsonl").read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(lines[i % len(lines)] for i in range(count)) + "\n", encoding="utf-8")
    return path


def evaluate(build, folder, rows, adapters, precision="bf16"):
    submissions = [part for i in range(adapters) for part in ("--submission", f"a{i}={folder / f'adapter_{i}'}")]
    out, wall, cpu = run(build / "bin" / "god", "evaluate", "--task", DEMO / "task.json", "--data", rows, "--base",
                         folder / "base", *submissions, "--precision", precision, "--json",
                         environment=engine_environment(build))
    return json.loads(out), wall, cpu


def group(build, work, row_count):
    folder, rows = make_models(work, "120m", GROUP), write_rows(work, row_count)
    adapters = [folder / f"adapter_{i}" for i in range(GROUP)]
    report, wall, cpu = evaluate(build, folder, rows, GROUP)
    ours = {r["name"]: r["eval_loss"] for r in report["results"]}
    table = [("`god evaluate`, bf16", cpu, wall, 0.0)]
    reference = [sys.executable, HERE / "reference_models.py"]
    for precision in ("bf16", "f32"):
        out, other_wall, other_cpu = run(*reference, "careful", folder / "base", precision, DEMO / "task.json", rows,
                                         *adapters)
        worst = max(abs(loss / ours[f"a{i}"] - 1.0) for i, loss in enumerate(last_json(out)["losses"]))
        table.append((f"one careful process, {precision}", other_cpu, other_wall, worst))
    out, other_wall, other_cpu = run(*reference, "original", folder / "base", "bf16", DEMO / "task.json", rows,
                                     adapters[0])
    worst = abs(last_json(out)["losses"][0] / ours["a0"] - 1.0)
    table.append((f"a process each, bf16 (one timed, times {GROUP})", GROUP * other_cpu, GROUP * other_wall, worst))
    print("| | processor time | wall time | times `god evaluate` | largest difference of a loss |")
    print("|---|---|---|---|---|")
    for name, seconds, wall_s, worst in table:
        print(f"| {name} | {seconds:.1f} s | {wall_s:.1f} s | {seconds / cpu:.2f} | {worst:.1e} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--only", choices=("throughput", "group"))
    parser.add_argument("--rows", type=int, default=12, help="of the group's test file")
    parser.add_argument("--work", type=Path, help="where the models are written; a temporary folder by default")
    args = parser.parse_args()
    build = args.build.resolve()
    with tempfile.TemporaryDirectory(prefix="god-bench-") as scratch:
        work = args.work.resolve() if args.work else Path(scratch)
        parts = {"throughput": lambda: throughput(build, work), "group": lambda: group(build, work, args.rows)}
        for name, part in parts.items():
            if args.only in (None, name):
                print(f"\n### {name}\n")
                part()


if __name__ == "__main__":
    main()
