#include "vocab.h"

#include <stdlib.h>

#include "work.h"

void gdt_vocab_fini(gdt_vocab *vocab)
{
    gdt_index_fini(&vocab->index);
    free(vocab->piece_at);
    memset(vocab, 0, sizeof *vocab);
}

god_status gdt_vocab_put(gdt_vocab *vocab, const char *where, const char *text, size_t bytes, int64_t id,
                         god_error *err)
{
    if (id < 0 || id >= GDT_VOCAB_IDS_MAX) {
        return god_fail(err, GOD_E_DATA, "%s: the id of \"%.80s\" is %lld, allowed are 0 to %d", where, text,
                        (long long)id, GDT_VOCAB_IDS_MAX - 1);
    }
    if (bytes > GDT_PIECE_BYTES_MAX) {
        return god_fail(err, GOD_E_DATA, "%s: the piece \"%.40s...\" has %zu bytes, GDT_PIECE_BYTES_MAX is %d", where,
                        text, bytes, GDT_PIECE_BYTES_MAX);
    }
    if (vocab->index.slots == NULL) {
        GOD_TRY(gdt_index_init(&vocab->index, 1024, err));
    }
    GOD_TRY(gdt_reserve((void **)&vocab->piece_at, &vocab->id_capacity, (size_t)id + 1, sizeof *vocab->piece_at, where,
                        err));
    for (; vocab->id_end <= id; vocab->id_end++) {
        vocab->piece_at[vocab->id_end] = UINT32_MAX;
    }
    uint32_t offset = (uint32_t)vocab->index.key_bytes;
    size_t known = vocab->index.count;
    GOD_TRY(gdt_index_put(&vocab->index, text, bytes, (int32_t)id, err));
    if (vocab->index.count > known) {
        vocab->piece_at[id] = offset;
        vocab->size++;
    }
    return GOD_OK;
}

god_status gdt_vocab_load(gdt_vocab *vocab, const char *where, json_t *object, god_error *err)
{
    const char *text;
    size_t bytes;
    json_t *value;
    GOD_TRY(gdt_index_init(&vocab->index, json_object_size(object), err));
    json_object_keylen_foreach(object, text, bytes, value)
    {
        if (!json_is_integer(value)) {
            return god_fail(err, GOD_E_DATA, "%s: the id of \"%.80s\" is not a whole number", where, text);
        }
        GOD_TRY(gdt_vocab_put(vocab, where, text, bytes, json_integer_value(value), err));
    }
    return GOD_OK;
}

const char *gdt_vocab_piece(const gdt_vocab *vocab, int32_t id)
{
    if (id < 0 || id >= vocab->id_end || vocab->piece_at[id] == UINT32_MAX) {
        return NULL;
    }
    return vocab->index.keys + vocab->piece_at[id];
}
