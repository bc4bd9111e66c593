/* Protocol buffers by hand: a message is a list of (tag, value); a tag is field << 3 | wire type. */
#include "sp_proto.h"

#include <math.h>
#include <stdlib.h>

#include "utf8.h"
#include "vocab.h"
#include "work.h"

enum { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };

typedef struct reader {
    const char *where, *file;
    const unsigned char *at, *end;
    god_error *err;
} reader;

/* One field: a number, or bytes. */
typedef struct field {
    uint64_t number; /* of the field */
    uint32_t wire;
    uint64_t value;    /* WIRE_VARINT, WIRE_64, WIRE_32 */
    const char *bytes; /* WIRE_BYTES */
    size_t count;
} field;

static god_status fail_at(const reader *r, const char *what)
{
    return god_fail(r->err, GOD_E_DATA, "%s: byte %zu: %s", r->where, (size_t)(r->at - (const unsigned char *)r->file),
                    what);
}

static god_status read_varint(reader *r, uint64_t *ret_value)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (r->at == r->end) {
            return fail_at(r, "the file ends inside a number");
        }
        unsigned char byte = *r->at++;
        value |= (uint64_t)(byte & 0x7Fu) << shift;
        if (byte < 0x80) {
            *ret_value = value;
            return GOD_OK;
        }
    }
    return fail_at(r, "a number has more than ten bytes");
}

static god_status read_fixed(reader *r, unsigned bytes, uint64_t *ret_value)
{
    if ((size_t)(r->end - r->at) < bytes) {
        return fail_at(r, "the file ends inside a number");
    }
    *ret_value = 0;
    for (unsigned i = 0; i < bytes; i++) {
        *ret_value |= (uint64_t)r->at[i] << (8 * i);
    }
    r->at += bytes;
    return GOD_OK;
}

static god_status read_field(reader *r, field *ret_field)
{
    uint64_t tag = 0, count = 0;
    GOD_TRY(read_varint(r, &tag));
    *ret_field = (field){.number = tag >> 3, .wire = (uint32_t)(tag & 7u)};
    switch (ret_field->wire) {
    case WIRE_VARINT: return read_varint(r, &ret_field->value);
    case WIRE_64: return read_fixed(r, 8, &ret_field->value);
    case WIRE_32: return read_fixed(r, 4, &ret_field->value);
    case WIRE_BYTES: break;
    default: return fail_at(r, "this is not a SentencePiece model (unknown wire type)");
    }
    GOD_TRY(read_varint(r, &count));
    if (count > (uint64_t)(r->end - r->at)) {
        return fail_at(r, "a field is longer than the file");
    }
    ret_field->bytes = (const char *)r->at;
    ret_field->count = (size_t)count;
    r->at += count;
    return GOD_OK;
}

/* A reader of what a field holds. */
static reader inside(const reader *r, const field *f)
{
    reader inner = *r;
    inner.at = (const unsigned char *)f->bytes;
    inner.end = inner.at + f->count;
    return inner;
}

static float to_float(uint64_t bits)
{
    uint32_t low = (uint32_t)bits;
    float value;
    memcpy(&value, &low, sizeof value);
    return value;
}

static god_status check_piece(const reader *r, const gdt_sp_piece *piece, size_t id)
{
    const char *problem = NULL;
    if (piece->text == NULL || piece->bytes == 0) {
        problem = "has no text";
    } else if (piece->bytes > GDT_PIECE_BYTES_MAX) {
        problem = "is longer than GDT_PIECE_BYTES_MAX";
    } else if (gdt_utf8_valid_prefix(piece->text, piece->bytes) != piece->bytes) {
        problem = "is not UTF-8";
    } else if (memchr(piece->text, '\0', piece->bytes) != NULL) {
        problem = "holds a NUL";
    } else if (!isfinite(piece->score)) {
        problem = "has a score that is not finite";
    }
    return problem == NULL ? GOD_OK : god_fail(r->err, GOD_E_DATA, "%s: piece %zu %s", r->where, id, problem);
}

static god_status read_piece(const reader *outer, const field *f, gdt_sp_model *model)
{
    reader r = inside(outer, f);
    gdt_sp_piece piece = {.type = GDT_SP_NORMAL};
    if (model->count == GDT_VOCAB_IDS_MAX) {
        return fail_at(outer, "there are more pieces than GDT_VOCAB_IDS_MAX");
    }
    while (r.at < r.end) {
        field inner;
        GOD_TRY(read_field(&r, &inner));
        if (inner.number == 1 && inner.wire == WIRE_BYTES) {
            piece.text = inner.bytes;
            piece.bytes = inner.count;
        } else if (inner.number == 2 && inner.wire == WIRE_32) {
            piece.score = to_float(inner.value);
        } else if (inner.number == 3 && inner.wire == WIRE_VARINT) {
            piece.type = (uint32_t)inner.value;
        }
    }
    GOD_TRY(check_piece(outer, &piece, model->count));
    GOD_TRY(gdt_reserve((void **)&model->pieces, &model->capacity, model->count + 1, sizeof piece, outer->where,
                        outer->err));
    model->pieces[model->count++] = piece;
    return GOD_OK;
}

static god_status read_trainer(const reader *outer, const field *f, gdt_sp_model *model)
{
    reader r = inside(outer, f);
    while (r.at < r.end) {
        field inner;
        GOD_TRY(read_field(&r, &inner));
        if (inner.number == 3 && inner.wire == WIRE_VARINT) {
            model->model_type = (uint32_t)inner.value;
        } else if (inner.number == 40 && inner.wire == WIRE_VARINT) {
            model->unk_id = (int32_t)(uint32_t)inner.value;
        } else if (inner.number == 45 && inner.wire == WIRE_BYTES) {
            model->unk_piece = inner.bytes;
            model->unk_piece_bytes = inner.count;
        }
    }
    return GOD_OK;
}

static god_status read_normalizer(const reader *outer, const field *f, gdt_sp_model *model)
{
    reader r = inside(outer, f);
    while (r.at < r.end) {
        field inner;
        GOD_TRY(read_field(&r, &inner));
        if (inner.number == 2 && inner.wire == WIRE_BYTES && inner.count > 0) {
            model->charsmap = inner.bytes;
            model->charsmap_bytes = inner.count;
        }
    }
    return GOD_OK;
}

static god_status read_model(reader *r, gdt_sp_model *model)
{
    while (r->at < r->end) {
        field f;
        GOD_TRY(read_field(r, &f));
        if (f.wire != WIRE_BYTES) {
            continue;
        }
        if (f.number == 1) {
            GOD_TRY(read_piece(r, &f, model));
        } else if (f.number == 2) {
            GOD_TRY(read_trainer(r, &f, model));
        } else if (f.number == 3) {
            GOD_TRY(read_normalizer(r, &f, model));
        }
    }
    return model->count > 0 ? GOD_OK : god_fail(r->err, GOD_E_DATA, "%s: there are no pieces", r->where);
}

god_status gdt_sp_read(const char *where, const char *bytes, size_t count, gdt_sp_model *ret_model, god_error *err)
{
    gdt_sp_model model = {.model_type = GDT_SP_UNIGRAM, .unk_piece = "<unk>", .unk_piece_bytes = 5};
    reader r = {where, bytes, (const unsigned char *)bytes, (const unsigned char *)bytes + count, err};
    god_status status = read_model(&r, &model);
    if (status != GOD_OK) {
        gdt_sp_fini(&model);
        return status;
    }
    *ret_model = model;
    return GOD_OK;
}

void gdt_sp_fini(gdt_sp_model *model)
{
    free(model->pieces);
    memset(model, 0, sizeof *model);
}
