"""A LoRA adapter on the last down_proj, trained with Adam.

Everything before that projection stays as it is, so it is computed once for every token and training is a loop over two
small matrices: y = x + scale * B (A h), loss = cross entropy of head(norm(y)) at the next token.
"""
import numpy as np


class Adapter:
    def __init__(self, model, rank=8, alpha=16, seed=0):
        random = np.random.default_rng(seed)
        size_in, size_out = model.config["intermediate_size"], model.config["hidden_size"]
        self.a = (random.standard_normal((rank, size_in)) / np.sqrt(size_in)).astype(np.float32)
        self.b = np.zeros((size_out, rank), dtype=np.float32)
        self.rank, self.alpha, self.scale = rank, alpha, alpha / rank
        self.model, self.step_count = model, 0
        self.moments = [[np.zeros_like(p), np.zeros_like(p)] for p in (self.a, self.b)]

    def loss_and_gradients(self, h, x, targets):
        """h (N, F), x (N, C), targets (N): mean loss and the gradients of A and B."""
        model, count = self.model, len(targets)
        inner = h @ self.a.T
        y = x + self.scale * inner @ self.b.T
        root = np.sqrt(np.mean(y * y, axis=-1, keepdims=True) + model.epsilon)
        logits = (y / root * model.final_norm) @ model.head.T
        logits -= logits.max(axis=-1, keepdims=True)
        exponentials = np.exp(logits)
        sums = exponentials.sum(axis=-1, keepdims=True)
        loss = float(np.mean(np.log(sums[:, 0]) - logits[np.arange(count), targets]))
        d_logits = exponentials / sums
        d_logits[np.arange(count), targets] -= 1
        d_normed = (d_logits / count) @ model.head * model.final_norm
        d_y = d_normed / root - y * np.sum(d_normed * y, axis=-1, keepdims=True) / (root ** 3 * y.shape[1])
        d_inner = self.scale * d_y @ self.b
        return loss, d_inner.T @ h, self.scale * d_y.T @ inner

    def step(self, gradients, learning_rate):
        self.step_count += 1
        for parameter, gradient, moments in zip((self.a, self.b), gradients, self.moments):
            moments[0] += 0.1 * (gradient - moments[0])
            moments[1] += 0.001 * (gradient * gradient - moments[1])
            mean = moments[0] / (1 - 0.9 ** self.step_count)
            square = moments[1] / (1 - 0.999 ** self.step_count)
            parameter -= learning_rate * mean / (np.sqrt(square) + 1e-8)

    def peft(self, base_model):
        """The two files of an adapter as PEFT names them: configuration and tensors."""
        module = f"model.layers.{self.model.layer_count - 1}.mlp.down_proj"
        config = {"peft_type": "LORA", "task_type": "CAUSAL_LM", "base_model_name_or_path": base_model, "r": self.rank,
                  "lora_alpha": self.alpha, "lora_dropout": 0.0, "bias": "none", "target_modules": [module],
                  "fan_in_fan_out": False, "inference_mode": True, "init_lora_weights": True}
        return config, {f"base_model.model.{module}.lora_A.weight": self.a,
                        f"base_model.model.{module}.lora_B.weight": self.b}
