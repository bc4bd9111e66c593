#include "core/training/plan.h"

#include <stdlib.h>

#include "core/training/places.h"
#include "god/helpers/json.h"

/* ---- sinks ---- */

typedef struct collector {
    gdi_plan *plan;
    uint64_t bytes;
    const char *model, *repository; /* values of --model and --expected-repo-name, borrowed from the plan */
    god_error *err;
} collector;

static god_status add(collector *c, gdi_strings *list, const char *text)
{
    c->bytes += strlen(text) + 1;
    if (list->count == GDI_PLAN_STRINGS_MAX || c->bytes > GDI_PLAN_LIST_BYTES_MAX) {
        return god_fail(c->err, GOD_E_INVALID, "the training command has more than %d words or %d bytes",
                        GDI_PLAN_STRINGS_MAX, GDI_PLAN_LIST_BYTES_MAX);
    }
    return gdi_strings_add(list, text, c->err);
}

static god_status add_pair(collector *c, gdi_strings *list, const char *name, const char *value)
{
    god_text text = GOD_TEXT_INIT;
    if (name == NULL || *name == '\0' || strchr(name, '=') != NULL || value == NULL) {
        return god_fail(c->err, GOD_E_INTERNAL, "the plug-in gives a variable or label without a proper name or value");
    }
    god_status status = god_text_append_f(&text, c->err, "%s=%s", name, value);
    if (status == GOD_OK) {
        status = add(c, list, text.data);
    }
    god_text_free(&text);
    return status;
}

static god_status add_argument(collector *c, gdi_strings *list, const char *name, const char *value_or_null)
{
    if (name == NULL || *name == '\0') {
        return god_fail(c->err, GOD_E_INTERNAL, "the plug-in gives an argument without a name");
    }
    GOD_TRY(add(c, list, name));
    return value_or_null == NULL ? GOD_OK : add(c, list, value_or_null);
}

static god_status take_arg(void *ctx, const char *name, const char *value_or_null)
{
    collector *c = ctx;
    gdi_strings *argv = &c->plan->argv;
    GOD_TRY(add_argument(c, argv, name, value_or_null));
    if (value_or_null != NULL && strcmp(name, "--model") == 0) {
        c->model = argv->items[argv->count - 1];
    } else if (value_or_null != NULL && strcmp(name, "--expected-repo-name") == 0) {
        c->repository = argv->items[argv->count - 1];
    }
    return GOD_OK;
}

static god_status take_env(void *ctx, const char *name, const char *value)
{
    collector *c = ctx;
    return add_pair(c, &c->plan->environment, name, value);
}

static god_status take_mount(void *ctx, const char *artifact_key, const char *target, uint32_t read_only)
{
    collector *c = ctx;
    gdi_plan *plan = c->plan;
    if (artifact_key == NULL || *artifact_key == '\0' || target == NULL || *target != '/' ||
        plan->mount_count == GDI_PLAN_MOUNTS_MAX) {
        return god_fail(c->err, GOD_E_INTERNAL, "the plug-in gives a mount that is not absolute, or more than %d",
                        GDI_PLAN_MOUNTS_MAX);
    }
    gdi_plan_mount *mount = &plan->mounts[plan->mount_count++];
    *mount = (gdi_plan_mount){.key = strdup(artifact_key), .target = strdup(target), .read_only = read_only};
    return mount->key == NULL || mount->target == NULL ? god_fail(c->err, GOD_E_NOMEM, "out of memory for a mount")
                                                       : GOD_OK;
}

static god_status take_download_arg(void *ctx, const char *name, const char *value_or_null)
{
    collector *c = ctx;
    return add_argument(c, &c->plan->downloader_argv, name, value_or_null);
}

static god_status take_label(void *ctx, const char *name, const char *value)
{
    collector *c = ctx;
    return add_pair(c, &c->plan->labels, name, value);
}

static god_status take_extra(void *ctx, const char *repository, const char *file_or_null)
{
    collector *c = ctx;
    god_text text = GOD_TEXT_INIT;
    god_status status = god_text_append_f(&text, c->err, "%s%s%s", repository, file_or_null == NULL ? "" : " ",
                                          file_or_null == NULL ? "" : file_or_null);
    if (status == GOD_OK) {
        status = add(c, &c->plan->extras, text.data);
    }
    god_text_free(&text);
    return status;
}

/* ---- the plug-in's part ---- */

static god_status copy_text(const char *text, char **ret_copy, god_error *err)
{
    if (text == NULL) {
        return GOD_OK;
    }
    *ret_copy = strdup(text);
    return *ret_copy == NULL ? god_fail(err, GOD_E_NOMEM, "out of memory for a training plan") : GOD_OK;
}

static god_status ask_command(const gdi_training_type *type, collector *c)
{
    const god_args sink = {
        .size = GOD_SIZE_TO(god_args, mount), .ctx = c, .arg = take_arg, .env = take_env, .mount = take_mount};
    GOD_TRY(type->plugin->task.build_args(type->instance, c->plan->spec_json, &sink, c->err));
    return c->model != NULL && c->repository != NULL
               ? GOD_OK
               : god_fail(c->err, GOD_E_INTERNAL, "the plug-in's command has no --model or no --expected-repo-name");
}

