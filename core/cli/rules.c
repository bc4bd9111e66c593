/* core/cli/rules.c: `god rules FILE.json`: do the rules give what a file of test vectors expects? */
#include <stdio.h>
#include <stdlib.h>

#include "core/cli/cli.h"
#include "core/cli/options.h"
#include "core/cli/rules_run.h"

typedef struct rules_command {
    const char *file_path, *task_kinds_path;
    uint32_t as_json;
    json_t *failures; /* with --json */
    uint32_t out_of_memory;
} rules_command;

static const gdi_option options[] = {
    {.name = "--json", .help = "print one JSON object: passed, failed, failures"},
    {.name = "--task-kinds",
     .value = "FILE",
     .help =
         "what the network's task types ask of the rules\n(default: share/god/task-kinds.json of this installation)"},
    {.name = NULL},
};

static const gdi_usage usage = {
    .command = "god rules",
    .synopsis = "FILE.json",
    .summary = "Plays a file of test vectors through the tournament rules and reports each answer that differs.",
    .options = options,
    .notes =
        "FILE.json is an array of {\"id\", \"kind\", \"in\", \"out\"}, or an object with that array as \"vectors\" "
        "and\nan optional \"tolerance_relative\" (default 1e-9).\n\n"
        "Exit codes: 0 all passed; 1 some failed; 2 the file or the command line is at fault; 3 anything else.\n",
};

static god_status read_option(void *user, const char *name, const char *value, god_error *err)
{
    rules_command *command = user;
    if (name == NULL) {
        if (command->file_path != NULL) {
            return god_fail(err, GOD_E_INVALID, "one file is enough, \"%s\" is a second", value);
        }
        command->file_path = value;
    } else if (strcmp(name, "--json") == 0) {
        command->as_json = 1;
    } else {
        command->task_kinds_path = value;
    }
    return GOD_OK;
}

/* One line of JSON, numbers as in the vectors; freed with free(). */
static char *to_text(const json_t *value)
{
    return value == NULL ? NULL : json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(12));
}

static void print_failure(const gdi_vector_result *result)
{
    if (result->message != NULL) {
        (void)printf("%s (%s): %s\n", result->id, result->kind, result->message);
        return;
    }
    char *expected = to_text(result->expected), *got = to_text(result->got);
    (void)printf("%s (%s): %s: expected %s, got %s\n", result->id, result->kind, result->path,
                 expected != NULL ? expected : "nothing", got != NULL ? got : "nothing");
    free(expected);
    free(got);
}

static void collect_failure(rules_command *command, const gdi_vector_result *result)
{
    json_t *failure = json_pack("{s:s, s:s}", "id", result->id, "kind", result->kind);
    int failed = failure == NULL;
    if (result->message != NULL) {
        failed |= json_object_set_new(failure, "message", json_string(result->message));
    } else {
        failed |= json_object_set_new(failure, "path", json_string(result->path));
        if (result->expected != NULL) {
            failed |= json_object_set_new(failure, "expected", json_deep_copy(result->expected));
        }
        if (result->got != NULL) {
            failed |= json_object_set_new(failure, "got", json_deep_copy(result->got));
        }
    }
    failed |= json_array_append_new(command->failures, failure);
    command->out_of_memory |= failed != 0;
}

static void take_result(void *user, const gdi_vector_result *result)
{
    rules_command *command = user;
    if (result->passed) {
        return;
    }
    if (command->as_json) {
        collect_failure(command, result);
    } else {
        print_failure(result);
    }
}

static god_status print_json(rules_command *command, const gdi_rules_counts *counts, god_error *err)
{
    json_t *out = json_pack("{s:i, s:i, s:O}", "passed", (int)counts->passed, "failed", (int)counts->failed, "failures",
                            command->failures);
    char *text =
        command->out_of_memory || out == NULL ? NULL : json_dumps(out, JSON_INDENT(2) | JSON_REAL_PRECISION(12));
    json_decref(out);
    if (text == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for the report");
    }
    (void)puts(text);
    free(text);
    return GOD_OK;
}

static god_status play_file(rules_command *command, gdi_rules_counts *ret_counts, god_error *err)
{
    json_t *file = NULL;
    gdi_task_kinds task_kinds = {.path = command->task_kinds_path};
    GOD_TRY(god_json_read(command->file_path, GDI_RULES_FILE_BYTES_MAX, &file, err));
    command->failures = json_array();
    god_status status = gdi_rules_run(command->file_path, file, &task_kinds, command, take_result, ret_counts, err);
    if (status == GOD_OK && command->as_json) {
        status = print_json(command, ret_counts, err);
    } else if (status == GOD_OK) {
        (void)printf("%u passed, %u failed\n", ret_counts->passed, ret_counts->failed);
    }
    json_decref(command->failures);
    json_decref(file);
    gdi_task_kinds_fini(&task_kinds);
    return status;
}

int gdi_cmd_rules(int argc, char **argv)
{
    god_error err = GOD_ERROR_INIT;
    rules_command command = {0};
    gdi_rules_counts counts = {0};
    int code = GDI_EXIT_OK;
    if (!gdi_options_begin(&usage, argc, argv, &command, read_option, &command.file_path, &code)) {
        return code;
    }
    if (play_file(&command, &counts, &err) != GOD_OK) {
        return gdi_cli_fail("rules", &err);
    }
    return counts.failed == 0 ? GDI_EXIT_OK : GDI_EXIT_NO;
}
