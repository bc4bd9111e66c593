/* `god tokenize`: with --task it shows a row of test data as it is scored, by a job of the plug-in; without it, the ids
 * of a text, which is god-inspect's work. */
#include <stdlib.h>
#include <unistd.h>

#include "core/cli/cli.h"
#include "core/cli/evaluate.h"
#include "core/cli/options.h"
#include "core/worker/example.h"
#include "god/explain.h"
#include "god/helpers/text.h"

static const gdi_option options[] = {
    {.name = "--task", .value = "FILE", .help = "the task, a JSON object"},
    {.name = "--data", .value = "FILE", .help = "its test data, .json or .jsonl"},
    {.name = "--base", .value = "DIR", .help = "the base model, in Hugging Face layout"},
    {.name = "--row", .value = "N", .help = "the row to show, counted from 1 (1)"},
    {.name = "--seq-len-max", .value = "N", .help = "a limit on the length of an example, as a job may set it (none)"},
    {.name = "--json", .value = NULL, .help = "print JSON, a line for each part of the row"},
    {.name = "--plugin", .value = "FILE|ID", .help = "this plug-in instead of the one for the task's type"},
    {.name = "--config", .value = "FILE", .help = "god.yaml; see god config --help"},
    {.name = "--keep", .value = NULL, .help = "keep the job folder and say where it is"},
    {.name = "--quiet", .value = NULL, .help = "show no progress"},
    {.name = NULL},
};

static const gdi_usage usage = {
    .command = "god tokenize",
    .synopsis = "--task FILE --data FILE --base DIR [--row N] [OPTION ...]",
    .summary =
        "Shows a row of test data exactly as it is scored: each token with its label, whether it adds to the\n"
        "score (*) or is context (.), and whether the row is dropped. Tokens and labels come from the code that\n"
        "evaluates, with the limit on length of a submission that is shaped like the base model. On a terminal\n"
        "scored tokens are green and context is dim, unless NO_COLOR is set.",
    .options = options,
    .notes = "Without --task it shows the token ids of a text: god tokenize --help\n"
             "\n"
             "JSON: {\"row\", \"part\", \"state\", \"message\", \"sequence_len\", \"tokens\": [{\"id\", \"piece\", "
             "\"text\",\n"
             "      \"label\" (-100: none), \"scored\", \"special\"}]}; state is \"kept\" or why the part is dropped\n"
             "\n"
             "example:\n"
             "  god tokenize --task task.json --data rows.jsonl --base models/base --row 17\n"
             "\n"
             "exit codes: 0 shown, and something of the row is scored\n"
             "            1 shown, and the row is dropped\n"
             "            2 the command line or an input (task, data, row, base model) is at fault\n"
             "            3 the plug-in, the worker or the system failed; the plug-in may be one that shows nothing\n"
             "            130 stopped by SIGINT or SIGTERM\n",
};

