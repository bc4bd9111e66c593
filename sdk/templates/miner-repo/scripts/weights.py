"""Reads and writes .safetensors files as float32 arrays.

Layout of the file: 8 bytes little-endian length, that many bytes of JSON (name -> dtype, shape, data_offsets), the data.
"""
import json
import pathlib
import struct

import numpy as np


def read_folder(folder):
    """All tensors of a model folder, in however many files, as float32."""
    tensors = {}
    for path in sorted(pathlib.Path(folder).glob("*.safetensors")):
        tensors.update(read_file(path))
    if not tensors:
        raise FileNotFoundError(f"{folder} holds no .safetensors file")
    return tensors


def read_file(path):
    data = np.fromfile(path, dtype=np.uint8)
    length = struct.unpack("<Q", data[:8].tobytes())[0]
    header = json.loads(data[8:8 + length].tobytes())
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        tensors[name] = to_float32(data[begin:end], entry["dtype"]).reshape(entry["shape"])
    return tensors


def to_float32(raw, dtype):
    if dtype == "BF16":  # the upper half of a float32
        return (raw.view(np.uint16).astype(np.uint32) << 16).view(np.float32)
    kinds = {"F32": np.float32, "F16": np.float16, "F64": np.float64}
    if dtype not in kinds:
        raise ValueError(f"a tensor has the type {dtype}, which this trainer does not read")
    return raw.view(kinds[dtype]).astype(np.float32)


def write_file(path, tensors):
    header, offset = {"__metadata__": {"format": "pt"}}, 0
    for name, tensor in tensors.items():
        size = tensor.size * 4
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for tensor in tensors.values():
            file.write(np.ascontiguousarray(tensor, dtype=np.float32).tobytes())
