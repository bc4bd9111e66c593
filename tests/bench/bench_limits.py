#!/usr/bin/env python3
"""Measures what `god evaluate` needs beyond the arithmetic: memory, growth with rows and submissions, the start.

    pip install -r sdk/examples/demo/requirements.txt
    python3 tests/bench/bench_limits.py --build build [--only memory|growth|cold] [--plot docs/growth.svg] [--work DIR]

memory  peak of a whole run on a random Llama of 460 M parameters in bf16: full models, adapters, both, with KL and without
growth  processor time and peak by rows and by submissions on a Llama of 7 M parameters; --plot draws them
cold    wall time of whole runs on the demo's models by rows, everything evicted from memory and an empty cache before
        each; the line through them meets no rows at what is not arithmetic

A peak is the largest resident set (VmHWM) of any process of the run. Prints Markdown.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
DEMO = ROOT / "sdk" / "examples" / "demo"
MIB = 2**20


def run(command, environment):
    """(seconds of wall time, seconds of processor time, peak bytes of the largest process) of a child and its own."""
    begin = time.monotonic()
    with tempfile.TemporaryFile() as output:
        child = subprocess.Popen([str(part) for part in command], env=environment, stdout=output, stderr=output)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            output.seek(0)
            sys.exit(f"{' '.join(map(str, command))}\n{output.read().decode()[-4000:]}")
    return time.monotonic() - begin, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def write_rows(work, count):
    path = work / f"rows_{count}.jsonl"
    lines = (DEMO / "rows.jsonl").read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(lines[i % len(lines)] for i in range(count)) + "\n", encoding="utf-8")
    return path


def make_models(work, shape, adapters):
    folder = work / shape
    if not (folder / f"adapter_{adapters - 1}" / "adapter_model.safetensors").exists():
        run([sys.executable, HERE / "llama_models.py", folder, "--shape", shape, "--adapters", adapters, "--tokenizer",
             DEMO / "models" / "base"], os.environ)
    return folder


class Bench:
    def __init__(self, build, work):
        self.build, self.work = build, work

    def evaluate(self, rows, base, submissions, task=DEMO / "task.json", fresh=False):
        environment = {**os.environ, "XDG_CACHE_HOME": str(self.work / "cache")}
        if fresh:
            shutil.rmtree(self.work / "cache", ignore_errors=True)
        named = [part for i, folder in enumerate(submissions) for part in ("--submission", f"s{i}={folder}")]
        return run([self.build / "bin" / "god", "evaluate", "--task", task, "--data", write_rows(self.work, rows),
                    "--base", base, *named, "--quiet"], environment)

    def evict(self):
        """Files of the build and of the models leave the page cache, as far as nobody has them mapped."""
        for folder in (self.build / "bin", self.build / "lib", self.build / "libexec", DEMO / "models"):
            for path in folder.rglob("*"):
                if path.is_file():
                    with open(path, "rb") as file:
                        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def without_kl(work):
    path = work / "task_without_kl.json"
    text = (DEMO / "task.json").read_text(encoding="utf-8")
    if '"use_kl": true' not in text:
        sys.exit("the demo's task has no \"use_kl\": true any more")
    path.write_text(text.replace('"use_kl": true', '"use_kl": false'), encoding="utf-8")
    return path


def other_model(folder):
    """A full model that is not the base: one of its weights differs."""
    copy = folder / "other"
    if not copy.exists():
        shutil.copytree(folder / "base", copy)
        with open(copy / "model.safetensors", "r+b") as file:
            file.seek(-2, os.SEEK_END)
            last = bytearray(file.read(2))
            last[0] ^= 1
            file.seek(-2, os.SEEK_END)
            file.write(last)
    return copy


def memory(bench, rows, pack_rows):
    folder = make_models(bench.work, "500m", 8)
    size = (folder / "base" / "model.safetensors").stat().st_size
    adapters = [folder / f"adapter_{i}" for i in range(8)]
    plain = without_kl(bench.work)
    allowed, over = 1.3 * size + 1024 * MIB, False
    print(f"Weights: {size / MIB:.0f} MiB. Allowed: 1.3 times as much and 1 GiB, {allowed / MIB:.0f} MiB.\n")
    print("| run | rows | peak | beyond one model's weights | processor time |\n|---|---|---|---|---|", flush=True)
    for name, count, submissions, task in (
            ("a full model", rows, [other_model(folder)], plain),
            ("a full model, longer packs", pack_rows, [other_model(folder)], plain),
            ("one adapter with KL", rows, adapters[:1], DEMO / "task.json"),
            ("eight adapters with KL", rows, adapters, DEMO / "task.json"),
            ("a full model with KL", rows, [other_model(folder)], DEMO / "task.json"),
            ("a full model, an adapter, a full model, with KL", rows,
             [other_model(folder), adapters[0], other_model(folder)], DEMO / "task.json")):
        _, cpu, peak = bench.evaluate(count, folder / "base", submissions, task)
        over |= peak > allowed
        print(f"| {name} | {count} | {peak / MIB:.0f} MiB | {(peak - size) / MIB:.0f} MiB | {cpu:.1f} s |", flush=True)
    if over:
        sys.exit("a peak is over the bound")


def line_through(points):
    """Least squares: (value at 0, slope, largest distance from the line as a share of the largest value)."""
    n = len(points)
    mean_x, mean_y = sum(x for x, _ in points) / n, sum(y for _, y in points) / n
    slope = sum((x - mean_x) * (y - mean_y) for x, y in points) / sum((x - mean_x) ** 2 for x, _ in points)
    start = mean_y - slope * mean_x
    off = max(abs(y - start - slope * x) for x, y in points) / max(y for _, y in points)
    return start, slope, off


def panel(at_x, at_y, title, x_name, points, color):
    """One small chart as SVG: points and the line through them."""
    width, height = 240, 150
    top_x, top_y = max(x for x, _ in points), 1.15 * max(y for _, y in points)
    start, slope, _ = line_through(points)

    def place(x, y):
        return at_x + width * x / top_x, at_y + height * (1 - y / top_y)

    (x0, y0), (x1, y1) = place(0, start), place(top_x, start + slope * top_x)
    parts = [f'<text x="{at_x}" y="{at_y - 10}">{title}</text>',
             f'<path d="M{at_x} {at_y}v{height}h{width}" fill="none" stroke="#888"/>',
             f'<path d="M{x0:.1f} {y0:.1f}L{x1:.1f} {y1:.1f}" stroke="{color}" stroke-dasharray="4 3"/>',
             f'<text x="{at_x + width}" y="{at_y + height + 28}" text-anchor="end">{x_name}</text>']
    for x, y in points:
        px, py = place(x, y)
        parts.append(f'<circle cx="{px:.1f}" cy="{py:.1f}" r="3.5" fill="{color}"/>')
        parts.append(f'<text x="{px:.1f}" y="{py - 8:.1f}" text-anchor="middle" font-size="9">{y:.3g}</text>')
        parts.append(f'<text x="{px:.1f}" y="{at_y + height + 13}" text-anchor="middle" font-size="9">{x}</text>')
    return "\n".join(parts)


def draw(path, by_rows, by_submissions):
    charts = [(60, 40, "processor seconds", "rows, 2 submissions", [(x, c) for x, c, _ in by_rows], "#1f5fa8"),
              (370, 40, "peak, MiB", "rows, 2 submissions", [(x, m) for x, _, m in by_rows], "#a8481f"),
              (60, 280, "processor seconds", "submissions, 40 rows", [(x, c) for x, c, _ in by_submissions], "#1f5fa8"),
              (370, 280, "peak, MiB", "submissions, 40 rows", [(x, m) for x, _, m in by_submissions], "#a8481f")]
    body = "\n".join(panel(*chart) for chart in charts)
    path.write_text('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 480" font-family="sans-serif" '
                    f'font-size="12">\n<rect width="640" height="480" fill="#fff"/>\n{body}\n</svg>\n', encoding="utf-8")


def growth(bench, plot):
    folder = make_models(bench.work, "10m", 8)
    adapters = [folder / f"adapter_{i}" for i in range(8)]
    measured = {}
    print("| rows | submissions | processor time | peak |\n|---|---|---|---|")
    for rows, count in ((20, 2), (40, 2), (80, 2), (120, 2), (160, 2), (40, 1), (40, 4), (40, 6), (40, 8)):
        _, cpu, peak = bench.evaluate(rows, folder / "base", adapters[:count])
        measured[rows, count] = (cpu, peak / MIB)
        print(f"| {rows} | {count} | {cpu:.2f} s | {peak / MIB:.0f} MiB |", flush=True)
    by_rows = [(rows, *measured[rows, 2]) for rows in (20, 40, 80, 120, 160)]
    by_submissions = [(count, *measured[40, count]) for count in (1, 2, 4, 6, 8)]
    for name, points in (("row", by_rows), ("submission", by_submissions)):
        start, slope, off = line_through([(x, cpu) for x, cpu, _ in points])
        print(f"\nA {name} adds {slope:.3f} s to {start:.2f} s; no point is off the line by more than "
              f"{100 * off:.0f} % of the largest.")
    if plot:
        draw(plot, by_rows, by_submissions)


def cold(bench, turns):
    models = DEMO / "models"
    submissions = [models / name for name in ("lora_r8", "full", "lora_r16_rs")]
    points = []
    print("| rows | wall time, fastest | processor time, fastest |\n|---|---|---|")
    for rows in (1, 10, 20, 40, 80):
        taken = []
        for _ in range(turns):
            bench.evict()
            taken.append(bench.evaluate(rows, models / "base", submissions, fresh=True))
        wall, cpu = min(t[0] for t in taken), min(t[1] for t in taken)
        points.append((rows, wall, cpu))
        print(f"| {rows} | {wall:.2f} s | {cpu:.2f} s |", flush=True)
    wall_start, wall_slope, _ = line_through([(rows, wall) for rows, wall, _ in points])
    cpu_start, cpu_slope, _ = line_through([(rows, cpu) for rows, _, cpu in points])
    print(f"\nA row takes {1e3 * wall_slope:.1f} ms of wall and {1e3 * cpu_slope:.1f} ms of processor time; no rows "
          f"take {wall_start:.2f} s and {cpu_start:.2f} s.")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--only", choices=("memory", "growth", "cold"))
    parser.add_argument("--plot", type=Path, help="where `growth` draws its points, an SVG file")
    parser.add_argument("--rows", type=int, default=4, help="of `memory`")
    parser.add_argument("--pack-rows", type=int, default=44, help="of its longer packs: 44 fill one of 8,192 tokens")
    parser.add_argument("--turns", type=int, default=3, help="of `cold`")
    parser.add_argument("--work", type=Path, help="where the models are written; a temporary folder by default")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="god-bench-") as scratch:
        bench = Bench(args.build.resolve(), args.work.resolve() if args.work else Path(scratch))
        bench.work.mkdir(parents=True, exist_ok=True)
        parts = {"memory": lambda: memory(bench, args.rows, args.pack_rows), "growth": lambda: growth(bench, args.plot),
                 "cold": lambda: cold(bench, args.turns)}
        for name, part in parts.items():
            if args.only in (None, name):
                print(f"\n### {name}\n", flush=True)
                part()


if __name__ == "__main__":
    main()
