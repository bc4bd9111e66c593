/* core/tournament/task_size.h: how long a task trains, on what, and on which data. Sources: sections 11.2, 11.3, 11.4
 * and 11.6. What differs by task type (factors, fixed requirements) is passed in; nothing here knows a type by name. */
#ifndef GDI_TOURNAMENT_TASK_SIZE_H
#define GDI_TOURNAMENT_TASK_SIZE_H

#include "core/tournament/entrant.h"

/* Hours of a text task from its rows, its model's parameters (0: unknown) and the type's factor m (1.4, 1.3 or 1.0):
 * half-hour steps, from 1 to 6. rows >= 0, factor > 0. */
double gdi_training_hours(double rows, double params, double hours_factor);

/* The same task after preparation, from the 95th and 50th percentile of its sequence lengths: scaled by the square of
 * packed / 1024, at least 0.25 and at most 3 times. GDI_NO_VALUE for p95: unchanged; for p50: taken as p95. */
double gdi_context_hours(double hours, double p95, double p50);

/* GPUs of a text task: 1, 2, 4 or 8 for at most 4, 12, 40 or more billion effective parameters (params * gpu_factor,
 * 3 for DPO, 2 for GRPO). Unknown size (0): 1. */
uint32_t gdi_gpu_count(double params, double gpu_factor);

/* How a type filters data sets by the losses earlier tasks had on them. */
enum { GDI_DATASET_ANY = 1, GDI_DATASET_BEST_LOSS = 2, GDI_DATASET_MEAN_LOSS = 3 };
/* Whether a data set may be used. Any filter but GDI_DATASET_ANY refuses one that was ever solved to below 0.01;
 * BEST_LOSS (instruct) also one whose best loss exceeds 2.0, MEAN_LOSS (DPO) one whose mean lies in [0.68, 0.71], where
 * nothing was learned. No history: accepted. Losses that are not finite are left out. */
bool gdi_dataset_accepted(uint32_t filter, const double *losses, uint32_t count);

/* Range of model sizes, in parameters. */
typedef struct gdi_params_range {
    double lowest, highest;
} gdi_params_range;
/* Model size of a task that replaces a broken one: within 20 % of the old; 1 to 10 billion when that is unknown (0) or
 * tiny (below 0.1 billion). */
gdi_params_range gdi_replacement_params(double old_params);

/* From the sixth replacement of one slot on (`replacements` done so far), wait 15 min before each. */
int64_t gdi_replacement_wait_us(uint32_t replacements);

#endif
