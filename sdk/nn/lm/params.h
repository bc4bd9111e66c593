/* lm/params.h: the weights of a model on a device, and how they get there. Private to lm/. [one]
 *
 * `gnn_modules` lists what a configuration needs, by name and shape. `gnn_params` points at what the forward pass
 * uses. A base model owns all that its params point at; an adapter copies the base's params and points some entries
 * at things of its own, so the forward pass never asks whether there is an adapter. */
#ifndef GNN_LM_PARAMS_H
#define GNN_LM_PARAMS_H

#include "format/weights.h"
#include "lm/config.h"
#include "lm/engine.h"

enum {
    GNN_MODULE_EMBED = 1,
    GNN_MODULE_POSITIONS,
    GNN_MODULE_PROJECT_IN,
    GNN_MODULE_PROJECT_OUT,
    GNN_MODULE_HEAD,
    GNN_MODULE_FINAL_NORM,
    GNN_MODULE_NORM,
    GNN_MODULE_LINEAR
};

typedef struct gnn_module {
    uint32_t kind;
    uint32_t slot;         /* of the linear layer or norm */
    uint32_t bias;         /* "<name>.bias" exists too */
    int64_t layer;         /* -1 outside the layers */
    int64_t expert;        /* -1 outside the experts */
    int64_t outputs, cols; /* a norm has outputs = 1 */
    char name[200];        /* "model.layers.3.self_attn.q_proj" */
} gnn_module;

/* *ret_modules is freed with free(). */
god_status gnn_modules_list(const gnn_config *config, gnn_module **ret_modules, size_t *ret_count, god_error *err);

typedef struct gnn_linear {
    const gnn_matrix *matrix; /* NULL: absent */
    const float *bias;        /* NULL: none */
    int64_t outputs, cols;
    const gnn_matrix *lora_a, *lora_b; /* (rank, cols), (outputs, rank); NULL: none */
    int64_t rank;
    float lora_scale;
    const float *lora_bias; /* (outputs), added to B (A x) before the scale; NULL: none */
    const float *magnitude; /* (outputs), ops/dora.h; NULL: plain LoRA */
} gnn_linear;

typedef struct gnn_norm {
    const float *weight, *bias;
} gnn_norm;

typedef struct gnn_expert {
    gnn_linear gate, up, down;
} gnn_expert;

typedef struct gnn_layer {
    gnn_linear linears[GNN_SLOTS];
    gnn_norm norms[GNN_NORM_SLOTS];
    gnn_expert *experts; /* NULL when the layer has none */
} gnn_layer;

typedef struct gnn_params {
    gnn_linear embed, positions, head;
    gnn_linear project_in, project_out;
    gnn_norm final_norm;
    gnn_layer *layers;
    gnn_expert *experts; /* of all layers; layers point into it */
} gnn_params;

/* Allocates layers and experts, absent all; `from` (NULL: none) is copied, except that what is pointed at is shared. */
god_status gnn_params_init(gnn_params *params, const gnn_config *config, const gnn_params *from, god_error *err);
void gnn_params_fini(gnn_params *params); /* accepts params that are all zero */

/* The entry of params that a module fills; the other is NULL. */
typedef struct gnn_param_ref {
    gnn_linear *linear;
    gnn_norm *norm;
} gnn_param_ref;
gnn_param_ref gnn_param_of(gnn_params *params, const gnn_module *module);

/* Matrices and vectors with one owner. */
typedef struct gnn_stock {
    god_nn_engine *engine;
    gnn_matrix **matrices;
    void **vectors;
    size_t matrix_count, vector_count, capacity;
    uint64_t parameters;
} gnn_stock;

god_status gnn_stock_init(gnn_stock *stock, god_nn_engine *engine, size_t capacity, god_error *err);
void gnn_stock_fini(gnn_stock *stock); /* accepts a stock that is all zero */
/* Gives everything back but what this layer points at. */
void gnn_stock_keep(gnn_stock *stock, const gnn_linear *linear);

/* Rows of a stored tensor as a matrix of outputs x cols. `module` gives the order of fused rows and may be NULL;
 * by_cols reads a tensor that is stored (cols, outputs). The shape is checked. */
god_status gnn_stock_matrix(gnn_stock *stock, const gnn_config *config, const gnn_module *module,
                            const gnn_tensor *tensor, int64_t outputs, int64_t cols, uint32_t by_cols,
                            const gnn_matrix **ret_matrix, god_error *err);
/* A matrix of normal numbers with this standard deviation, the same at every call with the same shape. */
god_status gnn_stock_normal(gnn_stock *stock, int64_t outputs, int64_t cols, double spread,
                            const gnn_matrix **ret_matrix, god_error *err);
/* A stored vector of `count` elements, in the order of the module's rows. */
god_status gnn_stock_vector(gnn_stock *stock, const gnn_config *config, const gnn_module *module,
                            const gnn_tensor *tensor, int64_t count, const float **ret_vector, god_error *err);

#endif
