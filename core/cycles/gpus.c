/* core/cycles/gpus.c: which GPUs are free, who takes them, and what the trainers say of them. Section 13.3; training
 * specification, 22.2, 22.4 and 22.5.
 *
 * The host knows what it put on a GPU and frees it when the work ends, so it asks the trainers only in doubt: when
 * somebody waits in vain, every ten minutes (the grace that the specification gives a fresh reservation); when a start
 * failed, in the same minute. */
#include <stdio.h>

#include "core/cycles/periodic.h"
#include "core/cycles/rounds.h"
#include "core/store/periodic.h"
#include "core/tournament/calendar.h"
#include "core/tournament/task_size.h"
#include "core/tournament/training.h"
#include "god/helpers/json.h"

static const char gpu_type[] = "H100";
static const int64_t grace_us = 10 * GDI_STEP_MINUTE_US, silent_us = 2 * GDI_HOUR_US;

struct gdi_gpu_pool {
    const char **trainers;
    uint32_t *first, *fitting, *all; /* per trainer: its place in `ids`, free ones of the type, free ones */
    int64_t *ids;                    /* those of the type, ascending inside a trainer */
    uint32_t trainer_count;
};

uint32_t gdi_gpus_needed(const gdi_named_task_kind *kind, int64_t model_params_count)
{
    uint32_t needed =
        kind->gpu_count > 0 ? kind->gpu_count : gdi_gpu_count((double)model_params_count, kind->gpu_factor);
    return needed < GDI_GPUS_OF_TASK_MAX ? needed : GDI_GPUS_OF_TASK_MAX;
}

god_status gdi_gpu_pool_read(gdi_step *step, gdi_gpu_pool **ret_pool, god_error *err)
{
    gdi_rows *rows = NULL;
    gdi_gpu_pool *pool = NULL;
    GDI_KEEP(step, rows, err, gdi_gpus_free(step->db, step->now_us, &rows, err));
    size_t count = gdi_rows_count(rows);
    GOD_TRY(GDI_STEP_NEW(step, 1, &pool, err));
    GOD_TRY(GDI_STEP_NEW(step, count, &pool->trainers, err));
    GOD_TRY(GDI_STEP_NEW(step, count, &pool->first, err));
    GOD_TRY(GDI_STEP_NEW(step, count, &pool->fitting, err));
    GOD_TRY(GDI_STEP_NEW(step, count, &pool->all, err));
    GOD_TRY(GDI_STEP_NEW(step, count, &pool->ids, err));
    uint32_t used = 0;
    while (gdi_rows_next(rows)) {
        const char *trainer = gdi_rows_text(rows, GDI_GPU_TRAINER), *type = gdi_rows_text(rows, GDI_GPU_TYPE);
        if (pool->trainer_count == 0 || strcmp(pool->trainers[pool->trainer_count - 1], trainer) != 0) {
            pool->first[pool->trainer_count] = used;
            pool->trainers[pool->trainer_count++] = trainer;
        }
        uint32_t place = pool->trainer_count - 1;
        pool->all[place]++;
        if (type == NULL || strcmp(type, gpu_type) == 0) {
            pool->fitting[place]++;
            pool->ids[used++] = gdi_rows_int(rows, GDI_GPU_ID);
        }
    }
    *ret_pool = pool;
    return GOD_OK;
}

god_status gdi_gpu_pool_take(gdi_step *step, gdi_gpu_pool *pool, uint32_t needed, const char *held_by, double hours,
                             bool *ret_taken, gdi_gpu_pick *ret_pick, god_error *err)
{
    uint32_t *counts = NULL;
    *ret_taken = false;
    if (pool->trainer_count == 0) {
        return GOD_OK;
    }
    GOD_TRY(GDI_STEP_NEW(step, pool->trainer_count, &counts, err));
    for (uint32_t i = 0; i < pool->trainer_count; i++) {
        counts[i] = pool->fitting[i] >= needed ? pool->all[i] : 0;
    }
    uint32_t place = gdi_training_pick_trainer(counts, pool->trainer_count, needed);
    if (place == UINT32_MAX) {
        return GOD_OK;
    }
    gdi_gpu_pick pick = {.trainer_ip = pool->trainers[place], .count = needed};
    int64_t until_us = step->now_us + (int64_t)(hours * (double)GDI_HOUR_US);
    for (uint32_t i = 0; i < needed; i++) {
        pick.ids[i] = pool->ids[pool->first[place] + i];
        GOD_TRY(gdi_gpu_reserve_in(step->db, pick.trainer_ip, pick.ids[i], held_by, until_us, step->now_us, err));
    }
    pool->first[place] += needed;
    pool->fitting[place] -= needed;
    pool->all[place] -= needed;
    step->changed = true;
    *ret_taken = true;
    *ret_pick = pick;
    return GOD_OK;
}

/* ---- asking the trainers ---- */

