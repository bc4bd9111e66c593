/* `god evaluate`: ranks a group of submitted models. */
#include "core/cli/evaluate.h"

#include <stdlib.h>

#include "core/cli/cli.h"
#include "core/cli/options.h"
#include "god/helpers/json.h"

enum { time_limit_s_max = 30 * 24 * 60 * 60, memory_mib_max = 1 << 30 };

static const gdi_option options[] = {
    {.name = "--task", .value = "FILE", .help = "the task, a JSON object"},
    {.name = "--data",
     .value = "FILE",
     .help = "its test data, .json or .jsonl (what the task names on hub or object store)"},
    {.name = "--base", .value = "DIR", .help = "the base model, in Hugging Face layout (the task's model on the hub)"},
    {.name = "--submission", .value = "NAME=DIR", .help = "a submitted model; once for each"},
    {.name = "--device", .value = "cpu|cuda|auto", .help = "where to compute; auto: on a GPU where there is one (cpu)"},
    {.name = "--precision", .value = "f32|bf16", .help = "of weights and activations (bf16)"},
    {.name = "--threads", .value = "N", .help = "processor threads (\"worker.threads\" of god.yaml)"},
    {.name = "--seed", .value = "N", .help = "for whatever is random (0)"},
    {.name = "--memory", .value = "MIB", .help = "that it may take on the device (not limited)"},
    {.name = "--time-limit", .value = "S", .help = "seconds that one run may take (\"worker.time_limit_ms\")"},
    {.name = "--out", .value = "FILE", .help = "also write the JSON result to FILE"},
    {.name = "--json", .value = NULL, .help = "print the JSON result instead of the table"},
    {.name = "--per-example", .value = "DIR", .help = "put what the plug-in keeps per example into DIR/NAME/"},
    {.name = "--plugin", .value = "FILE|ID", .help = "this plug-in instead of the one for the task's type"},
    {.name = "--config", .value = "FILE", .help = "god.yaml; see god config --help"},
    {.name = "--plan", .value = NULL, .help = "say what it will cost before it runs, and then what it took"},
    {.name = "--keep", .value = NULL, .help = "keep the job folder and say where it is"},
    {.name = "--quiet", .value = NULL, .help = "show no progress"},
    {.name = NULL},
};

static const gdi_usage usage = {
    .command = "god evaluate",
    .synopsis = "--task FILE --data FILE --base DIR --submission NAME=DIR ... [OPTION ...]",
    .summary = "Evaluates every submitted model of one task on the same data and ranks them. A submission that\n"
               "cannot be evaluated fails alone, with a sentence that says why. Ctrl-C stops politely, twice at once.",
    .options = options,
    .notes =
        "FILE and DIR may be addresses: hf://OWNER/NAME, hf://datasets/OWNER/NAME/FILE, s3://BUCKET/KEY; they are\n"
        "fetched into the cache first, see god cache --help.\n"
        "\n"
        "examples:\n"
        "  god evaluate --task task.json --data rows.jsonl --base models/base \\\n"
        "      --submission alice=models/alice --submission bob=models/bob\n"
        "  god evaluate ... --json --quiet | jq '.results[] | [.rank, .name, .eval_loss]'\n"
        "\n"
        "exit codes: 0 evaluated, and at least one is ranked\n"
        "            1 evaluated, and nobody can be ranked\n"
        "            2 the command line or an input (task, data, base model) is at fault\n"
        "            3 the plug-in, the worker or the system failed\n"
        "            130 stopped by SIGINT or SIGTERM\n",
};

static god_status add_submission(gdi_evaluate_args *args, const char *value, god_error *err)
{
    const char *equals = strchr(value, '=');
    if (equals == NULL || equals == value || equals[1] == '\0') {
        return god_fail(err, GOD_E_INVALID, "\"--submission\" is \"%.200s\", NAME=DIR is needed", value);
    }
    if (args->submission_count == GDI_JOB_SUBMISSIONS_MAX) {
        return god_fail(err, GOD_E_INVALID, "there are more than %d submissions", GDI_JOB_SUBMISSIONS_MAX);
    }
    char *name = strdup(value);
    if (name == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory");
    }
    name[equals - value] = '\0';
    uint32_t index = args->submission_count++;
    args->owned[index] = name;
    args->names[index] = name;
    args->dirs[index] = name + (equals - value) + 1;
    for (uint32_t i = 0; i < index; i++) {
        if (strcmp(args->names[i], name) == 0) {
            return god_fail(err, GOD_E_INVALID, "two submissions have the name \"%.100s\"", name);
        }
    }
    return GOD_OK;
}

static god_status take_word(const char *name, const char *value, const char *a, const char *b, const char **ret,
                            god_error *err)
{
    if (strcmp(value, a) != 0 && strcmp(value, b) != 0) {
        return god_fail(err, GOD_E_INVALID, "\"%s\" is \"%.60s\", \"%s\" or \"%s\" is needed", name, value, a, b);
    }
    *ret = value;
    return GOD_OK;
}

static god_status take_device(const char *value, const char **ret, god_error *err)
{
    if (strcmp(value, "cpu") != 0 && strcmp(value, "cuda") != 0 && strcmp(value, "auto") != 0) {
        return god_fail(err, GOD_E_INVALID, "\"--device\" is \"%.60s\", \"cpu\", \"cuda\" or \"auto\" is needed",
                        value);
    }
    *ret = value;
    return GOD_OK;
}

