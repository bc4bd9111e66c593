#!/usr/bin/env python3
"""Evaluates a chat task with transformers and PEFT: what `god evaluate` is compared with.

    pip install -r ../../../sdk/examples/demo/requirements.txt
    python3 evaluate_chat_reference.py --task task.json --data rows.jsonl --base DIR --submission NAME=DIR ... \
            [--precision f32|bf16] [--out FILE]

evaluate_reference.py with chat_rows.py in place of instruct_rows.py: same models, same loss, same output.
"""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

import evaluate_reference  # noqa: E402
from chat_rows import build_examples  # noqa: E402

if __name__ == "__main__":
    evaluate_reference.build_examples = build_examples
    evaluate_reference.main()
