/* tokenizer_config.json and its neighbours: which tokens are special, what is added around a text, how long a text may
 * be. Follows what transformers 4.57 does when AutoTokenizer opens a folder that has a tokenizer.json. */
#include <stdlib.h>

#include "classes.h"
#include "god/helpers/file.h"
#include "god/helpers/json.h"
#include "normalizer.h"
#include "tokenizer.h"

#define GDT_CONFIG_BYTES_MAX ((size_t)64 << 20)
#define GDT_TEMPLATE_BYTES_MAX ((size_t)1 << 20)
#define GDT_LENGTH_MAX 1000000000000000LL

typedef struct listed_token {
    int64_t index; /* place in "added_tokens_decoder" */
    gdt_added_token token;
} listed_token;

/* The files, parsed, and what was gathered from them; texts are borrowed from the parsed files. */
typedef struct folder {
    const char *dir;
    json_t *config, *special_map, *added_map, *model_config;
    const gdt_class *type;
    json_t *specials[GDT_SPECIAL_COUNT]; /* string or object; NULL: none or the class's own */
    const char *texts[GDT_SPECIAL_COUNT];
    json_t *additional; /* owned array */
    listed_token *listed;
    size_t listed_count, listed_capacity;
} folder;

/* Whole numbers are read as real ones, because model_max_length is often 10^30. A file that is not there gives NULL. */
static god_status read_optional(const folder *f, const char *name, json_t **ret_object, god_error *err)
{
    char path[GOD_PATH_MAX];
    char *text = NULL;
    size_t bytes = 0;
    json_error_t problem;
    GOD_TRY(god_path_join(f->dir, name, path, err));
    if (!god_file_exists(path)) {
        return GOD_OK;
    }
    GOD_TRY(god_file_read(path, GDT_CONFIG_BYTES_MAX, &text, &bytes, err));
    json_t *value = json_loadb(text, bytes, JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, &problem);
    free(text);
    if (value == NULL) {
        return god_fail(err, GOD_E_DATA, "%s: line %d, column %d: %s", name, problem.line, problem.column,
                        problem.text);
    }
    if (!json_is_object(value)) {
        json_decref(value);
        return god_fail(err, GOD_E_DATA, "%s: an object is needed", name);
    }
    *ret_object = value;
    return GOD_OK;
}

static const char config_file[] = "tokenizer_config.json";

static int is_token(const json_t *value)
{
    return json_is_string(value) || (json_is_object(value) && json_is_string(json_object_get(value, "content")));
}

static const char *token_text(const json_t *value)
{
    return json_is_object(value) ? json_string_value(json_object_get(value, "content")) : json_string_value(value);
}

/* A flag of a token object; `missing` when it is absent. */
static uint32_t token_flag(const json_t *token, const char *key, uint32_t missing)
{
    const json_t *value = json_object_get(token, key);
    return json_is_boolean(value) ? (uint32_t)json_is_true(value) : missing;
}

static gdt_added_token read_token(const json_t *value, uint32_t special)
{
    special = token_flag(value, "special", special);
    return (gdt_added_token){.content = (char *)(uintptr_t)token_text(value),
                             .single_word = token_flag(value, "single_word", 0),
                             .lstrip = token_flag(value, "lstrip", 0),
                             .rstrip = token_flag(value, "rstrip", 0),
                             .normalized = token_flag(value, "normalized", !special),
                             .special = special};
}

static god_status list_token(folder *f, int64_t index, gdt_added_token token, god_error *err)
{
    if (f->listed_count == GDT_ADDED_TOKENS_MAX) {
        return god_fail(err, GOD_E_DATA, "%s: there are more than GDT_ADDED_TOKENS_MAX (%d) added tokens", config_file,
                        GDT_ADDED_TOKENS_MAX);
    }
    GOD_TRY(gdt_reserve((void **)&f->listed, &f->listed_capacity, f->listed_count + 1, sizeof *f->listed, config_file,
                        err));
    f->listed[f->listed_count++] = (listed_token){index, token};
    return GOD_OK;
}

/* "added_tokens_decoder": {"0": {"content": ...}, ...} */
static god_status list_decoder(folder *f, json_t *decoder, god_error *err)
{
    const char *key;
    json_t *value;
    json_object_foreach(decoder, key, value)
    {
        char *end = NULL;
        errno = 0;
        long long index = strtoll(key, &end, 10);
        if (*key == '\0' || *end != '\0' || errno != 0 || !json_is_object(value) || !is_token(value)) {
            return god_fail(err, GOD_E_DATA, "%s: added_tokens_decoder: \"%.40s\" is not an id with a token object",
                            config_file, key);
        }
        GOD_TRY(list_token(f, index, read_token(value, 0), err));
    }
    return GOD_OK;
}

