#!/usr/bin/env python3
"""Trains the demo: a tokenizer, a small Llama-style base model and the submissions that `god evaluate` ranks.

    pip install -r requirements.txt
    python3 make_models.py            # about ten minutes on two CPU threads; replaces models/ and the logs

Everything is trained for real on the GSM8K rows in data/. Seeds are fixed and deterministic algorithms are on, so the
same library versions on the same kind of CPU give the same files; elsewhere the losses agree to a few digits.

What is made, all in Hugging Face layout under models/:
    base           Llama-style causal LM, bf16, with the tokenizer; pretrained on questions and answers as plain text
    full           every weight fine-tuned on prompt -> answer, in three shards
    lora_r8        PEFT LoRA, rank 8 on q_proj and v_proj
    lora_r16_rs    PEFT rank-stabilised LoRA, rank 16 on every linear layer
    lora_wild      PEFT LoRA at a far too high learning rate: it moves a long way from the base, which the KL term sees
    lora_diverged  PEFT LoRA from a run that exploded; its weights are not finite
    copy           the base model, unchanged, in two shards
    broken         the full fine-tune with its second shard cut short
"""

import csv
import json
import logging
import math
import random
import shutil
import sys
import time
from pathlib import Path

import peft
import tokenizers
import torch
import transformers
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, processors, trainers

HERE = Path(__file__).resolve().parent
DATA = HERE / "data"
MODELS = HERE / "models"

SEED = 56
THREADS = 2
VOCAB_SIZE = 2048
BOS, EOS = "<|begin_of_text|>", "<|end_of_text|>"
# Contractions, words with one leading sign, up to three digits, runs of signs, line ends, blanks.
SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
SHARD_MAX = "800KB"

BASE_ROWS = 1000  # of the training file; the fine-tunes see all of it
SCORED_ROWS = 80  # first rows of the test file: what the demo ranks on
DEV_ROWS = slice(400, 440)  # of the test file: what the loss curve watches
WINDOW = 256
BATCH = 16
IGNORE = -100

log = logging.getLogger("make_models")


def read_rows(name):
    with open(DATA / name, encoding="utf-8") as file:
        return [{"instruct": row["question"], "output": row["answer"]} for row in map(json.loads, file)]


# ---- tokenizer ----------------------------------------------------------------------------------------------------


