#!/usr/bin/env python3
"""Writes one <name>.json per architecture: a tiny random model and what transformers says about it.

    pip install -r ../../../sdk/examples/demo/requirements.txt
    python3 make_tiny_models.py [NAME ...] [--seed N] [--out DIR]

A file holds all that a test needs to rebuild the model folder and to check the engine:

    name, architecture   of the entry; the first of config's `architectures`
    config               config.json, word for word
    seed, perturbation   for the generator in weights.py; the model is drawn with perturbation 0, its perturbed copy
                         with the number given
    tensors              [name, dtype, shape, scale, offset] in file order; one model.safetensors in this order
    packs                list of packs; each has
        ids              list of sequences of token ids; each starts at position 0 and sees nothing of the others
        f32, bf16        for the model with weights and arithmetic in that precision:
            nll          per sequence of n ids, n - 1 numbers: -log p(ids[t + 1] | ids[..t]) under the model, nats
            kl           per sequence, n numbers: KL(perturbed copy || model) of the distribution after position t
    bulk                 enough sequences in bf16 for a mean that is sharper than the bound:
        sequences, length   of them; ids are drawn from the generator's stream "bulk": floor(u * vocab_size)
        nll, kl             sums over all their numbers, as above

Logits come from the library at the given precision with its default attention, one sequence at a time; log-softmax and
sums are in float64. A model whose rope table depends on the length is run afresh for every sequence.

Bounds that hold between two correct implementations: in f32 |a - b| <= 1e-5 * max(1, |b|) for every number (float64
runs of the library differ from these numbers by a fifth of that). In bf16 single positions carry the rounding of
logits, and a mixture of experts may choose another expert at a near tie, so sums over all packs and the bulk are
compared: 2e-3 relative for nll and for kl. The rounding of one position is as good as independent of the next one's,
so what two correct implementations differ by falls with the square root of the rows; how many rows the bulk has follows
from that, with the library's own distance between bf16 and f32 as the measure of one row's rounding. The packs alone
have too few rows for that: where the bulk is left out (the slow plain operations), the bound is 5e-3.
"""

import argparse
import copy
import json
import math
import random
import sys
import tempfile
from pathlib import Path

import torch
import transformers
from architectures import ARCHITECTURES
from safetensors import safe_open
from weights import uniform, write_safetensors

HERE = Path(__file__).resolve().parent
SEED = 17
PERTURBATION = 0.2
LENGTHS = [[1, 2], [3, 40, 1, 23], [70], [64, 120]]  # most reach beyond every window and original context
DTYPES = {"f32": torch.float32, "bf16": torch.bfloat16}
DIGITS = {"f32": 9, "bf16": 5}
BULK_LENGTH = 120
BULK_AT_ONCE = 16
BULK_SEQUENCES = (16, 400)  # at least, at most
BULK_BOUND = 2e-3
BULK_DEVIATIONS = 6  # how many standard errors of the mean the bound should be


def tensor_names(config, folder):
    """Names and shapes as the library saves them, which is how they are published."""
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    model = transformers.AutoModelForCausalLM.from_config(transformers.AutoConfig.from_pretrained(folder))
    model.save_pretrained(folder / "saved")
    with safe_open(folder / "saved" / "model.safetensors", "pt") as file:
        return [(name, list(file.get_slice(name).get_shape())) for name in sorted(file.keys())]


def draw(entry, name, shape):
    """Scale and offset of one tensor: activations stay near 1, logits spread over a few nats."""
    if len(shape) == 1 and name.endswith("weight") and "norm" in name.lower() + ("norm" if "ln_" in name else ""):
        return 0.5, 0.0 if entry.get("norm_plus_one") else 1.0
    if len(shape) == 1:
        return 0.25, 0.0
    table = any(word in name for word in ("embed", "wte", "wpe"))
    if table and any(word in name for word in ("position", "wpe")):
        return 0.5, 0.0
    fan_in = shape[0] if entry.get("conv1d") and not table else shape[-1]
    gain = 2.0 if table or "lm_head" in name or name.startswith("embed_out") else 1.25
    if name.endswith(("router.weight", "mlp.gate.weight", "block_sparse_moe.gate.weight")):
        gain = 4.0  # clear choices: a near tie between experts would turn on the last bit
    return round(gain * (3.0 / fan_in) ** 0.5, 4), 0.0


def load(folder, precision):
    model, info = transformers.AutoModelForCausalLM.from_pretrained(
        folder, dtype=DTYPES[precision], output_loading_info=True
    )
    for kind in ("missing_keys", "unexpected_keys", "mismatched_keys"):
        if info[kind]:
            sys.exit(f"{folder.name}: {kind}: {sorted(map(str, info[kind]))[:4]}")
    return model.eval()


@torch.no_grad()
def log_probabilities(model, ids):
    fresh = copy.deepcopy(model)  # no rope table grown by an earlier sequence
    return torch.log_softmax(fresh(input_ids=torch.tensor([ids]), use_cache=False).logits[0].double(), dim=-1)


def measure(model, perturbed, sequences, digits):
    nll, kl = [], []
    for ids in sequences:
        q, p = log_probabilities(model, ids), log_probabilities(perturbed, ids)
        nll.append((-q[:-1].gather(1, torch.tensor(ids[1:], dtype=torch.int64).unsqueeze(1))[:, 0]).tolist())
        kl.append((p.exp() * (p - q)).sum(1).tolist())
    shorten = lambda rows: [[float(f"{x:.{digits}g}") for x in row] for row in rows]
    return {"nll": shorten(nll), "kl": shorten(kl)}


