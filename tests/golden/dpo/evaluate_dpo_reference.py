#!/usr/bin/env python3
"""Evaluates a DPO task with transformers and PEFT: what god.text.dpo is compared with.

    pip install -r ../../../sdk/examples/demo/requirements.txt
    python3 evaluate_dpo_reference.py --task task.json --data rows.jsonl --base DIR --submission NAME=DIR ... \
            [--profile P1|P2] [--out FILE]

Everything in float32, log-softmax and sums in float64 from the logits. Prints one object; every result has `pairs`: for
each row of the file `chosen` and `rejected` with `ids` (count after the cut), `policy` and `reference` (sums of
log-probabilities over the answer's ids), and `h` and `loss`.

Ids (P1): prompt without special tokens, its last 512; answers without special tokens, closed by EOS; a row keeps its
last max_position_embeddings ids. P2: prompt, and prompt with answer, as whole strings with special tokens, answers
closed by the EOS text; a row keeps its first ids. It shares no code with the project.
"""

import argparse
import json
import math
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import torch  # noqa: E402
import transformers  # noqa: E402
from evaluate_reference import load_full, load_submission, read_rows  # noqa: E402

BETA = 0.1
PROMPT_IDS_MAX = 512


def build_row(tokenizer, profile, prompt, answer, limit):
    """Ids of a row, and from which position on they belong to the answer."""
    if profile == "P1":
        before = tokenizer(prompt, add_special_tokens=False)["input_ids"][-PROMPT_IDS_MAX:]
        after = tokenizer(answer, add_special_tokens=False)["input_ids"] + [tokenizer.eos_token_id]
        ids = before + after
        start = max(len(before) - max(len(ids) - limit, 0), 0)
        return ids[-limit:], start
    if not answer.endswith(tokenizer.eos_token):
        answer += tokenizer.eos_token
    before = tokenizer(prompt)["input_ids"]
    whole = tokenizer(prompt + answer)["input_ids"]
    ids = before + whole[len(before) :]
    return ids[:limit], len(before)


@torch.no_grad()
def answer_log_probability(model, ids, start):
    logits = model(torch.tensor([ids])).logits[0].double()
    values = torch.log_softmax(logits, dim=-1)
    return sum(values[t - 1, ids[t]].item() for t in range(max(start, 1), len(ids)))


def pair_sums(model, tokenizer, profile, row, limit):
    sums = {}
    for name in ("chosen", "rejected"):
        ids, start = build_row(tokenizer, profile, row["prompt"], row[name], limit)
        sums[name] = (len(ids), answer_log_probability(model, ids, start))
    return sums


def softplus(x):
    return x + math.log1p(math.exp(-x)) if x > 0 else math.log1p(math.exp(x))


def evaluate_one(model, base_sums, tokenizer, profile, rows, limit):
    pairs = []
    for index, row in enumerate(rows):
        mine, theirs = pair_sums(model, tokenizer, profile, row, limit), base_sums[index]
        h = (mine["chosen"][1] - theirs["chosen"][1]) - (mine["rejected"][1] - theirs["rejected"][1])
        pair = {"row": index}
        for name in ("chosen", "rejected"):
            pair[name] = {"ids": mine[name][0], "policy": mine[name][1], "reference": theirs[name][1]}
        pairs.append({**pair, "h": h, "loss": softplus(-BETA * h)})
    return pairs


def to_text(report, results):
    """JSON with one pair per line."""
    head = json.dumps({**report, "results": None}, indent=1).removesuffix("null\n}")
    blocks = []
    for result in results:
        lines = ",\n".join("   " + json.dumps(pair) for pair in result["pairs"])
        block = json.dumps({**result, "pairs": None}).removesuffix("null}")
        blocks.append("  " + block + "[\n" + lines + "]}")
    return head + "[\n" + ",\n".join(blocks) + "]\n}\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--task", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--base", required=True)
    parser.add_argument("--submission", action="append", default=[], metavar="NAME=DIR")
    parser.add_argument("--profile", choices=["P1", "P2"], default="P1")
    parser.add_argument("--out")
    args = parser.parse_args()
    torch.set_num_threads(2)
    record = json.loads(Path(args.task).read_text(encoding="utf-8"))["dataset_type"]
    columns = {name: record.get(f"field_{name}") or name for name in ("prompt", "chosen", "rejected")}
    rows = [{name: row[column] for name, column in columns.items()} for row in read_rows(args.data)]
    tokenizer = transformers.AutoTokenizer.from_pretrained(args.base)
    base = load_full(args.base, "f32")
    limit = getattr(base.config, "max_position_embeddings", None) or 8192
    base_sums = [pair_sums(base, tokenizer, args.profile, row, limit) for row in rows]
    results = []
    for submission in args.submission:
        name, path = submission.split("=", 1)
        model = load_submission(path, args.base, "f32")
        pairs = evaluate_one(model, base_sums, tokenizer, args.profile, rows, limit)
        loss = sum(pair["loss"] for pair in pairs) / len(pairs)
        results.append({"name": name, "status": "ok", "eval_loss": loss, "samples": len(pairs), "pairs": pairs})
    made_with = {"torch": torch.__version__, "transformers": transformers.__version__}
    report = {"task_type": "DpoTask", "precision": "f32", "profile": args.profile, "made_with": made_with}
    text = to_text(report, results)
    if args.out:
        Path(args.out).write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    main()
