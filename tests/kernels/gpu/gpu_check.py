"""Runs gpu-check, and what it is compared with, and makes one table of it. tests/kernels/gpu_check.sh calls this."""
import argparse
import json
import os
import shutil
import subprocess
import sys
import time

GIB = 1 << 30
GOAL_SHARE, GOAL_EXTRA_GIB, GOAL_TOKENS = 0.75, 4.0, 32768
SKIPPED = 77
LEAST_S = 1.0  # nothing begins that has less time


class Run:
    """What has been measured and what went wrong, in order; every line of JSON goes to a file at once."""

    def __init__(self, args):
        self.args = args
        self.end = time.monotonic() + 60 * args.minutes
        self.lines, self.problems, self.notes = [], [], []
        os.makedirs(args.out, exist_ok=True)
        self.record = open(os.path.join(args.out, "gpu_check.jsonl"), "w", encoding="utf-8")

    def add(self, line):
        self.lines.append(line)
        self.record.write(json.dumps(line) + "\n")
        self.record.flush()

    def seconds_left(self):
        return self.end - time.monotonic()

    def command(self, name, command, limit_s, about=None, may_be_slow=False, may_skip=False, env=None):
        """Runs a command that prints lines of JSON. Notes a problem unless it ends well; returns its exit status. What
        may be slow is no problem when its time is up, nor what may skip when it says that it did (77). `env` is added to
        the environment."""
        limit_s = min(limit_s, self.seconds_left())
        if limit_s < LEAST_S:
            self.notes.append(f"{name}: not run, because the {self.args.minutes} minutes were used up")
            return None
        print(f"... {name}", flush=True)
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=limit_s, check=False,
                                  env={**os.environ, **(env or {})})
        except subprocess.TimeoutExpired:
            (self.notes if may_be_slow else self.problems).append(f"{name}: not done after {limit_s:.0f} s")
            return None
        except OSError as why:
            self.problems.append(f"{name}: {why}")
            return None
        for line in parse(done.stdout):
            self.add({**line, **(about or {})})
        said = (done.stderr.strip() or done.stdout.strip() or "it said nothing").splitlines()[-1]
        if done.returncode == SKIPPED and may_skip:
            self.notes.append(f"{name}: skipped, {said}")
        elif done.returncode < 0:
            self.problems.append(f"{name}: ended by signal {-done.returncode}: {said}")
        elif done.returncode != 0:
            self.problems.append(f"{name}: exit status {done.returncode}: {said}")
        return done.returncode


def parse(text):
    """The lines that are JSON objects with a "what"; anything else is not ours."""
    for line in text.splitlines():
        try:
            value = json.loads(line)
        except ValueError:
            continue
        if isinstance(value, dict) and "what" in value:
            yield value


# ---- the table ----


def row(cells):
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def table(titles, rows):
    return "\n".join([row(titles), row(["---"] * len(titles)), *(row(cells) for cells in rows)])


def share_of(tflops, dtype, lines):
    """Of the best product of that type, or None when none was measured."""
    products = [line["tflops"] for line in lines if line["what"] == "product" and line["dtype"] == dtype]
    return tflops / max(products) if products else None


def percent(share):
    return "-" if share is None else f"{100 * share:.0f} %"


def check_rows(lines):
    for line in lines:
        if line["what"] == "check":
            verdict = "ok" if line["missed"] == 0 else f"**{line['missed']} missed**, first: {line['first_miss']}"
            by = ", by cuDNN" if line.get("attention") == "cudnn" else ""
            yield [line["name"] + by, line["dtype"], line["shapes"], f"{line['worst_over_bound']:.2f}", verdict]


def time_rows(lines):
    for line in lines:
        if line["what"] == "product":
            size = line["size"]
            yield [f"product, {size} x {size} x {size}", line["dtype"], "", f"{line['seconds'] * 1e3:.3f} ms",
                   f"{line['tflops']:.4g}", percent(1.0), ""]
        elif line["what"] == "time":
            program = line.get("program", "ours")
            extra = f"{line['extra_bytes'] / GIB:.2f}" if line["extra_bytes"] else "-"
            yield [f"{line['shape']}, {line['task']}, {program}", line["dtype"],
                   f"{line['tokens']} in {line['length']}", f"{line['seconds'] * 1e3:.1f} ms", f"{line['tflops']:.4g}",
                   percent(share_of(line["tflops"], line["dtype"], lines)), extra]


def attention_rows(lines):
    for line in lines:
        if line["what"] == "attention":
            yield [line["shape"], line["kernel"], f"{line['tokens']} in {line['length']}",
                   f"{line['seconds'] * 1e3:.3f} ms", f"{line['tflops']:.4g}",
                   percent(share_of(line["tflops"], "bf16", lines))]


