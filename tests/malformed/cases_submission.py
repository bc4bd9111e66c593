"""Broken submissions, all in one evaluation: (name, changes of the demo's adapter "lora_r8" or of its "base", what the
evaluation says about it). One sound submission is among them and keeps its digits."""

import os
import struct

from folders import (ABSENT, ADAPTER_WEIGHTS, WEIGHTS, adapter, add, bf16, config, cut, drop, entry, file, header,
                     rename, replace, rows, tail, value)

CONFIG = "adapter_config.json"
LAYER = "base_model.model.model.layers."
A, B = LAYER + "0.self_attn.q_proj.lora_A.weight", LAYER + "0.self_attn.q_proj.lora_B.weight"
LAST_A, LAST_B = LAYER + "3.self_attn.v_proj.lora_A.weight", LAYER + "3.self_attn.v_proj.lora_B.weight"
EMBED_A, MAGNITUDE = "base_model.model.model.embed_tokens.lora_embedding_A", A.replace("A.weight", "magnitude_vector")
EMBED, NORM = "model.embed_tokens.weight", "model.norm.weight"


def f32(number):
    return struct.pack("<f", number)


def magnitudes(folder):
    """Every pair gets the vector that DoRA needs."""
    for name in [name for name in folder.weights().tensors if ".lora_B." in name]:
        size = folder.weights().tensors[name][1][0]
        folder.weights().tensors[name.replace("B.weight", "magnitude_vector")] = ["F32", [size], f32(1.0) * size]


def altered(folder):
    """One value, so that the weights are not those of the base."""
    value(NORM, 0, bf16(1.5))(folder)


