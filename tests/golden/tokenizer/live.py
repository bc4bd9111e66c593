"""Compares our tokenizer with transformers on fresh random lines: ids always, offsets on every tenth line.

    pip install -r requirements.txt
    python3 live.py --program build/tests/encode_lines --lines 1000000 [--fresh] [--seed N] [FOLDER...]

Each FOLDER holds a tokenizer.json or a SentencePiece file; without any, the tokenizers of data/ are compared, and with
--fresh as many that are trained on the spot. The lines are shared out over the folders; 500 lines of real text, and what
is hostile (one letter a hundred thousand times, no blanks, bytes that are not UTF-8), come on top, once per folder.
Prints how many lines differ per folder, and exits with 1 when any does, with the command that repeats the run on the
same tokenizers, which are kept then.
"""
import argparse
import os
import random
import secrets
import shlex
import shutil
import struct
import subprocess
import sys
import tempfile

os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
os.environ["HF_HUB_OFFLINE"] = "1"

import corpus  # noqa: E402

BATCH, OFFSETS_EVERY = 20000, 10
HERE = os.path.dirname(os.path.abspath(__file__))
REAL_TEXT = os.path.join(HERE, *[".."] * 3, "sdk", "examples", "demo", "data", "gsm8k_test_500.jsonl")


def reference(folder):
    from transformers import AutoTokenizer
    return AutoTokenizer.from_pretrained(folder).backend_tokenizer


def ours(program, folder, texts, special, ids_max=0):
    """A list of token lists [(id, begin, end)], None where encoding failed."""
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as got:
        for text in texts:
            given.write(struct.pack("<I", len(text)) + text)
        given.seek(0)
        subprocess.run([program, folder, "encode", str(int(special)), str(ids_max)], stdin=given, stdout=got, check=True)
        got.seek(0)
        data = got.read()
    results, at = [], 0
    for _ in texts:
        count, = struct.unpack_from("<I", data, at)
        at += 4
        if count == 0xFFFFFFFF:
            results.append(None)
            continue
        values = struct.unpack_from(f"<{3 * count}I", data, at)
        at += 12 * count
        results.append((values[0::3], values[1::3], values[2::3]))
    return results


def byte_offsets(text, offsets):
    ends = [0]
    for char in text:
        ends.append(ends[-1] + len(char.encode("utf-8")))
    return [(ends[begin], ends[end]) for begin, end in offsets]


def report_line(folder, what, text, theirs, mine):
    shown = text if len(text) <= 400 else text[:200] + b" ... " + text[-200:]
    print(f"{folder}: {what} of {shown!r}")
    for name, values in (("theirs", theirs), ("ours", mine)):
        print(f"  {name:<6} {values if values is None or len(values) <= 400 else values[:400]}")


def compare(program, folder, texts, report):
    """Number of texts (bytes) that differ in ids, and of checked ones that differ in offsets."""
    lines = [text.decode("utf-8", "replace") for text in texts]
    theirs = reference(folder).encode_batch(lines, add_special_tokens=True)
    mine = ours(program, folder, texts, True)
    wrong_ids = wrong_offsets = 0
    for i, (text, line, a, b) in enumerate(zip(texts, lines, theirs, mine)):
        if b is None or list(b[0]) != a.ids:
            wrong_ids += 1
            if wrong_ids <= report:
                report_line(folder, "ids", text, list(zip(a.ids, a.tokens)), b and list(b[0]))
        elif i % OFFSETS_EVERY == 0 and len(text) == len(line.encode("utf-8")):
            offsets = byte_offsets(line, a.offsets)
            if offsets != list(zip(b[1], b[2])):
                wrong_offsets += 1
                if wrong_offsets <= report:
                    report_line(folder, "offsets", text, list(zip(a.tokens, offsets)), list(zip(b[1], b[2])))
    return wrong_ids, wrong_offsets