def attention_sentences(lines):
    """Which kernel is faster, shape by shape, and what follows for GOD_NN_ATTENTION."""
    by = {(line["shape"], line["kernel"]): line for line in lines if line["what"] == "attention"}
    wins, compared = 0, 0
    for shape in dict.fromkeys(shape for shape, _ in by):
        own, cudnn = by.get((shape, "own")), by.get((shape, "cudnn"))
        if own is None or cudnn is None:
            continue
        if cudnn["same_bits"]:
            yield f"{shape}: the same bits from both, so cuDNN has no plan for it and our own kernels ran twice"
            continue
        compared += 1
        wins += cudnn["seconds"] < own["seconds"]
        faster, slower = sorted((own, cudnn), key=lambda line: line["seconds"])
        again = "" if cudnn["repeats"] else "; **cuDNN gave other bits when it ran again**"
        yield (f"{shape}: {faster['kernel']} is {slower['seconds'] / faster['seconds']:.2f} times as fast, the largest "
               f"difference is {cudnn['difference']:.3g}{again}")
    if compared > 0:
        yield verdict_on_attention(lines, wins == compared)


def verdict_on_attention(lines, always_faster):
    """Our own kernels are the rule; cuDNN has to be faster everywhere and to pass every check for another advice."""
    checks = [line for line in lines if line["what"] == "check" and line.get("attention") == "cudnn"]
    sound = checks and all(line["missed"] == 0 for line in checks)
    repeats = all(line["repeats"] for line in lines if line["what"] == "attention")
    if not (sound and repeats):
        return "GOD_NN_ATTENTION=own stays the advice here: cuDNN has not passed every check"
    if not always_faster:
        return "GOD_NN_ATTENTION=own stays the advice here: cuDNN is not faster at every shape"
    return "GOD_NN_ATTENTION=cudnn is worth setting on this device: it passed every check and is faster at every shape"


def judge(lines):
    """Sentences about the goals that were missed."""
    for line in lines:
        if line["what"] != "time" or line.get("program", "ours") != "ours" or line["dtype"] != "bf16":
            continue
        share = share_of(line["tflops"], "bf16", lines)
        where = f"{line['shape']}, {line['task']}"
        if share is not None and share < GOAL_SHARE:
            yield f"{where}: {percent(share)} of the measured product, the goal is {percent(GOAL_SHARE)}"
        if line["tokens"] <= GOAL_TOKENS and line["extra_bytes"] > GOAL_EXTRA_GIB * GIB:
            yield f"{where}: {line['extra_bytes'] / GIB:.2f} GiB beside the weights, the goal is {GOAL_EXTRA_GIB:g}"


def ratios(lines):
    """Our times beside those of transformers, task by task."""
    theirs = {(line["shape"], line["task"]): line["seconds"] for line in lines
              if line["what"] == "time" and line.get("program") == "transformers"}
    for line in lines:
        key = (line.get("shape"), line.get("task"))
        if line["what"] == "time" and line.get("program", "ours") == "ours" and key in theirs:
            yield f"{key[0]}, {key[1]}: {theirs[key] / line['seconds']:.2f} times as fast as transformers"


def bullets(title, sentences):
    sentences = list(sentences)
    return [f"{title}\n", *(f"- {sentence}" for sentence in sentences), ""] if sentences else []


def report(lines, problems, notes):
    """The document: device, checks, times, and what is to be said about them."""
    names = [line["name"] for line in lines if line["what"] == "device"]
    parts = [f"# GPU check: {names[0] if names else 'no device answered'}", ""]
    checks, times = list(check_rows(lines)), list(time_rows(lines))
    if checks:
        parts += [table(["compared with the plain reference", "type", "shapes", "worst over bound", ""], checks), ""]
    if times:
        parts += [table(["timed", "type", "tokens", "time", "TFLOP/s", "of the product", "GiB beside weights"],
                        times), ""]
    attention = list(attention_rows(lines))
    if attention:
        parts += [table(["attention of a layer", "by", "tokens", "time", "TFLOP/s", "of the product"], attention), ""]
    parts += bullets("Attention:", attention_sentences(lines))
    parts += bullets("Beside transformers:", ratios(lines))
    parts += bullets("Goals that were missed:", judge(lines))
    parts += bullets("Not done:", notes)
    parts += bullets("**What failed:**", problems)
    return "\n".join(parts)


# ---- the steps ----


def check(run, dtype, what):
    args = run.args
    run.command(f"{what}, {dtype}", [args.checker, args.modules, args.device, dtype, what], 180)


