/* Unigram: the most probable sequence of pieces. Source: Kudo 2018 (arXiv 1804.10959); SentencePiece's
 * unigram_model.cc, EncodeOptimized.
 *
 * best[i] is the best way to spell the first i bytes of the piece; a character that no entry covers costs the lowest
 * score minus 10. Scores are f64, as in the tokenizers library. */
#include <math.h>
#include <stdlib.h>

#include "god/helpers/json.h"
#include "model.h"
#include "trie.h"
#include "utf8.h"

static const double unknown_penalty = 10.0;

typedef struct unigram {
    gdt_trie trie;
    double *scores; /* by id */
    double unknown_score;
    int32_t unk; /* -1: none */
    uint32_t byte_fallback;
    int32_t fallback[256];
} unigram;

typedef struct best_end {
    double score;
    uint32_t begin; /* where the last entry begins; UINT32_MAX: not reached */
    int32_t id;
} best_end;

static void fini(void *self)
{
    unigram *u = self;
    if (u != NULL) {
        gdt_trie_fini(&u->trie);
        free(u->scores);
        free(u);
    }
}

static void offer(best_end *end, double score, uint32_t begin, int32_t id)
{
    if (end->begin == UINT32_MAX || score > end->score) {
        *end = (best_end){score, begin, id};
    }
}

static god_status find_best(const unigram *u, const char *text, uint32_t count, best_end *best, god_error *err)
{
    best[0] = (best_end){0.0, UINT32_MAX, -1};
    for (uint32_t i = 1; i <= count; i++) {
        best[i] = (best_end){0.0, UINT32_MAX, -1};
    }
    for (uint32_t at = 0; at < count;) {
        uint32_t length = (uint32_t)gdt_utf8_length(text[at]), single = 0;
        int32_t node = 0;
        for (uint32_t i = at; i < count; i++) {
            node = gdt_trie_next(&u->trie, node, text[i]);
            if (node < 0) {
                break;
            }
            int32_t id = u->trie.ids[node];
            if (id >= 0) {
                offer(&best[i + 1], u->scores[id] + best[at].score, at, id);
                single |= i + 1 - at == length;
            }
        }
        if (!single) {
            if (u->unk < 0) {
                return god_fail(err, GOD_E_DATA, "encode: the tokenizer has no \"unk_id\" for \"%.*s\"", (int)length,
                                text + at);
            }
            offer(&best[at + length], u->unknown_score + best[at].score, at, u->unk);
        }
        at += length;
    }
    return GOD_OK;
}

/* Text that no entry covers: the entry of that very text, its bytes, or unk. */
static god_status push_unknown(const gdt_model *model, const gdt_work *work, uint32_t begin, uint32_t end,
                               god_tokens *tokens, god_error *err)
{
    const unigram *u = model->self;
    int32_t id = gdt_vocab_id(&model->vocab, work->text + begin, end - begin);
    uint32_t bytes = u->byte_fallback && id < 0;
    for (uint32_t i = begin; i < end && bytes; i++) {
        bytes = u->fallback[(unsigned char)work->text[i]] >= 0;
    }
    for (uint32_t i = begin; i < end && bytes; i++) {
        GOD_TRY(gdt_token_push(tokens, u->fallback[(unsigned char)work->text[i]], begin, end, err));
    }
    return bytes ? GOD_OK : gdt_token_push(tokens, id >= 0 ? id : u->unk, begin, end, err);
}

static god_status push_path(const gdt_model *model, const gdt_work *work, const gdt_piece *piece,
                            const uint32_t *begins, size_t count, const best_end *best, god_tokens *tokens,
                            god_error *err)
{
    const unigram *u = model->self;
    uint32_t end = piece->end - piece->begin;
    for (size_t i = count; i > 0;) { /* begins are from last to first */
        uint32_t from = begins[--i];
        uint32_t to = i > 0 ? begins[i - 1] : end;
        if (best[to].id != u->unk) {
            GOD_TRY(gdt_token_push(tokens, best[to].id, piece->begin + from, piece->begin + to, err));
            continue;
        }
        while (i > 0 && best[i > 1 ? begins[i - 2] : end].id == u->unk) { /* neighbours become one */
            i--;
            to = i > 0 ? begins[i - 1] : end;
        }
        GOD_TRY(push_unknown(model, work, piece->begin + from, piece->begin + to, tokens, err));
    }
    return GOD_OK;
}

