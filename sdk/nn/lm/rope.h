/* lm/rope.h: frequencies of the rotary position embedding, from config.json to tables. [any]
 *
 * Two spellings are read: `rope_theta` with `rope_scaling`, and `rope_parameters`, which holds both. Types: default,
 * linear, llama3, yarn. Sources: Su et al. 2021 (arXiv 2104.09864); Chen et al. 2023 (arXiv 2306.15595) for linear;
 * Peng et al. 2023 (arXiv 2309.00071) for yarn; the Llama 3.1 reference code for llama3. */
#ifndef GNN_LM_ROPE_H
#define GNN_LM_ROPE_H

#include <jansson.h>

#include "god/error.h"

enum { GNN_ROTARY_MAX = 1024 };

typedef struct gnn_rope {
    int64_t rotary;                        /* elements of a head that turn; 0: no rotary embedding */
    float attention_factor;                /* multiplies cos and sin */
    float frequencies[GNN_ROTARY_MAX / 2]; /* rotary / 2 */
} gnn_rope;

/* Reads the settings of a config.json for heads of head_dim elements. */
god_status gnn_rope_read(const json_t *config, int64_t head_dim, int64_t positions_max, gnn_rope *ret_rope,
                         god_error *err);

/* Fills cos and sin (positions, rotary / 2): f32 arithmetic, then rounded to dtype. */
void gnn_rope_fill(const gnn_rope *rope, int64_t positions, uint32_t dtype, float *cosines, float *sines);

#endif
