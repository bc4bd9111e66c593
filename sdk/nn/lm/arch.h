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
 * Names are patterns in which "%" stands for the layer number and "#" for the expert's; NULL means that the family has
 * no such tensor. A linear layer is "<name>.weight" and, where it has one, "<name>.bias". Names of members of
 * config.json may be several, separated by "|": the first that is there counts. All tables are static. */
#ifndef GNN_LM_ARCH_H
#define GNN_LM_ARCH_H

#include <stddef.h>
#include <stdint.h>

/* The linear layers of one decoder layer. Families use either q, k, v or qkv; gate and up, gate_up, or up alone. A
 * layer with experts has gate, up and down per expert, chosen by the router, and may have a shared expert besides,
 * which is weighted by the sigmoid of shared_scale. */
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
    GNN_SLOT_ROUTER,
    GNN_SLOT_EXPERT_GATE,
    GNN_SLOT_EXPERT_UP,
    GNN_SLOT_EXPERT_DOWN,
    GNN_SLOT_SHARED_GATE,
    GNN_SLOT_SHARED_UP,
    GNN_SLOT_SHARED_DOWN,
    GNN_SLOT_SHARED_SCALE,
    GNN_SLOTS
};

/* The norms of one decoder layer. Q and K act before the rotary embedding. */
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
    GNN_QKV_PER_GROUP = 1 /* per key head: its query heads, k, v */
};

/* Which layers see `sliding_window` tokens only, when config.json has no `layer_types`. */
enum {
    GNN_WINDOW_NEVER = 0,
    GNN_WINDOW_ALL = 1,
    GNN_WINDOW_SWITCHED = 2, /* with `use_sliding_window`: the layers from `max_window_layers` on */
    GNN_WINDOW_PERIOD = 3    /* all but every period-th */
};

typedef struct gnn_linear_spec {
    const char *name;     /* pattern; NULL: absent */
    const char *bias_key; /* switches the bias on; NULL: bias_default decides */
    uint8_t bias_default;
} gnn_linear_spec;

/* Members of config.json whose names differ between families; NULL: the name in the comment. */
typedef struct gnn_key_names {
    const char *hidden;       /* hidden_size */
    const char *layers;       /* num_hidden_layers */
    const char *heads;        /* num_attention_heads */
    const char *kv_heads;     /* num_key_value_heads; "": there is none */
    const char *intermediate; /* intermediate_size */
    const char *positions;    /* max_position_embeddings */
    const char *norm_eps;     /* rms_norm_eps */
    const char *activation;   /* hidden_act */
} gnn_key_names;

/* A number or truth value (1, 0) of config.json and what it has to be; absent and null count as `absent`. */
typedef struct gnn_condition {
    const char *key;
    int64_t equals, absent;
} gnn_condition;

enum { GNN_CONDITIONS_MAX = 3 };

/* Mixture of experts; `experts` NULL: none. Layer i has experts when (i + 1) % step_key == 0 and `mlp_only_layers` does
 * not list it; other layers have the plain gate, up and down. */
typedef struct gnn_moe_spec {
    const char *experts, *per_token; /* keys of their numbers */
    const char *intermediate;        /* key of an expert's inner size; NULL: the model's */
    const char *shared_intermediate; /* key of the shared expert's */
    const char *normalise_key;       /* divide the chosen weights by their sum; NULL: normalise_default decides */
    uint8_t normalise_default;
} gnn_moe_spec;

typedef struct gnn_arch {
    const char *architecture; /* as in `architectures` */
    const char *model_type;
    const char *prefix;                     /* of the decoder's tensors; files written without it are read too */
    gnn_condition when[GNN_CONDITIONS_MAX]; /* this entry holds when all do; variants of one name follow each other */
    gnn_condition require[GNN_CONDITIONS_MAX]; /* anything else is refused by name */
    gnn_key_names keys;

    const char *embed, *positions, *final_norm, *head;
    const char *project_in, *project_out; /* between an embedding of another size and the hidden size, see embed_key */
    const char *norms[GNN_NORM_SLOTS];
    gnn_linear_spec linears[GNN_SLOTS];
    const char *const *ignored; /* NULL-ended endings of tensor names that may be in the file and are not weights */

    uint32_t norm_kind; /* GNN_NORM_... of ops/norm.h */
    uint32_t qkv_order; /* GNN_QKV_... */
    uint32_t window_rule;
    uint8_t stored_by_cols;   /* linear weights are stored (inputs, outputs) */
    uint8_t parallel;         /* attention and feed-forward side by side */
    uint8_t shared_norm;      /* parallel: the feed-forward reads what attention reads */
    uint8_t post_norm;        /* attn_in and mlp_in act on x after the branch has been added to it */
    uint8_t head_norm_whole;  /* query and key norms run over all heads at once */
    uint8_t no_rope;          /* no rotary embedding */
    uint8_t local_rope;       /* layers with a window have a rotary embedding of their own */
    uint8_t scaled_embedding; /* the embedding is multiplied by sqrt(hidden) */
    uint8_t tied_default;     /* `tie_word_embeddings` when config.json does not say */
    uint8_t positions_offset; /* first row of the learned positions that is used */
    int64_t window_default;   /* `sliding_window` when absent; null is none */
    int64_t period_default;   /* `sliding_window_pattern` when absent */
    int64_t head_dim_default; /* 0: hidden / heads */
    int64_t kv_heads_default; /* 0: as many as heads */
    int64_t inner_per_hidden; /* inner size in hidden sizes when config.json gives none; 0: it has to */
    const char *embed_key;    /* size of an embedding, the hidden size when absent; NULL: the hidden size */
    const char *alibi_key;    /* linear biases instead of a rotary embedding, when true; NULL: never */
    const char *unscaled_key; /* attention scores are not divided, when false; NULL: always divided */
    const char *by_layer_key; /* attention scores of layer i are divided by i + 1, when true; NULL: never */
    const char *scale_key;    /* attention scores are divided by the square root of this; NULL: of the head size */
    int64_t scale_default;
    double attention_softcap_default, logit_softcap_default; /* `attn_logit_softcapping`, `final_logit_softcapping` */
    const char *partial_key; /* share of a head that turns; NULL: partial_rotary_factor */
    double partial_default;  /* 0: 1 */
    double theta_default;    /* 0: 10000 */
    const char *activation_default;
    double norm_eps_default;
    gnn_moe_spec moe;
} gnn_arch;

/* The entry that follows `after` (NULL: the first) among those of this architecture or, when that is NULL, of this
 * model type; NULL when there is none. */
const gnn_arch *gnn_arch_next(const char *architecture, const char *model_type, const gnn_arch *after);
/* "A, B and C" into buf. */
void gnn_arch_list(char *buf, size_t bytes);

#endif