static god_status encode(const gdt_model *model, gdt_work *work, const gdt_piece *piece, god_tokens *tokens,
                         god_error *err)
{
    const unigram *u = model->self;
    uint32_t count = piece->end - piece->begin;
    GOD_TRY(gdt_scratch_reserve(&work->lattice, (size_t)count + 1, sizeof(best_end), err));
    GOD_TRY(gdt_scratch_reserve(&work->symbols, count, sizeof(uint32_t), err));
    best_end *best = work->lattice.memory;
    uint32_t *begins = work->symbols.memory;
    GOD_TRY(find_best(u, work->text + piece->begin, count, best, err));
    size_t steps = 0;
    for (uint32_t at = count; at > 0; at = best[at].begin) {
        begins[steps++] = best[at].begin;
    }
    return push_path(model, work, piece, begins, steps, best, tokens, err);
}

static god_status load_entry(gdt_model *model, const char *where, size_t id, json_t *entry, god_error *err)
{
    unigram *u = model->self;
    json_t *text = json_array_get(entry, 0), *score = json_array_get(entry, 1);
    if (!json_is_string(text) || !json_is_number(score)) {
        return god_fail(err, GOD_E_DATA, "%s: vocab[%zu] is not a text and a score", where, id);
    }
    u->scores[id] = json_number_value(score);
    if (!isfinite(u->scores[id])) {
        return god_fail(err, GOD_E_DATA, "%s: the score of vocab[%zu] is not finite", where, id);
    }
    return gdt_vocab_put(&model->vocab, where, json_string_value(text), json_string_length(text), (int64_t)id, err);
}

/* Fills the trie and the rest from vocabulary and scores. */
static god_status prepare(gdt_model *model, size_t count, god_error *err)
{
    unigram *u = model->self;
    const gdt_index *index = &model->vocab.index;
    double lowest = INFINITY;
    for (size_t id = 0; id < count; id++) {
        lowest = u->scores[id] < lowest ? u->scores[id] : lowest;
    }
    u->unknown_score = lowest - unknown_penalty;
    GOD_TRY(gdt_trie_init(&u->trie, index->key_bytes, err));
    for (size_t i = 0; index->slots != NULL && i <= index->mask; i++) {
        const gdt_index_slot *slot = &index->slots[i];
        if (slot->id >= 0) {
            GOD_TRY(gdt_trie_put(&u->trie, index->keys + slot->offset, slot->bytes, slot->id, 1, err));
        }
    }
    for (unsigned i = 0; i < 256; i++) {
        char code[8];
        (void)snprintf(code, sizeof code, "<0x%02X>", i);
        u->fallback[i] = gdt_vocab_id(&model->vocab, code, strlen(code));
    }
    return GOD_OK;
}

god_status gdt_unigram_load(gdt_model *model, const char *where, json_t *object, god_error *err)
{
    json_t *vocab = NULL, *entry;
    int64_t unk = -1;
    size_t i;
    unigram *u = calloc(1, sizeof *u);
    if (u == NULL) {
        return god_fail(err, GOD_E_NOMEM, "%s: out of memory", where);
    }
    model->self = u;
    model->fini = fini;
    model->encode = encode;
    GOD_TRY(god_json_get_array(where, object, "vocab", &vocab, err));
    size_t count = json_array_size(vocab);
    if (count > GDT_VOCAB_IDS_MAX) {
        return god_fail(err, GOD_E_DATA, "%s: \"vocab\" has %zu entries, GDT_VOCAB_IDS_MAX is %d", where, count,
                        GDT_VOCAB_IDS_MAX);
    }
    GOD_TRY(god_json_opt_bool(where, object, "byte_fallback", &u->byte_fallback, err));
    GOD_TRY(god_json_opt_int(where, object, "unk_id", 0, (int64_t)count - 1, &unk, err));
    u->unk = (int32_t)unk;
    u->scores = calloc(count + 1, sizeof *u->scores);
    if (u->scores == NULL) {
        return god_fail(err, GOD_E_NOMEM, "%s: out of memory", where);
    }
    json_array_foreach(vocab, i, entry)
    {
        GOD_TRY(load_entry(model, where, i, entry, err));
    }
    model->vocab.size = (int32_t)count;
    return prepare(model, count, err);
}
