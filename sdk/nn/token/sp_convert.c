#include "sp_convert.h"

#include <stdlib.h>

#include "god/helpers/json.h"
#include "sp_merges.h"

/* What the converters differ in. */
enum { KIND_PLAIN = 0, KIND_LLAMA, KIND_GEMMA, KIND_T5, KIND_XLMR };

typedef struct conversion {
    const gdt_folder *folder;
    const char *name;
    gdt_sp_model model;
    gdt_sp_piece *pieces; /* as the vocabulary of the tokenizer has them */
    size_t count;
    uint32_t kind, legacy, add_prefix_space, extra_ids;
    char *extra_texts; /* <extra_id_N> one behind the other, each in extra_text_bytes */
    god_error *err;
} conversion;

enum { extra_text_bytes = 24, extra_ids_max = 10000 };

static god_status no_memory(const conversion *c)
{
    return god_fail(c->err, GOD_E_NOMEM, "%s: out of memory", c->name);
}

static gdt_sp_piece text_piece(const char *text)
{
    return (gdt_sp_piece){.text = text, .bytes = strlen(text), .type = GDT_SP_NORMAL};
}

static uint32_t kind_of(const gdt_folder *folder, const gdt_sp_model *model)
{
    static const struct {
        const char *name;
        uint32_t kind;
    } kinds[] = {{"LlamaTokenizer", KIND_LLAMA},
                 {"CodeLlamaTokenizer", KIND_LLAMA},
                 {"GemmaTokenizer", KIND_GEMMA},
                 {"T5Tokenizer", KIND_T5},
                 {"XLMRobertaTokenizer", KIND_XLMR}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(folder->type->name, kinds[i].name) == 0) {
            return kinds[i].kind;
        }
    }
    return model->model_type == GDT_SP_BPE ? KIND_LLAMA : KIND_PLAIN;
}

/* The text of a special token: of the configuration, else of the class. */
static const char *special_text(const conversion *c, int which)
{
    json_t *value = json_object_get(c->folder->config, gdt_special_keys[which]);
    const char *text = json_string_value(json_is_object(value) ? json_object_get(value, "content") : value);
    return text != NULL ? text : c->folder->type->specials[which];
}

static god_status read_options(conversion *c)
{
    double extra_ids = 100.0;
    const char *add_prefix_space = "add_prefix_space";
    c->kind = kind_of(c->folder, &c->model);
    GOD_TRY(gdt_folder_flag(c->folder, "legacy", 1, &c->legacy, c->err));
    /* null is no "true" */
    uint32_t absent = json_object_get(c->folder->config, add_prefix_space) == NULL;
    GOD_TRY(gdt_folder_flag(c->folder, add_prefix_space, absent, &c->add_prefix_space, c->err));
    if (c->kind == KIND_T5) {
        GOD_TRY(god_json_opt_num(GDT_CONFIG_FILE, c->folder->config, "extra_ids", &extra_ids, c->err));
        if (!(extra_ids >= 0.0 && extra_ids <= extra_ids_max)) {
            return god_fail(c->err, GOD_E_DATA, "%s: \"extra_ids\" is %g, allowed are 0 to %d", GDT_CONFIG_FILE,
                            extra_ids, extra_ids_max);
        }
        c->extra_ids = (uint32_t)extra_ids;
    }
    return GOD_OK;
}

static god_status add_extra_ids(conversion *c)
{
    c->extra_texts = calloc(c->extra_ids + 1, extra_text_bytes);
    if (c->extra_texts == NULL) {
        return no_memory(c);
    }
    for (uint32_t i = 0; i < c->extra_ids; i++) {
        char *text = c->extra_texts + (size_t)i * extra_text_bytes;
        (void)snprintf(text, extra_text_bytes, "<extra_id_%u>", c->extra_ids - 1 - i);
        c->pieces[c->count++] = text_piece(text);
    }
    return GOD_OK;
}

