#include <stdlib.h>

#include "bpe.h"
#include "byte_level.h"
#include "god/helpers/json.h"
#include "god/helpers/text.h"

#define GDT_MERGES_MAX (1 << 23)
#define GDT_AFFIX_BYTES_MAX 64

static void fini(void *self)
{
    gdt_bpe *bpe = self;
    if (bpe == NULL) {
        return;
    }
    gdt_pairs_fini(&bpe->merges);
    free(bpe->low);
    gdt_index_fini(&bpe->raw);
    free(bpe->prefix);
    free(bpe->suffix);
    free(bpe);
}

static god_status load_affix(const char *where, json_t *object, const char *key, char **ret_affix, god_error *err)
{
    const char *text = NULL;
    GOD_TRY(god_json_opt_str(where, object, key, &text, err));
    if (text == NULL || *text == '\0') {
        return GOD_OK;
    }
    if (strlen(text) > GDT_AFFIX_BYTES_MAX) {
        return god_fail(err, GOD_E_DATA, "%s: \"%s\" has %zu bytes, GDT_AFFIX_BYTES_MAX is %d", where, key,
                        strlen(text), GDT_AFFIX_BYTES_MAX);
    }
    *ret_affix = strdup(text);
    return *ret_affix != NULL ? GOD_OK : god_fail(err, GOD_E_NOMEM, "%s: out of memory", where);
}

static god_status load_options(gdt_model *model, const char *where, json_t *object, god_error *err)
{
    gdt_bpe *bpe = model->self;
    double dropout = 0.0;
    const char *unk = NULL;
    GOD_TRY(god_json_opt_num(where, object, "dropout", &dropout, err));
    if (dropout != 0.0) {
        return god_fail(err, GOD_E_UNSUPPORTED, "%s: \"dropout\" is %g, only 0 gives the same ids each time", where,
                        dropout);
    }
    GOD_TRY(god_json_opt_bool(where, object, "byte_fallback", &bpe->byte_fallback, err));
    GOD_TRY(god_json_opt_bool(where, object, "fuse_unk", &bpe->fuse_unk, err));
    GOD_TRY(god_json_opt_bool(where, object, "ignore_merges", &bpe->ignore_merges, err));
    GOD_TRY(load_affix(where, object, "continuing_subword_prefix", &bpe->prefix, err));
    GOD_TRY(load_affix(where, object, "end_of_word_suffix", &bpe->suffix, err));
    GOD_TRY(god_json_opt_str(where, object, "unk_token", &unk, err));
    bpe->unk = -1;
    if (unk != NULL) {
        bpe->unk = gdt_vocab_id(&model->vocab, unk, strlen(unk));
        if (bpe->unk < 0) {
            return god_fail(err, GOD_E_DATA, "%s: \"unk_token\" \"%.80s\" is not in the vocabulary", where, unk);
        }
    }
    return GOD_OK;
}

/* Both halves of a merge, borrowed from the parsed file. */
typedef struct halves {
    const char *left, *right;
    size_t left_bytes, right_bytes;
} halves;

/* "a b" or ["a", "b"] */
static god_status read_merge(const char *where, size_t rank, json_t *merge, halves *ret_halves, god_error *err)
{
    if (json_is_string(merge)) {
        const char *text = json_string_value(merge);
        const char *blank = strchr(text, ' ');
        if (blank != NULL && strchr(blank + 1, ' ') == NULL) {
            *ret_halves = (halves){text, blank + 1, (size_t)(blank - text), strlen(blank + 1)};
            return GOD_OK;
        }
    } else if (json_is_array(merge) && json_array_size(merge) == 2) {
        json_t *left = json_array_get(merge, 0), *right = json_array_get(merge, 1);
        if (json_is_string(left) && json_is_string(right)) {
            *ret_halves = (halves){json_string_value(left), json_string_value(right), json_string_length(left),
                                   json_string_length(right)};
            return GOD_OK;
        }
    }
    return god_fail(err, GOD_E_DATA, "%s: merge %zu is not two pieces", where, rank);
}

static god_status find_piece(const gdt_model *model, const char *where, size_t rank, const char *text, size_t bytes,
                             int32_t *ret_id, god_error *err)
{
    *ret_id = gdt_vocab_id(&model->vocab, text, bytes);
    if (*ret_id < 0) {
        return god_fail(err, GOD_E_DATA, "%s: merge %zu needs \"%.*s\", which is not in the vocabulary", where, rank,
                        (int)(bytes < 80 ? bytes : 80), text);
    }
    return GOD_OK;
}

static god_status load_merge(gdt_model *model, const char *where, size_t rank, json_t *merge, god_text *joined,
                             god_error *err)
{
    gdt_bpe *bpe = model->self;
    halves h = {.left = ""};
    size_t prefix_bytes = bpe->prefix != NULL ? strlen(bpe->prefix) : 0;
    int32_t left_id, right_id, merged_id;
    GOD_TRY(read_merge(where, rank, merge, &h, err));
    GOD_TRY(find_piece(model, where, rank, h.left, h.left_bytes, &left_id, err));
    GOD_TRY(find_piece(model, where, rank, h.right, h.right_bytes, &right_id, err));
    if (h.right_bytes < prefix_bytes) {
        return god_fail(err, GOD_E_DATA, "%s: merge %zu has a right half shorter than \"continuing_subword_prefix\"",
                        where, rank);
    }
    god_text_clear(joined);
    GOD_TRY(god_text_append(joined, h.left, h.left_bytes, err));
    GOD_TRY(god_text_append(joined, h.right + prefix_bytes, h.right_bytes - prefix_bytes, err));
    GOD_TRY(find_piece(model, where, rank, joined->data, joined->bytes, &merged_id, err));
    gdt_pairs_put(&bpe->merges, left_id, right_id, (uint32_t)rank, merged_id);
    if (left_id < GDT_LOW_IDS && right_id < GDT_LOW_IDS) {
        bpe->low[left_id * GDT_LOW_IDS + right_id] = (gdt_low_pair){(uint32_t)rank + 1, merged_id};
    }
    return GOD_OK;
}