ADAPTERS = [
    # adapter_config.json
    ("adapter_config_is_empty", [file(CONFIG, "")],
     "adapter_config.json: line 1, column 0: unexpected token near end of file"),
    ("adapter_config_is_a_list", [file(CONFIG, "[]")], "adapter_config.json: an object is needed"),
    ("adapter_config_is_a_folder", [file(CONFIG, os.mkdir)], '"FOLDER/adapter_config.json" is not a regular file'),
    ("adapter_config_is_a_pipe", [file(CONFIG, os.mkfifo)],
     '"FOLDER/adapter_config.json" is neither a file nor a folder'),
    ("adapter_config_is_huge", [file(CONFIG, "{}" + " " * (4 << 20))],
     '"FOLDER/adapter_config.json" has 4194306 bytes, 4194304 are allowed'),
    ("kind_unknown", [adapter(peft_type="IA3")], 'adapter_config.json: "peft_type" "IA3" is not supported; LORA is'),
    ("kind_is_a_number", [adapter(peft_type=1)], 'adapter_config.json: "peft_type" is a number, a string is needed'),
    ("rank_zero", [adapter(r=0)], 'adapter_config.json: "r" is 0, allowed are 1 to 65536'),
    ("rank_negative", [adapter(r=-8)], 'adapter_config.json: "r" is -8, allowed are 1 to 65536'),
    ("rank_huge", [adapter(r=10**9)], 'adapter_config.json: "r" is 1000000000, allowed are 1 to 65536'),
    ("rank_text", [adapter(r="8")], 'adapter_config.json: "r" is a string, a whole number is needed'),
    ("rank_fraction", [adapter(r=8.5)], 'adapter_config.json: "r" is a number, a whole number is needed'),
    ("rank_another", [adapter(r=16)],
     'adapter_model.safetensors: tensor "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight" has shape '
     "[8, 128], a rank of 16 needs [16, 128]"),
    ("alpha_infinite", [replace(CONFIG, '"lora_alpha": 16', '"lora_alpha": 1e999')],
     "adapter_config.json: line 20, column 21: real number overflow near '1e999'"),
    ("alpha_infinity_by_name", [replace(CONFIG, '"lora_alpha": 16', '"lora_alpha": Infinity')],
     "adapter_config.json: line 20, column 24: invalid token near 'Infinity'"),
    ("alpha_nan", [replace(CONFIG, '"lora_alpha": 16', '"lora_alpha": NaN')],
     "adapter_config.json: line 20, column 19: invalid token near 'NaN'"),
    ("alpha_too_large_for_f32", [adapter(lora_alpha=1e300)],
     'adapter_config.json: "lora_alpha" of 1e+300 gives "model.layers.0.self_attn.q_proj" a scale beyond f32'),
    ("alpha_text", [adapter(lora_alpha="16")], 'adapter_config.json: "lora_alpha" is a string, a number is needed'),
    ("rslora_text", [adapter(use_rslora="yes")],
     'adapter_config.json: "use_rslora" is a string, true or false is needed'),
    ("targets_are_a_number", [adapter(target_modules=7)],
     'adapter_config.json: "target_modules" is neither a list nor a string'),
    ("targets_hold_a_number", [adapter(target_modules=["q_proj", 7])],
     'adapter_config.json: "target_modules" holds something other than strings'),
    ("targets_are_an_object", [adapter(target_modules={"q_proj": 1})],
     'adapter_config.json: "target_modules" is neither a list nor a string'),
    ("targets_are_no_regular_expression", [adapter(target_modules="(q_proj|v_proj")],
     'adapter_config.json: "target_modules": pattern "(q_proj|v_proj" is not a regular expression'),
    ("targets_never_end", [adapter(target_modules="(([a-z0-9_.]+)+)+[!?]")],
     'adapter_config.json: "target_modules": pattern "(([a-z0-9_.]+)+)+[!?]" cannot be matched against '
     '"model.layers.0.self_attn.q_proj"'),
    ("targets_leave_a_tensor_out", [adapter(target_modules=["q_proj"])],
     'adapter_model.safetensors: tensor "base_model.model.model.layers.0.self_attn.v_proj.lora_A.weight" belongs to '
     'a module that "target_modules" does not name'),
    ("rank_pattern_is_a_list", [adapter(rank_pattern=[8])],
     'adapter_config.json: "rank_pattern" is an array, an object is needed'),
    ("rank_pattern_is_no_regular_expression", [adapter(rank_pattern={"layers.(0": 8})],
     'adapter_config.json: "rank_pattern": pattern "layers.(0" is not a regular expression'),
    ("rank_pattern_gives_zero", [adapter(rank_pattern={"q_proj": 0})],
     'adapter_config.json: "rank_pattern": "q_proj" is not given a number above 0'),
    ("rank_pattern_gives_text", [adapter(rank_pattern={"q_proj": "8"})],
     'adapter_config.json: "rank_pattern": "q_proj" is not given a number above 0'),
    ("rank_pattern_gives_another", [adapter(rank_pattern={"q_proj": 4})],
     'adapter_model.safetensors: tensor "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight" has shape '
     "[8, 128], a rank of 4 needs [4, 128]"),
    ("rank_pattern_gives_a_huge_one", [adapter(rank_pattern={"q_proj": 10**9})],
     'adapter_config.json: a rank of 1e+09 for "model.layers.0.self_attn.q_proj", allowed are 1 to 65536'),
    ("alpha_pattern_is_negative", [adapter(alpha_pattern={"q_proj": -1})],
     'adapter_config.json: "alpha_pattern": "q_proj" is not given a number above 0'),
    ("layers_repeated", [adapter(layer_replication=[[0, 4], [2, 4]])],
     'adapter_config.json: "layer_replication" is not supported'),
    ("quantised_adapter", [adapter(use_qalora=True)], 'adapter_config.json: "use_qalora" is not supported'),
    ("trains_single_tokens", [adapter(trainable_token_indices=[1, 2])],
     'adapter_config.json: "trainable_token_indices" is not supported'),
    ("targets_parameters", [adapter(target_parameters=["mlp.experts.gate_up_proj"])],
     'adapter_config.json: "target_parameters" is not supported'),
    ("starts_from_other_weights", [adapter(init_lora_weights="pissa")],
     'adapter_config.json: "init_lora_weights" "pissa" alters the base\'s weights and is not supported'),
    # its weights
    ("adapter_weights_missing", [file(ADAPTER_WEIGHTS, ABSENT)], "there is no adapter_model.safetensors"),
    ("adapter_weights_pickled", [file(ADAPTER_WEIGHTS, ABSENT), file("adapter_model.bin", "x")],
     "the weights are in adapter_model.bin; only safetensors are read"),
    ("adapter_weights_empty", [file(ADAPTER_WEIGHTS, "")],
     "adapter_model.safetensors: 0 bytes are too few for a safetensors file"),
    ("adapter_weights_cut", [cut(ADAPTER_WEIGHTS, 1)],
     "adapter_model.safetensors: the file is cut short: 59392 bytes expected, 59391 present"),
    ("adapter_weights_longer", [tail(b"\0")],
     "adapter_model.safetensors: 1 bytes after the last tensor belong to nothing"),
    ("adapter_weights_are_a_pipe", [file(ADAPTER_WEIGHTS, os.mkfifo)],
     '"FOLDER/adapter_model.safetensors" is neither a file nor a folder'),
    ("header_is_not_json", [header("not JSON")],
     "adapter_model.safetensors: line 1, column 3: invalid token near 'not'"),
    ("a_missing", [drop(A)], 'the adapter has lora_B of "model.layers.0.self_attn.q_proj" without lora_A'),
    ("b_missing", [drop(LAST_B)], 'the adapter has lora_A of "model.layers.3.self_attn.v_proj" without lora_B'),
    ("a_of_another_rank", [add(A, "F32", [4, 128])],
     'adapter_model.safetensors: tensor "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight" has shape '
     "[4, 128], a rank of 8 needs [8, 128]"),
    ("b_of_another_rank", [add(B, "F32", [128, 4])],
     'adapter_model.safetensors: tensor "base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight" has shape '
     "[128, 4], a rank of 8 needs [128, 8]"),
    ("a_of_another_base", [add(A, "F32", [8, 64])],
     "adapter_model.safetensors: the adapter was made for another base model: tensor "
     '"base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight" has shape [8, 64], [8, 128] is needed'),
    ("b_of_another_base", [add(LAST_B, "F32", [128, 8])],
     "adapter_model.safetensors: the adapter was made for another base model: tensor "
     '"base_model.model.model.layers.3.self_attn.v_proj.lora_B.weight" has shape [128, 8], [64, 8] is needed'),
    ("a_transposed", [add(A, "F32", [128, 8])],
     "adapter_model.safetensors: the adapter was made for another base model: tensor "
     '"base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight" has shape [128, 8], [8, 128] is needed'),
    ("a_is_a_vector", [add(A, "F32", [1024])],
     "adapter_model.safetensors: the adapter was made for another base model: tensor "
     '"base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight" has 1 dimensions, 2 are needed'),
    ("a_has_three_dimensions", [add(A, "F32", [1, 8, 128])],
     "adapter_model.safetensors: the adapter was made for another base model: tensor "
     '"base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight" has 3 dimensions, 2 are needed'),
    ("a_is_whole_numbers", [add(A, "I32", [8, 128])],
     'adapter_model.safetensors: tensor "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight" has dtype '
     "I32; BF16, F16 and F32 are read"),
    ("a_has_nan", [value(A, 17, f32(float("nan")))],
     'adapter_model.safetensors: tensor "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight" holds NaN '
     "at element 17"),
    ("b_has_infinity", [value(LAST_B, 3, f32(float("inf")))],
     'adapter_model.safetensors: tensor "base_model.model.model.layers.3.self_attn.v_proj.lora_B.weight" holds an '
     "infinite value at element 3"),
    ("a_too_large_for_bf16", [value(A, 0, f32(3.4028e38))],
     'adapter_model.safetensors: tensor "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight" holds a '
     "value too large for bf16 at element 0"),
    ("layer_that_the_base_lacks", [rename(A, A.replace("layers.0", "layers.4")), drop(B)],
     "adapter_model.safetensors: the adapter was made for another base model: tensor "
     '"base_model.model.model.layers.4.self_attn.q_proj.lora_A.weight" names a module that the base does not have'),
    ("module_that_the_base_lacks", [rename(A, A.replace("q_proj", "qkv_proj")), drop(B)],
     "adapter_model.safetensors: the adapter was made for another base model: tensor "
     '"base_model.model.model.layers.0.self_attn.qkv_proj.lora_A.weight" names a module that the base does not have'),
    ("adapts_a_norm", [add(LAYER + "0.input_layernorm.lora_A.weight", "F32", [8, 128])],
     "adapter_model.safetensors: the adapter was made for another base model: tensor "
     '"base_model.model.model.layers.0.input_layernorm.lora_A.weight" adapts a module that is not a linear layer'),
    ("dora_without_magnitudes", [adapter(use_dora=True)],
     '"model.layers.0.self_attn.q_proj" lacks a lora_magnitude_vector, "use_dora" says otherwise'),
    ("dora_lacks_one_magnitude", [adapter(use_dora=True), magnitudes, drop(MAGNITUDE)],
     '"model.layers.0.self_attn.q_proj" lacks a lora_magnitude_vector, "use_dora" says otherwise'),
    ("magnitudes_without_dora", [magnitudes],
     '"model.layers.0.self_attn.q_proj" has a lora_magnitude_vector, "use_dora" says otherwise'),
    ("magnitude_without_a_and_b", [adapter(use_dora=True), magnitudes, drop(A, B)],
     'the adapter has the lora_magnitude_vector of "model.layers.0.self_attn.q_proj" without lora_A and lora_B'),
    ("magnitude_of_another_size", [adapter(use_dora=True), magnitudes, add(MAGNITUDE, "F32", [64])],
     'adapter_model.safetensors: tensor "base_model.model.model.layers.0.self_attn.q_proj.lora_magnitude_vector" '
     "has shape [64], [128] is needed"),
    ("magnitude_is_nan", [adapter(use_dora=True), magnitudes, value(MAGNITUDE, 5, f32(float("nan")))],
     'adapter_model.safetensors: tensor "base_model.model.model.layers.0.self_attn.q_proj.lora_magnitude_vector" '
     "holds NaN at element 5"),
    ("magnitude_of_the_embedding",
     [adapter(use_dora=True), magnitudes,
      add("base_model.model.model.embed_tokens.lora_magnitude_vector", "F32", [128])],
     "adapter_model.safetensors: the adapter was made for another base model: tensor "
     '"base_model.model.model.embed_tokens.lora_magnitude_vector" adapts a module that is not a linear layer'),
    ("dora_is_a_number", [adapter(use_dora=1)], 'adapter_config.json: "use_dora" is a number, true or false is needed'),
    ("embedding_a_of_another_vocabulary",
     [adapter(target_modules=["q_proj", "v_proj", "embed_tokens"]), add(EMBED_A, "F32", [8, 2047])],
     "adapter_model.safetensors: the adapter was made for another base model: tensor "
     '"base_model.model.model.embed_tokens.lora_embedding_A" has shape [8, 2047], [8, 2048] is needed'),
    ("embedding_a_alone",
     [adapter(target_modules=["q_proj", "v_proj", "embed_tokens"]), add(EMBED_A, "F32", [8, 2048])],
     'the adapter has lora_A of "model.embed_tokens" without lora_B'),
    ("embedding_a_of_a_linear_layer", [rename(A, LAYER + "0.self_attn.q_proj.lora_embedding_A")],
     "adapter_model.safetensors: the adapter was made for another base model: tensor "
     '"base_model.model.model.layers.0.self_attn.q_proj.lora_embedding_A" adapts a module that is not the embedding'),
    ("a_twice_under_two_names", [add(A.replace("A.weight", "A.default.weight"), "F32", [8, 128])],
     'adapter_model.safetensors: tensor "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight" is a '
     'second one for its part of "model.layers.0.self_attn.q_proj"'),
    ("bias_of_another_size", [adapter(lora_bias=True), add(B.replace("weight", "bias"), "F32", [64])],
     'adapter_model.safetensors: tensor "base_model.model.model.layers.0.self_attn.q_proj.lora_B.bias" has shape '
     "[64], [128] is needed"),
    ("bias_of_a", [adapter(lora_bias=True), add(A.replace("weight", "bias"), "F32", [8])],
     "adapter_model.safetensors: the adapter was made for another base model: tensor "
     '"base_model.model.model.layers.0.self_attn.q_proj.lora_A.bias" names a module that the base does not have'),
    ("bias_without_b", [adapter(lora_bias=True), drop(A, B), add(B.replace("weight", "bias"), "F32", [128])],
     'the adapter has the lora_B.bias of "model.layers.0.self_attn.q_proj" without lora_A and lora_B'),
    ("soft_prompt", [add("prompt_embeddings", "F32", [20, 128])],
     'adapter_model.safetensors: the adapter was made for another base model: tensor "prompt_embeddings" names a '
     "module that the base does not have"),
    ("saved_head_of_another_size", [add("base_model.model.lm_head.weight", "F32", [2049, 128])],
     'adapter_model.safetensors: tensor "base_model.model.lm_head.weight" has shape [2049, 128], [2048, 128] is '
     "needed"),
    ("saved_norm_of_another_size", [add("base_model.model.model.norm.weight", "F32", [64])],
     'adapter_model.safetensors: tensor "base_model.model.model.norm.weight" has shape [64], [128] is needed'),
    ("name_is_long", [entry("x" * 600, {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]})],
     "adapter_model.safetensors: a tensor name has 600 bytes, at most 512 are read"),
]