/* special_tokens_map.json counts only without "added_tokens_decoder", and then more than tokenizer_config.json. */
static god_status take_specials(folder *f, json_t *from, const char *name, god_error *err)
{
    for (int i = 0; i < GDT_SPECIAL_COUNT; i++) {
        json_t *value = json_object_get(from, gdt_special_keys[i]);
        if (value == NULL) {
            continue;
        }
        if (!json_is_null(value) && !is_token(value)) {
            return god_fail(err, GOD_E_DATA, "%s: \"%s\" is neither a text nor a token object", name,
                            gdt_special_keys[i]);
        }
        f->specials[i] = value;
        f->texts[i] = json_is_null(value) ? NULL : token_text(value);
    }
    json_t *list = json_object_get(from, "additional_special_tokens"), *item;
    size_t i;
    json_array_foreach(list, i, item)
    {
        if (!is_token(item)) {
            return god_fail(err, GOD_E_DATA, "%s: additional_special_tokens[%zu] is neither a text nor a token object",
                            name, i);
        }
        (void)json_array_append(f->additional, item);
    }
    return GOD_OK;
}

/* added_tokens.json of older folders: {"text": id}. */
static god_status list_added_map(folder *f, god_error *err)
{
    const char *text;
    json_t *value;
    json_object_foreach(f->added_map, text, value)
    {
        uint32_t special = 0;
        if (!json_is_number(value)) {
            return god_fail(err, GOD_E_DATA, "added_tokens.json: the id of \"%.80s\" is not a number", text);
        }
        for (int i = 0; i < GDT_SPECIAL_COUNT; i++) {
            special |= f->texts[i] != NULL && strcmp(f->texts[i], text) == 0;
        }
        gdt_added_token token = {.content = (char *)(uintptr_t)text, .normalized = !special, .special = special};
        GOD_TRY(list_token(f, (int64_t)json_number_value(value), token, err));
    }
    return GOD_OK;
}

static god_status read_files(folder *f, god_error *err)
{
    const char *name = NULL, *model_type = NULL;
    GOD_TRY(read_optional(f, config_file, &f->config, err));
    GOD_TRY(read_optional(f, "special_tokens_map.json", &f->special_map, err));
    GOD_TRY(read_optional(f, "added_tokens.json", &f->added_map, err));
    GOD_TRY(god_json_opt_str(config_file, f->config, "tokenizer_class", &name, err));
    f->type = gdt_class_find(name);
    if (name == NULL) {
        GOD_TRY(read_optional(f, "config.json", &f->model_config, err));
        name = json_string_value(json_object_get(f->model_config, "tokenizer_class"));
        model_type = json_string_value(json_object_get(f->model_config, "model_type"));
        f->type = name != NULL ? gdt_class_find(name) : gdt_class_of_model(model_type);
    }
    return GOD_OK;
}

static int by_index(const void *a, const void *b)
{
    int64_t left = ((const listed_token *)a)->index, right = ((const listed_token *)b)->index;
    return (left > right) - (left < right);
}

static uint32_t is_special_text(const folder *f, const char *text)
{
    size_t i;
    json_t *item;
    for (int k = 0; k < GDT_SPECIAL_COUNT; k++) {
        if (f->texts[k] != NULL && strcmp(f->texts[k], text) == 0) {
            return 1;
        }
    }
    json_array_foreach(f->additional, i, item)
    {
        if (strcmp(token_text(item), text) == 0) {
            return 1;
        }
    }
    return 0;
}

static uint32_t is_listed(const folder *f, const char *text)
{
    for (size_t i = 0; i < f->listed_count; i++) {
        if (strcmp(f->listed[i].token.content, text) == 0) {
            return 1;
        }
    }
    return 0;
}

/* A special token joins the added tokens unless it is one already. */
static god_status list_special(folder *f, const gdt_added *added, const json_t *value, const char *text, god_error *err)
{
    if (text == NULL || *text == '\0' || is_listed(f, text) || gdt_index_get(&added->texts, text, strlen(text)) >= 0) {
        return GOD_OK;
    }
    gdt_added_token token = {.content = (char *)(uintptr_t)text, .special = 1};
    if (json_is_object(value)) {
        token = read_token(value, 1);
    }
    return list_token(f, INT64_MAX, token, err);
}

