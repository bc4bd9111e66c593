#include "core/tournament/completion.h"

#include <assert.h>

static uint32_t task_state(const gdi_rules *rules, const gdi_round_task *task)
{
    assert(task->failed_training_count <= task->training_count);
    switch (task->status) {
    case GDI_TASK_PREP_FAILURE: return GDI_ROUND_NEEDS_REPLACEMENT;
    case GDI_TASK_FAILURE: return GDI_ROUND_BLOCKED_BY_FAILURE;
    case GDI_TASK_SUCCESS: break;
    default: return GDI_ROUND_OPEN;
    }
    double failed_share =
        task->training_count > 0 ? (double)task->failed_training_count / (double)task->training_count : 0.0;
    return failed_share > rules->failed_trainings_max ? GDI_ROUND_BLOCKED_BY_SHARE : GDI_ROUND_COMPLETE;
}

/* Larger: reported first. */
static uint32_t urgency(uint32_t state)
{
    switch (state) {
    case GDI_ROUND_NEEDS_REPLACEMENT: return 4;
    case GDI_ROUND_BLOCKED_BY_FAILURE: return 3;
    case GDI_ROUND_BLOCKED_BY_SHARE: return 2;
    case GDI_ROUND_OPEN: return 1;
    default: return 0;
    }
}

uint32_t gdi_round_state(const gdi_rules *rules, const gdi_round_task *tasks, uint32_t task_count, uint32_t *ret_task)
{
    uint32_t worst = task_count == 0 ? GDI_ROUND_OPEN : GDI_ROUND_COMPLETE, worst_task = 0;
    for (uint32_t i = 0; i < task_count; i++) {
        uint32_t state = task_state(rules, &tasks[i]);
        if (urgency(state) > urgency(worst)) {
            worst = state;
            worst_task = i;
        }
    }
    *ret_task = worst_task;
    return worst;
}

uint32_t gdi_task_outcome(uint32_t row_count, uint32_t terminal_count, uint32_t evaluated_count)
{
    assert(terminal_count <= row_count && evaluated_count <= terminal_count);
    if (terminal_count < row_count) {
        return GDI_TASK_OPEN;
    }
    return evaluated_count > 0 ? GDI_TASK_SUCCESS : GDI_TASK_FAILURE;
}
