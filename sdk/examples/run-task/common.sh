# Shared by the run_*_task.sh beside it: writes the request that a validator would send, then hands over to god run-task.
#   TASK_ID, MODEL_ID, HOURS, REPO_NAME    of the task; defaults below
#   REPO       the training repository, a folder (default: the current one)
#   MODEL_DIR  the base model's folder      DATA_FILE  the training data
#   ARGS_ONLY  set to 1 to see only what the training would be started with
# Further arguments go to god run-task: --runner process, --time-limit 600, ...
set -eu
TASK_ID=${TASK_ID:-local-task}
MODEL_ID=${MODEL_ID:-local/base}
HOURS=${HOURS:-1}
REPO_NAME=${REPO_NAME:-local-output}
REPO=${REPO:-.}

# run_task TRAINING_DATA_JSON [ARGUMENT...]: the members of training_data that belong to the type.
run_task() {
    request=$(mktemp)
    trap 'rm -f "$request"' EXIT
    cat >"$request" <<JSON
{"training_data": {"task_id": "$TASK_ID", "model": "$MODEL_ID", "hours_to_complete": $HOURS,
                   "expected_repo_name": "$REPO_NAME", $1},
 "github_repo": "https://example.org/local/repository", "gpu_ids": [0], "hotkey": "local"}
JSON
    shift
    if [ "${ARGS_ONLY:-0}" = 1 ]; then
        god task args "$request" --json
        return
    fi
    : "${MODEL_DIR:?set MODEL_DIR to the folder of the base model}" "${DATA_FILE:?set DATA_FILE to the training data}"
    god run-task "$request" --repo "$REPO" --model "$MODEL_DIR" --data "$DATA_FILE" "$@"
}
