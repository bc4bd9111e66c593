#!/usr/bin/env python3
"""Evaluates a DPO task with TRL's own DPOTrainer.evaluate: what god.text.dpo is compared with.

    pip install -r requirements-trl.txt
    python3 trl_reference.py [--task-folder FOLDER] [--precision f32|bf16] [--max-length N ...] [--out FILE]

Profile P1: the base as explicit reference model, beta 0.1, one pair per batch, file order, on the processor. Without
--task-folder the demo's task, into demo_dpo_trl.json. Without --max-length the task is evaluated twice: at the base's
max_position_embeddings, and at a length that cuts into prompts and answers. In bf16 weights and activations are bf16;
logits are widened before TRL sees them, because the score that ranks is defined on exact arithmetic from there on; a
LoRA runs under autocast, which rounds its branch to bf16 as training does. Everything else is TRL's own work, from strings to losses; this program watches:

    rows      what the policy was given, per pair and side: `tokens`, and `ids_sha256` over its ids as little-endian
              int32, and from the trainer's tokenized data set `tokens_uncut`, `scored` (answer ids that have a
              predictor). Rows count from 1. The same for all submissions
    results   per submission `losses` (float32 values, one per pair), `eval_loss` their mean in float64,
              `eval_loss_trainer` the number evaluate() returned

Models that a later version of transformers wrote (the demo's) have their configuration respelled for this one.
"""

import argparse
import hashlib
import json
import math
import os
import struct
import sys
import tempfile
from contextlib import nullcontext
from importlib.metadata import version
from pathlib import Path

from compare_trl import DEMO, STORED, link_model

os.environ["HF_HUB_OFFLINE"] = "1"

import datasets  # noqa: E402
import peft  # noqa: E402
import torch  # noqa: E402
import transformers  # noqa: E402
import trl  # noqa: E402

SUBMISSIONS = ["full", "lora_r8", "lora_r16_rs", "lora_wild"]
LIBRARIES = ["torch", "transformers", "tokenizers", "trl", "peft", "accelerate", "datasets"]
DTYPES = {"f32": torch.float32, "bf16": torch.bfloat16}
BETA = 0.1
SHORT = 150  # between the shortest row of the demo (81 ids) and its longest answers


class WatchedTrainer(trl.DPOTrainer):
    """The trainer, keeping each batch's loss."""

    def prediction_step(self, *args, **kwargs):
        step = super().prediction_step(*args, **kwargs)
        self.losses.append(step[0].item())
        return step


def older_spelling(source, target):
    """Where transformers 4 looks for the rope base."""
    rope = json.loads((source / "config.json").read_text(encoding="utf-8")).get("rope_parameters")
    if rope is None:
        return link_model(source, target, {})
    if rope["rope_type"] != "default":
        sys.exit(f"{source}: rope type {rope['rope_type']!r} has no older spelling here")
    return link_model(source, target, {"rope_theta": rope["rope_theta"]})


def load_full(folder, precision):
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=DTYPES[precision])
    rope = getattr(model.config, "rope_parameters", None)
    if rope and model.config.rope_theta != rope["rope_theta"]:
        sys.exit(f"{folder}: the rope base was lost")
    return model.eval()


def load_submission(args, name, scratch):
    folder = args.task_folder / "models" / name
    if (folder / "adapter_config.json").exists():
        return peft.PeftModel.from_pretrained(load_full(scratch / "base", args.precision), folder).eval()
    return load_full(older_spelling(folder, scratch / name), args.precision)


def widen_logits(module, inputs, output):
    output.logits = output.logits.float()
    return output


def load_pairs(folder):
    record = json.loads((folder / "dpo" / "task.json").read_text(encoding="utf-8"))["dataset_type"]
    text = (folder / "dpo" / "rows.jsonl").read_text(encoding="utf-8")
    rows = [json.loads(line) for line in text.splitlines()]
    columns = {name: record.get(f"field_{name}") or name for name in ("prompt", "chosen", "rejected")}
    return datasets.Dataset.from_list([{name: row[column] for name, column in columns.items()} for row in rows])


def describe(row, given):
    """A pair as it was prepared, and as the model was given it."""
    sides = {}
    for side, ids in zip(("chosen", "rejected"), given):
        answer = row[f"{side}_input_ids"]
        uncut = row["prompt_input_ids"] + answer
        if uncut[-len(ids) :] != ids:
            sys.exit(f"the model was given ids that are no ending of the prepared {side} row")
        sides[side] = {
            "tokens": len(ids),
            "tokens_uncut": len(uncut),
            "scored": min(len(answer), len(ids) - 1),
            "ids_sha256": hashlib.sha256(struct.pack(f"<{len(ids)}i", *ids)).hexdigest(),
        }
    return sides


