#!/bin/sh
# The kernels of god-nn-cuda.so on the emulated CUDA runtime: emulated.sh GPU_CHECK MODULE_DIR. Every operation has to be
# within its bound of the plain reference, and no bit may depend on the order in which threads get their turn; whole models
# run, too. Arguments behind these name other runs than all.
set -eu
check=$1 modules=$2
shift 2
for run in ${*:-bf16-kernels-forward bf16-kernels-backward f32-kernels-forward bf16-models-backward}; do
    dtype=${run%%-*} what=${run#*-}
    GOD_EMULATED_ORDER=${what#*-} "$check" "$modules" emulated "$dtype" "${what%-*}" >"$run.jsonl" || {
        grep -v '"missed": 0' "$run.jsonl"
        exit 1
    }
done
[ $# -gt 0 ] || diff bf16-kernels-forward.jsonl bf16-kernels-backward.jsonl || {
    echo "bits depend on the order of threads: there is a race" >&2
    exit 1
}
