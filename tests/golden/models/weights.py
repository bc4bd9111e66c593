"""Weights of the tiny models: a counter-based generator that any language repeats in a dozen lines.

Element i (row-major, from 0) of a tensor is drawn as follows; all integers are unsigned 64 bit and wrap:

    h      = FNV-1a of the tensor's name in UTF-8 (offset 14695981039346656037, prime 1099511628211)
    z      = (h xor seed * 0xD6E8FEB86659FD93) + (i + 1) * 0x9E3779B97F4A7C15
    z      = (z xor z >> 30) * 0xBF58476D1CE4E5B9
    z      = (z xor z >> 27) * 0x94D049BB133111EB
    z      =  z xor z >> 31
    u      = (z >> 40) / 2^24                      exact, in [0, 1)
    value  = offset + scale * (2 u - 1)            in double
    stored = value rounded to float32, then to the tensor's dtype, ties to even

The perturbed copy adds perturbation * scale * (2 u' - 1) to `value` before rounding, where u' is drawn with seed + 1.
"""

import json
import struct

import numpy as np


def fnv1a(name):
    value = 14695981039346656037
    for byte in name.encode("utf-8"):
        value = (value ^ byte) * 1099511628211 % 2**64
    return value


def uniform(name, seed, count):
    start = fnv1a(name) ^ (seed * 0xD6E8FEB86659FD93 % 2**64)
    z = np.uint64(start) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    return (z >> np.uint64(40)).astype(np.float64) / 2.0**24


def to_bf16_bits(values):
    """float32 -> the upper half of its bits, ties to even. Finite input."""
    bits = values.astype(np.float32).view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)


def tensor_bytes(tensor, seed, perturbation):
    """`tensor` is one entry of a golden file's "tensors": [name, dtype, shape, scale, offset]."""
    name, dtype, shape, scale, offset = tensor
    count = int(np.prod(shape, dtype=np.int64))
    values = offset + scale * (2.0 * uniform(name, seed, count) - 1.0)
    if perturbation:
        values += perturbation * scale * (2.0 * uniform(name, seed + 1, count) - 1.0)
    if dtype == "BF16":
        return to_bf16_bits(values).tobytes()
    return values.astype(np.float32).astype({"F16": np.float16, "F32": np.float32}[dtype]).tobytes()


def write_safetensors(path, tensors, seed, perturbation):
    """One safetensors file: 8 bytes of header length, a JSON header, the tensors back to back."""
    header, blocks, at = {"__metadata__": {"format": "pt"}}, [], 0
    for tensor in tensors:
        name, dtype, shape = tensor[:3]
        block = tensor_bytes(tensor, seed, perturbation)
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [at, at + len(block)]}
        blocks.append(block)
        at += len(block)
    text = json.dumps(header, separators=(",", ":")).encode("utf-8")
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(blocks))
