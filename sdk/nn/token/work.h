/* work.h: one text on its way from the input to token ids. [one]
 *
 * The text is cut into pieces; each step of the tokenizer cuts pieces further, or writes the text anew and keeps for
 * each byte the range of input bytes that it came from:
 *
 *   input     "Hé <s>x"                        begin/end of a token are bytes of the input
 *   text      [ H ][ é  é ][ ][ < s > ][ x ]   valid UTF-8
 *   origins    0-1  1-3 1-3 3-4 ...            NULL while the text is the input itself
 *   pieces    {0,4} {4,7,id of <s>} {7,8}      id >= 0: an added token, no step touches it any more
 *
 * A gdt_work belongs to one encode call; nothing in it outlives the call except memory kept for the next one, and the
 * word cache (cache.h). */
#ifndef GDT_WORK_H
#define GDT_WORK_H

#include "god/nn/tokenizer.h"

/* Positions are 32 bits wide, so a text ends long before they do. */
#define GDT_TEXT_BYTES_MAX ((size_t)1 << 30)
/* What the steps of a tokenizer may make of a text: so many times its bytes, and some more for what they put in front.
 * The longest decomposition of Unicode (U+FDFA under NFKD) has 11 times the bytes of its character, and ByteLevel may
 * double that. A hostile list of replacements, each doubling the text, stops here. */
#define GDT_GROWTH_TIMES_MAX ((size_t)32)
#define GDT_GROWTH_BYTES ((size_t)4096)

enum { GDT_NO_ID = -1 };

typedef struct gdt_range {
    uint32_t begin, end;
} gdt_range;

typedef struct gdt_piece {
    uint32_t begin, end; /* bytes of the text */
    int32_t id;          /* GDT_NO_ID: still to be encoded */
} gdt_piece;

typedef struct gdt_pieces {
    gdt_piece *items;
    size_t count, capacity;
} gdt_pieces;

/* A match of a pattern, or the text between two matches. */
typedef struct gdt_match {
    uint32_t begin, end;
    uint32_t is_match;
} gdt_match;

typedef struct gdt_matches {
    gdt_match *items;
    size_t count, capacity;
} gdt_matches;

/* Text that is owned and written to. */
typedef struct gdt_buffer {
    char *bytes;
    gdt_range *origins;
    size_t count, capacity;
} gdt_buffer;

/* Scratch memory of one user, grown as needed and never shrunk. */
typedef struct gdt_scratch {
    void *memory;
    size_t bytes;
} gdt_scratch;

typedef struct gdt_work gdt_work;
struct gdt_work {
    const char *input;
    size_t input_bytes;
    size_t text_bytes_max; /* what the input may grow to */

    const char *text; /* the input, or front.bytes */
    size_t count;
    const gdt_range *origins; /* NULL, or front.origins */
    gdt_pieces pieces;

    gdt_buffer front, back;
    gdt_pieces next_pieces;
    gdt_matches matches, folded;
    gdt_scratch symbols, queue, links, ranks, chars, lattice;
    void *match_data, *match_limits, *jit_stack; /* owned by regex.c */
    void *words;                                 /* owned by cache.c */
    uint8_t *forms[4];                           /* owned by normal_form.c, by the options of the form */
    gdt_work *next_idle;                         /* owned by pool.c */
};

/* Grows an array to hold `needed` items of `item_bytes`; `what` opens the error. */
god_status gdt_reserve(void **items, size_t *capacity, size_t needed, size_t item_bytes, const char *what,
                       god_error *err);
god_status gdt_scratch_reserve(gdt_scratch *scratch, size_t count, size_t item_bytes, god_error *err);

/* Starts on an input: the text is the input itself, or a repaired copy when it is not UTF-8; one piece, or none when it
 * is empty. */
god_status gdt_work_begin(gdt_work *work, const char *input, size_t bytes, god_error *err);
void gdt_work_fini(gdt_work *work);
/* What its arrays and buffers hold, used or not. */
size_t gdt_work_bytes(const gdt_work *work);

/* The input bytes that text bytes begin..end stand for. */
gdt_range gdt_work_origin(const gdt_work *work, uint32_t begin, uint32_t end);

god_status gdt_pieces_push(gdt_pieces *pieces, uint32_t begin, uint32_t end, int32_t id, god_error *err);

/* Cutting: collect the new list in work->next_pieces, then swap it in. Empty pieces vanish on the way. */
void gdt_cut_begin(gdt_work *work);
god_status gdt_cut_push(gdt_work *work, uint32_t begin, uint32_t end, int32_t id, god_error *err);
void gdt_cut_end(gdt_work *work);
/* The same around `cut`, which is called for each piece without an id. */
typedef god_status gdt_cut(gdt_work *work, const gdt_piece *piece, god_error *err);
god_status gdt_cut_each(gdt_work *work, gdt_cut *cut, god_error *err);

/* Writing the text anew, into work->back. `write` emits the new text of one piece; pieces with an id are copied. */
typedef god_status gdt_write(const void *self, gdt_work *work, const gdt_piece *piece, god_error *err);
god_status gdt_rewrite(gdt_work *work, gdt_write *write, const void *self, god_error *err);
god_status gdt_emit(gdt_work *work, const char *bytes, size_t count, gdt_range origin, god_error *err);
god_status gdt_emit_code(gdt_work *work, uint32_t code, gdt_range origin, god_error *err);
/* Copies text bytes begin..end with their origins. */
god_status gdt_emit_copy(gdt_work *work, uint32_t begin, uint32_t end, god_error *err);

#endif
