"""Compares our tokenizer with transformers on fresh random lines: ids always, offsets on every tenth line.

    pip install transformers==4.57.1 tokenizers==0.22.1 sentencepiece==0.2.1 protobuf
    python3 tests/golden/tokenizer/live.py --program build/tests/encode_lines --lines 1000000 [FOLDER...]

Each FOLDER holds a tokenizer.json or a SentencePiece file; without any, the tokenizers of data/ are compared, and with
--fresh as many that are trained on the spot. The lines are shared out over the folders. Exits with 1 when a line
differs.
"""
import argparse
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")

import corpus  # noqa: E402


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


def compare(program, folder, lines, special, report):
    """Number of lines that differ in ids, and of checked lines that differ in offsets."""
    theirs = reference(folder).encode_batch(lines, add_special_tokens=special)
    mine = ours(program, folder, [line.encode("utf-8") for line in lines], special)
    wrong_ids = wrong_offsets = 0
    for i, (line, a, b) in enumerate(zip(lines, theirs, mine)):
        if b is None or list(b[0]) != a.ids:
            wrong_ids += 1
            if wrong_ids <= report:
                print(f"{folder}: ids of {line!r}\n  theirs {list(zip(a.ids, a.tokens))}\n  ours   {b and list(b[0])}")
        elif i % 10 == 0 and byte_offsets(line, a.offsets) != list(zip(b[1], b[2])):
            wrong_offsets += 1
            if wrong_offsets <= report:
                print(f"{folder}: offsets of {line!r}\n  theirs {list(zip(a.tokens, byte_offsets(line, a.offsets)))}\n"
                      f"  ours   {list(zip(b[1], b[2]))}")
    return wrong_ids, wrong_offsets


def stored(scratch):
    """The tokenizers of data/, those that share a tokenizer.json copied into the scratch folder."""
    data = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data")
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


def run(given, folders):
    """Number of lines that differ."""
    more = [line for path in given.text for line in open(path, encoding="utf-8")]
    failed = total = 0
    for number, folder in enumerate(folders):
        count = given.lines // len(folders)
        wrong_ids = wrong_offsets = done = 0
        while done < count:
            batch = min(20000, count - done)
            lines = list(corpus.generated(given.seed + 1000 * number + done, batch)) + (more if done == 0 else [])
            ids, offsets = compare(given.program, folder, lines, True, given.report)
            wrong_ids, wrong_offsets, done = wrong_ids + ids, wrong_offsets + offsets, done + batch
            total += len(lines)
        name = os.path.basename(os.path.normpath(folder))
        print(f"{name}: {done} lines, {wrong_ids} differ in ids, {wrong_offsets} in offsets", flush=True)
        failed += wrong_ids + wrong_offsets
    print(f"{total} lines in all, {failed} differ")
    return failed


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True, help="encode_lines")
    arguments.add_argument("--lines", type=int, default=100000)
    arguments.add_argument("--seed", type=int, default=int(time.time()))
    arguments.add_argument("--text", action="append", default=[], help="a text file whose lines are compared as well")
    arguments.add_argument("--report", type=int, default=3, help="how many differences are shown per folder")
    arguments.add_argument("--fresh", action="store_true")
    arguments.add_argument("folders", nargs="*")
    given = arguments.parse_args()
    print(f"seed {given.seed}")
    with tempfile.TemporaryDirectory() as scratch:
        folders = given.folders or (fresh(scratch, given.seed) if given.fresh else list(stored(scratch)))
        return 1 if run(given, folders) else 0


if __name__ == "__main__":
    sys.exit(main())
