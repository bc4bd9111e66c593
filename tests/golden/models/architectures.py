"""The entries of the conformance matrix: config.json of a tiny model per architecture and variant.

Configurations are written as published models have them: most with the keys of transformers 4 (`rope_theta`,
`rope_scaling`, `torch_dtype`), some with those of transformers 5 (`rope_parameters`, `dtype`). Both must be read.
Numbers are chosen so that a mistake shows: windows and original contexts shorter than the sequences, soft caps and
scales that bite, head sizes that differ from hidden_size / heads, eps and theta that are not the defaults.
"""

SMALL = {"vocab_size": 256, "bos_token_id": 0, "eos_token_id": 1, "initializer_range": 0.02, "use_cache": True}


def rotary(architecture, model_type, **fields):
    """What the models of the Llama line have in common."""
    return {
        "architectures": [architecture],
        "model_type": model_type,
        **SMALL,
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "hidden_act": "silu",
        "max_position_embeddings": 128,
        "rms_norm_eps": 1e-5,
        "rope_theta": 10000.0,
        "tie_word_embeddings": False,
        "torch_dtype": "bfloat16",
        **fields,
    }


def llama(**fields):
    return rotary("LlamaForCausalLM", "llama", attention_bias=False, mlp_bias=False, **fields)


def new_style(config, **rope):
    """The same in the keys of transformers 5."""
    config = dict(config)
    config["dtype"] = config.pop("torch_dtype")
    config["rope_parameters"] = {"rope_type": "default", "rope_theta": config.pop("rope_theta"), **rope}
    return config


def entry(name, config, **options):
    """options: dtype (as stored, BF16 by default), norm_plus_one (the norm multiplies by 1 + w), conv1d ((in, out))."""
    return {"name": name, "config": config, **options}


GEMMA = {
    "hidden_activation": "gelu_pytorch_tanh",
    "head_dim": 16,
    "num_attention_heads": 4,
    "num_key_value_heads": 1,
    "query_pre_attn_scalar": 24,
    "sliding_window": 16,
    "pad_token_id": 0,
    "rms_norm_eps": 1e-6,
    "tie_word_embeddings": True,
    "attention_bias": False,
}