static god_status add_listed(const folder *f, god_tokenizer *tokenizer, god_error *err)
{
    gdt_added_token *tokens = calloc(f->listed_count + 1, sizeof *tokens);
    if (tokens == NULL) {
        return god_fail(err, GOD_E_NOMEM, "%s: out of memory", config_file);
    }
    for (size_t i = 0; i < f->listed_count; i++) {
        tokens[i] = f->listed[i].token;
        tokens[i].special |= is_special_text(f, tokens[i].content);
    }
    god_status status = gdt_added_add(&tokenizer->added, &tokenizer->model.vocab, tokens, f->listed_count, err);
    free(tokens);
    return status;
}

static god_status gather_tokens(folder *f, god_tokenizer *tokenizer, god_error *err)
{
    json_t *decoder = NULL, *item;
    size_t i;
    for (int k = 0; k < GDT_SPECIAL_COUNT; k++) {
        f->texts[k] = f->type->specials[k];
    }
    GOD_TRY(take_specials(f, f->config, config_file, err));
    GOD_TRY(god_json_opt_object(config_file, f->config, "added_tokens_decoder", &decoder, err));
    if (decoder != NULL) {
        GOD_TRY(list_decoder(f, decoder, err));
    } else {
        GOD_TRY(take_specials(f, f->special_map, "special_tokens_map.json", err));
        GOD_TRY(list_added_map(f, err));
    }
    if (f->listed_count > 1) {
        qsort(f->listed, f->listed_count, sizeof *f->listed, by_index);
    }
    for (int k = 0; k < GDT_SPECIAL_COUNT; k++) {
        GOD_TRY(list_special(f, &tokenizer->added, f->specials[k], f->texts[k], err));
    }
    json_array_foreach(f->additional, i, item)
    {
        GOD_TRY(list_special(f, &tokenizer->added, item, token_text(item), err));
    }
    return add_listed(f, tokenizer, err);
}

static int32_t special_id(const folder *f, const god_tokenizer *tokenizer, int which)
{
    const char *text = f->texts[which];
    return text != NULL ? gdt_added_id(&tokenizer->added, &tokenizer->model.vocab, text) : -1;
}

static god_status set_post(const folder *f, god_tokenizer *tokenizer, god_error *err)
{
    uint32_t add_bos = f->type->add_bos, add_eos = f->type->add_eos;
    if (!f->type->rebuilds_post) {
        return GOD_OK;
    }
    GOD_TRY(god_json_opt_bool(config_file, f->config, "add_bos_token", &add_bos, err));
    GOD_TRY(god_json_opt_bool(config_file, f->config, "add_eos_token", &add_eos, err));
    if ((add_bos && tokenizer->bos < 0) || (add_eos && tokenizer->eos < 0)) {
        return god_fail(err, GOD_E_DATA, "%s: \"%s\" is true but there is no \"%s\"", config_file,
                        add_bos && tokenizer->bos < 0 ? "add_bos_token" : "add_eos_token",
                        add_bos && tokenizer->bos < 0 ? "bos_token" : "eos_token");
    }
    return gdt_post_set(&tokenizer->post, add_bos ? tokenizer->bos : -1, add_eos ? tokenizer->eos : -1, err);
}

/* A boolean member: 0 or 1; `absent` when it is not there or null. */
static god_status read_flag(const folder *f, const char *key, uint32_t absent, uint32_t *ret_flag, god_error *err)
{
    *ret_flag = absent;
    return god_json_opt_bool(config_file, f->config, key, ret_flag, err);
}

