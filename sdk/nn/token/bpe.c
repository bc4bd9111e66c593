#include "bpe.h"

#include "utf8.h"

/* The symbols of a piece of text while they are being listed. */
typedef struct listing {
    gdt_symbol *symbols;
    size_t count, unk_count;
    gdt_symbol unk; /* an unknown symbol that may still grow */
} listing;

static void list_symbol(listing *list, int32_t id, uint32_t begin, uint32_t end)
{
    list->symbols[list->count++] = (gdt_symbol){.id = id, .begin = begin, .end = end};
}

static void list_pending_unk(listing *list)
{
    if (list->unk_count > 0) {
        list->symbols[list->count++] = list->unk;
        list->unk_count = 0;
    }
}

static void list_unknown(const gdt_bpe *bpe, listing *list, uint32_t begin, uint32_t end)
{
    if (bpe->unk < 0) {
        return;
    }
    if (list->unk_count > 0 && bpe->fuse_unk) {
        list->unk.end = end;
        return;
    }
    list_pending_unk(list);
    list->unk = (gdt_symbol){.id = bpe->unk, .begin = begin, .end = end};
    list->unk_count = 1;
}

/* The bytes of an unknown character as <0xHH>; 0 when one of them is missing. An unknown symbol before them comes
 * behind them, as in the tokenizers library. */
static uint32_t list_bytes(const gdt_bpe *bpe, listing *list, const char *text, size_t bytes, uint32_t begin,
                           uint32_t end)
{
    for (size_t i = 0; i < bytes; i++) {
        if (bpe->fallback[(unsigned char)text[i]] < 0) {
            return 0;
        }
    }
    for (size_t i = 0; i < bytes; i++) {
        uint32_t at = begin + (uint32_t)i < end ? begin + (uint32_t)i : end - 1;
        list_symbol(list, bpe->fallback[(unsigned char)text[i]], at, at + 1);
    }
    return 1;
}

/* One character, spelled as the vocabulary spells it at this place of the piece. */
static void list_character(const gdt_model *model, listing *list, const char *spelled, size_t bytes, uint32_t begin,
                           uint32_t end)
{
    const gdt_bpe *bpe = model->self;
    int32_t id = bytes == 1 ? bpe->byte_ids[(unsigned char)spelled[0]] : gdt_vocab_id(&model->vocab, spelled, bytes);
    if (id >= 0) {
        list_pending_unk(list);
        list_symbol(list, id, begin, end);
    } else if (!bpe->byte_fallback || !list_bytes(bpe, list, spelled, bytes, begin, end)) {
        list_unknown(bpe, list, begin, end);
    }
}

static void list_raw_bytes(const gdt_bpe *bpe, listing *list, const gdt_work *work, const gdt_piece *piece)
{
    for (uint32_t at = piece->begin; at < piece->end; at++) {
        int32_t id = bpe->byte_ids[(unsigned char)work->text[at]];
        if (id >= 0) {
            list_pending_unk(list);
            list_symbol(list, id, at, at + 1);
        } else {
            list_unknown(bpe, list, at, at + 1);
        }
    }
}

/* A character with prefix and suffix, in `spelled`; returns its bytes. */
static size_t spell(const gdt_bpe *bpe, const char *text, size_t bytes, int first, int last, char *spelled)
{
    size_t count = 0;
    if (!first && bpe->prefix != NULL) {
        count = strlen(bpe->prefix);
        memcpy(spelled, bpe->prefix, count);
    }
    memcpy(spelled + count, text, bytes);
    count += bytes;
    if (last && bpe->suffix != NULL) {
        memcpy(spelled + count, bpe->suffix, strlen(bpe->suffix));
        count += strlen(bpe->suffix);
    }
    return count;
}

static god_status list_characters(const gdt_model *model, listing *list, gdt_work *work, const gdt_piece *piece,
                                  god_error *err)
{
    const gdt_bpe *bpe = model->self;
    size_t affixes = (bpe->prefix != NULL ? strlen(bpe->prefix) : 0) + (bpe->suffix != NULL ? strlen(bpe->suffix) : 0);
    GOD_TRY(gdt_scratch_reserve(&work->chars, affixes + 4, 1, err));
    for (uint32_t at = piece->begin; at < piece->end;) {
        uint32_t after = at + (uint32_t)gdt_utf8_length(work->text[at]);
        const char *spelled = work->text + at;
        size_t bytes = after - at;
        if (affixes > 0) {
            bytes = spell(bpe, spelled, bytes, at == piece->begin, after == piece->end, work->chars.memory);
            spelled = work->chars.memory;
        }
        list_character(model, list, spelled, bytes, at, after);
        at = after;
    }
    return GOD_OK;
}

/* The id of the whole piece, for ignore_merges; -1 when it is not in the vocabulary. */
static int32_t whole_piece(const gdt_model *model, const gdt_work *work, const gdt_piece *piece)
{
    const gdt_bpe *bpe = model->self;
    const gdt_index *index = bpe->raw_bytes ? &bpe->raw : &model->vocab.index;
    return gdt_index_get(index, work->text + piece->begin, piece->end - piece->begin);
}

god_status gdt_bpe_encode(const gdt_model *model, gdt_work *work, const gdt_piece *piece, god_tokens *tokens,
                          god_error *err)
{
    const gdt_bpe *bpe = model->self;
    if (bpe->ignore_merges) {
        int32_t id = whole_piece(model, work, piece);
        if (id >= 0) {
            return gdt_token_push(tokens, id, piece->begin, piece->end, err);
        }
    }
    /* One symbol per byte at most, except that byte fallback spells the affixes too. */
    size_t affixes = (bpe->prefix != NULL ? strlen(bpe->prefix) : 0) + (bpe->suffix != NULL ? strlen(bpe->suffix) : 0);
    size_t symbols_max = ((size_t)piece->end - piece->begin) * (bpe->byte_fallback ? 1 + affixes : 1);
    GOD_TRY(gdt_scratch_reserve(&work->symbols, symbols_max, sizeof(gdt_symbol), err));
    listing list = {.symbols = work->symbols.memory};
    if (bpe->raw_bytes) {
        list_raw_bytes(bpe, &list, work, piece);
    } else {
        GOD_TRY(list_characters(model, &list, work, piece, err));
    }
    list_pending_unk(&list);
    GOD_TRY(gdt_bpe_merge(bpe, work, list.symbols, &list.count, err));
    for (size_t i = 0; i < list.count; i++) {
        GOD_TRY(gdt_token_push(tokens, list.symbols[i].id, list.symbols[i].begin, list.symbols[i].end, err));
    }
    return GOD_OK;
}
