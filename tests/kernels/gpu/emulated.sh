#!/bin/sh
# The kernels of god-nn-cuda.so on the emulated CUDA runtime: emulated.sh GPU_CHECK MODULE_DIR. Every operation has to be
# within its bound of the plain reference, and no bit may depend on the order in which threads get their turn. Arguments
# behind these name other runs than all: bf16-forward, bf16-backward, f32-forward.
set -eu
check=$1 modules=$2
shift 2
for run in ${*:-bf16-forward bf16-backward f32-forward}; do
    GOD_EMULATED_ORDER=${run#*-} "$check" "$modules" emulated kernels "${run%-*}" >"$run.jsonl" || {
        grep -v '"missed": 0' "$run.jsonl"
        exit 1
    }
done
[ $# -gt 0 ] || diff bf16-forward.jsonl bf16-backward.jsonl || {
    echo "bits depend on the order of threads: there is a race" >&2
    exit 1
}
