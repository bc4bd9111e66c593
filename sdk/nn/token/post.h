/* post.h: post-processors: ids added around a text, and offsets trimmed of blanks. [any] after loading. */
#ifndef GDT_POST_H
#define GDT_POST_H

#include "added.h"

#define GDT_POST_IDS_MAX 256

enum { GDT_POST_TEXT = -1 };   /* in place of an id: the text itself */
enum { GDT_POST_LOOK = 0xFF }; /* in place of counted blanks: an added token, or very many blanks */

typedef struct gdt_post_step {
    uint32_t trims, add_prefix_space; /* trims offsets of blanks; a lone first blank was ours and stays */
    int32_t *items;                   /* ids and GDT_POST_TEXT; NULL: nothing is added */
    size_t count;
} gdt_post_step;

typedef struct gdt_post {
    gdt_post_step *steps;
    size_t count, capacity;
    uint8_t
        *blanks; /* per id: blanks at the begin of its piece * 16 + at its end, or GDT_POST_LOOK; NULL: none trims */
    int32_t blanks_end;
} gdt_post;

void gdt_post_fini(gdt_post *post);
/* `object` is the member "post_processor" of tokenizer.json, an object or null. */
god_status gdt_post_load(gdt_post *post, json_t *object, god_error *err);
/* Replaces everything by: bos (unless -1), text, eos (unless -1). */
god_status gdt_post_set(gdt_post *post, int32_t bos, int32_t eos, god_error *err);

/* Counts the blanks of every piece once; called when vocabulary and added tokens are complete. */
god_status gdt_post_prepare(gdt_post *post, const gdt_vocab *vocab, const gdt_added *added, god_error *err);

/* How many ids are added to a text of no tokens. */
size_t gdt_post_added(const gdt_post *post);
/* `special` 0: trims only. */
god_status gdt_post_run(const gdt_post *post, const gdt_vocab *vocab, const gdt_added *added, const gdt_work *work,
                        uint32_t special, god_tokens *tokens, god_error *err);

#endif
