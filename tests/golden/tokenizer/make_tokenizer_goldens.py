"""Writes data/: small tokenizers, the lines that they encode, and what transformers makes of them.

    pip install -r requirements.txt
    python3 tests/golden/tokenizer/make_tokenizer_goldens.py --text TEXT...

Training is not repeatable to the bit, so new goldens always come with new tokenizers. TEXT are UTF-8 files whose lines
join the generated ones in training; a hundred of them are encoded as well (the stored ones are questions of GSM8K).

data/lines.bin        per line a 32-bit byte count and the bytes; all numbers are little-endian
data/NAME/            tokenizer.json (or a SentencePiece file) and tokenizer_config.json; or `base`, the NAME whose
                      tokenizer.json it shares
data/NAME/golden.bin  32-bit count of lines stored whole; per such line a count of tokens and per token its id, its
                      begin less the end before it (zigzag) and its length, each as LEB128;
                      then for every line a 32-bit FNV-1a digest of its tokens (id, begin, end; 32 bits each);
                      then a digest of the ids of all lines cut to 7, and one of all lines decoded without special
                      tokens, line by line, each followed by a line feed
Folders named probe_* have offsets of 0: their model ends every piece with a sign that is not in the text, and the
library counts it.
"""
import argparse
import itertools
import json
import os
import shutil
import struct

import configurations
import corpus
import live
import sp_models

WHOLE, LINES, CUT = 48, 1200, 7
OWN = ["", " ", "  ", "\n", "\r\n", "a", " a", "a ", "  a  b  ", "\t\tx", "Hello, world!", "I'll say it's John's.", "0",
       "12345 67.89", "\u00a0x\u3000y", "<s>", "</s> </s>", "<mask> <mask>", "a<mask>b", "<think>  x  </think>",
       "café cafés décafé", "<|endoftext|><|endoftext|>", "▁", "▁▁a", "a\u0301\u0323b", "\u1100\u1161\u11a8",
       "x" * 300, " " * 300, "é" * 100, "\ud7ff\ue000\uffff\U0010ffff", "\ufeffx", "\0a\0"]


def fnv(data, digest=0x811C9DC5):
    for byte in data:
        digest = (digest ^ byte) * 0x01000193 & 0xFFFFFFFF
    return digest


def leb(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def zigzag(value):
    return value * 2 if value >= 0 else -value * 2 - 1


def whole(tokens):
    out, last = leb(len(tokens)), 0
    for token, begin, end in tokens:
        out += leb(token) + leb(zigzag(begin - last)) + leb(end - begin)
        last = end
    return out


def golden(folder, lines):
    from transformers import AutoTokenizer
    tokenizer = AutoTokenizer.from_pretrained(folder)
    encoded = tokenizer.backend_tokenizer.encode_batch(lines)
    stored = WHOLE
    if os.path.basename(folder).startswith("probe_"):
        stored, tokens = 0, [[(i, 0, 0) for i in e.ids] for e in encoded]
    else:
        tokens = [[(i, *offsets) for i, offsets in zip(e.ids, live.byte_offsets(line, e.offsets))]
                  for line, e in zip(lines, encoded)]
    out = struct.pack("<I", stored) + b"".join(whole(t) for t in tokens[:stored])
    for line in tokens:
        out += struct.pack("<I", fnv(struct.pack(f"<{3 * len(line)}I", *itertools.chain(*line))))
    cut = decoded = 0x811C9DC5
    for line, e in zip(lines, encoded):
        ids = tokenizer(line, max_length=CUT, truncation=True)["input_ids"]
        cut = fnv(struct.pack(f"<{len(ids)}I", *ids), cut)
        text = tokenizer.decode(e.ids, skip_special_tokens=True)
        decoded = fnv(text.encode("utf-8") + b"\n", decoded)
    with open(os.path.join(folder, "golden.bin"), "wb") as file:
        file.write(out + struct.pack("<II", cut, decoded))


def add_probes(data, names):
    """More probes for the lines that are stored already; nothing else is touched."""
    stored, lines, at = open(os.path.join(data, "lines.bin"), "rb").read(), [], 0
    while at < len(stored):
        size, = struct.unpack_from("<I", stored, at)
        lines.append(stored[at + 4:at + 4 + size].decode("utf-8"))
        at += 4 + size
    for name in names:
        configurations.write(data, "probe_" + name, *configurations.probe(*configurations.PROBES[name]))
        golden(os.path.join(data, "probe_" + name), lines)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--add-probe", nargs="+", default=[], help="make these alone, for the stored lines")
    arguments.add_argument("--text", nargs="+", default=[])
    arguments.add_argument("--size", type=int, default=1200)
    given = arguments.parse_args()
    data = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data")
    if given.add_probe:
        return add_probes(data, given.add_probe)
    shutil.rmtree(data, ignore_errors=True)
    os.makedirs(data)
    read = [line.rstrip("\n") for path in given.text for line in open(path, encoding="utf-8")]
    training = read + list(corpus.generated(1, 4000))
    lines = OWN + read[:100]
    lines += list(corpus.generated(2, LINES - len(lines)))
    lines = [line.encode("utf-8", "replace").decode("utf-8") for line in lines]
    with open(os.path.join(data, "lines.bin"), "wb") as file:
        for line in lines:
            file.write(struct.pack("<I", len(line.encode("utf-8"))) + line.encode("utf-8"))
    for name, make in configurations.TRAINED.items():
        configurations.write(data, name, *make(training, given.size))
    for name, parts in configurations.PROBES.items():
        configurations.write(data, "probe_" + name, *configurations.probe(*parts))
    for name, (base, config) in configurations.VARIANTS.items():
        folder = os.path.join(data, name)
        os.makedirs(folder)
        shutil.copy(os.path.join(data, base, "tokenizer.json"), folder)
        for path, text in (("tokenizer_config.json", json.dumps(config, ensure_ascii=False)), ("base", base)):
            with open(os.path.join(folder, path), "w", encoding="utf-8") as file:
                file.write(text)
    sp_models.make(data, training, given.size)
    for name in sorted(os.listdir(data)):
        folder = os.path.join(data, name)
        if os.path.isdir(folder):
            golden(folder, lines)
            if os.path.exists(os.path.join(folder, "base")):
                os.remove(os.path.join(folder, "tokenizer.json"))
            print(name, flush=True)


if __name__ == "__main__":
    main()
