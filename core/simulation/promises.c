#include "core/simulation/promises.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>

#include "core/cycles/work.h"
#include "core/tournament/calendar.h"

enum { JOB_ID, KIND, KEY, TASK, HOTKEY, CREATED, PAYLOAD };
enum { NAME_BYTES = 400 };

/* ---- gpu_twice ---- */

typedef struct start {
    char holder[NAME_BYTES];
    const char *key, *trainer;
    int64_t from_us, until_us;
} start;

/* Whether this very start, or the watch over what it started, is what its training waits for. */
static god_status is_at_work(gdi_db *db, const char *holder, const char *start_key, bool *ret_is, god_error *err)
{
    char watch_key[2 * NAME_BYTES], task_id[NAME_BYTES], hotkey[NAME_BYTES];
    gdi_rows *rows = NULL;
    const char *rest = strchr(start_key, '/');
    if (sscanf(holder, "%399[^/]/%399s", task_id, hotkey) != 2) {
        return god_fail(err, GOD_E_INTERNAL, "gpu_twice: \"%s\" is no holder", holder);
    }
    (void)snprintf(watch_key, sizeof watch_key, GDI_WORK_WATCH_TRAINING "%s", rest != NULL ? rest : "");
    GOD_TRY(GDI_QUERY(db, &rows, err,
                      "SELECT 1 FROM tournament_task_hotkey_trainings "
                      "WHERE task_id = $1 AND hotkey = $2 AND (job_key = $3 OR job_key = $4)",
                      gdi_text(task_id), gdi_text(hotkey), gdi_text(start_key), gdi_text(watch_key)));
    *ret_is = gdi_rows_count(rows) != 0;
    gdi_rows_free(rows);
    return GOD_OK;
}

/* Who was promised a GPU is kept as "<until> <holder> <key of the start>". */
static god_status check_holder(gdi_db *db, const start *s, const char *gpu, const char *promised, god_error *err)
{
    char holder[NAME_BYTES], key[NAME_BYTES];
    long long until_us = 0;
    bool at_work = false;
    if (sscanf(promised, "%lld %399s %399s", &until_us, holder, key) != 3 || until_us <= s->from_us) {
        return GOD_OK;
    }
    if (strcmp(holder, s->holder) == 0) {
        return GOD_OK; /* tries again */
    }
    GOD_TRY(is_at_work(db, holder, key, &at_work, err));
    return at_work ? god_fail(err, GOD_E_INTERNAL, "gpu_twice: %s is promised to %s while %s has it", gpu, s->holder,
                              holder)
                   : GOD_OK;
}

static god_status promise(gdi_db *db, gdi_seen *seen, const start *s, int64_t gpu_id, bool is_past, god_error *err)
{
    char gpu[NAME_BYTES], text[3 * NAME_BYTES];
    (void)snprintf(gpu, sizeof gpu, "GPU %s#%lld", s->trainer, (long long)gpu_id);
    const char *promised = gdi_seen_get(seen, gpu);
    if (promised != NULL && !is_past) {
        GOD_TRY(check_holder(db, s, gpu, promised, err));
    }
    (void)snprintf(text, sizeof text, "%lld %s %s", (long long)s->until_us, s->holder, s->key);
    return gdi_seen_put(seen, gpu, text, err);
}

static god_status check_start(gdi_db *db, gdi_seen *seen, const gdi_rows *rows, const json_t *payload, bool is_past,
                              god_error *err)
{
    start s = {.key = gdi_rows_text(rows, KEY), .from_us = gdi_rows_time(rows, CREATED)};
    const json_t *gpu, *hours = json_object_get(json_object_get(payload, "training_data"), "hours_to_complete");
    god_status status = GOD_OK;
    size_t i;
    s.trainer = json_string_value(json_object_get(payload, "trainer_ip"));
    s.until_us = s.from_us + (int64_t)(json_number_value(hours) * (double)GDI_HOUR_US);
    (void)snprintf(s.holder, sizeof s.holder, "%.150s/%.150s", gdi_rows_text(rows, TASK), gdi_rows_text(rows, HOTKEY));
    if (s.trainer == NULL) {
        return god_fail(err, GOD_E_INTERNAL, "gpu_twice: %s names no trainer", s.key);
    }
    json_array_foreach(json_object_get(payload, "gpu_ids"), i, gpu)
    {
        status = status == GOD_OK ? promise(db, seen, &s, json_integer_value(gpu), is_past, err) : status;
    }
    return status;
}

/* ---- weights ---- */

static god_status check_vector(const json_t *payload, const char *key, god_error *err)
{
    const json_t *weights = json_object_get(payload, "weights"), *weight;
    const char *hotkey;
    double sum = 0;
    if (!json_is_object(weights)) {
        return god_fail(err, GOD_E_INTERNAL, "weights: %s has none", key);
    }
    json_object_foreach((json_t *)(uintptr_t)weights, hotkey, weight)
    {
        double value = json_number_value(weight);
        if (!json_is_number(weight) || !isfinite(value) || value < 0 || value > 1) {
            return god_fail(err, GOD_E_INTERNAL, "weights: %s gives %s %g", key, hotkey, value);
        }
        sum += value;
    }
    return sum > 1 + 1e-12 ? god_fail(err, GOD_E_INTERNAL, "weights: those of %s add up to %.17g", key, sum) : GOD_OK;
}

/* ---- new jobs ---- */

static god_status check_job(gdi_db *db, gdi_seen *seen, const gdi_rows *rows, bool is_past, god_error *err)
{
    json_t *payload = json_loads(gdi_rows_text(rows, PAYLOAD), 0, NULL);
    god_status status = strcmp(gdi_rows_text(rows, KIND), GDI_WORK_SET_WEIGHTS) == 0
                            ? check_vector(payload, gdi_rows_text(rows, KEY), err)
                            : check_start(db, seen, rows, payload, is_past, err);
    json_decref(payload);
    return status;
}

god_status gdi_promises_check(gdi_db *db, gdi_seen *seen, int64_t *last_job, god_error *err)
{
    gdi_rows *rows = NULL;
    god_status status = GOD_OK;
    bool is_past = *last_job == 0;
    GOD_TRY(GDI_QUERY(db, &rows, err,
                      "SELECT job_id, kind, key, task_id, hotkey, created_at, "
                      "CASE WHEN kind IN ('set_weights', 'start_training') THEN payload END "
                      "FROM jobs WHERE job_id > $1 ORDER BY job_id",
                      gdi_int(*last_job)));
    while (status == GOD_OK && gdi_rows_next(rows)) {
        *last_job = gdi_rows_int(rows, JOB_ID);
        if (!gdi_rows_is_null(rows, PAYLOAD)) {
            status = check_job(db, seen, rows, is_past, err);
        }
    }
    gdi_rows_free(rows);
    return status;
}
