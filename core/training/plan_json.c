/* A plan as JSON: the members that people compare with the specification, then the rest. */
#include "core/training/plan.h"

static json_t *list_of(const gdi_strings *strings)
{
    json_t *list = json_array();
    for (size_t i = 0; i < strings->count; i++) {
        (void)json_array_append_new(list, json_string(strings->items[i]));
    }
    return list;
}

/* "NAME=value" strings as one object. */
static json_t *object_of(const gdi_strings *pairs)
{
    json_t *object = json_object();
    for (size_t i = 0; i < pairs->count; i++) {
        const char *equals = strchr(pairs->items[i], '=');
        size_t bytes = (size_t)(equals - pairs->items[i]);
        (void)json_object_setn_new(object, pairs->items[i], bytes, json_string(equals + 1));
    }
    return object;
}

static json_t *device_ids(const gdi_plan *plan)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < plan->gpu_count; i++) {
        (void)json_array_append_new(list, json_sprintf("%u", plan->gpu_ids[i]));
    }
    return list;
}

static json_t *binds(const gdi_plan *plan)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < plan->mount_count; i++) {
        const gdi_plan_mount *mount = &plan->mounts[i];
        (void)json_array_append_new(
            list, json_sprintf("%s:%s:%s", mount->key, mount->target, mount->read_only ? "ro" : "rw"));
    }
    return list;
}

json_t *gdi_plan_host_config(const gdi_plan *plan)
{
    return json_pack("{s:I, s:I, s:I, s:[{s:s, s:i, s:o, s:[[s]], s:{}}], s:o, s:[s], s:[s], s:s}", "Memory",
                     (json_int_t)plan->memory_bytes, "NanoCpus", (json_int_t)plan->nano_cpus, "ShmSize",
                     (json_int_t)plan->shm_bytes, "DeviceRequests", "Driver", "", "Count", 0, "DeviceIDs",
                     device_ids(plan), "Capabilities", "gpu", "Options", "Binds", binds(plan), "SecurityOpt",
                     "no-new-privileges", "CapDrop", "ALL", "NetworkMode", GDI_PLAN_NETWORK);
}

/* The uploader's environment, tokens left out: they are the host's and never part of a plan. null: not set. */
static json_t *uploader_environment(const gdi_plan *plan)
{
    return json_pack("{s:s, s:s, s:s, s:s?}", "WANDB_LOGS_PATH", plan->run_log_dir, "LOCAL_FOLDER",
                     plan->upload_local_folder, "MODEL", plan->upload_model, "HF_REPO_SUBFOLDER",
                     plan->upload_subfolder);
}

static json_t *sidecars(const gdi_plan *plan)
{
    return plan->sidecar == NULL ? json_null()
                                 : json_pack("{s:s, s:i, s:i}", "environment", plan->sidecar, "count",
                                             (int)plan->sidecar_count, "port", GDI_PLAN_SIDECAR_PORT);
}

static json_t *more_members(const gdi_plan *plan)
{
    return json_pack(
        "{s:s, s:s, s:o, s:o, s:s, s:s?, s:o, s:o, s:o, s:i, s:s?, s:o}", "image", plan->image, "container_prefix",
        plan->container_prefix, "labels", object_of(&plan->labels), "downloader_environment",
        plan->anonymous ? json_pack("{s:s}", "MODEL_HASH_SALT", "***") : json_object(), "data_path", plan->data_path,
        "stats_path", plan->stats_path, "extra_files", list_of(&plan->extras), "requested_datasets",
        list_of(&plan->requested_datasets), "sidecars", sidecars(plan), "made_rows", (int)plan->row_count,
        "upload_subfolder", plan->upload_subfolder, "uploader_environment", uploader_environment(plan));
}

json_t *gdi_plan_to_json(const gdi_plan *plan)
{
    json_t *more = more_members(plan);
    json_t *value =
        json_pack("{s:s, s:s, s:o, s:o, s:o, s:I, s:s, s:s, s:o, s:s}", "task_type", plan->task_type, "dockerfile",
                  plan->dockerfile, "argv", list_of(&plan->argv), "environment", object_of(&plan->environment),
                  "host_config", gdi_plan_host_config(plan), "timeout_seconds", (json_int_t)plan->timeout_seconds,
                  "clone_dir", plan->clone_dir, "model_dir", plan->model_dir, "downloader_argv",
                  list_of(&plan->downloader_argv), "upload_local_folder", plan->upload_local_folder);
    if (value == NULL || more == NULL || json_object_update(value, more) != 0) {
        json_decref(value);
        value = NULL;
    }
    json_decref(more);
    return value;
}
