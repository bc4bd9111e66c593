"""Random models for the benches: Llamas and LoRA adapters on them, written straight to safetensors.

    python3 llama_models.py DIR [--shape 250m] [--adapters N] [--tokenizer DIR]

numpy only; the same arguments give the same bytes. --tokenizer copies the tokenizer files of a model beside the base."""

import argparse
import json
import shutil
import struct
from pathlib import Path

import numpy as np

# hidden, layers, heads, kv heads, inner, vocabulary
SHAPES = {
    "10m": (256, 4, 4, 2, 704, 8192),
    "120m": (768, 12, 12, 4, 2048, 32000),
    "250m": (1024, 16, 16, 8, 2816, 32000),
    "500m": (1280, 22, 20, 4, 3456, 32000),
}
TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "generation_config.json")


def to_bf16(values):
    bits = values.astype(np.float32).view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)


def write_safetensors(path, tensors):
    """tensors: (name, dtype, shape, array of that many numbers in the stored form)."""
    header, at = {"__metadata__": {"format": "pt"}}, 0
    for name, dtype, shape, array in tensors:
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [at, at + array.nbytes]}
        at += array.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for _, _, _, array in tensors:
            array.tofile(file)


def normal(rng, shape, spread):
    return rng.standard_normal(shape, dtype=np.float32) * np.float32(spread)


def linears(shape):
    hidden, _, heads, kv_heads, inner, _ = SHAPES[shape]
    kv = hidden // heads * kv_heads
    return {
        "self_attn.q_proj": (hidden, hidden),
        "self_attn.k_proj": (kv, hidden),
        "self_attn.v_proj": (kv, hidden),
        "self_attn.o_proj": (hidden, hidden),
        "mlp.gate_proj": (inner, hidden),
        "mlp.up_proj": (inner, hidden),
        "mlp.down_proj": (hidden, inner),
    }


def write_base(folder, shape, vocab=None):
    hidden, layers, heads, kv_heads, inner, default_vocab = SHAPES[shape]
    vocab = vocab or default_vocab
    folder.mkdir(parents=True, exist_ok=True)
    config = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": vocab, "hidden_size": hidden,
              "intermediate_size": inner, "num_hidden_layers": layers, "num_attention_heads": heads,
              "num_key_value_heads": kv_heads, "head_dim": hidden // heads, "hidden_act": "silu",
              "max_position_embeddings": 8192, "rms_norm_eps": 1e-5, "rope_theta": 500000.0,
              "tie_word_embeddings": False, "attention_bias": False, "mlp_bias": False, "torch_dtype": "bfloat16",
              "bos_token_id": 0, "eos_token_id": 1}
    (folder / "config.json").write_text(json.dumps(config, indent=1), encoding="utf-8")
    rng = np.random.default_rng(7)
    tensors = []

    def add(name, *size, spread=None):
        values = np.ones(size, np.float32) if spread is None else normal(rng, size, spread)
        tensors.append((name, "BF16", size, to_bf16(values)))

    add("model.embed_tokens.weight", vocab, hidden, spread=1.0)
    for layer in range(layers):
        for name, size in linears(shape).items():
            add(f"model.layers.{layer}.{name}.weight", *size, spread=0.5 / size[1] ** 0.5)
        for name in ("input_layernorm", "post_attention_layernorm"):
            add(f"model.layers.{layer}.{name}.weight", hidden)
    add("model.norm.weight", hidden)
    add("lm_head.weight", vocab, hidden, spread=1.5 / hidden**0.5)
    write_safetensors(folder / "model.safetensors", tensors)
    return sum(int(np.prod(size)) for _, _, size, _ in tensors)


def write_adapter(folder, shape, seed, rank=16):
    folder.mkdir(parents=True, exist_ok=True)
    layers = SHAPES[shape][1]
    config = {"peft_type": "LORA", "task_type": "CAUSAL_LM", "r": rank, "lora_alpha": 2 * rank, "lora_dropout": 0.0,
              "base_model_name_or_path": "bench/base", "bias": "none", "fan_in_fan_out": False,
              "target_modules": sorted({name.split(".")[1] for name in linears(shape)})}
    (folder / "adapter_config.json").write_text(json.dumps(config, indent=1), encoding="utf-8")
    rng = np.random.default_rng(100 + seed)
    tensors = []
    for layer in range(layers):
        for name, (outputs, cols) in linears(shape).items():
            stem = f"base_model.model.model.layers.{layer}.{name}"
            tensors.append((f"{stem}.lora_A.weight", "F32", (rank, cols), normal(rng, (rank, cols), cols**-0.5)))
            tensors.append((f"{stem}.lora_B.weight", "F32", (outputs, rank), normal(rng, (outputs, rank), 0.02)))
    write_safetensors(folder / "adapter_model.safetensors", tensors)


def copy_tokenizer(source, folder):
    for name in TOKENIZER_FILES:
        if (Path(source) / name).exists():
            shutil.copy(Path(source) / name, folder / name)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dir", type=Path)
    parser.add_argument("--shape", choices=SHAPES, default="250m")
    parser.add_argument("--adapters", type=int, default=0)
    parser.add_argument("--tokenizer", type=Path)
    args = parser.parse_args()
    parameters = write_base(args.dir / "base", args.shape)
    if args.tokenizer:
        copy_tokenizer(args.tokenizer, args.dir / "base")
    for seed in range(args.adapters):
        write_adapter(args.dir / f"adapter_{seed}", args.shape, seed)
    print(f"{args.dir}: {parameters / 1e6:.1f} M parameters, {args.adapters} adapters")


if __name__ == "__main__":
    main()
