#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/adapter_config.h"
#include "format/weights.h"
#include "god/helpers/file.h"
#include "god/helpers/json.h"
#include "god/nn/lm.h"
#include "god/nn/tokenizer.h"
#include "tools/tools.h"

static const char help[] =
    "usage: god model show DIR [--check [--base DIR]] [--json]\n"
    "\n"
    "Says what a model or adapter folder holds: architecture, size, dtype, context, tokenizer, the adapter's "
    "settings,\n"
    "and what would be refused and why.\n"
    "\n"
    "  --check     also read every weight, as an evaluation does (finds wrong shapes, NaN, missing tensors)\n"
    "  --base DIR  the base model that an adapter is checked against; without it only its settings are\n"
    "  --json      one object instead of lines\n"
    "\n"
    "Exit status: 0 nothing would be refused, 1 something would, 2 wrong usage.\n"
    "\n"
    "Examples:\n"
    "  god model show sdk/examples/demo/models/base\n"
    "  god model show sdk/examples/demo/models/broken --check\n"
    "  god model show sdk/examples/demo/models/lora_r8 --check --base sdk/examples/demo/models/base\n";

#define CONFIG_BYTES_MAX ((size_t)16 << 20)

typedef struct options {
    const char *dir, *base;
    int check, json;
} options;

/* Adds a complaint to the list of what would be refused. */
static void refuse(json_t *report, const god_error *err)
{
    (void)json_array_append_new(json_object_get(report, "refused"), json_string(err->message));
}

static void set_text(json_t *object, const char *key, const char *text)
{
    (void)json_object_set_new(object, key, text == NULL ? json_null() : json_string(text));
}

static void set_number(json_t *object, const char *key, int64_t number)
{
    (void)json_object_set_new(object, key, json_integer(number));
}

static void show_config(const char *dir, json_t *report)
{
    god_error err = GOD_ERROR_INIT;
    god_nn_lm_info info = {.size = GOD_SIZE_TO(god_nn_lm_info, parameters)};
    if (god_nn_lm_read_info(dir, &info, &err) != GOD_OK) {
        refuse(report, &err);
        return;
    }
    set_text(report, "architecture", info.architecture);
    set_text(report, "model_type", info.model_type);
    set_number(report, "layers", info.layers);
    set_number(report, "hidden_size", info.hidden_size);
    set_number(report, "heads", info.heads);
    set_number(report, "kv_heads", info.kv_heads);
    set_number(report, "head_dim", info.head_dim);
    set_number(report, "intermediate_size", info.intermediate_size);
    set_number(report, "vocab_size", info.vocab_size);
    set_number(report, "max_position_embeddings", info.max_position_embeddings);
    (void)json_object_set_new(report, "tied_embeddings", json_boolean(info.tied));
}

/* Whether PEFT's default says the same as a member that is there. */
static uint32_t says_nothing(const json_t *value)
{
    return value == NULL || json_is_null(value) || json_is_false(value) ||
           (json_is_object(value) && json_object_size(value) == 0) ||
           (json_is_array(value) && json_array_size(value) == 0);
}

/* The members of adapter_config.json that change a score; the file has been read without complaint. */
static void show_settings(const char *dir, json_t *report)
{
    static const char *const members[] = {"peft_type",
                                          "base_model_name_or_path",
                                          "r",
                                          "lora_alpha",
                                          "use_rslora",
                                          "use_dora",
                                          "fan_in_fan_out",
                                          "bias",
                                          "target_modules",
                                          "exclude_modules",
                                          "layers_to_transform",
                                          "rank_pattern",
                                          "alpha_pattern",
                                          "modules_to_save"};
    char path[GOD_PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/adapter_config.json", dir);
    god_error err = GOD_ERROR_INIT;
    json_t *config = NULL, *shown = json_object();
    (void)god_json_read(path, CONFIG_BYTES_MAX, &config, &err); /* fine: it has just been read */
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        json_t *value = json_object_get(config, members[i]);
        if (!says_nothing(value)) {
            (void)json_object_set(shown, members[i], value);
        }
    }
    (void)json_object_set_new(report, "adapter", shown);
    json_decref(config);
}

static void show_adapter(const char *dir, json_t *report)
{
    god_error err = GOD_ERROR_INIT;
    gnn_adapter_config *config = NULL;
    if (gnn_adapter_config_read(dir, &config, &err) != GOD_OK) {
        refuse(report, &err);
        return;
    }
    gnn_adapter_config_free(config);
    show_settings(dir, report);
}