def draw_packs(name, seed, vocab_size):
    rng = random.Random(f"{name} {seed}")
    return [{"ids": [[rng.randrange(vocab_size) for _ in range(n)] for n in lengths]} for lengths in LENGTHS]


def bulk_sequences(packs):
    """How many sequences make BULK_BOUND of the mean divergence BULK_DEVIATIONS standard errors."""
    rows = lambda precision: [x for pack in packs for row in pack[precision]["kl"] for x in row]
    bf16, f32 = rows("bf16"), rows("f32")
    one_row = math.sqrt(2.0 * sum((a - b) ** 2 for a, b in zip(bf16, f32)) / len(f32))  # two roundings differ
    needed = (BULK_DEVIATIONS * one_row / (BULK_BOUND * sum(f32) / len(f32))) ** 2
    return min(max(math.ceil(needed / BULK_LENGTH), BULK_SEQUENCES[0]), BULK_SEQUENCES[1])


def bulk_log_probabilities(model, ids):
    return torch.log_softmax(model(input_ids=ids, use_cache=False).logits.double(), dim=-1)


@torch.no_grad()
def measure_bulk(packs, seed, vocab_size, model, other, reference):
    """Sums over many sequences of one length, some at a time. Each of the three turns ids (sequences, length) into
    log-probabilities: nll is under `model`, kl from `other` to `reference`."""
    sequences = bulk_sequences(packs)
    ids = torch.tensor((uniform("bulk", seed, sequences * BULK_LENGTH) * vocab_size).astype("int64"))
    nll = kl = 0.0
    for part in ids.reshape(sequences, BULK_LENGTH).split(BULK_AT_ONCE):
        p, q = other(part), reference(part)
        kl += (p.exp() * (p - q)).sum().item()
        scored = p if model is other else q
        nll -= scored[:, :-1].gather(2, part[:, 1:, None]).sum().item()
    return {"sequences": sequences, "length": BULK_LENGTH, "nll": float(f"{nll:.9g}"), "kl": float(f"{kl:.9g}")}


def make(entry, seed):
    name, config = entry["name"], entry["config"]
    with tempfile.TemporaryDirectory(prefix="tiny-models-") as scratch:
        names = tensor_names(config, Path(scratch))
        dtype = entry.get("dtype", "BF16")
        tensors = [[n, dtype, shape, *draw(entry, n, shape)] for n, shape in names]
        folders = []
        for label, perturbation in (("model", 0.0), ("perturbed", PERTURBATION)):
            folder = Path(scratch) / label
            folder.mkdir()
            (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
            write_safetensors(folder / "model.safetensors", tensors, seed, perturbation)
            folders.append(folder)
        packs = draw_packs(name, seed, config["vocab_size"])
        for precision in DTYPES:
            model, perturbed = (load(folder, precision) for folder in folders)
            for pack in packs:
                pack[precision] = measure(model, perturbed, pack["ids"], DIGITS[precision])
        ours, copied = (lambda ids, m=m: bulk_log_probabilities(m, ids) for m in (model, perturbed))  # in bf16 by now
        bulk = measure_bulk(packs, seed, config["vocab_size"], ours, copied, ours)
    return {
        "name": name,
        "architecture": config["architectures"][0],
        "made_with": f"transformers {transformers.__version__}, torch {torch.__version__}",
        "seed": seed,
        "perturbation": PERTURBATION,
        "config": config,
        "tensors": tensors,
        "bulk": bulk,
        "packs": packs,
    }


def to_text(golden):
    """One tensor, one sequence list per line."""
    compact = lambda value: json.dumps(value, separators=(",", ":"))
    head = [f' "{key}": {compact(golden[key])}' for key in golden if key not in ("tensors", "packs")]
    tensors = ",\n".join("  " + compact(tensor) for tensor in golden["tensors"])
    packs = []
    for pack in golden["packs"]:
        parts = [f'"ids": {compact(pack["ids"])}']
        for precision in DTYPES:
            numbers = pack[precision]
            inner = ",\n    ".join(f'"{key}": {compact(numbers[key])}' for key in numbers)
            parts.append(f'"{precision}": {{\n    {inner}}}')
        packs.append("  {" + ",\n   ".join(parts) + "}")
    body = head + [f' "tensors": [\n{tensors}]', ' "packs": [\n' + ",\n".join(packs) + "]"]
    return "{\n" + ",\n".join(body) + "\n}\n"


def main():
    parser = argparse.ArgumentParser(description="tiny random models and their reference values")
    parser.add_argument("names", nargs="*", help="entries of architectures.py; all when none is given")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--out", type=Path, default=HERE)
    args = parser.parse_args()
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    for entry in ARCHITECTURES:
        if args.names and entry["name"] not in args.names:
            continue
        golden = make(entry, args.seed)
        (args.out / f"{entry['name']}.json").write_text(to_text(golden), encoding="utf-8")
        mean = lambda precision, key: [round(sum(map(sum, p[precision][key])), 5) for p in golden["packs"]]
        size = sum(torch.tensor(t[2]).prod().item() for t in golden["tensors"])
        print(f"{entry['name']:<20} {size:>7} parameters")
        for key in ("nll", "kl"):
            print(f"    {key:<4} f32 {mean('f32', key)} bf16 {mean('bf16', key)}")


if __name__ == "__main__":
    main()
