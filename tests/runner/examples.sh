#!/bin/sh
# examples.sh BIN_DIR EXAMPLES_DIR: each run_*_task.sh makes a request that god task args takes for its own type.
set -eu
PATH=$1:$PATH
for pair in instruct:InstructTextTask dpo:DpoTask grpo:GrpoTask image:ImageTask environment:EnvTask; do
    shown=$(ARGS_ONLY=1 sh "$2/run_${pair%%:*}_task.sh")
    case $shown in
    *"\"task_type\": \"${pair#*:}\""*) echo "run_${pair%%:*}_task.sh: ${pair#*:}" ;;
    *)
        echo "run_${pair%%:*}_task.sh does not make a ${pair#*:}: $shown" >&2
        exit 1
        ;;
    esac
done