static god_status take_option(void *user, const char *name, const char *value, god_error *err)
{
    gdi_evaluate_args *args = user;
    const struct {
        const char *name, **text;
        uint32_t *flag;
    } simple[] = {
        {"--task", &args->task, NULL},     {"--data", &args->data, NULL},     {"--base", &args->base, NULL},
        {"--plugin", &args->plugin, NULL}, {"--config", &args->config, NULL}, {"--json", NULL, &args->json},
        {"--keep", NULL, &args->keep},     {"--quiet", NULL, &args->quiet},
    };
    if (name == NULL) {
        return god_fail(err, GOD_E_INVALID, "\"%.200s\" is no option; a text is shown without --task", value);
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
    return strcmp(name, "--row") == 0 ? gdi_option_int(name, value, 1, INT64_MAX, &args->row, err)
                                      : gdi_option_int(name, value, 0, UINT32_MAX, &args->seq_len_max, err);
}

/* ---- the table ---- */

enum { piece_columns = 24 };

typedef struct colours {
    const char *scored, *context, *end;
} colours;

static colours choose_colours(void)
{
    static const colours none = {"", "", ""}, some = {"\033[32m", "\033[2m", "\033[0m"};
    const char *no_color = getenv("NO_COLOR");
    return isatty(STDOUT_FILENO) && (no_color == NULL || *no_color == '\0') ? some : none;
}

/* Appends text so that it moves no cursor and ends no line; *columns counts characters. A vocabulary is a stranger's.
 */
static god_status append_harmless(god_text *line, const char *text, size_t *columns, god_error *err)
{
    for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++) {
        size_t before = line->bytes;
        if (*at == '\n' || *at == '\t' || *at == '\r') {
            GOD_TRY(god_text_append_str(line, *at == '\n' ? "\\n" : *at == '\t' ? "\\t" : "\\r", err));
        } else if (*at < ' ' || *at == 0x7f) {
            GOD_TRY(god_text_append_f(line, err, "\\x%02x", *at));
        } else if (*at == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0) {
            GOD_TRY(god_text_append_f(line, err, "\\x%02x", *++at));
        } else {
            GOD_TRY(god_text_append(line, (const char *)at, 1, err));
            *columns += (*at & 0xc0) != 0x80;
            continue;
        }
        *columns += line->bytes - before;
    }
    return GOD_OK;
}

static god_status make_line(size_t at, const json_t *token, god_text *line, god_error *err)
{
    const char *piece = json_string_value(json_object_get(token, "piece"));
    const json_int_t label = json_integer_value(json_object_get(token, "label"));
    char label_text[24] = "-";
    size_t columns = 0, ignored = 0;
    if (label != GOD_EXPLAIN_NO_LABEL) {
        (void)snprintf(label_text, sizeof label_text, "%" JSON_INTEGER_FORMAT, label);
    }
    god_text_clear(line);
    GOD_TRY(god_text_append_f(line, err, "%c%6zu %8" JSON_INTEGER_FORMAT " %8s  ",
                              json_is_true(json_object_get(token, "scored")) ? '*' : '.', at,
                              json_integer_value(json_object_get(token, "id")), label_text));
    GOD_TRY(append_harmless(line, piece == NULL ? "?" : piece, &columns, err));
    GOD_TRY(god_text_append_f(line, err, "%*s  \"", columns < piece_columns ? (int)(piece_columns - columns) : 0, ""));
    GOD_TRY(append_harmless(line, json_string_value(json_object_get(token, "text")), &ignored, err));
    return god_text_append_str(line, json_is_true(json_object_get(token, "special")) ? "\"  special" : "\"", err);
}

static size_t count_scored(const json_t *tokens)
{
    size_t count = 0, i = 0;
    const json_t *token = NULL;
    json_array_foreach(tokens, i, token)
    {
        count += json_is_true(json_object_get(token, "scored"));
    }
    return count;
}

static god_status print_part(const gdi_evaluate_args *args, const json_t *part, god_error *err)
{
    const colours colour = choose_colours();
    const json_t *tokens = json_object_get(part, "tokens"), *token = NULL;
    const char *message = json_string_value(json_object_get(part, "message"));
    const json_int_t limit = json_integer_value(json_object_get(part, "sequence_len"));
    god_text line = GOD_TEXT_INIT;
    god_status status = GOD_OK;
    size_t i = 0;
    (void)printf("row %lld, %s: %s%s%s\n", (long long)args->row, json_string_value(json_object_get(part, "part")),
                 json_string_value(json_object_get(part, "state")), *message == '\0' ? "" : ", ", message);
    (void)printf("%zu tokens, %zu of them scored", json_array_size(tokens), count_scored(tokens));
    if (limit > 0) {
        (void)printf("; at most %" JSON_INTEGER_FORMAT, limit);
    }
    (void)printf("\n\n%7s %8s %8s  %-*s  %s\n", "at", "id", "label", piece_columns, "piece", "text");
    json_array_foreach(tokens, i, token)
    {
        status = make_line(i, token, &line, err);
        if (status != GOD_OK) {
            break;
        }
        const char *begin = json_is_true(json_object_get(token, "scored")) ? colour.scored : colour.context;
        (void)printf("%s%s%s\n", begin, line.data, colour.end);
    }
    (void)putchar('\n');
    god_text_free(&line);
    return status;
}

