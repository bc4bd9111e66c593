#!/bin/sh
# Runs every libFuzzer target for a while: run.sh BUILD_FOLDER SECONDS. Each starts from its corpus and keeps what it
# finds in a folder that is removed; an input that fails is left in BUILD_FOLDER/fuzz-findings and ends the run with 1.
set -eu
build=$1
seconds=$2
findings=$build/fuzz-findings
mkdir -p "$findings"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=0
for list in "$build"/tests/fuzz-*.corpus; do
    target=${list%.corpus}
    name=$(basename "$target")
    mkdir -p "$scratch/$name"
    if "$target" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=4096 -print_final_stats=1 \
        -artifact_prefix="$findings/$name-" "$scratch/$name" "$(cat "$list")" >"$scratch/$name.log" 2>&1; then
        echo "$name: $(sed -n 's/stat::number_of_executed_units: *//p' "$scratch/$name.log") inputs, nothing found"
    else
        tail -30 "$scratch/$name.log"
        echo "$name: FAILED, see $findings"
        failed=1
    fi
done
exit $failed