static god_status take_option(void *user, const char *name, const char *value, god_error *err)
{
    gdi_evaluate_args *args = user;
    const struct {
        const char *name, **text;
        uint32_t *flag;
    } simple[] = {
        {"--task", &args->task, NULL},
        {"--data", &args->data, NULL},
        {"--base", &args->base, NULL},
        {"--out", &args->out, NULL},
        {"--per-example", &args->per_example, NULL},
        {"--plugin", &args->plugin, NULL},
        {"--config", &args->config, NULL},
        {"--json", NULL, &args->json},
        {"--plan", NULL, &args->plan},
        {"--keep", NULL, &args->keep},
        {"--quiet", NULL, &args->quiet},
    };
    if (name == NULL) {
        return god_fail(err, GOD_E_INVALID, "\"%.200s\" is no option; a submission is --submission NAME=DIR", value);
    }
    for (size_t i = 0; i < sizeof simple / sizeof *simple; i++) {
        if (strcmp(name, simple[i].name) == 0 && simple[i].text != NULL) {
            *simple[i].text = value;
            return GOD_OK;
        }
        if (strcmp(name, simple[i].name) == 0) {
            *simple[i].flag = 1;
            return GOD_OK;
        }
    }
    if (strcmp(name, "--device") == 0) {
        return take_device(value, &args->device, err);
    }
    if (strcmp(name, "--precision") == 0) {
        return take_word(name, value, "f32", "bf16", &args->precision, err);
    }
    if (strcmp(name, "--threads") == 0) {
        return gdi_option_int(name, value, 1, GDI_JOB_THREADS_MAX, &args->threads, err);
    }
    if (strcmp(name, "--seed") == 0) {
        return gdi_option_int(name, value, 0, INT64_MAX, &args->seed, err);
    }
    if (strcmp(name, "--memory") == 0) {
        return gdi_option_int(name, value, 1, memory_mib_max, &args->memory_mib, err);
    }
    if (strcmp(name, "--time-limit") == 0) {
        return gdi_option_int(name, value, 1, time_limit_s_max, &args->time_limit_s, err);
    }
    return add_submission(args, value, err);
}

static god_status check_args(const gdi_evaluate_args *args, god_error *err)
{
    const char *missing = args->task == NULL            ? "--task FILE"
                          : args->submission_count == 0 ? "--submission NAME=DIR"
                                                        : NULL;
    return missing == NULL ? GOD_OK : god_fail(err, GOD_E_INVALID, "%s is missing, see god evaluate --help", missing);
}

/* Copies what the plug-in kept of one submission to DIR/NAME/. */
static god_status copy_artifacts(const gdi_evaluation *e, const gdi_entry *entry, const char *job_dir, god_error *err)
{
    char dir[GOD_PATH_MAX], from[GOD_PATH_MAX], to[GOD_PATH_MAX];
    const char *name = NULL;
    json_t *path = NULL;
    if (entry->job_index < 0) {
        return GOD_OK;
    }
    const json_t *submission = gdi_result_submission(&e->result, (uint32_t)entry->job_index);
    GOD_TRY(god_path_join(e->args->per_example, entry->name, dir, err));
    json_object_foreach(json_object_get(submission, "artifacts"), name, path)
    {
        GOD_TRY(god_dir_make(dir, err));
        GOD_TRY(god_path_join(job_dir, json_string_value(path), from, err));
        GOD_TRY(god_path_join(dir, name, to, err));
        GOD_TRY(god_file_copy(from, to, err));
    }
    return GOD_OK;
}

static god_status write_results(const gdi_evaluation *e, const char *job_dir, god_error *err)
{
    json_t *value = NULL;
    GOD_TRY(gdi_evaluation_to_json(e, &value, err));
    god_status status = e->args->out == NULL ? GOD_OK : god_json_write(e->args->out, value, err);
    if (status == GOD_OK && e->args->json) {
        (void)json_dumpf(value, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(17));
        (void)fputc('\n', stdout);
    }
    json_decref(value);
    GOD_TRY(status);
    for (uint32_t i = 0; e->args->per_example != NULL && i < e->args->submission_count; i++) {
        GOD_TRY(copy_artifacts(e, &e->entries[i], job_dir, err));
    }
    if (!e->args->json && e->result.outcome == GDI_OUTCOME_RESULT) {
        return gdi_evaluation_print_table(stdout, e, err);
    }
    return GOD_OK;
}

static god_status evaluate(gdi_evaluation *e, const char *job_dir, god_error *err)
{
    GOD_TRY(gdi_evaluation_run(e, job_dir, err));
    gdi_evaluation_rank(e);
    return write_results(e, job_dir, err);
}

int gdi_cmd_evaluate(int argc, char **argv)
{
    god_error err = GOD_ERROR_INIT;
    uint32_t help = 0;
    int code = GDI_EXIT_OK;
    gdi_evaluate_args *args = calloc(1, sizeof *args);
    gdi_evaluation *evaluation = calloc(1, sizeof *evaluation);
    if (args == NULL || evaluation == NULL) {
        (void)god_fail(&err, GOD_E_NOMEM, "out of memory");
        code = gdi_cli_fail("evaluate", &err);
    } else if (gdi_options_read(&usage, argc, argv, args, take_option, &help, &err) != GOD_OK) {
        code = gdi_cli_fail("evaluate", &err);
    } else if (help) {
        gdi_usage_print(stdout, &usage);
    } else if (check_args(args, &err) != GOD_OK) {
        code = gdi_cli_fail("evaluate", &err);
    } else {
        evaluation->args = args;
        code = gdi_evaluation_in_folder(evaluation, "evaluate", evaluate);
        if (code == GDI_EXIT_OK && gdi_evaluation_ranked_count(evaluation) == 0) {
            code = GDI_EXIT_NO;
        }
        gdi_evaluation_clear(evaluation);
    }
    for (uint32_t i = 0; args != NULL && i < args->submission_count; i++) {
        free(args->owned[i]);
    }
    free(args);
    free(evaluation);
    return code;
}
