/* bpe.h: byte pair encoding. Source: Sennrich, Haddow, Birch 2016 (arXiv 1508.07909), with the options of the
 * tokenizers library's BPE model.
 *
 * A piece starts as one symbol per character (with raw_bytes: per byte). The neighbouring pair with the lowest rank is
 * merged, the leftmost first among equals, until no pair is in the table. */
#ifndef GDT_BPE_H
#define GDT_BPE_H

#include "model.h"

typedef struct gdt_bpe {
    gdt_pairs merges;
    gdt_index raw;         /* raw_bytes: bytes -> id, for ignore_merges */
    int32_t byte_ids[256]; /* raw_bytes: the symbol of each byte, -1: none; else the symbol of each ASCII character */
    int32_t fallback[256]; /* byte_fallback: the id of <0xHH>, -1: none */
    int32_t unk;           /* -1: an unknown character vanishes */
    uint32_t raw_bytes, byte_fallback, fuse_unk, ignore_merges;
    char *prefix, *suffix; /* continuing_subword_prefix, end_of_word_suffix; NULL: none */
} gdt_bpe;

god_status gdt_bpe_encode(const gdt_model *model, gdt_work *work, const gdt_piece *piece, god_tokens *tokens,
                          god_error *err);

#endif
