#include "core/training/stats.h"

#include <stdlib.h>

#include "core/training/places.h"
#include "god/helpers/file.h"
#include "god/helpers/json.h"

/* Takes `stats`. */
static god_status give(gdi_start_request *request, const char *path, json_t *stats, god_error *err)
{
    if (!json_is_object(stats)) {
        json_decref(stats);
        return god_fail(err, GOD_E_INVALID, "%s: an object is needed", path);
    }
    if (json_object_set_new(request->training_data, "baseline_stats", stats) != 0) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for baseline statistics");
    }
    request->baseline_stats = stats;
    return GOD_OK;
}

god_status gdi_stats_find(const char *dir, gdi_start_request *request, god_error *err)
{
    char names[2][GDI_REQUEST_NAME_BYTES_MAX + 64], path[GOD_PATH_MAX];
    (void)snprintf(names[0], sizeof names[0], "baseline_stats_%s_%.*s.json", request->task_id, GDI_HOTKEY_SHORT,
                   request->hotkey);
    (void)snprintf(names[1], sizeof names[1], "baseline_stats_%s.json", request->task_id);
    for (int i = 0; i < 2 && request->baseline_stats == NULL; i++) {
        json_t *stats = NULL;
        GOD_TRY(god_path_join(dir, names[i], path, err));
        if (god_file_exists(path)) {
            GOD_TRY(god_json_read(path, GDI_REQUEST_BYTES_MAX, &stats, err));
            GOD_TRY(give(request, path, stats, err));
        }
    }
    return GOD_OK;
}

god_status gdi_stats_write(const char *dir, const gdi_start_request *request, const gdi_plan *plan, god_error *err)
{
    char path[GOD_PATH_MAX];
    if (request->baseline_stats == NULL || plan->stats_path == NULL) {
        return GOD_OK;
    }
    const char *slash = strrchr(plan->stats_path, '/');
    GOD_TRY(god_dir_make(dir, err));
    GOD_TRY(god_path_join(dir, slash == NULL ? plan->stats_path : slash + 1, path, err));
    char *text = json_dumps(request->baseline_stats, JSON_ENSURE_ASCII | JSON_REAL_PRECISION(17));
    if (text == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for baseline statistics");
    }
    god_status status = god_file_write(path, text, strlen(text), err);
    free(text);
    return status;
}
