/* lm/arch.h: the architectures as data.
 *
 * One `gnn_arch` says how a family of checkpoints is laid out and where it departs from the common decoder; the loader
 * and the forward pass read it and know no family by name. Adding an architecture is a new table entry in arch.c,
 * unless it computes something that no other does.
 *
 *   x = embed(ids) [* embedding multiplier] [+ learned positions]
 *   per layer, with absent norms left out:
 *     x = x + attn_out(attention(attn_in(x)))
 *     x = x + mlp_out(mlp(mlp_in(x)))            parallel: both branches read the x before the layer
 *   logits = head(final(x)) [softcap]
 *
 * Names are patterns in which "%" stands for the layer number; NULL means that the family has no such tensor. A linear
 * layer is "<name>.weight" and, where it has one, "<name>.bias". All tables are static. */
#ifndef GNN_LM_ARCH_H
#define GNN_LM_ARCH_H

#include <stddef.h>
#include <stdint.h>

/* The linear layers of one decoder layer. Families use either q, k, v or qkv; gate and up, gate_up, or up alone. */
enum gnn_slot {
    GNN_SLOT_Q,
    GNN_SLOT_K,
    GNN_SLOT_V,
    GNN_SLOT_QKV,
    GNN_SLOT_O,
    GNN_SLOT_GATE,
    GNN_SLOT_UP,
    GNN_SLOT_GATE_UP,
    GNN_SLOT_DOWN,
    GNN_SLOTS
};

/* The norms of one decoder layer. Q and K act on heads, before the rotary embedding. */
enum gnn_norm_slot {
    GNN_NORM_ATTN_IN,
    GNN_NORM_ATTN_OUT,
    GNN_NORM_MLP_IN,
    GNN_NORM_MLP_OUT,
    GNN_NORM_Q,
    GNN_NORM_K,
    GNN_NORM_SLOTS
};

/* Order of the output rows of a fused query-key-value layer. */
enum {
    GNN_QKV_CONCAT = 0,   /* all of q, all of k, all of v */
    GNN_QKV_PER_HEAD = 1, /* per head: q, k, v */
    GNN_QKV_PER_GROUP = 2 /* per key head: its query heads, k, v */
};

typedef struct gnn_linear_spec {
    const char *name;     /* pattern; NULL: absent */
    const char *bias_key; /* member of config.json that switches the bias on; NULL: bias_default decides */
    uint8_t bias_default;
} gnn_linear_spec;

/* Members of config.json whose names differ between families; NULL: the name in the comment. */
typedef struct gnn_key_names {
    const char *hidden;       /* hidden_size */
    const char *layers;       /* num_hidden_layers */
    const char *heads;        /* num_attention_heads */
    const char *kv_heads;     /* num_key_value_heads */
    const char *intermediate; /* intermediate_size */
    const char *positions;    /* max_position_embeddings */
    const char *norm_eps;     /* rms_norm_eps */
    const char *activation;   /* hidden_act */
} gnn_key_names;

typedef struct gnn_arch {
    const char *architecture; /* as in `architectures` */
    const char *model_type;
    const char *prefix; /* of the decoder's tensors; files written without it are read too */
    gnn_key_names keys;

    const char *embed, *positions, *final_norm, *head;
    const char *norms[GNN_NORM_SLOTS];
    gnn_linear_spec linears[GNN_SLOTS];
    const char *const *ignored; /* NULL-ended endings of tensor names that may be in the file and are not weights */

    uint32_t norm_kind;     /* GNN_NORM_... of ops/norm.h */
    uint32_t qkv_order;     /* GNN_QKV_... */
    uint8_t stored_by_cols; /* linear weights are stored (inputs, outputs) */
    uint8_t tied_default;   /* `tie_word_embeddings` when config.json does not say */
    uint8_t window_always;  /* `sliding_window` acts without `use_sliding_window` */
    const char *activation_default;
    double norm_eps_default;
} gnn_arch;

/* NULL when there is none. */
const gnn_arch *gnn_arch_find(const char *architecture, const char *model_type);
/* "A, B and C" into buf. */
void gnn_arch_list(char *buf, size_t bytes);

#endif
