"""Merges small random adapters with god-merge and with PEFT, and compares every tensor. Run by hand: it needs torch,
transformers and peft.

    check_merge.py GOD_MERGE

Exit code 1: a tensor differs by more than the bound of its type, relative to the largest value of the tensor.
"""
import pathlib
import subprocess
import sys
import tempfile

import peft
import torch
import transformers
from safetensors.torch import load_file

LINEAR = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
# PEFT rounds the product to f16 before it adds it; here there is one rounding.
BOUNDS = {torch.float32: 1e-6, torch.bfloat16: 2 ** -8, torch.float16: 2 ** -11}
CASES = [
    ("f32", torch.float32, "llama", {"r": 8, "target_modules": LINEAR}),
    ("bf16, rank-stabilised", torch.bfloat16, "llama", {"r": 8, "target_modules": LINEAR, "use_rslora": True}),
    ("f16", torch.float16, "llama", {"r": 4, "target_modules": LINEAR}),
    ("embedding and head", torch.float32, "llama", {"r": 4, "target_modules": ["embed_tokens", "q_proj", "lm_head"]}),
    ("DoRA", torch.float32, "llama", {"r": 4, "target_modules": LINEAR, "use_dora": True}),
    ("saved head", torch.float32, "llama", {"r": 4, "target_modules": LINEAR, "modules_to_save": ["lm_head"]}),
    ("weights by inputs", torch.float32, "gpt2", {"r": 4, "target_modules": ["c_attn", "c_proj"]}),
]


def make_model(kind, dtype):
    torch.manual_seed(0)
    if kind == "gpt2":
        config = transformers.GPT2Config(vocab_size=101, n_embd=32, n_layer=2, n_head=4, n_positions=64)
    else:
        config = transformers.LlamaConfig(vocab_size=101, hidden_size=32, intermediate_size=48, num_hidden_layers=2,
                                          num_attention_heads=4, num_key_value_heads=2, tie_word_embeddings=False)
    return transformers.AutoModelForCausalLM.from_config(config).to(dtype)


def shake(model):
    for name, parameter in model.named_parameters():
        if "magnitude" in name:
            parameter.data *= 1.1
        elif "lora_" in name:
            parameter.data = torch.randn_like(parameter) * 0.1
        elif "modules_to_save" in name:
            parameter.data += 0.01


def compare(top, dtype, merged):
    worst = 0.0
    for name, value in load_file(top / "out/model.safetensors").items():
        wanted = merged[name] if name in merged else merged["transformer." + name]
        assert value.dtype == wanted.dtype == dtype, name
        worst = max(worst, ((value.float() - wanted.float()).abs().max() / wanted.float().abs().max()).item())
    return worst


def check(god_merge, name, dtype, kind, options):
    top = pathlib.Path(tempfile.mkdtemp())
    model = make_model(kind, dtype)
    model.save_pretrained(top / "base")
    adapted = peft.get_peft_model(model, peft.LoraConfig(task_type="CAUSAL_LM", lora_alpha=16, **options))
    shake(adapted)
    adapted.save_pretrained(top / "adapter")
    (top / "out").mkdir()
    subprocess.run([god_merge, str(top / "base"), str(top / "adapter"), str(top / "out")], check=True)
    base = transformers.AutoModelForCausalLM.from_pretrained(top / "base", dtype=dtype)
    merged = peft.PeftModel.from_pretrained(base, top / "adapter").merge_and_unload().state_dict()
    worst = compare(top, dtype, merged)
    print(f"{name}: largest relative difference {worst:.2e}", flush=True)
    return worst <= BOUNDS[dtype]


if __name__ == "__main__":
    sys.exit(0 if all([check(sys.argv[1], *case) for case in CASES]) else 1)