/* Number of elements in all tensors, and how many tensors have which dtype. */
static void show_weights(const char *dir, uint32_t adapter, json_t *report)
{
    god_error err = GOD_ERROR_INIT;
    gnn_weights *weights = NULL;
    god_status status =
        adapter ? gnn_weights_open_adapter(dir, &weights, &err) : gnn_weights_open_model(dir, &weights, &err);
    if (status != GOD_OK) {
        refuse(report, &err);
        return;
    }
    int64_t elements = 0, bytes = 0;
    json_t *dtypes = json_object();
    for (size_t i = 0; i < gnn_weights_count(weights); i++) {
        const gnn_tensor *tensor = gnn_weights_at(weights, i);
        elements += tensor->elements;
        bytes += (int64_t)tensor->bytes;
        json_int_t seen = json_integer_value(json_object_get(dtypes, tensor->dtype));
        (void)json_object_set_new(dtypes, tensor->dtype, json_integer(seen + 1));
    }
    set_number(report, "tensors", (int64_t)gnn_weights_count(weights));
    set_number(report, "parameters", elements);
    set_number(report, "weight_bytes", bytes);
    (void)json_object_set_new(report, "dtypes", dtypes);
    gnn_weights_close(weights);
}

static void show_digest(const char *dir, json_t *report)
{
    god_error err = GOD_ERROR_INIT;
    char hex[65];
    if (god_nn_weights_digest(dir, hex, &err) == GOD_OK) {
        set_text(report, "weights_digest", hex);
    }
}

static void show_tokenizer(const char *dir, json_t *report)
{
    god_error err = GOD_ERROR_INIT;
    god_tokenizer *tokenizer = NULL;
    god_status status = god_tokenizer_open(dir, &tokenizer, &err);
    if (status == GOD_E_NOT_FOUND) {
        (void)json_object_set_new(report, "tokenizer", json_null());
        return;
    }
    if (status != GOD_OK) {
        refuse(report, &err);
        return;
    }
    json_t *shown = json_object();
    set_number(shown, "size", god_tokenizer_size(tokenizer));
    set_text(shown, "bos", god_tokenizer_piece(tokenizer, god_tokenizer_bos(tokenizer)));
    set_text(shown, "eos", god_tokenizer_piece(tokenizer, god_tokenizer_eos(tokenizer)));
    set_text(shown, "pad", god_tokenizer_piece(tokenizer, god_tokenizer_pad(tokenizer)));
    set_number(shown, "model_max_length", god_tokenizer_model_max_length(tokenizer));
    (void)json_object_set_new(shown, "chat_template", json_boolean(god_tokenizer_chat_template(tokenizer) != NULL));
    (void)json_object_set_new(report, "tokenizer", shown);
    god_tokenizer_free(tokenizer);
}

/* Opens the model, and the adapter on it unless NULL, on the plain reference device, which reads and checks every
 * weight. */
static void check_weights(const char *dir, const char *adapter_dir, json_t *report)
{
    god_error err = GOD_ERROR_INIT;
    const god_nn_engine_options engine_options = {.size = GOD_SIZE_TO(god_nn_engine_options, module_dir),
                                                  .device = GOD_DEV_CPU,
                                                  .precision = GOD_PRECISION_BF16,
                                                  .reference = 1};
    god_nn_engine *engine = NULL;
    god_nn_lm *lm = NULL;
    god_nn_adapter *adapter = NULL;
    god_status status = god_nn_engine_open(&engine_options, &engine, &err);
    if (status == GOD_OK) {
        status = god_nn_lm_open(engine, dir, &lm, &err);
    }
    if (status == GOD_OK && adapter_dir != NULL) {
        status = god_nn_adapter_open(lm, adapter_dir, &adapter, &err);
    }
    if (status != GOD_OK) {
        refuse(report, &err);
    } else if (god_nn_lm_info_of(lm)->reinitialised > 0) {
        set_number(report, "reinitialised", god_nn_lm_info_of(lm)->reinitialised);
    }
    god_nn_adapter_close(adapter);
    god_nn_lm_close(lm);
    god_nn_engine_close(engine);
}