/* What the constructors of transformers do to the steps of tokenizer.json. */
static god_status set_steps(const folder *f, god_tokenizer *tokenizer, god_error *err)
{
    uint32_t lower, accents, ideographs;
    if (tokenizer->byte_level != NULL) {
        const json_t *given = json_object_get(f->config, "add_prefix_space");
        uint32_t kept = given != NULL ? json_is_null(given) : f->type->keeps_prefix_space;
        GOD_TRY(read_flag(f, "add_prefix_space", kept && tokenizer->byte_level->add_prefix_space,
                          &tokenizer->byte_level->add_prefix_space, err));
    }
    if (tokenizer->bert != NULL && f->type->sets_bert_options) {
        GOD_TRY(read_flag(f, "do_lower_case", 1, &lower, err));
        GOD_TRY(read_flag(f, "strip_accents", GDT_AS_LOWERCASE, &accents, err));
        GOD_TRY(read_flag(f, "tokenize_chinese_chars", 1, &ideographs, err));
        gdt_set_bert_options(tokenizer->bert, lower, accents, ideographs);
    }
    GOD_TRY(read_flag(f, "clean_up_tokenization_spaces", 0, &tokenizer->cleans_up, err));
    return read_flag(f, "split_special_tokens", 0, &tokenizer->added.ignores_special, err);
}

static god_status read_lengths(const folder *f, god_tokenizer *tokenizer, god_error *err)
{
    double length = 0.0;
    const char *side = NULL;
    GOD_TRY(god_json_opt_num(config_file, f->config, "model_max_length", &length, err));
    if (length < 0.0) {
        return god_fail(err, GOD_E_DATA, "%s: \"model_max_length\" is %g", config_file, length);
    }
    tokenizer->model_max_length = length > (double)GDT_LENGTH_MAX ? GDT_LENGTH_MAX : (int64_t)length;
    GOD_TRY(god_json_opt_str(config_file, f->config, "truncation_side", &side, err));
    if (side == NULL) {
        return GOD_OK;
    }
    if (strcmp(side, "left") != 0 && strcmp(side, "right") != 0) {
        return god_fail(err, GOD_E_DATA, "%s: \"truncation_side\" is \"%.40s\", allowed are left and right",
                        config_file, side);
    }
    tokenizer->truncation_side = strcmp(side, "left") == 0 ? GOD_TRUNCATE_LEFT : GOD_TRUNCATE_RIGHT;
    return GOD_OK;
}

/* The template named "default" of a list of {name, template}. */
static const char *default_template(const json_t *list)
{
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item)
    {
        const char *name = json_string_value(json_object_get(item, "name"));
        if (name != NULL && strcmp(name, "default") == 0) {
            return json_string_value(json_object_get(item, "template"));
        }
    }
    return NULL;
}

/* chat_template.jinja goes before the member of tokenizer_config.json. */
static god_status read_template(const folder *f, god_tokenizer *tokenizer, god_error *err)
{
    char path[GOD_PATH_MAX];
    size_t bytes = 0;
    GOD_TRY(god_path_join(f->dir, "chat_template.jinja", path, err));
    if (god_file_exists(path)) {
        return god_file_read(path, GDT_TEMPLATE_BYTES_MAX, &tokenizer->chat_template, &bytes, err);
    }
    const json_t *value = json_object_get(f->config, "chat_template");
    const char *text = json_is_array(value) ? default_template(value) : json_string_value(value);
    if (text == NULL) {
        return GOD_OK;
    }
    tokenizer->chat_template = strdup(text);
    return tokenizer->chat_template != NULL ? GOD_OK : god_fail(err, GOD_E_NOMEM, "%s: out of memory", config_file);
}

static god_status read_all(folder *f, god_tokenizer *tokenizer, god_error *err)
{
    GOD_TRY(read_files(f, err));
    GOD_TRY(gather_tokens(f, tokenizer, err));
    tokenizer->bos = special_id(f, tokenizer, GDT_SPECIAL_BOS);
    tokenizer->eos = special_id(f, tokenizer, GDT_SPECIAL_EOS);
    tokenizer->pad = special_id(f, tokenizer, GDT_SPECIAL_PAD);
    tokenizer->unk = special_id(f, tokenizer, GDT_SPECIAL_UNK);
    GOD_TRY(set_post(f, tokenizer, err));
    GOD_TRY(set_steps(f, tokenizer, err));
    GOD_TRY(read_lengths(f, tokenizer, err));
    return read_template(f, tokenizer, err);
}

god_status gdt_read_config(god_tokenizer *tokenizer, const char *model_dir, god_error *err)
{
    folder f = {.dir = model_dir, .additional = json_array()};
    god_status status = f.additional != NULL ? read_all(&f, tokenizer, err)
                                             : god_fail(err, GOD_E_NOMEM, "%s: out of memory", config_file);
    json_decref(f.config);
    json_decref(f.special_map);
    json_decref(f.added_map);
    json_decref(f.model_config);
    json_decref(f.additional);
    free(f.listed);
    return status;
}
