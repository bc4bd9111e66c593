#!/bin/sh
# Trains a repository on a preference task as a validator does, and judges the output. See common.sh for the settings.
. "$(dirname "$0")/common.sh"
run_task '"dataset": "https://example.org/train.json", "file_format": "s3",
    "dataset_type": {"field_prompt": "prompt", "field_chosen": "chosen", "field_rejected": "rejected"}' "$@"
