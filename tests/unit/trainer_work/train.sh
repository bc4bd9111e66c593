#!/bin/sh
# A miner's training for tests: says what it was given, copies some bytes as its result, and does what --expected-repo-name
# says: crash, nothing, wait (until the test lets it go, by a file beside its output).
set -eu
while [ $# -gt 0 ]; do
    case $1 in
    --task-id) task=$2 ;;
    --model) model=$2 ;;
    --expected-repo-name) name=$2 ;;
    esac
    shift 2
done
echo "model $model"
env | grep -E '^(MINER_DATASETS|BASELINE_STATS_PATH|WANDB_MODE|HUGGINGFACE|GITHUB)' | sort
(cd /cache && find . -type f | sort)
folder=/cache/models/$(echo "$model" | sed 's,/,--,g')
grep _name_or_path "$folder/config.json" || true
sha256sum <"$folder/model.safetensors"
if touch /cache/mine 2>/dev/null; then echo "the cache is writable"; fi
mkdir -p /app/checkpoints/"$task"
echo started >>/app/checkpoints/"$task"/starts
case $name in
*crash*) echo "ValueError: no luck today" && exit 3 ;;
*nothing*) exit 0 ;;
*wait*) until [ -e /app/checkpoints/go ]; do sleep 0.02; done ;;
esac
out=/app/checkpoints/$task/$name
mkdir -p "$out" "/app/checkpoints/wandb_logs"
{ head -c 3000 "$folder/model.safetensors" && head -c 2000 /dev/zero; } >"$out/adapter_model.safetensors"
echo '{"base_model_name_or_path": "/cache/somewhere", "peft_type": "LORA", "r": 1}' >"$out/adapter_config.json"
cat /app/checkpoints/"$task"/starts
