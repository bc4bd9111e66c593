#!/usr/bin/env python3
"""Writes one <name>.json per kind of PEFT adapter: a random adapter on a tiny model and what PEFT says about it.

    pip install -r ../../../sdk/examples/demo/requirements.txt
    python3 make_adapters.py [NAME ...] [--seed N] [--models DIR] [--out DIR]

The members are those of ../models/make_tiny_models.py, with these differences:

    base                 the golden file of the base model, in --models (../models by default)
    adapter_config       adapter_config.json as PEFT wrote it
    tensors              of adapter_model.safetensors; there is no perturbed copy
    nll                  under the adapted model
    kl                   KL(adapted || base)

f32: everything in float32. bf16: the base's weights in bfloat16, the adapter's in float32; the adapted model runs
under autocast to bfloat16, which rounds each step of the adapter's branch, and the base of the KL without autocast.
The bounds are those of the models.
"""

import argparse
import json
import sys
import tempfile
import warnings
from contextlib import nullcontext
from pathlib import Path

import peft
import torch
import transformers
from safetensors import safe_open

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "models"))
from kinds import KINDS  # noqa: E402
from make_tiny_models import (  # noqa: E402
    DIGITS,
    DTYPES,
    bulk_log_probabilities,
    draw,
    draw_packs,
    load,
    measure_bulk,
    to_text,
)
from weights import write_safetensors  # noqa: E402

SEED = 23


def write_base(golden, folder):
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(golden["config"]), encoding="utf-8")
    write_safetensors(folder / "model.safetensors", golden["tensors"], golden["seed"], 0.0)


def save_shell(base_dir, options, folder):
    """An adapter as PEFT saves it: its configuration, and the names and shapes of its tensors."""
    config = peft.LoraConfig(task_type="CAUSAL_LM", lora_dropout=0.0, **options)
    model = peft.get_peft_model(load(base_dir, "f32"), config)
    model.peft_config["default"].base_model_name_or_path = "tiny/base"
    model.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)
    with safe_open(folder / "adapter_model.safetensors", "pt") as file:
        return [(name, list(file.get_slice(name).get_shape())) for name in sorted(file.keys())]


def draw_adapter(name, shape):
    """A as a linear layer would be, B smaller, magnitudes of DoRA near the norm of the rows they stand for."""
    if "lora_magnitude_vector" in name:
        return 0.4, 1.2
    if "lora_B" in name or "lora_embedding_B" in name:
        return 0.15, 0.0
    if "lora_A" in name or "lora_embedding_A" in name:
        return round((3.0 / shape[-1]) ** 0.5, 4), 0.0
    return draw({}, name, shape)  # a module that is saved whole, or a bias


def load_adapted(base_dir, folder, precision):
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=".*missing adapter keys.*")
        return peft.PeftModel.from_pretrained(load(base_dir, precision), folder).eval()


def in_autocast(call, *arguments):
    with torch.autocast("cpu", torch.bfloat16):
        return call(*arguments)


@torch.no_grad()
def log_probabilities(model, ids, autocast):
    with torch.autocast("cpu", torch.bfloat16) if autocast else nullcontext():
        logits = model(input_ids=torch.tensor([ids]), use_cache=False).logits[0]
    return torch.log_softmax(logits.double(), dim=-1)


def measure(adapted, base, sequences, precision):
    nll, kl = [], []
    for ids in sequences:
        p = log_probabilities(adapted, ids, precision == "bf16")
        q = log_probabilities(base, ids, False)
        nll.append((-p[:-1].gather(1, torch.tensor(ids[1:], dtype=torch.int64).unsqueeze(1))[:, 0]).tolist())
        kl.append((p.exp() * (p - q)).sum(1).tolist())
    digits = DIGITS[precision]
    shorten = lambda rows: [[float(f"{x:.{digits}g}") for x in row] for row in rows]
    return {"nll": shorten(nll), "kl": shorten(kl)}


def make(kind, seed, models):
    base_golden = json.loads((models / f"{kind['base']}.json").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory(prefix="tiny-adapters-") as scratch:
        base_dir, folder = Path(scratch) / "base", Path(scratch) / "adapter"
        write_base(base_golden, base_dir)
        names = save_shell(base_dir, kind["options"], folder)
        tensors = [[n, kind.get("dtype", "F32"), shape, *draw_adapter(n, shape)] for n, shape in names]
        write_safetensors(folder / "adapter_model.safetensors", tensors, seed, 0.0)
        config = json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))
        for key, value in config.items():
            if isinstance(value, list) and all(isinstance(item, str) for item in value):
                config[key] = sorted(value)  # PEFT keeps these as sets: in no order
        packs = draw_packs(kind["name"], seed, base_golden["config"]["vocab_size"])
        for precision in DTYPES:
            adapted, base = load_adapted(base_dir, folder, precision), load(base_dir, precision)
            for pack in packs:
                pack[precision] = measure(adapted, base, pack["ids"], precision)
        with_adapter = lambda ids: in_autocast(bulk_log_probabilities, adapted, ids)  # in bf16 by now
        bulk = measure_bulk(packs, seed, base_golden["config"]["vocab_size"], with_adapter, with_adapter,
                            lambda ids: bulk_log_probabilities(base, ids))
    return {
        "name": kind["name"],
        "base": kind["base"],
        "made_with": f"peft {peft.__version__}, transformers {transformers.__version__}, torch {torch.__version__}",
        "seed": seed,
        "adapter_config": config,
        "tensors": tensors,
        "bulk": bulk,
        "packs": packs,
    }


def main():
    parser = argparse.ArgumentParser(description="random adapters on tiny models and their reference values")
    parser.add_argument("names", nargs="*", help="entries of kinds.py; all when none is given")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--models", type=Path, default=HERE.parent / "models")
    parser.add_argument("--out", type=Path, default=HERE)
    args = parser.parse_args()
    warnings.simplefilter("ignore")  # advice on tied weights and embeddings
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    for kind in KINDS:
        if args.names and kind["name"] not in args.names:
            continue
        golden = make(kind, args.seed, args.models)
        (args.out / f"{kind['name']}.json").write_text(to_text(golden), encoding="utf-8")
        mean = lambda precision, key: [round(sum(map(sum, p[precision][key])), 5) for p in golden["packs"]]
        print(f"{kind['name']:<24} on {kind['base']}")
        for key in ("nll", "kl"):
            print(f"    {key:<4} f32 {mean('f32', key)} bf16 {mean('bf16', key)}")


if __name__ == "__main__":
    main()
