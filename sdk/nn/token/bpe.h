/* bpe.h: byte pair encoding. Source: Sennrich, Haddow, Birch 2016 (arXiv 1508.07909), with the options of the
 * tokenizers library's BPE model.
 *
 * A piece starts as one symbol per character (with raw_bytes: per byte). The neighbouring pair with the lowest rank is
 * merged, the leftmost first among equals, until no pair is in the table. */
#ifndef GDT_BPE_H
#define GDT_BPE_H

#include "model.h"

/* A pair of symbols with ids below GDT_LOW_IDS, where the bytes of byte-level tables are, a few of them special tokens:
 * every piece starts with such pairs, and neighbours lie side by side here. */
enum { GDT_LOW_IDS = 288 };
typedef struct gdt_low_pair {
    uint32_t rank_1; /* 1 more than its rank; 0: not in the table */
    int32_t merged;
} gdt_low_pair;

typedef struct gdt_bpe {
    gdt_pairs merges;
    gdt_low_pair *low;     /* GDT_LOW_IDS squared, the same merges once more */
    uint32_t rank_end;     /* one more than the highest rank */
    uint32_t is_monotone;  /* a pair ranks behind the merges that make its symbols, as in tables that were trained */
    gdt_index raw;         /* raw_bytes: bytes -> id, for ignore_merges */
    int32_t byte_ids[256]; /* raw_bytes: the symbol of each byte, -1: none; else the symbol of each ASCII character */
    int32_t fallback[256]; /* byte_fallback: the id of <0xHH>, -1: none */
    int32_t unk;           /* -1: an unknown character vanishes */
    uint32_t raw_bytes, byte_fallback, fuse_unk, ignore_merges;
    char *prefix, *suffix; /* continuing_subword_prefix, end_of_word_suffix; NULL: none */
} gdt_bpe;

/* Words of 64 bits with a bit for each rank. */
static inline size_t gdt_bpe_rank_words(const gdt_bpe *bpe)
{
    return ((size_t)bpe->rank_end + 63) / 64;
}

/* A symbol of a piece that is being merged. */
typedef struct gdt_symbol {
    int32_t id;
    uint32_t begin, end; /* bytes of the text */
    uint32_t rank;       /* of the pair that starts here */
    int32_t merged;
} gdt_symbol;

/* Merges until no pair is in the table; *count becomes the number of symbols left, at the front. */
god_status gdt_bpe_merge(const gdt_bpe *bpe, gdt_work *work, gdt_symbol *symbols, size_t *count, god_error *err);

god_status gdt_bpe_encode(const gdt_model *model, gdt_work *work, const gdt_piece *piece, god_tokens *tokens,
                          god_error *err);

#endif
