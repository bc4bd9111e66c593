/* sp_merges.h: the merges of a BPE model of SentencePiece, which stores pieces and scores alone. [one] */
#ifndef GDT_SP_MERGES_H
#define GDT_SP_MERGES_H

#include <jansson.h>

#include "sp_proto.h"

/* A piece may be made of any two others; merges are ordered by the piece's score, then by the lengths of both halves,
 * larger first, then by the order of their ids. *ret_merges is an array of
 * [left, right], owned by the caller. */
god_status gdt_sp_merges(const char *where, const gdt_sp_piece *pieces, size_t count, json_t **ret_merges,
                         god_error *err);

#endif
