#!/bin/sh
# Attention by cuDNN on the emulated CUDA runtime, with a stand-in for the library: standin.sh GPU_CHECK STANDIN
# [kernels|models]. Every shape has to be within its bound of the plain reference, a sequence has the same bits in every
# pack, and it was the library that was called: its log says how often. A library that is missing, too old or not known is
# refused in one sentence. Without a third word: attention alone.
set -eu
check=$1 standin=$2 modules=$(dirname "$2")
shift 2
export GOD_NN_ATTENTION=cudnn GOD_NN_CUDNN="$standin" GOD_STANDIN_LOG="$PWD/standin.log"
rm -f standin.log

"$check" "$modules" emulated bf16 ${1:-attention} >checks.jsonl || {
    grep -v '"missed": 0' checks.jsonl
    exit 1
}
grep -q 'attention by cuDNN' checks.jsonl
cat standin.log
grep -q ' runs [1-9]' standin.log
[ $# -gt 0 ] || grep -q ' refused [1-9]' standin.log # heads that it has no plan for went to our own kernels

refused() { # NAME=VALUE EXIT_STATUS WORDS
    status=0
    env "$1" "$check" "$modules" emulated bf16 attention >refused.txt 2>&1 || status=$?
    [ $status -eq "$2" ] && grep -q "$3" refused.txt || {
        cat refused.txt
        echo "expected exit status $2 and \"$3\", it was $status" >&2
        exit 1
    }
}
refused GOD_NN_CUDNN=/nonexistent/libcudnn.so.9 77 'cuDNN 9 cannot be opened'
refused GOD_STANDIN_VERSION=90600 77 'cuDNN 90600 is too old'
refused GOD_STANDIN_FAIL=create 1 'cuDNN 91801 cannot be started: the stand-in does not do it'
refused GOD_STANDIN_FAIL=graph 1 'cuDNN stopped at the graph of operations for attention with'
refused GOD_STANDIN_FAIL=execute 1 'attention by cuDNN failed on the CUDA device'
refused GOD_NN_ATTENTION=fast 1 'it can be own or cudnn'
