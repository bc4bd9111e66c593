#!/usr/bin/env python3
"""Evaluates an instruct task with transformers and PEFT: what `god evaluate` is compared with.

    pip install -r ../../sdk/examples/demo/requirements.txt
    python3 evaluate_reference.py --task task.json --data rows.jsonl --base DIR --submission NAME=DIR ... \
            [--precision f32|bf16] [--out FILE]

Prints one object in the shape of `god evaluate --json`; every result also has `examples`, one entry per scored row:
`row` (0-based index in the data file), `ids` and `labels` (counts), `loss`, and `kl_sum` over the label positions.
Numbers are printed with all their digits.

It shares no code with the project: instruct_rows.py beside it turns rows into ids and labels, and the models run one
row at a time through the libraries' own classes.

f32   weights widened to float32, everything in float32.
bf16  weights in bfloat16; a submission runs under autocast to bfloat16 (so a LoRA branch is rounded to bf16 at each
      step), the base of the KL term runs without autocast. Logits are bf16 values.
In both, log-softmax and sums are taken in float64 from the logits, so that what is stored is the model's number and not
the noise of the reduction.
"""

import argparse
import json
import math
import sys
from contextlib import nullcontext
from pathlib import Path

import peft
import torch
import transformers
from instruct_rows import DataError, build_examples

IGNORE = -100
DTYPES = {"f32": torch.float32, "bf16": torch.bfloat16}
SAME_FIELDS = (
    "architectures hidden_size n_layer intermediate_size head_dim hidden_act model_type num_hidden_layers"
    " num_attention_heads num_key_value_heads"
).split()


def read_rows(path):
    text = Path(path).read_text(encoding="utf-8")
    if Path(path).suffix == ".jsonl":
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    return json.loads(text)


def load_full(path, precision):
    model, info = transformers.AutoModelForCausalLM.from_pretrained(
        path, dtype=DTYPES[precision], output_loading_info=True
    )
    lost = sorted(info["missing_keys"]) + sorted(map(str, info["mismatched_keys"]))
    if lost:
        raise DataError(f"missing or mismatching tensors: {', '.join(lost[:3])}")
    return model.eval()


def load_submission(path, base_path, precision):
    if not (Path(path) / "adapter_config.json").exists():
        return load_full(path, precision)
    return peft.PeftModel.from_pretrained(load_full(base_path, precision), path).eval()


def is_finetune(path, base_path):
    """Spec 1.5: a LoRA always is; a full model is when its configuration matches the base's."""
    if (Path(path) / "adapter_config.json").exists():
        return True
    mine, base = (json.loads((Path(p) / "config.json").read_text(encoding="utf-8")) for p in (path, base_path))
    if mine.get("architectures") != base.get("architectures"):
        return False
    return all(base.get(name) is None or mine.get(name) == base[name] for name in SAME_FIELDS)


def same_weights(model, base):
    mine, theirs = model.state_dict(), base.state_dict()
    return mine.keys() == theirs.keys() and all(torch.equal(mine[key], theirs[key]) for key in mine)


def log_probabilities(model, ids, autocast):
    with torch.autocast("cpu", torch.bfloat16) if autocast else nullcontext():
        logits = model(input_ids=torch.tensor([ids])).logits[0]
    return torch.log_softmax(logits.double(), dim=-1)


def score(model, base_logs, examples, precision):
    """Per-example losses (divisor: labels counted without the shift) and KL sums (labels not shifted)."""
    scored = []
    for index, example in enumerate(examples):
        labels = torch.tensor(example["labels"])
        logs = log_probabilities(model, example["ids"], precision == "bf16")
        targets = labels[1:] != IGNORE
        nll = -logs[:-1][targets].gather(1, labels[1:][targets].unsqueeze(1))
        count = int((labels != IGNORE).sum())
        entry = {
            "row": example["row"],
            "ids": len(example["ids"]),
            "labels": count,
            "loss": float(nll.sum()) / count,
        }
        if base_logs is not None:
            mine, theirs = logs[labels != IGNORE], base_logs[index]
            entry["kl_sum"] = float((mine.exp() * (mine - theirs)).sum())
        scored.append(entry)
    return scored


