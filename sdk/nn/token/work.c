#include "work.h"

#include <stdlib.h>

#include "regex.h"
#include "utf8.h"

god_status gdt_reserve(void **items, size_t *capacity, size_t needed, size_t item_bytes, const char *what,
                       god_error *err)
{
    if (needed <= *capacity) {
        return GOD_OK;
    }
    size_t grown = *capacity < 32 ? 32 : *capacity;
    while (grown < needed) {
        grown = grown > SIZE_MAX / 2 ? needed : grown * 2;
    }
    if (grown > SIZE_MAX / item_bytes) {
        return god_fail(err, GOD_E_NOMEM, "%s: %zu items are too many", what, needed);
    }
    void *memory = realloc(*items, grown * item_bytes);
    if (memory == NULL) {
        return god_fail(err, GOD_E_NOMEM, "%s: out of memory for %zu items of %zu bytes", what, grown, item_bytes);
    }
    *items = memory;
    *capacity = grown;
    return GOD_OK;
}

god_status gdt_scratch_reserve(gdt_scratch *scratch, size_t count, size_t item_bytes, god_error *err)
{
    if (count > SIZE_MAX / item_bytes) {
        return god_fail(err, GOD_E_NOMEM, "encode: %zu items are too many", count);
    }
    return gdt_reserve(&scratch->memory, &scratch->bytes, count * item_bytes, 1, "encode", err);
}

static god_status reserve_buffer(const gdt_work *work, gdt_buffer *buffer, size_t more, god_error *err)
{
    if (more > work->text_bytes_max - buffer->count) {
        return god_fail(
            err, GOD_E_DATA,
            "encode: the tokenizer makes more than %zu bytes of a text of %zu (GDT_GROWTH_TIMES_MAX is %zu)",
            work->text_bytes_max, work->input_bytes, GDT_GROWTH_TIMES_MAX);
    }
    size_t needed = buffer->count + more;
    if (needed <= buffer->capacity) {
        return GOD_OK;
    }
    size_t byte_capacity = buffer->capacity, origin_capacity = buffer->capacity;
    GOD_TRY(gdt_reserve((void **)&buffer->bytes, &byte_capacity, needed, 1, "encode", err));
    GOD_TRY(gdt_reserve((void **)&buffer->origins, &origin_capacity, needed, sizeof(gdt_range), "encode", err));
    buffer->capacity = origin_capacity;
    return GOD_OK;
}

static void buffer_push(gdt_buffer *buffer, const char *bytes, size_t count, gdt_range origin)
{
    memcpy(buffer->bytes + buffer->count, bytes, count);
    for (size_t i = 0; i < count; i++) {
        buffer->origins[buffer->count + i] = origin;
    }
    buffer->count += count;
}

/* Copies the input into the front buffer with U+FFFD for what is not UTF-8. */
static god_status repair(gdt_work *work, size_t valid, god_error *err)
{
    gdt_buffer *front = &work->front;
    front->count = 0;
    for (size_t at = 0; at < work->input_bytes;) {
        uint32_t code;
        size_t used = at < valid ? gdt_utf8_decode(work->input + at, &code)
                                 : gdt_utf8_next(work->input + at, work->input_bytes - at, &code);
        char bytes[4];
        size_t count = gdt_utf8_encode(code, bytes);
        GOD_TRY(reserve_buffer(work, front, count, err));
        buffer_push(front, bytes, count, (gdt_range){(uint32_t)at, (uint32_t)(at + used)});
        at += used;
    }
    work->text = front->bytes;
    work->count = front->count;
    work->origins = front->origins;
    return GOD_OK;
}

static size_t grown_max(size_t bytes)
{
    return bytes > (GDT_TEXT_BYTES_MAX - GDT_GROWTH_BYTES) / GDT_GROWTH_TIMES_MAX
               ? GDT_TEXT_BYTES_MAX
               : bytes * GDT_GROWTH_TIMES_MAX + GDT_GROWTH_BYTES;
}

god_status gdt_work_begin(gdt_work *work, const char *input, size_t bytes, god_error *err)
{
    if (bytes > GDT_TEXT_BYTES_MAX) {
        return god_fail(err, GOD_E_DATA, "encode: the text has %zu bytes, GDT_TEXT_BYTES_MAX is %zu", bytes,
                        GDT_TEXT_BYTES_MAX);
    }
    work->input = input;
    work->input_bytes = bytes;
    work->text_bytes_max = grown_max(bytes);
    work->text = input;
    work->count = bytes;
    work->origins = NULL;
    work->pieces.count = 0;
    size_t valid = gdt_utf8_valid_prefix(input, bytes);
    if (valid < bytes) {
        GOD_TRY(repair(work, valid, err));
    }
    return work->count == 0 ? GOD_OK : gdt_pieces_push(&work->pieces, 0, (uint32_t)work->count, GDT_NO_ID, err);
}

static void free_buffer(gdt_buffer *buffer)
{
    free(buffer->bytes);
    free(buffer->origins);
}

void gdt_work_fini(gdt_work *work)
{
    free_buffer(&work->front);
    free_buffer(&work->back);
    free(work->pieces.items);
    free(work->next_pieces.items);
    free(work->matches.items);
    free(work->folded.items);
    free(work->symbols.memory);
    free(work->queue.memory);
    free(work->links.memory);
    free(work->ranks.memory);
    free(work->chars.memory);
    free(work->lattice.memory);
    free(work->words);
    for (size_t i = 0; i < sizeof work->forms / sizeof *work->forms; i++) {
        free(work->forms[i]);
    }
    gdt_regex_work_fini(work);
    memset(work, 0, sizeof *work);
}

