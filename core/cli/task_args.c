/* `god task args REQUEST.json`: what a training would be started with, without starting anything. */
#include <stdlib.h>

#include "core/cli/task.h"
#include "core/training/model_prep.h"
#include "core/training/stats.h"
#include "god/helpers/json.h"

/* "URL,URL" into a list. */
static god_status split_urls(const char *text, gdi_strings *urls, god_error *err)
{
    while (text != NULL && *text != '\0') {
        size_t bytes = strcspn(text, ",");
        char *url = strndup(text, bytes);
        god_status status = url == NULL ? god_fail(err, GOD_E_NOMEM, "out of memory") : GOD_OK;
        if (status == GOD_OK && strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0) {
            status = god_fail(err, GOD_E_INVALID, "\"--sidecar-urls\" has \"%.100s\", http://HOST:PORT is needed", url);
        }
        if (status == GOD_OK) {
            status = gdi_strings_add(urls, url, err);
        }
        free(url);
        GOD_TRY(status);
        text += bytes + (text[bytes] == ',');
    }
    return GOD_OK;
}

/* ---- text for people ---- */

static void print_list(const char *title, const json_t *list)
{
    size_t i = 0;
    json_t *item = NULL;
    (void)printf("%s\n", title);
    json_array_foreach(list, i, item)
    {
        const char *word = json_string_value(item), *next = json_string_value(json_array_get(list, i + 1));
        uint32_t is_flag = strncmp(word, "--", 2) == 0;
        if (is_flag && next != NULL && strncmp(next, "--", 2) != 0) {
            (void)printf("  %s %s\n", word, next);
            i++;
        } else {
            (void)printf("  %s\n", word);
        }
    }
}

static void print_object(const char *title, json_t *object)
{
    const char *name = NULL;
    json_t *value = NULL;
    (void)printf("%s\n", title);
    json_object_foreach(object, name, value)
    {
        if (json_is_string(value)) {
            (void)printf("  %s=%s\n", name, json_string_value(value));
        } else {
            char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
            (void)printf("  %s=%s\n", name, text == NULL ? "" : text);
            free(text);
        }
    }
}

static void print_text(const gdi_plan *plan, const json_t *value)
{
    (void)printf("task type   %s\n", plan->task_type);
    (void)printf("Dockerfile  %s\n", plan->dockerfile);
    (void)printf("time limit  %llu s\n", (unsigned long long)plan->timeout_seconds);
    (void)printf("clone       %s\n", plan->clone_dir);
    (void)printf("model       %s\n", plan->model_dir);
    (void)printf("data        %s\n", plan->data_path);
    (void)printf("upload      %s\n", plan->upload_local_folder);
    if (plan->sidecar != NULL) {
        (void)printf("servers     %u of %s, one for each GPU\n", plan->sidecar_count, plan->sidecar);
    }
    print_list("arguments", json_object_get(value, "argv"));
    print_object("environment", json_object_get(value, "environment"));
    print_object("container", json_object_get(value, "host_config"));
    print_list("download", json_object_get(value, "downloader_argv"));
}

static god_status print_plan(const gdi_plan *plan, uint32_t as_json, god_error *err)
{
    json_t *value = gdi_plan_to_json(plan);
    if (value == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for the plan");
    }
    if (as_json) {
        (void)json_dumpf(value, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(17));
        (void)fputc('\n', stdout);
    } else {
        print_text(plan, value);
    }
    json_decref(value);
    return GOD_OK;
}

/* ---- making it ---- */

static god_status show_request(const gdi_task_args *args, const gdi_training_types *types, gdi_start_request *request,
                               god_error *err)
{
    gdi_strings urls = {.items = NULL};
    gdi_plan plan = {.task_type = NULL};
    god_status status = args->stats == NULL ? GOD_OK : gdi_stats_find(args->stats, request, err);
    if (status == GOD_OK) {
        status = split_urls(args->sidecar_urls, &urls, err);
    }
    if (status == GOD_OK) {
        const gdi_plan_options how = {.sidecar_urls = &urls};
        status = gdi_plan_make(types, request, &how, &plan, err);
    }
    if (status == GOD_OK && args->stats != NULL) {
        status = gdi_stats_write(args->stats, request, &plan, err);
    }
    if (status == GOD_OK) {
        status = print_plan(&plan, args->json, err);
    }
    gdi_plan_clear(&plan);
    gdi_strings_clear(&urls);
    return status;
}

