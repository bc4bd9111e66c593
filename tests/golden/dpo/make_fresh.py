#!/usr/bin/env python3
"""Draws a DPO task from a seed, in the layout of the demo: a tokenizer, a random base, submissions, pairs of answers.

    pip install -r requirements-trl.txt
    python3 make_fresh.py --seed N --out FOLDER

    FOLDER/models/base         Llama-style, random weights in bf16, sizes and rope base of the seed; with the tokenizer,
                               a byte-level BPE trained on generated lines
    FOLDER/models/full         the base with every weight moved
    FOLDER/models/lora_r8      a LoRA of rank 8 on q_proj and v_proj, both matrices random
    FOLDER/models/lora_r16_rs  a rank-stabilised LoRA of rank 16 on every linear layer
    FOLDER/dpo                 task.json, and rows.jsonl with PAIRS pairs in many scripts
"""

import argparse
import json
import os
import random
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tokenizer"))
os.environ["HF_HUB_OFFLINE"] = "1"

import configurations  # noqa: E402
import corpus  # noqa: E402
import peft  # noqa: E402
import torch  # noqa: E402
import transformers  # noqa: E402

PAIRS = 240
ANSWER_CHARACTERS = [10, 20, 20, 40, 100]  # bf16 noise grows with the ids that are summed: long answers are rare
VOCABULARY = 800
EVERY_LINEAR = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
ADAPTERS = {
    "lora_r8": {"r": 8, "lora_alpha": 16, "target_modules": ["q_proj", "v_proj"]},
    "lora_r16_rs": {"r": 16, "lora_alpha": 32, "target_modules": EVERY_LINEAR, "use_rslora": True},
}


def draw_weights(model, generator):
    """Activations near 1: with small weights all models would say the same. Logits spread over a nat or so, because a
    bf16 logit of 4 is known to 0.01 only, and an answer sums many."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            gain = 0.5 if "embed" in name or "lm_head" in name else 1.0
            scale = 0.1 if parameter.dim() == 1 else gain * parameter.shape[-1] ** -0.5
            parameter.copy_(noise * scale + (1.0 if parameter.dim() == 1 else 0.0))


def move_weights(model, generator, part):
    with torch.no_grad():
        for parameter in model.parameters():
            spread = parameter.std() if parameter.dim() > 1 else 0.1
            parameter.add_(torch.randn(parameter.shape, generator=generator) * spread * part)


def new_base(rng, generator, vocabulary):
    heads = rng.choice([2, 4])
    config = transformers.LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=heads * rng.choice([16, 32]),
        intermediate_size=rng.choice([96, 160, 224]),
        num_hidden_layers=rng.choice([2, 3]),
        num_attention_heads=heads,
        num_key_value_heads=rng.choice([1, 2]),
        max_position_embeddings=1024,
        rope_theta=rng.choice([10000.0, 500000.0]),
        tie_word_embeddings=rng.random() < 0.5,
    )
    model = transformers.LlamaForCausalLM(config)
    draw_weights(model, generator)
    return model


def save(model, folder):
    model.to(torch.bfloat16).save_pretrained(folder)


def load(folder):
    return transformers.LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32)


def save_adapter(models, name, generator):
    config = peft.LoraConfig(task_type="CAUSAL_LM", lora_dropout=0.0, **ADAPTERS[name])
    model = peft.get_peft_model(load(models / "base"), config)
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            if "lora_" in key:
                scale = 0.5 * parameter.shape[-1] ** -0.5 * (0.3 if "lora_B" in key else 1.0)
                parameter.copy_(torch.randn(parameter.shape, generator=generator) * scale)
    model.peft_config["default"].base_model_name_or_path = "fresh/base"
    model.save_pretrained(models / name)


def write_task(folder, rng, lines):
    """Prompts of one to three lines; answers of one, now and then of the same beginning."""
    folder.mkdir(parents=True)
    record = {"field_prompt": "question", "field_chosen": "good", "field_rejected": "bad"}
    task = {"task_id": "fresh-dpo", "task_type": "DpoTask", "model": "fresh/base", "dataset": "rows.jsonl",
            "dataset_type": record, "file_format": "json"}
    (folder / "task.json").write_text(json.dumps(task), encoding="utf-8")
    with open(folder / "rows.jsonl", "w", encoding="utf-8") as file:
        for _ in range(PAIRS):
            prompt = "\n".join(rng.choice(lines) for _ in range(rng.randint(1, 3)))
            good, bad = (rng.choice(lines)[: rng.choice(ANSWER_CHARACTERS)] for _ in range(2))
            if rng.random() < 0.25:
                bad = good + bad
            file.write(json.dumps({"question": prompt, "good": good, "bad": bad}) + "\n")


def make(out, seed):
    rng, generator = random.Random(seed), torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)
    lines = [line for line in corpus.generated(seed, 3000) if line.strip()]
    tokenizer, config = configurations.llama3(lines, VOCABULARY)
    models = out / "models"
    base = new_base(rng, generator, tokenizer.get_vocab_size())
    save(base, models / "base")
    configurations.write(models, "base", tokenizer, config)
    full = load(models / "base")
    move_weights(full, generator, 0.15)
    save(full, models / "full")
    for name in ADAPTERS:
        save_adapter(models, name, generator)
    write_task(out / "dpo", rng, lines)


def main():
    parser = argparse.ArgumentParser(description="draw a DPO task from a seed")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    torch.set_num_threads(1)
    make(args.out, args.seed)


if __name__ == "__main__":
    main()
