#include "core/cli/evaluate.h"

#include <math.h>

const char *gdi_entry_status(const gdi_evaluation *evaluation, const gdi_entry *entry)
{
    if (entry->job_index < 0 || !evaluation->has_result) {
        return "failed";
    }
    return gdi_result_submission_status(&evaluation->result, (uint32_t)entry->job_index);
}

const char *gdi_entry_message(const gdi_evaluation *evaluation, const gdi_entry *entry)
{
    if (entry->job_index < 0 || !evaluation->has_result) {
        return entry->message;
    }
    const json_t *submission = gdi_result_submission(&evaluation->result, (uint32_t)entry->job_index);
    return json_string_value(json_object_get(submission, "message"));
}

/* Returns 1 and the number that ranks this entry. */
static uint32_t get_score(const gdi_evaluation *e, const gdi_entry *entry, double *ret_score)
{
    if (!e->has_result || e->result.outcome != GDI_OUTCOME_RESULT || strcmp(gdi_entry_status(e, entry), "ok") != 0) {
        return 0;
    }
    return gdi_result_metric(&e->result, (uint32_t)entry->job_index, gdi_result_primary(&e->result), ret_score);
}

static uint32_t is_better(const gdi_evaluation *e, double a, double b)
{
    return e->result.direction == GOD_LOWER_WINS ? a < b : a > b;
}

/* Spec 10.2: sorted by the number, ties keep the order in which they came; each has a rank of its own. The rank of an
 * entry is one more than how many come before it, which needs no sorting and is stable by definition. */
static void rank_entry(gdi_evaluation *e, uint32_t index)
{
    double own = 0, nearest = 0;
    uint32_t before = 0, has_nearest = 0;
    if (!get_score(e, &e->entries[index], &own)) {
        return;
    }
    for (uint32_t i = 0; i < e->args->submission_count; i++) {
        double other = 0;
        if (i == index || !get_score(e, &e->entries[i], &other)) {
            continue;
        }
        if (is_better(e, other, own) || (!is_better(e, own, other) && i < index)) {
            before++;
            nearest = !has_nearest || is_better(e, nearest, other) ? other : nearest;
            has_nearest = 1;
        }
    }
    e->entries[index].rank = before + 1;
    e->entries[index].tied = has_nearest && fabs(own - nearest) <= e->result.tie_epsilon;
}

void gdi_evaluation_rank(gdi_evaluation *evaluation)
{
    for (uint32_t i = 0; i < evaluation->args->submission_count; i++) {
        rank_entry(evaluation, i);
    }
}

uint32_t gdi_evaluation_ranked_count(const gdi_evaluation *evaluation)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < evaluation->args->submission_count; i++) {
        count += evaluation->entries[i].rank > 0;
    }
    return count;
}

void gdi_evaluation_order(const gdi_evaluation *evaluation, uint32_t *ret_order)
{
    uint32_t count = evaluation->args->submission_count;
    uint32_t next_unranked = gdi_evaluation_ranked_count(evaluation);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t rank = evaluation->entries[i].rank;
        ret_order[rank > 0 ? rank - 1 : next_unranked++] = i;
    }
}
