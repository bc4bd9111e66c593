"""A Llama model in numpy, as far as this trainer needs it: up to the last projection of its last layer.

Shapes: T tokens of one row, C hidden size, H heads of size D, F intermediate size, V vocabulary.
"""
import json
import pathlib

import numpy as np

import weights


class Llama:
    def __init__(self, folder):
        self.config = json.loads((pathlib.Path(folder) / "config.json").read_text())
        if self.config.get("model_type") != "llama":
            raise ValueError(f"this trainer knows Llama models, {folder} is {self.config.get('model_type')}")
        self.tensors = weights.read_folder(folder)
        self.layer_count = self.config["num_hidden_layers"]
        self.epsilon = self.config["rms_norm_eps"]
        embeddings = self.tensors["model.embed_tokens.weight"]
        self.head = self.tensors.get("lm_head.weight", embeddings)  # (V, C)
        self.final_norm = self.tensors["model.norm.weight"]         # (C)

    def layer(self, index, name):
        return self.tensors[f"model.layers.{index}.{name}.weight"]

    def norm(self, x, weight):
        return x / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + self.epsilon) * weight

    def rotate(self, x, positions):
        """Rotary embedding of x (T, H, D): halves of each head turn by position * theta^(-2i/D)."""
        half = x.shape[-1] // 2
        rope = self.config.get("rope_parameters") or {"rope_theta": self.config.get("rope_theta", 10000.0)}
        angles = positions[:, None] * rope["rope_theta"] ** (-np.arange(half) / half)[None, :]
        cos, sin = np.cos(angles)[:, None, :], np.sin(angles)[:, None, :]
        first, second = x[..., :half], x[..., half:]
        return np.concatenate([first * cos - second * sin, second * cos + first * sin], axis=-1).astype(np.float32)

    def attend(self, index, x):
        """Causal attention of layer `index` over x (T, C)."""
        count, heads = x.shape[0], self.config["num_attention_heads"]
        groups = self.config["num_key_value_heads"]
        size = self.config.get("head_dim") or x.shape[1] // heads
        positions = np.arange(count)
        q = self.rotate((x @ self.layer(index, "self_attn.q_proj").T).reshape(count, heads, size), positions)
        k = self.rotate((x @ self.layer(index, "self_attn.k_proj").T).reshape(count, groups, size), positions)
        v = (x @ self.layer(index, "self_attn.v_proj").T).reshape(count, groups, size)
        k, v = (np.repeat(t, heads // groups, axis=1) for t in (k, v))
        q, k, v = (t.transpose(1, 0, 2) for t in (q, k, v))  # (H, T, D)
        scores = q @ k.transpose(0, 2, 1) * np.float32(size ** -0.5)
        scores[:, np.triu(np.ones((count, count), dtype=bool), 1)] = -np.inf
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        scores /= scores.sum(axis=-1, keepdims=True)
        mixed = (scores @ v).transpose(1, 0, 2).reshape(count, -1)
        return mixed @ self.layer(index, "self_attn.o_proj").T

    def last_projection(self, ids):
        """For each token: what goes into the last down_proj (T, F), and the hidden state without any adapter (T, C)."""
        x = self.tensors["model.embed_tokens.weight"][ids]
        for index in range(self.layer_count):
            x = x + self.attend(index, self.norm(x, self.layer(index, "input_layernorm")))
            inner = self.norm(x, self.layer(index, "post_attention_layernorm"))
            gate = inner @ self.layer(index, "mlp.gate_proj").T
            inner = gate / (1 + np.exp(-gate)) * (inner @ self.layer(index, "mlp.up_proj").T)
            x = x + inner @ self.layer(index, "mlp.down_proj").T
        return inner, x