/* Gemma's older models lack a tab and spell it as a byte. */
static void replace_tab_byte(conversion *c)
{
    size_t byte = SIZE_MAX;
    for (size_t i = 0; i < c->count; i++) {
        if (c->pieces[i].bytes == 1 && c->pieces[i].text[0] == '\t') {
            return;
        }
        if (c->pieces[i].bytes == 6 && memcmp(c->pieces[i].text, "<0x09>", 6) == 0) {
            byte = i;
        }
    }
    if (byte != SIZE_MAX) {
        c->pieces[byte] = text_piece("\t");
    }
}

/* The pieces in the order of their ids, with the first ones named anew. */
static god_status list_pieces(conversion *c)
{
    static const int gemma_first[] = {GDT_SPECIAL_PAD, GDT_SPECIAL_EOS, GDT_SPECIAL_BOS};
    static const char *const xlmr_first[] = {"<s>", "<pad>", "</s>", "<unk>"};
    size_t skipped = c->kind == KIND_PLAIN || c->kind == KIND_T5 ? 0 : 3;
    if (c->model.count < skipped) {
        return god_fail(c->err, GOD_E_DATA, "%s: there are %zu pieces, three are needed", c->name, c->model.count);
    }
    c->pieces = calloc(c->model.count + c->extra_ids + 8, sizeof *c->pieces);
    if (c->pieces == NULL) {
        return no_memory(c);
    }
    for (size_t i = 0; c->kind == KIND_LLAMA && i < 3; i++) {
        c->pieces[c->count] = c->model.pieces[i];
        c->pieces[c->count++].score = 0.0f;
    }
    for (size_t i = 0; c->kind == KIND_GEMMA && i < 3; i++) {
        const char *text = special_text(c, gemma_first[i]);
        c->pieces[c->count++] = text_piece(text != NULL ? text : "");
    }
    for (size_t i = 0; c->kind == KIND_XLMR && i < 4; i++) {
        c->pieces[c->count++] = text_piece(xlmr_first[i]);
    }
    memcpy(c->pieces + c->count, c->model.pieces + skipped, (c->model.count - skipped) * sizeof *c->pieces);
    c->count += c->model.count - skipped;
    if (c->kind == KIND_XLMR) {
        c->pieces[c->count++] = text_piece("<mask>");
    }
    if (c->kind == KIND_GEMMA) {
        replace_tab_byte(c);
    }
    return c->kind == KIND_T5 ? add_extra_ids(c) : GOD_OK;
}

static god_status make_bpe(conversion *c, json_t **ret_model)
{
    json_t *vocab = json_object(), *merges = NULL;
    god_status status = vocab != NULL ? gdt_sp_merges(c->name, c->pieces, c->count, &merges, c->err) : no_memory(c);
    for (size_t i = 0; i < c->count && status == GOD_OK; i++) {
        if (json_object_setn_new(vocab, c->pieces[i].text, c->pieces[i].bytes, json_integer((json_int_t)i)) != 0) {
            status = no_memory(c);
        }
    }
    if (status == GOD_OK) {
        uint32_t bytes = c->kind == KIND_LLAMA || c->kind == KIND_GEMMA;
        *ret_model =
            json_pack("{s:s, s:O, s:O, s:s%, s:b, s:b}", "type", "BPE", "vocab", vocab, "merges", merges, "unk_token",
                      c->model.unk_piece, c->model.unk_piece_bytes, "fuse_unk", 1, "byte_fallback", (int)bytes);
        status = *ret_model != NULL ? GOD_OK : no_memory(c);
    }
    json_decref(vocab);
    json_decref(merges);
    return status;
}

static god_status make_unigram(conversion *c, json_t **ret_model)
{
    json_t *vocab = json_array();
    uint32_t bytes = c->kind == KIND_LLAMA || c->kind == KIND_GEMMA;
    int unk = c->kind == KIND_LLAMA ? 0 : c->kind == KIND_GEMMA || c->kind == KIND_XLMR ? 3 : (int)c->model.unk_id;
    for (size_t i = 0; i < c->count; i++) {
        json_t *entry = json_pack("[s%, f]", c->pieces[i].text, c->pieces[i].bytes, (double)c->pieces[i].score);
        if (json_array_append_new(vocab, entry) != 0) {
            json_decref(vocab);
            return no_memory(c);
        }
    }
    *ret_model = json_pack("{s:s, s:o, s:i, s:b}", "type", "Unigram", "vocab", vocab, "unk_id", unk, "byte_fallback",
                           (int)bytes);
    return *ret_model != NULL ? GOD_OK : no_memory(c);
}

