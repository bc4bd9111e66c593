/* `god tournament COMMAND` */
#include "core/cli/job_ask.h"

#include <stdlib.h>

#include "core/cli/cli.h"
#include "core/cli/options.h"
#include "core/cli/tournament_show.h"
#include "core/cli/tournament_simulate.h"

static const gdi_option options[] = {
    {.name = "--type", .value = "TYPE", .help = "list: text, image or environment only"},
    {.name = "--status", .value = "STATUS", .help = "list: pending, active, completed or cancelled ones only"},
    {.name = "--eliminate",
     .value = "HOTKEY",
     .help = "approve: this one instead of those that were flagged; repeatable"},
    {.name = "--json", .help = "print JSON instead of text"},
    {.name = "--config", .value = "FILE", .help = "god.yaml; see god config --help"},
    {.name = NULL},
};

static const gdi_usage usage = {
    .command = "god tournament",
    .synopsis = "COMMAND [ID] [OPTION ...]",
    .summary = "Asks the running host; without one the store is used directly.\n\n"
               "  list                 all of them, newest first\n"
               "  show ID              rounds, tasks, who is in and who is out\n"
               "  create TYPE          start one now, whatever the calendar says\n"
               "  cancel ID            end it without a winner; refund gives the fees back\n"
               "  complete ID          complete one that is decided, without waiting for publication\n"
               "  refund ID            give every coldkey back what it paid\n"
               "  undo-round ID        delete the newest round and open the one before\n"
               "  approve ID, skip ID  decide the review of duplicates; review-again ID after it failed itself\n"
               "  retry TASK           train a failed task again, attempts reset\n"
               "  replace TASK         put another task in its place\n"
               "  simulate             play whole seasons on a virtual clock, see god tournament simulate --help",
    .options = options,
    .notes = "examples:\n"
             "  god tournament list --status active\n"
             "  god tournament create text\n"
             "  god tournament approve tourn_0123456789abcdef_20260618 --eliminate 5Abc...\n\n"
             "exit codes: 0 fine, 2 refused, or the command line is at fault, 3 the host or the store failed\n",
};

/* A command that sends something about one id. */
typedef struct action {
    const char *name, *collection, *suffix, *done;
} action;

static const action actions[] = {
    {"cancel", "/admin/tournaments", "/cancel", "cancelled"},
    {"complete", "/admin/tournaments", "/complete", "completed"},
    {"refund", "/admin/tournaments", "/refund", "refunded"},
    {"undo-round", "/admin/tournaments", "/undo-round", "the newest round is gone"},
    {"approve", "/admin/tournaments", "/approve", "approved"},
    {"skip", "/admin/tournaments", "/skip", "skipped"},
    {"review-again", "/admin/tournaments", "/review-again", "the review is asked for again"},
    {"retry", "/admin/tasks", "/retry", "trained again"},
    {"replace", "/admin/tasks", "/replace", "to be replaced"},
};

typedef struct arguments {
    const char *command, *id, *config_path, *type, *status;
    json_t *eliminations; /* own; NULL: none named */
    uint32_t as_json;
} arguments;

static god_status take(void *user, const char *name, const char *value, god_error *err)
{
    arguments *args = user;
    if (name == NULL) {
        const char **place = args->command == NULL ? &args->command : &args->id;
        if (*place != NULL) {
            return god_fail(err, GOD_E_INVALID, "\"%.200s\" is one argument too many", value);
        }
        *place = value;
    } else if (strcmp(name, "--json") == 0) {
        args->as_json = 1;
    } else if (strcmp(name, "--config") == 0) {
        args->config_path = value;
    } else if (strcmp(name, "--type") == 0) {
        args->type = value;
    } else if (strcmp(name, "--status") == 0) {
        args->status = value;
    } else {
        args->eliminations = args->eliminations == NULL ? json_array() : args->eliminations;
        if (json_array_append_new(args->eliminations, json_string(value)) != 0) {
            return god_fail(err, GOD_E_INVALID, "\"--eliminate\" is not UTF-8");
        }
    }
    return GOD_OK;
}

static void print_json(const json_t *value)
{
    (void)json_dumpf(value, stdout, JSON_INDENT(2));
    (void)putchar('\n');
}

static god_status list(const gdi_config *config, const arguments *args, god_error *err)
{
    god_text target = GOD_TEXT_INIT;
    json_t *answer = NULL;
    god_status status = god_text_append_str(&target, "/admin/tournaments", err);
    status = status != GOD_OK ? status : gdi_ask_add_query(&target, "type", args->type, err);
    status = status != GOD_OK ? status : gdi_ask_add_query(&target, "status", args->status, err);
    if (status == GOD_OK) {
        status = gdi_ask_host(config, &(gdi_ask){.method = "GET", .target = target.data}, &answer, err);
    }
    god_text_free(&target);
    if (status == GOD_OK) {
        args->as_json ? print_json(answer) : gdi_tournament_print_list(stdout, answer);
    }
    json_decref(answer);
    return status;
}

