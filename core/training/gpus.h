/* core/training/gpus.h: how many GPUs a training needs, which trainer has them, and which are taken (training
 * specification 6, 22.2, 22.4, 22.5 and 22.9). Pure functions. [any] */
#ifndef GDI_TRAINING_GPUS_H
#define GDI_TRAINING_GPUS_H

#include <stdbool.h>
#include <stdint.h>

/* What a requirement depends on. What differs by task type (plugins/task-kinds.json) is passed in. */
typedef struct gdi_gpu_need {
    double params;           /* of the model; 0: unknown */
    double gpu_factor;       /* of the task type: 3 for DPO, 2 for GRPO, else 1 */
    uint32_t fixed_count;    /* of the task type: 4 for environments, 1 for images; 0: by size */
    bool fixed_without_size; /* the fixed count holds though the size is unknown (images) */
    bool use_kl;
} gdi_gpu_need;

/* H100s: 1, 2, 4 or 8. */
uint32_t gdi_gpu_requirement(const gdi_gpu_need *need);

/* H200s that do the work of so many H100s: ceil(n * 80 / 141). */
uint32_t gdi_gpus_as_h200(uint32_t h100_count);

/* A trainer with free GPUs, ids ascending. */
typedef struct gdi_gpu_offer {
    const uint32_t *ids; /* free ones of the type that is asked for */
    uint32_t count;
    uint32_t free_count; /* of any type */
} gdi_gpu_offer;

/* The trainer with the highest needed / free ratio among those with enough free GPUs of the type, the first of equal
 * ones; UINT32_MAX: none. It gives its first `needed` ids. needed >= 1. */
uint32_t gdi_gpus_choose(const gdi_gpu_offer *offers, uint32_t offer_count, uint32_t needed);

/* A row about one GPU after a trainer was asked. Times are seconds since the epoch. */
enum { GDI_GPU_SAYS_FREE = 1, GDI_GPU_SAYS_BUSY = 2, GDI_GPU_SAYS_NOTHING = 3 /* no connection, or HTTP 5xx */ };
enum { GDI_GPU_GRACE_S = 600, GDI_GPU_BUSY_S = 2 * 60 * 60 };
typedef struct gdi_gpu_row {
    int64_t used_until_s; /* 0: not reserved */
    int64_t updated_s;
} gdi_gpu_row;
/* The new used_until_s. An answer of HTTP 4xx is none: do not ask. */
int64_t gdi_gpu_synchronise(const gdi_gpu_row *row, uint32_t says, int64_t now_s);
bool gdi_gpu_is_free(const gdi_gpu_row *row, int64_t now_s);

/* Is one of `wanted` among `taken`? On a trainer these are the devices of records in training and those of running
 * containers whose names begin as a training's do. */
bool gdi_gpus_conflict(const uint32_t *wanted, uint32_t wanted_count, const uint32_t *taken, uint32_t taken_count);
/* Does a container of this name hold its GPUs for a training or a model preparation? */
bool gdi_gpu_holder(const char *container_name);

#endif
