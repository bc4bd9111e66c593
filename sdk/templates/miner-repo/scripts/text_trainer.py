"""Trains a LoRA adapter on an instruction task, on the processor, in under a minute for a tiny model.

A validator starts this with the arguments below and nothing else: the base model and the data are in /cache, which is
read-only; the result must be in /app/checkpoints/TASK/NAME before the time is up; there is no network.
Make it yours: a real entry would use a GPU, every layer and a better recipe.
"""
import argparse
import json
import os
import pathlib
import sys
import time

import numpy as np
from tokenizers import Tokenizer

import llama
import lora
import weights

CACHE = pathlib.Path("/cache")
CHECKPOINTS = pathlib.Path("/app/checkpoints")
TOKENS_MAX = 512         # of one row
ROWS_MAX = 200           # enough for an adapter of this size
BATCH_TOKENS = 512
PASSES = 3
LEARNING_RATE = 3e-3
RESERVE_SECONDS = 20     # to save before the time limit


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("task-id", "model", "dataset", "dataset-type", "task-type", "file-format", "expected-repo-name"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--hours-to-complete", type=float, required=True)
    return parser.parse_args()


def read_rows(task_id):
    path = CACHE / "datasets" / f"{task_id}_train_data.json"
    text = path.read_text(encoding="utf-8")
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return [json.loads(line) for line in text.splitlines() if line.strip()]


def prompt_of(row, kind):
    """The prompt as the task's fields and formats say; the answer follows it."""
    instruction = str(row.get(kind.get("field_instruction") or "instruct") or "")
    question = str(row.get(kind["field_input"]) or "") if kind.get("field_input") else ""
    if question:
        return (kind.get("format") or "{instruction} {input}").format(instruction=instruction, input=question)
    return (kind.get("no_input_format") or "{instruction}").format(instruction=instruction)


def tokenize(rows, kind, tokenizer, config):
    """Pairs of ids and the place where the answer begins."""
    bos, eos = config.get("bos_token_id"), config.get("eos_token_id")
    bos, eos = (value[0] if isinstance(value, list) else value for value in (bos, eos))
    for row in rows[:ROWS_MAX]:
        answer = str(row.get(kind.get("field_output") or "output") or "")
        prompt_ids = tokenizer.encode(prompt_of(row, kind), add_special_tokens=False).ids
        answer_ids = tokenizer.encode(answer, add_special_tokens=False).ids
        ids = ([] if bos is None else [bos]) + prompt_ids
        begin = len(ids)
        ids = (ids + answer_ids + ([] if eos is None else [eos]))[:TOKENS_MAX]
        if begin < len(ids):
            yield np.array(ids), begin


def gather(model, rows):
    """What the adapter is trained on: one line per token of an answer."""
    inputs, hidden, targets = [], [], []
    for ids, begin in rows:
        inner, x = model.last_projection(ids)
        places = np.arange(begin - 1, len(ids) - 1)
        inputs.append(inner[places])
        hidden.append(x[places])
        targets.append(ids[places + 1])
    return np.concatenate(inputs), np.concatenate(hidden), np.concatenate(targets)


def train(adapter, data, deadline):
    inputs, hidden, targets = data
    random, losses = np.random.default_rng(0), []
    batches = max(1, len(targets) // BATCH_TOKENS)
    for number in range(PASSES * batches):
        if time.monotonic() > deadline:
            print("the time is nearly up: saving what there is")
            break
        picked = random.integers(0, len(targets), min(BATCH_TOKENS, len(targets)))
        loss, *gradients = adapter.loss_and_gradients(inputs[picked], hidden[picked], targets[picked])
        adapter.step(gradients, LEARNING_RATE * (1 - number / (PASSES * batches)))
        losses.append(loss)
        if number % 10 == 0:
            print(f"step {number}/{PASSES * batches} loss {np.mean(losses[-10:]):.4f}")
    return losses


def save(adapter, arguments):
    folder = CHECKPOINTS / arguments.task_id / arguments.expected_repo_name
    folder.mkdir(parents=True, exist_ok=True)
    config, tensors = adapter.peft(arguments.model)
    weights.write_file(folder / "adapter_model.safetensors", tensors)
    (folder / "adapter_config.json").write_text(json.dumps(config, indent=2))
    print(f"saved {folder}")


def main():
    began = time.monotonic()
    arguments = read_arguments()
    if arguments.task_type != "InstructTextTask":
        print(f"ValueError: this trainer knows InstructTextTask, not {arguments.task_type}")
        return 2
    folder = CACHE / "models" / arguments.model.replace("/", "--")
    print(f"task {arguments.task_id}: {arguments.hours_to_complete} h, {os.cpu_count()} processors, {folder}")
    model = llama.Llama(folder)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    rows = tokenize(read_rows(arguments.task_id), json.loads(arguments.dataset_type), tokenizer, model.config)
    data = gather(model, rows)
    print(f"{len(data[2])} tokens to learn, prepared in {time.monotonic() - began:.1f} s")
    adapter = lora.Adapter(model)
    losses = train(adapter, data, began + arguments.hours_to_complete * 3600 - RESERVE_SECONDS)
    save(adapter, arguments)
    print(f"loss {np.mean(losses[:5]):.4f} -> {np.mean(losses[-5:]):.4f} in {time.monotonic() - began:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
