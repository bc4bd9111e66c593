#include "core/simulation/arrows.h"

#include <stddef.h>
#include <string.h>

typedef struct arrow {
    uint32_t machine;
    const char *from, *to;
} arrow;

static const arrow arrows[] = {
    /* 5.1 */
    {GDI_ARROWS_TOURNAMENT, "pending", "active"},
    {GDI_ARROWS_TOURNAMENT, "active", "completed"},
    {GDI_ARROWS_TOURNAMENT, "pending", "cancelled"},
    {GDI_ARROWS_TOURNAMENT, "active", "cancelled"},
    {GDI_ARROWS_TOURNAMENT, "completed", "cancelled"},
    /* 5.2 */
    {GDI_ARROWS_ROUND, "pending", "active"},
    {GDI_ARROWS_ROUND, "active", "completed"},
    /* 5.4, the path of a tournament; `failure` and `success` lead on by an operator (26) alone */
    {GDI_ARROWS_TASK, "pending", "preparing_data"},
    {GDI_ARROWS_TASK, "preparing_data", "pending"},
    {GDI_ARROWS_TASK, "preparing_data", "awaiting_model_prep"},
    {GDI_ARROWS_TASK, "preparing_data", "looking_for_nodes"},
    {GDI_ARROWS_TASK, "preparing_data", "prep_task_failure"},
    {GDI_ARROWS_TASK, "awaiting_model_prep", "looking_for_nodes"},
    {GDI_ARROWS_TASK, "awaiting_model_prep", "prep_task_failure"},
    {GDI_ARROWS_TASK, "looking_for_nodes", "training"},
    {GDI_ARROWS_TASK, "training", "preevaluation"},
    {GDI_ARROWS_TASK, "preevaluation", "evaluating"},
    {GDI_ARROWS_TASK, "evaluating", "preevaluation"},
    {GDI_ARROWS_TASK, "training", "evaluating"},
    {GDI_ARROWS_TASK, "training", "success"},
    {GDI_ARROWS_TASK, "training", "failure"},
    {GDI_ARROWS_TASK, "preevaluation", "success"},
    {GDI_ARROWS_TASK, "preevaluation", "failure"},
    {GDI_ARROWS_TASK, "evaluating", "success"},
    {GDI_ARROWS_TASK, "evaluating", "failure"},
    {GDI_ARROWS_TASK, "failure", "training"},
    {GDI_ARROWS_TASK, "failure", "prep_task_failure"},
    {GDI_ARROWS_TASK, "success", "prep_task_failure"}, /* too many trainings failed (15.1) */
    /* 5.5 */
    {GDI_ARROWS_TRAINING, "pending", "training"},
    {GDI_ARROWS_TRAINING, "pending", "failure"},
    {GDI_ARROWS_TRAINING, "training", "success"},
    {GDI_ARROWS_TRAINING, "training", "pending"},
    {GDI_ARROWS_TRAINING, "failure", "pending"},
    /* 5.6 */
    {GDI_ARROWS_EVALUATION, "pending", "evaluating"},
    {GDI_ARROWS_EVALUATION, "evaluating", "pending"},
    {GDI_ARROWS_EVALUATION, "evaluating", "success"},
    {GDI_ARROWS_EVALUATION, "evaluating", "failure"},
    {GDI_ARROWS_EVALUATION, "failure", "pending"},
    /* 5.7 */
    {GDI_ARROWS_GAMES, "pending", "complete"},
    /* 5.8 */
    {GDI_ARROWS_REVIEW, "pending_review", "approved"},
    {GDI_ARROWS_REVIEW, "pending_review", "skipped"},
    /* core/store/jobs.h */
    {GDI_ARROWS_JOB, "queued", "running"},
    {GDI_ARROWS_JOB, "running", "queued"},
    {GDI_ARROWS_JOB, "running", "done"},
    {GDI_ARROWS_JOB, "running", "failed"},
    {GDI_ARROWS_JOB, "queued", "cancelled"},
    {GDI_ARROWS_JOB, "running", "cancelled"},
};
enum { ARROW_COUNT = sizeof arrows / sizeof *arrows };

bool gdi_arrows_lead(uint32_t machine, const char *from, const char *to)
{
    if (machine == GDI_ARROWS_ANY || strcmp(from, to) == 0) {
        return true;
    }
    if (machine == GDI_ARROWS_SET_ONCE) {
        return from[0] == '\0';
    }
    /* Every state that is reached goes through once; there are fewer states than arrows. */
    const char *reached[ARROW_COUNT + 1] = {from};
    size_t count = 1;
    for (size_t at = 0; at < count; at++) {
        for (size_t i = 0; i < ARROW_COUNT; i++) {
            if (arrows[i].machine != machine || strcmp(arrows[i].from, reached[at]) != 0) {
                continue;
            }
            if (strcmp(arrows[i].to, to) == 0) {
                return true;
            }
            size_t known = 0;
            while (known < count && strcmp(reached[known], arrows[i].to) != 0) {
                known++;
            }
            if (known == count) {
                reached[count++] = arrows[i].to;
            }
        }
    }
    return false;
}