def train_tokenizer(rows, out):
    """Byte-level BPE with BOS in front, saved with the files transformers expects."""
    tokenizer = Tokenizer(models.BPE(ignore_merges=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(SPLIT), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCAB_SIZE,
        special_tokens=[BOS, EOS],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    texts = [text for row in rows for text in (row["instruct"], row["output"])]
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = processors.Sequence(
        [
            processors.ByteLevel(trim_offsets=False),
            processors.TemplateProcessing(
                single=f"{BOS} $A",
                pair=f"{BOS} $A {BOS}:1 $B:1",
                special_tokens=[(BOS, tokenizer.token_to_id(BOS))],
            ),
        ]
    )
    wrapped = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=BOS,
        eos_token=EOS,
        model_max_length=8192,
        clean_up_tokenization_spaces=False,
        model_input_names=["input_ids", "attention_mask"],
    )
    wrapped.save_pretrained(out)
    return wrapped


# ---- batches ------------------------------------------------------------------------------------------------------


def text_windows(tokenizer, rows):
    """Questions and answers as separate documents, BOS .. EOS, joined and cut into windows."""
    stream = []
    for row in rows:
        for text in (row["instruct"], row["output"]):
            stream += tokenizer(text)["input_ids"] + [tokenizer.eos_token_id]
    count = len(stream) // WINDOW
    return torch.tensor(stream[: count * WINDOW]).view(count, WINDOW)


def answer_example(tokenizer, row):
    """Ids and labels as an instruct task scores them: the answer has no BOS, ends in EOS, and alone is labelled."""
    prompt = tokenizer(row["instruct"])["input_ids"]
    answer = tokenizer(row["output"])["input_ids"][1:] + [tokenizer.eos_token_id]
    return prompt + answer, [IGNORE] * len(prompt) + answer


def pad(examples, pad_id):
    width = max(len(ids) for ids, _ in examples)
    ids = torch.tensor([row + [pad_id] * (width - len(row)) for row, _ in examples])
    labels = torch.tensor([row + [IGNORE] * (width - len(row)) for _, row in examples])
    return {"input_ids": ids, "labels": labels}  # padding is on the right: causal attention never sees it


def text_batches(windows, rng):
    while True:
        order = torch.tensor(rng.sample(range(len(windows)), len(windows)))
        for chunk in order.split(BATCH):
            if len(chunk) == BATCH:
                yield {"input_ids": windows[chunk], "labels": windows[chunk]}


def answer_batches(examples, pad_id, rng):
    """Rows of similar length share a batch, so that little of it is padding; batches come in random order."""
    while True:
        rows = sorted(rng.sample(examples, len(examples)), key=lambda example: len(example[0]))
        batches = [rows[i : i + BATCH] for i in range(0, len(rows) - BATCH + 1, BATCH)]
        for batch in rng.sample(batches, len(batches)):
            yield pad(batch, pad_id)


# ---- training -----------------------------------------------------------------------------------------------------


def learning_rate(step, steps, peak):
    """Linear warm-up over a twentieth of the run, then a cosine down to a tenth of the peak."""
    warmup = max(1, steps // 20)
    if step < warmup:
        return peak * (step + 1) / warmup
    done = (step - warmup) / max(1, steps - warmup)
    return peak * (0.1 + 0.45 * (1 + math.cos(math.pi * done)))


@torch.no_grad()
def dev_loss(model, batches):
    model.eval()
    losses = [model(**batch).loss.item() for batch in batches]
    model.train()
    return sum(losses) / len(losses)


def train(name, model, batches, dev, steps, peak, curve):
    """AdamW with gradient clipping; appends (model, step, lr, train loss, eval loss) to the curve."""
    weights = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=peak, betas=(0.9, 0.95), weight_decay=0.01)
    started = time.monotonic()
    model.train()
    for step in range(steps + 1):
        if step % 25 == 0 or step == steps:
            eval_loss = dev_loss(model, dev)
        else:
            eval_loss = None
        lr = learning_rate(step, steps, peak)
        loss = model(**next(batches)).loss
        if step % 5 == 0 or step == steps:
            row = [name, step, f"{lr:.3e}", f"{loss.item():.4f}", "" if eval_loss is None else f"{eval_loss:.4f}"]
            curve.append(row)
        if eval_loss is not None:
            log.info("%s step %d lr %.3e train loss %.4f eval loss %.4f", name, step, lr, loss.item(), eval_loss)
        if step == steps:
            break
        for group in optimizer.param_groups:
            group["lr"] = lr
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
    count = sum(p.numel() for p in weights)
    log.info("%s: %d trained parameters, %d steps, %.0f s", name, count, steps, time.monotonic() - started)


def diverge(model, batches, lr):
    """Plain SGD without clipping, until a weight is no longer finite."""
    weights = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.SGD(weights, lr=lr)
    for step in range(100):
        optimizer.zero_grad()
        model(**next(batches)).loss.backward()
        optimizer.step()
        if not all(torch.isfinite(p).all() for p in weights):
            log.info("lora_diverged: weights not finite after %d steps of SGD at lr %.0e", step + 1, lr)
            return
    raise SystemExit("lora_diverged stayed finite; raise its learning rate")


# ---- models -------------------------------------------------------------------------------------------------------


def new_base(tokenizer):
    config = transformers.LlamaConfig(
        vocab_size=VOCAB_SIZE,
        hidden_size=128,
        intermediate_size=320,
        num_hidden_layers=4,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=8192,
        rms_norm_eps=1e-5,
        rope_theta=500000.0,
        tie_word_embeddings=True,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    return transformers.LlamaForCausalLM(config)


def load_base():
    """What everyone starts from: the published bf16 weights, widened."""
    return transformers.LlamaForCausalLM.from_pretrained(MODELS / "base", dtype=torch.float32)


def save_full(model, name, shard_max="2GB"):
    model.to(torch.bfloat16).save_pretrained(MODELS / name, max_shard_size=shard_max)


def new_adapter(rank, alpha, targets, **options):
    config = peft.LoraConfig(
        r=rank, lora_alpha=alpha, target_modules=targets, lora_dropout=0.0, task_type="CAUSAL_LM", **options
    )
    return peft.get_peft_model(load_base(), config)


def save_adapter(model, name):
    model.peft_config["default"].base_model_name_or_path = "demo/base"
    model.save_pretrained(MODELS / name)
    (MODELS / name / "README.md").unlink(missing_ok=True)  # the library's empty model card


def cut_file(path, fraction):
    size = path.stat().st_size
    with open(path, "r+b") as file:
        file.truncate(int(size * fraction))
    log.info("broken: %s cut from %d to %d bytes", path.name, size, path.stat().st_size)


# ---- task ---------------------------------------------------------------------------------------------------------


def write_task(rows):
    task = {
        "task_id": "demo-gsm8k-instruct",
        "hotkey": "demo-hotkey",
        "task_type": "InstructTextTask",
        "model": "demo/base",
        "dataset": "rows.jsonl",
        "dataset_type": {
            "system_prompt": "",
            "system_format": "{system}",
            "field_system": None,
            "field_instruction": "instruct",
            "field_input": None,
            "field_output": "output",
            "format": None,
            "no_input_format": "{instruction}",
            "field": None,
        },
        "file_format": "json",
        "hours_to_complete": 1,
        "expected_repo_name": "demo",
        "use_kl": True,
        "kl_coef": 0.75,
    }
    (HERE / "task.json").write_text(json.dumps(task, indent=2) + "\n", encoding="utf-8")
    with open(HERE / "rows.jsonl", "w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def main():
    torch.set_num_threads(THREADS)
    torch.use_deterministic_algorithms(True)
    transformers.utils.logging.set_verbosity_error()
    shutil.rmtree(MODELS, ignore_errors=True)
    handlers = [logging.FileHandler(HERE / "training.log", "w"), logging.StreamHandler(sys.stderr)]
    logging.basicConfig(level=logging.INFO, format="%(message)s", handlers=handlers)
    logging.getLogger().setLevel(logging.WARNING)
    log.setLevel(logging.INFO)
    log.info("python %s torch %s transformers %s", sys.version.split()[0], torch.__version__, transformers.__version__)
    log.info("tokenizers %s peft %s", tokenizers.__version__, peft.__version__)
    log.info("seed %d for every model, %d threads, batch %d", SEED, THREADS, BATCH)

    train_rows, test_rows = read_rows("gsm8k_train_1500.jsonl"), read_rows("gsm8k_test_500.jsonl")
    write_task(test_rows[:SCORED_ROWS])
    tokenizer = train_tokenizer(train_rows, MODELS / "base")
    windows = text_windows(tokenizer, train_rows[:BASE_ROWS])
    text_dev = [{"input_ids": w, "labels": w} for w in text_windows(tokenizer, test_rows[DEV_ROWS]).split(BATCH)]
    examples = [answer_example(tokenizer, row) for row in train_rows]
    dev_rows = [answer_example(tokenizer, row) for row in test_rows[DEV_ROWS]]
    answer_dev = [pad([row], tokenizer.eos_token_id) for row in dev_rows]
    log.info("tokenizer: %d entries; pretraining text: %d ids", len(tokenizer), windows.numel())
    curve = []

    def start():
        """Every model begins with the same seed, so that one can be trained again without the others."""
        torch.manual_seed(SEED)
        return answer_batches(examples, tokenizer.eos_token_id, random.Random(SEED))

    start()
    base = new_base(tokenizer)
    train("base", base, text_batches(windows, random.Random(SEED)), text_dev, 400, 4e-3, curve)
    save_full(base, "base")
    log.info("base: eval loss on answers %.4f", dev_loss(load_base(), answer_dev))

    batches, full = start(), load_base()
    train("full", full, batches, answer_dev, 200, 2e-3, curve)
    save_full(full, "full", SHARD_MAX)

    every_linear = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
    batches, lora = start(), new_adapter(8, 16, ["q_proj", "v_proj"])
    train("lora_r8", lora, batches, answer_dev, 100, 4e-3, curve)
    save_adapter(lora, "lora_r8")

    batches, lora = start(), new_adapter(16, 32, every_linear, use_rslora=True)
    train("lora_r16_rs", lora, batches, answer_dev, 150, 2e-3, curve)
    save_adapter(lora, "lora_r16_rs")

    batches, lora = start(), new_adapter(4, 64, every_linear)
    train("lora_wild", lora, batches, answer_dev, 100, 2e-2, curve)
    save_adapter(lora, "lora_wild")

    batches, lora = start(), new_adapter(2, 4, ["q_proj", "v_proj"])
    diverge(lora, batches, 1e6)
    save_adapter(lora, "lora_diverged")

    save_full(load_base(), "copy", "1100KB")
    save_full(full, "broken", "1100KB")
    cut_file(sorted((MODELS / "broken").glob("*.safetensors"))[1], 0.3)

    with open(HERE / "loss_curve.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["model", "step", "lr", "train_loss", "eval_loss"])
        writer.writerows(curve)


if __name__ == "__main__":
    main()
