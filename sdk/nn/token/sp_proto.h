/* sp_proto.h: what a SentencePiece model file (sentencepiece_model.proto, ModelProto) says. [one] */
#ifndef GDT_SP_PROTO_H
#define GDT_SP_PROTO_H

#include "god/error.h"

/* Types of a piece and of a model, with their numbers in the file. */
enum { GDT_SP_NORMAL = 1, GDT_SP_UNKNOWN = 2, GDT_SP_CONTROL = 3, GDT_SP_USER_DEFINED = 4 };
enum { GDT_SP_UNIGRAM = 1, GDT_SP_BPE = 2 };

typedef struct gdt_sp_piece {
    const char *text; /* borrowed from the file; not ended by a NUL */
    size_t bytes;
    float score;
    uint32_t type;
} gdt_sp_piece;

typedef struct gdt_sp_model {
    gdt_sp_piece *pieces;
    size_t count, capacity;
    uint32_t model_type;
    int32_t unk_id;
    const char *unk_piece; /* borrowed */
    size_t unk_piece_bytes;
    const char *charsmap; /* borrowed; NULL: none */
    size_t charsmap_bytes;
} gdt_sp_model;

/* Reads the bytes of a file, which must outlive the model. Fields that are not known are skipped. GOD_E_DATA opens with
 * `where` and says at which byte. */
god_status gdt_sp_read(const char *where, const char *bytes, size_t count, gdt_sp_model *ret_model, god_error *err);
void gdt_sp_fini(gdt_sp_model *model);

#endif
