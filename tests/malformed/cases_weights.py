"""Broken weights: (name, changes of the demo's base, what `god model show --check` says)."""

import os
import struct

from folders import (ABSENT, WEIGHTS, add, bf16, config, cut, drop, entry, file, header, lie, put, rename, rows, tail,
                     twice, value)

EMBED, NORM = "model.embed_tokens.weight", "model.norm.weight"
FIRST = "model.layers.0.input_layernorm.weight"  # stands after EMBED in the file
Q, K = "model.layers.0.self_attn.q_proj.weight", "model.layers.0.self_attn.k_proj.weight"
EMBED_BYTES = 2048 * 128 * 2

SINGLE = [
    # the file
    ("empty_file", [file(WEIGHTS, "")], "model.safetensors: 0 bytes are too few for a safetensors file"),
    ("seven_bytes", [file(WEIGHTS, b"\0" * 7)], "model.safetensors: 7 bytes are too few for a safetensors file"),
    ("header_longer_than_file", [header(None, 50_000_000)],
     "model.safetensors: the file is cut short: a header of 50000000 bytes, 1907157 present"),
    ("header_of_2_to_the_63_bytes", [header(None, 2**63)],
     "model.safetensors: a header of 9223372036854775808 bytes, at most 100000000 are read"),
    ("header_of_no_bytes", [file(WEIGHTS, struct.pack("<Q", 0))],
     "model.safetensors: line 1, column 0: unexpected token near end of file"),
    ("header_cut", [header('{"a": {"dtype"')], "model.safetensors: line 1, column 14: ':' expected near end of file"),
    ("header_is_a_list", [header("[]")], "model.safetensors: the header is not an object"),
    ("header_is_not_utf_8", [header(b'{"\xff\xfe": {}}')],
     'model.safetensors: line 1, column 2: unable to decode byte 0xff near \'"\''),
    ("header_is_nested_deeply", [header('{"a":' + "[" * 5000 + "]" * 5000 + "}")],
     "model.safetensors: line 1, column 2053: maximum parsing depth reached near '['"),
    ("header_has_a_nul", [header('{"a\\u0000b": {}}')],
     'model.safetensors: line 1, column 11: NUL byte in object key not supported near \'"a\\u0000b"\''),
    ("header_has_a_name_twice", [twice(NORM)],
     'model.safetensors: line 1, column 4328: duplicate object key near \'"model.norm.weight"\''),
    ("no_tensors", [file(WEIGHTS, struct.pack("<Q", 2) + b"{}")], 'tensor "model.embed_tokens.weight" is missing'),
    ("one_byte_short", [cut(WEIGHTS, 1)],
     "model.safetensors: the file is cut short: 1906912 bytes expected, 1906911 present"),
    ("bytes_at_the_end", [tail(b"abc")], "model.safetensors: 3 bytes after the last tensor belong to nothing"),
    ("weights_are_a_folder", [file(WEIGHTS, os.mkdir)], "model.safetensors: not a regular file"),
    ("weights_are_a_pipe", [file(WEIGHTS, os.mkfifo)], "model.safetensors: not a regular file"),
    ("no_weights", [file(WEIGHTS, ABSENT)], "there is neither model.safetensors nor model.safetensors.index.json"),
    ("pickled_weights", [file(WEIGHTS, ABSENT), file("pytorch_model.bin", "x")],
     "the weights are in pytorch_model.bin; only safetensors are read"),
    # entries of the header
    ("metadata_is_a_number", [entry("__metadata__", 5)], 'model.safetensors: "__metadata__" is not an object'),
    ("metadata_holds_a_number", [entry("__metadata__", {"format": 5})],
     'model.safetensors: "__metadata__": "format" is not a string'),
    ("entry_is_a_number", [entry(NORM, 5)],
     'model.safetensors: tensor "model.norm.weight": its entry is not an object'),
    ("dtype_is_missing", [lie(Q, dtype=ABSENT)],
     'model.safetensors: tensor "model.layers.0.self_attn.q_proj.weight": "dtype" is missing or not a string'),
    ("dtype_is_a_number", [lie(Q, dtype=16)],
     'model.safetensors: tensor "model.layers.0.self_attn.q_proj.weight": "dtype" is missing or not a string'),
    ("dtype_is_unknown", [lie(Q, dtype="BF17")],
     'model.safetensors: tensor "model.layers.0.self_attn.q_proj.weight": unknown dtype "BF17"'),
    ("shape_is_missing", [lie(Q, shape=ABSENT)],
     'model.safetensors: tensor "model.layers.0.self_attn.q_proj.weight": "shape" is not an array'),
    ("shape_is_negative", [lie(Q, shape=[-128, -128])],
     'model.safetensors: tensor "model.layers.0.self_attn.q_proj.weight": "shape" holds -128, 0 or more is needed'),
    ("shape_is_a_fraction", [lie(Q, shape=[128.0, 128])],
     'model.safetensors: tensor "model.layers.0.self_attn.q_proj.weight": "shape" holds something other than whole '
     "numbers"),
    ("shape_overflows", [lie(Q, shape=[2**40, 2**40])],
     'model.safetensors: tensor "model.layers.0.self_attn.q_proj.weight": the shape has more elements than a file '
     "can hold"),
    ("shape_overflows_to_the_right_size", [lie(Q, shape=[2**62, 4, 128, 128])],
     'model.safetensors: tensor "model.layers.0.self_attn.q_proj.weight": the shape has more elements than a file '
     "can hold"),
    ("shape_has_nine_dimensions", [lie(Q, shape=[1, 1, 1, 1, 1, 1, 1, 128, 128])],
     'model.safetensors: tensor "model.layers.0.self_attn.q_proj.weight": 9 dimensions, at most 8 are read'),
    ("shape_is_too_large_for_the_bytes", [lie(Q, shape=[128, 129])],
     'model.safetensors: tensor "model.layers.0.self_attn.q_proj.weight": its shape and type need 33024 bytes, '
     '"data_offsets" give it 32768'),
    ("offsets_are_missing", [lie(Q, data_offsets=ABSENT)],
     'model.safetensors: tensor "model.layers.0.self_attn.q_proj.weight": "data_offsets" is not an array of two '
     "whole numbers"),
    ("offsets_are_three", [lie(Q, data_offsets=[0, 1, 2])],
     'model.safetensors: tensor "model.layers.0.self_attn.q_proj.weight": "data_offsets" is not an array of two '
     "whole numbers"),
    ("offsets_are_fractions", [lie(Q, data_offsets=[0.0, 32768.0])],
     'model.safetensors: tensor "model.layers.0.self_attn.q_proj.weight": "data_offsets" is not an array of two '
     "whole numbers"),
    ("offsets_are_reversed", [lie(Q, data_offsets=[32768, 0])],
     'model.safetensors: tensor "model.layers.0.self_attn.q_proj.weight": "data_offsets" [32768, 0] is not a range'),
    ("offsets_are_negative", [lie(Q, data_offsets=[-32768, 0])],
     'model.safetensors: tensor "model.layers.0.self_attn.q_proj.weight": "data_offsets" [-32768, 0] is not a range'),
    ("offsets_are_huge", [lie(NORM, data_offsets=[2**62, 2**62 + 256])],
     'model.safetensors: a hole of 4611686018425485312 bytes before tensor "model.norm.weight"'),
    ("offsets_do_not_fit_64_bits", [lie(NORM, data_offsets=[2**64, 2**64 + 256])],
     "model.safetensors: line 1, column 4310: too big integer near '18446744073709551616'"),
    ("hole", [lie(EMBED, shape=[2047, 128], data_offsets=[0, EMBED_BYTES - 256])],
     'model.safetensors: a hole of 256 bytes before tensor "model.layers.0.input_layernorm.weight"'),
    ("hole_at_the_start", [lie(EMBED, shape=[2047, 128], data_offsets=[256, EMBED_BYTES])],
     'model.safetensors: a hole of 256 bytes before tensor "model.embed_tokens.weight"'),
    ("overlap", [lie(FIRST, data_offsets=[EMBED_BYTES - 256, EMBED_BYTES])],
     'model.safetensors: tensors "model.embed_tokens.weight" and "model.layers.0.input_layernorm.weight" overlap'),
    ("same_bytes_twice", [lie(K, data_offsets=[0, 16384])],
     'model.safetensors: tensors "model.layers.0.self_attn.k_proj.weight" and "model.embed_tokens.weight" overlap'),
    ("name_is_too_long", [entry("x" * 513, {"dtype": "BF16", "shape": [0], "data_offsets": [0, 0]})],
     "model.safetensors: a tensor name has 513 bytes, at most 512 are read"),
    # tensors
    ("tensor_missing", [drop(NORM)], 'tensor "model.norm.weight" is missing'),
    ("tensor_of_the_last_layer_missing", [drop("model.layers.3.mlp.up_proj.weight")],
     'tensor "model.layers.3.mlp.up_proj.weight" is missing'),
    ("tensor_of_a_layer_too_many", [add("model.layers.4.mlp.up_proj.weight", "BF16", [320, 128])],
     'model.safetensors: tensor "model.layers.4.mlp.up_proj.weight" belongs to no part of a LlamaForCausalLM'),
    ("surplus_bias", [add("model.layers.0.self_attn.q_proj.bias", "BF16", [128])],
     'model.safetensors: tensor "model.layers.0.self_attn.q_proj.bias" belongs to no part of a LlamaForCausalLM'),
    ("names_of_another_architecture", [rename(EMBED, "transformer.wte.weight")],
     'tensor "model.embed_tokens.weight" is missing'),
    ("matrix_transposed", [add(K, "BF16", [128, 64])],
     'model.safetensors: tensor "model.layers.0.self_attn.k_proj.weight" has shape [128, 64], [64, 128] is needed'),
    ("vector_is_a_matrix", [add(NORM, "BF16", [1, 128])],
     'model.safetensors: tensor "model.norm.weight" has shape [1, 128], [128] is needed'),
    ("vector_is_a_scalar", [add(NORM, "BF16", [])],
     'model.safetensors: tensor "model.norm.weight" has shape [], [128] is needed'),
    ("matrix_is_a_vector", [add(Q, "BF16", [128 * 128])],
     'model.safetensors: tensor "model.layers.0.self_attn.q_proj.weight" has shape [16384], [128, 128] is needed'),
    ("matrix_without_rows", [add(EMBED, "BF16", [0, 128])],
     'model.safetensors: tensor "model.embed_tokens.weight" has shape [0, 128], [2048, 128] is needed'),
    ("whole_numbers", [lie(Q, dtype="I16")],
     'model.safetensors: tensor "model.layers.0.self_attn.q_proj.weight" has dtype I16; BF16, F16 and F32 are read'),
    ("doubles", [add(NORM, "F64", [128])],
     'model.safetensors: tensor "model.norm.weight" has dtype F64; BF16, F16 and F32 are read'),
    ("nan_in_a_matrix", [value(Q, 1000, bf16(float("nan")))],
     'model.safetensors: tensor "model.layers.0.self_attn.q_proj.weight" holds NaN at element 1000'),
    ("infinity_in_a_matrix", [value(Q, 127, bf16(float("-inf")))],
     'model.safetensors: tensor "model.layers.0.self_attn.q_proj.weight" holds an infinite value at element 127'),
    ("nan_in_a_vector", [value(NORM, 127, bf16(float("nan")))],
     'model.safetensors: tensor "model.norm.weight" holds NaN at element 127'),
    ("nan_in_the_last_row_of_the_embedding", [value(EMBED, 2048 * 128 - 1, bf16(float("nan")))],
     'model.safetensors: tensor "model.embed_tokens.weight" holds NaN at element 262143'),
    ("f16_infinity", [add(NORM, "F16", [128]), value(NORM, 3, b"\x00\x7c")],
     'model.safetensors: tensor "model.norm.weight" holds an infinite value at element 3'),
    ("f32_nan", [add(Q, "F32", [128, 128]), value(Q, 5, struct.pack("<f", float("nan")))],
     'model.safetensors: tensor "model.layers.0.self_attn.q_proj.weight" holds NaN at element 5'),
    ("f32_too_large_for_bf16", [add(Q, "F32", [128, 128]), value(Q, 6, struct.pack("<f", 3.4028e38))],
     'model.safetensors: tensor "model.layers.0.self_attn.q_proj.weight" holds a value too large for bf16 at '
     "element 6"),
    ("two_rows_of_the_vocabulary_missing", [rows(EMBED, -2)],
     'model.safetensors: tensor "model.embed_tokens.weight" has shape [2046, 128], [2048, 128] is needed'),
    ("two_rows_of_the_vocabulary_too_many", [rows(EMBED, 2)],
     'model.safetensors: tensor "model.embed_tokens.weight" has shape [2050, 128], [2048, 128] is needed'),
    ("head_of_an_untied_model_missing", [config(tie_word_embeddings=False)], 'tensor "lm_head.weight" is missing'),
]

