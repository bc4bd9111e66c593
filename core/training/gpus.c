#include "core/training/gpus.h"

#include <string.h>

uint32_t gdi_gpu_requirement(const gdi_gpu_need *need)
{
    if (need->fixed_count > 0 && (need->params > 0.0 || need->fixed_without_size)) {
        return need->fixed_count;
    }
    double billions = need->params / 1e9 * need->gpu_factor * (need->use_kl ? 2.0 : 1.0);
    return billions <= 4.0 ? 1 : billions <= 12.0 ? 2 : billions <= 40.0 ? 4 : 8;
}

uint32_t gdi_gpus_as_h200(uint32_t h100_count)
{
    return (h100_count * 80 + 140) / 141;
}

uint32_t gdi_gpus_choose(const gdi_gpu_offer *offers, uint32_t offer_count, uint32_t needed)
{
    uint32_t best = UINT32_MAX;
    for (uint32_t i = 0; i < offer_count; i++) {
        if (offers[i].count < needed) {
            continue;
        }
        /* needed / free is higher where free is lower */
        if (best == UINT32_MAX || offers[i].free_count < offers[best].free_count) {
            best = i;
        }
    }
    return best;
}

bool gdi_gpu_is_free(const gdi_gpu_row *row, int64_t now_s)
{
    return row->used_until_s <= now_s;
}

int64_t gdi_gpu_synchronise(const gdi_gpu_row *row, uint32_t says, int64_t now_s)
{
    bool is_free = gdi_gpu_is_free(row, now_s);
    switch (says) {
    case GDI_GPU_SAYS_FREE: return !is_free && now_s - row->updated_s >= GDI_GPU_GRACE_S ? 0 : row->used_until_s;
    case GDI_GPU_SAYS_BUSY: return is_free ? now_s + GDI_GPU_BUSY_S : row->used_until_s;
    default: return now_s + GDI_GPU_BUSY_S;
    }
}

bool gdi_gpus_conflict(const uint32_t *wanted, uint32_t wanted_count, const uint32_t *taken, uint32_t taken_count)
{
    for (uint32_t i = 0; i < wanted_count; i++) {
        for (uint32_t k = 0; k < taken_count; k++) {
            if (wanted[i] == taken[k]) {
                return true;
            }
        }
    }
    return false;
}

bool gdi_gpu_holder(const char *container_name)
{
    static const char *const beginnings[] = {"text-trainer-", "image-trainer-", "model-prep-"};
    for (size_t i = 0; i < sizeof beginnings / sizeof beginnings[0]; i++) {
        if (strncmp(container_name, beginnings[i], strlen(beginnings[i])) == 0) {
            return true;
        }
    }
    return false;
}
