/* core/training/times.h: when a training counts as lost, and how long what it left is kept (training specification 4,
 * 17 and 18). Pure functions; times are seconds since the epoch. [any] */
#ifndef GDI_TRAINING_TIMES_H
#define GDI_TRAINING_TIMES_H

#include <stdbool.h>
#include <stdint.h>

enum { GDI_STALE_GRACE_S = 10 * 60, GDI_PREP_STALE_S = 60 * 60, GDI_RETENTION_S = 72 * 60 * 60 };

/* A record in training is stale strictly after start + hours + 10 minutes. */
bool gdi_training_is_stale(int64_t started_s, double hours, int64_t now_s);

/* One record of a job, as far as cleaning asks. */
typedef struct gdi_past_job {
    int64_t started_s, finished_s; /* 0: not known, which is never old */
    bool is_training;
} gdi_past_job;

/* Of all records of one task: may its checkpoints go? Every one must have finished before the cut-off. */
bool gdi_checkpoints_are_old(const gdi_past_job *jobs, uint32_t count, int64_t now_s);
/* Of all records of one task: may its data files go? One that finished before the cut-off is enough. */
bool gdi_data_is_old(const gdi_past_job *jobs, uint32_t count, int64_t now_s);
/* Of all records of one model: may its folder go? None in training, none started or finished since the cut-off. A model
 * without records is kept. */
bool gdi_model_is_old(const gdi_past_job *jobs, uint32_t count, int64_t now_s);

#endif
