#!/usr/bin/env python3
"""Times our tokenizer and Hugging Face's tokenizers on the same texts, one thread each, and prints Markdown tables.

    pip install -r tests/golden/tokenizer/requirements.txt
    python3 tests/bench/bench_tokenizer.py --program build/tests/bench-tokenizer [--seconds 3] [--vocabulary 32000]

Trains a byte-level BPE of three kinds (their regular expressions and normalizers differ), then encodes questions and
answers of GSM8K, sources of Python's standard library in pieces of about 2 kB, and generated lines in 38 scripts. The
figures are MB (10^6 bytes) per second of processor time in the fastest pass; "first" is our first pass, with nothing
cached yet. Offsets are part of our result and of encode_batch's; encode_batch_fast leaves them out. Ends with 1 when ids
differ. The second table is one text of one letter: time per MB must not grow with its length.
"""
import argparse
import json
import os
import struct
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

os.environ["TOKENIZERS_PARALLELISM"] = "false"
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "golden" / "tokenizer"))

import configurations  # noqa: E402
import corpus  # noqa: E402
from tokenizers import Tokenizer  # noqa: E402

LETTERS_OF_THEIRS = 4_000_000
KINDS = {"gpt2": configurations.gpt2, "llama3": configurations.llama3, "qwen2": configurations.qwen2}


def english():
    texts = []
    for path in sorted((ROOT / "sdk" / "examples" / "demo" / "data").glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            texts += [row["question"], row["answer"]]
    return texts


def pieces(text, size):
    """Whole lines of about `size` characters."""
    part, length = [], 0
    for line in text.splitlines(keepends=True):
        part.append(line)
        length += len(line)
        if length >= size:
            yield "".join(part)
            part, length = [], 0
    if part:
        yield "".join(part)


def code():
    texts = []
    for path in sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py")):
        texts += pieces(path.read_text(encoding="utf-8", errors="replace"), 2000)
    return texts


def scripts():
    return list(pieces("\n".join(corpus.generated(3, 20000)), 500))


def write_texts(path, texts):
    with open(path, "wb") as file:
        for text in texts:
            data = text.encode("utf-8")
            file.write(struct.pack("<I", len(data)) + data)


def ours(program, folder, texts, seconds, scratch):
    path = os.path.join(scratch, "texts")
    write_texts(path, texts)
    return json.loads(subprocess.run([program, folder, path, str(seconds)], check=True, capture_output=True).stdout)


def digest(encoded):
    """(tokens, the digest of bench-tokenizer)"""
    place = total = 0
    for encoding in encoded:
        for token in encoding.ids:
            place += 1
            total += (token + 1) * place
    return place, total % 2**64


def best(call, texts, seconds):
    """Processor seconds of the fastest pass, and the last result."""
    fastest, end = float("inf"), time.process_time() + seconds
    while fastest == float("inf") or time.process_time() < end:
        begin = time.process_time()
        result = call(texts, add_special_tokens=False)
        fastest = min(fastest, time.process_time() - begin)
    return fastest, result


def compare(given, folder, texts, scratch):
    """(our result, seconds of encode_batch, of encode_batch_fast); exits when ids differ."""
    mine = ours(given.program, folder, texts, given.seconds, scratch)
    tokenizer = Tokenizer.from_file(os.path.join(folder, "tokenizer.json"))
    theirs_s, encoded = best(tokenizer.encode_batch, texts, given.seconds)
    if digest(encoded) != (mine["tokens"], mine["digest"]):
        sys.exit(f"{folder}: other ids than the tokenizers library's")
    return mine, theirs_s, best(tokenizer.encode_batch_fast, texts, given.seconds)[0]


def speed_table(given, folders, scratch):
    print("| Tokenizer | Text | MB | bytes/token | first | ours | encode_batch | encode_batch_fast | ours / theirs |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name, folder in folders.items():
        for what, texts in (("English", english()), ("Python", code()), ("38 scripts", scripts())):
            mine, slow_s, fast_s = compare(given, folder, texts, scratch)
            size = mine["bytes"] / 1e6
            print(f"| {name} | {what} | {size:.1f} | {mine['bytes'] / mine['tokens']:.1f} | {size / mine['first_s']:.1f}"
                  f" | {size / mine['best_s']:.1f} | {size / slow_s:.1f} | {size / fast_s:.1f}"
                  f" | {min(slow_s, fast_s) / mine['best_s']:.1f} |", flush=True)


def length_table(given, folders, scratch):
    print("\n| Tokenizer | Letters \"a\" | ours, s/MB | encode_batch, s/MB |\n|---|---|---|---|")
    for name, folder in folders.items():
        tokenizer = Tokenizer.from_file(os.path.join(folder, "tokenizer.json"))
        for count in (1_000_000, 4_000_000, 16_000_000):
            mine = ours(given.program, folder, ["a" * count], 0, scratch)
            theirs = "-"
            if count <= LETTERS_OF_THEIRS:
                theirs_s, encoded = best(tokenizer.encode_batch, ["a" * count], 0)
                theirs = f"{theirs_s / count * 1e6:.3f}"
                if digest(encoded) != (mine["tokens"], mine["digest"]):
                    sys.exit(f"{folder}: other ids than the tokenizers library's for {count} letters")
            print(f"| {name} | {count} | {mine['best_s'] / count * 1e6:.3f} | {theirs} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description="time our tokenizer beside the tokenizers library")
    parser.add_argument("--program", required=True, help="bench-tokenizer")
    parser.add_argument("--seconds", type=float, default=3.0, help="processor time per figure (3)")
    parser.add_argument("--vocabulary", type=int, default=32000)
    parser.add_argument("--kinds", nargs="+", choices=list(KINDS), default=list(KINDS))
    parser.add_argument("--folder", help="keep the tokenizers here, and take those that are there")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="god-bench-") as scratch:
        home = given.folder or scratch
        for kind in given.kinds:
            if not os.path.exists(os.path.join(home, kind, "tokenizer.json")):
                training = english() + code() + scripts()
                configurations.write(home, kind, *KINDS[kind](training, given.vocabulary))
        folders = {kind: os.path.join(home, kind) for kind in given.kinds}
        speed_table(given, folders, scratch)
        length_table(given, folders, scratch)


if __name__ == "__main__":
    main()
