"""Losses by transformers on the GPU: gpu_transformers.py SHAPE TOKENS LENGTH. Prints lines of JSON like gpu-check.

The model has random weights in bf16 and torch's fused attention. As many sequences at once as is fastest of 1, 4 and 8,
as far as memory goes. "loss and KL of an adapter" runs the model twice, as model and as reference, without an adapter's
cost, and keeps f32 log-probabilities of one batch at a time. Exit status 77 where torch, transformers or a GPU is
missing."""
import json
import sys
import time

SHAPES = {  # hidden, layers, heads, kv heads, head size, inner, vocabulary, tied: those of timing.c
    "tiny": (64, 2, 4, 2, 16, 128, 500, True),
    "1b": (2048, 16, 32, 8, 64, 8192, 128256, True),
    "3b": (3072, 28, 24, 8, 128, 8192, 128256, True),
    "8b": (4096, 32, 32, 8, 128, 14336, 151936, False),
}


def flops(shape, tokens, length, passes):
    hidden, layers, heads, kv_heads, size, inner, vocabulary, _ = SHAPES[shape]
    per_token = 2 * layers * hidden * (2 * heads * size + 2 * kv_heads * size + 3 * inner)
    pairs = tokens * (length + 1) / 2
    scored = tokens - tokens // length
    return passes * (tokens * per_token + pairs * 4 * heads * size * layers + scored * 2 * vocabulary * hidden)


def make_model(torch, transformers, shape):
    hidden, layers, heads, kv_heads, size, inner, vocabulary, tied = SHAPES[shape]
    config = transformers.LlamaConfig(
        hidden_size=hidden, num_hidden_layers=layers, num_attention_heads=heads, num_key_value_heads=kv_heads,
        head_dim=size, intermediate_size=inner, vocab_size=vocabulary, tie_word_embeddings=tied,
        max_position_embeddings=131072, rope_theta=500000.0, attn_implementation="sdpa")
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.bfloat16)
    with torch.device("cuda"):
        model = transformers.LlamaForCausalLM(config)
    torch.set_default_dtype(before)
    return model.eval()


def run(torch, model, ids, batch, with_divergence):
    """Mean loss and mean divergence over all sequences, `batch` of them at a time."""
    loss = divergence = 0.0
    for first in range(0, ids.shape[0], batch):
        part = ids[first:first + batch]
        logits = model(input_ids=part, use_cache=False).logits[:, :-1].float()
        own = torch.log_softmax(logits, dim=-1)
        del logits
        loss -= own.gather(-1, part[:, 1:, None]).sum().item()
        if with_divergence:
            other = torch.log_softmax(model(input_ids=part, use_cache=False).logits[:, :-1].float(), dim=-1)
            divergence += torch.sum(own.exp() * (own - other)).item()
            del other
        del own
    scored = ids.shape[0] * (ids.shape[1] - 1)
    return loss / scored, divergence / scored


def timed(torch, model, ids, with_divergence):
    """Seconds, bytes beside the weights and means of the fastest batch size."""
    best = None
    for batch in (1, 4, 8):
        try:
            run(torch, model, ids[:batch], batch, with_divergence)
            torch.cuda.reset_peak_memory_stats()
            for _ in range(2):
                torch.cuda.synchronize()
                begin = time.perf_counter()
                means = run(torch, model, ids, batch, with_divergence)
                torch.cuda.synchronize()
                taken = time.perf_counter() - begin
                if best is None or taken < best[0]:
                    best = (taken, torch.cuda.max_memory_allocated(), means)
        except torch.cuda.OutOfMemoryError:
            torch.cuda.empty_cache()
    return best


def main(shape, tokens, length):
    try:
        import torch
        import transformers
    except ImportError as why:
        print(f"transformers is not timed: {why}", file=sys.stderr)
        return 77
    if not torch.cuda.is_available():
        print("transformers is not timed: this torch finds no CUDA device", file=sys.stderr)
        return 77
    torch.manual_seed(1)
    with torch.inference_mode():
        model = make_model(torch, transformers, shape)
        weights = torch.cuda.memory_allocated()
        ids = torch.randint(0, SHAPES[shape][6], (tokens // length, length), device="cuda")
        for task, passes in (("loss", 1), ("loss and KL of an adapter", 2)):
            best = timed(torch, model, ids, passes == 2)
            if best is None:
                print(f"transformers ran out of memory for {shape}", file=sys.stderr)
                return 1
            seconds, peak, (loss, divergence) = best
            print(json.dumps({
                "what": "time", "task": task, "shape": shape, "dtype": "bf16", "tokens": tokens, "length": length,
                "seconds": seconds, "tflops": flops(shape, tokens, length, passes) / seconds * 1e-12,
                "weight_bytes": weights, "extra_bytes": peak - weights, "loss": loss, "divergence": divergence,
                "versions": f"torch {torch.__version__}, transformers {transformers.__version__}"}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
