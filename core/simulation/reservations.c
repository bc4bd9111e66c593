#include "core/simulation/reservations.h"

#include <jansson.h>
#include <math.h>

#include "god/helpers/json.h"

/* ---- gpu_twice ---- */

enum { TAKEN_MAX = 4096, GPU_NAME = 64 };

typedef struct taken { /* GPUs that are named already, with who named them */
    char gpus[TAKEN_MAX][GPU_NAME];
    size_t count;
} taken;

static god_status take(taken *t, const char *trainer, int64_t gpu, const char *who, god_error *err)
{
    char name[GPU_NAME];
    (void)snprintf(name, sizeof name, "%s#%lld", trainer, (long long)gpu);
    for (size_t i = 0; i < t->count; i++) {
        if (strcmp(t->gpus[i], name) == 0) {
            return god_fail(err, GOD_E_INTERNAL, "gpu_twice: GPU %s is used by two trainings, %s is one", name, who);
        }
    }
    if (t->count < TAKEN_MAX) {
        (void)memcpy(t->gpus[t->count++], name, sizeof name);
    }
    return GOD_OK;
}

static god_status take_all(taken *t, const char *trainer, const char *payload, const char *who, god_error *err)
{
    json_t *request = json_loads(payload, 0, NULL), *gpu;
    god_status status = GOD_OK;
    size_t i;
    json_array_foreach(json_object_get(request, "gpu_ids"), i, gpu)
    {
        if (status == GOD_OK) {
            status = take(t, trainer, json_integer_value(gpu), who, err);
        }
    }
    json_decref(request);
    return status;
}

/* The newest start request of each row that is asked for or at work. A GPU that is reserved no longer may be given to
 * somebody else while an overdue training is still watched (13.4), so only those count that the store still calls
 * held by it. */
static const char starts[] =
    "SELECT t.trainer_ip, j.payload, t.task_id || '/' || t.hotkey FROM tournament_task_hotkey_trainings t "
    "JOIN jobs j ON j.kind = 'start_training' AND j.task_id = t.task_id AND j.hotkey = t.hotkey "
    "WHERE t.trainer_ip IS NOT NULL AND (t.training_status = 'training' OR "
    "(t.training_status = 'pending' AND j.state IN ('queued', 'running'))) "
    "AND EXISTS (SELECT 1 FROM trainers_gpus g WHERE g.held_by = t.task_id || '/' || t.hotkey) "
    "AND NOT EXISTS (SELECT 1 FROM jobs n WHERE n.kind = 'start_training' AND n.task_id = t.task_id "
    "AND n.hotkey = t.hotkey AND n.job_id > j.job_id)";

god_status gdi_reservations_check(gdi_db *db, god_error *err)
{
    taken t;
    gdi_rows *rows = NULL;
    god_status status = GOD_OK;
    t.count = 0;
    GOD_TRY(gdi_db_query(db, starts, NULL, 0, &rows, err));
    while (status == GOD_OK && gdi_rows_next(rows)) {
        status = take_all(&t, gdi_rows_text(rows, 0), gdi_rows_text(rows, 1), gdi_rows_text(rows, 2), err);
    }
    gdi_rows_free(rows);
    return status;
}

/* ---- weights ---- */

static god_status check_vector(const char *payload, const char *key, god_error *err)
{
    json_t *job = json_loads(payload, 0, NULL);
    json_t *weights = json_object_get(job, "weights");
    const char *hotkey;
    json_t *weight;
    double sum = 0;
    god_status status = json_is_object(weights) ? GOD_OK : god_fail(err, GOD_E_INTERNAL, "weights: %s has none", key);
    json_object_foreach(weights, hotkey, weight)
    {
        double value = json_number_value(weight);
        if (status == GOD_OK && (!json_is_number(weight) || !isfinite(value) || value < 0 || value > 1)) {
            status = god_fail(err, GOD_E_INTERNAL, "weights: %s gives %s %g", key, hotkey, value);
        }
        sum += value;
    }
    if (status == GOD_OK && sum > 1 + 1e-12) {
        status = god_fail(err, GOD_E_INTERNAL, "weights: those of %s add up to %.17g", key, sum);
    }
    json_decref(job);
    return status;
}

god_status gdi_weights_check(gdi_db *db, int64_t *last_job, god_error *err)
{
    gdi_rows *rows = NULL;
    god_status status = GOD_OK;
    GOD_TRY(
        GDI_QUERY(db, &rows, err,
                  "SELECT job_id, payload, key FROM jobs WHERE kind = 'set_weights' AND job_id > $1 ORDER BY job_id",
                  gdi_int(*last_job)));
    while (status == GOD_OK && gdi_rows_next(rows)) {
        status = check_vector(gdi_rows_text(rows, 1), gdi_rows_text(rows, 2), err);
        *last_job = gdi_rows_int(rows, 0);
    }
    gdi_rows_free(rows);
    return status;
}