def summarise(name, scored, kl_coef):
    raw = math.fsum(entry["loss"] for entry in scored) / len(scored)
    tokens = sum(entry["labels"] for entry in scored)
    result = {"name": name, "status": "ok", "eval_loss": raw, "eval_loss_raw": raw}
    if kl_coef:
        kl = math.fsum(entry["kl_sum"] for entry in scored) / tokens
        result.update(eval_loss=raw + kl_coef * kl, kl_divergence=kl)
    result.update(samples=len(scored), tokens=tokens, message="", examples=scored)
    if not math.isfinite(result["eval_loss"]):
        message = f"the loss is {result['eval_loss']}"
        return {"name": name, "status": "failed", "message": message}
    return result


@torch.no_grad()
def evaluate(task, rows, base_path, submissions, precision):
    tokenizer = transformers.AutoTokenizer.from_pretrained(base_path)
    kl_coef = task.get("kl_coef") or 0.0 if task.get("use_kl") else 0.0
    base = load_full(base_path, precision)
    base_logs, base_limit = None, None
    results = []
    for name, path in submissions:
        try:
            model = load_submission(path, base_path, precision)
            limit = model.config.max_position_embeddings
            examples = build_examples(task["dataset_type"], rows, tokenizer, limit)
            if kl_coef and limit != base_limit:
                # The base's distributions on the same label positions, once per context limit.
                base_logs = []
                for example in examples:
                    mask = torch.tensor(example["labels"]) != IGNORE
                    base_logs.append(log_probabilities(base, example["ids"], False)[mask])
                base_limit = limit
            result = summarise(name, score(model, base_logs, examples, precision), kl_coef)
            if result["status"] == "ok" and same_weights(model, base):
                result.update(status="not_finetuned", message="the weights are those of the base model")
            elif result["status"] == "ok" and not is_finetune(path, base_path):
                result.update(status="not_finetuned", message="the configuration differs from the base model's")
        except Exception as error:  # the submission fails alone, whatever the library raised
            result = {"name": name, "status": "failed", "message": str(error).splitlines()[0][:350]}
        results.append(result)
    ranked = sorted((r for r in results if r["status"] == "ok"), key=lambda r: r["eval_loss"])
    for result in results:
        result["rank"] = ranked.index(result) + 1 if result in ranked else None
    return results


def main():
    parser = argparse.ArgumentParser(description="reference evaluation of an instruct task")
    parser.add_argument("--task", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--base", required=True)
    parser.add_argument("--submission", action="append", required=True, metavar="NAME=DIR")
    parser.add_argument("--precision", choices=sorted(DTYPES), default="f32")
    parser.add_argument("--out")
    args = parser.parse_args()

    transformers.utils.logging.set_verbosity_error()
    task = json.loads(Path(args.task).read_text(encoding="utf-8"))
    submissions = [pair.split("=", 1) for pair in args.submission]
    results = evaluate(task, read_rows(args.data), args.base, submissions, args.precision)
    report = {
        "task_type": task.get("task_type", "InstructTextTask"),
        "direction": "lower",
        "precision": args.precision,
        "made_with": {
            "python": sys.version.split()[0],
            "torch": torch.__version__,
            "transformers": transformers.__version__,
            "peft": peft.__version__,
        },
        "results": results,
    }
    text = to_text(report)
    if args.out:
        Path(args.out).write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)


def to_text(report):
    """JSON with one example per line: short enough to diff, whole enough to read."""
    lines = json.dumps(report, indent=1).split("\n")
    out, inside = [], None
    for line in lines:
        if inside is None and line.strip() == "{" and line.startswith("    "):
            inside = [line]
        elif inside is not None:
            inside.append(line.strip())
            if line.strip() in ("}", "},"):
                out.append(inside[0] + " ".join(inside[1:-1]) + inside[-1])
                inside = None
        else:
            out.append(line)
    return "\n".join(out) + "\n"


if __name__ == "__main__":
    main()
