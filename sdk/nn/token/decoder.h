/* decoder.h: from pieces back to text. [any] after loading. */
#ifndef GDT_DECODER_H
#define GDT_DECODER_H

#include <jansson.h>

#include "regex.h"

/* The pieces of a text, one behind the other: piece i is text bytes ends[i - 1] .. ends[i]. */
typedef struct gdt_strings {
    god_text bytes;
    size_t *ends;
    size_t count, capacity;
} gdt_strings;

god_status gdt_strings_push(gdt_strings *strings, const char *text, size_t bytes, god_error *err);
void gdt_strings_fini(gdt_strings *strings);
/* Piece i, not ended by a NUL. */
const char *gdt_strings_get(const gdt_strings *strings, size_t i, size_t *ret_bytes);

typedef struct gdt_decode_step gdt_decode_step;
struct gdt_decode_step {
    /* Reads `from`, writes `to`, which is empty. */
    god_status (*run)(const gdt_decode_step *step, const gdt_strings *from, gdt_strings *to, god_error *err);
    gdt_regex *regex;
    char *text;                 /* owned: what is looked for or put in place */
    uint32_t code, keeps_first; /* a character; 0: it vanishes at the beginning of the first piece */
    uint32_t cleanup;
    size_t start, stop; /* characters that Strip takes away at most */
};

typedef struct gdt_decoder {
    gdt_decode_step *steps;
    size_t count, capacity;
    uint32_t present; /* 0: pieces are joined with blanks */
} gdt_decoder;

void gdt_decoder_fini(gdt_decoder *decoder);
/* `object` is the member "decoder" of tokenizer.json, an object or null. */
god_status gdt_decoder_load(gdt_decoder *decoder, json_t *object, god_error *err);
/* Fills one step by its type. */
god_status gdt_decode_step_load(gdt_decode_step *step, const char *where, const char *type, json_t *object,
                                god_error *err);
/* Appends the text of the pieces. */
god_status gdt_decoder_run(const gdt_decoder *decoder, gdt_strings *pieces, god_text *ret_text, god_error *err);
/* Takes the blanks away that stand before punctuation and English contractions, as clean_up_tokenization_spaces; the
 * WordPiece decoder also turns "do not" into "don't". */
god_status gdt_decode_cleanup(god_text *text, uint32_t contracts_do_not, god_error *err);

#endif