/* ---- JSON ---- */

static god_status print_json(const gdi_evaluate_args *args, const json_t *part, god_error *err)
{
    json_t *shown =
        json_pack("{s:I, s:O, s:O, s:O, s:O, s:O}", "row", (json_int_t)args->row, "part", json_object_get(part, "part"),
                  "state", json_object_get(part, "state"), "message", json_object_get(part, "message"), "sequence_len",
                  json_object_get(part, "sequence_len"), "tokens", json_object_get(part, "tokens"));
    int failed = shown == NULL || json_dumpf(shown, stdout, JSON_COMPACT) != 0 || putchar('\n') == EOF;
    json_decref(shown);
    return failed ? god_fail(err, GOD_E_IO, "the JSON cannot be printed") : GOD_OK;
}

static god_status show(gdi_evaluation *e, const char *job_dir, god_error *err)
{
    GOD_TRY(gdi_evaluation_run(e, job_dir, err));
    if (e->result.outcome != GDI_OUTCOME_RESULT) {
        return GOD_OK;
    }
    if (!gdi_example_is_whole(e->result.example)) {
        return god_fail(err, GOD_E_INTERNAL, "the plug-in \"%s\" explained nothing, or half of a row", e->plugin.id);
    }
    for (size_t i = 0; i < json_array_size(e->result.example); i++) {
        const json_t *part = json_array_get(e->result.example, i);
        GOD_TRY(e->args->json ? print_json(e->args, part, err) : print_part(e->args, part, err));
    }
    return GOD_OK;
}

static uint32_t any_kept(const gdi_evaluation *e)
{
    uint32_t kept = 0;
    for (size_t i = 0; i < json_array_size(e->result.example); i++) {
        const json_t *part = json_array_get(e->result.example, i);
        kept |= strcmp(json_string_value(json_object_get(part, "state")), "kept") == 0;
    }
    return kept;
}

static int explain(const gdi_evaluate_args *args)
{
    god_error err = GOD_ERROR_INIT;
    gdi_evaluation *evaluation = calloc(1, sizeof *evaluation);
    if (evaluation == NULL) {
        (void)god_fail(&err, GOD_E_NOMEM, "out of memory");
        return gdi_cli_fail("tokenize", &err);
    }
    evaluation->args = args;
    int code = gdi_evaluation_in_folder(evaluation, "tokenize", show);
    if (code == GDI_EXIT_OK && !any_kept(evaluation)) {
        code = GDI_EXIT_NO;
    }
    gdi_evaluation_clear(evaluation);
    free(evaluation);
    return code;
}

static int read_and_explain(int argc, char **argv)
{
    static gdi_evaluate_args args = {.row = 1}; /* large */
    god_error err = GOD_ERROR_INIT;
    uint32_t help = 0;
    god_status status = gdi_options_read(&usage, argc, argv, &args, take_option, &help, &err);
    if (status == GOD_OK && help) {
        gdi_usage_print(stdout, &usage);
        return GDI_EXIT_OK;
    }
    if (status == GOD_OK && args.data == NULL) {
        status = god_fail(&err, GOD_E_INVALID, "--data FILE is missing, see god tokenize --task FILE --help");
    }
    return status == GOD_OK ? explain(&args) : gdi_cli_fail("tokenize", &err);
}

int gdi_cmd_tokenize(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--task") == 0 || strncmp(argv[i], "--task=", strlen("--task=")) == 0) {
            return read_and_explain(argc, argv);
        }
    }
    return gdi_cmd_inspect(argc, argv);
}