def hostile(seed, size):
    """Texts of `size` characters or bytes that tokenizers stumble over."""
    rng = random.Random(f"{seed} hostile")
    yield b"a" * size
    yield "\u00e9".encode() * (size // 2)
    yield b" " * size
    yield "".join(rng.choice("abcdefghij") for _ in range(size)).encode()  # one word
    yield "".join(chr(corpus.random_code(rng)) for _ in range(size // 3)).encode()
    yield rng.randbytes(size // 4)  # not UTF-8
    yield "".join(corpus.generated(f"{seed} cut", 200)).encode()[1:size] + b"\xf0\x9f"


def stored(scratch):
    """The tokenizers of data/, those that share a tokenizer.json copied into the scratch folder."""
    data = os.path.join(HERE, "data")
    for name in sorted(os.listdir(data)):
        folder = os.path.join(data, name)
        if os.path.exists(os.path.join(folder, "base")):
            base = open(os.path.join(folder, "base"), encoding="utf-8").read()
            copied = shutil.copytree(folder, os.path.join(scratch, name))
            shutil.copy(os.path.join(data, base, "tokenizer.json"), copied)
            folder = copied
        if os.path.isdir(folder) and not name.startswith("probe_"):
            yield folder


def fresh(scratch, seed):
    """Tokenizers of every kind, trained on lines that nothing was trained on before."""
    import configurations
    import sp_models
    lines = list(corpus.generated(seed, 3000))
    for name, make in configurations.TRAINED.items():
        configurations.write(scratch, name, *make(lines, 1200))
    sp_models.make(scratch, lines, 1200)
    return sorted(os.path.join(scratch, name) for name in os.listdir(scratch))


def compare_folder(given, folder, number, count):
    """(texts, those that differ in ids, in offsets)"""
    name, done = os.path.basename(os.path.normpath(folder)), 0
    more = [line.encode("utf-8") for path in [REAL_TEXT, *given.text] for line in open(path, encoding="utf-8")]
    wrong = list(compare(given.program, folder, more + list(hostile(given.seed, given.hostile)), given.report))
    while done < count:
        batch = min(BATCH, count - done)
        lines = [line.encode("utf-8") for line in corpus.generated(f"{given.seed} {number} {done}", batch)]
        ids, offsets = compare(given.program, folder, lines, given.report)
        wrong[0], wrong[1], done = wrong[0] + ids, wrong[1] + offsets, done + batch
    print(f"{name:<22} {done:>8} lines, {wrong[0]:>3} differ in ids, {wrong[1]:>3} in offsets", flush=True)
    return done, *wrong


def run(given, folders):
    """Number of texts that differ."""
    total = failed = 0
    for number, folder in enumerate(folders):
        count = given.lines // len(folders) + (number < given.lines % len(folders))
        done, ids, offsets = compare_folder(given, folder, number, count)
        total, failed = total + done, failed + ids + offsets
    print(f"tokenizers: {len(folders)} configurations, {total} lines, {failed} differ")
    return failed


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True, help="encode_lines")
    arguments.add_argument("--lines", type=int, default=100000, help="shared out over the folders (100000)")
    arguments.add_argument("--seed", type=int, default=secrets.randbelow(2**31))
    arguments.add_argument("--text", action="append", default=[], help="a text file whose lines are compared as well")
    arguments.add_argument("--report", type=int, default=3, help="how many differences are shown per folder")
    arguments.add_argument("--fresh", action="store_true")
    arguments.add_argument("folders", nargs="*")
    arguments.add_argument("--hostile", type=int, default=100000, help="characters of each hostile text")
    given = arguments.parse_args()
    print(f"tokenizers: seed {given.seed}", flush=True)
    scratch = tempfile.mkdtemp(prefix="god-tokenizers-")
    folders = given.folders or (fresh(scratch, given.seed) if given.fresh else list(stored(scratch)))
    if run(given, folders):
        options = ["--program", given.program, "--lines", given.lines, "--seed", given.seed, "--hostile", given.hostile]
        options += [option for path in given.text for option in ("--text", path)]
        print("tokenizers: DIFFERS; to repeat:", shlex.join(map(str, [sys.executable, sys.argv[0], *options, *folders])))
        return 1  # the folders stay: training gives another tokenizer each time
    shutil.rmtree(scratch)
    return 0


if __name__ == "__main__":
    sys.exit(main())