size_t gdt_work_bytes(const gdt_work *work)
{
    size_t texts = work->front.capacity + work->back.capacity,
           pieces = work->pieces.capacity + work->next_pieces.capacity;
    return texts * (1 + sizeof(gdt_range)) + pieces * sizeof(gdt_piece) +
           (work->matches.capacity + work->folded.capacity) * sizeof(gdt_match) + work->symbols.bytes +
           work->queue.bytes + work->links.bytes + work->chars.bytes + work->lattice.bytes;
}

gdt_range gdt_work_origin(const gdt_work *work, uint32_t begin, uint32_t end)
{
    if (work->origins != NULL) {
        if (begin < end) {
            return (gdt_range){work->origins[begin].begin, work->origins[end - 1].end};
        }
        uint32_t at = begin < work->count ? work->origins[begin].begin : begin > 0 ? work->origins[begin - 1].end : 0;
        return (gdt_range){at, at};
    }
    /* The text is the input: a token that holds part of a code point stands for the whole of it. */
    if (begin < end) {
        while (begin > 0 && gdt_utf8_is_continuation(work->text[begin])) {
            begin--;
        }
        while (end < work->count && gdt_utf8_is_continuation(work->text[end])) {
            end++;
        }
    }
    return (gdt_range){begin, end};
}

god_status gdt_pieces_push(gdt_pieces *pieces, uint32_t begin, uint32_t end, int32_t id, god_error *err)
{
    if (pieces->count == pieces->capacity) {
        GOD_TRY(gdt_reserve((void **)&pieces->items, &pieces->capacity, pieces->count + 1, sizeof(gdt_piece), "encode",
                            err));
    }
    pieces->items[pieces->count++] = (gdt_piece){begin, end, id};
    return GOD_OK;
}

void gdt_cut_begin(gdt_work *work)
{
    work->next_pieces.count = 0;
}

god_status gdt_cut_push(gdt_work *work, uint32_t begin, uint32_t end, int32_t id, god_error *err)
{
    return begin == end ? GOD_OK : gdt_pieces_push(&work->next_pieces, begin, end, id, err);
}

void gdt_cut_end(gdt_work *work)
{
    gdt_pieces old = work->pieces;
    work->pieces = work->next_pieces;
    work->next_pieces = old;
}

god_status gdt_cut_each(gdt_work *work, gdt_cut *cut, god_error *err)
{
    gdt_cut_begin(work);
    for (size_t i = 0; i < work->pieces.count; i++) {
        const gdt_piece piece = work->pieces.items[i];
        if (piece.id == GDT_NO_ID) {
            GOD_TRY(cut(work, &piece, err));
        } else {
            GOD_TRY(gdt_cut_push(work, piece.begin, piece.end, piece.id, err));
        }
    }
    gdt_cut_end(work);
    return GOD_OK;
}

god_status gdt_rewrite(gdt_work *work, gdt_write *write, const void *self, god_error *err)
{
    work->back.count = 0;
    gdt_cut_begin(work);
    for (size_t i = 0; i < work->pieces.count; i++) {
        const gdt_piece *piece = &work->pieces.items[i];
        uint32_t begin = (uint32_t)work->back.count;
        if (piece->id == GDT_NO_ID) {
            GOD_TRY(write(self, work, piece, err));
        } else {
            GOD_TRY(gdt_emit_copy(work, piece->begin, piece->end, err));
        }
        GOD_TRY(gdt_cut_push(work, begin, (uint32_t)work->back.count, piece->id, err));
    }
    gdt_cut_end(work);
    gdt_buffer old = work->front;
    work->front = work->back;
    work->back = old;
    work->text = work->front.bytes;
    work->count = work->front.count;
    work->origins = work->front.origins;
    return GOD_OK;
}

god_status gdt_emit(gdt_work *work, const char *bytes, size_t count, gdt_range origin, god_error *err)
{
    GOD_TRY(reserve_buffer(work, &work->back, count, err));
    if (count > 0) {
        buffer_push(&work->back, bytes, count, origin);
    }
    return GOD_OK;
}

god_status gdt_emit_code(gdt_work *work, uint32_t code, gdt_range origin, god_error *err)
{
    char bytes[4];
    size_t count = gdt_utf8_encode(code, bytes);
    return gdt_emit(work, bytes, count, origin, err);
}

god_status gdt_emit_copy(gdt_work *work, uint32_t begin, uint32_t end, god_error *err)
{
    size_t count = end - begin;
    gdt_buffer *back = &work->back;
    GOD_TRY(reserve_buffer(work, back, count, err));
    if (count == 0) {
        return GOD_OK;
    }
    memcpy(back->bytes + back->count, work->text + begin, count);
    if (work->origins != NULL) {
        memcpy(back->origins + back->count, work->origins + begin, count * sizeof(gdt_range));
    } else {
        for (uint32_t at = begin; at < end;) {
            uint32_t after = at + (uint32_t)gdt_utf8_length(work->text[at]);
            for (uint32_t i = at; i < after && i < end; i++) {
                back->origins[back->count + i - begin] = (gdt_range){at, after};
            }
            at = after;
        }
    }
    back->count += count;
    return GOD_OK;
}
