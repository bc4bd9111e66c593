/* step.h: the steps of a tokenizer before its model: normalizers and pre-tokenizers. [any] after loading.
 *
 * Both kinds are lists of steps that run over a gdt_work, one after the other: "Sequence" members are flattened into
 * their parent's list. A step is a function and what it needs; the function knows which fields it uses. */
#ifndef GDT_STEP_H
#define GDT_STEP_H

#include <jansson.h>

#include "regex.h"

/* Behaviours of a delimiter, as in the tokenizers library. */
enum {
    GDT_SPLIT_REMOVED = 1,
    GDT_SPLIT_ISOLATED,
    GDT_SPLIT_MERGED_WITH_PREVIOUS,
    GDT_SPLIT_MERGED_WITH_NEXT,
    GDT_SPLIT_CONTIGUOUS
};

typedef int gdt_is(uint32_t code);
typedef struct gdt_step gdt_step;
struct gdt_step {
    god_status (*run)(const gdt_step *step, gdt_work *work, god_error *err);
    gdt_regex *regex;
    gdt_is *is;
    char *text; /* owned: what is prepended or put in place of a match */
    uint32_t behaviour, invert;
    uint32_t add_prefix_space, maps_bytes, options, code;
    void *extra; /* freed with `free_extra` */
    void (*free_extra)(void *extra);
};

typedef struct gdt_steps {
    gdt_step *items;
    size_t count, capacity;
} gdt_steps;

#define GDT_STEPS_MAX 64
#define GDT_STEP_TEXT_BYTES_MAX 1024

void gdt_steps_fini(gdt_steps *steps);
god_status gdt_steps_run(const gdt_steps *steps, gdt_work *work, god_error *err);

/* Appends the steps of one member of tokenizer.json; `object` is an object or null. */
god_status gdt_normalizer_load(gdt_steps *steps, json_t *object, god_error *err);
god_status gdt_pre_tokenizer_load(gdt_steps *steps, json_t *object, god_error *err);

/* Walks a component with "type", or a Sequence of them under `list_key`; `load` fills one step. */
typedef god_status gdt_step_load(gdt_step *step, const char *where, const char *type, json_t *object, god_error *err);
god_status gdt_steps_load(gdt_steps *steps, const char *where, const char *list_key, json_t *object,
                          gdt_step_load *load, god_error *err);

/* Cuts every piece without an id at the matches of step->regex, else at the code points for which step->is holds (NULL:
 * those equal to step->code), as step->behaviour and step->invert say. */
god_status gdt_run_split(const gdt_step *step, gdt_work *work, god_error *err);
god_status gdt_push_match(gdt_work *work, size_t begin, size_t end, uint32_t is_match, god_error *err);

/* Reads "pattern": {"Regex": "..."} or {"String": "..."}, and a text that the step keeps. */
god_status gdt_load_pattern(const char *where, json_t *object, gdt_regex **ret_regex, god_error *err);
/* A member that is one character. */
god_status gdt_load_character(const char *where, json_t *object, const char *key, uint32_t *ret_code, god_error *err);
god_status gdt_load_text(const char *where, json_t *object, const char *key, char **ret_text, god_error *err);

/* Puts "text" in front of a piece; all of it stands for the same input as the first character. */
god_status gdt_emit_prefixed(gdt_work *work, const gdt_piece *piece, const char *text, god_error *err);
/* A character of the new text, with its change: 0 takes the place of one character of the old text, 1 is added behind
 * it, -n takes the place of one and swallows the next n. The tokenizers library derives origins from these counts. */
typedef struct gdt_change {
    uint32_t code;
    int32_t change;
} gdt_change;
/* Writes it; *old_at is the next character of the old text to be replaced, within the piece. */
god_status gdt_emit_change(gdt_work *work, const gdt_piece *piece, uint32_t *old_at, gdt_change change, god_error *err);
/* Writes the bytes of a piece as characters of the byte-level alphabet. */
gdt_write gdt_write_byte_level;
/* Puts `text` in place of each match in a piece. */
god_status gdt_emit_replaced(gdt_work *work, const gdt_piece *piece, const char *text, god_error *err);

#endif