static god_status show(const gdi_task_args *args, gdi_training_types *types, god_error *err)
{
    static const gdi_log log = {.fd = 2, .lowest_level = GOD_LOG_WARNING};
    const char *salt = getenv("MODEL_HASH_SALT");
    gdi_layout layout;
    gdi_config config;
    gdi_start_request request;
    GOD_TRY(gdi_start_request_read(args->place, &request, err));
    god_status status = gdi_layout_find(&layout, err);
    if (status == GOD_OK) {
        status = gdi_config_load(args->config, &config, err);
    }
    if (status == GOD_OK) {
        status = gdi_training_types_open(&config, &layout, &log, salt == NULL ? "" : salt, types, err);
        if (status == GOD_OK) {
            status = show_request(args, types, &request, err);
            gdi_training_types_close(types);
        }
        gdi_config_clear(&config);
    }
    gdi_start_request_clear(&request);
    return status;
}

/* ---- the other request that a trainer gets ---- */

static god_status show_prep(const gdi_task_args *args, const gdi_prep_request *request, god_error *err)
{
    const char *salt = getenv("MODEL_HASH_SALT");
    gdi_strings urls = {.items = NULL};
    gdi_prep_plan plan = {.model_dir = NULL};
    god_status status = split_urls(args->sidecar_urls, &urls, err);
    if (status == GOD_OK) {
        status = gdi_prep_plan_make(request, salt == NULL ? "" : salt, &urls, &plan, err);
    }
    json_t *value = status == GOD_OK ? gdi_prep_plan_to_json(request, &plan) : NULL;
    if (status == GOD_OK && value == NULL) {
        status = god_fail(err, GOD_E_NOMEM, "out of memory for the plan");
    } else if (status == GOD_OK && args->json) {
        (void)json_dumpf(value, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(17));
        (void)fputc('\n', stdout);
    } else if (status == GOD_OK) {
        (void)printf("model preparation of %s\n", request->task_id);
        print_list("arguments", json_object_get(value, "argv"));
        print_object("container", json_object_get(value, "host_config"));
        print_list("download", json_object_get(value, "downloader_argv"));
    }
    json_decref(value);
    gdi_prep_plan_clear(&plan);
    gdi_strings_clear(&urls);
    return status;
}

/* *ret_is_one 0: it is for somebody else. What cannot be read is left to them, too. */
static god_status show_if_prep(const gdi_task_args *args, uint32_t *ret_is_one, god_error *err)
{
    json_t *root = NULL;
    gdi_prep_request request;
    *ret_is_one =
        god_json_read(args->place, GDI_REQUEST_BYTES_MAX, &root, NULL) == GOD_OK && gdi_prep_request_is_one(root);
    if (!*ret_is_one) {
        json_decref(root);
        return GOD_OK;
    }
    GOD_TRY(gdi_prep_request_take(args->place, root, &request, err));
    god_status status = show_prep(args, &request, err);
    gdi_prep_request_clear(&request);
    return status;
}

god_status gdi_task_args_show(const gdi_task_args *args, god_error *err)
{
    if (args->place == NULL) {
        return god_fail(err, GOD_E_INVALID, "REQUEST.json is missing, see god task --help");
    }
    uint32_t is_prep = 0;
    GOD_TRY(show_if_prep(args, &is_prep, err));
    if (is_prep) {
        return GOD_OK;
    }
    gdi_training_types *types = calloc(1, sizeof *types);
    god_status status = types == NULL ? god_fail(err, GOD_E_NOMEM, "out of memory") : show(args, types, err);
    free(types);
    return status;
}