static god_status check_surroundings(const god_training_plan *given, god_error *err)
{
    if (given->dockerfile == NULL || given->image == NULL || given->container_prefix == NULL ||
        given->data_ending == NULL || given->dockerfile[0] == '/' || strstr(given->dockerfile, "..") != NULL ||
        (given->row_count > 0 && given->row_json == NULL)) {
        return god_fail(err, GOD_E_INTERNAL,
                        "the plug-in's plan names no Dockerfile in the repository, image, container "
                        "or data file");
    }
    return GOD_OK;
}

static god_status copy_surroundings(const god_training_plan *given, const char *task_id, gdi_plan *plan, god_error *err)
{
    god_text text = GOD_TEXT_INIT;
    GOD_TRY(check_surroundings(given, err));
    GOD_TRY(copy_text(given->dockerfile, &plan->dockerfile, err));
    GOD_TRY(copy_text(given->image, &plan->image, err));
    GOD_TRY(copy_text(given->container_prefix, &plan->container_prefix, err));
    GOD_TRY(copy_text(given->upload_subfolder, &plan->upload_subfolder, err));
    GOD_TRY(copy_text(given->sidecar, &plan->sidecar, err));
    GOD_TRY(copy_text(given->row_json, &plan->row_json, err));
    plan->single_file_bytes_min = given->single_file_bytes_min;
    plan->row_count = given->row_count;
    plan->keeps_run_log = given->keeps_run_log;
    plan->sidecar_count = given->sidecar == NULL ? 0 : plan->gpu_count;
    GOD_TRY(god_text_append_f(&text, err, GDI_CACHE_TARGET "/datasets/%s%s", task_id, given->data_ending));
    plan->data_path = text.data; /* taken over */
    return GOD_OK;
}

/* ---- the host's part ---- */

static god_status add_datasets(const gdi_start_request *request, const gdi_plan_options *options, uint32_t tell,
                               gdi_plan *plan, god_error *err)
{
    collector c = {.plan = plan, .err = err};
    json_t *own = NULL;
    god_text value = GOD_TEXT_INIT;
    if (options->whitelist == NULL) {
        GOD_TRY(gdi_datasets_whitelist(&own, err));
    }
    god_status status =
        gdi_datasets_filter(request->requested_datasets, options->whitelist == NULL ? own : options->whitelist,
                            &plan->requested_datasets, err);
    json_decref(own);
    GOD_TRY(status);
    const gdi_strings *here = options->datasets_here == NULL ? &plan->requested_datasets : options->datasets_here;
    if (!tell || here->count == 0) {
        return GOD_OK;
    }
    status = gdi_datasets_variable(here, &value, err);
    if (status == GOD_OK) {
        status = add_pair(&c, &plan->environment, "MINER_DATASETS_DIR", GDI_CACHE_TARGET "/miner_datasets");
    }
    if (status == GOD_OK) {
        status = add_pair(&c, &plan->environment, "MINER_DATASETS", value.data);
    }
    god_text_free(&value);
    return status;
}

static god_status add_sidecar_urls(const gdi_strings *urls, gdi_plan *plan, god_error *err)
{
    collector c = {.plan = plan, .err = err};
    god_text value = GOD_TEXT_INIT;
    god_status status = GOD_OK;
    if (urls == NULL || urls->count == 0 || plan->sidecar == NULL) {
        return GOD_OK;
    }
    for (size_t i = 0; status == GOD_OK && i < urls->count; i++) {
        status = god_text_append_f(&value, err, "%s%s", i == 0 ? "" : ",", urls->items[i]);
    }
    if (status == GOD_OK) {
        status = add_pair(&c, &plan->environment, "ENVIRONMENT_SERVER_URLS", value.data);
    }
    god_text_free(&value);
    return status;
}

uint64_t gdi_plan_seconds(double hours)
{
    uint64_t seconds = (uint64_t)(hours * 3600.0);
    return seconds < 1 ? 1 : seconds;
}

static void set_limits(const gdi_start_request *request, gdi_plan *plan)
{
    memcpy(plan->gpu_ids, request->gpu_ids, sizeof plan->gpu_ids);
    plan->gpu_count = request->gpu_count;
    plan->memory_bytes = plan->gpu_count * GDI_PLAN_MEMORY_BYTES_PER_GPU;
    plan->nano_cpus = plan->gpu_count * GDI_PLAN_NANO_CPUS_PER_GPU;
    plan->shm_bytes = plan->gpu_count >= GDI_PLAN_SHM_MANY_GPUS ? GDI_PLAN_SHM_BYTES_MANY : GDI_PLAN_SHM_BYTES;
    plan->timeout_seconds = gdi_plan_seconds(request->hours_to_complete);
}

