#!/bin/sh
# Trains a repository on an instruction task as a validator does, and judges the output. See common.sh for the settings.
. "$(dirname "$0")/common.sh"
run_task '"dataset": "https://example.org/train.json", "file_format": "s3",
    "dataset_type": {"field_instruction": "instruct", "field_output": "output", "no_input_format": "{instruction}"}' "$@"
