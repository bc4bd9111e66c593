"""Hostile config.json: (name, changes of the demo's base, what `god model show --check` says)."""

import os

from folders import ABSENT, config, file, put, replace

CONFIG = "config.json"
SUPPORTED = ("is not supported; supported are LlamaForCausalLM, MistralForCausalLM, Qwen2ForCausalLM, Qwen3ForCausalLM, "
             "Phi3ForCausalLM, Gemma2ForCausalLM, Gemma3ForCausalLM, GPT2LMHeadModel, GPTNeoXForCausalLM, OPTForCausalLM, "
             "FalconForCausalLM, Starcoder2ForCausalLM, Olmo2ForCausalLM, MixtralForCausalLM, Qwen2MoeForCausalLM and "
             "Qwen3MoeForCausalLM")


def rope(**members):
    return lambda folder: [put(CONFIG, f"rope_parameters/{key}", value)(folder) for key, value in members.items()]


def other(architecture, **members):
    """The config of another architecture; it is refused before the weights are looked at."""
    return config(architectures=[architecture], model_type=ABSENT, **members)


CASES = [
    # the file
    ("config_missing", [file(CONFIG, ABSENT)], "there is no config.json"),
    ("config_empty", [file(CONFIG, "")], "config.json: line 1, column 0: unexpected token near end of file"),
    ("config_is_a_list", [file(CONFIG, "[]")], "config.json: an object is needed"),
    ("config_is_a_word", [file(CONFIG, "null")], "config.json: an object is needed"),
    ("config_is_a_folder", [file(CONFIG, os.mkdir)], '"FOLDER/config.json" is not a regular file'),
    ("config_is_a_pipe", [file(CONFIG, os.mkfifo)], '"FOLDER/config.json" is not a regular file'),
    ("config_is_huge", [file(CONFIG, "{}" + " " * (4 << 20))],
     '"FOLDER/config.json" has 4194306 bytes, 4194304 are allowed'),
    ("config_with_a_comma_too_many", [replace(CONFIG, '"vocab_size": 2048', '"vocab_size": 2048,')],
     "config.json: line 32, column 1: string or '}' expected near '}'"),
    ("config_with_text_after_it", [replace(CONFIG, "2048\n}", "2048\n} {}")],
     "config.json: line 32, column 3: end of file expected near '{'"),
    ("config_with_a_key_twice", [replace(CONFIG, '"head_dim": 32', '"head_dim": 32, "head_dim": 64')],
     'config.json: line 10, column 28: duplicate object key near \'"head_dim"\''),
    ("config_nested_deeply", [replace(CONFIG, '"head_dim": 32', '"x": ' + "[" * 5000 + "]" * 5000)],
     "config.json: line 10, column 2055: maximum parsing depth reached near '['"),
    ("config_not_utf_8", [file(CONFIG, b'{"model_type": "\xff"}')],
     'config.json: line 1, column 16: unable to decode byte 0xff near \'"\''),
    # architecture
    ("architecture_missing", [config(architectures=ABSENT, model_type=ABSENT)],
     'config.json: neither "architectures" nor "model_type" is there'),
    ("architectures_is_a_text", [config(architectures="LlamaForCausalLM")],
     'config.json: "architectures" is a string, an array is needed'),
    ("architectures_holds_a_number", [config(architectures=[7])],
     'config.json: "architectures" holds something other than strings'),
    ("architecture_unknown", [config(architectures=["MambaForCausalLM"])],
     'config.json: architecture "MambaForCausalLM" ' + SUPPORTED),
    ("architecture_is_a_format_string", [config(architectures=["%s%n%s%n"])],
     'config.json: architecture "%s%n%s%n" is not supported; supported are LlamaForCausalLM, MistralForCausalLM, '
     "Qwen2ForCausalLM, Qwen3ForCausalLM, Phi3ForCausalLM, Gemma2ForCausalLM, Gemma3ForCausalLM, GPT2LMHeadModel, "
     "GPTNeoXForCausalLM, OPTForCausalLM, FalconForCausalLM, Starcoder2ForCausalLM, Olmo2ForCausalLM, "
     "MixtralForCausalLM, Qwen2MoeForCausalLM and Qwen3MoeForCausalLM"),
    ("model_type_unknown", [config(architectures=ABSENT, model_type="mamba")],
     'config.json: architecture "mamba" is not supported; supported are LlamaForCausalLM, MistralForCausalLM, '
     "Qwen2ForCausalLM, Qwen3ForCausalLM, Phi3ForCausalLM, Gemma2ForCausalLM, Gemma3ForCausalLM, GPT2LMHeadModel, "
     "GPTNeoXForCausalLM, OPTForCausalLM, FalconForCausalLM, Starcoder2ForCausalLM, Olmo2ForCausalLM, "
     "MixtralForCausalLM, Qwen2MoeForCausalLM and Qwen3MoeForCausalLM"),
    ("model_type_is_a_number", [config(model_type=7)], 'config.json: "model_type" is a number, a string is needed'),
    ("quantised", [config(quantization_config={"quant_method": "gptq", "bits": 4})],
     'config.json: "quantization_config": quantised weights are not read'),
    # sizes
    ("vocabulary_size_missing", [config(vocab_size=ABSENT)], 'config.json: "vocab_size" is missing'),
    ("vocabulary_size_null", [config(vocab_size=None)], 'config.json: "vocab_size" is null'),
    ("vocabulary_size_zero", [config(vocab_size=0)], 'config.json: "vocab_size" is 0, allowed are 1 to 4194304'),
    ("vocabulary_size_negative", [config(vocab_size=-1)], 'config.json: "vocab_size" is -1, allowed are 1 to 4194304'),
    ("vocabulary_size_huge", [config(vocab_size=2**62)],
     'config.json: "vocab_size" is 4611686018427387904, allowed are 1 to 4194304'),
    ("vocabulary_size_beyond_64_bits", [config(vocab_size=10**30)], "config.json: line 1, column 674: too big integer"),
    ("vocabulary_size_text", [config(vocab_size="2048")],
     'config.json: "vocab_size" is a string, a whole number is needed'),
    ("vocabulary_size_one_less", [config(vocab_size=2047)],
     'model.safetensors: tensor "model.embed_tokens.weight" has shape [2048, 128], [2047, 128] is needed'),
    ("vocabulary_size_one_more", [config(vocab_size=2049)],
     'model.safetensors: tensor "model.embed_tokens.weight" has shape [2048, 128], [2049, 128] is needed'),
    ("hidden_size_fraction", [config(hidden_size=128.5)],
     'config.json: "hidden_size" is a number, a whole number is needed'),
    ("hidden_size_true", [config(hidden_size=True)],
     'config.json: "hidden_size" is a boolean, a whole number is needed'),
    ("hidden_size_list", [config(hidden_size=[128])],
     'config.json: "hidden_size" is an array, a whole number is needed'),
    ("hidden_size_huge", [config(hidden_size=10**12)],
     'config.json: "hidden_size" is 1000000000000, allowed are 1 to 131072'),
    ("hidden_size_another", [config(hidden_size=64)],
     'model.safetensors: tensor "model.embed_tokens.weight" has shape [2048, 128], [2048, 64] is needed'),
    ("layers_zero", [config(num_hidden_layers=0)], 'config.json: "num_hidden_layers" is 0, allowed are 1 to 1024'),
    ("layers_huge", [config(num_hidden_layers=10**9)],
     'config.json: "num_hidden_layers" is 1000000000, allowed are 1 to 1024'),
    ("layers_one_more", [config(num_hidden_layers=5)], 'tensor "model.layers.4.input_layernorm.weight" is missing'),
    ("layers_one_less", [config(num_hidden_layers=3)],
     'model.safetensors: tensor "model.layers.3.input_layernorm.weight" belongs to no part of a LlamaForCausalLM'),
    ("heads_zero", [config(num_attention_heads=0)], 'config.json: "num_attention_heads" is 0, allowed are 1 to 4096'),
    ("heads_negative", [config(num_attention_heads=-4)],
     'config.json: "num_attention_heads" is -4, allowed are 1 to 4096'),
    ("heads_missing", [config(num_attention_heads=ABSENT)], 'config.json: "num_attention_heads" is missing'),
    ("heads_do_not_share", [config(num_attention_heads=3)], "config.json: 3 heads cannot share 2 key-value heads"),
    ("heads_do_not_divide_the_hidden_size", [config(num_attention_heads=6, head_dim=ABSENT)],
     "config.json: a hidden size of 128 does not divide into 6 heads of at most 1024"),
    ("key_value_heads_zero", [config(num_key_value_heads=0)],
     'config.json: "num_key_value_heads" is 0, allowed are 1 to 4096'),
    ("key_value_heads_more_than_heads", [config(num_key_value_heads=8)],
     "config.json: 4 heads cannot share 8 key-value heads"),
    ("head_size_zero", [config(head_dim=0)], 'config.json: "head_dim" is 0, allowed are 1 to 1024'),
    ("head_size_huge", [config(head_dim=4096)], 'config.json: "head_dim" is 4096, allowed are 1 to 1024'),
    ("head_size_odd", [config(head_dim=33)],
     "config.json: 33 elements of a head of 33 turn, even numbers from 2 to 1024 are supported"),
    ("intermediate_size_missing", [config(intermediate_size=ABSENT)], 'config.json: "intermediate_size" is missing'),
    ("intermediate_size_one_more", [config(intermediate_size=321)],
     'model.safetensors: tensor "model.layers.0.mlp.gate_proj.weight" has shape [320, 128], [321, 128] is needed'),
    ("positions_negative", [config(max_position_embeddings=-1)],
     'config.json: "max_position_embeddings" is -1, allowed are 0 to 268435456'),
    ("positions_text", [config(max_position_embeddings="8192")],
     'config.json: "max_position_embeddings" is a string, a whole number is needed'),
    # flags and numbers
    ("activation_unknown", [config(hidden_act="bitwise_not")],
     'config.json: "hidden_act" "bitwise_not" is not supported; silu, gelu, gelu_new, gelu_fast, gelu_pytorch_tanh, '
     "quick_gelu and relu are"),
    ("activation_is_a_number", [config(hidden_act=3)], 'config.json: "hidden_act" is a number, a string is needed'),
    ("epsilon_negative", [config(rms_norm_eps=-1e-5)], 'config.json: "rms_norm_eps" is -1e-05, allowed are 0 to 1'),
    ("epsilon_large", [config(rms_norm_eps=2)], 'config.json: "rms_norm_eps" is 2, allowed are 0 to 1'),
    ("epsilon_nan", [replace(CONFIG, "1e-05", "NaN")], "config.json: line 23, column 21: invalid token near 'NaN'"),
    ("epsilon_infinite", [replace(CONFIG, "1e-05", "1e999")],
     "config.json: line 23, column 23: real number overflow near '1e999'"),
    ("epsilon_text", [config(rms_norm_eps="1e-05")], 'config.json: "rms_norm_eps" is a string, a number is needed'),
    ("tied_is_a_text", [config(tie_word_embeddings="yes")],
     'config.json: "tie_word_embeddings" is a string, true or false is needed'),
    ("bias_that_the_weights_lack", [config(attention_bias=True)],
     'tensor "model.layers.0.self_attn.q_proj.bias" is missing'),
    ("bias_is_a_number", [config(mlp_bias=1)], 'config.json: "mlp_bias" is a number, true or false is needed'),
    # positions that turn
    ("rope_is_a_list", [config(rope_parameters=[])], 'config.json: "rope_parameters" is an array, an object is needed'),
    ("rope_type_unknown", [rope(rope_type="ntk")],
     'config.json: rope type "ntk" is not supported; default, linear, dynamic, llama3, yarn and longrope are'),
    ("rope_type_is_a_number", [rope(rope_type=3)], 'config.json: "rope_type" is a number, a string is needed'),
    ("rope_base_zero", [rope(rope_theta=0)], 'config.json: "rope_theta" is 0, a number above 0 is needed'),
    ("rope_base_negative", [rope(rope_theta=-10000.0)],
     'config.json: "rope_theta" is -10000, a number above 0 is needed'),
    ("rope_base_tiny", [rope(rope_theta=1e-300)],
     'config.json: the rope type "default" with a "rope_theta" of 1e-300 and a "factor" of 0 gives numbers that are '
     "not finite"),
    ("rope_base_text", [rope(rope_theta="500000")], 'config.json: "rope_theta" is a string, a number is needed'),
    ("rope_factor_negative", [rope(rope_type="linear", factor=-2.0)],
     'config.json: "factor" is -2, a number above 0 is needed'),
    ("rope_factor_tiny", [rope(rope_type="linear", factor=1e-300)],
     'config.json: the rope type "linear" with a "rope_theta" of 500000 and a "factor" of 1e-300 gives numbers that '
     "are not finite"),
    ("rope_share_zero", [rope(partial_rotary_factor=0)],
     "config.json: the share of a head that turns is 0, above 0 and up to 1 is allowed"),
    ("rope_share_above_one", [rope(partial_rotary_factor=1.5)],
     "config.json: the share of a head that turns is 1.5, above 0 and up to 1 is allowed"),
    ("rope_share_leaves_an_odd_number", [rope(partial_rotary_factor=0.1)],
     "config.json: 3 elements of a head of 32 turn, even numbers from 2 to 1024 are supported"),
    ("rope_yarn_without_positions",
     [rope(rope_type="yarn", factor=4.0), config(max_position_embeddings=ABSENT)],
     'config.json: "original_max_position_embeddings" is missing'),
    ("rope_yarn_on_base_one", [rope(rope_type="yarn", factor=4.0, rope_theta=1.0)],
     'config.json: "rope_theta" is 1, which the rope type "yarn" cannot scale'),
    ("rope_yarn_with_a_negative_bound", [rope(rope_type="yarn", factor=4.0, beta_fast=-32.0)],
     'config.json: "beta_fast" is -32, a number above 0 is needed'),
    ("rope_longrope_without_factors", [rope(rope_type="longrope", factor=4.0)],
     'config.json: "short_factor" has 0 numbers, 16 are needed'),
    ("rope_longrope_with_few_factors",
     [rope(rope_type="longrope", factor=4.0, short_factor=[1.0], long_factor=[1.0])],
     'config.json: "short_factor" has 1 numbers, 16 are needed'),
    ("rope_longrope_with_a_factor_of_zero",
     [rope(rope_type="longrope", factor=4.0, short_factor=[0.0] * 16, long_factor=[1.0] * 16)],
     'config.json: "short_factor" holds something other than numbers above 0'),
    ("rope_original_positions_zero", [rope(rope_type="yarn", factor=4.0, original_max_position_embeddings=0)],
     'config.json: "original_max_position_embeddings" is 0, allowed are 1 to 2147483647'),
    # other architectures
    ("mixtral_without_experts", [other("MixtralForCausalLM", num_local_experts=0)],
     'config.json: "num_local_experts" is 0, allowed are 1 to 4096'),
    ("mixtral_with_a_million_experts", [other("MixtralForCausalLM", num_local_experts=10**6)],
     'config.json: "num_local_experts" is 1000000, allowed are 1 to 4096'),
    ("mixtral_that_asks_more_experts_than_there_are",
     [other("MixtralForCausalLM", num_local_experts=4, num_experts_per_tok=5)],
     'config.json: "num_experts_per_tok" is 5, allowed are 1 to 4'),
    ("gemma_with_few_layer_types",
     [other("Gemma2ForCausalLM", layer_types=["full_attention"])],
     'config.json: "layer_types" has 1 entries for 4 layers'),
    ("gemma_with_an_unknown_layer_type", [other("Gemma2ForCausalLM", layer_types=["linear_attention"] * 4)],
     'config.json: "layer_types" holds "linear_attention", supported are full_attention and sliding_attention'),
    ("gemma_with_a_negative_cap", [other("Gemma2ForCausalLM", attn_logit_softcapping=-1.0)],
     'config.json: "attn_logit_softcapping" is -1, 0 or more is needed'),
    ("gemma_with_a_scale_of_zero", [other("Gemma2ForCausalLM", query_pre_attn_scalar=0)],
     'config.json: "query_pre_attn_scalar" is 0, a number above 0 is needed'),
    ("mistral_with_a_window_of_text", [other("MistralForCausalLM", sliding_window="4096")],
     'config.json: "sliding_window" is a string, a whole number is needed'),
    ("mistral_with_a_negative_window", [other("MistralForCausalLM", sliding_window=-1)],
     'config.json: "sliding_window" is -1, allowed are 0 to 268435456'),
]
