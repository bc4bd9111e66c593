#include "core/runner/spec.h"

#include <string.h>

#include "god/helpers/file.h"
#include "god/helpers/json.h"

static const int64_t size_max = INT64_C(1) << 50;
enum { count_max = 1 << 20, seconds_max = 30 * 24 * 3600 };

static god_status check_id(const char *where, const char *id, god_error *err)
{
    size_t bytes = strlen(id);
    if (bytes == 0 || bytes > GDI_RUN_ID_BYTES_MAX ||
        strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") != bytes) {
        return god_fail(err, GOD_E_DATA, "%s: \"run_id\" is \"%.80s\", 1 to %d letters, digits and \"-\" are needed",
                        where, id, GDI_RUN_ID_BYTES_MAX);
    }
    return GOD_OK;
}

/* Relative, below its folder, no "..". */
static god_status check_below(const char *where, const char *name, const char *path, god_error *err)
{
    for (const char *at = path; at != NULL && *at != '\0';) {
        size_t bytes = strcspn(at, "/");
        if (bytes == 0 || (bytes == 2 && memcmp(at, "..", 2) == 0)) {
            path = "";
            break;
        }
        at += bytes + (at[bytes] == '/');
    }
    return *path != '\0'
               ? GOD_OK
               : god_fail(err, GOD_E_DATA, "%s: \"%s\" must be a path below its folder, without \"..\"", where, name);
}

static god_status strings(const char *where, const json_t *root, const char *name, const json_t **ret_list,
                          god_error *err)
{
    json_t *list = NULL;
    size_t i = 0;
    const json_t *item = NULL;
    GOD_TRY(god_json_get_array(where, root, name, &list, err));
    json_array_foreach(list, i, item)
    {
        if (!json_is_string(item) || strlen(json_string_value(item)) != json_string_length(item)) {
            return god_fail(err, GOD_E_DATA, "%s: \"%s\"[%zu] is no text", where, name, i);
        }
    }
    *ret_list = list;
    return GOD_OK;
}

static god_status read_lists(const char *where, gdi_run_spec *spec, god_error *err)
{
    json_t *object = NULL, *sidecars = NULL;
    GOD_TRY(strings(where, spec->root, "argv", &spec->argv, err));
    GOD_TRY(strings(where, spec->root, "env", &spec->env, err));
    GOD_TRY(strings(where, spec->root, "gpu_ids", &spec->gpu_ids, err));
    GOD_TRY(god_json_get_object(where, spec->root, "config", &object, err));
    spec->config = object;
    GOD_TRY(god_json_get_object(where, spec->root, "labels", &object, err));
    spec->labels = object;
    GOD_TRY(god_json_get_array(where, spec->root, "sidecars", &sidecars, err));
    spec->sidecars = sidecars;
    if (json_array_size(sidecars) > GDI_RUN_SIDECARS_MAX || json_array_size(spec->gpu_ids) > GDI_RUN_GPUS_MAX) {
        return god_fail(err, GOD_E_DATA, "%s: at most %d sidecars and %d GPUs are possible", where,
                        GDI_RUN_SIDECARS_MAX, GDI_RUN_GPUS_MAX);
    }
    return GOD_OK;
}

static god_status read_numbers(const char *where, gdi_run_spec *spec, god_error *err)
{
    const struct {
        const char *name;
        int64_t lowest, highest;
        int64_t *ret;
    } numbers[] = {
        {"memory_bytes", 1 << 20, size_max, &spec->memory_bytes},
        {"nano_cpus", 1000000, INT64_MAX, &spec->nano_cpus},
        {"shm_bytes", 1 << 16, size_max, &spec->shm_bytes},
        {"pids_max", 1, count_max, &spec->pids_max},
        {"open_files_max", 16, count_max, &spec->open_files_max},
        {"disk_bytes_max", 1 << 10, size_max, &spec->disk_bytes_max},
        {"log_bytes_max", 1 << 10, size_max, &spec->log_bytes_max},
        {"build_time_limit_s", 1, seconds_max, &spec->build_time_limit_s},
        {"time_limit_s", 1, seconds_max, &spec->time_limit_s},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        GOD_TRY(god_json_get_int(where, spec->root, numbers[i].name, numbers[i].lowest, numbers[i].highest,
                                 numbers[i].ret, err));
    }
    spec->build_disk_bytes_max = GDI_RUN_BUILD_DISK_BYTES;
    GOD_TRY(god_json_opt_int(where, spec->root, "build_disk_bytes_max", 1 << 10, size_max, &spec->build_disk_bytes_max,
                             err));
    GOD_TRY(god_json_get_bool(where, spec->root, "trusted", &spec->trusted, err));
    return god_json_get_bool(where, spec->root, "build_network", &spec->build_network, err);
}

static god_status read_fields(const char *where, gdi_run_spec *spec, god_error *err)
{
    int64_t version = 0;
    GOD_TRY(god_json_get_int(where, spec->root, "version", 1, 1, &version, err));
    GOD_TRY(god_json_get_str(where, spec->root, "run_id", &spec->run_id, err));
    GOD_TRY(god_json_get_str(where, spec->root, "runner", &spec->runner, err));
    GOD_TRY(god_json_get_str(where, spec->root, "source_dir", &spec->source_dir, err));
    GOD_TRY(god_json_get_str(where, spec->root, "dockerfile", &spec->dockerfile, err));
    GOD_TRY(god_json_get_str(where, spec->root, "cache_dir", &spec->cache_dir, err));
    GOD_TRY(god_json_get_str(where, spec->root, "output", &spec->output, err));
    GOD_TRY(check_id(where, spec->run_id, err));
    GOD_TRY(check_below(where, "dockerfile", spec->dockerfile, err));
    GOD_TRY(check_below(where, "output", spec->output, err));
    if (spec->source_dir[0] != '/' || spec->cache_dir[0] != '/') {
        return god_fail(err, GOD_E_DATA, "%s: \"source_dir\" and \"cache_dir\" must be absolute paths", where);
    }
    GOD_TRY(read_lists(where, spec, err));
    return read_numbers(where, spec, err);
}

god_status gdi_run_spec_take(const char *where, json_t *root, gdi_run_spec *ret_spec, god_error *err)
{
    gdi_run_spec spec = {.root = json_incref(root)};
    god_status status = read_fields(where, &spec, err);
    if (status != GOD_OK) {
        gdi_run_spec_clear(&spec);
        return status;
    }
    *ret_spec = spec;
    return GOD_OK;
}

god_status gdi_run_spec_read(const char *run_dir, gdi_run_spec *ret_spec, god_error *err)
{
    char path[GOD_PATH_MAX];
    json_t *root = NULL;
    GOD_TRY(god_path_join(run_dir, "run.json", path, err));
    GOD_TRY(god_json_read(path, 4 << 20, &root, err));
    god_status status = gdi_run_spec_take(path, root, ret_spec, err);
    json_decref(root);
    return status;
}

void gdi_run_spec_clear(gdi_run_spec *spec)
{
    json_decref(spec->root);
    *spec = (gdi_run_spec){.root = NULL};
}
