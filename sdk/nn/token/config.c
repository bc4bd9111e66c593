/* tokenizer_config.json and its neighbours: which tokens are special, what is added around a text, how long a text may
 * be. Follows what transformers 4.57 does when AutoTokenizer opens a folder that has a tokenizer.json. */
#include <stdlib.h>

#include "folder.h"
#include "god/helpers/file.h"
#include "god/helpers/json.h"
#include "normalizer.h"
#include "tokenizer.h"

#define GDT_TEMPLATE_BYTES_MAX ((size_t)1 << 20)
#define GDT_LENGTH_MAX 1000000000000000LL

typedef struct listed_token {
    int64_t index; /* place in "added_tokens_decoder" */
    gdt_added_token token;
} listed_token;

/* What is gathered from the files; texts are borrowed from them. */
typedef struct gathering {
    const gdt_folder *files;
    json_t *specials[GDT_SPECIAL_COUNT]; /* string or object; NULL: none or the class's own */
    const char *texts[GDT_SPECIAL_COUNT];
    json_t *additional; /* owned array */
    listed_token *listed;
    size_t listed_count, listed_capacity;
} gathering;

static const char config_file[] = GDT_CONFIG_FILE;

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

static uint32_t is_special_text(const gathering *f, const char *text)
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

/* A token object, or a text. What is a special token by its text is one whatever the object says. */
static gdt_added_token read_token(const gathering *f, const json_t *value)
{
    uint32_t special = token_flag(value, "special", 0) | is_special_text(f, token_text(value));
    return (gdt_added_token){.content = (char *)(uintptr_t)token_text(value),
                             .single_word = token_flag(value, "single_word", 0),
                             .lstrip = token_flag(value, "lstrip", 0),
                             .rstrip = token_flag(value, "rstrip", 0),
                             .normalized = token_flag(value, "normalized", !special),
                             .special = special};
}

static god_status list_token(gathering *f, int64_t index, gdt_added_token token, god_error *err)
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
static god_status list_decoder(gathering *f, json_t *decoder, god_error *err)
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
        GOD_TRY(list_token(f, index, read_token(f, value), err));
    }
    return GOD_OK;
}

