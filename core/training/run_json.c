#include "core/training/run_json.h"

#include <string.h>
#include <sys/resource.h>

#include "core/training/places.h"

enum { usual_pids_max = 16384, usual_open_files_max = 65536, usual_log_bytes_max = 64 << 20 };
enum { usual_build_time_limit_s = 30 * 60 };
static const uint64_t usual_disk_bytes_max = UINT64_C(500) << 30;

static json_t *list_of(const gdi_strings *strings)
{
    json_t *list = json_array();
    for (size_t i = 0; i < strings->count; i++) {
        (void)json_array_append_new(list, json_string(strings->items[i]));
    }
    return list;
}

/* "name=value" as {"name": "value"}. */
static json_t *object_of(const gdi_strings *strings)
{
    json_t *object = json_object();
    for (size_t i = 0; i < strings->count; i++) {
        const char *equal = strchr(strings->items[i], '=');
        char name[128];
        if (equal != NULL && (size_t)(equal - strings->items[i]) < sizeof name) {
            memcpy(name, strings->items[i], (size_t)(equal - strings->items[i]));
            name[equal - strings->items[i]] = '\0';
            (void)json_object_set_new(object, name, json_string(equal + 1));
        }
    }
    return object;
}

static json_t *gpus_of(const gdi_plan *plan)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < plan->gpu_count; i++) {
        (void)json_array_append_new(list, json_sprintf("%u", plan->gpu_ids[i]));
    }
    return list;
}

/* The output folder as a runner knows it: below /app/checkpoints. */
static const char *output_of(const gdi_plan *plan)
{
    size_t bytes = strlen(GDI_CHECKPOINTS_TARGET "/");
    return strncmp(plan->upload_local_folder, GDI_CHECKPOINTS_TARGET "/", bytes) == 0
               ? plan->upload_local_folder + bytes
               : plan->upload_local_folder;
}

json_t *gdi_run_sidecars(const gdi_plan *plan, const json_t *environments)
{
    const json_t *given = json_object_get(environments, plan->sidecar == NULL ? "" : plan->sidecar);
    const char *image = json_string_value(json_object_get(given, "image"));
    json_t *list = json_array();
    for (uint32_t i = 0; i < plan->sidecar_count; i++) {
        json_t *sidecar = json_pack("{s:s}", "image", image != NULL ? image : GDI_RUN_ENVIRONMENT_IMAGE);
        json_t *command = json_object_get(given, "command");
        if (json_is_array(command)) {
            (void)json_object_set(sidecar, "command", command);
        }
        (void)json_array_append_new(list, sidecar);
    }
    return list;
}

static json_int_t or_usual(uint64_t value, uint64_t usual)
{
    return (json_int_t)(value != 0 ? value : usual);
}

/* No more than this process may have itself: without CAP_SYS_RESOURCE an engine cannot raise the limit either. */
static uint64_t open_files_possible(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_max > usual_open_files_max) {
        return usual_open_files_max;
    }
    return limit.rlim_max;
}

god_status gdi_run_json(const gdi_plan *plan, const gdi_run_settings *settings, json_t **ret_root, god_error *err)
{
    json_t *root =
        json_pack("{s:i, s:s, s:s, s:b, s:b, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o}", "version", 1, "run_id",
                  settings->run_id, "runner", settings->runner, "trusted", (int)settings->trusted, "build_network",
                  (int)settings->build_network, "source_dir", settings->source_dir, "cache_dir", settings->cache_dir,
                  "dockerfile", plan->dockerfile, "output", output_of(plan), "argv", list_of(&plan->argv), "env",
                  list_of(&plan->environment), "labels", object_of(&plan->labels), "gpu_ids", gpus_of(plan));
    json_t *numbers = json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "memory_bytes",
                                or_usual(settings->memory_bytes, plan->memory_bytes), "nano_cpus",
                                or_usual(settings->nano_cpus, plan->nano_cpus), "shm_bytes",
                                (json_int_t)plan->shm_bytes, "pids_max", or_usual(settings->pids_max, usual_pids_max),
                                "open_files_max", or_usual(settings->open_files_max, open_files_possible()),
                                "disk_bytes_max", or_usual(settings->disk_bytes_max, usual_disk_bytes_max),
                                "log_bytes_max", or_usual(settings->log_bytes_max, usual_log_bytes_max),
                                "build_time_limit_s", or_usual(settings->build_time_limit_s, usual_build_time_limit_s),
                                "time_limit_s", or_usual(settings->time_limit_s, plan->timeout_seconds));
    int failed = root == NULL || numbers == NULL || json_object_update(root, numbers) != 0;
    json_decref(numbers);
    failed = failed || (settings->build_disk_bytes_max != 0 &&
                        json_object_set_new(root, "build_disk_bytes_max",
                                            json_integer((json_int_t)settings->build_disk_bytes_max)) != 0);
    failed =
        failed || json_object_set_new(root, "config",
                                      settings->config != NULL ? json_deep_copy(settings->config) : json_object()) != 0;
    failed = failed ||
             json_object_set_new(root, "sidecars",
                                 settings->sidecars != NULL ? json_deep_copy(settings->sidecars) : json_array()) != 0;
    if (failed) {
        json_decref(root);
        return god_fail(err, GOD_E_NOMEM, "a run cannot be described: out of memory, or a text is not UTF-8");
    }
    *ret_root = root;
    return GOD_OK;
}