def cudnn_environment(python):
    """Chooses cuDNN, and lets it be found where that Python's torch has brought it, behind the toolkit's libraries."""
    code = ("import glob, importlib.util, os; spec = importlib.util.find_spec('nvidia'); "
            "print(os.pathsep.join(path for root in (spec.submodule_search_locations if spec else []) "
            "for path in sorted(glob.glob(os.path.join(root, '*', 'lib')))))")
    try:
        found = subprocess.run([python, "-c", code], capture_output=True, text=True, timeout=60, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        found = ""
    folders = [os.environ.get("LD_LIBRARY_PATH", ""), "/usr/local/cuda/lib64", found.strip()]
    return {"GOD_NN_ATTENTION": "cudnn", "LD_LIBRARY_PATH": os.pathsep.join(folder for folder in folders if folder)}


def try_cudnn(run):
    """Attention by cuDNN: the same checks, whole models, and both kernels' times on the same numbers."""
    args = run.args
    if args.device not in ("cuda", "emulated"):
        run.notes.append("attention by cuDNN: not run, the device is not CUDA")
        return
    env, base = cudnn_environment(args.python), [args.checker, args.modules, args.device, "bf16"]
    for what in ("attention", "models"):
        about = {"attention": "cudnn"}
        if run.command(f"{what} by cuDNN", [*base, what], 180, about, may_skip=True, env=env) == SKIPPED:
            return
    for shape in args.shapes.split(","):
        words = [shape, str(args.tokens), str(args.length)]
        run.command(f"attention of {shape}", [*base, "attention-time", *words], 60, may_skip=True, env=env)
    slowest = args.shapes.split(",")[-1]
    run.command(f"times of {slowest}, cuDNN", [*base, "time", slowest, str(args.tokens), str(args.length)], 120,
                {"program": "ours with cuDNN"}, env=env)


def sanitize(run):
    args = run.args
    tool = shutil.which("compute-sanitizer") or shutil.which("compute-sanitizer", path="/usr/local/cuda/bin")
    if args.device != "cuda" or tool is None:
        run.notes.append("compute-sanitizer: not run, " +
                         ("the device is not CUDA" if args.device != "cuda" else "it is not installed"))
        return
    for kind, what in (("memcheck", "models"), ("racecheck", "kernels"), ("synccheck", "models")):
        command = [tool, "--tool", kind, "--error-exitcode", "9", args.checker, args.modules, "cuda", "bf16", what]
        run.command(f"compute-sanitizer {kind}, {what}", command, 75, {"what": "sanitizer"}, may_be_slow=True)


def measure(run):
    args = run.args
    base = [args.checker, args.modules, args.device]
    for dtype in ("bf16", "f32"):
        run.command(f"product, {dtype}", [*base, dtype, "product", str(args.product)], 60)
    for shape in args.shapes.split(","):
        run.command(f"times of {shape}", [*base, "bf16", "time", shape, str(args.tokens), str(args.length)], 120)


def compare(run):
    """Transformers on the same card, in a Python that has torch."""
    args = run.args
    if args.device != "cuda":
        run.notes.append("transformers: not run, the device is not CUDA")
        return
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "gpu_transformers.py")
    for shape in args.shapes.split(","):
        run.command(f"transformers, {shape}", [args.python, script, shape, str(args.tokens), str(args.length)], 120,
                    {"program": "transformers"}, may_skip=True)


def arguments(words):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cuda", choices=["cuda", "cpu", "emulated", "reference"])
    parser.add_argument("--checker", required=True, help="the program gpu-check")
    parser.add_argument("--modules", required=True, help="the folder of god-nn-*.so")
    parser.add_argument("--out", required=True, help="where gpu_check.md and gpu_check.jsonl go")
    parser.add_argument("--shapes", default="1b,3b,8b", help="models to time: tiny, 1b, 3b, 8b (1b,3b,8b)")
    parser.add_argument("--tokens", type=int, default=32768, help="tokens of a pack (32768)")
    parser.add_argument("--length", type=int, default=2048, help="tokens of a sequence (2048)")
    parser.add_argument("--product", type=int, default=8192, help="rows and columns of the measured product (8192)")
    parser.add_argument("--minutes", type=float, default=7.0, help="after which nothing new begins (7)")
    parser.add_argument("--python", default=sys.executable, help="a Python that has torch and transformers")
    parser.add_argument("--only", default="check,measure,cudnn,compare,sanitize", help="steps, of these (all)")
    return parser.parse_args(words)


def main(words):
    run = Run(arguments(words))
    steps = run.args.only.split(",")
    if "check" in steps:
        for dtype in ("bf16", "f32"):
            check(run, dtype, "kernels")
            check(run, dtype, "models")
    if "measure" in steps:
        measure(run)
    if "cudnn" in steps:
        try_cudnn(run)
    if "compare" in steps:
        compare(run)
    if "sanitize" in steps:
        sanitize(run)
    run.record.close()
    text = report(run.lines, run.problems, run.notes)
    with open(os.path.join(run.args.out, "gpu_check.md"), "w", encoding="utf-8") as file:
        file.write(text)
    print(text)
    return 1 if run.problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
