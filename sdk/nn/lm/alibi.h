/* lm/alibi.h: attention with linear biases: a term per head and key position, on a device. Private to lm/. [one]
 *
 * For n heads, n a power of two, head h (from 1) has the slope 2^(-8 h / n); other numbers of heads take the slopes of
 * the power below and every second one of the power above. The bias of key j is slope * j / sqrt(head size); softmax
 * does not see what is added to all keys, so positions count from the sequence's beginning. Slope and product are
 * rounded to bf16 in every precision, as the Falcon family's code does; the quotient to the activation type. Source:
 * Press, Smith, Lewis 2021 (arXiv 2108.12409), section 3. */
#ifndef GNN_LM_ALIBI_H
#define GNN_LM_ALIBI_H

#include "lm/engine.h"

typedef struct gnn_alibi {
    float *bias;       /* (heads, positions) on the device */
    int64_t positions; /* 0: nothing there yet */
} gnn_alibi;

/* Makes sure that the table reaches to the longest sequence of the pack. */
god_status gnn_alibi_prepare(god_nn_engine *engine, gnn_alibi *alibi, int64_t heads, int64_t head_dim,
                             const god_nn_pack *pack, god_error *err);
void gnn_alibi_fini(god_nn_engine *engine, gnn_alibi *alibi); /* accepts one that is all zero */

#endif