/* Whether each pair ranks behind every merge that makes one of its two symbols. */
static god_status find_order(gdt_model *model, const char *where, god_error *err)
{
    gdt_bpe *bpe = model->self;
    const gdt_pairs *merges = &bpe->merges;
    uint32_t *made_by =
        calloc((size_t)model->vocab.id_end + 1, sizeof *made_by); /* the last rank that makes it, plus 1 */
    if (made_by == NULL) {
        return god_fail(err, GOD_E_NOMEM, "%s: out of memory", where);
    }
    for (size_t i = 0; i <= merges->mask; i++) {
        const gdt_pair_slot *slot = &merges->slots[i];
        if (slot->pair != UINT64_MAX && made_by[slot->merged] <= slot->rank) {
            made_by[slot->merged] = slot->rank + 1;
        }
    }
    bpe->is_monotone = 1;
    for (size_t i = 0; i <= merges->mask; i++) {
        const gdt_pair_slot *slot = &merges->slots[i];
        if (slot->pair != UINT64_MAX &&
            (made_by[slot->pair >> 32] > slot->rank || made_by[(uint32_t)slot->pair] > slot->rank)) {
            bpe->is_monotone = 0;
        }
    }
    free(made_by);
    return GOD_OK;
}

static god_status load_merges(gdt_model *model, const char *where, json_t *object, god_error *err)
{
    gdt_bpe *bpe = model->self;
    json_t *merges = NULL, *merge;
    size_t rank;
    GOD_TRY(god_json_get_array(where, object, "merges", &merges, err));
    if (json_array_size(merges) > GDT_MERGES_MAX) {
        return god_fail(err, GOD_E_DATA, "%s: \"merges\" has %zu entries, GDT_MERGES_MAX is %d", where,
                        json_array_size(merges), GDT_MERGES_MAX);
    }
    GOD_TRY(gdt_pairs_init(&bpe->merges, json_array_size(merges), err));
    bpe->rank_end = (uint32_t)json_array_size(merges);
    bpe->low = calloc((size_t)GDT_LOW_IDS * GDT_LOW_IDS, sizeof *bpe->low);
    if (bpe->low == NULL) {
        return god_fail(err, GOD_E_NOMEM, "%s: out of memory for %zu merges", where, json_array_size(merges));
    }
    god_text joined = GOD_TEXT_INIT;
    god_status status = GOD_OK;
    json_array_foreach(merges, rank, merge)
    {
        status = load_merge(model, where, rank, merge, &joined, err);
        if (status != GOD_OK) {
            break;
        }
    }
    god_text_free(&joined);
    return status == GOD_OK ? find_order(model, where, err) : status;
}

/* The vocabulary again, keyed by the bytes that its pieces spell; pieces with other characters can never be met. */
static god_status index_raw_bytes(gdt_model *model, god_error *err)
{
    gdt_bpe *bpe = model->self;
    char spelled[GDT_PIECE_BYTES_MAX];
    GOD_TRY(gdt_index_init(&bpe->raw, model->vocab.index.count, err));
    for (size_t i = 0; i <= model->vocab.index.mask; i++) {
        const gdt_index_slot *slot = &model->vocab.index.slots[i];
        if (slot->id < 0) {
            continue;
        }
        size_t bytes = gdt_byte_level_spell(model->vocab.index.keys + slot->offset, slot->bytes, spelled);
        if (bytes != SIZE_MAX) {
            GOD_TRY(gdt_index_put(&bpe->raw, spelled, bytes, slot->id, err));
        }
    }
    return GOD_OK;
}

static void load_byte_ids(gdt_model *model)
{
    gdt_bpe *bpe = model->self;
    for (int i = 0; i < 256; i++) {
        char byte = (char)i, code[8];
        bpe->byte_ids[i] = gdt_index_get(bpe->raw_bytes ? &bpe->raw : &model->vocab.index, &byte, 1);
        (void)snprintf(code, sizeof code, "<0x%02X>", (unsigned)i);
        bpe->fallback[i] = gdt_vocab_id(&model->vocab, code, strlen(code));
    }
}

god_status gdt_bpe_load(gdt_model *model, const char *where, json_t *object, uint32_t raw_bytes, god_error *err)
{
    json_t *vocab = NULL;
    gdt_bpe *bpe = calloc(1, sizeof *bpe);
    if (bpe == NULL) {
        return god_fail(err, GOD_E_NOMEM, "%s: out of memory", where);
    }
    model->self = bpe;
    model->fini = fini;
    model->encode = gdt_bpe_encode;
    GOD_TRY(god_json_get_object(where, object, "vocab", &vocab, err));
    GOD_TRY(gdt_vocab_load(&model->vocab, where, vocab, err));
    GOD_TRY(load_options(model, where, object, err));
    GOD_TRY(load_merges(model, where, object, err));
    /* With affixes or byte fallback the characters themselves count, not just their bytes. */
    bpe->raw_bytes = raw_bytes;
    if (raw_bytes) {
        GOD_TRY(index_raw_bytes(model, err));
    }
    load_byte_ids(model);
    return GOD_OK;
}