static god_status set_places(const gdi_start_request *request, const char *clone_root, const collector *command,
                             god_error *err)
{
    god_text text = GOD_TEXT_INIT;
    gdi_plan *plan = command->plan;
    god_status status = gdi_clone_dir(clone_root == NULL ? GDI_CLONE_ROOT : clone_root, request->github_repo,
                                      request->task_id, request->hotkey, &text, err);
    if (status == GOD_OK) {
        status = copy_text(text.data, &plan->clone_dir, err);
    }
    if (status == GOD_OK) {
        status = gdi_model_dir(command->model, &text, err);
    }
    if (status == GOD_OK) {
        status = copy_text(text.data, &plan->model_dir, err);
    }
    if (status == GOD_OK) {
        status = gdi_output_dir(request->task_id, command->repository, &text, err);
    }
    if (status == GOD_OK) {
        status = copy_text(text.data, &plan->upload_local_folder, err);
    }
    if (status == GOD_OK) {
        status = gdi_run_log_dir(request->task_id, request->hotkey, &text, err);
    }
    if (status == GOD_OK) {
        status = copy_text(text.data, &plan->run_log_dir, err);
    }
    god_text_free(&text);
    return status;
}

static god_status add_labels(const gdi_start_request *request, gdi_plan *plan, god_error *err)
{
    collector c = {.plan = plan, .err = err};
    GOD_TRY(add_pair(&c, &plan->labels, "task_id", request->task_id));
    GOD_TRY(add_pair(&c, &plan->labels, "hotkey", request->hotkey));
    GOD_TRY(add_pair(&c, &plan->labels, "model", request->model));
    GOD_TRY(add_pair(&c, &plan->labels, "task_type", plan->task_type));
    return add_pair(&c, &plan->labels, "expected_repo",
                    request->expected_repo_name == NULL ? "" : request->expected_repo_name);
}

static god_status fill(const gdi_training_type *type, const gdi_start_request *request, const gdi_plan_options *options,
                       gdi_plan *plan, god_error *err)
{
    collector command = {.plan = plan, .err = err}, c = command;
    const god_training_sink sink = {.size = GOD_SIZE_TO(god_training_sink, extra),
                                    .ctx = &c,
                                    .download_arg = take_download_arg,
                                    .label = take_label,
                                    .extra = take_extra};
    god_training_plan given = {.size = GOD_SIZE_TO(god_training_plan, single_file_bytes_min)};
    set_limits(request, plan);
    GOD_TRY(copy_text(type->name, &plan->task_type, err));
    GOD_TRY(copy_text(request->model, &plan->upload_model, err));
    GOD_TRY(ask_command(type, &command));
    GOD_TRY(add_labels(request, plan, err));
    GOD_TRY(type->plugin->training.plan(type->instance, plan->spec_json, &sink, &given, err));
    GOD_TRY(copy_surroundings(&given, request->task_id, plan, err));
    plan->anonymous = request->baseline_stats != NULL;
    GOD_TRY(copy_text(gdi_plan_variable(plan, "BASELINE_STATS_PATH"), &plan->stats_path, err));
    GOD_TRY(add_sidecar_urls(options->sidecar_urls, plan, err));
    GOD_TRY(add_datasets(request, options, given.tells_datasets, plan, err));
    return set_places(request, options->clone_root, &command, err);
}

god_status gdi_plan_make(const gdi_training_types *types, const gdi_start_request *request,
                         const gdi_plan_options *options, gdi_plan *ret_plan, god_error *err)
{
    static const gdi_plan_options none = {.clone_root = NULL};
    const gdi_training_type *type = NULL;
    gdi_plan plan = {.task_type = NULL};
    GOD_TRY(gdi_training_types_resolve(types, request, &type, &plan.spec_json, err));
    god_status status = fill(type, request, options == NULL ? &none : options, &plan, err);
    if (status != GOD_OK) {
        gdi_plan_clear(&plan);
        return status;
    }
    *ret_plan = plan;
    return GOD_OK;
}

/* ---- looking, and the end ---- */

const char *gdi_plan_variable(const gdi_plan *plan, const char *name)
{
    size_t bytes = strlen(name);
    for (size_t i = 0; i < plan->environment.count; i++) {
        const char *item = plan->environment.items[i];
        if (strncmp(item, name, bytes) == 0 && item[bytes] == '=') {
            return item + bytes + 1;
        }
    }
    return NULL;
}

void gdi_plan_clear(gdi_plan *plan)
{
    gdi_strings *const lists[] = {&plan->argv,   &plan->environment,       &plan->labels, &plan->downloader_argv,
                                  &plan->extras, &plan->requested_datasets};
    char *const texts[] = {plan->task_type,        plan->spec_json,    plan->dockerfile, plan->image,
                           plan->container_prefix, plan->clone_dir,    plan->model_dir,  plan->data_path,
                           plan->stats_path,       plan->row_json,     plan->sidecar,    plan->upload_local_folder,
                           plan->upload_subfolder, plan->upload_model, plan->run_log_dir};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        gdi_strings_clear(lists[i]);
    }
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        free(texts[i]);
    }
    for (uint32_t i = 0; i < plan->mount_count; i++) {
        free(plan->mounts[i].key);
        free(plan->mounts[i].target);
    }
    *plan = (gdi_plan){.task_type = NULL};
}
