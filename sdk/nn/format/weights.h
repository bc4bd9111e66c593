/* format/weights.h: all tensors of a model or adapter folder, whatever files they lie in. [any]
 *
 * A model is model.safetensors or, when that is absent, the shards of model.safetensors.index.json. An adapter is
 * adapter_model.safetensors. Names are unique over all shards. */
#ifndef GNN_FORMAT_WEIGHTS_H
#define GNN_FORMAT_WEIGHTS_H

#include "format/safetensors.h"

enum { GNN_SHARDS_MAX = 1024, GNN_INDEX_BYTES_MAX = 64 << 20 };

typedef struct gnn_weights gnn_weights;

god_status gnn_weights_open_model(const char *model_dir, gnn_weights **ret_weights, god_error *err);
god_status gnn_weights_open_adapter(const char *adapter_dir, gnn_weights **ret_weights, god_error *err);
void gnn_weights_close(gnn_weights *weights); /* accepts NULL */

size_t gnn_weights_count(const gnn_weights *weights);
/* Tensors in byte order of their names. */
const gnn_tensor *gnn_weights_at(const gnn_weights *weights, size_t i);
/* NULL when there is none of that name. */
const gnn_tensor *gnn_weights_find(const gnn_weights *weights, const char *name);
size_t gnn_weights_index(const gnn_weights *weights, const gnn_tensor *tensor);

#endif