/* special_tokens_map.json counts only without "added_tokens_decoder", and then more than tokenizer_config.json. */
static god_status take_specials(gathering *f, json_t *from, const char *name, god_error *err)
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
static god_status list_added_map(gathering *f, god_error *err)
{
    const char *text;
    json_t *value;
    json_object_foreach(f->files->added_map, text, value)
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

static int by_index(const void *a, const void *b)
{
    int64_t left = ((const listed_token *)a)->index, right = ((const listed_token *)b)->index;
    return (left > right) - (left < right);
}

static uint32_t is_listed(const gathering *f, const char *text)
{
    for (size_t i = 0; i < f->listed_count; i++) {
        if (strcmp(f->listed[i].token.content, text) == 0) {
            return 1;
        }
    }
    return 0;
}

/* A special token joins the added tokens unless it is one already. */
static god_status list_special(gathering *f, const gdt_added *added, gdt_added_token token, god_error *err)
{
    const char *text = token.content;
    if (*text == '\0' || is_listed(f, text) || gdt_index_get(&added->texts, text, strlen(text)) >= 0) {
        return GOD_OK;
    }
    return list_token(f, INT64_MAX, token, err);
}

/* The special tokens with a name of their own. A mask that is just a text takes the blanks before it along. */
static god_status list_named(gathering *f, const gdt_added *added, god_error *err)
{
    for (int k = 0; k < GDT_SPECIAL_COUNT; k++) {
        gdt_added_token token = {.content = (char *)(uintptr_t)f->texts[k], .special = 1};
        if (token.content == NULL) {
            continue;
        }
        token.lstrip = k == GDT_SPECIAL_MASK && (f->files->type->flags & GDT_CLASS_MASK_STRIPS) != 0;
        if (json_is_object(f->specials[k])) {
            token = read_token(f, f->specials[k]);
        }
        GOD_TRY(list_special(f, added, token, err));
    }
    return GOD_OK;
}

static god_status add_listed(const gathering *f, god_tokenizer *tokenizer, god_error *err)
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

static god_status gather_tokens(gathering *f, god_tokenizer *tokenizer, god_error *err)
{
    json_t *decoder = NULL, *item;
    size_t place;
    for (int k = 0; k < GDT_SPECIAL_COUNT; k++) {
        f->texts[k] = f->files->type->specials[k];
    }
    GOD_TRY(take_specials(f, f->files->config, config_file, err));
    GOD_TRY(god_json_opt_object(config_file, f->files->config, "added_tokens_decoder", &decoder, err));
    if (decoder != NULL) {
        GOD_TRY(list_decoder(f, decoder, err));
    } else {
        GOD_TRY(take_specials(f, f->files->special_map, "special_tokens_map.json", err));
        GOD_TRY(list_added_map(f, err));
        /* The tokens of tokenizer.json once more, because some of them may turn out to be special. */
        for (size_t i = 0; i < tokenizer->added.count; i++) {
            GOD_TRY(list_token(f, tokenizer->added.by_id[i].id, tokenizer->added.by_id[i].token, err));
        }
    }
    if (f->listed_count > 1) {
        qsort(f->listed, f->listed_count, sizeof *f->listed, by_index);
    }
    GOD_TRY(list_named(f, &tokenizer->added, err));
    json_array_foreach(f->additional, place, item)
    {
        GOD_TRY(list_special(f, &tokenizer->added, read_token(f, item), err));
    }
    return add_listed(f, tokenizer, err);
}

static int32_t special_id(const gathering *f, const god_tokenizer *tokenizer, int which)
{
    const char *text = f->texts[which];
    return text != NULL ? gdt_added_id(&tokenizer->added, &tokenizer->model.vocab, text) : -1;
}

static god_status set_post(const gathering *f, god_tokenizer *tokenizer, god_error *err)
{
    uint32_t add_bos = (f->files->type->flags & GDT_CLASS_ADDS_BOS) != 0, add_eos = 0;
    if (!(f->files->type->flags & GDT_CLASS_REBUILDS_POST)) {
        return GOD_OK;
    }
    GOD_TRY(god_json_opt_bool(config_file, f->files->config, "add_bos_token", &add_bos, err));
    GOD_TRY(god_json_opt_bool(config_file, f->files->config, "add_eos_token", &add_eos, err));
    if ((add_bos && tokenizer->bos < 0) || (add_eos && tokenizer->eos < 0)) {
        return god_fail(err, GOD_E_DATA, "%s: \"%s\" is true but there is no \"%s\"", config_file,
                        add_bos && tokenizer->bos < 0 ? "add_bos_token" : "add_eos_token",
                        add_bos && tokenizer->bos < 0 ? "bos_token" : "eos_token");
    }
    return gdt_post_set(&tokenizer->post, add_bos ? tokenizer->bos : -1, add_eos ? tokenizer->eos : -1, err);
}

/* What the constructors of transformers do to the steps of tokenizer.json. */
static god_status set_steps(const gathering *f, god_tokenizer *tokenizer, god_error *err)
{
    uint32_t lower, accents, ideographs;
    if (tokenizer->byte_level != NULL) {
        const json_t *given = json_object_get(f->files->config, "add_prefix_space");
        uint32_t kept =
            given != NULL ? json_is_null(given) : (f->files->type->flags & GDT_CLASS_KEEPS_PREFIX_SPACE) != 0;
        GOD_TRY(gdt_folder_flag(f->files, "add_prefix_space", kept && tokenizer->byte_level->add_prefix_space,
                                &tokenizer->byte_level->add_prefix_space, err));
    }
    if (tokenizer->bert != NULL && (f->files->type->flags & GDT_CLASS_SETS_BERT_OPTIONS)) {
        GOD_TRY(gdt_folder_flag(f->files, "do_lower_case", 1, &lower, err));
        GOD_TRY(gdt_folder_flag(f->files, "strip_accents", GDT_AS_LOWERCASE, &accents, err));
        GOD_TRY(gdt_folder_flag(f->files, "tokenize_chinese_chars", 1, &ideographs, err));
        gdt_set_bert_options(tokenizer->bert, lower, accents, ideographs);
    }
    GOD_TRY(gdt_folder_flag(f->files, "clean_up_tokenization_spaces", 0, &tokenizer->cleans_up, err));
    return gdt_folder_flag(f->files, "split_special_tokens", 0, &tokenizer->added.ignores_special, err);
}

static god_status read_lengths(const gathering *f, god_tokenizer *tokenizer, god_error *err)
{
    double length = 0.0;
    const char *side = NULL;
    GOD_TRY(god_json_opt_num(config_file, f->files->config, "model_max_length", &length, err));
    if (length < 0.0) {
        return god_fail(err, GOD_E_DATA, "%s: \"model_max_length\" is %g, 0 or more is needed", config_file, length);
    }
    tokenizer->model_max_length = length > (double)GDT_LENGTH_MAX ? GDT_LENGTH_MAX : (int64_t)length;
    GOD_TRY(god_json_opt_str(config_file, f->files->config, "truncation_side", &side, err));
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
static god_status read_template(const gathering *f, god_tokenizer *tokenizer, god_error *err)
{
    char path[GOD_PATH_MAX];
    size_t bytes = 0;
    uint32_t exists = 0;
    GOD_TRY(gdt_folder_find(f->files, "chat_template.jinja", path, &exists, err));
    if (exists) {
        return god_file_read(path, GDT_TEMPLATE_BYTES_MAX, &tokenizer->chat_template, &bytes, err);
    }
    const json_t *value = json_object_get(f->files->config, "chat_template");
    const char *text = json_is_array(value) ? default_template(value) : json_string_value(value);
    if (text == NULL) {
        return GOD_OK;
    }
    tokenizer->chat_template = strdup(text);
    return tokenizer->chat_template != NULL ? GOD_OK : god_fail(err, GOD_E_NOMEM, "%s: out of memory", config_file);
}

static god_status read_all(gathering *f, god_tokenizer *tokenizer, god_error *err)
{
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

god_status gdt_apply_config(god_tokenizer *tokenizer, const gdt_folder *folder, god_error *err)
{
    gathering f = {.files = folder, .additional = json_array()};
    god_status status = f.additional != NULL ? read_all(&f, tokenizer, err)
                                             : god_fail(err, GOD_E_NOMEM, "%s: out of memory", config_file);
    json_decref(f.additional);
    free(f.listed);
    return status;
}
