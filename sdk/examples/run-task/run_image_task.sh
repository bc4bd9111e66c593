#!/bin/sh
# Trains a repository on an image task as a validator does, and judges the output. See common.sh for the settings.
. "$(dirname "$0")/common.sh"
run_task '"dataset_zip": "https://example.org/images.zip", "model_type": "sdxl"' "$@"
