#!/bin/sh
# Checks and times god-nn-cuda.so on this machine's GPU: gpu_check.sh [OPTION ...]
#
# Needs a CUDA device of compute capability 8.0 or higher, nvcc, CMake 3.22 and Python 3, no other library. Builds in
# build-gpu-check/, then compares every operation and whole models with the plain reference, runs compute-sanitizer where
# it is installed, times losses of models of 1B, 3B and 8B parameters beside a matrix product, and beside transformers
# where torch is installed. Where cuDNN is installed, too, or torch has brought it, attention by it passes the same checks
# and is timed beside our own kernels. Ends in minutes. Prints one table and leaves it as gpu_check.md, with every figure as
# a line of JSON in gpu_check.jsonl, under $OUT (default: build-gpu-check/out/).
#
# Options go to gpu/gpu_check.py, which lists them with --help. Exit status: 0 all is well; 1 something is not, and the
# last lines say what; 2 wrong usage; 77 skipped, because this machine has no device or no compiler for one.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
build=${GPU_CHECK_BUILD:-$root/build-gpu-check}
out=${OUT:-$build/out}

skip() {
    echo "skipped: $*"
    exit 77
}
fail() {
    echo "FAILED: $*" >&2
    exit 1
}

command -v python3 >/dev/null 2>&1 || skip "python3 is not installed"
case " $* " in *" --checker "* | *" --help "*) exec python3 "$here/gpu/gpu_check.py" --out "$out" "$@" ;; esac

python3 "$here/gpu/devices.py" || skip "no CUDA device is present (the line above says what was looked for); CPU-only checks: ctest -R kernels"
command -v nvcc >/dev/null 2>&1 || PATH=$PATH:/usr/local/cuda/bin
command -v nvcc >/dev/null 2>&1 || skip "nvcc is not on the PATH nor in /usr/local/cuda/bin; install the CUDA Toolkit"
command -v cmake >/dev/null 2>&1 || skip "cmake is not installed (pip install cmake will do)"

mkdir -p "$out"
architecture=$(python3 "$here/gpu/devices.py" --architecture)
echo "building in $build for compute capability $architecture"
{
    cmake -S "$here/gpu/standalone" -B "$build" -DCMAKE_BUILD_TYPE=Release "-DCMAKE_CUDA_ARCHITECTURES=$architecture" &&
        cmake --build "$build" -j "$(nproc)"
} >"$out/build.log" 2>&1 || {
    tail -n 40 "$out/build.log" >&2
    fail "the build ended with an error; the lines above and $out/build.log say why"
}
exec python3 "$here/gpu/gpu_check.py" --checker "$build/gpu-check" --modules "$build/lib/god/nn" --out "$out" "$@"
