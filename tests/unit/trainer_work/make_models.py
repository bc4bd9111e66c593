"""make_models.py DIR: small models for tests of merging: DIR/base, DIR/adapter of it, DIR/second, an adapter of that
adapter, and DIR/expected.safetensors, what all three come to. Whole numbers, so that every sum is exact.
"""
import json
import pathlib
import struct
import sys

DIR = pathlib.Path(sys.argv[1])
NAME = "model.layers.0.self_attn.q_proj"


def write(path, tensors):
    header, data = {}, b""
    for name, rows in tensors.items():
        values = struct.pack(f"<{len(rows) * len(rows[0])}f", *(value for row in rows for value in row))
        header[name] = {"dtype": "F32", "shape": [len(rows), len(rows[0])],
                        "data_offsets": [len(data), len(data) + len(values)]}
        data += values
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def write_adapter(folder, base, a, b):
    write(DIR / folder / "adapter_model.safetensors",
          {f"base_model.model.{NAME}.lora_A.weight": a, f"base_model.model.{NAME}.lora_B.weight": b})
    (DIR / folder / "adapter_config.json").write_text(json.dumps({
        "peft_type": "LORA", "base_model_name_or_path": base, "r": 1, "lora_alpha": 2, "target_modules": ["q_proj"]}))


def add(w, a, b):
    return [[w[r][c] + 2 * b[r][0] * a[0][c] for c in range(len(w[0]))] for r in range(len(w))]


def main():
    w, other = [[1, 2, 3], [4, 5, 6]], [[7, 8]]
    first, second = ([[1, 0, -1]], [[2], [3]]), ([[0, 1, 1]], [[-1], [4]])
    write(DIR / "base/model.safetensors", {f"{NAME}.weight": w, "model.norm.weight": other})
    (DIR / "base/config.json").write_text('{"model_type": "llama", "_name_or_path": "demo/base"}')
    write_adapter("adapter", "demo/base", *first)
    write_adapter("second", "demo/adapter", *second)
    write(DIR / "expected.safetensors", {f"{NAME}.weight": add(add(w, *first), *second), "model.norm.weight": other})


if __name__ == "__main__":
    main()
