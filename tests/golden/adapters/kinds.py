"""The kinds of PEFT LoRA adapters of the conformance matrix: options of peft.LoraConfig, and the tiny base of each."""

LINEAR = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def kind(name, base, r=4, alpha=8, dtype="F32", **options):
    return {"name": name, "base": base, "dtype": dtype, "options": {"r": r, "lora_alpha": alpha, **options}}


SCALING = [
    kind("qv", "llama", target_modules=["q_proj", "v_proj"]),
    kind("all_linear_rank_stabilised", "llama", r=8, alpha=16, target_modules=LINEAR, use_rslora=True),
    kind("stored_bf16", "llama", dtype="BF16", target_modules=LINEAR),
    kind("stored_f16", "llama", dtype="F16", target_modules=["q_proj", "down_proj"]),
    kind("rank_1_alpha_fraction", "llama", r=1, alpha=3, target_modules=["o_proj"]),
    kind(
        "rank_and_alpha_patterns",
        "llama",
        target_modules=LINEAR,
        rank_pattern={"q_proj": 2, "layers.1.mlp.down_proj": 6, "^model.layers.0.self_attn.k_proj": 3},
        alpha_pattern={"v_proj": 32, "layers.0.mlp.up_proj": 1},
    ),
    kind(
        "patterns_rank_stabilised",
        "llama",
        target_modules=["q_proj", "v_proj"],
        rank_pattern={"q_proj": 16},
        alpha_pattern={"q_proj": 20},
        use_rslora=True,
    ),
]

TARGETS = [
    kind("target_all_linear", "llama", target_modules="all-linear"),
    kind("target_pattern", "llama", target_modules=r".*layers\.[01]\.self_attn\.(q|k)_proj"),
    kind("target_full_names", "llama", target_modules=["layers.0.self_attn.q_proj", "layers.1.mlp.up_proj"]),
    kind("layers_to_transform", "llama", target_modules=["q_proj", "up_proj"], layers_to_transform=[1]),
    kind("exclude_modules", "llama", target_modules=LINEAR, exclude_modules=["k_proj", "layers.0.mlp.up_proj"]),
    kind("on_head", "llama", target_modules=["lm_head", "o_proj"]),
    kind("on_embedding", "llama", target_modules=["embed_tokens", "q_proj"]),
    kind("on_tied_embedding", "llama_tied_mha", target_modules=["embed_tokens", "q_proj"]),
]

WHOLE = [
    kind("saves_head", "llama", target_modules=["q_proj"], modules_to_save=["lm_head"]),
    kind("saves_embedding_and_norm", "llama", target_modules=["v_proj"], modules_to_save=["embed_tokens", "norm"]),
    kind("bias_lora_only", "llama_biases", target_modules=["q_proj", "down_proj"], bias="lora_only"),
    kind("bias_all", "qwen2", target_modules=["q_proj"], bias="all"),
    kind("bias_of_branch", "llama_biases", target_modules=["q_proj", "down_proj"], lora_bias=True),
]

DORA = [
    kind("dora", "llama", target_modules=LINEAR, use_dora=True),
    kind("dora_rank_stabilised", "qwen2", target_modules=["q_proj", "o_proj"], use_dora=True, use_rslora=True),
    kind("dora_gpt2", "gpt2", target_modules=["c_attn"], fan_in_fan_out=True, use_dora=True),
]

FAMILIES = [
    kind("gpt2", "gpt2", target_modules=["c_attn", "c_proj", "c_fc"], fan_in_fan_out=True),
    kind("gpt_neox", "gpt_neox", target_modules=["query_key_value", "dense", "dense_h_to_4h"]),
    kind("opt", "opt", target_modules=["q_proj", "out_proj", "fc1", "fc2"]),
    kind("falcon_old", "falcon_old", target_modules=["query_key_value", "dense_4h_to_h"]),
    kind("falcon_new", "falcon_new", target_modules=["query_key_value", "dense"]),
    kind("starcoder2", "starcoder2", target_modules=["q_proj", "c_fc", "c_proj"]),
    kind("phi3", "phi3", target_modules=["qkv_proj", "gate_up_proj", "o_proj"]),
    kind("mistral", "mistral", target_modules=LINEAR),
    kind("qwen2", "qwen2", target_modules=LINEAR),
    kind("qwen3", "qwen3", target_modules=LINEAR),
    kind("olmo2", "olmo2", target_modules=LINEAR),
    kind("gemma2", "gemma2", target_modules=LINEAR),
    kind("gemma3", "gemma3", target_modules=LINEAR),
    kind("mixtral_attention", "mixtral", target_modules=["q_proj", "k_proj", "v_proj", "o_proj"]),
    kind("qwen2_moe_attention", "qwen2_moe", target_modules=["q_proj", "o_proj"]),
]

KINDS = SCALING + TARGETS + WHOLE + DORA + FAMILIES