static json_t *describe(const options *chosen)
{
    uint32_t adapter = god_nn_adapter_is(chosen->dir);
    json_t *report =
        json_pack("{s:s, s:s, s:[]}", "folder", chosen->dir, "kind", adapter ? "adapter" : "model", "refused");
    if (adapter) {
        show_adapter(chosen->dir, report);
    } else {
        show_config(chosen->dir, report);
    }
    show_weights(chosen->dir, adapter, report);
    show_tokenizer(chosen->dir, report);
    show_digest(chosen->dir, report);
    if (chosen->check && json_array_size(json_object_get(report, "refused")) == 0) {
        if (!adapter) {
            check_weights(chosen->dir, NULL, report);
        } else if (chosen->base != NULL) {
            check_weights(chosen->base, chosen->dir, report);
        }
    }
    return report;
}

/* A text as it is, or as JSON when it could move a terminal's cursor: names are a stranger's. */
static void print_text(const char *text)
{
    for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++) {
        if (*at < ' ' || *at == 0x7f || (*at == 0xc2 && at[1] < 0xa0)) {
            json_t *value = json_string(text);
            (void)json_dumpf(value, stdout, JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
            json_decref(value);
            return;
        }
    }
    (void)fputs(text, stdout);
}

/* Lists are separated by commas; members have their name in front. */
static void print_value(json_t *value)
{
    const char *key = NULL, *comma = "";
    json_t *item = NULL;
    size_t index = 0;
    if (json_is_object(value)) {
        json_object_foreach(value, key, item)
        {
            (void)fputs(comma, stdout);
            print_text(key);
            (void)putchar(' ');
            print_value(item);
            comma = ", ";
        }
    } else if (json_is_array(value)) {
        json_array_foreach(value, index, item)
        {
            (void)fputs(comma, stdout);
            print_value(item);
            comma = " ";
        }
    } else if (json_is_string(value)) {
        print_text(json_string_value(value));
    } else if (json_is_boolean(value) || json_is_null(value)) {
        (void)fputs(json_is_null(value) ? "none" : json_is_true(value) ? "yes" : "no", stdout);
    } else {
        (void)json_dumpf(value, stdout, JSON_ENCODE_ANY);
    }
}

static void print_lines(json_t *report)
{
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach(report, key, value)
    {
        if (strcmp(key, "refused") != 0) {
            (void)printf("%-24s ", key);
            print_value(value);
            (void)putchar('\n');
        }
    }
    size_t index = 0;
    json_array_foreach(json_object_get(report, "refused"), index, value)
    {
        (void)fputs("would be refused: ", stdout);
        print_text(json_string_value(value));
        (void)putchar('\n');
    }
}

/* 1 when the command line makes sense; otherwise what is wrong has been printed. */
static int read_options(int argc, char **argv, options *ret_chosen)
{
    static const struct option known[] = {{"check", no_argument, NULL, 'c'},
                                          {"json", no_argument, NULL, 'j'},
                                          {"base", required_argument, NULL, 'b'},
                                          {NULL, 0, NULL, 0}};
    options chosen = {.dir = NULL};
    int letter = 0;
    while ((letter = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (letter == '?') {
            return 0; /* getopt has said why */
        }
        chosen.check |= letter == 'c';
        chosen.json |= letter == 'j';
        chosen.base = letter == 'b' ? optarg : chosen.base;
    }
    if (optind + 2 != argc || strcmp(argv[optind], "show") != 0) {
        (void)fputs(help, stderr);
        return 0;
    }
    chosen.dir = argv[optind + 1];
    *ret_chosen = chosen;
    return 1;
}

int gnn_tool_model(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            (void)fputs(help, stdout);
            return GNN_TOOL_OK;
        }
    }
    options chosen;
    if (!read_options(argc, argv, &chosen)) {
        return GNN_TOOL_USAGE;
    }
    if (!god_file_exists(chosen.dir)) {
        (void)fprintf(stderr, "god model: the folder \"%s\" does not exist\n", chosen.dir);
        return GNN_TOOL_USAGE;
    }
    json_t *report = describe(&chosen);
    if (report == NULL) {
        (void)fprintf(stderr, "god model: the folder's name \"%s\" is not UTF-8 text\n", chosen.dir);
        return GNN_TOOL_USAGE;
    }
    if (chosen.json) {
        (void)json_dumpf(report, stdout, JSON_INDENT(2));
        (void)putchar('\n');
    } else {
        print_lines(report);
    }
    int refused = json_array_size(json_object_get(report, "refused")) > 0;
    json_decref(report);
    return refused ? GNN_TOOL_REFUSED : GNN_TOOL_OK;
}
