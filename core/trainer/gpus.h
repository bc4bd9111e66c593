/* core/trainer/gpus.h: which GPUs this machine offers (training specification 6).
 *
 * They come from the driver's library, libnvidia-ml.so.1, which is opened at run time, or from a list of the
 * configuration ("trainer.gpus"), for machines without GPUs. Upper-case product names decide: the first of H100, A100
 * and A6000 in it is the type; devices of no type are left out and keep their numbers.
 *
 * Owned by whoever opened it; read by one thread at a time. [one]
 */
#ifndef GDI_TRAINER_GPUS_H
#define GDI_TRAINER_GPUS_H

#include <jansson.h>

#include "core/config/strings.h"
#include "core/trainer/store.h"

enum { GDI_GPU_LIST_MAX = 64 };

typedef struct gdi_gpu_device {
    uint32_t id;      /* as the driver counts */
    const char *type; /* "H100"; static text */
    uint32_t vram_gb; /* whole GiB, rounded down */
} gdi_gpu_device;

typedef struct gdi_gpu_list {
    gdi_gpu_device items[GDI_GPU_LIST_MAX];
    uint32_t count;
} gdi_gpu_list;

typedef struct gdi_gpus gdi_gpus;

/* configured: "NAME GIB" each; empty: the driver is asked, now and whenever the list is read. GOD_E_INVALID for an
 * entry of another form. A driver that is missing is no error here. */
god_status gdi_gpus_open(const gdi_strings *configured, gdi_gpus **ret_gpus, god_error *err);
void gdi_gpus_close(gdi_gpus *gpus); /* accepts NULL */

/* GOD_E_NOT_FOUND when there is no driver, GOD_E_DEVICE when it fails. */
god_status gdi_gpus_read(gdi_gpus *gpus, gdi_gpu_list *ret_list, god_error *err);

/* "NVIDIA H100 80GB HBM3" is an "H100". Static text; NULL: none that is known. */
const char *gdi_gpu_type_of(const char *product_name);

/* The numbers of the GPUs that jobs of this trainer have, each once: those of records in training, and, when asked for,
 * of jobs that have ended for the interface but are still being removed. */
enum { GDI_TAKEN_MAX = 1024 };
uint32_t gdi_gpus_taken(gdi_records *records, uint32_t with_at_work, uint32_t ret_ids[GDI_TAKEN_MAX]);

/* The array of training specification 2.5. A new reference; NULL: no memory. */
json_t *gdi_gpus_show(const gdi_gpu_list *list, const uint32_t *taken, uint32_t taken_count);

#endif
