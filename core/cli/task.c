/* `god task args REQUEST.json`: what a training would be started with, without starting anything. */
#include <stdlib.h>

#include "core/cli/cli.h"
#include "core/cli/options.h"
#include "core/training/stats.h"

static const gdi_option options[] = {
    {.name = "--stats",
     .value = "DIR",
     .help = "the folder behind /cache: baseline statistics of the request are written there\n"
             "as a trainer does it; a request without any gets those that are there"},
    {.name = "--sidecar-urls",
     .value = "URL,...",
     .help = "addresses of the environment servers, in the order of the GPUs"},
    {.name = "--json", .value = NULL, .help = "print one JSON object instead of the text"},
    {.name = "--config", .value = "FILE", .help = "god.yaml; see god config --help"},
    {.name = NULL},
};

static const gdi_usage usage = {
    .command = "god task",
    .synopsis = "args REQUEST.json [OPTION ...]",
    .summary = "Shows what a training is started with: task type, Dockerfile, arguments, environment, container\n"
               "settings, time limit and folders. REQUEST.json is the request that a validator sends to a trainer\n"
               "(POST /v1/trainer/start_training). Nothing is fetched, built or run.",
    .options = options,
    .notes = "The salt that hides model ids is read from the environment (MODEL_HASH_SALT) or from god.yaml\n"
             "(plugins.config, \"model_hash_salt\"), never from the command line.\n"
             "\n"
             "example:\n"
             "  god task args request.json --json | jq .argv\n"
             "\n"
             "exit codes: 0 shown, 2 the request or the command line is at fault, 3 a plug-in or the system failed\n",
};

typedef struct arguments {
    const char *action, *request, *stats, *sidecar_urls, *config;
    uint32_t json;
} arguments;

static god_status take(void *user, const char *name, const char *value, god_error *err)
{
    arguments *args = user;
    if (name == NULL) {
        const char **place = args->action == NULL ? &args->action : &args->request;
        if (*place != NULL) {
            return god_fail(err, GOD_E_INVALID, "\"%.200s\" is one argument too many", value);
        }
        *place = value;
    } else if (strcmp(name, "--json") == 0) {
        args->json = 1;
    } else {
        *(strcmp(name, "--stats") == 0          ? &args->stats
          : strcmp(name, "--sidecar-urls") == 0 ? &args->sidecar_urls
                                                : &args->config) = value;
    }
    return GOD_OK;
}

static god_status check(const arguments *args, god_error *err)
{
    if (strcmp(args->action, "args") != 0) {
        return god_fail(err, GOD_E_INVALID, "\"%.60s\" is no subcommand of god task, \"args\" is one", args->action);
    }
    return args->request != NULL ? GOD_OK
                                 : god_fail(err, GOD_E_INVALID, "REQUEST.json is missing, see god task --help");
}

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

static god_status show_request(const arguments *args, const gdi_training_types *types, gdi_start_request *request,
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

static god_status show(const arguments *args, gdi_training_types *types, god_error *err)
{
    static const gdi_log log = {.fd = 2, .lowest_level = GOD_LOG_WARNING};
    const char *salt = getenv("MODEL_HASH_SALT");
    gdi_layout layout;
    gdi_config config;
    gdi_start_request request;
    GOD_TRY(gdi_start_request_read(args->request, &request, err));
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

int gdi_cmd_task(int argc, char **argv)
{
    arguments args = {.action = NULL};
    god_error err = GOD_ERROR_INIT;
    uint32_t help = 0;
    god_status status = gdi_options_read(&usage, argc, argv, &args, take, &help, &err);
    if (help) {
        gdi_usage_print(stdout, &usage);
        return GDI_EXIT_OK;
    }
    if (status == GOD_OK && args.action == NULL) {
        gdi_usage_print(stderr, &usage);
        return GDI_EXIT_USAGE;
    }
    if (status == GOD_OK) {
        status = check(&args, &err);
    }
    gdi_training_types *types = calloc(1, sizeof *types);
    if (status == GOD_OK) {
        status = types == NULL ? god_fail(&err, GOD_E_NOMEM, "out of memory") : show(&args, types, &err);
    }
    free(types);
    return status == GOD_OK ? GDI_EXIT_OK : gdi_cli_fail("task", &err);
}