static god_status ask_about(const gdi_config *config, const char *method, const action *a, const char *id,
                            const json_t *body, json_t **ret_answer, god_error *err)
{
    god_text target = GOD_TEXT_INIT;
    god_status status = god_text_append_str(&target, a->collection, err);
    status = status != GOD_OK ? status : gdi_ask_add_segment(&target, id, err);
    status = status != GOD_OK ? status : god_text_append_str(&target, a->suffix, err);
    if (status == GOD_OK) {
        status =
            gdi_ask_host(config, &(gdi_ask){.method = method, .target = target.data, .body = body}, ret_answer, err);
    }
    god_text_free(&target);
    return status;
}

static god_status show(const gdi_config *config, const arguments *args, god_error *err)
{
    static const action details = {"show", "/admin/tournaments", "", ""};
    json_t *answer = NULL;
    GOD_TRY(ask_about(config, "GET", &details, args->id, NULL, &answer, err));
    args->as_json ? print_json(answer) : gdi_tournament_print(stdout, answer);
    json_decref(answer);
    return GOD_OK;
}

static god_status create(const gdi_config *config, const arguments *args, god_error *err)
{
    json_t *answer = NULL, *body = json_pack("{s:s}", "type", args->id);
    const gdi_ask ask = {.method = "POST", .target = "/admin/tournaments", .body = body};
    god_status status = gdi_ask_host(config, &ask, &answer, err);
    json_decref(body);
    GOD_TRY(status);
    const char *id = json_string_value(json_object_get(answer, "tournament_id"));
    args->as_json ? print_json(answer) : (void)printf("created %s\n", id);
    json_decref(answer);
    return GOD_OK;
}

static god_status send_action(const gdi_config *config, const arguments *args, const action *a, god_error *err)
{
    json_t *answer = NULL, *body = NULL;
    if (args->eliminations != NULL && strcmp(a->name, "approve") == 0) {
        body = json_pack("{s:O}", "eliminations", args->eliminations);
    }
    god_status status = ask_about(config, "POST", a, args->id, body, &answer, err);
    json_decref(body);
    GOD_TRY(status);
    const char *message = json_string_value(json_object_get(answer, "message"));
    args->as_json ? print_json(answer) : (void)printf("%s: %s\n", args->id, message == NULL ? a->done : message);
    json_decref(answer);
    return GOD_OK;
}

static god_status dispatch(const gdi_config *config, const arguments *args, god_error *err)
{
    uint32_t is_list = strcmp(args->command, "list") == 0;
    const action *found = NULL;
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
        found = strcmp(actions[i].name, args->command) == 0 ? &actions[i] : found;
    }
    uint32_t is_known =
        is_list || found != NULL || strcmp(args->command, "show") == 0 || strcmp(args->command, "create") == 0;
    if (!is_known) {
        return god_fail(err, GOD_E_INVALID, "there is no command \"%.100s\", see god tournament --help", args->command);
    }
    if (is_list && args->id != NULL) {
        return god_fail(err, GOD_E_INVALID, "god tournament list takes no id");
    }
    if (!is_list && args->id == NULL) {
        return god_fail(err, GOD_E_INVALID, "which one? see god tournament --help");
    }
    return is_list                              ? list(config, args, err)
           : found != NULL                      ? send_action(config, args, found, err)
           : strcmp(args->command, "show") == 0 ? show(config, args, err)
                                                : create(config, args, err);
}

int gdi_cmd_tournament(int argc, char **argv)
{
    arguments args = {.command = NULL};
    god_error err = GOD_ERROR_INIT;
    gdi_config config;
    int code = GDI_EXIT_OK;
    if (argc >= 2 && strcmp(argv[1], "simulate") == 0) {
        return gdi_cmd_tournament_simulate(argc - 1, argv + 1);
    }
    if (!gdi_options_begin(&usage, argc, argv, &args, take, &args.command, &code)) {
        json_decref(args.eliminations);
        return code;
    }
    god_status status = gdi_config_load(args.config_path, &config, &err);
    if (status == GOD_OK) {
        status = dispatch(&config, &args, &err);
        gdi_config_clear(&config);
    }
    json_decref(args.eliminations);
    return status == GOD_OK ? GDI_EXIT_OK : gdi_cli_fail("tournament", &err);
}