def evaluate(args, model, base, tokenizer, pairs, max_length, scratch):
    given = []

    def watch(module, args, kwargs):
        rows = zip(args[0].tolist(), kwargs["attention_mask"].tolist())
        given.append([[token for token, real in zip(*row) if real] for row in rows])

    options = trl.DPOConfig(  # neither fp16 nor bf16: no precision but that of the models given
        output_dir=str(scratch / "out"),
        beta=BETA,
        max_length=max_length,
        per_device_eval_batch_size=1,
        bf16=False,
        fp16=False,
        use_cpu=True,
        gradient_checkpointing=False,
        report_to=[],
        disable_tqdm=True,
    )
    hooks = [model.register_forward_pre_hook(watch, with_kwargs=True)]
    hooks += [one.register_forward_hook(widen_logits) for one in (model, base)]
    # The training set is required and never used.
    trainer = WatchedTrainer(
        model=model,
        ref_model=base,
        args=options,
        train_dataset=pairs.select([0]),
        eval_dataset=pairs,
        processing_class=tokenizer,
    )
    trainer.remove_callback(transformers.PrinterCallback)
    trainer.losses = []
    with torch.autocast("cpu", torch.bfloat16) if args.precision == "bf16" else nullcontext():
        reported = trainer.evaluate()["eval_loss"]
    for hook in hooks:
        hook.remove()
    rows = [{"row": index + 1, **describe(row, given[index])} for index, row in enumerate(trainer.eval_dataset)]
    if not len(given) == len(trainer.losses) == len(rows) == len(pairs):
        sys.exit(f"{len(pairs)} pairs, {len(given)} forward passes, {len(trainer.losses)} losses")
    return rows, {
        "eval_loss": math.fsum(trainer.losses) / len(trainer.losses),
        "eval_loss_trainer": reported,
        "losses": trainer.losses,
    }


def evaluate_case(args, max_length):
    pairs = load_pairs(args.task_folder)
    with tempfile.TemporaryDirectory(prefix="god-trl-") as folder:
        scratch = Path(folder)
        base = load_full(older_spelling(args.task_folder / "models" / "base", scratch / "base"), args.precision)
        tokenizer = transformers.PreTrainedTokenizerFast.from_pretrained(scratch / "base")
        limit = max_length or base.config.max_position_embeddings
        case = {"max_length": limit, "rows": None, "results": []}
        for name in (name for name in SUBMISSIONS if (args.task_folder / "models" / name).is_dir()):
            model = load_submission(args, name, scratch)
            rows, result = evaluate(args, model, base, tokenizer, pairs, limit, scratch)
            if case["rows"] not in (None, rows):
                sys.exit(f"{name}: other token ids than the submission before it")
            case["rows"] = rows
            case["results"].append({"name": name, **result})
            print(f"max_length {limit}: {name} {result['eval_loss']}", file=sys.stderr, flush=True)
    return case


def to_text(report):
    """JSON with one row, and one submission, per line."""
    cases = []
    for case in report["cases"]:
        parts = [f'"max_length": {case["max_length"]}']
        for name in ("rows", "results"):
            parts.append(f'"{name}": [\n   ' + ",\n   ".join(json.dumps(entry) for entry in case[name]) + "]")
        cases.append("{" + ",\n  ".join(parts) + "}")
    head = json.dumps({**report, "cases": None}, indent=1).removesuffix("null\n}")
    return head + "[\n " + ",\n ".join(cases) + "]\n}\n"


def main():
    parser = argparse.ArgumentParser(description="evaluate a DPO task with TRL")
    parser.add_argument("--task-folder", type=Path, default=DEMO, help="holds models/ and dpo/, as the demo does")
    parser.add_argument("--precision", choices=list(DTYPES), default="f32")
    parser.add_argument("--max-length", type=int, action="append", help="0: the base's; may be repeated")
    parser.add_argument("--out", type=Path, default=STORED)
    args = parser.parse_args()
    torch.set_num_threads(1)
    datasets.disable_progress_bars()
    report = {"task_type": "DpoTask", "precision": args.precision, "profile": "P1", "beta": BETA}
    report["made_with"] = {name: version(name) for name in LIBRARIES}
    report["cases"] = [evaluate_case(args, length) for length in args.max_length or (0, SHORT)]
    args.out.write_text(to_text(report), encoding="utf-8")


if __name__ == "__main__":
    main()
