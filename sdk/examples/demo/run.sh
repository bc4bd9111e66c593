#!/bin/sh
# Ranks the demo's submissions: run.sh PATH-OF-GOD [ARGUMENT OF god evaluate ...]
# Without --task and --data on the instruct task; chat/ and others beside it have files for another.
set -eu

god=${1:?usage: run.sh PATH-OF-GOD [ARGUMENT OF god evaluate ...]}
shift
here=$(cd "$(dirname "$0")" && pwd)
models=$here/models

set -- --task "$here/task.json" --data "$here/rows.jsonl" --base "$models/base" "$@" # the last one counts
for name in full lora_r8 lora_r16_rs lora_wild lora_diverged copy broken; do
    set -- "$@" --submission "$name=$models/$name"
done
exec "$god" evaluate "$@"
