#!/bin/sh
# Ranks the demo's models: sdk/examples/demo/run.sh [path of the god command] [more options of `god evaluate`]
set -eu
god=${1:-god}
[ $# -eq 0 ] || shift
demo=$(cd "$(dirname "$0")" && pwd)

for model in broken copy lora_diverged lora_wild lora_r16_rs lora_r8 full; do
    set -- --submission "$model=$demo/models/$model" "$@"
done
exec "$god" evaluate --task "$demo/task.json" --data "$demo/rows.jsonl" --base "$demo/models/base" "$@"
