#include "core/training/times.h"

bool gdi_training_is_stale(int64_t started_s, double hours, int64_t now_s)
{
    return (double)(now_s - started_s) > hours * 3600.0 + GDI_STALE_GRACE_S;
}

static bool is_old(int64_t time_s, int64_t now_s)
{
    return time_s != 0 && time_s < now_s - GDI_RETENTION_S;
}

bool gdi_checkpoints_are_old(const gdi_past_job *jobs, uint32_t count, int64_t now_s)
{
    for (uint32_t i = 0; i < count; i++) {
        if (jobs[i].is_training || !is_old(jobs[i].finished_s, now_s)) {
            return false;
        }
    }
    return count > 0;
}

bool gdi_data_is_old(const gdi_past_job *jobs, uint32_t count, int64_t now_s)
{
    bool old = false;
    for (uint32_t i = 0; i < count; i++) {
        old |= !jobs[i].is_training && is_old(jobs[i].finished_s, now_s);
    }
    return old;
}

bool gdi_model_is_old(const gdi_past_job *jobs, uint32_t count, int64_t now_s)
{
    for (uint32_t i = 0; i < count; i++) {
        if (jobs[i].is_training || !is_old(jobs[i].started_s, now_s) || !is_old(jobs[i].finished_s, now_s)) {
            return false;
        }
    }
    return count > 0;
}
