/* core/tournament/training.h: the life of one training row, and which trainer gets it. Sources: sections 5.5, 13.3 and
 * 13.4.
 *
 *     pending --start accepted--> training --a trainer reports success--> success
 *        |  ^                        |
 *        |  +-- all report failure, or nobody answers
 *        +-- attempts used up, no repository, or the trainer says "do not retry" --> failure
 */
#ifndef GDI_TOURNAMENT_TRAINING_H
#define GDI_TOURNAMENT_TRAINING_H

#include "core/tournament/rules.h"

enum { GDI_TRAINING_PENDING = 1, GDI_TRAINING_TRAINING = 2, GDI_TRAINING_SUCCESS = 3, GDI_TRAINING_FAILURE = 4 };

typedef struct gdi_training {
    uint32_t status;
    uint32_t attempts; /* started trainings; kept when the row goes back to pending */
} gdi_training;

/* What became of a pending row that the scheduler took up. */
enum {
    GDI_START_NO_GPU = 1,        /* left for the next cycle */
    GDI_START_ACCEPTED = 2,      /* counted as an attempt */
    GDI_START_FAILED = 3,        /* tried again after a minute, not counted */
    GDI_START_NO_RETRY = 4,      /* the trainer could not clone the repository */
    GDI_START_NO_REPOSITORY = 5, /* none is known */
    GDI_START_NOT_TRIED = 6      /* only the attempts were looked at */
};

/* May the scheduler start this row at all? A row with used-up attempts fails instead (gdi_training_start does it). */
bool gdi_training_may_start(const gdi_rules *rules, const gdi_training *row);
/* The row after the scheduler took it up. A row that is not pending stays as it is. */
gdi_training gdi_training_start(const gdi_rules *rules, gdi_training row, uint32_t outcome);

/* What the trainers that answered one poll reported. */
typedef struct gdi_training_poll {
    uint32_t success_count, training_count, failure_count;
} gdi_training_poll;
/* The row after a poll. A row that is not in training stays as it is. */
gdi_training gdi_training_polled(gdi_training row, const gdi_training_poll *poll);

/* A trainer that still reports `training` this late counts as failed: 60 min after start and hours. */
bool gdi_training_overdue(const gdi_rules *rules, int64_t started_us, double hours_to_complete, int64_t now_us);

/* The trainer with the highest needed/free ratio among those with enough free GPUs: the tightest fit, the first of
 * equal ones. free_counts are in order of trainer address ascending. Returns UINT32_MAX when none fits. needed >= 1. */
uint32_t gdi_training_pick_trainer(const uint32_t *free_counts, uint32_t trainer_count, uint32_t needed);

#endif
