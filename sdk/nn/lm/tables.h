/* lm/tables.h: cos and sin of the rotary embedding on a device, kept between packs. Private to lm/. [one]
 *
 * One buffer holds a segment per variant (lm/rope.h), each for positions 0 .. n - 1. Nearly all models have one variant
 * only, and then the buffer grows with the longest sequence seen. */
#ifndef GNN_LM_TABLES_H
#define GNN_LM_TABLES_H

#include "lm/engine.h"
#include "lm/rope.h"

typedef struct gnn_segment {
    int64_t variant, positions, first; /* rows first .. first + positions - 1 of the tables */
} gnn_segment;

typedef struct gnn_tables {
    float *cosines, *sines; /* (rows, rotary / 2) on the device */
    gnn_segment *segments;
    size_t segment_count;
} gnn_tables;

/* Makes sure that the tables serve every sequence of the pack, and writes the row of each token to `ret_rows` (host,
 * one per token). Does nothing when rope->rotary is 0. */
god_status gnn_tables_prepare(god_nn_engine *engine, gnn_tables *tables, const gnn_rope *rope, const god_nn_pack *pack,
                              int32_t *ret_rows, god_error *err);
/* 1: a prefix's rows turn alike in all sequences of the pack that it is part of, so it may be run once. The pack has
 * been checked. */
uint32_t gnn_tables_share(const gnn_rope *rope, const god_nn_pack *pack);
void gnn_tables_fini(god_nn_engine *engine, gnn_tables *tables); /* accepts tables that are all zero */

#endif