/* A slot is a minute; one question at a time. */
static god_status ask(gdi_step *step, god_error *err)
{
    gdi_periodic periodic = {.asked = 0};
    gdi_rows *rows = NULL;
    int64_t slot = step->now_us / GDI_STEP_MINUTE_US;
    const char *key = NULL;
    GOD_TRY(gdi_periodic_read(step->db, GDI_WORK_REFRESH_GPUS, &periodic, err));
    if (periodic.asked > periodic.applied || periodic.asked >= slot) {
        return GOD_OK;
    }
    GDI_KEEP(step, rows, err, gdi_trainers(step->db, &rows, err));
    json_t *trainers = json_array();
    GOD_TRY(gdi_step_keep_json_take(step, trainers, err));
    while (gdi_rows_next(rows)) {
        GOD_TRY(gdi_json_append_take(trainers, json_string(gdi_rows_text(rows, 0)), err));
    }
    if (json_array_size(trainers) == 0) {
        return GOD_OK;
    }
    GOD_TRY(gdi_step_format(step, &key, err, "%lld", (long long)slot));
    const gdi_task_work work = {.kind = GDI_WORK_REFRESH_GPUS,
                                .key = key,
                                .payload = json_pack("{s:O}", "trainers", trainers),
                                .attempts_max = 1};
    GOD_TRY(gdi_task_work_add(step, &work, NULL, err));
    periodic.asked = slot;
    periodic.asked_us = step->now_us;
    return gdi_periodic_write_in(step->db, GDI_WORK_REFRESH_GPUS, &periodic, err);
}

god_status gdi_gpus_doubt(gdi_step *step, god_error *err)
{
    return ask(step, err);
}

god_status gdi_gpus_wait(gdi_step *step, god_error *err)
{
    gdi_periodic periodic = {.asked = 0};
    int64_t free_us = INT64_MAX;
    GOD_TRY(gdi_gpus_next_free(step->db, step->now_us, &free_us, err));
    gdi_step_due(step, free_us);
    GOD_TRY(gdi_periodic_read(step->db, GDI_WORK_REFRESH_GPUS, &periodic, err));
    if (periodic.asked > periodic.applied) {
        return GOD_OK; /* the answer wakes whoever waits */
    }
    int64_t next_us = periodic.asked_us + grace_us;
    if (periodic.asked > 0 && next_us > step->now_us) {
        gdi_step_due(step, next_us);
        return GOD_OK;
    }
    gdi_step_due(step, step->now_us + grace_us);
    return ask(step, err);
}

/* ---- what they answered ---- */

static god_status apply_gpu(gdi_step *step, const char *trainer_ip, int64_t asked_us, const json_t *gpu, god_error *err)
{
    int64_t id = 0;
    uint32_t available = 0;
    GOD_TRY(god_json_get_int("gpu", gpu, "gpu_id", 0, 1 << 20, &id, err));
    GOD_TRY(god_json_get_bool("gpu", gpu, "available", &available, err));
    return available ? gdi_gpu_seen_free_in(step->db, trainer_ip, id, asked_us - grace_us, step->now_us, err)
                     : gdi_gpu_seen_busy_in(step->db, trainer_ip, id, step->now_us + silent_us, step->now_us, err);
}

static god_status apply_trainer(gdi_step *step, int64_t asked_us, const json_t *trainer, god_error *err)
{
    const char *trainer_ip = NULL;
    GOD_TRY(god_json_get_str("trainer", trainer, "trainer_ip", &trainer_ip, err));
    const json_t *gpus = json_object_get(trainer, "gpus"), *gpu = NULL;
    if (!json_is_array(gpus)) {
        return gdi_trainer_occupied_in(step->db, trainer_ip, step->now_us + silent_us, step->now_us, err);
    }
    size_t i = 0;
    json_array_foreach(gpus, i, gpu)
    {
        GOD_TRY(apply_gpu(step, trainer_ip, asked_us, gpu, err));
    }
    return GOD_OK;
}

god_status gdi_step_gpus(gdi_step *step, god_error *err)
{
    gdi_periodic periodic = {.asked = 0};
    gdi_outcome outcome = {.state = 0};
    const char *key = NULL;
    GOD_TRY(gdi_periodic_read(step->db, GDI_WORK_REFRESH_GPUS, &periodic, err));
    if (periodic.asked <= periodic.applied) {
        return GOD_OK;
    }
    GOD_TRY(gdi_step_format(step, &key, err, "%lld", (long long)periodic.asked));
    GOD_TRY(gdi_step_look(step, GDI_WORK_REFRESH_GPUS, key, &outcome, err));
    if (gdi_outcome_open(&outcome)) {
        return GOD_OK;
    }
    const json_t *trainers = json_object_get(outcome.result, "trainers"), *trainer = NULL;
    size_t i = 0;
    json_array_foreach(trainers, i, trainer)
    {
        god_error why = GOD_ERROR_INIT;
        god_status status = apply_trainer(step, periodic.asked_us, trainer, &why);
        if (status == GOD_E_DATA) {
            gdi_step_log(step, GOD_LOG_WARNING, "answer of a trainer cannot be read, ignoring", "why", why.message);
        } else if (status != GOD_OK) {
            return god_fail(err, status, "%s", why.message);
        }
    }
    periodic.applied = periodic.asked;
    step->changed = true;
    gdi_step_raise(step, GDI_ON_TRAINERS); /* without news, too: whoever waits knows when to ask again */
    return gdi_periodic_write_in(step->db, GDI_WORK_REFRESH_GPUS, &periodic, err);
}
