#!/bin/sh
# Trains a repository on a reward task as a validator does, and judges the output. See common.sh for the settings.
. "$(dirname "$0")/common.sh"
run_task '"dataset": "https://example.org/train.json", "file_format": "s3",
    "dataset_type": {"field_prompt": "prompt", "reward_functions": [{"reward_weight": 1.0,
        "reward_func": "def reward_short(completions, **kwargs):\n    return [-float(len(c)) for c in completions]"}]}' "$@"
