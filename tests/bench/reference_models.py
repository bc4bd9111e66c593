"""The other side of bench_models.py: transformers and PEFT on the CPU, each mode a process of its own. Prints JSON.

    reference_models.py throughput BASE f32|bf16 SEQUENCES LENGTH BATCH
    reference_models.py careful    BASE f32|bf16 TASK ROWS ADAPTER ...
    reference_models.py original   BASE f32|bf16 TASK ROWS ADAPTER

careful   one process for a whole group: the base loaded once, adapters switched, its log-probabilities on the label
          positions kept from one pass, rows sorted by length and padded to batches of 8, the head on label rows only.
original  what happens for one submission: a process of its own, base and adapter loaded, the loss row by row, then both
          models loaded row by row again for the divergence.
"""

import json
import sys
import time
from contextlib import nullcontext
from pathlib import Path

import torch
import transformers

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "golden"))
DTYPES = {"f32": torch.float32, "bf16": torch.bfloat16}
IGNORE, BATCH = -100, 8


def load(path, precision):
    return transformers.AutoModelForCausalLM.from_pretrained(path, dtype=DTYPES[precision]).eval()


def throughput(base, precision, sequences, length, batch):
    model = load(base, precision)
    torch.manual_seed(0)
    ids = torch.randint(0, model.config.vocab_size, (sequences, length))
    model(input_ids=ids[:1, :8], use_cache=False)
    wall, cpu = time.monotonic(), time.process_time()
    for part in ids.split(batch):
        logits = model(input_ids=part, use_cache=False).logits[:, :-1].float()
        torch.nn.functional.cross_entropy(logits.flatten(0, 1), part[:, 1:].flatten())
    return {"tokens": ids.numel(), "wall_s": time.monotonic() - wall, "cpu_s": time.process_time() - cpu}


def examples_of(base, task_path, rows_path):
    from instruct_rows import build_examples

    task = json.loads(Path(task_path).read_text(encoding="utf-8"))
    rows = [json.loads(line) for line in Path(rows_path).read_text(encoding="utf-8").splitlines() if line.strip()]
    tokenizer = transformers.AutoTokenizer.from_pretrained(base)
    limit = json.loads((Path(base) / "config.json").read_text(encoding="utf-8"))["max_position_embeddings"]
    return task, build_examples(task["dataset_type"], rows, tokenizer, limit)


def adapted_pass(precision):
    return torch.autocast("cpu", torch.bfloat16) if precision == "bf16" else nullcontext()


def label_rows(causal_lm, part, precision, adapted):
    """Log-probabilities of the rows that are needed: those that predict a label, and those of the labels."""
    width = max(len(e["ids"]) for e in part)
    ids = torch.tensor([e["ids"] + [0] * (width - len(e["ids"])) for e in part])
    mask = torch.tensor([[1] * len(e["ids"]) + [0] * (width - len(e["ids"])) for e in part])
    with adapted_pass(precision) if adapted else nullcontext():
        hidden = causal_lm.model(input_ids=ids, attention_mask=mask, use_cache=False).last_hidden_state
        out = []
        for row, example in zip(hidden, part):
            labels = torch.tensor(example["labels"])
            predicting = (labels[1:] != IGNORE).nonzero()[:, 0]
            scored = (labels != IGNORE).nonzero()[:, 0]
            needed = torch.cat([predicting, scored]).unique()
            logs = torch.log_softmax(causal_lm.lm_head(row[needed]).float(), dim=-1)
            place = {int(t): i for i, t in enumerate(needed)}
            out.append((logs[[place[int(t)] for t in predicting]], logs[[place[int(t)] for t in scored]], labels))
    return out


def careful(base, precision, task_path, rows_path, *adapters):
    import peft

    task, examples = examples_of(base, task_path, rows_path)
    examples.sort(key=lambda e: len(e["ids"]))
    model = peft.PeftModel.from_pretrained(load(base, precision), adapters[0], adapter_name="0").eval()
    for index, adapter in enumerate(adapters[1:], 1):
        model.load_adapter(adapter, adapter_name=str(index))
    parts = [examples[i : i + BATCH] for i in range(0, len(examples), BATCH)]
    causal_lm = model.get_base_model()
    with model.disable_adapter():
        kept = [[logs for _, logs, _ in label_rows(causal_lm, part, precision, False)] for part in parts]
    losses = []
    for index in range(len(adapters)):
        model.set_adapter(str(index))
        loss = kl = tokens = 0.0
        for part, references in zip(parts, kept):
            for (predicted, mine, labels), theirs in zip(label_rows(causal_lm, part, precision, True), references):
                loss -= predicted.gather(1, labels[1:][labels[1:] != IGNORE, None]).double().mean().item()
                kl += (mine.exp() * (mine - theirs)).double().sum().item()
                tokens += len(mine)
        losses.append(loss / len(examples) + task["kl_coef"] * kl / tokens)
    return {"losses": losses, "tokens": sum(len(e["ids"]) for e in examples)}


def original(base, precision, task_path, rows_path, adapter):
    import peft

    task, examples = examples_of(base, task_path, rows_path)
    model = peft.PeftModel.from_pretrained(load(base, precision), adapter).eval()
    loss = 0.0
    for example in examples:
        ids, labels = torch.tensor([example["ids"]]), torch.tensor(example["labels"])
        with adapted_pass(precision):
            logits = model(input_ids=ids, use_cache=False).logits[0].float()
        loss += torch.nn.functional.cross_entropy(logits[:-1], labels[1:]).item()
    reference, kl, tokens = load(base, precision), 0.0, 0
    for example in examples:
        ids, labels = torch.tensor([example["ids"]]), torch.tensor(example["labels"])
        with adapted_pass(precision):
            mine = torch.log_softmax(model(input_ids=ids, use_cache=False).logits[0].float(), -1)[labels != IGNORE]
        theirs = torch.log_softmax(reference(input_ids=ids, use_cache=False).logits[0].float(), -1)[labels != IGNORE]
        kl += (mine.exp() * (mine - theirs)).double().sum().item()
        tokens += len(mine)
    return {"losses": [loss / len(examples) + task["kl_coef"] * kl / tokens]}


@torch.no_grad()
def main():
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    mode, base, precision, *rest = sys.argv[1:]
    modes = {"throughput": lambda: throughput(base, precision, *map(int, rest)),
             "careful": lambda: careful(base, precision, *rest), "original": lambda: original(base, precision, *rest)}
    print(json.dumps(modes[mode]()))


if __name__ == "__main__":
    main()
