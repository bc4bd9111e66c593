/* core/tournament/completion.h: whether a round is over. Source: section 15.1. */
#ifndef GDI_TOURNAMENT_COMPLETION_H
#define GDI_TOURNAMENT_COMPLETION_H

#include "core/tournament/rules.h"

/* What matters of a task's status (5.4) here. */
enum { GDI_TASK_OPEN = 1, GDI_TASK_SUCCESS = 2, GDI_TASK_FAILURE = 3, GDI_TASK_PREP_FAILURE = 4 };

typedef struct gdi_round_task {
    uint32_t status;
    uint32_t training_count, failed_training_count; /* rows of the task */
} gdi_round_task;

enum {
    GDI_ROUND_COMPLETE = 1,
    GDI_ROUND_OPEN = 2,               /* some task is still at work */
    GDI_ROUND_BLOCKED_BY_FAILURE = 3, /* a task failed: an operator replaces or retries it */
    GDI_ROUND_BLOCKED_BY_SHARE = 4,   /* more than half of a task's trainings failed */
    GDI_ROUND_NEEDS_REPLACEMENT = 5   /* a task could not be prepared: it is replaced (11.6) */
};

/* The state of the round and, unless complete, the first task that gives it. Where several tasks stand in the way, a
 * replacement comes before a failure, a failure before a share, a share before an open task: what can be acted on
 * first is reported first. A round without tasks is open. */
uint32_t gdi_round_state(const gdi_rules *rules, const gdi_round_task *tasks, uint32_t task_count, uint32_t *ret_task);

/* A task is `success` when every row is terminal and one evaluation succeeded, `failure` when none did (14.3). */
uint32_t gdi_task_outcome(uint32_t row_count, uint32_t terminal_count, uint32_t evaluated_count);

#endif
