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

typedef struct gdt_step gdt_step;
struct gdt_step {
    god_status (*run)(const gdt_step *step, gdt_work *work, god_error *err);
    gdt_regex *regex;
    uint32_t behaviour, invert;
    uint32_t add_prefix_space, maps_bytes;
    void *extra; /* freed with `free_extra` */
    void (*free_extra)(void *extra);
};

typedef struct gdt_steps {
    gdt_step *items;
    size_t count, capacity;
} gdt_steps;

#define GDT_STEPS_MAX 64
#define GDT_STEP_DEPTH_MAX 8

void gdt_steps_fini(gdt_steps *steps);
god_status gdt_steps_run(const gdt_steps *steps, gdt_work *work, god_error *err);

/* Appends the steps of one member of tokenizer.json; `object` is an object or null. */
god_status gdt_normalizer_load(gdt_steps *steps, json_t *object, god_error *err);
god_status gdt_pre_tokenizer_load(gdt_steps *steps, json_t *object, god_error *err);

/* Walks a component with "type", or a Sequence of them under `list_key`; `load` fills one step. */
typedef god_status gdt_step_load(gdt_step *step, const char *where, const char *type, json_t *object, god_error *err);
god_status gdt_steps_load(gdt_steps *steps, const char *where, const char *list_key, json_t *object, size_t depth,
                          gdt_step_load *load, god_error *err);

/* Cuts a piece at work->matches by the behaviour, into work->next_pieces. */
god_status gdt_split_at_matches(gdt_work *work, uint32_t behaviour, god_error *err);
/* Lists in work->matches each code point of begin..end for which `is` holds, and the text between. */
typedef int gdt_is(uint32_t code);
god_status gdt_match_codes(gdt_work *work, uint32_t begin, uint32_t end, gdt_is *is, god_error *err);
god_status gdt_push_match(gdt_work *work, size_t begin, size_t end, uint32_t is_match, god_error *err);

#endif
