/* WordPiece and WordLevel: models that know words. Source of WordPiece's search (longest entry first, the whole word
 * unknown when a part is): google-research/bert tokenization.py. */
#include <stdlib.h>

#include "god/helpers/json.h"
#include "model.h"
#include "utf8.h"

#define GDT_PREFIX_BYTES_MAX 64
#define GDT_WORD_CHARACTERS_MAX 1000000

typedef struct words {
    char *prefix; /* in front of a part that is not the first; NULL for WordLevel */
    int64_t characters_max;
    int32_t unk; /* -1: none */
} words;

static void fini(void *self)
{
    words *w = self;
    if (w != NULL) {
        free(w->prefix);
        free(w);
    }
}

static god_status push_unknown(const words *w, const gdt_work *work, const gdt_piece *piece, god_tokens *tokens,
                               god_error *err)
{
    if (w->unk < 0) {
        return god_fail(err, GOD_E_DATA, "encode: the tokenizer has no \"unk_token\" in its vocabulary for \"%.*s\"",
                        (int)(piece->end - piece->begin < 40 ? piece->end - piece->begin : 40),
                        work->text + piece->begin);
    }
    return gdt_token_push(tokens, w->unk, piece->begin, piece->end, err);
}

static god_status encode_level(const gdt_model *model, gdt_work *work, const gdt_piece *piece, god_tokens *tokens,
                               god_error *err)
{
    int32_t id = gdt_vocab_id(&model->vocab, work->text + piece->begin, piece->end - piece->begin);
    return id >= 0 ? gdt_token_push(tokens, id, piece->begin, piece->end, err)
                   : push_unknown(model->self, work, piece, tokens, err);
}

static int64_t count_characters(const gdt_work *work, const gdt_piece *piece)
{
    int64_t count = 0;
    for (uint32_t at = piece->begin; at < piece->end; at++) {
        count += !gdt_utf8_is_continuation(work->text[at]);
    }
    return count;
}

/* The longest entry at `at`: its id, -1 when there is none. */
static int32_t longest_part(const gdt_model *model, gdt_work *work, const gdt_piece *piece, uint32_t at,
                            uint32_t *ret_end)
{
    const words *w = model->self;
    size_t prefix_bytes = at > piece->begin ? strlen(w->prefix) : 0;
    char *spelled = work->chars.memory;
    memcpy(spelled, w->prefix, prefix_bytes);
    memcpy(spelled + prefix_bytes, work->text + at, piece->end - at);
    for (uint32_t end = piece->end; end > at; end = (uint32_t)gdt_utf8_before(work->text, at, end)) {
        int32_t id = gdt_vocab_id(&model->vocab, spelled, prefix_bytes + (end - at));
        if (id >= 0) {
            *ret_end = end;
            return id;
        }
    }
    return -1;
}

static god_status encode_piece(const gdt_model *model, gdt_work *work, const gdt_piece *piece, god_tokens *tokens,
                               god_error *err)
{
    const words *w = model->self;
    size_t known = tokens->count;
    if (count_characters(work, piece) > w->characters_max) {
        return push_unknown(w, work, piece, tokens, err);
    }
    GOD_TRY(gdt_scratch_reserve(&work->chars, strlen(w->prefix) + (piece->end - piece->begin), 1, err));
    for (uint32_t at = piece->begin; at < piece->end;) {
        uint32_t end = at;
        int32_t id = longest_part(model, work, piece, at, &end);
        if (id < 0) {
            tokens->count = known;
            return push_unknown(w, work, piece, tokens, err);
        }
        GOD_TRY(gdt_token_push(tokens, id, at, end, err));
        at = end;
    }
    return GOD_OK;
}

static god_status load(gdt_model *model, const char *where, json_t *object, god_error *err)
{
    json_t *vocab = NULL;
    const char *unk = NULL;
    words *w = calloc(1, sizeof *w);
    if (w == NULL) {
        return god_fail(err, GOD_E_NOMEM, "%s: out of memory", where);
    }
    model->self = w;
    model->fini = fini;
    GOD_TRY(god_json_get_object(where, object, "vocab", &vocab, err));
    GOD_TRY(gdt_vocab_load(&model->vocab, where, vocab, err));
    GOD_TRY(god_json_get_str(where, object, "unk_token", &unk, err));
    w->unk = gdt_vocab_id(&model->vocab, unk, strlen(unk));
    return GOD_OK;
}

god_status gdt_wordlevel_load(gdt_model *model, const char *where, json_t *object, god_error *err)
{
    model->encode = encode_level;
    return load(model, where, object, err);
}

god_status gdt_wordpiece_load(gdt_model *model, const char *where, json_t *object, god_error *err)
{
    const char *prefix = "##";
    model->encode = encode_piece;
    GOD_TRY(load(model, where, object, err));
    words *w = model->self;
    w->characters_max = 100;
    GOD_TRY(god_json_opt_int(where, object, "max_input_chars_per_word", 0, GDT_WORD_CHARACTERS_MAX, &w->characters_max,
                             err));
    GOD_TRY(god_json_opt_str(where, object, "continuing_subword_prefix", &prefix, err));
    if (strlen(prefix) > GDT_PREFIX_BYTES_MAX) {
        return god_fail(err, GOD_E_DATA, "%s: \"continuing_subword_prefix\" has %zu bytes, GDT_PREFIX_BYTES_MAX is %d",
                        where, strlen(prefix), GDT_PREFIX_BYTES_MAX);
    }
    w->prefix = strdup(prefix);
    return w->prefix != NULL ? GOD_OK : god_fail(err, GOD_E_NOMEM, "%s: out of memory", where);
}