INDEX, ONE, TWO = (
    "model.safetensors.index.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")


def place(tensor, shard):
    """The index says that a tensor is in this shard."""
    return lambda folder: folder.json(INDEX)["weight_map"].update({tensor: shard})


def all_in(shard):
    return lambda folder: [place(tensor, shard)(folder) for tensor in folder.json(INDEX)["weight_map"]]


def again_in(tensor, shard):
    """The tensor is in this shard too."""
    return lambda folder: folder.weights(shard).tensors.update({tensor: ["BF16", [128], bytes(256)]})


# Changes of the demo's "copy", which has two shards.
SHARDED = [
    ("index_is_not_json", [file(INDEX, "{")],
     "model.safetensors.index.json: line 1, column 1: string or '}' expected near end of file"),
    ("index_is_a_list", [file(INDEX, "[]")], "model.safetensors.index.json: an object is needed"),
    ("index_is_empty", [file(INDEX, "")],
     "model.safetensors.index.json: line 1, column 0: unexpected token near end of file"),
    ("index_without_a_map", [put(INDEX, "weight_map", ABSENT)],
     'model.safetensors.index.json: "weight_map" is missing'),
    ("index_with_a_list_for_a_map", [put(INDEX, "weight_map", [])],
     'model.safetensors.index.json: "weight_map" is an array, an object is needed'),
    ("index_with_an_empty_map", [put(INDEX, "weight_map", {})], 'tensor "model.embed_tokens.weight" is missing'),
    ("index_gives_a_number", [place(NORM, 2)],
     'model.safetensors.index.json: tensor "model.norm.weight" is not given a string'),
    ("index_gives_another_folder", [place(NORM, "../base/model.safetensors")],
     'model.safetensors.index.json: tensor "model.norm.weight" is given "../base/model.safetensors", which is no '
     "file name of this folder"),
    ("index_gives_an_absolute_path", [place(NORM, "/etc/passwd")],
     'model.safetensors.index.json: tensor "model.norm.weight" is given "/etc/passwd", which is no file name of '
     "this folder"),
    ("index_gives_the_folder_itself", [place(NORM, ".")],
     'model.safetensors.index.json: tensor "model.norm.weight" is given ".", which is no file name of this folder'),
    ("index_gives_no_name", [place(NORM, "")],
     'model.safetensors.index.json: tensor "model.norm.weight" is given "", which is no file name of this folder'),
    ("index_gives_a_file_that_is_not_there", [place(NORM, "model-00003-of-00003.safetensors")],
     "cannot open model-00003-of-00003.safetensors: No such file or directory"),
    ("index_gives_the_wrong_shard", [place(NORM, ONE), place(EMBED, TWO)],
     'model.safetensors.index.json: tensor "model.embed_tokens.weight" is not in model-00002-of-00002.safetensors'),
    ("index_names_a_tensor_that_is_nowhere", [place("model.layers.4.mlp.up_proj.weight", TWO)],
     'model.safetensors.index.json: tensor "model.layers.4.mlp.up_proj.weight" is not in '
     "model-00002-of-00002.safetensors"),
    ("index_forgets_a_shard", [all_in(ONE)],
     'model.safetensors.index.json: tensor "model.layers.1.mlp.up_proj.weight" is not in '
     "model-00001-of-00002.safetensors"),
    ("shard_missing", [file(TWO, ABSENT)], "cannot open model-00002-of-00002.safetensors: No such file or directory"),
    ("shard_cut", [cut(TWO, 1000)],
     "model-00002-of-00002.safetensors: the file is cut short: 872536 bytes expected, 871536 present"),
    ("shard_is_an_html_page", [file(TWO, "<!doctype html><title>404</title>")],
     "model-00002-of-00002.safetensors: a header of 8104636974849335612 bytes, at most 100000000 are read"),
    ("shard_is_a_pointer_of_git_lfs", [file(TWO, "version https://git-lfs.github.com/spec/v1\noid sha256:1\n")],
     "model-00002-of-00002.safetensors: this is a pointer of Git LFS, the weights themselves were not fetched"),
    ("tensor_in_both_shards", [again_in(NORM, ONE)],
     'tensor "model.norm.weight" is in both model-00001-of-00002.safetensors and model-00002-of-00002.safetensors'),
]
