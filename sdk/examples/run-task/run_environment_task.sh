#!/bin/sh
# Trains a repository on an environment task as a validator does, and judges the output. See common.sh for the settings.
. "$(dirname "$0")/common.sh"
run_task '"dataset": "https://example.org/train.json", "file_format": "s3",
    "dataset_type": {"environment_names": ["gin_rummy"]}' "$@"
