#include "core/tournament/training.h"

#include <assert.h>

#include "core/tournament/calendar.h"

bool gdi_training_may_start(const gdi_rules *rules, const gdi_training *row)
{
    return row->status == GDI_TRAINING_PENDING && row->attempts < rules->training_attempts_max;
}

gdi_training gdi_training_start(const gdi_rules *rules, gdi_training row, uint32_t outcome)
{
    if (row.status != GDI_TRAINING_PENDING) {
        return row;
    }
    if (row.attempts >= rules->training_attempts_max) {
        row.status = GDI_TRAINING_FAILURE;
        return row;
    }
    switch (outcome) {
    case GDI_START_ACCEPTED:
        row.status = GDI_TRAINING_TRAINING;
        row.attempts++;
        return row;
    case GDI_START_NO_RETRY:
    case GDI_START_NO_REPOSITORY: row.status = GDI_TRAINING_FAILURE; return row;
    default:
        assert(outcome == GDI_START_NO_GPU || outcome == GDI_START_FAILED || outcome == GDI_START_NOT_TRIED);
        return row;
    }
}

gdi_training gdi_training_polled(gdi_training row, const gdi_training_poll *poll)
{
    if (row.status != GDI_TRAINING_TRAINING) {
        return row;
    }
    if (poll->success_count > 0) {
        row.status = GDI_TRAINING_SUCCESS;
    } else if (poll->training_count == 0) {
        row.status = GDI_TRAINING_PENDING; /* all that answered failed, or nobody answered */
    }
    return row;
}

bool gdi_training_overdue(const gdi_rules *rules, int64_t started_us, double hours_to_complete, int64_t now_us)
{
    double allowed_us = hours_to_complete * (double)GDI_HOUR_US + (double)rules->training_overdue_us;
    return (double)(now_us - started_us) >= allowed_us;
}

uint32_t gdi_training_pick_trainer(const uint32_t *free_counts, uint32_t trainer_count, uint32_t needed)
{
    assert(needed > 0);
    uint32_t best = UINT32_MAX;
    for (uint32_t i = 0; i < trainer_count; i++) {
        bool fits = free_counts[i] >= needed;
        if (fits && (best == UINT32_MAX || free_counts[i] < free_counts[best])) {
            best = i;
        }
    }
    return best;
}
