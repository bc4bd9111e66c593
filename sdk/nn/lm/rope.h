/* lm/rope.h: frequencies of the rotary position embedding, from config.json to tables. [any]
 *
 * Two spellings are read: `rope_theta` with `rope_scaling`, and `rope_parameters`, which holds both and may hold one
 * object per type of layer. Types: default, linear, dynamic, llama3, yarn, longrope. With dynamic and longrope the
 * frequencies depend on the length of the sequence: a length has a variant, and each variant has its own table.
 * Sources: Su et al. 2021 (arXiv 2104.09864); Chen et al. 2023 (arXiv 2306.15595) for linear; Peng et al. 2023 (arXiv
 * 2309.00071) for yarn and dynamic; Ding et al. 2024 (arXiv 2402.13753) for longrope; the Llama 3.1 reference code for
 * llama3. Powers are taken in f32, as the tables of Hugging Face models are. */
#ifndef GNN_LM_ROPE_H
#define GNN_LM_ROPE_H

#include <stdint.h>

#include "god/error.h"

struct json_t; /* of jansson */

enum { GNN_ROTARY_MAX = 1024 };

enum { GNN_ROPE_FIXED = 0, GNN_ROPE_DYNAMIC = 1, GNN_ROPE_LONG = 2 };

typedef struct gnn_rope {
    int64_t rotary;                             /* elements of a head that turn; 0: no rotary embedding */
    uint32_t kind;                              /* how the frequencies depend on the length */
    float attention_factor;                     /* multiplies cos and sin */
    float frequencies[GNN_ROTARY_MAX / 2];      /* rotary / 2 */
    float long_frequencies[GNN_ROTARY_MAX / 2]; /* longrope, beyond the original context */
    double theta, factor;                       /* dynamic */
    int64_t positions;                          /* the context beyond which the length counts */
} gnn_rope;

typedef struct gnn_rope_defaults {
    int64_t head_dim, positions_max;
    double theta, partial;
    const char *partial_key;
    const char *layer_type; /* which object of a nested `rope_parameters`; "sliding_attention" also takes
                               `rope_local_base_freq` and no scaling */
} gnn_rope_defaults;

god_status gnn_rope_read(const struct json_t *config, const gnn_rope_defaults *defaults, gnn_rope *ret_rope,
                         god_error *err);

/* 1 / theta^(2 i / rotary), the frequency of pair i before any scaling. */
float gnn_rope_frequency(double theta, int64_t i, int64_t rotary);

/* The variant of a sequence of this length: equal variants have equal frequencies. */
int64_t gnn_rope_variant(const gnn_rope *rope, int64_t length);

/* Fills cos and sin (positions, rotary / 2) of a variant: f32 arithmetic, then rounded to dtype. */
void gnn_rope_fill(const gnn_rope *rope, int64_t variant, int64_t positions, uint32_t dtype, float *cosines,
                   float *sines);

#endif