MODELS = [
    ("folder_is_empty", [lambda folder: folder.files.clear()], "there is no config.json"),
    ("model_has_nan", [value(NORM, 1, bf16(float("nan")))],
     'model.safetensors: tensor "model.norm.weight" holds NaN at element 1'),
    ("model_is_cut", [cut(WEIGHTS, 100)],
     "model.safetensors: the file is cut short: 1906912 bytes expected, 1906812 present"),
    ("model_lacks_a_tensor", [drop(NORM)], 'tensor "model.norm.weight" is missing'),
    ("model_has_a_smaller_vocabulary", [config(vocab_size=300), rows(EMBED, 300 - 2048)],
     "row 1: token id 2031 is outside the model's vocabulary of 300"),
    ("model_has_a_vocabulary_of_one_less", [config(vocab_size=2047), rows(EMBED, -1)],
     "the vocabularies have 2047 and 2048 entries; a divergence needs equal ones"),
    ("model_has_one_position", [config(max_position_embeddings=1), altered],
     "a context of 1 tokens has no room for an example, which has 2 or more"),
    ("model_of_an_unknown_architecture", [config(architectures=["RwkvForCausalLM"])],
     'config.json: architecture "RwkvForCausalLM" is not supported; supported are LlamaForCausalLM, '
     "MistralForCausalLM, Qwen2ForCausalLM, Qwen3ForCausalLM, Phi3ForCausalLM, Gemma2ForCausalLM, "
     "Gemma3ForCausalLM, GPT2LMHeadModel, GPTNeoXForCausalLM, OPTForCausalLM, FalconForCausalLM, "
     "Starcoder2ForCausalLM, Olmo2ForCausalLM, MixtralForCausalLM, Qwen2MoeForCausalLM and Qwen3MoeForCausalLM"),
    ("model_with_a_config_of_nan", [replace("config.json", "1e-05", "NaN")],
     "config.json: line 23, column 21: invalid token near 'NaN'"),
    ("model_whose_weights_overflow", [lambda folder: [value(NORM, i, bf16(3e38))(folder) for i in range(128)]],
     "row 2: the loss is not finite (NaN), so the submission has no score"),
]
