#include "core/trainer/gpus.h"

#include <ctype.h>
#include <stdlib.h>

#include "core/trainer/gpus_driver.h"
#include "core/training/gpus.h"

struct gdi_gpus {
    uint32_t is_configured;
    gdi_gpu_list list;      /* of the configuration */
    gdi_gpu_driver *driver; /* own; NULL: not open yet */
};

const char *gdi_gpu_type_of(const char *product_name)
{
    static const char *const types[] = {"H100", "A100", "A6000"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (strcasestr(product_name, types[i]) != NULL) {
            return types[i];
        }
    }
    return NULL;
}

/* "NVIDIA H100 80GB HBM3 80": the last word is its memory. */
static god_status read_configured(const char *entry, uint32_t id, gdi_gpu_list *list, god_error *err)
{
    const char *space = strrchr(entry, ' ');
    char *end = NULL;
    unsigned long gib = space == NULL ? 0 : strtoul(space + 1, &end, 10);
    if (space == NULL || !isdigit((unsigned char)space[1]) || *end != '\0' || gib < 1 || gib > 65535) {
        return god_fail(
            err, GOD_E_INVALID,
            "\"trainer.gpus\" has \"%.100s\", a product name and its memory in GiB are needed, as in \"H100 "
            "80\"",
            entry);
    }
    const char *type = gdi_gpu_type_of(entry);
    if (type != NULL) {
        list->items[list->count++] = (gdi_gpu_device){.id = id, .type = type, .vram_gb = (uint32_t)gib};
    }
    return GOD_OK;
}

god_status gdi_gpus_open(const gdi_strings *configured, gdi_gpus **ret_gpus, god_error *err)
{
    gdi_gpus *gpus = calloc(1, sizeof *gpus);
    god_status status = GOD_OK;
    if (gpus == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for the list of GPUs");
    }
    gpus->is_configured = configured->count > 0;
    if (configured->count > GDI_GPU_LIST_MAX) {
        status = god_fail(err, GOD_E_INVALID, "\"trainer.gpus\" has %zu entries, %d are allowed", configured->count,
                          GDI_GPU_LIST_MAX);
    }
    for (uint32_t i = 0; i < configured->count && status == GOD_OK; i++) {
        status = read_configured(configured->items[i], i, &gpus->list, err);
    }
    if (status != GOD_OK) {
        gdi_gpus_close(gpus);
        return status;
    }
    *ret_gpus = gpus;
    return GOD_OK;
}

void gdi_gpus_close(gdi_gpus *gpus)
{
    if (gpus != NULL) {
        gdi_gpu_driver_close(gpus->driver);
        free(gpus);
    }
}

god_status gdi_gpus_read(gdi_gpus *gpus, gdi_gpu_list *ret_list, god_error *err)
{
    gdi_gpu_list list = {.count = 0};
    if (gpus->is_configured) {
        *ret_list = gpus->list;
        return GOD_OK;
    }
    if (gpus->driver == NULL) {
        GOD_TRY(gdi_gpu_driver_open(&gpus->driver, err));
    }
    god_status status = gdi_gpu_driver_read(gpus->driver, &list, err);
    if (status != GOD_OK) { /* it may have been replaced: opened anew the next time */
        gdi_gpu_driver_close(gpus->driver);
        gpus->driver = NULL;
        return status;
    }
    *ret_list = list;
    return GOD_OK;
}

/* ---- taken ones ---- */

typedef struct taking {
    uint32_t *ids;
    uint32_t count, with_at_work;
} taking;

static uint32_t take_of(void *user, const gdi_record *record)
{
    taking *t = user;
    if (record->status != GDI_RECORD_TRAINING && !(t->with_at_work && record->at_work)) {
        return 0;
    }
    for (uint32_t i = 0; i < record->gpu_count; i++) {
        if (t->count < GDI_TAKEN_MAX && !gdi_gpus_conflict(&record->gpu_ids[i], 1, t->ids, t->count)) {
            t->ids[t->count++] = record->gpu_ids[i];
        }
    }
    return 0;
}

uint32_t gdi_gpus_taken(gdi_records *records, uint32_t with_at_work, uint32_t ret_ids[GDI_TAKEN_MAX])
{
    taking t = {.ids = ret_ids, .with_at_work = with_at_work};
    gdi_records_each(records, &t, take_of);
    return t.count;
}

json_t *gdi_gpus_show(const gdi_gpu_list *list, const uint32_t *taken, uint32_t taken_count)
{
    json_t *shown = json_array();
    int failed = shown == NULL;
    for (uint32_t i = 0; i < list->count && !failed; i++) {
        const gdi_gpu_device *gpu = &list->items[i];
        failed |= json_array_append_new(
            shown, json_pack("{s:i, s:s, s:i, s:b, s:n, s:n}", "gpu_id", (int)gpu->id, "gpu_type", gpu->type, "vram_gb",
                             (int)gpu->vram_gb, "available", !gdi_gpus_conflict(&gpu->id, 1, taken, taken_count),
                             "used_until", "updated_at"));
    }
    if (failed) {
        json_decref(shown);
        return NULL;
    }
    return shown;
}