LLAMA3_ROPE = {
    "rope_type": "llama3",
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 32,
}
YARN_ROPE = {"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32}
PHI3_FACTORS = {"short_factor": [1.0, 1.05, 1.1, 1.2], "long_factor": [1.0, 1.5, 2.5, 4.0]}

LLAMAS = [
    entry("llama", llama()),
    entry("llama_f32", llama(torch_dtype="float32"), dtype="F32"),
    entry("llama_f16", llama(torch_dtype="float16"), dtype="F16"),
    entry("llama_new_keys", new_style(llama(rope_theta=500000.0))),
    entry("llama_tied_mha", llama(tie_word_embeddings=True, num_key_value_heads=4, hidden_act="gelu")),
    entry("llama_biases", llama() | {"attention_bias": True, "mlp_bias": True, "head_dim": 12}),
    entry("llama_rope_linear", llama(rope_scaling={"type": "linear", "factor": 4.0})),
    entry(
        "llama_rope_dynamic",
        llama(max_position_embeddings=32, rope_scaling={"type": "dynamic", "factor": 2.0}),
    ),
    entry("llama_rope_llama3", llama(rope_theta=500000.0, rope_scaling=LLAMA3_ROPE)),
    entry("llama_rope_llama3_new_keys", new_style(llama(rope_theta=500000.0), **LLAMA3_ROPE)),
    entry("llama_rope_yarn", llama(rope_scaling=YARN_ROPE)),
    entry(
        "llama_rope_yarn_options",
        llama(
            rope_scaling={
                "rope_type": "yarn",
                "factor": 4.0,
                "original_max_position_embeddings": 32,
                "beta_fast": 16.0,
                "beta_slow": 2.0,
                "attention_factor": 1.25,
            }
        ),
    ),
]

ROTARY = [
    entry("mistral", rotary("MistralForCausalLM", "mistral", sliding_window=16, head_dim=12)),
    entry("mistral_no_window", rotary("MistralForCausalLM", "mistral", sliding_window=None)),
    entry("qwen2", rotary("Qwen2ForCausalLM", "qwen2", use_sliding_window=False, rope_theta=1000000.0)),
    entry(
        "qwen2_window",
        rotary(
            "Qwen2ForCausalLM",
            "qwen2",
            use_sliding_window=True,
            sliding_window=16,
            max_window_layers=1,
            tie_word_embeddings=True,
        ),
    ),
    entry("qwen3", rotary("Qwen3ForCausalLM", "qwen3", head_dim=16, attention_bias=False, use_sliding_window=False)),
    entry("phi3", rotary("Phi3ForCausalLM", "phi3", sliding_window=16, pad_token_id=1)),
    entry(
        "phi3_longrope",
        rotary(
            "Phi3ForCausalLM",
            "phi3",
            pad_token_id=1,
            original_max_position_embeddings=32,
            rope_scaling={"type": "longrope", **PHI3_FACTORS},
        ),
    ),
    entry("phi3_partial", rotary("Phi3ForCausalLM", "phi3", pad_token_id=1, partial_rotary_factor=0.5)),
    entry("olmo2", rotary("Olmo2ForCausalLM", "olmo2", attention_bias=False, pad_token_id=1, rope_theta=500000.0)),
]

GEMMAS = [
    entry(
        "gemma2",
        rotary(
            "Gemma2ForCausalLM",
            "gemma2",
            **GEMMA,
            final_logit_softcapping=4.0,
            attn_logit_softcapping=2.0,
        ),
        norm_plus_one=True,
    ),
    entry(
        "gemma3",
        rotary(
            "Gemma3ForCausalLM",
            "gemma3_text",
            **{**GEMMA, "num_key_value_heads": 2},
            num_hidden_layers=3,
            rope_theta=1000000.0,
            rope_local_base_freq=10000.0,
            sliding_window_pattern=3,
        ),
        norm_plus_one=True,
    ),
    entry(
        "gemma3_scaled",
        rotary(
            "Gemma3ForCausalLM",
            "gemma3_text",
            **GEMMA,
            layer_types=["full_attention", "sliding_attention"],
            rope_theta=1000000.0,
            rope_local_base_freq=10000.0,
            rope_scaling={"rope_type": "linear", "factor": 8.0},
        ),
        norm_plus_one=True,
    ),
]

GPT2 = {
    "architectures": ["GPT2LMHeadModel"],
    "model_type": "gpt2",
    **SMALL,
    "n_embd": 32,
    "n_layer": 2,
    "n_head": 4,
    "n_positions": 128,
    "n_ctx": 128,
    "activation_function": "gelu_new",
    "layer_norm_epsilon": 1e-5,
}
NEOX = {
    "architectures": ["GPTNeoXForCausalLM"],
    "model_type": "gpt_neox",
    **SMALL,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "hidden_act": "gelu",
    "max_position_embeddings": 128,
    "layer_norm_eps": 1e-5,
    "rotary_pct": 0.25,
    "rotary_emb_base": 10000,
    "use_parallel_residual": True,
    "tie_word_embeddings": False,
    "torch_dtype": "bfloat16",
}
OPT = {
    "architectures": ["OPTForCausalLM"],
    "model_type": "opt",
    **SMALL,
    "pad_token_id": 1,
    "hidden_size": 32,
    "ffn_dim": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "activation_function": "relu",
    "max_position_embeddings": 128,
    "do_layer_norm_before": True,
    "word_embed_proj_dim": 32,
    "torch_dtype": "bfloat16",
}
FALCON = {
    "architectures": ["FalconForCausalLM"],
    "model_type": "falcon",
    **SMALL,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "layer_norm_epsilon": 1e-5,
    "alibi": False,
    "bias": False,
    "multi_query": True,
    "parallel_attn": True,
    "new_decoder_architecture": False,
    "torch_dtype": "bfloat16",
}
STARCODER2 = {
    "architectures": ["Starcoder2ForCausalLM"],
    "model_type": "starcoder2",
    **SMALL,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "hidden_act": "gelu_pytorch_tanh",
    "max_position_embeddings": 128,
    "norm_epsilon": 1e-5,
    "rope_theta": 100000.0,
    "sliding_window": 16,
    "use_bias": True,
    "torch_dtype": "bfloat16",
}

LAYER_NORMS = [
    entry("gpt2", GPT2, conv1d=True),
    entry("gpt2_scaled", {**GPT2, "scale_attn_by_inverse_layer_idx": True, "n_inner": 48}, conv1d=True),
    entry("gpt_neox", NEOX),
    entry("gpt_neox_serial", {**NEOX, "use_parallel_residual": False, "rotary_pct": 1.0}),
    entry("opt", OPT),
    entry("opt_projected_post_norm", {**OPT, "do_layer_norm_before": False, "word_embed_proj_dim": 16}),
    entry("falcon_old", FALCON),
    entry("falcon_old_serial_biases", {**FALCON, "parallel_attn": False, "multi_query": False, "bias": True}),
    entry("falcon_alibi", {**FALCON, "alibi": True, "parallel_attn": False, "multi_query": False, "bias": True}),
    entry("falcon_new", {**FALCON, "new_decoder_architecture": True, "num_kv_heads": 2}),
    entry(
        "falcon_new_one_norm",
        {**FALCON, "new_decoder_architecture": True, "num_kv_heads": 2, "num_ln_in_parallel_attn": 1},
    ),
    entry("starcoder2", STARCODER2),
    entry(
        "starcoder2_no_bias",
        {**STARCODER2, "use_bias": False, "sliding_window": None, "tie_word_embeddings": False},
    ),
]

EXPERTS = [
    entry(
        "mixtral",
        rotary(
            "MixtralForCausalLM",
            "mixtral",
            num_local_experts=4,
            num_experts_per_tok=2,
            sliding_window=None,
            output_router_logits=False,
        ),
    ),
    entry(
        "qwen2_moe",
        rotary(
            "Qwen2MoeForCausalLM",
            "qwen2_moe",
            num_hidden_layers=3,
            num_experts=6,
            num_experts_per_tok=3,
            moe_intermediate_size=16,
            shared_expert_intermediate_size=24,
            norm_topk_prob=False,
            decoder_sparse_step=1,
            mlp_only_layers=[1],
            output_router_logits=False,
        ),
    ),
    entry(
        "qwen3_moe",
        rotary(
            "Qwen3MoeForCausalLM",
            "qwen3_moe",
            head_dim=16,
            num_experts=6,
            num_experts_per_tok=2,
            moe_intermediate_size=16,
            norm_topk_prob=True,
            decoder_sparse_step=1,
            mlp_only_layers=[],
            output_router_logits=False,
        ),
    ),
]

ARCHITECTURES = LLAMAS + ROTARY + GEMMAS + LAYER_NORMS + EXPERTS