/* Control and user-defined pieces are added tokens, the former special. */
static json_t *make_added(const conversion *c)
{
    json_t *list = json_array();
    for (size_t i = 0; i < c->model.count; i++) {
        const gdt_sp_piece *p = &c->model.pieces[i];
        if (p->type != GDT_SP_CONTROL && p->type != GDT_SP_USER_DEFINED) {
            continue;
        }
        uint32_t turn = c->kind == KIND_GEMMA && ((p->bytes == 15 && memcmp(p->text, "<start_of_turn>", 15) == 0) ||
                                                  (p->bytes == 13 && memcmp(p->text, "<end_of_turn>", 13) == 0));
        json_t *token = json_pack("{s:i, s:s%, s:b, s:b, s:b, s:b, s:b}", "id", (int)i, "content", p->text, p->bytes,
                                  "single_word", 0, "lstrip", 0, "rstrip", 0, "normalized", 0, "special",
                                  (int)(p->type == GDT_SP_CONTROL || turn));
        if (json_array_append_new(list, token) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

/* Base64 of the character map, owned by the caller. */
static char *encode_base64(const char *bytes, size_t count)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *text = malloc(count / 3 * 4 + 5);
    size_t written = 0;
    for (size_t i = 0; text != NULL && i < count; i += 3) {
        size_t left = count - i < 3 ? count - i : 3;
        uint32_t bits = 0;
        for (size_t k = 0; k < 3; k++) {
            bits = bits << 8 | (k < left ? (unsigned char)bytes[i + k] : 0u);
        }
        for (size_t k = 0; k < 4; k++) {
            text[written++] = k <= left ? digits[bits >> (18 - 6 * k) & 63u] : '=';
        }
    }
    if (text != NULL) {
        text[written] = '\0';
    }
    return text;
}

static json_t *make_normalizer(const conversion *c)
{
    if (c->kind == KIND_GEMMA) {
        return json_pack("{s:s, s:{s:s}, s:s}", "type", "Replace", "pattern", "String", " ", "content", "\xE2\x96\x81");
    }
    if (c->kind == KIND_LLAMA) {
        json_t *list = json_array();
        if (!c->legacy) {
            json_decref(list);
            return json_null();
        }
        if (c->add_prefix_space) {
            (void)json_array_append_new(list, json_pack("{s:s, s:s}", "type", "Prepend", "prepend", "\xE2\x96\x81"));
        }
        (void)json_array_append_new(list, json_pack("{s:s, s:{s:s}, s:s}", "type", "Replace", "pattern", "String", " ",
                                                    "content", "\xE2\x96\x81"));
        return json_pack("{s:s, s:o}", "type", "Sequence", "normalizers", list);
    }
    json_t *list = json_array();
    if (c->model.charsmap != NULL) {
        char *map = encode_base64(c->model.charsmap, c->model.charsmap_bytes);
        (void)json_array_append_new(list, json_pack("{s:s, s:s}", "type", "Precompiled", "precompiled_charsmap", map));
        free(map);
    }
    (void)json_array_append_new(list, json_pack("{s:s, s:b, s:b}", "type", "Strip", "strip_left", 0, "strip_right", 1));
    (void)json_array_append_new(list, json_pack("{s:s, s:{s:s}, s:s}", "type", "Replace", "pattern", "Regex", " {2,}",
                                                "content", "\xE2\x96\x81"));
    return json_pack("{s:s, s:o}", "type", "Sequence", "normalizers", list);
}

static const char *prepend_scheme(const conversion *c)
{
    return !c->add_prefix_space ? "never" : c->kind == KIND_LLAMA && !c->legacy ? "first" : "always";
}

static json_t *make_metaspace(const conversion *c, uint32_t split)
{
    return json_pack("{s:s, s:s, s:s, s:b}", "type", "Metaspace", "replacement", "\xE2\x96\x81", "prepend_scheme",
                     prepend_scheme(c), "split", (int)split);
}

static json_t *make_pre_tokenizer(const conversion *c)
{
    if (c->kind == KIND_GEMMA) {
        return json_pack("{s:s, s:{s:s}, s:s, s:b}", "type", "Split", "pattern", "String", " ", "behavior",
                         "MergedWithPrevious", "invert", 0);
    }
    if (c->kind == KIND_LLAMA) {
        return c->legacy ? json_null() : make_metaspace(c, 0);
    }
    return make_metaspace(c, 1);
}

static json_t *make_decoder(const conversion *c)
{
    if (c->kind != KIND_LLAMA && c->kind != KIND_GEMMA) {
        return make_metaspace(c, 1);
    }
    json_t *list = json_pack("[{s:s, s:{s:s}, s:s}, {s:s}, {s:s}]", "type", "Replace", "pattern", "String",
                             "\xE2\x96\x81", "content", " ", "type", "ByteFallback", "type", "Fuse");
    if (c->kind == KIND_LLAMA && c->add_prefix_space) {
        (void)json_array_append_new(
            list, json_pack("{s:s, s:s, s:i, s:i}", "type", "Strip", "content", " ", "start", 1, "stop", 0));
    }
    return json_pack("{s:s, s:o}", "type", "Sequence", "decoders", list);
}

static int32_t find_piece(const conversion *c, const char *text)
{
    for (size_t i = 0; i < c->count; i++) {
        if (c->pieces[i].bytes == strlen(text) && memcmp(c->pieces[i].text, text, c->pieces[i].bytes) == 0) {
            return (int32_t)i;
        }
    }
    return -1;
}

static json_t *make_post(const conversion *c)
{
    int32_t bos = c->kind == KIND_XLMR ? find_piece(c, "<s>") : -1;
    int32_t eos = c->kind == KIND_XLMR || c->kind == KIND_T5 ? find_piece(c, "</s>") : -1;
    if (eos < 0) {
        return json_null();
    }
    json_t *single = json_pack("[{s:{s:s}}, {s:{s:s}}]", "Sequence", "id", "A", "SpecialToken", "id", "</s>");
    if (bos >= 0) {
        (void)json_array_insert_new(single, 0, json_pack("{s:{s:s}}", "SpecialToken", "id", "<s>"));
    }
    return json_pack("{s:s, s:o, s:{s:{s:[i]}, s:{s:[i]}}}", "type", "TemplateProcessing", "single", single,
                     "special_tokens", "<s>", "ids", bos >= 0 ? bos : 0, "</s>", "ids", eos);
}

static god_status make_root(conversion *c, json_t **ret_root)
{
    json_t *model = NULL;
    GOD_TRY(read_options(c));
    GOD_TRY(list_pieces(c));
    if (c->model.model_type != GDT_SP_BPE && c->model.model_type != GDT_SP_UNIGRAM) {
        return god_fail(c->err, GOD_E_UNSUPPORTED,
                        "%s: the model type is %u, only Unigram (1) and BPE (2) are supported", c->name,
                        c->model.model_type);
    }
    GOD_TRY(c->model.model_type == GDT_SP_BPE ? make_bpe(c, &model) : make_unigram(c, &model));
    json_t *root = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "model", model, "added_tokens", make_added(c),
                             "normalizer", make_normalizer(c), "pre_tokenizer", make_pre_tokenizer(c), "decoder",
                             make_decoder(c), "post_processor", make_post(c));
    if (root == NULL) {
        return no_memory(c);
    }
    *ret_root = root;
    return GOD_OK;
}

god_status gdt_sp_convert(const gdt_folder *folder, const char *name, const char *bytes, size_t count,
                          json_t **ret_root, god_error *err)
{
    conversion c = {.folder = folder, .name = name, .err = err};
    GOD_TRY(gdt_sp_read(name, bytes, count, &c.model, err));
    god_status status = make_root(&c, ret_root);
    free(c.pieces);
    free(c.extra_texts);
    gdt_sp_fini(&c.model);
    return status;
}
